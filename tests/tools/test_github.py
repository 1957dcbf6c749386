"""integrations/github: the composite action, run as a runner runs it, and the workflow that its README shows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import linters
import readmes
from composite import Run, bare_environment, inputs, steps
from repositories import NETGEN, SPEC, commit, git, netgen, pull_request

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "integrations" / "github"
ACTION = FOLDER / "action.yml"
(WORKFLOW,) = readmes.blocks(FOLDER / "README.md", "yaml")
OPENED = "- `shop/web` can now open `shop/cache` on `6379/TCP` (`specs/shop.yaml:7:17`)\n"
GH = f"""\
#!{sys.executable}
import json, os, pathlib, sys
words = sys.argv[1:]
body = [pathlib.Path(word.removeprefix("body=@")).read_text() for word in words if word.startswith("body=@")]
told = {{"words": words, "body": "".join(body), "host": os.environ["GH_HOST"], "token": os.environ["GH_TOKEN"]}}
with pathlib.Path(os.environ["STUB_CALLS"]).open("a") as file:
    file.write(json.dumps(told) + "\\n")
if os.environ["STUB_REFUSES"] in words:
    sys.exit("gh: Resource not accessible by integration (HTTP 403)")
if "graphql" in words:
    print(os.environ["STUB_COMMENTS"], end="")
"""


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Run]:
    """Make a run of the action in the checkout `repo`, with netgen installed and a `gh` that writes down its calls."""
    temp = tmp_path / "temp"
    (temp / "netgen-1").mkdir(parents=True)
    stub = tmp_path / "bin" / "gh"
    stub.parent.mkdir()
    stub.write_text(GH, encoding="utf-8")
    stub.chmod(0o755)
    calls = tmp_path / "calls"
    calls.touch()

    def make(
        head: str = "", base: str = "", *, comments: str = "", refuses: str = "", fork: bool = False, **given: str
    ) -> Run:
        event = {
            "head": {"sha": head, "repo": {"full_name": "eve/shop" if fork else "team/shop"}},
            "base": {"sha": base},
        }
        github = {
            "repository": "team/shop",
            "token": "a-token",
            "event": {"pull_request": {**event, "number": 7}} if head else {},
        }
        installed = {"outputs": {"netgen": str(NETGEN), "work": str(temp / "netgen-1")}, "outcome": "success"}
        contexts: dict[str, Any] = {"github": github, "steps": {"install": installed}}
        environment = bare_environment(
            PATH=f"{stub.parent}:/usr/local/bin:/usr/bin:/bin",
            GITHUB_SERVER_URL="https://github.com",
            GITHUB_SHA="0" * 40,
            STUB_CALLS=str(calls),
            STUB_COMMENTS=comments,
            STUB_REFUSES=refuses,
        )
        found = Run(ACTION, tmp_path / "repo", temp, contexts, environment)
        if "revision" in given:
            given["base"] = given.pop("revision")
        values = inputs(ACTION, {"spec": "specs", "out": "deploy", **given})
        contexts["inputs"] = {name: found.fill(value) for name, value in values.items()}
        return found.go(without=("install",))

    return make


@pytest.fixture
def calls(tmp_path: Path) -> Callable[[], list[dict[str, Any]]]:
    """Return what `gh` was called with."""
    return lambda: [json.loads(line) for line in (tmp_path / "calls").read_text(encoding="utf-8").splitlines()]


def method(call: dict[str, Any]) -> tuple[str, str]:
    """Return what *call* does and to which address."""
    words = call["words"]
    return (words[words.index("--method") + 1], words[words.index("--method") + 2]) if "--method" in words else ("", "")


# --------------------------------------------------------------------------------------------- the run


def test_a_pull_request_gets_its_comparison(tmp_path: Path, run: Callable[..., Run], calls: Callable[[], Any]) -> None:
    """A change that is rendered passes; what it opens is in the summary and a comment, and the manifests are kept."""
    base, head = pull_request(tmp_path / "repo")
    done = run(head, base)
    assert not done.failed, done.log
    assert OPENED in done.summary
    assert f"### Who reaches whom: `git:{base[:7]}` -> `specs`\n" in done.summary
    assert f"As of {head}.\n" in done.summary
    _, posted = calls()
    assert method(posted) == ("POST", "repos/team/shop/issues/7/comments")
    assert re.fullmatch(r"<!-- netgen \d+-5 -->\n", posted["body"].partition("#")[0])
    assert posted["body"].partition("\n")[2] == done.summary
    assert (posted["host"], posted["token"]) == ("github.com", "a-token")
    assert (done.outputs["code"], done.outputs["changed"]) == ("0", "true")
    manifests = Path(done.outputs["manifests"])
    assert manifests.read_text(encoding="utf-8") == netgen(tmp_path / "repo", "render", "specs")
    assert done.uploads == [{"name": "netgen-manifests", "path": str(manifests), "if-no-files-found": "error"}]


def test_modules_of_the_checkout_are_not_run() -> None:
    """Files of a pull request that are called like modules of Python are none to what installs netgen."""
    assert re.findall(r"""python3?["']? (?!-I )-.*""", ACTION.read_text(encoding="utf-8")) == []


def test_the_comment_is_written_anew(tmp_path: Path, run: Callable[..., Run], calls: Callable[[], Any]) -> None:
    """A further push changes the comment that is there, the first of several, and adds none."""
    base, head = pull_request(tmp_path / "repo")
    run(head, base, comments="41\n42\n")
    asked, patched = calls()
    assert method(patched) == ("PATCH", "repos/team/shop/issues/comments/41")
    assert "owner=team" in asked["words"]
    assert "name=shop" in asked["words"]
    assert "pull=7" in asked["words"]
    mark = patched["body"].partition("\n")[0]
    assert f'startswith("{mark}")' in asked["words"][asked["words"].index("--jq") + 1]


@pytest.mark.parametrize(("comments", "expected"), [("", []), ("41\n", ["no change in who reaches whom"])])
def test_nothing_is_said_where_nothing_changes(
    tmp_path: Path, run: Callable[..., Run], calls: Callable[[], Any], comments: str, expected: list[str]
) -> None:
    """Without a change no comment is made; one that is there says so."""
    base, head = pull_request(tmp_path / "repo", after=f"# a comment\n{SPEC}")
    done = run(head, base, comments=comments)
    assert done.outputs["changed"] == "false"
    assert "no change in who reaches whom" in done.summary
    bodies = [call["body"] for call in calls()[1:]]
    assert [words for words, body in zip(expected, bodies, strict=True) if words in body] == expected


@pytest.mark.parametrize(("fork", "level"), [(True, "notice"), (False, "warning")])
@pytest.mark.parametrize("refuses", ["graphql", "POST"])
def test_a_token_that_may_not_write_leaves_the_summary(
    tmp_path: Path, run: Callable[..., Run], refuses: str, *, fork: bool, level: str
) -> None:
    """A pull request from a fork passes without its comment, and the log says where the comparison is."""
    base, head = pull_request(tmp_path / "repo")
    done = run(head, base, fork=fork, refuses=refuses)
    assert not done.failed
    assert f"::{level} title=netgen comment::no comment could be written" in done.log
    assert OPENED in done.summary


def test_a_folder_that_is_not_rendered_fails(tmp_path: Path, run: Callable[..., Run]) -> None:
    """A spec that was changed without its folder fails, with an annotation; the comparison is there all the same."""
    base, head = pull_request(tmp_path / "repo", rendered=False)
    done = run(head, base)
    assert done.failed
    assert done.outputs["code"] == "1"
    assert "::error title=netgen folder-differs::deploy is not what the spec gives%0A" in done.log
    assert OPENED in done.summary
    assert len(done.uploads) == 1


def test_a_bad_spec_fails_at_its_line(tmp_path: Path, run: Callable[..., Run], calls: Callable[[], Any]) -> None:
    """An error is an annotation at its line; nothing is kept, and the comment says that nothing was compared."""
    base, head = pull_request(tmp_path / "repo", after=SPEC.replace("[db]", "[dp]"), rendered=False)
    done = run(head, base)
    assert done.failed
    assert done.outputs["code"] == "2"
    assert "::error file=specs/shop.yaml,line=7,col=13,endColumn=14,title=netgen unknown-app::" in done.log
    assert (done.outputs["manifests"], done.outputs["changed"], done.uploads) == ("", "", [])
    assert "Not compared: the log of the run says why." in calls()[-1]["body"]


def test_a_base_that_cannot_be_read_stops_nobody(tmp_path: Path, run: Callable[..., Run]) -> None:
    """A change that mends a broken spec passes, with a warning that nothing is compared."""
    base, head = pull_request(tmp_path / "repo", before=SPEC.replace("[db]", "[dp]"), broken=True)
    done = run(head, base)
    assert not done.failed, done.log
    assert "::warning title=netgen diff::nothing is compared: the log says why" in done.log
    assert f"{base[:7]}:specs/shop.yaml" in done.log
    assert "Not compared: the log of the run says why." in done.summary


def test_only_a_folder_that_is_named_is_checked(tmp_path: Path, run: Callable[..., Run]) -> None:
    """Where manifests are not committed, the specs alone are checked, and kept as an artifact."""
    base, head = pull_request(tmp_path / "repo", rendered=False)
    done = run(head, base, out="")
    assert not done.failed
    assert "::notice title=netgen check::proved: " in done.log
    assert len(done.uploads) == 1


def test_the_head_itself_is_compared_with_where_it_left(tmp_path: Path, run: Callable[..., Run]) -> None:
    """A workflow that checks out the head of the pull request compares it with the commit at which it left the base."""
    folder = tmp_path / "repo"
    base, head = pull_request(folder)
    git(folder, "reset", "--quiet", "--hard", base)
    later = commit(folder, "later", {"specs/shop.yaml": SPEC.replace("5432", "5433")})
    git(folder, "checkout", "--quiet", head)
    done = run(head, later)
    assert OPENED in done.summary
    assert "5433" not in done.summary


def test_a_shallow_checkout_says_what_to_do(tmp_path: Path, run: Callable[..., Run]) -> None:
    """With the default depth there is no base: a warning says which depth there must be, and the check still counts."""
    base, head = pull_request(tmp_path / "whole")
    git(tmp_path, "clone", "--quiet", "--depth", "1", (tmp_path / "whole").as_uri(), "repo")
    done = run(head, base)
    assert not done.failed
    assert (
        "::warning title=netgen diff::nothing is compared: the base is not in the checkout%0Afix: fetch-depth: 2"
        in done.log
    )
    assert done.summary == ""


def test_a_push_is_compared_with_what_is_asked_for(
    tmp_path: Path, run: Callable[..., Run], calls: Callable[[], Any]
) -> None:
    """On a push nothing is compared, or what `base` names; there is nobody to write a comment to."""
    pull_request(tmp_path / "repo")
    done = run()
    assert not done.failed
    assert done.summary == ""
    done = run(revision="main~1")
    assert OPENED in done.summary
    assert f"As of {'0' * 40}.\n" in done.summary
    assert calls() == []


def test_all_options_reach_netgen(tmp_path: Path, run: Callable[..., Run]) -> None:
    """The Platform, the class of Ingresses, the workloads and the layout are those of the inputs."""
    folder = tmp_path / "repo"
    base, head = pull_request(folder)
    platform = "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: p}\ndns: [169.254.20.10]\n"
    open_all = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: old, namespace: shop}\n"
        "spec: {podSelector: {}, ingress: [{}]}\n"
    )
    exposed = SPEC.replace("port: 8080", "port: 8080\n    expose: https://shop.example.com")
    files = {"specs/shop.yaml": exposed, "platform.yaml": platform, "cluster/old.yaml": open_all}
    commit(folder, "more", files)
    options = {"platform": "platform.yaml", "ingress": "nginx", "layout": "plain", "out": "flat"}
    netgen(
        folder,
        "render",
        "specs",
        "--platform",
        "platform.yaml",
        "--ingress",
        "nginx",
        "--layout",
        "plain",
        "--out",
        "flat",
    )
    done = run(head, base, **options)
    assert not done.failed, done.log
    manifests = Path(done.outputs["manifests"]).read_text(encoding="utf-8")
    assert "169.254.20.10/32" in manifests
    assert "ingressClassName: nginx" in manifests
    assert "shop.example.com" in done.summary
    worse = run(head, base, **options, workloads="cluster")
    assert worse.failed
    assert "::error file=cluster/old.yaml,line=4,col=35,endColumn=35,title=netgen not-closed::" in worse.log


# --------------------------------------------------------------------------------------------- hostility


@pytest.mark.parametrize("name", ["--help", "$(touch out-of-line)", "a'; touch out-of-line; '", '"`touch out-of-line`'])
def test_inputs_are_never_code(tmp_path: Path, run: Callable[..., Run], name: str) -> None:
    """What stands in an input is one word for netgen: nothing of it is run, and no option comes of a name."""
    base, head = pull_request(tmp_path / "repo")
    which = ("spec", "out", "platform", "layout", "revision", "workloads", "ingress")
    done = run(head, base, **dict.fromkeys(which, name))
    done.log += run(head, base, spec=name, artifact=name, token=name).log
    assert list(tmp_path.rglob("out-of-line")) == []
    assert done.failed
    assert "Usage: netgen render [OPTIONS] FILES...\n\n  Render" not in done.log
    assert "syntax error" not in done.log


def test_files_give_the_runner_no_commands(tmp_path: Path, run: Callable[..., Run]) -> None:
    """A line of the committed folder that looks like a command of the runner stands where commands are not read."""
    folder = tmp_path / "repo"
    base, head = pull_request(folder)
    with (folder / "deploy" / "shop.yaml").open("a", encoding="utf-8") as file:
        file.write("::add-mask::shop\n##[error]forged\n")
    done = run(head, base)
    assert done.failed
    read, stop = [], ""
    for line in done.log.splitlines():
        if stop:
            stop = "" if line == f"::{stop}::" else stop
        elif line.startswith("::stop-commands::"):
            stop = line.removeprefix("::stop-commands::")
            assert re.fullmatch("[0-9a-f]{32}", stop)
        else:
            read.append(line)
    assert "::add-mask::shop" in done.log
    assert not [line for line in read if "add-mask" in line or "forged" in line]


def test_scripts_hold_no_expression() -> None:
    """No expression stands in a script, and each step says its shell."""
    scripts = [step for step in steps(ACTION) if "run" in step]
    assert len(scripts) == 4
    assert [step["name"] for step in scripts if "${{" in step["run"] or step["shell"] != "bash"] == []


# --------------------------------------------------------------------------------------------- schemas


def test_the_action_is_one() -> None:
    """The action fits the published schema, and the auditor of actions and the linter of scripts find nothing."""
    assert linters.fits("github-actions", ACTION) == ""
    assert linters.zizmor(ACTION) == ""
    for step in steps(ACTION):
        if "run" in step:
            assert linters.shellcheck(step["run"], "bash") == ""


def test_the_workflow_of_the_readme_is_one(tmp_path: Path) -> None:
    """The workflow fits the published schema, and the linter and the auditor of workflows find nothing."""
    file = tmp_path / ".github" / "workflows" / "netgen.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(WORKFLOW, encoding="utf-8")
    assert linters.fits("github-workflows", file) == ""
    assert linters.actionlint(file) == ""
    assert linters.zizmor(file) == ""


def test_the_workflow_of_the_readme_runs(tmp_path: Path, run: Callable[..., Run]) -> None:
    """The example gives the action inputs that it has, and checks out as deep as it must."""
    (job,) = yaml.safe_load(WORKFLOW)["jobs"].values()
    checkout, action = job["steps"]
    base, head = pull_request(tmp_path / "whole")
    depth = str(checkout["with"]["fetch-depth"])
    git(tmp_path, "clone", "--quiet", "--depth", depth, (tmp_path / "whole").as_uri(), "repo")
    done = run(head, base, **action["with"])
    assert not done.failed, done.log
    assert OPENED in done.summary
    assert job["permissions"] == {"contents": "read", "pull-requests": "write"}


def test_the_readme_lists_every_input_and_output() -> None:
    """Each input and output has a row in the README, and each row is one."""
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    rows = re.findall(r"^\| `([a-z]+)` \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [*action["inputs"], *action["outputs"]]


def test_netgen_is_installed_from_the_action_itself(tmp_path: Path) -> None:
    """The first step installs the checkout that the action is in, in an environment of its own."""
    (tmp_path / "repo").mkdir()
    contexts: dict[str, Any] = {"github": {"repository": "team/shop", "event": {}}, "steps": {}, "inputs": {}}
    run = Run(ACTION, tmp_path / "repo", tmp_path, contexts, bare_environment())
    others = tuple(step["id"] for step in steps(ACTION) if step.get("id", "install") != "install")
    run.go(without=(*others, None))  # type: ignore[arg-type]
    assert not run.failed, run.log
    done = subprocess.run([run.outputs["netgen"], "--version"], check=True, capture_output=True, encoding="utf-8")
    assert (
        done.stdout == subprocess.run([NETGEN, "--version"], check=True, capture_output=True, encoding="utf-8").stdout
    )
