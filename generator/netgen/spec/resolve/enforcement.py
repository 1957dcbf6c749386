"""Who enforces what is rendered: nobody on a CNI without policies, or where the platform wants none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from netgen.problems import Place, Problem
from netgen.profiles import DEFAULT, Feature, table
from netgen.spec.forms.connectivity import AppForm, ConnectivityForm
from netgen.spec.forms.raw import CODE as BAD_RAW
from netgen.spec.forms.raw import RawForm
from netgen.spec.platform import Platform
from netgen.spec.resolve.registry import Registry

_MAINTAINED = "maintained"
_ROUTING = frozenset(("Service", "Ingress", "HTTPRoute"))
"""The kinds of raw objects that close nothing."""
_CANAL = "https://docs.tigera.io/calico/latest/getting-started/kubernetes/flannel/install-for-flannel"
_CONTROLLER = "https://github.com/flannel-io/flannel/blob/master/Documentation/netpol.md"
_WAYS = (
    f"Canal is Flannel with the policies of Calico beside it: {_CANAL}",
    f"Flannel's chart runs kube-network-policies with  netpol.enabled=true , from 0.25.5 on: {_CONTROLLER}",
)
_WAY_OUT = (
    "if something beside Flannel enforces policies, write  cni: calico  for Canal, or  cni: kubernetes  for "
    "kube-network-policies; if nothing does and all is to stay open, write  policies: none  in the Platform"
)


def enforced(
    forms: list[ConnectivityForm], platform: Platform, found: list[Problem]
) -> tuple[list[ConnectivityForm], Platform]:
    """Return *forms* and *platform* without what closes anything, where no policies are rendered; else as they are.

    That a spec wants something closed is an error where the CNI enforces no policy, unless the platform has said that
    it wants none.
    """
    if "cni" in platform.unclear:
        return forms, platform
    _warn_of_end(platform, found)
    if platform.policies:
        asked = "" if platform.cni.can(Feature.POLICIES) else _listed(_asked(forms, platform))
        if not asked:
            return forms, platform
        found.append(_unenforceable(asked, platform))
    else:
        found += [_contradiction(one) for form in forms for one in _closing(form)]
    return [_opened(form) for form in forms], replace(platform, policies=False, stage=None, installed=())


def _warn_of_end(platform: Platform, found: list[Problem]) -> None:
    """Warn of a plugin that nobody maintains."""
    if platform.cni.name == DEFAULT:
        return
    about = table(platform.cni.name).about
    if about.status != _MAINTAINED:
        message = f"{about.title} is no longer maintained: {about.said}"
        fix = "plan for another CNI; a fault of this one leaves open what the policies close, and nobody mends it"
        found.append(Problem("cni-unmaintained", _cni_place(platform), message, (f"see {about.source}",), fix))


def _cni_place(platform: Platform) -> Place | None:
    """Return where the platform names its CNI; None where a flag does."""
    return platform.cni_spot.value() if platform.cni_spot else None


def _asked(forms: list[ConnectivityForm], platform: Platform) -> Iterator[str]:
    """Yield what *forms* and *platform* want to be closed, in words."""
    apps = sorted(f"{form.namespace}/{app.name}" for form in forms for app in form.apps if _is_closed(app))
    if apps:
        yield f"{_counted(len(apps), 'isolated app')} ({_first(apps)})"
    namespaces = sorted({form.namespace for form in forms if form.isolate_namespace})
    if namespaces:
        yield f"{_counted(len(namespaces), 'closed namespace')} ({_first(namespaces)})"
    claims = len(platform.claims) + sum(len(form.claims) for form in forms)
    if claims:
        yield f"{_counted(claims, 'claim')} of never"
    raw = sum(1 for form in forms for _ in _closing(form))
    if raw:
        yield _counted(raw, "raw policy", "raw policies")


def _is_closed(app: AppForm) -> bool:
    return (app.ingress or app.egress) and not app.host_network


def _closing(form: ConnectivityForm) -> Iterator[RawForm]:
    """Yield the raw objects of *form* that are policies."""
    return (one for one in form.raw if one.body["kind"] not in _ROUTING)


def _unenforceable(asked: str, platform: Platform) -> Problem:
    title = table(platform.cni.name).about.title
    message = f"{title} enforces no policy, so that nothing would close what is to be closed: {asked}"
    return Problem("unenforceable-isolation", _cni_place(platform), message, _WAYS, _WAY_OUT)


def _contradiction(form: RawForm) -> Problem:
    message = f"a {form.body['kind']} is a policy, and the Platform says  policies: none"
    return Problem(BAD_RAW, form.spot.at("kind").value(), message, fix="leave out the one or the other")


def _opened(form: ConnectivityForm) -> ConnectivityForm:
    """Return *form* without what closes anything; what is claimed stays to be proved."""
    apps = tuple(replace(app, ingress=False, egress=False) for app in form.apps)
    raw = tuple(one for one in form.raw if one.body["kind"] in _ROUTING)
    return replace(form, apps=apps, isolate_namespace=False, stage="", raw=raw)


def warn_of_none(registry: Registry, claims: int, found: list[Problem]) -> None:
    """Say what nothing enforces, where the platform wants no policies."""
    spot, entries = registry.platform.policies_spot, registry.entries.values()
    if spot is None:
        return
    names = [str(entry.key) for entry in entries]
    said = sum(len(entry.form.calls) + len(entry.form.accepts) for entry in entries)
    parts = [f"that {_counted(len(names), 'app')} ({_first(names)}) {'is' if len(names) == 1 else 'are'} isolated"]
    parts += [_counted(said, "call or grant", "calls and grants")] if said else []
    parts += [f"{_counted(claims, 'claim')} of never"] if claims else []
    message = "no policy is rendered, so that everybody reaches every app, and every app everything: nothing enforces "
    fix = "leave  policies  out, where the CNI enforces policies"
    found.append(Problem("policies-none", spot.value(), message + ", nor ".join(parts), fix=fix))


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def _first(names: Sequence[str]) -> str:
    """Return the first of *names* in words."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _listed(parts: Iterable[str]) -> str:
    *others, last = [*parts] or [""]
    return f"{', '.join(others)} and {last}" if others else last
