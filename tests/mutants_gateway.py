"""Ways to change an HTTPRoute so that it leads elsewhere, as mutants has them for an Ingress."""

from __future__ import annotations

from collections.abc import Iterator

from mutants import Body, Change, Operator, cut, put

Place = tuple[str | int, ...]


def rules(body: Body) -> Iterator[tuple[Place, Body]]:
    """Yield where each rule of an HTTPRoute stands, and the rule."""
    for index, rule in enumerate(body["spec"]["rules"]):
        yield ("spec", "rules", index), rule


def services(body: Body, bodies: list[Body]) -> Iterator[tuple[str, int]]:
    """Yield the name and each port of each Service in the namespace of *body*."""
    for one in bodies:
        if one["kind"] == "Service" and one["metadata"]["namespace"] == body["metadata"]["namespace"]:
            for port in one["spec"]["ports"]:
                yield one["metadata"]["name"], port["port"]


def drop_a_route(_: Body, __: list[Body]) -> Iterator[Change]:
    """Take the HTTPRoute away."""
    yield ()


def move_a_route(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write another namespace."""
    yield (put(body, "metadata", "namespace", value="elsewhere"),)


def change_the_gateway(body: Body, _: list[Body]) -> Iterator[Change]:
    """Attach it to another Gateway, in the same and in another namespace, to another listener, to all, to a Service."""
    parent = ("spec", "parentRefs", 0)
    yield (put(body, *parent, "name", value="other"),)
    yield (put(body, *parent, "namespace", value="other"),)
    yield (cut(body, *parent, "namespace"),)
    yield (put(body, *parent, "sectionName", value="other"),)
    yield (put(body, *parent, "port", value=8080),)
    yield (put(put(body, *parent, "kind", value="Service"), *parent, "group", value=""),)
    if "sectionName" in body["spec"]["parentRefs"][0]:
        yield (cut(body, *parent, "sectionName"),)


def add_a_gateway(body: Body, _: list[Body]) -> Iterator[Change]:
    """Attach it to one more Gateway, and to none."""
    parents = body["spec"]["parentRefs"]
    yield (put(body, "spec", "parentRefs", value=[*parents, {**parents[0], "name": "open"}]),)
    yield (cut(body, "spec", "parentRefs"),)
    yield (put(body, "spec", "useDefaultGateways", value="All"),)


def change_a_route_host(body: Body, _: list[Body]) -> Iterator[Change]:
    """Serve another host, one more, all of the listener, and all names below the host."""
    hosts = body["spec"]["hostnames"]
    yield (put(body, "spec", "hostnames", value=["other.example.com"]),)
    yield (put(body, "spec", "hostnames", value=[*hosts, "other.example.com"]),)
    yield (cut(body, "spec", "hostnames"),)
    if not hosts[0].startswith("*."):
        yield (put(body, "spec", "hostnames", value=[f"*.{hosts[0]}"]),)


def drop_a_route_rule(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each rule away."""
    for place, _rule in rules(body):
        yield (cut(body, *place),)


def change_a_match(body: Body, _: list[Body]) -> Iterator[Change]:
    """Match a longer path, a shorter one, each other type, and every path."""
    for place, rule in rules(body):
        path = rule["matches"][0]["path"]
        at = (*place, "matches", 0, "path")
        yield (put(body, *at, "value", value=f"{path['value'].rstrip('/')}/more"),)
        for kind in {"Exact", "PathPrefix", "RegularExpression"} - {path["type"]}:
            yield (put(body, *at, "type", value=kind),)
        if (path["type"], path["value"]) != ("PathPrefix", "/"):
            yield (put(body, *at, value={"type": "PathPrefix", "value": "/"}),)
            yield (cut(body, *place, "matches"),)


def narrow_a_match(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask for a header, a method, and a parameter of the query besides."""
    for place, _rule in rules(body):
        at = (*place, "matches", 0)
        yield (put(body, *at, "headers", value=[{"name": "x-canary", "value": "1"}]),)
        yield (put(body, *at, "method", value="GET"),)
        yield (put(body, *at, "queryParams", value=[{"name": "a", "value": "1"}]),)


def add_a_match(body: Body, _: list[Body]) -> Iterator[Change]:
    """Lead one more path there."""
    for place, rule in rules(body):
        more = {"path": {"type": "PathPrefix", "value": "/hidden"}}
        yield (put(body, *place, "matches", value=[*rule["matches"], more]),)


def change_a_route_backend(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Lead to each other Service and port of the namespace, to one that is not there, elsewhere, and nowhere."""
    for place, rule in rules(body):
        backend = rule["backendRefs"][0]
        at = (*place, "backendRefs", 0)
        for name, port in {*services(body, bodies), ("gone", backend["port"])} - {(backend["name"], backend["port"])}:
            yield (put(put(body, *at, "name", value=name), *at, "port", value=port),)
        yield (put(body, *at, "port", value=backend["port"] % 65535 + 1),)
        yield (put(body, *at, "namespace", value="elsewhere"),)
        yield (put(body, *at, "weight", value=0),)
        yield (put(put(body, *at, "kind", value="Other"), *at, "group", value="example.com"),)
        yield (cut(body, *place, "backendRefs"),)


def add_a_backend(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Share the requests with each Service of the namespace, and send each a copy."""
    for place, rule in rules(body):
        for name, port in services(body, bodies):
            more = {"name": name, "port": port}
            yield (put(body, *place, "backendRefs", value=[*rule["backendRefs"], more]),)
            mirror = {"type": "RequestMirror", "requestMirror": {"backendRef": more}}
            yield (put(body, *place, "filters", value=[mirror]),)


def add_a_filter(body: Body, _: list[Body]) -> Iterator[Change]:
    """Rewrite the path, redirect, and change a header."""
    rewrite = {"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/admin"}}}
    redirect = {"type": "RequestRedirect", "requestRedirect": {"hostname": "other.example.com"}}
    header = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x-user", "value": "root"}]}}
    for place, _rule in rules(body):
        yield (put(body, *place, "filters", value=[rewrite]),)
        yield (put(cut(body, *place, "backendRefs"), *place, "filters", value=[redirect]),)
        yield (put(body, *place, "backendRefs", 0, "filters", value=[header]),)


def add_a_route_rule(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Lead a further path to each Service of the namespace, and the same one by another kind of route."""
    for name, port in services(body, bodies):
        backends = [{"name": name, "port": port}]
        more = {"matches": [{"path": {"type": "PathPrefix", "value": "/hidden"}}], "backendRefs": backends}
        yield (put(body, "spec", "rules", value=[*body["spec"]["rules"], more]),)
        for kind in ("GRPCRoute", "TCPRoute", "TLSRoute"):
            spec = {"parentRefs": body["spec"]["parentRefs"], "rules": [{"backendRefs": backends}]}
            metadata = {"name": "another", "namespace": body["metadata"]["namespace"]}
            yield (body, {"apiVersion": body["apiVersion"], "kind": kind, "metadata": metadata, "spec": spec})


def take_the_path(body: Body, _: list[Body]) -> Iterator[Change]:
    """Redirect the same requests by another HTTPRoute, which may be the older one."""
    redirect = {"type": "RequestRedirect", "requestRedirect": {"hostname": "other.example.com"}}
    for _place, rule in rules(body):
        spec = body["spec"] | {"rules": [{"matches": rule["matches"], "filters": [redirect]}]}
        yield (body, put(put(body, "metadata", "name", value="another"), "spec", value=spec))


ROUTE_OPERATORS: tuple[Operator, ...] = (
    *(drop_a_route, move_a_route, change_the_gateway, add_a_gateway, change_a_route_host, drop_a_route_rule),
    *(change_a_match, narrow_a_match, add_a_match, change_a_route_backend, add_a_backend, add_a_filter),
    *(add_a_route_rule, take_the_path),
)
