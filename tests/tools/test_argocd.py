"""integrations/argocd: the plugin run as Argo CD runs it, its image as far as it goes without one, and its sidecar."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import linters
import readmes
from composite import bare_environment
from repositories import NETGEN, SPEC, checkout, netgen

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "integrations" / "argocd"
PLUGIN: dict[str, Any] = yaml.safe_load((FOLDER / "plugin.yaml").read_text(encoding="utf-8"))
GENERATE = PLUGIN["spec"]["generate"]
(BUILD,) = readmes.blocks(FOLDER / "README.md", "")
KUSTOMIZATION, APPLICATION = readmes.blocks(FOLDER / "README.md", "yaml")
PLATFORM = "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: p}\ndns: [169.254.20.10]\n"

# What Argo CD reads of the file, by its documentation: a key that it does not know has no effect.
COMMAND = {"command", "args"}
FIELDS = {
    "": {"apiVersion", "kind", "metadata", "spec"},
    "spec": {"version", "init", "generate", "discover", "parameters", "preserveFileMode", "provideGitCreds"},
    "spec.generate": COMMAND,
    "spec.parameters": {"static", "dynamic"},
}
ANNOUNCED = {"name", "title", "tooltip", "required", "itemType", "collectionType", "string", "array", "map"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The source folder of an Application, with a spec in it."""
    folder = tmp_path / "source"
    (folder / "specs").mkdir(parents=True)
    (folder / "specs" / "shop.yaml").write_text(SPEC, encoding="utf-8")
    return folder


def generate(folder: Path, *parameters: dict[str, str], **sidecar: str) -> tuple[int, str, str]:
    """Run the plugin as Argo CD does; return its exit code, stdout and stderr.

    *parameters* are those of the Application, *sidecar* the variables of the container.
    """
    env = bare_environment(PATH=f"{NETGEN.parent}:/usr/bin:/bin", **sidecar)
    env |= {"ARGOCD_APP_NAME": "shop", "ARGOCD_APP_NAMESPACE": "shop", "ARGOCD_ENV_SPEC": "elsewhere"}
    env |= {f"PARAM_{each['name'].upper().replace('-', '_')}": each["string"] for each in parameters}
    env |= {"ARGOCD_APP_PARAMETERS": json.dumps(parameters)}
    done = subprocess.run(
        [*GENERATE["command"], *GENERATE["args"]],
        check=False,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
    )
    return done.returncode, done.stdout, done.stderr


def test_the_application_of_the_readme_is_rendered(source: Path) -> None:
    """With the parameters of the example, stdout is the render and nothing else."""
    plugin = yaml.safe_load(APPLICATION)["spec"]["source"]["plugin"]
    assert plugin["name"] == PLUGIN["metadata"]["name"]
    code, out, _ = generate(source, *plugin["parameters"])
    assert code == 0
    assert out == netgen(source, "render", "specs")


def test_without_parameters_all_specs_are_rendered(source: Path) -> None:
    """What is announced as the default is what happens: everything below the path."""
    (source / "specs" / "web.yaml").write_text("kind: Deployment\napiVersion: apps/v1\nmetadata: {name: web}\n")
    code, out, _ = generate(source)
    assert (code, out) == (0, netgen(source, "render", "specs/shop.yaml"))


@pytest.mark.parametrize("broken", [SPEC.replace("[db]", "[dp]"), "apps: [", ""])
def test_nothing_comes_of_a_broken_spec(source: Path, broken: str) -> None:
    """An error is a failure with the problem on stderr, and stdout is empty: Argo CD applies nothing."""
    (source / "specs" / "shop.yaml").write_text(broken, encoding="utf-8")
    code, out, err = generate(source)
    assert (code, out) == (2, "")
    assert "error[" in err


def test_all_parameters_reach_netgen(source: Path) -> None:
    """The Platform and the class of Ingresses are those of the Application."""
    (source / "platform.yaml").write_text(PLATFORM, encoding="utf-8")
    exposed = SPEC.replace("port: 8080", "port: 8080\n    expose: https://shop.example.com")
    (source / "specs" / "shop.yaml").write_text(exposed, encoding="utf-8")
    values = {"spec": "specs", "platform": "platform.yaml", "ingress": "nginx"}
    code, out, err = generate(source, *({"name": name, "string": value} for name, value in values.items()))
    assert code == 0, err
    assert "169.254.20.10/32" in out
    assert "ingressClassName: nginx" in out
    assert list(values) == [each["name"] for each in PLUGIN["spec"]["parameters"]["static"]]


def test_the_platform_of_the_sidecar_is_everybodys(source: Path, tmp_path: Path) -> None:
    """The file that the sidecar names is taken, and an Application that names another one is refused."""
    (tmp_path / "platform.yaml").write_text(PLATFORM, encoding="utf-8")
    (source / "own.yaml").write_text(PLATFORM.replace("169.254.20.10", "169.254.20.11"), encoding="utf-8")
    shared = {"NETGEN_PLATFORM": str(tmp_path / "platform.yaml")}
    code, out, _ = generate(source, {"name": "spec", "string": "specs"}, **shared)
    assert code == 0
    assert "169.254.20.10/32" in out
    code, out, err = generate(source, {"name": "platform", "string": "own.yaml"}, **shared)
    assert (code, out) == (2, "")
    assert err == "netgen: the Platform is that of the sidecar; an Application names none\n"


@pytest.mark.parametrize("path", ["/etc", "..", "specs/../..", "../source/specs", "//specs"])
@pytest.mark.parametrize("name", ["spec", "platform"])
def test_an_application_reads_its_own_source(source: Path, name: str, path: str) -> None:
    """A parameter that leads out of the source is refused: the sidecar holds those of others as well."""
    code, out, err = generate(source, {"name": name, "string": path})
    assert (code, out, err) == (2, "", f"netgen: {path} is not below the path of the Application\n")


@pytest.mark.parametrize(
    "value", ["--help", "$(touch out-of-line)", "a'; touch out-of-line; '", '"`touch out-of-line`']
)
@pytest.mark.parametrize("name", ["spec", "platform", "ingress"])
def test_parameters_are_never_code(source: Path, name: str, value: str) -> None:
    """What stands in a parameter is one word for netgen."""
    _, out, _ = generate(source, {"name": name, "string": value})
    assert "Usage" not in out
    assert list(source.rglob("out-of-line")) == []


def test_the_plugin_has_fields_that_argo_cd_reads() -> None:
    """Each key of the file is documented, and the script is clean for the shell that runs it."""
    assert (PLUGIN["apiVersion"], PLUGIN["kind"]) == ("argoproj.io/v1alpha1", "ConfigManagementPlugin")
    for place, fields in FIELDS.items():
        node = PLUGIN
        for key in filter(None, place.split(".")):
            node = node[key]
        assert set(node) - fields == set(), place
    assert [set(each) - ANNOUNCED for each in PLUGIN["spec"]["parameters"]["static"]] == [set()] * 3
    assert GENERATE["command"] == ["sh", "-c"]
    (script,) = GENERATE["args"]
    assert linters.shellcheck(script, "sh") == ""


def test_the_image_has_all_that_netgen_is_made_of(tmp_path: Path) -> None:
    """From the context that the README sends, the Dockerfile installs netgen with its templates and schemas."""
    stub = tmp_path / "bin" / "docker"
    stub.parent.mkdir()
    stub.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$TOLD"\ncat > "$TOLD.tar"\n', encoding="utf-8")
    stub.chmod(0o755)
    checkout(tmp_path / "netgen")
    env = bare_environment(PATH=f"{stub.parent}:/usr/bin:/bin", TOLD=str(tmp_path / "told"))
    subprocess.run(["/bin/sh", "-e", "-c", BUILD], check=True, cwd=tmp_path / "netgen", env=env)
    words = (tmp_path / "told").read_text(encoding="utf-8").split()
    with tarfile.open(tmp_path / "told.tar") as context:
        context.extractall(tmp_path / "context", filter="data")
    dockerfile = tmp_path / "context" / words[words.index("--file") + 1]
    image = tmp_path / "image"
    for line in dockerfile.read_text(encoding="utf-8").splitlines():
        _build(line, tmp_path / "context", image)
    installed = image / "netgen" / "built" / "netgen"
    assert (installed / "templates").is_dir()
    assert (installed / "schemas").is_dir()
    plugin = image / "home" / "argocd" / "cmp-server" / "config" / "plugin.yaml"
    assert plugin.read_bytes() == (FOLDER / "plugin.yaml").read_bytes()


def _build(line: str, context: Path, image: Path) -> None:
    """Do what *line* of a Dockerfile says, in the folder *image*; all that it installs is in `/netgen/built`."""
    match line.split():
        case ["COPY", *sources, target]:
            place = image / ("netgen" if target.startswith("./") else "") / target.lstrip("./")
            for name in sources:
                if (context / name).is_dir():
                    shutil.copytree(context / name, place)
                else:
                    file = place / Path(name).name if target == "./" else place
                    file.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(context / name, file)
        case ["RUN", "pip", "install", "--no-cache-dir", "."]:
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
            offline = ["--no-index", "--no-deps", "--no-build-isolation", "--target", "built"]
            subprocess.run([*pip, *offline, "."], check=True, cwd=image / "netgen", env=bare_environment())
        case ["FROM" | "WORKDIR" | "USER", _]:
            pass
        case _:
            raise ValueError(line)


def test_the_sidecar_joins_the_repo_server(
    tmp_path: Path, kustomize: Callable[[Path], str], kubeconform: Callable[[str], list[str]]
) -> None:
    """The kustomization of the README puts the sidecar into a pod that is valid, with volumes that are there."""
    server = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "argocd-repo-server"},
        "spec": {
            "selector": {"matchLabels": {"app": "argocd-repo-server"}},
            "template": {
                "metadata": {"labels": {"app": "argocd-repo-server"}},
                "spec": {
                    "containers": [{"name": "argocd-repo-server", "image": "registry.example.com/argocd:3.5.0"}],
                    "volumes": [{"name": name, "emptyDir": {}} for name in ("var-files", "plugins", "tmp")],
                },
            },
        },
    }
    (tmp_path / "install.yaml").write_text(yaml.safe_dump(server), encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_text(KUSTOMIZATION, encoding="utf-8")
    shutil.copyfile(FOLDER / "sidecar.yaml", tmp_path / "sidecar.yaml")
    pod = yaml.safe_load(kustomize(tmp_path))["spec"]["template"]["spec"]
    alone = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "argocd-repo-server"}, "spec": pod}
    assert kubeconform(yaml.safe_dump(alone)) == []
    containers = {container["name"]: container for container in pod["containers"]}
    assert set(containers) == {"argocd-repo-server", "netgen"}
    mounted = {mount["name"] for mount in containers["netgen"]["volumeMounts"]}
    assert mounted <= {volume["name"] for volume in pod["volumes"]}
    assert "tmp" not in mounted
    words = BUILD.split()
    assert containers["netgen"]["image"] == words[words.index("--tag") + 1]


def test_the_readme_lists_every_parameter() -> None:
    """Each parameter has a row in the README, and the image is for the user that Argo CD demands."""
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    announced = [each["name"] for each in PLUGIN["spec"]["parameters"]["static"]]
    assert [line.split("`")[1] for line in readme.splitlines() if line.startswith("| `")] == announced
    assert (FOLDER / "Dockerfile").read_text(encoding="utf-8").endswith("USER 999\n")
