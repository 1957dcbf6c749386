"""What is opened to the world on Calico: two policies of an app, which say what is meant in other words."""

from __future__ import annotations

import pytest

from netgen import api
from netgen.evaluate.alike import alike
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.universe import universe
from netgen.intent import Intent
from netgen.verify import comparison, ideal
from netgen.verify.apart import apart
from strategies import random_system
from writing import plainly

FEW, MANY = 12, 2000


def meant(number: int) -> Intent:
    """Return what the random spec *number* means."""
    text = plainly(random_system(f"calico/{number}").documents)
    return api.load("-", stdin=text.encode(), cni="calico 3.30").intent


def compared(numbers: range) -> int:
    """Compare what is meant in both words, by what it allows; return how many specs have two."""
    found = 0
    for number in numbers:
        intent = meant(number)
        said = ideal.policies(intent)
        worded = apart(intent, said)
        whole = universe(
            ideal.workloads(intent),
            (),
            ((*said, *worded),),
            pod_ranges=intent.pod_ranges,
            node_ranges=intent.node_ranges,
            server_ranges=intent.server_ranges,
        )
        for reading in Reading:
            one, other = (Reach(whole, each, PROFILES["calico"], reading) for each in (said, worded))
            assert [*one.difference(other)] == []
            assert [*other.difference(one)] == []
        found += len(worded) > len(said)
    return found


def test_the_world_in_calicos_words_is_the_world() -> None:
    """A policy that denies all pods, then allows addresses, behind all that opens something: it opens the addresses."""
    assert compared(range(FEW)) > FEW // 4


@pytest.mark.heavy
def test_the_world_of_many_specs_in_calicos_words_is_the_world() -> None:
    """The same for 2,000 random specs."""
    assert compared(range(FEW, FEW + MANY)) > MANY // 4


def test_what_is_rendered_has_the_words_of_what_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """So nobody has to ask what it allows; who asks finds the same, and a policy that is lost is not overlooked."""
    found = 0
    for number in range(FEW):
        intent = meant(number)
        there = read_cluster([one.document for one in api.render(intent)], cni="calico")
        said = apart(intent, ideal.policies(intent))
        assert alike(said, there.policies)
        worlds = [one for one in there.policies if one.name.endswith("--world")]
        found += len(worlds)
        for world in worlds:
            assert not alike(said, [one for one in there.policies if one is not world])
        fast = comparison.Comparison(intent, there, PROFILES["calico"])
        with monkeypatch.context() as patch:
            patch.setattr(comparison, "alike", lambda *_: False)
            slow = comparison.Comparison(intent, there, PROFILES["calico"])
        assert (fast.is_verbatim, slow.is_verbatim) == (True, False)
        assert fast.proof() == slow.proof()
    assert found > 0
