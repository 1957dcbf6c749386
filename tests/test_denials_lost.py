"""A denial that is lost or weakened is found, on each CNI, also where nothing is open without it yet."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from json import dumps
from typing import Any

import pytest

from netgen import api
from netgen.intent import Intent
from netgen.source import Dialect, read
from netgen.verify import prove
from specs import document, load, platform

Body = dict[str, Any]

SPECS = (
    document("apps: {api: {port: 9090, calls: [db]}, db: 5432/tcp}\nnever: [web-cache -> db]\n", "payments").replace(
        "db: 5432/tcp}", "db: 5432/tcp, web-cache: 6379/tcp}"
    ),
    document("apps: {web: {port: 8080, expose: loadBalancer}}\n", "storefront"),
    document("apps: {otel: {ports: {grpc: 4317, http: 4318}}}\n", "observability"),
)
CLAIMS = """\
ranges: {pods: [10.244.0.0/16], nodes: [192.168.10.0/24]}
apiserver: [192.168.10.5:6443]
never: [storefront/* -> payments/*, any -> 169.254.169.254, internet -> payments/db]
"""
INSTALLED = "installed: [clusternetworkpolicy, calico-api]\n"
ALLOW = "allow: [any -> observability/otel:grpc]\n"
CALICO, CALICO_BOTH, BOTH, CILIUM, CILIUM_BOTH = CNIS = (
    "cni: calico 3.30\n",
    f"cni: calico 3.32\n{INSTALLED}{ALLOW}",
    "cni: kubernetes\ninstalled: [clusternetworkpolicy]\n" + ALLOW,
    "cni: cilium 1.18\n",
    "cni: cilium 1.20\ninstalled: [clusternetworkpolicy]\n" + ALLOW,
)
TIER_BEHIND = 2_000_000
KEYS = ("ingress", "egress", "ingressDeny", "egressDeny")


def weakened(body: Body) -> Iterator[tuple[str, Body | None]]:
    """Yield what somebody could make of the object of a denial, None being nothing, each with how it is called."""
    yield "taken away", None
    if body["kind"] == "Tier":
        for order in (TIER_BEHIND, 1_500):
            yield f"order {order}", {**body, "spec": {**body["spec"], "order": order}}
        return
    for key in KEYS:
        for number, rule in enumerate(body["spec"].get(key, ())):
            if "Deny" in key or rule["action"] == "Deny":
                yield from ((f"{key} {number} {how}", one) for how, one in _rules(body, key, number))
    yield from _places(body)


def _rules(body: Body, key: str, number: int) -> Iterator[tuple[str, Body]]:
    """Yield *body* without the rule *number*, and with one that does not deny."""
    gone = deepcopy(body)
    del gone["spec"][key][number]
    yield "is gone", gone
    if "Deny" in key:
        allows = deepcopy(gone)
        allows["spec"].setdefault(key.removesuffix("Deny"), []).append(body["spec"][key][number])
        yield "allows", allows
        return
    for action in ("Accept" if body["kind"] == "ClusterNetworkPolicy" else "Allow", "Pass"):
        other = deepcopy(body)
        other["spec"][key][number]["action"] = action
        yield action, other


def _places(body: Body) -> Iterator[tuple[str, Body]]:
    """Yield *body* in another tier, and for other pods."""
    spec = body["spec"]
    if "tier" in spec:
        other = "Baseline" if spec["tier"] == "Admin" else "default"
        yield f"tier {other}", {**body, "spec": {**spec, "tier": other}}


@pytest.mark.parametrize("cni", CNIS)
def test_each_denial_that_is_lost_or_weakened_is_found(cni: str) -> None:
    """Whatever is taken from a denial, or done to the tier in which it stands, although nobody opens it yet."""
    meant = load(*SPECS, platform(f"{cni}{CLAIMS}")).intent
    made = [one.body for one in api.render(meant)]
    assert codes(meant, made) == set()
    unseen, tried = [], 0
    for place, body in enumerate(made):
        if "never" not in body["metadata"]["name"] and body["kind"] != "Tier":
            continue
        for how, one in weakened(body):
            found = codes(meant, [*made[:place], *([one] if one else []), *made[place + 1 :]])
            is_seen = found & {"not-closed", "never-broken"} or (body["kind"] == "Tier" and not one and found)
            unseen += [] if is_seen else [f"{body['kind']} {body['metadata']['name']}: {how}: {found}"]
            tried += 1
    assert unseen == []
    assert tried > 3 * len(meant.denials) - 1


def codes(meant: Intent, made: list[Body]) -> set[str]:
    """Return the codes of what is found in *made*."""
    documents = read("\n---\n".join(map(dumps, made)), "m.yaml", Dialect.MANIFEST).documents
    return {one.code for one in prove(meant, documents, (), cni=meant.cni).findings}
