"""S15 and S16: objects are applied one by one and then deleted one by one, and between two steps nothing is amiss."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random

import pytest
import yaml

from matrices import Compared, Matrix, cluster_of, deployment, deployments, mentioned
from meanings import Pods, worn
from netgen.evaluate.objects.model import Policy
from netgen.evaluate.universe import Universe, universe
from netgen.problems import NetgenError
from netgen.write.leftovers import left_over
from strategies import random_system
from systems import Data
from test_invariants import ADDITIONS, BOTH, beyond, changed, key_of
from writing import chance_of, plainly

COUNT, MANY = 8, 120
Edit = Callable[[list[Data], Data, str, Random], object]


@dataclass(frozen=True)
class Moved(Compared):
    """A system after a change; an app whose labels have changed has its new pods, and pods that wear both labels."""

    @cached_property
    def universe(self) -> Universe:
        """Return every end that the system tells from another, before the change or after it."""
        pods = {tuple(one["metadata"].values()): one for one in deployments(self.meaning)}
        for key, app in self.others[0].meaning.apps.items() if self.others else ():
            labels = worn(app.pods)
            now = self.meaning.apps.get(key)
            if now is not None and worn(now.pods) != labels:
                both = deployment(key[0], f"{key[1]}-both", labels | worn(now.pods), host=app.host)
                pods[f"{key[1]}-both", key[0]] = both
            pods.setdefault((key[1] if now is None else f"{key[1]}-was", key[0]), deployment(*key, labels))
        all_of = (self, *self.others)
        speaking = [mentioned(each.meaning.peers(), f"mentions-{number}") for number, each in enumerate(all_of)]
        closed = [Pods(space) for each in all_of for space in sorted(each.meaning.closed)]
        more = cluster_of(plainly([*_named(pods), *speaking, mentioned(closed, "closed")]))
        policies = (*(each.cluster.policies for each in all_of), more.policies)
        ranges = self.meaning.pod_ranges, self.meaning.node_ranges
        return universe(more.workloads, (), policies, pod_ranges=ranges[0], node_ranges=ranges[1])


def _named(pods: dict[tuple[str, ...], Data]) -> Iterator[Data]:
    for key, one in pods.items():
        yield {**one, "metadata": {"name": key[0], "namespace": key[1]}}


def singly_held(old: Compared, new: Compared) -> set[int]:
    """Return the ends that no two apps hold, and that belong to one app as long as it is there.

    The others are the exceptions of docs/live-namespaces.md: pods of two apps, and pods that wear the one label only
    where an app moves from one to another.
    """
    found = set()
    for index, end in enumerate(new.ends):
        before, after = (
            [key for key, app in one.meaning.apps.items() if app in one.meaning.holding(end)] for one in (old, new)
        )
        moved = ({*before} ^ {*after}) & old.meaning.apps.keys() & new.meaning.apps.keys()
        if max(len(before), len(after)) <= 1 and not moved:
            found.add(index)
    return found


def only(matrix: Matrix, ends: set[int]) -> Matrix:
    """Return what is open between two of some *ends*."""
    return [
        [ports if source in ends else 0 for source, ports in enumerate(row)] if target in ends else [0] * len(row)
        for target, row in enumerate(matrix)
    ]


def steps(old: Compared | None, new: Compared) -> Iterator[tuple[str, list[Policy]]]:
    """Yield the policies that are there after each step: the stream of *new* applied, and what is left over deleted."""
    there = {(one.namespace, one.name): one for one in old.cluster.policies} if old else {}
    wanted = {(one.namespace, one.name): one for one in new.cluster.policies}
    for manifest in new.manifests:
        if manifest.kind == "NetworkPolicy":
            there[key_of(manifest)] = wanted[key_of(manifest)]
            yield f"apply {manifest.namespace}/{manifest.name}", list(there.values())
    for one in left_over(*((it.body for it in each.manifests) for each in (old, new))) if old else ():
        kind, _, name = one.resource.partition("/")
        if kind.startswith("networkpolicy."):
            del there[one.namespace, name]
            yield f"delete {one}", list(there.values())
    assert there == wanted


def amiss(old: Compared, new: Compared, ends: set[int]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong between two steps: open, and so neither before nor after; or cut, and open before and after.

    AssertionError if it is not as it was meant to be in the end.
    """
    for wide in BOTH:
        before = only(new.found(wide=wide, policies=old.cluster.policies), ends)
        after = only(new.found(wide=wide), ends)
        either = [[x | y for x, y in zip(*rows, strict=True)] for rows in zip(before, after, strict=True)]
        both = [[x & y for x, y in zip(*rows, strict=True)] for rows in zip(before, after, strict=True)]
        for step, policies in steps(old, new):
            now = only(new.found(wide=wide, policies=policies), ends)
            if beyond(now, either):
                yield "open", f"{step}: {next(new.differences(now, either))}"
            if beyond(both, now):
                yield "cut", f"{step}: {next(new.differences(both, now))}"


# ------------------------------------------------------------------------------------------------------------- edits


def closes(_: list[Data], app: Data, __: str, chance: Random) -> object:
    """Leave out an entry."""
    entries = [(key, i) for key in ("calls", "accepts", "expose") for i in range(len(app.get(key) or ()))]
    entries = [(key, i) for key, i in entries if isinstance(app[key], list)]
    key, index = chance.choice(entries or [("calls", None)])
    return app[key].pop(index) if index is not None else None


def opens(_: list[Data], app: Data, __: str, chance: Random) -> object:
    """Add a wildcard or addresses."""
    where, entry = chance.choice(ADDITIONS)
    app[where].append(dict(entry))
    return True


def removes(documents: list[Data], _: Data, name: str, __: Random) -> object:
    """Leave out an app, and what others say of it."""
    for app in rewritten(documents, name, None):
        app["calls"] = [one for one in app["calls"] if one["to"] is not None]
        app["accepts"] = [one for one in app["accepts"] if one["from"] is not None]
    return True


def renames(documents: list[Data], app: Data, name: str, _: Random) -> object:
    """Call an app something else, and leave its pods as they are."""
    document = next(it for it in documents if name in it.get("apps", {}) and it["apps"][name] is app)
    app.setdefault("select", {document.get("selectBy", "app.kubernetes.io/name"): name})
    document["apps"][f"{name}-2"] = app
    list(rewritten(documents, name, f"{name}-2"))
    return True


def rewritten(documents: list[Data], name: str, other: str | None) -> Iterator[Data]:
    """Take the app *name* out of every document, and write *other* in its stead where apps speak of it; yield those."""
    for document in documents:
        document.get("apps", {}).pop(name, None)
        for app in document.get("apps", {}).values():
            for key, word in (("calls", "to"), ("accepts", "from")):
                for one in app[key]:
                    if re.fullmatch(rf"([a-z]+/)?{name}(:.*)?", str(one[word])):
                        found = re.sub(rf"(^|/){name}(?=$|:)", rf"\g<1>{other}", str(one[word]))
                        one[word] = None if other is None else found
            if name in app.get("overlaps", ()):
                del app["overlaps"]
            yield app


def turns(_: list[Data], app: Data, __: str, chance: Random) -> object:
    """Isolate other directions of an app."""
    app["isolate"] = chance.choice(("both", "ingress", "egress"))
    return "hostNetwork" not in app


def closes_or_opens_all(documents: list[Data], app: Data, name: str, _: Random) -> object:
    """Close the other pods of a namespace, or no longer; apps with an open direction are another test's."""
    document = next(it for it in documents if it.get("apps", {}).get(name) is app)
    half = any("isolate" in one for it in documents for one in it.get("apps", {}).values())
    if document.pop("isolate", None) is None:
        document["isolate"] = "namespace"
    return not half


def moves(_: list[Data], app: Data, name: str, __: Random) -> object:
    """Select an app by another label."""
    app["select"] = {"app.kubernetes.io/name": f"{name}-moved"}
    return "hostNetwork" not in app


def changes(topic: str, *edits: Edit, count: int = COUNT, most: int = 3) -> Iterator[tuple[Compared, Moved]]:
    """Yield systems before and after up to *most* of some *edits*; what netgen refuses is left out."""
    for number in range(count):
        old, chance = Compared(random_system(f"{topic} {number}").documents), chance_of(f"{topic} chance {number}")
        documents, done = changed(old.documents), []
        for _ in range(chance.randint(1, most)):
            apps = [(name, app) for it in documents for name, app in it.get("apps", {}).items()]
            if not apps:
                break
            name, app = chance.choice(apps)
            done.append(chance.choice(edits)(documents, app, name, chance))
        try:
            new = Moved(tuple(documents), (old,))
            new.loaded  # noqa: B018 - a change may need what this platform does not say
        except NetgenError:
            continue
        if all(done):
            yield old, new


# ------------------------------------------------------------------------------------------------------------- tests


def test_the_first_policies_of_a_namespace_cut_nothing_that_is_wanted() -> None:
    """S15: where nothing was closed, what the spec wants is open after each step, and is all that is at the end."""
    stepped = 0
    for number in range(COUNT):
        one = Compared(random_system(f"S15 {number}").documents)
        ends = {index for index, end in enumerate(one.ends) if len(one.meaning.holding(end)) <= 1}
        for wide in BOTH:
            wanted = only(one.found(wide=wide), ends)
            for step, policies in steps(None, one):
                now = only(one.found(wide=wide, policies=policies), ends)
                assert not beyond(wanted, now), (number, step, list(one.differences(wanted, now)))
                stepped += now != wanted
    assert stepped > COUNT * 2


def test_policies_come_before_what_leads_to_pods() -> None:
    """S15: a pod that is new is never led to before the policies of its namespace are there."""
    for number in range(COUNT):
        kinds: dict[str, list[str]] = {}
        for manifest in Compared(random_system(f"S15 {number}").documents).manifests:
            kinds.setdefault(manifest.namespace, []).append(manifest.kind)
        order = ["NetworkPolicy", "Service", "Ingress"]
        assert all(listed == sorted(listed, key=order.index) for listed in kinds.values())


KINDS = [
    ((closes,), 3),
    ((opens,), 3),
    ((removes,), 3),
    ((renames,), 1),
    ((removes, renames), 2),
    ((turns,), 1),
    ((closes_or_opens_all,), 1),
    ((moves,), 3),
]


@pytest.mark.parametrize("count", [COUNT, pytest.param(MANY, marks=pytest.mark.heavy)])
@pytest.mark.parametrize(("edits", "most"), KINDS)
def test_no_step_opens_or_cuts_what_neither_side_does(edits: tuple[Edit, ...], most: int, count: int) -> None:
    """S16: between two steps nothing is open that is closed before and after, and nothing cut that is open in both."""
    differing = 0
    for old, new in changes("S16", *edits, count=count, most=most):
        assert list(amiss(old, new, singly_held(old, new))) == []
        differing += old.found(wide=False) != new.found(wide=False)
    assert differing > count // 10


# ------------------------------------------------------------------------- exceptions, as docs/live-namespaces.md tells

HEAD = "{apiVersion: netgen.dev/v1alpha1, kind: Connectivity, metadata: {name: d, namespace: shop}, "


def system(text: str) -> tuple[Data, ...]:
    """Return the documents of a system of one namespace."""
    return (yaml.safe_load(f"{HEAD}{text}}}"),)


def found_amiss(old: str, new: str) -> set[str]:
    """Return what goes wrong on the way from one system to another, for all ends."""
    before = Compared(system(old))
    after = Moved(system(new), (before,))
    return {what for what, _ in amiss(before, after, set(range(len(after.ends))))}


CLOSED = "apps: {a: {port: 8080}, b: {port: 8080}}"
CALLING = "apps: {a: {port: 8080, calls: [here/*]}, b: {port: 8080}}"
ACCEPTING = "apps: {a: {port: 8080}, b: {port: 8080, accepts: [here/*]}}"


def test_wildcards_that_change_at_both_ends_open_for_a_moment() -> None:
    """A caller that gains a wildcard before its callee has lost one; in two changes, closing first, it does not."""
    assert found_amiss(ACCEPTING, CALLING) == {"open"}
    assert found_amiss(ACCEPTING, CLOSED) == found_amiss(CLOSED, CALLING) == set()


def test_a_pod_of_two_apps_is_cut_until_both_policies_are_there() -> None:
    """A canary has only its own rules, or only those of the app that it overlaps, as long as the other is not there."""
    canary = "select: {app.kubernetes.io/name: web, track: canary}, overlaps: [web]"
    both = f"apps: {{db: {{port: 5432}}, web: {{port: 80, calls: [db]}}, canary: {{port: 80, {canary}}}}}"
    assert found_amiss("apps: {}", both) == {"cut"}


def test_an_app_whose_label_changes_before_its_pods_is_not_held() -> None:
    """Pods with the old label alone are held no longer, and those of another app that moves too meet them."""
    app = "{port: 8080, select: {app: NAME}, accepts: [here/*]}"
    stay, move = (
        f"apps: {{{', '.join(f'{name}: {app}'.replace('NAME', name + new) for name in 'ab')}}}" for new in ("", "-2")
    )
    assert "open" in found_amiss(stay, move)


def test_a_direction_that_is_left_open_is_closed_until_the_policy_of_the_namespace_is_deleted() -> None:
    """An app that isolates one direction, in a namespace that is closed no longer, is cut for that time."""
    half = "apps: {a: {port: 8080, isolate: ingress}}"
    assert found_amiss(f"{half}, isolate: namespace", half) == {"cut"}
