"""The objects of manifests that nothing here reads, though they are about connections or lean on what is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from netgen.evaluate.objects.model import Cluster, Policy
from netgen.evaluate.objects.ways import IngressObject, ServiceObject
from netgen.importing.drafts import Shared, annotations_of
from netgen.importing.model import Unsaid
from netgen.importing.services import labels_of
from netgen.source import Document, Spot
from netgen.verify.reading import body, items, step, unasked

_GROUPS = frozenset(
    (
        *("gateway.networking.k8s.io", "networking.istio.io", "traefik.io", "traefik.containo.us"),
        *("projectcontour.io", "route.openshift.io", "getambassador.io", "configuration.konghq.com"),
        *("networking.gke.io", "elbv2.k8s.aws", "serving.knative.dev", "split.smi-spec.io", "multicluster.x-k8s.io"),
    )
)
"""API groups whose objects lead to Services, or say how."""
_KINDS = {
    ("", "Endpoints"): "it gives a Service its addresses",
    ("discovery.k8s.io", "EndpointSlice"): "it gives a Service its addresses",
    ("networking.k8s.io", "IngressClass"): "a Platform has the classes of its entry points",
    ("gateway.networking.x-k8s.io", "XListenerSet"): "it is not read",
    ("monitoring.coreos.com", "ServiceMonitor"): "it finds Services by their labels, which netgen gives them too",
}


def tell_of_others(documents: Iterable[Document], cluster: Cluster, shared: Shared, said: Unsaid) -> int:
    """Say what of *documents* a spec has no word for, object by object, and return how many objects there are."""
    count = 0
    for spot, data in _objects(documents):
        count += 1
        group, _, _ = str(data.get("apiVersion") or "").rpartition("/")
        kind, name = str(data.get("kind")), step(data, "metadata", "name")
        why = _KINDS.get((group, kind)) or ("it is not read" if group in _GROUPS else "")
        if why and not step(data, "metadata", "ownerReferences"):
            said.add(spot, f"{kind} {name} is left out: {why}", f"keep this {kind} beside the spec", of=str(name))
    _tell_of_metadata(cluster, shared, said)
    return count


def _tell_of_metadata(cluster: Cluster, shared: Shared, said: Unsaid) -> None:
    for policy in cluster.policies:
        own = shared.get(policy.namespace, {})
        lost = {key: value for key, value in annotations_of(policy).items() if own.get(key) != value}
        if lost:
            said.add(policy.spot, f"annotations of NetworkPolicy {policy} are left out: {', '.join(lost)}")
    labelled: list[Policy | IngressObject] = [*cluster.policies, *cluster.ingresses]
    for one in labelled:
        kind = step(body(one.spot), "kind") or "object"
        labels = ", ".join(f"{key}={value}" for key, value in sorted(labels_of(one).items()))
        if labels:
            said.note(
                one.spot, f"{kind} {one} has labels, and what is rendered has those of its spec: {labels}", of=str(one)
            )
    _tell_of_certificates(cluster, said)
    _tell_of_unsafe(cluster, said)


def _tell_of_unsafe(cluster: Cluster, said: Unsaid) -> None:
    exposing: list[ServiceObject | IngressObject] = [*cluster.services, *cluster.ingresses]
    for one in exposing:
        kind = "Service" if isinstance(one, ServiceObject) else "Ingress"
        for key, what in unasked((), one.spot):
            fix = f"to keep it, write it into the spec and  unsafeAnnotations: [{key}]  into the Platform"
            said.add(one.spot, f"{kind} {one} has the annotation {key}, which {what}; it is left out", fix)


def _tell_of_certificates(cluster: Cluster, said: Unsaid) -> None:
    for ingress in cluster.ingresses:
        hosts = {rule.host for rule in ingress.rules}
        for entry in items(step(body(ingress.spot), "spec", "tls")):
            for host in items(step(entry, "hosts")):
                if host not in hosts:
                    said.add(ingress.spot, f"Ingress {ingress} has a certificate for {host}, and no rule")


def _objects(documents: Iterable[Document]) -> Iterator[tuple[Spot, dict[str, Any]]]:
    """Yield each object, those of lists too."""
    waiting = [(document.spot(), document.data) for document in documents]
    while waiting:
        spot, data = waiting.pop()
        if not isinstance(data, dict):
            continue
        if str(data.get("kind", "")).endswith("List") and isinstance(data.get("items"), list):
            at = spot.at("items")
            waiting += [(at.at(index), item) for index, item in enumerate(data["items"])]
        else:
            yield spot, data
