"""A chart with netgen's manifests: Helm renders the same objects, finds no fault, and what it prints is proved."""

from __future__ import annotations

import pytest
import yaml

from netgen import __version__
from running import NAMES, ROOT, Shell, dumped, plain, rendered, spec_of, workloads

CHART = {"apiVersion": "v2", "name": "shop", "version": "1.0.0", "icon": "file:///icon.png"}
HOSTILE = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata:
  name: shop
  namespace: shop
  annotations:
    example.com/a: '{{ .Values.password }}'
    example.com/b: '{{- fail "stopped" -}}'
    example.com/c: '{{/* left open'
    example.com/d: '}}{{"{{"}}{{'
    example.com/e: "{{ `\\n` }} {{{ {{{{ }}}}"
    example.com/f: '{{ define "x" }}{{ end }}{{ include "x" . }}'
apps:
  web:
    port: 8080
    calls: [{to: db, why: '{{ .Release.Name }} {{ nothing'}]
    service: {annotations: {example.com/g: '{{ range }}'}}
    why: '{{ required "text" .Values.none }}'
  db: 5432
"""


def chart(tools: Shell, spec: str, **templates: str) -> None:
    """Make a chart of *templates* and what netgen renders of *spec*."""
    tools.write({"chart/Chart.yaml": yaml.safe_dump(CHART), "chart/values.yaml": "replicas: 2\n"})
    tools.write({f"chart/templates/{name}.yaml": text for name, text in templates.items()})
    tools.ok(f"netgen render {spec} --out chart/templates --layout helm")


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_renders_what_netgen_rendered(tools: Shell, name: str) -> None:
    """Every object is the one that `render` prints, policies that Helm knows come first, and it finds no fault."""
    apps = dumped(workloads(name)).replace("template:", "replicas: {{ .Values.replicas }}\n  template:")
    chart(tools, str(spec_of(name)), apps=apps)
    tools.write({"apps.yaml": workloads(name)})
    found = tools.ok("helm template shop chart").objects
    kinds = [one["kind"] for one in found]
    # Helm puts the kinds that it does not know behind all others.
    order = ["NetworkPolicy", "Service", "Deployment", "Ingress"]
    order += ["CiliumClusterwideNetworkPolicy", "CiliumNetworkPolicy"]
    assert kinds == sorted(kinds, key=order.index)
    own = [plain(one) for one in found if one["kind"] != "Deployment"]
    assert sorted(own) == sorted(map(plain, rendered(spec_of(name))))
    linted = tools.ok("helm lint --strict chart")
    assert [line for line in linted.out.splitlines() if line.startswith("[")] == []
    verify = f"netgen verify --spec {spec_of(name)}"
    for script in (
        f"helm template shop chart | {verify} -",
        f"helm template shop chart -s templates/netgen.yaml | {verify} --workloads apps.yaml -",
    ):
        assert tools.ok(script).out.startswith("proved: "), script


def test_braces_are_text(tools: Shell) -> None:
    """Whatever a spec holds that Helm takes for its own, in annotations and comments, comes out as it was written."""
    tools.write({"spec.yaml": HOSTILE})
    chart(tools, "spec.yaml")
    found = tools.ok("helm template shop chart")
    expected = rendered(tools.folder / "spec.yaml")
    assert sorted(map(plain, found.objects)) == sorted(map(plain, expected))
    assert "{{ .Values.password }}" in found.out
    assert '{{ required "text" .Values.none }}' in found.out
    assert tools.ok("helm lint --strict chart").code == 0
    assert tools.ok("helm template shop chart | netgen verify --spec spec.yaml -").out.startswith("proved: ")


def test_the_record_is_no_part_of_the_chart(tools: Shell) -> None:
    """The hidden file by which netgen knows its own files is not rendered."""
    chart(tools, str(spec_of("shop")))
    assert (tools.folder / "chart" / "templates" / ".netgen").is_file()
    assert ".netgen" not in tools.ok("helm template shop chart").out


# ------------------------------------------------------------------------------------------------------ post-renderer

PLUGIN = ROOT / "integrations" / "helm"
POST = "helm template shop chart --post-renderer netgen --post-renderer-args"


def test_the_post_renderer_passes_on_what_is_proved(tools: Shell) -> None:
    """Helm prints the same objects with it as without."""
    chart(tools, str(spec_of("services")), apps=dumped(workloads("services")))
    tools.ok(f"helm plugin install {PLUGIN}")
    done = tools.ok(f"{POST}=--spec={spec_of('services')}")
    assert sorted(map(plain, done.objects)) == sorted(map(plain, tools.ok("helm template shop chart").objects))


@pytest.mark.parametrize(
    "why",
    [
        {"args": f"--spec={spec_of('shop')}", "said": "error[policy-differs]"},
        {"args": "--spec=nowhere.yaml", "said": "error[unreadable-file]: nowhere.yaml"},
        {"args": "--speck", "said": "No such option"},
    ],
    ids=["another spec", "no spec", "no such option"],
)
def test_the_post_renderer_stops_helm(tools: Shell, why: dict[str, str]) -> None:
    """Where nothing is proved, for whatever reason, Helm gets nothing and fails."""
    chart(tools, str(spec_of("services")))
    tools.ok(f"helm plugin install {PLUGIN}")
    done = tools.run(f"{POST}={why['args']}")
    assert (done.code, done.out) == (1, "")
    assert "post-renderer" in done.said
    assert why["said"] in done.said


SCAFFOLD = {
    "deployment": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]}
""",
    "test": """\
apiVersion: v1
kind: Pod
metadata:
  name: test-connection
  labels: {app: web}
  annotations:
    "helm.sh/hook": test
spec: {hostNetwork: true, containers: [{name: wget, image: busybox}]}
""",
}
SHOP = "metadata: {name: shop, namespace: shop}\nselectBy: app\napps: {web: 8080}\n"


@pytest.mark.parametrize("given", ["argument", "variable"])
def test_the_post_renderer_knows_the_namespace_and_leaves_tests_alone(tools: Shell, given: str) -> None:
    """Templates name no namespace, and the pod of `helm test` is none of the app's; both come out as they were."""
    tools.write({"spec.yaml": f"apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\n{SHOP}"})
    chart(tools, "spec.yaml", **SCAFFOLD)
    tools.ok(f"helm plugin install {PLUGIN}")
    named = "HELM_NAMESPACE=shop " if given == "variable" else ""
    more = "" if named else " --namespace shop --post-renderer-args=--namespace=shop"
    done = tools.ok(f"{named}{POST}=--spec=spec.yaml{more}")
    assert sorted(map(plain, done.objects)) == sorted(map(plain, tools.ok("helm template shop chart").objects))
    assert "test-connection" in done.out


def test_the_post_renderer_looks_at_all_that_is_no_test(tools: Shell) -> None:
    """A policy that calls itself a test opens what no spec says."""
    tools.write({"spec.yaml": f"apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\n{SHOP}"})
    head = "kind: NetworkPolicy\nmetadata:\n  name: all\n  namespace: shop\n"
    policy = f'{head}  annotations:\n    "helm.sh/hook": test\n'
    rules = "spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{}]}\n"
    chart(tools, "spec.yaml", **SCAFFOLD, policy=f"apiVersion: networking.k8s.io/v1\n{policy}{rules}")
    tools.ok(f"helm plugin install {PLUGIN}")
    done = tools.run(f"{POST}=--spec=spec.yaml --post-renderer-args=--namespace=shop")
    assert (done.code, done.out) == (1, "")
    assert "error[not-closed]" in done.said


def test_the_plugin_is_of_this_version() -> None:
    """Its version is netgen's."""
    assert yaml.safe_load((PLUGIN / "plugin.yaml").read_text(encoding="utf-8"))["version"] == __version__
