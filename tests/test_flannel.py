"""Flannel, which enforces nothing by itself, and platforms that want no policies: nothing is said to be closed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from netgen import api
from netgen.cli import main
from netgen.problems import CODES, Problem, Severity
from netgen.profiles import Feature, table
from specs import apps, document, load, platform, refused

SHOP = apps("web: {port: 8080, expose: 'https://shop.example.com', calls: [db]}\ndb: {port: 5432/tcp, accepts: [web]}")
ENTRY = "entrypoints: {public: {hosts: [shop.example.com], ingress: traefik}}\n"
FLANNEL = platform(f"cni: flannel\n{ENTRY}")
OPEN = platform(f"cni: flannel\npolicies: none\n{ENTRY}")
ENFORCERS = ["kubernetes", "cilium", "calico", "weave", "flannel"]
EGRESS = "spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n"
CLOSED = f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: all, namespace: shop}}\n{EGRESS}"


def kinds(*documents: str) -> list[str]:
    """Return the kinds of what is rendered."""
    return sorted(manifest.kind for manifest in api.render(load(*documents).intent))


def said(*documents: str) -> list[Problem]:
    """Return the warnings about *documents*."""
    return [problem for problem in load(*documents).problems if problem.severity is Severity.WARNING]


# ------------------------------------------------------------------------------------------------ isolation on flannel


@pytest.mark.parametrize(
    ("spec", "asked"),
    [
        (SHOP, "2 isolated apps (shop/db, shop/web)"),
        (apps("web: {isolate: egress}"), "1 isolated app (shop/web)"),
        (document("isolate: namespace\napps: {web: {isolate: none}}\n"), "1 closed namespace (shop)"),
        (document("apps: {web: {isolate: none}}\nnever: [internet -> web]\n"), "1 claim of never"),
        (
            document("isolate: namespace\nnever: [internet -> web]\napps: {web: 80, api: 80, db: 80, mq: 80}\n"),
            "4 isolated apps (shop/api, shop/db, shop/mq and 1 more), 1 closed namespace (shop) and 1 claim of never",
        ),
    ],
)
def test_isolation_on_flannel_is_one_error_with_the_ways_out(spec: str, asked: str) -> None:
    """At the Platform's line, whatever is to be closed; each way out says what to write."""
    (problem,) = refused(spec, platform(f"cni: flannel\n{ENTRY}"))
    assert problem.code == "unenforceable-isolation"
    assert problem.place is not None
    assert (problem.place.text, problem.message.rpartition(": ")[2]) == ("cni: flannel", asked)
    for way in ("cni: calico", "cni: kubernetes", "policies: none"):
        assert way in problem.fix
    assert ["netpol.enabled=true" in note for note in problem.notes] == [False, True]


def test_as_a_flag_it_has_no_place() -> None:
    """It is the same error, and the Platform's own CNI is not blamed."""
    (problem,) = refused(SHOP, platform(f"cni: cilium\n{ENTRY}"), cni="flannel")
    assert (problem.code, problem.place) == ("unenforceable-isolation", None)


def test_what_flannel_cannot_enforce_besides_is_no_other_error() -> None:
    """Host names, HTTP rules, service accounts, stages, nodes and raw policies: the one error says it all."""
    spec = document(
        "stage: audit\n"
        "apps:\n"
        "  web: {port: 80, serviceAccount: web, calls: [https://a.example.com, cluster/apiserver]}\n"
        "  api: {port: 80, accepts: [{from: web, http: [{methods: [GET], path: /}]}, cluster/nodes]}\n"
        f"raw:\n- {json.dumps({'apiVersion': 'networking.k8s.io/v1', 'kind': 'NetworkPolicy'})[:-1]}, "
        '"metadata": {"name": "a"}, "spec": {"podSelector": {}}}\n'
    )
    (problem,) = refused(spec, FLANNEL)
    assert problem.message.endswith("2 isolated apps (shop/api, shop/web) and 1 raw policy")


def test_what_is_isolated_nowhere_is_rendered_for_flannel() -> None:
    """Each app says so itself, and is warned of."""
    spec = apps("web: {port: 80, isolate: none}\nagent: {hostNetwork: true}")
    assert kinds(spec, FLANNEL) == ["Service"]
    assert sorted(problem.code for problem in said(spec, FLANNEL)) == ["host-network", "not-isolated"]


def test_an_intent_that_closes_something_is_not_rendered_for_flannel() -> None:
    """A program that sets the CNI itself is stopped: nothing would enforce what it means."""
    with pytest.raises(ValueError, match="shop/db is to be closed, and flannel enforces no policy"):
        api.render(replace(load(SHOP, platform(ENTRY)).intent, cni="flannel"))


# ------------------------------------------------------------------------------------------------------- policies: none


@pytest.mark.parametrize("cni", ENFORCERS)
def test_policies_none_renders_services_and_routes_on_every_cni(cni: str) -> None:
    """And no policy of any kind."""
    assert kinds(SHOP, platform(f"cni: {cni}\npolicies: none\n{ENTRY}")) == ["Ingress", "Service", "Service"]


def test_it_closes_nothing_that_a_spec_wants_closed() -> None:
    """Apps, namespaces and claims that are denied elsewhere; a permission of the platform needs no object either."""
    spec = document("isolate: namespace\nstage: audit\nnever: [here/* -> web]\napps: {web: 80, api: 80}\n")
    more = "policies: none\nstage: audit\ninstalled: [clusternetworkpolicy]\nallow: [any -> shop/web:80]\n"
    intent = load(spec, platform(f"cni: cilium 1.20\n{more}")).intent
    assert [(app.ingress, app.egress, app.staged) for app in intent.apps] == [(False, False, False)] * 2
    assert (intent.isolated, intent.denials, intent.permissions) == ((), (), ())


def test_a_warning_counts_what_nothing_enforces() -> None:
    """Once for the run, where the Platform says it."""
    (problem,) = said(SHOP, OPEN)
    assert problem.code == "policies-none"
    assert problem.place is not None
    assert problem.place.text == "policies: none"
    told = "nothing enforces that 2 apps (shop/db, shop/web) are isolated, nor 2 calls and grants"
    assert problem.message.endswith(told)


def test_what_no_policy_needs_is_not_asked_for() -> None:
    """Host names, HTTP rules, labels that Cilium does not see, addresses of nodes."""
    spec = apps(
        "web: {port: 80, calls: [https://a.example.com, cluster/apiserver, agent], select: {io.cilium.k8s: a}}\n"
        "api: {port: 80, accepts: [{from: web, http: [{methods: [GET], path: /}]}, cluster/nodes]}\n"
        "agent: {port: 80, hostNetwork: true}"
    )
    for cni in ENFORCERS:
        loaded = load(spec, platform(f"cni: {cni}\npolicies: none\n"))
        assert "Service" in {manifest.kind for manifest in api.render(loaded.intent)}


def test_a_spec_is_held_against_the_language_all_the_same() -> None:
    """Names, ports and consent."""
    assert [problem.code for problem in refused(apps("web: {calls: [dv]}\ndb: {port: 1}"), OPEN)] == ["unknown-app"]


def test_a_raw_policy_contradicts_it() -> None:
    """One of the two is meant."""
    spec = document(
        "apps: {web: 80}\nraw:\n- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, "
        "spec: {podSelector: {}}}\n"
    )
    (problem,) = refused(spec, OPEN)
    assert (problem.code, problem.message.partition(",")[0]) == ("bad-raw", "a NetworkPolicy is a policy")


# ------------------------------------------------------------------------------------------------------ what is proved


def prove(spec: str, more: str) -> list[tuple[str, str]]:
    """Return code and message of what is found in what is rendered."""
    intent = load(spec, more).intent
    return [(one.code, one.message) for one in api.prove(intent, api.render(intent)).findings]


def test_every_claim_that_is_about_something_is_broken() -> None:
    """Nothing holds it, and nobody says that it is proved."""
    claims = "never: [internet -> shop/db, shop/db -> 169.254.169.254, shop/db -> shop/web]\n"
    assert prove(SHOP, OPEN + claims) == [
        ("never-broken", "the internet can open shop/db on all"),
        ("never-broken", "shop/db can open 169.254.169.254 on all"),
        ("never-broken", "shop/db can open shop/web on all"),
    ]


def test_the_proof_counts_nothing_that_is_closed() -> None:
    """All pairs are open, as the spec is meant then."""
    for more in (OPEN, platform(f"policies: none\n{ENTRY}")):
        intent = load(SHOP, more).intent
        proof = api.prove(intent, api.render(intent))
        assert (proof.findings, proof.closed) == ((), 0)
        assert proof.opened > 0


def test_a_policy_of_somebody_else_closes_what_is_meant_to_be_open() -> None:
    """But on Flannel, where it closes nothing."""
    for more, codes in ((OPEN, set()), (platform(f"policies: none\n{ENTRY}"), {"not-open"})):
        intent = load(SHOP, more).intent
        text = api.stream(api.render(intent), "yaml") + f"---\n{CLOSED}"
        proof = api.verify(intent, ["-"], stdin=text.encode())
        assert {finding.code for finding in proof.findings} == codes


def test_policies_on_flannel_prove_nothing_that_is_meant_to_be_closed() -> None:
    """The same manifests are proved where they are enforced."""
    intent = load(SHOP, platform(ENTRY)).intent
    manifests = api.render(intent)
    assert api.prove(intent, manifests).findings == ()
    found = {finding.code for finding in api.prove(intent, manifests, cni="flannel").findings}
    assert found == {"not-closed"}


# ----------------------------------------------------------------------------------------------------------- commands


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the spec, a Platform without policies, and the policies of another."""
    (tmp_path / "spec.yaml").write_text(SHOP, encoding="utf-8")
    (tmp_path / "open.yaml").write_text(OPEN, encoding="utf-8")
    plain = api.render(load(SHOP, platform(ENTRY)).intent)
    (tmp_path / "plain.yaml").write_text(api.stream(plain, "yaml"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command in the folder, and returns exit code, stdout and stderr."""
    assert folder.is_dir()

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["netgen", *arguments])
        code = main()
        out, err = capfd.readouterr()
        return code, out, err

    return command


@pytest.mark.parametrize("command", ["check", "render", "verify"])
def test_no_command_says_that_isolation_is_proved(run: Run, command: str) -> None:
    """It says that nothing is isolated; the exit code is that of a run that did what it was asked."""
    named = ("--spec", "spec.yaml", "--platform", "open.yaml", "plain.yaml")
    code, out, err = run(command, *(named if command == "verify" else ("spec.yaml", "open.yaml")))
    assert code == 0
    assert "proved" not in out + err
    assert "nothing is isolated: " in out + err
    assert "warning[policies-none]" in err


def test_a_broken_claim_fails_the_run_and_nothing_is_written(folder: Path, run: Run) -> None:
    """Exit code 1, as everywhere; the way out names the key."""
    (folder / "open.yaml").write_text(f"{OPEN}never: [internet -> shop/db]\n", encoding="utf-8")
    code, _, err = run("render", "spec.yaml", "open.yaml", "--out", "deploy")
    assert (code, (folder / "deploy").exists()) == (1, False)
    assert "error[never-broken]" in err
    assert "without  policies: none" in err


def test_what_is_asked_of_manifests_names_the_plugin(run: Run) -> None:
    """`reach` in its note, `can --why` at both ends."""
    code, out, err = run("reach", "plain.yaml", "--cni", "flannel")
    assert (code, "note[no-policies]: flannel enforces no NetworkPolicy: everything is open" in err) == (0, True)
    assert "any      -> shop/db" in out
    code, out, _ = run("can", "shop/db", "shop/web:8080", "plain.yaml", "--cni", "flannel", "--why")
    assert (code, out.count("flannel enforces no NetworkPolicy")) == (0, 2)
    code, out, _ = run("can", "shop/db", "shop/web:8080", "--spec", "spec.yaml", "--platform", "open.yaml", "--why")
    assert (code, "spec: it isolates neither end" in out) == (0, True)


def test_between_specs_without_policies_nothing_changes(folder: Path, run: Run) -> None:
    """A call more opens nothing that is not open, and a note says why."""
    more = SHOP.replace("accepts: [web]", "accepts: [web], calls: [web]")
    (folder / "new.yaml").write_text(more, encoding="utf-8")
    code, out, err = run("diff", "spec.yaml", "new.yaml", "--platform", "open.yaml")
    assert (code, out) == (0, "no change in who reaches whom\n")
    assert "note[no-policies]: flannel enforces no NetworkPolicy: everything is open on both sides" in err


@pytest.mark.parametrize("cni", ["flannel", "kubernetes", "cilium", "weave"])
def test_to_want_no_policies_any_more_is_a_change(folder: Path, run: Run, cni: str) -> None:
    """Whatever the CNI of the new Platform: what the old side closed is told, and back again."""
    for name, more in (("old", platform(ENTRY)), ("new", platform(f"cni: {cni}\npolicies: none\n{ENTRY}"))):
        (folder / name).mkdir()
        (folder / name / "all.yaml").write_text(f"{SHOP}---\n{more}", encoding="utf-8")
    for old, new, word in (
        ("old", "new", "2 unprotected"),
        ("new", "old", "2 protected"),
        ("plain.yaml", "new", "2 un"),
    ):
        code, out, _ = run("diff", old, new)
        assert (code, word in out.splitlines()[-1]) == (1, True)


# --------------------------------------------------------------------------------------------------------------- data


def test_flannel_enforces_nothing_of_policies() -> None:
    """Each feature that is about rules is a no, with the reason."""
    carried = {Feature.ENCRYPTION, Feature.DUAL_STACK}
    cells = {feature: cell for feature, cell in table("flannel").cells.items() if feature not in carried}
    assert [feature for feature, cell in cells.items() if not cell.lack] == []


def test_the_codes_have_a_meaning() -> None:
    """They are in the table that the documentation is made of."""
    assert {"unenforceable-isolation", "policies-none", "cni-unmaintained"} <= CODES.keys()
