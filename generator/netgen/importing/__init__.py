"""Manifests that people wrote -> a spec that reaches the same, and a list of what it cannot say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from netgen.evaluate.objects.model import Cluster
from netgen.importing.choices import one_by_one
from netgen.importing.comparable import sides, without_clusterwide, without_gateways
from netgen.importing.dns import at_home
from netgen.importing.document import API, Space
from netgen.importing.drafts import Drafts
from netgen.importing.edges import Edges
from netgen.importing.halves import Policies
from netgen.importing.lasting import lasting
from netgen.importing.mending import Places, mended
from netgen.importing.model import Held, Party, Unsaid, meant
from netgen.importing.others import tell_of_others
from netgen.importing.parties import parties
from netgen.importing.routes import Routes
from netgen.importing.services import expose, left_services, shared_annotations
from netgen.importing.spread import spread, without_openings_of_others
from netgen.importing.surroundings import Around, around, is_default, resolver_text
from netgen.intent import Intent
from netgen.problems import NetgenError, Problem
from netgen.records import record
from netgen.source import Document
from netgen.spec.forms import matching
from netgen.spec.ranges import NO_RANGES

__all__ = ["Spec", "sides", "spec_of"]


@record
class Spec:
    """The *text* of a spec and what it means; *unsaid* is what is not in it, *notes* what is in it in another way."""

    text: str
    intent: Intent
    unsaid: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    objects: int


def spec_of(cluster: Cluster, documents: Iterable[Document] = ()) -> Spec:
    """Return the spec that says what the manifests of *cluster* do; it was read from *documents*.

    NetgenError where there is nothing to say. The *objects* of the spec count all that was read.
    """
    said, cluster = Unsaid(), without_gateways(cluster)
    for policy in cluster.policies:
        if policy.scope is not None:
            why = f"{policy.kind} {policy} is left out: it is about the pods of more than one namespace"
            said.add(policy.spot, why, f"keep this {policy.kind} beside the spec", of=policy.name)
    cluster = without_clusterwide(cluster)
    objects = tell_of_others(documents, cluster, shared_annotations(cluster), said)
    for one in cluster.unknowns:
        said.add_at(one.place, one.what)
    made, places = _documents(_written(cluster, said), said)
    if not made:
        fix = "give workloads, Services, Ingresses or NetworkPolicies"
        raise NetgenError(
            [Problem("nothing-to-import", None, "the manifests hold nothing to write a spec of", fix=fix)]
        )
    text, loaded = mended(made, places, said)
    return Spec(text, loaded.intent, said.problems("not-imported"), said.problems("imported-otherwise"), objects)


def _written(cluster: Cluster, said: Unsaid) -> Cluster:
    """Return *cluster* with selectors as a spec has them."""
    return spread(one_by_one(at_home(lasting(cluster, said), said)))


def _documents(cluster: Cluster, said: Unsaid) -> tuple[list[dict[str, Any]], Places]:
    found = parties(cluster, said)
    policies = Policies(cluster, found, said)
    helds = tuple(_without_mixed([policies.held(party) for party in found], said))
    closed = policies.closed_namespaces(helds)
    helds = without_openings_of_others(helds, closed)
    surroundings = around(helds)
    asking = tuple(surroundings.without_dns(held) for held in helds)
    shared = shared_annotations(cluster)
    edges = Edges(asking, shared, surroundings.world, said)
    edges.write()
    apps = [(held, edges.drafts[id(held.party)]) for held in asking]
    for held, drafts in apps:
        expose(held, drafts, surroundings, shared, said)
    left_services(cluster, said)
    routes = Routes(cluster, apps, shared, said)
    by_namespace: defaultdict[str, list[tuple[Held, Drafts]]] = defaultdict(list)
    for held, drafts in apps:
        by_namespace[held.party.namespace].append((held, drafts))
    homes = frozenset(by_namespace) | closed
    spaces = {
        name: Space(name, by_namespace[name], surroundings, homes, shared.get(name, {}), said) for name in sorted(homes)
    }
    routes.write({name: space.name for name, space in spaces.items()})
    documents = [space.document(closed=name in closed) for name, space in spaces.items()]
    platform = _platform(surroundings, routes)
    places = {(draft.namespace, draft.name): draft.spot for _, each in apps for draft in each.all}
    return documents + ([platform] if platform else []), places


def _without_mixed(helds: list[Held], said: Unsaid) -> Iterator[Held]:
    """Yield those of *helds* that a spec can hold: not open pods that may be, or are, those that a policy closes."""
    shut = {id(workload) for held in helds if held.closed for workload in held.party.workloads}
    shutting: defaultdict[str, list[Party]] = defaultdict(list)
    for held in helds:
        if held.closed:
            shutting[held.party.namespace].append(held.party)
    for held in helds:
        party = held.party
        why = ""
        if any(id(one) in shut for one in party.workloads):
            why = "policies hold only some of the pods of"
        elif any(_may_meet(party, other) for other in shutting[party.namespace] if not held.closed):
            why = "no workload tells whether policies hold the pods of"
        if held.closed or party.host_network or not why:
            yield held
            continue
        _tell_of_mixed(party, why, said)


def _tell_of_mixed(party: Party, why: str, said: Unsaid) -> None:
    for service in party.services:
        said.add(service.spot, f"{why} Service {service}; it is left out", "keep this Service beside the spec")
    if not party.services:
        spot = party.workloads[0].spot if party.workloads else None
        said.add(spot, f"{why} {party}; it is left out", "give its workloads too")


def _may_meet(party: Party, closed: Party) -> bool:
    """Return whether there may be pods of both, of which no workload tells."""
    known = party.workloads and closed.workloads
    return not known and not matching.are_apart(meant(party.selector), meant(closed.selector))


def _platform(surroundings: Around, routes: Routes) -> dict[str, Any]:
    form: dict[str, Any] = {}
    if not is_default(surroundings.resolvers):
        form["dns"] = [resolver_text(one) for one in surroundings.resolvers]
    if surroundings.ranges != NO_RANGES:
        ranges = surroundings.ranges
        blocks = {"pods": ranges.pods, "services": ranges.services, "nodes": ranges.nodes}
        form["ranges"] = {key: list(value) for key, value in blocks.items() if value}
        form["ranges"] |= {"exact": True} if ranges.exact else {}
    entrypoints = routes.form()
    form |= {"entrypoints": entrypoints} if entrypoints else {}
    head = {"apiVersion": API, "kind": "Platform", "metadata": {"name": "imported"}}
    return head | form if form else {}
