"""The READMEs of integrations/kustomize and integrations/helm: what they show is written, and every command is run."""

from __future__ import annotations

import shutil

import yaml

from readmes import blocks
from running import ROOT, Body, Shell, dumped, workload

HEADER = {
    "apiVersion": "netgen.dev/v1alpha1",
    "kind": "Connectivity",
    "metadata": {"name": "shop", "namespace": "shop"},
}
SPEC: Body = {**HEADER, "apps": {"web": {"port": "80 -> 8080", "calls": ["db"]}, "db": 5432}}
APPS = [workload(name, "shop", {"app.kubernetes.io/name": name}) for name in ("web", "db")]


def written(tools: Shell, name: str) -> list[str]:
    """Write the files that the README of an integration shows, each named in its first line; return its commands."""
    readme = ROOT / "integrations" / name / "README.md"
    for text in blocks(readme, "yaml"):
        file = text.partition("\n")[0].removeprefix("# ")
        tools.write({file: text})
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 70
    return [line for block in blocks(readme, "sh") for line in block.splitlines()]


def test_kustomize(tools: Shell) -> None:
    """The folder and the function work as they are shown, and the policies come first where that is said."""
    commands = written(tools, "kustomize")
    tools.write({"spec.yaml": SPEC, "overlay/spec.yaml": SPEC})
    tools.write({f"{folder}/apps.yaml": APPS for folder in ("deploy", "overlay")})
    render, verify, build = commands
    tools.ok(render)
    assert tools.ok(verify).out.startswith("proved: ")
    found = tools.ok(build).objects
    assert [one["kind"] for one in found[:2]] == ["NetworkPolicy", "NetworkPolicy"]
    assert {one["metadata"]["namespace"] for one in found} == {"shop-prod"}


def test_helm(tools: Shell) -> None:
    """The chart and the post-renderer work as they are shown."""
    commands = written(tools, "helm")
    chart = {"apiVersion": "v2", "name": "shop", "version": "1.0.0"}
    tools.write(
        {"spec.yaml": SPEC, "chart/Chart.yaml": yaml.safe_dump(chart), "chart/templates/apps.yaml": dumped(APPS)}
    )
    shutil.copytree(ROOT / "integrations" / "helm", tools.folder / "integrations" / "helm")
    render, lint, verify, install, post = commands
    for command in (render, lint, install):
        tools.ok(command)
    assert tools.ok(verify).out.startswith("proved: ")
    assert len(tools.ok(post).objects) == 6
