"""Whatever breaks inside of netgen: nothing is called proved, and where the proof fails nothing is written."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

import netgen.render
from netgen import cli, verify
from netgen.cli import output
from netgen.evaluate import semantics, strangers
from netgen.evaluate.objects.model import Cluster
from netgen.evaluate.reach import Reach
from netgen.intent import EVERY_POD, Addresses, Block, PortMatch, Selector
from netgen.problems import Problem
from netgen.render.backends import ingress, networkpolicy, service
from netgen.source import Dialect, read
from netgen.verify import comparison, ideal, links

SPEC = Path(__file__).parents[1] / "specs" / "services" / "spec.yaml"
UNKNOWN_KIND = (
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x, namespace: services}\nspec: {}\n"
)
UNKNOWN_FIELD = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x, namespace: services}\n"
    "spec: {podSelector: {}, policyTypes: [Ingress], ingres: [{}]}\n"
)
REFUTED, REFUSED, FAULT = output.EXIT_FINDING, output.EXIT_BAD_INPUT, cli.EXIT_INTERNAL
Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Fault:
    """Something that is broken before a run, and the exit code that the run must have."""

    name: str
    code: int
    inject: Callable[[Patch], None]


def changed(module: Any, name: str, change: Callable[[Any], Any]) -> Callable[[Patch], None]:
    """Return what breaks a function: *change* is made of all that it returns."""
    usual = getattr(module, name)
    return lambda patch: patch.setattr(module, name, lambda *given, **named: change(usual(*given, **named)))


def given(change: Callable[[list[Any]], list[Any]]) -> Callable[[Patch], None]:
    """Return what changes the documents that are proved."""
    usual = verify.prove

    def prove(intent: Any, documents: Any, problems: Any, **more: Any) -> Any:
        return usual(intent, change(list(documents)), problems, **more)

    return lambda patch: patch.setattr(verify, "prove", prove)


def raising(module: Any, name: str, error: BaseException) -> Callable[[Patch], None]:
    """Return what has a function fail."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return lambda patch: patch.setattr(module, name, fail)


def planned(change: Callable[[list[Any]], list[Any]], *kept: Any) -> Callable[[Patch], None]:
    """Return what changes the plan of the policies, with the other backends *kept*."""

    def plan(intent: Any) -> Iterator[Any]:
        yield from change(list(networkpolicy.plan(intent)))

    return lambda patch: patch.setattr(netgen.render, "backends", lambda _: (plan, *kept))


def texted(old: str, new: str) -> Callable[[Patch], None]:
    """Return what has every template print *new* for *old*."""
    return changed(netgen.render, "fill", lambda text: text.replace(old, new))


def profile(**changes: Any) -> Callable[[Patch], None]:
    """Return what changes the semantics by which is proved."""
    usual = semantics.PROFILES["kubernetes"]
    fields = {name: getattr(usual, name) for name in ("enforced", "blocks_match_pods", "blocks_match_nodes")} | changes
    found = MappingProxyType({"kubernetes": semantics.Semantics(**fields)})
    return lambda patch: patch.setattr(verify, "PROFILES", found)


def documents(text: str) -> list[Any]:
    """Return the documents of a stream."""
    return list(read(text, "more.yaml", Dialect.MANIFEST).documents)


def with_problem(patch: Patch) -> None:
    """Have reading what was rendered find a fault that nobody looks at."""
    usual = verify.prove

    def prove(intent: Any, given_documents: Any, _: Any, **more: Any) -> Any:
        return usual(intent, given_documents, (Problem("unreadable-file", None, "it breaks off"),), **more)

    patch.setattr(verify, "prove", prove)


NOBODY = Selector((("app", "nobody"),))
OTHERS = (service.plan, ingress.plan)
FAULTS = (
    # ------------------------------------------------------------------------------------------------ what is planned
    Fault("no policies", REFUTED, planned(lambda _: [], *OTHERS)),
    Fault("nothing", REFUTED, planned(lambda _: [])),
    Fault("a policy less", REFUTED, planned(lambda items: items[1:], *OTHERS)),
    Fault("no services", REFUTED, planned(lambda items: items, ingress.plan)),
    Fault("no ingresses", REFUTED, planned(lambda items: items, service.plan)),
    Fault("no ports", REFUTED, changed(networkpolicy, "_rule", lambda rule: rule._replace(ports=()))),
    Fault("other ports", REFUTED, changed(networkpolicy, "_rule", lambda r: r._replace(ports=(PortMatch("TCP", 9),)))),
    Fault("no peers", REFUSED, changed(networkpolicy, "_rule", lambda rule: rule._replace(pods=(), blocks=()))),
    Fault(
        "every namespace", REFUTED, changed(networkpolicy, "_pods", lambda p: p._replace(here=False, everywhere=True))
    ),
    Fault("own namespace", REFUTED, changed(networkpolicy, "_pods", lambda pods: pods._replace(here=True))),
    Fault("every pod", REFUTED, changed(networkpolicy, "_pods", lambda p: p._replace(named=False, selector=EVERY_POD))),
    Fault("other pods", REFUTED, changed(networkpolicy, "_pods", lambda pods: pods._replace(selector=NOBODY))),
    Fault("other addresses", REFUTED, changed(networkpolicy, "_blocks", lambda _: (Block("10.0.0.0/8"),))),
    Fault("no addresses", FAULT, changed(networkpolicy, "_rule", lambda _: networkpolicy._blocks(Addresses(())))),  # noqa: SLF001
    Fault("nobody is let in", REFUTED, changed(networkpolicy, "_ingress", lambda side: side._replace(rules=()))),
    Fault("nobody gets out", REFUTED, changed(networkpolicy, "_egress", lambda side: side._replace(rules=()))),
    Fault("wrong type", REFUSED, changed(networkpolicy, "_egress", lambda s: s._replace(type="Ingress", rules=()))),
    Fault("one side", REFUTED, changed(networkpolicy, "_app_policy", lambda view: view._replace(sides=view.sides[:1]))),
    Fault("nobody held", REFUTED, changed(networkpolicy, "_app_policy", lambda view: view._replace(selector=NOBODY))),
    Fault("everybody held", REFUTED, changed(networkpolicy, "_app_policy", lambda view: view._replace(named=False))),
    Fault(
        "another type", REFUTED, changed(service, "_view", lambda view: view._replace(type="NodePort", headless=False))
    ),
    Fault("other pods of a service", REFUTED, changed(service, "_view", lambda v: v._replace(selector=NOBODY.labels))),
    Fault("another backend", REFUTED, changed(ingress, "_path", lambda path: path._replace(service="api"))),
    # ------------------------------------------------------------------------------------ what is written and read back
    Fault("no text", FAULT, changed(netgen.render, "fill", lambda _: "")),
    Fault("no yaml", FAULT, changed(netgen.render, "fill", lambda text: f"{text}: [")),
    Fault("another namespace", REFUTED, texted("namespace: services", "namespace: elsewhere")),
    Fault("no policy types", REFUSED, texted("    - Egress\n", "")),
    Fault("an unknown field", REFUSED, texted("podSelector:", "podSelectors:")),
    Fault("empty documents", FAULT, changed(netgen.render, "_read_back", lambda found: [None for _ in found])),
    Fault("the first for all", REFUSED, changed(netgen.render, "_read_back", lambda found: [next(found)] * 14)),
    # ------------------------------------------------------------------------------------------------- what is proved
    Fault("no documents", REFUTED, given(lambda _: [])),
    Fault("the last is lost", REFUTED, given(lambda found: found[:-1])),
    Fault("the first is lost", REFUTED, given(lambda found: found[1:])),
    Fault("one twice", REFUTED, given(lambda found: [*found, found[0]])),
    Fault("an unknown kind", REFUTED, given(lambda found: [*found, *documents(UNKNOWN_KIND)])),
    Fault("a half understood policy", REFUTED, given(lambda found: [*found, *documents(UNKNOWN_FIELD)])),
    Fault("a text", REFUTED, given(lambda found: [*found, *documents("broken\n")])),
    Fault("unreadable", REFUTED, with_problem),
    Fault("an empty cluster", REFUTED, changed(verify, "read_cluster", lambda _: Cluster())),
    Fault("no cluster", FAULT, changed(verify, "read_cluster", lambda _: None)),
    # ------------------------------------------------------------------------------------------------ what is evaluated
    Fault("nothing is enforced", REFUTED, profile(enforced=False)),
    Fault("no profile", FAULT, lambda patch: patch.setattr(verify, "PROFILES", {})),
    Fault("nothing is meant", REFUTED, changed(ideal, "policies", lambda _: ())),
    Fault("less is meant", REFUTED, changed(ideal, "policies", lambda found: found[1:])),
    Fault("no pods", REFUTED, changed(ideal, "workloads", lambda _: ())),
    Fault("the reader fails", FAULT, raising(verify, "read_cluster", RecursionError("deep"))),
    Fault("the universe fails", FAULT, raising(comparison, "universe", MemoryError())),
    Fault("the evaluator fails", FAULT, raising(Reach, "difference", ValueError("two\nlines"))),
    Fault("the rows fail", FAULT, raising(Reach, "rows", ZeroDivisionError())),
    Fault("the links fail", FAULT, raising(links, "differences", KeyError("x"))),
)


def run(patch: Patch, capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command line in this process."""
    patch.setattr(gc, "disable", lambda: None)
    patch.setattr(sys, "argv", ["netgen", *arguments])
    code = cli.main()
    said = capfd.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_proves_nothing_and_writes_nothing(
    fault: Fault, tmp_path: Path, monkeypatch: Patch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The exit code says what is wrong, stdout and the folder stay empty, and a fault of netgen is one line."""
    fault.inject(monkeypatch)
    for more in (("--out", str(tmp_path / "out")), ()):
        code, out, said = run(monkeypatch, capfd, "render", str(SPEC), *more)
        assert "proved" not in said.replace("unproven", "")
        assert (code, out, list(tmp_path.iterdir())) == (fault.code, "", []), said
        if code == FAULT:
            assert (said.count("\n"), said.startswith("netgen: internal fault: ")) == (1, True)


def test_there_are_enough_faults() -> None:
    """Twenty places at least are broken, each once."""
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 20


def test_without_a_fault_it_is_proved(tmp_path: Path, monkeypatch: Patch, capfd: pytest.CaptureFixture[str]) -> None:
    """So that the faults are what makes the difference."""
    code, _, said = run(monkeypatch, capfd, "render", str(SPEC), "--out", str(tmp_path / "out"))
    assert (code, said.startswith("proved: ")) == (0, True)
    assert (tmp_path / "out" / "kustomization.yaml").exists()


def test_what_is_too_large_to_prove_is_written_and_not_called_proved(
    monkeypatch: Patch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A spec that is too large for the proof still renders, and the output says why nothing is proved."""
    monkeypatch.setattr(strangers, "MOST", -100_000)
    code, out, said = run(monkeypatch, capfd, "render", str(SPEC))
    assert (code, said.startswith("warning[not-proved]: nothing is proved: ")) == (0, True)
    assert said.splitlines()[-1].startswith("not proved: ")
    assert out != ""
