"""What the network plugin must enforce for a spec to hold: one question, and one error where it cannot (meaning 7)."""

from __future__ import annotations

from typing import NamedTuple

from netgen.problems import Place, Problem
from netgen.profiles import DEFAULT, NAMES, Cni, Feature, table, version_text
from netgen.spec.platform import Platform


class Lack(NamedTuple):
    """How a spec meets a feature that is not there: the problem's code, and what the plugin does not do."""

    code: str
    lack: str


LACKS = {
    Feature.HOST_NAMES: Lack("unenforceable-fqdn", "enforces no rules for host names"),
    Feature.WILDCARD_HOST_NAMES: Lack(
        "unenforceable-wildcard-fqdn", "enforces no rules for all names under a domain, at any depth"
    ),
    Feature.HTTP: Lack("unenforceable-http", "enforces no rules for HTTP methods and paths"),
    Feature.SERVICE_ACCOUNTS: Lack("unenforceable-service-account", "does not tell pods by their service account"),
    Feature.AUDIT: Lack("unenforceable-stage", "has no policies that close nothing, whatever they hold"),
    Feature.ENTITIES: Lack("unenforceable-entrypoint", "has no word for a proxy that is no pod"),
    Feature.PORT_RANGES: Lack("unenforceable-port-range", "opens of a range its first port alone"),
    Feature.SCTP: Lack("unenforceable-sctp", "is not known to enforce rules for SCTP"),
    Feature.CLUSTER_NETWORK_POLICY: Lack("not-implemented", "does not implement ClusterNetworkPolicy"),
    Feature.ENCRYPTION: Lack("needs-unmet", "does not encrypt what goes from node to node"),
    Feature.OBSERVABILITY: Lack("needs-unmet", "shows nobody which connections are made"),
    Feature.DUAL_STACK: Lack("needs-unmet", "is not known to give pods addresses of both families"),
    Feature.HOST_POLICIES: Lack("needs-unmet", "has no policies for nodes"),
}
"""The features that a spec asks for by what it writes; of the others netgen makes use where they are there."""


def enforceable(
    feature: Feature, place: Place | None, what: str, platform: Platform, found: list[Problem], *, l4: str = ""
) -> bool:
    """Return whether the plugin of *platform* enforces *feature*; that it does not is a problem at *place*.

    *what* says what the spec asks for, as the message begins: `payments/api calls https://api.stripe.com`. *l4* is
    the mending where weaker enforcement is possible: `write  {to: https://api.stripe.com, enforce: l4}`. A platform
    whose plugin could not be read is not judged: the run has failed already. One that wants no policies is not either.
    """
    cni = platform.cni
    if "cni" in platform.unclear or not platform.policies or cni.can(feature):
        return True
    message = f"{what}: {lack(feature, cni)}"
    found.append(Problem(LACKS[feature].code, place, message, _notes(feature, cni), _fix(feature, cni, l4)))
    return False


def lack(feature: Feature, cni: Cni) -> str:
    """Return that *cni* does not enforce *feature*, as a sentence has it."""
    plain = " (plain NetworkPolicies)" if cni.name == DEFAULT else ""
    return f"{cni}{plain} {LACKS[feature].lack}"


def _notes(feature: Feature, cni: Cni) -> tuple[str, ...]:
    """Return why *cni* does not enforce *feature*, who does, and what is taken for a version that nobody wrote."""
    cell = table(cni.name).cells.get(feature)
    why = (f"{cni}: {cell.lack or cell.unknown}",) if cell and not cell.since else ()
    able = tuple(f"{name} can, from {version_text(since)} on" for name, since in _able(feature))
    if cni.version or not (cell and cell.since):
        return (*why, *able)
    return (*able, f"{cni} without a version is taken for {Cni(cni.name, cni.supported[0])}")


def _fix(feature: Feature, cni: Cni, l4: str) -> str:
    """Return what to write instead: the same plugin in a later version, what is weaker (*l4*), or another plugin."""
    able = dict(_able(feature))
    if not able or (l4 and cni.name not in able):
        return l4 or "leave it out"
    name = cni.name if cni.name in able else next(iter(able))
    known = Cni(name).supported
    better = name if not known or able[name] <= known[0] else f"{name} {version_text(able[name])}"
    flag = f"'{better}'" if " " in better else better
    named = f"in the Platform write  cni: {better}  (or --cni {flag}), where that is what runs"
    return f"{named}; else {l4}" if l4 else named


def _able(feature: Feature) -> tuple[tuple[str, tuple[int, int]], ...]:
    """Return the plugins that enforce *feature*, each with the version from which on; the plain one has none."""
    return tuple((name, since) for name in NAMES if name != DEFAULT and (since := Cni(name).since(feature)))
