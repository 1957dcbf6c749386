"""The proof: what the manifests allow is what the Intent says, for apps, strangers and the outside; or what is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from netgen.evaluate.objects import read_cluster
from netgen.evaluate.semantics import PROFILES
from netgen.intent import Intent
from netgen.problems import Problem, Severity
from netgen.progress import Progress, counted
from netgen.source import Document
from netgen.verify.comparison import Comparison
from netgen.verify.proof import Proof
from netgen.verify.reading import DEFAULT
from netgen.verify.wording import WORDINGS

if TYPE_CHECKING:
    from netgen.verify.around.surroundings import Surroundings

__all__ = ["Proof", "prove", "prove_files"]


def prove(
    intent: Intent,
    documents: Sequence[Document],
    problems: Iterable[Problem],
    *,
    cni: str,
    surroundings: Surroundings | None = None,
    namespace: str | None = None,
    progress: Progress | None = None,
) -> Proof:
    """Return whether the manifests in *documents* do what *intent* says, nothing missing and nothing in excess.

    *problems* are those of reading them, *cni* is a profile of netgen.evaluate.semantics. What is open must be open
    under the narrowest reading of the profile, and nothing may be in excess under the narrowest or the widest. What is
    not understood, and nothing to look at, is a finding: `unproven`. What is proved under `kubernetes` holds with every
    plugin; a plugin's own name proves less, and is for manifests with its own kinds of policies, which `kubernetes`
    does not understand. So a command takes the plugin that *intent* is for.

    *surroundings* is the cluster into which the manifests go; they replace what it has under the same name. *namespace*
    is that of objects which name none, here and there; None where nobody said, which is `default`, and an assumption.
    *progress* is told how far it is.
    """
    read_back = counted(documents, len(documents), progress, "reading back", "objects")
    cluster = read_cluster(read_back, problems, namespace=namespace or DEFAULT, cni=cni)
    if not cluster.unknowns and not cluster.policies and _is_closed(intent):
        message = f"there is no {WORDINGS[intent.cni].kind} among the manifests, so there is nothing to prove"
        return Proof(0, 0, (Problem("unproven", None, message, fix="give the rendered manifests"),))
    if surroundings is None and not cluster.workloads:
        return Comparison(intent, cluster, PROFILES[cni], progress=progress).proof()
    from netgen.verify.around import around  # noqa: PLC0415 - only a run that is given workloads pays for it

    found = around(intent, cluster, surroundings, namespace)
    if found is None:
        message = "there are no workloads and no other policies in what is given as the cluster"
        fix = "give what runs there, as `kubectl get -o yaml` or a chart prints it"
        return Proof(0, 0, (Problem("unproven", None, message, fix=fix),))
    return Comparison(intent, found.whole, PROFILES[cni], found, progress).proof()


def _is_closed(intent: Intent) -> bool:
    """Return whether there are policies for an app of *intent*; what is only watched may have none that count."""
    counts = WORDINGS[intent.cni].watched
    return any((app.ingress or app.egress) and (counts or not app.staged) for app in intent.apps)


def prove_files(
    intent: Intent,
    paths: list[str],
    stdin: bytes | None,
    *,
    cni: str,
    surroundings: Surroundings | None = None,
    namespace: str | None = None,
    progress: Progress | None = None,
) -> Proof:
    """Return the same for the manifests in files and folders; `-` stands for *stdin*.

    What kustomize would change in the files that were read is not proved; and where something is found, the keys of
    the kustomizations that were given as files are named, since one of them may have done it.
    """
    from netgen.verify.reading import read_manifests  # noqa: PLC0415 - what was rendered is read already

    documents, problems = read_manifests(paths, stdin, progress, reader="verify")
    proof = prove(
        intent, documents, problems, cni=cni, surroundings=surroundings, namespace=namespace, progress=progress
    )
    unbuilt = tuple(replace(problem, code="unproven") for problem in problems if problem.code == "overlay-unbuilt")
    findings = (*proof.findings, *unbuilt)
    left_out = {"overlay-unbuilt"} if findings else {"overlay-unbuilt", "overlay-changes"}
    heard = (problem for problem in problems if problem.code not in left_out)
    warnings = tuple(problem for problem in heard if problem.severity is Severity.WARNING)
    return replace(proof, findings=findings, warnings=(*warnings, *proof.warnings))
