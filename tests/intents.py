"""Intents made by hand: what each part looks like, and one Intent that has all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netgen.intent import (
    Addresses,
    App,
    AppKey,
    Block,
    Denial,
    Entities,
    Entity,
    EntryPoint,
    Expression,
    Flow,
    HostName,
    Intent,
    IsolatedNamespace,
    Peer,
    Pods,
    PortMatch,
    Request,
    Route,
    Selector,
    Service,
    ServicePort,
    Tls,
)
from netgen.source import Dialect, read

SPOT = read("apps: {}\n", "spec.yaml", Dialect.SPEC).documents[0].spot()
OWN = ("app.kubernetes.io/managed-by", "netgen")
NAME = "app.kubernetes.io/name"
CART, WEB = AppKey("checkout", "cart"), AppKey("storefront", "web")
PUBLIC = EntryPoint("public", "traefik", Pods("traefik"), (("e", "1"), ("both", "1")), (("s", "2"), ("both", "2")))
HTTPS = PortMatch("TCP", 8443)


def app(key: AppKey = CART, **changes: Any) -> App:
    """Return an app that is isolated in both directions."""
    selector = Selector(((NAME, key.name),))
    plain = App(key, selector, (), True, True, False, "", (OWN, (NAME, key.name)), (), SPOT)  # noqa: FBT003
    return replace(plain, **changes)


def flow(source: Peer | App, target: Peer | App, *ports: PortMatch, intent: str = "a -> b", why: str = "") -> Flow:
    """Return a permission; an end that is an app holds its half of it."""
    ends = [(end.pods, end.key) if isinstance(end, App) else (end, None) for end in (source, target)]
    return Flow(ends[0][0], ends[1][0], ports, ends[0][1], ends[1][1], intent, why, SPOT)


def service(**changes: Any) -> Service:
    """Return a ClusterIP Service of the cart."""
    ports = (ServicePort("main", 80, 8080, "TCP"),)
    plain = Service("cart", CART, "ClusterIP", ((NAME, "cart"),), ports, (OWN,), (), "checkout/cart", spot=SPOT)
    return replace(plain, **changes)


def route(path: str = "/", **changes: Any) -> Route:
    """Return a route to the cart."""
    labels = (OWN, (NAME, "cart"))
    plain = Route("shop", PUBLIC, "shop.example.com", path, False, None, CART, "cart", 80, labels, (), spot=SPOT)  # noqa: FBT003
    return replace(plain, **changes)


def intent(**parts: Any) -> Intent:
    """Return an Intent of *parts* and nothing else."""
    return Intent(**{"apps": (), "flows": (), "services": (), "routes": (), "isolated": (), **parts})


OTHERS = Selector((("c", "d"),), (Expression("k", "NotIn", ("v", "w")),))
FULL = intent(
    apps=(
        app(why="w", annotations=(("note", "n"),)),
        app(WEB, selector=Selector((("a", "b"),), (Expression("k", "In", ("v",)),))),
    ),
    flows=(
        flow(Pods("other", OTHERS), app(), HTTPS, intent="one", why="y"),
        flow(Addresses((Block("0.0.0.0/0", ("10.0.0.0/8",)),)), app(), PortMatch("UDP"), intent="two"),
        flow(app(), Pods(None, Selector((("e", "f"),))), intent="three"),
    ),
    services=(
        service(
            type="LoadBalancer",
            ports=(ServicePort("main", 80, 8080, "TCP", "http", 30080),),
            annotations=(("note", "n"),),
            affinity_seconds=60,
            local_traffic=True,
            source_ranges=("192.0.2.0/24",),
            load_balancer_class="x/y",
        ),
    ),
    routes=(route("/p", tls=Tls("secret", (("t", "u"),)), annotations=(("r", "q"),)),),
    isolated=(IsolatedNamespace("checkout", "shop", (OWN,), (("note", "n"),), SPOT),),
)

PATHS = (Request(("GET", "POST"), "/orders/*"), Request((), "/public/**"))


def denial(**changes: Any) -> Denial:
    """Return a denial of the cloud's metadata to the cart."""
    peers = (Addresses((Block("169.254.169.254/32"),)),)
    plain = Denial("shop.never", app().pods, "egress", peers, (), (OWN,), (), "cart -> 169.254.169.254", "", SPOT)
    return replace(plain, **changes)


CILIUM = replace(
    FULL,
    cni="cilium",
    apps=(
        app(why="w", annotations=(("note", "n"),)),
        app(WEB, selector=Selector((("a", "b"),), (Expression("k", "In", ("v",)),), account="robot")),
    ),
    flows=(
        flow(Pods("other", OTHERS), app(), HTTPS, PortMatch("UDP", 7000, 7010), intent="one", why="y"),
        flow(Addresses((Block("0.0.0.0/0", ("10.0.0.0/8",)),)), app(), PortMatch("UDP"), intent="two"),
        flow(app(), Pods(None, Selector((("e", "f"),))), intent="three"),
        replace(flow(Pods("other", OTHERS), app(), PortMatch("TCP", 8080), intent="four"), requests=PATHS),
        flow(Entities((Entity.REMOTE_NODE, Entity.WORLD)), app(), HTTPS, intent="five"),
        flow(app(), HostName("api.example.com"), PortMatch("TCP", 443), intent="six"),
        flow(app(), HostName("*.example.org"), PortMatch("TCP", 443), intent="seven"),
        replace(
            flow(app(), Pods("kube-system"), PortMatch("TCP", 53), PortMatch("UDP", 53), intent="eight"), looks_up=True
        ),
    ),
    denials=(
        denial(why="it gives credentials"),
        denial(
            name="shop.never-two",
            subject=Pods(None, Selector(), ("monitoring", "ops")),
            direction="ingress",
            peers=(Entities((Entity.WORLD,)), Pods(None, Selector((("e", "f"),)))),
            ports=(PortMatch("TCP", 9090),),
            annotations=(("note", "n"),),
        ),
        denial(name="shop.never-three", subject=Pods("open")),
    ),
)
"""An Intent that has all parts of Cilium's policies, and of Services and Ingresses what FULL has."""

CALICO = replace(
    FULL,
    cni="calico",
    apps=(
        app(why="w", annotations=(("note", "n"),)),
        app(WEB, selector=Selector((("a", "b"),), (Expression("k", "In", ("v", "w")),), account="robot"), staged=True),
    ),
    flows=(
        flow(Pods("other", OTHERS), app(), HTTPS, PortMatch("UDP", 7000, 7010), intent="one", why="y"),
        flow(
            Addresses((Block("0.0.0.0/0", ("10.0.0.0/8",)), Block("::/0")), pods=False),
            app(),
            PortMatch("TCP", 80),
            intent="two",
        ),
        flow(app(), Pods(None, Selector((("e", "f"),))), intent="three"),
        flow(app(), Addresses((Block("192.0.2.0/24"),), "erp"), PortMatch("TCP", 1433), intent="four"),
        flow(app(), Entities((Entity.KUBE_APISERVER,)), PortMatch("TCP"), intent="five"),
        flow(app(), Addresses((Block("10.0.0.0/8", ("10.1.0.0/16",)),)), PortMatch("UDP"), intent="six"),
    ),
    denials=(
        denial(name="netgen.shop-never", why="it gives credentials"),
        denial(
            name="netgen.shop-never-two",
            subject=Pods(None, Selector(), ("monitoring", "ops")),
            direction="ingress",
            peers=(Addresses((Block("0.0.0.0/0"),), pods=False),),
            ports=(PortMatch("TCP", 9090),),
            annotations=(("note", "n"),),
        ),
    ),
)
"""An Intent that has all parts of Calico's policies, and of Services and Ingresses what FULL has."""
