"""Ends that are neither pods nor in a block, held against what a spec names: entities, and addresses by DNS name."""

from __future__ import annotations

from netgen.evaluate.endpoints import Endpoint, Kind
from netgen.evaluate.names import is_match
from netgen.evaluate.objects.model import Entity
from netgen.intent import Addresses, Entities, HostName
from netgen.verify.ideal import name_pattern


def is_meant(peer: Entities | HostName, end: Endpoint) -> bool:
    """Return whether *peer* means *end*: of nodes of which it is not known which ones they are, it may."""
    if isinstance(peer, HostName):
        return end.kind is Kind.NAME and is_match(name_pattern(peer), end.example)
    entities = {Entity(one) for one in peer.names}
    if Entity.WORLD in entities and (end.kind in (Kind.ADDRESSES, Kind.NAME) or end.is_outside):
        return True
    if end.kind is Kind.NODE or end.host_network:
        return not entities.isdisjoint((Entity.HOST, Entity.REMOTE_NODE))
    is_other_node = end.entity is Entity.KUBE_APISERVER and not end.is_outside
    return end.entity in entities or (is_other_node and Entity.REMOTE_NODE in entities)


def is_everywhere(peer: Addresses, end: Endpoint) -> bool:
    """Return whether *end*, which is in no block, is meant by *peer* since it has all addresses."""
    is_outside = end.kind is Kind.NAME or end.is_outside
    return is_outside and any(block.cidr.endswith("/0") for block in peer.blocks)
