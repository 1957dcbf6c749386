"""How the policies that are rendered for each CNI say what is meant, in the terms of the evaluator."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from netgen.evaluate.entities import ALWAYS
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    Entity,
    Expression,
    Operator,
    Rule,
    Rules,
    Selector,
)
from netgen.records import record

EVERY_NAMESPACE = Selector(expressions=(Expression(NAME_LABEL, Operator.EXISTS),))
"""What selects all namespaces where an empty selector would mean more."""


@record
class Wording:
    """The words of one CNI: its policies are of *kind*, those of the whole cluster of *clusterwide*.

    A rule that lets *nobody* through stands where a direction is closed; *every_namespace* selects all of them.
    *at_home*: a peer in the policy's own namespace names none. *selects* is the key of the pods that a policy holds,
    and *entities* are there whether somebody speaks of them or not.

    What is meant would be the same in other words; in these, nobody has to ask what policies as rendered allow.
    """

    kind: str
    selects: str
    clusterwide: str = ""
    nobody: Rules = ()
    every_namespace: Selector = Selector()
    at_home: bool = True
    entities: tuple[Entity, ...] = ()

    def kind_of(self, namespace: str) -> str:
        """Return the kind of a policy in *namespace*, which is "" for one of the cluster."""
        return self.kind if namespace else self.clusterwide or self.kind


WORDINGS: Mapping[str, Wording] = MappingProxyType(
    {
        "kubernetes": Wording("NetworkPolicy", "podSelector"),
        "cilium": Wording(
            kind="CiliumNetworkPolicy",
            selects="endpointSelector",
            clusterwide="CiliumClusterwideNetworkPolicy",
            nobody=(Rule((), None, 0),),
            every_namespace=EVERY_NAMESPACE,
            at_home=False,
            entities=ALWAYS,
        ),
    }
)
"""The wording by the name of the CNI."""
