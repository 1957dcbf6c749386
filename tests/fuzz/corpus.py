"""What fuzzing begins with, the specs and manifests of the project and random ones, and how inputs are changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml

from clusters import random_cluster
from mutations import BREAKERS, NUMBERS, TEXTS, places, written
from netgen import api
from strategies import random_system
from writing import chance_of, freely, plainly

ROOT = Path(__file__).parents[2]
RANDOM = 60
MOST_BYTES = 20_000
"""No input is longer: what is wrong with a long text is wrong with a short one, which is tried sooner."""

SURROUNDINGS = """\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop}
  spec:
    selector: &selector {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec: {hostNetwork: false, containers: [{name: c, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]}
- apiVersion: batch/v1
  kind: CronJob
  metadata: {generateName: job-, namespace: shop}
  spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: job}}, spec: {containers: [{name: c}]}}}}}
- {apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: other, namespace: shop}, spec: {}}
---#comment
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector:
    <<: *none
    matchExpressions: [{key: app, operator: NotIn, values: [db]}]
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, {namespaceSelector: {}, podSelector: {}}]
    ports: [{port: http}, {port: 8000, endPort: 9000, protocol: UDP}]
  egress: [{}]
---
{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "namespace": "shop"},
 "spec": {"ingressClassName": "traefik", "tls": [{"hosts": ["a.example.com"], "secretName": "s"}],
  "rules": [{"host": "a.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix",
   "backend": {"service": {"name": "web", "port": {"name": "http"}}}}]}}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, type: NodePort,
 externalTrafficPolicy: Local, ports: [{name: http, port: 80, targetPort: http, nodePort: 30080}]}}
"""


def seeds(target: str) -> Iterator[bytes]:
    """Yield what *target* begins with."""
    makers: dict[str, Callable[[], Iterator[str]]] = {
        "read-spec": _specs,
        "load": _specs,
        "verify": _pairs,
    }
    for text in makers.get(target, _manifests)():
        data = text.encode("utf-8", "surrogatepass")
        if len(data) <= MOST_BYTES:
            yield data


def _specs() -> Iterator[str]:
    yield from _examples()
    yield from (file.read_text(encoding="utf-8") for file in sorted(ROOT.glob("tests/problems/*.yaml")))
    for number in range(RANDOM):
        chance = chance_of(number)
        yield freely(list(random_system(number).documents), chance)


def _examples() -> Iterator[str]:
    for folder in sorted((ROOT / "specs").iterdir()):
        yield "\n---\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.yaml")))


def _manifests() -> Iterator[str]:
    yield SURROUNDINGS
    yield from (file.read_text(encoding="utf-8") for file in sorted((ROOT / "tests" / "golden").glob("*.yaml")))
    for number in range(RANDOM):
        yield freely(random_cluster(str(number)).objects, chance_of(number))
        if number % 4 == 0:
            yield rendered(plainly(random_system(number).documents))


def _pairs() -> Iterator[str]:
    for spec in _examples():
        yield f"{spec}\n---\n{rendered(spec)}"
    for number in range(RANDOM):
        spec = plainly(random_system(number).documents)
        workloads = plainly(random_cluster(str(number)).objects)
        yield f"{spec}\n---\n{rendered(spec)}" + (f"\n---\n{workloads}" if number % 2 else "")


def rendered(spec: str) -> str:
    """Return the manifests of the text *spec*."""
    return api.stream(api.render(api.load("-", stdin=spec.encode()).intent), "yaml")


class Mutator:
    """Changes inputs, mostly one value of the tree that they are, with what the *seeds* hold at such places."""

    def __init__(self, seeds: list[bytes]) -> None:
        self._seeds = seeds
        self._donors = [documents for seed in seeds if (documents := _parsed(seed))]
        pairs = [pair for donor in self._donors for pair in places(donor)]
        self._keys = sorted({key for _, key in pairs if isinstance(key, str)})
        self._leaves = list({repr(leaf): leaf for holder, key in pairs if _is_leaf(leaf := holder[key])}.values())

    def __call__(self, data: bytes, chance: Random) -> bytes:
        """Return *data*, changed as *chance* has it."""
        documents = _parsed(data) if chance.random() < 0.8 else None
        if documents is None:
            return chance.choice(BREAKERS)(data.decode("utf-8", "replace"), chance)
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            self._bend(documents, chance)
        return (
            written(documents, chance) if chance.random() < 0.7 else plainly(documents).encode("utf-8", "surrogatepass")
        )

    def _bend(self, documents: list[Any], chance: Random) -> None:
        """Change one value inside *documents*: put another there, take it away, rename, repeat or wrap it."""
        holder, key = chance.choice(list(places(documents)))
        change = chance.randrange(9)
        if change == 0 and (len(documents) > 1 or holder is not documents):
            del holder[key]
        elif change == 1 and isinstance(holder, dict):
            holder[chance.choice(self._keys)] = holder.pop(key)
        elif change == 2 and isinstance(holder, list):
            holder.insert(key, json.loads(json.dumps(holder[key])))
        elif change == 3:
            holder[key] = [holder[key]] if chance.random() < 0.5 else {chance.choice(self._keys): holder[key]}
        elif change == 4:
            other, name = chance.choice(list(places(chance.choice(self._donors))))
            holder[key] = json.loads(json.dumps(other[name]))
        elif change == 5 and isinstance(holder[key], dict):
            holder[key][chance.choice(self._keys)] = chance.choice(self._leaves)
        elif change == 6:
            holder[key] = chance.choice((*NUMBERS, *TEXTS, [], {}, "", None))
        else:
            same = [leaf for leaf in self._leaves if type(leaf) is type(holder[key])]
            holder[key] = chance.choice(same or self._leaves)


def _parsed(data: bytes) -> list[Any] | None:
    """Return the documents of *data* as plain data; None where it is none, or could be endless."""
    if b"&" in data:
        return None
    try:
        documents = list(yaml.load_all(data.decode(), yaml.CSafeLoader))
        text = json.dumps(documents)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None
    return documents if documents and len(text) < 2 * MOST_BYTES else None


def _is_leaf(value: Any) -> bool:
    return not isinstance(value, dict | list)
