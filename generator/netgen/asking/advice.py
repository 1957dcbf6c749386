"""What specs say of one connection: the lines that open it, or the line that would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from netgen.asking.parties import Aim
from netgen.evaluate.endpoints import Endpoint
from netgen.evaluate.explain import Explanation
from netgen.evaluate.objects.model import Entity
from netgen.evaluate.reach import Reach
from netgen.intent import App, Intent, Port
from netgen.problems import Place
from netgen.records import record
from netgen.scene import INTERNET, Scene
from netgen.verify import ideal

_WORDS: Mapping[Entity | None, str] = MappingProxyType(
    {
        Entity.HOST: "cluster/nodes",
        Entity.REMOTE_NODE: "cluster/nodes",
        Entity.KUBE_APISERVER: "cluster/apiserver",
        Entity.WORLD: INTERNET,
    }
)
"""What a spec calls an entity."""


def lines(found: Explanation, is_open: bool) -> Iterator[str]:  # noqa: FBT001 - what the manifests say
    """Yield the lines of the spec that open a connection, and whether the manifests do otherwise."""
    rules = [rule for side in (found.egress, found.ingress) for _, rule in side.deciding if rule is not None]
    places = dict.fromkeys(rule.spot.key() for rule in rules if rule.spot is not None) if found.allowed else {}
    yield from (f"spec: {_quoted(place)}" for place in places)
    if found.allowed and not is_open:
        yield "spec: it opens this, and the manifests do not; netgen verify shows what differs"
    elif is_open and not found.allowed:
        yield "spec: it does not open this, and the manifests do; netgen verify shows what differs"
    elif not found.allowed:
        yield "spec: no line of it opens this"
    elif not places:
        yield "spec: it isolates neither end"


@record
class Meant:
    """What *intent* says; *scene* is the same as policies in the universe of the question."""

    intent: Intent
    scene: Scene

    def reach(self, narrow: bool) -> Reach:  # noqa: FBT001 - which of the two
        """Return what the spec opens, under the narrow or the wide reading."""
        return self.scene.narrow if narrow else self.scene.wide

    def advice(self, name: str, source: Endpoint, target: Endpoint, aim: Aim) -> str:
        """Return what to write into the spec so that *source*, called *name*, can open *aim* at *target*."""
        caller, callee = self._app(source), self._app(target)
        if callee is not None:
            return self._to_app(name, source, caller, callee, aim)
        if caller is None:
            return "neither end is an app of the spec"
        port, protocol = aim.number, aim.protocol.lower()
        if not target.is_pod:
            called = aim.party.name
            if target.entity in _WORDS:
                word = _WORDS[target.entity]
            elif called.startswith(INTERNET):
                word = f"{INTERNET}:{port}/{protocol}"
            else:
                word = f"{protocol}://{_host(called)}:{port}"
            return f"add {word} to calls of {caller.key}{_where(caller)}"
        word, peers = _peer("callee", target)
        return f"add {word}:{port}/{protocol} to calls of {caller.key}{_where(caller)}{peers}"

    def _to_app(self, name: str, source: Endpoint, caller: App | None, callee: App, aim: Aim) -> str:
        port = next((one for one in callee.ports if _is_at(one, aim)), None)
        if port is None:
            listed = ", ".join(f"{one.span}/{one.protocol}" for one in callee.ports) or "none"
            return f"give {callee.key} the port {aim.port} in the spec (its ports: {listed}){_where(callee)}"
        if caller is not None:
            same = caller.key.namespace == callee.key.namespace
            target = (callee.key.name if same else str(callee.key)) + (f":{port.name}" if len(callee.ports) > 1 else "")
            consent = "" if self._share(caller, callee) else f", and {caller.key} to accepts of {callee.key}"
            of_callee = f"{consent}{_where(callee)}" if consent else ""
            return f"add {target} to calls of {caller.key}{_where(caller)}{of_callee}"
        word, peers = _peer("caller", source) if source.is_pod else (_WORDS.get(source.entity, name), "")
        word = INTERNET if word.startswith(INTERNET) else word
        return f"add {word} to accepts of {callee.key}{_where(callee)}{peers}"

    def _share(self, caller: App, callee: App) -> bool:
        """Return whether both apps have one owner, as the Platform says; a namespace without one is its own."""
        owners = dict(self.intent.owners)
        spaces = caller.key.namespace, callee.key.namespace
        return spaces[0] == spaces[1] or (spaces[0] in owners and owners[spaces[0]] == owners.get(spaces[1]))

    def _app(self, end: Endpoint) -> App | None:
        """Return the app that has the pods of *end*."""
        worn = end.selectable
        for app in self.intent.apps if end.is_pod else ():
            if app.key.namespace == end.namespace and ideal.selector(app.selector).matches(worn):
                return app
        return None


def _is_at(port: Port, aim: Aim) -> bool:
    return port.protocol == aim.protocol and port.container <= aim.number <= (port.last or port.container)


def _peer(word: str, pods: Endpoint) -> tuple[str, str]:
    """Return what a call or grant names *pods*, and what the spec says of that name; *word* where it needs one."""
    if not pods.labels:
        return f"{pods.namespace}/*" if pods.namespace else "any", ""
    labels = ", ".join(f"{key}: {value}" for key, value in pods.labels)
    place = f"namespace: {pods.namespace}, " if pods.namespace else ""
    return word, f", where peers has {word}: {{{place}labels: {{{labels}}}}}"


def _host(name: str) -> str:
    """Return an address or CIDR as it stands in a URL."""
    address, slash, prefix = name.partition("/")
    return f"[{address}]{slash}{prefix}" if ":" in address else name


def _where(app: App) -> str:
    place = app.spot.key()
    return f" ({place.file}:{place.line})"


def _quoted(place: Place) -> str:
    return f"{place.file}:{place.line}: {place.text.strip()}"
