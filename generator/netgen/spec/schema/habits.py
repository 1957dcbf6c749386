"""Keys that people bring along from Kubernetes or write one level off, and what this language writes instead."""

from __future__ import annotations

import re
from typing import Any, Final

from netgen.spec.schema.words import plain

_SELECT: Final = "labels of the pods stand under  select: {KEY: VALUE}"
_SERVICE_TYPE: Final = {
    "LoadBalancer": "write  expose: loadBalancer  in the app; its Service gets the type from that",
    "NodePort": "write  expose: nodePort  in the app; its Service gets the type from that",
}
_APP_KEY: Final = "a key of an app: it stands under  apps: {APP: {...}}"
APP_KEYS: Final = ("port", "ports", "calls", "accepts", "expose", "select", "service", "dns", "overlaps", "why")
"""The keys of an app, as they are found one level up."""
_HABITS: Final[dict[str, dict[str, str]]] = {
    "Connectivity": {
        "spec": "there is no spec: write its keys at this level",
        "namespace": "write it in metadata: {name: NAME, namespace: %}",
        "name": "write it in metadata: {name: %, namespace: NAMESPACE}",
        "services": "each app has its Service; write  apps: {APP: {port: PORT}}",
        **dict.fromkeys(APP_KEYS, _APP_KEY),
    },
    "Platform": {"spec": "there is no spec: write its keys at this level"},
    "app": {
        "targetPort": "write  port: SERVICE -> %, where SERVICE is what callers dial; or  port: %  where both are one",
        "containerPort": "write  port: %",
        "servicePort": "write  port: % -> CONTAINER",
        "nodePort": "write  expose: nodePort %",
        "spec": "there is no spec: write its keys at this level",
        "selector": _SELECT,
        "podSelector": _SELECT,
        "labels": _SELECT,
        "ingress": "write callers under  accepts, and a URL under  expose",
        "egress": "write what the app calls under  calls",
        "clusterIP": "write  service: {headless: true}  for a Service without an address",
        "namespace": "the namespace of all apps stands in metadata",
    },
    "port": {
        "targetPort": "write  container: %",
        "containerPort": "write  container: %",
        "port": "write  service: %",
        "servicePort": "write  service: %",
        "nodePort": "write  expose: {nodePort: {ports: {PORT-NAME: %}}}  in the app",
        "name": "the name of a port is its key under `ports`",
    },
    "service": {
        "selector": f"{_SELECT}  in the app",
        "clusterIP": "write  headless: true  for a Service without an address, or leave the key out",
        "ports": "the ports are those of the app",
        "port": "the ports are those of the app",
        "type": "leave it out, or write  expose: loadBalancer  or  expose: nodePort  in the app, from which it follows",
        "spec": "there is no spec: write its keys at this level",
    },
    "call": dict.fromkeys(("app", "name", "target", "service", "host"), "write  to: %"),
    "grant": dict.fromkeys(("app", "name", "caller", "source"), "write  from: %"),
    "raw metadata": dict.fromkeys(
        ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"),
        "leave it out: the cluster fills it in",
    ),
    "claim": dict.fromkeys(("source", "caller"), "write  from: %")
    | dict.fromkeys(("target", "destination"), "write  to: %")
    | {"port": "write  ports: [%]"},
}
"""Title of a map -> key -> what to write; % stands for the value."""


def habit(title: str, key: str, value: Any, beside: dict[Any, Any]) -> str:
    """Return what to write instead of the unknown *key* in a map of *title* that also holds *beside*; or nothing."""
    if title == "service" and key == "type" and isinstance(value, str) and value in _SERVICE_TYPE:
        return _SERVICE_TYPE[value]
    if (title, key) == ("port", "port") and not beside.keys() & {"container", "targetPort", "containerPort"}:
        return f"write  container: {plain(value)}"
    fix = _HABITS.get(title, {}).get(key, "")
    return fix.replace("%", "..." if isinstance(value, list | dict) else plain(value))


def stands_for(title: str, key: str, held: dict[Any, Any]) -> str | None:
    """Return the key of *title* that a habit has as *key* in *held*, so that it is not missed as well, or None."""
    match = re.match(r"write  (\w+): ", habit(title, key, held.get(key), held))
    return match[1] if match else None


def placeholder(key: str, schema: dict[str, Any]) -> str:
    """Return what stands for the value of a key that is missing: the only value there is, or a word to replace."""
    if "const" in schema or "enum" in schema:
        return str(schema["examples"][0])
    if schema.get("type") == "object":
        needed = [f"{name}: {name.upper()}" for name in schema.get("required", ())]
        return f"{{{', '.join(needed) or 'KEY: VALUE'}}}"
    return _WORDS.get(key, key.upper())


_WORDS: Final = {
    "container": "PORT",
    "to": "APP",
    "from": "CALLER",
    "ingress": "CLASS",
    "url": "https://HOST/PATH",
    "clientIP": "SECONDS",
}
