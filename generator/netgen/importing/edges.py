"""Halves of permissions -> calls and accepts: both halves of one edge become a call, the others name a peer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.model import Direction
from netgen.evaluate.sets import ALL_PORTS, NO_PORTS, PortSet
from netgen.importing.drafts import Draft, DraftPort, Drafts, Shared
from netgen.importing.model import (
    ANYTHING,
    Half,
    Held,
    Party,
    Peer,
    Span,
    Unsaid,
    Where,
    covers,
    numbers,
    some,
    spans,
)
from netgen.intent import EVERYBODY

IN, OUT = Direction.INGRESS, Direction.EGRESS
WORLD = (Block("0.0.0.0/0"), Block("::/0"))
EVERY_POD = Where(None, ANYTHING)

Pair = tuple[int, int]


class Edges:
    """The permissions between the parties of a run, and with everybody else."""

    def __init__(self, helds: tuple[Held, ...], shared: Shared, world: tuple[Block, ...], said: Unsaid) -> None:
        self._said = said
        self._everybody: tuple[Peer, ...] = (EVERY_POD, *world)
        self.drafts = {id(one.party): Drafts(one.party, shared, said) for one in helds}
        self._helds = {id(one.party): one for one in helds}
        self._spaces: defaultdict[str, list[Held]] = defaultdict(list)
        for held in helds:
            self._spaces[held.party.namespace].append(held)
        self._homes = {one.party.where: one.party for one in helds if not one.party.host_network}
        self._out: defaultdict[Pair, list[Half]] = defaultdict(list)
        self._in: defaultdict[Pair, list[Half]] = defaultdict(list)
        self._callers: list[tuple[Party, Half]] = []
        self._callees: list[tuple[Party, Half]] = []
        for held in helds:
            self._sort(held)

    def is_unprotected(self, party: Party) -> bool:
        """Return whether no policy closes *party*, though it is where policies hold pods."""
        return not self._helds[id(party)].closed and not party.host_network

    def _sort(self, held: Held) -> None:
        party = held.party
        for half in held.own[IN] if IN in held.closed else ():
            other = self._homes.get(half.peer) if isinstance(half.peer, Where) else None
            if other:
                self._in[id(other), id(party)].append(half)
            elif isinstance(half.peer, Where) and _is_no_peer(half.peer):
                self._narrow(party, half, half.peer)
            else:
                self._callers.append((party, half))
        for half in held.own[OUT] if OUT in held.closed else ():
            other = self._homes.get(half.peer) if isinstance(half.peer, Where) else None
            if other:
                self._out[id(party), id(other)].append(half)
            else:
                self._callees.append((party, half))

    def _narrow(self, party: Party, half: Half, peer: Where) -> None:
        """Write whom a spec has no word for as those of them that are apps."""
        found = []
        for held in self._helds.values() if peer.namespace is None else self._spaces[peer.namespace]:
            opened = half.ports & held.effective(OUT, party) if covers(peer, held.party.where) else NO_PORTS
            # Of an app with expressions, pods that nobody knows would be let in as well.
            if opened and not held.party.host_network and not held.party.selector.expressions:
                self._in[id(held.party), id(party)].append(half._replace(peer=held.party.where, ports=opened))
                found.append(str(held.party))
        message = f"{party} accepts {_peer(peer)}"
        self._said.add(half.spot, f"{message}; of these the spec names {', '.join(found)}" if found else message)

    def write(self) -> None:
        """Give the drafts their ports, and then whom they call and accept."""
        self._give_ports()
        for party, half in self._callers:
            self._accept(party, half)
        for held in self._helds.values():
            if self.is_unprotected(held.party):
                self._tell_of_open(held.party)
        for party, half in self._callees:
            self._call(party, half)
        for pair in sorted({*self._in, *self._out}, key=self._names_of):
            self._pair(*pair)

    def _names_of(self, pair: Pair) -> tuple[str, str]:
        return str(self._helds[pair[0]].party), str(self._helds[pair[1]].party)

    # ------------------------------------------------------------------------------------------------------- ports

    def _give_ports(self) -> None:
        wanted: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
        for party, half in self._callers:
            self._want(id(party), half.ports, wanted)
        for pair in {*self._in, *self._out}:
            self._want(pair[1], self._opened(*pair), wanted)
        for key, drafts in self.drafts.items():
            is_bare = self.is_unprotected(drafts.party) and not drafts.main.ports
            more = drafts.declared() if is_bare else []
            drafts.add_ports([*wanted[key], *more])

    def _want(self, key: int, ports: PortSet, wanted: dict[int, list[tuple[str, int]]]) -> None:
        listed = numbers(ports)
        wanted[key] += self.drafts[key].declared() if listed is None else listed

    def _opened(self, caller: int, callee: int) -> PortSet:
        """Return what is open between two parties by halves that name them, where the other half agrees."""
        source, target = self._helds[caller], self._helds[callee]
        out = in_ = NO_PORTS
        for half in self._out.get((caller, callee), ()):
            out |= half.ports
        for half in self._in.get((caller, callee), ()):
            in_ |= half.ports
        return out & target.effective(IN, source.party) | in_ & source.effective(OUT, target.party)

    # ----------------------------------------------------------------------------------------- both ends in the run

    def _pair(self, caller: int, callee: int) -> None:
        source, target = self._helds[caller].party, self._helds[callee].party
        opened = self._opened(caller, callee)
        out, in_ = self._out.get((caller, callee), []), self._in.get((caller, callee), [])
        halves = [*out, *in_]
        written = some([])
        for draft, port in self.drafts[callee].within(opened):
            written |= some([(port.protocol, port.container)])
            self._call_app(source, draft, port)
        for half in halves:
            met = _by_address(self._helds[callee].all[IN] if half in out else self._helds[caller].all[OUT])
            rest = half.ports - opened
            for wanted in numbers(rest & met) or []:
                self._one_side(caller, callee, wanted, is_call=half in out)
            if rest - met:
                self._said.note(half.spot, _idle(source, target, rest - met))
            if numbers(rest & met) is None:
                self._said.add(half.spot, f"only one side lets {source} reach {target} on {rest & met}")
        if opened - written:
            self._said.add(halves[0].spot, _only_ports(source, target, self.drafts[callee]))

    def _one_side(self, caller: int, callee: int, port: tuple[str, int], *, is_call: bool) -> None:
        """Write one half alone: whether the other end's addresses match pods too is left to the CNI."""
        source, target = self._helds[caller].party, self._helds[callee].party
        if is_call:
            self.drafts[caller].main.calls[target.where, (*port, 0)] = None
            return
        found = self.drafts[callee].find(*port)
        if found:
            found[0].accepts[source.where].add(found[0].named(found[1]))

    def _call_app(self, source: Party, draft: Draft, port: DraftPort) -> None:
        caller = self.drafts[id(source)].main
        caller.calls[draft, port] = None
        covering = [names for peer, names in draft.accepts.items() if _has(peer, source)]
        is_granted = any(draft.named(port) in names for names in covering)
        if (covering and not is_granted) or (caller.namespace != draft.namespace and not is_granted):
            draft.accepts[source].add(draft.named(port))

    # ------------------------------------------------------------------------------------------ one end in the run

    def _accept(self, party: Party, half: Half) -> None:
        drafts = self.drafts[id(party)]
        listed = drafts.within(half.ports)
        # Everybody is every pod and the world; which pods the world leaves out makes no difference then.
        peers: tuple[Peer, ...] = self._everybody if half.peer is EVERYBODY else (half.peer,)
        for draft, port in listed:
            for peer in peers:
                draft.accepts[peer].add(draft.named(port))
        if numbers(half.ports) is None:
            self._said.add(half.spot, _only_ports(half.peer, party, drafts))

    def _tell_of_open(self, party: Party) -> None:
        spots = [one.spot for one in party.workloads] + [one.spot for one in party.services]
        message = f"no policy closes {party}, and the spec says so: isolate: none"
        self._said.note(spots[0] if spots else None, message, of=str(party))

    def _call(self, party: Party, half: Half) -> None:
        caller = self.drafts[id(party)].main
        listed = spans(half.ports)
        if isinstance(half.peer, Where) and half.peer.pods != ANYTHING:
            self._call_pods(party, half, listed)
        elif listed is None and isinstance(half.peer, Where) and half.ports == ALL_PORTS:
            caller.calls[half.peer, ""] = None
        elif listed is None:
            # What is written for addresses is decided where all of them are known.
            caller.calls[half.peer, half.ports] = None
            self._wide(party, half)
        else:
            peers: tuple[Peer, ...] = (EVERY_POD, *WORLD) if half.peer is EVERYBODY else (half.peer,)
            for span in listed:
                for peer in peers:
                    caller.calls[peer, span] = None

    def _wide(self, party: Party, half: Half) -> None:
        if not isinstance(half.peer, Block):
            del self.drafts[id(party)].main.calls[half.peer, half.ports]
            self._said.add(
                half.spot,
                f"{party} calls {_peer(half.peer)} on {half.ports}, and a call names ports, no whole protocol",
            )

    def _call_pods(self, party: Party, half: Half, listed: list[Span] | None) -> None:
        caller, peer = self.drafts[id(party)].main, half.peer
        sayable = isinstance(peer, Where) and peer.namespace is not None and not peer.pods.expressions
        if sayable and listed is not None:
            for wanted in listed:
                caller.calls[peer, wanted] = None
            return
        found = list(self._parts(party, half))
        for draft, port in found:
            self._call_app(party, draft, port)
        names = ", ".join(dict.fromkeys(draft.name for draft, _ in found))
        message = f"{party} calls {_peer(peer)} on {half.ports}, which is no app"
        self._said.add(half.spot, f"{message}; it calls {names}" if found else message)

    def _parts(self, party: Party, half: Half) -> Iterator[tuple[Draft, DraftPort]]:
        """Yield the ports of the apps that are among the pods of *half*."""
        space = half.peer.namespace if isinstance(half.peer, Where) else None
        for held in self._helds.values() if space is None else self._spaces[space]:
            if covers(half.peer, held.party.where) and not held.party.host_network:
                opened = half.ports & held.effective(IN, party)
                yield from self.drafts[id(held.party)].within(opened)


def _is_no_peer(peer: Where) -> bool:
    """Return whether a spec has no word for *peer*: its peers are pods with labels in one namespace."""
    return bool(peer.pods.expressions) or (peer.namespace is None and peer.pods != ANYTHING)


def _by_address(halves: tuple[Half, ...]) -> PortSet:
    """Return the ports that *halves* open to addresses."""
    found = NO_PORTS
    for half in halves:
        found |= half.ports if isinstance(half.peer, Block) else NO_PORTS
    return found


def _has(caller: object, party: Party) -> bool:
    if isinstance(caller, Where):
        return caller.pods == ANYTHING and caller.namespace in (None, party.namespace)
    return caller is party


def _idle(source: Party, target: Party, ports: PortSet) -> str:
    return f"only one side lets {source} reach {target} on {ports}: nothing is opened, and the spec does not say it"


def _only_ports(source: object, target: Party, drafts: Drafts) -> str:
    return f"{_peer(source)} may reach {target} on ports that it does not declare; the spec opens {_shown(drafts)}"


def _shown(drafts: Drafts) -> str:
    ports = [f"{port.container}/{port.protocol}" for draft in drafts.all for port in draft.ports]
    return ", ".join(dict.fromkeys(ports)) or "none, since none is known"


def _peer(peer: object) -> str:
    if isinstance(peer, Where):
        pods = "all pods" if peer.pods == ANYTHING else f"pods with {peer.pods}"
        return f"{pods} of {peer.namespace or 'every namespace'}"
    return "everybody" if peer is EVERYBODY else str(peer)
