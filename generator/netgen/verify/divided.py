"""Rules in the parts in which a CNI takes them that wants one protocol in each, and addresses of one family."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netgen.evaluate.objects.model import BlockPeer, Peer, PortRule, Rule
from netgen.evaluate.sets import FIRST, LAST

_Peers = tuple[Peer, ...] | None
_Ports = tuple[PortRule, ...] | None


def divided(rule: Rule) -> Iterator[Rule]:
    """Yield the parts of *rule*, which together match what it does."""
    for ports in _by_protocol(rule.ports):
        for peers in _by_kind(rule.peers):
            yield rule if (peers, ports) == (rule.peers, rule.ports) else replace(rule, peers=peers, ports=ports)


def _by_protocol(ports: _Ports) -> Iterator[_Ports]:
    if ports is None or len(ports) == 1:
        yield ports
        return
    for protocol in dict.fromkeys(one.protocol for one in sorted(ports, key=lambda one: str(one.protocol))):
        same = tuple(one for one in ports if one.protocol == protocol)
        every = next((one for one in same if one.name is None and (one.low, one.high) == (FIRST, LAST)), None)
        yield (every,) if every else _joined(same)


def _joined(ports: tuple[PortRule, ...]) -> tuple[PortRule, ...]:
    """Return *ports* of one protocol as the fewest ranges, in order; those that have names come last."""
    found: list[PortRule] = []
    for one in sorted((one for one in ports if one.name is None), key=lambda one: (one.low, one.high)):
        if found and one.low <= found[-1].high + 1:
            found[-1] = found[-1]._replace(high=max(one.high, found[-1].high))
        else:
            found.append(one)
    return (*found, *(one for one in ports if one.name is not None))


def _by_kind(peers: _Peers) -> Iterator[_Peers]:
    """Yield the blocks without exclusions by their family, and everything else alone."""
    if peers is None:
        yield None
        return
    others = [one for one in peers if not isinstance(one, BlockPeer)]
    yield from ((one,) for one in others)
    for is_six in (False, True) if len(others) < len(peers) else ():
        blocks = [one for one in peers if isinstance(one, BlockPeer) and (":" in one.block.cidr) is is_six]
        whole = tuple(one for one in blocks if not one.block.excepts)
        yield from (whole,) if whole else ()
        yield from ((one,) for one in blocks if one.block.excepts)
