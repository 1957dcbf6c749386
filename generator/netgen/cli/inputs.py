"""The arguments and options that say what a run reads, and the reading."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from netgen import api
from netgen.cli.reporting import CHOICES
from netgen.files import STDIN
from netgen.problems import NetgenError, Problem
from netgen.profiles import NAMES
from netgen.source import Dialect
from netgen.spec.forms.text import DNS_LABEL, shown

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from netgen.cli.progress import Line

Command = Callable[..., Any]


def file_completion(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Have the shell complete *incomplete* as the name of a file or folder."""
    return _completion(incomplete, "file")


def folder_completion(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Have the shell complete *incomplete* as the name of a folder."""
    return _completion(incomplete, "dir")


def cni_completion(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Have the shell complete *incomplete* as the name of a network plugin."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a shell that completes needs it

    return [CompletionItem(name) for name in NAMES if name.startswith(incomplete)]


def _completion(incomplete: str, kind: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a shell that completes needs it

    return [CompletionItem(incomplete, type=kind)]


def inputs(command: Command) -> Command:
    """Add FILES and the options of the platform to *command*."""
    files = click.argument("files", nargs=-1, required=True, metavar="FILES...", shell_complete=file_completion)
    return files(platform_options(command))


RENDERED_FOR = (
    "Render for this CNI, whatever the platform says: kubernetes (plain NetworkPolicies, for any CNI), cilium, calico, "
    "flannel or weave, with its version, such as 'cilium 1.19'.  [kubernetes]"
)
PLUGIN = (
    "The network plugin that enforces policies: calico, cilium, flannel, weave, kube-network-policies, or kubernetes, "
    "which is any.  [kubernetes]"
)
"""The help of `--cni` where policies are evaluated, with the names of netgen.evaluate.semantics.PROFILES."""
PLUGIN_OF_SPECS = f"{PLUGIN.removesuffix(' [kubernetes]')}Specs are rendered for it.  [that of the specs]"
"""The help of `--cni` where specs may be given, too, whose platform names it."""


GATEWAY = (
    "Serve exposed URLs through this Gateway: NAMESPACE/NAME[:LISTENER][=PROFILE]. PROFILE is that of its controller: "
    "cilium, envoy-gateway, istio, traefik and others.  [generic]"
)
"""The help of `--gateway`."""
ENV = "The environment of the run, where the Platform has several."
"""The help of `--env`, wherever specs are read."""


NAMESPACE = "The namespace of objects that name none.  [default]"
"""The help of `--namespace` where manifests are read that others wrote."""


def platform_options(command: Command, *, cni: str | None = RENDERED_FOR) -> Command:
    """Add the options that give the platform, or stand in for one, to *command*; *cni* is that of `--cni`, if any."""
    platform = "The Platform document, where the specs do not hold it."
    for add in (
        click.option("--env", metavar="NAME", help=ENV),
        click.option("--gateway", metavar="GATEWAY", help=GATEWAY),
        click.option("--ingress", metavar="CLASS", help="Serve exposed URLs through this Ingress class."),
        *((click.option("--cni", metavar="NAME", help=cni, shell_complete=cni_completion),) if cni else ()),
        click.option(
            "--platform", metavar="FILE", help=platform, multiple=True, callback=_once, shell_complete=file_completion
        ),
    ):
        command = add(command)
    return command


def workloads_option(command: Command) -> Command:
    """Add the option that gives the cluster around the manifests to *command*."""
    what = (
        "What is in the cluster: its workloads, other policies. A file, a folder, or - for stdin; repeatable. A "
        "cluster is asked by: kubectl get deploy,sts,ds,job,cronjob,pod,ns,netpol -A -o yaml ; of Cilium also by: "
        "kubectl get ciliumnetworkpolicies,ciliumclusterwidenetworkpolicies,ciliumcidrgroups -A -o yaml"
    )
    for add in (
        click.option("--namespace", metavar="NAME", help=NAMESPACE, callback=namespace_name),
        click.option("--workloads", multiple=True, metavar="DIR", help=what, shell_complete=file_completion),
    ):
        command = add(command)
    return command


def report_option(command: Command) -> Command:
    """Add the option that gives the format of the outcome to *command*, whose result it is."""
    add = click.option("-o", "format_", type=click.Choice(CHOICES), default="text", help="Format on stdout.  [text]")
    return add(command)


def jobs_option(command: Command) -> Command:
    """Add the option that spreads the work over processes to *command*."""
    what = "Render in so many processes at once, 0: one for each processor. Pays from some thousand apps on.  [1]"
    add = click.option("--jobs", type=click.IntRange(0, 256), default=1, metavar="N", help=what, callback=_jobs)
    return add(command)


def _jobs(_ctx: click.Context, _param: click.Parameter, value: int) -> int:
    if value == 1:
        return 1
    from netgen.jobs import available, processors  # noqa: PLC0415 - few runs are large enough to gain by it

    if not available():
        raise click.UsageError("--jobs is for systems that can copy a process (fork), and this is none")
    return value or processors()


def namespace_name(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return *value*, which a namespace can be called; None where none is given."""
    if value is not None and not DNS_LABEL.fullmatch(value):
        raise click.BadParameter(f"{shown(value)} is not the name of a namespace")
    return value


def read_workloads(
    workloads: tuple[str, ...], others: tuple[str | None, ...], namespace: str | None = None
) -> bytes | None:
    """Return standard input where *workloads* name it; a usage error where *others*, which are read too, name it.

    It is one too where *namespace* is given for *workloads*, and there are none.
    """
    if namespace and not workloads:
        raise click.UsageError("--namespace is for the objects of --workloads, which is not given")
    if STDIN not in workloads:
        return None
    if STDIN in others:
        raise click.UsageError("standard input holds the workloads or something else, not both")
    return read_stdin()


def _once(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> str | None:
    """Return the one value of an option; of two, click itself would take the last without a word."""
    if len(values) > 1:
        raise click.UsageError("--platform is given twice: a run is for one cluster")
    return values[0] if values else None


def load(
    files: tuple[str, ...],
    platform: str | None,
    cni: str | None,
    ingress: str | None,
    gateway: str | None,
    env: str | None,
    line: Line | None = None,
) -> api.Loaded:
    """Return the meaning of *files*, folders and standard input (`-`); *line* shows how far that is."""
    stdin = read_stdin() if STDIN in (*files, platform) else None
    with line or nullcontext() as progress:
        return api.load(
            files,
            platform=platform,
            cni=cni,
            ingress=ingress,
            gateway=gateway,
            env=env,
            stdin=stdin,
            progress=progress,
        )


def read_stdin() -> bytes | None:
    """Return standard input, a little more than netgen reads at most; None where it is closed."""
    if sys.stdin is None:
        return None
    try:
        return sys.stdin.buffer.read(Dialect.MANIFEST.most_bytes + 1)
    except OSError as error:
        raise NetgenError([Problem("unreadable-file", None, f"standard input: {error.strerror}")]) from None
