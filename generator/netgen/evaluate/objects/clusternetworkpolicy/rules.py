"""The rules of a direction of a ClusterNetworkPolicy, as they follow each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netgen.evaluate.objects.clusternetworkpolicy.known import Known, listed
from netgen.evaluate.objects.clusternetworkpolicy.peers import SIDES, peers
from netgen.evaluate.objects.clusternetworkpolicy.ports import ports
from netgen.evaluate.objects.model import Action, Direction, NamePeer, PodPeer, PortRule, Rule, Selector
from netgen.evaluate.objects.values import MalformedError, fields, text
from netgen.evaluate.sets import Protocol
from netgen.source import Spot

_ACTIONS = {"Accept": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS}
_LONGEST_NAME = 100
_WITHOUT_PORTS = ("networks", "nodes", "domainNames")

DNS = PodPeer(Selector(), Selector((("k8s-app", "kube-dns"),)))
"""The pods that Cilium takes for the DNS servers of the cluster."""
_DNS_PORTS = tuple(
    PortRule(protocol, name=name)
    for name in ("dns", "dns-tcp")
    for protocol in (Protocol.TCP, Protocol.UDP, Protocol.SCTP)
)


def rules(value: object, spot: Spot, direction: Direction, known: Known) -> tuple[Rule, ...]:
    """Return the rules of *direction*."""
    found = enumerate(listed(value, spot, least=0))
    return tuple(rule for index, (item, at) in found for rule in _rule(item, at, index, direction, known))


def _rule(value: object, spot: Spot, index: int, direction: Direction, known: Known) -> Iterator[Rule]:
    side = SIDES[direction]
    found = fields(value, frozenset(("name", "action", side, "protocols")), spot)
    if len(text(found.get("name", ""), spot.at("name"))) > _LONGEST_NAME:
        raise MalformedError(f"the name of a rule has at most {_LONGEST_NAME} characters", spot.at("name"))
    action = _action(found.get("action"), spot.at("action"))
    if side not in found:
        raise MalformedError(f"a rule needs {side}; there is no rule about everybody", spot)
    meant = peers(found[side], spot.at(side), direction, action, known)
    listed_ports = ports(found.get("protocols"), spot.at("protocols"))
    if any(port.name is not None for port in listed_ports or ()):
        _check_peers(found[side], spot.at("protocols"))
    yield Rule(meant, listed_ports, index, spot, action)
    names = tuple(peer.pattern for peer in meant if isinstance(peer, NamePeer))
    if names:
        # Cilium adds this by itself, for names that are looked up are those that it learns the addresses of.
        yield Rule((DNS,), _DNS_PORTS, index, spot, action, lookups=names)


def _action(value: object, spot: Spot) -> Action:
    if not isinstance(value, str) or value not in _ACTIONS:
        raise MalformedError(f"{value!r} is none of the actions {', '.join(_ACTIONS)}", spot)
    return _ACTIONS[value]


def _check_peers(value: Any, spot: Spot) -> None:
    """Raise MalformedError where a rule with the name of a port has peers that give none."""
    keys = {key for peer in value for key in peer}
    bad = next((key for key in _WITHOUT_PORTS if key in keys), None)
    if bad is not None:
        raise MalformedError(f"a rule with {bad} has no destinationNamedPort, since only pods name ports", spot)
