"""Inputs that nobody would write: random ones, and valid specs that were broken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from random import Random
from typing import Any

from netgen.spec.schema import KINDS, published
from strategies import APPS, CALLERS, CLASSES, DNS, OUTSIDE, PORT_NAMES, WORDS
from writing import chance_of, freely


def _properties(schema: Any) -> Iterator[str]:
    """Yield the keys that *schema* knows."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {}) if isinstance(schema.get("properties"), dict) else ()
    for item in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _properties(item)


ODD = (
    *("\x00", "\x07", "\x1b[31m", "\r", "\x85", "\xa0", "\u2028", "\u202e", "\u200b", "\ufeff", "\ufffe", "\ufffd"),
    *("\U0001f600", "e\u0301", "\u0130", "\u0661", "\U000e0041", "ß", "ﬁ", "\\ud800", "\\x1b", "\\u202e", "\\0"),
)
SIGNS = tuple("{}[]:,-?&*!|>'\"%@`#\\\n \t=<~/.+_")
SCALARS = (
    *("~", "null", "true", "False", "yes", "no", "on", "y", "0", "-1", "0x1F", "0o17", "010", "1_000", "1e3", "1.5"),
    *(".inf", "-.inf", ".nan", "22:22", "2026-11-23", "=", "<<", "''", '""', "[]", "{}", "[[]]", "9" * 30, "1e999"),
    *("!!python/object:os.system x", "!!binary aGk=", "&a x", "*a", "<<: *a", "? a", "|", ">-", "%TAG ! x", "--- "),
)
_LATER = ("stage", "include", "raw", "gateway", "externals", "until", "enforce", "serviceAccount")
KEYS = (*_LATER, *sorted({name for kind in KINDS for name in _properties(json.loads(published(kind)))}))
FORMS = (
    *(*OUTSIDE, *CALLERS, *DNS, *APPS, *PORT_NAMES, *CLASSES, *WORDS, "netgen.dev/v1alpha1", "netgen.dev/v2"),
    *("Connectivity", "Platform", "Deployment", "kubernetes", "cilium 1.19", "WEB", "gopher://x:1", "external/erp"),
    *(
        "https://shop.example.com",
        "https://*.apps.example.com/a",
        "http://",
        "://",
        "https://a/b?c#d",
        "https://[::1]/",
    ),
    *("tcp://", "tcp://1.2.3.4", "tcp://1.2.3.4:0", "tcp://1.2.3.4:99999", "tcp://[::1]/200:1", "tcp://1.2.3.4/33:1"),
    *("tcp://010.0.0.1:1", "tcp://[fe80::1%eth0]:1", "tcp://[]:1", "tcp://[::ffff:1.2.3.4]:1", "cluster/", "any:"),
    *("web:http", "web:", ":http", "web:80/udp", "web:0", "web:80-90", "shop/", "/web", "a/b/c", "*", "*/*", "shop/*:"),
    *("cluster/etcd", "cluster/apiserver:443", "here/web", "any:http", "internet:1:2", "web:http/tcp", "cluster/nodes"),
    *("80 -> 8080", "80->", "-> 80", "0", "65536", "8080/xyz", "80 -> 8080 -> 9090", "8080-8090", "8080/TCP", "٨٠"),
    *("nodePort 30080", "nodePort 1", "nodePort", "nodePort x", "loadBalancer", "LoadBalancer", "GET /a", "PUT /**"),
    *("10.0.0.0/8", "10.0.0.1/8", "0.0.0.0/0", "::/0", "1.2.3.4", "::1", "10.0.0.0/08", "10/8", "1.2.3", "1.2.3.4:x"),
    *("ns/a=b,c=d", "ns/a", "ns/=b", "ns/a=b,a=c", "ns/a=b:53", "[::1]", "[::1]:", "[::1]:53", "secret x", "secret "),
    *("cert-manager/", "cert-manager/x.y", "1.36", "1.x", "a" * 64, "a" * 254, "x" * 5000, "a-", "-a", "a_b", "a.b"),
    *("example.com/a", "/a", "a/", "helm.sh/chart", "app.kubernetes.io/name", "{{ x }}", "${x}", "a\nb", " a "),
    *("web -> db", "any except web and here/* -> db:http", "internet -> payments/*", "any -> 169.254.169.254", "-> db"),
    *("any except -> db", "web -> db GET|PUT /a/**", "web -> https://*.example.com", "a -> b -> c", "web -> [::1]:"),
    *(
        "https://a.example.com",
        "https://*.a.example",
        "udp://a.example:1-9",
        "https://B\u00fccher.example",
        "https://a.com.",
    ),
    *(
        "GET",
        "get /a",
        "main:GET /a",
        "http GET|PUT /a/*",
        "GET /a*",
        "GET https://a/b",
        "POST /**",
        "GET /%2e",
        " ",
        "l4",
    ),
    *(
        "9000-9010",
        "9010-9000/udp",
        "0-1",
        "any:80-90",
        "web:9000-9010",
        "external/erp:1",
        "external/",
        "prod",
        "audit",
    ),
    *("cilium", "cilium 1.16", "cilium1.20", "cilium 9.9", "any -> external/erp", "any -> internet:1-9/udp"),
    *("", "\t"),
)
TEXTS = (*FORMS, *ODD, *KEYS)
NUMBERS = (
    *(0, 1, -1, 80, 30000, 65535, 65536, 2**31, 2**63, -(2**63), 2**64, 10**40),
    *(0.0, 80.0, 1.5, 1e300, True, False, None),
)
HEADER = {"apiVersion": "netgen.dev/v1alpha1", "kind": "Connectivity", "metadata": {"name": "d", "namespace": "shop"}}


def random_inputs(count: int, seed: int) -> Iterator[bytes]:
    """Yield *count* inputs out of nothing: bytes, signs, words, and trees, some of nearly the right shape."""
    makers = (_bytes, _signs, _words, _tree, _near, _near, _forms, _forms)
    for number in range(count):
        chance = chance_of(f"{seed}/{number}")
        yield makers[number % len(makers)](chance)


def mutants(seeds: list[Any], count: int, seed: int) -> Iterator[bytes]:
    """Yield *count* of the *seeds* (texts, or lists of documents as data), each broken in one to three places."""
    trees = [each for each in seeds if not isinstance(each, str)]
    for number in range(count):
        chance = chance_of(f"{seed}/{number}")
        if number % 2:
            broken = json.loads(json.dumps(chance.choice(trees)))
            change = chance.choice((_break_node, _bend_leaf, _bend_leaf))
            for _ in range(chance.randrange(1, 4)):
                change(broken, chance)
            yield written(broken, chance)
        else:
            source = chance.choice(seeds)
            text = source if isinstance(source, str) else freely(source, chance)
            yield BREAKERS[number // 2 % len(BREAKERS)](text, chance)


# ---------------------------------------------------------------------------------------------------------- random ones


def _bytes(chance: Random) -> bytes:
    return chance.choice((b"", b"\xef\xbb\xbf", b"\xff\xfe", b"a: ")) + chance.randbytes(chance.randrange(120))


def _signs(chance: Random) -> bytes:
    parts = chance.choices((*SIGNS, *"ab01", *ODD, "\n  ", ": ", "- ", "\n- "), k=chance.randrange(60))
    return "".join(parts).encode("utf-8", "surrogatepass")


def _words(chance: Random) -> bytes:
    glue = (": ", ":\n  ", "\n", "\n- ", ", ", " {", "} ", " [", "] ", "\n    ", " ", "---\n", " # ")
    parts = (chance.choice((*KEYS, *SCALARS, *TEXTS)) + chance.choice(glue) for _ in range(chance.randrange(25)))
    return "".join(parts).encode()


def _tree(chance: Random) -> bytes:
    return written([_any(chance, 5)], chance)


def _near(chance: Random) -> bytes:
    """Return documents whose keys are those of the language and whose values are anything."""
    documents = []
    for _ in range(chance.choice((1, 1, 2))):
        body = {key: _any(chance, 4) for key in chance.sample(KEYS, chance.randrange(4))}
        body |= {"apps": {chance.choice(APPS): _app(chance) for _ in range(chance.randrange(4))}}
        documents.append(HEADER | {"kind": chance.choice(("Connectivity", "Connectivity", "Platform"))} | body)
    return written(documents, chance)


def _app(chance: Random) -> Any:
    keys = ("port", "ports", "select", "calls", "accepts", "expose", "service", "isolate", "overlaps", "why")
    return {key: _any(chance, 3) for key in chance.sample(keys, chance.randrange(4))}


def _forms(chance: Random) -> bytes:
    """Return documents of the right shape whose short forms are anything."""

    def text() -> str:
        return chance.choice(FORMS) if chance.random() < 0.8 else _text(chance)

    def name() -> str:
        return chance.choice(APPS) if chance.random() < 0.9 else text()

    def app() -> dict[str, Any]:
        parts = {
            "port": text(), "ports": {"http": text(), "b": 80}, "calls": [text(), {"to": text()}], "why": text(),
            "accepts": chance.choice(([text()], {text(): "http"}, text())), "overlaps": [name()],
            "expose": chance.choice((text(), [text()], {"http": text()}, [{"url": text(), "via": name()}])),
            "select": {name(): text()}, "service": {"name": name(), "annotations": {name(): text()}},
        }  # fmt: skip
        chosen = {key: parts[key] for key in chance.sample(sorted(parts), chance.randrange(1, 3))}
        return chosen if "ports" in chosen or chance.random() < 0.5 else {"port": 80} | chosen

    apps = {name(): app() for _ in range(chance.randrange(1, 4))}
    peers = {"old": chance.choice(({"cidr": text()}, {"namespace": name(), "labels": {name(): text()}}))}
    document = HEADER | {"apps": apps} | ({"peers": peers} if chance.random() < 0.2 else {})
    platform = HEADER | {"kind": "Platform", "metadata": {"name": "p"}}
    platform |= {
        key: value
        for key, value in {
            "cni": text(), "kubernetes": text(), "dns": [text()], "scrape": [text()], "owners": {text(): text()},
            "entrypoints": {"e": {"ingress": text(), "tls": text(), "controller": text()}}, "apiserver": [text()],
            "ranges": {"pods": [text()], "nodes": [text()], "exact": chance.random() < 0.5},
        }.items()
        if chance.random() < 0.25
    }  # fmt: skip
    return written([document, platform] if chance.random() < 0.5 else [document], chance)


def _text(chance: Random) -> str:
    return "".join(
        chance.choices((*SIGNS, *"abz019", *ODD[10:], "://", "->", "any", "web", "10.0.0.0"), k=chance.randrange(9))
    )


def _any(chance: Random, depth: int) -> Any:
    kind = chance.random()
    if depth and kind < 0.25:
        return {chance.choice((*KEYS, *TEXTS)): _any(chance, depth - 1) for _ in range(chance.randrange(4))}
    if depth and kind < 0.4:
        return [_any(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind < 0.43:
        return _deep(chance)
    return chance.choice(NUMBERS) if kind < 0.6 else chance.choice(TEXTS)


def _deep(chance: Random) -> Any:
    value: Any = "x"
    for _ in range(chance.choice((3, 60, 63, 64, 65, 200))):
        value = [value] if chance.random() < 0.5 else {"a": value}
    return value


# ------------------------------------------------------------------------------------------------------------- mutants


def _break_bytes(text: str, chance: Random) -> bytes:
    data = bytearray(text.encode())
    for _ in range(chance.randrange(1, 4)):
        place, end = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
        end = min(end, place + chance.choice((0, 1, 1, 4, 40)))
        new = chance.choice(
            (b"", chance.randbytes(1), chance.choice(SIGNS).encode(), chance.choice(ODD).encode(), data[place:end] * 2)
        )
        data[place:end] = new
    return bytes(data)


def _break_tokens(text: str, chance: Random) -> bytes:
    tokens = re.split(r"([\w./*-]+)", text)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(tokens))
        tokens[place] = chance.choice((*SCALARS, *TEXTS, *KEYS, chance.choice(tokens), "", tokens[place] * 2))
    return "".join(tokens).encode()


def _break_lines(text: str, chance: Random) -> bytes:
    lines = text.split("\n")
    for _ in range(chance.randrange(1, 4)):
        lines = lines or [""]
        place = chance.randrange(len(lines))
        other = chance.choice(lines)
        line = lines[place]
        lines[place : place + 1] = chance.choice(
            ([], [line, line], [other], [line, other], [f" {line}"], [line[1:]], [f"\t{other}"])
        )
    return chance.choice(("\n", "\n", "\r\n", "\r")).join(lines).encode()


BREAKERS = (_break_bytes, _break_tokens, _break_lines)
"""Each returns a text that is broken in one to three places."""


def _break_node(documents: Any, chance: Random) -> None:
    """Replace, swap, move, wrap, double or leave out a value of *documents*, or rename its key."""
    found = list(places(documents))
    if not found:
        return
    holder, key = chance.choice(found)
    other_holder, other_key = chance.choice(found)
    change = chance.randrange(7)
    if change == 0:
        del holder[key]
    elif change == 1 and isinstance(holder, dict):
        holder[chance.choice((*KEYS, *TEXTS))] = holder.pop(key)
    elif change == 2:
        holder[key] = json.loads(json.dumps(other_holder[other_key]))
    elif change == 3:
        holder[key] = [holder[key]] if chance.random() < 0.5 else {chance.choice(KEYS): holder[key]}
    elif change == 4 and isinstance(holder, list):
        holder.append(holder[key])
    else:
        holder[key] = _any(chance, 2)


def _bend_leaf(documents: Any, chance: Random) -> None:
    """Put another text, number or truth for one of *documents*: of the same type, so that it is seen far inside."""
    leaves = [(holder, key) for holder, key in places(documents) if not isinstance(holder[key], dict | list)]
    if not leaves:
        return
    holder, key = chance.choice(leaves)
    alike = [other[name] for other, name in leaves if type(other[name]) is type(holder[key])]
    if isinstance(holder[key], str):
        alike = chance.choice(
            (alike, FORMS, [holder[key] + "/udp", holder[key] + ":http", holder[key][:-1], "", "x" * 300])
        )
    elif type(holder[key]) is int:
        alike += [80, 53, 30000, 8080, 0, 65536]
    holder[key] = chance.choice(alike)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the holder and the key of each value inside *value*."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from places(item)


def written(documents: Any, chance: Random) -> bytes:
    """Return *documents* as text; one in ten has a line of it doubled, so that keys stand twice."""
    text = freely(documents, chance)
    if chance.random() < 0.1:
        lines = text.split("\n")
        place = chance.randrange(len(lines))
        text = "\n".join([*lines[:place], lines[place], *lines[place:]])
    return text.encode("utf-8", "surrogatepass")
