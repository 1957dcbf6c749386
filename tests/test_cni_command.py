"""`netgen cni`: the table of what plugins can, all of one, and which can carry a spec."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netgen import spec
from netgen.cli import main
from netgen.cnis import Verdict, carrying, tables
from netgen.cnis.answers import as_json, as_markdown, as_text
from netgen.problems import NetgenError, Place, Problem
from netgen.profiles import NAMES, Cni, Feature, table, version_text
from specs import apps, document, platform

Run = Callable[..., tuple[int, str, str]]

WEB = 'web: {port: 80, calls: [db, "https://a.example", "https://*.b.example"]}\ndb: 5432/tcp\n'


def asked(*documents: str, cnis: tuple[Cni, ...] = ()) -> dict[str, Verdict]:
    """Return the verdict about *documents* for each plugin, by its name and version."""
    verdicts = carrying(["-"], cnis, stdin="---\n".join(documents).encode())
    return {str(one.cni): one for one in verdicts}


def problems(verdict: Verdict) -> list[tuple[int, str]]:
    """Return the line and the code of what fails."""
    return [(one.place.line if one.place else 0, one.code) for one in verdict.problems]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs netgen in this process and returns its exit code, stdout and stderr."""

    def command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["netgen", *words])
        code = main()
        printed, said = capfd.readouterr()
        return code, printed, said

    return command


# ----------------------------------------------------------------------------------------------------------- the table


def test_the_table_has_a_row_for_each_feature() -> None:
    """In the words of people; and one each for nodes and maintenance."""
    assert set(tables.TITLES) == set(Feature)
    listed = tables.rows()
    assert [row.title for row in listed] == [*tables.TITLES.values(), "nodes, at the most", "maintenance"]
    assert {len(row.words) for row in listed} == {len(NAMES)}


@pytest.mark.parametrize(
    ("name", "feature", "word"),
    [
        ("cilium", Feature.HTTP, "yes"),
        ("cilium", Feature.WILDCARD_HOST_NAMES, "from 1.19"),
        ("cilium", Feature.ENCRYPTION, "yes*"),
        ("calico", Feature.OBSERVABILITY, "from 3.30*"),
        ("calico", Feature.HTTP, "no"),
        ("flannel", Feature.POLICIES, "no"),
        ("flannel", Feature.ENCRYPTION, "yes*"),
        ("kubernetes", Feature.DUAL_STACK, "unknown"),
        ("kubernetes", Feature.EGRESS, "yes"),
    ],
)
def test_a_word_of_the_table(name: str, feature: Feature, word: str) -> None:
    """A yes has its version where it is not the first that is known, and a mark where a setting must be made."""
    assert tables.word(table(name), feature) == word


def test_the_table_is_printed(run: Run) -> None:
    """As text, Markdown and JSON, all of which name every plugin and every feature."""
    texts = {form: run("cni", "-o", form) for form in ("text", "markdown", "json")}
    assert {code for code, _, _ in texts.values()} == {0}
    for form in ("text", "markdown"):
        assert all(title in texts[form][1] for title in tables.TITLES.values())
    assert run("cni") == texts["text"]
    told: Any = json.loads(texts["json"][1])
    assert [one["name"] for one in told["cnis"]] == list(NAMES)
    assert all(set(one["features"]) == {feature.value for feature in Feature} for one in told["cnis"])


@pytest.mark.parametrize("name", NAMES)
def test_all_of_one_plugin(name: str, run: Run) -> None:
    """Each source, setting and reason, and how it is installed."""
    code, text, said = run("cni", name)
    assert (code, said) == (0, "")
    assert table(name).about.install in text
    for cell in table(name).cells.values():
        assert all(word in text for word in (cell.source, tables.why(cell), cell.test))
    _, markdown, _ = run("cni", name, "-o", "markdown")
    assert markdown.count("\n| ") == len(Feature)


def test_one_version_of_a_plugin(run: Run) -> None:
    """What came later is a no."""
    _, text, _ = run("cni", "cilium 1.18")
    assert f"{tables.TITLES[Feature.WILDCARD_HOST_NAMES]}: no: from 1.19 on\n" in text
    assert f"{tables.TITLES[Feature.AUDIT]}: yes\n" in text
    _, told, _ = run("cni", "cilium 1.18", "-o", "json")
    (one,) = json.loads(told)["cnis"]
    features = one["features"]
    assert (one["version"], features["wildcard-host-names"]["has"], features["audit"]["has"]) == ("1.18", False, True)


def test_a_version_that_is_not_known_is_an_error(run: Run) -> None:
    """As it is in a Platform."""
    code, _, said = run("cni", "cilium 1.2")
    assert code == 2
    assert "error[unknown-cni]" in said


# ------------------------------------------------------------------------------------------------- carrying a spec


def test_who_can_carry_a_spec_and_where_others_fail() -> None:
    """Host names are for Cilium, of any depth from 1.19 on; the others fail at the lines that call them."""
    told = asked(apps(WEB))
    assert list(told) == list(NAMES)
    assert [name for name, one in told.items() if one.able] == ["cilium"]
    assert told["cilium"].since == (1, 19)
    assert [(one.code, one.place and one.place.line) for one in told["cilium"].before] == [
        ("unenforceable-wildcard-fqdn", 5)
    ]
    for name in ("kubernetes", "calico", "weave"):
        assert problems(told[name]) == [(5, "unenforceable-fqdn"), (5, "unenforceable-wildcard-fqdn")]


def test_a_plain_spec_is_carried_by_all_that_enforce() -> None:
    """From the first version that is known on."""
    told = asked(apps("web: {port: 80, calls: [db]}\ndb: 5432/tcp\n"))
    assert {name: one.since for name, one in told.items() if one.able} == {
        "kubernetes": None,
        **{name: table(name).versions[0] for name in ("cilium", "calico", "weave")},
    }
    assert [code for _, code in problems(told["flannel"])] == ["unenforceable-isolation"]


@pytest.mark.parametrize("feature", [Feature.AUDIT, Feature.WILDCARD_HOST_NAMES, Feature.HTTP])
def test_the_first_version_is_that_of_the_table(feature: Feature) -> None:
    """Whatever the spec asks for."""
    body = {
        Feature.AUDIT: ("web: 80\n", "stage: audit\n"),
        Feature.WILDCARD_HOST_NAMES: (WEB, ""),
        Feature.HTTP: ("web: {port: 80/http, accepts: {any: [GET /]}}\n", ""),
    }[feature]
    told = asked(apps(body[0]) + body[1])
    for name in NAMES[1:3]:
        since = table(name).cells[feature].since
        assert (told[name].able, told[name].since) == (since is not None, since)


def test_a_version_that_is_named_is_the_one_that_is_asked() -> None:
    """And only the plugins that are named."""
    told = asked(apps(WEB), cnis=(Cni("cilium", (1, 18)), Cni("cilium", (1, 20)), Cni("calico")))
    assert {name: one.able for name, one in told.items()} == {
        "cilium 1.18": False,
        "cilium 1.20": True,
        "calico": False,
    }


def test_the_needs_of_the_platform_are_part_of_it() -> None:
    """With what turns on what the plugin has."""
    told = asked(apps("web: {port: 80}"), platform("needs: {observability: true, nodes: 2000}\n"))
    assert [name for name, one in told.items() if one.able] == ["calico"]
    assert told["calico"].since == (3, 30)
    assert [one.message.partition(":")[0] for one in told["calico"].settings] == ["observability"]
    assert problems(told["weave"]) == [(10, "needs-unmet"), (10, "needs-unmet")]


def test_what_the_platform_has_installed_is_part_of_it() -> None:
    """ClusterNetworkPolicies are implemented from a version on."""
    told = asked(apps("web: {port: 80}"), platform("installed: [clusternetworkpolicy]\n"))
    assert {name: told[name].since for name in ("cilium", "calico")} == {"cilium": (1, 20), "calico": (3, 32)}


@pytest.mark.parametrize(
    ("cni", "able"), [("cilium 1.18", False), ("cilium", False), ("cilium 1.19", True), ("calico 3.32", False)]
)
def test_the_plugin_of_the_platform_is_told_apart(cni: str, able: bool) -> None:  # noqa: FBT001
    """With whether it can, in the version that the Platform names, or in the oldest."""
    told = asked(apps(WEB), platform(f"cni: {cni}\n"))
    (own,) = (one for one in told.values() if one.own)
    assert (str(own.own), own.own_able) == (cni, able)
    assert f"the Platform says {cni}, which {'can' if able else 'cannot'}\n" in as_text(tuple(told.values()))


def test_what_holds_less_there_is_told() -> None:
    """A claim that nothing denies for other pods, and a rule that is given up by `enforce: l4`."""
    body = 'apps:\n  web: {port: 80, calls: [{to: "https://a.example", enforce: l4}]}\n  db: 5432\nnever: [web -> db]\n'
    told = asked(document(body))
    codes = {name: [one.code for one in verdict.weaker] for name, verdict in told.items()}
    assert codes["kubernetes"] == ["enforced-l4", "not-denied"]
    assert codes["cilium"] == []
    assert [code for code in codes["weave"] if code != "cni-unmaintained"] == ["enforced-l4", "not-denied"]
    assert (codes["calico"], told["calico"].since) == (["enforced-l4", "not-denied"], (3, 28))


@pytest.mark.parametrize("cnis", [(), (Cni("cilium"),)], ids=["all", "one"])
def test_what_every_plugin_would_be_told_is_not_weaker(cnis: tuple[Cni, ...]) -> None:
    """A warning about the spec itself is none about the one plugin that can carry it, or that is asked about."""
    spec_text = apps("web: {port: 80, accepts: [cron]}\ncron: {}\ndb: {port: 80, accepts: {web: [GET /x]}}\n")
    told = asked(spec_text, platform("allow: [any -> o/otel:4317]\n"), cnis=cnis)
    assert [str(one.cni) for one in told.values() if one.able] == ["cilium"]
    assert told["cilium"].weaker == ()


def test_an_api_that_nobody_serves_is_a_matter_of_how_and_not_weaker() -> None:
    """That `calicoctl` applies the objects says nothing of what they hold."""
    told = asked(apps("web: 80\n"), platform("cni: calico 3.32\ninstalled: [clusternetworkpolicy]\n"))
    assert told["calico"].able
    assert told["calico"].weaker == ()
    assert [one.code for one in told["calico"].settings] == ["calicoctl-needed"]


def test_what_is_denied_by_other_means_is_not_weaker() -> None:
    """ClusterNetworkPolicies deny for every pod where the plugin has no denials of its own."""
    body = "apps: {web: 80, db: 5432}\nnever: [web -> db]\n"
    told = asked(document(body), platform("installed: [clusternetworkpolicy]\n"))
    assert "not-denied" not in [one.code for one in told["kubernetes"].weaker]


def test_a_plugin_under_which_a_claim_is_broken_cannot_carry_the_spec() -> None:
    """Addresses may be pods for plain policies, and are not where the plugin tells the world apart."""
    told = asked(apps("web: {port: 80, calls: ['internet:443']}\n") + "never: [web -> other/*]\n")
    assert {name: verdict.able for name, verdict in told.items()} == {
        "kubernetes": False,
        "cilium": True,
        "calico": True,
        "flannel": False,
        "weave": False,
    }
    assert [code for _, code in problems(told["kubernetes"])] == ["never-broken"]


def test_a_claim_that_is_broken_everywhere_is_told_of_each_plugin() -> None:
    """The spec is read all the same, so that the answer is no."""
    body = apps("web: {port: 80, calls: [db]}\ndb: 5432\n") + "never: [web -> db]\n"
    assert {code for verdict in asked(body).values() for _, code in problems(verdict)} == {
        "never-broken",
        "unenforceable-isolation",
    }
    (alone,) = carrying(["-"], (Cni("kubernetes"),), stdin=body.encode())
    assert (alone.able, problems(alone)) == (False, [(7, "never-broken")])


def test_a_spec_that_is_wrong_is_no_question_of_the_plugin() -> None:
    """Its errors are told once, as everywhere."""
    with pytest.raises(NetgenError) as caught:
        asked(apps(WEB.replace("db,", "nosuch,")))
    assert [one.code for one in caught.value.problems] == ["unknown-app"]


def test_the_texts_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And resolved for three versions of a plugin at the most, however many are known."""
    calls: list[str | None] = []
    meaning = spec.meaning
    reads = spec.read

    def counted(texts: spec.Texts, **flags: Any) -> spec.Loaded:
        calls.append(flags["cni"])
        return meaning(texts, **flags)

    monkeypatch.setattr("netgen.cnis.meaning", counted)
    monkeypatch.setattr("netgen.cnis.read_texts", lambda *args, **flags: calls.append(None) or reads(*args, **flags))
    asked(apps(WEB))
    assert calls.count(None) == 1
    assert all(sum((one or "").startswith(name) for one in calls) <= 4 for name in NAMES)


# ------------------------------------------------------------------------------------------------------ the command


def test_the_exit_code_says_whether_any_can(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 if one can, 1 if none, 2 if the spec is wrong."""
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(apps(WEB), encoding="utf-8")
    Path("wrong.yaml").write_text(apps(WEB.replace("db,", "nosuch,")), encoding="utf-8")
    codes = [run("cni", *words)[0] for words in (("spec.yaml",), ("calico", "weave", "spec.yaml"), ("wrong.yaml",))]
    assert codes == [0, 1, 2]
    _, text, said = run("cni", "spec.yaml")
    assert said == ""
    assert "\ncilium: yes, from 1.19 on\n  before: spec.yaml:5:" in text
    assert "\n  installed by: https://docs.cilium.io/" in text
    assert text.endswith("\n1 of 5 can carry it\n")


def test_a_file_that_is_called_like_a_plugin(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name alone is the plugin."""
    monkeypatch.chdir(tmp_path)
    Path("calico").write_text(apps(WEB), encoding="utf-8")
    assert run("cni", "calico") == run("cni", "calico", "-o", "text")
    assert "cilium: yes, from 1.19 on\n" in run("cni", "./calico")[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("calico", "3.30"), "a CNI and its version are one word: 'calico 3.30'"),
        (("cilium", "v1.19", "spec.yaml"), "a CNI and its version are one word: 'cilium v1.19'"),
        (("canal",), "canal is neither a file nor a CNI: the CNIs are kubernetes, cilium, calico, flannel, weave"),
    ],
)
def test_a_word_that_is_nothing_is_told_as_such(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    """What looks like a version or a name is not looked for as a file."""
    monkeypatch.chdir(tmp_path)
    code, printed, said = run("cni", *words)
    assert (code, printed) == (2, "")
    assert said.endswith(f"Error: {message}\n")


def test_options_of_the_platform_are_for_specs(run: Run) -> None:
    """They are not ignored."""
    code, _, said = run("cni", "calico", "--env", "prod")
    assert code == 2
    assert "give the specs that the options are for" in said


def test_the_verdicts_as_json_and_markdown() -> None:
    """With the lines, and nothing that would be markup."""
    verdicts = tuple(asked(apps(WEB), platform("cni: cilium\n")).values())
    told = json.loads(as_json(verdicts))
    assert told["able"] == 1
    by_name = {one["name"]: one for one in told["cnis"]}
    assert (by_name["cilium"]["since"], by_name["cilium"]["platform"]) == ("1.19", {"cni": "cilium", "able": False})
    problem = by_name["calico"]["problems"][0]
    assert (problem["code"], problem["file"], problem["line"]) == ("unenforceable-fqdn", "<stdin>", 5)
    lines = as_markdown(verdicts).splitlines()
    assert len(lines) == 2 + len(NAMES)
    assert "\\*.b.example" in lines[2]
    assert f"| cilium | yes, from {version_text((1, 19))} on |" in lines[3]


def test_nothing_in_a_path_steers_the_terminal() -> None:
    """A file may be called anything."""
    place = Place("\x1b[31m.yaml", 1, 1)
    odd = Verdict(Cni("calico"), able=False, problems=(Problem("not-yet", place, "a message"),))
    assert "\x1b" not in as_text((odd,)) + as_markdown((odd,))


@pytest.mark.parametrize("cni", ["calico 3.30", "cilium 1.20", "kubernetes"])
def test_can_and_diff_render_specs_for_the_cni_that_they_are_told(cni: str, tmp_path: Path, run: Run) -> None:
    """As render does, so that what is asked is what that cluster would get, whatever the Platform names."""
    other = "calico" if cni.startswith("cilium") else "cilium"
    bare = apps("web: {port: 80, calls: [db]}\ndb: 5432/tcp\n")
    for name, text in (("spec.yaml", f"{bare}---\n{platform(f'cni: {other}')}"), ("bare.yaml", bare)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    spec_file, bare_file = (str(tmp_path / name) for name in ("spec.yaml", "bare.yaml"))
    answers = [run("can", "shop/web", "shop/db:5432", "--spec", one, "--cni", cni)[0] for one in (spec_file, bare_file)]
    assert answers == [0, 0]
    code, printed, _ = run("diff", spec_file, bare_file, "--cni", cni)
    assert (code, printed.splitlines()[0][:9]) == (0, "no change")
