"""Random Intents for Calico, by values: everything that its backend writes, whatever the language says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cilium_intents import BLOCKS, DNS, LOOKUPS, Maker
from netgen.intent import Addresses, App, Block, Denial, Flow, Intent, Peer, Pods
from netgen.naming import denial_name
from writing import chance_of

WORLD = Addresses((Block("0.0.0.0/0"), Block("::/0")), pods=False)
"""What is outside of the cluster, whatever addresses its pods have."""
SETS = (
    Addresses((Block("203.0.113.0/24"), Block("10.244.0.0/29")), external="partners"),
    Addresses((Block("2001:db8::/32"), Block("198.51.100.9/32")), external="offices"),
)


class CalicoMaker(Maker):
    """Makes one Intent without requests, names and entities, which Calico does not know."""

    def intent(self) -> Intent:
        """Return the Intent."""
        return replace(super().intent(), cni="calico")

    def inward(self, target: App) -> Flow:
        """Return a flow whose ingress half *target* holds."""
        return replace(super().inward(target), requests=())

    def outward(self, source: App) -> Flow:
        """Return a flow whose egress half *source* holds; the API server is in none of these clusters."""
        found = super().outward(source)
        return found if isinstance(found.target, Pods | Addresses) else replace(found, target=self.block())

    def look_up(self, source: App) -> None:
        """Let *source* look up names."""
        if self.chance.random() < 0.5:
            self.flows.append(Flow(source.pods, DNS, LOOKUPS, source.key, None, "DNS", "", source.spot))

    def entities(self) -> Addresses:  # type: ignore[override]
        """Return the world, in the place of entities."""
        return WORLD

    def block(self) -> Addresses:
        """Return addresses, those of the world and sets of them too."""
        kinds: tuple[Callable[[], Addresses], ...] = (
            lambda: self.chance.choice(BLOCKS),
            lambda: self.chance.choice(BLOCKS)._replace(pods=False),
            lambda: WORLD,
            lambda: self.chance.choice(SETS),
        )
        return self.chance.choice(kinds)()

    def denial(self, number: int) -> Denial:
        """Return a claim that is denied: about pods, or about the world, and never about both."""
        found = super().denial(number)
        peers: tuple[Peer, ...] = tuple(one for one in found.peers if isinstance(one, Pods))
        if not peers or self.chance.random() < 0.3:
            block = self.block()
            peers = (block if not block.pods else block._replace(external=""),)
        return replace(found, name=denial_name(f"doc.never.{number}", "calico"), peers=peers)


def random_intent(seed: str) -> Intent:
    """Return the Intent that *seed* stands for."""
    return CalicoMaker(chance_of(seed)).intent()
