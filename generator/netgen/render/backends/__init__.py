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


def _calico(intent: Intent) -> Iterator[Planned]:
    from netgen.render.backends import calico  # noqa: PLC0415 - same

    return calico.plan(intent)


def _none(intent: Intent) -> Iterator[Planned]:
    closed = [str(app.key) for app in intent.apps if app.ingress or app.egress]
    closed += [one.namespace for one in intent.isolated]
    if closed:
        raise ValueError(f"{closed[0]} is to be closed, and {intent.cni} enforces no policy")
    return iter(())


def _cluster_policies(intent: Intent) -> Iterator[Planned]:
    if not intent.permissions and all(one.priority is None for one in intent.denials):
        return iter(())
    from netgen.render.backends import clusternetworkpolicy  # noqa: PLC0415 - few platforms have such policies

    return clusternetworkpolicy.plan(intent)


def _gateway(intent: Intent) -> Iterator[Planned]:
    if all(route.entrypoint.gateway is None for route in intent.routes):
        return iter(())
    from netgen.render.backends import gateway  # noqa: PLC0415 - same

    return gateway.plan(intent)


def _raw(intent: Intent) -> Iterator[Planned]:
    if not intent.raw:
        return iter(())
    from netgen.render.backends import raw  # noqa: PLC0415 - few specs have any

    return raw.plan(intent)


POLICIES: Mapping[str, Backend] = MappingProxyType(
    {
        "kubernetes": networkpolicy.plan,
        "cilium": _cilium,
        "calico": _calico,
        "flannel": _none,
        "weave": networkpolicy.plan,
    }
)
"""What writes the policies, by CNI."""


def backends(cni: str) -> tuple[Backend, ...]:
    """Return those for *cni*; what they yield is sorted afterwards, so that their order here means nothing."""
    return POLICIES[cni], service.plan, ingress.plan, _gateway, _cluster_policies, _raw
