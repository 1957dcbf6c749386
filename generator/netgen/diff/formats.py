"""A comparison as text for a terminal and as Markdown for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from netgen.diff.changes import WIDENING, Change, Diff, Kind, Name, Zone
from netgen.report import harmless

_LONGEST = 300
_MOST_ITEMS = 100
_MOST_CHARACTERS = 60_000
"""A comment on GitHub may have 65,536; on GitLab, more."""
_HEADINGS = {
    Zone.UNPROVEN: "Not understood",
    Zone.CLAIMS: "Claims",
    Zone.INTERNET: "Internet",
    Zone.ACROSS: "Across owners",
    Zone.WITHIN: "Within an owner",
    Zone.APPS: "Apps",
}
_FIRST = frozenset({*WIDENING, Kind.BROKEN, Kind.UNCLAIMED, Kind.UNPROVEN})
"""What a page has room for before the rest."""
_REST = "what follows is about the rest"
_WARNING = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16} "


def as_text(diff: Diff) -> str:
    """Return a line for each change and one that counts them; nothing in it can steer a terminal."""
    unproven = [_line(change) for change in diff.changes if change.zone is Zone.UNPROVEN]
    rest = [_line(change) for change in diff.changes if change.zone is not Zone.UNPROVEN]
    notes = [f"note: {harmless(_cut(note))}" for note in diff.notes]
    between = [f"{_REST}:"] if diff.is_partly_understood else []
    return "".join(f"{line}\n" for line in [*notes, *unproven, *between, *rest, diff.summary()])


def _line(change: Change) -> str:
    words = "".join(_cut(str(part)) for part in change.sentence)
    about = "; ".join(each for each in (change.remark, _cut(change.place)) if each)
    return harmless(f"{words} ({about})" if about else words)


def as_markdown(diff: Diff) -> str:
    """Return a list for each zone of changes; names stand in code spans, in which nothing is markup."""
    compared = " -> ".join(map(_code, diff.compared)) if diff.compared else ""
    notes = [f"Note: {_code(note)}\n" for note in diff.notes]
    if diff.is_same:
        line = f"{compared}: {diff.summary()}.\n" if compared else f"{_sentence(diff.summary())}.\n"
        return "\n".join([line, *notes])
    heading = f"### Who reaches whom{': ' if compared else ''}{compared}\n"
    return "\n".join([heading, *notes, *_sections(diff), f"{_sentence(diff.summary())}.\n"])


def _sections(diff: Diff) -> Iterator[str]:
    shown = _shown(diff.changes)
    for zone, heading in _HEADINGS.items():
        changes = [change for change in diff.changes if change.zone is zone]
        if changes:
            items = [shown[change] for change in changes if change in shown]
            more = len(changes) - len(items)
            items += [f"- and {more} more, which `netgen diff` prints as text\n"] if more else []
            yield f"#### {heading}\n\n{''.join(items)}"
            if zone is Zone.UNPROVEN and diff.is_partly_understood:
                yield f"{_sentence(_REST)}.\n"


def _shown(changes: Iterable[Change]) -> dict[Change, str]:
    """Return the items that a page has room for: what stops, comes or goes makes room for what opens."""
    found: dict[Change, str] = {}
    left = _MOST_CHARACTERS
    for change in sorted(changes, key=lambda one: one.kind not in _FIRST):
        item = f"- {_item(change)}\n"
        if len(found) < _MOST_ITEMS and len(item) <= left:
            found[change] = item
            left -= len(item)
    return found


def _item(change: Change) -> str:
    words = "".join(_code(part.text) if isinstance(part, Name) else part for part in change.sentence)
    about = "; ".join(each for each in (change.remark, _code(change.place) if change.place else "") if each)
    return f"{_WARNING if _is_warning(change) else ''}{words}{f' ({about})' if about else ''}"


def _is_warning(change: Change) -> bool:
    widens_to_others = change.zone in {Zone.INTERNET, Zone.ACROSS} and change.kind in WIDENING
    return widens_to_others or change.kind in _FIRST - {*WIDENING} | {Kind.UNPROTECTED}


def _code(text: str) -> str:
    """Return *text* as a code span: behind longer fences than it has backticks, on one line."""
    shown = harmless(_cut(text)) or " "
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if "`" in shown or not shown.strip() or shown != shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
