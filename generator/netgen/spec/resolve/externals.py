"""What differs between environments: which calls are there at all, and what the name of an external stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from netgen.intent import Addresses, Block
from netgen.problems import Place, Problem
from netgen.profiles import DEFAULT, Feature
from netgen.spec.environments import External
from netgen.spec.forms.claim_ends import End
from netgen.spec.forms.claims import ClaimForm
from netgen.spec.forms.permissions import CallForm
from netgen.spec.forms.sides import Kind, Side
from netgen.spec.forms.text import shown, suggestion
from netgen.spec.platform import Platform
from netgen.spec.ranges import warn_inside
from netgen.spec.resolve.registry import place_text

_NEEDED = "env-needed"
_IDLE = "claim-idle"
_SAY = "say for which one the run is:  --env"


def is_here(call: CallForm, platform: Platform, found: list[Problem]) -> bool:
    """Return whether *call*, which names environments, is one of the run's; what cannot be told goes to *found*."""
    if "externals" in platform.unclear:
        return False
    environments = platform.environments
    names = environments.names if environments else ()
    strange = [name for name in call.envs if name not in names]
    for name in strange:
        fix = f"one of {', '.join(names)}" if names else f"in the Platform write  envs: [{', '.join(call.envs)}]"
        message = f"no environment {shown(name)}{suggestion(name, names)}"
        message += "" if names else ": no platform names any"
        found.append(Problem("unknown-env", call.env_place(name), message, fix=fix))
    chosen = environments.chosen if environments else None
    if not strange and chosen is None:
        message = f"{call.side} is called in {', '.join(call.envs)} only, and nothing says for which one this is"
        found.append(Problem(_NEEDED, call.env_place(call.envs[0]), message, fix=f"{_SAY} {call.envs[0]}"))
    return chosen in call.envs


def sides_of(
    name: str, place: Place, platform: Platform, found: list[Problem], *, unsaid: str = "unknown-external"
) -> tuple[Side, ...]:
    """Return what the external *name* stands for in this run, each with its port.

    Empty, with the problem found, where it stands for nothing; *unsaid* is its code where it does so in this
    environment only.
    """
    if "externals" in platform.unclear:
        return ()
    environments = platform.environments
    external = environments.external(name) if environments else None
    if environments is None or external is None:
        known = tuple(one.name for one in environments.externals) if environments else ()
        message = f"no external {shown(name)}{suggestion(name, known)}"
        listed = f"the externals are: {', '.join(known[:10])}" if known else "no platform names any"
        fix = f"in the Platform write  externals: {{{name}: tcp://ADDRESS:PORT}}"
        found.append(Problem("unknown-external", place, message, (listed,), fix))
        return ()
    sides, chosen = external.sides(environments.chosen), environments.chosen
    if not sides and not external.unclear and chosen in (None, *environments.names):
        found.append(_unsaid(external, chosen, place, unsaid))
    return sides or ()


def _unsaid(external: External, chosen: str | None, place: Place, code: str) -> Problem:
    """Return the problem that nobody says what *external* stands for in the environment *chosen*."""
    listed = ", ".join(external.environments)
    notes = (f"{place_text(external.spot.key())} says what it is in {listed}",)
    if chosen is None:
        message = f"external/{external.name} differs between environments, and nothing says for which one this is"
        return Problem(_NEEDED, place, message, notes, f"{_SAY} {external.environments[0]}")
    fix = f"add {chosen} there; of a call that is not made in {chosen}, name the environments:  envs: [{listed}]"
    message = f"external/{external.name} stands for nothing in {chosen}"
    if code == _IDLE:
        return Problem(code, place, f"{message}, so that there is nothing to prove", notes, f"add {chosen} there")
    return Problem(code, place, message, notes, fix)


def callers_of(name: str, place: Place, platform: Platform, found: list[Problem]) -> Addresses | None:
    """Return the addresses that the external *name* stands for as a caller; None, with the problem found, for none."""
    sides = sides_of(name, place, platform, found)
    host = next((side for side in sides if side.kind is Kind.HOST), None)
    if host is not None:
        found.append(_no_caller(name, host, place, "bad-caller"))
        return None
    for side in sides:
        warn_inside(platform.ranges, side.cidr, lambda: place, found)
    blocks = tuple(sorted({Block(side.cidr) for side in sides}))
    return Addresses(blocks, name if has_sets(platform) else "") if blocks else None


def has_sets(platform: Platform) -> bool:
    """Return whether policies name the addresses of an external as a set."""
    return platform.cni.name != DEFAULT and platform.cni.can(Feature.ADDRESS_SETS)


def is_set(sides: tuple[Side, ...], platform: Platform) -> bool:
    """Return whether *sides*, all of an external, are such a set for a caller: addresses that all have one port."""
    alike = len({(side.kind, side.port) for side in sides}) == 1
    return alike and sides[0].kind is Kind.ADDRESS and has_sets(platform)


def _no_caller(name: str, host: Side, place: Place, code: str) -> Problem:
    message = f"external/{name} is the host {host}: what opens connections is known by its address only"
    return Problem(code, place, message, fix="name its addresses in the Platform, as an external of their own")


def spelt_out(form: ClaimForm, platform: Platform, found: list[Problem]) -> Iterator[ClaimForm]:
    """Yield *form* once for each value of the externals that it names; what they are not goes to *found*."""
    ends = [form.source, *form.exempt, form.target]
    if not any(end.side.kind is Kind.EXTERNAL for end in ends):
        yield form
        return
    sources = _spelt_source(form.source, platform, found)
    exempt = [one for end in form.exempt for one in _spelt_source(end, platform, found)]
    targets = _spelt_target(form.target, platform, found)
    for source, target in product(sources, targets):
        ports = ((target.side.port, target.words),) if target.side.port else form.ports
        yield replace(form, source=source, exempt=tuple(exempt), target=target, ports=ports)


def _spelt_source(end: End, platform: Platform, found: list[Problem]) -> list[End]:
    if end.side.kind is not Kind.EXTERNAL:
        return [end]
    sides = sides_of(end.side.name, end.place, platform, found, unsaid=_IDLE)
    host = next((side for side in sides if side.kind is Kind.HOST), None)
    if host is not None:
        found.append(_no_caller(end.side.name, host, end.place, "bad-claim"))
        return []
    return [replace(end, side=Side(Kind.ADDRESS, cidr=cidr)) for cidr in sorted({side.cidr for side in sides})]


def _spelt_target(end: End, platform: Platform, found: list[Problem]) -> list[End]:
    if end.side.kind is not Kind.EXTERNAL:
        return [end]
    return [_spelt(end, side) for side in sides_of(end.side.name, end.place, platform, found, unsaid=_IDLE)]


def _spelt(end: End, side: Side) -> End:
    """Return *end* as read_target has it: the addresses of a host are not known."""
    if side.kind is Kind.HOST:
        return replace(end, side=Side(Kind.INTERNET, port=side.port), host=side.name)
    return replace(end, side=side)
