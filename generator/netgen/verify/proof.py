"""The outcome of a proof: what was looked at, and what was found."""

from __future__ import annotations

from netgen.problems import Problem
from netgen.records import record

LABELS = "pods carry these labels"
ALONE = "no other policies"
"""What is assumed where no cluster is given to look at."""
HOMELESS = "policies without a namespace are in default"
"""What is assumed of a cluster that a chart prints."""


@record
class Proof:
    """What was looked at, and what is not as the Intent says: without *findings* it is proved.

    *opened* and *closed* count pairs of endpoints, one of which at least is an app: those that the Intent opens at some
    port, and those between which nothing is open under the widest reading. *warnings* are about the cluster around the
    manifests; *assumes* is what was not looked at, and *beside* what was: how much of the cluster, as a phrase. So many
    *claims* hold, of which so many are *enforced* for all pods, with *provisos*; *beyond* is what `enforce: l4` opens
    besides what is asked for. *too_large*: nothing was found, but not every combination was looked at.
    """

    opened: int
    closed: int
    findings: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    assumes: tuple[str, ...] = (LABELS, ALONE)
    beside: str = ""
    claims: int = 0
    provisos: tuple[str, ...] = ()
    too_large: bool = False
    beyond: tuple[str, ...] = ()
    enforced: int = 0

    @property
    def is_open(self) -> bool:
        """Return whether nothing was found but that not everything is understood."""
        return bool(self.findings) and all(problem.code == "unproven" for problem in self.findings)

    def __str__(self) -> str:
        words = "claim holds" if self.claims == 1 else "claims hold"
        claimed = f", {self.claims} never {words} for the apps" if self.claims else ""
        claimed += f", {self.enforced} enforced for all pods" if self.enforced else ""
        return f"{_pairs(self.opened)} open, {_pairs(self.closed)} closed{claimed}"


def _pairs(count: int) -> str:
    return f"{count} pair{'' if count == 1 else 's'}"
