"""Names, labels and ports as the API server checks them: each rule answers with what the text breaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

Rule = Callable[[str], tuple[str, ...]]
"""A rule about a text: the phrases of what is wrong with it, none where it is right."""

_remembered = lru_cache(maxsize=4096)
"""The same labels and names come by the thousand."""

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_WORD = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?"

_IS_LABEL = re.compile(_LABEL).fullmatch
_IS_1035_LABEL = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?").fullmatch
_IS_SUBDOMAIN = re.compile(_SUBDOMAIN).fullmatch
_IS_WILDCARD = re.compile(rf"\*\.{_SUBDOMAIN}").fullmatch
_IS_WORD = re.compile(_WORD).fullmatch
_IS_PLAIN_KEY = re.compile(rf"(?:{_SUBDOMAIN}/)?{_WORD}").fullmatch
_IS_PORT_NAME = re.compile(r"[-a-z0-9]+").fullmatch
_HAS_LETTER = re.compile(r"[a-z]").search


@_remembered
def dns_label(text: str) -> tuple[str, ...]:
    """Check a DNS-1123 label: a namespace, a port of a Service; the Service itself from Kubernetes 1.36 on.

    Source: k8s.io/apimachinery pkg/api/validate/content/dns.go.
    """
    if _IS_LABEL(text):
        return _at_most(text, 63)
    if _IS_SUBDOMAIN(text):
        return (*_at_most(text, 63), "must not contain dots")
    rule = "lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
    return (*_at_most(text, 63), f"a lowercase RFC 1123 label must consist of {rule}")


@_remembered
def dns_1035_label(text: str) -> tuple[str, ...]:
    """Check a DNS-1035 label, which starts with a letter: a Service before Kubernetes 1.36."""
    if _IS_1035_LABEL(text):
        return _at_most(text, 63)
    rule = "start with an alphabetic character, and end with an alphanumeric character"
    return (
        *_at_most(text, 63),
        f"a DNS-1035 label must consist of lower case alphanumeric characters or '-', {rule}",
    )


@_remembered
def dns_subdomain(text: str) -> tuple[str, ...]:
    """Check a DNS-1123 subdomain: most object names, host names, the prefix of a label key."""
    if _IS_SUBDOMAIN(text):
        return _at_most(text, 253)
    rule = "lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
    return (*_at_most(text, 253), f"a lowercase RFC 1123 subdomain must consist of {rule}")


@_remembered
def host(text: str) -> tuple[str, ...]:
    """Check a host name, or a wildcard of one: `*.` stands before the name, and nowhere else."""
    if "*" not in text:
        return dns_subdomain(text)
    if _IS_WILDCARD(text):
        return _at_most(text, 253)
    rule = "start with '*.', followed by a valid DNS subdomain"
    return (*_at_most(text, 253), f"a wildcard DNS-1123 subdomain must {rule}")


@_remembered
def label_key(text: str) -> tuple[str, ...]:
    """Check the key of a label, which is also the form of an appProtocol and of a load balancer class.

    Source: k8s.io/apimachinery pkg/api/validate/content/kube.go.
    """
    if len(text) <= 63 and _IS_PLAIN_KEY(text):
        return ()
    prefix, slash, name = text.rpartition("/")
    if slash and not prefix:
        return ("prefix part must be non-empty", *_label_name(name))
    if "/" in prefix:
        return ("a valid label key has one optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",)
    return (*(f"prefix part {why}" for why in (dns_subdomain(prefix) if slash else ())), *_label_name(name))


def _label_name(name: str) -> tuple[str, ...]:
    if _IS_WORD(name):
        return tuple(f"name part {why}" for why in _at_most(name, 63))
    if not name:
        return ("name part must be non-empty",)
    rule = "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
    return (*(f"name part {why}" for why in _at_most(name, 63)), f"name part must consist of {rule}")


@_remembered
def label_value(text: str) -> tuple[str, ...]:
    """Check the value of a label; it may be empty."""
    if not text or _IS_WORD(text):
        return _at_most(text, 63)
    rule = "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
    return (*_at_most(text, 63), f"a valid label must be an empty string or consist of {rule}")


@_remembered
def port_name(text: str) -> tuple[str, ...]:
    """Check the name of a container port (an IANA service name): a named target or policy port.

    Source: k8s.io/apimachinery pkg/util/validation/validation.go, IsValidPortName.
    """
    rules = (
        (len(text) <= 15, "must be no more than 15 bytes"),
        (_IS_PORT_NAME(text), "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"),
        (_HAS_LETTER(text), "must contain at least one letter (a-z)"),
        ("--" not in text, "must not contain consecutive hyphens"),
        (not text.startswith("-") and not text.endswith("-"), "must not begin or end with a hyphen"),
    )
    return tuple(why for holds, why in rules if not holds)


def port_number(port: int) -> tuple[str, ...]:
    """Check the number of a port."""
    return () if 1 <= port <= 65535 else ("must be between 1 and 65535, inclusive",)


def port(value: int | str) -> tuple[str, ...]:
    """Check a port that is a number or the name of a container port."""
    return port_name(value) if isinstance(value, str) else port_number(value)


def _at_most(text: str, length: int) -> tuple[str, ...]:
    return () if len(text) <= length else (f"must be no more than {length} bytes",)
