"""Small repositories of a team: a spec, the folder that netgen wrote, and a change of both."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from composite import bare_environment

NETGEN = Path(sys.executable).with_name("netgen")
AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")
SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web:
    port: 8080
    calls: [db]
  db: 5432
"""
WIDER = SPEC.replace("calls: [db]", "calls: [db, cache]") + "  cache: 6379\n"


def git(folder: Path, *words: str) -> str:
    """Run git in *folder* and return what it prints."""
    command = ["git", *AUTHOR, *words]
    done = subprocess.run(
        command, check=True, cwd=folder, env=bare_environment(), stdout=subprocess.PIPE, encoding="utf-8"
    )
    return done.stdout.strip()


def commit(folder: Path, message: str, files: dict[str, str] | None = None) -> str:
    """Write *files* below *folder*, commit all that is there, and return the commit."""
    for name, text in (files or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def netgen(folder: Path, *words: str) -> str:
    """Run netgen in *folder* and return what it prints on stdout."""
    done = subprocess.run([NETGEN, *words], check=True, cwd=folder, capture_output=True, encoding="utf-8")
    return done.stdout


def checkout(folder: Path) -> str:
    """Commit a copy of netgen's checkout, as it is now, in *folder*, and return the commit."""
    root = Path(__file__).parents[2]
    for name in git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((root / name).read_bytes())
    git(folder, "init", "--quiet")
    return commit(folder, "copy")


def pull_request(
    folder: Path, before: str = SPEC, after: str = WIDER, *, broken: bool = False, rendered: bool = True
) -> tuple[str, str]:
    """Make *folder* a checkout of a pull request merged into its base; return the commits of the base and its own.

    The folder `deploy` is committed with both, unless *before* is *broken*, and with *after* if it is *rendered*.
    """
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    (folder / "specs").mkdir()
    (folder / "specs" / "shop.yaml").write_text(before, encoding="utf-8")
    if not broken:
        netgen(folder, "render", "specs", "--out", "deploy")
    base = commit(folder, "before")
    git(folder, "checkout", "--quiet", "-b", "change")
    (folder / "specs" / "shop.yaml").write_text(after, encoding="utf-8")
    if rendered:
        netgen(folder, "render", "specs", "--out", "deploy")
    head = commit(folder, "after")
    git(folder, "checkout", "--quiet", "main")
    git(folder, "merge", "--quiet", "--no-ff", "--message", "merged", "change")
    return base, head
