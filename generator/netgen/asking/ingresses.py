"""Questions that routes answer: of a URL, and of pods to which one leads whatever policies say of the internet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netgen.asking.parties import Aim, Parties, Party
from netgen.asking.question import SHOWN, VERBS, Answer, Question, Reply, listed
from netgen.asking.urls import Url, Way, Ways
from netgen.asking.why import Pair, Why
from netgen.evaluate.endpoints import Kind
from netgen.problems import NetgenError, Problem
from netgen.scene import INTERNET
from netgen.scene.ends import Ends


def with_ways(question: Question, ways: Ways, ends: Ends, why: Why | None) -> Answer:
    """Return the answer to *question*, with the URLs by which sources outside come to the pods all the same."""
    pairs = question.pairs
    if {question.scene.universe.endpoints[one.source.end].kind for one in pairs} != {Kind.ADDRESSES}:
        return question.answer(why)
    aims = {(one.aim.party.workload, one.aim.protocol, one.aim.number) for one in pairs}
    routes = {
        (one.ingress, one.rule): None
        for one in ends.ways.routes
        if (one.backend.workload, one.backend.protocol, one.backend.number) in aims
    }
    from_internet = any(one.source.without_family == INTERNET for one in pairs)
    leading = [one for one in (ways.way(*each) for each in routes) if not (from_internet and one.is_internal)]
    through = tuple(f"{one.url} ({one.ingress.kind} {one})" for one in leading)
    found = question.answer(None if why is None else replace(why, through=through))
    lines = [f"through the {one.ingress.kind}: {one.url} leads there ({one})" for one in leading[:SHOWN]]
    more = len(leading) - SHOWN
    lines += [f"through the Ingress: {more} more path{'s lead' if more > 1 else ' leads'} there"] if more > 0 else []
    return replace(found, beside=tuple(lines))


def answer(
    parties: Parties, url: Url, served: Sequence[Way], sources: Sequence[Party], cni: str, why: Why | None
) -> Answer:
    """Return whether *sources* can open *url*, which *served* serve: whether their controllers can open the pods."""
    name = listed(one.name for one in sources)
    if any(one.without_family == INTERNET for one in sources):
        served = [way for way in served if not way.is_internal] or served
    unclear = [way for way in served if not way.is_plain]
    if unclear:
        first = unclear[0]
        what = f"what the {first.ingress.titled} asks or does besides is not evaluated"
        told = first.rule.beside or first.rule.type
        return _unknown(f"{name} may open {url.text}: {what} ({told})", (), parties)
    leads = {way: _aims(way, parties) for way in served}
    beside = [
        f"the {way.ingress.titled}{way.in_class} leads to {listed(map(str, aims))} (Service {_port(way)})"
        for way, aims in leads.items()
    ]
    proxies = {way: _proxies(way, parties) for way in served}
    strange = [way.ingress.at for way in served if not proxies[way]]
    pairs = [Pair(one, aim) for way, aims in leads.items() for one in proxies[way] for aim in aims]
    if strange or not pairs:
        kind = f"the {strange[0]}" if strange[0] else "the default class"
        what = f"{name} may open {url.text}: nobody here knows the pods of the controller of {kind}"
        return _unknown(what, tuple(beside), parties)
    found = Question(parties.scene, pairs, cni).answer(None if why is None else replace(why, through=(url.text,)))
    reply, because = _reply(found, served, sources, parties)
    beside.append(f"its controller: {found.line}")
    return replace(
        found, reply=reply, line=f"{reply}: {name} {VERBS[reply]} open {url.text}{because}", beside=tuple(beside)
    )


def _unknown(what: str, beside: tuple[str, ...], parties: Parties) -> Answer:
    unproven = tuple(parties.scene.unproven())
    return Answer(Reply.UNKNOWN, f"{Reply.UNKNOWN}: {what}", (), unproven, parties.scene.cluster.said, beside)


def _proxies(way: Way, parties: Parties) -> tuple[Party, ...]:
    """Return the ends from which requests for *way* come to the pods."""
    if way.proxy is None:
        return tuple(parties.party(one) for one in way.controllers)
    end = parties.scene.universe.entity(way.proxy)
    return () if end is None else (Party(parties.scene.names[end], end),)


def _port(way: Way) -> str:
    return f"{'/'.join(way.ingress.backend(way.rule))}:{way.rule.port}"


def _aims(way: Way, parties: Parties) -> list[Aim]:
    """Return the ports of pods to which *way* leads; NetgenError where there are none."""
    found = [
        Aim(parties.party(one.backend.workload), one.backend.protocol, one.backend.number)
        for one in parties.ends.ways.routes
        if (one.ingress, one.rule) == (way.ingress, way.rule)
    ]
    if not found:
        message = f"the {way.ingress.titled} leads to Service {_port(way)}, behind which the manifests tell of no pods"
        raise NetgenError([Problem("unknown-end", None, message, fix="give the Service and its workloads as well")])
    return found


def _reply(found: Answer, served: Sequence[Way], sources: Sequence[Party], parties: Parties) -> tuple[Reply, str]:
    """Return the reply for *sources*, of which *found* is that for the controllers, and the reason in words."""
    if found.unproven:
        return Reply.UNKNOWN, ": something is not understood"
    if found.reply not in (Reply.YES, Reply.SOME):
        return found.reply, ""
    if any(parties.scene.universe.endpoints[one.end].is_pod for one in sources):
        return Reply.UNKNOWN, ": no manifest says by which address a pod comes to the controller"
    if all(way.is_internal for way in served) and any(one.without_family == INTERNET for one in sources):
        return Reply.NO, ": the internet does not reach this entry point, as the Platform says (internal: true)"
    return found.reply, ""
