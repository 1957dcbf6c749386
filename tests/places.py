"""Every place of a spec where a text can stand, from the schemas, and small specs that have each of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as File
from textwrap import dedent
from typing import Any

import yaml

from systems import Data

Path = tuple[Any, ...]
"""A way into documents; behind a key of a map, None stands for the key itself."""

SCHEMAS = {
    kind: json.loads((File(__file__).parents[1] / "schemas" / f"{kind.lower()}.schema.json").read_text("utf-8"))
    for kind in ("Connectivity", "Platform")
}

# Each marked word stands in one place, or in all that mean the same thing; its first letters say what it is:
#   nm a DNS label, pn the name of a port, lk and lv the key and the value of a label, lc such a key on Cilium, ak and
#   av those of an annotation, ob the name of another object, ho a host, hw what stands behind its first label, pa the
#   end of a path, ph that of a rule for HTTP, pc that of a claim or before /**, tg a host that is called, sa a service
#   account, wy a reason, ow an owner; 47xx is a port of pods, 306xx one of nodes, 198.51.x.x addresses, 1.20 a version.
GATE = """
    ---
    kind: Platform
    metadata: {name: platform}
    kubernetes: "1.36"
    entrypoints:
      nm-gate:
        ingress: ob-class
        controller: {namespace: nm-edge, labels: {lk-gate: lv-gate}}
        annotations: {ak-gate: av-gate}
    """
NEWEST = """
    ---
    {kind: Platform, metadata: {name: platform}, kubernetes: "1.36"}
    """
"""Since 1.36 a Service may be called by any DNS label."""
SCENES = (
    """
    metadata: {name: nm-doc, namespace: nm-ns, labels: {lk-meta: lv-meta}, annotations: {ak-meta: av-meta}}
    selectBy: lk-by
    isolate: namespace
    apps:
      nm-app: {port: 4701 -> 4702/http, why: wy-app, calls: [nm-peer:4703, nm-block:4704]}
      nm-two: {port: 8081, overlaps: [nm-ten], select: {lk-sel: lv-sel, shared: "1"}}
      nm-ten: {port: 8082, select: {shared: "1"}}
      full: {service: false, select: {matchLabels: {lk-ml: lv-ml}, matchExpressions: [{key: lk-ex, operator: In,
            values: [lv-ex]}]}}
      short: 4705/udp
      single: {port: "4706"}
    peers:
      nm-peer: {namespace: nm-pns, labels: {lk-peer: lv-peer}}
      nm-block: {cidr: 198.51.1.0/24}
    """
    + NEWEST,
    """
    metadata: {name: doc, namespace: shop}
    apps:
      web:
        service: {name: nm-svc, annotations: {ak-svc: av-svc}}
        ports: {pn-rpc: {container: 8080, appProtocol: lk-app}, pn-adm: 4711 -> 4712, pn-udp: 4713/udp}
        calls: [tcp://198.51.2.0/24:4714, "here/*:4715", "internet:4716", "nm-cns/*:4717", any:4718,
              "nm-own/nm-api:pn-api"]
        accepts: {nm-lns/nm-job: [pn-rpc], nm-mns/*: pn-adm, 198.51.3.0/24: pn-udp}
      one: {port: 8080, calls: nm-db, accepts: nm-nns/nm-cron, service: {labels: {lk-svc: lv-svc}}}
      nm-db: {port: 5432, accepts: [nm-ons/nm-run, "nm-pns/*", 198.51.4.0/24, {from: nm-qns/nm-fun, why: wy-from}]}
      long: {port: 8080, calls: [{to: web, ports: [pn-rpc], why: wy-call}, {to: nm-own/nm-api, ports: [pn-api]},
            {to: any, ports: [4719/udp]}]}
      many: {ports: {pn-one: 8080, pn-two: 8081}, accepts: [{from: nm-rns/nm-old, ports: [pn-one]}]}
    ---
    metadata: {name: own, namespace: nm-own}
    apps:
      nm-api: {ports: {pn-api: 9090, other: 9091}, accepts: {shop/web: pn-api, shop/long: [pn-api]}}
    """
    + NEWEST,
    """
    metadata: {name: nm-doc, namespace: shop, annotations: {ak-meta: av-meta}}
    apps:
      web: {port: 8080, expose: https://ho-one/pa-one, service: {existing: nm-svc}}
      api: {port: 8081, expose: [http://ho-two/pa-two, {url: https://ho-three/pa-three, via: nm-gate,
            tls: {secret: ob-secret}, name: ob-way}]}
      two: {ports: {pn-a: 8080, pn-b: 8081}, expose: [{url: https://ho-four, port: pn-a, match: exact}]}
    """
    + GATE,
    """
    metadata: {name: doc, namespace: shop}
    apps:
      map:
        ports: {pn-c: 8080, pn-d: 8081}
        expose:
          pn-c: https://ho-five/pa-five
          pn-d: [https://ho-six/pa-six, {url: https://ho-seven/pa-seven, via: nm-gate, tls: {secret: ob-other},
              name: ob-seven}]
      in: {ports: {pn-e: 8080, pn-f: 8081}, expose: {pn-e: {url: https://ho-eight/pa-eight, via: nm-gate,
            tls: {secret: ob-third}, name: ob-eight}}}
    """
    + GATE,
    """
    metadata: {name: doc, namespace: shop}
    apps:
      web:
        ports: {pn-a: 8080, pn-b: 8081}
        expose:
          - {loadBalancer: {name: nm-lb, ports: [pn-a], clients: [198.51.5.0/24], class: lk-class,
                annotations: {ak-lb: av-lb}}}
          - {nodePort: {name: nm-np, ports: {pn-a: 30601}, clients: [198.51.6.0/24]}}
          - {nodePort: {name: nm-nq, ports: [pn-b]}}
    """
    + NEWEST,
    """
    metadata: {name: doc, namespace: shop}
    apps:
      map:
        ports: {pn-c: 8080, pn-d: 8081}
        expose:
          loadBalancer: {name: nm-lc, ports: [pn-c], clients: [198.51.7.0/24], class: lk-class,
                annotations: {ak-lc: av-lc}}
          nodePort: {name: nm-nr, ports: {pn-d: 30602}, clients: [198.51.8.0/24]}
      mab: {ports: {pn-i: 8080}, expose: {nodePort: {name: nm-nv, ports: [pn-i]}}}
    """
    + NEWEST,
    """
    metadata: {name: doc, namespace: shop}
    apps:
      key:
        ports: {pn-e: 8080, pn-f: 8081}
        expose:
          pn-e: [{loadBalancer: {name: nm-ld, clients: [198.51.9.0/24], class: lk-class,
                annotations: {ak-ld: av-ld}}}, {nodePort: {name: nm-nt, ports: {pn-e: 30603},
                clients: [198.51.10.0/24]}}]
          pn-f: {loadBalancer: {name: nm-le, clients: [198.51.11.0/24], class: lk-other, annotations: {ak-le: av-le}}}
    """
    + NEWEST,
    """
    metadata: {name: doc, namespace: shop}
    apps:
      kez:
        ports: {pn-g: 8080, pn-h: 8081}
        expose: {pn-g: {nodePort: {name: nm-nu, ports: {pn-g: 30604}, clients: [198.51.12.0/24]}}}
      short: {port: 8080, expose: nodePort 30605}
    """
    + NEWEST,
    """
    metadata: {name: doc, namespace: shop}
    apps: {web: {port: 8080, expose: [https://ho-one, https://b.hw-two, https://ho-ten]}, api: {port: 8081,
          accepts: cluster/apiserver, calls: cluster/apiserver}, met: {ports: {metrics: 9090},
          expose: loadBalancer}, nod: {port: 8082, accepts: cluster/nodes}, nm-cla: {ports: {pn-z: 8083}}}
    never:
      - nm-x/* -> nm-cla:pn-z
      - {from: any, to: nm-cla, except: [nm-w/*], ports: [pn-z], why: wy-never}
      - {from: "nm-v/*", to: nm-cla, http: [{methods: [GET], path: /pc-never}]}
    ---
    kind: Platform
    metadata: {name: nm-cluster}
    kubernetes: "1.36"
    cni: kubernetes
    dns: [nm-dns/lk-dns=lv-dns:4722, 198.51.13.7, "198.51.14.7:4723"]
    scrape: nm-scr/lk-scr=lv-scr
    owners: {nm-owned: ow-team}
    ranges: {pods: [198.51.15.0/24], services: [198.51.16.0/24], nodes: [198.51.17.0/24]}
    apiserver: ["198.51.18.7:4724"]
    never:
      - nm-p/* -> 198.51.19.0/24:4725
      - {from: nm-q/*, to: internet, except: [nm-r/*], ports: [4726/udp], why: wy-plat}
      - {from: nm-q/*, to: shop/api, http: [{methods: [GET], path: /pc-plat}]}
    unsafeAnnotations: [ak-unsafe]
    entrypoints:
      nm-in: {hosts: [ho-one], ingress: ob-in, controller: traefik, tls: secret ob-cert, annotations: {ak-in: av-in}}
      nm-on: {hosts: ["*.hw-two"], ingress: ob-on, controller: {profile: traefik, namespace: nm-edge},
            tls: cert-manager/ob-issuer}
      nm-at: {hosts: [ho-ten], gateway: "nm-gns/ob-gate:ob-lis",
            controller: {namespace: nm-gpl, labels: {lk-gpl: lv-gpl}}}
    """,
    """
    metadata: {name: doc, namespace: shop}
    apps: {web: {ports: {metrics: 9090}}}
    ---
    kind: Platform
    metadata: {name: platform}
    scrape: [nm-scr/lk-scr=lv-scr]
    """,
    """
    metadata: {name: nm-doc, namespace: shop}
    stage: audit
    apps:
      web: {serviceAccount: sa-web, port: 8080, why: wy-app, calls: [{to: api, http: [{methods: [GET], path: /ph-call}],
            envs: [nm-here]}, get, https://tg.url, {to: "tls://tg.one:4741", why: wy-host, enforce: l4}]}
      api: {port: 8081}
      get: {select: {lc-sel: lv-sel}, port: 8082, accepts: {web: [GET /ph-get, POST|PUT /pc-post/**],
            nm-cns/nm-cron: GET /ph-one}}
      two: {ports: {pn-a: 8083, pn-b: 8084}, accepts: {nm-lns/nm-job: [pn-b, pn-a GET /ph-two]}}
      long: {port: 8085, accepts: [{from: nm-mns/nm-fun, http: [{methods: [GET, POST], path: /ph-long},
            {methods: [PUT], path: /pc-long, match: prefix}], why: wy-from}]}
      wide: {service: false, port: 4730-4739/udp, calls: ["tcp://198.51.36.0/24:4752-4759", "nm-dns/*:4762-4769/udp"],
            accepts: "nm-nns/*"}
    ---
    {kind: Platform, metadata: {name: platform}, kubernetes: "1.36", cni: cilium 1.20, envs: [nm-here, nm-there]}
    """,
    """
    metadata: {name: doc, namespace: shop}
    apps:
      web: {port: 8080, calls: [external/nm-one, external/nm-two, external/nm-three, external/nm-four, external/nm-six]}
      api: {ports: {pn-api: 8081, pn-old: 4760}, accepts: {external/nm-five: pn-api}}
    ---
    kind: Platform
    metadata: {name: platform}
    kubernetes: "1.36"
    cni: cilium 1.20
    envs: [nm-here, nm-there]
    externals:
      nm-one: tcp://198.51.30.0/24:4742
      nm-two: [https://198.51.31.0/24, "https://tg.two:4743"]
      nm-three: {nm-here: "tcp://198.51.32.0/24:4744", nm-there: https://tg.there}
      nm-four: {nm-here: ["udp://tg.four:4745", "tcp://198.51.33.7:4746"], nm-there: ["https://tg.far"]}
      nm-five: https://198.51.37.0/24
      nm-six: https://tg.six
    allow:
      - nm-from/* -> shop/api:pn-api
      - nm-scr/nm-prom -> any:4747
      - shop/web -> 198.51.34.0/24:4748
      - {from: nm-fun/nm-all, to: shop/*, ports: [4749/udp, 4750], why: wy-allow}
      - {from: 198.51.35.0/24, to: shop/api, ports: [pn-api, 4760]}
    """,
)
_WORD = re.compile(
    r"\b(?:nm|pn|lk|lc|lv|ak|av|ob|ho|hw|pa|pc|ph|sa|wy|ow)-[a-z]+\b|\btg\.[a-z]+\b|\b1\.20\b|\b47[0-9]{2}\b|\b306[0-9]{2}\b"
    r"|\b198\.51\.[0-9]+\.[0-9](?:/24)?"
)


def scene(text: str) -> list[Data]:
    """Return the documents of one of SCENES."""
    documents: list[Data] = list(yaml.safe_load_all(dedent(text)))
    return [{"apiVersion": "netgen.dev/v1alpha1", "kind": "Connectivity", **document} for document in documents]


def named_environment(documents: list[Data]) -> str | None:
    """Return the first environment that *documents* name, for which they are rendered."""
    return next((one["envs"][0] for one in documents if one.get("envs")), None)


@dataclass(frozen=True)
class Cell:
    """A text in a scene that is exchanged: *word*, in the *whole* scene where no *path* says at which place of it."""

    scene: int
    word: str
    path: Path | None = None

    def __str__(self) -> str:
        return f"{self.scene}:{self.word}" + (f"@{'.'.join(map(str, self.path))}" if self.path else "")


def text_places(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the path of each text in *value* and the text; a key is a text too."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key, None), key
            yield from text_places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from text_places(item, (*path, index))


def exchanged(value: Any, word: str, text: str, at: Path | None = None, here: Path = ()) -> Any:
    """Return *value* with *text* for *word* in every key and text, or only in that *at* a path; numbers as numbers."""
    if isinstance(value, dict):
        return {
            _one(key, word, text, at, (*here, key, None)): exchanged(item, word, text, at, (*here, key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [exchanged(item, word, text, at, (*here, index)) for index, item in enumerate(value)]
    if isinstance(value, int) and str(value) == word and at in (None, here):
        return int(text) if re.fullmatch("[1-9][0-9]{0,4}", text, re.ASCII) else text
    return _one(value, word, text, at, here) if isinstance(value, str) else value


def _one(value: str, word: str, text: str, at: Path | None, here: Path) -> str:
    return value.replace(word, text) if at is None or at == here else value


def cells() -> Iterator[Cell]:
    """Yield each marked word, and each place of a word that stands in several; then every text as a whole."""
    for index, source in enumerate(SCENES):
        found: dict[str, list[Path]] = {}
        whole = []
        for path, text in text_places(scene(source)):
            words = set(_WORD.findall(text))
            for word in words:
                found.setdefault(word, []).append(path)
            if words and text not in words:
                whole.append(Cell(index, text, path))
        for word, paths in found.items():
            yield Cell(index, word)
            if len(paths) > 1:
                yield from (Cell(index, word, path) for path in paths)
        yield from whole


# ---------------------------------------------------------------------------------------------------------- schemas


def schema_places(kind: str) -> frozenset[Path]:
    """Return the places of a text in the schema of *kind*: `*` is a key of anybody's, `[]` an item, `{}` such a key.

    A text of which the schema lists every value is none.
    """
    return frozenset(_places(SCHEMAS[kind], SCHEMAS[kind], ()))


def _resolved(node: Data, schema: Data) -> Data:
    if "$ref" not in node:
        return node
    return _resolved(schema["$defs"][node["$ref"].removeprefix("#/$defs/")], schema) | node | {"$ref": ""}


def _node(node: Data, schema: Data) -> Data:
    return {key: value for key, value in _resolved(node, schema).items() if key != "$ref"} if "$ref" in node else node


def _places(node: Data, schema: Data, path: Path) -> Iterator[Path]:
    node = _node(node, schema)
    for branch in node.get("anyOf", ()):
        yield from _places(branch, schema, path)
    if node.get("type") == "string" and not {"const", "enum"} & node.keys():
        yield path
    if "items" in node:
        yield from _places(node["items"], schema, (*path, "[]"))
    for name, member in node.get("properties", {}).items():
        yield from _places(member, schema, (*path, name))
    if isinstance(node.get("additionalProperties"), dict):
        yield from _places(node["additionalProperties"], schema, (*path, "*"))
        if "enum" not in _node(node.get("propertyNames", {}), schema):
            yield (*path, "*", "{}")
    elif "propertyNames" in node and "properties" not in node:
        yield (*path, "*", "{}")


def place_in_schema(document: Data, path: Path) -> Path:
    """Return the place of a schema in which the text at *path* of *document* stands."""
    schema = SCHEMAS[document["kind"]]
    found: Path = ()
    node, value = _node(schema, schema), document
    for step in path:
        if step is None:
            return (*found, "{}")
        node = _branch(node, value, schema)
        value = value[step]
        if isinstance(step, int):
            node, found = node["items"], (*found, "[]")
        elif step in node.get("properties", {}):
            node, found = node["properties"][step], (*found, step)
        else:
            node, found = node["additionalProperties"], (*found, "*")
        node = _node(node, schema)
    return found


def node_of(node: Data, value: Any, schema: Data) -> Data:
    """Return the part of *schema* by which *value* is judged where *node* stands: without references and choices."""
    return _node(_branch(_node(node, schema), value, schema), schema)


def _branch(node: Data, value: Any, schema: Data) -> Data:
    """Return the one of the branches of *node* that a map or list is judged by."""
    if "anyOf" not in node:
        return node
    branches = [_node(branch, schema) for branch in node["anyOf"]]
    if not isinstance(value, dict):
        return next(one for one in branches if isinstance(value, list) == (one["type"] == "array"))
    return next(one for one in branches if one["type"] == "object" and set(one.get("required", ())) <= value.keys())
