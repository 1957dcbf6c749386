"""Sets of endpoints, kept small while they are small."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from netgen.evaluate.sets import bits, mask_of

_FEW = 64


class Crowd:
    """Endpoints by their numbers; equal only to itself, so that one made once can be recognised."""

    def __init__(self, ids: Iterable[int]) -> None:
        self._ids = tuple(ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, index: int) -> bool:
        return index in (self._ids if len(self._ids) <= _FEW else self._set)

    @property
    def ids(self) -> tuple[int, ...]:
        """Return the numbers."""
        return self._ids

    @property
    def mask(self) -> int:
        """Return the numbers as bits; only large crowds keep them, since there are many small ones."""
        return mask_of(self._ids) if len(self._ids) <= _FEW else self._mask

    @cached_property
    def _set(self) -> frozenset[int]:
        return frozenset(self._ids)

    @cached_property
    def _mask(self) -> int:
        return mask_of(self._ids)


class MaskedCrowd(Crowd):
    """Very many endpoints, which are known as bits."""

    def __init__(self, mask: int) -> None:
        super().__init__(())
        self._bits = mask

    def __len__(self) -> int:
        return self._bits.bit_count()

    def __contains__(self, index: int) -> bool:
        return self._bits >> index & 1 == 1

    @property
    def ids(self) -> tuple[int, ...]:
        """Return the numbers."""
        return tuple(bits(self._bits))

    @property
    def mask(self) -> int:
        """Return the numbers as bits."""
        return self._bits


def crowd_of(mask: int) -> Crowd:
    """Return the endpoints that are bits of *mask*."""
    return Crowd(bits(mask)) if mask.bit_count() <= _FEW else MaskedCrowd(mask)
