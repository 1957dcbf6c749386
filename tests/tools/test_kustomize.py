"""kustomize builds what netgen writes without changing it, and what is built is proved."""

from __future__ import annotations

import pytest

from running import NAMES, Shell, plain, rendered, spec_of, workloads

pytestmark = pytest.mark.parametrize("name", NAMES)
FIFO = {"sortOptions": {"order": "fifo"}}


@pytest.fixture
def written(tools: Shell, name: str) -> Shell:
    """A shell beside the folder that netgen wrote."""
    tools.ok(f"netgen render {spec_of(name)} --out deploy")
    return tools


def test_a_folder_is_built_as_it_is(written: Shell, name: str) -> None:
    """Every object is the one that `render` prints, and they come in its order: policies before what exposes pods."""
    done = written.ok("kustomize build deploy")
    assert done.objects == rendered(spec_of(name))
    assert done.said == ""


def test_a_folder_is_a_base(written: Shell, name: str) -> None:
    """As the base of another kustomization nothing changes; the order is kept where the outermost one says so."""
    written.write({"sorted/kustomization.yaml": {"resources": ["../deploy"]}})
    written.write({"kept/kustomization.yaml": {"resources": ["../deploy"], **FIFO}})
    expected = rendered(spec_of(name))
    by_kind, kept = (written.ok(f"kustomize build {folder}").objects for folder in ("sorted", "kept"))
    assert kept == expected
    assert by_kind != expected
    assert sorted(map(plain, by_kind)) == sorted(map(plain, expected))


def test_what_is_built_is_proved(written: Shell, name: str) -> None:
    """Alone, with the workloads in the build, and with those of a folder."""
    written.write({"apps/all.yaml": workloads(name)})
    written.write(
        {"whole/kustomization.yaml": {"resources": ["../deploy", "all.yaml"]}, "whole/all.yaml": workloads(name)}
    )
    verify = f"netgen verify --spec {spec_of(name)}"
    for script in (
        f"kustomize build deploy | {verify} -",
        f"kustomize build whole | {verify} -",
        f"kustomize build deploy | {verify} --workloads apps -",
        f"kustomize build deploy > built.yaml; kustomize build whole | {verify} --workloads - built.yaml",
    ):
        done = written.ok(script)
        assert done.out.startswith("proved: "), script
        assert "error[" not in done.said


def test_what_is_rendered_is_a_resource(tools: Shell, name: str) -> None:
    """The stream that `render` prints may be a file of a kustomization that somebody wrote."""
    tools.write({"kustomization.yaml": {"resources": ["netgen.yaml"], **FIFO}})
    assert tools.ok(f"netgen render {spec_of(name)} > netgen.yaml; kustomize build .").objects == rendered(
        spec_of(name)
    )
