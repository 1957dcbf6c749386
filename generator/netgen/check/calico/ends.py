"""One end of a rule: selectors, addresses, service accounts, Services and ports."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netgen.check import names
from netgen.check.addresses import network
from netgen.check.calico import selectors
from netgen.check.faults import Fault, Json, duplicate, forbidden, invalid, invalid_each, required
from netgen.check.shape import Shape

SHAPE: Shape = {
    "nets": [str],
    "notNets": [str],
    "selector": str,
    "notSelector": str,
    "namespaceSelector": str,
    "ports": [(int, str)],
    "notPorts": [(int, str)],
    "serviceAccounts": {"names": [str], "selector": str},
    "services": {"name": str, "namespace": str},
}

_MOST_NETS, _MOST_PORTS = 256, 50
_EVERYWHERE = ("0.0.0.0/0", "::/0")
_SELECTORS = ("selector", "notSelector", "namespaceSelector")
_RANGE = re.compile(r"([0-9]{1,5}):([0-9]{1,5})")
_SERVICES_ALONE = (*_SELECTORS, "nets", "notNets", "serviceAccounts")


def faults(end: Json, path: str, *, is_far: bool, is_namespaced: bool) -> Iterator[Fault]:
    """Yield what is wrong with the source or destination of a rule; *is_far*: it is not that of the policy's pods."""
    if not end:
        yield required(path, "an empty one is everybody: leave it out to say so")
    for field in ("nets", "notNets"):
        yield from _nets(end.get(field, ()), f"{path}.{field}", is_negative=field == "notNets")
    for field in ("ports", "notPorts"):
        yield from _ports(end.get(field, ()), f"{path}.{field}")
    yield from _selectors(end, path, is_namespaced=is_namespaced)
    if "services" in end:
        yield from _services(end, f"{path}.services", is_far=is_far)


def _nets(listed: list[str], path: str, *, is_negative: bool) -> Iterator[Fault]:
    if len(listed) > _MOST_NETS:
        yield Fault(path, f"Too many: {len(listed)}: must have at most {_MOST_NETS} items")
    seen = set()
    for index, text in enumerate(listed):
        found = network(text)
        if isinstance(found, str):
            yield invalid(f"{path}[{index}]", text, found)
        elif is_negative and text in _EVERYWHERE:
            yield forbidden(f"{path}[{index}]", "may not be every address")
        elif text in seen:
            yield duplicate(f"{path}[{index}]", text)
        seen.add(text)


def _ports(listed: list[int | str], path: str) -> Iterator[Fault]:
    if len(listed) > _MOST_PORTS:
        yield Fault(path, f"Too many: {len(listed)}: must have at most {_MOST_PORTS} items")
    for index, port in enumerate(listed):
        ends = _RANGE.fullmatch(port) if isinstance(port, str) else None
        if ends is None:
            yield from invalid_each(f"{path}[{index}]", port, names.port(port))
            continue
        first, last = int(ends[1]), int(ends[2])
        for number in (first, last):
            yield from invalid_each(f"{path}[{index}]", port, names.port_number(number))
        if last < first:
            yield invalid(f"{path}[{index}]", port, "must not end before it begins")


def _selectors(end: Json, path: str, *, is_namespaced: bool) -> Iterator[Fault]:
    wrong = [
        fault
        for field in _SELECTORS
        if field in end
        for fault in selectors.faults(end[field], f"{path}.{field}", of_spaces=field == "namespaceSelector")
    ]
    wrong += _accounts(end.get("serviceAccounts"), f"{path}.serviceAccounts")
    yield from wrong
    is_wide = "namespaceSelector" in end or ("selector" in end and not is_namespaced)
    if is_wide and not wrong and selectors.means_hosts(end):
        why = f"hosts and sets of addresses of the cluster are meant too: begin it with `{selectors.IS_NAMESPACE}`"
        yield required(f"{path}.namespaceSelector", why)


def _accounts(accounts: Json | None, path: str) -> Iterator[Fault]:
    if accounts is None:
        return
    if not accounts:
        yield required(path, "must specify names or a selector")
    listed = accounts.get("names", ())
    for index, name in enumerate(listed):
        yield from invalid_each(f"{path}.names[{index}]", name, names.dns_subdomain(name))
        if name in listed[:index]:
            yield duplicate(f"{path}.names[{index}]", name)
    if "selector" in accounts:
        yield from selectors.faults(accounts["selector"], f"{path}.selector")


def _services(end: Json, path: str, *, is_far: bool) -> Iterator[Fault]:
    named = end["services"]
    if not is_far:
        yield forbidden(path, "may only be specified in the source of ingress and the destination of egress")
    if not named.get("name"):
        yield required(f"{path}.name")
    if not named.get("namespace"):
        yield required(f"{path}.namespace", "without it Calico finds no Service, whatever namespace the policy is in")
    for field in _SERVICES_ALONE:
        if field in end:
            yield forbidden(path, f"may not be specified beside {field}")
