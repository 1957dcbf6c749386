"""What is rendered no more: it is listed in the order in which it is to be deleted, by `render --out` and `diff`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from netgen import api
from netgen.write import Layout
from netgen.write.leftovers import Leftover, bodies, left_over, outdated

HEAD = "apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\nmetadata: {name: shop, namespace: shop}\n"
OLD = f"""{HEAD}isolate: namespace
apps:
  web: {{port: 80, expose: https://shop.example.com}}
  db: 5432/tcp
---
{HEAD.replace("shop}", "pay}").replace("name: shop", "name: pay")}apps: {{api: 8080}}
"""
MANAGED = "app.kubernetes.io/managed-by"
POLICY = "networkpolicy.networking.k8s.io"


def rendered(text: str) -> list[dict[str, Any]]:
    """Return the objects of a spec."""
    loaded = api.load("-", stdin=text.encode(), ingress="traefik")
    return [manifest.body for manifest in api.render(loaded.intent)]


def gone(new: str, old: str = OLD) -> list[str]:
    """Return what is to be deleted, as `kubectl delete` takes it."""
    return [str(one) for one in left_over(rendered(old), rendered(new))]


def test_all_of_it_goes_in_an_order_that_leaves_nothing_open_before_its_time() -> None:
    """Ingresses, Services, policies of namespaces, policies of pods that are then open."""
    found = left_over(rendered(OLD), [])
    assert [f"{one} {one.remark}".strip() for one in found] == [
        "-n shop ingress.networking.k8s.io/shop.traefik.shop.example.com",
        "-n pay service/api",
        "-n shop service/db",
        "-n shop service/web",
        f"-n shop {POLICY}/shop.isolate-namespace pods that no other policy selects are open then",
        f"-n pay {POLICY}/api its pods are open then",
        f"-n shop {POLICY}/db its pods are open then",
        f"-n shop {POLICY}/web its pods are open then",
    ]


def test_what_stays_closed_goes_before_what_is_open_then() -> None:
    """An app of a namespace that stays closed has no remark, and does not wait for the others."""
    new = f"{HEAD}isolate: namespace\napps:\n  db: 5432/tcp\n"
    found = [one for one in left_over(rendered(OLD), rendered(new)) if one.resource.startswith(POLICY)]
    assert found == [Leftover("shop", f"{POLICY}/web"), Leftover("pay", f"{POLICY}/api", "its pods are open then")]


def test_an_app_that_is_renamed_is_held_by_its_new_policy() -> None:
    """The old policy is to be deleted, and nothing is open by that."""
    new = OLD.replace("db: 5432/tcp", "store: {port: 5432/tcp, select: {app.kubernetes.io/name: db}}")
    new, old = (text.replace("isolate: namespace\n", "") for text in (new, OLD))
    found = [one for one in left_over(rendered(old), rendered(new)) if one.resource.startswith(POLICY)]
    assert found == [Leftover("shop", f"{POLICY}/db")]


def test_a_policy_of_the_other_direction_holds_nothing() -> None:
    """Where what is left for the same pods closes another direction, the remark says that they are open then."""
    old = f"{HEAD}apps:\n  web: {{port: 80}}\n"
    new = f"{HEAD}apps:\n  front: {{port: 80, select: {{app.kubernetes.io/name: web}}, isolate: egress}}\n"
    found = [one for one in left_over(rendered(old), rendered(new)) if one.resource.startswith(POLICY)]
    assert found == [Leftover("shop", f"{POLICY}/web", "its pods are open then")]
    unsaid = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "web"}}}  # policyTypes is then Ingress
    bare = {**rendered(old)[0], "metadata": {"name": "bare", "namespace": "shop"}, "spec": unsaid}
    assert left_over([rendered(old)[0]], [bare]) == (Leftover("shop", f"{POLICY}/web", "its pods are open then"),)


def test_nothing_is_left_of_what_is_still_rendered() -> None:
    """A change within an object leaves nothing over, and neither does what is new."""
    assert gone(OLD) == []
    assert gone(OLD.replace("5432/tcp", "5433/tcp").replace("apps: {api: 8080}", "apps: {api: 8080, b: 1}")) == []


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"name": "x", "namespace": "shop"}},
        {"metadata": {"name": "x", "namespace": "shop", "labels": {"app.kubernetes.io/managed-by": "Helm"}}},
        {"metadata": {"name": "x; rm", "namespace": "shop", "labels": {"app.kubernetes.io/managed-by": "netgen"}}},
        {"metadata": {"name": "x", "namespace": "-A", "labels": {"app.kubernetes.io/managed-by": "netgen"}}},
        {"metadata": None},
        {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "x", "labels": {MANAGED: "netgen"}}},
        {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "x", "labels": {MANAGED: "netgen"}}},
        {
            "kind": "Service",
            "apiVersion": "serving.knative.dev/v1",
            "metadata": {"name": "x", "labels": {MANAGED: "netgen"}},
        },
        {"kind": "$(id)", "metadata": {"name": "x", "labels": {"app.kubernetes.io/managed-by": "netgen"}}},
    ],
)
def test_what_netgen_has_not_rendered_is_never_listed(change: dict[str, Any]) -> None:
    """Objects of others are not, and no name that would be more than a word to a shell is."""
    body = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": {"podSelector": {}}, **change}
    assert left_over([body], []) == ()


def test_whatever_netgen_renders_is_listed() -> None:
    """Every object is netgen's to be deleted."""
    objects = rendered(OLD)
    assert len(left_over(objects, [])) == len(objects)


def test_what_is_outdated_is_what_is_not_there_to_the_letter() -> None:
    """Of files that have changed, each document that none of the new files holds; a remark on top is no document."""
    before = {"a.yaml": b"# head\nkind: A\n---\nkind: B\n", "c.yaml": b"kind: C\n"}
    after = {"a.yaml": b"# head\nkind: A\n---\nkind: B2\n", "c.yaml": b"kind: C\n"}
    assert list(bodies(outdated(before, after))) == [{"kind": "B"}]
    assert outdated(before, before) == ()
    assert list(bodies(outdated(before, {}))) == [{"kind": "A"}, {"kind": "B"}, {"kind": "C"}]
    assert list(bodies(("kind: [", "kind: D\n"))) == [{"kind": "D"}]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Runs netgen in a folder with old.yaml, new.yaml, which lacks apps, and what old.yaml gave in three layouts."""
    (tmp_path / "old.yaml").write_text(OLD.replace("https://shop.example.com", "loadBalancer"), encoding="utf-8")
    (tmp_path / "new.yaml").write_text(f"{HEAD}apps:\n  web: {{port: 80, expose: loadBalancer}}\n", encoding="utf-8")
    manifests = api.render(api.load(tmp_path / "old.yaml").intent)
    for layout in get_args(Layout):
        api.write(manifests, tmp_path / {"helm": "templates"}.get(layout, layout), layout=layout)

    def netgen(*arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "netgen", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
        return done.returncode, done.stdout, done.stderr

    return netgen


GONE = [
    "-n pay service/api",
    "-n shop service/db",
    f"-n shop {POLICY}/shop.isolate-namespace",
    f"-n pay {POLICY}/api",
    f"-n shop {POLICY}/db",
]


@pytest.mark.parametrize("layout", ["kustomize", "plain"])
def test_render_says_what_is_left_in_the_cluster(layout: str, run: Callable[..., tuple[int, str, str]]) -> None:
    """Once, when the folder is written; the lines can be pasted, and say what opens."""
    code, _, said = run("render", "new.yaml", "--out", layout, "--layout", layout)
    assert code == 0
    lines = said.splitlines()[-6:]
    told = "5 objects are gone; unless what applies it prunes, apply it and then delete them in this order:"
    assert lines[0] == f"{layout}: {told}"
    assert [line.partition("#")[0].strip() for line in lines[1:]] == [f"kubectl delete {one}" for one in GONE]
    assert [line.partition("# ")[2] for line in lines[4:]] == ["its pods are open then"] * 2
    assert "gone" not in run("render", "new.yaml", "--out", layout, "--layout", layout)[2]


def test_helm_deletes_by_itself(run: Callable[..., tuple[int, str, str]]) -> None:
    """What goes out of a chart goes out of the cluster, so nothing is said."""
    code, _, said = run("render", "new.yaml", "--out", "templates", "--layout", "helm")
    assert (code, said.splitlines()[-1]) == (0, "templates: 1 changed")


def test_diff_lists_what_to_delete(run: Callable[..., tuple[int, str, str]]) -> None:
    """Of specs and of manifests alike; 1 says that there is something, 0 that there is nothing."""
    for old in ("old.yaml", "kustomize", "plain"):
        code, listed, _ = run("diff", old, "new.yaml", "--removed")
        assert (code, listed.splitlines()) == (1, GONE)
    assert run("diff", "new.yaml", "old.yaml", "--removed")[:2] == (0, "")


def test_a_service_that_is_there_already_now_is_not_deleted(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """Under the name that netgen's had, it is somebody else's: neither list names it."""
    existing = f"{HEAD}apps:\n  web: {{port: 80, service: {{existing: web}}}}\n  db: {{port: 5432, service: false}}\n"
    (tmp_path / "existing.yaml").write_text(existing, encoding="utf-8")
    listed = run("diff", "old.yaml", "existing.yaml", "--removed")[1].splitlines()
    assert [line for line in listed if "service/" in line] == ["-n pay service/api", "-n shop service/db"]
    said = run("render", "existing.yaml", "--out", "plain", "--layout", "plain")[2]
    assert ("service/db" in said, "service/web" in said) == (True, False)


def test_the_list_has_no_other_format(run: Callable[..., tuple[int, str, str]]) -> None:
    """A format or a network plugin with --removed is a usage error, not ignored."""
    for more in (("-o", "markdown"), ("--cni", "calico")):
        code, listed, said = run("diff", "old.yaml", "new.yaml", "--removed", *more)
        assert (code, listed, "--removed lists objects" in said) == (2, "", True)


def test_a_long_list_is_cut(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """On stderr twenty are named, and the command that names all."""
    apps = "".join(f"  a{number}: {{port: 80}}\n" for number in range(20))
    (tmp_path / "many.yaml").write_text(f"{HEAD}apps:\n{apps}", encoding="utf-8")
    run("render", "many.yaml", "--out", "many")
    said = run("render", "new.yaml", "--out", "many")[2].splitlines()
    assert [line.startswith("  kubectl delete -n shop service/") for line in said[-22:]].count(True) == 20
    assert said[-1] == "  and 20 more; netgen diff --removed lists all"
