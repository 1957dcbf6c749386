"""Who is who: the selectors of policies, Services and workloads -> the apps of each namespace."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from netgen.evaluate.objects.model import Cluster, Labels, Policy, Selector, Workload
from netgen.evaluate.objects.ways import ServiceObject
from netgen.importing.model import ANYTHING, Party, Unsaid
from netgen.spec.forms.selectors import UNSTABLE_KEYS
from netgen.spec.forms.text import DNS_LABEL, RESERVED_NAMES
from netgen.spec.resolve.registry import MANAGED_BY
from netgen.verify.reading import body, step

DEFAULT_KEY = "app.kubernetes.io/name"
_NAME_KEYS = (DEFAULT_KEY, "app", "k8s-app", "name")
_LONGEST = 63
_OF_ONE_RUN = frozenset(
    ("batch.kubernetes.io/controller-uid", "controller-uid", "batch.kubernetes.io/job-name", "job-name")
)
"""Labels by which a Job finds its pods, and which the next Job of that kind does not have."""


def parties(cluster: Cluster, said: Unsaid) -> tuple[Party, ...]:
    """Return the apps of *cluster*: one for each selector of a policy, and for what Services and workloads add."""
    policies, services = _by_namespace(cluster.policies), _by_namespace(cluster.services)
    workloads = _by_namespace(cluster.workloads)
    found: list[Party] = []
    for space in sorted({*policies, *services, *workloads}):
        subjects = [one.subject for one in policies[space] if one.subject != ANYTHING]
        given = [one for one in services[space] if one.selector and one.type != "ExternalName"]
        own = {one.subject: one.name for one in policies[space] if is_rendered(one)}
        found += _Space(space, workloads[space], own).parties(subjects, given, said)
    return tuple(found)


def _by_namespace(listed: tuple[Any, ...]) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for one in listed:
        found[one.namespace].append(one)
    return found


class _Space:
    """The selectors of one namespace, each with the workloads that it matches."""

    def __init__(self, namespace: str, workloads: list[Workload], rendered: dict[Selector, str]) -> None:
        self._namespace = namespace
        self._rendered = rendered
        self._workloads = [(one, dict(one.labels)) for one in workloads]
        self._by_pair: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for index, (_, labels) in enumerate(self._workloads):
            for pair in labels.items():
                self._by_pair[pair].append(index)

    def parties(self, subjects: list[Selector], services: list[ServiceObject], said: Unsaid) -> list[Party]:
        """Return the parties of the namespace, in the order of their names."""
        given: dict[Selector, list[ServiceObject]] = {one: [] for one in sorted(subjects)}
        twins: defaultdict[frozenset[int], list[Selector]] = defaultdict(list)
        for one in given:
            twins[self._matched(one)].append(one)
        for service in sorted(services, key=lambda one: one.name):
            own = Selector(service.selector or ())
            if own not in given:
                same = twins[matched] if (matched := self._matched(own)) else []
                # A Service selects by equal labels alone.
                if len(same) == 1 and not same[0].expressions:
                    said.note(service.spot, _selected_otherwise(service, same[0]))
                    own = same[0]
                else:
                    twins[matched].append(own)
            given.setdefault(own, []).append(service)
        for selector in self._alone(given, said):
            given.setdefault(selector, [])
        return self._named(given)

    def _matched(self, selector: Selector) -> frozenset[int]:
        near: Sequence[int] = range(len(self._workloads))
        if selector.labels:
            near = min((self._by_pair.get(pair, []) for pair in selector.labels), key=len)
        return frozenset(index for index in near if selector.matches(self._workloads[index][1]))

    def _alone(self, given: dict[Selector, list[ServiceObject]], said: Unsaid) -> Iterator[Selector]:
        """Yield the selectors of workloads for which neither a policy alone nor a Service speaks."""
        spoken: set[int] = set()
        for selector, services in given.items():
            matched = self._matched(selector)
            spoken |= matched if services or len(matched) == 1 else frozenset()
        for index, (workload, _) in enumerate(self._workloads):
            if index in spoken:
                continue
            selector = own_selector(workload)
            if selector == ANYTHING:
                said.add(workload.spot, f"{workload.kind} {workload} has no label that a selector could name")
            elif selector not in given:
                yield selector

    def _named(self, given: dict[Selector, list[ServiceObject]]) -> list[Party]:
        taken: set[str] = set()
        found = []
        choices = {one: self._choices(one, services) for one, services in given.items()}
        for selector in sorted(given, key=lambda one: (choices[one], one)):
            name = _free(choices[selector], taken)
            taken.add(name)
            workloads = tuple(self._workloads[index][0] for index in sorted(self._matched(selector)))
            found.append(Party(self._namespace, name, selector, workloads, tuple(given[selector])))
        return sorted(found, key=lambda one: one.name)

    def _choices(self, selector: Selector, services: list[ServiceObject]) -> tuple[str, ...]:
        """Return the names that an app could have, the best first."""
        matched = self._matched(selector)
        labels = dict(selector.labels)
        names = [self._workloads[index][0].name for index in matched] if len(matched) == 1 else []
        names += [self._rendered[selector]] if selector in self._rendered else []
        names += [one.name for one in services]
        names += [labels[key] for key in _NAME_KEYS if key in labels]
        names += [value for _, value in selector.labels] + [term.key for term in selector.expressions]
        return tuple(dict.fromkeys(word for name in names if (word := app_name(name)))) or ("app",)


def is_rendered(policy: Policy) -> bool:
    """Return whether netgen has made *policy*, so that its name is that of an app."""
    return bool(step(body(policy.spot), "metadata", "labels", MANAGED_BY) == "netgen")


def app_name(text: str) -> str:
    """Return *text* as the name of an app, nothing where there is no way."""
    word = re.sub(r"[^a-z0-9-]+", "-", text.lower())[:_LONGEST].strip("-")
    return word if DNS_LABEL.fullmatch(word) and word not in RESERVED_NAMES else ""


def _free(choices: tuple[str, ...], taken: set[str]) -> str:
    for name in choices:
        if name not in taken:
            return name
    number = 2
    while f"{choices[0][: _LONGEST - 6]}-{number}" in taken:
        number += 1
    return f"{choices[0][: _LONGEST - 6]}-{number}"


def own_selector(workload: Workload) -> Selector:
    """Return how *workload* finds its own pods; by all their lasting labels where it does not say."""
    labels = dict(workload.labels)
    written = step(body(workload.spot), "spec", "selector", "matchLabels")
    if workload.kind == "Job":
        written, labels = None, {key: value for key, value in labels.items() if key not in _OF_ONE_RUN} or labels
    own = written if isinstance(written, dict) and written.items() <= labels.items() else labels
    kept: Labels = tuple(sorted((key, value) for key, value in own.items() if key not in UNSTABLE_KEYS))
    return Selector(kept)


def _selected_otherwise(service: ServiceObject, selector: Selector) -> str:
    own = Selector(service.selector or ())
    return f"Service {service} selects {own}; as part of its app it selects {selector}: the same workloads"
