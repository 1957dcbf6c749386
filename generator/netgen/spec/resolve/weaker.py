"""What is enforced more weakly than it is asked for: `enforce: l4`, the only way down (meaning 7)."""

from __future__ import annotations

from netgen.problems import Place, Problem
from netgen.profiles import Feature
from netgen.spec.platform import Platform
from netgen.spec.resolve.features import lack


def is_given_up(
    feature: Feature, place: Place | None, what: str, opens: str, platform: Platform, found: list[Problem]
) -> bool:
    """Return whether the plugin of *platform* lacks *feature*, so that a rule with `enforce: l4` gives it up.

    A warning at *place* says *what* the rule asks for, as for enforceable, and what it *opens* instead: `internet:443`.
    Where the plugin can, nothing is given up: the rule says what must be enforced at least.
    """
    cni = platform.cni
    if "cni" in platform.unclear or cni.can(feature):
        return False
    message = f"{what}, and {opens} is opened: {lack(feature, cni)}"
    found.append(Problem("enforced-l4", place, message))
    return True
