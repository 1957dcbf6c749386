"""Ranges of ports: opened as a whole, left out of Services, and never where one port must stand."""

from __future__ import annotations

from itertools import product

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from netgen import api
from netgen.check import check
from netgen.intent import PortMatch
from netgen.spec.resolve.spans import shared
from specs import apps, document, load, opened, refused

VOICE = apps(
    """
    signal:
      ports: {sip: 5060/udp, media: 10000-10100/udp}
      service: {headless: true}
      accepts: {internet: media}
      calls: [mixer, "tcp://10.20.0.0/16:9000-9100", "any:7000-7010"]
    mixer: {port: 20000-20100/udp, service: false}
    """,
    "voice",
)
CNIS = ("kubernetes", "cilium")


def test_a_range_is_opened_as_a_whole() -> None:
    """A call opens the callee's range by its name, a call without a spec the range that it writes."""
    assert opened(VOICE) == [
        "0.0.0.0/0 + ::/0 -> voice/signal 10000-10100/UDP (in)",
        "voice/signal -> 10.20.0.0/16 9000-9100/TCP (out)",
        "voice/signal -> any 7000-7010/TCP (out)",
        "voice/signal -> voice/mixer 20000-20100/UDP",
    ]


@pytest.mark.parametrize("call", ["mixer", "mixer:udp", "mixer:20000-20100", "mixer:20000-20100/udp"])
def test_how_a_range_is_called(call: str) -> None:
    """By name, by all of its numbers, or by nothing where it is the only port."""
    mixer = "mixer: {port: 20000-20100/udp, service: false}"
    assert opened(apps(f"signal: {{calls: [{call}]}}\n{mixer}")) == ["shop/signal -> shop/mixer 20000-20100/UDP"]


def test_the_long_form_of_a_range() -> None:
    """`end` is the last port of the range; the two forms mean the same."""
    long = "{container: 20000, end: 20100, protocol: UDP}"
    short, written = (
        load(apps(f"mixer: {{service: false, ports: {{media: {port}}}}}")).intent.apps[0].ports
        for port in ("20000-20100/udp", long)
    )
    assert written == short


@pytest.mark.parametrize("cni", CNIS)
def test_a_range_is_rendered_and_proved(cni: str) -> None:
    """Policies carry both ends; what is rendered passes the check and opens what the spec says."""
    intent = load(VOICE, cni=cni).intent
    manifests = api.render(intent)
    assert list(check(manifests)) == []
    assert api.prove(intent, manifests).findings == ()
    text = "".join(manifest.text for manifest in manifests)
    assert {10100, 20100, 9100, 7010} == {
        int(line.split(":")[1]) for line in text.splitlines() if line.strip().startswith("endPort:")
    }


@pytest.mark.parametrize("cni", CNIS)
def test_a_range_that_is_one_port_too_wide_or_too_narrow_is_found(cni: str) -> None:
    """The proof knows both ends of a range."""
    intent = load(VOICE, cni=cni).intent
    text = "---\n".join(manifest.text for manifest in api.render(intent))
    for end, code in ((20101, "not-closed"), (20099, "not-open")):
        wrong = text.replace("endPort: 20100", f"endPort: {end}")
        proof = api.verify(intent, ["-"], stdin=wrong.encode())
        assert code in {problem.code for problem in proof.findings}


def test_services_leave_ranges_out() -> None:
    """A headless Service has the other ports, and none where there is no other."""
    spec = apps(
        """
        signal: {ports: {sip: 5060/udp, media: 10000-10100/udp}, service: {headless: true}}
        mixer: {port: 20000-20100/udp, service: {headless: true}}
        old: {ports: {sip: 5060/udp, media: 10000-10100/udp}, service: {existing: old}}
        """
    )
    intent = load(spec).intent
    assert {service.name: [port.name for port in service.ports] for service in intent.services} == {
        "mixer": [],
        "old": ["sip"],
        "signal": ["sip"],
    }
    bodies = {one.body["metadata"]["name"]: one.body for one in api.render(intent) if one.body["kind"] == "Service"}
    assert "ports" not in bodies["mixer"]["spec"]
    assert yaml.safe_dump(bodies["signal"]).count("port:") == 1


def test_a_wildcard_reaches_the_part_that_both_sides_name() -> None:
    """What a wildcard calls and what a callee accepts meet in the middle."""
    spec = """
        probe: {calls: ["here/*:20050-30000/udp"]}
        mixer: {port: 20000-20100/udp, service: false, accepts: [probe]}
        one: {port: 20060/udp, accepts: [probe]}
        other: {port: 20050/tcp, accepts: [probe]}
        """
    assert [row for row in opened(apps(spec)) if row.endswith("(in)")] == [
        "shop/probe -> shop/mixer 20050-20100/UDP (in)".replace("shop/probe", "shop/app.kubernetes.io/name=probe"),
        "shop/probe -> shop/one 20060/UDP (in)".replace("shop/probe", "shop/app.kubernetes.io/name=probe"),
    ]


spans = st.tuples(st.integers(1, 12), st.integers(0, 4)).map(lambda it: (it[0], it[0] + it[1] if it[1] else 0))
matches = st.builds(lambda protocol, span: PortMatch(protocol, *span), st.sampled_from(["TCP", "UDP"]), spans)


@given(matches, st.lists(matches, max_size=3))
def test_what_two_ranges_share(port: PortMatch, called: list[PortMatch]) -> None:
    """Just the ports that are in both."""
    assert _numbers(shared(port, tuple(called))) == _numbers([port]) & _numbers(called)


def _numbers(found: list[PortMatch] | tuple[PortMatch, ...]) -> set[tuple[str, int]]:
    return {(one.protocol, number) for one in found for number in range(one.port or 0, (one.last or one.port or 0) + 1)}


def test_a_claim_about_a_range() -> None:
    """It is broken by a call of the whole range, and of one port in it."""
    for call, port in product(("20000-20100/udp", "20050/udp"), ("10000-20000/udp", "20050-20060/udp", "20101/udp")):
        spec = document(
            f"peers: {{phone: {{namespace: phones, labels: {{app: phone}}}}}}\n"
            f'apps: {{signal: {{calls: ["phone:{call}"]}}}}\nnever: ["signal -> phone:{port}"]\n'
        )
        intent = load(spec).intent
        broken = {problem.code for problem in api.prove(intent, api.render(intent)).findings}
        meets = {"10000-20000/udp": call.startswith("20000"), "20050-20060/udp": True, "20101/udp": False}[port]
        assert broken == ({"never-broken"} if meets else set()), (call, port)


def test_a_question_about_a_port_of_a_range() -> None:
    """A port inside is open, and what would open another range is its name."""
    intent = load(VOICE).intent
    assert api.can("voice/signal", "voice/mixer:20100/udp", intent=intent).reply.value == "yes"
    answer = api.can("voice/mixer", "voice/signal:10050/udp", intent=intent)
    assert answer.reply.value == "no"
    assert any("add signal:media to calls of voice/mixer" in line for line in answer.why)


def test_a_range_of_somebody_else_is_imported() -> None:
    """A policy's endPort becomes a range, not a call for each port."""
    intent = load(VOICE).intent
    text = "---\n".join(manifest.text for manifest in api.render(intent))
    imported, _ = api.import_manifests(["-"], stdin=text.encode())
    assert 'calls: [any:7000-7010, "tcp://10.20.0.0/16:9000-9100"]' in str(imported)


def test_what_is_said_of_a_part_of_a_range() -> None:
    """The message names the port and its range, the fix the port's name."""
    spec = "signal: {calls: [mixer:20050]}\nmixer: {service: false, ports: {media: 20000-20100/udp}}"
    (problem,) = refused(apps(spec))
    assert (problem.message, problem.fix) == (
        "20050 is not all of shop/mixer:media, the range 20000-20100, which is named as a whole",
        "write mixer:media",
    )
