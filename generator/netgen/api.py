"""The public API: functions over values. Every function raises NetgenError with all problems at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from netgen import check as _check
from netgen import render as _render
from netgen import spec as _spec
from netgen.intent import Intent
from netgen.problems import NetgenError
from netgen.render import Format, Manifest
from netgen.spec import Loaded

if TYPE_CHECKING:
    from netgen.verify import Proof
    from netgen.write import Written

__all__ = ["Format", "Intent", "Loaded", "Manifest", "load", "prove", "render", "stream", "verify", "write"]

stream = _render.stream


def load(
    paths: str | Path | Iterable[str | Path],
    *,
    platform: str | Path | None = None,
    cni: str | None = None,
    ingress: str | None = None,
    stdin: bytes | None = None,
) -> Loaded:
    """Return the meaning of spec files and folders, with its warnings.

    *platform* is a Platform file; *cni* and *ingress* (an Ingress class) stand in for one. The path `-` reads *stdin*.
    """
    listed = [paths] if isinstance(paths, str | Path) else paths
    return _spec.load(
        [str(path) for path in listed],
        platform=None if platform is None else str(platform),
        cni=cni,
        ingress=ingress,
        stdin=stdin,
    )


def render(intent: Intent) -> tuple[Manifest, ...]:
    """Return the manifests of *intent* in the order in which they are applied, each held against the API's rules."""
    manifests = _render.render(intent)
    problems = _check.check(manifests, kubernetes=intent.kubernetes)
    if problems:
        raise NetgenError(problems)
    return manifests


def prove(intent: Intent, manifests: Iterable[Manifest]) -> Proof:
    """Return the proof that *manifests*, as they were rendered, do what *intent* says; see netgen.verify."""
    from netgen import verify  # noqa: PLC0415 - `--no-verify` does not pay for the evaluator

    return verify.prove(intent, (manifest.document for manifest in manifests), (), cni="kubernetes")


def verify(intent: Intent, paths: Iterable[str | Path], *, stdin: bytes | None = None) -> Proof:
    """Return the proof that the manifests in files and folders (`-`: *stdin*) do what *intent* says."""
    from netgen import verify as verifier  # noqa: PLC0415 - see above

    return verifier.prove_files(intent, [str(path) for path in paths], stdin, cni="kubernetes")


def write(manifests: Iterable[Manifest], out: str | Path) -> Written:
    """Make the folder *out* hold exactly *manifests*, as netgen.write says, and return which files that changed."""
    from netgen.write import write as write_folder  # noqa: PLC0415 - what only --out needs, no other run pays for

    return write_folder(manifests, Path(out))
