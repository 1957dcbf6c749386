"""The API server's rules about a Service."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.check import metadata, names
from netgen.check.addresses import network
from netgen.check.faults import Fault, Json, duplicate, forbidden, invalid, invalid_each, required, unsupported
from netgen.check.shape import TEXTS, Shape, object_of

_NODE_PORTS = range(30000, 32768)
_LONGEST_AFFINITY = 86400
_RANGES_ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges"
_BALANCED_ONLY = ("loadBalancerSourceRanges", "loadBalancerClass", "allocateLoadBalancerNodePorts")
_IS_BALANCED = "may only be used when `type` is 'LoadBalancer'"
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_WORDS = {
    "type": ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"),
    "sessionAffinity": ("ClientIP", "None"),
    "externalTrafficPolicy": ("Cluster", "Local"),
    "internalTrafficPolicy": ("Cluster", "Local"),
    "ipFamilyPolicy": ("PreferDualStack", "RequireDualStack", "SingleStack"),
    "trafficDistribution": ("PreferClose", "PreferSameNode", "PreferSameZone"),
}
_PORT: Shape = {
    "name": str,
    "protocol": str,
    "port": int,
    "targetPort": (int, str),
    "nodePort": int,
    "appProtocol": str,
}

SHAPE: Shape = object_of(
    {
        **dict.fromkeys(_WORDS, str),
        "selector": TEXTS,
        "ports": [_PORT],
        "clusterIP": str,
        "ipFamilies": [str],
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": int}},
        "healthCheckNodePort": int,
        "loadBalancerSourceRanges": [str],
        "loadBalancerClass": str,
        "allocateLoadBalancerNodePorts": bool,
        "publishNotReadyAddresses": bool,
        "externalName": str,
    }
)


def faults(body: Json, service_name: names.Rule) -> Iterator[Fault]:
    """Yield what is wrong with a Service of the right shape; its name follows *service_name*.

    Source: kubernetes/kubernetes pkg/apis/core/validation/validation.go. Beyond it, a Service must select pods and a
    headless one must listen on its target port, since nothing translates it.
    """
    spec, about = body.get("spec", {}), body.get("metadata", {})
    yield from metadata.faults(about, service_name)
    for field, words in _WORDS.items():
        if spec.get(field, words[0]) not in words:
            yield unsupported(f"spec.{field}", spec[field], words)
    yield from _type_rules(spec)
    yield from _families(spec.get("ipFamilies", ()))
    for index, port in enumerate(spec.get("ports", ())):
        yield from _port(port, f"spec.ports[{index}]", spec)
    yield from _duplicates(spec.get("ports", ()))
    yield from _affinity(spec)
    yield from _from_outside(spec)
    yield from _source_ranges(spec, about.get("annotations", {}))


def node_ports(body: Json) -> Iterator[tuple[str, int]]:
    """Yield path and number of each node port that a Service of the right shape claims for the whole cluster."""
    spec = body.get("spec", {})
    for index, port in enumerate(spec.get("ports", ())):
        if "nodePort" in port:
            yield f"spec.ports[{index}].nodePort", port["nodePort"]
    if "healthCheckNodePort" in spec:
        yield "spec.healthCheckNodePort", spec["healthCheckNodePort"]


def _type_rules(spec: Json) -> Iterator[Fault]:
    kind, headless = _type(spec), _is_headless(spec)
    if kind == "ExternalName":
        yield from _external_name(spec)
        return
    if "ports" not in spec and not headless:
        yield required("spec.ports")
    if "selector" in spec:
        yield from metadata.labels(spec["selector"], "spec.selector")
    else:
        yield required("spec.selector", "a Service without it leads to no pod")
    if headless and kind != "ClusterIP":
        yield invalid("spec.clusterIP", "None", f"may not be set to 'None' for {kind} services")
    elif not headless and "clusterIP" in spec:
        yield invalid("spec.clusterIP", spec["clusterIP"], "must be 'None', or left to the cluster")


def _external_name(spec: Json) -> Iterator[Fault]:
    for field in ("clusterIP", "ipFamilies", "ipFamilyPolicy", "selector"):
        if field in spec:
            yield forbidden(f"spec.{field}", "may not be set for ExternalName services")
    name = spec.get("externalName", "")
    if not name.removesuffix("."):
        yield required("spec.externalName")
    else:
        yield from invalid_each("spec.externalName", name, names.dns_subdomain(name.removesuffix(".")))


def _families(families: list[str]) -> Iterator[Fault]:
    for index, family in enumerate(families):
        if family not in ("IPv4", "IPv6"):
            yield unsupported(f"spec.ipFamilies[{index}]", family, ("IPv4", "IPv6"))
        elif family in families[:index]:
            yield duplicate(f"spec.ipFamilies[{index}]", family)


def _port(port: Json, path: str, spec: Json) -> Iterator[Fault]:
    name, protocol = port.get("name", ""), port.get("protocol", "TCP")
    if name:
        yield from invalid_each(f"{path}.name", name, names.dns_label(name))
    elif len(spec["ports"]) > 1:
        yield required(f"{path}.name", "more than one port is defined")
    if protocol not in _PROTOCOLS:
        yield unsupported(f"{path}.protocol", protocol, _PROTOCOLS)
    yield from _port_numbers(port, path, headless=_is_headless(spec))
    if "appProtocol" in port:
        yield from invalid_each(f"{path}.appProtocol", port["appProtocol"], names.label_key(port["appProtocol"]))
    if "nodePort" in port:
        yield from _node_port(port["nodePort"], f"{path}.nodePort", _type(spec))


def _port_numbers(port: Json, path: str, *, headless: bool) -> Iterator[Fault]:
    number, target = port.get("port"), port.get("targetPort")
    if number is None:
        yield required(f"{path}.port")
    else:
        yield from invalid_each(f"{path}.port", number, names.port_number(number))
    if target is not None:
        yield from invalid_each(f"{path}.targetPort", target, names.port(target))
        if headless and target != number:
            yield invalid(f"{path}.targetPort", target, "must be equal to the value of 'port' when clusterIP = None")


def _node_port(number: int, path: str, kind: str) -> Iterator[Fault]:
    if kind not in ("NodePort", "LoadBalancer"):
        yield forbidden(path, f"may not be used when `type` is '{kind}'")
    elif number not in _NODE_PORTS:
        why = "provided port is not in the valid range. The range of valid ports is 30000-32767"
        yield invalid(path, number, why)


def _duplicates(ports: list[Json]) -> Iterator[Fault]:
    seen: set[tuple[str, object]] = set()
    for index, port in enumerate(ports):
        protocol = port.get("protocol", "TCP")
        marks = {
            ".name": ("name", port.get("name")),
            ".nodePort": (f"node/{protocol}", port.get("nodePort")),
            "": (f"port/{protocol}", port.get("port")),
        }
        for field, mark in marks.items():
            if mark in seen and mark[1]:
                value = mark[1] if field else f"{port['port']}/{protocol}"
                yield duplicate(f"spec.ports[{index}]{field}", value)
            seen.add(mark)


def _affinity(spec: Json) -> Iterator[Fault]:
    path, config = "spec.sessionAffinityConfig", spec.get("sessionAffinityConfig")
    if config is None:
        return
    if spec.get("sessionAffinity", "None") == "None":
        yield forbidden(path, "must not be set when session affinity is None")
        return
    seconds = config.get("clientIP", {}).get("timeoutSeconds")
    if seconds is None:
        yield required(f"{path}.clientIP.timeoutSeconds", "when session affinity type is ClientIP")
    elif not 0 < seconds <= _LONGEST_AFFINITY:
        why = f"must be greater than 0 and less than {_LONGEST_AFFINITY}"
        yield invalid(f"{path}.clientIP.timeoutSeconds", seconds, why)


def _from_outside(spec: Json) -> Iterator[Fault]:
    kind, policy = _type(spec), spec.get("externalTrafficPolicy")
    if policy is not None and kind not in ("NodePort", "LoadBalancer"):
        yield invalid("spec.externalTrafficPolicy", policy, "may only be set for externally-accessible services")
    number = spec.get("healthCheckNodePort")
    if number is not None:
        if kind != "LoadBalancer" or policy != "Local":
            why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
            yield invalid("spec.healthCheckNodePort", number, why)
        else:
            yield from _node_port(number, "spec.healthCheckNodePort", kind)
    if kind != "LoadBalancer":
        yield from (forbidden(f"spec.{field}", _IS_BALANCED) for field in _BALANCED_ONLY if field in spec)
    elif "loadBalancerClass" in spec:
        name = spec["loadBalancerClass"]
        yield from invalid_each("spec.loadBalancerClass", name, names.label_key(name))


def _source_ranges(spec: Json, annotations: dict[str, str]) -> Iterator[Fault]:
    path, ranges = "spec.loadBalancerSourceRanges", spec.get("loadBalancerSourceRanges", [])
    if not ranges and _RANGES_ANNOTATION in annotations:
        path = f"metadata.annotations[{_RANGES_ANNOTATION}]"
        ranges = [part.strip() for part in annotations[_RANGES_ANNOTATION].split(",") if part.strip()]
        if _type(spec) != "LoadBalancer":
            yield forbidden(path, _IS_BALANCED)
    for index, text in enumerate(ranges):
        found = network(text)
        if isinstance(found, str):
            yield invalid(f"{path}[{index}]", text, found)


def _type(spec: Json) -> str:
    return str(spec.get("type", "ClusterIP"))


def _is_headless(spec: Json) -> bool:
    return spec.get("clusterIP") == "None"
