"""Fixtures for all tests, and the closing lines that name what was left out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

import judges

ROOT = Path(__file__).parents[1]

# No deadline: a slow machine is no fault of the code. CI tries the same inputs each time, so a red run is a change's.
hypothesis.settings.register_profile("netgen", deadline=None, derandomize=os.environ.get("CI") == "true")
hypothesis.settings.load_profile("netgen")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a person accept a changed output, after which the change is read like code."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files and generated pages anew")


@pytest.fixture(scope="session")
def kubernetes_schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of strict schemas for the kinds of Kubernetes."""
    return judges.schemas(tmp_path_factory.mktemp("kubernetes-schemas"))


@pytest.fixture(scope="session")
def kubeconform(kubernetes_schemas: Path, shared_data: Callable[[str], Path]) -> Callable[[str], list[str]]:
    """A YAML stream -> what kubeconform, strict and offline, finds wrong with it.

    The definitions of Calico's kinds are shared data.
    """

    def judge(manifests: str) -> list[str]:
        if "projectcalico.org/v3\n" in manifests:
            shared_data(judges.CALICO)
        return judges.kubeconform(manifests, kubernetes_schemas)

    return judge


@pytest.fixture(scope="session")
def kustomize() -> Callable[[Path], str]:
    """A folder -> the text that `kustomize build` makes of it."""
    return judges.kustomize


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """The name of a file or folder in ../shared/data -> its path.

    A plain clone has no such folder: there the test is left out, and the closing lines say so. CI must have it.
    """

    def find(name: str) -> Path:
        path = judges.SHARED_DATA / name
        if not path.exists():
            missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            missing(f"../shared/data/{name} is not there")
        return path

    return find


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name each test that was left out, and why."""
    left_out = terminalreporter.stats.get("skipped", [])
    if left_out:
        terminalreporter.section("left out")
    for report in left_out:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.line(f"{report.nodeid}: {str(reason).removeprefix('Skipped: ')}")
