"""Calico's selectors: expressions over the labels of pods, namespaces and sets of addresses, each one line."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netgen.evaluate.objects.model import SERVICE_ACCOUNT
from netgen.intent import Expression, Pods, Selector

ALL = "all()"
"""Every endpoint: in a policy those of its namespace, of namespaces all of them."""
IS_POD = "projectcalico.org/orchestrator == 'k8s'"
"""What every pod meets, and nothing else: selectors match sets of addresses too."""
IS_NAMESPACE = "has(projectcalico.org/name)"
"""What everything in a namespace meets, and nothing else: neither a node nor a set of addresses of the cluster."""
GLOBAL = "global()"
"""What has no namespace, as sets of addresses of the whole cluster."""
EXTERNAL = "netgen.dev/external"
"""The label of a set of addresses, whose value is what the platform calls them."""
_NAMESPACE = "projectcalico.org/name"
_ACCOUNT = "projectcalico.org/serviceaccount"
# projectcalico/calico, libcalico-go/lib/selector/tokenizer: a text has no escapes.
_IS_KEY = re.compile(r"[A-Za-z0-9_./-]{1,512}").fullmatch
_IS_TEXT = re.compile(r"[ !#-&(-~]*").fullmatch


def subject(selector: Selector) -> str:
    """Return what selects the pods that a policy holds."""
    return _both(_asks(selector)) or ALL


def pods(selector: Selector) -> str:
    """Return what selects pods as the other end of a rule."""
    return _both((*_asks(selector), IS_POD))


def namespaces(among: Pods) -> str:
    """Return what selects the namespaces of *among*."""
    if among.namespace is not None:
        return _asked(Expression(_NAMESPACE, "In", (among.namespace,)))
    return _both((IS_NAMESPACE, _asked(Expression(_NAMESPACE, "NotIn", among.beyond)))) if among.beyond else ALL


def external(name: str) -> str:
    """Return what selects the set of addresses that the platform calls *name*, and no pod that has its label."""
    return _both((_asked(Expression(EXTERNAL, "In", (name,))), "!has(projectcalico.org/orchestrator)"))


def _asks(selector: Selector) -> tuple[str, ...]:
    labels = [Expression(key, "In", (value,)) for key, value in selector.labels]
    account = [Expression(_ACCOUNT, "In", (selector.account,))] if selector.account else []
    return tuple(map(_asked, (*labels, *account, *selector.expressions)))


def _asked(one: Expression) -> str:
    key = _key(_ACCOUNT if one.key == SERVICE_ACCOUNT else one.key)
    match one.operator:
        case "Exists":
            return f"has({key})"
        case "DoesNotExist":
            return f"!has({key})"
        case "In" | "NotIn" if not one.values:
            raise ValueError(f"{one.key} is asked for no value")
        case "In" if len(one.values) == 1:
            return f"{key} == {_text(one.values[0])}"
        case "In" | "NotIn":
            word = "in" if one.operator == "In" else "not in"
            return f"{key} {word} {{{', '.join(map(_text, one.values))}}}"
        case _:
            raise ValueError(f"no operator {one.operator}")


def _both(parts: Iterable[str]) -> str:
    return " && ".join(parts)


def _key(key: str) -> str:
    if not _IS_KEY(key):
        raise ValueError(f"{key!r} cannot be the key of a label")
    return key


def _text(value: str) -> str:
    if not _IS_TEXT(value):
        raise ValueError(f"{value!r} cannot be written as a text of a selector")
    return f"'{value}'"
