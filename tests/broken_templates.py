"""Every template broken in each of the known ways: a line less, a block less, a test turned round, another name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OPENING = re.compile(r"\{% (if|for|macro) (.*) %\}")
CLOSING = re.compile(r"\{% end(if|for|macro) %\}")
NAME = re.compile(r"\b([a-z_]+(?:\.[a-z_]+)*)\.([a-z_]+)\b")
WORDS = (
    *(("podSelector", "namespaceSelector"), ("namespaceSelector", "podSelector"), ("matchLabels", "matchExpressions")),
    *(("cidr", "except"), ("except", "cidr"), ("ipBlock", "podSelector"), ("port:", "endPort:"), ("{}", "null")),
    *(("metadata.name", "name"), ("policyTypes", "policyType"), ("targetPort", "port"), ("port:", "targetPort:")),
    *(
        ("Local", "Cluster"),
        ("ClusterIP", "None"),
        ("None", '""'),
        ("number", "name"),
        ("v1", "v2"),
        ("Prefix", "Exact"),
    ),
    *(("nodePort", "port"), ("name:", "namespace:"), ("host:", "path:"), ("path:", "host:"), ("selector", "selectors")),
    *(("loadBalancerSourceRanges", "externalIPs"), ("protocol", "appProtocol"), ("- ", "")),
    *(("false", "true"), ("http:", "dns:"), ("dns:", "http:"), ("toFQDNs", "toEndpoints"), ("toPorts", "icmps")),
    *(("endpointSelector", "nodeSelector"), ("spec:", "specs:"), ("path:", "host:"), ("rules:", "serverNames:")),
    *(('"*"', '"*.example.com"'), ("matchPattern", "matchName"), ("method:", "host:"), ("- {}", "[]")),
)
"""A word of a template, and what stands in its place."""


@dataclass(frozen=True)
class Broken:
    """The *text* of a template that was changed, and *how*."""

    template: str
    how: str
    text: str


def broken(folder: Path) -> Iterator[Broken]:
    """Yield every template of *folder* broken in every way, no two alike."""
    for path in sorted(folder.rglob("*.j2")):
        name = path.relative_to(folder).as_posix()
        text = path.read_text(encoding="utf-8")
        found = {text}
        for how, changed in ways(text):
            if changed not in found:
                found.add(changed)
                yield Broken(name, how, changed)


def ways(text: str) -> Iterator[tuple[str, str]]:
    """Yield each way, and the text that comes of it."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        for how, others, end in (*moved(lines, number), *opened(lines, number), *reworded(text, line, number)):
            changed = "".join([*lines[:number], *others, *lines[end + 1 :]])
            yield f"line {number + 1}, {line.strip()}: {how}", changed


Way = tuple[str, list[str], int]
"""What is done, the lines that come of it, and the number of the last line in whose place they stand."""


def moved(lines: list[str], number: int) -> Iterator[Way]:
    """Yield a line dropped, written twice, and swapped with the next."""
    yield "dropped", [], number
    yield "twice", [lines[number]] * 2, number
    if number + 1 < len(lines):
        yield "swapped with the next", [lines[number + 1], lines[number]], number + 1


def opened(lines: list[str], number: int) -> Iterator[Way]:
    """Yield a block dropped, without its test or loop, and with its test turned round."""
    found = OPENING.match(lines[number])
    if found:
        end = closing(lines, number)
        yield "dropped with what is in it", [], end
        yield "always", without_else(lines[number + 1 : end]), end
        if found[1] == "if":
            yield "turned round", [f"{{% if not {found[2]} %}}\n"], number


def reworded(text: str, line: str, number: int) -> Iterator[Way]:
    """Yield a line with another word, and with another name that *text* prints of the same object."""
    for word, other in WORDS:
        if word in line:
            yield f"{other} for {word}", [line.replace(word, other, 1)], number
    for base, attribute in NAME.findall(line):
        for other in sorted(attributes(text, base) - {attribute}):
            changed = re.sub(rf"\b{re.escape(base)}\.{attribute}\b", f"{base}.{other}", line)
            yield f"{other} for {attribute}", [changed], number


def closing(lines: list[str], start: int) -> int:
    """Return the number of the line that closes the block opened by the line *start*."""
    depth = 0
    for number in range(start, len(lines)):
        depth += bool(OPENING.match(lines[number])) - bool(CLOSING.match(lines[number]))
        if not depth:
            return number
    raise AssertionError(lines[start])


def without_else(lines: list[str]) -> list[str]:
    """Return *lines* up to the `else` of their own block."""
    depth = 0
    for number, line in enumerate(lines):
        depth += bool(OPENING.match(line)) - bool(CLOSING.match(line))
        if not depth and line.startswith("{% else %}"):
            return lines[:number]
    return lines


def attributes(text: str, base: str) -> set[str]:
    """Return what *text* asks of the object *base*."""
    return set(re.findall(rf"\b{re.escape(base)}\.([a-z_]+)\b", text))
