"""The command as a person or a pipeline runs it: exit codes, streams, options, and the examples of its help."""

from __future__ import annotations

import gc
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import netgen
from netgen import cli

ROOT = Path(__file__).parents[1]
SEED = ROOT / "specs" / "seed" / "spec.yaml"
NETGEN = (sys.executable, "-m", "netgen")
SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web: {port: 8080, calls: [db]}
  db: 5432/tcp
"""
EXPOSED = SPEC.replace("calls: [db]", "calls: [db], expose: https://shop.example.com")
WRONG = SPEC.replace("[db]", "[dv]")
PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app.kubernetes.io/name: web}}
    spec: {containers: [{name: web, image: web}]}
"""
PLATFORM = """\
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: prod}
entrypoints: {public: {ingress: traefik}}
"""


@pytest.fixture(autouse=True)
def _work_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, without what the environment says about colours and shells."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "_NETGEN_COMPLETE"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: str | Path, stdin: str | bytes = b"", env: Mapping[str, str] | None = None, **more: Any) -> Any:
    """Run the command and return its exit code, stdout and stderr; a traceback is a failure wherever it is seen."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    more = {"input": given} | {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    done = subprocess.run([*NETGEN, *arguments], check=False, env={**os.environ, **(env or {})}, timeout=60, **more)
    said = (done.stderr or b"").decode()
    assert "Traceback" not in said, said
    assert "Exception ignored" not in said, said
    return done.returncode, (done.stdout or b"").decode(), said


def kinds(stream: str) -> list[str]:
    """Return kind and name of each object of a YAML stream."""
    return [f"{body['kind']} {body['metadata']['name']}" for body in yaml.safe_load_all(stream)]


def shell(script: str) -> tuple[int, str, str]:
    """Run *script* in bash, with `netgen` as a command."""
    path = f"{Path('bin').resolve()}:{os.environ['PATH']}"
    Path("bin").mkdir(exist_ok=True)
    command = Path("bin", "netgen")
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m netgen "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
        timeout=60,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


# -------------------------------------------------------------------------------------------------- exit codes, streams


def test_a_rendered_spec_is_zero_and_stdout_holds_the_manifests_alone() -> None:
    """Notes go to stderr, so that stdout can be applied."""
    code, stream, said = run("render", SEED)
    assert code == 0
    names = ["backend", "frontend"]
    assert kinds(stream) == [f"{kind} {name}" for kind in ("NetworkPolicy", "Service") for name in names]
    assert stream.endswith("\n")
    assert "note[no-platform]" in said


@pytest.mark.parametrize("command", ["render", "check"])
@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (WRONG, "error[unknown-app]"),
        ("apps: [", "error[yaml-syntax]"),
        ("", "error[no-spec]"),
        ("a: b\n", "error[missing-key]"),
        (EXPOSED, "error[entrypoint-missing]"),
        (SPEC.replace("kind:", "Kind:"), "error["),
    ],
)
def test_bad_input_is_two_and_stdout_stays_empty(command: str, spec: str, code: str) -> None:
    """`netgen render ... | kubectl apply -f -` applies all or nothing."""
    result, stream, said = run(command, "-", stdin=spec)
    assert (result, stream) == (2, "")
    assert code in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("rendr",),
        ("render",),
        ("render", "--foo", "x"),
        ("render", "x", "-o", "xml"),
        ("render", "x", "-o", "json", "--out", "y"),
        ("check",),
        ("check", "x", "--out", "y"),
        ("init", "a", "b"),
        ("schema",),
        ("schema", "deployment"),
        ("completion", "tcsh"),
        ("--foo",),
    ],
)
def test_wrong_usage_is_two_and_says_where_help_is(arguments: tuple[str, ...]) -> None:
    """Nothing is read or written."""
    code, stream, said = run(*arguments)
    assert (code, stream) == (2, "")
    assert said.startswith("Usage: netgen")
    assert "--help' for help." in said
    assert "\nError: " in said
    assert "\\t" not in said
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(("written", "meant"), [("rendr", "render"), ("chek", "check"), ("complete", "completion")])
def test_a_slip_in_the_command_is_answered_with_the_nearest_one(written: str, meant: str) -> None:
    """As with every other name in netgen."""
    assert run(written)[2].splitlines()[-1] == f"Error: No such command {written!r}. Did you mean {meant!r}?"


def test_a_name_that_is_near_to_no_command_has_no_proposal() -> None:
    """A wild guess would help nobody."""
    assert run("xyz")[2].splitlines()[-1] == "Error: No such command 'xyz'."


@pytest.mark.parametrize("path", ["gone.yaml", "gone/spec.yaml", "", "a" * 5000, "/dev/null/x", "\udcff\x1b[31m"])
def test_a_missing_file_is_two_and_named(path: str) -> None:
    """Whatever it is called, and harmlessly."""
    code, stream, said = run("check", path)
    assert (code, stream) == (2, "")
    assert said.startswith("error[unreadable-file]: ")
    assert "\x1b" not in said


def test_every_missing_file_is_named() -> None:
    """All problems of a run at once."""
    said = run("check", "a.yaml", "b.yaml", "--platform", "c.yaml")[2]
    assert [name for name in ("a.yaml", "b.yaml", "c.yaml") if f"{name}: No such file" not in said] == []


def test_a_full_device_is_three() -> None:
    """What could not be written is said, once."""
    for arguments in (("render", SEED), ("check", SEED), ("schema", "platform"), ("init", "-")):
        with Path("/dev/full").open("wb") as full:
            code, _, said = run(*arguments, stdout=full)
        assert code == 3, arguments
        assert said.splitlines()[-1] == "netgen: standard output cannot be written: No space left on device"


@pytest.mark.parametrize("arguments", [("--help",), ("render", "--help"), ("--version",)])
def test_help_on_a_full_device_is_three(arguments: tuple[str, ...]) -> None:
    """Click writes these texts; the environment is at fault all the same."""
    with Path("/dev/full").open("wb") as full:
        code, _, said = run(*arguments, stdout=full)
    assert (code, said) == (3, "netgen: [Errno 28] No space left on device\n")


def test_a_closed_stdout_is_three() -> None:
    """There is nowhere to write to."""
    code, _, said = shell(f"netgen render {SEED} >&-")
    assert code == 3
    assert said.splitlines()[-1] == "netgen: standard output is closed"


@pytest.mark.parametrize("out", ["/proc/netgen-out", "/sys/netgen-out"])
def test_an_unwritable_folder_is_three(out: str) -> None:
    """Nobody, not even root, writes there."""
    code, stream, said = run("render", SEED, "--out", out)
    assert (code, stream) == (3, "")
    assert said.splitlines()[-1].startswith(f"netgen: the folder {out} cannot be written: ")


BREAK = """
import netgen.resources
def folder(name):
    raise {error}
netgen.resources.folder = folder
"""


@pytest.mark.parametrize("error", ["ValueError('no\\x1b[31m\\r\\nway')", "RecursionError('deep')", "AssertionError()"])
def test_a_fault_of_netgen_is_seventy_in_one_line(error: str) -> None:
    """Without a traceback, and with nothing on stdout."""
    Path("sitecustomize.py").write_text(BREAK.format(error=error), encoding="utf-8")
    code, stream, said = run("render", SEED, env={"PYTHONPATH": "."})
    assert (code, stream) == (70, "")
    assert re.fullmatch(r"netgen: internal fault: \w+Error: .*\(sitecustomize\.py:4\)\n", said), said
    assert "\x1b" not in said


def test_a_fault_of_netgen_leaves_the_folder_alone() -> None:
    """Nothing half done."""
    Path("sitecustomize.py").write_text(BREAK.format(error="KeyError('x')"), encoding="utf-8")
    assert run("render", SEED, "--out", "out", env={"PYTHONPATH": "."})[0] == 70
    assert not Path("out").exists()


# ------------------------------------------------------------------------------------------------------- pipes, signals


def broken_pipe() -> int:
    """Return the writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize(
    "arguments",
    [("render", str(SEED)), ("check", str(SEED)), ("schema", "platform"), ("init", "-"), ("completion", "zsh")],
)
def test_a_closed_pipe_is_quiet(arguments: tuple[str, ...]) -> None:
    """Like that of `| head -1`."""
    pipe = broken_pipe()
    code, _, said = run(*arguments, stdout=pipe)
    os.close(pipe)
    assert code == 0
    assert "error" not in said.lower()


def test_help_on_a_closed_pipe_is_quiet() -> None:
    """Here click decides on the exit code."""
    pipe = broken_pipe()
    assert run("--help", stdout=pipe)[1:] == ("", "")
    os.close(pipe)


def test_head_is_quiet() -> None:
    """The same in a shell, with an output that fills the pipe."""
    apps = "".join(f"  app-{number}: {{port: 8080}}\n" for number in range(500))
    Path("spec.yaml").write_text(SPEC + apps, encoding="utf-8")
    code, stream, said = shell("set -o pipefail; netgen render spec.yaml 2>err | head -1; cat err >&2")
    assert (code, stream) == (0, "apiVersion: networking.k8s.io/v1\n")
    assert "error" not in said.lower()


@pytest.mark.parametrize(
    ("arguments", "code"), [(("check", "gone.yaml"), 2), (("rendr",), 2), (("check", str(SEED)), 0)]
)
def test_the_exit_code_does_not_depend_on_who_listens(arguments: tuple[str, ...], code: int) -> None:
    """A broken or closed stderr changes nothing else."""
    pipe = broken_pipe()
    assert run(*arguments, stderr=pipe)[0] == code
    os.close(pipe)
    assert shell(f"netgen {' '.join(arguments)} 2>&-")[0] == code


def test_all_streams_closed() -> None:
    """The worst of environments is no fault of netgen."""
    assert shell(f"netgen render {SEED} <&- >&- 2>&-")[0] == 3
    assert shell(f"netgen render {SEED} --out out <&- >&- 2>&-")[0] == 0


def test_a_closed_stdin_is_an_empty_one() -> None:
    """It holds no spec."""
    code, stream, said = shell("netgen render - <&-")
    assert (code, stream) == (2, "")
    assert "error[no-spec]" in said


@pytest.mark.parametrize("given", ["check /dev/zero", "check - < /dev/zero", "check - < <(yes)"])
def test_an_endless_file_is_too_large(given: str) -> None:
    """No more is read than may be."""
    code, stream, said = shell(f"netgen {given}")
    assert (code, stream) == (2, "")
    assert "error[too-large]" in said


def test_a_pipe_in_a_folder_is_not_waited_for() -> None:
    """It is left out with a note."""
    Path("specs").mkdir()
    os.mkfifo("specs/pipe.yaml")
    Path("specs/spec.yaml").write_text(SPEC, encoding="utf-8")
    code, _, said = run("check", "specs")
    assert code == 0
    assert "note[skipped-files]: left out, because no netgen document is in them: specs/pipe.yaml" in said


def test_a_pipe_that_is_named_is_read() -> None:
    """As the shell's `<(...)` makes one."""
    assert shell(f"netgen check <(cat {SEED})")[:2] == (0, "ok: 2 apps, 4 permissions, 4 objects\n")


def test_an_interrupt_is_quiet() -> None:
    """Whoever types Ctrl-C does not want to read."""
    with subprocess.Popen(
        [*NETGEN, "check", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        waits_in_read(process.pid)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=30)
    assert (process.returncode, out.strip(), said.strip()) == (130, b"", b"")


def waits_in_read(pid: int) -> None:
    """Wait until the process *pid* reads a pipe."""
    for _ in range(500):
        if "pipe" in Path(f"/proc/{pid}/wchan").read_text(encoding="ascii"):
            return
        time.sleep(0.02)
    pytest.fail("the process never came to read its standard input")


# ------------------------------------------------------------------------------------------------------ what is read


def test_standard_input() -> None:
    """`-` is standard input, among files too, and for the platform."""
    other = SPEC.replace("name: shop", "name: other").replace("web:", "api:").replace("db", "dc")
    Path("db.yaml").write_text(other, encoding="utf-8")
    assert run("check", "-", stdin=SPEC)[1] == "ok: 2 apps, 3 permissions, 4 objects\n"
    assert run("check", "db.yaml", "-", stdin=SPEC)[1].startswith("ok: 4 apps")
    assert run("check", "-", "-", stdin=SPEC)[1].startswith("ok: 2 apps")
    Path("spec.yaml").write_text(EXPOSED, encoding="utf-8")
    assert run("check", "spec.yaml", "--platform", "-", stdin=PLATFORM)[0] == 0


def test_files_and_folders() -> None:
    """Several files, a folder with folders below it, and one file named twice."""
    Path("team/a").mkdir(parents=True)
    head, web, db = SPEC.partition("  web:")[0], "  web: {port: 8080, calls: [db]}\n", "  db: 5432/tcp\n"
    Path("team/a/web.yaml").write_text(head + web, encoding="utf-8")
    Path("team/db.yml").write_text(head.replace("name: shop,", "name: db,") + db, encoding="utf-8")
    Path("team/values.yaml").write_text("replicas: 3\n", encoding="utf-8")
    for paths in (["team"], ["team/a/web.yaml", "team/db.yml"], ["team/db.yml", "team", "team/a"]):
        code, stream, _ = run("render", *paths)
        assert code == 0, paths
        assert kinds(stream) == ["NetworkPolicy db", "NetworkPolicy web", "Service db", "Service web"]
    assert run("check", "team/a")[0] == 2
    assert "no netgen document is in them: team/values.yaml" in run("check", "team")[2]


def test_platform() -> None:
    """A Platform may stand in a file of its own, among the files, or not at all."""
    Path("spec.yaml").write_text(EXPOSED, encoding="utf-8")
    Path("platform.yaml").write_text(PLATFORM, encoding="utf-8")
    wanted = "Ingress shop.public.shop.example.com"
    named = run("render", "spec.yaml", "--platform", "platform.yaml")
    assert wanted in kinds(named[1])
    assert run("render", "spec.yaml", "platform.yaml") == named
    assert run("render", ".") == named
    assert run("render", ".", "--platform", "platform.yaml") == named
    assert run("render", "spec.yaml")[0] == 2


def test_cni() -> None:
    """--cni wins over the platform; what netgen does not know is refused by name."""
    Path("platform.yaml").write_text(PLATFORM + "cni: flannel\n", encoding="utf-8")
    assert run("check", SEED, "--cni", "kubernetes")[0] == 0
    assert run("check", SEED, "platform.yaml")[0] == 2
    for name, code in (
        ("kubernets", "unknown-cni"),
        ("flannel", "unenforceable-isolation"),
        ("cilium 1.1", "unknown-cni"),
        ("", "unknown-cni"),
    ):
        result, stream, said = run("check", SEED, "--cni", name)
        assert (result, stream) == (2, ""), name
        assert f"error[{code}]" in said
    assert run("check", SEED, "--cni", "cilium 1.19")[0] == 0


def test_ingress() -> None:
    """--ingress stands in for an entry point that serves every host."""
    Path("spec.yaml").write_text(EXPOSED, encoding="utf-8")
    code, stream, _ = run("render", "spec.yaml", "--ingress", "traefik")
    assert code == 0
    body = next(body for body in yaml.safe_load_all(stream) if body["kind"] == "Ingress")
    assert body["spec"]["ingressClassName"] == "traefik"
    for name in ("trafik", "", "A B", "\x1b[31m"):
        result, stream, said = run("render", "spec.yaml", "--ingress", name)
        assert (result, stream) == (2, ""), name
        assert "\x1b" not in said


# ---------------------------------------------------------------------------------------------------- what is written


def test_json_is_the_same_list() -> None:
    """-o json prints one List with the objects of the YAML stream, in the same order."""
    listed = json.loads(run("render", SEED, "-o", "json")[1])
    assert (listed["apiVersion"], listed["kind"]) == ("v1", "List")
    assert listed["items"] == list(yaml.safe_load_all(run("render", SEED)[1]))


def test_out_writes_a_folder_and_says_what_changed() -> None:
    """A second run changes nothing, and says so; stdout stays empty."""
    assert run("render", SEED, "--out", "out")[:2] == (0, "")
    assert sorted(path.name for path in Path("out").iterdir()) == [".netgen", "default.yaml", "kustomization.yaml"]
    body = Path("out/default.yaml").read_text(encoding="utf-8")
    assert body.endswith(run("render", SEED)[1])
    assert run("render", SEED, "--out", "out")[2].splitlines()[-1] == "out: 2 unchanged"
    said = run("render", "-", "--out", "out/", stdin=SPEC)[2].splitlines()
    assert "out/: 1 created, 1 changed, 1 removed" in said
    assert said[-1].startswith("  kubectl delete -n default networkpolicy.networking.k8s.io/")


def test_out_keeps_foreign_files_and_nothing_is_written_on_an_error() -> None:
    """A folder that is not netgen's is left as it is."""
    Path("out").mkdir()
    Path("out/mine").write_text("x", encoding="utf-8")
    code, stream, said = run("render", SEED, "--out", "out")
    assert (code, stream) == (2, "")
    assert "error[foreign-files]" in said
    assert [path.name for path in Path("out").iterdir()] == ["mine"]
    assert run("render", "-", "--out", "new", stdin=WRONG)[0] == 2
    assert not Path("new").exists()


def test_check_says_what_there_is() -> None:
    """One line on stdout where all is well."""
    assert run("check", SEED)[:2] == (0, "ok: 2 apps, 4 permissions, 4 objects\n")


def test_init_writes_a_spec_that_renders() -> None:
    """With notes, but without a single warning; and the schema that its first line names."""
    code, stream, said = run("init")
    assert (code, stream, said) == (0, "", "wrote spec.yaml; next: netgen render spec.yaml\n")
    first = Path("spec.yaml").read_text(encoding="utf-8").splitlines()[0]
    schema = Path(first.partition("$schema=")[2])
    assert schema.read_bytes() == (ROOT / "schemas" / "connectivity.schema.json").read_bytes()
    code, stream, said = run("render", "spec.yaml")
    assert code == 0
    assert "Service" in stream
    assert re.search(r"(error|warning)\[", said) is None
    assert re.search(r"^[0-9]+ notes$", said, re.MULTILINE)


def test_init_prints_to_stdout() -> None:
    """`-` leaves the folder alone."""
    assert run("init", "-")[1] == (ROOT / "templates" / "init" / "spec.yaml").read_text(encoding="utf-8")
    assert list(Path().iterdir()) == []


def test_init_makes_the_folder() -> None:
    """The schema stands beside the spec, wherever that is."""
    assert run("init", "deploy/shop/a.yaml")[0] == 0
    assert Path("deploy/shop/.netgen.schema.json").is_file()
    assert run("check", "deploy")[0] == 0


@pytest.mark.parametrize("kind", ["file", "folder", "link", "schema"])
def test_init_overwrites_nothing(kind: str) -> None:
    """A file, a folder and a link to nowhere are left alone, and so is everything beside them."""
    match kind:
        case "file":
            Path("spec.yaml").write_text("mine", encoding="utf-8")
        case "folder":
            Path("spec.yaml").mkdir()
        case "link":
            Path("spec.yaml").symlink_to("gone.yaml")
        case _:
            Path(".netgen.schema.json").write_text("mine", encoding="utf-8")
    code, stream, said = run("init")
    assert (code, stream) == (2, "")
    name = ".netgen.schema.json" if kind == "schema" else "spec.yaml"
    assert said.splitlines()[-1] == f"Error: {name} exists; it was left alone"
    assert [path.name for path in Path().iterdir()] == [name]


def test_init_stands_beside_an_older_spec_and_rendered_manifests() -> None:
    """A second spec in a folder uses the schema that is there, and what render has written is no hindrance."""
    assert [run("init")[0], run("render", "spec.yaml", "--out", ".", "--layout", "plain")[0]] == [0, 0]
    assert run("init", "other.yaml")[0] == 0
    assert Path(".netgen").is_file()


def test_init_where_nothing_can_be_written_is_three() -> None:
    """The environment is at fault."""
    code, stream, said = run("init", "/proc/netgen/spec.yaml")
    assert (code, stream) == (3, "")
    assert said.startswith("netgen: /proc/netgen")


@pytest.mark.parametrize("kind", ["connectivity", "platform"])
def test_schema_prints_the_file(kind: str) -> None:
    """Byte for byte."""
    assert run("schema", kind)[1].encode() == (ROOT / "schemas" / f"{kind}.schema.json").read_bytes()


# --------------------------------------------------------------------------------------------------- help, completion


def commands() -> list[tuple[str, ...]]:
    """Return the command line of each help text."""
    return [(), *((name,) for name in cli.COMMANDS)]


def help_of(command: tuple[str, ...]) -> str:
    """Return the help text of *command*."""
    code, stream, said = run(*command, "--help")
    assert (code, said) == (0, "")
    return stream


def examples(text: str) -> list[str]:
    """Return the lines below `Examples:` that begin with a command."""
    _, _, rest = text.partition("Example")
    return [line.strip() for line in rest.splitlines()[1:] if line.startswith("    ") and line.strip()[0] != "#"]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_help_is_in_order(command: tuple[str, ...]) -> None:
    """It has examples, each on a line of its own; `-h` is the same; no line is cut short or holds a stray mark."""
    text = help_of(command)
    assert examples(text)
    assert run(*command, "-h")[1] == text
    assert "\\b" not in text
    assert "\b" not in text
    assert "..." not in re.sub(r"[A-Z]\]?\.\.\.", "", text)
    assert max(map(len, text.splitlines())) <= 100


STAND_INS = {
    "kubectl": """sh -c 'if [ "$1" = get ]; then cat charts/pods.yaml; else cat; fi' kubectl "$@" """,
    "jq": "cat",
    "kustomize": "netgen render spec.yaml",
    "helm": "netgen render spec.yaml",
}
"""Other tools that the examples name, and what stands in for them."""


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_example_of_the_help_runs(command: tuple[str, ...]) -> None:
    """Each in a folder that has what the examples name: specs, a platform, a rendered folder, a cluster."""
    Path("bin").mkdir()
    for name, line in STAND_INS.items():
        Path("bin", name).write_text(f"#!/bin/sh\nexec {line}\n", encoding="utf-8")
        Path("bin", name).chmod(0o755)
    for number, example in enumerate(examples(help_of(command))):
        folder = Path(f"example-{number}")
        (folder / ".config/fish/completions").mkdir(parents=True)
        if "init" not in example:
            for name in (".", "specs", "teams"):
                (folder / name).mkdir(exist_ok=True)
                (folder / name / "spec.yaml").write_text(SPEC, encoding="utf-8")
            (folder / "platform.yaml").write_text(PLATFORM, encoding="utf-8")
            (folder / "charts").mkdir()
            (folder / "charts" / "pods.yaml").write_text(PODS, encoding="utf-8")
            assert run("render", folder / "spec.yaml", "--out", folder / "deploy")[0] == 0
            if "git:" in example:
                commit(folder)
        code, _, said = shell(f"set -euo pipefail; cd {folder}; export HOME=$PWD; {example}")
        assert code == 0, (example, said)


def commit(folder: Path) -> None:
    """Make *folder* a git repository with all its files on main, and the tags v1.2 and v1.3."""
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.com"]
    for words in ("init -q -b main", "add .", "commit -q -m one", "tag v1.2", "tag v1.3"):
        subprocess.run([*git, *words.split()], check=True)


def test_version() -> None:
    """The one version, and nothing else."""
    code, stream, said = run("--version")
    assert (code, said) == (0, "")
    assert stream.split()[-1] == netgen.__version__
    assert len(stream.splitlines()) == 1


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(name: str) -> None:
    """For the command netgen, by the variable that netgen asks for."""
    code, script, said = run("completion", name)
    assert (code, said) == (0, "")
    assert "_NETGEN_COMPLETE" in script
    assert script.strip()


@pytest.mark.parametrize(
    ("line", "replies"),
    [
        ("netgen ", list(cli.COMMANDS)),
        ("netgen re", ["render", "reach"]),
        ("netgen render --o", ["--out"]),
        ("netgen render -o ", ["yaml", "json"]),
        ("netgen schema p", ["platform"]),
        ("netgen completion ", ["bash", "zsh", "fish"]),
        ("netgen cni ca", ["calico"]),
        ("netgen render --cni f", ["flannel"]),
        ("netgen xyz", []),
    ],
)
def test_bash_completes(line: str, replies: list[str]) -> None:
    """The script, sourced in a real bash, gives the words that fit."""
    words = line.split(" ")
    listed = " ".join(f'"{word}"' for word in words)
    code, stream, said = shell(
        f"source <(netgen completion bash); COMP_WORDS=({listed}); COMP_CWORD={len(words) - 1}; "
        '_netgen_completion netgen; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert (code, stream.split(), said) == (0, replies, "")


@pytest.mark.parametrize(
    ("words", "kind"),
    [("render sp", "file"), ("check a b", "file"), ("render --platform p", "file"), ("render x --out d", "dir")],
)
def test_files_and_folders_are_completed_by_the_shell(words: str, kind: str) -> None:
    """The protocol between netgen and the script says `file` or `dir`."""
    full = f"netgen {words}"
    asked = {"_NETGEN_COMPLETE": "bash_complete", "COMP_WORDS": full, "COMP_CWORD": str(full.count(" "))}
    assert run(env=asked)[1] == f"{kind},{words.rsplit(maxsplit=1)[-1]}\n"


def test_the_bash_script_is_bash() -> None:
    """`bash -n` has nothing to say."""
    assert shell("netgen completion bash > script; bash -n script") == (0, "", "")


# ------------------------------------------------------------------------------------------------------------- colours


def seen(*arguments: str | Path, env: Mapping[str, str]) -> str:
    """Return what a person sees on a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*NETGEN, *arguments], stdin=follower, stdout=follower, stderr=follower, env={**os.environ, **env}
    ) as process:
        os.close(follower)
        shown = b""
        while select.select([leader], [], [], 30)[0]:
            try:
                part = os.read(leader, 65536)
            except OSError:  # the other end is closed
                break
            shown += part
        process.wait(timeout=30)
    os.close(leader)
    return shown.decode()


def test_colours_are_for_terminals() -> None:
    """A terminal gets them, unless NO_COLOR is set; an empty NO_COLOR is none."""
    Path("spec.yaml").write_text(WRONG, encoding="utf-8")
    assert "\x1b[1;31merror[unknown-app]\x1b[0m" in seen("check", "spec.yaml", env={})
    assert "\x1b[1;31merror" in seen("check", "spec.yaml", env={"NO_COLOR": ""})
    assert "\x1b" not in seen("check", "spec.yaml", env={"NO_COLOR": "1"})
    assert "\x1b" not in run("check", "spec.yaml", env={"FORCE_COLOR": "1"})[2]


def test_nothing_from_outside_steers_the_terminal() -> None:
    """Neither a path nor an option nor a spec gets an escape through, and the colours are netgen's own."""
    evil = "\x1b]0;x\x07\x9b31m"
    Path("spec.yaml").write_bytes(WRONG.replace("dv", '"\x1b[2J\\x1b[2J"').encode())
    for arguments in (
        ("check", "spec.yaml"),
        ("check", evil),
        ("check", SEED, "--cni", evil),
        ("check", SEED, "--ingress", evil),
        ("render", SEED, "-o", evil),
        ("render", SEED, "--out", f"/proc/{evil}"),
        ("render", SEED, f"--{evil}"),
        ("init", f"/proc/{evil}/x"),
        ("init", evil),
        (evil,),
    ):
        shown = re.sub(r"\x1b\[[0-9;]*m", "", seen(*arguments, env={}))
        assert re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", shown) is None, arguments


# ---------------------------------------------------------------------------------------------- inside of the process


def test_a_program_may_call_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It gets the exit code back."""
    monkeypatch.setattr(gc, "disable", lambda: None)
    for arguments, code in ((["--version"], 0), (["check", str(SEED)], 0), (["check", "gone"], 2), (["rendr"], 2)):
        monkeypatch.setattr(sys, "argv", ["netgen", *arguments])
        assert cli.main() == code
    assert netgen.__version__ in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "spared"),
    [
        (("--version",), {"jinja2", "yaml", "jsonschema", "ruamel.yaml", "netgen.api"}),
        (("check", "--help"), {"jsonschema", "ruamel.yaml", "netgen.write", "click.shell_completion"}),
        (("render", str(SEED)), {"jsonschema", "ruamel.yaml", "netgen.write", "netgen.jobs", "click.shell_completion"}),
    ],
)
def test_nothing_is_imported_that_is_not_used(arguments: tuple[str, ...], spared: set[str]) -> None:
    """Start-up is most of a run."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *NETGEN[1:], *arguments], check=True, capture_output=True, text=True
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "netgen.cli" in loaded
    assert loaded & spared == set()
