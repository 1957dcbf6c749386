"""Which workloads of the cluster are the pods of which app, and of the other ends that specs name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from netgen.evaluate.objects.model import Direction, Operator, Selector, Workload
from netgen.intent import EVERY_POD, App, AppKey, Flow, Intent, Pods
from netgen.records import record
from netgen.verify import ideal


@record
class Chosen:
    """All *workloads*, and *by_app* for each app those whose pods, or some of them, it selects.

    *by_end* has the same for each end that is named by labels and is no app, and the flows that name it.
    """

    workloads: tuple[Workload, ...]
    by_app: Mapping[AppKey, tuple[Workload, ...]]
    by_end: Mapping[Pods, tuple[Workload, ...]]

    def of(self, app: App) -> tuple[Workload, ...]:
        """Return the workloads of *app*."""
        return self.by_app[app.key]

    def apps(self) -> dict[Workload, list[AppKey]]:
        """Return the apps of each workload that has some."""
        found: dict[Workload, list[AppKey]] = {}
        for key, workloads in self.by_app.items():
            for one in workloads:
                found.setdefault(one, []).append(key)
        return found


def chosen(intent: Intent, workloads: Iterable[Workload]) -> Chosen:
    """Return which of *workloads* are pods of the apps of *intent*."""
    everyone = tuple(workloads)
    index = Index(everyone)
    ends = dict.fromkeys(end for flow in intent.flows for _, end, _ in named_ends(flow))
    return Chosen(
        everyone, {app.key: index.selected(app.pods) for app in intent.apps}, {end: index.selected(end) for end in ends}
    )


def named_ends(flow: Flow) -> Iterator[tuple[AppKey, Pods, Direction]]:
    """Yield the app of *flow* and its other end, if that is no app but named by labels, and the side of that end."""
    if flow.source_app is None and flow.target_app is not None:
        app, end, direction = flow.target_app, flow.source, Direction.EGRESS
    elif flow.target_app is None and flow.source_app is not None:
        app, end, direction = flow.source_app, flow.target, Direction.INGRESS
    else:
        return
    if isinstance(end, Pods) and end.namespace is not None and end.selector != EVERY_POD:
        yield app, end, direction


class Index:
    """Workloads by namespace and label; under the value None those of which the cluster sets the label."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._in: dict[str, list[Workload]] = {}
        self._with: dict[tuple[str, str, str | None], list[Workload]] = {}
        for one in workloads:
            self._in.setdefault(one.namespace, []).append(one)
            for key, value in (*one.selectable.items(), *((key, None) for key in one.untold)):
                self._with.setdefault((one.namespace, key, value), []).append(one)

    def selected(self, pods: Pods) -> tuple[Workload, ...]:
        """Return the workloads of one namespace whose pods, or some of them, are of *pods*."""
        namespace, selector = pods.namespace or "", ideal.selector(pods.selector)
        choices = [[self._in.get(namespace, [])]]
        choices += [
            [self._with.get((namespace, ask.key, value), []) for value in (*ask.values, None)]
            for ask in selector.asks()
            if ask.operator is Operator.IN
        ]
        # The rarest label first: what all pods of a namespace carry would make each look long.
        fewest = min(choices, key=lambda lists: sum(map(len, lists)))
        return tuple(one for listed in fewest for one in listed if _may_match(selector, one))


def _may_match(selector: Selector, one: Workload) -> bool:
    labels, untold = one.selectable, one.untold
    return all(ask.key in untold or ask.holds(labels.get(ask.key)) for ask in selector.asks())
