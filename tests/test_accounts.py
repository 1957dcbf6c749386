"""Service accounts: an app is the pods that run under its account, for its own policies and for those of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from netgen import api
from netgen.diff.formats import as_text
from netgen.problems import Problem
from specs import apps, load, platform, refused

SHOP = apps(
    """
    web: {serviceAccount: web, port: 8080, calls: [db]}
    db: {select: {app: data}, serviceAccount: db.main, port: 5432, service: false}
    report: {select: {app: data}, serviceAccount: report, port: 8080, service: false, calls: [db]}
    front: {serviceAccount: front, calls: [web]}
    """
)
CILIUM = platform("cni: cilium 1.19\n")


def rendered(*documents: str) -> str:
    """Return what *documents* render."""
    return "---\n".join(one.text for one in api.render(load(*documents).intent))


def proof(text: str) -> tuple[Problem, ...]:
    """Return what the proof finds in manifests that should be the shop's."""
    return api.verify(load(SHOP, CILIUM).intent, ["-"], stdin=text.encode()).findings


def test_the_account_is_part_of_every_selector() -> None:
    """Of the app's own policy and of the peers of others: label and account, both."""
    text = rendered(SHOP, CILIUM)
    assert text.count('"k8s:io.cilium.k8s.policy.serviceaccount": db.main\n') == 3
    assert text.count('"k8s:app": data\n') == 5
    assert proof(text) == ()


@pytest.mark.parametrize("other", ['serviceaccount": report\n', 'serviceaccount": db\n'])
def test_another_account_is_found(other: str) -> None:
    """A policy that names another account holds other pods, and the proof says which app is open or cut off."""
    found = {problem.code for problem in proof(rendered(SHOP, CILIUM).replace('serviceaccount": db.main\n', other))}
    assert "not-open" in found


def test_a_lost_account_is_found() -> None:
    """A policy without the account holds pods of another app too."""
    lines = rendered(SHOP, CILIUM).splitlines(keepends=True)
    found = proof("".join(line for line in lines if 'serviceaccount": db.main' not in line))
    assert {"not-closed", "policy-differs"} <= {problem.code for problem in found}


def test_accounts_tell_apps_of_the_same_labels_apart() -> None:
    """Each of the two has its own permissions."""
    intent = load(SHOP, CILIUM).intent
    asked = [("report", "db:5432"), ("web", "db:5432"), ("front", "db:5432"), ("db", "report:8080")]
    answers = [api.can(f"shop/{source}", f"shop/{target}", intent=intent).reply.value for source, target in asked]
    assert answers == ["yes", "yes", "no", "no"]


def test_what_would_open_a_connection_knows_the_app_by_its_account() -> None:
    """The advice names the app that has the account, not another one of the same labels."""
    answer = api.can("shop/db", "shop/report:8080", intent=load(SHOP, CILIUM).intent)
    assert [line for line in answer.why if "to open it" in line] == [
        "to open it: add report to calls of shop/db (<stdin>:6)"
    ]


def test_a_changed_account_is_told_by_diff(tmp_path: Path) -> None:
    """Pods under the account from before are held by no policy."""
    (tmp_path / "old.yaml").write_text(rendered(SHOP, CILIUM), encoding="utf-8")
    (tmp_path / "new.yaml").write_text(rendered(SHOP.replace("db.main", "db.next"), CILIUM), encoding="utf-8")
    found, _ = api.diff(tmp_path / "old.yaml", tmp_path / "new.yaml", cni="cilium")
    assert "service account db.next, before by service account db.main" in as_text(found)


def test_what_no_plain_policy_can_say() -> None:
    """The error names the plugin, who can, and what to write instead."""
    problem, *_ = refused(SHOP)
    assert (problem.code, problem.place and problem.place.column, problem.notes[-2:]) == (
        "unenforceable-service-account",
        25,
        ("cilium can, from 1.16 on", "calico can, from 3.28 on"),
    )
    assert problem.fix.endswith("leave it out, and select the pods by labels")


@pytest.mark.parametrize("cni", ["cilium 1.20", "calico 3.32"])
def test_what_is_not_as_the_spec_means_it_names_the_account_as_people_do(cni: str) -> None:
    """And not as the label that it is for one of the plugins."""
    intent = load(SHOP, platform(f"cni: {cni}\n")).intent
    found = api.prove(intent, [one for one in api.render(intent) if one.name != "db"]).findings
    texts = " ".join(one.message for one in found if one.code == "policy-differs")
    assert "service account db.main" in texts
    assert "io.cilium" not in texts
