"""The items of a ResourceList as they were written: their lines, comments and all."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from netgen.krm.blocks import text as block
from netgen.source import Dialect, Document, read
from netgen.source.text import ALIAS


def as_written(document: Document, items: list[dict[str, Any]]) -> tuple[list[str], int]:
    """Return the text of each of *items*, which are the list `items` of *document*, and the column of its dashes.

    The lines are those of the document where these can stand for themselves; else the same data is written anew.
    """
    found = _found(document, len(items))
    if found is not None:
        texts, column, after = found
        # A line that begins with # may be no comment, but what stands in quotes.
        before_comments = (
            number for number, text in enumerate([*texts[1:], after]) if text.lstrip(" ").startswith("#")
        )
        if all(_says(texts[number], items[number]) for number in before_comments):
            return texts, column
    return ["".join(f"{line}\n" for line in _item(item)) for item in items], 0


def item(text: str, column: int) -> str:
    """Return the YAML *text* of a map as an item of a list whose dashes are in *column*."""
    pad = " " * column
    lines = text.removesuffix("\n").split("\n")
    return "".join(f"{pad}{'  ' if number else '- '}{line}\n" for number, line in enumerate(lines))


def _item(body: dict[str, Any]) -> list[str]:
    return item(block(body) or "{}", 0).removesuffix("\n").split("\n")


def _says(text: str, body: dict[str, Any]) -> bool:
    """Return whether *text* alone is a list of *body*."""
    return [document.data for document in read(text, "", Dialect.MANIFEST).documents] == [[body]]


def _found(document: Document, count: int) -> tuple[list[str], int, str] | None:
    """Return the text of each of *count* items, the column of their dashes, and the line after the last one."""
    begins = _begins(document, count)
    if begins is None:
        return None
    column, firsts, end = begins
    lines = document.text.lines
    texts = ["".join(f"{line}\n" for line in lines[first:last]) for first, last in pairwise([*firsts, end])]
    return texts, column, "".join(lines[end : end + 1])


def _begins(document: Document, count: int) -> tuple[int, list[int], int] | None:
    """Return the column of the dashes, the first line of each item and the line after the last one, all from 0.

    None where the items are not in block style, or share something that only the whole text has.
    """
    lines = document.text.lines
    if any(cell & ALIAS for cell in document.cells) or "\n".join(lines) != document.text.content:
        return None
    if any(line.startswith(("---", "...", "%")) for line in lines[1:]):
        return None
    places = [document.spot("items", number).value() for number in range(count)]
    firsts = [place.line - 1 for place in places]
    heads = {lines[place.line - 1][: place.column - 1] for place in places}
    if not heads or len(heads) > 1 or (head := heads.pop()).strip(" ") != "-" or len(set(firsts)) < count:
        return None
    column = head.index("-")
    keys = [document.spot(key).key().line - 1 for key in _map(document.data)]
    end = min((line for line in keys if line > firsts[-1]), default=len(lines) - (not lines[-1]))
    return column, [_with_comment(lines, first, column) for first in firsts], _with_comment(lines, end, 0)


def _with_comment(lines: list[str], first: int, column: int) -> int:
    """Return the line in which the comment above line *first* begins, whose `#` stands in the same *column*."""
    while first and lines[first - 1].startswith(f"{' ' * column}#"):
        first -= 1
    return first


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
