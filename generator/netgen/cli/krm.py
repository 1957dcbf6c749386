"""netgen krm."""

from __future__ import annotations

import click

from netgen import api
from netgen.cli.inputs import ENV, read_stdin
from netgen.cli.output import emit, exit_code, proved, report, say, unproved
from netgen.cli.reporting import Kept
from netgen.krm import ResourceList, read_list
from netgen.problems import NetgenError

EXAMPLES = """\b
Example: with this annotation a spec may stand under transformers of a kustomization:
  # config.kubernetes.io/function: "exec: {path: netgen, args: [krm]}"
  kustomize build --enable-alpha-plugins --enable-exec deploy/
"""


@click.command("krm", epilog=EXAMPLES)
@click.option("--env", metavar="NAME", help=ENV)
def command(env: str | None) -> None:
    """Render specs as a KRM function, for kustomize and kpt.

    Standard input is a ResourceList. Its functionConfig and items that are of kind Connectivity or Platform are the
    specs; they are taken out, and what they render is put at the end. The whole list is proved: the workloads in it
    are the pods of the apps, and another policy that opens what no spec says is an error. Problems go to stderr and
    into the results.
    """
    given = read_list(read_stdin() or b"")
    kept = Kept()
    code = 0
    manifests: tuple[api.Manifest, ...] = ()
    rendered: tuple[api.Manifest, ...] | None = None
    try:
        loaded = given.load(env)
        kept.report(loaded.problems)
        manifests = api.render(loaded.intent)
        kept.say(_proved(given, loaded, manifests, kept))
        rendered = manifests
    except NetgenError as error:
        code = exit_code(error)
        kept.report(error.problems)
    located = given.located(kept.problems, manifests)
    said = [{"message": line, "severity": "info"} for line in kept.lines]
    emit(given.answer(rendered, [*(one.result for one in located), *said]))
    report(tuple(one.problem for one in located))
    for line in kept.lines:
        say(line)
    if code:
        raise click.exceptions.Exit(code)


def _proved(given: ResourceList, loaded: api.Loaded, manifests: tuple[api.Manifest, ...], voice: Kept) -> str:
    """Return the line that says what is proved of *manifests* beside the other items; raise where it is not."""
    collisions = given.collisions(manifests)
    if collisions:
        raise NetgenError(collisions)
    if given.beside(manifests):
        return proved(api.verify(loaded.intent, ["-"], stdin=given.stream(manifests)), loaded, voice)
    proof = api.prove(loaded.intent, manifests)
    if proof.too_large:
        return unproved(proof, loaded, voice)
    return proved(proof, loaded, voice)
