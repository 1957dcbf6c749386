"""What is rendered for Calico is what the Intent says: no object more, no rule wider."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from intents import CALICO, CART, HTTPS, NAME, OWN, SPOT, WEB, app, denial, flow, intent
from netgen import api
from netgen.intent import (
    EVERY_POD,
    EVERYBODY,
    Addresses,
    Block,
    Entities,
    Entity,
    Expression,
    HostName,
    Intent,
    IsolatedNamespace,
    Peer,
    Pods,
    PortMatch,
    Request,
    Selector,
)
from netgen.problems import Problem
from netgen.profiles import Feature, table, version_text
from netgen.render import Manifest, render
from netgen.source import Dialect, read
from netgen.write import lay_out
from netgen.write.leftovers import Leftover, left_over
from specs import apps, document, load, platform, refused

POD = "projectcalico.org/orchestrator == 'k8s'"
CART_PODS, WEB_PODS = (f"app.kubernetes.io/name == '{name}'" for name in ("cart", "web"))
EVERY_POD_OF_ALL = {"selector": POD, "namespaceSelector": "all()"}
WORLD = Addresses((Block("0.0.0.0/0", ("10.0.0.0/8",)), Block("::/0")), pods=False)
CNP = "networkpolicy.projectcalico.org"
SERVER = Entities((Entity.KUBE_APISERVER,))


def made(**parts: Any) -> tuple[Manifest, ...]:
    """Render *parts* for Calico."""
    return render(intent(cni="calico", **parts))


def only(**parts: Any) -> Manifest:
    """Render *parts* for Calico and return the one object that comes of them."""
    (manifest,) = made(**parts)
    return manifest


def specs(*manifests: Manifest) -> dict[str, dict[str, Any]]:
    """Return the specs of *manifests* by kind and name."""
    return {f"{one.kind} {one.name}": one.body["spec"] for one in manifests}


def opened(peer: Peer, *ports: PortMatch, **changes: Any) -> list[dict[str, Any]]:
    """Return the rules by which the cart reaches *peer*."""
    one = replace(flow(app(), peer, *ports), **changes)
    policy = next(one for one in made(apps=(app(),), flows=(one,)) if one.kind == "NetworkPolicy")
    return list(policy.body["spec"]["egress"])


APP = """\
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata:
  name: cart
  namespace: checkout
  labels:
    app.kubernetes.io/managed-by: netgen
    app.kubernetes.io/name: cart
  annotations:
    team: "42"
spec:
  order: 1100
  # holds money
  selector: "app.kubernetes.io/name == 'cart'"
  types:
    - Ingress
    - Egress
  ingress:
    # storefront/web -> checkout/cart:8080 (why: nightly export)
    - action: Allow
      protocol: TCP
      source:
        selector: "app.kubernetes.io/name == 'web' && projectcalico.org/orchestrator == 'k8s'"
        namespaceSelector: "projectcalico.org/name == 'storefront'"
      destination:
        ports:
          - 8080
  # egress: nobody
"""
NAMESPACE = """\
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata:
  name: shop--isolate-namespace
  namespace: checkout
  labels:
    app.kubernetes.io/managed-by: netgen
spec:
  order: 2000
  # every pod that no other policy opens
  selector: "all()"
  types:
    - Ingress
    - Egress
  # ingress: nobody
  # egress: nobody
"""
TIER = """\
apiVersion: projectcalico.org/v3
kind: Tier
metadata:
  name: netgen
  labels:
    app.kubernetes.io/managed-by: netgen
spec:
  # what it does not deny is left to the tiers behind it
  order: 500
  defaultAction: Pass
"""
CLUSTERWIDE = """\
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: netgen.shop-never
  labels:
    app.kubernetes.io/managed-by: netgen
spec:
  tier: netgen
  order: 100
  namespaceSelector: "has(projectcalico.org/name)"
  selector: "all()"
  types:
    - Egress
  egress:
    # never: any -> 169.254.169.254 (why: it gives credentials)
    - action: Deny
      destination:
        nets:
          - "169.254.169.254/32"
"""


def test_a_policy_of_an_app_reads_like_its_spec() -> None:
    """The whole text: who, on which port, and nobody where nothing is opened; the types are always there."""
    cart = app(why="holds money", annotations=(("team", "42"),))
    one = flow(app(WEB), cart, PortMatch("TCP", 8080), intent="storefront/web -> checkout/cart:8080")
    one = replace(one, source_app=None, why="nightly export")
    assert only(apps=(cart,), flows=(one,)).text == APP


def test_a_closed_namespace_opens_nothing() -> None:
    """It comes last, and denies nobody: what no policy opens is closed at the end of the tier."""
    assert only(isolated=(IsolatedNamespace("checkout", "shop", (OWN,), (), SPOT),)).text == NAMESPACE


def test_a_denial_of_the_platform_is_of_every_namespace() -> None:
    """It is the cluster's and speaks of what is in a namespace, so that it holds no node; its tier comes first."""
    one = denial(
        name="netgen.shop-never", subject=Pods(None), intent="any -> 169.254.169.254", why="it gives credentials"
    )
    tier, policy = made(denials=(one,))
    assert (tier.text, policy.text) == (TIER, CLUSTERWIDE)
    assert {(one.namespace, one.kind) for one in (tier, policy)} == {("", "Tier"), ("", "GlobalNetworkPolicy")}


# ---------------------------------------------------------------------------------------------------------------- peers


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        (Pods("checkout"), {"selector": POD}),
        (Pods("checkout", Selector((("a", "b"),))), {"selector": f"a == 'b' && {POD}"}),
        (Pods("other"), {"selector": POD, "namespaceSelector": "projectcalico.org/name == 'other'"}),
        (Pods(None), EVERY_POD_OF_ALL),
        (Addresses((Block("192.0.2.0/24"), Block("192.0.3.0/24"))), {"nets": ["192.0.2.0/24", "192.0.3.0/24"]}),
        (
            Addresses((Block("10.0.0.0/8", ("10.1.0.0/16", "10.2.0.0/16")),)),
            {"nets": ["10.0.0.0/8"], "notNets": ["10.1.0.0/16", "10.2.0.0/16"]},
        ),
    ],
)
def test_a_peer_is_one_end_of_a_rule(peer: Peer, expected: dict[str, Any]) -> None:
    """Selectors ask for pods, since they match sets of addresses too; the own namespace is that of the policy."""
    assert opened(peer) == [{"action": "Allow", "destination": expected}]


def test_a_rule_has_addresses_of_one_family() -> None:
    """And what one block leaves out is not left out of another."""
    blocks = (Block("10.0.0.0/8", ("10.1.0.0/16",)), Block("192.0.2.0/24"), Block("2001:db8::/32"))
    ends = [one["destination"] for one in opened(Addresses(blocks))]
    assert ends == [
        {"nets": ["192.0.2.0/24"]},
        {"nets": ["10.0.0.0/8"], "notNets": ["10.1.0.0/16"]},
        {"nets": ["2001:db8::/32"]},
    ]


def test_more_addresses_than_a_rule_may_have_are_several_rules() -> None:
    """256 each."""
    blocks = tuple(Block(f"10.{number // 256}.{number % 256}.0/24") for number in range(300))
    found = [one["destination"]["nets"] for one in opened(Addresses(blocks))]
    assert [len(nets) for nets in found] == [256, 44]
    assert [net for nets in found for net in nets] == [block.cidr for block in blocks]


def test_a_service_account_is_selected() -> None:
    """It is a label that Calico gives: of the pods that a policy holds, and of a peer."""
    robot = app(selector=Selector(((NAME, "cart"),), account="robot"))
    policy = only(apps=(robot,), flows=(flow(robot.pods, robot),)).body["spec"]
    selector = f"{CART_PODS} && projectcalico.org/serviceaccount == 'robot'"
    assert policy["selector"] == selector
    assert policy["ingress"] == [{"action": "Allow", "source": {"selector": f"{selector} && {POD}"}}]


def test_the_api_server_is_a_service() -> None:
    """Whose endpoints have the port, so that the rule names none; elsewhere its addresses have to be known."""
    service = {"services": {"name": "kubernetes", "namespace": "default"}}
    assert opened(SERVER, PortMatch("TCP")) == [{"action": "Allow", "destination": service}]
    loaded = load(apps("web: {calls: [cluster/apiserver]}"), platform("cni: calico 3.30\n"))
    assert [one.target for one in loaded.intent.flows if "apiserver" in one.intent] == [SERVER]
    assert [one.code for one in loaded.problems] == []
    known = platform("cni: calico 3.30\napiserver: [192.0.2.1:6443]\n")
    (found,) = [
        one.target
        for one in load(apps("web: {calls: [cluster/apiserver]}"), known).intent.flows
        if "apiserver" in one.intent
    ]
    assert found == Addresses((Block("192.0.2.1/32"),))
    (problem,) = refused(apps("web: {port: 80, accepts: [cluster/apiserver]}"), platform("cni: calico 3.30\n"))
    assert (problem.code, problem.message) == (
        "unenforceable-apiserver",
        "a policy of calico 3.30 knows the API server only by its addresses, which no platform names",
    )


def test_everybody_is_no_end_at_all() -> None:
    """A rule that names nobody means every pod, node and address."""
    one = replace(flow(app(), app()), source=EVERYBODY, source_app=None)
    assert only(apps=(app(),), flows=(one,)).body["spec"]["ingress"] == [{"action": "Allow"}]


# ---------------------------------------------------------------------------------------------------------------- ports


def test_ports_are_numbers_and_ranges() -> None:
    """A rule has one protocol; a port without one would be refused, and every port of a protocol is none."""
    ports = (PortMatch("TCP", 53), PortMatch("TCP", 8000, 8010), PortMatch("UDP", 53))
    assert [(one["protocol"], one["destination"]["ports"]) for one in opened(Pods("x"), *ports)] == [
        ("TCP", [53, "8000:8010"]),
        ("UDP", [53]),
    ]
    (every,) = opened(Pods("x"), PortMatch("TCP"))
    assert (every["protocol"], "ports" in every["destination"]) == ("TCP", False)
    (anything,) = opened(Pods("x"))
    assert "protocol" not in anything


def test_more_ports_than_a_rule_may_have_are_several_rules() -> None:
    """50 each."""
    found = opened(Pods("x"), *(PortMatch("TCP", 8000 + number) for number in range(101)))
    assert [len(one["destination"]["ports"]) for one in found] == [50, 50, 1]


# ---------------------------------------------------------------------------------------------------------------- world


def test_the_world_is_all_addresses_but_no_pods() -> None:
    """Pods are denied first, by what they are; the policy comes behind all that opens something to pods."""
    one = flow(WORLD, app(), PortMatch("TCP", 80), intent="internet -> checkout/cart:80")
    found = specs(*made(apps=(app(),), flows=(one,)))
    ports = {"ports": [80]}
    assert found["NetworkPolicy cart"] == {"order": 1100, "selector": CART_PODS, "types": ["Ingress", "Egress"]}
    assert found["NetworkPolicy cart--world"] == {
        "order": 2000,
        "selector": CART_PODS,
        "types": ["Ingress"],
        "ingress": [
            {"action": "Deny", "protocol": "TCP", "source": EVERY_POD_OF_ALL, "destination": ports},
            {
                "action": "Allow",
                "protocol": "TCP",
                "source": {"nets": ["0.0.0.0/0"], "notNets": ["10.0.0.0/8"]},
                "destination": ports,
            },
            {"action": "Allow", "protocol": "TCP", "source": {"nets": ["::/0"]}, "destination": ports},
        ],
    }


def test_the_first_policy_says_where_the_world_is() -> None:
    """Whoever reads that nobody is let in finds out who is."""
    one = flow(WORLD, app(), PortMatch("TCP", 80))
    texts = [one.text for one in made(apps=(app(),), flows=(one,))]
    assert ["  # ingress: nobody here: see cart--world\n" in text for text in texts] == [True, False]
    assert ["  # egress: nobody\n" in text for text in texts] == [True, False]


def test_nothing_is_assumed_of_pods_and_the_world() -> None:
    """Without knowing a range of addresses, a pod is not let in where the world is."""
    loaded = load(apps("web: {port: 80, expose: loadBalancer, calls: [internet:443]}"), platform("cni: calico 3.30\n"))
    assert [one.code for one in loaded.problems] == []
    assert api.prove(loaded.intent, render(loaded.intent)).findings == ()


# ------------------------------------------------------------------------------------------------------------ externals

EXTERNALS = """\
cni: calico 3.30
externals:
  erp: ['tcp://10.20.0.0/16:1433', 'tcp://192.0.2.7:1433']
  mixed: ['tcp://10.30.0.0/16:1433', 'udp://10.31.0.0/16:1434']
"""
ERP = "netgen.dev/external == 'erp' && !has(projectcalico.org/orchestrator)"


def test_an_external_is_a_set_of_addresses() -> None:
    """Once in each namespace whose apps speak of it; the rule selects it by its label, and no pod with that label."""
    spec = apps("web: {port: 80, calls: [external/erp]}\njob: {port: 81, accepts: [external/erp]}")
    loaded = load(spec, platform(EXTERNALS)).intent
    found = specs(*(one for one in render(loaded) if "calico" in one.api_version))
    assert found["NetworkSet external-erp"] == {"nets": ["10.20.0.0/16", "192.0.2.7/32"]}
    rules = [found["NetworkPolicy web"]["egress"][-1], found["NetworkPolicy job"]["ingress"][0]]
    assert [rules[0]["destination"], rules[1]["source"]] == [{"selector": ERP, "ports": [1433]}, {"selector": ERP}]
    assert api.prove(loaded, render(loaded)).findings == ()


def test_an_external_that_the_platform_allows_is_one_set_for_all_namespaces() -> None:
    """The addresses stand in one place, whoever's apps are opened to them; what an app calls itself is its own set."""
    specs = [apps("web: {port: 80, calls: [external/erp]}"), apps("job: {port: 81}", "batch")]
    allowed = platform(EXTERNALS + "allow: [any -> external/erp, external/erp -> batch/job]\n")
    intent = load(*specs, allowed).intent
    manifests = render(intent)
    sets = [one.body for one in manifests if one.kind.endswith("NetworkSet")]
    assert [(one["kind"], one["metadata"].get("namespace"), one["spec"]["nets"]) for one in sets] == [
        ("GlobalNetworkSet", None, ["10.20.0.0/16", "192.0.2.7/32"]),
        ("NetworkSet", "shop", ["10.20.0.0/16", "192.0.2.7/32"]),
    ]
    job = next(one.body["spec"] for one in manifests if one.name == "job" and one.kind == "NetworkPolicy")
    whole = {"selector": ERP, "namespaceSelector": "global()"}
    assert whole in [rule["source"] for rule in job["ingress"]]
    assert {**whole, "ports": [1433]} in [rule["destination"] for rule in job["egress"]]
    assert api.prove(intent, manifests).findings == ()
    lost = [one for one in manifests if one.kind != "GlobalNetworkSet"]
    assert api.prove(intent, lost).findings != ()


def test_an_external_with_several_ports_is_written_out() -> None:
    """A set would open every port at every address of it."""
    found = load(apps("web: {port: 80, calls: [external/mixed]}"), platform(EXTERNALS)).intent
    listed = specs(*(one for one in render(found) if "calico" in one.api_version))
    assert list(listed) == ["NetworkPolicy web"]
    ends = [(rule["destination"].get("nets"), rule["protocol"]) for rule in listed["NetworkPolicy web"]["egress"][2:]]
    assert ends == [(["10.30.0.0/16"], "TCP"), (["10.31.0.0/16"], "UDP")]


# -------------------------------------------------------------------------------------------------------------- denials


def test_a_denial_is_in_a_tier_that_closes_nothing_else() -> None:
    """There is a rule for each peer, with the ports; what it does not deny goes to the tiers behind."""
    peers = (Pods("a"), Addresses((Block("192.0.2.0/24"),)))
    tier, policy = made(denials=(denial(direction="ingress", peers=peers, ports=(HTTPS,)),))
    assert tier.body["spec"] == {"order": 500, "defaultAction": "Pass"}
    ports = {"ports": [8443]}
    assert policy.body["spec"] == {
        "tier": "netgen",
        "order": 100,
        "selector": CART_PODS,
        "types": ["Ingress"],
        "ingress": [
            {
                "action": "Deny",
                "protocol": "TCP",
                "source": {"selector": POD, "namespaceSelector": "projectcalico.org/name == 'a'"},
                "destination": ports,
            },
            {"action": "Deny", "protocol": "TCP", "source": {"nets": ["192.0.2.0/24"]}, "destination": ports},
        ],
    }


def test_a_denial_of_the_world_passes_pods_on() -> None:
    """It comes behind those that deny pods, of which it would pass some on."""
    _, policy = made(denials=(denial(direction="ingress", peers=(WORLD,)),))
    assert policy.body["spec"]["order"] > 100
    assert policy.body["spec"]["ingress"] == [
        {"action": "Pass", "source": EVERY_POD_OF_ALL},
        {"action": "Deny", "source": {"nets": ["0.0.0.0/0"], "notNets": ["10.0.0.0/8"]}},
        {"action": "Deny", "source": {"nets": ["::/0"]}},
    ]


def test_a_denial_of_some_namespaces_names_the_others() -> None:
    """What is in no namespace is not held: a node is in none."""
    subject = Pods(None, EVERY_POD, ("monitoring", "ops"))
    _, policy = made(denials=(denial(subject=subject),))
    expected = "has(projectcalico.org/name) && projectcalico.org/name not in {'monitoring', 'ops'}"
    assert policy.body["spec"]["namespaceSelector"] == expected


CLAIMS = """
apps:
  db: {port: 5432/tcp, accepts: [cron/job]}
never:
  - internet -> db
  - any except cron/* -> db
"""


@pytest.mark.parametrize(("version", "denied"), [("3.28", 0), ("3.29", 2), ("3.32", 2)])
def test_claims_are_denied_where_there_are_tiers(version: str, denied: int) -> None:
    """And have names that begin with the tier, and no other dot."""
    cron = document("apps: {job: {calls: [shop/db]}}\n", "cron")
    loaded = load(document(CLAIMS), cron, platform(f"cni: calico {version}\n"))
    names = [one.name for one in loaded.intent.denials]
    assert len(names) == denied
    assert all(re.fullmatch(r"netgen\.[a-z0-9-]+", name) for name in names)
    proof = api.prove(loaded.intent, render(loaded.intent))
    assert (proof.findings, proof.enforced) == ((), denied)


@pytest.mark.parametrize(
    ("ranges", "denied"),
    [
        ("", False),
        ("ranges: {nodes: [192.168.0.0/24]}\n", False),
        ("ranges: {nodes: [192.168.0.0/24]}\napiserver: [192.168.0.1:6443]\n", True),
    ],
)
def test_the_internet_is_denied_to_pods_where_it_is_known_what_is_none(ranges: str, *, denied: bool) -> None:
    """Else a deny of all addresses would cut off nodes and API servers with it."""
    found = load(document("apps: {web: 80}\nnever: [web -> internet]\n"), platform(f"cni: calico 3.30\n{ranges}"))
    assert bool(found.intent.denials) is denied
    assert [one.code for one in found.problems] == ([] if denied else ["not-denied"])


@pytest.mark.parametrize(
    ("spec", "ranges", "denied"),
    [
        ("apps: {web: 80}\nnever: [internet -> web]\n", "", True),
        ("apps: {web: 80}\nnever: [internet -> here/*]\n", "", False),
        ("apps: {web: 80}\nnever: [internet -> here/*]\n", "ranges: {nodes: [192.168.0.0/24]}\n", False),
        (
            "apps: {web: 80}\nnever: [internet -> here/*]\n",
            "ranges: {nodes: [192.168.0.0/24]}\napiserver: [192.168.0.1:6443]\n",
            True,
        ),
        ("apps: {web: 80}\n", "never: [internet -> any]\n", False),
        ("apps: {web: {port: 80, isolate: egress}}\nnever: [internet -> web]\n", "", False),
    ],
)
def test_nodes_are_not_denied_with_the_internet_where_no_app_is_closed_to_them(
    spec: str, ranges: str, *, denied: bool
) -> None:
    """Nobody opens the nodes to pods that no spec closes, so that a deny of every address would cut them off."""
    found = load(document(spec), platform(f"cni: calico 3.30\n{ranges}"))
    assert bool(found.intent.denials) is denied
    assert [one.code for one in found.problems] == ([] if denied else ["not-denied"])


def test_an_api_server_beside_the_nodes_is_no_internet() -> None:
    """No claim rules it out, and no deny of the internet cuts it off."""
    spec = document("apps: {web: {port: 80, calls: [cluster/apiserver], accepts: [cluster/apiserver]}}\n")
    claims = "never: [any except kube-system/* -> internet, internet -> any]\n"
    cluster = "ranges: {nodes: [192.168.0.0/24]}\napiserver: [10.9.0.5:6443, '[2001:db8::5]:6443']\n"
    loaded = load(spec, platform(f"cni: calico 3.30\n{cluster}{claims}"))
    manifests = render(loaded.intent)
    proof = api.prove(loaded.intent, manifests)
    assert (proof.findings, proof.enforced) == ((), 2)
    excluded = [
        end["notNets"]
        for one in manifests
        if one.kind == "GlobalNetworkPolicy"
        for rule in (*one.body["spec"].get("egress", ()), *one.body["spec"].get("ingress", ()))
        for end in (rule.get("destination", rule.get("source")),)
        if "nets" in end
    ]
    assert excluded == [["10.9.0.5/32", "192.168.0.0/24"], ["2001:db8::5/128"]] * 2


# ---------------------------------------------------------------------------------------------------------------- stage


def test_a_staged_app_opens_and_closes_nothing() -> None:
    """Its policies are of the staged kinds; nobody enforces them, so that the pods are as open as without."""
    spec = document("stage: audit\nisolate: namespace\napps: {web: {port: 80, expose: loadBalancer}}\n")
    loaded = load(spec, platform("cni: calico 3.30\n"))
    found = render(loaded.intent)
    policies = [one for one in found if "calico" in one.api_version]
    assert {one.kind for one in policies} == {"StagedNetworkPolicy"}
    assert {one.body["spec"]["stagedAction"] for one in policies} == {"Set"}
    assert api.prove(loaded.intent, found).findings == ()
    assert [one.code for one in loaded.problems] == ["audit-only"]
    (problem,) = refused(spec, platform("cni: calico 3.29\n"))
    assert problem.code == "unenforceable-stage"


@pytest.mark.parametrize(("claim", "codes"), [("job -> db", []), ("job -> web", ["never-broken"])])
def test_a_denial_holds_while_apps_are_staged(claim: str, codes: list[str]) -> None:
    """And what breaks a claim once they are enforced is told before."""
    body = "apps: {web: 80, db: 81, job: {calls: [web]}}\n"
    loaded = load(document(f"stage: audit\n{body}never: [{claim}]\n"), platform("cni: calico 3.30\n"))
    assert [one.code for one in api.prove(loaded.intent, render(loaded.intent)).findings] == codes


# ----------------------------------------------------------------------------------------------------------- as a whole


def asked(*ports: PortMatch, **changes: Any) -> Intent:
    """Return an Intent with a flow that Calico cannot filter."""
    return intent(apps=(app(),), flows=(replace(flow(app(), app(CART), *ports), **changes),))


def called(peer: Peer) -> Intent:
    """Return an Intent in which the cart calls *peer*."""
    return intent(apps=(app(),), flows=(flow(app(), peer),))


WIDER: dict[str, Callable[[], Intent]] = {
    "an app of every pod": lambda: intent(apps=(app(selector=EVERY_POD),)),
    "no addresses": lambda: called(Addresses(())),
    "entities": lambda: called(Entities((Entity.WORLD,))),
    "a host name": lambda: called(HostName("a.example")),
    "the API server as a caller": lambda: intent(apps=(app(),), flows=(flow(SERVER, app()),)),
    "the API server at a port": lambda: asked(PortMatch("TCP", 443), target=SERVER, target_app=None),
    "everybody at a port": lambda: intent(
        apps=(app(),), flows=(replace(flow(app(), app(), HTTPS), source=EVERYBODY, source_app=None),)
    ),
    "requests": lambda: asked(PortMatch("TCP", 80), requests=(Request((), "/a"),)),
    "lookups": lambda: asked(PortMatch("TCP", 53), looks_up=True),
    "a denial of nobody": lambda: intent(denials=(denial(peers=()),)),
    "a denial of both": lambda: intent(denials=(denial(peers=(WORLD, Pods("a"))),)),
    "a selector that ends early": lambda: intent(apps=(app(selector=Selector((("a", "b' || has(c)"),))),)),
    "two sets of one name": lambda: intent(
        apps=(app(),),
        flows=tuple(flow(app(), Addresses((Block(cidr),), "erp")) for cidr in ("10.0.0.0/8", "192.0.2.0/24")),
    ),
    "a set without pods": lambda: called(Addresses((Block("10.0.0.0/8"),), "erp", pods=False)),
}


@pytest.mark.parametrize("name", WIDER)
def test_what_would_be_wider_is_not_rendered(name: str) -> None:
    """No spec comes to that: it is a fault of netgen."""
    with pytest.raises(ValueError, match=r"."):
        render(replace(WIDER[name](), cni="calico"))


def test_what_denies_comes_first_and_what_is_referred_to_before_it() -> None:
    """The objects of the cluster, then of each namespace: sets, denials, apps, what closes the rest."""
    places = [(one.namespace, one.kind, one.name) for one in render(CALICO) if "calico" in one.api_version]
    assert places == [
        ("", "Tier", "netgen"),
        ("", "GlobalNetworkPolicy", "netgen.shop-never-two"),
        ("checkout", "NetworkSet", "external-erp"),
        ("checkout", "NetworkPolicy", "netgen.shop-never"),
        ("checkout", "NetworkPolicy", "cart"),
        ("checkout", "NetworkPolicy", "cart--world"),
        ("checkout", "NetworkPolicy", "shop--isolate-namespace"),
        ("storefront", "StagedNetworkPolicy", "web"),
    ]


def test_what_is_the_clusters_has_a_file_of_its_own() -> None:
    """As the clusterwide policies of Cilium have."""
    files = lay_out(render(CALICO))
    assert {"cluster.yaml", "checkout.yaml", "storefront.yaml"} <= set(files)
    assert files["cluster.yaml"].count(b"kind: ") == 2


def test_no_selector_spans_lines() -> None:
    """A line break in one makes Calico ignore its policy, and leaves the pods open."""
    texts = [one.text for one in render(CALICO)]
    selectors = re.findall(r"elector: (.*)\n", "".join(texts))
    assert selectors
    assert all(re.fullmatch(r'"[ -~]+"', one) for one in selectors)


def test_pods_of_every_namespace_are_pods() -> None:
    """What asks for a label that is not there would match addresses too, were it not asked to be a pod."""
    one = flow(app(), Pods(None, Selector((), (Expression("a", "DoesNotExist"),))))
    (rule,) = only(apps=(app(),), flows=(one,)).body["spec"]["egress"]
    assert rule["destination"] == {"selector": f"!has(a) && {POD}", "namespaceSelector": "all()"}


def test_what_is_rendered_no_more_goes_before_what_it_refers_to() -> None:
    """The tier of denials is deleted last: while it has policies, Calico does not let it go."""
    bodies = [one.body for one in render(CALICO) if "calico" in one.api_version]
    assert [f"{one} {one.remark}".strip() for one in left_over(bodies, [])] == [
        f"-n checkout {CNP}/shop--isolate-namespace pods that no other policy selects are open then",
        "-n storefront stagednetworkpolicy.projectcalico.org/web",
        f"-n checkout {CNP}/cart its pods are open then",
        f"-n checkout {CNP}/cart--world its pods are open then",
        "globalnetworkpolicy.projectcalico.org/netgen.shop-never-two what it denies stays closed until then",
        f"-n checkout {CNP}/netgen.shop-never what it denies stays closed until then",
        "-n checkout networkset.projectcalico.org/external-erp",
        "tier.projectcalico.org/netgen",
    ]


def test_pods_that_another_cni_s_policies_hold_stay_closed() -> None:
    """Whoever changes the CNI deletes the old policies when the new ones are there."""
    old, new = (render(intent(cni=cni, apps=(app(),))) for cni in ("kubernetes", "calico"))
    found = left_over([one.body for one in old], [one.body for one in new])
    assert found == (Leftover("checkout", "networkpolicy.networking.k8s.io/cart"),)


RAW = """\
apps: {web: 8080}
raw:
  - apiVersion: projectcalico.org/v3
    kind: NetworkSet
    metadata: {name: office, labels: {office: "yes"}}
    spec: {nets: [192.0.2.0/24]}
  - apiVersion: projectcalico.org/v3
    kind: NetworkPolicy
    metadata: {name: more}
    spec:
      order: 1500
      selector: app.kubernetes.io/name == 'web'
      types: [Ingress]
      ingress: [{action: Allow, source: {selector: office == 'yes'}}]
"""


def test_raw_objects_of_calico_are_proved_with_the_rest() -> None:
    """What one opens beyond the spec is found at its line; another plugin does not know it."""
    loaded = load(document(RAW), platform("cni: calico 3.30\n"))
    found = api.prove(loaded.intent, render(loaded.intent)).findings
    places = {(one.code, one.place and one.place.text.strip()) for one in found}
    assert places == {("not-closed", "ingress: [{action: Allow, source: {selector: office == 'yes'}}]")}
    codes = [one.code for one in refused(document(RAW), platform("cni: cilium\n"))]
    assert codes == ["bad-raw", "bad-raw"]


PAGE = (Path(__file__).parents[1] / "docs" / "calico.md").read_text(encoding="utf-8")


def test_the_page_about_calico_has_the_versions_of_the_table() -> None:
    """Which versions there are, and what came later than the first."""
    known = table("calico").versions
    first, last = version_text(known[0]), version_text(known[-1])
    assert f"netgen knows Calico {first} to {last}." in PAGE
    assert f"without one it is taken for {first}." in PAGE
    for feature in (Feature.DENY, Feature.AUDIT):
        since = table("calico").cells[feature].since
        assert since is not None
        assert f" | {version_text(since)} |" in PAGE


# ---------------------------------------------------------------------------------------------------- proved and judged

ROOT = Path(__file__).parents[1]
EXAMPLES = [path.parent.name for path in sorted((ROOT / "specs").glob("*/expect.csv")) if "storefront" not in str(path)]
SHOP = (
    document(
        """
isolate: namespace
apps:
  web:
    why: what customers see
    serviceAccount: web
    ports: {main: 8080, media: 9000-9010/udp}
    service: {headless: true}
    expose: [{loadBalancer: {name: web-external, ports: [main]}}]
    calls: [db, "internet:443", external/erp, cluster/apiserver, "tcp://10.20.0.0/16:1433", ledger/books]
    accepts: {any: media}
  db: {port: 5432/tcp}
never:
  - internet -> db
  - {from: any, except: [here/*], to: db, why: it has the orders}
"""
    ),
    document("stage: audit\napps: {books: {port: 9000, accepts: [shop/web]}}\n", "ledger"),
    platform(
        "cni: calico 3.30\nnever: [any -> 169.254.169.254]\n"
        "externals: {erp: ['tcp://192.0.2.7:1433', 'tcp://[2001:db8::7]:1433']}\n"
    ),
)


def stream(*documents: str) -> str:
    """Return what *documents* render."""
    return api.stream(render(load(*documents).intent), "yaml")


def test_a_spec_with_all_of_it_renders_its_golden_file(pytestconfig: pytest.Config) -> None:
    """A change of the output is seen, read and committed, never made by the way."""
    golden = ROOT / "tests" / "golden" / "calico" / "shop.yaml"
    if pytestconfig.getoption("--update-golden"):
        golden.write_text(stream(*SHOP), encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == stream(*SHOP)


def test_it_passes_kubeconform(kubeconform: Callable[[str], list[str]]) -> None:
    """Every object has the fields of its kind and no others; so has every part that an Intent can have."""
    assert kubeconform(stream(*SHOP)) == []
    assert kubeconform(api.stream(render(CALICO), "yaml")) == []


def test_kustomize_reads_the_folder_as_it_was_written(tmp_path: Path, kustomize: Callable[[Path], str]) -> None:
    """It knows none of these kinds, and leaves them alone."""
    manifests = render(load(*SHOP).intent)
    api.write(manifests, tmp_path / "out")
    built = read(kustomize(tmp_path / "out"), "built", Dialect.MANIFEST).documents
    assert [document.data for document in built] == [manifest.body for manifest in manifests]


@pytest.mark.parametrize("system", EXAMPLES)
def test_every_example_is_proved_on_calico(system: str, kubeconform: Callable[[str], list[str]]) -> None:
    """Those that ask for no more than NetworkPolicies can."""
    loaded = api.load(ROOT / "specs" / system, cni="calico 3.30")
    manifests = api.render(loaded.intent)
    proof = api.prove(loaded.intent, manifests)
    assert (proof.findings, proof.claims) == ((), proof.enforced)
    assert kubeconform(api.stream(manifests, "yaml")) == []


def broken() -> dict[str, list[dict[str, Any]]]:
    """Return what the spec renders, each time without one object or one rule, or with a change of one of them."""
    whole = [one.body for one in render(load(*SHOP).intent)]
    counted = [number for number, body in enumerate(whole) if "calico" in body["apiVersion"]]
    found = {}
    for number in counted:
        body = whole[number]
        name = f"{body['kind']} {body['metadata']['name']}"
        if body["kind"].startswith("Staged"):
            continue
        found[f"without {name}"] = whole[:number] + whole[number + 1 :]
        for key in ("ingress", "egress"):
            for index in range(len(body["spec"].get(key, ()))):
                changed = deepcopy(whole)
                del changed[number]["spec"][key][index]
                found[f"{name} without {key} {index}"] = changed
    return found


BROKEN = broken()


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_lost_is_found(name: str) -> None:
    """No object and no rule is there in vain."""
    intent = load(*SHOP).intent
    found = api.verify(intent, ["-"], stdin=yaml.safe_dump_all(BROKEN[name]).encode()).findings
    assert {one.code for one in found} - {"policy-differs"}


def changed(kind: str, name: str, **spec: Any) -> list[Problem]:
    """Return what is found where the *spec* of an object has other values."""
    intent = load(*SHOP).intent
    bodies = [one.body for one in render(intent)]
    (body,) = [one for one in bodies if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    body["spec"] |= spec
    return list(api.verify(intent, ["-"], stdin=yaml.safe_dump_all(bodies).encode()).findings)


def test_what_was_changed_is_told() -> None:
    """By the object, and what the spec means instead."""
    (cause, *_) = changed("Tier", "netgen", defaultAction="Deny")
    assert cause.message == (
        "GlobalNetworkPolicy.projectcalico.org netgen.example-never-any-to-169-254-169-254 is in the tier netgen, "
        "whose end is closed, at 300; the spec means the tier netgen at 300"
    )
    codes = {one.code for one in changed("NetworkPolicy", "web", selector="all()")}
    assert codes >= {"policy-differs", "not-closed"}
