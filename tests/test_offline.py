"""No command opens a connection or looks up a name: a run sends nothing anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SPEC = "specs/shop/spec.yaml"
GOLDEN = "tests/golden/shop.yaml"
COMMANDS = [
    ["render", SPEC],
    ["check", SPEC, "-o", "sarif"],
    ["verify", "--spec", SPEC, GOLDEN, "-o", "json"],
    ["reach", GOLDEN],
    ["can", "frontend", "backend:8080", "--spec", SPEC, "--why"],
    ["diff", SPEC, GOLDEN, "-o", "markdown"],
    ["diff", "git:HEAD", SPEC],
    ["import", GOLDEN],
    ["schema", "connectivity"],
]

# Runs commands in a process that each use of a socket ends; what they run themselves is git, whose protocols are off.
ALONE = """
import json, os, sys

def hook(event, arguments):
    if event.startswith("socket."):
        os.write(2, f"{sys.argv}: {event} {arguments}".encode())
        os._exit(99)

sys.addaudithook(hook)
from netgen.cli import main
codes = []
for words in json.loads(sys.argv[1]):
    sys.argv[1:] = words
    codes.append(main())
print(json.dumps(codes), file=sys.stderr)
"""


def test_no_command_opens_a_socket() -> None:
    """Every command that reads or writes manifests does its work without the network."""
    command = [sys.executable, "-c", ALONE, json.dumps(COMMANDS)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    codes = json.loads(done.stderr.splitlines()[-1])
    assert len(codes) == len(COMMANDS)
    assert [words for words, code in zip(COMMANDS, codes, strict=True) if code > 1] == []


def test_a_socket_would_be_seen() -> None:
    """The hook of these tests stops a process that does open one."""
    opening = ALONE.replace("from netgen.cli import main", "import socket; socket.create_connection(('127.0.0.1', 9))")
    done = subprocess.run([sys.executable, "-c", opening], check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 99
