"""Sets of ports and addresses: the algebra against plain sets of numbers, and how they are written."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netgen.evaluate.addresses import AddressSpace, Block, parse, shown, strictly_inside
from netgen.evaluate.crowds import Crowd, crowd_of
from netgen.evaluate.sets import ALL_PORTS, NO_PORTS, PortSet, PortSpace, Protocol, bits, mask_of, ports

EDGES = (1, 2, 3, 79, 80, 81, 65534, 65535)


def joined(parts: list[PortSet]) -> PortSet:
    """Return the union of *parts*."""
    found = NO_PORTS
    for part in parts:
        found |= part
    return found


PORTS = st.lists(
    st.builds(
        lambda protocol, ends: ports(protocol, *sorted(ends)),
        st.sampled_from(list(Protocol)),
        st.tuples(st.sampled_from(EDGES), st.sampled_from(EDGES)),
    ),
    max_size=5,
).map(joined)

CIDRS = ("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/30", "10.0.0.1/32", "10.0.0.2/31", "10.128.0.0/9", "255.255.255.255/32")
CIDRS6 = ("::/0", "::/128", "fd00::/8", "fd00::/127", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128")
SAMPLES = (
    "0.0.0.1",
    "9.255.255.255",
    "10.0.0.0",
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.3",
    "10.0.0.4",
    "10.128.0.0",
    "11.0.0.0",
)
SAMPLES6 = ("::", "::1", "fd00::", "fd00::1", "fd00::2", "fe00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")


def members(ports: PortSet) -> set[tuple[Protocol, int]]:
    """Return the members of *ports* at the edges, and between them."""
    numbers = {*EDGES, *((low + high) // 2 for low, high in pairwise(EDGES))}
    return {(protocol, number) for protocol in Protocol for number in numbers if ports.has(protocol, number)}


@given(PORTS, PORTS)
def test_ports_are_sets(left: PortSet, right: PortSet) -> None:
    """Union, intersection and difference are those of the members, and equal sets are equal values."""
    assert members(left | right) == members(left) | members(right)
    assert members(left & right) == members(left) & members(right)
    assert members(left - right) == members(left) - members(right)
    assert (left - right) | (left & right) == left
    assert left | right == right | left
    assert bool(left) == bool(members(left))
    assert hash(left & left) == hash(left)


@given(PORTS)
def test_the_intervals_of_ports_are_canonical(found: PortSet) -> None:
    """Intervals are sorted by protocol and number, and no two of them touch."""
    order = [list(Protocol).index(protocol) for protocol, _, _ in found]
    assert order == sorted(order)
    touching = [pair for pair in pairwise(found) if pair[0][0] is pair[1][0] and pair[0][2] + 1 >= pair[1][1]]
    assert touching == []


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([], "none"),
        ([ALL_PORTS], "all"),
        ([ports(Protocol.UDP, 53, 53), ports(Protocol.TCP, 8080, 8080)], "8080/TCP, 53/UDP"),
        ([ports(Protocol.TCP, 8000, 8009), ports(Protocol.TCP, 8010, 8010)], "8000-8010/TCP"),
        ([ports(Protocol.SCTP), ports(Protocol.OTHER)], "all SCTP, other protocols"),
        ([ALL_PORTS - ports(Protocol.TCP, 1, 65534)], "65535/TCP, all UDP, all SCTP, other protocols"),
    ],
)
def test_how_ports_are_written(parts: list[PortSet], text: str) -> None:
    """Ports are written by number and protocol, ranges with a dash, and everything in one word."""
    assert str(joined(parts)) == text


def test_the_first_port_is_an_example() -> None:
    """The first member is the smallest; an empty set has none."""
    assert (ports(Protocol.UDP, 53, 60) | ports(Protocol.TCP, 80, 80)).first() == (Protocol.TCP, 80)
    with pytest.raises(ValueError, match="no member"):
        NO_PORTS.first()


@given(st.lists(PORTS, max_size=5))
def test_masks_stand_for_ports(cuts: list[PortSet]) -> None:
    """Each set that made a cut, and all that is built of such sets, is a mask and back."""
    space = PortSpace(cuts)
    for one in (*cuts, ALL_PORTS, NO_PORTS):
        assert space.ports(space.mask(one)) == one
        for other in cuts:
            assert space.ports(space.mask(one) & ~space.mask(other)) == one - other


def test_ports_without_a_cut_have_no_mask() -> None:
    """A set that nothing has told apart is refused, not rounded."""
    space = PortSpace([ports(Protocol.TCP, 80, 90)])
    for found in (ports(Protocol.TCP, 80, 85), ports(Protocol.TCP, 85, 90), ports(Protocol.UDP, 80, 90)):
        with pytest.raises(ValueError, match="no cut"):
            space.mask(found)


@given(st.sets(st.integers(0, 5000)))
def test_bits_are_numbers(numbers: set[int]) -> None:
    """A mask has a bit for each number, and a crowd of either size says the same."""
    mask = mask_of(numbers)
    assert list(bits(mask)) == sorted(numbers)
    for crowd in (Crowd(sorted(numbers)), crowd_of(mask)):
        assert (crowd.mask, crowd.ids, len(crowd)) == (mask, tuple(sorted(numbers)), len(numbers))
        assert [one for one in (0, 1, 63, 64, 4999, *numbers) if (one in crowd) != (one in numbers)] == []


@given(
    st.lists(
        st.tuples(st.sampled_from(CIDRS + CIDRS6), st.sets(st.sampled_from(CIDRS + CIDRS6), max_size=3)), max_size=6
    )
)
def test_addresses_are_told_apart_exactly(drawn: list[tuple[str, set[str]]]) -> None:
    """Two addresses are in one class exactly if they are in the same blocks, and a block's mask has its classes."""
    blocks = [
        Block(cidr, tuple(sorted(one for one in excepts if strictly_inside(parse(one), parse(cidr)))))
        for cidr, excepts in drawn
    ]
    space = AddressSpace(blocks)
    inside = {
        address: (ip_address(address).version, *(is_in(address, block) for block in blocks))
        for address in SAMPLES + SAMPLES6
    }
    for address, found in inside.items():
        home = space.class_of(address)
        assert [space.mask(block) >> home & 1 == 1 for block in blocks] == list(found[1:])
        assert [other for other in inside if (space.class_of(other) == home) != (inside[other] == found)] == []
    assert sum(one.size for one in space.classes) == 2**32 + 2**128


def is_in(address: str, block: Block) -> bool:
    """Return whether *address* is in *block*, the plain way."""
    one = ip_address(address)
    return one in ip_network(block.cidr) and not any(one in ip_network(cidr) for cidr in block.excepts)


def test_very_many_blocks_around_one_address() -> None:
    """Addresses in hundreds of blocks at once are told apart too."""
    blocks = [Block("0.0.0.0/0", (f"10.0.{number}.0/24",)) for number in range(200)]
    space = AddressSpace(blocks)
    homes = [space.class_of(f"10.0.{number}.1") for number in range(200)]
    assert len(set(homes)) == 200
    assert [space.mask(block).bit_count() for block in blocks] == [200] * 200


@pytest.mark.parametrize(
    "cidr", ["10.0.0.0", "010.0.0.0/8", "10.0.0.0/08", "10.0.0.0/33", "::ffff:10.0.0.1/128", "a/8", "::/129"]
)
def test_what_is_no_cidr(cidr: str) -> None:
    """A text that readers of CIDRs do not agree on is refused."""
    with pytest.raises(ValueError, match=r"is no CIDR|mixes IPv4 into IPv6"):
        parse(cidr)


def test_bits_behind_the_prefix_are_dropped() -> None:
    """A CIDR with host bits is the network around it, as the API server has always read it."""
    assert parse("10.1.2.3/8") == parse("10.0.0.0/8")


@pytest.mark.parametrize(
    ("cidr", "text"),
    [
        ("0.0.0.0/0", "any IPv4 address"),
        ("::/0", "any IPv6 address"),
        ("203.0.113.7/32", "203.0.113.7"),
        ("203.0.113.0/24", "203.0.113.0-203.0.113.255"),
        ("2001:db8::/127", "2001:db8::-2001:db8::1"),
    ],
)
def test_how_ranges_are_written(cidr: str, text: str) -> None:
    """A range is written by its ends, a whole family in words."""
    assert shown(parse(cidr)) == text
