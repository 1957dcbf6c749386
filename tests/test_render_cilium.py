"""What is rendered for Cilium is what the Intent says: no object more, no rule wider."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hostile import PAYLOADS
from intents import CART, CILIUM, HTTPS, NAME, OWN, SPOT, WEB, app, denial, flow, intent
from netgen import api
from netgen.check import check
from netgen.intent import (
    EVERY_POD,
    EVERYBODY,
    Addresses,
    Denial,
    Entities,
    Entity,
    Expression,
    Flow,
    HostName,
    Intent,
    IsolatedNamespace,
    Peer,
    Pods,
    PortMatch,
    Request,
    Selector,
)
from netgen.render import Manifest, render
from netgen.source import Dialect, read
from netgen.write import lay_out
from netgen.write.leftovers import Leftover, left_over
from test_cli import run
from test_injection import blanks

SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
isolate: namespace
apps:
  web: {port: 80, calls: [db]}
  db: 5432/tcp
"""
PLATFORM = """\
---
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: cloud}
cni: cilium 1.19
never: [any -> 169.254.169.254]
"""
POD_NAMESPACE = "k8s:io.kubernetes.pod.namespace"
CNP = "ciliumnetworkpolicy.cilium.io"


def made(**parts: Any) -> tuple[Manifest, ...]:
    """Render *parts* for Cilium."""
    return render(intent(cni="cilium", **parts))


def only(**parts: Any) -> Manifest:
    """Render *parts* for Cilium and return the one object that comes of them."""
    (manifest,) = made(**parts)
    return manifest


def rule(made_of: Flow, section: str = "ingress") -> dict[str, Any]:
    """Return the one rule of the cart for a flow."""
    (found,) = only(apps=(app(),), flows=(made_of,)).body["spec"][section]
    return dict(found)


def opened(peer: Peer, *ports: PortMatch, **changes: Any) -> dict[str, Any]:
    """Return the rule by which the cart reaches *peer*."""
    return rule(replace(flow(app(), peer, *ports), **changes), "egress")


APP = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: cart
  namespace: checkout
  labels:
    app.kubernetes.io/managed-by: netgen
    app.kubernetes.io/name: cart
  annotations:
    team: "42"
spec:
  # holds money
  endpointSelector:
    matchLabels:
      "k8s:app.kubernetes.io/name": cart
  ingress:
    # storefront/web -> checkout/cart:8080 (why: nightly export)
    - fromEndpoints:
        - matchLabels:
            "k8s:app.kubernetes.io/name": web
            "k8s:io.kubernetes.pod.namespace": storefront
      toPorts:
        - ports:
            - port: "8080"
              protocol: TCP
          rules:
            http:
              - path: "/orders(\\\\?[!-~]*)?"
                method: POST
  # nobody
  egress:
    - {}
"""
NAMESPACE = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: shop.isolate-namespace
  namespace: checkout
  labels:
    app.kubernetes.io/managed-by: netgen
spec:
  # every pod that no other policy opens
  endpointSelector: {}
  # nobody
  ingress:
    - {}
  # nobody
  egress:
    - {}
"""
CLUSTERWIDE = """\
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata:
  name: shop.never
  labels:
    app.kubernetes.io/managed-by: netgen
spec:
  endpointSelector:
    matchExpressions:
      - key: "k8s:io.kubernetes.pod.namespace"
        operator: Exists
  enableDefaultDeny:
    ingress: false
    egress: false
  egressDeny:
    # never: any -> 169.254.169.254 (why: it gives credentials)
    - toCIDRSet:
        - cidr: "169.254.169.254/32"
"""


def test_a_policy_of_an_app_reads_like_its_spec() -> None:
    """The whole text: who, on which port, which requests, and nobody where nothing is opened."""
    cart = app(why="holds money", annotations=(("team", "42"),))
    one = flow(app(WEB), cart, PortMatch("TCP", 8080), intent="storefront/web -> checkout/cart:8080")
    one = replace(one, requests=(Request(("POST",), "/orders"),), source_app=None, why="nightly export")
    assert only(apps=(cart,), flows=(one,)).text == APP


def test_a_closed_namespace_opens_nothing() -> None:
    """The empty selector is the namespace's, and both directions are closed."""
    assert only(isolated=(IsolatedNamespace("checkout", "shop", (OWN,), (), SPOT),)).text == NAMESPACE


def test_a_denial_of_every_namespace_is_the_clusters() -> None:
    """It has no namespace, closes nothing, and speaks of pods: nodes and the like have no namespace."""
    one = denial(subject=Pods(None), intent="any -> 169.254.169.254", why="it gives credentials")
    found = only(denials=(one,))
    assert (found.text, found.namespace) == (CLUSTERWIDE, "")


# ---------------------------------------------------------------------------------------------------------------- peers


def test_pods_of_every_namespace_are_pods() -> None:
    """A selector without a namespace would be the policy's own, and one by what is not there would be anybody."""
    expression = Expression("a", "DoesNotExist")
    (pods,) = opened(Pods(None, Selector((), (expression,))))["toEndpoints"]
    assert pods == {
        "matchExpressions": [
            {"key": "k8s:a", "operator": "DoesNotExist"},
            {"key": POD_NAMESPACE, "operator": "Exists"},
        ]
    }


def test_pods_of_the_own_namespace_name_it() -> None:
    """A rule means the same wherever it is read."""
    assert opened(Pods("checkout"))["toEndpoints"] == [{"matchLabels": {POD_NAMESPACE: "checkout"}}]


def test_a_service_account_is_a_label_of_its_own() -> None:
    """It selects the subject and the peer."""
    robot = app(selector=Selector(((NAME, "cart"),), account="robot"))
    policy = only(apps=(robot,), flows=(flow(robot.pods, robot),)).body["spec"]
    account = {"k8s:io.cilium.k8s.policy.serviceaccount": "robot", f"k8s:{NAME}": "cart"}
    assert policy["endpointSelector"] == {"matchLabels": account}
    assert policy["ingress"][0]["fromEndpoints"] == [{"matchLabels": {**account, POD_NAMESPACE: "checkout"}}]


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        (Entities((Entity.REMOTE_NODE, Entity.WORLD)), {"toEntities": ["remote-node", "world"]}),
        (HostName("api.example.com"), {"toFQDNs": [{"matchName": "api.example.com"}]}),
        (HostName("*.example.com"), {"toFQDNs": [{"matchPattern": "**.example.com"}]}),
    ],
)
def test_what_has_a_name_is_written_by_it(peer: Peer, expected: dict[str, Any]) -> None:
    """Entities and host names; a wildcard of any depth has two stars."""
    assert opened(peer) == expected


def test_everybody_is_one_entity() -> None:
    """A rule that names nobody would be refused or mean nobody."""
    one = replace(flow(app(), app()), source=EVERYBODY, source_app=None)
    assert rule(one) == {"fromEntities": ["all"]}


# ---------------------------------------------------------------------------------------------------------------- ports


def test_every_port_of_a_protocol_is_the_port_zero() -> None:
    """So Cilium's engine has it: all ports of TCP, and none of UDP."""
    assert opened(Pods("x"), PortMatch("TCP"))["toPorts"] == [{"ports": [{"port": "0", "protocol": "TCP"}]}]


def test_a_range_has_its_last_port() -> None:
    """The last one is a number, where the first is a text."""
    (item,) = opened(Pods("x"), PortMatch("UDP", 10000, 10100))["toPorts"]
    assert item == {"ports": [{"port": "10000", "endPort": 10100, "protocol": "UDP"}]}


def test_more_ports_than_an_item_may_have_are_several_items() -> None:
    """An item has 40; every one of them has the filter."""
    ports = tuple(PortMatch("TCP", 8000 + number) for number in range(81))
    items = rule(replace(flow(Pods("x"), app(), *ports), requests=(Request((), "/a"),)))["toPorts"]
    assert [len(item["ports"]) for item in items] == [40, 40, 1]
    assert [port["port"] for item in items for port in item["ports"]] == [str(8000 + number) for number in range(81)]
    assert {len(item["rules"]["http"]) for item in items} == {1}


def test_requests_are_methods_and_paths_and_stand_at_the_callee() -> None:
    """Each method has an item; without methods there is none. The caller's half opens the port."""
    requests = (Request(("GET", "PUT"), "/a/*"), Request((), "/b/**"))
    one = replace(flow(app(WEB), app(), PortMatch("TCP", 80)), requests=requests)
    cart, web = (one.body["spec"] for one in made(apps=(app(), app(WEB)), flows=(one,)))
    assert cart["ingress"][0]["toPorts"][0]["rules"]["http"] == [
        {"path": "/b([/?][!-~]*)?"},
        {"path": "/a/[!-.0->@-~]+(\\?[!-~]*)?", "method": "GET"},
        {"path": "/a/[!-.0->@-~]+(\\?[!-~]*)?", "method": "PUT"},
    ]
    assert web["egress"][0]["toPorts"] == [{"ports": [{"port": "80", "protocol": "TCP"}]}]


def test_dns_is_listened_to_where_names_are_called() -> None:
    """Every name may be asked for; what is answered for those that are called is opened."""
    ports = (PortMatch("TCP", 53), PortMatch("UDP", 53))
    (item,) = opened(Pods("kube-system"), *ports, looks_up=True)["toPorts"]
    assert item["rules"] == {"dns": [{"matchPattern": "*"}]}
    assert "rules" not in opened(Pods("kube-system"), *ports)["toPorts"][0]


# -------------------------------------------------------------------------------------------------------------- denials


def test_a_denial_denies_and_isolates_nothing() -> None:
    """There is a rule for each peer, with the ports, in the section of its direction; nothing is allowed."""
    one = denial(direction="ingress", peers=(Pods("a"), Entities((Entity.WORLD,))), ports=(HTTPS,))
    spec = only(denials=(one,)).body["spec"]
    ports = [{"ports": [{"port": "8443", "protocol": "TCP"}]}]
    assert spec == {
        "endpointSelector": {"matchLabels": {f"k8s:{NAME}": "cart"}},
        "enableDefaultDeny": {"ingress": False, "egress": False},
        "ingressDeny": [
            {"fromEndpoints": [{"matchLabels": {POD_NAMESPACE: "a"}}], "toPorts": ports},
            {"fromEntities": ["world"], "toPorts": ports},
        ],
    }


def test_a_denial_of_some_namespaces_names_the_others() -> None:
    """What is of every namespace but two is pods still."""
    subject = Pods(None, EVERY_POD, ("monitoring", "ops"))
    found = only(denials=(denial(subject=subject),)).body["spec"]["endpointSelector"]
    assert found == {
        "matchExpressions": [
            {"key": POD_NAMESPACE, "operator": "NotIn", "values": ["monitoring", "ops"]},
            {"key": POD_NAMESPACE, "operator": "Exists"},
        ]
    }


def test_what_denies_comes_first() -> None:
    """It cuts nothing that is opened, and whatever is opened before it could be what is never to be."""
    manifests = render(CILIUM)
    places = [(one.namespace, one.name) for one in manifests if "Policy" in one.kind]
    assert places == [
        ("", "shop.never-two"),
        ("checkout", "shop.never"),
        ("checkout", "cart"),
        ("checkout", "shop.isolate-namespace"),
        ("open", "shop.never-three"),
        ("storefront", "web"),
    ]


def asked(*ports: PortMatch, looks_up: bool = False) -> Intent:
    """Return an Intent with a filter on *ports*, of requests or of names."""
    requests = () if looks_up else (Request((), "/a"),)
    one = flow(app(), app(CART), *ports)
    return intent(apps=(app(),), flows=(replace(one, requests=requests, looks_up=looks_up),))


WIDER: dict[str, Callable[[], Intent]] = {
    "an app of every pod": lambda: intent(apps=(app(selector=EVERY_POD),)),
    "no addresses": lambda: intent(apps=(app(),), flows=(flow(Addresses(()), app()),)),
    "no entities": lambda: intent(apps=(app(),), flows=(flow(Entities(()), app()),)),
    "everybody at a port": lambda: intent(
        apps=(app(),), flows=(replace(flow(app(), app(), HTTPS), source=EVERYBODY, source_app=None),)
    ),
    "requests at every port": asked,
    "requests at every port of TCP": lambda: asked(PortMatch("TCP")),
    "requests at a port of UDP": lambda: asked(PortMatch("UDP", 80)),
    "names at every port": lambda: asked(looks_up=True),
    "names at a range": lambda: asked(PortMatch("UDP", 53, 54), looks_up=True),
    "names at SCTP": lambda: asked(PortMatch("SCTP", 53), looks_up=True),
    "nobody denied": lambda: intent(denials=(denial(peers=()),)),
    "a host name denied": lambda: intent(denials=(denial(peers=(HostName("a.example.com"),)),)),
    "the node denied": lambda: intent(denials=(denial(peers=(Entities((Entity.HOST, Entity.WORLD)),)),)),
}


@pytest.mark.parametrize("make", WIDER.values(), ids=WIDER)
def test_what_would_be_written_wider_is_not_written(make: Callable[[], Intent]) -> None:
    """An Intent that Cilium would take for more, or refuse, stops the rendering."""
    with pytest.raises(ValueError, match=r"\w"):
        render(replace(make(), cni="cilium"))


# ------------------------------------------------------------------------------------------------- files, and deletion


def test_objects_of_no_namespace_have_a_file(tmp_path: Path, kustomize: Callable[[Path], str]) -> None:
    """cluster.yaml is no namespace's, and kustomize builds all of them in the order of the stream."""
    manifests = render(CILIUM)
    assert set(lay_out(manifests)) == {
        *("cluster.yaml", "checkout.yaml", "open.yaml", "storefront.yaml", "kustomization.yaml", ".netgen")
    }
    api.write(manifests, tmp_path / "out")
    built = read(kustomize(tmp_path / "out"), "built", Dialect.MANIFEST).documents
    assert [one.data for one in built] == [one.body for one in manifests]
    assert api.compare(manifests, tmp_path / "out").diff == ""


def test_a_namespace_that_is_called_cluster_has_another_file() -> None:
    """No object of a namespace gets between those of the cluster."""
    named = [replace(one, namespace="cluster") for one in render(CILIUM) if one.namespace == "storefront"]
    assert set(lay_out(named)) == {"cluster_.yaml", "kustomization.yaml", ".netgen"}


def test_a_folder_of_one_namespace_and_the_cluster_may_be_moved_to_that_namespace(tmp_path: Path) -> None:
    """A kustomization that moves all to where it is anyway changes nothing: what is in no namespace is not counted."""
    (tmp_path / "spec.yaml").write_text(f"{SPEC}{PLATFORM}", encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_text("namespace: shop\nresources: [out]\n", encoding="utf-8")
    code, _, said = run("render", tmp_path / "spec.yaml", "--out", tmp_path / "out")
    assert (code, "overlay-changes" in said) == (0, False)
    assert (tmp_path / "out" / "cluster.yaml").is_file()


def bodies(spec: str, cni: str = "cilium", *denials: Denial) -> list[dict[str, Any]]:
    """Return the objects of a spec for *cni*, and of more denials."""
    loaded = api.load("-", stdin=spec.encode(), cni=cni)
    return [one.body for one in render(replace(loaded.intent, denials=denials))]


def test_what_is_gone_is_deleted_in_an_order_that_leaves_nothing_open() -> None:
    """What denies goes last, and one of the cluster is deleted without a namespace."""
    never = denial(name="shop.never", subject=Pods(None))
    assert left_over(bodies(SPEC, "cilium", never), []) == (
        *(Leftover("shop", f"service/{name}") for name in ("db", "web")),
        Leftover("shop", f"{CNP}/shop.isolate-namespace", "pods that no other policy selects are open then"),
        *(Leftover("shop", f"{CNP}/{name}", "its pods are open then") for name in ("db", "web")),
        Leftover("", "ciliumclusterwidenetworkpolicy.cilium.io/shop.never", "what it denies stays closed until then"),
    )
    assert str(left_over(bodies(SPEC, "cilium", never), bodies(SPEC))[0]) == (
        "ciliumclusterwidenetworkpolicy.cilium.io/shop.never"
    )


def test_policies_of_another_kind_hold_the_same_pods() -> None:
    """A spec that moves to Cilium's policies leaves no pod open, and neither does one that moves back."""
    plain, rich = (
        bodies(SPEC.replace("isolate: namespace\n", ""), "kubernetes"),
        bodies(SPEC.replace("isolate: namespace\n", "")),
    )
    policy = "networkpolicy.networking.k8s.io"
    assert left_over(plain, rich) == tuple(Leftover("shop", f"{policy}/{name}") for name in ("db", "web"))
    assert left_over(rich, plain) == tuple(Leftover("shop", f"{CNP}/{name}") for name in ("db", "web"))


def test_a_policy_that_closes_nothing_holds_nothing() -> None:
    """Where what is left for the same pods denies only, they are open when the old policy is gone."""
    (old,) = (one for one in bodies(SPEC) if one["metadata"]["name"] == "db" and one["kind"] != "Service")
    new = {**old, "metadata": {"name": "other", "namespace": "shop"}}
    closing, yielding = new, {**new, "spec": {**new["spec"], "enableDefaultDeny": {"ingress": False, "egress": False}}}
    assert left_over([old], [closing]) == (Leftover("shop", f"{CNP}/db"),)
    assert left_over([old], [yielding]) == (Leftover("shop", f"{CNP}/db", "its pods are open then"),)


# ------------------------------------------------------------------------------------------------------------- hostile


@pytest.mark.parametrize("text", PAYLOADS)
def test_no_text_changes_the_shape_of_a_policy(text: str) -> None:
    """Whatever stands in a label, a name, a path, a comment: the object has the fields that it has anyway."""
    hostile, plain = render(filled(text)), render(filled("x"))
    (shapes, wanted) = (
        sorted(repr(shape(one.body, said)) for one in made) for made, said in ((hostile, text), (plain, "x"))
    )
    assert shapes == wanted
    assert {one.code for one in check(hostile)} <= {"manifest-invalid"}


def filled(text: str) -> Intent:
    """Return an Intent with *text* wherever a text goes into a policy."""
    pods = Pods(text, Selector(((text, text),), (Expression(text, "In", (text,)),), text))
    cart = app(selector=pods.selector, why=text, labels=((text, text),), annotations=((text, text),))
    asking = replace(
        flow(pods, cart, PortMatch("TCP", 80), intent=text, why=text), requests=(Request((text,), f"/{text}"),)
    )
    name = flow(cart, HostName(text), intent=text)
    never = denial(name=text, subject=pods, peers=(pods,), labels=((text, text),), intent=text, why=text)
    return intent(cni="cilium", apps=(cart,), flows=(asking, name), denials=(never,))


def shape(value: object, text: str) -> object:
    """Return *value* with its keys, a mark for those that are *text*, and the types of its scalars."""
    if isinstance(value, dict):
        return {"*" if key in (text, f"k8s:{text}") else key: shape(one, text) for key, one in value.items()}
    return [shape(one, text) for one in value] if isinstance(value, list) else type(value).__name__


LEFT_OUT: dict[str, Callable[[Intent], Intent]] = {
    "labels": lambda i: replace(i, apps=tuple(replace(one, labels=(), annotations=(), why="") for one in i.apps)),
    "ports": lambda i: replace(
        i, flows=tuple(replace(one, ports=(), requests=(), looks_up=False, why="") for one in i.flows)
    ),
    "flows": lambda i: replace(i, flows=()),
    "methods": lambda i: replace(
        i, flows=tuple(replace(one, requests=tuple(Request((), each.path) for each in one.requests)) for one in i.flows)
    ),
    "denials": lambda i: replace(
        i, denials=tuple(replace(one, labels=(), annotations=(), ports=(), why="") for one in i.denials)
    ),
    "isolated": lambda i: replace(i, isolated=tuple(replace(one, labels=(), annotations=()) for one in i.isolated)),
}
ALONE = re.compile(r"spec (endpointSelector|(ingress|egress) 0)")


@pytest.mark.parametrize("leave", LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_an_intent_leaves_out_leaves_no_null(leave: Callable[[Intent], Intent]) -> None:
    """Without optional parts nothing is null or an empty list; only who is all of a namespace, or nobody, is empty."""
    manifests = render(leave(CILIUM))
    empty = {" ".join(path) for one in manifests if "Policy" in one.kind for path in blanks(one.body)}
    assert [path for path in empty if not ALONE.fullmatch(path)] == []
    assert check(manifests) == ()
