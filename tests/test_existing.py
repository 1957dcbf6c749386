"""`service: {existing: NAME}` and `service: {labels: ...}`: what is rendered, what is proved, what is only assumed."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from netgen import api
from netgen.problems import Problem
from netgen.verify import Proof

Body = dict[str, Any]
SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: argo-cd, namespace: argocd}
apps:
  server:
    ports: {http: 80 -> 8080, metrics: 8083}
    service: {existing: argocd-server}
    expose: {http: https://argocd.example.com}
    calls: [repo]
  repo:
    ports: {server: 8081, metrics: 8084}
    service: {existing: argocd-repo-server}
"""
NAME = "app.kubernetes.io/name"


def loaded(text: str = SPEC) -> api.Loaded:
    """Return what a spec means, behind Traefik."""
    return api.load("-", stdin=text.encode(), ingress="traefik")


def service(name: str, app: str, *ports: Body, **spec: Any) -> Body:
    """Return a Service of the vendor for the pods of *app*."""
    own = {"selector": {NAME: app}, "ports": list(ports), **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "argocd"}, "spec": own}


def workload(name: str, labels: Body | None = None) -> Body:
    """Return a Deployment of the vendor."""
    pods = {
        "metadata": {"labels": labels or {NAME: name}},
        "spec": {"containers": [{"name": "a", "image": "a", "ports": [{"name": "web", "containerPort": 8080}]}]},
    }
    metadata = {"name": name, "namespace": "argocd"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": pods}}


HTTP, SERVER = {"name": "http", "port": 80, "targetPort": "web"}, {"name": "server", "port": 8081, "targetPort": 8081}
WORKLOADS = (workload("server"), workload("repo"))
REPO = service("argocd-repo-server", "repo", SERVER)
VENDORS = (service("argocd-server", "server", HTTP), REPO, *WORKLOADS)


def proof(*objects: Body, text: str = SPEC) -> Proof:
    """Return the proof of what *text* renders, beside *objects*."""
    intent = loaded(text).intent
    return api.prove(intent, api.render(intent), workloads=["-"] if objects else [], stdin=dumped(*objects))


def dumped(*objects: Body) -> bytes:
    """Return *objects* as manifests."""
    return str(yaml.safe_dump_all(objects)).encode()


def told(findings: tuple[Problem, ...]) -> list[str]:
    """Return the findings about Services, each without the name of the Service that all begin with."""
    assert {one.code for one in findings} <= {"service-differs", "link-broken"}
    named = [one.message for one in findings if one.code == "service-differs"]
    return [message.partition(", which the spec takes to be there for ")[2] for message in named]


def test_an_existing_service_is_not_rendered_and_a_url_leads_to_it() -> None:
    """Its name is free for the vendor's manifests; the policies are as ever."""
    manifests = api.render(loaded().intent)
    assert [(one.kind, one.name) for one in manifests] == [
        ("NetworkPolicy", "repo"),
        ("NetworkPolicy", "server"),
        ("Ingress", "argo-cd.traefik.argocd.example.com"),
    ]
    (path,) = manifests[-1].body["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"] == {"service": {"name": "argocd-server", "port": {"number": 80}}}


def test_an_existing_service_that_nobody_gives_is_an_assumption() -> None:
    """The line of the proof names it, with workloads and without."""
    said = "existing Services lead to their apps: argocd/argocd-repo-server, argocd/argocd-server"
    assert (proof().findings, said in proof().assumes) == ((), True)
    beside = proof(*WORKLOADS)
    assert (beside.findings, said in beside.assumes) == ((), True)


def test_an_existing_service_that_is_given_is_looked_at() -> None:
    """It selects the app's pods and has its ports, those for metrics left out, so that nothing is assumed."""
    whole = proof(*VENDORS)
    assert (whole.findings, [one for one in whole.assumes if "existing" in one]) == ((), [])
    intent = loaded().intent
    stream = f"{api.stream(api.render(intent), 'yaml')}---\n".encode() + dumped(*VENDORS)
    assert api.verify(intent, ["-"], stdin=stream).findings == ()


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ((service("argocd-server", "server"), *WORKLOADS), ["argocd/server, has no port 80/TCP"]),
        (
            (service("argocd-server", "server", {"port": 80, "targetPort": 8081}), *WORKLOADS),
            ["argocd/server, leads its port 80/TCP to 8081, where the spec means 8080"],
        ),
        (
            (service("argocd-server", "server", HTTP),),
            ["argocd/server, leads its port 80/TCP to 'web', of which no workload tells the number"],
        ),
        (
            (service("argocd-server", "server", {"port": 80, "targetPort": 8080}, clusterIP="None"),),
            ["argocd/server, is headless: its port 80/TCP is that of the pods, where the spec means 8080"],
        ),
        (
            (service("argocd-server", "repo", HTTP), *WORKLOADS),
            [f"argocd/server, selects none of its pods, but those with {NAME}=repo"],
        ),
        (
            (service("argocd-server", "repo", {"port": 80, "targetPort": 8080}),),
            [f"argocd/server, selects none of its pods, but those with {NAME}=repo"],
        ),
        (
            (
                service("argocd-server", "", HTTP, selector={"tier": "one"}),
                *(workload(name, {NAME: name, "tier": "one"}) for name in ("server", "repo")),
            ),
            ["argocd/server, selects other pods too, such as the Deployment argocd/repo: those with tier=one"],
        ),
        (
            (service("argocd-server", "server", HTTP, selector=None), *WORKLOADS),
            ["argocd/server, selects no pods"],
        ),
    ],
)
def test_an_existing_service_that_is_another_is_a_finding(objects: tuple[Body, ...], expected: list[str]) -> None:
    """By its pods or its ports, whether workloads are there that tell more or not."""
    more = () if any(one["kind"] == "Deployment" for one in objects) else (policy_of_others(),)
    assert told(proof(*objects, REPO, *more).findings) == expected


def test_an_existing_service_that_asks_for_more_labels_is_an_assumption() -> None:
    """Whether the app's pods have them, nobody tells where none of them is given."""
    said = "existing Services lead to their apps: argocd/argocd-server"
    narrow = service(
        "argocd-server", "server", {"port": 80, "targetPort": 8080}, selector={NAME: "server", "tier": "one"}
    )
    other = service("argocd-server", "server", {"port": 80, "targetPort": 8080}, selector={"tier": "one"})
    for one in (narrow, other):
        found = proof(one, REPO, policy_of_others())
        assert (found.findings, [it for it in found.assumes if "existing" in it]) == ((), [said])
    given = workload("server", {NAME: "server", "tier": "one"}), workload("repo")
    found = proof(narrow, REPO, *given)
    assert (found.findings, [it for it in found.assumes if "existing" in it]) == ((), [])
    assert told(proof(narrow, REPO, *WORKLOADS).findings) != []


def policy_of_others() -> Body:
    """Return a policy elsewhere, so that there is a cluster to look at."""
    metadata = {"name": "other", "namespace": "elsewhere"}
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def test_an_existing_load_balancer_is_an_exposure_that_the_spec_must_say() -> None:
    """With `accepts: internet` it is said; netgen's own is no way to say it."""
    objects = (*VENDORS[:1], service("argocd-repo-server", "repo", SERVER, type="LoadBalancer"), *WORKLOADS)
    (finding,) = proof(*objects).findings
    assert (
        finding.message
        == "the Service argocd/argocd-repo-server exposes argocd/repo (LoadBalancer), which no spec says"
    )
    assert proof(*objects, text=f"{SPEC}    accepts: {{internet: server, server: server}}\n").findings == ()


def test_a_load_balancer_for_several_apps_is_said_for_each() -> None:
    """That one of the apps is open to the internet says nothing of another one behind the same Service."""
    text = f"""\
{SPEC.partition("apps:")[0]}apps:
  a: {{select: {{app: a, tier: front}}, port: 80, service: false, accepts: internet}}
  b: {{select: {{app: b, tier: front}}, port: 80, service: false, isolate: egress}}
"""
    both = service("front", "", {"port": 80, "targetPort": 80}, selector={"tier": "front"}, type="LoadBalancer")
    pods = [workload(name, {"app": name, "tier": "front"}) for name in ("a", "b")]
    (finding,) = proof(both, *pods, text=text).findings
    assert finding.message == "the Service argocd/front exposes argocd/b (LoadBalancer), which no spec says"
    only = service("front", "", {"port": 80, "targetPort": 80}, selector={"app": "a"}, type="LoadBalancer")
    assert proof(only, *pods, text=text).findings == ()


def test_an_existing_service_is_a_name_for_questions() -> None:
    """By its DNS name, by its name, and as what an Ingress leads to."""
    intent = loaded().intent
    for target in ("http://argocd-repo-server.argocd.svc:8081", "argocd/argocd-repo-server:8081"):
        assert api.can("argocd/server", target, intent=intent).line.startswith("yes: ")
    assert api.can("internet", "https://argocd.example.com", intent=intent).line.startswith("yes: ")


LABELS = SPEC.replace("existing: argocd-repo-server", f"labels: {{{NAME}: metrics, tier: back}}")


def test_labels_of_a_service_are_its_own() -> None:
    """Beside those of every object, of which they may change the name; policies have none of them."""
    policies, (repo,) = (
        [one for one in api.render(loaded(LABELS).intent) if one.kind == kind] for kind in ("NetworkPolicy", "Service")
    )
    own = {"app.kubernetes.io/managed-by": "netgen", "app.kubernetes.io/part-of": "argo-cd"}
    assert repo.body["metadata"]["labels"] == {**own, NAME: "metrics", "tier": "back"}
    assert [one.body["metadata"]["labels"] for one in policies] == [{**own, NAME: "repo"}, {**own, NAME: "server"}]


def test_a_label_that_is_lost_is_a_finding() -> None:
    """A ServiceMonitor would find the Service no more; a label of the document, which nothing selects by, may go."""
    intent = loaded(LABELS).intent
    stream = api.stream(api.render(intent), "yaml")
    assert api.verify(intent, ["-"], stdin=stream.encode()).findings == ()
    less = stream.replace("    app.kubernetes.io/part-of: argo-cd\n", "")
    assert api.verify(intent, ["-"], stdin=less.encode()).findings == ()
    (finding,) = api.verify(intent, ["-"], stdin=stream.replace("    tier: back\n", "").encode()).findings
    assert finding.message == "the Service argocd/repo lacks the label tier: back"
