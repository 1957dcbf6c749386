"""Selectors: that they are some, and that they mean pods where pods are meant."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.check.faults import Fault, Json, forbidden, invalid
from netgen.evaluate.objects.calico.logic import is_met
from netgen.evaluate.objects.calico.selectors import (
    EVERYTHING,
    IN_SPACES,
    IS_IN_A_NAMESPACE,
    OF_ACCOUNTS,
    All,
    Asks,
    SelectorError,
    parse,
)

IS_NAMESPACE = "has(projectcalico.org/name) &&"
"""How a selector of namespaces begins that means nothing outside of them."""
_GLOBAL = "global()"


def faults(text: str, path: str, *, of_spaces: bool = False) -> Iterator[Fault]:
    """Yield what is wrong with a selector; one *of_spaces*, a namespaceSelector of a rule, may be `global()`."""
    if text.strip(" \t") == _GLOBAL and of_spaces:
        return
    try:
        parse(text)
    except SelectorError as error:
        yield invalid(path, text, f"must be a selector: {error}")
        return
    if "global(" in text:
        yield forbidden(path, f"{_GLOBAL} may only stand alone, in a namespaceSelector of a rule")


def means_hosts(end: Json) -> bool:
    """Return whether the selectors of *end* mean what has no labels and is in no namespace, such as a host.

    *end* is the spec of a policy of the cluster, or a side of a rule; its selectors are right.
    """
    spaces = end.get("namespaceSelector", "")
    if spaces.strip(" \t") == _GLOBAL:
        return False
    inside = IS_IN_A_NAMESPACE if spaces else EVERYTHING
    asks: list[Asks] = [parse(end["selector"], "", inside)] if end.get("selector") else []
    if spaces:
        asks.append(parse(spaces, IN_SPACES, inside))
    accounts = end.get("serviceAccounts", {"selector": end.get("serviceAccountSelector", "")})
    if accounts.get("selector"):
        asks.append(parse(accounts["selector"], OF_ACCOUNTS))
    return not accounts.get("names") and is_met(All(tuple(asks)), {})
