"""Problems as a person reads them: the place, the line, the mending, and nothing that steers the terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netgen.problems import Place, Problem
from netgen.report import harmless, text

CALL = "    calls: [cart, payments/api:grpc]"
CONSENT = Problem(
    "consent-missing",
    Place("checkout.yaml", 14, 19, 17, CALL),
    "payments/api does not accept checkout/orders on grpc",
    ("payments.yaml:8 has: accepts: {ledger/*: grpc}",),
    "(team-pay, payments.yaml): under apps.api.accepts add  checkout/orders: grpc",
)


def said(*problems: Problem) -> str:
    """Return the text without colours."""
    return text(problems, colour=False)


def at(line: str, column: int, width: int = 1, number: int = 7) -> list[str]:
    """Return the source line and the carets as they are shown for a place."""
    place = Place("a.yaml", number, column, width, line)
    return said(Problem("bad-port", place, "no")).splitlines()[2:4]


def test_form() -> None:
    """The form is that of the language's description: place, code, sentence, line, carets, evidence, mending."""
    assert said(CONSENT) == (
        "checkout.yaml:14:19: error[consent-missing]: payments/api does not accept checkout/orders on grpc\n"
        "   |\n"
        "14 |     calls: [cart, payments/api:grpc]\n"
        "   |                   ^^^^^^^^^^^^^^^^^\n"
        "   = payments.yaml:8 has: accepts: {ledger/*: grpc}\n"
        "   = fix (team-pay, payments.yaml): under apps.api.accepts add  checkout/orders: grpc\n"
        "\n"
        "1 error\n"
    )


def test_several() -> None:
    """Problems keep their order, an empty line stands after each, and the last line counts them by weight."""
    problems = (
        Problem("no-platform", None, "defaults hold", fix="give one with --platform"),
        Problem("unreadable-file", Place("a.yaml", 0, 0), "there is no such file"),
        Problem("host-network", Place("a.yaml", 100, 1, 3, "web: 80"), "no policy holds it", ("x", "y")),
        Problem("bad-port", Place("a.yaml", 3, 1), "no port"),
        Problem("no-platform", None, "again"),
    )
    assert said(*problems) == (
        "note[no-platform]: defaults hold\n"
        "  = fix: give one with --platform\n"
        "\n"
        "a.yaml: error[unreadable-file]: there is no such file\n"
        "\n"
        "a.yaml:100:1: warning[host-network]: no policy holds it\n"
        "    |\n"
        "100 | web: 80\n"
        "    | ^^^\n"
        "    = x\n"
        "    = y\n"
        "\n"
        "a.yaml:3:1: error[bad-port]: no port\n"
        "\n"
        "note[no-platform]: again\n"
        "\n"
        "2 errors, 1 warning, 2 notes\n"
    )


def test_nothing() -> None:
    """Without problems there is nothing to say."""
    assert said() == ""


@pytest.mark.parametrize(
    ("line", "column", "width", "shown", "carets"),
    [
        ("a: b", 1, 1, "a: b", "^"),
        ("a: b", 4, 1, "a: b", "   ^"),
        ("a: b", 4, 9, "a: b", "   ^"),
        ("a:", 3, 1, "a:", "  ^"),
        ("a:", 9, 4, "a:", "  ^"),
        ("a: b", 4, 0, "a: b", "   ^"),
        ("a: b", 0, 2, "a: b", "^^"),
        ("é: 日本 x", 7, 1, "é: 日本 x", "      ^"),
        ("\ta: b", 5, 1, "\\ta: b", "     ^"),
        ("a: \x1b[m", 4, 3, "a: \\x1b[m", "   ^^^^^^"),
    ],
)
def test_carets(line: str, column: int, width: int, shown: str, carets: str) -> None:
    """The carets stand under what the place marks, one at least, also where characters are escaped."""
    assert at(line, column, width) == [f"7 | {shown}", f"  | {carets}"]


@pytest.mark.parametrize(
    ("column", "width", "shown", "caret"),
    [
        (1, 3, "abcdefghij" * 12 + "…", (0, 3)),
        (41, 1, "abcdefghij" * 12 + "…", (40, 1)),
        (501, 2, "…" + "abcdefghij" * 12 + "…", (41, 2)),
        (1000, 1, "…" + "abcdefghij" * 12, (120, 1)),
        (1001, 1, "…" + "abcdefghij" * 12, (121, 1)),
        (501, 500, "…" + "abcdefghij" * 12 + "…", (41, 80)),
    ],
)
def test_long_lines_are_cut(column: int, width: int, shown: str, caret: tuple[int, int]) -> None:
    """Of a long line 120 characters around the carets are shown, with a mark where it was cut."""
    blanks, carets = caret
    assert at("abcdefghij" * 100, column, width) == [f"7 | {shown}", "  | " + " " * blanks + "^" * carets]


@pytest.mark.parametrize("field", ["message", "notes", "fix"])
def test_long_sentences_are_cut(field: str) -> None:
    """Of a sentence 500 characters are shown, with a mark where it was cut."""
    for length, end in ((500, ""), (501, "…")):
        long = "x" * length
        parts = {"message": "m", "notes": (), "fix": ""} | {field: (long,) if field == "notes" else long}
        lines = said(Problem("bad-port", None, **parts)).splitlines()  # type: ignore[arg-type]
        assert [line for line in lines if line.endswith("x" * 500 + end)] != []


def test_colours() -> None:
    """Colours are asked for, end where they began, and change nothing else."""
    plain, painted = text([CONSENT], colour=False), text([CONSENT], colour=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain
    assert painted.splitlines()[0] == (
        "checkout.yaml:14:19: \x1b[1;31merror[consent-missing]\x1b[0m:"
        " \x1b[1mpayments/api does not accept checkout/orders on grpc\x1b[0m"
    )
    assert "\x1b[1;33mwarning[host-network]\x1b[0m" in text([Problem("host-network", None, "m")], colour=True)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain, é, 日本, \U0001f600, a b", "plain, é, 日本, \U0001f600, a b"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x1b]8;;http://x\x1b\\y", "\\x1b]8;;http://x\\x1b\\y"),
        ("a\r\nb\tc\x07", "a\\r\\nb\\tc\\x07"),
        ("\x00\x7f\x9b\x85\xa0\xad", "\\x00\\x7f\\x9b\\x85\\xa0\\xad"),
        ("\u202e\u2066\u200b\u2028\u2029\ufeff", "\\u202e\\u2066\\u200b\\u2028\\u2029\\ufeff"),
        ("\ud800\udc80", "\\ud800\\udc80"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_harmless(raw: str, shown: str) -> None:
    """What a terminal would act on, or not show, is written as an escape."""
    assert harmless(raw) == shown


@given(st.lists(st.text(st.characters()), min_size=5, max_size=5), st.integers(-2, 300), st.integers(-2, 300))
def test_nothing_reaches_the_terminal(parts: list[str], column: int, width: int) -> None:
    """Whatever stands in a problem, what is shown can be printed, encoded, and is as long as it must be."""
    file, line, message, note, fix = parts
    shown = said(Problem("bad-port", Place(file, 12, column, width, line), message, (note,), fix))
    assert shown.replace("\n", "").isprintable()
    shown.encode()
    assert shown.count("\n") == 2 + 1 + (3 if line else 0) + 1 + (1 if fix else 0)
