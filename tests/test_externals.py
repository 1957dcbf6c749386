"""What the platform names outside of the cluster, once or for each environment, and the environment of a run."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from netgen import api, cli
from netgen.intent import Flow
from netgen.problems import NetgenError, Problem
from specs import apps, document, end, platform

ERP = platform("externals: {erp: {prod: tcp://10.20.0.0/16:1433, staging: tcp://10.120.0.0/16:1433}}\n")
ENVIRONMENTS = platform("envs: [dev, staging, prod]\n")
CALLER = apps("orders: {port: 8080, calls: [external/erp]}", "checkout")


def load(*documents: str, env: str | None = None, cni: str | None = None) -> api.Loaded:
    """Return the meaning of *documents* in the environment *env*."""
    return api.load("-", stdin="---\n".join(documents).encode(), env=env, cni=cni)


def refused(*documents: str, env: str | None = None) -> list[Problem]:
    """Return everything that is said of *documents*, which mean nothing."""
    with pytest.raises(NetgenError) as caught:
        load(*documents, env=env)
    return list(caught.value.problems)


def outward(*documents: str, env: str | None = None, cni: str | None = None) -> list[str]:
    """Return the comments of the rules of *documents*, but for those about DNS."""
    return [flow.intent for flow in load(*documents, env=env, cni=cni).intent.flows if " DNS " not in flow.intent]


def flows(*documents: str, env: str | None = None) -> list[Flow]:
    """Return the flows of *documents*, but for those about DNS."""
    return [flow for flow in load(*documents, env=env).intent.flows if " DNS " not in flow.intent]


# ------------------------------------------------------------------------------------------------------------ by name


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("tcp://10.20.0.0/16:1433", ["10.20.0.0/16 1433/TCP"]),
        ("https://203.0.113.7", ["203.0.113.7/32 443/TCP"]),
        ("['tcp://10.21.0.0/16:1433', 'tcp://10.20.0.0/16:1433']", ["10.20.0.0/16 1433/TCP", "10.21.0.0/16 1433/TCP"]),
        ("['tcp://10.20.0.1:1433', 'udp://10.20.0.1:1434']", ["10.20.0.1/32 1433/TCP", "10.20.0.1/32 1434/UDP"]),
        ("'tcp://[2001:db8::]/32:1433'", ["2001:db8::/32 1433/TCP"]),
    ],
)
def test_an_external_is_what_the_platform_says(value: str, expected: list[str]) -> None:
    """One URL, or several with a port each."""
    found = flows(CALLER, platform(f"externals: {{erp: {value}}}\n"))
    assert [f"{end(one.target)} {one.ports[0].port}/{one.ports[0].protocol}" for one in found] == expected  # type: ignore[arg-type]


def test_a_rule_names_the_external_and_its_addresses() -> None:
    """So that whoever reads the manifests knows both."""
    assert outward(CALLER, ERP, env="prod") == ["checkout/orders -> erp (10.20.0.0/16):1433"]
    assert outward(CALLER, platform("externals: {erp: https://api.stripe.com}\n"), cni="cilium") == [
        "checkout/orders -> erp (api.stripe.com):443"
    ]


def test_an_external_that_is_a_host_can_be_weakened() -> None:
    """As the host itself; addresses beside it stay what they are."""
    mixed = platform("externals: {sap: [tcp://10.20.0.0/16:1433, https://sap.example.com]}\n")
    caller = apps("web: {port: 80, calls: [{to: external/sap, enforce: l4}]}")
    assert outward(caller, mixed) == [
        "shop/web -> internet:443 for sap (sap.example.com)",
        "shop/web -> sap (10.20.0.0/16):1433",
    ]
    assert outward(caller, mixed, cni="cilium") == [
        "shop/web -> sap (10.20.0.0/16):1433",
        "shop/web -> sap (sap.example.com):443",
    ]


def test_an_external_is_accepted_by_its_addresses() -> None:
    """Whatever the ports at which it is called itself."""
    accepting = apps("web: {port: 80 -> 8080, accepts: [external/partner]}")
    partner = platform(
        "externals: {partner: ['https://203.0.113.9', 'https://203.0.113.0/29', 'http://203.0.113.9']}\n"
    )
    (flow,) = flows(accepting, partner)
    assert end(flow.source) == "203.0.113.0/29 + 203.0.113.9/32"  # type: ignore[arg-type]
    assert flow.intent == "partner (203.0.113.0/29, 203.0.113.9/32) -> shop/web:8080"


def test_claims_speak_of_externals() -> None:
    """As targets with their ports, as sources and exempt sides by their addresses; each value is a claim of its own."""
    spec = document(
        """
        apps: {web: {port: 80, calls: [external/erp]}, db: 5432}
        never:
          - db -> external/erp
          - external/erp -> web
          - any except external/erp -> db
          - db -> external/bank
        """
    )
    values = "erp: ['tcp://10.20.0.0/16:1433', 'tcp://10.21.0.0/16:1434'], bank: tcp://192.0.2.0/24:99"
    intent = load(spec, platform(f"externals: {{{values}}}\n")).intent
    said = [(one.title, one.source, one.target, [port.port for port in one.ports]) for one in intent.claims]
    assert [(title, ports) for title, _, _, ports in said] == [
        ("any except external/erp -> db", []),
        ("db -> external/bank", [99]),
        ("db -> external/erp", [1433]),
        ("db -> external/erp", [1434]),
        ("external/erp -> web", []),
        ("external/erp -> web", []),
    ]
    assert [end(target) for _, _, target, _ in said[1:4]] == ["192.0.2.0/24", "10.20.0.0/16", "10.21.0.0/16"]  # type: ignore[arg-type]
    assert [end(peer) for peer in intent.claims[0].exempt] == ["10.20.0.0/16", "10.21.0.0/16"]  # type: ignore[arg-type]


def test_a_claim_about_an_external_is_proved() -> None:
    """A call of the platform's own external breaks what the platform says of it."""
    never = "never: [checkout/* -> external/erp]\n"
    intent = load(CALLER, ERP + never, env="prod").intent
    (finding,) = api.prove(intent, api.render(intent)).findings
    assert finding.code == "never-broken"
    idle = apps("orders: {port: 8080}", "checkout")
    intent = load(idle, ERP + never, env="prod").intent
    assert api.prove(intent, api.render(intent)).findings == ()


# ------------------------------------------------------------------------------------------------------- environments


def test_the_environment_chooses_the_values() -> None:
    """And the manifests say nothing of it: they are those of a platform with this one value."""
    for env, block in (("prod", "10.20.0.0/16"), ("staging", "10.120.0.0/16")):
        alone = load(CALLER, platform(f"externals: {{erp: tcp://{block}:1433}}\n"))
        chosen = load(CALLER, ERP, env=env)
        assert [one.text for one in api.render(chosen.intent)] == [one.text for one in api.render(alone.intent)]


def test_a_value_for_all_environments_needs_no_word() -> None:
    """Neither does a run that uses none of those that differ."""
    both = ERP.replace("externals: {", "externals: {bank: tcp://192.0.2.0/24:99, ")
    caller = apps("orders: {port: 8080, calls: [external/bank]}", "checkout")
    expected = ["checkout/orders -> bank (192.0.2.0/24):99"]
    for env in (None, "prod", "staging"):
        assert outward(caller, both, env=env) == expected


def test_a_call_is_made_in_its_environments_only() -> None:
    """In the others nothing is opened; who accepts the caller is not told that nobody calls."""
    web = apps("web: {port: 80, calls: [{to: pay/api, envs: [staging, prod]}, {to: here/*, envs: [dev]}]}")
    pay = apps("api: {port: 8080, accepts: [shop/web]}", "pay")
    assert outward(web, pay, ENVIRONMENTS, env="prod") == ["shop/web -> pay/api:8080"]
    loaded = load(web, pay, ENVIRONMENTS, env="dev")
    assert [flow.intent for flow in loaded.intent.flows if " DNS " not in flow.intent] == ["shop/web -> shop/*"]
    assert loaded.problems == ()


def test_what_is_called_elsewhere_is_judged_here() -> None:
    """A slip in a call of production is found before production."""
    web = apps("web: {port: 80, calls: [{to: dv, envs: [prod]}]}\ndb: 5432")
    assert [problem.code for problem in refused(web, ENVIRONMENTS, env="dev")] == ["unknown-app"]


def test_what_differs_needs_an_environment() -> None:
    """The error says where the choice is, and how to make it."""
    (problem,) = refused(CALLER, ERP)
    assert (problem.code, problem.fix) == ("env-needed", "say for which one the run is:  --env prod")
    (problem,) = refused(apps("web: {calls: [{to: internet, envs: [prod]}]}"), ENVIRONMENTS)
    assert (problem.code, problem.fix) == ("env-needed", "say for which one the run is:  --env prod")


def test_the_environments_are_those_of_the_platform() -> None:
    """By `envs`, or else those for which something has a value; a slip is told once."""
    for given in (ERP, ENVIRONMENTS + "externals: {erp: {prod: tcp://10.20.0.0/16:1433}}\n"):
        (problem,) = refused(CALLER, given, env="prdo")
        assert (problem.code, problem.place) == ("unknown-env", None)
        assert "did you mean `prod`?" in problem.message
    (problem,) = [one for one in refused(CALLER.replace("external/erp", ""), env="prod") if one.code != "no-platform"]
    assert (problem.code, problem.fix) == ("unknown-env", "leave --env out, or in the Platform write  envs: [prod]")


def test_an_external_without_a_value_for_the_environment() -> None:
    """A call of it is an error; a claim about it has nothing to prove, and says so."""
    some = ENVIRONMENTS + "externals: {erp: {prod: tcp://10.20.0.0/16:1433}}\nnever: [checkout/* -> external/erp]\n"
    said = refused(CALLER, some, env="dev")
    assert [problem.code for problem in said] == ["unknown-external", "claim-idle"]
    assert "envs: [prod]" in said[0].fix
    loaded = load(CALLER.replace("[external/erp]", "[{to: external/erp, envs: [prod]}]"), some, env="dev")
    assert ([problem.code for problem in loaded.problems], loaded.intent.claims) == (["claim-idle"], ())


def test_nothing_follows_from_a_platform_that_cannot_be_read() -> None:
    """What it may name is not missed."""
    (problem,) = refused(CALLER, platform("externals: {erp: [}\n"), env="prod")
    assert problem.code == "yaml-syntax"
    (problem,) = refused(CALLER, platform("externals: {erp: {prod: gopher://x}}\n"), env="prod")
    assert problem.code == "bad-target"


def test_the_order_of_a_list_changes_nothing() -> None:
    """Neither in the flows nor in the claims."""
    spec = document("apps: {web: {port: 80, calls: [external/x]}, db: 5432}\nnever: [db -> external/x]\n")
    urls = ["tcp://10.20.0.0/16:1", "tcp://10.21.0.0/16:1", "tcp://10.20.0.0/16:2"]
    one, other = (load(spec, platform(f"externals: {{x: {listed}}}\n")).intent for listed in (urls, urls[::-1]))
    assert one == other


# ------------------------------------------------------------------------------------------------------- the commands


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Words of a command line, in a folder with a spec and a platform -> exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(CALLER, encoding="utf-8")
    Path("platform.yaml").write_text(ERP, encoding="utf-8")

    def run(*words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["netgen", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        code = cli.main()
        out, said = capfd.readouterr()
        return code, out, said

    return run


def test_every_command_that_reads_specs_takes_the_environment(run: Any) -> None:
    """Two environments are two sets of manifests, each proved by its own."""
    given = ("--platform", "platform.yaml", "--env")
    for env, address in (("prod", "10.20.0.1"), ("staging", "10.120.0.1")):
        code, out, _ = run("render", "spec.yaml", *given, env)
        assert (code, address.removesuffix(".1") in out) == (0, True)
        Path(f"{env}.yaml").write_text(out, encoding="utf-8")
        assert run("check", "spec.yaml", *given, env)[0] == 0
        assert run("can", "orders", f"{address}:1433", "--spec", "spec.yaml", *given, env)[0] == 0
    assert run("verify", "--spec", "spec.yaml", "prod.yaml", *given, "prod")[0] == 0
    assert run("verify", "--spec", "spec.yaml", "prod.yaml", *given, "staging")[0] == 1
    assert run("diff", "prod.yaml", "spec.yaml", *given, "prod")[0] == 0
    assert run("diff", "prod.yaml", "spec.yaml", *given, "staging")[0] == 1
    assert run("diff", "prod.yaml", "spec.yaml", "--removed", *given, "staging")[0] == 0


def test_a_side_that_lacks_the_environment_is_named(run: Any) -> None:
    """Of two sides it is not clear otherwise which platform is to be looked at."""
    for name, envs in (("old", "prod"), ("new", "prod, dev")):
        text = CALLER.replace("external/erp", "") + "---\n" + platform(f"envs: [{envs}]\n")
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    code, _, said = run("diff", "old.yaml", "new.yaml", "--env", "dev")
    assert (code, "no environment `dev`" in said, "the platform is that of old.yaml:" in said) == (2, True, True)


def test_the_function_takes_the_environment(run: Any) -> None:
    """As an argument of the KRM function."""
    items = [yaml.safe_load(CALLER), yaml.safe_load(ERP)]
    given = yaml.safe_dump({"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": items})
    code, out, _ = run("krm", "--env", "staging", stdin=given)
    assert (code, "10.120.0.0/16" in out) == (0, True)
    assert run("krm", stdin=given)[0] == 2


def test_an_older_side_may_know_no_environments(run: Any) -> None:
    """The one that named none was the same for all of them."""
    git = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "a", "GIT_COMMITTER_NAME": "a"}
    git |= {"GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_EMAIL": "a@example.com"}
    Path("platform.yaml").write_text(platform("externals: {erp: tcp://10.20.0.0/16:1433}\n"), encoding="utf-8")
    for words in (("init", "-q", "."), ("add", "."), ("commit", "-qm", "one")):
        subprocess.run(["git", *words], check=True, env=git)  # noqa: S607 - the git of the machine
    Path("platform.yaml").write_text(ERP, encoding="utf-8")
    given = ("diff", "git:HEAD", "spec.yaml", "--platform", "platform.yaml")
    assert run(*given, "--env", "prod")[0] == 0
    assert run(*given, "--env", "staging")[0] == 1
    code, _, said = run(*given)
    assert (code, "error[env-needed]" in said) == (2, True)
