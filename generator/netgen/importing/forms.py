"""Parts of an app in their shortest forms: its selector, its ports, and how it is exposed."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from netgen.evaluate.objects.model import Selector
from netgen.importing.drafts import Draft, DraftPort
from netgen.spec.forms.ports import PROTOCOLS


def select(selector: Selector) -> dict[str, Any]:
    """Return the value of `select`."""
    if not selector.expressions:
        return dict(selector.labels)
    terms = [
        {"key": key, "operator": str(operator)} | ({"values": list(values)} if values else {})
        for key, operator, values in selector.expressions
    ]
    labels = {"matchLabels": dict(selector.labels)} if selector.labels else {}
    return {**labels, "matchExpressions": terms}


def ports(draft: Draft) -> dict[str, Any]:
    """Return the member `port` or `ports` of an app, or nothing."""
    if not draft.ports:
        return {}
    if len(draft.ports) == 1:
        port = draft.ports[0]
        word = next((key for key, value in PROTOCOLS.items() if value == (port.protocol, port.app_protocol)), None)
        unnamed = port.name in ("", "main") and port.protocol == "TCP" and not port.app_protocol
        if unnamed or (word and port.name in ("", word) and (port.name or port.protocol != "TCP")):
            return {"port": _port(port, "" if unnamed else f"/{word}")}
    return {"ports": {draft.named(port): _named_port(port) for port in draft.ports}}


def _port(port: DraftPort, word: str) -> int | str:
    text = str(port.container) if port.service == port.container else f"{port.service} -> {port.container}"
    return int(text) if text.isdigit() and not word else f"{text}{word}"


def _named_port(port: DraftPort) -> Any:
    if port.app_protocol is None:
        return _port(port, "" if port.protocol == "TCP" else f"/{port.protocol.lower()}")
    word = next((key for key, value in PROTOCOLS.items() if value == (port.protocol, port.app_protocol)), None)
    if word:
        return _port(port, f"/{word}")
    form: dict[str, Any] = {"container": port.container}
    form |= {"service": port.service} if port.service != port.container else {}
    form |= {"protocol": port.protocol} if port.protocol != "TCP" else {}
    return {**form, "appProtocol": port.app_protocol}


def exposures(draft: Draft) -> Any:
    """Return the value of `expose`: one, a list, or by port."""
    single = len(draft.ports) == 1
    urls = [one for one in draft.exposed if isinstance(one, tuple)]
    others = [one for one in draft.exposed if not isinstance(one, tuple)]
    if single or others:
        found = [*others]
        for name, form in urls:
            long = form if isinstance(form, dict) else {"url": form}
            found.append(form if single else {"url": long["url"], "port": name, **long})
        short = len(found) == 1 and not (isinstance(found[0], dict) and "url" in found[0])
        return found[0] if short else found
    by_port: dict[str, list[Any]] = defaultdict(list)
    for name, form in urls:
        by_port[name].append(form)
    return {name: forms[0] if len(forms) == 1 else forms for name, forms in by_port.items()}
