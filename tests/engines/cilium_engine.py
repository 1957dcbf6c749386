"""Cilium's policy engine, as `./dev test-engines` built it, and what it is asked."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine import Port

ROOT = Path(__file__).parents[2]
COMMAND = ROOT / ".cache" / "engines" / "cilium"


@dataclass(frozen=True)
class Request:
    """A request over a connection: of HTTP where it has a method, of DNS where it has a name."""

    source: str
    target: str
    port: Port
    method: str = ""
    path: str = ""
    host: str = ""
    name: str = ""


@dataclass(frozen=True)
class Question:
    """Which of *ends* reach each other on which of *ports*, and which *requests* pass, in the cluster of *manifests*.

    The manifests are a YAML stream of Namespaces, Pods with their addresses, Services, NetworkPolicies and Cilium's
    policies and CIDR groups. An end is the address of a pod, of a pod on the host network (then it is a remote node) or
    another; `entity:` and its name; or `fqdn:` and a name whose address the DNS proxy has seen. The number of the
    protocols ICMP and ICMPv6 is a type; the protocol OTHER has none.
    """

    name: str
    manifests: str
    ends: tuple[str, ...]
    ports: tuple[Port, ...] = ()
    requests: tuple[Request, ...] = ()
    cidr_match_mode: tuple[str, ...] = ()
    any_cluster: bool = False


@dataclass(frozen=True)
class Answer:
    """What the engine says: which objects it refuses, or else a letter for each source, target and port, and request.

    1 is allowed and 0 denied; f is allowed for some requests only; u is unsupported, as *unsupported* says; and - is no
    question, where neither end has policies or the source is a name.
    """

    refused: tuple[str, ...]
    verdicts: str
    requests: str
    unsupported: tuple[str, ...]


def answers(questions: Iterable[Question]) -> list[Answer]:
    """Return the engine's answer to each question, or fail the test."""
    asked = list(questions)
    code, out, err = run("".join(map(line, asked)))
    if code:
        pytest.fail(f"the engine ended with {code}: {err}")
    found = [_answer(json.loads(text)) for text in out.splitlines()]
    assert len(found) == len(asked)
    for one, other in zip(asked, found, strict=True):
        wanted = (len(one.ends) ** 2 * len(one.ports), len(one.requests))
        assert other.refused or (len(other.verdicts), len(other.requests)) == wanted
    return found


def run(requests: str) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error of the engine's program, or fail the test."""
    if not COMMAND.is_file():
        pytest.fail(f"{COMMAND.relative_to(ROOT)} is missing: run ./dev test-engines")
    done = subprocess.run([COMMAND], check=False, input=requests, capture_output=True, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


def line(question: Question) -> str:
    """Return *question* as the engine's program reads it."""
    request = {
        "manifests": question.manifests,
        "ends": question.ends,
        "ports": [_port(one) for one in question.ports],
        "questions": [
            {
                "source": one.source,
                "target": one.target,
                "port": _port(one.port),
                "name": one.name,
                "method": one.method,
                "path": one.path,
                "host": one.host,
            }
            for one in question.requests
        ],
        "options": {"cidrMatchMode": question.cidr_match_mode, "anyCluster": question.any_cluster},
    }
    return json.dumps(request) + "\n"


def _port(port: Port) -> dict[str, Any]:
    protocol, number = port
    return {"protocol": "", "number": 0} if protocol == "OTHER" else {"protocol": protocol, "number": number}


def _answer(found: dict[str, Any]) -> Answer:
    refused = tuple(
        f"{one['kind']} {one.get('namespace', '')}/{one['name']}: {one['why']}" for one in found.get("refused", ())
    )
    return Answer(refused, found["verdicts"], found["requests"], tuple(found.get("unsupported", ())))
