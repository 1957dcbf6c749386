"""netgen can."""

from __future__ import annotations

from functools import partial

import click

from netgen import api
from netgen.cli.inputs import PLUGIN_OF_SPECS, file_completion, load, platform_options, read_stdin
from netgen.cli.output import emit, report
from netgen.cli.progress import here
from netgen.files import STDIN
from netgen.problems import RefutedError
from netgen.profiles import rendered_for
from netgen.report import harmless

EXAMPLES = """\b
Examples:
  netgen can web db:5432 --spec spec.yaml --why
  netgen can shop/web shop/db:5432 deploy/
  netgen can shop/web db.shop.svc:5432 deploy/
  netgen can shop/web kube-system/k8s-app=kube-dns:53/udp deploy/ --spec spec.yaml --why
  helm template chart/ | netgen can shop/web shop/db:5432 - --cni calico
"""

NO = 1


@click.command("can", epilog=EXAMPLES)
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@click.argument("manifests", nargs=-1, metavar="[MANIFESTS...]", shell_complete=file_completion)
@click.option("--spec", "specs", multiple=True, metavar="SPEC", help="A spec, or a folder of them, to name its lines.")
@partial(platform_options, cni=PLUGIN_OF_SPECS)
@click.option("--why", is_flag=True, help="Say what decides it, which name to dial, and what would open it.")
@click.pass_context
def command(
    ctx: click.Context,
    source: str,
    target: str,
    manifests: tuple[str, ...],
    specs: tuple[str, ...],
    platform: str | None,
    cni: str | None,
    ingress: str | None,
    gateway: str | None,
    env: str | None,
    *,
    why: bool,
) -> None:
    """Say whether SRC can open DST, an end and its port.

    Exit code 0 says yes, and 1 no, for some requests only, or that it is not known. MANIFESTS are files and folders,
    whoever wrote them; - reads standard input. Without any, the specs are asked. SRC is namespace/name of a workload or
    Service (the name alone where it is the only one), namespace/key=value for a pod with just these labels, internet,
    or an address. DST is the same with a colon and a port: a number, 53/udp, or a name; the port of a Service is
    followed to its pods. It may also be a Service's DNS name and port (cart.checkout.svc:8080), or a URL that an
    Ingress serves.
    """
    if not manifests and not specs:
        raise click.UsageError("give the manifests, or --spec")
    if STDIN in (*specs, platform) and STDIN in manifests:
        raise click.UsageError("standard input holds the spec or the manifests, not both")
    line = here()
    given = None if manifests else rendered_for(cni)
    intent = load(specs, platform, given, ingress, gateway, env, line).intent if specs else None
    stdin = read_stdin() if STDIN in manifests else None
    with line as progress:
        answer = api.can(source, target, manifests, intent=intent, cni=cni, stdin=stdin, reasons=why, progress=progress)
    report(answer.said)
    lines = (answer.line, *(f"  {line}" for line in (*answer.beside, *answer.why)))
    emit("".join(f"{harmless(line)}\n" for line in lines))
    if answer.unproven:
        raise RefutedError(answer.unproven)
    if answer.reply != "yes":
        ctx.exit(NO)
