"""The options of `render` that write a folder, and the writing or checking of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from netgen import api
from netgen.cli.inputs import folder_completion
from netgen.cli.output import emit
from netgen.problems import Problem, RefutedError
from netgen.report import harmless

if TYPE_CHECKING:
    from netgen.cli.reporting import Voice
    from netgen.write import Layout, Written
    from netgen.write.leftovers import Leftover

_MOST = 20
"""So many objects to be deleted are named; another command names all."""
_LAYOUTS = ("kustomize", "helm", "plain")


def folder_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which folder is written, and how, to *command*."""
    out = "Write the manifests into this folder; what is gone from the spec is gone from there."
    layout = "For what reads the folder.  [kustomize: a folder of its own, with a kustomization.yaml]"
    for add in (
        click.option("--force", is_flag=True, help="With --out: lose what was edited in netgen's own files."),
        click.option(
            "--check", is_flag=True, help="With --out: write nothing; exit 1 with a diff if that would change."
        ),
        click.option("--layout", type=click.Choice(_LAYOUTS), help=layout),
        click.option("--out", metavar="DIR", help=out, shell_complete=folder_completion),
    ):
        command = add(command)
    return command


def check_options(out: str | None, format_: str, layout: str | None, *, check: bool, force: bool) -> None:
    """Raise a usage error where the options of the folder do not go together."""
    if out is not None and format_ == "json":
        raise click.UsageError("--out writes YAML files; -o json is for stdout")
    if out == "":
        raise click.UsageError("--out names no folder; the current one is  .")
    if out is None and (layout is not None or check or force):
        name = "--layout" if layout is not None else "--check" if check else "--force"
        raise click.UsageError(f"{name} is about the folder of --out, which is not given")
    if check and force:
        raise click.UsageError("--force is for writing, and --check writes nothing")


def put(
    manifests: tuple[api.Manifest, ...],
    out: str,
    layout: Layout | None,
    voice: Voice,
    intent: api.Intent,
    *,
    check: bool,
    force: bool,
) -> None:
    """Write *manifests* of *intent* into the folder *out* and say what that changed.

    Or *check* it, and write what would change; raises RefutedError where it is not what the spec gives. Kustomizations
    beside the folder that change what it means are warned of.
    """
    if layout != "helm":
        _warn_of_kustomizations(manifests, out, voice)
    if not check:
        written = api.write(manifests, out, layout=layout or "kustomize", force=force)
        if written.removed:
            voice.say(f"{out}: removed {', '.join(written.removed)}")
        voice.say(f"{out}: {_summary(written)}")
        if layout != "helm":  # Helm deletes what is gone from a chart
            _say_left_over(api.left_over(written, manifests, intent), out, voice)
        return
    found = api.compare(manifests, out, layout=layout or "kustomize")
    if not found.diff:
        voice.say(f"{out}: as the spec says")
        return
    emit("\n".join(map(harmless, found.diff.split("\n"))))
    notes = {
        "would be created": found.files.created,
        "would be changed": found.files.changed,
        "would be removed": found.files.removed,
        "edited since netgen wrote it": found.edited,
    }
    fix = f"write it with  {_writing()}" + (", and --force to lose the edits" if found.edited else "")
    told = tuple(f"{what}: {', '.join(names)}" for what, names in notes.items() if names)
    raise RefutedError([Problem("folder-differs", None, f"{out} is not what the spec gives", told, fix)])


def _warn_of_kustomizations(manifests: tuple[api.Manifest, ...], out: str, voice: Voice) -> None:
    from netgen.overlays import beside  # noqa: PLC0415 - only a run that is given a folder needs it

    voice.report(tuple(beside(Path(out), {manifest.namespace for manifest in manifests} - {""})))


def _writing() -> str:
    """Return the command that is running, as it was given, but for `--check`."""
    context = click.get_current_context()
    words = ["netgen", context.info_name or ""]
    for one in context.command.params:
        name, value = one.name or "", context.params.get(one.name or "")
        if name == "check" or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        values = value if isinstance(value, tuple | list) else (value,)
        for each in values:
            words += [] if isinstance(one, click.Argument) else [one.opts[0]]
            words += [] if each is True else [str(each)]
    import shlex  # noqa: PLC0415 - only a folder that differs needs it

    return shlex.join(words)


def _say_left_over(left: tuple[Leftover, ...], out: str, voice: Voice) -> None:
    """Say which objects are gone from the folder *out*, and not yet from the cluster."""
    if not left:
        return
    it, word = ("it", "object is") if len(left) == 1 else ("them in this order", "objects are")
    voice.say(f"{out}: {len(left)} {word} gone; unless what applies it prunes, apply it and then delete {it}:")
    for one in left[:_MOST]:
        voice.say(f"  kubectl delete {one}{f'   # {one.remark}' if one.remark else ''}")
    if len(left) > _MOST:
        voice.say(f"  and {len(left) - _MOST} more; netgen diff --removed lists all")


def _summary(written: Written) -> str:
    counts = {
        "created": written.created,
        "changed": written.changed,
        "unchanged": written.unchanged,
        "removed": written.removed,
    }
    return ", ".join(f"{len(names)} {what}" for what, names in counts.items() if names)
