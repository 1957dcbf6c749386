"""Problems -> text for a person: place, source line with carets, evidence, mending; nothing can steer a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from netgen.problems import Place, Problem, Severity

_LONGEST_SENTENCE = 500
_LONGEST_LINE = 120
_BEFORE_CARET = 40
_BOLD = "1"
_COLOURS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: _BOLD}
_SHORT_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def text(problems: Iterable[Problem], *, colour: bool) -> str:
    """Return *problems* in the order given, an empty line after each, and a last line that counts them.

    Every line ends with a line feed; without problems there is no text at all. *colour* adds ANSI codes. The form:

        shop.yaml:14:19: error[unknown-app]: there is no app called crat
           |
        14 |     calls: [crat]
           |             ^^^^
           = the apps of shop are: cart, web
           = fix: write cart
    """
    listed = tuple(problems)
    blocks = ["".join(f"{line}\n" for line in block(problem, colour=colour)) for problem in listed]
    return "\n".join([*blocks, f"{count(listed)}\n"]) if listed else ""


def harmless(said: str) -> str:
    r"""Return *said* with everything a terminal would not print as one character written as an escape, `\x1b`.

    These are controls, line breaks, marks of direction and of no width, lone surrogates, and odd spaces.
    """
    if said.isprintable():
        return said
    return "".join(each if each.isprintable() else _escape(each) for each in said)


def sentence(said: str) -> str:
    """Return *said* as one line of bounded length, in which nothing can steer a terminal."""
    return harmless(said if len(said) <= _LONGEST_SENTENCE else f"{said[:_LONGEST_SENTENCE]}…")


def _escape(character: str) -> str:
    code = ord(character)
    form = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return _SHORT_ESCAPES.get(character, form)


def block(problem: Problem, *, colour: bool) -> Iterator[str]:
    """Yield the lines of one problem, in the form that text has."""
    place, mark = problem.place, _COLOURS[problem.severity]
    word = _painted(f"{problem.severity}[{problem.code}]", mark, colour=colour)
    message = _painted(sentence(problem.message), _BOLD, colour=colour)
    yield f"{_position(place)}{word}: {message}"
    gutter = " " * len(str(place.line)) if place else " "
    if place and place.text:
        line, blank, carets = _excerpt(place)
        yield f"{gutter} |"
        yield f"{place.line} | {line}"
        yield f"{gutter} | {blank}{_painted(carets, mark, colour=colour)}"
    for note in problem.notes:
        yield f"{gutter} = {sentence(note)}"
    if problem.fix:
        yield f"{gutter} = {mending(problem)}"


def mending(problem: Problem) -> str:
    """Return the line that says how *problem* is mended."""
    # A fix that starts with who may apply it: `fix (team-pay, payments.yaml): under ...`.
    colon = "" if problem.fix.startswith("(") else ":"
    return f"fix{colon} {sentence(problem.fix)}"


def _position(place: Place | None) -> str:
    if place is None:
        return ""
    file = harmless(place.file)
    return f"{file}:{place.line}:{place.column}: " if place.line else f"{file}: "


def _excerpt(place: Place) -> tuple[str, str, str]:
    """Return the source line, cut around the place where it is long; the blanks up to the carets; and the carets."""
    line = place.text
    begin = min(max(place.column - 1, 0), len(line))
    first = max(0, min(begin - _BEFORE_CARET, len(line) - _LONGEST_LINE))
    last = min(len(line), first + _LONGEST_LINE)
    end = min(begin + max(place.width, 1), last)
    before, marked, after = (harmless(part) for part in (line[first:begin], line[begin:end], line[end:last]))
    left, right = "…" if first else "", "…" if last < len(line) else ""
    return f"{left}{before}{marked}{after}{right}", " " * len(left + before), "^" * max(1, len(marked))


def _painted(said: str, code: str, *, colour: bool) -> str:
    return f"\x1b[{code}m{said}\x1b[0m" if colour else said


def count(problems: tuple[Problem, ...]) -> str:
    """Return how many problems there are of each weight, in words."""
    counts = Counter(problem.severity for problem in problems)
    return ", ".join(f"{counts[each]} {each}{'s' if counts[each] > 1 else ''}" for each in Severity if counts[each])
