"""What holds for the policies of every valid system: each function returns what breaks its rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from strategies import NAMESPACES, SERVICES_ONLY
from systems import Data, Edge, Key, System, apps_of, selector, texts

NODES = {"ipBlock": {"cidr": "192.0.2.0/26"}}
Rule = tuple[str, str, str, str, object]
"""Policy, direction, peer as text, protocol and container port; an empty protocol stands for everything."""


@dataclass(frozen=True)
class Rendered:
    """The objects of a system, by kind."""

    bodies: list[Data]
    text: str
    codes: Counter[str]

    def of(self, kind: str) -> list[Data]:
        """Return the objects of *kind*."""
        return [body for body in self.bodies if body["kind"] == kind]


def name_of(body: Data) -> str:
    """Return namespace and name of an object."""
    return f"{body['metadata']['namespace']}/{body['metadata']['name']}"


def platform_words(system: System) -> list[str]:
    """Return the name servers and scrapers of the Platform."""
    return list(texts([[document.get("dns"), document.get("scrape")] for document in system.documents]))


def half_isolated(system: System) -> set[str]:
    """Return the apps that say `isolate` for one direction in a closed namespace: the other is opened to everybody."""
    closed = {document["metadata"]["namespace"] for document in system.documents if "isolate" in document}
    return {
        "/".join(key) for key, app, _ in apps_of(system) if key[0] in closed and app.get("isolate", "both") != "both"
    }


def peers(policy: Data) -> Iterator[Data]:
    """Yield each peer of *policy*."""
    spec = policy["spec"]
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for rule in spec.get(direction, []):
            yield from rule.get(side, [])


def blanks(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each null, empty map and empty list in *value*."""
    if value is None or value in ({}, []):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from blanks(item, f"{path}.{key}")


def empty_selectors(system: System, result: Rendered) -> list[str]:
    """S1: a selector is empty only where the app says any, NAMESPACE/* or here/*, or the document closes its namespace.

    A name server that is an app is asked by every pod: for it, `any` stands in the Platform.
    """
    says = {"/".join(key): set(texts([app.get("calls"), app.get("accepts")])) for key, app, _ in apps_of(system)}
    says |= {name: says[name] | {"any"} for name in half_isolated(system)}
    closed = {
        f"{d['metadata']['namespace']}/{d['metadata']['name']}.isolate-namespace"
        for d in system.documents
        if "isolate" in d
    }
    found = []
    for policy in result.of("NetworkPolicy"):
        name = name_of(policy)
        words = {text.partition(":")[0] for text in says.get(name, set())}
        asked = any(text.startswith(f"{policy['metadata']['namespace']}/") for text in platform_words(system))
        if policy["spec"]["podSelector"] == {} and name not in closed:
            found.append(f"{name} selects all pods")
        for peer in peers(policy):
            if peer.get("namespaceSelector") == {} and "any" not in words and not asked:
                found.append(f"{name} names all namespaces")
            whole = "ipBlock" not in peer and peer.get("podSelector", {}) == {} and peer.get("namespaceSelector") != {}
            if whole and not any(word.endswith("/*") for word in words):
                found.append(f"{name} names all pods of a namespace")
    return found


def empty_lists(system: System, result: Rendered) -> list[str]:
    """S2, S22: no list of peers or ports is empty, nothing is null; a rule is empty only to open a direction."""
    allowed = ("podSelector", "namespaceSelector")
    open_ones = half_isolated(system)
    return [
        f"{name_of(body)}{path}"
        for body in result.bodies
        for path in blanks(body)
        if not path.endswith(allowed)
        and not (name_of(body) in open_ones and re.fullmatch(r"\.spec\.(in|e)gress\.\d+", path))
    ] + [
        f"{name_of(body)}: {rule}"
        for body in result.of("NetworkPolicy")
        for direction, side in (("ingress", "from"), ("egress", "to"))
        for rule in body["spec"].get(direction, [])
        if not rule.get(side) and not (rule == {} and name_of(body) in open_ones)
    ]


def wrong_types(system: System, result: Rendered) -> list[str]:
    """S3: each app has one policy that holds exactly the directions it says; on the host network it has none.

    One that says `isolate: none` has none either, but where its namespace is closed.
    """
    both = {"both": ["Ingress", "Egress"], "ingress": ["Ingress"], "egress": ["Egress"], "none": []}
    wanted = {
        "/".join(key): both[app.get("isolate", "both")] for key, app, _ in apps_of(system) if "hostNetwork" not in app
    }
    wanted |= dict.fromkeys(half_isolated(system) & wanted.keys(), both["both"])
    wanted = {name: types for name, types in wanted.items() if types}
    for document in system.documents:
        if "isolate" in document:
            metadata = document["metadata"]
            wanted[f"{metadata['namespace']}/{metadata['name']}.isolate-namespace"] = both["both"]
    found = {name_of(policy): policy["spec"]["policyTypes"] for policy in result.of("NetworkPolicy")}
    rules = [
        f"{name_of(policy)} has {key} rules"
        for policy in result.of("NetworkPolicy")
        for key in ("ingress", "egress")
        if key in policy["spec"] and key.capitalize() not in policy["spec"]["policyTypes"]
    ]
    return rules if found == wanted else [f"{found} is not {wanted}"]


def shared_names(_: System, result: Rendered) -> list[str]:
    """S8: no two objects have one kind, namespace and name."""
    counts = Counter((body["kind"], name_of(body)) for body in result.bodies)
    return [str(identity) for identity, count in counts.items() if count > 1]


def spoofable_namespaces(_: System, result: Rendered) -> list[str]:
    """S12: a namespace is matched by the label that the control plane sets, and by no other."""
    return [
        f"{name_of(policy)}: {peer}"
        for policy in result.of("NetworkPolicy")
        for peer in peers(policy)
        if list(peer.get("namespaceSelector", {}).get("matchLabels", {"kubernetes.io/metadata.name": ""}))
        != ["kubernetes.io/metadata.name"]
    ]


def service_ports(_: System, result: Rendered) -> list[str]:
    """S19: a policy names ports that pods listen on, and a Service leads to such a port."""
    in_policies = [
        f"{name_of(policy)}: {port}"
        for policy in result.of("NetworkPolicy")
        for direction in ("ingress", "egress")
        for rule in policy["spec"].get(direction, [])
        for port in rule.get("ports", [])
        if port.get("port") in SERVICES_ONLY
    ]
    in_services = [
        f"{name_of(service)}: {port}"
        for service in result.of("Service")
        for port in service["spec"].get("ports", [])
        if port.get("targetPort", port["port"]) in SERVICES_ONLY
    ]
    return in_policies + in_services


def half_open(system: System, result: Rendered) -> list[str]:
    """S14: a call from app to app has its egress half at the caller and its ingress half at the callee."""
    held = {name_of(policy): policy["spec"]["policyTypes"] for policy in result.of("NetworkPolicy")}
    found = rules(result)
    return [str(half) for half in halves(system) if half[1].capitalize() in held.get(half[0], []) and half not in found]


def too_open(system: System, result: Rendered) -> list[str]:
    """S5, S7: no app may meet another on a port that no call names; Platforms that name apps are left aside."""
    if any(text.startswith(tuple(f"{space}/" for space in NAMESPACES)) for text in platform_words(system)):
        return []
    named = {
        (space, as_text(peer_of(system, key, space)))
        for key, app, _ in apps_of(system)
        for space in NAMESPACES
        if "hostNetwork" not in app
    }
    wanted = set(halves(system))
    found = [rule for rule in rules(result) if (rule[0].partition("/")[0], rule[2]) in named]
    return [str(rule) for rule in found if rule not in wanted]


def as_text(peer: Any) -> str:
    """Return *peer* as text: the same one for the same peer, whatever the order in it."""
    if isinstance(peer, dict):
        return "{" + ", ".join(f"{key}: {as_text(peer[key])}" for key in sorted(peer)) + "}"
    return str(sorted(map(as_text, peer))) if isinstance(peer, list) else repr(peer)


def rules(result: Rendered) -> set[Rule]:
    """Return every (policy, direction, peer, protocol, port) that the policies open."""
    return {
        (name_of(policy), direction, as_text(peer), port.get("protocol", ""), port.get("port"))
        for policy in result.of("NetworkPolicy")
        for direction, side in (("ingress", "from"), ("egress", "to"))
        for rule in policy["spec"].get(direction, [])
        for peer in rule.get(side, ["everybody"])
        for port in rule.get("ports", [{}])
    }


def pods_of(system: System) -> dict[Key, tuple[Data, Data]]:
    """Return map and document of each app by its key."""
    return {key: (app, document) for key, app, document in apps_of(system)}


def peer_of(system: System, key: Key, namespace: str) -> Data:
    """Return the app *key* as a peer of a policy in *namespace*."""
    app, document = pods_of(system)[key]
    if "hostNetwork" in app:
        return NODES
    select = app.get("select", {})
    full = "matchExpressions" in select
    pods = select if full else {"matchLabels": selector(document, key[1])}
    here = (
        {} if key[0] == namespace else {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": key[0]}}}
    )
    return {**here, "podSelector": pods}


def halves(system: System) -> Iterator[Rule]:
    """Yield both halves of each edge of *system*, as the rules of its policies."""
    for edge in system.edges:
        yield from _halves(system, edge)
    for edge in system.wide:
        yield from (half for half in _halves(system, edge) if half[1] == "ingress")


def _halves(system: System, edge: Edge) -> Iterator[Rule]:
    ends = (("egress", edge.caller, edge.callee), ("ingress", edge.callee, edge.caller))
    for direction, own, other in ends:
        peer = as_text(peer_of(system, other, own[0]))
        for protocol, port in edge.ports:
            yield "/".join(own), direction, peer, protocol, port


POLICIES = (
    empty_selectors,
    empty_lists,
    wrong_types,
    shared_names,
    spoofable_namespaces,
    service_ports,
    half_open,
    too_open,
)
"""Those that are about policies, and about every object."""
