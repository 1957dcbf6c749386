"""Plain data -> YAML that netgen reads, in one of the many ways in which people write it."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

_NAME = r"[A-Za-z/][A-Za-z0-9_./*>-]*(:[A-Za-z0-9/*][A-Za-z0-9_./*-]*)*"
_ADDRESS = r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(/[0-9]+)?"
PLAIN = re.compile(rf"{_NAME}|{_ADDRESS}|[0-9]+ -> [0-9]+(/[a-z]+)?")
WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"])
REMARKS = ("# remark", "#", "#: {[", "# - a: b", "#\t'\"", "# é")


def chance_of(seed: object) -> Random:
    """Return the chance that *seed* stands for, the same one in every run."""
    return Random(str(seed))  # noqa: S311 - it chooses inputs, and keeps no secrets


def plainly(documents: tuple[Any, ...] | list[Any]) -> str:
    """Return *documents* as JSON, one a YAML document."""
    return "---\n".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents)


def freely(documents: tuple[Any, ...] | list[Any], chance: Random) -> str:
    """Return *documents* with block and flow style, quotes, comments, blank lines and indents as *chance* has it."""
    texts = [_Writer(chance).document(document) for document in documents]
    start = chance.choice(("", "---\n", "# first\n---\n", "\n\n", "--- # here\n"))
    end = chance.choice(("", "...\n", "# last", "\n\n"))
    return start + chance.choice(("---\n", "--- # next\n", "...\n---\n")).join(texts) + end


def shuffled(value: Any, chance: Random) -> Any:
    """Return *value* with every map and list in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(item, chance)) for key, item in value.items()]
        return dict(chance.sample(items, len(items)))
    if isinstance(value, list):
        return chance.sample([shuffled(item, chance) for item in value], len(value))
    return value


class _Writer:
    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.step = chance.choice((1, 2, 3, 4))

    def document(self, data: Any) -> str:
        nested = isinstance(data, dict | list) and data
        return "".join(self.block(data, 0)) if nested and self.chance.random() < 0.9 else f"{self.flow(data)}\n"

    def block(self, value: Any, depth: int) -> list[str]:
        """Return the lines of a map or list in block style."""
        lines = []
        for key, item in value.items() if isinstance(value, dict) else ((None, item) for item in value):
            if self.chance.random() < 0.1:
                lines.append(f"{' ' * self.chance.randrange(9)}{self.chance.choice(REMARKS)}\n")
            lines += [self.chance.choice(("\n", "  \n"))] if self.chance.random() < 0.05 else []
            head = " " * depth + ("-" if key is None else f"{self.scalar(key)}:")
            lines += self.member(head, item, depth + self.step)
        return lines

    def member(self, head: str, item: Any, depth: int) -> list[str]:
        if isinstance(item, dict | list) and item and self.chance.random() < 0.7:
            return [f"{head}{self.end()}", *self.block(item, depth)]
        return [f"{head}{self.chance.choice((' ', ' ', '  '))}{self.flow(item)}{self.end()}"]

    def end(self) -> str:
        return f" {self.chance.choice(REMARKS)}\n" if self.chance.random() < 0.1 else "\n"

    def flow(self, value: Any) -> str:
        comma = self.chance.choice((", ", " , "))
        if isinstance(value, dict):
            return "{" + comma.join(f"{self.scalar(key)}: {self.flow(item)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + comma.join(map(self.flow, value)) + "]"
        return self.scalar(value)

    def scalar(self, value: Any) -> str:
        if not isinstance(value, str):
            return json.dumps(value)
        if PLAIN.fullmatch(value) and value.lower() not in WORDS and self.chance.random() < 0.8:
            return value
        if value.isprintable() and self.chance.random() < 0.5:
            return "'" + value.replace("'", "''") + "'"
        return json.dumps(value, ensure_ascii=self.chance.random() < 0.5 and max(map(ord, value), default=0) < 0x10000)
