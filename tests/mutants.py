"""Ways to change one manifest so that it means something else: each yields what then stands in its place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from itertools import pairwise
from typing import Any

Body = dict[str, Any]
Change = tuple[Body, ...]
"""What stands in the place of a manifest: nothing, the manifest changed, or something beside it."""
Operator = Callable[[Body, list[Body]], Iterator[Change]]
"""A manifest and all manifests of its system -> every change of this kind."""

NAME_LABEL = "kubernetes.io/metadata.name"
SIDES = {"ingress": "from", "egress": "to"}
TURNED = {"In": "NotIn", "NotIn": "In", "Exists": "DoesNotExist", "DoesNotExist": "Exists"}


def put(body: Body, *path: str | int, value: Any) -> Body:
    """Return *body* with *value* at *path*."""
    changed = copy.deepcopy(body)
    at(changed, *path[:-1])[path[-1]] = value
    return changed


def cut(body: Body, *path: str | int) -> Body:
    """Return *body* without what is at *path*."""
    changed = copy.deepcopy(body)
    del at(changed, *path[:-1])[path[-1]]
    return changed


def at(value: Any, *path: str | int) -> Any:
    """Return what is at *path*."""
    for step in path:
        value = value[step]
    return value


def rules(body: Body) -> Iterator[tuple[tuple[str | int, ...], Body, str]]:
    """Yield the path of each rule of a policy, the rule, and the key of its peers."""
    for direction, side in SIDES.items():
        for index, rule in enumerate(body["spec"].get(direction, [])):
            yield ("spec", direction, index), rule, side


def ports(body: Body) -> Iterator[tuple[tuple[str | int, ...], Body]]:
    """Yield the path of each port of a policy's rules, and the port."""
    for path, rule, _ in rules(body):
        for index, port in enumerate(rule.get("ports", [])):
            yield (*path, "ports", index), port


def peers(body: Body, key: str) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield the path of what each peer of a policy says under *key*, and that."""
    for path, rule, side in rules(body):
        for index, peer in enumerate(rule.get(side, [])):
            if key in peer:
                yield (*path, side, index, key), peer[key]


def selectors(body: Body) -> Iterator[tuple[tuple[str | int, ...], Body]]:
    """Yield path and selector of the policy's pods and of the pods of each peer."""
    yield ("spec", "podSelector"), body["spec"]["podSelector"]
    yield from peers(body, "podSelector")


def name_of(body: Body) -> str:
    """Return kind, namespace and name."""
    return f"{body['kind']} {body['metadata']['namespace']}/{body['metadata']['name']}"


# --------------------------------------------------------------------------------------------- policies: whole parts


def drop_a_policy(_: Body, __: list[Body]) -> Iterator[Change]:
    """Take the policy away."""
    yield ()


def drop_a_rule(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each rule away."""
    for path, _rule, _side in rules(body):
        yield (cut(body, *path),)


def drop_the_peers_of_a_rule(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave the peers of each rule out, and write a list of none: both mean everybody."""
    for path, rule, side in rules(body):
        if rule.get(side):
            yield (cut(body, *path, side),)
            yield (put(body, *path, side, value=[]),)


def drop_a_peer(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each peer of several away."""
    for path, rule, side in rules(body):
        if len(rule.get(side, [])) > 1:
            for index in range(len(rule[side])):
                yield (cut(body, *path, side, index),)


def drop_the_policy_types(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave policyTypes to the default, where that is another."""
    default = ["Ingress", "Egress"] if body["spec"].get("egress") else ["Ingress"]
    if set(default) != set(body["spec"]["policyTypes"]):
        yield (cut(body, "spec", "policyTypes"),)
        yield (put(body, "spec", "policyTypes", value=[]),)


def drop_a_policy_type(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each policyType away, and leave its rules."""
    if len(body["spec"]["policyTypes"]) > 1:
        for index in range(len(body["spec"]["policyTypes"])):
            yield (cut(body, "spec", "policyTypes", index),)


def drop_a_direction(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each policyType away with its rules."""
    for (changed,) in drop_a_policy_type(body, []):
        kept = {kind.lower() for kind in changed["spec"]["policyTypes"]}
        for direction in SIDES.keys() - kept:
            changed["spec"].pop(direction, None)
        yield (changed,)


def add_a_policy_type(body: Body, _: list[Body]) -> Iterator[Change]:
    """Isolate a direction more, for which there are no rules."""
    for kind in {"Ingress", "Egress"} - set(body["spec"]["policyTypes"]):
        yield (put(body, "spec", "policyTypes", value=[*body["spec"]["policyTypes"], kind]),)


def swap_the_directions(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write what comes in as what goes out, and the reverse."""
    changed = copy.deepcopy(body)
    inward, outward = (changed["spec"].pop(direction, []) for direction in SIDES)
    mirrored = [_mirrored(rule, "from", "to") for rule in inward], [_mirrored(rule, "to", "from") for rule in outward]
    changed["spec"] |= {"egress": mirrored[0], "ingress": mirrored[1]}
    if inward != mirrored[1]:
        yield (changed,)


def move_a_rule(body: Body, _: list[Body]) -> Iterator[Change]:
    """Swap from and to of each rule, so that it stands in the other direction."""
    for path, rule, side in rules(body):
        other = "egress" if side == "from" else "ingress"
        moved = _mirrored(rule, side, SIDES[other])
        changed = cut(body, *path)
        if other.capitalize() in body["spec"]["policyTypes"] and moved not in body["spec"].get(other, []):
            yield (put(changed, "spec", other, value=[*changed["spec"].get(other, []), moved]),)


def _mirrored(rule: Body, side: str, other: str) -> Body:
    return {other if key == side else key: value for key, value in rule.items()}


def move_the_policy(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Rename the namespace of the policy, also to one that another manifest is in."""
    spaces = {other["metadata"]["namespace"] for other in bodies} | {"elsewhere"}
    for space in sorted(spaces - {body["metadata"]["namespace"]}):
        yield ({**body, "metadata": {**body["metadata"], "namespace": space, "name": "moved"}},)


def add_an_allow_all(body: Body, _: list[Body]) -> Iterator[Change]:
    """Put a policy beside it that allows everything in one direction, and in both."""
    metadata = {"namespace": body["metadata"]["namespace"], "name": "beside"}
    for opened in (("ingress",), ("egress",), ("ingress", "egress")):
        spec: Body = {"podSelector": {}, "policyTypes": [one.capitalize() for one in opened]}
        spec |= {direction: [{}] for direction in opened}
        yield body, {"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": metadata, "spec": spec}


def swap_rules_with_another(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Give the policy the rules of each other policy of its namespace."""
    for other in bodies:
        if other["kind"] == body["kind"] and other["metadata"]["namespace"] == body["metadata"]["namespace"]:
            kept = {"podSelector": body["spec"]["podSelector"]}
            changed = {**body, "spec": {**copy.deepcopy(other["spec"]), **kept}}
            if changed["spec"] != body["spec"]:
                yield (changed,)


def swap_the_peers_of_two_rules(body: Body, _: list[Body]) -> Iterator[Change]:
    """Give each rule the peers of the next one of its direction."""
    for path, rule, side in rules(body):
        index = path[2]
        listed = at(body, *path[:2])
        if isinstance(index, int) and index + 1 < len(listed):
            other = listed[index + 1]
            both = side in rule and side in other
            if both and rule[side] != other[side] and rule.get("ports") != other.get("ports"):
                changed = put(body, *path, side, value=other[side])
                yield (put(changed, *path[:2], index + 1, side, value=rule[side]),)


# ------------------------------------------------------------------------------------------------- policies: pods


def empty_the_subject(body: Body, _: list[Body]) -> Iterator[Change]:
    """Hold every pod of the namespace."""
    if body["spec"]["podSelector"]:
        yield (put(body, "spec", "podSelector", value={}),)


def change_a_label_of_the_subject(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each label of the held pods with another value, and under another key."""
    for changed in _relabelled(body["spec"]["podSelector"]):
        yield (put(body, "spec", "podSelector", value=changed),)


def add_a_label_to_the_subject(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask one more label of the held pods, as an overlay does."""
    yield (put(body, "spec", "podSelector", value=_asked(body["spec"]["podSelector"])),)


def empty_the_pods_of_a_peer(body: Body, _: list[Body]) -> Iterator[Change]:
    """Mean every pod by each peer, in the namespaces that it names."""
    for path, selector in peers(body, "podSelector"):
        if selector:
            yield (put(body, *path, value={}),)


def change_a_label_of_a_peer(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each label of a peer's pods with another value, and under another key."""
    for path, selector in peers(body, "podSelector"):
        for changed in _relabelled(selector):
            yield (put(body, *path, value=changed),)


def add_a_label_to_a_peer(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask one more label of each peer's pods, as an overlay does."""
    for path, selector in peers(body, "podSelector"):
        yield (put(body, *path, value=_asked(selector)),)


def drop_a_label(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask one label or expression less where a selector asks several."""
    for path, selector in selectors(body):
        asked = [(part, key) for part in selector for key in _keys(selector[part])]
        for part, key in asked if len(asked) > 1 else []:
            yield (cut(body, *path, part, key),)


def _keys(part: Any) -> list[Any]:
    return list(part) if isinstance(part, dict) else list(range(len(part)))


def turn_an_expression(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask for the contrary by each expression of a selector."""
    for path, selector in selectors(body):
        for index, one in enumerate(selector.get("matchExpressions", [])):
            yield (put(body, *path, "matchExpressions", index, "operator", value=TURNED[one["operator"]]),)


def change_the_values_of_an_expression(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write one value less, one more, and another in each expression of a selector."""
    for path, selector in selectors(body):
        for index, one in enumerate(selector.get("matchExpressions", [])):
            place = (*path, "matchExpressions", index, "values")
            values = one.get("values", [])
            for changed in (values[1:], [*values, "more"], ["other", *values[1:]]) if values else ():
                if changed:
                    yield (put(body, *place, value=changed),)


def empty_the_namespaces_of_a_peer(body: Body, _: list[Body]) -> Iterator[Change]:
    """Mean the pods of every namespace by each peer."""
    for path, selector in peers(body, "namespaceSelector"):
        if selector:
            yield (put(body, *path, value={}),)
    for path, _selector in peers(body, "podSelector"):
        if "namespaceSelector" not in at(body, *path[:-1]):
            yield (put(body, *path[:-1], "namespaceSelector", value={}),)


def drop_the_namespaces_of_a_peer(body: Body, _: list[Body]) -> Iterator[Change]:
    """Mean the pods of the policy's own namespace by each peer that names others."""
    for path, _selector in peers(body, "namespaceSelector"):
        peer = {"podSelector": {}} | at(body, *path[:-1])
        yield (put(body, *path[:-1], value={"podSelector": peer["podSelector"]}),)


def rename_the_namespace_of_a_peer(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Mean the same pods in another namespace: one that nobody knows, and that of another manifest."""
    spaces = sorted({other["metadata"]["namespace"] for other in bodies} | {"elsewhere"})
    for path, _selector in [*peers(body, "podSelector"), *peers(body, "namespaceSelector")]:
        peer = at(body, *path[:-1])
        for space in spaces:
            selector = {"matchLabels": {NAME_LABEL: space}}
            if space != body["metadata"]["namespace"] and peer.get("namespaceSelector") != selector:
                yield (put(body, *path[:-1], "namespaceSelector", value=selector),)


def _relabelled(selector: Body) -> Iterator[Body]:
    labels = selector.get("matchLabels", {})
    for key, value in labels.items():
        others = {name: text for name, text in labels.items() if name != key}
        yield {**selector, "matchLabels": {**others, key: f"{value}x"}}
        yield {**selector, "matchLabels": {**others, f"{key}x": value}}


def _asked(selector: Body) -> Body:
    return {**selector, "matchLabels": {**selector.get("matchLabels", {}), "overlay": "yes"}}


# ------------------------------------------------------------------------------------------------- policies: addresses


def blocks(body: Body) -> Iterator[tuple[tuple[str | int, ...], Any, list[str]]]:
    """Yield the path of each ipBlock of a policy, its network, and what it leaves out."""
    for path, block in peers(body, "ipBlock"):
        yield path, ip_network(block["cidr"]), block.get("except", [])


def widen_a_block(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each CIDR one bit wider."""
    for path, network, _excepts in blocks(body):
        if network.prefixlen:
            yield (put(body, *path, "cidr", value=str(network.supernet())),)


def narrow_a_block(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each half of a CIDR instead of the whole."""
    for path, network, excepts in blocks(body):
        for half in network.subnets() if network.prefixlen < network.max_prefixlen else ():
            left = [cidr for cidr in excepts if ip_network(cidr) != half and ip_network(cidr).subnet_of(half)]
            if not any(half.subnet_of(ip_network(cidr)) for cidr in excepts):
                yield (put(body, *path, value={"cidr": str(half), "except": left}),)


def move_a_block(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write the neighbour of each CIDR."""
    for path, network, excepts in blocks(body):
        if network.prefixlen and not excepts:
            (other,) = {*network.supernet().subnets()} - {network}
            yield (put(body, *path, "cidr", value=str(other)),)


def drop_an_exception(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave out each exception of an ipBlock, and all of them."""
    for path, _network, excepts in blocks(body):
        for index in range(len(excepts)):
            yield (cut(body, *path, "except", index),)
        if len(excepts) > 1:
            yield (cut(body, *path, "except"),)


def change_an_exception(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each exception one bit narrower and one bit wider."""
    for path, network, excepts in blocks(body):
        for index, cidr in enumerate(excepts):
            inner: Any = ip_network(cidr)
            for other in (next(inner.subnets()), inner.supernet()):
                if other.prefixlen > network.prefixlen:
                    yield (put(body, *path, "except", index, value=str(other)),)


def add_an_exception(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave the first half of each CIDR out."""
    for path, network, excepts in blocks(body):
        if not excepts and network.prefixlen < network.max_prefixlen:
            yield (put(body, *path, "except", value=[str(next(network.subnets()))]),)


def addresses_for_pods(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write every address for the pods of each peer, and every pod for addresses."""
    for path, _selector in [*peers(body, "podSelector"), *peers(body, "namespaceSelector")]:
        yield (put(body, *path[:-1], value={"ipBlock": {"cidr": "0.0.0.0/0"}}),)
    for path, _block in peers(body, "ipBlock"):
        yield (put(body, *path[:-1], value={"namespaceSelector": {}}),)


# ------------------------------------------------------------------------------------------------- policies: ports


def drop_the_ports_of_a_rule(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave the ports of each rule out, and write a list of none: both mean every port."""
    for path, rule, _side in rules(body):
        if rule.get("ports"):
            yield (cut(body, *path, "ports"),)
            yield (put(body, *path, "ports", value=[]),)


def drop_a_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each port of several away."""
    for path, _port in ports(body):
        if len(at(body, *path[:-1])) > 1:
            yield (cut(body, *path),)


def add_a_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Open one more port by each rule."""
    for path, rule, _side in rules(body):
        if rule.get("ports"):
            yield (put(body, *path, "ports", value=[*rule["ports"], {"port": 4444, "protocol": "TCP"}]),)


def drop_a_port_number(body: Body, _: list[Body]) -> Iterator[Change]:
    """Open every port of the protocol."""
    for path, port in ports(body):
        if "port" in port:
            yield (cut(body, *path, "port"),)


def change_a_port_number(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each port one higher, and one lower."""
    for path, port in ports(body):
        for number in (port["port"] + 1, port["port"] - 1) if "port" in port else ():
            if 1 <= number <= 65535:
                yield (put(body, *path, "port", value=number),)


def change_a_protocol(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each other protocol."""
    for path, port in ports(body):
        for protocol in ("TCP", "UDP", "SCTP"):
            if {**port, "protocol": protocol} not in at(body, *path[:-1]):
                yield (put(body, *path, "protocol", value=protocol),)


def drop_a_protocol(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave each protocol that is not TCP to the default, which is TCP."""
    for path, port in ports(body):
        if port["protocol"] != "TCP":
            yield (cut(body, *path, "protocol"),)


def add_an_end_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write ranges that begin with each port."""
    for path, port in ports(body):
        for end in {port["port"] + 1, 65535} if port.get("port", 65535) < 65535 else ():
            yield (put(body, *path, "endPort", value=end),)


def name_a_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write a name that no container has for each port number."""
    for path, port in ports(body):
        if "port" in port:
            yield (put(body, *path, "port", value="a-name"),)


def service_port_for_container_port(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Write the port of a Service for each port of the pods to which it leads."""
    for path, port in ports(body):
        for service in bodies:
            for one in service["spec"].get("ports", []) if service["kind"] == "Service" else ():
                same = (one.get("targetPort"), one["protocol"]) == (port.get("port"), port["protocol"])
                if same and "port" in port and one["port"] != port["port"]:
                    yield (put(body, *path, "port", value=one["port"]),)


# ------------------------------------------------------------------------------------------- Services, Ingresses


def drop_a_service(_: Body, __: list[Body]) -> Iterator[Change]:
    """Take the Service away."""
    yield ()


def rename_a_service(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write another name."""
    yield (put(body, "metadata", "name", value=f"{body['metadata']['name']}-x"),)


def move_a_service(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write another namespace."""
    yield (put(body, "metadata", "namespace", value="elsewhere"),)


def change_the_selector_of_a_service(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Write each label with another value and under another key, and the labels of another Service."""
    selector = body["spec"]["selector"]
    for key, value in selector.items():
        yield (put(body, "spec", "selector", key, value=f"{value}x"),)
        yield (put(cut(body, "spec", "selector", key), "spec", "selector", f"{key}x", value=value),)
    for other in bodies:
        if other["kind"] == "Service" and other["spec"]["selector"] != selector:
            yield (put(body, "spec", "selector", value=other["spec"]["selector"]),)


def widen_the_selector_of_a_service(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave the selector out, empty it, and ask one label less."""
    yield (cut(body, "spec", "selector"),)
    yield (put(body, "spec", "selector", value={}),)
    for key in body["spec"]["selector"] if len(body["spec"]["selector"]) > 1 else ():
        yield (cut(body, "spec", "selector", key),)


def add_a_label_to_the_selector_of_a_service(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask one label more, as an overlay does."""
    yield (put(body, "spec", "selector", "overlay", value="yes"),)


def change_the_type_of_a_service(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each other type."""
    for kind in {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"} - {body["spec"]["type"]}:
        yield (put(body, "spec", "type", value=kind),)


def turn_a_headless_service(body: Body, _: list[Body]) -> Iterator[Change]:
    """Give a headless Service an address, and take it from one that has it."""
    if "clusterIP" in body["spec"]:
        yield (cut(body, "spec", "clusterIP"),)
    elif body["spec"]["type"] == "ClusterIP":
        yield (put(body, "spec", "clusterIP", value="None"),)


def service_ports(body: Body) -> Iterator[tuple[tuple[str | int, ...], Body]]:
    """Yield the path of each port of a Service, and the port."""
    for index, port in enumerate(body["spec"].get("ports", [])):
        yield ("spec", "ports", index), port


def drop_a_service_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each port away."""
    for path, _port in service_ports(body):
        yield (cut(body, *path),)


def change_a_service_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each port one higher; where clients dial the pods, its target as well."""
    for path, port in service_ports(body):
        yield (put(body, *path, "port", value=port["port"] % 65535 + 1),)


def change_a_target_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each targetPort one higher, as the port of the Service, by a name, and not at all."""
    for path, port in service_ports(body):
        if "targetPort" in port:
            yield (put(body, *path, "targetPort", value=port["targetPort"] % 65535 + 1),)
            yield (put(body, *path, "targetPort", value="a-name"),)
            if port["targetPort"] != port["port"]:
                yield (cut(body, *path, "targetPort"),)
                yield (put(body, *path, "targetPort", value=port["port"]),)


def change_the_protocol_of_a_service_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each other protocol."""
    for path, port in service_ports(body):
        for protocol in {"TCP", "UDP", "SCTP"} - {port["protocol"]}:
            yield (put(body, *path, "protocol", value=protocol),)


def swap_the_targets_of_two_ports(body: Body, _: list[Body]) -> Iterator[Change]:
    """Give each port the target of the next one."""
    listed = [port for _, port in service_ports(body)]
    for index, (one, other) in enumerate(pairwise(listed)):
        targets = one.get("targetPort"), other.get("targetPort")
        if all(targets) and targets[0] != targets[1]:
            changed = put(body, "spec", "ports", index, "targetPort", value=targets[1])
            yield (put(changed, "spec", "ports", index + 1, "targetPort", value=targets[0]),)


def change_a_node_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each port of the nodes one higher, and leave it to chance."""
    for path, port in service_ports(body):
        if "nodePort" in port:
            yield (put(body, *path, "nodePort", value=port["nodePort"] + 1),)
            yield (cut(body, *path, "nodePort"),)


def change_the_clients_of_a_load_balancer(body: Body, _: list[Body]) -> Iterator[Change]:
    """Let everybody in, one client less, and another."""
    ranges = body["spec"].get("loadBalancerSourceRanges", [])
    if ranges:
        yield (cut(body, "spec", "loadBalancerSourceRanges"),)
        yield (put(body, "spec", "loadBalancerSourceRanges", value=["192.0.2.0/24", *ranges[1:]]),)
        yield (put(body, "spec", "loadBalancerSourceRanges", value=["192.0.2.0/24", *ranges]),)


def change_the_traffic_policy(body: Body, _: list[Body]) -> Iterator[Change]:
    """Hide the addresses of clients where they are seen, show them where they are not, and stay on the node."""
    if "externalTrafficPolicy" in body["spec"]:
        yield (cut(body, "spec", "externalTrafficPolicy"),)
        yield (put(body, "spec", "externalTrafficPolicy", value="Cluster"),)
    elif body["spec"]["type"] != "ClusterIP":
        yield (put(body, "spec", "externalTrafficPolicy", value="Local"),)
    yield (put(body, "spec", "internalTrafficPolicy", value="Local"),)


def change_the_class_of_a_load_balancer(body: Body, _: list[Body]) -> Iterator[Change]:
    """Hand the Service to another load balancer, and to the default one."""
    if body["spec"]["type"] == "LoadBalancer":
        yield (put(body, "spec", "loadBalancerClass", value="example.com/other"),)
        if "loadBalancerClass" in body["spec"]:
            yield (cut(body, "spec", "loadBalancerClass"),)


def add_external_addresses(body: Body, _: list[Body]) -> Iterator[Change]:
    """Have the nodes take what is sent to an address outside."""
    yield (put(body, "spec", "externalIPs", value=["203.0.113.99"]),)


SERVICE_OPERATORS: tuple[Operator, ...] = (
    *(drop_a_service, rename_a_service, move_a_service, change_the_selector_of_a_service),
    *(widen_the_selector_of_a_service, add_a_label_to_the_selector_of_a_service, change_the_type_of_a_service),
    *(turn_a_headless_service, drop_a_service_port, change_a_service_port, change_a_target_port),
    *(change_the_protocol_of_a_service_port, swap_the_targets_of_two_ports, change_a_node_port),
    *(change_the_clients_of_a_load_balancer, change_the_traffic_policy, change_the_class_of_a_load_balancer),
    add_external_addresses,
)


def paths(body: Body) -> Iterator[tuple[tuple[str | int, ...], Body]]:
    """Yield where each path of an Ingress stands, and the path."""
    for index, rule in enumerate(body["spec"]["rules"]):
        for number, path in enumerate(rule["http"]["paths"]):
            yield ("spec", "rules", index, "http", "paths", number), path


def drop_an_ingress(_: Body, __: list[Body]) -> Iterator[Change]:
    """Take the Ingress away."""
    yield ()


def move_an_ingress(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write another namespace."""
    yield (put(body, "metadata", "namespace", value="elsewhere"),)


def change_the_class_of_an_ingress(body: Body, _: list[Body]) -> Iterator[Change]:
    """Hand the Ingress to another controller, and to the default one."""
    yield (put(body, "spec", "ingressClassName", value="other"),)
    yield (cut(body, "spec", "ingressClassName"),)


def change_a_host(body: Body, _: list[Body]) -> Iterator[Change]:
    """Serve another host, every host, and all names below the host."""
    for index, rule in enumerate(body["spec"]["rules"]):
        yield (put(body, "spec", "rules", index, "host", value="other.example.com"),)
        yield (cut(body, "spec", "rules", index, "host"),)
        if not rule["host"].startswith("*."):
            yield (put(body, "spec", "rules", index, "host", value=f"*.{rule['host']}"),)


def drop_a_path(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each path away."""
    for path, _path in paths(body):
        yield (cut(body, *path),)


def change_a_path(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each path shorter and longer."""
    for path, one in paths(body):
        yield (put(body, *path, "path", value=f"{one['path'].rstrip('/')}/more"),)
        if one["path"] != "/":
            yield (put(body, *path, "path", value="/"),)


def change_a_path_type(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each other type of path."""
    for path, one in paths(body):
        for kind in {"Exact", "Prefix", "ImplementationSpecific"} - {one["pathType"]}:
            yield (put(body, *path, "pathType", value=kind),)


def change_a_backend(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Lead each path to each other Service of the namespace, and to one that is not there."""
    there = [one for one in bodies if one["kind"] == "Service"]
    names = {one["metadata"]["name"] for one in there if one["metadata"]["namespace"] == body["metadata"]["namespace"]}
    for path, one in paths(body):
        for name in sorted((names | {"gone"}) - {one["backend"]["service"]["name"]}):
            yield (put(body, *path, "backend", "service", "name", value=name),)


def change_the_port_of_a_backend(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Lead each path to the next port, to a name, and to each other port of the Service, where it is rendered."""
    names = {name_of(one): one["spec"]["ports"] for one in bodies if one["kind"] == "Service"}
    for path, one in paths(body):
        backend = one["backend"]["service"]
        ports = names.get(f"Service {body['metadata']['namespace']}/{backend['name']}", [])
        numbers = {port["port"] for port in ports} | {backend["port"]["number"] + 1}
        place = (*path, "backend", "service", "port")
        yield (put(body, *place, value={"name": "a-name"}),)
        for number in sorted(numbers - {backend["port"]["number"]}):
            yield (put(body, *place, value={"number": number}),)


def add_a_default_backend(body: Body, _: list[Body]) -> Iterator[Change]:
    """Lead what no rule speaks of to the Service of each path."""
    for _path, one in paths(body):
        yield (put(body, "spec", "defaultBackend", value=one["backend"]),)


def add_a_path(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Lead a further path to each Service of the namespace."""
    for service in bodies:
        same = service["metadata"]["namespace"] == body["metadata"]["namespace"]
        for port in service["spec"].get("ports", []) if service["kind"] == "Service" and same else ():
            backend = {"service": {"name": service["metadata"]["name"], "port": {"number": port["port"]}}}
            more = {"path": "/hidden", "pathType": "Prefix", "backend": backend}
            listed = body["spec"]["rules"][0]["http"]["paths"]
            yield (put(body, "spec", "rules", 0, "http", "paths", value=[*listed, more]),)


INGRESS_OPERATORS: tuple[Operator, ...] = (
    *(drop_an_ingress, move_an_ingress, change_the_class_of_an_ingress, change_a_host, drop_a_path, change_a_path),
    *(change_a_path_type, change_a_backend, change_the_port_of_a_backend, add_a_default_backend, add_a_path),
)


POLICY_OPERATORS: tuple[Operator, ...] = (
    *(drop_a_policy, drop_a_rule, drop_the_peers_of_a_rule, drop_a_peer, drop_the_policy_types, drop_a_policy_type),
    *(drop_a_direction, add_a_policy_type, swap_the_directions, move_a_rule, move_the_policy, add_an_allow_all),
    *(swap_rules_with_another, swap_the_peers_of_two_rules),
    *(empty_the_subject, change_a_label_of_the_subject, add_a_label_to_the_subject, empty_the_pods_of_a_peer),
    *(change_a_label_of_a_peer, add_a_label_to_a_peer, drop_a_label, turn_an_expression),
    *(change_the_values_of_an_expression, empty_the_namespaces_of_a_peer, drop_the_namespaces_of_a_peer),
    *(rename_the_namespace_of_a_peer, widen_a_block, narrow_a_block, move_a_block, drop_an_exception),
    *(change_an_exception, add_an_exception, addresses_for_pods, drop_the_ports_of_a_rule, drop_a_port, add_a_port),
    *(drop_a_port_number, change_a_port_number, change_a_protocol, drop_a_protocol, add_an_end_port, name_a_port),
    service_port_for_container_port,
)


def written(change: Change) -> str:
    """Return *change* as one text, equal for equal changes."""
    return json.dumps(change, sort_keys=True)
