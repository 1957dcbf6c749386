"""A template that is broken renders nothing that is called proved, unless it means the same."""

from __future__ import annotations

import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
import pytest

from broken_templates import Broken, broken
from intents import CALICO, CILIUM, FULL
from mutants import Body
from netgen import api
from netgen.intent import Intent
from netgen.problems import NetgenError
from netgen.render import Manifest, templates
from netgen.resources import folder
from test_mutants import DIFFERENT, policies, routes
from witnesses import World

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parents[1]
BROKEN = list(broken(folder("templates")))
NAMES = sorted({one.template for one in BROKEN})
CILIUMS = "cilium/policy.yaml.j2"
CALICOS = [name for name in NAMES if name.startswith("calico/")]
TIERED = "clusternetworkpolicy/policy.yaml.j2"
GATEWAY = "gateway/httproute.yaml.j2"
REFUSALS = (jinja2.TemplateError, NetgenError, RuntimeError, ValueError, TypeError, AttributeError, KeyError)

MORE = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: more, namespace: more}
isolate: namespace
apps:
  web:
    port: 80 -> 8080/http
    expose: [{url: "https://more.example.com/a", match: exact}, {url: "https://more.example.com/b"}]
    calls: [here/*, "internet:443", "udp://203.0.113.0/24:123", "pay/*:9090"]
  job:
    select: {matchLabels: {app: job}, matchExpressions: [{key: run, operator: Exists}]}
    service: false
    port: 7070
    accepts: [web, any]
  store:
    ports: {client: 2379/tcp, peer: 2380/udp}
    service: {headless: true}
    isolate: ingress
    dns: true
    accepts: [here/*]
  one:
    port: 81 -> 8081
    expose: [{loadBalancer: {class: example.com/lb}}, {loadBalancer: {name: two, externalTrafficPolicy: Local}}]
  three:
    port: 8082
    expose: [{loadBalancer: {clients: [203.0.113.0/24]}}, {nodePort: {name: four, ports: {main: 30001}}}]
raw:
  - apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed}
    spec: {podSelector: {matchLabels: {app.kubernetes.io/name: store}}, policyTypes: [Ingress]}
---
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: example}
ranges: {pods: [10.244.0.0/16], services: [10.96.0.0/12]}
entrypoints: {public: {ingress: nginx}}
"""

GUARDED = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: pay, namespace: pay}
apps:
  api: {port: 9090, calls: [db]}
  db: 5432/tcp
  old:
    select:
      matchLabels: {app: old}
      matchExpressions: [{key: run, operator: Exists}, {key: t, operator: In, values: [a]}]
    port: 7070
    service: false
---
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: example}
installed: [clusternetworkpolicy]
ranges: {pods: [10.244.0.0/16], nodes: [192.168.10.0/24]}
apiserver: [192.168.10.5:6443]
never:
  - any except pay/* and monitoring/* -> pay/db
  - any -> 169.254.169.254
  - {from: pay/*, to: elsewhere/*, ports: [1, 3/udp, 7000-7010]}
  - {from: any, to: pay/old, except: [pay/api]}
  - pay/old -> 198.51.100.0/24
allow:
  - any -> observability/otel:4317
"""
ROUTED = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web:
    port: 80 -> 8080
    expose: [https://shop.example.com, {url: https://shop.example.com/login, match: exact}]
  api:
    ports: {http: 8080, admin: 9090}
    expose: {http: https://api.example.com/api}
---
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: example}
entrypoints: {public: {gateway: infra/public:https, controller: envoy-gateway, annotations: {example.com/a: b}}}
"""

ORDER = ("missed", "wrongly named", "unproven", "caught", "refused", "equal", "same")

Use = Callable[[Broken | None], None]


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Use]:
    """Have the real loader read the templates from a folder where one is broken."""
    copied = tmp_path / "templates"
    shutil.copytree(folder("templates"), copied)
    texts = {name: (copied / name).read_text(encoding="utf-8") for name in NAMES}

    def put(one: Broken | None) -> None:
        for name, text in texts.items():
            wanted = one.text if one and one.template == name else text
            if (copied / name).read_text(encoding="utf-8") != wanted:
                (copied / name).write_text(wanted, encoding="utf-8")
                forget(name)

    with monkeypatch.context() as patch:
        patch.setattr(templates, "folder", lambda _name: copied)
        templates.environment.cache_clear()
        yield put
    templates.environment.cache_clear()


def forget(template: str) -> None:
    """Have *template* be read again; the others need not be compiled once more."""
    cache = templates.environment().cache
    for key in [key for key in cache or {} if key[1] == template]:
        del (cache or {})[key]


def intents() -> list[Intent]:
    """Return an Intent that has all parts, an example, and what those two leave out."""
    example = (ROOT / "specs" / "services" / "spec.yaml").read_text(encoding="utf-8")
    return [FULL, *(api.load("-", stdin=text.encode()).intent for text in (example, MORE))]


def services(bodies: list[Body]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return what decides where each Service leads, with the defaults of the API."""
    found = {}
    for body in bodies:
        if body["kind"] == "Service":
            spec = body["spec"]
            ports = [
                (port["port"], port.get("targetPort", port["port"]), port.get("protocol", "TCP"), port.get("nodePort"))
                for port in spec.get("ports", [])
            ]
            found[body["metadata"]["namespace"], body["metadata"]["name"]] = (
                *(spec.get("type", "ClusterIP"), spec.get("selector"), spec.get("clusterIP"), sorted(ports, key=str)),
                *(spec.get("externalTrafficPolicy", "Cluster"), spec.get("internalTrafficPolicy", "Cluster")),
                *(
                    sorted(spec.get("loadBalancerSourceRanges", [])),
                    spec.get("loadBalancerClass"),
                    spec.get("externalIPs"),
                ),
            )
    return found


def is_equal(intent: Intent, before: list[Body], after: list[Body]) -> bool:
    """Return whether both mean the same: by the naive evaluator, and by what Services and Ingresses say."""
    return (
        services(before) == services(after)
        and sorted(routes(before)) == sorted(routes(after))
        and not list(World(intent, policies(before), policies(after)).differences())
    )


def outcome(intent: Intent, before: tuple[Manifest, ...]) -> str:
    """Return what comes of rendering *intent* with the broken template, of which *before* is what it should be."""
    bodies = [manifest.body for manifest in before]
    try:
        after = api.render(intent)
    except REFUSALS:
        return "refused"
    changed = [manifest.body for manifest in after]
    if changed == bodies:
        return "same"
    findings = api.prove(intent, after).findings
    if not findings:
        return "equal" if is_equal(intent, bodies, changed) else "missed"
    told = [one.message for one in findings if one.code in DIFFERENT and not one.message.startswith("and ")]
    if told:
        world = World(intent, policies(bodies), policies(changed))
        return "caught" if any(world.is_so(message) for message in told) else "wrongly named"
    return "caught" if {one.code for one in findings} - {"unproven"} else "unproven"


@pytest.mark.parametrize("template", [name for name in NAMES if name not in (CILIUMS, TIERED, GATEWAY, *CALICOS)])
def test_a_broken_template_is_found(template: str, use: Use) -> None:
    """What it renders is refused, or refuted with a connection that is another, or means the same."""
    use(None)
    usual = [(intent, api.render(intent)) for intent in intents()]
    assert [api.prove(intent, manifests).findings for intent, manifests in usual] == [()] * len(usual)
    seen: Counter[str] = Counter()
    told: list[str] = []
    for one in BROKEN:
        if one.template == template:
            use(one)
            found = {outcome(intent, manifests) for intent, manifests in usual}
            told += [f"{one.how}: {what}" for what in sorted(found & {"missed", "wrongly named", "unproven"})]
            seen[next(what for what in ORDER if what in found)] += 1
    sys.stdout.write(f"{template}: {dict(seen)}\n")
    assert told == []
    assert seen["same"] + seen["equal"] < seen["caught"] + seen["refused"]


def said(value: Any) -> Any:
    """Return *value* without empty selectors of namespaces, which are as good as none."""
    if isinstance(value, dict):
        return {key: said(one) for key, one in value.items() if (key, one) != ("namespaceSelector", "")}
    return [said(one) for one in value] if isinstance(value, list) else value


def outcome_for(intent: Intent, before: tuple[Manifest, ...]) -> str:
    """Return what comes of rendering *intent* with the broken template, of which *before* is what it should be."""
    try:
        after = api.render(intent)
    except REFUSALS:
        return "refused"
    if [said(manifest.body) for manifest in after] == [manifest.body for manifest in before]:
        return "same"
    findings = api.prove(intent, after).findings
    if not findings:
        return "proved"
    return "caught" if {one.code for one in findings} - {"unproven"} else "unproven"


def test_a_broken_template_for_cilium_is_found(use: Use) -> None:
    """What it renders is refused or refuted, but for an item that stands in its list twice, which changes nothing."""
    use(None)
    usual = api.render(CILIUM)
    assert api.prove(CILIUM, usual).findings == ()
    seen: Counter[str] = Counter()
    told: list[str] = []
    for one in BROKEN:
        if one.template == CILIUMS:
            use(one)
            what = outcome_for(CILIUM, usual)
            seen[what] += 1
            told += [f"{one.how}: {what}"] if what in ("proved", "unproven") else []
    sys.stdout.write(f"{CILIUMS}: {dict(seen)}\n")
    assert [one for one in told if not re.search(r", - .*: twice: proved$", one)] == []
    assert seen["same"] < seen["caught"] + seen["refused"]


@pytest.mark.parametrize("template", CALICOS)
def test_a_broken_template_for_calico_is_found(template: str, use: Use) -> None:
    """The same, where nothing is staged: what nobody enforces is not proved."""
    use(None)
    intent = replace(CALICO, apps=tuple(replace(one, staged=False) for one in CALICO.apps))
    usual = api.render(intent)
    assert api.prove(intent, usual).findings == ()
    seen: Counter[str] = Counter()
    told: list[str] = []
    for one in BROKEN:
        if one.template == template:
            use(one)
            what = outcome_for(intent, usual)
            seen[what] += 1
            told += [f"{one.how}: {what}"] if what in ("proved", "unproven") else []
    sys.stdout.write(f"{template}: {dict(seen)}\n")
    assert [one for one in told if not re.search(r", - .*: twice: proved$", one)] == []
    assert seen["caught"] + seen["refused"]


@pytest.mark.parametrize(("template", "text"), [(TIERED, GUARDED), (GATEWAY, ROUTED)], ids=["tiers", "routes"])
def test_a_broken_template_for_the_cluster_and_for_routes_is_found(template: str, text: str, use: Use) -> None:
    """What it renders is refused or refuted, but for an item twice in its list, and for a kind that is the default."""
    use(None)
    intent = api.load("-", stdin=text.encode()).intent
    usual = api.render(intent)
    assert api.prove(intent, usual).findings == ()
    seen: Counter[str] = Counter()
    told: list[str] = []
    for one in BROKEN:
        if one.template == template:
            use(one)
            what = outcome_for(intent, usual)
            seen[what] += 1
            told += [f"{one.how}: {what}"] if what in ("proved", "unproven") else []
    sys.stdout.write(f"{template}: {dict(seen)}\n")
    assert [one for one in told if not re.search(r", (- .*: twice|kind: Gateway: dropped): proved$", one)] == []
    assert seen["same"] < seen["caught"] + seen["refused"]
