"""How the policies that are rendered for each CNI say what is meant, in the terms of the evaluator."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from netgen.evaluate.entities import ALWAYS
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    PLAIN,
    Entity,
    Expression,
    Operator,
    Policy,
    Rule,
    Rules,
    Selector,
    Tier,
)
from netgen.records import record

EVERY_NAMESPACE = Selector(expressions=(Expression(NAME_LABEL, Operator.EXISTS),))
"""What selects all namespaces where an empty selector would mean more."""


@record
class Wording:
    """The words of one CNI: its policies are of *kind*, those of the whole cluster of *clusterwide*.

    A rule that lets *nobody* through stands where a direction is closed; *every_namespace* selects all of them.
    *at_home*: a peer in the policy's own namespace names none. *selects* is the key of the pods that a policy holds,
    and *entities* are there whether somebody speaks of them or not. *divided*: a rule has one protocol, and blocks of
    addresses of one family. *finds*: the API server is known by a Service, which knows its port, rather than by name
    alone. *watched*: what is staged opens what it says and closes nothing; else it does neither.

    Apps have policies of *tier*, at the order *opening*, and closed namespaces at that of *closing*. What is denied is
    so in the tier *denying*: pods at the order *shutting*, and addresses at one of *passing*, in a namespace and for
    the whole cluster, after all pods were passed on. Somebody else may open what is not denied from the tier *others*
    on. *apart*: what an app opens to addresses and not to pods stands in
    a policy of its own, at the order *closing*, after all pods were denied.

    What is meant would be the same in other words; in these, nobody has to ask what policies as rendered allow.
    """

    kind: str
    selects: str
    clusterwide: str = ""
    nobody: Rules = ()
    every_namespace: Selector = Selector()
    at_home: bool = True
    entities: tuple[Entity, ...] = ()
    divided: bool = False
    finds: bool = False
    watched: bool = True
    tier: Tier = PLAIN
    opening: float = 0
    closing: float = 0
    denying: Tier = PLAIN
    shutting: float = 0
    passing: tuple[float, float] = (0, 0)
    others: Tier = PLAIN
    apart: bool = False

    def kind_of(self, namespace: str) -> str:
        """Return the kind of a policy in *namespace*, which is "" for one of the cluster."""
        return self.kind if namespace else self.clusterwide or self.kind


FIRST_ASKED = frozenset(("Admin", "kube-admin"))
"""The names of the tier of policies that are asked before those of namespaces, and have a kind of their own."""


def is_first_asked(policy: Policy) -> bool:
    """Return whether *policy* is one of these, whatever the CNI."""
    return policy.tier.name in FIRST_ASKED


_KUBERNETES = Wording("NetworkPolicy", "podSelector")
WORDINGS: Mapping[str, Wording] = MappingProxyType(
    {
        "kubernetes": _KUBERNETES,
        "flannel": _KUBERNETES,
        "weave": _KUBERNETES,
        "cilium": Wording(
            kind="CiliumNetworkPolicy",
            selects="endpointSelector",
            clusterwide="CiliumClusterwideNetworkPolicy",
            nobody=(Rule((), None, 0),),
            every_namespace=EVERY_NAMESPACE,
            at_home=False,
            entities=ALWAYS,
        ),
        "calico": Wording(
            kind="NetworkPolicy.projectcalico.org",
            selects="selector",
            clusterwide="GlobalNetworkPolicy.projectcalico.org",
            divided=True,
            finds=True,
            watched=False,
            tier=Tier(1_000_000, "default", ordered=True, isolates=True),
            opening=1100,
            closing=2000,
            denying=Tier(500, "netgen", ordered=True, isolates=False),
            shutting=100,
            passing=(200, 300),
            others=Tier(1_000, "kube-admin", ordered=True, isolates=False),
            apart=True,
        ),
    }
)
"""The wording by the name of the CNI."""
