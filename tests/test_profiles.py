"""What network plugins enforce: the data has sources and tests, and a spec that asks for more is told so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from netgen import api
from netgen.problems import CODES, Place, Problem
from netgen.profiles import DEFAULT, NAMES, PLAIN, Cni, Feature, table, version_of, version_text
from netgen.source import Dialect, values
from netgen.spec.platform import Platform
from netgen.spec.resolve.features import LACKS, enforceable
from specs import apps, platform, refused

ROOT = Path(__file__).parents[1]
DATA = ROOT / "generator" / "netgen" / "profiles" / "cni"
PLACE = Place("spec.yaml", 7, 12)
SOURCE = re.compile(r"[\w.-]+/[\w.-]+: .+ @(v[0-9.]+|[0-9a-f]{8,40})\b.*|https://\S+.*")
CELLS = [(name, feature) for name in NAMES for feature in Feature]
CILIUM = table("cilium")


# ------------------------------------------------------------------------------------------------------------- the data


def test_each_plugin_has_a_table() -> None:
    """No file is there that nothing reads."""
    assert sorted(path.stem for path in DATA.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("path", sorted(DATA.parent.rglob("*.yaml")), ids=lambda path: path.name)
def test_the_data_is_plain(path: Path) -> None:
    """A run with an entry point reads the controllers, one with a CNI its table: neither pays for a parser."""
    assert values(path.read_bytes(), Dialect.SPEC)


@pytest.mark.parametrize("name", NAMES)
def test_a_table_has_a_cell_for_each_feature(name: str) -> None:
    """Nothing stays unsaid, the versions are in order, and each cell begins with one of them."""
    known, cells = table(name).versions, table(name).cells
    assert set(cells) == set(Feature)
    assert list(known) == sorted(set(known))
    assert [feature for feature, cell in cells.items() if known and cell.since and cell.since not in known] == []


@pytest.mark.parametrize(("name", "feature"), CELLS, ids="{}".format)
def test_a_cell_has_a_source_and_a_yes_has_a_test(name: str, feature: Feature) -> None:
    """A yes says from which version on; a no why not, and so does what is unknown. Only a yes can be turned on."""
    cell = table(name).cells[feature]
    assert SOURCE.fullmatch(cell.source)
    assert [cell.since is not None, cell.lack != "", cell.unknown != ""].count(True) == 1
    assert (cell.since is None) == (cell.test == "")
    assert cell.since or not cell.setting


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_about_a_plugin_has_a_source(name: str) -> None:
    """Its pages, its chart, whether somebody maintains it, and the largest cluster that its documentation speaks of."""
    about = table(name).about
    assert all(SOURCE.fullmatch(page) for page in (about.page, about.install, about.source))
    assert bool(about.chart) == bool(SOURCE.fullmatch(about.repository))
    assert (about.status, bool(about.said)) in {("maintained", False), ("legacy", True)}
    assert about.nodes.said
    assert about.nodes.most is None or SOURCE.fullmatch(about.nodes.source)


UNKNOWN = {("kubernetes", Feature.DUAL_STACK)}
"""A plugin without a name."""


def test_what_documentation_answers_is_not_unknown() -> None:
    """A cell is unknown only where there is nothing that could be read."""
    assert {(name, feature) for name, feature in CELLS if table(name).cells[feature].unknown} == UNKNOWN


TESTED = sorted({cell.test for name in NAMES for cell in table(name).cells.values() if cell.test})
ENGINE_CASES = yaml.safe_load((ROOT / "tests" / "engines" / "cilium_cases.yaml").read_text(encoding="utf-8"))
CASES = {
    "test_a_case_is_as_the_engine_has_it": {one["id"] for one in ENGINE_CASES},
    "test_a_plain_policy_means_what_the_table_says": {f"{name} {feature}" for name in NAMES for feature in PLAIN},
    "test_what_turns_a_feature_on_is_said": {f"{name} {feature}" for name, feature in CELLS},
}
"""The cases of the tests that have some."""


@pytest.mark.parametrize("test", TESTED)
def test_the_test_of_a_cell_is_there(test: str) -> None:
    """A function of the module, and where a case of it is named, that case."""
    parts = re.fullmatch(r"(tests/[\w/]+\.py)::(test_\w+)(?:\[(.*)\])?", test)
    assert parts
    path, function, case = parts.groups()
    assert re.search(rf"^def {function}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    assert case is None or case in CASES[function]


@pytest.mark.heavy
@pytest.mark.parametrize("folder", ["tests/engines/", "tests/test_"])
def test_the_tests_of_the_cells_are_collected(folder: str) -> None:
    """By pytest itself, each with the case that the cell names."""
    listed = [test for test in TESTED if test.startswith(folder)]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *listed]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


PLAIN_POLICIES = {
    Feature.POLICIES: ("db", "ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]"),
    Feature.EGRESS: ("web", "egress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5432}]}]"),
    Feature.NAMED_PORTS: ("db", "ingress: [{ports: [{port: sql}]}]"),
    Feature.PORT_RANGES: ("db", "ingress: [{ports: [{port: 5430, endPort: 5440}]}]"),
    Feature.SCTP: ("db", "ingress: [{ports: [{port: 5432, protocol: SCTP}]}]"),
}
"""The pod and the rules of a policy that opens 5432 of db for web, by TCP but where SCTP is the matter, and not 80."""
PODS = """\
apiVersion: v1
kind: Pod
metadata: {{name: {0}, namespace: shop, labels: {{app: {0}}}}}
spec: {{containers: [{{name: main, ports: [{{name: sql, containerPort: 5432}}]}}]}}
---
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: one, namespace: shop}}
spec: {{podSelector: {{matchLabels: {{app: {0}}}}}, policyTypes: [{1}], {2}}}
"""


@pytest.mark.parametrize(
    ("name", "feature"), [pytest.param(name, one, id=f"{name} {one}") for name in NAMES for one in PLAIN_POLICIES]
)
def test_a_plain_policy_means_what_the_table_says(name: str, feature: Feature) -> None:
    """It opens what it names and nothing else, as netgen evaluates it; where the table says no, it does not."""
    pod, rules = PLAIN_POLICIES[feature]
    side = "Egress" if feature is Feature.EGRESS else "Ingress"
    manifests = (PODS.format("web") + PODS.format("db") + POLICY.format(pod, side, rules)).encode()
    protocol = "/sctp" if feature is Feature.SCTP else ""
    answers = [
        api.can("shop/web", f"shop/db:{port}{protocol}", ["-"], cni=name, stdin=manifests, reasons=False).reply
        for port in (5432, 80)
    ]
    assert (answers == ["yes", "no"]) == (table(name).cells[feature].since is not None)


def test_what_plain_policies_can_is_what_the_table_has() -> None:
    """A plain run does not read it."""
    assert frozenset(f for f in Feature if table(DEFAULT).cells[f].since) == PLAIN


@pytest.mark.parametrize("text", ["1.16", "1.20", "10.1"])
def test_a_version_is_written_as_it_is_read(text: str) -> None:
    """The minor version is a number of its own: 1.20 is after 1.16, and not 1.2."""
    assert version_text(version_of(text)) == text
    assert version_of("1.20") > version_of("1.16")


PAGE = (ROOT / "docs" / "cilium.md").read_text(encoding="utf-8")
ROWS = {
    "host names": Feature.HOST_NAMES,
    "`*.` before a host name, which means any depth": Feature.WILDCARD_HOST_NAMES,
    "HTTP methods and paths": Feature.HTTP,
    "denials": Feature.DENY,
    "clusterwide policies": Feature.CLUSTER_WIDE,
    "entities, Cilium's own Ingress among them": Feature.ENTITIES,
    "service accounts": Feature.SERVICE_ACCOUNTS,
    "ranges of ports": Feature.PORT_RANGES,
    "`stage: audit`": Feature.AUDIT,
}
"""The words of the page about Cilium."""


def test_the_page_about_cilium_has_the_versions_of_the_table() -> None:
    """Each feature is a row, and the versions that are known are named."""
    rows = re.findall(r"^\| ([^|]*) \| (\d[.]\d+) \|$", PAGE, re.MULTILINE)
    expected = {one: version_text(since) for one in ROWS.values() if (since := CILIUM.cells[one].since)}
    assert {ROWS[words]: version for words, version in rows} == expected
    first, *_, last = map(version_text, CILIUM.versions)
    assert f"netgen knows Cilium {first} to {last}." in PAGE
    assert f"without one it is taken for {first}." in PAGE


# ---------------------------------------------------------------------------------------------------- asking the tables


def test_a_version_can_what_it_has_by_then() -> None:
    """Names of any depth came with Cilium 1.19, and policies that close nothing whatever they hold with 1.18."""
    able = {
        feature: [version_text(one) for one in CILIUM.versions if Cni("cilium", one).can(feature)]
        for feature in (Feature.WILDCARD_HOST_NAMES, Feature.AUDIT, Feature.HTTP)
    }
    assert able == {
        Feature.WILDCARD_HOST_NAMES: ["1.19", "1.20"],
        Feature.AUDIT: ["1.18", "1.19", "1.20"],
        Feature.HTTP: ["1.16", "1.17", "1.18", "1.19", "1.20"],
    }


@pytest.mark.parametrize("feature", Feature)
def test_a_plugin_without_a_version_is_the_oldest(feature: Feature) -> None:
    """Nothing is promised that an older one does not keep."""
    assert Cni("cilium").can(feature) == Cni("cilium", CILIUM.versions[0]).can(feature)


@pytest.mark.parametrize("feature", Feature)
def test_a_later_version_can_what_an_earlier_one_can(feature: Feature) -> None:
    """A feature that is there stays there."""
    able = [Cni("cilium", one).can(feature) for one in CILIUM.versions]
    assert able == sorted(able)


def test_a_plain_run_reads_no_table() -> None:
    """Neither the default nor `cni: kubernetes` opens a file of the tables."""
    script = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' else None)\n"
        "from netgen import api\n"
        "spec = 'apiVersion: netgen.dev/v1alpha1\\nkind: Connectivity\\nmetadata: {name: a, namespace: a}\\n'\n"
        "spec += 'apps: {web: {port: 80, expose: loadBalancer}}\\n'\n"
        "for cni in (None, 'kubernetes', 'cilium'):\n"
        "    loaded = api.load('-', stdin=spec.encode(), cni=cni)\n"
        "    api.render(loaded.intent) if cni != 'cilium' else None\n"
        "    print(sum('/profiles/cni/' in path.replace(chr(92), '/') for path in opened))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    plain, named, other = map(int, done.stdout.split())
    assert (plain, named) == (0, 0)
    assert other > 0


# ---------------------------------------------------------------------------------------------- what cannot be enforced


def asked(feature: Feature, cni: Cni, l4: str = "") -> list[Problem]:
    """Return the problems of a spec that asks *cni* for *feature*."""
    found: list[Problem] = []
    is_enforced = enforceable(feature, PLACE, "shop/web calls https://a.example", Platform(cni=cni), found, l4=l4)
    assert is_enforced == (found == [])
    return found


@pytest.mark.parametrize("feature", LACKS)
def test_what_a_plugin_can_is_no_problem(feature: Feature) -> None:
    """The newest Cilium can all that a spec asks for by what it writes; plain policies, or Flannel, nothing of it."""
    assert asked(feature, Cni("cilium", CILIUM.versions[-1])) == []
    (problem,) = asked(feature, Cni("flannel") if feature in PLAIN else Cni())
    assert (problem.code, problem.place) == (LACKS[feature].code, PLACE)
    assert problem.code in CODES


def test_the_message_names_the_plugin_and_who_can() -> None:
    """With the reason, and what to write where another plugin runs."""
    (problem,) = asked(Feature.WILDCARD_HOST_NAMES, Cni())
    assert problem == Problem(
        "unenforceable-wildcard-fqdn",
        PLACE,
        "shop/web calls https://a.example: kubernetes (plain NetworkPolicies) enforces no rules for all names under a "
        "domain, at any depth",
        ("kubernetes: a peer is pods or a block of addresses", "cilium can, from 1.19 on"),
        "in the Platform write  cni: cilium 1.19  (or --cni 'cilium 1.19'), where that is what runs",
    )


@pytest.mark.parametrize(
    ("cni", "notes", "fix"),
    [
        (
            Cni("cilium"),
            ("cilium can, from 1.19 on", "cilium without a version is taken for cilium 1.16"),
            "in the Platform write  cni: cilium 1.19  (or --cni 'cilium 1.19'), where that is what runs; else weaker",
        ),
        (
            Cni("cilium", (1, 18)),
            ("cilium can, from 1.19 on",),
            "in the Platform write  cni: cilium 1.19  (or --cni 'cilium 1.19'), where that is what runs; else weaker",
        ),
        (Cni(), ("kubernetes: a peer is pods or a block of addresses", "cilium can, from 1.19 on"), "weaker"),
    ],
    ids=str,
)
def test_weaker_enforcement_is_what_is_left(cni: Cni, notes: tuple[str, ...], fix: str) -> None:
    """A later version of the plugin comes before it, another plugin does not."""
    (problem,) = asked(Feature.WILDCARD_HOST_NAMES, cni, l4="weaker")
    assert (problem.notes, problem.fix) == (notes, fix)


def test_a_plugin_that_could_not_be_read_is_not_judged() -> None:
    """The run has failed already."""
    found: list[Problem] = []
    assert enforceable(Feature.HTTP, PLACE, "a", Platform(unclear=frozenset({"cni"})), found)
    assert found == []


# --------------------------------------------------------------------------------------------- the plugin of a platform


@pytest.mark.parametrize(
    ("cni", "fix"),
    [
        ("cilium 1.19.3", "write cilium 1.19"),
        ("cilium v1.20", "write cilium 1.20"),
        ("cilium  1.18", "write cilium 1.18"),
        ("Cilium 1.19", "write cilium 1.19"),
        ("cilium 1.15.4", "write kubernetes for plain NetworkPolicies, as cilium is known from 1.16 on"),
        ("cilium 1.21", "write cilium 1.20"),
        ("cilium latest", "write cilium 1.20"),
        ("cillium", "write one of kubernetes, cilium, calico, flannel, weave"),
        ("calico3.30.1", "write calico 3.30"),
        ("weave 2.8.1", "write weave 2.8"),
        ("flannel 0.28", "write flannel"),
        ("kubernetes 1.36", "write kubernetes"),
    ],
)
def test_a_version_that_is_not_known_is_an_error_with_one_that_is(cni: str, fix: str) -> None:
    """In the Platform, and as a flag."""
    (flagged,) = refused(apps("web: {}"), cni=cni)
    (written,) = refused(apps("web: {}"), platform(f"cni: {cni}\n"))
    assert [(one.code, one.fix) for one in (flagged, written)] == [("unknown-cni", fix)] * 2


@pytest.mark.parametrize("text", ["cilium 1.99", "cillium", "antrea"])
def test_what_a_plugin_that_is_not_known_cannot_is_not_asked(text: str) -> None:
    """One error, where the plugin is written, and none at each line that another plugin would have to enforce."""
    spec = apps(
        "web: {port: 80, calls: [https://api.example.com], accepts: [{from: any, http: [{methods: [GET], path: /}]}]}"
    )
    assert len(refused(spec, platform(f"cni: {text}\n"))) == 1
    assert len(refused(spec, platform(f"cni: {text}\n"), cni="kubernetes")) == 3
