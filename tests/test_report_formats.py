"""The outcome of a run as a document for another program: of its published form, whole, and never steered by a text."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator

import judges
import netgen
from netgen.problems import CODES, Place, Problem, Severity
from netgen.report import FORMATS, Format, document, harmless
from netgen.report.outcome import Outcome
from netgen.verify import Proof

ROOT = Path(__file__).parents[1]
SEED = ROOT / "specs" / "seed" / "spec.yaml"

CONSENT = Problem(
    "consent-missing",
    Place("teams/checkout.yaml", 14, 19, 17, "    calls: [cart, payments/api:grpc]"),
    "payments/api does not accept checkout/orders on grpc",
    ("teams/payments.yaml:8 has: accepts: {ledger/*: grpc}", "a note"),
    "(team-pay, payments.yaml): under apps.api.accepts add  checkout/orders: grpc",
)
HOST = Problem("host-network", Place("./teams/web.yaml", 100, 3, 3, "  web: 80"), "no policy can hold web")
UNREADABLE = Problem("unreadable-file", Place("gone.yaml", 0, 0), "there is no such file", fix="name another")
NO_PLATFORM = Problem("no-platform", None, "defaults hold", fix="give one with --platform")
PROOF = Proof(5, 13, (), claims=1, provisos=("to the end",), enforced=1)
GOOD = Outcome("check", 0, (HOST, NO_PLATFORM), ("proved: 5 pairs open", "ok: 2 apps"), PROOF, first="teams/")
BAD = Outcome("check", 2, (CONSENT, HOST, UNREADABLE, NO_PLATFORM), first="teams/")
FAILED = Outcome("render", 3, (), ("proved: 5 pairs open",), PROOF, "standard output cannot be written: no space")
NOTHING = Outcome("verify", 0, ())
OUTCOMES = (GOOD, BAD, FAILED, NOTHING)

# What GitLab's documentation demands of a Code Quality report: a list, and of each entry these keys.
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "additionalProperties": False,
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1, "not": {"pattern": "^[.]/"}},
                    "lines": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


@cache
def judge(format_: str) -> Draft4Validator | Draft202012Validator:
    """Return what validates *format_*, one of JSON, by its published schema."""
    match format_:
        case "sarif":
            return Draft4Validator(json.loads(judges.published("sarif")))
        case "json":
            return Draft202012Validator(json.loads((ROOT / "schemas" / "report.schema.json").read_bytes()))
    return Draft202012Validator(CODE_QUALITY)


@cache
def junit_schema() -> Any:
    """Return the published XML Schema of JUnit reports."""
    import xmlschema  # noqa: PLC0415 - the tests with the lowest versions have none

    return xmlschema.XMLSchema(judges.published("junit").decode())


def faults(outcome: Outcome, format_: Format) -> list[str]:
    """Return what the published schema of *format_* finds wrong with the document of *outcome*."""
    return [error.message for error in judge(format_).iter_errors(json.loads(document(outcome, format_)))]


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Return the commands in *text* as a runner of GitHub Actions reads them; a line that is none is a failure."""
    assert text == "" or text.endswith("\n")
    return [_command(line) for line in text.splitlines()]


def _command(line: str) -> tuple[str, dict[str, str], str]:
    assert line.startswith("::")
    head, message = line[2 : line.index("::", 2)], line[line.index("::", 2) + 2 :]
    name, _, listed = head.partition(" ")
    properties = dict(each.split("=", 1) for each in listed.split(","))
    return name, {key: _unescaped(value) for key, value in properties.items()}, _unescaped(message)


def _unescaped(text: str) -> str:
    for sign, escape in (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C"), ("%", "%25")):
        text = text.replace(escape, sign)
    return text


# ---------------------------------------------------------------------------------------------------------- the forms


def test_github() -> None:
    """A problem is an annotation at its place, with notes and fix; what the run said is a notice."""
    assert document(BAD, "github") == (
        "::error file=teams/checkout.yaml,line=14,col=19,endColumn=35,title=netgen consent-missing::"
        "payments/api does not accept checkout/orders on grpc"
        "%0Ateams/payments.yaml:8 has: accepts: {ledger/*: grpc}%0Aa note"
        "%0Afix (team-pay, payments.yaml): under apps.api.accepts add  checkout/orders: grpc\n"
        "::warning file=teams/web.yaml,line=100,col=3,endColumn=5,title=netgen host-network::no policy can hold web\n"
        "::error file=gone.yaml,title=netgen unreadable-file::there is no such file%0Afix: name another\n"
        "::notice title=netgen no-platform::defaults hold%0Afix: give one with --platform\n"
    )
    assert document(GOOD, "github").splitlines()[2:] == [
        "::notice title=netgen check::proved: 5 pairs open",
        "::notice title=netgen check::ok: 2 apps",
    ]
    assert document(FAILED, "github").splitlines()[0] == (
        "::error title=netgen render::standard output cannot be written: no space"
    )


def test_github_escapes() -> None:
    """Per cent, and in properties colon and comma, are written as the runner reads them back."""
    problem = Problem("bad-port", Place("a,b:c%2C.yaml", 1, 1), "100% a,b::c%0A")
    assert document(Outcome("check", 2, (problem,)), "github") == (
        "::error file=a%2Cb%3Ac%252C.yaml,line=1,col=1,endColumn=1,title=netgen bad-port::100%25 a,b::c%250A\n"
    )


def test_gitlab() -> None:
    """Each problem has a place, a weight of GitLab's and a fingerprint; one of the run is shown at the first file."""
    entries = json.loads(document(BAD, "gitlab"))
    assert [(each["check_name"], each["severity"], each["location"]) for each in entries] == [
        ("consent-missing", "critical", {"path": "teams/checkout.yaml", "lines": {"begin": 14}}),
        ("host-network", "minor", {"path": "teams/web.yaml", "lines": {"begin": 100}}),
        ("unreadable-file", "critical", {"path": "gone.yaml", "lines": {"begin": 1}}),
        ("no-platform", "info", {"path": "teams", "lines": {"begin": 1}}),
    ]
    assert entries[3]["description"] == "defaults hold\nfix: give one with --platform"
    assert document(NOTHING, "gitlab") == "[]\n"


def test_json() -> None:
    """Everything that the text says is there, and a program needs to take nothing apart."""
    whole = json.loads(document(BAD, "json"))
    assert (whole["result"], whole["exitCode"], whole["proof"], whole["said"]) == ("refused", 2, None, [])
    assert whole["counts"] == {"error": 2, "warning": 1, "note": 1}
    consent = whole["problems"][0]
    assert consent.pop("fingerprint")
    assert consent == {
        "code": "consent-missing",
        "severity": "error",
        "message": "payments/api does not accept checkout/orders on grpc",
        "notes": ["teams/payments.yaml:8 has: accepts: {ledger/*: grpc}", "a note"],
        "fix": "(team-pay, payments.yaml): under apps.api.accepts add  checkout/orders: grpc",
        "place": {
            "file": "teams/checkout.yaml",
            "line": 14,
            "column": 19,
            "width": 17,
            "text": "    calls: [cart, payments/api:grpc]",
        },
        "related": [{"file": "teams/payments.yaml", "line": 8}],
    }
    assert [problem["place"] for problem in whole["problems"][2:]] == [{"file": "gone.yaml"}, None]


def test_json_of_a_proof() -> None:
    """What is proved, and under which assumptions, can be asked for."""
    whole = json.loads(document(GOOD, "json"))
    assert whole["said"] == ["proved: 5 pairs open", "ok: 2 apps"]
    assumes = ["pods carry these labels", "no other policies"]
    proved = {"opened": 5, "closed": 13, "claims": 1, "enforced": 1, "assumes": assumes, "provisos": ["to the end"]}
    assert whole["proof"] == proved
    world = replace(GOOD, problems=(Problem("world-includes-pods", None, "m"),))
    assert json.loads(document(world, "json"))["proof"]["assumes"] == [*assumes, "world-includes-pods"]
    assert json.loads(document(FAILED, "json"))["failure"] == "standard output cannot be written: no space"


def test_sarif() -> None:
    """A result has its rule, its region in characters, and the places that its notes name."""
    (run,) = json.loads(document(BAD, "sarif"))["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 2, "toolExecutionNotifications": []}]
    result = run["results"][0]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "consent-missing"
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "teams/checkout.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 14, "startColumn": 19, "endColumn": 36},
            }
        }
    ]
    (related,) = result["relatedLocations"]
    assert related["message"] == {"text": "teams/payments.yaml:8 has: accepts: {ledger/*: grpc}"}
    assert related["physicalLocation"]["region"] == {"startLine": 8}
    assert result["message"]["text"].splitlines()[-1].startswith("fix (team-pay, payments.yaml): under")
    assert [each["level"] for each in run["results"]] == ["error", "warning", "error", "note"]
    assert [len(each["locations"]) for each in run["results"]] == [1, 1, 1, 1]


def test_sarif_has_a_rule_for_every_code() -> None:
    """With a help text that says what it means."""
    (run,) = json.loads(document(NOTHING, "sarif"))["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert sorted(rules) == sorted(CODES)
    levels = {code: str(entry.severity) for code, entry in CODES.items()}
    assert {code: rule["defaultConfiguration"]["level"] for code, rule in rules.items()} == levels
    assert [code for code, rule in rules.items() if CODES[code].meaning not in rule["help"]["text"]] == []


def test_sarif_of_a_failure() -> None:
    """A run that came to no answer is not a successful one."""
    (run,) = json.loads(document(FAILED, "sarif"))["runs"]
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    assert [each["level"] for each in invocation["toolExecutionNotifications"]] == ["error", "note"]


def test_junit() -> None:
    """An error is a failed test, a warning and a note a passed one that says something; so is the run itself."""
    suite = ET.fromstring(document(BAD, "junit"))[0]  # noqa: S314 - our own
    assert suite.attrib == {"name": "netgen check", "tests": "5", "failures": "3", "errors": "0", "skipped": "0"}
    assert [(case.get("classname"), case.get("name"), [each.tag for each in case]) for case in suite] == [
        (
            "teams/checkout.yaml",
            "consent-missing: payments/api does not accept checkout/orders on grpc",
            ["failure"],
        ),
        ("teams/web.yaml", "host-network: no policy can hold web", ["system-out"]),
        ("gone.yaml", "unreadable-file: there is no such file", ["failure"]),
        ("teams", "no-platform: defaults hold", ["system-out"]),
        ("netgen", "check", ["failure"]),
    ]
    failure = suite[0][0]
    assert (failure.get("type"), failure.get("message")) == ("consent-missing", CONSENT.message)
    assert (failure.text or "").splitlines()[2:4] == [
        "14 |     calls: [cart, payments/api:grpc]",
        f"   |{' ' * 19}^" + "^" * 16,
    ]
    assert suite[4][0].get("message") == "2 errors, 1 warning, 1 note"


def test_junit_of_a_good_run_and_of_a_failure() -> None:
    """A run without problems is one passed test; one whose output fails is a test in error."""
    suite = ET.fromstring(document(NOTHING, "junit"))[0]  # noqa: S314 - our own
    assert [(case.get("name"), list(case)) for case in suite] == [("verify", [])]
    assert suite.get("tests") == "1"
    failed = ET.fromstring(document(FAILED, "junit"))[0]  # noqa: S314 - our own
    assert (failed.get("errors"), failed[0][0].tag, failed[0][1].text) == ("1", "error", "proved: 5 pairs open\n")


def test_junit_names_are_unique() -> None:
    """Two problems that read the same are two tests."""
    again = replace(CONSENT, place=Place("teams/checkout.yaml", 20, 19, 17))
    suite = ET.fromstring(document(Outcome("check", 2, (CONSENT, again)), "junit"))[0]  # noqa: S314 - our own
    first, second, _ = [case.get("name") or "" for case in suite]
    assert second == f"{first} (2)"


# --------------------------------------------------------------------------------------------------- published schemas


@pytest.mark.parametrize("format_", ["json", "gitlab", "sarif"])
def test_documents_are_valid(format_: Format) -> None:
    """By the published schema of each format."""
    assert [faults(outcome, format_) for outcome in OUTCOMES] == [[], [], [], []]


@pytest.mark.once
def test_junit_is_valid() -> None:
    """By the XML Schema that Jenkins publishes."""
    texts = [document(outcome, "junit") for outcome in OUTCOMES]
    assert [[error.reason for error in junit_schema().iter_errors(text)] for text in texts] == [[], [], [], []]


@pytest.mark.once
def test_the_junit_schema_judges() -> None:
    """It is not one that takes anything."""
    assert not junit_schema().is_valid(document(NOTHING, "junit").replace("failures=", "faults="))


@pytest.mark.parametrize(("format_", "key"), [("json", "counts"), ("sarif", "version")])
def test_the_schemas_judge(format_: str, key: str) -> None:
    """A document without a key that it must have is refused."""
    whole = json.loads(document(GOOD, "sarif" if format_ == "sarif" else "json"))
    del whole[key]
    assert not judge(format_).is_valid(whole)


def test_our_schema_is_a_schema() -> None:
    """And each of its keys is described."""
    schema = json.loads((ROOT / "schemas" / "report.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    objects = [schema, schema["properties"]["proof"], schema["$defs"]["problem"], schema["$defs"]["place"]]
    assert [key for each in objects for key, value in each["properties"].items() if "description" not in value] == []


# ------------------------------------------------------------------------------------------------------- hostile texts

TEXTS = st.text(st.characters(), max_size=40) | st.sampled_from(
    [
        "::error::x",
        "a\n::add-mask::b",
        "a\r\n::stop-commands::x",
        "##[set-env name=PATH]x",
        "%0A::error::x",
        "]]></failure><testcase name='x'/>",
        "<!--&amp;&#10;\x00\x0b\ufffe\ud800",
        '"}],"runs":[]',
        "\x1b]8;;x\x07\u2028\u202e",
        "x.yaml:3:4 y.json:0 (a/b.yml:99999999999",
        "x" * 9000,
    ]
)
HOSTILE = st.builds(
    lambda code, place, message, notes, fix, line: Outcome(
        "check", 2, (Problem(code, place, message or "m", tuple(notes), fix),), (line,), failure=line, first="spec.yaml"
    ),
    st.sampled_from(["bad-port", "host-network", "no-platform"]),
    st.none()
    | st.builds(Place, TEXTS.filter(bool), st.integers(0, 10**6), st.integers(0, 300), st.integers(0, 300), TEXTS),
    TEXTS,
    st.lists(TEXTS, max_size=3),
    TEXTS,
    TEXTS,
)


@settings(max_examples=30)  # the schema of SARIF is a large one
@given(HOSTILE)
def test_no_text_leaves_its_place(outcome: Outcome) -> None:
    """Whatever stands in a problem, a document is of its form, can be printed, and is no longer than it must be."""
    for format_ in FORMATS:
        text = document(outcome, format_)
        assert text.replace("\n", "").isprintable()
        text.encode()
        assert len(text) < 200_000
    assert [faults(outcome, "json"), faults(outcome, "gitlab"), faults(outcome, "sarif")] == [[], [], []]


@given(HOSTILE)
@example(Outcome("check", 2, (Problem("bad-port", Place("::a,b=c:%0A", 1, 1), "::error::x"),)))
def test_no_text_is_a_workflow_command(outcome: Outcome) -> None:
    """A runner reads as many commands as there are things to say, and in each what was said."""
    (problem,) = outcome.problems
    read = commands(document(outcome, "github"))
    said = [] if outcome.failure == "" else ["error"]
    first = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}[problem.severity]
    assert [name for name, _, _ in read] == [first, *said, *("notice" for _ in outcome.lines)]
    assert read[0][1]["title"] == f"netgen {problem.code}"
    assert set(read[0][1]) <= {"file", "line", "col", "endColumn", "title"}
    assert read[0][2].splitlines()[0] == _said(problem.message)


@given(HOSTILE)
def test_no_text_is_a_tag(outcome: Outcome) -> None:
    """An XML reader finds the two tests, and in the attributes what was said."""
    (problem,) = outcome.problems
    suite = ET.fromstring(document(outcome, "junit"))[0]  # noqa: S314 - our own
    assert [case.tag for case in suite] == ["testcase", "testcase"]
    (detail,) = suite[0]
    assert detail.tag == ("failure" if problem.severity is Severity.ERROR else "system-out")
    if detail.tag == "failure":
        assert detail.get("message") == _said(problem.message)


def _said(text: str) -> str:
    """Return *text* as a report says it: without what steers, and not without end."""
    return harmless(text if len(text) <= 500 else f"{text[:500]}…")


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=30))
@example("a b#c?d%e.yaml")
@example("a:b.yaml")
def test_a_uri_is_the_name_of_the_file(name: str) -> None:
    """Its bytes come back from the URI, which is one of no scheme."""
    outcome = Outcome("check", 2, (Problem("bad-port", Place(f"d/{name}", 1, 1), "m"),))
    (run,) = json.loads(document(outcome, "sarif"))["runs"]
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"([A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri)
    assert unquote_to_bytes(uri) == os.fsencode(os.path.normpath(f"d/{name}"))


# --------------------------------------------------------------------------------- places, fingerprints, the same again


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("spec.yaml", "spec.yaml"),
        ("./a//b/./spec.yaml", "a/b/spec.yaml"),
        ("/home/a/here/a/spec.yaml", "a/spec.yaml"),
        ("/home/a/herefrom/spec.yaml", "/home/a/herefrom/spec.yaml"),
        ("../here/spec.yaml", "spec.yaml"),
        ("../spec.yaml", "../spec.yaml"),
        ("/etc/spec.yaml", "/etc/spec.yaml"),
        ("<stdin>", "<stdin>"),
    ],
)
def test_paths_are_those_of_the_run(given: str, shown: str) -> None:
    """Relative to the folder of the run where they are below it, and else as they were given."""
    outcome = Outcome("check", 2, (Problem("bad-port", Place(given, 1, 1), "m"),), root="/home/a/here")
    assert json.loads(document(outcome, "gitlab"))[0]["location"]["path"] == shown
    assert json.loads(document(outcome, "json"))["problems"][0]["place"]["file"] == shown


def test_an_absolute_path_is_a_file_uri() -> None:
    """It has no base."""
    outcome = Outcome("check", 2, (Problem("bad-port", Place("/etc/a b.yaml", 1, 1), "m"),), root="/home/a/here")
    (run,) = json.loads(document(outcome, "sarif"))["runs"]
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///etc/a%20b.yaml"}


def test_standard_input_is_no_file_to_annotate() -> None:
    """GitHub would look for it in the repository."""
    outcome = Outcome("check", 2, (Problem("bad-port", Place("<stdin>", 3, 1), "m"),))
    assert document(outcome, "github") == "::error title=netgen bad-port::m\n"


@pytest.mark.parametrize(
    ("note", "places"),
    [
        ("closed by NetworkPolicy a/b (deploy/a.yaml:2), no rule", [{"file": "deploy/a.yaml", "line": 2}]),
        ("see ./b.yml:10:4", [{"file": "b.yml", "line": 10, "column": 4}]),
        ("a.yaml:1 and b.json:2", [{"file": "a.yaml", "line": 1}, {"file": "b.json", "line": 2}]),
        ("write db:5432 or a.yaml:x or a.yaml:0 or a.yaml", []),
        ("reads http://x.yaml:80", [{"file": "http:/x.yaml", "line": 80}]),
    ],
)
def test_places_of_notes(note: str, places: list[dict[str, object]]) -> None:
    """A file of YAML or JSON with a line is a place; ports are none."""
    outcome = Outcome("check", 2, (Problem("bad-port", None, "m", (note,)),))
    assert json.loads(document(outcome, "json"))["problems"][0]["related"] == places


@pytest.mark.parametrize(
    ("column", "width", "text", "ends"),
    [(3, 2, "abcdef", 5), (3, 9, "abc", 4), (4, 1, "abc", 5), (9, 4, "abc", 10), (3, 9, "", 12), (1, 0, "", 2)],
)
def test_a_region_ends_with_its_line(column: int, width: int, text: str, ends: int) -> None:
    """It has one column at least, and none beyond the line where that is known."""
    outcome = Outcome("check", 2, (Problem("bad-port", Place("a.yaml", 1, column, width, text), "m"),))
    (run,) = json.loads(document(outcome, "sarif"))["runs"]
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": column, "endColumn": ends}
    assert commands(document(outcome, "github"))[0][1]["endColumn"] == str(ends - 1)


def marks(*problems: Problem) -> list[str]:
    """Return the fingerprints of *problems* in one report."""
    return [each["fingerprint"] for each in json.loads(document(Outcome("check", 2, problems), "gitlab"))]


def test_fingerprints() -> None:
    """A problem keeps its own when its line moves, and no two have the same."""
    moved = replace(CONSENT, place=Place("teams/checkout.yaml", 99, 1, 1, "other"), notes=(), fix="")
    opened = [replace(CONSENT, message=f"the list that opens at {at} goes on") for at in ("7:12", "9:12")]
    assert marks(opened[0]) == marks(opened[1])
    others = [replace(CONSENT, code="bad-port"), replace(CONSENT, message="m"), replace(CONSENT, place=None)]
    assert marks(CONSENT) == marks(moved)
    assert len({*marks(CONSENT, moved), *itertools.chain.from_iterable(map(marks, others))}) == 5
    (run,) = json.loads(document(Outcome("check", 2, (CONSENT,)), "sarif"))["runs"]
    assert list(run["results"][0]["partialFingerprints"].values()) == marks(CONSENT)


# ---------------------------------------------------------------------------------------------------- the command line

SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web: {port: 8080, calls: [db]}
  db: 5432/tcp
"""
WRONG = SPEC.replace("[db]", "[dv]")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, stdin: str = "", **more: Any) -> tuple[int, str, str]:
    """Run netgen and return its exit code, stdout and stderr."""
    more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    done = subprocess.run(
        [sys.executable, "-m", "netgen", *arguments], check=False, input=stdin, encoding="utf-8", timeout=60, **more
    )
    assert "Traceback" not in (done.stderr or "")
    return done.returncode, done.stdout or "", done.stderr or ""


def codes(text: str, format_: str) -> list[str]:
    """Return the codes of the problems in the document *text*."""
    match format_:
        case "github":
            titles = [about["title"].removeprefix("netgen ") for _, about, _ in commands(text)]
            return [title for title in titles if title not in {"check", "render", "verify"}]
        case "junit":
            cases = list(ET.fromstring(text)[0])[:-1]  # noqa: S314 - our own
            return [(case.get("name") or "").partition(":")[0] for case in cases]
    whole = json.loads(text)
    match format_:
        case "gitlab":
            return [each["check_name"] for each in whole]
        case "sarif":
            return [each["ruleId"] for each in whole["runs"][0]["results"]]
    return [each["code"] for each in whole["problems"]]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(("spec", "code", "expected"), [(SPEC, 0, []), (WRONG, 2, ["unknown-app"]), ("a: [", 2, None)])
def test_check_is_one_document(format_: str, spec: str, code: int, expected: list[str] | None) -> None:
    """On stdout, of a good run and of a bad one, with the exit code that the text has, and nothing beside it."""
    Path("spec.yaml").write_text(spec, encoding="utf-8")
    assert run("check", "spec.yaml")[0] == code
    left, stream, said = run("check", "spec.yaml", "-o", format_)
    assert (left, said) == (code, "")
    wanted = ["yaml-syntax"] if expected is None else [*expected, "no-platform"]
    assert codes(stream, format_) == wanted
    assert run("check", "spec.yaml", "-o", format_)[1] == stream


@pytest.mark.usefixtures("here")
def test_text_is_what_it_was() -> None:
    """`-o text` is the default."""
    Path("spec.yaml").write_text(WRONG, encoding="utf-8")
    for arguments in (("check", "spec.yaml"), ("verify", "--spec", "spec.yaml", "spec.yaml")):
        assert run(*arguments, "-o", "text") == run(*arguments)
    assert run("render", str(SEED), "--report", "text") == run("render", str(SEED))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("format_", FORMATS)
def test_verify_is_one_document(format_: str) -> None:
    """Also with findings, whose places are in the manifests and in the spec."""
    Path("spec.yaml").write_text(SPEC, encoding="utf-8")
    rendered = run("render", "spec.yaml")[1]
    arguments = ("verify", "--spec", "spec.yaml", "-", "-o", format_)
    code, stream, said = run(*arguments, stdin=rendered)
    assert (code, said) == (0, "")
    assert codes(stream, format_) == ["no-platform"]
    code, stream, said = run(*arguments, stdin=rendered.replace("5432", "5433"))
    assert (code, said) == (1, "")
    assert "not-open" in codes(stream, format_)
    assert "no-platform" in codes(stream, format_)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("format_", FORMATS)
def test_render_reports_beside_the_manifests(format_: str) -> None:
    """Stdout holds the manifests as ever, stderr the one document."""
    code, stream, said = run("render", str(SEED), "--report", format_)
    assert (code, stream) == run("render", str(SEED))[:2]
    assert codes(said, format_)[:1] == ["no-platform"]
    Path("spec.yaml").write_text(WRONG, encoding="utf-8")
    code, stream, said = run("render", "spec.yaml", "--out", "deploy", "--report", format_)
    assert (code, stream) == (2, "")
    assert codes(said, format_)[:1] == ["unknown-app"]


@pytest.mark.usefixtures("here")
def test_render_reports_what_it_wrote() -> None:
    """The lines for people are part of the document."""
    whole = json.loads(run("render", str(SEED), "--out", "deploy", "--report", "json")[2])
    assert whole["result"] == "ok"
    assert whole["said"][0].startswith("proved: ")
    assert whole["said"][1].startswith("deploy: ")
    assert whole["proof"]["claims"] == 0
    unproved = json.loads(run("render", str(SEED), "--no-verify", "--report", "json")[2])
    assert (unproved["proof"], unproved["said"]) == (None, ["not proved: --no-verify"])


@pytest.mark.usefixtures("here")
def test_an_output_that_fails_is_reported() -> None:
    """Where the report itself can be written."""
    with Path("/dev/full").open("wb") as full:
        code, _, said = run("render", str(SEED), "--report", "json", stdout=full)
        whole = json.loads(said)
        assert (code, whole["result"], whole["exitCode"]) == (3, "failed", 3)
        assert whole["failure"].startswith("standard output cannot be written")
        code, _, said = run("check", str(SEED), "-o", "json", stdout=full)
        assert (code, said.splitlines()[-1].partition(":")[0]) == (3, "netgen")
        assert run("render", str(SEED), "--report", "json", stderr=full)[0] == 0


@pytest.mark.usefixtures("here")
def test_a_usage_error_stays_text() -> None:
    """As long as it is not known what is asked for, nothing is written in its form."""
    for arguments in (("check", "-o", "xml", "spec.yaml"), ("check", "-o", "json"), ("render", "x", "--report", "x")):
        code, stream, said = run(*arguments)
        assert (code, stream) == (2, "")
        assert said.startswith("Usage: ")


HOSTILE_NAMES = [
    "a,b:c=d%0A::error::x.yaml",
    "a\n::add-mask::b.yaml",
    "\r::error::<b>&'\".yaml",
    "]]>-->##[error]x.yaml",
    "\x1b[2J\u202e.yaml",
    b"caf\xe9.yaml",
]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("format_", FORMATS)
def test_hostile_file_names(format_: str) -> None:
    """A file is named in every format, and only that."""
    Path("specs").mkdir()
    names = [os.fsdecode(name) for name in HOSTILE_NAMES]
    for number, name in enumerate(names):
        Path("specs", name).write_text(WRONG.replace("namespace: shop", f"namespace: n{number}"), encoding="utf-8")
    code, stream, said = run("check", "specs", "-o", format_)
    assert (code, said) == (2, "")
    assert codes(stream, format_) == ["unknown-app"] * len(names) + ["no-platform"]
    assert stream.replace("\n", "").isprintable()
    if format_ == "github":
        files = [about["file"] for name, about, _ in commands(stream) if name == "error"]
        assert sorted(files) == sorted(f"specs/{harmless(name)}" for name in names)


@pytest.mark.usefixtures("here")
def test_absolute_paths_below_the_folder_are_shortened() -> None:
    """A pipeline that names its checkout gets the paths of the repository, and no report tells where it lies."""
    Path("spec.yaml").write_text(WRONG, encoding="utf-8")
    for format_ in FORMATS:
        stream = run("check", "spec.yaml", "-o", format_)[1]
        assert codes(stream, format_) == ["unknown-app", "no-platform"]
        assert str(Path.cwd()) not in stream
    entries = json.loads(run("check", str(Path("spec.yaml").absolute()), "-o", "gitlab")[1])
    assert [each["location"]["path"] for each in entries] == ["spec.yaml", "spec.yaml"]


@pytest.mark.usefixtures("here")
def test_documents_are_the_same_each_time() -> None:
    """Whatever the seed of hashes and the locale, on stdout and on stderr."""
    Path("spec.yaml").write_text(f"# é\n{WRONG.replace('dv', 'é')}", encoding="utf-8")
    environments = [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}]
    checks = [("check", "spec.yaml", "-o", each) for each in FORMATS]
    for arguments in (*checks, ("render", "spec.yaml", "--report", "github")):
        first, second = (run(*arguments, env={**os.environ, **each}) for each in environments)
        assert first == second


def test_the_schema_is_printed() -> None:
    """Byte for byte."""
    assert run("schema", "report")[1] == (ROOT / "schemas" / "report.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [("render", str(SEED)), ("check", str(SEED))])
def test_text_does_not_pay_for_the_formats(arguments: tuple[str, ...]) -> None:
    """They are imported when they are asked for."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "netgen", *arguments], check=True, capture_output=True, text=True
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "netgen.report.plain" in loaded
    assert loaded & {"netgen.report.outcome", *(f"netgen.report.{each}" for each in FORMATS), "xml.etree"} == set()


def test_the_version_is_the_one_of_netgen() -> None:
    """In the formats that have one."""
    assert json.loads(document(NOTHING, "json"))["tool"] == {"name": "netgen", "version": netgen.__version__}
    assert json.loads(document(NOTHING, "sarif"))["runs"][0]["tool"]["driver"]["version"] == netgen.__version__
