"""What a platform needs of its plugin beside policies: an error where it is not there, else what turns it on."""

from __future__ import annotations

from textwrap import dedent

import pytest

from netgen.profiles import NAMES, Cni, Feature, table
from netgen.spec.needs import NEEDS
from specs import apps, load, platform, refused

WEB = apps("web: {port: 80, isolate: none}")
CELLS = [pytest.param(name, key, feature, id=f"{name} {feature}") for name in NAMES for key, feature in NEEDS.items()]


def needing(needs: str, cni: str) -> str:
    """Return a Platform with *needs* that names *cni*."""
    return platform(f"cni: {cni}\nneeds: {needs}\n")


def newest(name: str) -> Cni:
    """Return the plugin in the newest version that is known."""
    known = Cni(name).supported
    return Cni(name, known[-1]) if known else Cni(name)


@pytest.mark.parametrize(("name", "key", "feature"), CELLS)
def test_what_turns_a_feature_on_is_said(name: str, key: str, feature: Feature) -> None:
    """The setting of the table where the plugin has the feature, with its source; and the reason where it has not."""
    cell, cni = table(name).cells[feature], newest(name)
    documents = WEB, needing(f"{{{key}: true}}", str(cni))
    if cell.since is None:
        (problem,) = refused(*documents)
        assert (problem.code, problem.notes[0]) == ("needs-unmet", f"{cni}: {cell.lack or cell.unknown}")
        return
    (note,) = (problem for problem in load(*documents).problems if problem.code == "cni-setting")
    assert cell.setting
    assert note.message.endswith(cell.setting)
    assert cell.source in note.notes[0]
    assert note.place
    assert note.place.text == f"needs: {{{key}: true}}"


def test_encryption_is_said_as_it_is_set() -> None:
    """To the letter, since somebody will paste it."""
    (note,) = (one for one in load(WEB, needing("{encryption: true}", "cilium 1.19")).problems if "set" in one.message)
    assert note.message == (
        "encryption in transit: set in the Helm values of Cilium: encryption.enabled=true, encryption.type=wireguard"
    )


def test_an_unmet_need_names_who_can() -> None:
    """With the version, and what to write where another plugin runs."""
    (problem,) = refused(WEB, needing("{observability: true}", "calico 3.29"))
    assert problem.message == "the platform needs observability: calico 3.29 shows nobody which connections are made"
    assert problem.notes == ("cilium can, from 1.16 on", "calico can, from 3.30 on")
    assert problem.fix == ("in the Platform write  cni: calico 3.30  (or --cni 'calico 3.30'), where that is what runs")


@pytest.mark.parametrize(
    ("cni", "nodes", "is_met"),
    [
        *(("cilium", 1000, True), ("cilium", 1001, False), ("calico", 4000, True), ("calico", 4001, False)),
        *(("flannel", 1, False), ("weave", 1, False), ("kubernetes", 1, False)),
    ],
)
def test_nodes_are_met_as_far_as_documentation_speaks_of_them(cni: str, nodes: int, is_met: bool) -> None:  # noqa: FBT001
    """A plugin of which no number is known meets no number."""
    documents = WEB, needing(f"{{nodes: {nodes}}}", cni)
    if is_met:
        assert [one.code for one in load(*documents).problems if one.code in {"needs-unmet", "cni-setting"}] == []
    else:
        assert [one.code for one in refused(*documents)] == ["needs-unmet"]


def test_the_error_about_nodes_has_the_number_and_its_source() -> None:
    """And the plugins that are known for larger clusters."""
    (problem,) = refused(WEB, needing("{nodes: 2000}", "cilium 1.20"))
    assert (
        problem.message
        == "the platform needs 2000 nodes, and of so many the documentation of cilium 1.20 does not speak"
    )
    assert problem.notes == (
        f"cilium 1.20: {table('cilium').about.nodes.said} ({table('cilium').about.nodes.source})",
        "calico: as many as 4000",
    )
    assert problem.fix == (
        "in the Platform write  cni: calico, where that is what runs; else leave `nodes` out, where you know better"
    )


def test_more_nodes_than_anybody_speaks_of() -> None:
    """Nobody is proposed."""
    (problem,) = refused(WEB, needing("{nodes: 60000}", "cilium 1.20"))
    assert problem.fix == "leave `nodes` out, where you know better"


def test_what_is_false_is_not_needed() -> None:
    """It may be written all the same."""
    assert [one.code for one in load(WEB, needing("{encryption: false}", "kubernetes")).problems] == ["not-isolated"]


def test_the_flag_is_what_is_asked() -> None:
    """`--cni` names the plugin, whatever the Platform does."""
    documents = WEB, needing("{encryption: true}", "kubernetes")
    assert [one.code for one in refused(*documents)] == ["needs-unmet"]
    assert "cni-setting" in [one.code for one in load(*documents, cni="cilium 1.20").problems]


def test_a_plugin_that_is_not_known_is_one_error() -> None:
    """What it has cannot be asked."""
    assert [one.code for one in refused(WEB, needing("{encryption: true, nodes: 5}", "cillium"))] == ["unknown-cni"]


SCTP = dedent(
    """\
    web: {port: 80, calls: [sig]}
    sig: {ports: {s1: 3868/sctp}, accepts: [web]}
    """
)


def test_what_a_spec_asks_for_has_its_setting_too() -> None:
    """SCTP is off in Cilium until it is turned on, which is said once."""
    told = [one for one in load(apps(SCTP), cni="cilium 1.20").problems if one.code == "cni-setting"]
    assert [one.message for one in told] == ["SCTP: set in the Helm values of Cilium: sctp.enabled=true"]
    assert told[0].place
    assert [one for one in load(apps(SCTP), cni="kubernetes").problems if one.code == "cni-setting"] == []
