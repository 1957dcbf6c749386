"""The steps of a composite action as a runner of GitHub runs them: expressions, variables, files, exit codes."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
_TOKEN = re.compile(r"\s*('[^']*'|[a-z_][\w.-]*(?:\(\))?|&&|\|\||[!=]=|!)", re.IGNORECASE)
_SHELL = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail")


@dataclass(slots=True)
class Run:
    """A run of the action *file* in the checkout *folder*, with what it has written so far.

    *contexts* hold what expressions know. *log* is all that the steps printed; *uploads* are the arguments of the
    actions that it uses.
    """

    file: Path
    folder: Path
    temp: Path
    contexts: dict[str, Any]
    environment: dict[str, str]
    log: str = ""
    uploads: list[dict[str, str]] = field(default_factory=list)
    failed: bool = False

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the action."""
        declared = yaml.safe_load(self.file.read_text(encoding="utf-8"))["outputs"]
        return {name: self.fill(output["value"]) for name, output in declared.items()}

    @property
    def summary(self) -> str:
        """The summary of the run."""
        file = self.temp / "summary"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def fill(self, text: str) -> str:
        """Return *text* with the values of its expressions."""
        return _EXPRESSION.sub(lambda match: _text(self._value(match[1])), text)

    def go(self, *, without: tuple[str, ...] = ()) -> Run:
        """Run the steps, but those whose ids are in *without*, whose outputs the contexts have already."""
        for step in steps(self.file):
            if step.get("id") not in without:
                self._step(step)
        return self

    def _step(self, step: dict[str, Any]) -> None:
        if self.failed and "if" not in step:
            return
        if "if" in step and not self._value(_EXPRESSION.fullmatch(step["if"])[1]):  # type: ignore[index]
            return
        if "uses" in step:
            self.uploads.append({key: self.fill(str(value)) for key, value in step["with"].items()})
            return
        code = self._run(step)
        outputs = dict(line.split("=", 1) for line in self._file("output").read_text().splitlines())
        outcome = "failure" if code else "success"
        self.contexts["steps"][step.get("id", "")] = {"outputs": outputs, "outcome": outcome}
        self.failed = self.failed or bool(code)

    def _run(self, step: dict[str, Any]) -> int:
        """Run the script of *step* and return its exit code."""
        script = self._file("script.sh")
        script.write_text(step["run"], encoding="utf-8")
        self._file("output").write_text("")
        variables = {
            "GITHUB_ACTION_PATH": str(self.file.parent),
            "GITHUB_OUTPUT": str(self._file("output")),
            "GITHUB_REPOSITORY": self.contexts["github"]["repository"],
            "GITHUB_STEP_SUMMARY": str(self._file("summary")),
            "RUNNER_TEMP": str(self.temp),
        }
        variables |= {name: self.fill(str(value)) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            [*_SHELL, script],
            check=False,
            cwd=self.folder,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self.log += done.stdout
        return done.returncode

    def _file(self, name: str) -> Path:
        return self.temp / name

    def _value(self, expression: str) -> Any:
        """Return the value of *expression*: the few forms that the action uses, by the rules of GitHub."""
        words = _TOKEN.findall(expression)
        assert "".join(words) == re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", expression), expression
        return all(self._term(term) for term in _split(words)) if "&&" in words else self._term(words)

    def _term(self, words: list[str]) -> Any:
        match words:
            case ["!", "cancelled()"]:
                return True
            case [left, ("==" | "!=") as operator, right]:
                return (_text(self._operand(left)) == _text(self._operand(right))) is (operator == "==")
            case [word]:
                return self._operand(word)
        raise ValueError(words)

    def _operand(self, word: str) -> Any:
        if word.startswith("'"):
            return word[1:-1]
        value: Any = self.contexts
        for name in word.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value


def steps(file: Path) -> list[dict[str, Any]]:
    """Return the steps of the composite action *file*."""
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))["runs"]["steps"]
    return found


def inputs(file: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs of the action *file* with *given* ones; fail for one that it has not, or demands."""
    declared = yaml.safe_load(file.read_text(encoding="utf-8"))["inputs"]
    assert set(given) <= set(declared)
    assert {name for name, each in declared.items() if each.get("required")} <= set(given)
    return {name: given.get(name, each.get("default", "")) for name, each in declared.items()}


def bare_environment(**more: str) -> dict[str, str]:
    """Return the variables of this process, but those of a pipeline that it may run in itself, and *more*."""
    strange = ("GITHUB_", "RUNNER_", "CI", "GIT_", "GITLAB_", "GH_", "PYTHON", "PRE_COMMIT", "NETGEN_", "ARGOCD_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    return {**kept, **more}


def _split(words: list[str]) -> list[list[str]]:
    terms: list[list[str]] = [[]]
    for word in words:
        if word == "&&":
            terms.append([])
        else:
            terms[-1].append(word)
    return terms


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
