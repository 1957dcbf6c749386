"""What holds for every system: the same meaning gives the same bytes, and nothing is open that no word of it opens."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from exposed import wrong_routes, wrong_services
from invariants import POLICIES, Rendered, rules
from netgen import api
from netgen.problems import NetgenError
from strategies import systems
from systems import Data, System
from writing import chance_of, freely, plainly, shuffled

HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e\ufeff]")
SEEDS = st.integers(0, 2**32)


def rendered(paths: str | list[Path], stdin: str = "") -> Rendered:
    """Return what netgen renders from *paths*, `-` being *stdin*."""
    loaded = api.load(paths, stdin=stdin.encode())
    manifests = api.render(loaded.intent)
    codes = Counter(problem.code for problem in loaded.problems)
    return Rendered([manifest.body for manifest in manifests], api.stream(manifests, "yaml"), codes)


def plain(documents: tuple[Data, ...] | list[Data]) -> Rendered:
    """Return what netgen renders from *documents*."""
    return rendered("-", plainly(documents))


# ------------------------------------------------------------------------------------------------- the same bytes


@given(systems(), SEEDS)
@settings(max_examples=200)
def test_order_and_style_change_no_byte(system: System, seed: int) -> None:
    """Maps, lists and documents in another order, comments, quotes, flow and block style: the output is the same."""
    chance = chance_of(seed)
    documents = chance.sample(shuffled(list(system.documents), chance), len(system.documents))
    usual, other = plain(system.documents), rendered("-", freely(documents, chance))
    assert other.text == usual.text
    assert other.codes == usual.codes


@given(systems(), SEEDS)
@settings(max_examples=80)
def test_files_and_folders_change_no_byte(system: System, seed: int) -> None:
    """Documents in one file or in many, named in any order or by their folder: the output is the same."""
    chance = chance_of(seed)
    with tempfile.TemporaryDirectory() as folder:
        files = [
            Path(folder, chance.choice(("", "a", "b/c")), f"{chance.random()}.{chance.choice(('yaml', 'yml', 'json'))}")
            for _ in system.documents
        ]
        for file, document in zip(files, system.documents, strict=True):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        usual = plain(system.documents)
        for paths in (chance.sample(files, len(files)), [Path(folder)], [Path(folder), *files]):
            other = rendered(paths)
            assert other.text == usual.text
            assert other.codes == usual.codes


# --------------------------------------------------------------------------------------------------- every object


@given(systems())
@settings(max_examples=1000)
def test_every_system_renders_and_keeps_the_invariants(system: System) -> None:
    """A valid system renders, passes the API's rules, and breaks none of the invariants."""
    result = plain(system.documents)
    broken = {
        rule.__name__: found for rule in (*POLICIES, wrong_services, wrong_routes) if (found := rule(system, result))
    }
    assert broken == {}


REASONS = """
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web: {calls: [{to: db, why: b}, {to: db, why: a}, {to: internet, why: b}, {to: internet, why: a}]}
  db:
    port: 80
    accepts:
      - {from: web, why: d}
      - {from: web, why: c}
      - {from: here/*, why: f}
      - {from: shop/*, why: e}
      - {from: any, why: b}
      - {from: any, why: a}
      - {from: 192.0.2.0/24, why: b}
      - {from: 192.0.2.0/24, why: a}
---
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: cluster}
cni: CNI
allow: [{from: any, to: shop/db, why: b}, {from: any, to: shop/db, why: a}]
"""


def test_reasons_stand_in_one_order() -> None:
    """Also where several lines open the same, and differ in nothing else."""
    for cni in ("kubernetes", "cilium"):
        documents = list(yaml.safe_load_all(REASONS.replace("CNI", cni)))
        chances = [chance_of(seed) for seed in range(20)]
        assert len({plain(shuffled(documents, chance)).text for chance in chances}) == 1, cni


# ------------------------------------------------------------------------------------------------- what calls open


def entries_of(system: System) -> Iterator[tuple[int, str, str, object]]:
    """Yield document, app, key and index (or map key) of each entry of `calls`, `accepts` and `expose`."""
    for index, document in enumerate(system.documents):
        for name, app in document.get("apps", {}).items():
            for key in ("calls", "accepts", "expose") if isinstance(app, dict) else ():
                value = app.get(key)
                keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
                yield from ((index, name, key, at) for at in keys)


def without(system: System, item: tuple[int, str, str, Any]) -> list[Data]:
    """Return the documents of *system* without one entry."""
    documents: list[Data] = json.loads(json.dumps(system.documents))
    index, name, key, at = item
    del documents[index]["apps"][name][key][at]
    return documents


@given(systems(), SEEDS)
@settings(max_examples=200)
def test_leaving_out_a_permission_opens_nothing(system: System, seed: int) -> None:
    """S4: without an entry of calls, accepts or expose no rule is new; so adding an entry closes nothing."""
    entries = list(entries_of(system))
    full = rules(plain(system.documents))
    for item in chance_of(seed).sample(entries, min(3, len(entries))):
        try:
            reduced = rules(plain(without(system, item)))
        except NetgenError:
            continue
        assert reduced <= full, item


@given(systems())
@settings(max_examples=60)
def test_a_system_that_says_nothing_opens_nothing(system: System) -> None:
    """Without calls, accepts, expose and scrapers, the name servers are all that can be reached."""
    silent: list[Data] = json.loads(json.dumps(system.documents))
    for document in silent:
        document.pop("scrape", None)
        document.pop("isolate", None)
        for app in document.get("apps", {}).values():
            for key in ("calls", "accepts", "expose") if isinstance(app, dict) else ():
                app.pop(key, None)
    assert {rule[4] for rule in rules(plain(silent))} <= {53, 5353}
