"""The KRM function: what it takes out of a ResourceList, what it puts there, and how it speaks of what is wrong."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest
import yaml

from netgen import api, cli
from netgen.krm import read_list
from netgen.krm.blocks import text as block
from netgen.problems import NetgenError

Body = dict[str, Any]

SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web: {port: 80 -> 8080, calls: [db]}
  db: 5432
"""
BOOKS = {
    "config.kubernetes.io/function": "exec: {path: netgen}",
    "internal.config.kubernetes.io/id": "1",
    "alpha.config.kubernetes.io/transformations": "x",
    "kustomize.config.k8s.io/id": "x",
    "config.k8s.io/id": "1",
}
"""Annotations that kustomize and its functions library put on what they give."""


def spec(text: str = SPEC, **metadata: Any) -> Body:
    """Return a spec with more *metadata*."""
    body = yaml.safe_load(text)
    body["metadata"] |= metadata
    return dict(body)


def config_map(name: str, **more: Any) -> Body:
    """Return a resource that says nothing to netgen."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}, **more}


def given(*items: Body, config: Body | None = None, version: str = "v1") -> str:
    """Return a ResourceList."""
    body: Body = {"apiVersion": f"config.kubernetes.io/{version}", "kind": "ResourceList", "items": list(items)}
    return str(yaml.safe_dump(body | ({"functionConfig": config} if config else {}), sort_keys=False))


@pytest.fixture
def krm(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Text on standard input -> exit code of `netgen krm`, its answer as text, and what it says."""

    def run(text: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["netgen", "krm"])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
        code = cli.main()
        out, said = capfd.readouterr()
        return code, out, said

    return run


def rendered(text: str = SPEC) -> list[Body]:
    """Return what netgen renders of a spec."""
    return [manifest.body for manifest in api.render(api.load("-", stdin=text.encode()).intent)]


# -------------------------------------------------------------------------------------------------- what is answered


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha1"])
def test_the_answer_is_a_list_with_what_is_rendered(krm: Any, version: str) -> None:
    """The functionConfig is a spec; what it renders stands behind the items, and the list is of the version given."""
    code, out, said = krm(given(config_map("a"), config=spec(), version=version))
    answer = yaml.safe_load(out)
    assert code == 0
    assert answer["items"] == [config_map("a"), *rendered()]
    assert (answer["apiVersion"], answer["kind"]) == (f"config.kubernetes.io/{version}", "ResourceList")
    assert said.splitlines()[-1].startswith("proved: ")
    assert answer["results"][-1] == {"message": said.splitlines()[-1], "severity": "info"}


def test_specs_are_taken_out(krm: Any) -> None:
    """A spec among the items is read and dropped, and so is the copy of the functionConfig that a generator gets."""
    web = spec(SPEC.replace("db: 5432", "db: 5432\n  more: 1").replace("name: shop,", "name: other,"))
    for items, config in (([spec()], None), ([spec(annotations=BOOKS)], spec(annotations=BOOKS)), ([], spec())):
        code, out, _ = krm(given(*items, config=config))
        assert (code, yaml.safe_load(out)["items"]) == (0, rendered())
    code, _, said = krm(given(spec(), web))
    assert code == 2
    assert "error[duplicate-app]" in said


def test_annotations_of_tools_are_not_rendered(krm: Any) -> None:
    """What an orchestrator notes on a spec does not reach the manifests; what its author wrote does."""
    own = {"example.com/team": "web", "notconfig.kubernetes.io/x": "own"}
    platform = {"apiVersion": "netgen.dev/v1alpha1", "kind": "Platform", "metadata": {"name": "prod"}}
    platform["metadata"] = {"name": "prod", "namespace": "shop", "labels": {"a": "b"}, "annotations": BOOKS}
    _, out, _ = krm(given(spec(annotations={**BOOKS, **own}), platform))
    assert [one["metadata"]["annotations"] for one in yaml.safe_load(out)["items"]] == [own] * 4


WRITTEN = """\
# of the list
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
# of a
- apiVersion: v1
  kind: ConfigMap   # of the kind
  metadata: {name: a, namespace: shop}
  data:
    number: "1e3"
    script: |
      # not a comment
      - neither an item
    folded: "x
      y"

    value: 0x10
# of the spec
- apiVersion: netgen.dev/v1alpha1
  kind: Connectivity
  metadata: {name: shop, namespace: shop}
  apps:
    web: {port: 80 -> 8080, calls: [db]}
    db: 5432
# of b
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: shop}}
# of the config
functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: f}}
"""


@pytest.mark.parametrize("indent", ["", "  "])
def test_other_items_stay_as_they_are_written(krm: Any, indent: str) -> None:
    """Comments, quotes and styles stay, those of the spec go with it, and what is rendered has its comments too."""
    before, items, after = WRITTEN.partition("# of a")[0], WRITTEN[WRITTEN.index("# of a") :], ""
    items, after = items[: items.index("# of the config")], items[items.index("# of the config") :]
    shifted = "".join(f"{indent}{line}\n" if line else "\n" for line in items.splitlines())
    code, out, _ = krm(f"{before}{shifted}{after}")
    assert code == 0
    kept = shifted.splitlines(keepends=True)
    assert "".join(kept[:12]) in out
    assert "".join(kept[-2:]) in out
    assert "of the spec" not in out
    assert f"{indent}  # shop/db" in out or f"{indent}    # shop/web -> shop/db" in out
    assert yaml.safe_load(out)["items"][2:] == rendered()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("name: a,", "name: &a a,").replace("name: b,", "name: *a,"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "...\n",
        lambda text: json.dumps(yaml.safe_load(text)),
        lambda text: text.replace('"1e3"', '"\u2028"'),
    ],
    ids=["aliases", "Windows", "an end", "JSON", "an odd line end"],
)
def test_other_items_keep_their_data(krm: Any, change: Any) -> None:
    """Where the lines cannot stand for themselves, the items are written anew, and mean the same."""
    text = change(WRITTEN)
    code, out, _ = krm(text)
    assert code == 0
    before = yaml.safe_load(text)["items"]
    assert yaml.safe_load(out)["items"] == [before[0], before[2], *rendered()]


@pytest.mark.parametrize("quote", ["'", '"'])
def test_what_begins_like_a_comment_may_stand_in_quotes(krm: Any, quote: str) -> None:
    """A line of a quoted text in the column of the dashes stays in its item, whatever follows that."""
    cut = given(config_map("a", data={"x": "TEXT"})).replace("TEXT", f"{quote}one\n# two{quote}")
    after = yaml.safe_dump([spec()], sort_keys=False)
    for text in (
        cut + after,
        cut.replace("items:\n", f"items:\n{after}"),
        f"{cut}functionConfig: {json.dumps(spec())}\n",
    ):
        code, out, _ = krm(text)
        assert code == 0
        assert yaml.safe_load(out)["items"] == [config_map("a", data={"x": "one # two"}), *rendered()]


def test_a_second_run_replaces_the_first(krm: Any) -> None:
    """What an earlier run has rendered is replaced, so that a pipeline may be run again."""
    _, out, _ = krm(given(config_map("a"), config=spec()))
    first = yaml.safe_load(out)["items"]
    code, out, _ = krm(given(*first, config=spec(SPEC.replace("5432", "5433"))))
    assert code == 0
    assert yaml.safe_load(out)["items"] == [config_map("a"), *rendered(SPEC.replace("5432", "5433"))]


# ------------------------------------------------------------------------------------------------------- what is wrong

SERVICE: Body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db", "namespace": "shop"}, "spec": {}}
FILE = {"internal.config.kubernetes.io/path": "base/shop.yaml", "internal.config.kubernetes.io/index": "2"}
ALLOW: Body = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "all", "namespace": "shop", "annotations": {"config.kubernetes.io/path": "all.yaml"}},
    "spec": {"podSelector": {}, "ingress": [{}], "policyTypes": ["Ingress"]},
}


def results(out: str, code: str) -> list[Body]:
    """Return the results of *code*, which each have a message, without it."""
    found = [one for one in yaml.safe_load(out)["results"] if one.get("tags") == {"code": code}]
    assert all(one.pop("message") for one in found)
    return found


def test_a_mistake_is_a_result_with_its_field(krm: Any) -> None:
    """A problem names the resource, its field and the file that the orchestrator read; the items stay as they were."""
    bad = SPEC.replace("[db]", "[db, {to: dv}]")
    code, out, said = krm(given(spec(bad, annotations=FILE), config_map("a")))
    assert code == 2
    assert "base/shop.yaml#2, apps.web.calls[1].to: error[unknown-app]: no app dv in namespace shop" in said
    assert yaml.safe_load(out)["items"] == [spec(bad, annotations=FILE), config_map("a")]
    reference = {"apiVersion": "netgen.dev/v1alpha1", "kind": "Connectivity", "namespace": "shop", "name": "shop"}
    assert results(out, "unknown-app") == [
        {
            "severity": "error",
            "resourceRef": reference,
            "field": {"path": "apps.web.calls[1].to"},
            "file": {"path": "base/shop.yaml", "index": 2},
            "tags": {"code": "unknown-app"},
        }
    ]
    _, _, said = krm(given(config=spec(bad)))
    assert "Connectivity shop/shop, apps.web.calls[1].to: error[unknown-app]" in said


def test_what_stands_elsewhere_is_named_by_resource(krm: Any) -> None:
    """A note that names the place of another document names its resource and field, and no line of a text unseen."""
    other = SPEC.replace("name: shop,", "name: more,").replace("web: {port: 80 -> 8080, calls: [db]}\n  ", "")
    _, _, said = krm(given(spec(), spec(other)))
    assert "Connectivity shop/shop, apps.db: error[duplicate-app]" in said
    assert " Connectivity shop/more, apps.db" in said
    assert "<stdin>" not in said


def test_the_whole_list_is_proved(krm: Any) -> None:
    """Another policy among the items that opens what no spec says is found, with its resource and field."""
    code, out, said = krm(given(ALLOW, config=spec()))
    assert code == 1
    assert "all.yaml, spec.ingress[0]: error[not-closed]" in said
    assert results(out, "not-closed")[0]["field"] == {"path": "spec.ingress[0]"}
    assert yaml.safe_load(out)["items"] == [ALLOW]


def test_what_others_wrote_is_not_replaced(krm: Any) -> None:
    """A resource with the name of one that is rendered, and not netgen's by its label, is an error."""
    code, out, said = krm(given(SERVICE, config=spec()))
    assert code == 2
    assert (
        "Connectivity shop/shop, apps.db: error[name-collision]: Service shop/db is among the resources already" in said
    )
    assert yaml.safe_load(out)["items"] == [SERVICE]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there are 0 documents where one ResourceList is due"),
        ("[]", "<stdin>:1:1: error[resource-list]: this is no ResourceList"),
        (SPEC, "<stdin>:1:1: error[resource-list]: this is no ResourceList"),
        ("kind: ResourceList\nitems: []\n", "error[resource-list]: this is no ResourceList"),
        (f"{given()}---\n{given()}", "there are 2 documents where one ResourceList is due"),
        (given().replace("[]", "{a: b}"), "<stdin>:3:8: error[resource-list]: items is not a list of resources"),
        (given().replace("[]", "[a]"), "error[resource-list]: items is not a list of resources"),
        (given().replace("[]", "["), "error[yaml-syntax]"),
        (given(spec(), {"kind": "List", "items": [{"kind": "List", "items": [spec()]}]}), "a spec stands in a list of"),
        (given(config=config_map("f", data={"a": "b"})), "the functionConfig is ConfigMap shop/f, which says nothing"),
        (given(config={"a": "b"}), "error[resource-list]: the functionConfig is"),
        (given(), "error[no-spec]: no Connectivity document in the list"),
        (given(config=config_map("f")), "error[no-spec]"),
        (given(config=spec(SPEC.replace("Connectivity", "Conectivity"))), "error[unknown-kind]"),
    ],
)
def test_what_is_no_list_of_specs(krm: Any, text: str, said: str) -> None:
    """Anything else is bad input, and says what is due."""
    code, out, told = krm(text)
    assert code == 2
    assert said in told
    assert out == "" or yaml.safe_load(out)["results"]


ODD = (
    {},
    {"apiVersion": ["netgen.dev/v1alpha1"]},
    {"apiVersion": "netgen.dev/v1alpha1"},
    {"apiVersion": "netgen.dev/v1alpha1", "kind": "Platform", "metadata": []},
    {"apiVersion": "netgen.dev/v1alpha1", "kind": "Connectivity", "metadata": {"annotations": [1], "name": {}}},
    {"apiVersion": "netgen.dev/v1alpha1", "kind": "Connectivity", "apps": {"a\u2028b\x00": [[[None]], 1.5, True]}},
    {"apiVersion": "v1", "kind": "Service", "metadata": {"labels": 7, "namespace": ["a"], "annotations": {"a": 1}}},
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": {"config.kubernetes.io/path": "<stdin>"}}},
)


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_resources_of_any_shape(krm: Any, body: Body) -> None:
    """Whatever a resource holds, there is an answer with every item, or a problem; never a fault of netgen."""
    for text in (given(body, spec()), given(spec(), config=body), given(body, config=spec())):
        code, out, said = krm(text)
        assert code in {0, 1, 2}, said
        assert code == 0 or "error[" in said
        assert out == "" or "items" in yaml.safe_load(out)


def test_numbers_stay_numbers() -> None:
    """Where data is written anew, every reader gets the same numbers."""
    numbers = [1.5, 1e20, 1e-20, -1.0, 0, 2**63, float("inf"), float("-inf"), None, True, "1e3", "null", "~", ".nan"]
    assert yaml.safe_load(block({"a": numbers}))["a"] == numbers
    assert block({"a": float("nan")}) == "a: .nan\n"


def test_a_list_without_items_is_empty() -> None:
    """An orchestrator may leave them out; what is in the list is read all the same."""
    text = given(config=spec()).replace("items: []\n", "")
    assert read_list(text.encode()).answer(None, []).endswith("items: []\n")
    with pytest.raises(NetgenError):
        read_list(b"kind: ResourceList")
