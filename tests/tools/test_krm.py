"""`netgen krm` as kustomize runs it: as a generator and as a transformer, with good specs and bad ones."""

from __future__ import annotations

import shutil

import pytest

from running import NAMES, ROOT, Body, Shell, objects, plain, rendered, spec_of, workload

BUILD = "kustomize build --enable-alpha-plugins --enable-exec ."
FUNCTION = {"config.kubernetes.io/function": "exec: {path: netgen, args: [krm]}"}
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "netgen", "annotations": FUNCTION}}
WEB, DB = ({"app.kubernetes.io/name": name} for name in ("web", "db"))
APPS = [workload("web", "shop", WEB), workload("db", "shop", DB)]


def shop(*calls: str, namespace: str = "shop", annotations: dict[str, str] = FUNCTION) -> Body:
    """Return a spec of two apps."""
    return {
        "apiVersion": "netgen.dev/v1alpha1",
        "kind": "Connectivity",
        "metadata": {"name": "shop", "namespace": namespace, **({"annotations": annotations} if annotations else {})},
        "apps": {"web": {"port": "80 -> 8080", "calls": list(calls)}, "db": 5432},
    }


def expected(tools: Shell, *calls: str, namespace: str = "shop") -> list[str]:
    """Return what netgen renders of the same spec."""
    tools.write({"plain.yaml": shop(*calls, namespace=namespace, annotations={})})
    return sorted(map(plain, rendered(tools.folder / "plain.yaml")))


def policies_and_services(bodies: list[Body]) -> list[str]:
    """Return *bodies* without workloads."""
    return sorted(plain(body) for body in bodies if body["kind"] != "Deployment")


@pytest.mark.parametrize("name", NAMES)
def test_examples(tools: Shell, name: str) -> None:
    """What kustomize builds of an example, one of whose documents is the function, is what netgen renders of it."""
    files = sorted(spec_of(name).glob("*.yaml"))
    bodies = [body for file in files for body in objects(file.read_text(encoding="utf-8"))]
    first, *others = sorted(bodies, key=lambda body: str(body["kind"]) != "Connectivity")
    first["metadata"] |= {"annotations": FUNCTION}
    tools.write({"function.yaml": first, "others.yaml": others})
    resources = {"resources": ["others.yaml"] if others else []}
    tools.write(
        {"kustomization.yaml": {"transformers": ["function.yaml"], "sortOptions": {"order": "fifo"}, **resources}}
    )
    assert tools.ok(BUILD).objects == rendered(spec_of(name))


@pytest.mark.parametrize("role", ["generators", "transformers"])
def test_a_spec_as_the_function(tools: Shell, role: str) -> None:
    """What comes out is what netgen renders, beside the other resources, and without a trace of the function."""
    tools.write({"spec.yaml": shop("db"), "apps.yaml": APPS})
    tools.write({"kustomization.yaml": {role: ["spec.yaml"], "resources": ["apps.yaml"]}})
    done = tools.ok(BUILD)
    assert policies_and_services(done.objects) == expected(tools, "db")
    assert [plain(one) for one in done.objects if one["kind"] == "Deployment"] == [plain(APPS[1]), plain(APPS[0])]
    assert "config." not in done.out
    assert "proved: " in done.said


def test_specs_as_resources(tools: Shell) -> None:
    """Specs and a Platform among the resources are taken out, with the namespace and labels from kustomize."""
    platform = {
        "apiVersion": "netgen.dev/v1alpha1",
        "kind": "Platform",
        "metadata": {"name": "prod"},
        "dns": ["1.2.3.4"],
    }
    tools.write({"spec.yaml": shop("db", annotations={}), "apps.yaml": APPS, "p.yaml": platform, "f.yaml": CONFIG})
    tools.write(
        {
            "kustomization.yaml": {
                "resources": ["spec.yaml", "apps.yaml", "p.yaml"],
                "transformers": ["f.yaml"],
                "namespace": "shop-prod",
                "commonLabels": {"team": "web"},
            }
        }
    )
    found = tools.ok(BUILD).objects
    assert {one["metadata"]["namespace"] for one in found} == {"shop-prod"}
    policies = [one for one in found if one["kind"] == "NetworkPolicy"]
    assert [one["spec"]["podSelector"] for one in policies] == [{"matchLabels": DB}, {"matchLabels": WEB}]
    assert {one["metadata"]["labels"]["team"] for one in policies} == {"web"}
    assert {one["kind"] for one in found} == {"Deployment", "NetworkPolicy", "Service"}


def test_what_is_there_is_proved_too(tools: Shell) -> None:
    """Another policy that opens what no spec says stops the build, and is named."""
    allow = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "all", "namespace": "shop"},
    }
    tools.write(
        {"spec.yaml": shop("db"), "apps.yaml": [*APPS, {**allow, "spec": {"podSelector": {}, "ingress": [{}]}}]}
    )
    tools.write({"kustomization.yaml": {"transformers": ["spec.yaml"], "resources": ["apps.yaml"]}})
    done = tools.run(BUILD)
    assert (done.code, done.out) == (1, "")
    assert "NetworkPolicy shop/all, spec.ingress[0]: error[not-closed]" in done.said


@pytest.mark.parametrize("role", ["generators", "transformers"])
def test_a_mistake_stops_the_build(tools: Shell, role: str) -> None:
    """Each mistake is shown with its resource and field; where kustomize tells the file, with that."""
    tools.write({"spec.yaml": shop("dv", "cache"), "apps.yaml": APPS})
    kustomization: Body = {role: ["spec.yaml"], "resources": ["apps.yaml"]}
    for origin, called in ((), "Connectivity shop/shop"), (("originAnnotations",), "spec.yaml"):
        tools.write({"kustomization.yaml": {**kustomization, "buildMetadata": list(origin)}})
        done = tools.run(BUILD)
        assert (done.code, done.out) == (1, "")
        if origin and role == "generators":
            continue  # kustomize does not tell a generator
        for number, name in enumerate(("dv", "cache")):
            place = f"{called}, apps.web.calls[{number}]"
            assert f"{place}: error[unknown-app]: no app {name} in namespace shop" in done.said


def test_the_script(tools: Shell) -> None:
    """netgen-krm is the function for orchestrators that take a path."""
    shutil.copy(ROOT / "integrations" / "kustomize" / "netgen-krm", tools.folder / "netgen-krm")
    annotations = {"config.kubernetes.io/function": "exec: {path: ./netgen-krm}"}
    tools.write({"spec.yaml": shop("db", annotations=annotations), "kustomization.yaml": {"generators": ["spec.yaml"]}})
    assert policies_and_services(tools.ok(BUILD).objects) == expected(tools, "db")
