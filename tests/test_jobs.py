"""Several processes: the same bytes as one gives, one clean error when something happens to them, and nobody left."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netgen.jobs import spread
from strategies import random_system
from writing import plainly

TESTS = Path(__file__).parent
EXAMPLES = sorted(TESTS.parent.glob("specs/*/"))
COLLISIONS = sorted(TESTS.glob("problems/name-collision*.yaml"))
NETGEN = (sys.executable, "-m", "netgen")


def run(*words: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run Python with *words*; *more* is for its environment."""
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **more}, timeout=120)


def compared(fault: str, specs: list[Path]) -> str:
    """Return what job_runs.py says of *specs*."""
    done = run(TESTS / "job_runs.py", fault, *specs)
    assert done.stderr == ""
    return done.stdout


def random_specs(folder: Path, count: int) -> list[Path]:
    """Write *count* systems, the same ones in every run."""
    paths = [folder / f"{number}.yaml" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(plainly(random_system(f"jobs-{number}").documents), encoding="utf-8")
    return paths


def test_any_number_of_processes_gives_the_same_bytes(tmp_path: Path) -> None:
    """On stdout and stderr, and the same exit code: for the examples, random systems, and specs that are refused."""
    assert compared("none", [*EXAMPLES, *random_specs(tmp_path, 12), *COLLISIONS]) == "codes: [0, 2]\n"


@pytest.mark.heavy
def test_the_same_bytes_for_many_systems(tmp_path: Path) -> None:
    """For 300 random ones."""
    assert compared("none", random_specs(tmp_path, 300)) == "codes: [0]\n"


def test_faults_are_the_same_too() -> None:
    """What is found to be wrong with the objects, and the first of the errors of netgen itself."""
    assert compared("sizes", EXAMPLES) == "codes: [2]\n"
    assert compared("fill", EXAMPLES) == "codes: [70]\n"


def test_many_open_files_are_no_matter() -> None:
    """A process that was started with a thousand of them still reads what the others write."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], min(4096, before[1])), before[1]))
    with contextlib.ExitStack() as opened:
        opened.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        for _ in range(1100):
            opened.callback(os.close, os.dup(0))
        assert sorted(spread(lambda number: number * 2, 3, 2)) == [(0, 0), (1, 2), (2, 4)]


KILLED = """
import os, signal
import netgen.render
netgen.render.PART, pack, here = 1, netgen.render.Work.pack, os.getpid()
def killed(self, number):
    if number == 1 and os.getpid() != here:
        {end}
    return pack(self, number)
netgen.render.Work.pack = killed
"""


@pytest.mark.parametrize(
    ("end", "how"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "was ended by signal 9"),
        ("os._exit(7)", "ended with 7"),
        ("raise SystemExit", "ended with 1"),
    ],
)
def test_a_process_that_is_killed_is_one_clean_error(end: str, how: str, tmp_path: Path) -> None:
    """Exit code 70, and nothing is written."""
    (tmp_path / "sitecustomize.py").write_text(KILLED.format(end=end), encoding="utf-8")
    out = tmp_path / "out"
    words = "-m", "netgen", "render", TESTS.parent / "specs" / "shop", "--out", out, "--jobs", "2"
    done = run(*words, PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout, out.exists()) == (70, "", False)
    said = f"netgen: internal fault: RuntimeError: a process of --jobs {how} before its work was done (jobs.py:"
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


SLEEPERS = """
import os, time
import netgen.render
netgen.render.PART = 1
def sleeps(self, number):
    os.write(9, b"%d\\n" % number)
    time.sleep(300)
netgen.render.Work.pack = sleeps
"""


def test_an_interrupt_ends_them_all(tmp_path: Path) -> None:
    """Ctrl-C reaches every process of the terminal; the code is 130, nothing is said, and nobody works on."""
    (tmp_path / "sitecustomize.py").write_text(SLEEPERS, encoding="utf-8")
    reading, writing = os.pipe()
    with subprocess.Popen(
        [*NETGEN, "render", TESTS.parent / "specs" / "shop", "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        preexec_fn=lambda: os.dup2(writing, 9),  # noqa: PLW1509 - the processes hold it for as long as they live
        pass_fds=(9,),
        start_new_session=True,
    ) as process:
        os.close(writing)
        with os.fdopen(reading) as started:
            assert {started.readline(), started.readline()} == {"0\n", "1\n"}
            os.killpg(process.pid, signal.SIGINT)
            out, said = process.communicate(timeout=30)
            assert started.read() == ""
    assert (process.returncode, out.strip(), said.strip()) == (130, b"", b"")


def test_jobs_that_cannot_be() -> None:
    """A number of processes is none of these."""
    for wrong in ("-1", "257", "many"):
        done = run("-m", "netgen", "render", TESTS.parent / "specs" / "seed", "--jobs", wrong)
        assert (done.returncode, done.stdout) == (2, "")


def test_jobs_are_refused_where_a_process_cannot_be_copied(tmp_path: Path) -> None:
    """On Windows, say: one process gives the same."""
    (tmp_path / "sitecustomize.py").write_text("import os\ndel os.fork\n", encoding="utf-8")
    words = "-m", "netgen", "render", TESTS.parent / "specs" / "seed", "--jobs"
    refused = run(*words, "2", PYTHONPATH=str(tmp_path))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith("Error: --jobs is for systems that can copy a process (fork), and this is none\n")
    assert run(*words, "1", PYTHONPATH=str(tmp_path)).returncode == 0


def test_all_processors_are_named_by_nought() -> None:
    """The bytes are the same."""
    words = "-m", "netgen", "render", TESTS.parent / "specs" / "seed", "--jobs"
    assert run(*words, "0").stdout == run(*words, "1").stdout != ""
