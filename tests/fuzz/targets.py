"""What is fuzzed: functions that give an input to one part of netgen and hold what comes of it against its promises."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from zlib import crc32

from netgen import api, report
from netgen.diff import formats as changes
from netgen.problems import NetgenError, Problem, Severity
from netgen.reaching import formats
from netgen.report.outcome import Outcome
from netgen.source import Dialect
from test_robustness import environment, outcome
from test_source import reading
from test_source_plain import is_taken

GROUP = b"netgen.dev/"
PLUGINS = ("kubernetes", "calico", "cilium", "flannel")
OWN_FAULTS = frozenset({"manifest-invalid", "name-collision", "not-open", "not-closed", "policy-differs"})
"""Codes that blame what netgen itself has made, where it was made of a spec that was accepted."""


class BrokenPromiseError(Exception):
    """Nothing was raised, but the outcome is not what netgen promises; the first argument says what."""


def read_spec(data: bytes) -> None:
    """Read as a spec: see _read."""
    _read(data, Dialect.SPEC)


def read_manifests(data: bytes) -> None:
    """Read as manifests: see _read."""
    _read(data, Dialect.MANIFEST)


def load(data: bytes) -> None:
    """Load a spec, render it and prove that; every problem has a place in the text and can be shown."""
    if outcome(data) == "refused":
        return
    intent = api.load("-", stdin=data, env=environment(data)).intent
    proof = api.prove(intent, api.render(intent))
    codes = {problem.code for problem in proof.findings} - {"never-broken"}  # that is a fault of the spec
    if codes and not proof.too_large:
        raise BrokenPromiseError(f"what was rendered is not proved ({', '.join(sorted(codes))})", proof.findings)


def import_(data: bytes) -> None:
    """Import manifests; the spec that comes of them loads, and renders."""
    try:
        found, differences = api.import_manifests(["-"], stdin=data)
    except NetgenError as error:
        _shown(error.problems)
        blamed = [problem for problem in error.problems if problem.code in OWN_FAULTS]
        if blamed or any(problem.place and problem.place.file != "<stdin>" for problem in error.problems):
            raise BrokenPromiseError(f"the spec of the import is refused ({_codes(error)})") from error
        return
    _shown((*found.unsaid, *found.notes))
    _printable(changes.as_text(differences))
    try:
        api.render(api.load("-", stdin=found.text.encode()).intent)
    except NetgenError as error:
        raise BrokenPromiseError(f"the imported spec is refused ({_codes(error)})") from error


def reach(data: bytes) -> None:
    """Ask who reaches whom by manifests, for a network plugin that the input chooses."""
    try:
        answer = api.reach(["-"], cni=PLUGINS[crc32(data) % len(PLUGINS)], stdin=data)
    except NetgenError as error:
        _shown(error.problems)
        return
    _shown((*answer.said, *answer.unproven))
    _printable(formats.as_text(answer))
    formats.as_csv(answer).encode()
    formats.as_json(answer).encode()


def verify(data: bytes) -> None:
    """Prove that the manifests in an input do what the specs in it say, and report it in every format."""
    specs, manifests = _parted(data)
    try:
        loaded = api.load("-", stdin=specs)
        proof = api.verify(loaded.intent, ["-"], stdin=manifests)
    except NetgenError as error:
        _shown(error.problems)
        return
    problems = (*loaded.problems, *proof.findings, *proof.warnings)
    _shown(problems)
    result = Outcome("verify", int(bool(proof.findings)), problems, proof=proof)
    for format_ in ("json", "github", "gitlab", "sarif", "junit"):
        report.document(result, format_).encode()


TARGETS: dict[str, Callable[[bytes], None]] = {
    "read-spec": read_spec,
    "read-manifests": read_manifests,
    "load": load,
    "import": import_,
    "reach": reach,
    "verify": verify,
}


def _read(data: bytes, dialect: Dialect) -> None:
    """Read as both parsers do; where they find nothing wrong, and where the short way reads too, all read the same."""
    fast, pure = (reading(data, dialect, parser) for parser in ("libyaml", "pure"))
    for problem in (*fast.problems, *pure.problems):
        if problem.place is None or not 1 <= problem.place.column <= len(problem.place.text) + 1:
            raise BrokenPromiseError(f"the place of {problem.code} is not in the text", problem.place)
    _shown((*fast.problems, *pure.problems))
    if not (fast.problems or pure.problems):
        one, other = ([repr(document.data) for document in each.documents] for each in (fast, pure))
        if one != other:
            raise BrokenPromiseError("the two parsers read different things")
        is_taken(data.decode(), dialect)


def _parted(data: bytes) -> tuple[bytes, bytes]:
    """Return the documents of *data* that are specs, and the others."""
    documents = data.split(b"\n---\n")
    parts = ([one for one in documents if (GROUP in one) is is_spec] for is_spec in (True, False))
    specs, manifests = map(partial(bytes.join, b"\n---\n"), parts)
    return specs, manifests


def _shown(problems: Iterable[Problem]) -> None:
    """Hold *problems* to what each must be: shown on a terminal, and an error where nothing else came."""
    listed = tuple(problems)
    _printable(report.text(listed, colour=False))
    for problem in listed:
        if problem.severity not in Severity or not problem.message:
            raise BrokenPromiseError("a problem says nothing", problem)


def _printable(text: str) -> None:
    if not text.replace("\n", "").isprintable():
        raise BrokenPromiseError("what is shown can steer a terminal", text)
    text.encode()


def _codes(error: NetgenError) -> str:
    return ", ".join(sorted({problem.code for problem in error.problems if problem.severity is Severity.ERROR}))
