"""Documents and platform -> Intent: names become references, what is left out becomes a value, consent is judged."""

from __future__ import annotations

from netgen.intent import Addresses, Claim, Denial, Entities, Flow, Intent, IsolatedNamespace, Permission, Raw
from netgen.problems import Problem
from netgen.profiles import Cni, Feature
from netgen.spec.forms.addresses import cidr
from netgen.spec.forms.connectivity import ConnectivityForm
from netgen.spec.platform import Platform
from netgen.spec.resolve.annotations import check_annotations
from netgen.spec.resolve.calls import call_flows
from netgen.spec.resolve.cluster import dns_flows, scrape_flows
from netgen.spec.resolve.grants import grant_flows
from netgen.spec.resolve.host_network import hosted_flows
from netgen.spec.resolve.installed import check_installed, denies_by_cluster_policies, has_cluster_policies
from netgen.spec.resolve.isolation import open_flows, warn_of_open_apps
from netgen.spec.resolve.outside import world
from netgen.spec.resolve.overlap import check_overlaps, check_peers
from netgen.spec.resolve.registry import Registry, object_labels, register
from netgen.spec.resolve.routes import route_parts
from netgen.spec.resolve.services import service_parts


def resolve(
    forms: list[ConnectivityForm], platform: Platform, unclear: frozenset[str | None], found: list[Problem]
) -> Intent:
    """Return what *forms* mean on *platform*; every problem goes to *found*, and an error among them voids the result.

    *unclear* are the namespaces of documents that could not be read, with None for one that is not known.
    """
    forms, platform = _enforced(forms, platform, found)
    registry = register(forms, platform, unclear, found)
    _check(registry, found)
    called = call_flows(registry, found)
    granted = grant_flows(registry, called, found)
    services, outer = service_parts(registry, found)
    routes, inner = route_parts(registry, found)
    allowed, permissions = _allowed(registry, found)
    written = [*called.flows, *granted, *hosted_flows(registry, called, found), *outer, *inner, *allowed]
    given = [*dns_flows(registry, written, found), *scrape_flows(registry, found), *open_flows(registry)]
    warn_of_open_apps(registry, found)
    _note_world(written, platform, found)
    claims, denials = _claimed(registry, written + given, found)
    denials, permissions = _ordered(denials, permissions, platform, found)
    flows = _sayable(registry, _distinct(written + given), len(claims), found)
    return Intent(
        apps=tuple(entry.app for entry in registry.entries.values()),
        flows=flows,
        services=tuple(sorted(services, key=lambda service: (service.app.namespace, service.name))),
        routes=tuple(sorted(routes, key=lambda it: (it.app, it.host, it.path, it.exact, it.entrypoint))),
        isolated=tuple(_isolated(it, registry) for it in registry.documents if it.isolate_namespace),
        kubernetes=platform.kubernetes,
        pod_ranges=platform.ranges.pods,
        node_ranges=platform.ranges.nodes,
        claims=claims,
        owners=platform.owners,
        server_ranges=tuple(dict.fromkeys(cidr(address) for address, _ in platform.apiserver)),
        cni=platform.cni.name,
        denials=denials,
        raw=_raw(registry, found),
        permissions=permissions,
    )


def _enforced(
    forms: list[ConnectivityForm], platform: Platform, found: list[Problem]
) -> tuple[list[ConnectivityForm], Platform]:
    """Return both as they are where something enforces policies, and else without what closes anything."""
    if platform.cni == Cni() and platform.policies:
        return forms, platform
    from netgen.spec.resolve.enforcement import enforced  # noqa: PLC0415 - plain policies are always there

    return enforced(forms, platform, found)


def _sayable(registry: Registry, flows: tuple[Flow, ...], claims: int, found: list[Problem]) -> tuple[Flow, ...]:
    """Return *flows* as the policies of the plugin can say them."""
    if not registry.platform.policies:
        from netgen.spec.resolve.enforcement import warn_of_none  # noqa: PLC0415 - same

        warn_of_none(registry, claims, found)
    elif registry.platform.cni != Cni():
        from netgen.spec.resolve.gaps import sayable  # noqa: PLC0415 - plain policies have none
        from netgen.spec.resolve.settings import say_of_flows  # noqa: PLC0415 - same

        say_of_flows(flows, registry.platform.cni, found)
        return sayable(flows, registry.platform, found)
    return flows


def _check(registry: Registry, found: list[Problem]) -> None:
    """Report what can be told before anything is looked up."""
    if registry.platform.installed:
        check_installed(registry.platform, found)
    check_overlaps(registry, found)
    check_peers(registry, found)
    check_annotations(registry, found)
    _check_labels(registry, found)
    _warn_host_network(registry, found)


def _check_labels(registry: Registry, found: list[Problem]) -> None:
    if registry.platform.cni != Cni() and registry.platform.policies:
        from netgen.spec.unseen import check_document  # noqa: PLC0415 - plain NetworkPolicies select by any label

        for document in registry.documents:
            check_document(document.spot, registry.platform.cni, found)


def _allowed(registry: Registry, found: list[Problem]) -> tuple[list[Flow], tuple[Permission, ...]]:
    if not registry.platform.allowed:
        return [], ()
    from netgen.spec.resolve.allow import allowed  # noqa: PLC0415 - few platforms allow anything

    return allowed(registry, found)


def _ordered(
    denials: tuple[Denial, ...], permissions: tuple[Permission, ...], platform: Platform, found: list[Problem]
) -> tuple[tuple[Denial, ...], tuple[Permission, ...]]:
    """Return both with the priorities of those that are ClusterNetworkPolicies."""
    if not has_cluster_policies(platform):
        return denials, permissions
    from netgen.spec.resolve.priorities import ordered  # noqa: PLC0415 - few platforms have such policies

    return ordered(denials, permissions, platform, found)


def _claimed(
    registry: Registry, flows: list[Flow], found: list[Problem]
) -> tuple[tuple[Claim, ...], tuple[Denial, ...]]:
    """Return what is claimed, and of that what is denied."""
    if not registry.platform.claims and not any(document.claims for document in registry.documents):
        return (), ()
    from netgen.spec.resolve.claims import claims  # noqa: PLC0415 - few specs have any

    spoken = claims(registry, found)
    cni, by_policies = registry.platform.cni, denies_by_cluster_policies(registry.platform)
    if not registry.platform.policies or (not by_policies and (cni == Cni() or not cni.can(Feature.DENY))):
        return tuple(one.claim for one in spoken), ()
    from netgen.spec.resolve.denials import denials  # noqa: PLC0415 - same

    return denials(spoken, flows, registry, found)


def _raw(registry: Registry, found: list[Problem]) -> tuple[Raw, ...]:
    if not any(document.raw for document in registry.documents):
        return ()
    from netgen.spec.resolve.raw import raw_objects  # noqa: PLC0415 - few specs have any

    return raw_objects(registry, found)


def _distinct(flows: list[Flow]) -> tuple[Flow, ...]:
    """Return *flows* sorted by their intent, each once: two forms of one permission are one rule."""
    unique = {
        (one.intent, one.source, one.target, one.ports, one.source_app, one.target_app, one.why, *_filtered(one)): one
        for one in flows
    }
    return tuple(sorted(unique.values(), key=_order))


def _order(flow: Flow) -> tuple[object, ...]:
    # `internet` may be other entities in one exposure than in another.
    entities = flow.source.names if isinstance(flow.source, Entities) else ()
    return flow.intent, flow.ports, flow.why, flow.requests, entities


def _filtered(flow: Flow) -> tuple[object, ...]:
    return flow.requests, flow.looks_up, flow.weakened


def _isolated(document: ConnectivityForm, registry: Registry) -> IsolatedNamespace:
    return IsolatedNamespace(
        namespace=document.namespace,
        document=document.name,
        labels=object_labels(document, None),
        annotations=document.annotations,
        spot=document.spot.at("isolate"),
        # One document that is only watched is enough: what closes all pods would close its apps.
        staged=any(namespace == document.namespace for namespace, _ in registry.staged),
    )


def _warn_host_network(registry: Registry, found: list[Problem]) -> None:
    found.extend(
        Problem(
            "host-network",
            entry.form.spot.at("hostNetwork").value(),
            f"{entry.key} runs on the host network: no NetworkPolicy holds it, and it can be reached from everywhere",
        )
        for entry in registry.entries.values()
        if entry.app.host_network
    )


def _note_world(flows: list[Flow], platform: Platform, found: list[Problem]) -> None:
    outside = world(platform)
    if not isinstance(outside, Addresses) or not outside.pods:
        return  # no pod is a part of it
    opened = sorted({str(flow.target_app) for flow in flows if flow.target_app and flow.source == outside})
    if opened and platform.policies and not platform.ranges.pods and "ranges" not in platform.unclear:
        listed = ", ".join(opened[:5]) + (f" and {len(opened) - 5} more" if len(opened) > 5 else "")
        found.append(
            Problem(
                "world-includes-pods",
                None,
                f"every pod of the cluster reaches what the world reaches: {listed}",
                fix="name the pods' addresses in the Platform: ranges: {pods: [CIDR]}",
            )
        )
