"""Apps, and other ends that specs name, without pods in the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from netgen.evaluate.objects.model import Workload
from netgen.intent import App, Flow, Intent, Pods, Selector
from netgen.problems import Place, Problem
from netgen.quoting import scalar
from netgen.verify.around.chosen import Chosen, named_ends
from netgen.verify.around.naming import carries, listed, named, rank, telling
from netgen.verify.reading import body, step, where

_MOST = 40
"""So many apps without pods are told, each with what it may have meant; the rest are counted."""
_MANY = 200
"""Values that a search for the nearest one looks at."""

Label = tuple[str, str]


def selecting_nothing(
    intent: Intent, chosen: Chosen, proposed: set[Workload], *, namespace: str | None = None
) -> Iterator[Problem]:
    """Yield the apps whose selector matches no pods, those of a namespace without any pods together.

    The workloads whose labels are proposed instead go to *proposed*. *namespace* is that of workloads which name none,
    None where nobody said.
    """
    free = _Free(intent, chosen)
    absent: dict[str, list[App]] = {}
    without = []
    for app in intent.apps:
        if not chosen.of(app) and app.key.namespace in free.spaces:
            without.append(app)
        elif not chosen.of(app):
            absent.setdefault(app.key.namespace, []).append(app)
    for app in without[:_MOST]:
        yield free.problem(app, proposed)
    if without[_MOST:]:
        yield Problem("selects-nothing", None, f"and {len(without) - _MOST} more apps select nothing")
    yield from _absent(absent, sum(map(_names_no_namespace, chosen.workloads)) if namespace is None else 0)


def _absent(apps_in: dict[str, list[App]], homeless: int) -> Iterator[Problem]:
    """Yield the namespaces without pods; *homeless* workloads name no namespace, and may be those that are missed."""
    fix = "see that all of the cluster is given, with its namespaces; before the first deployment this is as it must be"
    for namespace, apps in apps_in.items():
        names = listed([str(app.key) for app in apps])
        message = f"no workload is in the namespace {namespace}, so that nothing is selected by {names}"
        meant = f"with --namespace {namespace} they are in {namespace}"
        note = f"workloads without a namespace ({homeless}) are taken to be in default; {meant}"
        yield Problem("selects-nothing", apps[0].spot.key(), message, (note,) if homeless else (), fix)


def ends_without_pods(intent: Intent, chosen: Chosen) -> Iterator[Problem]:
    """Yield the ends that are named by labels and are no app, of which there are no pods where others are.

    These are the callers and callees that no spec speaks for, the pods of DNS, and the entry points' data plane.
    """
    free = _Free(intent, chosen)
    missing = {end for end, workloads in chosen.by_end.items() if not workloads and end.namespace in free.spaces}
    found: dict[Pods, list[Flow]] = {}
    for flow in intent.flows if missing else ():
        for _, end, _ in named_ends(flow):
            if end in missing:
                found.setdefault(end, []).append(flow)
    for end, flows in found.items():
        names = listed([flow.intent for flow in flows])
        message = f"no pods in {end.namespace} carry {_selector(end.selector)}, so that nothing is opened by {names}"
        near = free.near(end, "")
        notes = (carries(near[0]),) if near else ()
        yield Problem("selects-nothing", flows[0].spot.value(), message, notes, "name the labels that its pods carry")


class _Free:
    """The pods that no app has, by what their labels say: what an app without pods may have meant."""

    def __init__(self, intent: Intent, chosen: Chosen) -> None:
        taken = chosen.apps()
        self._settled = {app.key.namespace for app in intent.apps if chosen.of(app) and not _is_written(app)}
        self.spaces = {one.namespace for one in chosen.workloads}
        self._by_value: dict[tuple[str, str], dict[str, Workload]] = {}
        self._by_name: dict[tuple[str, str], Workload] = {}
        self._values: dict[tuple[str, str], dict[str, Workload]] = {}
        self._some: dict[str, Workload] = {}
        for one in chosen.workloads:
            if one in taken:
                continue
            self._by_name.setdefault((one.namespace, one.name), one)
            self._some.setdefault(one.namespace, one)
            for key, value in one.labels:
                self._by_value.setdefault((one.namespace, value), {}).setdefault(key, one)
                self._values.setdefault((one.namespace, key), {}).setdefault(value, one)

    def problem(self, app: App, proposed: set[Workload]) -> Problem:
        """Return what is said of *app*, which has no pods: the nearest labels, and what to write for them."""
        message = f"no pods in {app.key.namespace} carry {_selector(app.selector)}, by which {app.key} selects"
        near = self.near(app.pods, app.key.name)
        if near is None:
            some = self._some.get(app.key.namespace)
            notes = (carries(some),) if some else ("every workload of the namespace is an app already",)
            return Problem("selects-nothing", _place(app), message, notes, "select the labels that its pods carry")
        one, (key, value) = near
        proposed.add(one)
        if app.selector.account and (key, value) in app.selector.labels:
            account = one.service_account or "default"
            note = f"{named([one])} runs under the service account {account}" + (
                f" ({where(one.spot)})" if one.spot else ""
            )
            fix = f"write  serviceAccount: {scalar(account)}  under {app.key.name}"
            return Problem("selects-nothing", _place(app), message, (note,), fix)
        fix = f"write  select: {scalar({key: value})}  under {app.key.name}"
        if value == app.key.name and self._may_change(app):
            fix += f", or  selectBy: {scalar(key)}  in the document, for all its apps"
        return Problem("selects-nothing", _place(app), message, (carries(one),), fix)

    def _may_change(self, app: App) -> bool:
        """Return whether another label may be the one of all apps beside *app* that select by their names."""
        is_default = not _is_written(app) and step(app.spot.document.data, "selectBy") is None
        return is_default and app.key.namespace not in self._settled

    def near(self, pods: Pods, name: str) -> tuple[Workload, Label] | None:
        """Return pods that no app has with the label that was meant by *pods*, which are called *name*.

        The same value under another key comes first, then a workload of that name, then a value that is nearly so.
        """
        namespace, wanted = pods.namespace or "", list(pods.selector.labels)
        for value in dict.fromkeys([*(value for _, value in wanted), name]):
            keys = self._by_value.get((namespace, value))
            if keys:
                key = min(keys, key=rank)
                return keys[key], (key, value)
            one = self._by_name.get((namespace, value))
            if one and one.labels:
                return one, telling(one.labels)
        for key, value in wanted:
            values = self._values.get((namespace, key), {})
            close = get_close_matches(value, list(values)[:_MANY], n=1)
            if close:
                return values[close[0]], (key, close[0])
        return None


def _selector(selector: Selector) -> str:
    asked = [f"{key}: {value}" for key, value in selector.labels]
    asked += [f"{one.key} {one.operator} {', '.join(one.values)}".strip() for one in selector.expressions]
    account = f" and run under the service account {selector.account}" if selector.account else ""
    return ", ".join(asked) + account


def _is_written(app: App) -> bool:
    return step(body(app.spot), "select") is not None


def _place(app: App) -> Place:
    return app.spot.at("select").value() if _is_written(app) else app.spot.key()


def _names_no_namespace(one: Workload) -> bool:
    return one.spot is not None and not step(body(one.spot), "metadata", "namespace")
