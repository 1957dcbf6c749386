"""What kustomize changes in netgen's policies is found, and named; what it leaves alone is not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import yaml

from netgen import api
from running import NAMES, ROOT, Body, Shell, dumped, objects, plain, rendered, spec_of, workloads

SUBJECTS = {"NetworkPolicy": "podSelector", "CiliumNetworkPolicy": "endpointSelector"}
"""The field of a policy that selects its pods, by the kind of policy."""


def patch(kind: str, *operations: Body, **target: str) -> Body:
    """Return a kustomization that patches the objects of *kind*."""
    return {"patches": [{"target": {"kind": kind, **target}, "patch": yaml.safe_dump(list(operations))}]}


def transformer(kind: str, **fields: Any) -> Body:
    """Return a kustomization with a transformer of kustomize's own, written out."""
    body = {"apiVersion": "builtin", "kind": kind, "metadata": {"name": "own", **fields.pop("metadata", {})}, **fields}
    return {"transformers": [dumped(body)]}


def first(name: str, kind: str) -> Body:
    """Return the first object of *kind* of an example."""
    return next(body for body in rendered(spec_of(name)) if body["kind"] == kind)


def policies(name: str) -> str:
    """Return the kind of policy of an example."""
    kinds = {body["kind"] for body in rendered(spec_of(name))}
    return next(kind for kind in SUBJECTS if kind in kinds)


def subject(name: str) -> str:
    """Return the field that selects the pods of a policy of an example."""
    return SUBJECTS[policies(name)]


def opened(name: str, direction: str) -> Body:
    """Return a kustomization that writes a rule over all rules of each policy."""
    return patch(policies(name), {"op": "add", "path": f"/spec/{direction}", "value": [{}]})


def namespaces(name: str) -> set[str]:
    """Return the namespaces of an example."""
    found = (body["metadata"].get("namespace") for body in rendered(spec_of(name)))
    return {one for one in found if one}


def namespace(name: str) -> str:
    """Return the first namespace of an example."""
    return min(namespaces(name))


def copied(name: str) -> Body:
    """Return a kustomization that copies the name of one policy into the selectors of all."""
    metadata = first(name, policies(name))["metadata"]
    kind = {"kind": policies(name)}
    source = {**kind, "name": metadata["name"], "namespace": metadata["namespace"]}
    options = {"create": True}
    fields = [f"spec.{subject(name)}.matchLabels.copied"]
    return {
        "replacements": [{"source": source, "targets": [{"select": kind, "fieldPaths": fields, "options": options}]}]
    }


def deleted(name: str) -> Body:
    """Return a kustomization that takes one policy away."""
    body = first(name, policies(name))
    metadata = {key: body["metadata"][key] for key in ("name", "namespace")}
    gone = {"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": metadata, "$patch": "delete"}
    return {"patches": [{"patch": yaml.safe_dump(gone)}]}


def merged(name: str) -> Body:
    """Return a kustomization with a patch in a file that changes one Service."""
    del name
    return {"patches": [{"path": "patch.yaml"}]}


CHANGED: dict[str, Callable[[str], Body]] = {
    "commonLabels": lambda _: {"commonLabels": {"team": "web"}},
    "labels": lambda _: {"labels": [{"pairs": {"team": "web"}, "includeSelectors": True}]},
    "labels by path": lambda name: {
        "labels": [
            {
                "pairs": {"team": "web"},
                "fields": [{"path": f"spec/{subject(name)}/matchLabels", "create": True, "kind": policies(name)}],
            }
        ]
    },
    "namespace": lambda _: {"namespace": "elsewhere"},
    "namePrefix": lambda _: {"namePrefix": "prod-"},
    "nameSuffix": lambda _: {"nameSuffix": "-prod"},
    "patches": lambda name: opened(name, "ingress"),
    "patches of egress": lambda name: opened(name, "egress"),
    "patches of selectors": lambda name: patch(
        policies(name), {"op": "replace", "path": f"/spec/{subject(name)}", "value": {}}
    ),
    "patches of Services": lambda _: patch("Service", {"op": "add", "path": "/spec/ports/0/targetPort", "value": 1}),
    "patches that delete": deleted,
    "patches in a file": merged,
    "replacements": copied,
}
"""Kustomizations that change what is built, by the key that does it."""

SAME: dict[str, Callable[[str], Body]] = {
    "no key": lambda _: {},
    "labels": lambda _: {"labels": [{"pairs": {"team": "web"}}]},
    "labels of templates": lambda _: {"labels": [{"pairs": {"team": "web"}, "includeTemplates": True}]},
    "commonAnnotations": lambda _: {"commonAnnotations": {"example.com/team": "web"}},
    "namespace": lambda name: {"namespace": namespace(name)} if len(namespaces(name)) == 1 else {},
    "images": lambda _: {"images": [{"name": "main", "newTag": "2"}]},
    "patches": lambda _: patch("Deployment", {"op": "add", "path": "/spec/replicas", "value": 2}),
    "configurations": lambda _: {"configurations": ["configuration.yaml"]},
}
"""Kustomizations that leave the meaning alone."""

WRITTEN_INSTEAD: dict[str, Body] = {
    "namePrefix": transformer(
        "PrefixTransformer", prefix="prod-", fieldSpecs=[{"path": "metadata/name", "kind": "Deployment"}]
    ),
    "namespace": transformer("NamespaceTransformer", metadata={"namespace": "elsewhere"}, unsetOnly=True),
}
"""What the lint and the README say to write: kustomize's transformers on other kinds, or on what has no namespace."""


def meaning(bodies: list[Body]) -> list[str]:
    """Return what policies, Services and Ingresses mean, whatever their labels; only Services are called by name."""
    kept = []
    for body in bodies:
        called = body["metadata"]["name"] if body["kind"] == "Service" else ""
        if body["kind"] in (*SUBJECTS, "Service", "Ingress"):
            kept.append(plain([body["kind"], body["metadata"]["namespace"], called, body["spec"]]))
    return sorted(kept)


@cache
def intent(name: str) -> api.Intent:
    """Return the meaning of an example."""
    return api.load(spec_of(name)).intent


def built(tools: Shell, name: str, kustomization: Body) -> str:
    """Return what kustomize builds of an example and its workloads under *kustomization*."""
    service = first(name, "Service")
    named = {key: service["metadata"][key] for key in ("name", "namespace")}
    more = {"apiVersion": "v1", "kind": "Service", "metadata": named, "spec": {"selector": {"patched": "yes"}}}
    tools.ok(f"netgen render {spec_of(name)} --out deploy")
    configuration = (ROOT / "integrations" / "kustomize" / "configuration.yaml").read_text(encoding="utf-8")
    tools.write(
        {
            "overlay/kustomization.yaml": {"resources": ["../deploy", "apps.yaml"], **kustomization},
            "overlay/apps.yaml": workloads(name),
            "overlay/patch.yaml": more,
            "overlay/configuration.yaml": configuration,
        }
    )
    return tools.ok("kustomize build overlay").out


def found(tools: Shell, name: str, stream: str) -> tuple[list[str], list[str]]:
    """Return the codes of what is found in *stream*, and the lines of the kustomization that are named beside."""
    file = tools.folder / "overlay" / "kustomization.yaml"
    proof = api.verify(intent(name), ["-", file], stdin=stream.encode())
    named = [one.place.text for one in proof.warnings if one.code == "overlay-changes" and one.place]
    return [problem.code for problem in proof.findings], named


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", CHANGED)
def test_a_change_is_found(tools: Shell, name: str, case: str) -> None:
    """The proof fails, with the workloads in the build and without them, and the key that did it is named."""
    kustomization = CHANGED[case](name)
    stream = built(tools, name, kustomization)
    assert meaning(objects(stream)) != meaning(rendered(spec_of(name)))
    codes, named = found(tools, name, stream)
    assert codes
    assert len(named) == 1
    alone = dumped([body for body in objects(stream) if body["kind"] != "Deployment"])
    assert found(tools, name, alone)[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", SAME)
def test_what_changes_nothing_is_proved(tools: Shell, name: str, case: str) -> None:
    """The proof holds, and nobody is warned."""
    stream = built(tools, name, SAME[case](name))
    assert meaning(objects(stream)) == meaning(rendered(spec_of(name)))
    assert found(tools, name, stream) == ([], [])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", WRITTEN_INSTEAD)
def test_what_is_to_be_written_instead_is_proved(tools: Shell, name: str, case: str) -> None:
    """It does what the key does to other objects, and leaves netgen's alone."""
    stream = built(tools, name, WRITTEN_INSTEAD[case])
    assert meaning(objects(stream)) == meaning(rendered(spec_of(name)))
    assert found(tools, name, stream)[0] == []


def test_files_are_not_taken_for_what_is_built(tools: Shell) -> None:
    """A folder with a kustomization that changes its files is not proved by reading these files."""
    tools.ok(f"netgen render {spec_of('shop')} --out deploy/netgen")
    tools.write({"deploy/kustomization.yaml": "resources: [netgen]\nnamespace: default\n"})
    verify = f"netgen verify --spec {spec_of('shop')}"
    assert tools.ok(f"{verify} deploy").out.startswith("proved: ")
    tools.write({"deploy/kustomization.yaml": "resources: [netgen]\nnamePrefix: prod-\n"})
    done = tools.run(f"{verify} deploy")
    assert done.code == 1
    assert (
        "deploy/kustomization.yaml:2:1: error[unproven]: files were read that this kustomization changes" in done.said
    )
    assert "fix: give what  kustomize build deploy  prints" in done.said


# --------------------------------------------------------------------------------------------------- configuration.yaml

SHOP = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: SHOP}
apps:
  web: {port: 8080, expose: https://shop.example.com, calls: [payments/api]}
---
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: payments, namespace: payments}
apps:
  api: {port: 8080, accepts: [SHOP/web]}
---
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: prod}
entrypoints:
  public: {hosts: [shop.example.com], ingress: CLASS, controller: traefik, tls: secret shop}
"""
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
CLASS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": {"name": "web"},
    "spec": {"controller": "x"},
}


@pytest.fixture
def two_teams(tools: Shell) -> Shell:
    """Two teams' folders, the namespace of one of which is another in production, and what both are built with."""
    spec = SHOP.replace("CLASS", "web")
    tools.write({"spec.yaml": spec.replace("SHOP", "shop"), "prod.yaml": spec.replace("SHOP", "shop-prod")})
    tools.ok("netgen render spec.yaml --out all; mkdir -p shop payments")
    tools.ok("mv all/shop.yaml shop; mv all/payments.yaml payments")
    source = ROOT / "integrations" / "kustomize" / "configuration.yaml"
    tools.write(
        {"shop/namespace.yaml": NAMESPACE, "shop/class.yaml": CLASS, "prod/configuration.yaml": source.read_text()}
    )
    tools.write({"payments/kustomization.yaml": {"resources": ["payments.yaml"]}})
    return tools


@pytest.mark.parametrize("configured", [True, False])
def test_rules_follow_a_namespace_that_is_renamed(two_teams: Shell, *, configured: bool) -> None:
    """With the shipped configuration, the other team's rules follow a namespace that is renamed, and it is proved."""
    shop = {"resources": ["shop.yaml", "namespace.yaml"], "namespace": "shop-prod"}
    whole = {
        "resources": ["../shop", "../payments"],
        **({"configurations": ["configuration.yaml"]} if configured else {}),
    }
    two_teams.write({"shop/kustomization.yaml": shop, "prod/kustomization.yaml": whole})
    done = two_teams.run("kustomize build prod | netgen verify --spec prod.yaml -")
    assert (done.code, "policy-differs" in done.said) == ((0, False) if configured else (1, True))


@pytest.mark.parametrize("configured", [True, False])
def test_ingresses_follow_a_class_that_is_renamed(two_teams: Shell, *, configured: bool) -> None:
    """With it, an Ingress names its IngressClass by the prefix that the class gets."""
    shop = {"resources": ["shop.yaml", "class.yaml"], "namePrefix": "x-"}
    whole = {
        "resources": ["../shop", "../payments"],
        **({"configurations": ["configuration.yaml"]} if configured else {}),
    }
    two_teams.write({"shop/kustomization.yaml": shop, "prod/kustomization.yaml": whole})
    names = [
        one["spec"]["ingressClassName"]
        for one in two_teams.ok("kustomize build prod").objects
        if one["kind"] == "Ingress"
    ]
    assert names == (["x-web"] if configured else ["web"])
