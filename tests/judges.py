"""The strangers that the tests ask, kubeconform, kustomize and schemas, as `./dev test` built and fetched them."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import crd_schemas
import kubernetes_schemas

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
CALICO = "crds/calico-v3.32.1"
"""The custom resource definitions of Calico, in SHARED_DATA: no Go module carries those of its newer releases."""
_CALICO = (
    *("globalnetworkpolicies", "globalnetworksets", "networkpolicies", "networksets", "stagedglobalnetworkpolicies"),
    *("stagedkubernetesnetworkpolicies", "stagednetworkpolicies", "tiers"),
)
WANTED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["netgen"]["judges"]


def command(name: str) -> Path:
    """Return the command *name*, or fail the test."""
    return _built(f"{name}-{_version(WANTED['commands'][name])}")


def schemas(folder: Path) -> Path:
    """Write the strict schemas of Kubernetes below *folder*, those of custom resources beside, and return it.

    Those of Calico are there where CALICO is.
    """
    kubernetes_schemas.write(_built(f"openapi-{_version(WANTED['openapi'])}.json"), folder)
    for name in WANTED["crds"]:
        shutil.copytree(crds(name), folder, dirs_exist_ok=True)
    definitions = SHARED_DATA / CALICO
    crd_schemas.write(
        folder, [file for name in _CALICO if (file := definitions / f"projectcalico.org_{name}.yaml").is_file()]
    )
    return folder


def crds(name: str) -> Path:
    """Return the folder of the strict schemas made of the custom resource definitions of *name*, or fail the test."""
    folder = ROOT / ".cache" / "judges" / f"crds-{name}-{_version(WANTED['crds'][name]['module'])}"
    if not folder.is_dir():
        pytest.fail(f"{folder.relative_to(ROOT)} is missing: run ./dev test")
    return folder


def published(name: str) -> bytes:
    """Return the published schema *name* as its package carries it, or fail the test."""
    return _built(f"{name}-{WANTED['schemas'][name]['package']}").read_bytes()


def kubeconform(manifests: str, folder: Path) -> list[str]:
    """Return what kubeconform finds wrong with the YAML stream *manifests*, by the schemas in *folder* and no others.

    A stream without objects is wrong too: nothing would have been judged.
    """
    location = f"{folder}/{kubernetes_schemas.LOCATION}"
    done = subprocess.run(
        [command("kubeconform"), "-strict", "-verbose", "-output", "json", "-schema-location", location],
        check=False,
        input=manifests,
        capture_output=True,
        encoding="utf-8",
    )
    if done.stderr:
        return [done.stderr]
    judged = json.loads(done.stdout)["resources"]
    return list(_faults(judged)) if judged else ["there is no object in the stream"]


def kustomize(folder: Path) -> str:
    """Return what `kustomize build` makes of *folder*, or fail the test with what it says."""
    done = subprocess.run([command("kustomize"), "build", folder], check=False, capture_output=True, encoding="utf-8")
    if done.returncode:
        pytest.fail(f"kustomize build {folder}: {done.stderr}")
    return done.stdout


def _faults(judged: list[dict[str, str]]) -> Iterator[str]:
    for one in judged:
        if one["status"] != "statusValid":
            yield f"{one['kind']} {one['name']}: {one['msg'] or one['status']}"


def _built(name: str) -> Path:
    file = ROOT / ".cache" / "judges" / name
    if not file.is_file():
        pytest.fail(f"{file.relative_to(ROOT)} is missing: run ./dev test")
    return file


def _version(source: str) -> str:
    return source.rpartition("@")[2]
