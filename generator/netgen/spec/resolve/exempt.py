"""Sides of claims without those that are exempt: what is left, in terms of selectors and addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netgen.evaluate.objects.model import SERVICE_ACCOUNT
from netgen.intent import Addresses, Block, Entities, Entity, Expression, Peer, Pods, Selector
from netgen.spec.forms.addresses import without_contained
from netgen.spec.forms.matching import allowed, are_apart
from netgen.spec.ranges import is_inside

EVERYWHERE = (Block("0.0.0.0/0"), Block("::/0"))
_OPPOSITES = {"In": "NotIn", "NotIn": "In", "Exists": "DoesNotExist", "DoesNotExist": "Exists"}


def without(peer: Peer, exempt: Iterable[Peer]) -> tuple[Peer, ...]:
    """Return *peer* without those of *exempt*: all parts together are what is left, which may be nothing."""
    parts: tuple[Peer, ...] = (peer,)
    for one in exempt:
        parts = tuple(dict.fromkeys(left for part in parts for left in _less(part, one)))
    return parts


def _less(peer: Peer, exempt: Peer) -> Iterable[Peer]:
    match peer, exempt:
        case Pods(), Pods():
            return _pods(peer, exempt)
        case Addresses(), Addresses():
            return _addresses(peer.blocks, exempt.blocks, pods=peer.pods)
        case Addresses() | Entities((Entity.WORLD,)), Entities((Entity.WORLD,)):
            return ()
        case Entities((Entity.WORLD,)), Addresses():
            return _addresses(EVERYWHERE, exempt.blocks)
        case _:
            return (peer,)  # a pod has no address that counts, and a node is not the world


def _pods(pods: Pods, exempt: Pods) -> Iterator[Pods]:
    elsewhere = exempt.namespace is not None and pods.namespace not in (None, exempt.namespace)
    if elsewhere or exempt.namespace in pods.beyond or are_apart(pods.selector, exempt.selector):
        yield pods
    elif pods.namespace is None and exempt.namespace is not None:
        yield pods._replace(beyond=tuple(sorted({*pods.beyond, exempt.namespace})))
        yield from _narrowed(Pods(exempt.namespace, pods.selector), exempt.selector)
    else:
        yield from _narrowed(pods, exempt.selector)


def _narrowed(pods: Pods, exempt: Selector) -> Iterator[Pods]:
    """Yield those of *pods* that miss one thing or another of what *exempt* asks."""
    for ask in _asks(exempt):
        opposite = ask._replace(operator=_OPPOSITES[ask.operator])
        expressions = tuple(sorted({*pods.selector.expressions, opposite}))
        selector = pods.selector._replace(expressions=expressions)
        if all(allowed(selector).values()):
            yield pods._replace(selector=selector)


def _asks(selector: Selector) -> Iterator[Expression]:
    account = ((SERVICE_ACCOUNT, selector.account),) if selector.account else ()
    for key, value in (*selector.labels, *account):
        yield Expression(key, "In", (value,))
    yield from selector.expressions


def _addresses(blocks: tuple[Block, ...], exempt: tuple[Block, ...], *, pods: bool = True) -> tuple[Addresses, ...]:
    left = [part for block in blocks for part in _block(block, exempt)]
    return (Addresses(tuple(left), pods=pods),) if left else ()


def _block(block: Block, exempt: tuple[Block, ...]) -> Iterator[Block]:
    """Yield *block* without those of *exempt*, each of which is exempt as a whole."""
    if any(is_inside(block.cidr, (other.cidr,)) for other in exempt):
        return
    inner = [other.cidr for other in exempt if is_inside(other.cidr, (block.cidr,))]
    yield Block(block.cidr, without_contained((*block.excluded, *inner)))
