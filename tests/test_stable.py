"""One spec gives the same bytes whatever the hash seed, the locale, the clock, the folder and the names of files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPECS = [ROOT / "specs" / name / "spec.yaml" for name in ("online-boutique", "seed", "services")]
SYSTEMS = [*SPECS, ROOT / "specs" / "argo-cd"]  # a folder of several files, too
# Two problems in each of two files, and some that stand in no file.
BAD = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: NAME, namespace: NAME}
apps:
  web: {port: 8080, calls: [dv, other/x, internet], accepts: [c, b, a]}
  db: {port: 5432, expose: [https://b.example.com, https://a.example.com], overlaps: [z, y]}
"""
SETTINGS: dict[str, Mapping[str, str]] = {
    **{f"hash seed {seed}": {"PYTHONHASHSEED": str(seed)} for seed in range(10)},
    **{f"locale {name}": {"LC_ALL": name, "LANG": name} for name in ("C", "C.UTF-8", "POSIX", "tr_TR.UTF-8", "en_US")},
    **{f"zone {zone}": {"TZ": zone} for zone in ("UTC", "Asia/Kathmandu", "Pacific/Kiritimati", "nonsense")},
    "no home": {"HOME": "/nonexistent", "USER": "", "LOGNAME": "", "HOSTNAME": "x"},
    "narrow terminal": {"COLUMNS": "20", "LINES": "5", "TERM": "dumb"},
    "ascii": {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    "warnings": {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"},
}


def run(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
    cwd: Path = ROOT,
    umask: int = -1,
) -> tuple[int, bytes, bytes]:
    """Return exit code, stdout and stderr of the command."""
    done = subprocess.run(
        [sys.executable, *options, "-m", "netgen", *arguments],
        check=False,
        capture_output=True,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        umask=umask,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def usual() -> dict[str, tuple[int, bytes, bytes]]:
    """What each example gives in the usual surroundings."""
    return {str(system): run("render", system) for system in SYSTEMS}


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A folder with two specs that are refused for many reasons."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(BAD.replace("NAME", name), encoding="utf-8")
    return tmp_path


def test_the_examples_render(usual: dict[str, tuple[int, bytes, bytes]]) -> None:
    """What is compared below is something."""
    assert len(usual) > 3
    assert {result[0] for result in usual.values()} == {0}
    assert min(len(result[1]) for result in usual.values()) > 1000


@pytest.mark.parametrize("setting", SETTINGS)
def test_surroundings_change_no_byte(setting: str, usual: dict[str, tuple[int, bytes, bytes]], bad: Path) -> None:
    """Neither of the manifests nor of what is said about them."""
    env = SETTINGS[setting]
    assert {system: run("render", system, env=env) for system in usual} == usual
    assert run("check", bad, env=env) == run("check", bad)


@pytest.mark.parametrize("options", [("-O",), ("-OO",), ("-I",), ("-B", "-X", "utf8=0"), ("-W", "error")], ids=" ".join)
def test_options_of_python_change_no_byte(options: tuple[str, ...], usual: dict[str, tuple[int, bytes, bytes]]) -> None:
    """No decision hangs on an assert, and no module on the working folder."""
    assert {system: run("render", system, options=options) for system in usual} == usual


def test_the_path_of_a_spec_changes_no_byte_of_the_manifests(
    usual: dict[str, tuple[int, bytes, bytes]], tmp_path: Path
) -> None:
    """Relative, absolute, through a link, under another name, from another folder, with another umask and clock."""
    for spec in SPECS:
        folder, expected = spec.parent, usual[str(spec)]
        other = tmp_path / folder.name / "é x" / "other.yml"
        other.parent.mkdir(parents=True)
        shutil.copy(spec, other)
        os.utime(other, (0, 0))
        link = tmp_path / f"{folder.name}.yaml"
        link.symlink_to(spec)
        outputs = {
            run("render", spec.relative_to(ROOT))[1],
            run("render", "spec.yaml", cwd=folder)[1],
            run("render", "./../" + folder.name + "//spec.yaml", cwd=folder)[1],
            run("render", other, umask=0o777)[1],
            run("render", link, cwd=Path("/"))[1],
        }
        assert outputs == {expected[1]}


def test_the_order_of_files_changes_nothing_but_paths(bad: Path) -> None:
    """Files are judged in the order of their names, however they are given."""
    results = {
        run("check", *paths, cwd=bad) for paths in (("a.yaml", "b.yaml"), ("b.yaml", "a.yaml"), (".",), ("b.yaml", "."))
    }
    said = {re.sub(rb"\./", b"", result[2]) for result in results}
    assert len(said) == 1
    assert {result[:2] for result in results} == {(2, b"")}


def test_the_folder_is_the_same_wherever_it_is_written(tmp_path: Path) -> None:
    """Names and bytes of every file, whatever the hash seed and the place; twice over, too."""
    written = []
    for seed, out in enumerate(("a", "b/c", "a")):
        code, _, _ = run("render", SYSTEMS[0], "--out", tmp_path / out, env={"PYTHONHASHSEED": str(seed)})
        assert code == 0
        written.append({path.name: path.read_bytes() for path in sorted((tmp_path / out).iterdir())})
    assert written[1:] == written[:1] * 2


def test_the_order_on_the_disk_changes_no_byte(tmp_path: Path) -> None:
    """Files of a folder made in another order, below other folders, with other rights; one processor or all."""
    outputs = set()
    for number, names in enumerate((("a", "b", "c"), ("c", "a", "b"), ("b", "c", "a"))):
        for name in names:
            file = tmp_path / f"{number}" / ("x/y" if number == 2 else "") / f"{name}.yaml"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(
                BAD.replace("NAME", name).split("apps:")[0] + "apps: {web: 8080, db: 5432}\n", encoding="utf-8"
            )
            file.chmod(0o600 if number else 0o644)
        one_processor = {min(os.sched_getaffinity(0))} if number else os.sched_getaffinity(0)
        program = f"import os; os.sched_setaffinity(0, {one_processor}); from netgen.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", program, "render", "."], cwd=tmp_path / f"{number}", capture_output=True, check=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert outputs.pop().count(b"kind: NetworkPolicy") == 6


@pytest.mark.parametrize("layout", ["helm", "plain"])
def test_other_layouts_are_the_same_wherever_they_are_written(layout: str, tmp_path: Path) -> None:
    """Names and bytes of every file, whatever the hash seed, the locale and the umask."""
    written = []
    for seed, locale in enumerate(("C", "tr_TR.UTF-8")):
        out = tmp_path / str(seed) / "templates"  # which Helm wants
        surroundings = {"PYTHONHASHSEED": str(seed), "LC_ALL": locale, "TZ": "Asia/Kathmandu"}
        shop = ROOT / "specs" / "shop"
        assert run("render", shop, "--out", out, "--layout", layout, env=surroundings, umask=0o077 * seed)[0] == 0
        written.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert written[0] == written[1] != {}


def test_nothing_of_this_machine_is_in_the_output(usual: dict[str, tuple[int, bytes, bytes]], tmp_path: Path) -> None:
    """No path, no user, no host, no date, no version of a tool; and nothing but line feeds ends a line."""
    assert run("render", SYSTEMS[0], "--out", tmp_path / "out")[0] == 0
    outputs = [result[1] for result in usual.values()] + [path.read_bytes() for path in (tmp_path / "out").iterdir()]
    for output in outputs:
        assert str(ROOT).encode() not in output
        assert os.uname().nodename.encode() not in output
        assert re.search(rb"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b", output) is None
        assert b"\r" not in output
        assert output.endswith(b"\n")
        assert not output.endswith(b"\n\n")
