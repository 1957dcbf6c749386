"""integrations/gitlab: the template, its scripts run as a runner runs them, against a GitLab on the loopback device."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

import linters
import readmes
from composite import bare_environment
from repositories import NETGEN, SPEC, git, netgen, pull_request

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "integrations" / "gitlab"
TEMPLATE = FOLDER / "netgen.gitlab-ci.yml"
(INCLUDE,) = readmes.blocks(FOLDER / "README.md", "yaml")
OPENED = "- `shop/web` can now open `shop/cache` on `6379/TCP` (`specs/shop.yaml:7:17`)\n"
HEADER, JOBS = yaml.safe_load_all(TEMPLATE.read_text(encoding="utf-8"))
DECLARED = HEADER["spec"]["inputs"]


# --------------------------------------------------------------------------------------------- what plays GitLab


def pipeline(given: dict[str, str]) -> dict[str, Any]:
    """Return the jobs with the inputs that are *given*, as GitLab puts them in; fail where it would."""
    assert set(given) <= set(DECLARED)
    assert {name for name, each in DECLARED.items() if "default" not in each} <= set(given)
    values = {name: given.get(name, each.get("default")) for name, each in DECLARED.items()}
    assert [name for name, each in DECLARED.items() if values[name] not in each.get("options", [values[name]])] == []
    jobs: dict[str, Any] = _filled(JOBS, values)
    return jobs


def _filled(node: Any, values: dict[str, str]) -> Any:
    """Return *node* with the inputs put in: into its strings, so that no value can add a key or a line of its own."""
    if isinstance(node, dict):
        return {key: _filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, values) for value in node]
    if isinstance(node, str):
        return re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda match: values[match[1]], node)
    return node


@dataclass(slots=True)
class GitLab:
    """The notes of merge request 7 of project 5, for whoever has the token; *asked* are the requests that wrote."""

    notes: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    refuses: bool = False
    url: str = ""

    def answer(self, method: str, path: str, body: str, token: str | None) -> tuple[int, Any, str]:
        """Return the status, the body and the next page of the answer."""
        if self.refuses or token != "a-token":  # noqa: S105 - not one
            return 403, {"message": "403 Forbidden"}, ""
        where = urlsplit(path)
        if where.path == "/api/v4/user":
            return 200, {"id": 99}, ""
        assert where.path.startswith("/api/v4/projects/5/merge_requests/7/notes")
        if method == "GET":
            page = int(parse_qs(where.query)["page"][0])
            return 200, self.notes[page - 1 : page], str(page + 1) if page < len(self.notes) else ""
        self.asked.append((method, where.path.rpartition("/")[2], parse_qs(body)["body"][0]))
        return 200, {"id": 1}, ""


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    """A server of GitLab's interface."""
    known = GitLab()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, answer, page = known.answer(self.command, self.path, body, self.headers.get("PRIVATE-TOKEN"))
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("X-Next-Page", page)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = _do  # noqa: N815 - the names of the library

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    known.url = f"http://127.0.0.1:{server.server_port}/api/v4"
    yield known
    server.shutdown()
    server.server_close()


@dataclass(frozen=True, slots=True)
class Done:
    """A job that has ended: its exit code, its log, and its folder of artifacts."""

    code: int
    log: str
    report: Path

    def text(self, name: str) -> str:
        """Return an artifact, empty where there is none."""
        file = self.report / name
        return file.read_text(encoding="utf-8") if file.exists() else ""


def run(folder: Path, given: dict[str, str], *, shell: str = "bash", install: bool = False, **variables: str) -> Done:
    """Run the job in the checkout *folder*; without *install* netgen is on PATH already."""
    job = pipeline({"install": "netgen-k8s", "spec": "specs", "out": "deploy", **given})["netgen"]
    lines = [*job["before_script"] * install, *job["script"]]
    own = {name: each if isinstance(each, str) else each["value"] for name, each in job["variables"].items()}
    path = os.pathsep.join(([] if install else [str(NETGEN.parent)]) + [os.environ["PATH"]])
    done = subprocess.run(
        [shell, "-e", "-c", "\n".join(lines)],
        check=False,
        cwd=folder,
        env=bare_environment(PATH=path, CI_COMMIT_SHA="0" * 40, **own, **variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert job["artifacts"]["paths"] == ["netgen-report/"]
    assert job["artifacts"]["when"] == "always"
    return Done(done.returncode, done.stdout, folder / "netgen-report")


def request(base: str, server: GitLab | None = None) -> dict[str, str]:
    """Return the variables of a merge request whose base is *base*, with a token for *server*."""
    api = {"CI_API_V4_URL": server.url, "NETGEN_TOKEN": "a-token"} if server else {}
    return {
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        "CI_MERGE_REQUEST_PROJECT_ID": "5",
        "CI_MERGE_REQUEST_IID": "7",
        **api,
    }


# --------------------------------------------------------------------------------------------- the run


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_a_merge_request_gets_its_comparison(tmp_path: Path, gitlab: GitLab, shell: str) -> None:
    """A change that is rendered passes; what it opens is a note and an artifact, and manifests are kept."""
    base, _ = pull_request(tmp_path / "repo")
    done = run(tmp_path / "repo", {}, shell=shell, **request(base, gitlab))
    assert done.code == 0, done.log
    assert OPENED in done.text("diff.md")
    ((method, _, note),) = gitlab.asked
    assert method == "POST"
    assert re.fullmatch(r"<!-- netgen \d+ -->", note.partition("\n")[0])
    assert note.partition("\n")[2] == done.text("diff.md")
    assert done.text("manifests.yaml") == netgen(tmp_path / "repo", "render", "specs")
    assert [entry["check_name"] for entry in json.loads(done.text("code-quality.json"))] == ["no-platform"]


def test_modules_of_the_checkout_are_not_run(tmp_path: Path, gitlab: GitLab) -> None:
    """Files of a merge request that are called like modules of Python get neither the token nor the job."""
    base, _ = pull_request(tmp_path / "repo")
    for name in ("json", "venv", "pip", "urllib"):
        (tmp_path / "repo" / f"{name}.py").write_text("raise SystemExit('run')\n", encoding="utf-8")
    done = run(tmp_path / "repo", {}, **request(base, gitlab))
    assert (done.code, len(gitlab.asked)) == (0, 1), done.log
    assert re.findall(r"""python3?["']? (?!-I )-.*""", TEMPLATE.read_text(encoding="utf-8")) == []


def test_the_note_is_written_anew(tmp_path: Path, gitlab: GitLab) -> None:
    """A further push changes the note of this token, on whichever page it is, and nobody else's."""
    base, _ = pull_request(tmp_path / "repo")
    variables = request(base, gitlab)
    run(tmp_path / "repo", {}, **variables)
    note = gitlab.asked.pop()[2]
    gitlab.notes += [{"id": 11, "author": {"id": 98}, "body": note}, {"id": 12, "author": {"id": 99}, "body": "hello"}]
    gitlab.notes += [{"id": 13, "author": {"id": 99}, "body": note}]
    run(tmp_path / "repo", {}, **variables)
    assert gitlab.asked == [("PUT", "13", note)]


def test_nothing_is_said_where_nothing_changes(tmp_path: Path, gitlab: GitLab) -> None:
    """Without a change no note is made."""
    base, _ = pull_request(tmp_path / "repo", after=f"# a comment\n{SPEC}")
    done = run(tmp_path / "repo", {}, **request(base, gitlab))
    assert done.code == 0
    assert "no change in who reaches whom" in done.text("diff.md")
    assert gitlab.asked == []


def test_a_job_without_a_token_keeps_the_comparison(tmp_path: Path) -> None:
    """A merge request from a fork has no token: it passes, and log and artifact have the comparison."""
    base, _ = pull_request(tmp_path / "repo")
    done = run(tmp_path / "repo", {}, **request(base))
    assert done.code == 0
    assert OPENED in done.log
    assert OPENED in done.text("diff.md")


def test_a_token_that_may_not_write_stops_nobody(tmp_path: Path, gitlab: GitLab) -> None:
    """Where the note is refused, the log says so, and the check decides alone."""
    base, _ = pull_request(tmp_path / "repo")
    gitlab.refuses = True
    done = run(tmp_path / "repo", {}, **request(base, gitlab))
    assert done.code == 0
    assert (
        "GitLab: HTTP Error 403: Forbidden\nno note could be written; netgen-report/diff.md is an artifact" in done.log
    )


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_a_folder_that_is_not_rendered_fails(tmp_path: Path, gitlab: GitLab, shell: str) -> None:
    """A spec that was changed without its folder fails, with a diff in the log, and the comparison is told."""
    base, _ = pull_request(tmp_path / "repo", rendered=False)
    done = run(tmp_path / "repo", {}, shell=shell, **request(base, gitlab))
    assert done.code == 1
    assert "+++ deploy/shop.yaml\n" in done.log
    assert "folder-differs" in [entry["check_name"] for entry in json.loads(done.text("code-quality.json"))]
    assert [method for method, _, _ in gitlab.asked] == ["POST"]


def test_a_bad_spec_fails_at_its_line(tmp_path: Path, gitlab: GitLab) -> None:
    """An error stands in the report at its line; no manifests are kept, and the note says that nothing was compared."""
    base, _ = pull_request(tmp_path / "repo", after=SPEC.replace("[db]", "[dp]"), rendered=False)
    done = run(tmp_path / "repo", {}, **request(base, gitlab))
    assert done.code == 2
    report = {entry["check_name"]: entry for entry in json.loads(done.text("code-quality.json"))}
    assert report["unknown-app"]["location"] == {"path": "specs/shop.yaml", "lines": {"begin": 7}}
    assert done.text("manifests.yaml") == ""
    assert "Not compared: the log of the job says why." in gitlab.asked[0][2]


def test_only_a_folder_that_is_named_is_checked(tmp_path: Path) -> None:
    """Where manifests are not committed, the specs alone are checked; on the default branch nothing is compared."""
    pull_request(tmp_path / "repo", rendered=False)
    done = run(tmp_path / "repo", {"out": ""})
    assert done.code == 0
    assert "proved: " in done.log
    assert done.text("manifests.yaml")
    assert done.text("diff.md") == ""


def test_merged_results_are_compared_with_the_target(tmp_path: Path) -> None:
    """Where GitLab has merged the change into its target, that is what it is compared with."""
    base, head = pull_request(tmp_path / "repo")
    done = run(tmp_path / "repo", {}, CI_MERGE_REQUEST_TARGET_BRANCH_SHA=base, **request(head))
    assert f"### Who reaches whom: `git:{base[:7]}` -> `specs`\n" in done.text("diff.md")


def test_all_options_reach_netgen(tmp_path: Path) -> None:
    """The Platform, the class of Ingresses, the workloads and the layout are those of the inputs."""
    folder = tmp_path / "repo"
    base, _ = pull_request(
        folder, after=SPEC.replace("port: 8080", "port: 8080\n    expose: https://shop.example.com"), rendered=False
    )
    platform = "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: p}\ndns: [169.254.20.10]\n"
    (folder / "platform.yaml").write_text(platform, encoding="utf-8")
    options = ("--platform", "platform.yaml", "--ingress", "nginx")
    netgen(folder, "render", "specs", *options, "--layout", "plain", "--out", "flat")
    given = {"platform": "platform.yaml", "ingress": "nginx", "layout": "plain", "out": "flat"}
    done = run(folder, given, **request(base))
    assert done.code == 0, done.log
    assert done.text("manifests.yaml") == netgen(folder, "render", "specs", *options)
    assert "shop.example.com" in done.text("diff.md")
    (folder / "cluster").mkdir()
    open_all = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: old, namespace: shop}\n"
    (folder / "cluster" / "old.yaml").write_text(
        f"{open_all}spec: {{podSelector: {{}}, ingress: [{{}}]}}\n", encoding="utf-8"
    )
    done = run(folder, {**given, "workloads": "cluster"}, **request(base))
    assert done.code == 1
    assert "error[not-closed]" in done.log
    assert done.text("manifests.yaml") == ""


@pytest.mark.parametrize("name", ["--help", "$(touch out-of-line)", "a'; touch out-of-line; '", '"`touch out-of-line`'])
@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_inputs_are_never_code(tmp_path: Path, gitlab: GitLab, shell: str, name: str) -> None:
    """What stands in an input is one word for netgen: nothing of it is run."""
    base, _ = pull_request(tmp_path / "repo")
    given = dict.fromkeys(("spec", "out", "platform", "workloads", "ingress"), name)
    done = run(tmp_path / "repo", given, shell=shell, **request(base, gitlab))
    assert done.code == 2
    done = run(tmp_path / "repo", {"spec": name}, shell=shell, **request(name, gitlab))
    assert done.code == 2
    assert list(tmp_path.rglob("out-of-line")) == []


def test_netgen_is_installed_as_the_input_says(tmp_path: Path) -> None:
    """The job installs what it is told to, in an environment of its own, and runs that."""
    base, _ = pull_request(tmp_path / "repo")
    done = run(tmp_path / "repo", {"install": str(ROOT)}, install=True, TMPDIR=str(tmp_path), **request(base))
    assert done.code == 0, done.log
    assert OPENED in done.log


# --------------------------------------------------------------------------------------------- schemas


def test_the_template_is_one(tmp_path: Path) -> None:
    """The header and the job, with and without inputs, fit the published schema."""
    jobs = pipeline({"install": "netgen-k8s", "spec": "specs"})
    for number, part in enumerate([HEADER | JOBS, jobs]):
        file = tmp_path / f"{number}.yml"
        file.write_text(yaml.safe_dump(part), encoding="utf-8")
        assert linters.fits("gitlab-ci", file) == ""
    assert [name for name in DECLARED if f"$[[ inputs.{name} ]]" not in str(JOBS)] == []


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_the_scripts_are_clean(shell: str) -> None:
    """The linter of scripts finds nothing, and no input stands in a script."""
    job = JOBS["netgen"]
    script = "\n".join([*job["before_script"], *job["script"]])
    assert linters.shellcheck(script, shell) == ""
    assert "$[[" not in script


def test_the_include_of_the_readme_is_one(tmp_path: Path) -> None:
    """The example fits the published schema, names the file as it is here, and gives inputs that the template has."""
    file = tmp_path / ".gitlab-ci.yml"
    file.write_text(INCLUDE, encoding="utf-8")
    assert linters.fits("gitlab-ci", file) == ""
    (include,) = yaml.safe_load(INCLUDE)["include"]
    assert ROOT / include["file"].removeprefix("/") == TEMPLATE
    base, _ = pull_request(tmp_path / "repo")
    given = include["inputs"]
    assert run(tmp_path / "repo", given, **request(base)).code == 0
    assert git(tmp_path / "repo", "status", "--porcelain") == "?? netgen-report/"


def test_the_readme_lists_every_input() -> None:
    """Each input has a row in the README, and each row is one."""
    rows = re.findall(r"^\| `([a-z]+)` \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == list(DECLARED)
