"""An Intent -> a cluster in which somebody stands wherever what is rendered of it makes a difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from random import Random
from typing import Any

from engine import Port, Question
from netgen.intent import Addresses, Everybody, Intent, Peer, Pods, Selector
from writing import plainly

Body = dict[str, Any]

ELSEWHERE = "elsewhere"
"""A namespace that no policy names."""
NODE = "172.31.0.1"
OUTSIDE = ("198.51.100.9", "2001:db8:ffff::9")
PROTOCOLS = ("TCP", "UDP", "SCTP")


@dataclass(frozen=True)
class Pod:
    """A pod by what policies can ask of it."""

    namespace: str
    labels: tuple[tuple[str, str], ...] = ()
    account: str = ""


def populated(name: str, intent: Intent, policies: list[Body]) -> Question:
    """Return the question who reaches whom in a cluster with *policies*, which were rendered of *intent*.

    In it stand pods that are what each selector asks for and pods that almost are, in their namespaces and elsewhere; a
    pod on the host network, and addresses in and beside each block. The ports are those of the flows, and neighbours.
    """
    people = dict.fromkeys([*wanted(intent), *(Pod(space) for space in (*spaces(intent), ELSEWHERE))])
    placed = dict(zip(homes(), people, strict=False))
    assert len(placed) == len(people)
    others = [one for one in dict.fromkeys([*OUTSIDE, *beside(intent)]) if one not in placed and one != NODE]
    manifests = plainly([*policies, *objects(placed)])
    return Question(name, manifests, (*placed, NODE, *others), tuple(dict.fromkeys(ports(intent))))


def sampled(question: Question, chance: Random, *, ends: int, ports: int) -> Question:
    """Return some of *question*: half of the ends are pods."""
    pods = [one for one in question.addresses if one.startswith(("10.244.", "fd00::"))]
    others = [one for one in question.addresses if one not in pods]
    few = [*chance.sample(pods, min(len(pods), ends // 2)), *chance.sample(others, min(len(others), ends - ends // 2))]
    some = chance.sample(question.ports, min(ports, len(question.ports)))
    return Question(question.name, question.manifests, tuple(few), tuple(some))


def objects(placed: dict[str, Pod]) -> Iterator[Body]:
    """Yield the Namespaces, accounts and Pods of *placed*, by address, and one pod on the host network."""
    for space in dict.fromkeys(pod.namespace for pod in placed.values()):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}
    for number, (address, pod) in enumerate(placed.items()):
        yield body(f"p{number}", pod, address)
    yield body("on-host", next(iter(placed.values())), NODE, hostNetwork=True)


def body(name: str, pod: Pod, address: str, **spec: Any) -> Body:
    """Return a Pod."""
    spec |= {"containers": [{"name": "c"}]} | ({"serviceAccountName": pod.account} if pod.account else {})
    metadata = {"name": name, "namespace": pod.namespace, "labels": dict(pod.labels)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"podIP": address}}


def homes() -> Iterator[str]:
    """Yield addresses for pods, of both families."""
    yield from (
        f"10.244.{number >> 8}.{number & 255}" if number % 3 else f"fd00::{number:x}" for number in range(2, 4000)
    )


def peers(intent: Intent) -> Iterator[Peer | Everybody]:
    """Yield all ends of the flows and denials, and the pods of apps."""
    for app in intent.apps:
        yield app.pods
    for flow in intent.flows:
        yield from (flow.source, flow.target)
    for denial in intent.denials:
        yield from (denial.subject, *denial.peers)


def spaces(intent: Intent) -> list[str]:
    """Return all namespaces that are named."""
    found = [one.namespace for one in intent.isolated]
    for peer in peers(intent):
        if isinstance(peer, Pods):
            found += [peer.namespace] if peer.namespace else list(peer.beyond)
    return list(dict.fromkeys(found))


def wanted(intent: Intent) -> Iterator[Pod]:
    """Yield pods that are as the Intent selects them, and others that almost are."""
    for peer in dict.fromkeys(one for one in peers(intent) if isinstance(one, Pods)):
        for space in (peer.namespace,) if peer.namespace else (*peer.beyond[:1], ELSEWHERE):
            yield from nearly(peer.selector, space)
        yield Pod(ELSEWHERE, labels(peer.selector), peer.selector.account)


def nearly(selector: Selector, space: str) -> Iterator[Pod]:
    """Yield a pod that *selector* means, and pods that lack a label or have one too many."""
    own, account = labels(selector), selector.account
    yield Pod(space, own, account)
    yield Pod(space, own[:-1], account)
    if account:
        yield Pod(space, own, "another")
    for one in selector.expressions:
        if one.operator in ("NotIn", "DoesNotExist"):
            yield Pod(space, (*own, (one.key, (one.values or ("any",))[0])), account)


def labels(selector: Selector) -> tuple[tuple[str, str], ...]:
    """Return labels that *selector* means."""
    found = dict(selector.labels)
    for one in selector.expressions:
        if one.operator in ("In", "Exists"):
            found.setdefault(one.key, (one.values or ("any",))[0])
    return tuple(found.items())


def beside(intent: Intent) -> Iterator[str]:
    """Yield the first and last address of each block and exception, and those before and after it."""
    blocks = [block for peer in peers(intent) if isinstance(peer, Addresses) for block in peer.blocks]
    for cidr in dict.fromkeys(cidr for block in blocks for cidr in (block.cidr, *block.excluded)):
        network = ip_network(cidr)
        edges = (int(network.network_address), int(network.broadcast_address))
        for edge in (edges[0] - 1, *edges, edges[1] + 1):
            if 0 < edge < 2**network.max_prefixlen - 1:
                yield str(type(network.network_address)(edge))


def ports(intent: Intent) -> Iterable[Port]:
    """Yield the ports that the flows and denials name, their neighbours, and what has no port."""
    numbers = {1, 53, 65535}
    for match in (one for each in (*intent.flows, *intent.denials) for one in each.ports):
        for edge in (match.port, match.last):
            numbers |= {edge + step for step in (-1, 0, 1)} if edge else set()
    for protocol in PROTOCOLS:
        yield from ((protocol, number) for number in sorted(numbers) if 0 < number < 65536)
    yield from (("ICMP", 8), ("ICMPv6", 128), ("OTHER", 1))
