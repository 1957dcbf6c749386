"""Selectors of endpoints: keys with a source, of which some speak of the namespace, the cluster or what is no pod."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from netgen.evaluate.objects.cilium.known import Known, each, record
from netgen.evaluate.objects.model import NAME_LABEL, SERVICE_ACCOUNT, Expression, Operator, Selector
from netgen.evaluate.objects.operators import OPERATORS
from netgen.evaluate.objects.selectors import check
from netgen.evaluate.objects.values import MalformedError, mapping, text
from netgen.source import Spot

NAMESPACE = "io.kubernetes.pod.namespace"
_NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels."
_CLUSTER = "io.cilium.k8s.policy.cluster"
_THIS_CLUSTER = "default"
_PODS = ("", "any", "k8s")
RESERVED = "reserved"
_FIELDS = frozenset(("matchLabels", "matchExpressions"))
_EXPRESSION = frozenset(("key", "operator", "values"))
_OPERATORS = {str(operator): operator for operator in OPERATORS}
_WITH_VALUES = (Operator.IN, Operator.NOT_IN)
_SOURCE = re.compile("[A-Za-z0-9]+")
# pkg/labelsfilter/filter.go, defaultLabelPrefixCfg, and pkg/k8s/utils/utils.go, RemoveCiliumLabels: labels that pods
# wear and that their identities do not have.
_UNSEEN = re.compile(
    r"io\.kubernetes|kubernetes\.io|statefulset\.kubernetes\.io/pod-name|apps\.kubernetes\.io/pod-index"
    r"|batch\.kubernetes\.io/job-completion-index|batch\.kubernetes\.io/controller-uid|.*beta\.kubernetes\.io|k8s\.io"
    r"|pod-template-generation|pod-template-hash|controller-revision-hash|controller-uid|annotation|etcd_node"
    r"|topology\.kubernetes\.io|io\.cilium\.k8s"
)
NOBODY = Selector(
    expressions=tuple(Expression("io.cilium.k8s", one) for one in (Operator.DOES_NOT_EXIST, Operator.EXISTS))
)
"""What no pod meets: a label that is there and is not."""


class Ask(NamedTuple):
    """What a selector asks of a label of *source*, which is "" where none is written; *is_label*: in matchLabels."""

    source: str
    asks: Expression
    is_label: bool
    spot: Spot

    @property
    def is_positive(self) -> bool:
        """Return whether what has no such label fails."""
        return not self.asks.holds(None)


def asked(value: object, spot: Spot) -> tuple[Ask, ...]:
    """Return what the selector *value* asks. Source: cilium v1.20.2, pkg/labels/validation.go."""
    found = record(value, _FIELDS, spot)
    at = spot.at("matchLabels")
    asks = [_label(key, wanted, at.at(key)) for key, wanted in mapping(found.get("matchLabels"), at).items()]
    keys = set()
    for one in asks:
        key = one.source or "any", one.asks.key
        if key in keys:
            raise MalformedError(f"the label {one.asks.key!r} is asked for twice", one.spot, at_key=True)
        keys.add(key)
    listed = each(found.get("matchExpressions"), spot.at("matchExpressions"))
    return (*asks, *(_expression(item, place) for item, place in listed))


def _label(written: str, value: object, spot: Spot) -> Ask:
    source, key = _split(written, spot, at_key=True)
    wanted = text(value, spot)
    check(key, (wanted,), spot)
    return Ask(source, Expression(key, Operator.IN, (wanted,)), is_label=True, spot=spot)


def _expression(value: object, spot: Spot) -> Ask:
    found = record(value, _EXPRESSION, spot)
    written = text(found.get("operator"), spot.at("operator"))
    operator = _OPERATORS.get(written)
    if operator is None:
        raise MalformedError(f"{written!r} is no operator of a selector", spot.at("operator"))
    values = sorted({text(item, at) for item, at in each(found.get("values"), spot.at("values"))})
    if bool(values) != (operator in _WITH_VALUES):
        needs = "needs values" if operator in _WITH_VALUES else "takes no values"
        raise MalformedError(f"the operator {operator} {needs}", spot.at("operator"))
    source, key = _split(text(found.get("key"), spot.at("key")), spot.at("key"), at_key=False)
    check(key, values, spot.at("key"))
    return Ask(source, Expression(key, operator, tuple(values)), is_label=False, spot=spot.at("key"))


def _split(written: str, spot: Spot, *, at_key: bool) -> tuple[str, str]:
    source, colon, key = written.rpartition(":")
    if colon and not _SOURCE.fullmatch(source):
        raise MalformedError(f"{written!r} is no label key with a source", spot, at_key=at_key)
    return source, key


@dataclass(slots=True)
class Sorted:
    """What a selector asks of *spaces*, of their *pods* and of what is *reserved*; *nobody*: no pod meets it."""

    spaces: list[Ask] = field(default_factory=list)
    pods: list[Ask] = field(default_factory=list)
    reserved: list[Ask] = field(default_factory=list)
    nobody: bool = False


def by_whom(asks: tuple[Ask, ...], known: Known) -> Sorted:
    """Return *asks* by whom they are about; what is not evaluated is noted.

    Source: cilium v1.20.2, pkg/k8s/apis/cilium.io/utils/utils.go, pkg/k8s/labels.go.
    """
    found = Sorted()
    for ask in asks:
        key = ask.asks.key
        if ask.source == RESERVED:
            found.reserved.append(ask)
        elif ask.source not in _PODS:
            known.unknown(f"it selects by labels of the source {ask.source!r}", ask.spot.value())
            found.nobody |= ask.is_positive
        elif key == NAMESPACE:
            found.spaces.append(_renamed(ask, NAME_LABEL))
        elif key.startswith(_NAMESPACE_LABELS):
            found.spaces.append(_renamed(ask, key.removeprefix(_NAMESPACE_LABELS)))
        else:
            _add_pods(found, ask, known)
    return found


def _add_pods(found: Sorted, ask: Ask, known: Known) -> None:
    key = ask.asks.key
    if key == _CLUSTER:
        found.nobody |= not _is_this_cluster(ask, known)
    elif key == SERVICE_ACCOUNT and ask.asks.operator not in _WITH_VALUES:
        found.nobody |= not ask.is_positive  # each pod has one
    elif is_unseen(key):
        found.nobody |= ask.is_positive
    else:
        found.pods.append(ask)


def _renamed(ask: Ask, key: str) -> Ask:
    return ask._replace(asks=ask.asks._replace(key=key))


def _is_this_cluster(ask: Ask, known: Known) -> bool:
    """Return whether pods of this cluster meet *ask*: it may be alone, and have the name that one has by default."""
    values = ask.asks.values
    if not ask.is_positive or set(values) - {_THIS_CLUSTER}:
        known.unknown("it selects by the name of a cluster, which nobody tells", ask.spot.value())
    return not values or _THIS_CLUSTER in values


def together(asks: list[Ask], *more: tuple[str, str]) -> Selector:
    """Return the selector of labels that asks all of *asks*, and for the labels *more*."""
    pairs = {*more, *((one.asks.key, one.asks.values[0]) for one in asks if one.is_label)}
    return Selector(tuple(sorted(pairs)), tuple(sorted({one.asks for one in asks if not one.is_label})))


@lru_cache(maxsize=1024)  # few keys are written everywhere
def is_unseen(key: str) -> bool:
    """Return whether pods may wear a label *key* that their identities do not have, unless the agents are told so."""
    return key != SERVICE_ACCOUNT and _UNSEEN.match(key) is not None


def is_seen(selector: Selector) -> bool:
    """Return whether *selector* of plain labels asks only for those that Cilium sees."""
    labels, expressions = selector
    return not any(is_unseen(pair[0]) for pair in labels) and not any(is_unseen(one[0]) for one in expressions)


def seen(selector: Selector) -> Selector:
    """Return what *selector* of plain labels means where Cilium sees only some of the labels of pods."""
    unseen = [one for one in selector.asks() if is_unseen(one.key)]
    if any(not one.holds(None) for one in unseen):
        return NOBODY
    return Selector(selector.labels, tuple(one for one in selector.expressions if one not in unseen))


def held(asks: tuple[Ask, ...], name: str) -> bool:
    """Return whether what has the label `reserved:NAME` and no other meets *asks*."""
    return all(ask.asks.holds("" if _speaks_of(ask, name) else None) for ask in asks)


def _speaks_of(ask: Ask, name: str) -> bool:
    return ask.asks.key == name and ask.source in ("", "any", RESERVED)
