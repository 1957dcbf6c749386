"""What selectors of Calico mean of pods: those that some labels select, in namespaces that others select."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from netgen.evaluate.objects.accounts import Account
from netgen.evaluate.objects.calico.known import Known
from netgen.evaluate.objects.calico.logic import Alternative, TooManyError, alternatives
from netgen.evaluate.objects.calico.selectors import IN_SPACES, NAMESPACE_OF, OF_ACCOUNTS, All, Any, Asks
from netgen.evaluate.objects.calico.sets import NAME_OF
from netgen.evaluate.objects.model import NAME_LABEL, SERVICE_ACCOUNT, Expression, Operator, PodPeer, Selector
from netgen.evaluate.objects.operators import PARTS
from netgen.evaluate.objects.selectors import is_label
from netgen.source import Spot

ORCHESTRATOR = "projectcalico.org/orchestrator"
"""The label that Calico gives each pod, with the value k8s."""
ACCOUNT = "projectcalico.org/serviceaccount"
"""The label with the name of its service account that Calico gives each pod."""
_NAMES = (NAMESPACE_OF, f"{IN_SPACES}{NAME_OF}", f"{IN_SPACES}{NAME_LABEL}")


class Pods(NamedTuple):
    """The pods that *labels* select in the namespaces that *spaces* select by theirs."""

    spaces: Selector
    labels: Selector

    def namespace(self) -> str | None:
        """Return the namespace that *spaces* is the name of; None where it is not just that."""
        names = self.spaces.labels
        return names[0][1] if len(names) == 1 and names[0][0] == NAME_LABEL and not self.spaces.expressions else None

    def peer(self, namespace: str) -> PodPeer:
        """Return them as a peer of a policy in *namespace*."""
        return PodPeer(None if namespace and self.namespace() == namespace else self.spaces, self.labels)


def pods(asks: Asks, spot: Spot, known: Known) -> tuple[Pods, ...]:
    """Return the pods that *asks* means, in as many parts as it has alternatives for them."""
    try:
        return _of(_by_names(asks, spot, known))
    except TooManyError as error:
        known.unknown(str(error), spot.value(), "write several rules or policies, each with a part of them")
        return ()


@lru_cache(maxsize=4096)
def _of(asks: Asks) -> tuple[Pods, ...]:
    found = (_pods(each) for each in alternatives(asks))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _pods(alternative: Alternative) -> Pods | None:
    """Return the pods of an alternative; None where it is met by none."""
    spaces: list[Expression] = []
    own: list[Expression] = []
    for one in alternative:
        if one.key == ORCHESTRATOR:
            if not one.holds("k8s"):
                return None
            continue
        is_sure, asked = _known(one)
        if asked is None:
            if not is_sure:
                return None
        elif one.key in _NAMES:
            spaces.append(asked._replace(key=NAME_LABEL))
        elif one.key.startswith(IN_SPACES):
            spaces.append(asked._replace(key=one.key.removeprefix(IN_SPACES)))
        else:
            own.append(asked._replace(key=SERVICE_ACCOUNT) if one.key == ACCOUNT else asked)
    return Pods(_selector(spaces), _selector(own))


def _known(one: Expression) -> tuple[bool, Expression | None]:
    """Return what *one* asks of labels that there can be; None where that is always so, or never.

    Each pod has a namespace and a service account, and neither a key nor a value can be any text.
    """
    key = one.key.removeprefix(IN_SPACES)
    if not is_label(key, "") and key != ACCOUNT:
        return one.holds(None), None
    if (key == ACCOUNT or one.key in _NAMES) and not one.values:
        return one.operator is Operator.EXISTS, None
    if one.operator in PARTS:
        is_part = all(letter.isascii() and (letter.isalnum() or letter in "-_.") for letter in one.values[0])
        return (True, one) if is_part else (one.holds(None), None)
    # The name of a service account may be longer than a value of a label.
    values = tuple(value for value in one.values if key == ACCOUNT or is_label(NAME_LABEL, value))
    if one.values and not values:
        return one.operator is Operator.NOT_IN, None
    return True, one if values == one.values else one._replace(values=values)


def _selector(asks: list[Expression]) -> Selector:
    """Return the selector of *asks*; one value of a label is written as a label is, and so is equal to it."""
    plain = {(one.key, one.values[0]) for one in asks if one.operator is Operator.IN and len(one.values) == 1}
    others = {one for one in asks if not (one.operator is Operator.IN and len(one.values) == 1)}
    return Selector(tuple(sorted(plain)), tuple(sorted(others)))


# ---------------------------------------------------------------------------------------------------- service accounts


def _by_names(asks: Asks, spot: Spot, known: Known) -> Asks:
    """Return *asks* with the names of the service accounts in the place of what it asks of their labels."""
    found: list[Asks] = []
    parts = alternatives(asks)
    if not any(one.key.startswith(OF_ACCOUNTS) for part in parts for one in part):
        return asks
    for part in parts:
        own = [one for one in part if one.key.startswith(OF_ACCOUNTS)]
        found.append(All((*(one for one in part if one not in own), _accounts(own, spot, known)) if own else part))
    return Any(tuple(found))


def _accounts(asks: list[Expression], spot: Spot, known: Known) -> Asks:
    """Return the names of the service accounts whose labels meet *asks*, each with its namespace."""
    plain = [one._replace(key=one.key.removeprefix(OF_ACCOUNTS)) for one in asks]
    by_name = [one._replace(key=ACCOUNT) for one in plain if one.key == NAME_OF]
    by_label = [one for one in plain if one.key != NAME_OF]
    if not by_label:
        return All(tuple(by_name))
    if all(one.holds(None) for one in by_label):
        known.unknown(
            "it selects by labels that service accounts do not have", spot.value(), "select them by their names"
        )
    meant = [one for one in known.around.accounts if all(ask.holds(dict(one.labels).get(ask.key)) for ask in by_label)]
    if not meant:
        fix = "give the ServiceAccounts of the cluster as well, or select them by their names"
        known.unknown("no ServiceAccount among what was read has those labels", spot.value(), fix)
    return All((*by_name, Any(tuple(_named(meant)))))


def _named(accounts: list[Account]) -> Iterator[Asks]:
    spaces: dict[str, list[str]] = {}
    for one in accounts:
        spaces.setdefault(one.namespace, []).append(one.name)
    for space, names in spaces.items():
        is_in = Expression(NAMESPACE_OF, Operator.IN, (space,))
        yield All((is_in, Expression(ACCOUNT, Operator.IN, tuple(sorted(names)))))
