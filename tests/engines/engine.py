"""The policy engine of kube-network-policies, as `./dev test-engines` built it, and what it is asked."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = ROOT / ".cache" / "engines" / "knp"

Port = tuple[str, int]
"""Protocol and number; the protocol OTHER has no ports, whatever the number."""


@dataclass(frozen=True)
class Question:
    """Which of *addresses* reach each other on which of *ports*, in the cluster of the YAML stream *manifests*.

    The objects are Namespaces, Pods with their addresses, and NetworkPolicies; Services and Ingresses are read over.
    """

    name: str
    manifests: str
    addresses: tuple[str, ...]
    ports: tuple[Port, ...]


def verdicts(questions: Iterable[Question]) -> list[Sequence[bool]]:
    """Return for each question whether each source reaches each target on each port, in this order, or fail the test.

    Two addresses that are no pods' reach each other.
    """
    asked = list(questions)
    code, out, err = run("".join(map(line, asked)))
    if code:
        pytest.fail(f"the engine ended with {code}: {err}")
    answers = [[letter == "1" for letter in line] for line in out.splitlines()]
    assert list(map(len, answers)) == [len(one.addresses) ** 2 * len(one.ports) for one in asked]
    return answers


def run(requests: str) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error of the engine's program, or fail the test."""
    if not COMMAND.is_file():
        pytest.fail(f"{COMMAND.relative_to(ROOT)} is missing: run ./dev test-engines")
    done = subprocess.run([COMMAND], check=False, input=requests, capture_output=True, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


def line(question: Question) -> str:
    """Return *question* as the engine's program reads it."""
    ports = [
        {"protocol": "", "number": 0} if protocol == "OTHER" else {"protocol": protocol, "number": number}
        for protocol, number in question.ports
    ]
    request = {"manifests": question.manifests, "addresses": question.addresses, "ports": ports}
    return json.dumps(request) + "\n"
