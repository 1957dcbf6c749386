"""netgen render."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netgen import api
from netgen.cli.folder import check_options, folder_options, put
from netgen.cli.inputs import inputs, jobs_option, load, read_workloads, workloads_option
from netgen.cli.output import emit, not_proved, proved, unproved
from netgen.cli.reporting import CHOICES, Choice, Voice, reporting

if TYPE_CHECKING:
    from netgen.write import Layout


EXAMPLES = """\b
Examples:
  netgen render spec.yaml
  netgen render spec.yaml --ingress traefik
  netgen render teams/ --platform platform.yaml --out deploy/
  netgen render teams/ --workloads charts/ --out deploy/
  netgen render spec.yaml --out chart/templates --layout helm
  netgen render spec.yaml --out deploy/ --check
  cat spec.yaml | netgen render - -o json | jq .items[].kind
"""


@click.command("render", epilog=EXAMPLES)
@inputs
@click.option("-o", "format_", type=click.Choice(["yaml", "json"]), default="yaml", help="Format on stdout.  [yaml]")
@folder_options
@workloads_option
@jobs_option
@click.option("--no-verify", is_flag=True, help="Leave the proof out, and say so.")
@click.option("--report", "told", type=click.Choice(CHOICES), default="text", help="Format on stderr.  [text]")
def command(
    files: tuple[str, ...],
    platform: str | None,
    cni: str | None,
    ingress: str | None,
    gateway: str | None,
    env: str | None,
    format_: api.Format,
    out: str | None,
    layout: Layout | None,
    workloads: tuple[str, ...],
    namespace: str | None,
    jobs: int,
    told: Choice,
    *,
    check: bool,
    force: bool,
    no_verify: bool,
) -> None:
    """Render specs as Services, policies, Ingresses and HTTPRoutes.

    FILES are spec files and folders; - reads standard input. Manifests go to stdout, or with --out into a folder,
    which becomes new at once or stays as it is; everything else goes to stderr. The manifests are proved: read back by
    an evaluator that shares nothing with the renderer, they open what the spec says and nothing else. When something is
    wrong, nothing is written.
    With --workloads they are proved in their cluster: against the pods that are there, and with the other policies.
    """
    check_options(out, format_, layout, check=check, force=force)
    if workloads and no_verify:
        raise click.UsageError("--workloads is for the proof, and --no-verify leaves it out")
    with reporting("render", told, files[0], beside=True) as voice:
        stdin = read_workloads(workloads, (*files, platform), namespace)
        loaded, manifests = make(files, platform, cni, ingress, gateway, env, jobs, voice)
        no_proof = not_proved("--no-verify", loaded) if no_verify else ""
        voice.say(no_proof or proved_or_open(loaded, manifests, workloads, namespace, stdin, voice))
        if out is None:
            emit(api.stream(manifests, format_))
        else:
            put(manifests, out, layout, voice, loaded.intent, check=check, force=force)


def make(
    files: tuple[str, ...],
    platform: str | None,
    cni: str | None,
    ingress: str | None,
    gateway: str | None,
    env: str | None,
    jobs: int,
    voice: Voice,
) -> tuple[api.Loaded, tuple[api.Manifest, ...]]:
    """Return what *files* mean and their manifests, and report what is to be said of them."""
    loaded = load(files, platform, cni, ingress, gateway, env, voice.line)
    with voice.line as progress:
        manifests = api.render(loaded.intent, jobs=jobs, progress=progress)
    voice.report(loaded.problems)
    return loaded, manifests


def proved_or_open(
    loaded: api.Loaded,
    manifests: tuple[api.Manifest, ...],
    workloads: tuple[str, ...],
    namespace: str | None,
    stdin: bytes | None,
    voice: Voice,
) -> str:
    """Return the line that says what is proved, or why nothing is; raise RefutedError for what is found to be wrong.

    What netgen has rendered itself is not refused because a proof of it would be too large; what is not understood in
    *workloads* is refused, since it may open or close anything.
    """
    with voice.line as progress:
        proof = api.prove(
            loaded.intent, manifests, workloads=workloads, namespace=namespace, stdin=stdin, progress=progress
        )
    if proof.too_large and not workloads:
        return unproved(proof, loaded, voice)
    return proved(proof, loaded, voice)
