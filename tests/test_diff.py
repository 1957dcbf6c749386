"""What has changed between two specs or sets of manifests, said in sentences."""

from __future__ import annotations

import copy
import itertools
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

import naive
from clusters import Cluster, random_cluster, rule
from netgen import api
from netgen.diff import Change, Comparison, Diff, Kind, Side, Zone, compare, comparison, formats
from netgen.diff.changes import Name
from netgen.diff.connections import Fact
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Direction
from netgen.evaluate.sets import Protocol
from netgen.problems import NetgenError, OutputError
from netgen.source import Dialect, read
from strategies import random_system
from writing import plainly

ROOT = Path(__file__).parents[1]
NETGEN = (sys.executable, "-m", "netgen")
SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web:
    port: 8080
    calls: [db]
  db: 5432/tcp
"""
Body = dict[str, Any]


@pytest.fixture(autouse=True)
def _work_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, with a git that has no settings but a name for the author."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    Path("home").mkdir()
    Path("home/.gitconfig").write_text(
        "[user]\nname = A\nemail = a@example.com\n[init]\ndefaultBranch = main\n", encoding="utf-8"
    )
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def write(name: str, text: str) -> str:
    """Write a file and return its name."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    return name


def told(old: str, new: str, **more: Any) -> list[str]:
    """Return the lines of the comparison of two texts, given as files `old.yaml` and `new.yaml`."""
    found, _ = api.diff(write("old.yaml", old), write("new.yaml", new), **more)
    return formats.as_text(found).splitlines()


def objects(bodies: list[Body]) -> str:
    """Return objects as a YAML stream."""
    return yaml.safe_dump_all(bodies)


def policy(name: str, labels: Body | None = None, *, namespace: str = "shop", **spec: Any) -> Body:
    """Return a NetworkPolicy over the pods with *labels*, by default those of the app of its name."""
    selector = {"matchLabels": {"app": name} if labels is None else labels}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": selector, "policyTypes": ["Ingress"], **spec},
    }


def deployment(name: str, *, namespace: str = "shop", **spec: Any) -> Body:
    """Return a Deployment whose pods carry the label of its name."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c"}], **spec}}},
    }


def service(name: str, *, namespace: str = "shop", **spec: Any) -> Body:
    """Return a Service of the app of its name."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80}], **spec},
    }


def ingress(path: str, name: str = "web", **spec: Any) -> Body:
    """Return an Ingress that leads shop.example.com/*path* to the Service *name*."""
    backend = {"service": {"name": name, "port": {"number": 80}}}
    rule = {"path": path, "pathType": "Prefix", "backend": backend}
    rules = [{"host": "shop.example.com", "http": {"paths": [rule]}}]
    metadata = {"name": "web", "namespace": "shop"}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": {"rules": rules, **spec},
    }


FROM_WEB = {"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 5432}]}


# ------------------------------------------------------------------------------------------------------- connections


def test_nothing_has_changed() -> None:
    """One line says so, whatever else is different in the text."""
    assert told(SPEC, SPEC.replace("[db]", '["db:5432"]') + "# bye\n") == ["no change in who reaches whom"]


def test_what_is_opened_and_closed_names_the_line_of_the_spec() -> None:
    """Of the new spec for what it opens, of the old one for what it opened."""
    assert told(SPEC, SPEC.replace("[db]", "[]").replace("db: 5432/tcp", "db: {port: 5432/tcp, calls: [web]}")) == [
        "shop/db can now open shop/web on 8080/TCP (new.yaml:8:32)",
        "shop/web can no longer open shop/db on 5432/TCP (old.yaml:7:13)",
        "1 opened, 1 closed",
    ]


def test_the_internet_comes_first_then_other_owners() -> None:
    """Inside each, what becomes reachable comes before what stops."""
    head, more = SPEC.split("apps:\n")
    other = head.replace("shop", "pay") + "apps:\n  api: {port: 9090, accepts: [shop/web]}\n"
    old = f"{SPEC}---\n{other}"
    lines = told(
        old,
        f"{head}apps:\n"
        + more.replace("[db]", '[pay/api, "internet:443"]').replace("5432/tcp", "{port: 5432/tcp, calls: [web]}")
        + f"---\n{other}",
    )
    assert lines == [
        "shop/web can now open internet on 443/TCP (new.yaml:7:22)",
        "shop/web can now open pay/api on 9090/TCP (new.yaml:7:13)",
        "shop/web may now open every other pod on 443/TCP (depends on the network plugin; new.yaml:7:22)",
        "shop/db can now open shop/web on 8080/TCP (new.yaml:8:32)",
        "shop/web can no longer open shop/db on 5432/TCP (old.yaml:7:13)",
        "3 opened, 1 perhaps opened, 1 closed",
    ]


def test_owners_are_those_of_the_platform() -> None:
    """Namespaces of one owner are within it; the platform may stand beside manifests too."""
    platform = write(
        "platform.yaml",
        "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: prod}\nowners: {shop: us, pay: us}\n",
    )
    peer = {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "pay"}}}]}
    pods = [deployment("web", namespace="pay"), deployment("db")]
    old, new = (
        write("a.yaml", objects([*pods, policy("db")])),
        write("b.yaml", objects([*pods, policy("db", ingress=[peer])])),
    )
    zones = [[one.zone for one in api.diff(old, new, platform=each)[0].changes] for each in (None, platform)]
    assert zones == [[Zone.ACROSS], [Zone.WITHIN]]


def test_policies_name_their_rule() -> None:
    """Where there is no spec, the policy and the rule of the side that has changed stand for it."""
    old = [deployment("web"), deployment("db"), policy("db"), policy("web", policyTypes=["Egress"], egress=[{}])]
    new = [*old[:2], policy("db", ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}, FROM_WEB]), old[3]]
    lines = told(objects(old), objects(new), cni="cilium")
    assert lines == [
        "10.0.0.0/8 can now open shop/db on every port (NetworkPolicy shop/db, ingress rule 0)",
        "shop/web can now open shop/db on 5432/TCP (NetworkPolicy shop/db, ingress rule 1)",
        "2 opened",
    ]


def test_a_spec_can_be_compared_with_manifests(tmp_path: Path) -> None:
    """What was rendered from it is the same; what somebody has changed there is told."""
    write("spec.yaml", SPEC)
    api.write(api.render(api.load("spec.yaml").intent), "out")
    assert api.diff("spec.yaml", tmp_path / "out")[0].changes == ()
    changed = list(yaml.safe_load_all(Path("out/shop.yaml").read_text(encoding="utf-8")))
    changed[0]["spec"]["ingress"][0].pop("from")
    found, _ = api.diff("spec.yaml", write("changed.yaml", objects(changed)))
    assert [one.kind for one in found.changes if one.zone is Zone.INTERNET] == [Kind.OPENED]
    assert found.changes[0].words == "internet can now open shop/db on 5432/TCP"


def test_a_folder_with_specs_is_read_as_specs() -> None:
    """The manifests beside them are left out with a note."""
    write("a/spec.yaml", SPEC)
    write("a/db.yaml", objects([deployment("db")]))
    write("b/spec.yaml", SPEC)
    found, said = api.diff("a", "b")
    assert found.changes == ()
    assert [one.message for one in said if one.code == "skipped-files"] == [
        "left out, because no netgen document is in them: a/db.yaml"
    ]


def test_what_depends_on_the_plugin_is_told_as_that() -> None:
    """An address may be a pod's; with a CNI that decides it, nothing is left open."""
    pods = [deployment("web"), deployment("db"), policy("db")]
    rule = {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    new = [*pods[:2], policy("db", ingress=[rule])]
    lines = told(objects(pods), objects(new))
    place = "NetworkPolicy shop/db, ingress rule 0"
    assert lines[1] == f"every pod may now open shop/db on every port (depends on the network plugin; {place})"
    back = told(objects(new), objects(pods))
    plugin = "before, that depended on the network plugin"
    assert back[1] == f"every pod can no longer open shop/db on every port ({plugin}; {place})"
    assert len(told(objects(pods), objects(new), cni="cilium")) == 2


def test_what_was_certain_may_become_a_question() -> None:
    """And the reverse: what only some plugins opened is open with all."""
    sure = [deployment("web"), deployment("db"), policy("db", ingress=[FROM_WEB])]
    block = {**FROM_WEB, "from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    unsure = [*sure[:2], policy("db", ingress=[block])]
    rule = "NetworkPolicy shop/db, ingress rule 0"
    there, back = told(objects(sure), objects(unsure)), told(objects(unsure), objects(sure))
    assert "shop/web may no longer open shop/db on 5432/TCP (depends on the network plugin; " + rule + ")" in there
    plugin = "before, that depended on the network plugin"
    assert f"shop/web can now open shop/db on 5432/TCP ({plugin}; {rule})" in back


def test_pods_of_one_app_among_each_other() -> None:
    """A rule may let the replicas of an app reach each other."""
    own = {**FROM_WEB, "from": [{"podSelector": {"matchLabels": {"app": "db"}}}]}
    old, new = ([deployment("db"), policy("db", ingress=rules)] for rules in ([], [own]))
    lines = told(objects(old), objects(new))
    assert lines[0] == "the pods of shop/db can now open each other on 5432/TCP (NetworkPolicy shop/db, ingress rule 0)"


# ------------------------------------------------------------------------------------------------- what must not hide


def lets_in(name: str, **more: Any) -> Body:
    """Return a rule that lets the app *name* in."""
    return {"from": [{**more, "podSelector": {"matchLabels": {"app": name}}}]}


def test_who_can_open_everything_is_told_by_whom_it_is_let_in_now() -> None:
    """A new app of another namespace, or one without its policy now, does not hide behind `everything`."""
    pods = [deployment("web"), deployment("db")]
    closed = [*pods, policy("db", ingress=[])]
    pay = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "pay"}}}
    rule = "NetworkPolicy shop/db, ingress rule 0"
    new = [*pods, policy("db", ingress=[lets_in("spy", **pay)]), deployment("spy", namespace="pay")]
    there, back = told(objects(closed), objects(new)), told(objects(new), objects(closed))
    assert f"pay/spy can now open shop/db on every port ({rule})" in there
    assert f"pay/spy can no longer open shop/db on every port ({rule})" in back
    held = policy("web", policyTypes=["Egress"], egress=[])
    lines = told(objects([*closed, held]), objects([*pods, policy("db", ingress=[FROM_WEB])]))
    assert lines[0].startswith("shop/web becomes unprotected: no policy holds its egress")
    assert lines[1] == f"shop/web can now open shop/db on 5432/TCP ({rule})"
    before = [*pods, policy("db", ingress=[FROM_WEB])]
    assert [one.partition(" becomes")[0] for one in told(objects([*before, held]), objects(before))] == [
        "shop/web",
        "1 unprotected",
    ]


def test_a_policy_over_some_pods_of_an_app() -> None:
    """Where it goes nothing holds them, and that is certain; where it comes, it is not certain which it holds."""
    pods = [{**deployment("db"), "kind": "StatefulSet"}]
    some = policy("db")
    some["spec"]["podSelector"] = {"matchLabels": {"app": "db", "apps.kubernetes.io/pod-index": "0"}}
    first = told(objects([*pods, policy("db")]), objects([*pods, some]))
    assert first[1].startswith("shop/db may become unprotected: no policy holds its ingress")
    assert told(objects([*pods, some]), objects(pods))[0].startswith("shop/db becomes unprotected: ")


def test_what_is_large_is_named_first() -> None:
    """The internet does not hide among many ranges, nor every pod among many names."""
    pods = [deployment("web"), *(deployment(f"app-{number}") for number in range(12))]
    blocks = [{"ipBlock": {"cidr": f"{number}.1.0.0/24"}} for number in range(11, 21)]
    everybody = {"ipBlock": {"cidr": "0.0.0.0/0"}}
    port = [{"port": 443}]
    rules = [{"from": [each], "ports": [{"port": number}]} for number, each in enumerate(blocks, 1)]
    old = objects([*pods, policy("web")])
    listed = told(old, objects([*pods, policy("web", ingress=[{"from": [*blocks, everybody]}])]), cni="cilium")
    assert listed[0].startswith("internet (IPv4), 11.1.0.0/24, 12.1.0.0/24 and 8 more can now open shop/web")
    summed = told(
        old, objects([*pods, policy("web", ingress=[*rules, {"from": [everybody], "ports": port}])]), cni="cilium"
    )
    assert summed[0].startswith("internet (IPv4) on 443/TCP, 11.1.0.0/24 on 1/TCP, 443/TCP, ")


def test_owners_that_change_hide_nothing() -> None:
    """Within an owner is what was, and is, with one owner."""
    first, second = "shop: us, pay: them", "shop: us, pay: us"
    head = "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: prod}\nowners: {"
    pay = SPEC.replace("shop", "pay").replace("[db]", "[]")
    old, new = (
        f"{head}{owners}}}\n---\n{SPEC.replace('[db]', calls)}---\n{pay}"
        for owners, calls in ((first, "[]"), (second, "[pay/db]"))
    )
    found, _ = api.diff(write("old.yaml", old), write("new.yaml", new))
    assert [(one.zone, one.words) for one in found.changes if "pay/db" in one.words] == [
        (Zone.ACROSS, "shop/web can now open pay/db on 5432/TCP")
    ]


def test_a_stranger_with_labels_of_both_sides() -> None:
    """The old side let in whoever does not wear one label, the new side lets in whoever wears another."""
    shun = {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}
    old, new = (
        [deployment("db"), policy("db", ingress=[{"from": [{"podSelector": one}]}])]
        for one in (shun, {"matchLabels": {"b": "1"}})
    )
    assert "shop/a=1,b=1 can now open shop/db on every port (NetworkPolicy shop/db, ingress rule 0)" in told(
        objects(old), objects(new)
    )


def test_a_second_workload_of_a_name() -> None:
    """The first one is no other than before."""
    old = [deployment("web"), policy("web", policyTypes=["Ingress", "Egress"])]
    lines = told(objects(old), objects([*old, {**deployment("web"), "kind": "StatefulSet"}]))
    assert lines == ["shop/web (StatefulSet) is new (new.yaml:28:1)", "1 new"]


# ------------------------------------------------------------------------------------------------------ many at once


def test_many_callers_are_summed_up() -> None:
    """A namespace that is opened as a whole is one line, and so are two hundred named ones."""
    apps = [deployment(f"app-{number}") for number in range(200)]
    closed = [*apps, deployment("db"), policy("db")]
    whole = [*closed[:-1], policy("db", ingress=[{"from": [{"podSelector": {}}]}])]
    assert told(objects(closed), objects(whole)) == [
        "every pod of shop can now open shop/db on every port (NetworkPolicy shop/db, ingress rule 0)",
        "1 opened",
    ]
    names = {"key": "app", "operator": "In", "values": [f"app-{number}" for number in range(200)]}
    rule = {"from": [{"podSelector": {"matchExpressions": [names]}}]}
    listed = told(objects(closed), objects([*closed[:-1], policy("db", ingress=[rule])]))
    assert listed == [
        (
            "shop/app-0, shop/app-1, shop/app-10 and 197 more can now open shop/db on every port "
            "(NetworkPolicy shop/db, ingress rule 0)"
        ),
        "200 opened",
    ]


def test_many_targets_of_one_app_are_summed_up() -> None:
    """Whatever their ports."""
    calls = [f"app-{number}" for number in range(20)]
    apps = "".join(f"  {name}: {9000 + number}\n" for number, name in enumerate(calls))
    lines = told(SPEC + apps, SPEC.replace("[db]", f"[db, {', '.join(calls)}]") + apps)
    assert lines == [
        (
            "shop/web can now open shop/app-0 on 9000/TCP, shop/app-1 on 9001/TCP, shop/app-10 on 9010/TCP and 17 more "
            "(new.yaml:7:17)"
        ),
        "20 opened",
    ]


def test_what_strangers_do_among_each_other_is_not_told() -> None:
    """A policy speaks of pods that nobody knows; their connections are nobody's."""
    cert = {"from": [{"namespaceSelector": {"matchLabels": {"team": "red"}}}]}
    old, new = ([deployment("web"), policy("web", ingress=rules)] for rules in ([cert], [{}]))
    words = [one.words for one in api.diff(write("a", objects(old)), write("b", objects(new)))[0].changes]
    assert words
    assert all("shop/web" in each for each in words)


def test_thousands_of_apps_take_no_longer_than_they_must() -> None:
    """Everybody opens everybody, and that is one line."""
    apps = [deployment(f"app-{number}") for number in range(1500)]
    old, new = (
        Side(read_cluster(read(objects([*apps, policy("all", {}, ingress=rules)]), "x", Dialect.MANIFEST).documents))
        for rules in ([], [{"from": [{"podSelector": {}}]}])
    )
    words = [one.words for one in compare(old, new, cni="kubernetes").changes]
    assert words == ["every pod of shop can now open every pod of shop on every port"]


# ------------------------------------------------------------------------------------------------- protection, apps


def test_an_app_that_loses_its_last_policy() -> None:
    """One sentence stands for all that could be told of its connections."""
    old = [deployment("web"), deployment("db"), policy("db", ingress=[FROM_WEB])]
    assert told(objects(old), objects(old[:2])) == [
        "shop/db becomes unprotected: no policy holds its ingress, everybody can open it (NetworkPolicy shop/db)",
        "1 unprotected",
    ]
    assert told(objects(old[:2]), objects(old)) == [
        (
            "shop/db becomes protected: policies hold its ingress, and only what they allow is open "
            "(NetworkPolicy shop/db)"
        ),
        "1 protected",
    ]


def test_a_policy_that_allows_everything_is_told_as_one() -> None:
    """Being held by it closes nothing; where one direction is closed, the usual words are right."""
    old = [deployment("web")]
    both = policy("web", policyTypes=["Ingress", "Egress"], ingress=[{}], egress=[{}])
    half = policy("web", policyTypes=["Ingress", "Egress"], ingress=[FROM_WEB], egress=[{}])
    for one, words in (
        (policy("web", ingress=[{}]), "policies hold its ingress, and allow everything"),
        (both, "policies hold it, and allow everything"),
        (half, "policies hold it, and only what they allow is open"),
    ):
        assert told(objects(old), objects([*old, one]))[0] == (
            f"shop/web becomes protected: {words} (NetworkPolicy shop/web)"
        )


def test_policies_alone_leave_their_pods_behind() -> None:
    """Without workloads and Services, a policy that goes says nothing of its pods: they are taken to be there."""
    old = [policy("db", ingress=[FROM_WEB], policyTypes=["Ingress", "Egress"]), policy("web")]
    words = told(objects(old), objects(old[1:]))[0]
    held = "no policy holds it, everybody can open it and it can open everything that lets it in"
    assert words == f"shop/db becomes unprotected: {held} (NetworkPolicy shop/db)"


def test_a_policy_that_turns_to_other_pods_is_no_rename() -> None:
    """The pods that it held are unprotected, and called by their labels."""
    old, new = (objects([policy("db", {"tier": tier})]) for tier in ("a", "b"))
    lines = told(old, new)
    assert lines[0].startswith("shop/tier=a becomes unprotected: no policy holds its ingress")
    assert lines[1].startswith("shop/tier=b becomes protected: ")
    assert lines[-1] == "1 unprotected, 1 protected"


def test_pods_that_nothing_names_lose_their_protection_too() -> None:
    """A default of the namespace holds them, whether apps have policies of their own or there are none."""
    held = {"policyTypes": ["Ingress", "Egress"]}
    lost = "no policy holds it, everybody can open it and it can open everything that lets it in"
    for own in ([policy("web", **held)], [deployment("web"), policy("web", **held)], []):
        old, new = objects([*own, policy("all", {}, **held)]), objects(own or [service("web")])
        assert told(old, new)[0] == f"any other pod of shop becomes unprotected: {lost} (NetworkPolicy shop/all)"
        assert told(new, old)[0].startswith("any other pod of shop becomes protected: ")
    old, new = (objects([policy("all", {}, ingress=rules)]) for rules in ([], [{}]))
    rule = "NetworkPolicy shop/all, ingress rule 0"
    assert told(old, new) == [
        f"internet can now open every pod of shop on every port ({rule})",
        f"every pod can now open every pod of shop on every port ({rule})",
        "2 opened",
    ]


def test_pods_that_a_new_app_is_like() -> None:
    """A workload that no policy tells from others may be new, and the others are told of all the same."""
    old, new = [policy("all", {})], [deployment("tool")]
    lines = told(objects(old), objects(new))
    assert lines[0].startswith("any other pod of shop becomes unprotected: no policy holds its ingress")
    assert lines[1].startswith("shop/tool is new and unprotected: no policy holds it")


def test_an_app_that_moves_to_the_host_network() -> None:
    """No policy holds it there."""
    old, new = ([deployment("db", **more), policy("db")] for more in ({}, {"hostNetwork": True}))
    assert told(objects(old), objects(new))[0] == (
        "shop/db becomes unprotected: it runs on the host network, where no policy holds it (NetworkPolicy shop/db)"
    )


def test_an_app_on_the_host_network_that_no_policy_held() -> None:
    """It is told all the same: no policy can hold it any longer."""
    old, new = ([deployment("web", **more), deployment("db")] for more in ({}, {"hostNetwork": True}))
    assert told(objects(old), objects(new)) == [
        "shop/web is now on the host network, which no policy holds (new.yaml:1:1)",
        "1 unprotected",
    ]
    assert told(objects(new), objects(old))[0] == "shop/web is no longer on the host network (new.yaml:1:1)"


def test_many_unprotected_apps_are_one_line() -> None:
    """A folder of policies that goes is told once."""
    apps = [f"app-{number}" for number in range(100)]
    old = [each for name in apps for each in (deployment(name), policy(name))]
    lines = told(objects(old), objects([each for each in old if each["kind"] == "Deployment"]))
    assert lines == [
        (
            "shop/app-0, shop/app-1, shop/app-10 and 97 more become unprotected: no policy holds their ingress, "
            "everybody can open them (NetworkPolicy shop/app-0)"
        ),
        "100 unprotected",
    ]


def test_a_new_app_and_one_that_is_gone() -> None:
    """They are named, with all that they can do or could."""
    new = SPEC + '  api: {port: 9090, calls: [db, "internet:443"]}\n'
    lines = told(SPEC, new)
    assert "shop/api can now open internet on 443/TCP (new.yaml:9:33)" in lines
    assert "shop/api can now open shop/db on 5432/TCP (new.yaml:9:29)" in lines
    assert "shop/api is new (new.yaml:9:3)" in lines
    back = told(new, SPEC)
    assert "shop/api can no longer open shop/db on 5432/TCP (old.yaml:9:29)" in back
    assert "shop/api is gone; where pods still run, no policy holds them (old.yaml:9:3)" in back


def test_a_new_workload_without_policies_is_unprotected() -> None:
    """Nobody has closed anything for it."""
    old = [deployment("db"), policy("db")]
    assert told(objects(old), objects([*old, deployment("web")])) == [
        (
            "shop/web is new and unprotected: no policy holds it, everybody can open it and it can open everything "
            "that lets it in"
        ),
        "shop/web is new (new.yaml:27:1)",
        "1 unprotected, 1 new",
    ]


def test_other_labels_do_not_drown_the_rest() -> None:
    """An app that is known by other labels has the connections that it had."""
    new = SPEC.replace("db: 5432/tcp", "db: {port: 5432/tcp, select: {app: postgres}, calls: [web]}")
    assert told(SPEC, new) == [
        "shop/db can now open shop/web on 8080/TCP (new.yaml:8:57)",
        (
            "shop/db is known by app=postgres, before by app.kubernetes.io/name=db; where pods with that still run, no "
            "policy holds them (new.yaml:8:3)"
        ),
        "1 opened, 1 relabelled",
    ]


def test_labels_that_only_come_or_go_are_told_with_those_that_stay() -> None:
    """A selector that loses a label, or gets one, is shown as it was and as it is."""
    one, two = (
        SPEC.replace("db: 5432/tcp", f"db: {{port: 5432/tcp, select: {labels}}}")
        for labels in (
            "{app: db}",
            "{app: db, tier: data}",
        )
    )
    assert told(one, two)[0].startswith("shop/db is known by app=db, tier=data, before by app=db;")
    assert told(two, one)[0].startswith("shop/db is known by app=db, before by app=db, tier=data")


def test_apps_that_swap_their_labels() -> None:
    """Each is compared with itself."""
    names = ("app: web", "app: db")
    old, new = (
        SPEC.replace("port: 8080", f"port: 8080\n    select: {{{web}}}").replace(
            "db: 5432/tcp", f"db: {{port: 5432/tcp, select: {{{db}}}}}"
        )
        for web, db in (names, names[::-1])
    )
    assert [line.partition(" is known")[0] for line in told(old, new)] == ["shop/db", "shop/web", "2 relabelled"]


def test_another_name_for_the_same_pods() -> None:
    """Is told as that."""
    old = SPEC.replace("db: 5432/tcp", "db: {port: 5432/tcp, select: {app: db}}")
    lines = told(old, old.replace("  db:", "  store:").replace("[db]", "[store]"))
    assert lines == ["shop/store was called shop/db (new.yaml:8:3)", "1 renamed"]


def test_many_apps_with_other_labels_are_one_line() -> None:
    """Another key for all apps of a spec changes nothing else, however the labels of both could be combined."""
    apps = "".join(f"  app-{number}: {{port: 8080, calls: [app-{(number + 1) % 30}]}}\n" for number in range(30))
    old = SPEC + apps
    assert told(old, old.replace("apps:", "selectBy: app\napps:")) == [
        "shop/app-0, shop/app-1, shop/app-10 and 29 more are known by other labels than before (new.yaml:10:3)",
        "32 relabelled",
    ]


def test_pods_that_nobody_has_yet_are_looked_at_too() -> None:
    """A rule may speak of those of an app with one more label: nothing changes for the app, but for who could be."""

    def rules(*expressions: Body) -> Side:
        peer = {"podSelector": {"matchLabels": {"app": "web"}, "matchExpressions": list(expressions)}}
        return side_of([deployment("web"), deployment("db"), policy("db", ingress=[{"from": [peer]}])])

    closed = side_of([deployment("web"), deployment("db"), policy("db", ingress=[])])
    canaries, others = {"key": "canary", "operator": "Exists"}, {"key": "canary", "operator": "DoesNotExist"}
    canary = "shop/app=web,canary=<other>"
    for old, new in ((closed, rules(canaries)), (rules(others), rules())):
        there, back = compare(old, new, cni="kubernetes"), compare(new, old, cni="kubernetes")
        assert [one.words for one in there.changes] == [f"{canary} can now open shop/db on every port"]
        assert [one.words for one in back.changes] == [f"{canary} can no longer open shop/db on every port"]


def test_the_policy_of_an_app_is_named_before_one_of_all() -> None:
    """Where both went."""
    old = [deployment("db"), policy("all", {}), policy("db")]
    assert told(objects(old), objects(old[:1]))[1].endswith("(NetworkPolicy shop/db)")


def test_versions_in_labels_are_no_change() -> None:
    """Labels that no policy asks for may change with every release."""
    old = [deployment("db"), policy("db")]
    new = [deployment("db"), policy("db")]
    new[0]["spec"]["template"]["metadata"]["labels"]["version"] = "2"
    assert told(objects(old), objects(new)) == ["no change in who reaches whom"]


# --------------------------------------------------------------------------------------------------------- exposures


def test_paths_of_ingresses() -> None:
    """They appear, vanish, and lead elsewhere."""
    old = [service("web"), service("api"), ingress("/api", tls=[{"hosts": ["shop.example.com"]}])]
    assert told(objects(old[:2]), objects(old))[:1] == [
        "https://shop.example.com/api now leads to shop/web:80 (Ingress shop/web)"
    ]
    assert told(objects(old), objects(old[:2]))[:1] == [
        "https://shop.example.com/api no longer leads to shop/web:80 (Ingress shop/web)"
    ]
    moved = [*old[:2], ingress("/api", "api", tls=[{"hosts": ["shop.example.com"]}])]
    assert told(objects(old), objects(moved))[:1] == [
        "https://shop.example.com/api now leads to shop/api:80 (before: shop/web:80) (Ingress shop/web)"
    ]
    assert told(objects(old), objects([*old[:2], ingress("/api")]))[:2] == [
        "http://shop.example.com/api now leads to shop/web:80 (Ingress shop/web)",
        "https://shop.example.com/api no longer leads to shop/web:80 (Ingress shop/web)",
    ]


def test_exposures_of_a_spec_name_its_line() -> None:
    """A URL, a LoadBalancer, a node port."""
    platform = write(
        "platform.yaml",
        "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: prod}\n"
        "entrypoints: {public: {ingress: traefik}, inner: {ingress: nginx, internal: true, hosts: [in.example.com]}}\n",
    )
    port = "port: 8080\n"
    new = SPEC.replace(port, f"{port}    expose: [https://shop.example.com, http://in.example.com, nodePort 30080]\n")
    lines = told(SPEC, new, platform=platform)
    assert lines[:2] == [
        "https://shop.example.com/ now leads to shop/web:8080 (new.yaml:7:14)",
        "the NodePort shop/web now opens port 30080 of every node for 8080/TCP (new.yaml:5:3)",
    ]
    assert "http://in.example.com/ now leads to shop/web:8080 (new.yaml:7:40)" in lines


@pytest.mark.parametrize("door", ["ingress: traefik", "gateway: infra/public:https, controller: istio"])
def test_an_entry_point_that_the_internet_reaches_now(door: str) -> None:
    """No policy and no route changes, and everybody comes to the URLs; manifests alone do not say who does."""
    points = "---\napiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: prod}\n"
    points += "entrypoints: {way: {%s%s}}\n"
    spec = SPEC.replace("port: 8080\n", "port: 8080\n    expose: https://shop.example.com\n")
    public, inner = spec + points % (door, ""), spec + points % (door, ", internal: true")
    (line, count) = told(inner, public)
    assert line.endswith("://shop.example.com/ is reached by the internet now (before: internal) (new.yaml:7:13)")
    assert count == "1 exposed"
    (line, count) = told(public, inner)
    assert line.endswith("://shop.example.com/ is internal now (before: reached by the internet) (new.yaml:7:13)")
    assert count == "1 no longer exposed"


@pytest.mark.parametrize("kind", ["LoadBalancer", "NodePort"])
def test_types_of_services(kind: str) -> None:
    """A Service that becomes reachable from outside, and one that no longer is."""
    old, new = objects([service("web")]), objects([service("web", type=kind)])
    ways = {"LoadBalancer": "80/TCP", "NodePort": "a port of every node for 80/TCP"}
    assert told(old, new) == [f"the {kind} shop/web now opens {ways[kind]} (Service shop/web)", "1 exposed"]
    assert told(new, old)[-1] == "1 no longer exposed"


def test_ways_that_turn_to_other_pods() -> None:
    """A Service that selects another app, or another port of it, leads the internet there."""
    pods = [deployment("web"), deployment("db")]
    front = {"type": "LoadBalancer", "selector": {"app": "web"}}
    old = [*pods, service("front", **front)]
    turned = service("front", type="LoadBalancer", selector={"app": "db"})
    before = "(before: shop/web on 80/TCP) (Service shop/front)"
    assert told(objects(old), objects([*pods, turned])) == [
        f"the LoadBalancer shop/front now opens 80/TCP, which is shop/db on 80/TCP {before}",
        "1 exposed",
    ]
    other = service("front", **front, ports=[{"port": 80, "targetPort": 9000}])
    assert told(objects(old), objects([*pods, other]))[0] == (
        f"the LoadBalancer shop/front now opens 80/TCP, which is shop/web on 9000/TCP {before}"
    )
    more = [*old, deployment("canary"), policy("canary", policyTypes=["Ingress", "Egress"])]
    more[3]["spec"]["template"]["metadata"]["labels"] |= {"app": "web", "track": "canary"}
    assert told(objects(old), objects(more))[1].startswith(
        "the LoadBalancer shop/front now opens 80/TCP, which is shop/canary on 80/TCP and shop/web on 80/TCP (before: "
    )
    there, inner = ([*pods, ingress("/x"), service("web", selector={"app": app})] for app in ("web", "db"))
    assert told(objects(there), objects(inner)) == [
        (
            "http://shop.example.com/x now leads to shop/web:80, which is shop/db on 80/TCP "
            "(before: shop/web on 80/TCP) (Ingress shop/web)"
        ),
        "the Service shop/web now leads to shop/db (before: shop/web) (Service shop/web)",
        "1 exposed, 1 led elsewhere",
    ]
    named = [service("front", **front, ports=[{"port": 80, "targetPort": name}]) for name in ("http", "admin")]
    assert told(objects(named[:1]), objects(named[1:]))[0] == (
        "the LoadBalancer shop/front now opens 80/TCP, which is shop/front on admin/TCP "
        "(before: shop/front on http/TCP) (Service shop/front)"
    )


def test_who_comes_in_through_a_load_balancer() -> None:
    """More clients are an opening, fewer are none; an address of a Service is one too."""
    ranges = {"type": "LoadBalancer", "loadBalancerSourceRanges": ["203.0.113.0/24"]}
    some, wider, all_ = (
        objects([service("web", **more)])
        for more in (ranges, {**ranges, "loadBalancerSourceRanges": ["203.0.112.0/23"]}, {"type": "LoadBalancer"})
    )
    takes = "the LoadBalancer shop/web now takes 80/TCP from"
    narrow = "203.0.113.0/24 alone"
    assert told(some, all_) == [f"{takes} everybody (before: {narrow}) (Service shop/web)", "1 exposed"]
    assert told(some, wider)[0] == f"{takes} 203.0.112.0/23 alone (before: {narrow}) (Service shop/web)"
    assert told(all_, some) == [f"{takes} {narrow} (before: everybody) (Service shop/web)", "1 no longer exposed"]
    plain, outer = objects([service("web")]), objects([service("web", externalIPs=["203.0.113.5"])])
    assert told(plain, outer) == [
        "the Service shop/web now opens 80/TCP at 203.0.113.5 (Service shop/web)",
        "1 exposed",
    ]
    assert told(plain, some)[0] == f"the LoadBalancer shop/web now opens 80/TCP for {narrow} (Service shop/web)"


def test_a_service_that_turns_away() -> None:
    """It leads out of the cluster, or to endpoints that somebody writes."""
    old = objects([deployment("db"), service("db")])
    out = {"type": "ExternalName", "externalName": "db.example.com"}
    assert told(old, objects([deployment("db"), service("db", **out)]))[0] == (
        "the Service shop/db now leads to db.example.com (before: shop/db) (Service shop/db)"
    )
    assert told(old, objects([deployment("db"), service("db", selector=None)]))[0] == (
        "the Service shop/db now leads to endpoints that no selector gives (before: shop/db) (Service shop/db)"
    )


def test_two_ingresses_of_one_url() -> None:
    """Nobody knows which one counts, in any order; the class is named where it is all that differs."""
    second = {**ingress("/x", "api"), "metadata": {"name": "a", "namespace": "shop"}}
    old = [service("web"), service("api"), ingress("/x")]
    for new in ([second, *old], [*old, second]):
        assert told(objects(old), objects(new))[0].startswith(
            "http://shop.example.com/x now leads to shop/api:80 and shop/web:80 (before: shop/web:80) (Ingress shop/"
        )
    inner, outer = (objects([service("web"), ingress("/x", ingressClassName=each)]) for each in ("inner", "outer"))
    assert told(inner, outer)[:2] == [
        "http://shop.example.com/x of the class outer now leads to shop/web:80 (Ingress shop/web)",
        "http://shop.example.com/x of the class inner no longer leads to shop/web:80 (Ingress shop/web)",
    ]


def test_annotations_of_ways_in_are_not_passed_over() -> None:
    """They make a load balancer public, and nobody here reads them."""
    old, new = (service("web", type="LoadBalancer") for _ in range(2))
    old["metadata"]["annotations"] = {"example.com/scheme": "internal"}
    assert told(objects([old]), objects([new])) == [
        (
            "the LoadBalancer shop/web has other annotations now, which may say who gets in: example.com/scheme "
            "(new.yaml:1:1)"
        ),
        "no change in what is understood, 1 not understood",
    ]


def test_what_makes_a_controller_serve_https_alone_lets_nobody_in() -> None:
    """Its profile has the annotations; any other value of them, or that they are gone, is told."""
    redirect = "traefik.ingress.kubernetes.io/router.tls"
    plain, secure, open_ = (ingress("/", ingressClassName="traefik") for _ in range(3))
    secure["metadata"]["annotations"] = {redirect: "true"}
    open_["metadata"]["annotations"] = {redirect: "false"}
    assert told(objects([service("web"), plain]), objects([service("web"), secure])) == [
        "no change in who reaches whom"
    ]
    for old, new in ((secure, plain), (plain, open_), (open_, secure)):
        (line, _) = told(objects([service("web"), old]), objects([service("web"), new]))
        assert line.startswith("the Ingress shop/web has other annotations now")


# --------------------------------------------------------------------------------------------------- not understood


@pytest.mark.parametrize("head", ["", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"])
def test_what_a_kustomization_changes_is_not_understood(head: str) -> None:
    """The files of a folder are not what is built of it; a kustomization that only lists them is no matter."""
    manifests = api.stream(api.render(api.load("-", stdin=SPEC.encode()).intent), "yaml")
    for side, more in (("old", ""), ("new", "namePrefix: a-\n")):
        Path(side).mkdir()
        Path(side, "shop.yaml").write_text(manifests, encoding="utf-8")
        Path(side, "kustomization.yaml").write_text(f"{head}resources: [shop.yaml]\n{more}", encoding="utf-8")
    found, _ = api.diff("old", "old")
    assert found.changes == ()
    found, _ = api.diff("old", "new")
    assert [change.zone for change in found.changes] == [Zone.UNPROVEN]
    assert "namePrefix gives the Services other names" in str(found.changes[0])


CILIUM = {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "x"}, "spec": {}}


def test_what_is_clusterwide_is_told_of_namespaces_that_nothing_names() -> None:
    """A denial for all pods is one for those of other namespaces, which are named so."""
    metadata = {"apiVersion": "cilium.io/v2", "kind": "CiliumClusterwideNetworkPolicy", "metadata": {"name": "x"}}
    opening = {"enableDefaultDeny": {"egress": False}, "egressDeny": [{"toCIDR": ["169.254.169.254/32"]}]}
    denial: Body = {**metadata, "spec": {"endpointSelector": {}, **opening}}
    assert told(objects([deployment("db")]), objects([deployment("db"), denial]), cni="cilium") == [
        "every pod of other namespaces can no longer open 169.254.169.254 on every port",
        "every pod of shop can no longer open 169.254.169.254 on every port",
        "2 closed",
    ]


def test_what_is_not_understood_is_never_no_change() -> None:
    """On one side or on both."""
    known = [deployment("db"), policy("db")]
    for old, new, side in ((known, [*known, CILIUM], "new side"), ([*known, CILIUM], known, "old side")):
        lines = told(objects(old), objects(new))
        assert f"not understood ({side}): the kind CiliumNetworkPolicy" in lines[0]
        assert lines[-1].startswith("no change in what is understood, ")


def test_labels_of_namespaces_that_change_are_not_passed_over() -> None:
    """Both sides are seen with the same namespaces, and that is said."""
    peer = {"from": [{"namespaceSelector": {"matchLabels": {"team": "red"}}}]}

    def bodies(**labels: str) -> str:
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "pay", "labels": labels}}
        return objects([space, policy("db", ingress=[peer])])

    lines = told(bodies(team="blue"), bodies(team="red"))
    assert lines[0].startswith("the namespace pay wears other labels now")
    assert told(bodies(team="red", version="1"), bodies(team="red", version="2")) == ["no change in who reaches whom"]


def test_a_namespace_on_one_side_only() -> None:
    """What it wears is not known on the other side, except where it came with its pods."""
    red = {"from": [{"namespaceSelector": {"matchLabels": {"team": "red"}}}]}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "pay", "labels": {"team": "red"}}}
    own = [deployment("db"), policy("db", ingress=[red])]
    pods = [deployment("api", namespace="pay"), policy("api", namespace="pay")]
    for old, new, side in (([*own, *pods], [*own, *pods, space], "new"), (own, [*own, space], "new")):
        word = f"the namespace pay is there on the {side} side only"
        assert any(line.startswith(word) for line in told(objects(old), objects(new)))
        word = "the namespace pay is there on the old side only"
        assert any(line.startswith(word) for line in told(objects(new), objects(old)))
    lines = told(objects(own), objects([*own, *pods, space]))
    assert "pay/api can now open shop/db on every port (NetworkPolicy shop/db, ingress rule 0)" in lines
    assert not any("side only" in line for line in lines)


@pytest.mark.parametrize(("old", "new"), [("", ""), ("# no\n", "a: b\n"), ("", "apiVersion: v1\nkind: ConfigMap\n")])
def test_two_sides_without_objects_are_no_comparison(old: str, new: str) -> None:
    """A pipe that broke off must not look like `no change`."""
    try:
        last = told(old, new)[-1]
    except NetgenError as error:
        last = error.problems[0].code
    assert last == "nothing-to-compare" or "not understood" in last


def test_one_empty_side_is_said() -> None:
    """Everything is new then."""
    found, said = api.diff(write("a.yaml", ""), write("b.yaml", SPEC))
    assert "empty-side" in {problem.code for problem in said}
    assert {"shop/db is new", "shop/web is new"} <= {one.words for one in found.changes}


def test_the_problems_of_both_sides_come_at_once() -> None:
    """Each with its place."""
    with pytest.raises(NetgenError) as caught:
        told(SPEC.replace("[db]", "[dv]"), SPEC.replace("8080", "808080"))
    assert [(one.place.file, one.code) for one in caught.value.problems if one.place] == [
        ("new.yaml", "bad-value"),
        ("old.yaml", "unknown-app"),
    ]


# ------------------------------------------------------------------------------------------------------- properties


def side_of(bodies: list[Body]) -> Side:
    """Return objects as a side."""
    return Side(read_cluster(read(plainly(bodies), "x", Dialect.MANIFEST).documents))


OPEN = re.compile(r"(can|may) (now|no longer) open")


def pairs(found: Diff, kinds: set[Kind]) -> list[tuple[int, str, int]]:
    """Return the connections of some kinds in words that do not say whether they were opened or closed."""
    return sorted((one.zone, OPEN.sub("opens", one.words), one.count) for one in found.changes if one.kind in kinds)


OPENED = {Kind.OPENED, Kind.MAY_OPEN, Kind.CERTAIN}
CLOSED = {Kind.CLOSED, Kind.UNCERTAIN}


def random_files(seed: str, folder: str) -> dict[str, str]:
    """Write a random system, a file for each document, and again in another order; return the owners it names."""
    documents = random_system(seed).documents
    for index, document in enumerate(documents):
        write(f"{folder}/{index}.yaml", plainly([document]))
        write(f"{folder}-turned/{len(documents) - index}.yaml", plainly([document]))
    return next((one["owners"] for one in documents if "owners" in one), {})


def test_random_specs_there_and_back() -> None:
    """What the way there opens, the way back closes; a spec beside itself is the same, in any order of its files."""
    seen = 0
    for number in range(40):
        old, new = f"{number}/a", f"{number}/b"
        owners = [random_files(f"{number} {each}", each) for each in (old, new)]
        there, back = api.diff(old, new)[0], api.diff(new, old)[0]
        kinds = {kind for one in there.changes for kind in [one.kind]}
        for some, others in ((OPENED, CLOSED), (CLOSED, OPENED)):
            here, reverse = pairs(there, some), pairs(back, others)
            assert sum(count for _, _, count in here) == sum(count for _, _, count in reverse)
            if owners[0] == owners[1] and Kind.RENAMED not in kinds:
                assert here == reverse
                seen += len(here)
        turned = api.diff(f"{old}-turned", f"{new}-turned")[0]
        assert [one.words for one in turned.changes] == [one.words for one in there.changes]
        assert api.diff(old, f"{old}-turned")[0].changes == ()
    assert seen > 200


def random_pair(number: int) -> tuple[Cluster, list[Body], list[Body]]:
    """Return a random cluster and its objects with the policies of two clusters, one after the other."""
    clusters = [random_cluster(f"{number} {side}") for side in "ab"]
    pods = [body for body in clusters[0].objects if body["kind"] != "NetworkPolicy"]
    old, new = (each.policies for each in clusters)
    chance = Random(number)  # noqa: S311 - the same choice in every run
    return clusters[0], [*pods, *old], [*pods, *chance.sample(old, len(old) // 2), *new[1:]]


def mean(phrase_names: tuple[str, ...], pod: naive.End) -> bool:
    """Return whether a phrase with these names means *pod*."""
    return not {f"{pod.namespace}/{pod.pod}", f"every pod of {pod.namespace}", "every pod"}.isdisjoint(phrase_names)


def test_random_policies_as_the_documentation_says() -> None:
    """Between any two pods, what is told is what the plain reading of the API says of both sides."""
    seen = dict.fromkeys((Kind.OPENED, Kind.CLOSED), 0)
    for number in range(150):
        cluster, old, new = random_pair(number)
        both = comparison(side_of(old), side_of(new), cni="calico")
        found = list(both.facts())
        policies = [[body for body in each if body["kind"] == "NetworkPolicy"] for each in (old, new)]
        sides = [both.protection.loosened, both.protection.tightened]
        for source, target in itertools.permutations([end for end in cluster.ends if end.pod], 2):
            for kind, side in zip(seen, sides, strict=True):
                if is_summed_up(both, side, source, target):
                    continue
                expected = set(changed(policies if kind is Kind.OPENED else policies[::-1], source, target))
                assert set(of_facts(found, kind, source, target)) == expected, (number, source, target, kind)
                seen[kind] += len(expected)
    assert min(seen.values()) > 400


def is_summed_up(both: Comparison, side: Any, source: naive.End, target: naive.End) -> bool:
    """Return whether a sentence about protection stands for what could be told of two pods."""
    numbers = {name: number for number, end in enumerate(both.ends.ends) for name in end.names}
    ways = ((source, Direction.EGRESS), (target, Direction.INGRESS))
    return any(side(way) >> numbers[f"{pod.namespace}/{pod.pod}"] & 1 for pod, way in ways)


QUESTIONS = [
    (protocol, port) for protocol in ("TCP", "UDP", "SCTP") for port in (79, 80, 81, 82, 443, 480, 843, 8080, 9000)
]


def changed(policies: list[list[Body]], source: naive.End, target: naive.End) -> Iterator[Any]:
    """Yield what was surely closed under the first policies and is surely open under the second."""
    loose, strict = (naive.Choices(init_ports=counted) for counted in (True, False))
    for protocol, port in QUESTIONS:
        if not naive.allowed(policies[0], source, target, protocol, port, loose) and naive.allowed(
            policies[1], source, target, protocol, port, strict
        ):
            yield protocol, port


def of_facts(
    found: list[Fact], kind: Kind, source: naive.End, target: naive.End, *, unsure: bool = False
) -> Iterator[Any]:
    """Yield what is told of two pods; what is told to depend on something only with *unsure*."""
    for fact in found:
        sides = ((fact.sources, source), (fact.targets, target))
        about = all(any(mean(one.names, pod) for one in phrases) for phrases, pod in sides)
        if fact.kind is kind and (unsure or not fact.unsure) and about:
            yield from (each for each in QUESTIONS if fact.ports.has(Protocol(each[0]), each[1]))


PLUGINS = {
    "calico": [naive.Choices(init_ports=True)],
    "kubernetes": [
        naive.Choices(blocks_match_pods=pods, blocks_match_nodes=nodes, init_ports=init)
        for pods, nodes, init in itertools.product((False, True), repeat=3)
    ],
    "cilium": [
        naive.Choices(blocks_match_pods=False, blocks_match_nodes=False, unlisted_rules=True, init_ports=init)
        for init in (False, True)
    ],
}
BY_ALL, TO_ALL = "everybody can open it", "everything that lets it in"


def random_edit(number: int) -> tuple[Cluster, list[Body], list[Body]]:
    """Return a random cluster and its objects, twice, with some sections of its policies written anew in each.

    The second time, some of the policies no longer hold egress.
    """
    cluster = random_cluster(f"edit {number}")
    sides = [copy.deepcopy(cluster.objects) for _ in range(2)]
    for spec in (body["spec"] for side in sides for body in side if body["kind"] == "NetworkPolicy"):
        for way, key in (("ingress", "from"), ("egress", "to")):
            if spec.get(way) is not None and cluster.chance.random() < 0.6:
                spec[way] = [rule(cluster, key) for _ in range(cluster.chance.randint(1, 2))]
    for spec in (body["spec"] for body in sides[1] if body["kind"] == "NetworkPolicy"):
        if "Egress" in (spec.get("policyTypes") or ()) and cluster.chance.random() < 0.9:
            spec["policyTypes"] = ["Ingress"]
    return cluster, sides[0], sides[1]


def test_everything_that_opens_is_covered() -> None:
    """By a connection that is told, or by a sentence that says so of one of the two pods, with any plugin."""
    seen: Counter[str] = Counter()
    for number, (cni, make) in enumerate(itertools.product(PLUGINS, [random_pair, random_edit] * 12)):
        cluster, *bodies = make(number)
        both = comparison(side_of(bodies[0]), side_of(bodies[1]), cni=cni)
        told, lost = list(both.facts()), [one for one in both.changes() if one.kind is Kind.UNPROTECTED]
        sides = [[body for body in each if body["kind"] == "NetworkPolicy"] for each in bodies]
        for pods in itertools.permutations([end for end in cluster.ends if end.pod], 2):
            open_now = {each for kind in OPENED for each in of_facts(told, kind, *pods, unsure=True)}
            free = [{word for word in (BY_ALL, TO_ALL) if is_said(lost, word, pod)} for pod in pods]
            for choices, each in itertools.product(PLUGINS[cni], QUESTIONS):
                if naive.allowed(sides[1], *pods, *each, choices) > naive.allowed(sides[0], *pods, *each, choices):
                    # Whom policies over the target let in only now, is told by name.
                    let_in = naive.side(sides[0], *pods, *each, choices, "ingress") or is_free(sides[1], pods[1])
                    covers = {"told": each in open_now, "target": BY_ALL in free[1], "source": TO_ALL in free[0]}
                    how = next((how for how, holds in covers.items() if holds and (let_in or how != "source")), "")
                    assert how, (number, cni, pods, each, choices)
                    seen[how] += 1
    assert min(seen[each] for each in ("told", "target", "source")) > 100


def is_said(lost: list[Change], word: str, pod: naive.End) -> bool:
    """Return whether a sentence of *lost* says *word* about *pod*."""
    return any(f"{pod.namespace}/{pod.pod}" in map(str, one.sentence) and word in one.words for one in lost)


def is_free(policies: list[Body], pod: naive.End) -> bool:
    """Return whether no policy holds the ingress of *pod*."""
    nobody = naive.End("192.0.2.1")
    return all(naive.side(policies, nobody, pod, *each, naive.Choices(), "ingress") for each in QUESTIONS)


# -------------------------------------------------------------------------------------------------- names, Markdown


def test_hostile_names_are_harmless() -> None:
    """Neither a terminal nor a page takes them for more than text, and no host says what netgen says."""
    nasty = "a`](http://x)|<b>@me #1 $x$\x1b[31m\u202e\n## x"
    old = [deployment("db"), policy("db")]
    new = [deployment("db"), policy("db", ingress=[FROM_WEB]), ingress("/" + nasty, nasty)]
    found, _ = api.diff(Path(write("a", objects(old))), Path(write("b", objects(new))))
    text, page = formats.as_text(found), formats.as_markdown(found)
    assert all(each.isprintable() for each in text.splitlines())
    line = next(each for each in page.splitlines() if "now leads to" in each)
    spans = re.findall(r"(`+) ?(.*?) ?\1(?!`)", line)
    outside = re.sub(r"(`+) ?(.*?) ?\1(?!`)", "", line)
    assert len(spans) == 3
    assert not set("<>|@#$[]\\*_") & set(outside)
    assert "\\x1b[31m\\u202e\\n##%20x" in line


def test_a_host_is_one_word() -> None:
    """With blanks in it, it could end the sentence and begin another one."""
    odd = ingress("/x (")
    odd["spec"]["rules"][0]["host"] = "a.b no longer leads to shop/web:80"
    assert told(objects([service("web")]), objects([service("web"), odd]))[0] == (
        "http://a.b%20no%20longer%20leads%20to%20shop/web:80/x%20( now leads to shop/web:80 (Ingress shop/web)"
    )


def test_a_page_for_a_pull_request() -> None:
    """A heading for each class, a sign where everybody or the internet gets in, and a line that counts."""
    old = [deployment("web"), deployment("db"), policy("db", ingress=[FROM_WEB]), policy("web")]
    rules = [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 80}]}]
    other = {**CILIUM, "kind": "CiliumEgressGatewayPolicy"}
    new = [*old[:2], policy("web", ingress=rules), deployment("api", namespace="pay"), other]
    found, _ = api.diff(write("a", objects(old)), write("b", objects(new)), cni="cilium")
    sign = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}"
    assert formats.as_markdown(found) == (
        "### Who reaches whom: `a` -> `b`\n"
        "\n"
        "#### Not understood\n"
        "\n"
        f"- {sign} not understood (new side): `the kind CiliumEgressGatewayPolicy of cilium.io is not evaluated, and "
        "may decide who reaches whom` (`b:62:7`)\n"
        "\n"
        "What follows is about the rest.\n"
        "\n"
        "#### Internet\n"
        "\n"
        f"- {sign} `pay/api` is new and unprotected: no policy holds it, everybody can open it and it can open "
        "everything that lets it in\n"
        f"- {sign} `shop/db` becomes unprotected: no policy holds its ingress, everybody can open it "
        "(`NetworkPolicy shop/db`)\n"
        f"- {sign} `internet (IPv4)` can now open `shop/web` on `80/TCP` (`NetworkPolicy shop/web, ingress rule 0`)\n"
        "\n"
        "#### Apps\n"
        "\n"
        "- `pay/api` is new (`b:47:1`)\n"
        "\n"
        "2 unprotected, 1 opened, 1 new, 1 not understood.\n"
    )


def test_a_page_without_changes_is_one_line() -> None:
    """Nothing but that."""
    assert formats.as_markdown(Diff(())) == "No change in who reaches whom.\n"


def test_a_page_is_never_longer_than_a_comment_may_be() -> None:
    """What does not fit is counted."""
    changes = [Change(Zone.WITHIN, Kind.OPENED, (Name("x" * 1000), f" {number}")) for number in range(500)]
    page = formats.as_markdown(Diff(tuple(changes)))
    assert len(page) < 65536
    assert "- and 400 more, which `netgen diff` prints as text\n" in page


def test_a_page_without_room_keeps_what_opens() -> None:
    """What stops makes room for it, wherever it stands, and long names leave the page short enough."""
    closed = [Change(Zone.INTERNET, Kind.CLOSED, (Name(f"a{number}"), " closes")) for number in range(150)]
    opened = Change(Zone.ACROSS, Kind.OPENED, (Name("b"), " opens"))
    unknown = Change(Zone.UNPROVEN, Kind.UNPROVEN, ("not understood",))
    page = formats.as_markdown(Diff((*closed, opened, unknown)))
    assert "`b` opens\n" in page
    assert "not understood\n" in page
    assert "- and 52 more, which `netgen diff` prints as text\n" in page
    names = tuple(Name("\x1b" * 300) for _ in range(10))
    long = [Change(Zone.WITHIN, Kind.OPENED, (*names, f" {number}")) for number in range(100)]
    assert len(formats.as_markdown(Diff(tuple(long)))) < 65536


# ----------------------------------------------------------------------------------------------- command line, git


def run(*arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Run the command and return its exit code, stdout and stderr."""
    done = subprocess.run(
        [*NETGEN, "diff", *arguments],
        check=False,
        capture_output=True,
        input=stdin,
        text=True,
        timeout=60,
        env={**os.environ, **(env or {})},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def git(*arguments: str) -> str:
    """Run git and return what it says."""
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout  # noqa: S607 - the git of the machine


CALLS_WEB = SPEC.replace("db: 5432/tcp", "db: {port: 5432/tcp, calls: [web]}")


def repository() -> None:
    """Make a repository with SPEC at the tag v1, and change the spec in the working tree."""
    git("init", "-q")
    write("specs/shop.yaml", SPEC)
    git("add", "specs")
    git("commit", "-q", "-m", "one")
    git("tag", "v1")
    write("specs/shop.yaml", CALLS_WEB)


def test_exit_codes() -> None:
    """0 the same, 1 changed or not understood, 2 bad input."""
    write("a.yaml", SPEC)
    write("b.yaml", CALLS_WEB)
    assert run("a.yaml", "a.yaml")[:2] == (0, "no change in who reaches whom\n")
    assert run("a.yaml", "b.yaml")[0] == 1
    assert run("a.yaml", "b.yaml", "-o", "markdown")[1].startswith("### Who reaches whom: `a.yaml` -> `b.yaml`\n")
    line = "shop/db can now open shop/web on 8080/TCP (<stdin>:8:32)\n"
    assert run("a.yaml", "-", stdin=CALLS_WEB)[:2] == (1, f"{line}1 opened\n")
    assert run("a.yaml", "gone.yaml")[0] == 2
    assert run("-", "-")[0] == 2
    assert run("a.yaml")[0] == 2
    assert run("a.yaml", "b.yaml", "--cni", "clico")[0] == 2
    assert run("a.yaml", write("c.yaml", objects([CILIUM])))[0] == 1


@pytest.mark.parametrize(
    "old", ["git:v1", "git:HEAD", "git:main", "git:v1:specs/shop.yaml", "git:HEAD@{0}", "git:v1:./specs"]
)
def test_a_revision(old: str) -> None:
    """The path as it was then; the working tree and what git knows of it stay as they are."""
    repository()
    status = git("status", "--porcelain")
    index = Path(".git/index").read_bytes()
    code, out, said = run(old, "specs/shop.yaml")
    assert (code, out) == (1, "shop/db can now open shop/web on 8080/TCP (specs/shop.yaml:8:32)\n1 opened\n"), said
    assert (git("status", "--porcelain"), Path(".git/index").read_bytes()) == (status, index)
    revision = old.split(":")[1]
    assert run("specs/shop.yaml", old)[1].startswith(
        "shop/db can no longer open shop/web on 8080/TCP (specs/shop.yaml:8:32)\n"
    )
    write("specs/shop.yaml", SPEC + ": [")
    assert run(f"git:{revision}", "specs")[0] == 2


def test_a_revision_from_a_folder_below(monkeypatch: pytest.MonkeyPatch) -> None:
    """The repository is that which holds the path, wherever one stands and whatever a hook says."""
    repository()
    monkeypatch.chdir("specs")
    assert run("git:v1", "shop.yaml")[0] == 1
    assert run("git:v1:specs/shop.yaml", "shop.yaml")[0] == 1
    assert run("git:v1:./shop.yaml", ".")[0] == 1
    assert run("git:v1:../specs", ".")[0] == 1
    monkeypatch.chdir("..")
    assert run("git:v1", ".")[0] == 1
    Path("link").symlink_to("specs")
    assert run("git:v1", "link/shop.yaml")[0] == 1
    monkeypatch.chdir("/")
    there = Path(os.environ["HOME"]).parent / "specs"
    assert run("git:v1", str(there.parent))[0] == 1
    assert run("git:v1", str(there))[0] == 1
    assert run("git:v1", str(there), env={"GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/nowhere"})[0] == 1


def test_problems_of_a_revision_name_it() -> None:
    """As git itself writes it."""
    repository()
    git("commit", "-q", "-a", "-m", "two")
    write("specs/shop.yaml", SPEC.replace("[db]", "[dv]"))
    git("commit", "-q", "-a", "-m", "three")
    code, out, said = run("git:HEAD", "git:v1:specs")
    assert (code, out) == (2, "")
    assert "unknown-revision" in said
    code, out, said = run("git:HEAD:specs", "git:v1:specs")
    assert (code, out) == (2, "")
    assert said.startswith("HEAD:specs/shop.yaml:7:13: error[unknown-app]")


def test_two_revisions() -> None:
    """Neither is the working tree."""
    repository()
    git("commit", "-q", "-a", "-m", "two")
    write("specs/shop.yaml", "")
    code, out, _ = run("git:v1:specs", "git:main:specs")
    assert (code, out) == (1, "shop/db can now open shop/web on 8080/TCP (main:specs/shop.yaml:8:32)\n1 opened\n")


def test_what_was_not_there_yet_is_new() -> None:
    """With a note that says so."""
    repository()
    write("specs/new.yaml", SPEC.replace("shop", "pay"))
    code, out, said = run("git:v1", "specs/new.yaml")
    assert code == 1
    assert "pay/db is new" in out
    assert "note[empty-side]: v1 has nothing at specs/new.yaml" in said


def test_a_platform_is_as_it_was_then() -> None:
    """Where it is in the repository; else it is the same for both sides."""
    platform = "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: prod}\n"
    repository()
    write("platform.yaml", platform)
    git("add", "platform.yaml")
    git("commit", "-q", "-a", "-m", "two")
    write("platform.yaml", platform + "dns: [192.0.2.53]\n")
    code, out, said = run("git:main", "specs", "--platform", "platform.yaml")
    assert code == 1, said
    assert "can now open 192.0.2.53 on 53/TCP, 53/UDP" in out
    assert run("git:v1", "specs", "--platform", "platform.yaml")[1].count("open 192") == 0


def test_links_of_a_revision_are_followed() -> None:
    """Inside of it, as in the working tree; one that leads out of it is left out with a note."""
    repository()
    Path("here").mkdir()
    Path("here/shop.yaml").symlink_to("../specs/shop.yaml")
    Path("here/out.yaml").symlink_to("/etc/hostname")
    git("add", "here")
    git("commit", "-q", "-m", "two")
    code, out, said = run("git:HEAD", "here/shop.yaml")
    assert (code, out) == (1, "shop/db can now open shop/web on 8080/TCP (here/shop.yaml:8:32)\n1 opened\n"), said
    assert "HEAD:here/out.yaml" in run("git:HEAD:here", "specs")[2]


@pytest.mark.parametrize(
    ("old", "says"),
    [
        ("git:nope", "the repository knows no revision 'nope'"),
        ("git:^HEAD", "the repository knows no revision '^HEAD'"),
        ("git:v1..main", "the repository knows no revision 'v1..main'"),
        ("git:--output=x", "names no revision"),
        ("git:", "names no revision"),
        ("git::x", "names no revision"),
        ("git:v1:", "names no path"),
        ("git:v1:../x", "lies outside of the repository"),
        ("git:v1:/etc", "lies outside of the repository"),
        ("git:v1; touch x", "the repository knows no revision"),
        ("git:$(touch x)", "the repository knows no revision"),
        ("git:v1\n--x", "the repository knows no revision"),
    ],
)
def test_odd_revisions(old: str, says: str) -> None:
    """They are errors of the input, and nothing is run but git."""
    repository()
    code, out, said = run(old, "specs")
    assert (code, out) == (2, "")
    assert "error[unknown-revision]" in said
    assert says in said
    assert not Path("x").exists()


def test_other_repositories_and_large_files_are_said() -> None:
    """A submodule is a note, whatever it is called; a pointer to a large file is an error, since its content counts."""
    repository()
    git("init", "-q", "other")
    git("-C", "other", "commit", "-q", "--allow-empty", "-m", "x")
    for path in ("inner", "specs/sub.yaml"):
        commit = git("-C", "other", "rev-parse", "HEAD").strip()
        git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    git("commit", "-q", "-m", "two")
    code, _, said = run("git:HEAD:inner", "specs")
    assert (code, "left out, because git holds a link or another repository there: HEAD:inner" in said) == (1, True)
    assert "another repository there: HEAD:inner, HEAD:specs/sub.yaml" in run("git:HEAD", ".")[2]
    write("large/a.yaml", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    git("add", "large")
    git("commit", "-q", "-m", "three")
    code, out, said = run("git:HEAD:large", "specs")
    assert (code, out) == (2, "")
    assert "HEAD:large/a.yaml is a pointer of Git LFS" in said


def test_content_that_git_does_not_have() -> None:
    """Nothing is fetched, and the exit code is that of a git which cannot answer."""
    repository()
    blob = git("rev-parse", "HEAD:specs/shop.yaml").strip()
    Path(f".git/objects/{blob[:2]}/{blob[2:]}").unlink()
    code, out, said = run("git:HEAD", "specs")
    assert (code, out) == (3, "")
    assert said == "netgen: git has no content of HEAD:specs/shop.yaml: fetch it first\n"


def test_a_loop_of_links() -> None:
    """Is an error of the input."""
    repository()
    Path("loop").symlink_to("loop")
    assert run("git:HEAD", "loop")[:2] == (2, "")


def test_odd_paths_of_a_revision() -> None:
    """Names are bytes to git, and no patterns."""
    repository()
    for name in ("*.yaml", ":(top)x.yaml", "é\n`|.yaml", "-x.yaml"):
        write(f"odd/{name}", SPEC)
    git("add", "odd")
    git("commit", "-q", "-m", "two")
    assert run("git:HEAD:odd/*.yaml", "git:v1:specs/shop.yaml")[0] == 0
    assert run("git:HEAD:odd/é\n`|.yaml", "git:v1:specs")[0] == 0
    assert run("git:HEAD", "odd/:(top)x.yaml")[0] == 0
    assert run("git:HEAD", "odd/-x.yaml")[0] == 0


def test_no_repository_and_no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is an error of the input, the second one of the machine."""
    write("spec.yaml", SPEC)
    code, out, said = run("git:HEAD", "spec.yaml")
    assert (code, out) == (2, "")
    assert "is in no git repository" in said
    monkeypatch.setenv("PATH", "")
    assert run("git:HEAD", "spec.yaml")[::2] == (3, "netgen: git is not installed, and a revision was given\n")
    with pytest.raises(OutputError):
        api.diff("git:HEAD", "spec.yaml", environment={"PATH": "/nowhere"})


# --------------------------------------------------------------------------------------------- claims of a platform

PLATFORM = "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: prod}\n"


def claiming(*never: str) -> str:
    """Return a Platform with claims, for which shop and pay are one owner's."""
    return f"{PLATFORM}owners: {{shop: us, pay: us}}\nnever: [{', '.join(map(repr, never))}]\n"


def test_claims_of_what_no_spec_speaks_for_are_left_out() -> None:
    """The owners of the platform are wanted beside manifests, and beside the specs of some namespaces."""
    platform = write("platform.yaml", claiming("internet -> pay/db", "shop/db -> internet"))
    pods = [deployment("web", namespace="pay"), deployment("db"), policy("db", ingress=[])]
    peer = {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "pay"}}}]}
    new = objects([*pods[:2], policy("db", ingress=[peer])])
    found, _ = api.diff(write("a.yaml", objects(pods)), write("b.yaml", new), platform=platform)
    assert [one.zone for one in found.changes] == [Zone.WITHIN]
    platform = write("platform.yaml", claiming("internet -> pay/db", "shop/* -> internet"))
    found, said = api.diff(write("spec.yaml", SPEC), write("b.yaml", objects(pods)), platform=platform)
    assert found.changes
    found, said = api.diff("spec.yaml", "spec.yaml", platform=platform)
    assert found.changes == ()
    assert [(one.code, one.place.line) for one in said if one.place] == [("claim-idle", 5)]


def test_a_claim_that_is_broken_now() -> None:
    """It is told before the connections; one that was broken before is not."""
    held = f"{claiming('shop/db -> shop/web', 'shop/web -> shop/db')}---\n{SPEC}"
    lines = told(held, held.replace("db: 5432/tcp", "db: {port: 5432/tcp, calls: [web]}"))
    assert lines[:2] == [
        "never shop/db -> shop/web is broken: shop/db can open shop/web on 8080/TCP (new.yaml:5:9)",
        "shop/db can now open shop/web on 8080/TCP (new.yaml:14:32)",
    ]
    assert lines[-1] == "1 broken, 1 opened"
    found, _ = api.diff("old.yaml", "new.yaml")
    sign = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}"
    assert f"#### Claims\n\n- {sign} `never shop/db -> shop/web` is broken: " in formats.as_markdown(found)


def test_a_claim_that_came_or_went() -> None:
    """Whoever takes a claim away says so, even if nothing else changes; where its apps went, that is told."""
    some, more = (f"{claiming(*never)}---\n{SPEC}" for never in (["shop/db -> any"], ["shop/db -> any", "any -> any"]))
    assert told(more, some) == ["the claim never any -> any is gone (old.yaml:5:27)", "1 no longer claimed"]
    assert told(some, more) == [
        "never any -> any is new, and does not hold: shop/web can open shop/db on 5432/TCP (new.yaml:5:27)",
        "1 broken",
    ]
    assert told(some, more.replace("any -> any", "shop/db -> shop/web")) == [
        "the claim never shop/db -> shop/web is new (new.yaml:5:27)",
        "1 newly claimed",
    ]
    pay = f"{claiming('shop/db -> pay/web')}---\n{SPEC}"
    both = f"{pay}---\n{SPEC.replace('shop', 'pay')}"
    assert not [line for line in told(both, pay) if "never" in line]


# -------------------------------------------------------------------------------- what is said first, and what moves


def test_what_is_not_understood_comes_before_what_is_certain() -> None:
    """And what follows is said to be about the rest."""
    known = [deployment("db"), policy("db")]
    new = [known[0], CILIUM]
    lines = told(objects(known), objects(new))
    assert lines[0].startswith("not understood (new side): the kind CiliumNetworkPolicy")
    assert lines[1] == "what follows is about the rest:"
    assert lines[2].startswith("shop/db becomes unprotected")
    assert "the rest" not in " ".join(told(objects(known), objects([*known, CILIUM])))
    page = formats.as_markdown(api.diff("old.yaml", write("new.yaml", objects(new)))[0])
    assert page.index("#### Not understood") < page.index("What follows is about the rest.") < page.index("#### Inter")


def test_a_page_says_what_was_compared() -> None:
    """As it was typed, where something has changed and where nothing has."""
    repository()
    assert run("git:v1", "specs", "-o", "markdown")[1].startswith("### Who reaches whom: `git:v1` -> `specs`\n\n")
    same = run("git:v1:specs", "git:main:specs", "-o", "markdown")[1]
    assert same == "`git:v1:specs` -> `git:main:specs`: no change in who reaches whom.\n"


def test_a_sign_stands_at_what_opens_across_owners() -> None:
    """Not at what closes there, nor within an owner."""
    sign = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}"
    changes = [
        Change(zone, kind, (f"{zone.name} {kind.value}",))
        for zone in (Zone.ACROSS, Zone.WITHIN)
        for kind in (Kind.OPENED, Kind.MAY_OPEN, Kind.CLOSED)
    ]
    items = [line for line in formats.as_markdown(Diff(tuple(changes))).splitlines() if line.startswith("- ")]
    assert [item for item in items if sign in item] == [f"- {sign} ACROSS opened", f"- {sign} ACROSS perhaps opened"]
    assert len(items) == 6


def test_dns_of_new_apps_is_one_line_beside_them() -> None:
    """So that it does not drown what crosses owners; an app that was there is told of as before."""
    new = SPEC + "  api: {port: 9090}\n  job: {}\n"
    dns = "kube-system/k8s-app=kube-dns on 53/TCP, 53/UDP"
    there, back = told(SPEC, new), told(new, SPEC)
    assert [line for line in there if dns in line] == [f"shop/api and shop/job can now open {dns} (new.yaml:9:8)"]
    assert [line for line in back if dns in line] == [f"shop/api and shop/job can no longer open {dns} (old.yaml:9:8)"]
    found, _ = api.diff("old.yaml", "new.yaml")
    assert {one.zone for one in found.changes if dns in one.words} == {Zone.APPS}
    quiet = SPEC.replace("  web:\n", "  web:\n    dns: false\n")
    found, _ = api.diff(write("old.yaml", quiet), write("new.yaml", SPEC))
    assert [(one.zone, one.words) for one in found.changes] == [(Zone.ACROSS, f"shop/web can now open {dns}")]
    other = new.replace("job: {}", 'job: {calls: ["other/*:53"]}')
    found, _ = api.diff("old.yaml", write("new.yaml", other))
    assert "shop/job can now open other/<other> on 53/TCP" in {
        one.words for one in found.changes if one.zone is Zone.ACROSS
    }


def test_rendered_apps_that_go_are_gone_with_or_without_a_service() -> None:
    """As between their specs; a policy that somebody else wrote says nothing of its pods."""
    more = SPEC + "  api: 9090\n  job: {}\n"
    for name, text in (("old", more), ("new", SPEC)):
        api.write(api.render(api.load(write(f"{name}.yaml", text)).intent), name)
    words = [[one.words for one in api.diff(*sides)[0].changes] for sides in (("old", "new"), ("old.yaml", "new.yaml"))]
    assert words[0] == words[1]
    assert "shop/job is gone; where pods still run, no policy holds them" in words[0]
    with_pods = write("pods.yaml", objects([deployment("job")]).replace("app: job", "app.kubernetes.io/name: job"))
    write("new/pods.yaml", Path(with_pods).read_text(encoding="utf-8"))
    assert any(one.words.startswith("shop/job becomes unprotected") for one in api.diff("old", "new")[0].changes)


def test_a_path_that_was_never_there_is_an_error() -> None:
    """A slip must not make everything new; a path that the other side or the working tree has is new."""
    repository()
    for sides in (("git:v1:spesc", "specs"), ("specs", "git:v1:spesc"), ("git:v1:spesc", "git:main:specs")):
        code, out, said = run(*sides)
        assert (code, out) == (2, ""), sides
        assert "error[unknown-revision]: v1 has nothing at spesc, and neither has the other side or the" in said
    assert run(f"git:v1:{'x' * 300}", "specs")[0] == 2
    write("teams/pay.yaml", SPEC.replace("shop", "pay"))
    git("add", "teams")
    git("commit", "-q", "-m", "two")
    path = "teams/pay.yaml"
    says = f"v1 has nothing at {path}: all of it is new since v1"
    for sides in (("git:v1", "teams/pay.yaml"), ("git:v1:teams/pay.yaml", "teams"), ("git:v1:./teams", "teams")):
        code, out, said = run(*sides)
        here = says if path in " ".join(sides) else says.replace(path, "./teams")
        assert (code, out.splitlines()[0]) == (1, f"note: {here}"), said
        assert f"note[empty-side]: {here}" in said
    page = run("git:v1", "teams/pay.yaml", "-o", "markdown")[1]
    assert page.splitlines()[2] == f"Note: `{says}`"
    git("rm", "-q", "--cached", "teams/pay.yaml")
    Path("teams/pay.yaml").unlink()
    assert run("git:v1:teams/pay.yaml", "git:main:teams/pay.yaml")[1].startswith(f"note: {says}\n")
    gone = "note: v1 has nothing at teams/pay.yaml: all of it is gone at v1\n"
    assert run("git:main:teams/pay.yaml", "git:v1:teams/pay.yaml")[1].startswith(gone)


def test_a_service_that_is_there_already_is_not_said_to_be_closed() -> None:
    """What opened a way in may be a LoadBalancer still, when the spec leaves it to somebody else, and the reverse."""
    head = SPEC.partition("apps:")[0]
    balancer = f"{head}apps:\n  web: {{port: 80, expose: loadBalancer}}\n"
    existing = f"{head}apps:\n  web: {{port: 80, service: {{existing: web}}, accepts: internet}}\n"
    opened, there = "the LoadBalancer shop/web opens 80/TCP", "takes the Service to be there already, so that"
    assert told(balancer, existing) == [
        f"{opened} on the old side; the new side {there} nobody knows what it opens (old.yaml:5:3)",
        "no change in what is understood, 1 not understood",
    ]
    assert told(existing, balancer) == [
        f"{opened} on the new side; the old side {there} nobody knows what it opens (new.yaml:5:3)",
        "no change in what is understood, 1 not understood",
    ]
    assert told(existing, existing) == ["no change in who reaches whom"]
    assert told(balancer, existing.replace("existing: web", "existing: other"))[0] == (
        "the LoadBalancer shop/web no longer opens 80/TCP (old.yaml:5:3)"
    )
