"""`raw`: objects that are rendered with the values of the spec, checked and proved like all the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from hostile import HARD
from netgen import api
from netgen.problems import NetgenError, Problem
from specs import codes, document, load, platform, refused

APPS = """\
apps:
  web: {port: 8080, calls: [db]}
  db: 5432/tcp
"""
NAME = "app.kubernetes.io/name"
CILIUM = platform("cni: cilium 1.19\n")
Body = dict[str, Any]


def raw(*objects: Body) -> str:
    """Return the spec of two apps, with *objects* as they are dumped: in block style, in their own order."""
    return document(APPS) + yaml.safe_dump({"raw": list(objects)}, sort_keys=False)


def service(name: str, app: str = "web", **spec: Any) -> Body:
    """Return a Service of *app*."""
    own = {"selector": {NAME: app}, "ports": [{"port": 80, "targetPort": 8080}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": own}


def policy(name: str, app: str, **spec: Any) -> Body:
    """Return a NetworkPolicy of *app*."""
    own = {"podSelector": {"matchLabels": {NAME: app}}, **spec}
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": own}


def rule(caller: str, port: int) -> Body:
    """Return the rule of a policy that lets *caller* in on *port*."""
    return {"from": [{"podSelector": {"matchLabels": {NAME: caller}}}], "ports": [{"port": port}]}


def rendered(*documents: str) -> dict[tuple[str, str], Body]:
    """Return what is rendered, by kind and name, as PyYAML reads it."""
    stream = api.stream(api.render(load(*documents).intent), "yaml")
    return {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(stream)}


def findings(text: str, *documents: str, ingress: str | None = None) -> list[Problem]:
    """Return what the proof of a spec finds."""
    intent = load(text, *documents, ingress=ingress).intent
    return list(api.prove(intent, api.render(intent)).findings)


def told(text: str, found: list[Problem]) -> list[str]:
    """Return `code: line` of each of *found*; the line is that of *text* at the place, without indentation."""
    return [f"{one.code}: {text.splitlines()[one.place.line - 1].strip() if one.place else '-'}" for one in found]


def test_an_object_is_rendered_with_its_values_in_its_order() -> None:
    """Only the namespace is added, where it is left out: behind the name."""
    given = service("old")
    given["metadata"] = {"labels": {"b": "1", "a": "no"}, "name": "old", "annotations": {"x": "a: b\n# c"}}
    found = rendered(raw(given))[("Service", "old")]
    placed = {"labels": {"b": "1", "a": "no"}, "name": "old", "namespace": "shop", "annotations": {"x": "a: b\n# c"}}
    assert found == {**given, "metadata": placed}
    assert [*found] == ["apiVersion", "kind", "metadata", "spec"]
    assert [*found["metadata"], *found["metadata"]["labels"]] == [*placed, "b", "a"]


def test_an_object_is_printed_in_lines() -> None:
    """A key and an item have a line each, as in all that is rendered."""
    (found,) = [one for one in api.render(load(raw(service("old"))).intent) if one.name == "old"]
    lines = ["metadata:", "  name: old", "  namespace: shop", "spec:", "  selector:", f"    {NAME}: web", "  ports:"]
    lines += ["    - port: 80", "      targetPort: 8080"]
    assert found.text.splitlines() == ["apiVersion: v1", "kind: Service", *lines]


def test_hostile_texts_stay_what_they_are() -> None:
    """A text of an annotation is the same text to whoever reads what is rendered."""
    given = service("old")
    texts = [text for text in HARD if text.isprintable()]
    given["metadata"]["annotations"] = {f"example.com/x{number}": text for number, text in enumerate(texts)}
    spec = f"{document(APPS)}raw: {json.dumps([given], ensure_ascii=False)}\n"
    assert rendered(spec)[("Service", "old")]["metadata"]["annotations"] == given["metadata"]["annotations"]


def test_objects_stand_among_the_others_of_their_kind() -> None:
    """Policies come first, then Services, then Ingresses, whatever the order in the spec."""
    front = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "a"}}
    front["spec"] = {"rules": [{"host": "a.example.com", "http": {"paths": [path("old")]}}]}
    objects = [front, service("old"), policy("more", "db", policyTypes=["Ingress"])]
    names = [(one.kind, one.name) for one in api.render(load(raw(*objects)).intent)]
    policies = [("NetworkPolicy", name) for name in ("db", "more", "web")]
    assert names == [*policies, *(("Service", name) for name in ("db", "old", "web")), ("Ingress", "a")]
    assert names == [(one.kind, one.name) for one in api.render(load(raw(*reversed(objects))).intent)]


def path(name: str) -> Body:
    """Return a path of an Ingress that leads to the Service *name*."""
    return {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"number": 80}}}}


@pytest.mark.parametrize(
    "given",
    [
        service("old"),
        policy("more", "db", policyTypes=["Ingress"]),
        policy("more", "db", policyTypes=["Ingress"], ingress=[rule("web", 5432)]),
    ],
    ids=["a Service inside", "nothing more closed", "nothing more opened"],
)
def test_what_changes_nothing_is_proved(given: Body) -> None:
    """A second Service, and a policy that says no more than the spec, are no finding."""
    assert findings(raw(given)) == []


def test_what_a_policy_opens_beyond_the_spec_is_found_at_its_rule() -> None:
    """The place is the line of the spec."""
    text = raw(policy("more", "db", policyTypes=["Ingress"], ingress=[rule("web", 5432), rule("worker", 5432)]))
    (found,) = findings(text)
    assert found.place
    assert (found.code, found.place.file, found.place.text.strip()) == ("not-closed", "<stdin>", "- from:")
    assert text.splitlines()[found.place.line + 2].strip() == f"{NAME}: worker"
    assert "ingress: NetworkPolicy shop/more, rule 1" in found.notes


def test_what_a_policy_closes_that_no_spec_closes_is_found() -> None:
    """The policy is named with its line."""
    text = raw(policy("closes", "stranger", policyTypes=["Egress"]))
    (found,) = findings(text)
    line = 1 + text.splitlines().index("- apiVersion: networking.k8s.io/v1")
    assert (found.code, found.notes[0]) == (
        "not-open",
        f"no egress rule allows it: NetworkPolicy shop/closes (<stdin>:{line}:3)",
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (service("out", type="NodePort"), "service-differs: - apiVersion: v1"),
        (service("out", type="LoadBalancer"), "service-differs: - apiVersion: v1"),
        (service("lost", app="nobody"), ""),
        (
            {
                **service("front"),
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "spec": {"rules": [{"host": "a.example.com", "http": {"paths": [path("web")]}}]},
            },
            "route-differs: service:",
        ),
    ],
    ids=["NodePort", "LoadBalancer", "no app", "Ingress"],
)
def test_what_exposes_an_app_beyond_the_spec_is_found(given: Body, expected: str) -> None:
    """A Service and an Ingress that let the outside in are found at their lines."""
    text = raw(given)
    assert expected in (told(text, findings(text)) or [""])


def test_the_service_that_an_app_takes_to_be_there_may_be_raw() -> None:
    """It is looked at, and not assumed."""
    text = document("apps:\n  web: {port: 8080, service: {existing: own}, expose: https://a.example.com}\n")
    own = service("own", publishNotReadyAddresses=True, ports=[{"port": 8080}])
    intent = load(text + yaml.safe_dump({"raw": [own]}), ingress="traefik").intent
    proof = api.prove(intent, api.render(intent))
    assert (proof.findings, [one for one in proof.assumes if "existing" in one]) == ((), [])


def test_a_policy_of_cilium_is_proved_as_well() -> None:
    """What it denies beyond the spec is nothing here, and what it opens is found."""
    denies = {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "no-world"}}
    denies["spec"] = {"endpointSelector": {"matchLabels": {NAME: "db"}}, "ingressDeny": [{"fromEntities": ["world"]}]}
    assert findings(raw(denies), CILIUM) == []
    opens = {**denies, "spec": {**denies["spec"], "ingress": [{"fromEntities": ["world"]}]}}
    del opens["spec"]["ingressDeny"]
    assert told(raw(opens), findings(raw(opens), CILIUM)) == ["not-closed: - fromEntities:"]


def test_the_rules_of_the_api_server_hold() -> None:
    """What it would refuse is a problem of the object, and so is a field that netgen does not check."""
    text = raw(service("a", ports=[{"port": 0}]), service("b", externalIPs=["203.0.113.7"]))
    with pytest.raises(NetgenError) as caught:
        api.render(load(text).intent)
    assert told(text, list(caught.value.problems)) == ["manifest-invalid: - apiVersion: v1"] * 2
    assert "netgen checks no such field" in caught.value.problems[1].fix


def test_a_fault_of_an_object_is_no_fault_of_the_apps() -> None:
    """Who calls an app of the document gets no second problem."""
    other = document("apps: {api: {calls: [shop/web]}}\n", "other")
    assert codes(raw({"apiVersion": "v1", "kind": "Service", "metadata": {}}), other) == [
        "missing-key",
        "consent-missing",
    ]


def test_an_unsafe_annotation_may_be_allowed() -> None:
    """The Platform decides, as it does for what the spec says."""
    given = service("old")
    given["metadata"]["annotations"] = {"example.com/server-snippet": "x"}
    assert [one.code for one in refused(raw(given))] == ["unsafe-annotation"]
    allowed = load(raw(given), platform("unsafeAnnotations: [example.com/server-snippet]\n"))
    assert [one.code for one in allowed.problems] == ["annotation-allowed"]


def test_a_diff_shows_what_an_object_opens(tmp_path: Any) -> None:
    """The rule is named, and so is the Service."""
    (tmp_path / "old.yaml").write_text(document(APPS), encoding="utf-8")
    more = policy("more", "db", policyTypes=["Ingress"], ingress=[rule("worker", 5432)])
    (tmp_path / "new.yaml").write_text(raw(service("out", type="LoadBalancer"), more), encoding="utf-8")
    found, _ = api.diff(tmp_path / "old.yaml", tmp_path / "new.yaml")
    assert [one.words for one in found.changes] == [
        "the LoadBalancer shop/out now opens 80/TCP, which is shop/web on 8080/TCP",
        f"shop/{NAME}=worker can now open shop/db on 5432/TCP",
    ]


@pytest.mark.parametrize(("labels", "expected"), [({}, []), ({"app.kubernetes.io/managed-by": "netgen"}, ["old"])])
def test_the_label_decides_whether_a_lost_object_is_to_be_deleted(
    labels: Body, expected: list[str], tmp_path: Any
) -> None:
    """An object that is gone from the spec is deleted like netgen's own where it says that it is netgen's."""
    given = service("old")
    given["metadata"] |= {"labels": labels} if labels else {}
    api.write(api.render(load(raw(given)).intent), tmp_path / "out")
    manifests = api.render(load(document(APPS)).intent)
    left = api.left_over(api.write(manifests, tmp_path / "out"), manifests)
    assert [one.resource.removeprefix("service/") for one in left] == expected


def test_a_raw_object_that_is_not_among_the_manifests_is_found() -> None:
    """Of each kind, though nothing that the apps reach depends on it."""
    route = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "r"}}
    route["spec"] = {"defaultBackend": {"service": {"name": "old", "port": {"number": 80}}}}
    same = policy("more", "db", policyTypes=["Ingress"], ingress=[rule("web", 5432)])
    intent = load(raw(service("old"), same, route)).intent
    for lost, code in (("more", "policy-differs"), ("old", "service-differs"), ("r", "route-differs")):
        kept = [manifest for manifest in api.render(intent) if manifest.name != lost]
        found = [
            one for one in api.prove(intent, kept).findings if "of the spec is not among the manifests" in one.message
        ]
        assert [one.code for one in found] == [code]
