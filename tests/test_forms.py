"""The grammar of specs: each short form as a text and its value, or as a text, the code of its error and its part."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netgen.intent import Expression, Pods, Selector
from netgen.problems import Problem
from netgen.source import Dialect, Spot, read
from netgen.spec.forms.addresses import address, address_and_port, cidr, looks_like_address, without_contained
from netgen.spec.forms.connectivity import AppForm, ConnectivityForm, read_connectivity
from netgen.spec.forms.exposures import ServiceExposure, Url, UrlForm, url
from netgen.spec.forms.matching import ACCOUNT, are_apart, contains
from netgen.spec.forms.permissions import CallForm, GrantForm
from netgen.spec.forms.ports import PortForm, PortWord, port_name, port_number, port_word, read_port
from netgen.spec.forms.selectors import pods, resolver
from netgen.spec.forms.sides import Kind, Side, caller, target
from netgen.spec.forms.text import FormError
from specs import document

SPOT = Spot(read("x: 1\n", "spec.yaml", Dialect.SPEC).documents[0], ())


def wrong(parse: Callable[[str], Any], text: str) -> tuple[str, str]:
    """Return the code of the error that *parse* makes of *text*, and the part of the text that it names."""
    with pytest.raises(FormError) as caught:
        parse(text)
    start, width = caught.value.part or (0, len(text))
    return caught.value.code, text[start : start + width]


# ------------------------------------------------------------------------------------------------ addresses and CIDRs

# Text, and what it is as a CIDR, or "" where it is none. What the API server takes with StrictIPCIDRValidation is taken
# here in its canonical spelling, but for the blocks of everything; a bare address is none to the server and one here.
CIDRS = [
    *(("10.0.0.0/8", "10.0.0.0/8"), ("203.0.113.7/32", "203.0.113.7/32"), ("0.0.0.0/1", "0.0.0.0/1")),
    *(("203.0.113.7", "203.0.113.7/32"), ("2001:db8::1", "2001:db8::1/128"), ("::1", "::1/128")),
    *(("2001:db8::/32", "2001:db8::/32"), ("2001:db8::1/128", "2001:db8::1/128"), ("::/1", "::/1")),
    *(("1:0:2:3:4:5:6:7/128", "1:0:2:3:4:5:6:7/128"), ("64:ff9b::/96", "64:ff9b::/96"), ("::/96", "::/96")),
    *(("0.0.0.0/0", ""), ("::/0", ""), ("::", "::/128"), ("0.0.0.0/32", "0.0.0.0/32")),
    # host bits, leading zeros, masks of other kinds
    *(("10.0.0.1/8", ""), ("2001:db8::1/32", ""), ("10.0.0.0/08", ""), ("010.0.0.0/8", ""), ("10.00.0.0/8", "")),
    *(("10.0.0.0/255.0.0.0", ""), ("10.0.0.0/0.255.255.255", ""), ("10.0.0.0/33", ""), ("2001:db8::/129", "")),
    *(("2001:db8::/032", ""), ("10.0.0.0/-8", ""), ("10.0.0.0/+8", ""), ("10.0.0.0/", ""), ("10.0.0.0/8/8", "")),
    # too few and too many numbers
    *(("10.0.0/8", ""), ("10/8", ""), ("167772160", ""), ("167772160/8", ""), ("10.0.0.0.0/8", "")),
    *(("256.0.0.0/8", ""), ("1:2:3:4:5:6:7/128", ""), ("1:2:3:4:5:6:7:8:9", ""), ("1::2::3/128", "")),
    *(("/8", ""), ("", "")),
    # other spellings of IPv6
    *(("2001:DB8::/32", ""), ("2001:0db8::/32", ""), ("2001:db8:0:0::/64", ""), ("2001:db8:0:0:0:0:0:0/32", "")),
    *(("1::2:3:4:5:6:7/128", ""), ("::10.0.0.0/104", ""), ("::ffff:10.0.0.0/104", ""), ("::ffff:a00:0/104", "")),
    *(("fe80::1%eth0/128", ""), ("fe80::1%1", ""), ("[2001:db8::]/32", "")),
    # no addresses at all
    *((" 10.0.0.0/8", ""), ("10.0.0.0/8\n", ""), ("10.0.0.0 /8", ""), ("\uff110.0.0.0/8", ""), ("10.0.0.0/\u0668", "")),
    *(("internet", ""), ("10.0.0.*", ""), ("10.0.0.0-10.0.0.9", ""), ("10.0.0.0/8,11.0.0.0/8", "")),
]  # fmt: skip


def test_there_are_enough_forms_of_a_cidr() -> None:
    """Each is another one."""
    assert len({text for text, _ in CIDRS}) == len(CIDRS) > 60


@pytest.mark.parametrize(("text", "block"), CIDRS)
def test_a_cidr_has_one_spelling(text: str, block: str) -> None:
    """The canonical one of the API server; every other is an error."""
    if block:
        assert cidr(text) == block
    else:
        assert wrong(cidr, text) == ("bad-address", text)


@pytest.mark.parametrize(("text", "fix"), [("10.0.0.1/8", "10.0.0.0/8"), ("2001:DB8::/32", "2001:db8::/32")])
def test_the_error_of_a_cidr_shows_the_right_one(text: str, fix: str) -> None:
    """Where there is one."""
    with pytest.raises(FormError) as caught:
        cidr(text)
    assert caught.value.fix == f"write {fix}"


@given(st.ip_addresses(network="::/0") | st.ip_addresses(network="0.0.0.0/0"))
def test_every_address_is_taken_in_its_own_spelling(value: Any) -> None:
    """But for IPv4 in IPv6 clothes."""
    text = str(value)
    if value.version == 6 and value.ipv4_mapped:
        assert wrong(address, text)[0] == wrong(cidr, text)[0] == "bad-address"
    else:
        assert address(text) == text
        assert cidr(text) == f"{text}/{value.max_prefixlen}"
        assert looks_like_address(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("10.0.0.1:6443", ("10.0.0.1", 6443)), ("[2001:db8::1]:443", ("2001:db8::1", 443)), ("[::]:1", ("::", 1))],
)
def test_an_address_with_a_port(text: str, value: tuple[str, int]) -> None:
    """An IPv6 address stands in brackets."""
    assert address_and_port(text) == value


@pytest.mark.parametrize(
    ("text", "part"),
    [
        *(("10.0.0.1", ""), ("10.0.0.1:", ""), ("10.0.0.1:0", ""), ("10.0.0.1:65536", ""), ("10.0.0.1:06443", "")),
        *(("2001:db8::1:6443", ""), ("[2001:db8::1]", ""), ("a.example.com:6443", ""), ("10.0.0.0/8:6443", "")),
        *(("[10.0.0.1]:6443", "10.0.0.1"), ("[2001:DB8::1]:1", "2001:DB8::1"), ("010.0.0.1:1", "010.0.0.1")),
    ],
)  # fmt: skip
def test_what_is_no_address_with_a_port(text: str, part: str) -> None:
    """Every part is in its one spelling."""
    assert wrong(address_and_port, text) == ("bad-address", part or text)


@pytest.mark.parametrize(
    ("blocks", "kept"),
    [
        ([], ()),
        (["10.0.0.0/8", "10.1.0.0/16", "10.0.0.0/8"], ("10.0.0.0/8",)),
        (["10.128.0.0/9", "10.0.0.0/9"], ("10.0.0.0/9", "10.128.0.0/9")),
        (
            ["9.0.0.0/8", "10.0.0.0/8", "::/8", "2001:db8::/32", "::/96"],
            ("9.0.0.0/8", "10.0.0.0/8", "::/8", "2001:db8::/32"),
        ),
    ],
)
def test_blocks_inside_others_are_left_out(blocks: list[str], kept: tuple[str, ...]) -> None:
    """Whatever their order; neighbours are not made one."""
    for order in itertools.permutations(blocks):
        assert without_contained(order) == kept


# -------------------------------------------------------------------------------------------------------------- ports


def port(text: str | int, name: str | None = None) -> PortForm:
    """Return the port of a short form, which is one."""
    found: list[Problem] = []
    form = read_port(text, name, SPOT, found)
    assert found == []
    assert form
    return form


@pytest.mark.parametrize(
    ("text", "name", "service", "container", "protocol", "app_protocol", "opaque"),
    [
        (8080, None, 8080, 8080, "TCP", None, False),
        ("8080", None, 8080, 8080, "TCP", None, False),
        ("80 -> 8080", None, 80, 8080, "TCP", None, False),
        ("80->8080", None, 80, 8080, "TCP", None, False),
        ("80  ->   8080/http", "http", 80, 8080, "TCP", "http", False),
        ("5432/tcp", "tcp", 5432, 5432, "TCP", None, True),
        ("53/udp", "udp", 53, 53, "UDP", None, True),
        ("53 -> 5353/udp", "udp", 53, 5353, "UDP", None, True),
        ("3868/sctp", "sctp", 3868, 3868, "SCTP", None, True),
        ("9090/grpc", "grpc", 9090, 9090, "TCP", "grpc", False),
        ("443 -> 8443/https", "https", 443, 8443, "TCP", "https", False),
        ("1 -> 65535/tls", "tls", 1, 65535, "TCP", "tls", False),
    ],
)
def test_a_port(
    text: str, name: str | None, service: int, container: int, protocol: str, app_protocol: str | None, *, opaque: bool
) -> None:
    """Service and container port, the transport, and what is spoken where that is written."""
    expected = PortForm(name, service, container, protocol, app_protocol, opaque, metrics=False, spot=SPOT)
    assert port(text) == expected
    named = port(text, "x")
    assert (named.name, named.service, named.app_protocol) == ("x", service, app_protocol)
    assert port(text, "metrics").metrics


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        *((text, "bad-port", "") for text in ("", "http", "80:8080", "-> 80", "80 ->", "80 -> 81 -> 82", "80 > 81")),
        *((text, "bad-port", "") for text in ("80/tcp/udp", " 80", "80 ", "80\n", "1e3", "80.0", "+80", "8_0", "80/")),
        *((text, "bad-port", "") for text in ("\u0668\u0660", "0", "65536", "08080", "99999999999999999999")),
        *(("0 -> 80", "bad-port", "0"), ("80 -> 0", "bad-port", "0"), ("080 -> 8080", "bad-port", "080")),
        *(("80/quic", "bad-port", "quic"), ("80/TCP", "bad-port", "TCP"), ("80 -> 81/icmp", "bad-port", "icmp")),
        *(("80 -> 8080-8090/udp", "bad-port", "80 -> "), ("8090-8080", "bad-port", "8090-8080")),
        *(("8080-8080", "bad-port", "8080-8080"), ("8080-65536", "bad-port", "65536"), ("0-80", "bad-port", "0")),
        *((text, "bad-port", "") for text in ("8080-", "-8080", "8080-8090-8100", "8080 - 8090", "8080-8090 -> 80")),
    ],
)  # fmt: skip
def test_what_is_no_port(text: str, code: str, part: str) -> None:
    """The problem names the part that is wrong."""
    found: list[Problem] = []
    spot = read(f"port: {json.dumps(text)}\n", "spec.yaml", Dialect.SPEC).documents[0].spot("port")
    assert read_port(text, None, spot, found) is None
    (problem,) = found
    assert problem.code == code
    place = problem.place
    assert place
    if part:
        assert place.text[place.column - 1 :][: place.width] == part


@pytest.mark.parametrize("text", ["1", "80", "65535"])
def test_a_port_number(text: str) -> None:
    """Decimal, without leading zeros."""
    assert port_number(text) == int(text)


@pytest.mark.parametrize("text", ["http", "x", "a-b", "9p", "p9", "a-b-c-d", "abcdefghijklmno"])
def test_a_port_name(text: str) -> None:
    """An IANA service name."""
    assert port_name(text) == text
    assert port_word(text) == PortWord(text)


@pytest.mark.parametrize("text", ["", "Http", "-a", "a-", "80", "a" * 64, "a_b", "a.b", "é", "a b", "a\n"])
def test_what_is_no_port_name(text: str) -> None:
    """Too long, of other letters, or with hyphens where none may be."""
    assert wrong(port_name, text) == ("bad-name", text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("8080", PortWord(None, 8080)),
        ("53/udp", PortWord(None, 53, "UDP")),
        ("5432/tcp", PortWord(None, 5432, "TCP")),
        ("3868/sctp", PortWord(None, 3868, "SCTP")),
        ("8080-8090", PortWord(None, 8080, None, 8090)),
        ("10000-10100/udp", PortWord(None, 10000, "UDP", 10100)),
        ("grpc", PortWord("grpc")),
    ],
)
def test_the_port_of_a_call(text: str, word: PortWord) -> None:
    """A name, or a number with its protocol."""
    assert port_word(text) == word


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        *(("0", "bad-port", "0"), ("08080", "bad-port", "08080"), ("65536", "bad-port", "65536")),
        *(("80/quic", "bad-port", "quic"), ("80/UDP", "bad-port", "UDP"), ("80/grpc", "bad-port", "grpc")),
        *(("0/udp", "bad-port", "0"),),
        *(("8090-8080", "bad-port", "8090-8080"), ("8080-65536", "bad-port", "65536")),
        *(("Grpc", "bad-name", "Grpc"), ("80:90", "bad-name", "80:90")),
        *(("80 -> 81", "bad-name", "80 -> 81"), ("", "bad-name", ""), ("80/", "bad-name", "80/")),
    ],
)
def test_what_is_no_port_of_a_call(text: str, code: str, part: str) -> None:
    """A name, a number or a range."""
    assert wrong(port_word, text) == (code, part)


# ------------------------------------------------------------------------------------------- targets and callers


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("db", Side(Kind.APP, None, "db")),
        ("1db", Side(Kind.APP, None, "1db")),
        ("cluster", Side(Kind.APP, None, "cluster")),
        ("payments/api", Side(Kind.APP, "payments", "api")),
        ("payments/api:grpc", Side(Kind.APP, "payments", "api", port=PortWord("grpc"))),
        ("db:5432", Side(Kind.APP, None, "db", port=PortWord(None, 5432))),
        ("db:53/udp", Side(Kind.APP, None, "db", port=PortWord(None, 53, "UDP"))),
        ("here/*", Side(Kind.NAMESPACE)),
        ("here/*:80", Side(Kind.NAMESPACE, port=PortWord(None, 80))),
        ("logging/*:4317", Side(Kind.NAMESPACE, "logging", port=PortWord(None, 4317))),
        ("any", Side(Kind.ANY)),
        ("any:53/udp", Side(Kind.ANY, port=PortWord(None, 53, "UDP"))),
        ("internet", Side(Kind.INTERNET)),
        ("internet:443", Side(Kind.INTERNET, port=PortWord(None, 443))),
        ("cluster/apiserver", Side(Kind.APISERVER)),
        *(
            (text, Side(Kind.ADDRESS, cidr=block, port=PortWord(None, number, protocol)))
            for text, block, number, protocol in [
                ("http://203.0.113.7", "203.0.113.7/32", 80, "TCP"),
                ("https://203.0.113.0/24", "203.0.113.0/24", 443, "TCP"),
                ("grpc://203.0.113.7", "203.0.113.7/32", 443, "TCP"),
                ("tls://203.0.113.7", "203.0.113.7/32", 443, "TCP"),
                ("https://203.0.113.7:8443", "203.0.113.7/32", 8443, "TCP"),
                ("tcp://10.20.0.0/16:1433", "10.20.0.0/16", 1433, "TCP"),
                ("udp://10.20.0.1:53", "10.20.0.1/32", 53, "UDP"),
                ("sctp://10.20.0.1:3868", "10.20.0.1/32", 3868, "SCTP"),
                ("tcp://[2001:db8::]/32:443", "2001:db8::/32", 443, "TCP"),
                ("https://[2001:db8::1]", "2001:db8::1/128", 443, "TCP"),
                ("https://[2001:db8::1]:8443", "2001:db8::1/128", 8443, "TCP"),
            ]
        ),
    ],
)
def test_a_target(text: str, side: Side) -> None:
    """An app, all pods of a namespace or the cluster, or what lies outside."""
    assert target(text) == side


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("web", Side(Kind.APP, None, "web")),
        ("storefront/web", Side(Kind.APP, "storefront", "web")),
        ("here/*", Side(Kind.NAMESPACE)),
        ("storefront/*", Side(Kind.NAMESPACE, "storefront")),
        ("any", Side(Kind.ANY)),
        ("internet", Side(Kind.INTERNET)),
        ("cluster/apiserver", Side(Kind.APISERVER)),
        ("cluster/nodes", Side(Kind.NODES)),
        ("10.1.2.0/24", Side(Kind.ADDRESS, cidr="10.1.2.0/24")),
        ("203.0.113.7", Side(Kind.ADDRESS, cidr="203.0.113.7/32")),
        ("2001:db8::/32", Side(Kind.ADDRESS, cidr="2001:db8::/32")),
        ("::1", Side(Kind.ADDRESS, cidr="::1/128")),
    ],
)
def test_a_caller(text: str, side: Side) -> None:
    """It is recognised by its form."""
    assert caller(text) == side


LONG = "a" * 64
NO_NAME = [
    *(("Web", "bad-name", ""), ("web_1", "bad-name", ""), (LONG, "bad-name", ""), ("-web", "bad-name", "")),
    *(("Shop/web", "bad-name", "Shop"), ("shop/Web", "bad-name", "Web"), ("a/b/c", "bad-name", "a/b")),
    *(("*", "bare-star", ""), ("*/web", "bare-star", ""), ("web*", "bare-star", ""), ("shop/web-*", "bare-star", "")),
    *(("shop/any", "reserved-name", "any"), ("here/any", "reserved-name", "any")),
    ("shop/internet", "reserved-name", "internet"),
    *(("external/*", "bad-name", "*"), ("external/ERP", "bad-name", "ERP")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        *NO_NAME,
        *(("", "bad-target", ""), (":80", "bad-target", ""), ("/web", "bad-target", ""), ("shop/", "bad-target", "")),
        *(("here/web", "bad-target", ""), ("web, db", "bad-target", ""), ("web db", "bad-target", "")),
        *(("cluster/nodes", "bad-target", ""), ("cluster/pods", "bad-target", "pods")),
        *(("cluster/*", "bad-target", "*"), ("cluster/apiserver:6443", "bad-target", ":6443")),
        # ports
        *(("db:0", "bad-port", "0"), ("db:99999", "bad-port", "99999"), ("db:080", "bad-port", "080")),
        *(("db:53/quic", "bad-port", "quic"), ("db:Grpc", "bad-name", "Grpc"), ("db:80:90", "bad-name", "80:90")),
        *(("db:90-80", "bad-port", "90-80"), ("any:http", "port-needed", "http")),
        *(("here/*:http", "port-needed", "http"), ("internet:dns", "port-needed", "dns")),
        # the outside without a scheme
        *((text, "missing-scheme", "") for text in ("10.0.0.1", "10.0.0.0/8", "10.0.0.1:443", "2001:db8::1")),
        *((text, "missing-scheme", "") for text in ("2001:db8::/32", "[2001:db8::1]:443")),
        *((text, "missing-scheme", "") for text in ("shop.example.com", "shop.example.com:443")),
        *((text, "missing-scheme", "") for text in ("shop.example.com/x", "*.example.com")),
        *(("external/erp:1433", "bad-target", ":1433"), ("external/erp:", "bad-target", ":")),
        # the outside with one
        *(("ftp://10.0.0.1", "bad-target", "ftp"), ("HTTPS://10.0.0.1", "bad-target", "HTTPS")),
        *(("://10.0.0.1", "bad-target", ""), ("https://", "bad-target", ""), ("https://:443", "bad-target", "")),
        *(("https://10.0.0.1/", "bad-target", "/"), ("https://10.0.0.0/8/x", "bad-target", "/x")),
        *(("https://10.0.0.1:443/x", "bad-target", "/x"), ("tcp://[2001:db8::]:443/32", "bad-target", "/32")),
        *(("tcp://2001:db8::1:443", "bad-target", ""), ("tcp://2001:db8::/32:443", "bad-target", "")),
        *(("tcp://10.0.0.1", "port-needed", ""), ("udp://10.0.0.0/8", "port-needed", "")),
        *(("tcp://10.0.0.1:0", "bad-port", "0"), ("tcp://10.0.0.1:http", "bad-port", "http")),
        *(("tcp://10.0.0.1:080", "bad-port", "080"), ("tcp://10.0.0.1:90-80", "bad-port", "90-80")),
        *(("tcp://10.0.0.1/24:1", "bad-address", "10.0.0.1/24"), ("https://010.0.0.1", "bad-address", "010.0.0.1")),
        *(("tcp://[10.0.0.1]:1", "bad-address", "10.0.0.1"), ("https://0.0.0.0/0", "bad-address", "0.0.0.0/0")),
        *(("tcp://db.example.com", "port-needed", ""), ("https://a.example.com/16", "bad-target", "/16")),
        *(("https://a.example.com/x", "bad-target", "/x"), ("https://u@a.example.io", "bad-target", "u@a.example.io")),
    ],
)  # fmt: skip
def test_what_is_no_target(text: str, code: str, part: str) -> None:
    """The error names what is wrong, and where."""
    assert wrong(target, text) == (code, part or text)


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        *NO_NAME,
        *((text, "bad-caller", "") for text in ("", "/web", "here/web", "a, b", "shop.example.com", "https://10.0.0.1")),
        *(("web:http", "bad-caller", ":http"), ("any:80", "bad-caller", ":80"), ("web:", "bad-caller", ":")),
        *(("10.0.0.1:80", "bad-caller", ":80"), ("cluster/pods", "bad-caller", "pods")),
        ("cluster/nodes:80", "bad-caller", ":80"),
        *(("0.0.0.0/0", "bad-address", ""), ("::/0", "bad-address", ""), ("10.0.0.1/8", "bad-address", "")),
        *(("[2001:db8::1]", "bad-address", ""), ("[2001:db8::1]:80", "bad-address", ""), ("10.0", "bad-address", "")),
    ],
)  # fmt: skip
def test_what_is_no_caller(text: str, code: str, part: str) -> None:
    """A caller has no port, no scheme and no host name."""
    assert wrong(caller, text) == (code, part or text)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("10.0.0.1", "tcp://10.0.0.1:PORT"),
        ("10.0.0.0/8", "tcp://10.0.0.0/8:PORT"),
        ("10.0.0.1:1433", "tcp://10.0.0.1:1433"),
        ("2001:db8::1", "tcp://[2001:db8::1]:PORT"),
        ("2001:db8::/32", "tcp://[2001:db8::]/32:PORT"),
    ],
)
def test_the_error_of_a_bare_host_proposes_the_scheme(text: str, fix: str) -> None:
    """And what it proposes is a target, once the port is there."""
    with pytest.raises(FormError) as caught:
        target(text)
    assert caught.value.fix == (f'write "{fix}"' if "[" in fix else f"write {fix}")
    assert target(fix.replace("PORT", "1433")).kind is Kind.ADDRESS


@given(st.text(alphabet="ab1*./:-[]% ,\n", max_size=12))
def test_any_text_is_a_side_or_an_error(text: str) -> None:
    """Nothing else is raised, and the part that an error names is in the text or just behind it."""
    for parse in (target, caller, url, pods, resolver, cidr, port_word, address_and_port):
        try:
            parse(text)
        except FormError as error:
            start, width = error.part or (0, 1)
            assert 0 <= start <= len(text)
            assert width >= 1 or not text


# ---------------------------------------------------------------------------------------------- pods and name servers


@pytest.mark.parametrize(
    ("text", "namespace", "labels"),
    [
        ("monitoring/app=prometheus", "monitoring", {"app": "prometheus"}),
        (
            "monitoring/app.kubernetes.io/name=prometheus,tier=x",
            "monitoring",
            {"app.kubernetes.io/name": "prometheus", "tier": "x"},
        ),
        ("m/a=", "m", {"a": ""}),
        ("m/A_b.c-d=E_f.g-h", "m", {"A_b.c-d": "E_f.g-h"}),
    ],
)
def test_pods_of_the_platform(text: str, namespace: str, labels: dict[str, str]) -> None:
    """The first slash ends the namespace."""
    assert pods(text) == Pods(namespace, Selector(tuple(sorted(labels.items()))))


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        *((text, "bad-selector", "") for text in ("", "m", "m/", "m/app", "m/a=b,", "m/a=b,c", "m/,a=b")),
        *(("m/=b", "bad-selector", "=b"), ("m/-a=b", "bad-selector", "-a=b"), ("m/a=-b", "bad-selector", "a=-b")),
        *(("m/a=b=c", "bad-selector", "a=b=c"), ("m/a=b c", "bad-selector", "a=b c"), ("m/a=*", "bad-selector", "a=*")),
        *((f"m/{label}", "bad-selector", label) for label in ("x/y/z=b", "X/y=b", "a..b/c=d", "a-.b/c=d")),
        *((f"m/{LONG}=b", "bad-selector", f"{LONG}=b"), (f"m/a={LONG}", "bad-selector", f"a={LONG}")),
        *(("m/a=b,a=c", "bad-selector", "a=c"), ("m/pod-template-hash=x", "bad-selector", "pod-template-hash=x")),
        *(("M/a=b", "bad-name", "M"), ("*/a=b", "bad-name", "*"), ("here/a=b", "reserved-name", "here")),
    ],
)  # fmt: skip
def test_what_is_no_pods(text: str, code: str, part: str) -> None:
    """A namespace and labels, each once, none of which changes with a release."""
    assert wrong(pods, text) == (code, part or text)


KUBE_DNS = Pods("kube-system", Selector((("k8s-app", "kube-dns"),)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("kube-system/k8s-app=kube-dns", (KUBE_DNS, 53)),
        ("kube-system/k8s-app=kube-dns:5353", (KUBE_DNS, 5353)),
        ("169.254.20.10", ("169.254.20.10", 53)),
        ("169.254.20.10:5353", ("169.254.20.10", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_decision_19_a_name_server(text: str, value: tuple[Pods | str, int]) -> None:
    """Pods or an address, with a port or without."""
    assert resolver(text) == value


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        *((text, "bad-address", "") for text in ("", "kube-dns", "dns.google", "[2001:db8::53]", "[2001:db8::53]53")),
        *((text, "bad-address", "") for text in ("010.0.0.1", "2001:DB8::1", "::ffff:1.2.3.4", "10.0.0.1:53:53")),
        *(("[169.254.20.10]:53", "bad-address", "169.254.20.10"), ("10.0.0.0/8", "bad-selector", "")),
        *(("169.254.20.10:0", "bad-port", "0"), ("[::1]:x", "bad-port", "x"), ("m/a=b:", "bad-port", "")),
        *(("m/a=b:99999", "bad-port", "99999"), ("kube-system/kube-dns", "bad-selector", "")),
    ],
)
def test_what_is_no_name_server(text: str, code: str, part: str) -> None:
    """Neither a host name nor a range of addresses."""
    found = wrong(resolver, text)
    assert found in {(code, part or text), (code, part)}


# --------------------------------------------------------------------------------------------------------------- URLs


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("https://shop.example.com", Url(True, "shop.example.com", "/")),  # noqa: FBT003
        ("http://shop.example.com/", Url(False, "shop.example.com", "/")),  # noqa: FBT003
        ("https://shop.example.com/api/v1.2/", Url(True, "shop.example.com", "/api/v1.2/")),  # noqa: FBT003
        ("https://*.example.com/x", Url(True, "*.example.com", "/x")),  # noqa: FBT003
        ("https://shop/.well-known/~a_b-c!&(),=:@+%20", Url(True, "shop", "/.well-known/~a_b-c!&(),=:@+%20")),  # noqa: FBT003
    ],
)
def test_an_exposed_url(text: str, value: Url) -> None:
    """A scheme, a host and a path."""
    assert url(text) == value


HOST = "a." * 126 + "ab"


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        *((text, "bad-url", "") for text in ("", "shop.example.com", "ftp://a", "HTTPS://a", "https:/a", "//a")),
        *(("https://a:443", "bad-url", ":443"), ("https://a:", "bad-url", ":"), ("https://a?q", "bad-url", "?q")),
        *(("https://a/x?q=1", "bad-url", "?q=1"), ("https://a#f", "bad-url", "#f"), ("https://a/x#f", "bad-url", "#f")),
        *((f"https://{host}", "bad-url", host) for host in ("10.0.0.1", "*", "*.", "a.*.com", "*a.com", "A.com")),
        *((f"https://{host}", "bad-url", host) for host in ("a..b", "a.b.", "-a", "u@a", LONG, HOST, "a.com\n", "ä.b")),
        *((f"https://a{path}", "route-path", path) for path in ("//b", "/./b", "/../b", "/.", "/..", "/b/..")),
        *((f"https://a{path}", "route-path", path) for path in ("/x%2fy", "/x%2Fy", "/x y", '/"', "/'", "/;", "/$")),
        *((f"https://a{path}", "route-path", path) for path in ("/{x}", "/\\", "/`", "/^", "/|", "/<", "/é", "/%")),
        *((f"https://a{path}", "route-path", path) for path in ("/%z0", "/x\n", "/*")),
    ],
)  # fmt: skip
def test_what_is_no_exposed_url(text: str, code: str, part: str) -> None:
    """No port, no query, no address, and no path that an Ingress or a controller would take otherwise."""
    assert wrong(url, text) == (code, part or text)


# ---------------------------------------------------------------------------------------------------- long and short


def form(body: str) -> ConnectivityForm:
    """Return the long form of a document, which is in order."""
    found: list[Problem] = []
    (only,) = read(document(body), "spec.yaml", Dialect.SPEC).documents
    data: Any = only.data
    result = read_connectivity(data, only.spot(), found)
    assert found == []
    return result


def app(body: str) -> AppForm:
    """Return the long form of the app web with *body*."""
    (only,) = form(f"apps: {{web: {body}}}\n").apps
    return only


def faults(body: str) -> list[str]:
    """Return the codes of what is wrong in the short forms of the app web with *body*."""
    found: list[Problem] = []
    (only,) = read(document(f"apps: {{web: {body}}}\n"), "spec.yaml", Dialect.SPEC).documents
    data: Any = only.data
    result = read_connectivity(data, only.spot(), found)
    assert result.apps[0].unclear == bool(found)
    return [problem.code for problem in found]


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("5432/tcp", "{port: 5432/tcp}"),
        ("8080", "{port: 8080}"),
        ("{port: 8080/grpc}", "{ports: {grpc: {container: 8080, appProtocol: grpc}}}"),
        ("{ports: {x: 8080}}", "{ports: {x: {container: 8080, service: 8080, protocol: TCP}}}"),
        ("{ports: {dns: 53 -> 5353/udp}}", "{ports: {dns: {container: 5353, service: 53, protocol: UDP}}}"),
        ("{ports: {metrics: 9090}}", "{ports: {metrics: {container: 9090, metrics: true}}}"),
        ("{calls: db}", "{calls: [db]}"),
        ("{calls: [db]}", "{calls: [{to: db}]}"),
        ("{calls: ['pay/api:grpc']}", "{calls: [{to: pay/api, ports: [grpc]}]}"),
        ("{calls: ['pay/api:53/udp']}", "{calls: [{to: pay/api, ports: [53/udp]}]}"),
        ("{calls: ['any:9090']}", "{calls: [{to: any, ports: [9090]}]}"),
        ("{accepts: any}", "{accepts: [{from: any}]}"),
        ("{accepts: [shop/web]}", "{accepts: [{from: shop/web}]}"),
        ("{accepts: {shop/web: grpc}}", "{accepts: [{from: shop/web, ports: [grpc]}]}"),
        ("{accepts: {shop/web: [b, a]}}", "{accepts: [{from: shop/web, ports: [a, b]}]}"),
        ("{expose: 'https://a.b/c'}", "{expose: [{url: 'https://a.b/c', match: prefix}]}"),
        ("{expose: {x: 'https://a.b/c'}}", "{expose: [{url: 'https://a.b/c', port: x}]}"),
        ("{expose: {x: ['https://a.b/c']}}", "{expose: {x: {url: 'https://a.b/c'}}}"),
        ("{expose: loadBalancer}", "{expose: [{loadBalancer: {}}]}"),
        ("{expose: {x: loadBalancer}}", "{expose: [{loadBalancer: {ports: [x], clients: [internet]}}]}"),
        ("{expose: nodePort}", "{expose: [{nodePort: {}}]}"),
        ("{expose: {x: nodePort 30080}}", "{expose: [{nodePort: {ports: {x: 30080}}}]}"),
        ("{select: {app: x}}", "{select: {matchLabels: {app: x}}}"),
        ("{}", "{calls: [], accepts: [], expose: [], isolate: both, dns: true, hostNetwork: false, service: {}}"),
        ("{service: {}}", "{service: {headless: false, sessionAffinity: None, annotations: {}}}"),
    ],
)
def test_a_short_form_is_its_long_form(short: str, long: str) -> None:
    """One model comes of both."""
    assert app(short) == app(long)


def test_every_key_of_an_app_is_read() -> None:
    """Nothing is accepted and ignored."""
    read_app = app(
        "{select: {app: x}, isolate: egress, dns: false, hostNetwork: true, overlaps: [b, a], why: because, "
        "service: {name: front, headless: true, sessionAffinity: {clientIP: 60}, annotations: {k: v}}}"
    )
    assert read_app.selector == Selector((("app", "x"),))
    assert (read_app.ingress, read_app.egress, read_app.dns, read_app.host_network) == (False, True, False, True)
    assert (sorted(read_app.overlaps), read_app.why) == (["a", "b"], "because")
    service = read_app.service
    assert service
    assert (service.name, service.headless, service.affinity_seconds) == ("front", True, 60)
    assert service.annotations == (("k", "v"),)
    assert app("{service: false}").service is None
    assert [
        getattr(app(f"{{service: {{sessionAffinity: {it}}}}}").service, "affinity_seconds", 1)
        for it in ("ClientIP", "None")
    ] == [0, None]
    assert (app("{isolate: ingress}").ingress, app("{isolate: ingress}").egress) == (True, False)


def test_every_key_of_a_call_and_a_grant_is_read() -> None:
    """The reason too."""
    read_app = app("{calls: [{to: db, ports: [a, 80, 53/udp], why: c}], accepts: [{from: x, ports: [a], why: g}]}")
    (call,), (grant,) = read_app.calls, read_app.accepts
    ports = (PortWord("a"), PortWord(None, 80), PortWord(None, 53, "UDP"))
    assert call == CallForm(Side(Kind.APP, None, "db"), ports, "c", SPOT)
    assert (grant.side, grant.ports, grant.why) == (Side(Kind.APP, None, "x"), ("a",), "g")
    assert isinstance(grant, GrantForm)


def test_every_key_of_an_exposure_is_read() -> None:
    """Of a URL, of a load balancer and of a node port."""
    way, balancer, node = app(
        "{expose: [{url: 'https://a.b/c', port: x, via: public, match: exact, tls: {secret: s}}, "
        "{loadBalancer: {name: n, ports: [z, x], clients: [10.0.0.1, 10.1.0.0/16], externalTrafficPolicy: Local, "
        "class: c/d, annotations: {k: v}}}, "
        "{nodePort: {name: m, ports: {x: 30080}, clients: [internet], externalTrafficPolicy: Cluster}}]}"
    ).exposures
    assert isinstance(way, UrlForm)
    assert (way.url.path, way.port, way.via, way.exact, way.secret) == ("/c", "x", "public", True, "s")
    assert isinstance(balancer, ServiceExposure)
    assert (balancer.type, balancer.name, balancer.ports) == ("LoadBalancer", "n", (("x", None), ("z", None)))
    assert (balancer.clients, balancer.local, balancer.class_name) == (("10.0.0.1/32", "10.1.0.0/16"), True, "c/d")
    assert balancer.annotations == (("k", "v"),)
    assert isinstance(node, ServiceExposure)
    assert (node.type, node.name, node.ports, node.clients, node.local) == ("NodePort", "m", (("x", 30080),), (), False)


def test_every_key_of_a_document_is_read() -> None:
    """Its metadata, its peers, its label key and whether it closes its namespace."""
    body = "selectBy: app\nisolate: namespace\npeers: {a: {cidr: 10.0.0.1}, b: {namespace: legacy, labels: {k: v}}}\n"
    result = form(body)
    assert (result.name, result.namespace, result.select_by, result.isolate_namespace) == ("shop", "shop", "app", True)
    addresses, cron = result.peers
    assert (addresses.name, addresses.cidr) == ("a", "10.0.0.1/32")
    assert (cron.namespace, cron.selector) == ("legacy", Selector((("k", "v"),)))
    bare = form("apps: {}\n")
    assert (bare.select_by, bare.isolate_namespace, bare.apps, bare.peers) == (None, False, (), ())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{port: 1, ports: {x: 1}}", "duplicate-port"),
        ("{ports: {x: 80 -> 1, z: 80 -> 2}}", "duplicate-port"),
        ("{ports: {X: 1}}", "bad-name"),
        ("{calls: [{to: 'db:80', ports: [80]}]}", "ambiguous-port"),
        ("{calls: [{to: 'https://10.0.0.1', ports: [443]}]}", "ambiguous-port"),
        ("{calls: [{to: cluster/apiserver, ports: [443]}]}", "bad-target"),
        ("{calls: [{to: any, ports: [http]}]}", "port-needed"),
        ("{calls: [{to: internet, ports: [80, dns]}]}", "port-needed"),
        ("{calls: [{to: db, ports: [0/udp]}]}", "bad-port"),
        ("{accepts: {x: Http}}", "bad-grant"),
        ("{accepts: {x: 'a b'}}", "bad-grant"),
        ("{accepts: {x: GET}}", "bad-grant"),
        ("{accepts: {x: ''}}", "bad-grant"),
        ("{accepts: [{from: x, ports: ['  ']}]}", "bad-grant"),
        ("{accepts: {x: 'GET| /a'}}", "bad-grant"),
        ("{accepts: {x: grpc POST}}", "bad-grant"),
        ("{accepts: {x: [grpc, GET /a*]}}", "bad-path"),
        ("{accepts: [{from: x, ports: [GET /a]}]}", "bad-grant"),
        ("{accepts: [{from: x, enforce: l4}]}", "bad-value"),
        ("{calls: [{to: any, http: [{methods: [GET], path: /}]}]}", "http-port"),
        ("{accepts: {'x:http': a}}", "bad-caller"),
        ("{expose: shop.example.com}", "missing-scheme"),
        ("{expose: LoadBalancer}", "bad-exposure"),
        ("{expose: nodeport}", "bad-exposure"),
        ("{expose: nodePort 0}", "bad-port"),
        ("{expose: nodePort x}", "bad-port"),
        ("{expose: {x: [{url: 'https://a.b', port: z}]}}", "ambiguous-port"),
        ("{expose: {x: [{loadBalancer: {ports: [x]}}]}}", "ambiguous-port"),
        ("{expose: [{url: 'http://a.b', tls: {secret: s}}]}", "bad-url"),
        ("{expose: [{loadBalancer: {clients: [internet, 10.0.0.1]}}]}", "bad-value"),
        ("{expose: [{loadBalancer: {clients: [10.0.0.1/8]}}]}", "bad-address"),
        ("{expose: [{nodePort: {clients: [0.0.0.0/0]}}]}", "bad-address"),
        ("{select: {}}", "bad-selector"),
        ("{select: {matchLabels: {}}}", "bad-selector"),
        ("{select: {matchExpressions: []}}", "bad-selector"),
        ("{select: {matchLabels: {}, matchExpressions: []}}", "bad-selector"),
        ("{select: {matchExpressions: [{key: a, operator: In}]}}", "bad-selector"),
        ("{select: {matchExpressions: [{key: a, operator: NotIn, values: []}]}}", "bad-selector"),
        ("{select: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}", "bad-selector"),
        ("{select: {matchExpressions: [{key: helm.sh/chart, operator: Exists}]}}", "bad-selector"),
        ("{select: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: DoesNotExist}]}}", "bad-selector"),
        (
            "{select: {matchExpressions: [{key: a, operator: In, values: [b]}, {key: a, operator: In, values: [c]}]}}",
            "bad-selector",
        ),
    ],
)
def test_what_is_wrong_in_an_app(body: str, code: str) -> None:
    """One problem for one fault, and the app is marked as not clear."""
    assert faults(body) == [code]


def test_labels_called_like_the_keys_of_a_selector_are_labels() -> None:
    """A text where a map would stand is the value of a label."""
    assert app("{select: {matchLabels: x}}").selector == Selector((("matchLabels", "x"),))


# ----------------------------------------------------------------------------------------- what selectors can match

VALUES = ["a", "b"]
EXPRESSION = st.one_of(
    st.builds(
        Expression,
        st.sampled_from("kl"),
        st.sampled_from(["In", "NotIn"]),
        st.sampled_from([("a",), ("a", "b"), ("c",)]),
    ),
    st.builds(Expression, st.sampled_from("kl"), st.sampled_from(["Exists", "DoesNotExist"])),
)
SELECTORS = st.builds(
    Selector,
    st.dictionaries(st.sampled_from("kl"), st.sampled_from(VALUES), max_size=2).map(
        lambda it: tuple(sorted(it.items()))
    ),
    st.lists(EXPRESSION, max_size=2).map(tuple),
    st.sampled_from(["", "web", "db"]),
)
PODS = [
    {ACCOUNT: account} | {key: value for key, value in zip("kl", pair, strict=True) if value}
    for pair in itertools.product([None, "a", "b", "c", "other", "another"], repeat=2)
    for account in ("web", "db", "third")
]
"""Every pod that selectors over two keys and three values, and two accounts, can tell from others."""


def selected(selector: Selector, labels: dict[str, str]) -> bool:
    """Return whether *selector* matches a pod with *labels*, by the words of the API."""
    holds = {
        "In": lambda it: labels.get(it.key) in it.values,
        "NotIn": lambda it: labels.get(it.key) not in it.values,
        "Exists": lambda it: it.key in labels,
        "DoesNotExist": lambda it: it.key not in labels,
    }
    if selector.account not in ("", labels[ACCOUNT]):
        return False
    return all(labels.get(key) == value for key, value in selector.labels) and all(
        holds[item.operator](item) for item in selector.expressions
    )


@given(SELECTORS, SELECTORS)
def test_decision_20_overlaps_are_what_trying_every_pod_finds(one: Selector, other: Selector) -> None:
    """Whether two selectors share a pod, and whether one lies in the other, unless it matches no pod at all."""
    ones, others = ([labels for labels in PODS if selected(selector, labels)] for selector in (one, other))
    shared = [labels for labels in ones if labels in others]
    assert are_apart(one, other) == (not shared) or not ones or not others
    if others:
        assert contains(one, other) == (shared == others)
