"""The stage `audit`: policies say what they would open and close nothing, and nobody can overlook it."""

from __future__ import annotations

import pytest
import yaml

from netgen import api
from netgen.problems import Problem
from specs import apps, codes, document, load, platform, refused

CILIUM = "cni: cilium 1.19\n"
APPS = """
apps:
  web: {port: 8080, calls: [db]}
  db: {port: 5432}
  job: {isolate: egress}
  open: {isolate: none}
"""
SHOP = document(f"stage: audit\n{APPS}")
LEDGER = apps("books: {port: 9000}", "ledger")


def policies(*documents: str) -> dict[str, dict[str, object]]:
    """Return the specs of the policies that *documents* render, by namespace and name."""
    manifests = api.render(load(*documents).intent)
    bodies = [one.body for one in manifests if one.body["kind"].startswith("Cilium")]
    return {f"{one['metadata'].get('namespace', '')}/{one['metadata']['name']}": one["spec"] for one in bodies}


def proof(*documents: str) -> tuple[Problem, ...]:
    """Return the findings of the proof of *documents*."""
    intent = load(*documents).intent
    return api.prove(intent, api.render(intent)).findings


def test_only_the_staged_document_closes_nothing() -> None:
    """Its policies have no default deny and a log value; those of others are as ever."""
    found = policies(SHOP, LEDGER, platform(CILIUM))
    staged = {name: (one.get("enableDefaultDeny"), one.get("log")) for name, one in found.items()}
    watched = ({"ingress": False, "egress": False}, {"value": "netgen-audit"})
    assert staged == {
        "ledger/books": (None, None),
        "shop/db": watched,
        "shop/job": watched,
        "shop/web": watched,
    }
    assert proof(SHOP, LEDGER, platform(CILIUM)) == ()


def test_who_reaches_a_staged_app() -> None:
    """Everybody; an app that is enforced is closed for staged ones too."""
    intent = load(SHOP, LEDGER, platform(CILIUM)).intent
    asked = [("shop/job", "shop/db:5432"), ("shop/db", "shop/web:1"), ("shop/web", "ledger/books:9000")]
    assert [api.can(source, target, intent=intent).reply.value for source, target in asked] == ["yes", "yes", "no"]


@pytest.mark.parametrize(
    ("written", "platform_stage", "staged", "warned"),
    [
        ("", "", False, []),
        ("stage: enforce", "", False, []),
        ("stage: enforce", "enforce", False, []),
        ("stage: audit", "", True, ["audit-only"]),
        ("stage: audit", "enforce", True, ["audit-only"]),
        ("", "audit", True, ["audit-only"]),
        ("stage: enforce", "audit", True, ["audit-only"]),
        ("stage: audit", "audit", True, ["audit-only"]),
    ],
)
def test_the_weaker_stage_wins(written: str, platform_stage: str, warned: list[str], *, staged: bool) -> None:
    """And is printed: once for the document, or once for the platform."""
    stage = f"stage: {platform_stage}\n" if platform_stage else ""
    loaded = load(document(f"{written}\napps: {{web: 8080}}\n"), platform(f"{CILIUM}{stage}"))
    assert [app.staged for app in loaded.intent.apps] == [staged]
    assert [problem.code for problem in loaded.problems] == warned
    notes = [note for problem in loaded.problems for note in problem.notes if "weaker" in note]
    assert bool(notes) == (written == "stage: enforce" and staged)


def test_a_closed_namespace_is_staged_with_its_documents() -> None:
    """What closes every pod would close the staged apps: one staged document of the namespace is enough."""
    closing = document("isolate: namespace\napps: {other: 80}\n", name="rest")
    found = policies(SHOP, closing, platform(CILIUM))
    assert found["shop/rest.isolate-namespace"]["enableDefaultDeny"] == {"ingress": False, "egress": False}
    assert "enableDefaultDeny" not in found["shop/other"]
    assert proof(SHOP, closing, platform(CILIUM)) == ()


def test_who_closes_a_namespace_is_told_that_another_document_of_it_is_staged() -> None:
    """The document itself is enforced, and nobody would look for what opens its namespace in another one."""
    closing = document("isolate: namespace\napps: {other: 80}\n", name="rest")
    for cni in (CILIUM, "cni: calico 3.30\n"):
        told = [one for one in load(SHOP, closing, platform(cni)).problems if one.code == "audit-only"]
        assert [one.message.partition(":")[0] for one in told] == ["stage", "the namespace shop is not closed"]


def test_a_policy_that_closes_is_found() -> None:
    """Without enableDefaultDeny a policy isolates what the spec wants open."""
    intent = load(SHOP, platform(CILIUM)).intent
    bodies = [one.body for one in api.render(intent)]
    for body in bodies:
        body["spec"].pop("enableDefaultDeny", None)
    found = api.verify(intent, ["-"], stdin=yaml.safe_dump_all(bodies).encode()).findings
    assert "not-open" in {problem.code for problem in found}


def test_an_enforced_policy_that_closes_nothing_is_found() -> None:
    """The reverse: what a spec closes is open."""
    intent = load(LEDGER, platform(CILIUM)).intent
    staged = api.render(load(LEDGER, platform(f"{CILIUM}stage: audit\n")).intent)
    found = api.verify(intent, ["-"], stdin="---\n".join(one.text for one in staged).encode()).findings
    assert "not-closed" in {problem.code for problem in found}


@pytest.mark.parametrize(
    ("claim", "staged"), [("job -> db", []), ("job -> db GET /", ["never-broken"])], ids=["denied", "not denied"]
)
def test_claims_are_proved_as_it_is_rendered(claim: str, staged: list[str]) -> None:
    """What a deny enforces holds, and what only policies would keep is broken, for while it is staged it is so."""
    body = f"{APPS}never: [{claim}]\n"
    assert [problem.code for problem in proof(document(f"stage: audit\n{body}"), platform(CILIUM))] == staged
    assert proof(document(body), platform(CILIUM)) == ()


def test_pods_that_an_enforced_app_has_too_are_closed() -> None:
    """A staged canary of an enforced app would be closed all the same."""
    stable = apps("web: {select: {app: web}, port: 8080}")
    canary = document(
        "stage: audit\napps: {canary: {select: {app: web, track: canary}, port: 8080, overlaps: [web]}}\n", name="next"
    )
    assert codes(stable, canary, platform(CILIUM)) == ["selectors-overlap"]


def test_a_canary_does_not_lose_what_a_staged_app_opens_for_it() -> None:
    """Where what is staged opens nothing, its pods would be closed without the permissions of the app around it."""
    stable = document("stage: audit\napps: {web: {select: {app: web}, port: 8080, calls: [db]}, db: 5432}\n")
    canary = document("apps: {canary: {select: {app: web, track: canary}, port: 8080, overlaps: [web]}}\n", name="next")
    assert codes(stable, canary, platform("cni: calico 3.30\n")) == ["selectors-overlap"]
    assert proof(stable, canary, platform(CILIUM)) == ()


def test_where_there_is_no_such_stage() -> None:
    """The error stands at the stage, and says what can be done app by app."""
    for given in (platform("cni: kubernetes\n"), platform("cni: cilium 1.17\n")):
        (problem,) = refused(SHOP, given)
        assert (problem.code, problem.place and problem.place.text) == ("unenforceable-stage", "stage: audit")
        assert "isolate: none" in problem.fix
    (problem,) = refused(LEDGER, platform("stage: audit\n"))
    assert (problem.code, problem.place and problem.place.text) == ("unenforceable-stage", "stage: audit")
