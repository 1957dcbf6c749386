"""The backends, each a function from the Intent to the objects it writes."""

from collections.abc import Callable, Iterator

from netgen.intent import Intent
from netgen.render.backends import ingress, networkpolicy, service
from netgen.render.planned import Planned

BACKENDS: tuple[Callable[[Intent], Iterator[Planned]], ...] = (networkpolicy.plan, service.plan, ingress.plan)
"""All of them; what they yield is sorted afterwards, so that their order here means nothing."""
