"""Kustomizations beside manifests: which keys change what policies mean, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netgen import api
from netgen.evaluate.objects.kinds import ROUTES, of_plugin
from netgen.overlays import NAMES, Seen, beside, is_kustomization, unbuilt, warnings
from netgen.problems import Problem
from netgen.source import Dialect, Document, read
from specs import document, load

SHOP = document("apps:\n  web: {port: 8080, calls: [db]}\n  db: 5432\n")


def kustomization(text: str, file: str = "kustomization.yaml") -> Document:
    """Return a kustomization as it is read."""
    (found,) = read(text, file, Dialect.MANIFEST).documents
    return found


def told(problems: Any) -> list[tuple[int, str]]:
    """Return line and first words of each problem."""
    return [(one.place.line, one.message) for one in problems]


CHANGING = {
    "commonLabels: {a: b}": "commonLabels puts its labels into the selectors",
    "labels: [{pairs: {a: b}}, {pairs: {a: b}, includeSelectors: true}]": "this entry of labels puts",
    "labels: [{pairs: {a: b}, fields: [{path: spec/podSelector/matchLabels, create: true}]}]": "this entry of labels",
    "commonAnnotations: {a: b, example.com/server-snippet: x}": "commonAnnotations gives Services and Ingresses",
    "namespace: prod": "namespace moves policies",
    "namePrefix: prod-": "namePrefix gives the Services other names",
    "nameSuffix: -prod": "nameSuffix gives the Services other names",
    "patches: [{path: nowhere.yaml}]": "this entry of patches may change a policy, Service or Ingress",
    "patches: [{target: {kind: Service}, path: x.yaml}]": "this entry of patches may change Service",
    "patches: [{target: {kind: .*}, path: x.yaml}]": "this entry of patches may change a policy",
    "patches: [{target: {name: web}, path: x.yaml}]": "this entry of patches may change a policy",
    'patches: [{patch: "kind: Ingress"}]': "this entry of patches may change Ingress",
    'patches: [{patch: "{\\"kind\\": \\"Ingress\\"}"}]': "this entry of patches may change Ingress",
    "patches: [7]": "this entry of patches may change a policy",
    "patchesStrategicMerge: [x.yaml]": "this entry of patchesStrategicMerge may change a policy",
    'patchesStrategicMerge: ["kind: NetworkPolicy\\n"]': "this entry of patchesStrategicMerge may change NetworkPolicy",
    "patchesJson6902: [{target: {kind: Service}}]": "this entry of patchesJson6902 may change Service",
    "replacements: [{targets: [{select: {kind: Ingress}}]}]": "this entry of replacements may change Ingress",
    "replacements: [{targets: [{select: {name: a}}, {select: {kind: Pod}}]}]": "this entry of replacements",
    "replacements: [{path: x.yaml}]": "this entry of replacements may change a policy",
    "transformers: [x.yaml]": "transformers may change anything",
    "components: [x]": "components may change anything",
}
"""A kustomization, and how what is said of it begins."""

HARMLESS = (
    "resources: [a.yaml]",
    "sortOptions: {order: fifo}",
    "commonLabels: {}",
    "labels: [{pairs: {a: b}}]",
    "labels: [{pairs: {a: b}, includeTemplates: true}]",
    "labels: no list",
    "commonAnnotations: {a: b}",
    "namespace: shop",
    'namePrefix: ""',
    "images: [{name: a, newTag: b}]",
    "replicas: [{name: a, count: 2}]",
    "patches: []",
    "patches: [{target: {kind: Deployment}, path: x.yaml}]",
    'patches: [{patch: "kind: Deployment"}]',
    "replacements: [{targets: [{select: {kind: Deployment}}]}]",
    "configurations: [a.yaml]",
    "configMapGenerator: [{name: a}]",
)


@pytest.mark.parametrize(("text", "begin"), CHANGING.items())
def test_a_key_that_changes_policies(text: str, begin: str) -> None:
    """Each is told with its place, with what it does and with what to write instead."""
    (found,) = warnings(kustomization(text), {"shop"})
    assert found.code == "overlay-changes"
    assert found.message.startswith(begin)
    assert found.fix
    (found,) = unbuilt(kustomization(text, "deploy/kustomization.yaml"), Seen({"shop"}))
    assert begin in found.message
    assert found.fix == "give what  kustomize build deploy  prints"


@pytest.mark.parametrize("text", HARMLESS)
def test_a_key_that_leaves_policies_alone(text: str) -> None:
    """Nobody is warned of it."""
    assert list(warnings(kustomization(text), {"shop"})) == []


@pytest.mark.parametrize(
    "text",
    [
        "labels: [{pairs: {a: b}, includeTemplates: true}]",
        "patches: [{target: {kind: Deployment}, path: x.yaml}]",
        "namespace: shop",
    ],
)
def test_what_changes_pods_makes_files_another_thing(text: str) -> None:
    """Files that are read for their pods are not what is built where a kustomization changes these, or moves any."""
    assert len(list(unbuilt(kustomization(text), Seen({"shop", "default"})))) == 1


def test_a_patch_is_looked_into(tmp_path: Path) -> None:
    """A patch in a file is told of by the kinds that stand in it."""
    (tmp_path / "a.yaml").write_text("apiVersion: apps/v1\nkind: Deployment\n---\nkind: StatefulSet\n")
    (tmp_path / "b.yaml").write_text("apiVersion: v1\nkind: Service\n")
    text = "patches:\n  - path: a.yaml\n  - path: b.yaml\n"
    found = warnings(kustomization(text, str(tmp_path / "kustomization.yaml")))
    assert told(found) == [(3, "this entry of patches may change Service")]


@pytest.mark.parametrize(
    "written",
    [
        "{apiVersion: v1, kind: Service, metadata: {name: db}}",
        "kind: &kind Service",
        "kind: !!str Service",
        "kind:\n  Service",
        "? kind\n: Service",
        '"kin\\u0064": Service',
        "kind: List\nitems: [{kind: Service}]",
    ],
)
def test_a_patch_is_read_as_kustomize_reads_it(written: str, tmp_path: Path) -> None:
    """However a document writes its kind, another one beside it hides it from nobody."""
    (tmp_path / "a.yaml").write_text(f"kind: Deployment\n---\n{written}\n")
    text = "patches: [{path: a.yaml}]\n"
    assert len(list(warnings(kustomization(text, str(tmp_path / "kustomization.yaml"))))) == 1


@pytest.mark.parametrize(
    ("text", "file", "is_one"),
    [
        ("resources: []", "kustomization.yaml", True),
        ("resources: []", "deploy/Kustomization", True),
        ("resources: []", "other.yaml", False),
        ("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization", "other.yaml", True),
        ("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component", "other.yaml", True),
        ("kind: Kustomization", "kustomization.yaml", True),
        ("kind: Component", "other.yaml", True),
        ("kind: Deployment", "kustomization.yaml", False),  # nor is it left out: nobody knows what it is
        ("apiVersion: apps/v1\nkind: Deployment", "kustomization.yaml", False),
        ("apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization", "other.yaml", False),
        ("apiVersion: 7", "kustomization.yaml", False),
        ("[]", "kustomization.yaml", False),
    ],
)
def test_what_is_a_kustomization(text: str, file: str, *, is_one: bool) -> None:
    """It is known by its group, and one without a kind by its file's name."""
    assert is_kustomization(kustomization(text, file)) is is_one


# --------------------------------------------------------------------------------------------------------- the proof


def proved(files: dict[str, str], *paths: str) -> tuple[list[str], list[tuple[int, str]]]:
    """Return what is found in *paths* among *files*, and which overlays are named; `-` is what netgen renders."""
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    intent = load(SHOP).intent
    stream = api.stream(api.render(intent), "yaml")
    Path("deploy/rendered.yaml").write_text(stream)
    proof = api.verify(intent, paths, stdin=stream.replace("5432", "9").encode())
    return [one.code for one in proof.findings], told(one for one in proof.warnings if one.code.startswith("overlay"))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deploy").mkdir()
    monkeypatch.chdir(tmp_path)


def test_files_that_a_kustomization_changes_are_not_proved() -> None:
    """The files of a folder are not what is built of it, which is `unproven`; one that only lists is no matter."""
    file, listed = "deploy/kustomization.yaml", "resources: [rendered.yaml]\n"
    for paths in (("deploy",), ("deploy/rendered.yaml", file)):
        assert proved({file: f"{listed}namePrefix: a-\ncommonLabels: {{a: b}}\n"}, *paths)[0] == ["unproven"] * 2
        assert proved({file: f"{listed}namespace: shop\n"}, *paths) == ([], [])


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_is_read_with_its_kustomization(name: str) -> None:
    """Whichever of the three names it has."""
    assert proved({f"deploy/{name}": "resources: [rendered.yaml]\nnamePrefix: a-\n"}, "deploy")[0] == ["unproven"]


@pytest.mark.parametrize(("kind", "told_of"), [("Pod", 1), ("Namespace", 1), ("ConfigMap", 0)])
def test_labels_of_what_is_selected_by_its_own(kind: str, told_of: int) -> None:
    """An entry of labels changes Pods and Namespaces themselves, which other manifests have no part in."""
    own = f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: own}}\nspec: {{containers: [{{name: a}}]}}\n"
    Path("deploy/own.yaml").write_text(own)
    Path("deploy/kustomization.yaml").write_text("resources: [own.yaml]\nlabels: [{pairs: {a: b}}]\n")
    said = [problem.message for problem in api.reach(["deploy"]).said if problem.code == "overlay-unbuilt"]
    assert ["gives the pods or namespaces more labels" in one for one in said] == [True] * told_of


OPEN = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open, namespace: shop}
spec: {podSelector: {}, ingress: [{}]}
"""


@pytest.mark.parametrize(
    "more",
    [
        "resources: [rendered.yaml, ../open.yaml]",
        "resources: [rendered.yaml, ../base]",
        "resources: [rendered.yaml, https://example.com/open.yaml]",
        "resources: [rendered.yaml]\nbases: [../base]",
        "resources: [rendered.yaml]\ngenerators: [generator.yaml]",
        "resources: [rendered.yaml]\nhelmCharts: [{name: open}]",
        "resources: [rendered.yaml]\nhelmChartInflationGenerator: [{chartName: open}]",
    ],
)
def test_what_a_kustomization_adds_is_not_proved(more: str) -> None:
    """Where objects come from elsewhere than from the files that are read, nobody has seen what they open."""
    base = {"base/kustomization.yaml": "resources: [open.yaml]\n", "base/open.yaml": OPEN, "open.yaml": OPEN}
    assert proved({**base, "deploy/kustomization.yaml": more}, "deploy") == (
        ["unproven"],
        [],
    )


def test_what_a_kustomization_does_not_build_is_not_proved() -> None:
    """A file beside it that it does not list is not applied; what it names in any way, and what is no matter, is."""
    file = "deploy/kustomization.yaml"
    assert proved({file: "resources: []\n"}, "deploy") == (["unproven"], [])
    more = {"deploy/own.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"}
    assert proved({file: "resources: [./rendered.yaml]\n", **more}, "deploy") == ([], [])
    upper = {"kustomization.yaml": "resources: [deploy]\n", "deploy/kustomization.yaml": "resources: [rendered.yaml]\n"}
    assert proved(upper, ".") == ([], [])


def test_a_cluster_that_a_kustomization_changes_is_not_known() -> None:
    """The files of --workloads are not what runs where a kustomization among them builds something else."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web-1, namespace: shop, labels: {app.kubernetes.io/name: web}}\n"
    Path("deploy/pod.yaml").write_text(f"{pod}spec: {{containers: [{{name: a}}]}}\n")
    intent = load(SHOP).intent
    manifests = api.render(intent)
    for listed, codes in (("", []), ("commonLabels: {a: b}\n", ["unproven"])):
        Path("deploy/kustomization.yaml").write_text(f"resources: [pod.yaml]\n{listed}")
        assert [one.code for one in api.prove(intent, manifests, workloads=["deploy"]).findings] == codes


def test_what_may_have_done_it_is_named() -> None:
    """A kustomization that is given as a file is read for its keys, which are told only where something is found."""
    files = {"overlay/kustomization.yaml": "resources: [../deploy]\nnamePrefix: a-\n"}
    codes, named = proved(files, "-", "overlay/kustomization.yaml")
    assert codes
    assert named == [(2, "namePrefix gives the Services other names than those by which they are called")]
    assert proved(files, "deploy", "overlay/kustomization.yaml") == ([], [])


def test_other_commands_warn() -> None:
    """What reads manifests for other ends warns that they are not what is built."""
    Path("deploy/kustomization.yaml").write_text("resources: [rendered.yaml]\nnamePrefix: a-\n")
    Path("deploy/rendered.yaml").write_text(api.stream(api.render(load(SHOP).intent), "yaml"))
    assert [problem.code for problem in api.reach(["deploy"]).said] == ["overlay-unbuilt"]
    found, _ = api.import_manifests(["deploy"])
    assert [problem.code for problem in found.unsaid] == ["overlay-unbuilt"]


@pytest.mark.parametrize("kind", ["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"])
def test_a_patch_of_a_policy_of_cilium_is_told(kind: str) -> None:
    """They are policies as the others are."""
    text = f"patches: [{{target: {{kind: {kind}}}, patch: x}}]\n"
    document = read(text, "kustomization.yaml", Dialect.MANIFEST).documents[0]
    assert [problem.code for problem in warnings(document)] == ["overlay-changes"]


KINDS = sorted({kind for _, kind in of_plugin("cilium") | of_plugin("calico") | ROUTES})


@pytest.mark.parametrize("kind", [*KINDS, "ClusterNetworkPolicy", "ServiceAccount"])
def test_a_patch_of_what_decides_is_told(kind: str) -> None:
    """Whatever the evaluator reads may be changed by it: a set of addresses, say, or a route."""
    Path("deploy/own.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\n")
    file = f"resources: [own.yaml]\npatches: [{{target: {{kind: {kind}}}, path: x.yaml}}]\n"
    Path("deploy/kustomization.yaml").write_text(file)
    assert "overlay-unbuilt" in [problem.code for problem in api.reach(["deploy"]).said]


# ---------------------------------------------------------------------------------------------------- beside the output


def found_beside(text: str, where: str, out: str = "deploy") -> list[Problem]:
    """Return what is told of the kustomization *text* at *where* when *out* is written."""
    Path(where).write_text(text)
    return list(beside(Path(out), {"shop"}))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("listed", ["deploy", "./deploy/", "deploy/rendered.yaml"])
def test_a_kustomization_beside_the_output(name: str, listed: str) -> None:
    """One that builds the folder is told of; one that does not, or that changes nothing, is not."""
    text = f"resources: [{listed}]\nnamePrefix: a-\n"
    assert told(found_beside(text, name)) == [
        (2, "namePrefix gives the Services other names than those by which they are called")
    ]
    assert found_beside(text.replace("deploy", "other"), name) == []
    assert found_beside(text.replace("namePrefix: a-", "namespace: shop"), name) == []
    assert found_beside("[", name) == []


def test_a_kustomization_around_the_output() -> None:
    """Files among those of others may be built by a kustomization that lies there."""
    assert len(found_beside("commonLabels: {a: b}\n", "deploy/kustomization.yaml")) == 1


@pytest.mark.parametrize(
    "make", [Path.mkdir, lambda path: path.symlink_to("nowhere"), lambda path: path.write_text("")]
)
def test_what_is_no_kustomization(make: Callable[[Path], object]) -> None:
    """Whatever else has the name is no matter."""
    make(Path("kustomization.yaml"))
    assert list(beside(Path("deploy"), {"shop"})) == []
