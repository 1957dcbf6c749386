"""A URL that an app exposes, once its entry point and port are known, and its certificate."""

from __future__ import annotations

from netgen.intent import Port, Tls
from netgen.naming import fitting
from netgen.records import record
from netgen.spec.forms.exposures import UrlForm
from netgen.spec.gates import Gate
from netgen.spec.resolve.registry import Entry

ISSUER = "cert-manager.io/cluster-issuer"


@record
class Exposed:
    """A URL exposure whose entry point and port are known."""

    entry: Entry
    form: UrlForm
    gate: Gate
    port: Port

    @property
    def path(self) -> str:
        """Return the path as it is compared: a prefix matches with and without its last slash."""
        path = self.form.url.path
        return path if self.form.exact or path == "/" else path.rstrip("/")


def tls(item: Exposed) -> Tls | None:
    """Return how the host of *item* gets its certificate; None for plain HTTP."""
    if not item.form.url.https:
        return None
    if item.gate.entrypoint.gateway:
        return Tls(None)
    if item.form.secret or item.gate.secret:
        return Tls(item.form.secret or item.gate.secret)
    if item.gate.issuer:
        host = item.form.url.host
        secret = f"{host.removeprefix('*.')}-wildcard-tls" if host.startswith("*.") else f"{host}-tls"
        return Tls(fitting(secret), ((ISSUER, item.gate.issuer),))
    return Tls(None)
