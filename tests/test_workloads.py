"""The proof in its cluster: `--workloads` looks at the pods that are there and at the policies of somebody else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from netgen import api

NETGEN = (sys.executable, "-m", "netgen")
SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web: {port: 8080, calls: [db]}
  db: 5432/tcp
"""
PROVED = "proved: "
Body = dict[str, Any]


@pytest.fixture(autouse=True)
def _work_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder with a spec."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    Path("spec.yaml").write_text(SPEC, encoding="utf-8")


def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """Run the command and return its exit code, stdout and stderr."""
    done = subprocess.run(
        [*NETGEN, *arguments], check=False, input=stdin, capture_output=True, encoding="utf-8", timeout=60
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def pods(name: str, labels: Body | None = None, kind: str = "Deployment", namespace: str = "shop", **more: Any) -> Body:
    """Return a workload; *more* goes into the spec of its pods."""
    group = "batch/v1" if kind == "Job" else "apps/v1"
    container = {"name": "main", "image": "example", **({"ports": more.pop("ports")} if "ports" in more else {})}
    template = {
        "metadata": {"labels": {"app.kubernetes.io/name": name} if labels is None else labels},
        "spec": {"containers": [container], **more},
    }
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": group, "kind": kind, "metadata": meta, "spec": {"template": template}}


def policy(name: str, namespace: str = "shop", selects: Body | None = None, **sides: list[Body]) -> Body:
    """Return a NetworkPolicy that isolates the directions *sides*."""
    spec = {"podSelector": selects or {}, "policyTypes": [side.capitalize() for side in sides], **sides}
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec}


def cluster(*bodies: Body, file: str = "cluster/all.yaml") -> None:
    """Write *bodies* as what is in the cluster."""
    Path(file).parent.mkdir(exist_ok=True)
    Path(file).write_text(yaml.safe_dump_all(bodies), encoding="utf-8")


def spec(old: str, new: str) -> None:
    """Change the spec."""
    assert old in SPEC
    Path("spec.yaml").write_text(SPEC.replace(old, new), encoding="utf-8")


BOTH = (pods("web"), pods("db"))


def check(*more: str, stdin: str = "") -> tuple[int, str]:
    """Check the spec in its cluster; return the exit code and stderr, without the note on the platform."""
    code, _, said = run("check", "spec.yaml", "--workloads", "cluster", *more, stdin=stdin)
    return code, said.partition("1 note\n")[2]


def told(said: str) -> list[str]:
    """Return place and code of each problem in *said*."""
    return [
        f"{place or '-'} {code}"
        for place, code in re.findall(r"^(?:(\S+:\d+:\d+): )?(?:error|warning)\[([a-z-]+)\]", said, re.MULTILINE)
    ]


# ----------------------------------------------------------------------------------------------------- what is assumed


def test_nothing_is_assumed_of_a_cluster_that_was_looked_at() -> None:
    """With the pods of each app and all other policies there, the line of the proof has no assumption left."""
    cluster(*BOTH)
    code, stream, said = run("render", "spec.yaml", "--workloads", "cluster")
    line = r"proved: \d+ pairs open, \d+ pairs closed \(NetworkPolicy; looked at: 2 workloads and 0 other policies\)\n"
    assert code == 0
    assert re.fullmatch(line, said.partition("1 note\n")[2])
    assert stream == run("render", "spec.yaml")[1]


def test_a_policy_of_the_cluster_has_no_namespace_to_name() -> None:
    """Nothing is assumed of where it is."""
    group = "projectcalico.org/v3"
    spec = {"order": 1, "selector": "all()", "types": ["Egress"]}
    cluster(*BOTH, {"apiVersion": group, "kind": "GlobalNetworkPolicy", "metadata": {"name": "all"}, "spec": spec})
    code, _, said = run("check", "spec.yaml", "--workloads", "cluster", "--cni", "calico 3.32")
    assert code == 0
    assert "looked at: 2 workloads and 1 other policy)" in said


def test_policies_that_name_no_namespace_are_taken_to_be_in_default_and_that_is_assumed() -> None:
    """A chart that is printed without its namespace says nothing of the policies in the namespace of the spec."""
    everybody = policy("all", ingress=[{}])
    del everybody["metadata"]["namespace"]
    cluster(*BOTH, everybody)
    code, said = check()
    assert code == 0
    assert "looked at: 2 workloads and 1 other policy; assumes: policies without a namespace are in default" in said
    everybody["metadata"]["namespace"] = "default"
    cluster(*BOTH, everybody)
    assert "assumes" not in check()[1]


def test_an_app_and_its_workload_are_called_by_one_name() -> None:
    """Where the manifests hold the workloads too, the same name is not counted twice."""
    bodies = [*BOTH, *yaml.safe_load_all(run("render", "spec.yaml")[1])]
    bodies.append(policy("all", ingress=[{}]))
    code, _, said = run("verify", "--spec", "spec.yaml", "-", stdin=yaml.safe_dump_all(bodies))
    assert code == 1
    assert re.findall(r"shop/(?:web|db)(?: and 1 more)? on all ports, which no spec says", said)
    assert not re.findall(r"shop/(?:web|db) and 1 more (?:on|can)", said)


def test_pairs_are_those_of_real_workloads() -> None:
    """Two workloads of one app that a policy tells apart are two ends, and a pod of somebody else is one more."""
    cluster(*BOTH)
    few = [int(one) for one in re.findall(r"\d+", check()[1])[:2]]
    cluster(
        *BOTH, pods("web-canary", {"app.kubernetes.io/name": "web", "track": "canary"}), pods("x", namespace="legacy")
    )
    cluster(policy("p", "shop", {"matchLabels": {"track": "canary"}}, ingress=[]), file="cluster/policy.yaml")
    many = [int(one) for one in re.findall(r"\d+", check()[1])[:2]]
    assert few[0] < many[0]
    assert few[1] < many[1]


def test_standard_input_holds_the_cluster_as_kubectl_prints_it() -> None:
    """A List with status and everything is read, on all three commands."""
    items = [
        {**one, "status": {"replicas": 1}, "metadata": {**one["metadata"], "uid": "1", "managedFields": []}}
        for one in BOTH
    ]
    text = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items})
    assert run("render", "spec.yaml", "--out", "deploy")[0] == 0
    for arguments in (("render", "spec.yaml"), ("check", "spec.yaml"), ("verify", "--spec", "spec.yaml", "deploy")):
        code, stream, said = run(*arguments, "--workloads", "-", stdin=text)
        assert code == 0
        assert "looked at: 2 workloads" in stream + said


@pytest.mark.parametrize(
    "arguments",
    [
        ("render", "-", "--workloads", "-"),
        ("check", "spec.yaml", "--platform", "-", "--workloads", "-"),
        ("verify", "--spec", "spec.yaml", "-", "--workloads", "-"),
        ("render", "spec.yaml", "--workloads", "cluster", "--no-verify"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(arguments: tuple[str, ...]) -> None:
    """Standard input is one thing, and a proof is wanted or not."""
    code, stream, said = run(*arguments)
    assert (code, stream) == (2, "")
    assert said.startswith("Usage: netgen")


def test_an_earlier_render_in_the_cluster_is_replaced() -> None:
    """What has the name of a rendered object is not another policy, whatever it says."""
    live = policy("web", selects={"matchLabels": {"app.kubernetes.io/name": "web"}}, ingress=[{}])
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {}}
    cluster(*BOTH, live, service)
    code, said = check()
    assert code == 0
    assert "2 workloads and 0 other policies" in said


# --------------------------------------------------------------------------------------------------- nothing is skipped


def test_nothing_to_look_at_is_a_failure() -> None:
    """An empty folder, and one with nothing but what is rendered, are no cluster."""
    Path("cluster").mkdir()
    assert told(check()[1]) == ["- unproven"]
    run("render", "spec.yaml", "--out", "deploy")
    code, stream, said = run("render", "spec.yaml", "--workloads", "deploy")
    assert (code, stream) == (1, "")
    assert told(said) == ["- unproven"]


def test_a_kind_that_is_not_evaluated_is_a_failure() -> None:
    """It may open or close anything, so nothing is written, and the reason is told at its place."""
    other = {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "x"}, "spec": {}}
    cluster(*BOTH, other)
    code, stream, said = run("render", "spec.yaml", "--workloads", "cluster", "--out", "deploy")
    assert (code, stream) == (1, "")
    assert re.search(r"cluster/all.yaml:\d+:7: error\[unproven\]: the kind CiliumNetworkPolicy of cilium.io", said)
    assert PROVED not in said
    assert not Path("deploy").exists()


def test_what_cannot_be_read_is_bad_input() -> None:
    """A file that is not there, and one that is no YAML, are told with their places."""
    code, said = check()
    assert (code, told(said)) == (2, ["- unreadable-file"])
    cluster(*BOTH)
    Path("cluster/bad.yaml").write_text("kind: [\n", encoding="utf-8")
    code, said = check()
    assert code == 2
    assert [one for one in told(said) if "cluster/bad.yaml:" in one and "yaml-syntax" in one]


# -------------------------------------------------------------------------------------------------- apps and their pods


@pytest.mark.parametrize(
    ("labels", "select"),
    [
        ({"app": "web", "tier": "front"}, "{app: web}"),
        ({"app.kubernetes.io/name": "webb"}, "{app.kubernetes.io/name: webb}"),
        ({"app": "something", "tier": "front"}, "{app: something}"),
        ({"version": "1"}, '{version: "1"}'),
    ],
)
def test_an_app_that_selects_nothing_is_told_what_its_pods_carry(labels: Body, select: str) -> None:
    """The labels of the workload that is nearest are proposed, and what is proposed works."""
    cluster(pods("web", labels), pods("db"))
    code, said = check()
    assert (code, told(said)) == (0, ["spec.yaml:5:3 selects-nothing"])
    assert f"the Deployment shop/web carries {', '.join(f'{key}: {value}' for key, value in labels.items())}" in said
    fix = re.search(r"fix: write  select: (.*)  under web$", said, re.MULTILINE)
    assert fix
    assert fix[1] == select
    assert "assumes: pods carry these labels" in said
    spec("web: {port", f"web: {{select: {select}, port")
    code, said = check()
    assert (code, told(said)) == (0, [])


def test_one_key_for_all_apps_is_proposed_where_no_app_has_pods() -> None:
    """What every pod carries instead is `selectBy` of the document."""
    cluster(pods("web", {"app": "web"}), pods("db", {"app": "db"}))
    assert told(check()[1]) == ["spec.yaml:5:3 selects-nothing", "spec.yaml:6:3 selects-nothing"]
    assert "or  selectBy: app  in the document, for all its apps" in check()[1]
    spec("apps:\n", "selectBy: app\napps:\n")
    assert told(check()[1]) == []


def test_a_namespace_that_is_not_deployed_yet_is_one_warning() -> None:
    """There is nothing nearer to propose; workloads without a namespace may be the ones that are missed."""
    cluster(pods("web", namespace=""))
    code, said = check()
    assert (code, told(said)) == (0, ["spec.yaml:6:3 selects-nothing"])
    assert "no workload is in the namespace shop, so that nothing is selected by shop/db, shop/web" in said
    note = "workloads without a namespace (1) are taken to be in default; with --namespace shop they are in shop"
    assert note in said
    assert "policies without a namespace are in default" not in said
    cluster(policy("closing", ""))
    assert "; assumes: pods carry these labels, policies without a namespace are in default)" in check()[1]


@pytest.mark.parametrize("command", ["check", "render", "verify"])
def test_the_namespace_of_objects_that_name_none_is_given(command: str) -> None:
    """A chart that is templated without its namespace has its pods where the flag says, and that is no assumption."""
    _, manifests, _ = run("render", "spec.yaml")
    Path("manifests.yaml").write_text(manifests, encoding="utf-8")
    closing = policy("closing", "", {"matchLabels": {"app.kubernetes.io/name": "db"}}, ingress=[])
    cluster(*(pods(name, namespace="") for name in ("web", "db")), closing)
    arguments = ["--spec", "spec.yaml", "manifests.yaml"] if command == "verify" else ["spec.yaml"]
    code, _, said = run(command, *arguments, "--workloads", "cluster", "--namespace", "shop")
    assert (code, told(said)) == (0, [])
    assert "assumes" not in said


def test_the_namespace_of_objects_that_name_none_is_that_of_the_manifests_too() -> None:
    """What kustomize builds without a namespace is verified where it will be applied."""
    _, manifests, _ = run("render", "spec.yaml")
    Path("manifests.yaml").write_text(manifests.replace("  namespace: shop\n", ""), encoding="utf-8")
    assert run("verify", "--spec", "spec.yaml", "manifests.yaml")[0] == 1
    assert run("verify", "--spec", "spec.yaml", "manifests.yaml", "--namespace", "shop")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("render", "spec.yaml", "--namespace", "shop"), "--namespace is for the objects of --workloads"),
        (("check", "spec.yaml", "--namespace", "shop"), "--namespace is for the objects of --workloads"),
        (("check", "spec.yaml", "--workloads", ".", "--namespace", "A b"), "'A b' is not the name of a namespace"),
        (("import", ".", "--namespace", "a/b"), "'a/b' is not the name of a namespace"),
    ],
)
def test_a_namespace_that_says_nothing_is_a_usage_error(arguments: tuple[str, ...], said: str) -> None:
    """The flag is for manifests, and takes what a namespace can be called."""
    code, _, stderr = run(*arguments)
    assert code == 2
    assert said in stderr.replace("`", "'")


def test_an_end_that_has_no_pods_is_told_where_its_namespace_is_given() -> None:
    """The pods of DNS with other labels than the platform says would be a cluster without DNS."""
    cluster(*BOTH, pods("coredns", {"app.kubernetes.io/name": "kube-dns"}, namespace="kube-system"))
    code, said = check()
    assert (code, [one.partition(" ")[2] for one in told(said)]) == (0, ["selects-nothing"])
    assert "no pods in kube-system carry k8s-app: kube-dns, so that nothing is opened by shop/db -> DNS" in said
    assert "the Deployment kube-system/coredns carries app.kubernetes.io/name: kube-dns (cluster/all.yaml:" in said


def test_a_port_that_no_container_declares_is_a_warning() -> None:
    """Where containers declare ports, another one is likely a slip; where they declare none, nothing is known."""
    cluster(pods("web", ports=[{"containerPort": 80}, {"containerPort": 8080, "protocol": "UDP"}]), pods("db"))
    code, said = check()
    assert (code, told(said)) == (0, ["spec.yaml:5:15 port-undeclared"])
    assert "the Deployment shop/web declares 80/TCP, 8080/UDP" in said
    cluster(pods("web", ports=[{"containerPort": 8080}]), pods("db"))
    assert told(check()[1]) == []


def test_pods_of_two_apps_are_told() -> None:
    """Selectors that may meet do so in this cluster, unless an app says that they may."""
    spec("web: {port", "web: {select: {tier: front}, port")
    cluster(pods("web", {"tier": "front", "app.kubernetes.io/name": "db"}), pods("db"))
    code, said = check()
    assert (code, told(said)) == (0, ["spec.yaml:5:3 pods-shared"])
    assert "the Deployment shop/web has pods of both shop/db and shop/web" in said
    assert "overlaps: [db]  under web" in said
    spec("web: {port", "web: {select: {tier: front}, overlaps: [db], port")
    assert told(check()[1]) == []


# ------------------------------------------------------------------------------------------------- pods without an app


def test_pods_that_no_app_has_are_told_once_for_all_that_are_alike() -> None:
    """They are named, but not what a controller of theirs has made, and not those of other namespaces."""
    made = pods("old-1", {"app": "old"}, "ReplicaSet")
    made["metadata"]["ownerReferences"] = [{"kind": "Deployment", "name": "old0", "controller": True}]
    old = [pods(f"old{number}", {"app": f"old{number}"}) for number in range(7)]
    cluster(*BOTH, *old, made, pods("x", namespace="elsewhere"))
    code, said = check()
    assert (code, told(said)) == (0, ["spec.yaml:3:35 pods-uncovered"])
    assert "the pods of old0 (Deployment), old1 (Deployment)" in said
    assert "and 2 more: no policy holds them, so that they are open to everybody" in said
    assert "old0: {select: {app: old0}}" in said


@pytest.mark.parametrize(
    ("more", "held"),
    [
        ({"ingress": [], "egress": []}, "other policies hold them, in both directions"),
        ({"ingress": []}, "other policies hold their ingress; the other direction is open to everybody"),
    ],
)
def test_who_holds_uncovered_pods_is_said(more: dict[str, list[Body]], held: str) -> None:
    """It matters whether they are closed by somebody, and in which directions."""
    cluster(*BOTH, pods("old", {"app": "old"}), policy("deny", selects={"matchLabels": {"app": "old"}}, **more))
    assert held in check()[1]


def test_uncovered_pods_of_a_closed_namespace_are_told_too() -> None:
    """`isolate: namespace` closes what no app names, and somebody may not know."""
    spec("apps:\n", "isolate: namespace\napps:\n")
    cluster(*BOTH, pods("old", {"app": "old"}), pods("agent", {"app": "agent"}, hostNetwork=True))
    code, said = check()
    assert code == 0
    assert "old (Deployment): isolate: namespace closes them" in said
    assert "agent (Deployment): they are on the host network, where no policy holds them" in said


# ------------------------------------------------------------------------------------------------------- host network


def test_an_app_whose_pods_are_on_the_host_network_is_not_proved() -> None:
    """No policy holds them, so what the spec closes is open; so it is too for workloads among the manifests."""
    hosted = pods("web", hostNetwork=True)
    cluster(hosted, pods("db"))
    code, said = check()
    assert (code, told(said)) == (1, ["spec.yaml:5:3 host-network-differs"])
    run("render", "spec.yaml", "--out", "deploy")
    code, _, said = run("verify", "--spec", "spec.yaml", "deploy", "cluster")
    assert (code, told(said)) == (1, ["spec.yaml:5:3 host-network-differs"])


def test_an_app_that_says_so_of_pods_that_are_not_is_not_proved() -> None:
    """It gets no policy, so that its pods would be open to everybody."""
    spec("calls: [db]", "hostNetwork: true")
    cluster(*BOTH)
    code, said = check()
    assert code == 1
    assert "spec.yaml:5:34 host-network-differs" in told(said)


# ------------------------------------------------------------------------------------------------- policies of others


def test_an_allow_all_in_the_namespace_voids_what_is_closed() -> None:
    """It is told once, with its file and rules and some of what it opens, and nothing is written."""
    cluster(*BOTH)
    cluster(policy("allow-all", ingress=[{}], egress=[{}]), file="cluster/allow.yaml")
    code, stream, said = run("render", "spec.yaml", "--workloads", "cluster", "--out", "deploy")
    assert (code, stream) == (1, "")
    assert not Path("deploy").exists()
    assert [re.sub(r":\d+:\d+", "", one) for one in told(said)] == ["cluster/allow.yaml not-closed"]
    assert "NetworkPolicy shop/allow-all of the cluster opens what no spec says" in said
    assert "ingress rule 0 of shop/allow-all (cluster/allow.yaml:" in said
    assert "egress rule 0 of shop/allow-all (cluster/allow.yaml:" in said
    assert re.search(r"and \d+ more connections", said)
    assert "fix: remove it, or say in the spec what it opens" in said


def test_what_an_earlier_run_left_in_the_cluster_is_told_as_such() -> None:
    """A policy that netgen rendered and renders no more is another policy, and the mending is to remove it."""
    left = policy("gone", selects={"matchLabels": {"app.kubernetes.io/name": "db"}}, ingress=[{}])
    left["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "netgen"}
    cluster(*BOTH, left)
    code, said = check()
    assert code == 1
    assert "netgen rendered it in an earlier run and no more, so remove it" in said


def test_two_policies_that_open_something_together_are_told_together() -> None:
    """The one lets the caller out and the other lets it in."""
    cluster(
        *BOTH,
        policy(
            "out", selects={"matchLabels": {"app.kubernetes.io/name": "db"}}, egress=[{"to": [{"podSelector": {}}]}]
        ),
        policy("in", selects={"matchLabels": {"app.kubernetes.io/name": "web"}}, ingress=[{"ports": [{"port": 8080}]}]),
    )
    code, said = check()
    assert code == 1
    assert "NetworkPolicy shop/out and NetworkPolicy shop/in of the cluster open what no spec says: shop/db can" in said


def test_a_policy_that_closes_what_an_app_leaves_open_is_not_proved() -> None:
    """`isolate: ingress` says that the app may call everybody."""
    spec("calls: [db]", "isolate: ingress")
    cluster(*BOTH, policy("deny", egress=[]))
    code, said = check()
    assert code == 1
    assert {one.partition(" ")[2] for one in told(said)} == {"not-open"}
    assert "no egress rule allows it: NetworkPolicy shop/deny (" in said


def test_what_is_between_others_is_nobodys_business() -> None:
    """A policy of pods that no spec has may close them to each other, and to an app that is open to any pod."""
    spec("calls: [db]", "calls: [db], accepts: any")
    cluster(
        *BOTH,
        pods("x", namespace="legacy"),
        pods("z", namespace="legacy"),
        policy("deny", "legacy", ingress=[], egress=[]),
    )
    code, said = check()
    assert (code, told(said)) == (0, [])
    assert "looked at: 4 workloads and 1 other policy)" in said


def test_a_named_end_that_others_keep_closed_is_a_warning() -> None:
    """The manifests do their part, and whoever named the end wants it to be open: callees, callers, DNS."""
    cron, old = (f"  {name}: {{namespace: legacy, labels: {{app: {name}}}}}\n" for name in ("cron", "old"))
    spec("apps:\n", f"peers:\n{cron}{old}apps:\n")
    text = Path("spec.yaml").read_text(encoding="utf-8")
    Path("spec.yaml").write_text(
        text.replace("calls: [db]", 'calls: [db, "old:80"], accepts: [cron]'), encoding="utf-8"
    )
    cluster(
        *BOTH,
        pods("cron", {"app": "cron"}, namespace="legacy"),
        pods("old", {"app": "old"}, namespace="legacy"),
        pods("coredns", {"k8s-app": "kube-dns"}, namespace="kube-system"),
        policy("deny", "legacy", ingress=[], egress=[]),
        policy("dns", "kube-system", ingress=[]),
    )
    code, said = check()
    assert (code, {one.partition(" ")[2] for one in told(said)}) == (0, {"closed-elsewhere"})
    assert len(told(said)) == 3
    assert "shop/web cannot open legacy/old on 80/TCP: a policy that is not of these specs closes it" in said
    assert "legacy/cron cannot open shop/web on 8080/TCP: a policy" in said
    assert "shop/db, shop/web cannot open kube-system/coredns on 53/TCP, 53/UDP: a policy" in said
    assert "no egress rule allows it: legacy/deny (cluster/all.yaml:" in said
    assert "have an egress rule for it added to NetworkPolicy legacy/deny" in said


def test_what_depends_on_labels_that_were_not_given_is_only_perhaps_closed() -> None:
    """The labels of a namespace are known where its object is there."""
    peer = {"namespaceSelector": {"matchLabels": {"dns": "yes"}}}
    objects = [
        *BOTH,
        pods("coredns", {"k8s-app": "kube-dns"}, namespace="kube-system"),
        policy("dns", "kube-system", ingress=[{"from": [peer]}]),
    ]
    cluster(*objects)
    assert "shop/db, shop/web perhaps cannot open kube-system/coredns" in check()[1]
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"dns": "yes"}}}
    cluster(*objects, space)
    assert told(check()[1]) == []


def test_routes_and_services_of_others_are_not_told() -> None:
    """A Service of somebody else that selects nothing is theirs to mend."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "x", "namespace": "legacy"},
        "spec": {"selector": {"app": "nobody"}, "ports": [{"port": 80}]},
    }
    cluster(*BOTH, service)
    assert check()[0] == 0


# --------------------------------------------------------------------------------------------------------------- size


def calls_of(number: int, folder: Path) -> int:
    """Return how many calls of Python functions the proof of *number* apps takes, some of them without pods."""
    folder.mkdir()
    apps = "".join(f"  a{n}: {{port: 80, calls: [a{(n * 7 + 1) % number}]}}\n" for n in range(number))
    (folder / "spec.yaml").write_text(SPEC.partition("  web")[0] + apps, encoding="utf-8")
    labels = [{"part": "all", "app.kubernetes.io/name" if n % 2 else "app": f"a{n}"} for n in range(number)]
    bodies = [pods(f"a{n}", labels[n]) for n in range(number)]
    bodies += [policy(f"p{n}", "legacy", {"matchLabels": {"app": f"p{n}"}}, egress=[]) for n in range(number)]
    bodies += [pods(f"p{n}", {"app": f"p{n}"}, namespace="legacy") for n in range(number)]
    (folder / "cluster.yaml").write_text(yaml.safe_dump_all(bodies), encoding="utf-8")
    loaded = api.load(folder / "spec.yaml")
    manifests = api.render(loaded.intent)
    count = 0

    def counting(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counting)
    try:
        proof = api.prove(loaded.intent, manifests, workloads=[folder / "cluster.yaml"])
    finally:
        sys.setprofile(None)
    assert proof.findings == ()
    return count


def test_the_work_grows_with_the_cluster_and_no_faster(tmp_path: Path) -> None:
    """Twice the apps, workloads and policies take about twice the work, counted and not timed."""
    few, many = (calls_of(number, tmp_path / str(number)) for number in (150, 300))
    assert many < 2.4 * few


def test_what_is_told_is_bounded(tmp_path: Path) -> None:
    """Of very many apps without pods the first are told, and the rest counted."""
    apps = "".join(f"  a{n}: 80\n" for n in range(60))
    (tmp_path / "spec.yaml").write_text(SPEC.partition("  web")[0] + apps, encoding="utf-8")
    cluster(pods("other"))
    code, said = check()
    assert code == 0
    assert len([one for one in told(said) if one.endswith("selects-nothing")]) == 41
    assert "and 20 more apps select nothing" in said
