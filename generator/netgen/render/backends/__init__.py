"""The backends, each a function from the Intent to the objects it writes."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from netgen.intent import Intent
from netgen.render.backends import ingress, networkpolicy, service
from netgen.render.planned import Planned

Backend = Callable[[Intent], Iterator[Planned]]


def _cilium(intent: Intent) -> Iterator[Planned]:
    from netgen.render.backends import cilium  # noqa: PLC0415 - only one CNI needs it

    return cilium.plan(intent)


def _raw(intent: Intent) -> Iterator[Planned]:
    if not intent.raw:
        return iter(())
    from netgen.render.backends import raw  # noqa: PLC0415 - few specs have any

    return raw.plan(intent)


POLICIES: Mapping[str, Backend] = MappingProxyType({"kubernetes": networkpolicy.plan, "cilium": _cilium})
"""What writes the policies, by CNI."""


def backends(cni: str) -> tuple[Backend, ...]:
    """Return those for *cni*; what they yield is sorted afterwards, so that their order here means nothing."""
    return POLICIES[cni], service.plan, ingress.plan, _raw
