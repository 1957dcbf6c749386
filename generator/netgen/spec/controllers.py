"""The built-in profiles of Ingress and Gateway controllers, from netgen/profiles/controllers.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from netgen.intent import Entities, Entity, Gateway, Pairs, Pods, Selector
from netgen.records import record
from netgen.source import Dialect, read

GENERIC = "generic"
"""The profile of a Gateway of which nobody says who serves it."""


@record
class Template:
    """The pods that serve a Gateway: in *labels* stand {name} and {namespace}, those of the Gateway.

    An empty *namespace* is that of the Gateway.
    """

    namespace: str
    labels: Pairs

    def of(self, gateway: Gateway) -> Pods:
        """Return the pods that serve *gateway*."""
        said = (("{name}", gateway.name), ("{namespace}", gateway.namespace))
        labels = dict(self.labels)
        for word, value in said:
            labels = {key: text.replace(word, value) for key, text in labels.items()}
        return Pods(self.namespace or gateway.namespace, Selector(tuple(sorted(labels.items()))))


@record
class Controller:
    """A controller: its data plane, pods or an entity, and the annotations that lead plain HTTP to HTTPS.

    *data_plane* serves Ingresses, *gateway* a Gateway; None where it serves none.
    *strict_paths*: it takes only letters, digits, '.', '-', '_' and '/' in Exact and Prefix paths. *needs_secret*: it
    serves an https host only with a Secret that the Ingress names.
    """

    data_plane: Pods | Entities | None
    secure: Pairs = ()
    strict_paths: bool = False
    needs_secret: bool = False
    gateway: Template | Pods | Entities | None = None

    def serving(self, gateway: Gateway) -> Pods | Entities | None:
        """Return the data plane that serves *gateway*; None where the controller serves no Gateways."""
        return self.gateway.of(gateway) if isinstance(self.gateway, Template) else self.gateway


@record
class Controllers:
    """The profiles by their own name and by the Ingress classes for which they are the default."""

    by_name: dict[str, Controller]
    by_class: dict[str, Controller]


@cache
def controllers() -> Controllers:
    """Return the built-in profiles, read once."""
    path = Path(__file__).parents[1] / "profiles" / "controllers.yaml"
    data: Any = read(path.read_bytes(), path.name, Dialect.SPEC).documents[0].data
    by_name = {name: _controller(record) for name, record in data.items()}
    by_class = {name: by_name[profile] for profile, record in data.items() for name in record["classes"]}
    return Controllers(by_name, by_class)


def _controller(record: dict[str, Any]) -> Controller:
    plane = _plane(record)
    return Controller(
        plane,
        tuple(sorted(record.get("secure", {}).items())),
        strict_paths=record.get("strict_paths", False),
        needs_secret=record.get("needs_secret", False),
        gateway=_gateway(record["gateway"], plane) if "gateway" in record else None,
    )


def _plane(record: dict[str, Any]) -> Pods | Entities | None:
    if "entity" in record:
        return Entities((Entity(record["entity"]),))
    if "namespace" not in record:
        return None
    return Pods(record["namespace"], Selector(tuple(sorted(record["labels"].items()))))


def _gateway(record: dict[str, Any], plane: Pods | Entities | None) -> Template | Pods | Entities | None:
    if "labels" not in record:
        return plane
    return Template(record.get("namespace", ""), tuple(sorted(record["labels"].items())))
