"""Namespaces as places for pods: those that are named, and one for each other kind that selectors can tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netgen.evaluate.mentions import Selection
from netgen.evaluate.objects.model import NAME_LABEL, Labels, Namespace, Operator, Selector
from netgen.evaluate.parts import values_with
from netgen.evaluate.sets import bits
from netgen.evaluate.strangers import SelectorTable, table, unnamed
from netgen.records import record


@record
class Space:
    """A namespace, or with *named* False any that carries *labels* and that nothing names.

    *own* are the selections of its pods alone. Others select its pods by its labels: *certain* and *perhaps* say which
    scopes hold for it, as bits over those of Spaces; they differ where its labels are not known.
    """

    name: str
    named: bool
    labels: Labels
    own: tuple[Selection, ...]
    certain: int
    perhaps: int


@record
class Spaces:
    """All namespaces, the named ones by name; *complete* is False where there are too many kinds of others.

    *scoped* has the selections of each scope that selects namespaces by labels.
    """

    spaces: tuple[Space, ...]
    scoped: tuple[tuple[Selection, ...], ...]
    complete: bool

    def shared(self, space: Space) -> tuple[tuple[Selection, ...], int]:
        """Return the selections that apply to *space* by its labels, and how many of the first ones do for certain."""
        sure = [one for scope in bits(space.certain) for one in self.scoped[scope]]
        unsure = [one for scope in bits(space.perhaps & ~space.certain) for one in self.scoped[scope]]
        return (*sure, *unsure), len(sure)


def spaces(names: Iterable[str], given: Sequence[Namespace], selections: Iterable[Selection]) -> Spaces:
    """Return the places for pods: *names*, the namespaces *given* as objects, and those that *selections* speak of.

    Of a namespace that is not given only the name is known.
    """
    own, scoped = _by_scope(selections)
    scopes = table(list(scoped))
    spoken = own.keys() | set(_spoken(scoped))
    known = {one.name: one.labels for one in given}
    unsure = frozenset(scopes.keys) - {NAME_LABEL}
    found: list[Space] = []
    for name in sorted({*names, *known, *spoken}):
        labels = known.get(name, ((NAME_LABEL, name),))
        alive = scopes.satisfied(dict(labels), frozenset() if name in known else unsure)
        found.append(
            Space(name, named=True, labels=labels, own=tuple(own.get(name, ())), certain=alive[0], perhaps=alive[1])
        )
    nowhere = unnamed({space.name for space in found}, "another-namespace")
    names_elsewhere = _elsewhere(scopes, nowhere, frozenset(space.name for space in found))
    others = scopes.combinations(given={NAME_LABEL: names_elsewhere}) if names_elsewhere else None
    for satisfied, labels in (others or {0: ()}).items():
        plain = tuple(pair for pair in labels if pair != (NAME_LABEL, nowhere))
        found.append(Space("", named=False, labels=plain, own=(), certain=satisfied, perhaps=satisfied))
    return Spaces(tuple(found), tuple(tuple(listed) for listed in scoped.values()), others is not None)


def _elsewhere(scopes: SelectorTable, nowhere: str, named: frozenset[str]) -> Sequence[str] | None:
    """Return a name for each kind of namespace that is not *named*: *nowhere*, unless parts of names are asked for.

    None where there are too many kinds.
    """
    asked = scopes.keys.get(NAME_LABEL)
    if asked is None or not asked.has_parts:
        return (nowhere,)
    others = values_with(frozenset(asked.having.keys() | asked.lacking.keys()), named)
    return None if others is None else (nowhere, *others)


def _by_scope(
    selections: Iterable[Selection],
) -> tuple[dict[str, list[Selection]], dict[Selector, list[Selection]]]:
    own: dict[str, list[Selection]] = {}
    scoped: dict[Selector, list[Selection]] = {}
    for one in selections:
        if isinstance(one.scope, str):
            own.setdefault(one.scope, []).append(one)
        else:
            scoped.setdefault(one.scope, []).append(one)
    return own, scoped


def _spoken(scopes: Iterable[Selector]) -> Iterable[str]:
    """Yield the namespaces that selectors name."""
    for scope in scopes:
        for ask in scope.asks():
            if ask.key == NAME_LABEL and ask.operator in (Operator.IN, Operator.NOT_IN):
                yield from ask.values
