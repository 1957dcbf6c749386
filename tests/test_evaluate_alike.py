"""Policies in the same words need no comparison; whatever is changed in one of them does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from netgen import api
from netgen.evaluate.alike import alike
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Direction, Policy, Rule, Selector
from netgen.verify import ideal

ROOT = Path(__file__).parents[1]
SYSTEMS = sorted(path.parent.name for path in (ROOT / "specs").glob("*/expect.csv"))


def changed(policy: Policy) -> Iterator[Policy]:
    """Yield *policy* with each of its parts changed, but for its kind and name."""
    everybody = Rule(None, None, 0)
    yield replace(policy, namespace="elsewhere")
    yield replace(policy, subject=Selector((("app", "other"),)))
    yield replace(policy, ingress=(everybody, *(policy.ingress or ())))
    yield replace(policy, egress=(everybody, *(policy.egress or ())))
    yield replace(policy, unlisted=((Direction.INGRESS, (everybody,)),))
    yield from (replace(policy, ingress=other) for other in ((), None) if other != policy.ingress)
    yield from (replace(policy, egress=other) for other in ((), None) if other != policy.egress)


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_rendered_is_what_is_meant_in_the_same_words(system: str) -> None:
    """The policies of an example are alike in any order of apps, and not alike once one is changed, doubled or gone."""
    meant = api.load(ROOT / "specs" / system).intent
    said = ideal.policies(meant)
    found = read_cluster([manifest.document for manifest in api.render(meant)], cni=meant.cni).policies
    assert alike(said, found)
    assert alike(said, tuple(reversed(found)))
    assert not alike(said, found[1:])
    assert not alike(said, (*found, found[0]))
    for number, policy in enumerate(found):
        for other in changed(policy):
            assert not alike(said, (*found[:number], other, *found[number + 1 :]))
