"""Calico's policy engine, as `./dev test-engines` built it, and what it is asked."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from engine import ROOT, Question, line

COMMAND = ROOT / ".cache" / "engines" / "calico"


@dataclass(frozen=True)
class Answer:
    """What the engine says: which objects it refuses, or else a letter for each source, target and port.

    1 is allowed and 0 denied; - is no question, where neither end has policies, or they are of different families, or
    the protocol is the ICMP of the other one.
    """

    refused: tuple[str, ...]
    verdicts: str


def answers(questions: Iterable[Question]) -> list[Answer]:
    """Return the engine's answer to each question, or fail the test.

    The manifests are a YAML stream of Namespaces, Pods with their addresses, ServiceAccounts, Services, NetworkPolicies
    and Calico's policies, tiers and network sets. The number of the protocols ICMP and ICMPv6 is a type.
    """
    asked = list(questions)
    code, out, err = run("".join(map(line, asked)))
    if code:
        pytest.fail(f"the engine ended with {code}: {err}")
    found = [_answer(json.loads(text)) for text in out.splitlines()]
    assert len(found) == len(asked)
    for one, other in zip(asked, found, strict=True):
        assert other.refused or len(other.verdicts) == len(one.addresses) ** 2 * len(one.ports)
    return found


def run(requests: str) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error of the engine's program, or fail the test."""
    if not COMMAND.is_file():
        pytest.fail(f"{COMMAND.relative_to(ROOT)} is missing: run ./dev test-engines")
    done = subprocess.run([COMMAND], check=False, input=requests, capture_output=True, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


def _answer(found: dict[str, Any]) -> Answer:
    refused = (
        f"{one['kind']} {one.get('namespace', '')}/{one['name']}: {one['why']}" for one in found.get("refused", ())
    )
    return Answer(tuple(refused), found["verdicts"])
