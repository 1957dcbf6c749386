"""The proof of Calico's policies: what is rendered of random specs is proved to be what the specs say."""

from __future__ import annotations

import pytest

from netgen import api
from strategies import random_system
from writing import plainly

CALICO = "calico 3.30"
FEW, MANY = 12, 2000


def unproved(numbers: range) -> tuple[list[str], int]:
    """Return what is found in what is rendered of random specs, and how many policies were rendered."""
    found, policies = [], 0
    for number in numbers:
        text = plainly(random_system(f"calico/{number}").documents)
        intent = api.load("-", stdin=text.encode(), cni=CALICO).intent
        manifests = api.render(intent)
        policies += sum(one.api_version == "projectcalico.org/v3" for one in manifests)
        proof = api.prove(intent, manifests, cni=intent.cni)
        found += [f"{number}: {one.code}: {one.message}" for one in proof.findings]
    return found, policies


def test_what_is_rendered_of_some_specs_is_proved() -> None:
    """Nothing is found where nothing was changed."""
    found, policies = unproved(range(FEW))
    assert found == []
    assert policies > FEW


@pytest.mark.heavy
def test_what_is_rendered_of_thousands_of_specs_is_proved() -> None:
    """Nothing is found in the policies of 2,000 random specs."""
    found, policies = unproved(range(FEW, FEW + MANY))
    assert found == []
    assert policies > MANY
