"""Ways to change one policy of Cilium so that it means something else: each yields what then stands in its place."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from mutants import TURNED, Body, Change, Operator, at, cut, put

SECTIONS = {"ingress": "from", "egress": "to", "ingressDeny": "from", "egressDeny": "to"}
NAMESPACE = "k8s:io.kubernetes.pod.namespace"
ACCOUNT = "k8s:io.cilium.k8s.policy.serviceaccount"
KINDS = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy")
PEERS = ("Endpoints", "CIDRSet", "Entities", "FQDNs")
Path = tuple[str | int, ...]


def rules(body: Body) -> Iterator[tuple[Path, Body, str]]:
    """Yield the path of each rule of a policy, the rule, and the prefix of its peers' keys."""
    for section, side in SECTIONS.items():
        for index, rule in enumerate(body["spec"].get(section, [])):
            yield ("spec", section, index), rule, side


def peers(body: Body, kind: str) -> Iterator[tuple[Path, Any]]:
    """Yield the path of each peer of *kind*, and the peer."""
    for path, rule, side in rules(body):
        for index, peer in enumerate(rule.get(f"{side}{kind}", [])):
            yield (*path, f"{side}{kind}", index), peer


def items(body: Body) -> Iterator[tuple[Path, Body]]:
    """Yield the path of each item of toPorts, and the item."""
    for path, rule, _ in rules(body):
        for index, item in enumerate(rule.get("toPorts", [])):
            yield (*path, "toPorts", index), item


def ports(body: Body) -> Iterator[tuple[Path, Body]]:
    """Yield the path of each port, and the port."""
    for path, item in items(body):
        for index, port in enumerate(item["ports"]):
            yield (*path, "ports", index), port


def requests(body: Body) -> Iterator[tuple[Path, Body]]:
    """Yield the path of each HTTP rule, and the rule."""
    for path, item in items(body):
        for index, one in enumerate(item.get("rules", {}).get("http", [])):
            yield (*path, "rules", "http", index), one


def selectors(body: Body) -> Iterator[tuple[Path, Body]]:
    """Yield path and selector of the policy's pods and of each peer that is pods."""
    yield ("spec", "endpointSelector"), body["spec"]["endpointSelector"]
    yield from peers(body, "Endpoints")


def _shorter(body: Body, path: Path) -> Iterator[Change]:
    """Take away what is at *path* of a list that has more."""
    if len(at(body, *path[:-1])) > 1:
        yield (cut(body, *path),)


# ------------------------------------------------------------------------------------------------------- whole parts


def drop_a_policy(_: Body, __: list[Body]) -> Iterator[Change]:
    """Take the policy away."""
    yield ()


def drop_a_rule(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each rule away; where it is the only one, so that nobody is let through."""
    for path, _rule, _side in rules(body):
        if len(at(body, *path[:-1])) > 1:
            yield (cut(body, *path),)
        elif path[1] in ("ingress", "egress"):
            yield (put(body, *path, value={}),)


def drop_a_section(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each section away, so that the direction is not isolated."""
    there = [section for section in SECTIONS if section in body["spec"]]
    for section in there if len(there) > 1 else ():
        yield (cut(body, "spec", section),)


def drop_the_peers_of_a_rule(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave the peers of each rule out, which then are everybody."""
    for path, rule, side in rules(body):
        for kind in PEERS:
            if f"{side}{kind}" in rule and "toPorts" in rule:
                yield (cut(body, *path, f"{side}{kind}"),)


def empty_the_peers_of_a_rule(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write a list of no peers, which is nobody."""
    for path, rule, side in rules(body):
        for kind in PEERS[:-1]:
            if rule.get(f"{side}{kind}"):
                yield (put(body, *path, f"{side}{kind}", value=[]),)


def let_all_through(body: Body, _: list[Body]) -> Iterator[Change]:
    """Have a rule more that lets everybody through."""
    for section, side in list(SECTIONS.items())[:2]:
        if section in body["spec"]:
            opened = [*body["spec"][section], {f"{side}Entities": ["all"]}]
            yield (put(body, "spec", section, value=opened),)


def isolate_nothing(body: Body, _: list[Body]) -> Iterator[Change]:
    """Switch the default deny of each direction off."""
    for direction in ("ingress", "egress"):
        if direction in body["spec"] and "enableDefaultDeny" not in body["spec"]:
            yield (put(body, "spec", "enableDefaultDeny", value={direction: False}),)


def isolate_what_only_denies(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave the default deny on where it is switched off."""
    if "enableDefaultDeny" in body["spec"]:
        yield (cut(body, "spec", "enableDefaultDeny"),)


def allow_what_is_denied(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write a section that denies as one that allows."""
    for section in ("ingressDeny", "egressDeny"):
        if section in body["spec"]:
            allowing = put(
                cut(body, "spec", section), "spec", section.removesuffix("Deny"), value=body["spec"][section]
            )
            yield (cut(allowing, "spec", "enableDefaultDeny"),)


def deny_what_is_allowed(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each rule that allows as one that denies besides."""
    for path, rule, _side in rules(body):
        if path[1] in ("ingress", "egress") and rule and "toFQDNs" not in rule:
            denied = copy.deepcopy(rule)
            for item in denied.get("toPorts", []):
                item.pop("rules", None)
            yield (put(body, "spec", f"{path[1]}Deny", value=[denied]),)


def move_the_policy(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Rename the namespace of the policy, also to one that another manifest is in."""
    own = body["metadata"].get("namespace")
    spaces = {other["metadata"].get("namespace", own) for other in bodies} | {"elsewhere"}
    for space in sorted(spaces - {own}) if own else ():
        yield ({**body, "metadata": {**body["metadata"], "namespace": space, "name": "moved"}},)


def add_an_allow_all(body: Body, _: list[Body]) -> Iterator[Change]:
    """Put a policy beside it that allows everything, in its namespace and in all of them."""
    spec = {"endpointSelector": {}, "ingress": [{"fromEntities": ["all"]}], "egress": [{"toEntities": ["all"]}]}
    own = body["metadata"].get("namespace", "elsewhere")
    beside = {"apiVersion": "cilium.io/v2", "kind": KINDS[0], "metadata": {"name": "beside", "namespace": own}}
    yield body, {**beside, "spec": spec}
    yield body, {**beside, "kind": KINDS[1], "metadata": {"name": "beside"}, "spec": spec}


# -------------------------------------------------------------------------------------------------------------- pods


def empty_the_subject(body: Body, _: list[Body]) -> Iterator[Change]:
    """Hold every pod."""
    if body["spec"]["endpointSelector"]:
        yield (put(body, "spec", "endpointSelector", value={}),)


def change_a_label(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each label of a selector, its namespace and account too, with another value."""
    for path, selector in selectors(body):
        for key, value in selector.get("matchLabels", {}).items():
            yield (put(body, *path, "matchLabels", key, value=f"{value}x"),)


def drop_a_label(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask for one label less, a namespace and an account too."""
    for path, selector in selectors(body):
        for key in selector.get("matchLabels", {}):
            yield (cut(body, *path, "matchLabels", key),)


def add_a_label(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask for one label more, as an overlay does."""
    for path, selector in selectors(body):
        asked = {**selector.get("matchLabels", {}), "k8s:overlay": "yes"}
        yield (put(body, *path, "matchLabels", value=asked),)


def drop_an_expression(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask for one expression less; without that of the namespace it is the pods of this one."""
    for path, selector in selectors(body):
        for index in range(len(selector.get("matchExpressions", []))):
            yield (cut(body, *path, "matchExpressions", index),)


def turn_an_expression(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask for the contrary by each expression of a selector."""
    for path, selector in selectors(body):
        for index, one in enumerate(selector.get("matchExpressions", [])):
            yield (put(body, *path, "matchExpressions", index, "operator", value=TURNED[one["operator"]]),)


# ------------------------------------------------------------------------------------------- addresses, entities, names


def change_a_block(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each CIDR one bit wider, and each half of it; its exceptions are left out where they are not in it."""
    for path, block in peers(body, "CIDRSet"):
        network = ip_network(block["cidr"])
        others = [network.supernet()] if network.prefixlen else []
        for other in [*others, *(network.subnets() if network.prefixlen < network.max_prefixlen else ())]:
            kept = [
                one for one in block.get("except", []) if ip_network(one).subnet_of(other) and ip_network(one) != other
            ]
            yield (put(body, *path, value={"cidr": str(other), **({"except": kept} if kept else {})}),)


def change_the_exceptions(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave each exception of a block out, and except a part more."""
    for path, block in peers(body, "CIDRSet"):
        for index in range(len(block.get("except", []))):
            yield (cut(body, *path, "except", index),)
        network = ip_network(block["cidr"])
        if network.prefixlen < network.max_prefixlen:
            last = [*network.subnets()][1]
            yield (put(body, *path, "except", value=[*block.get("except", []), str(last)]),)


def drop_an_entity(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each entity of several away."""
    for path, _entity in peers(body, "Entities"):
        yield from _shorter(body, path)


def change_an_entity(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write other entities, of which some are in it or are all of them."""
    for path, entity in peers(body, "Entities"):
        for other in sorted({"world", "cluster", "health", "ingress", "kube-apiserver", "all", "none"} - {entity}):
            yield (put(body, *path, value=other),)


def change_a_name(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each DNS name otherwise: another one, all below it, all below that, and of a pattern one level."""
    for path, peer in peers(body, "FQDNs"):
        if "matchName" in peer:
            yield (put(body, *path, value={"matchName": f"x{peer['matchName']}"}),)
            yield (put(body, *path, value={"matchPattern": f"**.{peer['matchName']}"}),)
            yield (put(body, *path, value={"matchPattern": f"*.{peer['matchName'].partition('.')[2]}"}),)
        else:
            name = peer["matchPattern"].lstrip("*").lstrip(".")
            yield (put(body, *path, value={"matchPattern": f"*.{name}"}),)
            yield (put(body, *path, value={"matchName": name}),)
            yield (put(body, *path, value={"matchPattern": "*"}),)


# ----------------------------------------------------------------------------------------------------- ports, requests


def drop_the_ports_of_a_rule(body: Body, _: list[Body]) -> Iterator[Change]:
    """Open every port to the peers of each rule."""
    for path, rule, _side in rules(body):
        if "toPorts" in rule:
            yield (cut(body, *path, "toPorts"),)


def drop_a_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each port of several away."""
    for path, _port in ports(body):
        yield from _shorter(body, path)


def change_a_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each port one higher, and as 0, which is every port; with requests that is refused."""
    for path, port in ports(body):
        if port["port"] != "0":
            higher = {"port": str(int(port["port"]) % 65535 + 1), "protocol": port["protocol"]}
            yield (put(body, *path, value=higher),)
            if "rules" not in at(body, *path[:-2]):
                yield (put(body, *path, value={"port": "0", "protocol": port["protocol"]}),)


def change_the_end_of_a_range(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each range one longer and without its end, and a port as a range."""
    for path, port in ports(body):
        if "endPort" in port:
            yield (put(body, *path, "endPort", value=port["endPort"] % 65535 + 1),)
            yield (cut(body, *path, "endPort"),)
        elif port["port"] not in ("0", "65535") and "rules" not in at(body, *path[:-2]):
            yield (put(body, *path, "endPort", value=int(port["port"]) + 1),)


def change_a_protocol(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each other protocol, and all of them."""
    for path, port in ports(body):
        if "rules" not in at(body, *path[:-2]):
            for protocol in sorted({"TCP", "UDP", "SCTP", "ANY"} - {port["protocol"]}):
                yield (put(body, *path, "protocol", value=protocol),)


def drop_the_requests(body: Body, _: list[Body]) -> Iterator[Change]:
    """Open the ports with HTTP rules as a whole: without rules, and with a list of none."""
    for path, item in items(body):
        if "http" in item.get("rules", {}):
            yield (cut(body, *path, "rules"),)
            yield (put(body, *path, "rules", "http", value=[]),)


def drop_a_request(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each HTTP rule of several away."""
    for path, _request in requests(body):
        yield from _shorter(body, path)


def change_a_request(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each HTTP rule with another path, without its method or path, with another method, and at a host."""
    for path, one in requests(body):
        yield (put(body, *path, "path", value="/orders/7"),)
        yield (put(body, *path, "path", value=f"{one['path'].partition('(')[0]}.*"),)
        yield (put(body, *path, value={"method": "GET"}),)
        yield (put(body, *path, "host", value="other.example.com"),)
        if "method" in one:
            yield (cut(body, *path, "method"),)
            yield (put(body, *path, "method", value="DELETE" if one["method"] != "DELETE" else "PUT"),)


def add_a_request(body: Body, _: list[Body]) -> Iterator[Change]:
    """Let one request more pass where some do, and some only where all do."""
    for path, item in items(body):
        added = {"method": "DELETE", "path": "/orders/7"}
        if "http" in item.get("rules", {}):
            yield (put(body, *path, "rules", "http", value=[*item["rules"]["http"], added]),)
        elif "rules" not in item and path[1] in ("ingress", "egress") and _is_http(item):
            yield (put(body, *path, "rules", value={"http": [added]}),)


def _is_http(item: Body) -> bool:
    return all(port["protocol"] == "TCP" and port["port"] != "0" for port in item["ports"])


def change_the_lookups(body: Body, _: list[Body]) -> Iterator[Change]:
    """Have lookups pass unseen, and only those of one name."""
    for path, item in items(body):
        if "dns" in item.get("rules", {}):
            yield (cut(body, *path, "rules"),)
            yield (put(body, *path, "rules", "dns", value=[{"matchName": "one.example.com"}]),)


OPERATORS: tuple[Operator, ...] = (
    *(drop_a_policy, drop_a_rule, drop_a_section, drop_the_peers_of_a_rule, empty_the_peers_of_a_rule),
    *(let_all_through, isolate_nothing, isolate_what_only_denies, allow_what_is_denied, deny_what_is_allowed),
    *(move_the_policy, add_an_allow_all, empty_the_subject, change_a_label, drop_a_label, add_a_label),
    *(drop_an_expression, turn_an_expression, change_a_block, change_the_exceptions, drop_an_entity),
    *(change_an_entity, change_a_name, drop_the_ports_of_a_rule, drop_a_port, change_a_port),
    *(change_the_end_of_a_range, change_a_protocol, drop_the_requests, drop_a_request, change_a_request),
    *(add_a_request, change_the_lookups),
)
