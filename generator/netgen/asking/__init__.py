"""One question, whether one end can open a port of another: the answer of `netgen can`."""

from __future__ import annotations

from collections.abc import Sequence

from netgen.asking import ingresses
from netgen.asking.advice import Meant
from netgen.asking.parties import Parties, asked_pod, split
from netgen.asking.question import Answer, Question, Reply
from netgen.asking.urls import Ways, service_of, url_of
from netgen.asking.why import Pair, Why
from netgen.evaluate.objects.model import Cluster, Workload
from netgen.intent import Intent
from netgen.problems import NetgenError, Problem
from netgen.scene import ASKED, Scene, known_cni, scenes
from netgen.scene.ends import Ends
from netgen.verify import ideal
from netgen.verify.standing import with_existing

__all__ = ["Answer", "Reply", "can"]


def can(
    cluster: Cluster,
    source: str,
    target: str,
    *,
    cni: str,
    intent: Intent | None,
    reasons: bool = True,
    rendered: bool = False,
) -> Answer:
    """Return whether *source* can open *target*, an end and a port or a URL, by the manifests of *cluster*.

    *intent* is what specs say about the same cluster: the reasons name their lines too. Without *reasons* none are
    looked up, and no places, which is faster. *rendered*: the manifests are in no file, so that they have no places.
    NetgenError for an end that nothing is, and for a text of the wrong form.
    """
    cluster = with_existing(cluster, intent)
    url = url_of(target)
    ways = Ways(cluster, intent)
    served = () if url is None or service_of(url.host) else ways.serving(url)
    end, port = split(target) if url is None else (url.host, str(url.port))
    namespace = _namespace(cluster, intent)
    named = (source,) if served else (source, end)
    pods = {text: pod for text in named if (pod := asked_pod(text, namespace)) is not None}
    planes = [one for way in served for one in way.controllers if one.kind == ASKED]
    here, spec = _scene(cluster, intent, cni, (*pods.values(), *planes))
    parties = Parties(here, Ends(here), pods, namespace)
    why = Why(here, parties.ends, spec, placed=not rendered) if reasons else None
    sources = parties.sources(source)
    if url is not None and served:
        return ingresses.answer(parties, url, served, sources, cni, why)
    pairs = [Pair(party, aim) for aim in parties.aims(end, port) for party in sources]
    _expect_pods(here, pairs)
    return ingresses.with_ways(Question(here, pairs, cni), ways, parties.ends, why)


def _scene(
    cluster: Cluster, intent: Intent | None, cni: str, asked: tuple[Workload, ...]
) -> tuple[Scene, Meant | None]:
    """Return the scene of *cluster*, and what *intent* says in the same universe."""
    meant = () if intent is None else (Cluster(policies=ideal.policies(intent)),)
    here, *others = scenes(
        (cluster, *meant),
        cni=known_cni(cni),
        pod_ranges=() if intent is None else intent.pod_ranges,
        node_ranges=() if intent is None else intent.node_ranges,
        server_ranges=() if intent is None else intent.server_ranges,
        asked=asked,
    )
    return here, None if intent is None else Meant(intent, others[0])


def _expect_pods(scene: Scene, pairs: Sequence[Pair]) -> None:
    """Raise NetgenError where neither end is a pod: no policy decides that, so nobody here knows."""
    for pair in pairs:
        if not any(scene.universe.endpoints[end].is_pod for end in pair.ends):
            message = f"neither {pair.source.name} nor {pair.aim.party.name} is a pod: no policy decides between them"
            raise NetgenError([Problem("unknown-end", None, message, fix="name a pod at one end")])


def _namespace(cluster: Cluster, intent: Intent | None) -> str | None:
    """Return the namespace that a name without one is in: that of the specs, else of the workloads, if it is one."""
    if intent is not None:
        spaces = {app.key.namespace for app in intent.apps}
    else:
        spaces = {one.namespace for one in cluster.workloads} | {one.namespace for one in cluster.policies}
    return next(iter(spaces)) if len(spaces) == 1 else None
