"""What is rendered no more: objects that stay in the cluster until somebody deletes them, in the order for that."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from netgen.source import Dialect, read

Body = Mapping[str, Any]

_SEPARATOR = re.compile(r"^---\n", re.MULTILINE)
_MANAGED_BY = "app.kubernetes.io/managed-by"
_CLUSTER_POLICY = ("policy.networking.k8s.io", "ClusterNetworkPolicy")
_CALICO = "projectcalico.org"
_TIER, _SET, _GLOBAL_SET = ((_CALICO, kind) for kind in ("Tier", "NetworkSet", "GlobalNetworkSet"))
_CLUSTERWIDE = frozenset(
    (
        *(("cilium.io", "CiliumClusterwideNetworkPolicy"), _CLUSTER_POLICY, (_CALICO, "GlobalNetworkPolicy")),
        *(_TIER, _GLOBAL_SET),
    )
)
"""Group and kind of what is in no namespace."""
_SUBJECTS = {
    ("networking.k8s.io", "NetworkPolicy"): "podSelector",
    ("cilium.io", "CiliumNetworkPolicy"): "endpointSelector",
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): "endpointSelector",
    _CLUSTER_POLICY: "subject",
    **{(_CALICO, kind): "selector" for kind in ("NetworkPolicy", "GlobalNetworkPolicy", "StagedNetworkPolicy")},
}
"""Group and kind of each policy, and what its subject stands under."""
_ROUTES = (("networking.k8s.io", "Ingress"), ("gateway.networking.k8s.io", "HTTPRoute"))
_LATE = {_SET: 6, _GLOBAL_SET: 6, _TIER: 7}
"""What policies refer to, which goes after them."""
_RENDERED = frozenset({*_SUBJECTS, *_ROUTES, *_LATE, ("", "Service")})
"""Group and kind of what netgen renders: a label that anybody can write makes nothing else netgen's to be deleted."""
# Whoever pastes a line into a shell, or pipes it into xargs, must get words.
_IS_KIND = re.compile(r"[A-Za-z]{1,63}").fullmatch
_IS_GROUP = re.compile(r"[a-z0-9][-.a-z0-9]{0,252}").fullmatch
_IS_NAME = re.compile(r"[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?").fullmatch

_IS_PAIR = re.compile(r"([^ ]+) == '([^']*)'").fullmatch


class Leftover(NamedTuple):
    """An object to be deleted: *resource* as `kubectl get -o name` prints it; *remark* is what that does, if much.

    One of the cluster has no *namespace*.
    """

    namespace: str
    resource: str
    remark: str = ""

    def __str__(self) -> str:
        """Return the arguments of `kubectl delete`."""
        return f"-n {self.namespace} {self.resource}" if self.namespace else self.resource


def outdated(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return each document of the files *before* that does not stand in those *after*, letter by letter."""
    changed = [name for name in before if before[name] != after.get(name)]
    kept = {part for name in after for part in _parts(after[name])} if changed else set()
    return tuple(part for name in changed for part in _parts(before[name]) if part not in kept)


def bodies(texts: Iterable[str]) -> Iterator[Body]:
    """Yield the objects in *texts*; what cannot be read, as after somebody's edit, is no object."""
    reading = read("\n---\n".join(texts), "before", Dialect.MANIFEST)
    yield from (document.data for document in reading.documents if isinstance(document.data, dict))


def left_over(
    old: Iterable[Body], new: Iterable[Body], services: Iterable[tuple[str, str]] = ()
) -> tuple[Leftover, ...]:
    """Return the objects of netgen among *old* that are not among *new*, in the order in which to delete them.

    *services* are namespace and name of those that the specs take to be there: under such a name stands what somebody
    else has made now.

    What leads to pods goes before what protects them: Ingresses, HTTPRoutes, Services, policies of whole namespaces.
    Then the policies of pods that stay closed, those of pods that are open without them, what only denies, and last
    what policies refer to. All of *new* is there by then.
    """
    there = list(new)
    known = {*map(_identity, there), *(("", "Service", namespace, name) for namespace, name in services)}
    held = frozenset(
        (_identity(body)[2], _subject(body), direction)
        for body in there
        if _identity(body)[:2] in _SUBJECTS
        for direction in _directions(body)
    )
    found = {}
    for body in old:
        identity = _identity(body)
        if identity not in known and _is_ours(body) and _is_safe(identity):
            rank, remark = _fate(body, identity, held)
            group, kind, namespace, name = identity
            resource = f"{kind.lower()}{f'.{group}' if group else ''}/{name}"
            found[rank, namespace, resource] = Leftover(namespace, resource, remark)
    return tuple(found[key] for key in sorted(found))


_ALL = json.dumps({})


def _fate(body: Body, identity: tuple[str, str, str, str], held: Collection[tuple[str, str, str]]) -> tuple[int, str]:
    """Return how late an object is deleted, and what that does to pods.

    *held* are the subjects of the policies left, each with a direction that is closed.
    """
    _, kind, namespace, _ = identity
    if identity[:2] not in _SUBJECTS:
        return _LATE.get(identity[:2], 1 if kind == "Service" else 0), ""
    if not _directions(body):
        denies = _denies(body)
        return (5, "what it denies stays closed until then") if denies else (2, "")
    subject = _subject(body)
    stay = all(
        (namespace, _ALL, direction) in held or (namespace, subject, direction) in held
        for direction in _directions(body)
    )
    if subject == _ALL:
        return 2, "" if stay else "pods that no other policy selects are open then"
    return (3, "") if stay else (4, "its pods are open then")


def _denies(body: Body) -> bool:
    spec = _map(body, "spec")
    sides = [side for key in ("ingress", "egress") if isinstance(side := spec.get(key), list)]
    actions = [rule.get("action") for side in sides for rule in side if isinstance(rule, dict)]
    return "Deny" in actions or any(key.endswith("Deny") for key in spec)


def _directions(body: Body) -> list[str]:
    """Return the directions that a policy closes, with the defaults of its kind; none where it only denies."""
    spec = _map(body, "spec")
    if _identity(body)[:2] == _CLUSTER_POLICY:
        return []
    if isinstance(spec.get("types"), list):
        is_staged = str(body.get("kind", "")).startswith("Staged")
        return [] if is_staged or spec.get("tier", "default") != "default" else [str(one) for one in spec["types"]]
    if "endpointSelector" in spec:
        closing = _map(spec, "enableDefaultDeny")
        return [one for one in ("Ingress", "Egress") if one.lower() in spec and closing.get(one.lower()) is not False]
    written = spec.get("policyTypes")
    if isinstance(written, list) and written:
        return [str(one) for one in written]
    return ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _parts(content: bytes) -> list[str]:
    text = content.decode(errors="replace")
    return [part for part in _SEPARATOR.split(text.removeprefix(_header(text))) if part.strip()]


def _header(text: str) -> str:
    first = text.partition("\n")[0]
    return f"{first}\n" if first.startswith("#") else ""


def _map(body: Any, key: str) -> Body:
    value = body.get(key) if isinstance(body, dict) else None
    return value if isinstance(value, dict) else {}


def _identity(body: Body) -> tuple[str, str, str, str]:
    """Return group, kind, namespace and name of an object."""
    metadata = _map(body, "metadata")
    kind = str(body.get("apiVersion", "")).rpartition("/")[0], str(body.get("kind", ""))
    namespace = "" if kind in _CLUSTERWIDE else str(metadata.get("namespace", "default"))
    return *kind, namespace, str(metadata.get("name", ""))


def _is_ours(body: Body) -> bool:
    return _identity(body)[:2] in _RENDERED and _map(_map(body, "metadata"), "labels").get(_MANAGED_BY) == "netgen"


def _is_safe(identity: tuple[str, str, str, str]) -> bool:
    group, kind, namespace, name = identity
    is_somewhere = _IS_NAME(namespace) or identity[:2] in _CLUSTERWIDE
    return bool(_IS_KIND(kind) and (not group or _IS_GROUP(group)) and is_somewhere and _IS_NAME(name))


def _subject(body: Body) -> str:
    """Return the selector of a policy's pods as a text; keys of labels are there without the source of pods."""
    spec, key = _map(body, "spec"), _SUBJECTS[_identity(body)[:2]]
    written = spec.get(key)
    if isinstance(written, str) and written != "all()":
        pairs = [_IS_PAIR(one) for one in written.split(" && ")]
        # By labels alone it is what others write as a map.
        labels = {found[1]: found[2] for found in pairs if found}
        return json.dumps({"matchLabels": labels}, sort_keys=True) if all(pairs) else written
    selector = _map(spec, key)
    return json.dumps(selector, sort_keys=True).replace('"k8s:', '"')
