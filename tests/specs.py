"""Specs as text, and what they mean in short lines: the permissions, the problems, the Services, the routes."""

from __future__ import annotations

from textwrap import dedent

import pytest

from netgen import api
from netgen.intent import EVERY_POD, Addresses, Entities, Flow, HostName, Peer, Pods, Selector
from netgen.problems import NetgenError, Problem, Severity

PLATFORM_HEAD = "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: example}\n"
HEAD = "apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\nmetadata: {{name: {name}, namespace: {namespace}{more}}}\n"


def document(body: str, namespace: str = "shop", name: str = "", more: str = "") -> str:
    """Return a Connectivity document with *body*; *more* are further keys of its metadata."""
    return HEAD.format(name=name or namespace, namespace=namespace, more=more) + dedent(body)


def apps(body: str, namespace: str = "shop", name: str = "") -> str:
    """Return a Connectivity document whose apps are *body*."""
    lines = dedent(body).strip("\n").splitlines()
    return document("apps:\n" + "".join(f"  {line}\n" for line in lines), namespace, name)


def platform(body: str) -> str:
    """Return a Platform document with *body*."""
    return PLATFORM_HEAD + dedent(body)


ENTRY = platform("entrypoints: {public: {hosts: [shop.example.com], ingress: traefik}}\n")
"""A platform with one entry point, for one host."""


def load(*documents: str, cni: str | None = None, ingress: str | None = None) -> api.Loaded:
    """Return the meaning of *documents*."""
    return api.load("-", stdin="---\n".join(documents).encode(), cni=cni, ingress=ingress)


def refused(*documents: str, cni: str | None = None, ingress: str | None = None) -> list[Problem]:
    """Return the errors for which *documents* mean nothing."""
    with pytest.raises(NetgenError) as caught:
        load(*documents, cni=cni, ingress=ingress)
    return [problem for problem in caught.value.problems if problem.severity is Severity.ERROR]


def codes(*documents: str, ingress: str | None = None) -> list[str]:
    """Return the codes of the errors for which *documents* mean nothing."""
    return [problem.code for problem in refused(*documents, ingress=ingress)]


def warnings(*documents: str) -> list[str]:
    """Return the codes of what is said about *documents*, which mean something, but for the missing platform."""
    return [problem.code for problem in load(*documents).problems if problem.code != "no-platform"]


def opened(*documents: str, ingress: str | None = None, dns: bool = False) -> list[str]:
    """Return the permissions of *documents* as lines: source, target, ports.

    A line ends with `(in)` where only the target's policy speaks of it, and `(out)` where only the source's does. Those
    to name servers are left out unless *dns* is true.
    """
    flows = load(*documents, ingress=ingress).intent.flows
    return sorted(line(flow) for flow in flows if dns or " -> DNS " not in flow.intent)


def line(flow: Flow) -> str:
    """Return a permission as a line of `opened`."""
    source = str(flow.source_app) if flow.source_app and isinstance(flow.source, Pods) else end(flow.source)
    target = str(flow.target_app) if flow.target_app and isinstance(flow.target, Pods) else end(flow.target)
    spans = [f"{port.port or 'all'}{f'-{port.last}' if port.last else ''}/{port.protocol}" for port in flow.ports]
    ports = ",".join(spans) or "everything"
    half = "" if flow.source_app and flow.target_app else " (out)" if flow.source_app else " (in)"
    return f"{source} -> {target} {ports}{half}"


def end(peer: Peer) -> str:
    """Return a peer as text: `shop/app=web`, `shop/*`, `any`, `10.0.0.0/8`, `::/0 without fe80::/10`, `host+world`."""
    if isinstance(peer, Entities):
        return "+".join(peer.names)
    if isinstance(peer, HostName):
        return peer.pattern
    if isinstance(peer, Addresses):
        return " + ".join(
            block.cidr + (" without " + ",".join(block.excluded) if block.excluded else "") for block in peer.blocks
        )
    if peer.selector == EVERY_POD:
        return f"{peer.namespace}/*" if peer.namespace else "any"
    return f"{peer.namespace}/{labels(peer.selector)}"


def labels(selector: Selector) -> str:
    """Return a selector as text: `app=web,tier In a|b`."""
    pairs = [f"{key}={value}" for key, value in selector.labels]
    return ",".join(pairs + [f"{it.key} {it.operator} {'|'.join(it.values)}".strip() for it in selector.expressions])
