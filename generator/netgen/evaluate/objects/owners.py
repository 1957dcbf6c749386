"""What controllers have made: pods, ReplicaSets and Jobs belong to the workload that owns them, if that was given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from netgen.evaluate.objects.model import Workload

Key = tuple[tuple[str, str], str, str]
"""API group and kind, namespace and name of an object."""

_REPLICA_SET = ("apps", "ReplicaSet")
# What a controller that was not given is called: `web-6d4b75cb6d` by a Deployment, `nightly-28901` by a CronJob.
_BETWEEN = {
    _REPLICA_SET: (re.compile("-[a-z0-9]+"), (("apps", "Deployment"), ("argoproj.io", "Rollout"))),
    ("batch", "Job"): (re.compile("-[0-9]+"), (("batch", "CronJob"),)),
}
_HASHES = frozenset(("pod-template-hash", "rollouts-pod-template-hash", "controller-revision-hash"))
"""Labels that tell the pods of one template from those of the next."""


def controller(body: Mapping[str, Any], namespace: str) -> Key | None:
    """Return the object that controls *body*, None where none does."""
    metadata = body.get("metadata")
    listed = metadata.get("ownerReferences") if isinstance(metadata, dict) else None
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("controller") is True:
            version, kind, name = (one.get(key) for key in ("apiVersion", "kind", "name"))
            if isinstance(version, str) and isinstance(kind, str) and isinstance(name, str):
                return (version.rpartition("/")[0], kind), namespace, name
    return None


def is_idle(body: Mapping[str, Any], kind: tuple[str, str]) -> bool:
    """Return whether an object of *kind* makes no pods now: it is kept to roll back."""
    spec = body.get("spec")
    return kind == _REPLICA_SET and isinstance(spec, dict) and spec.get("replicas") == 0


def owning(given: Mapping[Key, Workload], controllers: Mapping[Key, Key], idle: set[Key]) -> Iterator[Workload]:
    """Yield those of *given* that are nobody else's, with what those of theirs wear beside what their template says.

    *controllers* has what controls each, as far as something does. What wears other labels than its controller says
    is not its like, such as pods of an earlier template, and stands for itself; of the *idle* there are no pods.
    """
    homes: dict[Key, Key] = {}
    made: dict[Key, list[Workload]] = {}
    for key, one in given.items():
        home = _home(key, given, controllers, homes, idle)
        if home != key:
            made.setdefault(home, []).append(one)
    for key, one in given.items():
        if homes[key] == key:
            yield _with(one, made[key]) if key in made else one


def _home(
    key: Key, given: Mapping[Key, Workload], controllers: Mapping[Key, Key], homes: dict[Key, Key], idle: set[Key]
) -> Key:
    chain = [key]
    while chain[-1] not in homes and (above := _above(chain[-1], given, controllers)) and above not in chain:
        chain.append(above)
    for each in reversed(chain):
        if each not in homes:
            above = _above(each, given, controllers)
            home = homes.get(above, each) if above else each
            homes[each] = home if home != each and (each in idle or _fits(given[each], given[home])) else each
    return homes[key]


def _above(key: Key, given: Mapping[Key, Workload], controllers: Mapping[Key, Key]) -> Key | None:
    """Return what controls *key* among those *given*; what is between them may not be there."""
    above = controllers.get(key)
    if above is None or above in given:
        return above
    kind, namespace, name = above
    ending, kinds = _BETWEEN.get(kind, (None, ()))
    start, dash, end = name.rpartition("-")
    if ending is None or not ending.fullmatch(dash + end):
        return None
    return next((one for each in kinds if (one := (each, namespace, start)) in given), None)


def _fits(one: Workload, owner: Workload) -> bool:
    """Return whether *one* is as *owner* makes it; others may have given it more labels and ports."""
    alike = (one.host_network, one.service_account) == (owner.host_network, owner.service_account)
    numbers = {(port.name, port.protocol): port.number for port in owner.ports}
    renumbered = any(numbers.get((port.name, port.protocol), port.number) != port.number for port in one.ports)
    return alike and set(owner.labels) <= set(one.labels) and not renumbered


def _with(owner: Workload, made: list[Workload]) -> Workload:
    """Return *owner* with the addresses of what it has *made*, and the labels and ports that others gave them."""
    pods = [one for one in made if one.kind == "Pod"]
    known = dict(owner.labels).keys() | owner.unsure | _HASHES
    labels = [{pair for pair in one.labels if pair[0] not in known} for one in pods]
    shared = set.intersection(*labels) if labels else set()
    unsure = {key for each in labels for key, _ in each - shared}
    names = {(port.name, port.protocol) for port in owner.ports}
    ports = [port for one in pods for port in one.ports if (port.name, port.protocol) not in names]
    return replace(
        owner,
        labels=tuple(sorted({*owner.labels, *shared})),
        unsure=owner.unsure | unsure,
        ports=tuple(dict.fromkeys((*owner.ports, *ports))),
        addresses=tuple(dict.fromkeys(address for one in pods for address in one.addresses)),
    )
