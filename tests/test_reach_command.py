"""Who reaches whom, for people: names, rows that stand for many pairs, filters, formats, and what is not certain."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from textwrap import dedent

import pytest

from clusters import random_cluster
from netgen import api
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Direction
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES
from netgen.evaluate.sets import ALL_PORTS, NO_PORTS, PortSet, bits
from netgen.problems import NetgenError, Severity
from netgen.reaching import Answer, Connection, View, connections
from netgen.reaching.formats import as_csv, as_json, as_text
from netgen.scene import Scene, scene
from netgen.source import Dialect, read
from specs import load

ROOT = Path(__file__).parents[1]
SEED = (ROOT / "tests" / "golden" / "seed.yaml").read_text(encoding="utf-8")


def policy(name: str, spec: str, namespace: str = "shop") -> str:
    """Return a NetworkPolicy with *spec*, as YAML."""
    head = (
        f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
    )
    return head + f"spec: {spec}\n"


def workload(name: str, labels: str, more: str = "", kind: str = "Deployment", namespace: str = "shop") -> str:
    """Return a workload whose pods wear *labels*, as YAML."""
    head = f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
    return head + f"spec: {{template: {{metadata: {{labels: {{{labels}}}}}, spec: {{containers: [], {more}}}}}}}\n"


def service(name: str, selector: str, ports: str = "[{port: 80}]", namespace: str = "shop") -> str:
    """Return a Service, as YAML."""
    head = f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
    return head + f"spec: {{selector: {{{selector}}}, ports: {ports}}}\n"


def answer(*documents: str, **filters: str) -> Answer:
    """Return the answer for manifests that are given as YAML."""
    return api.reach(["-"], stdin="---\n".join(map(dedent, documents)).encode(), **filters)


def rows(*documents: str, certain: bool = True, **filters: str) -> list[str]:
    """Return the connections that are certain, or those that are not, as lines."""
    found = answer(*documents, **filters).connections
    return [f"{one.source} -> {one.target} {one.ports}" for one in found if one.certain is certain]


WEB_CALLS_DB = policy(
    "db", "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}"
)

# ---------------------------------------------------------------------------------------------- rows and what they mean


def ends_called(whole: Scene, name: str, direction: Direction) -> list[int]:
    """Return the ends that a printed *name* means on the side of *direction*."""
    everyone = range(len(whole.names))
    if name.startswith("any"):
        found = [index for index in everyone if not whole.narrow.isolated(index, direction)]
        assert "non-isolated" in name or len(found) == len(whole.names)
        return [index for index in found if whole.universe.endpoints[index].is_pod or not name.endswith(" pod")]
    if name == "internet":
        return list(bits(whole.internet))
    return [whole.names.index(name)]


def spread(whole: Scene, found: list[Connection]) -> dict[tuple[int, int], PortSet]:
    """Return what rows say of each pair of which one end is a workload; a single pod and itself are none."""
    pairs: dict[tuple[int, int], PortSet] = defaultdict(lambda: NO_PORTS)
    for one in found:
        sources = ends_called(whole, one.source, Direction.EGRESS)
        for pair in itertools.product(sources, ends_called(whole, one.target, Direction.INGRESS)):
            if is_told(whole, *pair):
                pairs[pair] |= one.ports
    return dict(pairs)


def is_told(whole: Scene, source: int, target: int) -> bool:
    """Return whether rows speak of a pair."""
    is_single = source == target and whole.universe.endpoints[source].is_single
    return not is_single and bool(whole.workloads >> source & 1 or whole.workloads >> target & 1)


def open_pairs(whole: Scene, reach: Reach, view: View) -> dict[tuple[int, int], PortSet]:
    """Return what *reach* opens, pair by pair."""
    everyone = range(len(whole.names))
    found = {}
    for source, target in itertools.product(everyone, everyone):
        wanted = (view.sources is None or view.sources >> source & 1) and (
            view.targets is None or view.targets >> target & 1
        )
        ports = reach.allowed(source, target) & view.ports
        if wanted and ports and is_told(whole, source, target):
            found[source, target] = ports
    return found


def random_scenes(count: int) -> Iterator[tuple[Scene, Random]]:
    """Yield scenes of random clusters, half of them without what is implied."""
    for number in range(count):
        chance = Random(number)  # noqa: S311 - the same in every run
        cluster = random_cluster(f"rows {number}", addressed=number % 3 > 0, spaced=number % 2 > 0)
        items = [one for one in cluster.objects if one["kind"] != "Pod" or chance.random() < 0.6]
        reading = read(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), "random", Dialect.MANIFEST)
        cni = chance.choice(list(PROFILES))
        yield scene(read_cluster(reading.documents, reading.problems), cni=cni), chance


def test_rows_say_of_each_pair_what_is_open() -> None:
    """Spread over the ends that they stand for, the certain rows are the narrow reading and all rows the wide one."""
    summaries = 0
    for whole, _ in random_scenes(150):
        found = connections(whole, View())
        certain = [one for one in found if one.certain]
        narrow = spread(whole, certain)
        assert narrow == open_pairs(whole, whole.narrow, View())
        wide = open_pairs(whole, whole.wide, View())
        perhaps = spread(whole, [one for one in found if not one.certain])
        everything = {pair: narrow.get(pair, NO_PORTS) | perhaps.get(pair, NO_PORTS) for pair in {*narrow, *perhaps}}
        assert everything == wide
        summaries += sum(one.source.startswith("any") or one.target.startswith("any") for one in found)
    assert summaries > 100


def test_rows_of_a_view_say_the_same_of_its_pairs() -> None:
    """Filters leave rows out and change none: the pairs of the view are told of, and no port beside the wanted ones."""
    for whole, chance in random_scenes(60):
        count = len(whole.names)
        view = View(sources=chance.getrandbits(count) or 1, targets=None)
        for each in (view, View(targets=view.sources), View(sources=whole.workloads or 1, targets=view.sources)):
            found = [one for one in connections(whole, each) if one.certain]
            said = spread(whole, found)
            assert said == open_pairs(whole, whole.narrow, each)


def test_every_end_has_a_name_of_its_own() -> None:
    """No two ends of a cluster are printed alike."""
    for whole, _ in random_scenes(150):
        assert len(set(whole.names)) == len(whole.names)


# ------------------------------------------------------------------------------------------------------ who is an end


def test_a_selector_without_workloads_is_an_end_named_after_its_service_or_policy() -> None:
    """One for each selector of a namespace: the Service's name first, else the policy's; the peers are strangers."""
    two = policy("db-more", "{podSelector: {matchLabels: {app: db}}}")
    assert rows(WEB_CALLS_DB, two) == ["shop/app=web -> shop/db all", "shop/db -> any non-isolated all"]
    assert "shop/app=web -> shop/store all" in rows(WEB_CALLS_DB, service("store", "app: db"))
    assert "shop/web -> shop/db all" in rows(WEB_CALLS_DB, service("web", "app: web"))


def test_a_selector_of_everything_is_no_end() -> None:
    """A policy for all pods of a namespace tells of none of them, and then there is nothing to tell."""
    found = answer(policy("closed", "{podSelector: {}}"))
    assert found.connections == ()
    assert [problem.code for problem in found.unproven] == ["unproven"]


def test_a_workload_that_is_selected_is_the_end_itself() -> None:
    """Nothing is implied beside it, and pods that are alike for the policies are one end, told apart below."""
    pods = [workload(name, "app: db, tier: back") for name in ("db-0", "db-1")]
    found = answer(WEB_CALLS_DB, *pods, workload("web", "app: web"))
    assert "shop/web -> shop/db-0 and 1 more all" in rows(WEB_CALLS_DB, *pods, workload("web", "app: web"))
    assert found.groups == (("shop/db-0 and 1 more", ("shop/db-0", "shop/db-1")),)
    assert "shop/db-0 and 1 more: shop/db-0, shop/db-1\n" in as_text(found)


def test_an_expression_is_worn_with_the_fewest_labels() -> None:
    """In, Exists and DoesNotExist make one pod; what nothing can wear makes none."""
    expressions = (
        "[{key: app, operator: In, values: [a, b]}, {key: x, operator: Exists}, {key: y, operator: DoesNotExist}]"
    )
    spec = f"{{podSelector: {{matchExpressions: {expressions}}}, ingress: [{{from: [{{podSelector: {{}}}}]}}]}}"
    assert "shop/few -> shop/few all" in rows(policy("few", spec))
    nobody = "[{key: app, operator: Exists}, {key: app, operator: DoesNotExist}]"
    assert answer(policy("nobody", f"{{podSelector: {{matchExpressions: {nobody}}}}}")).connections == ()


def test_two_implied_ends_that_one_pod_can_be_leave_room_for_it() -> None:
    """The pod with both labels is a stranger of its own."""
    front = policy("front", "{podSelector: {matchLabels: {tier: front}}, ingress: [{ports: [{port: 80}]}]}")
    assert "shop/app=web -> shop/db all" in rows(WEB_CALLS_DB, front)
    assert "shop/app=web,tier=front -> shop/db all" in rows(WEB_CALLS_DB, front)


def test_a_named_port_of_pods_that_nobody_gives_is_not_guessed() -> None:
    """It may be any port, and a warning says so; with the workload it is known."""
    named = policy("db", "{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: pg}]}]}")
    (problem,) = answer(named).said
    assert problem.code == "port-unnumbered"
    assert problem.message == "the NetworkPolicy shop/db names the port pg, and no workload says its number"
    assert rows(named, certain=False) == ["any -> shop/db all TCP"]
    pod = workload("db", "app: db").replace(
        "containers: []", "containers: [{ports: [{name: pg, containerPort: 5432}]}]"
    )
    assert answer(named, pod).said == ()
    assert "any -> shop/db 5432/TCP" in rows(named, pod)


def test_names_tell_ends_apart() -> None:
    """The kind is added where two workloads share a name; a value that no selector names is `<other>`."""
    pods = (workload("web", "app: web"), workload("web", "app: db", kind="StatefulSet"))
    assert "shop/web (Deployment) -> shop/web (StatefulSet) all" in rows(WEB_CALLS_DB, *pods)
    shy = policy(
        "db",
        "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchExpressions: "
        "[{key: team, operator: NotIn, values: [red]}, {key: team, operator: Exists}]}}]}]}",
    )
    assert "<other team=<other>>/<other> -> shop/db all" in rows(shy)


def test_addresses_are_called_internet_or_by_their_blocks() -> None:
    """The internet is what has most public addresses, of both families where they are alike."""
    block = "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [%s]}]}"
    everything = "{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}"
    assert "internet (IPv4) -> shop/web all" in rows(policy("web", block % everything), cni="cilium")
    both = f"{everything}, {{ipBlock: {{cidr: '::/0'}}}}"
    assert "internet -> shop/web all" in rows(policy("web", block % both), cni="cilium")
    office = "{ipBlock: {cidr: 203.0.113.0/24}}, {ipBlock: {cidr: 198.51.100.7/32}}"
    shown = ["198.51.100.7 -> shop/web all", "203.0.113.0/24 -> shop/web all", "shop/web -> any non-isolated all"]
    assert rows(policy("web", block % office), cni="cilium") == shown
    private = policy("web", block % everything.replace("10.0.0.0/8", "10.0.0.0/8, 192.168.0.0/16"))
    reading = read(private, "private", Dialect.MANIFEST)
    assert "10.0.0.0/8, 192.168.0.0/16" in scene(read_cluster(reading.documents), cni="cilium").names


# ------------------------------------------------------------------------------------------------------- any, and apart


def test_without_policies_everything_is_open_and_that_is_said() -> None:
    """Two rows for each workload, and a note."""
    found = answer(workload("web", "app: web"))
    assert [(one.source, one.target) for one in found.connections] == [("any", "shop/web"), ("shop/web", "any")]
    assert [problem.code for problem in found.said] == ["no-policies"]
    enforced = answer(WEB_CALLS_DB, cni="flannel")
    assert ("any", "shop/db") in [(one.source, one.target) for one in enforced.connections]
    assert [problem.code for problem in enforced.said] == ["no-policies"]


def test_no_policy_is_no_openness_where_something_is_not_understood() -> None:
    """A policy may be in what could not be read, so that nobody says that everything is open."""
    found = answer(workload("web", "app: web"), "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n")
    assert [problem.code for problem in found.said] == []
    assert [problem.code for problem in found.unproven] == ["unproven"]
    assert len(answer("[").unproven) == 1


def test_many_sources_of_a_pod_that_nobody_tells_of_are_one_row() -> None:
    """A policy opens a named port to all: the other pods that it holds may have any, and no source is named alone."""
    spec = "{podSelector: {matchLabels: {app: %s}}, ingress: [{ports: [{port: http}]}]}"
    names = ("a", "b", "c")
    manifests = [workload(one, f"app: {one}") for one in names] + [policy(one, spec % one) for one in names]
    assert rows(*manifests, certain=False) == [f"any -> shop/app={one} all TCP" for one in names]


def test_pods_of_foreign_kinds_may_be_held_by_labels_that_they_do_not_show() -> None:
    """Their controllers add labels, so that a policy which asks for one may isolate them."""
    spec = "{podSelector: {matchLabels: {serving.knative.dev/service: web}}}"
    web = workload("web", "app: web", kind="Service").replace("apps/v1", "serving.knative.dev/v1")
    assert "any -> shop/web all" not in rows(policy("web", spec), web)
    assert "any -> shop/web all" in rows(policy("web", spec), web, certain=False)
    assert "any -> shop/web all" in rows(policy("web", "{podSelector: {matchLabels: {app: db}}}"), web)


def test_what_only_some_plugins_allow_stands_apart() -> None:
    """A block that may have the addresses of pods opens nothing for certain; the CNI decides."""
    blocks = "{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: '::/0'}}"
    world = policy("web", f"{{podSelector: {{matchLabels: {{app: web}}}}, ingress: [{{from: [{blocks}]}}]}}")
    assert rows(world, certain=False) == ["any -> shop/web all"]
    assert rows(world, certain=False, cni="cilium") == []
    text = as_text(answer(world))
    head, _, rest = text.partition("open or not, it depends on the network plugin")
    assert "internet -> shop/web" in head.replace("  ", "")
    assert "any -> shop/web" in rest
    assert "any,shop/web" not in as_csv(answer(world))


def test_a_single_pod_and_its_replicas() -> None:
    """A pod alone with itself is no row; the pods of a workload among each other are one where a policy lets them."""
    itself = policy(
        "db", "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}"
    )
    assert "shop/db -> shop/db all" in rows(itself, workload("db", "app: db"))
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: db, namespace: shop, labels: {app: db}}\nspec: {containers: []}\n"
    )
    assert "shop/db -> shop/db all" not in rows(itself, pod)
    assert "shop/db -> shop/db all" not in rows(WEB_CALLS_DB, workload("db", "app: db"))


def test_pods_on_the_host_network_are_named() -> None:
    """No policy holds them, so rows alone would mislead."""
    found = answer(WEB_CALLS_DB, workload("agent", "app: agent", "hostNetwork: true"))
    assert found.on_hosts == ("shop/agent",)
    assert "on the host network, where no policy holds: shop/agent\n" in as_text(found)


# -------------------------------------------------------------------------------------------------------------- filters

SHOP = (WEB_CALLS_DB, workload("web", "app: web"), workload("db", "app: db"), service("store", "app: db"))


@pytest.mark.parametrize("name", ["shop/db", "db", "shop/store", "store", "shop/app=db"])
def test_an_end_is_found_by_each_of_its_names(name: str) -> None:
    """As it is printed, by the Service, without the namespace, and by its labels."""
    assert rows(*SHOP, target=name) == ["shop/web -> shop/db all"]


def test_labels_find_known_pods_beside_others_that_wear_them() -> None:
    """A row of other pods with these labels may be called the same, and hides none of the workloads."""
    named = "ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: pg}]}]"
    ports = "containers: [{name: c, ports: [{name: pg, containerPort: 5432}]}]"
    db = workload("db", "app: db").replace("containers: []", ports)
    closed = policy("db", f"{{podSelector: {{matchLabels: {{app: db}}}}, {named}}}")
    assert "shop/web -> shop/app=db all TCP" in rows(closed, db, SHOP[1], certain=False)
    assert rows(closed, db, SHOP[1], target="shop/app=db") == ["shop/web -> shop/db 5432/TCP"]


def test_what_is_not_found_may_be_in_what_is_not_understood() -> None:
    """The error about a name comes with what could not be read: it is not the name that is wrong."""
    with pytest.raises(NetgenError) as caught:
        answer(*SHOP, "apiVersion: v1\nkind: Pod\nmetadata: {name: api}\nspec: []\n", source="api")
    assert {problem.code for problem in caught.value.problems} == {"unknown-end", "unproven"}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("ports: [{port: 80}]", "the Service shop/far selects no pods: its endpoints are written elsewhere"),
        ("type: ExternalName, externalName: x", "the Service shop/far is another name for something outside"),
    ],
)
def test_a_service_that_leads_elsewhere_is_no_end(spec: str, said: str) -> None:
    """It is known, and no policy of the cluster's pods decides about it."""
    far = f"apiVersion: v1\nkind: Service\nmetadata: {{name: far, namespace: shop}}\nspec: {{{spec}}}\n"
    for name in ("far", "shop/far"):
        with pytest.raises(NetgenError) as caught:
            answer(*SHOP, far, target=name)
        assert [problem.message for problem in caught.value.problems] == [said]


def test_filters_narrow_both_sides_and_the_port() -> None:
    """The rows are those of the whole answer, with the wanted ports."""
    assert rows(*SHOP, source="web", target="shop/*", port="5432/tcp")[0] == "shop/web -> shop/db 5432/TCP"
    assert rows(*SHOP, source="internet", target="db") == []
    assert "internet (IPv4) -> shop/web 80/TCP, 80/UDP, 80/SCTP" in rows(*SHOP, source="198.51.100.7", port="80")
    assert rows(*SHOP, source="any", target="db") == rows(*SHOP, target="db")


@pytest.mark.parametrize(
    ("filters", "code", "near"),
    [
        ({"target": "shop/bd"}, "unknown-end", "shop/db"),
        ({"source": "web2"}, "unknown-end", "web"),
        ({"source": "nowhere/*"}, "unknown-end", ""),
        ({"source": ""}, "unknown-end", ""),
        ({"source": "shop/app=a,app=b"}, "unknown-end", ""),
        ({"port": "http"}, "bad-port", ""),
        ({"port": "0"}, "bad-port", ""),
        ({"port": "80/icmp"}, "bad-port", ""),
        ({"cni": "calcio"}, "unknown-cni", "calico"),
    ],
)
def test_a_filter_that_means_nothing_is_an_error(filters: dict[str, str], code: str, near: str) -> None:
    """It names what is near."""
    with pytest.raises(NetgenError) as caught:
        answer(*SHOP, **filters)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert near in problem.message


# ------------------------------------------------------------------------------------------- Services, Ingresses, forms

PUBLIC = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: public, namespace: shop}
spec:
  ingressClassName: traefik
  rules:
    - host: shop.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
          - {path: /x, pathType: Prefix, backend: {service: {name: gone, port: {number: 80}}}}
"""


def test_the_text_says_where_services_and_ingresses_lead() -> None:
    """Followed to the pods; a broken link is a warning."""
    found = answer(
        *SHOP, service("web", "app: web", "[{port: 80, targetPort: 8080}, {name: d, port: 53, protocol: UDP}]"), PUBLIC
    )
    text = as_text(found)
    assert "Service shop/web:80 -> 8080 of shop/web\n" in text
    assert "Service shop/web:53/UDP -> 53/UDP of shop/web\n" in text
    assert "Ingress shop/public (traefik): shop.example.com/ -> Service shop/web:80\n" in text
    assert [(one.code, one.severity) for one in found.said] == [("link-nowhere", Severity.WARNING)]
    assert "Service shop/store" not in as_text(answer(*SHOP, service("web", "app: web"), target="web"))


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({"source": "internet"}, True),
        ({"source": "internet", "target": "web"}, True),
        ({"source": "198.51.100.7", "target": "shop/*"}, True),
        ({"source": "internet", "port": "8080"}, True),
        ({"source": "internet", "port": "80"}, False),
        ({"source": "internet", "target": "db"}, False),
        ({"source": "db"}, False),
        ({"source": "db", "target": "web"}, False),
    ],
)
def test_from_outside_ingresses_are_the_way_in(filters: dict[str, str], shown: bool) -> None:  # noqa: FBT001
    """They are told though no policy opens the pods to the internet itself."""
    closed = policy("web", "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}")
    found = answer(*SHOP, service("web", "app: web", "[{port: 80, targetPort: 8080}]"), PUBLIC, closed, **filters)
    line = "Ingress shop/public (traefik): shop.example.com/ -> Service shop/web:80\n"
    assert (line in as_text(found)) is shown
    if not found.connections:
        assert as_text(found).startswith(f"no connection is open{', other than through an Ingress' if shown else ''}\n")


def test_csv_is_a_row_for_each_port() -> None:
    """Sorted, with a header; a name with a comma is quoted; ranges and everything are one row each."""
    ports = "[{port: 8000, endPort: 8010}, {port: 80}, {port: 53, protocol: UDP}]"
    peer = "{podSelector: {matchLabels: {app: web, tier: front}}}"
    spec = f"{{podSelector: {{matchLabels: {{app: db}}}}, ingress: [{{from: [{peer}], ports: {ports}}}]}}"
    text = as_csv(answer(policy("db", spec), target="db"))
    assert text.splitlines() == [
        "src,dst,port",
        '"shop/app=web,tier=front",shop/db,53/UDP',
        '"shop/app=web,tier=front",shop/db,80/TCP',
        '"shop/app=web,tier=front",shop/db,8000-8010/TCP',
    ]
    assert next(csv.DictReader(io.StringIO(text)))["src"] == "shop/app=web,tier=front"
    assert "shop/web,shop/db,all\n" in as_csv(answer(*SHOP))


def test_csv_has_a_row_for_each_workload_of_a_class() -> None:
    """No name in it is prose: workloads that no policy tells apart are one row elsewhere, and each its own here."""
    alike = [workload(name, "app: web") for name in ("web-a", "web-b", "web-c")]
    found = answer(WEB_CALLS_DB, *alike, *(workload(name, "app: db") for name in ("db-a", "db-b")))
    group = Connection("shop/web-a and 2 more", "shop/db-a and 1 more", ALL_PORTS)
    assert group in found.connections
    listed = as_csv(found).splitlines()
    assert [row for row in listed if row.startswith("shop/web")] == [
        f"shop/web-{web},{target},all" for web in "abc" for target in ("any non-isolated", "shop/db-a", "shop/db-b")
    ]
    assert not any("more" in row for row in listed)
    assert dict(found.groups)["shop/web-a and 2 more"] == ("shop/web-a", "shop/web-b", "shop/web-c")


def test_json_has_a_stable_form() -> None:
    """Each key that is documented, and no other."""
    whole = json.loads(as_json(answer(*SHOP, service("web", "app: web"), PUBLIC)))
    assert list(whole) == [
        "version", "cni", "proven", "connections", "services", "ingresses", "groups", "ranges", "hostNetwork",
        "unproven",
    ]  # fmt: skip
    assert (whole["version"], whole["cni"], whole["proven"], whole["unproven"]) == (1, "kubernetes", True, [])
    assert {"source": "shop/web", "target": "shop/db", "ports": ["all"], "certain": True} in whole["connections"]
    targets = [{"workload": "shop/db", "port": 80}]
    assert whole["services"][0] == {"service": "shop/store", "port": 80, "protocol": "TCP", "targets": targets}
    assert whole["ingresses"] == [
        {
            "kind": "Ingress",
            "ingress": "shop/public",
            "class": "traefik",
            "host": "shop.example.com",
            "path": "/",
            "pathType": "Prefix",
            "service": "shop/web",
            "port": 80,
        }
    ]


def test_json_has_every_address_behind_a_name() -> None:
    """A name shows a few ranges of many, and the internet none; a program needs them all."""
    blocks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "203.0.113.0/24"]
    listed = ", ".join(f"{{ipBlock: {{cidr: {one}}}}}" for one in blocks)
    spec = f"{{podSelector: {{matchLabels: {{app: web}}}}, ingress: [{{from: [{listed}]}}]}}"
    whole = json.loads(as_json(answer(policy("web", spec), cni="cilium")))
    assert sorted(one for texts in whole["ranges"].values() for one in texts) == sorted(blocks)
    assert {one["source"] for one in whole["connections"]} >= whole["ranges"].keys()
    sources = {row["src"] for row in csv.DictReader(io.StringIO(as_csv(answer(policy("web", spec), cni="cilium"))))}
    assert sources >= set(blocks)
    everywhere = json.loads(as_json(answer(*SHOP, target="internet", source="web")))
    assert everywhere["ranges"] == {"internet": ["0.0.0.0/0", "::/0"]}


def test_nothing_in_a_name_steers_the_terminal() -> None:
    """What stands in a foreign manifest is printed as characters."""
    text = as_text(answer(*SHOP, service("web", "app: web"), PUBLIC.replace("shop.example.com", '"a\\e[2J"')))
    assert "a\\x1b[2J/ -> Service shop/web:80\n" in text
    assert "\x1b" not in text


# ---------------------------------------------------------------------------------------------------------- the command


def test_what_is_not_understood_is_told_and_the_rest_is_shown() -> None:
    """The rows come, and the answer is not proven."""
    unknown = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x, namespace: shop}\n"
    found = answer(*SHOP, unknown)
    assert found.connections == answer(*SHOP).connections
    assert [problem.code for problem in found.unproven] == ["unproven"]
    assert as_text(found).splitlines()[0] == "none of this is certain, and stderr says why"


SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps: {web: 80}
"""


def test_specs_are_no_manifests() -> None:
    """Alone they are an error that says what was meant, for every command that reads manifests."""
    fix = (
        "give what they render:  netgen render <stdin> | netgen reach -  ; netgen can --spec and netgen diff read specs"
    )
    intent = load(SPEC).intent
    for command, said in (
        (lambda: answer(SPEC), fix),
        (lambda: api.can("web", "web:80", ["-"], stdin=SPEC.encode()), fix),
        (
            lambda: api.verify(intent, ["-"], stdin=SPEC.encode()),
            "give what they render:  netgen render <stdin> | netgen verify --spec <stdin> -",
        ),
        (
            lambda: api.import_manifests(["-"], stdin=SPEC.encode()),
            "import writes a spec of manifests; these are rendered by  netgen render <stdin>",
        ),
        (
            lambda: api.prove(intent, api.render(intent), workloads=["-"], stdin=SPEC.encode()),
            "--workloads is for what is in the cluster; specs are given without it",
        ),
    ):
        with pytest.raises(NetgenError) as caught:
            command()
        assert [(one.code, one.message) for one in caught.value.problems] == [
            ("spec-given", "these are specs, and no manifests: <stdin>")
        ]
        assert caught.value.problems[0].fix.startswith(said)


def test_a_spec_among_manifests_is_left_out() -> None:
    """With a warning, and the answer is that of the manifests."""
    said = ("spec-left-out", "left out, because they are specs and no manifests: <stdin>")
    found, alone = answer(SPEC, *SHOP), answer(*SHOP)
    assert (found.connections, found.unproven) == (alone.connections, ())
    assert [(one.code, one.message) for one in found.said] == [said, *((one.code, one.message) for one in alone.said)]
    intent = load(SPEC).intent
    text = f"{SPEC}---\n{api.stream(api.render(intent), 'yaml')}".encode()
    assert [(one.code, one.message) for one in api.verify(intent, ["-"], stdin=text).warnings] == [said]
    asked = api.can("web", "web:80", ["-"], stdin=text)
    assert [(one.code, one.message) for one in asked.said] == [said]


def test_nothing_given_is_nothing_proven() -> None:
    """An empty stream, as a failed pipeline leaves it, is not a cluster in which nothing is open."""
    assert [problem.code for problem in answer("").unproven] == ["unproven"]
    with pytest.raises(NetgenError) as caught:
        api.reach(["no-such-folder"])
    assert [problem.code for problem in caught.value.problems] == ["unreadable-file"]
