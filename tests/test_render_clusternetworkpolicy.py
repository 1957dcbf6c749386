"""Claims and permissions as ClusterNetworkPolicies: for every pod, before any policy of a namespace is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from hostile import PAYLOADS
from intents import SPOT, app, intent
from netgen import api
from netgen.cli import main
from netgen.evaluate.alike import alike
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Cluster
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import Protocol
from netgen.evaluate.universe import universe
from netgen.intent import Addresses, Block, Denial, Entities, Entity, Expression, Intent, Permission, Pods, Selector
from netgen.intent import PortMatch as Port
from netgen.problems import NetgenError
from netgen.render import Manifest, render
from netgen.source import Dialect, read
from netgen.spec.resolve.cluster_rules import plain
from netgen.verify import Proof, comparison, ideal, prove
from netgen.verify.provisos import enforced
from netgen.write import lay_out
from netgen.write.leftovers import Leftover, left_over
from specs import document, load, platform, refused
from strategies_cluster import CALICO, CILIUM, PLAIN, random_cluster_documents
from systems import Data
from writing import chance_of, plainly, shuffled

KIND = "ClusterNetworkPolicy"
RANGES = "ranges: {pods: [10.244.0.0/16], nodes: [192.168.10.0/24]}\napiserver: [192.168.10.5:6443]\n"
PAYMENTS = document("apps: {api: {port: 9090, calls: [db]}, db: 5432/tcp}\n", "payments")
STOREFRONT = document("apps: {web: 8080}\n", "storefront")
TRACES = document("apps: {otel: {ports: {grpc: 4317, http: 4318}}}\n", "observability")
SPECS = (PAYMENTS, STOREFRONT, TRACES)
CHUNK = 50
PASSED_ON = "Pass any/* everything"
"""What stands before addresses."""


def cluster(*claims: str, allow: tuple[str, ...] = (), more: str = RANGES, cni: str = PLAIN) -> str:
    """Return the Platform with *claims* and permissions, in a cluster with ClusterNetworkPolicies."""
    lists = [("never", claims), ("allow", allow)]
    body = "".join(f"{key}:\n" + "".join(f"  - {one}\n" for one in items) for key, items in lists if items)
    return platform(f"cni: {cni}\ninstalled: [clusternetworkpolicy]\n{more}{body}")


def policies(*documents: str) -> list[Manifest]:
    """Return the ClusterNetworkPolicies that are rendered of *documents*."""
    return [one for one in api.render(load(*documents).intent) if one.kind == KIND]


def lines(*documents: str) -> list[str]:
    """Return each rule of them as a line: the subject, the action, the peers and the ports."""
    return [line for one in policies(*documents) for line in _lines(one.body["spec"])]


def _lines(spec: dict[str, Any]) -> Iterator[str]:
    for direction, key in (("ingress", "from"), ("egress", "to")):
        for rule in spec.get(direction, ()):
            peers = " + ".join(_peer(one) for one in rule[key])
            ports = ",".join(map(_port, rule.get("protocols", ()))) or "everything"
            yield f"{_pods(spec['subject']['pods'])} {direction} {rule['action']} {peers} {ports}"


def _peer(peer: dict[str, Any]) -> str:
    return _pods(peer["pods"]) if "pods" in peer else "|".join(peer["networks"])


def _pods(pods: dict[str, Any]) -> str:
    spaces = _selector(pods["namespaceSelector"]).replace("kubernetes.io/metadata.name", "name").removeprefix("name=")
    return f"{spaces or 'any'}/{_selector(pods['podSelector']) or '*'}"


def _selector(selector: dict[str, Any]) -> str:
    labels = [
        f"{key.removeprefix('app.kubernetes.io/')}={value}" for key, value in selector.get("matchLabels", {}).items()
    ]
    asked = [
        f"{one['key'].removeprefix('app.kubernetes.io/')} {one['operator']} {'|'.join(one.get('values', ()))}".strip()
        for one in selector.get("matchExpressions", ())
    ]
    return ",".join(labels + asked)


def _port(item: dict[str, Any]) -> str:
    ((protocol, one),) = item.items()
    number = one["destinationPort"]
    return f"{protocol}:{number.get('number') or '-'.join(map(str, number['range'].values()))}"


def said(*documents: str) -> list[tuple[str, str]]:
    """Return the codes and the last words of what is said about *documents*."""
    return [(one.code, one.message.rpartition(": ")[2]) for one in load(*documents).problems]


def proof(*documents: str) -> Proof:
    """Return the proof of what *documents* render."""
    meant = load(*documents).intent
    return api.prove(meant, api.render(meant))


# ---------------------------------------------------------------------------------------------------------- what it is

GOLDEN = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata:
  name: example.never.any-except-payments-api-to-payments-db
  labels:
    app.kubernetes.io/managed-by: netgen
    app.kubernetes.io/part-of: example
spec:
  tier: Admin
  priority: 429
  subject:
    pods:
      namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: payments
      podSelector:
        matchLabels:
          app.kubernetes.io/name: db
  ingress:
    # never: any except payments/api -> payments/db (why: cards)
    - action: Deny
      from:
        - pods:
            namespaceSelector:
              matchExpressions:
                - key: kubernetes.io/metadata.name
                  operator: Exists
                - key: kubernetes.io/metadata.name
                  operator: NotIn
                  values: [payments]
            podSelector: {}
        - pods:
            namespaceSelector:
              matchLabels:
                kubernetes.io/metadata.name: payments
            podSelector:
              matchExpressions:
                - key: app.kubernetes.io/name
                  operator: NotIn
                  values: [api]
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata:
  name: example.allow.observability-otel-to-10-20-0-0-16.egress
  labels:
    app.kubernetes.io/managed-by: netgen
    app.kubernetes.io/part-of: example
spec:
  tier: Admin
  priority: 988
  subject:
    pods:
      namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: observability
      podSelector:
        matchLabels:
          app.kubernetes.io/name: otel
  egress:
    # pods are not meant, whatever addresses they have: observability/otel -> 10.20.0.0/16
    - action: Pass
      to:
        - pods:
            namespaceSelector: {}
            podSelector: {}
    # allow: observability/otel -> 10.20.0.0/16
    - action: Accept
      to:
        - networks:
            - "10.20.0.0/16"
"""


def test_what_is_written() -> None:
    """A namespace is told by its name; one that is ruled out needs a name, so that nothing else is meant."""
    claim = "{from: any, except: [payments/api], to: payments/db, why: cards}"
    made = policies(*SPECS, cluster(claim, allow=("observability/otel -> 10.20.0.0/16",), more=""))
    assert "---\n".join(one.text for one in made) == GOLDEN


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("storefront/* -> payments/*", ["payments/* ingress Deny storefront/* everything"]),
        ("storefront/web -> payments/db", ["payments/name=db ingress Deny storefront/name=web everything"]),
        ("any -> payments/db:5432", None),
        ("unseen/* -> payments/*:80/udp", ["payments/* ingress Deny unseen/* udp:80"]),
        (
            "{from: unseen/*, to: payments/*, ports: [80, 8000-8100/tcp]}",
            ["payments/* ingress Deny unseen/* sctp:80,tcp:80,tcp:8000-8100,udp:80"],
        ),
        (
            "any -> 169.254.169.254",
            [
                f"name Exists,name NotIn kube-system/* egress {one}"
                for one in (PASSED_ON, "Deny 169.254.169.254/32 everything")
            ],
        ),
        (
            "payments/* -> tcp://203.0.113.0/24:443",
            [f"payments/* egress {PASSED_ON}", "payments/* egress Deny 203.0.113.0/24 tcp:443"],
        ),
        (
            "storefront/* -> 10.0.0.0/8",
            [f"storefront/* egress {PASSED_ON}", "storefront/* egress Deny 10.0.0.0/8 everything"],
        ),
        ("unseen/* -> other/*", None),
    ],
)
def test_what_is_denied(claim: str, expected: list[str] | None) -> None:
    """Pods are kept out at the target, and addresses at the source; pods among addresses that may be theirs are not."""
    documents = *SPECS, cluster(claim)
    if expected is not None:
        assert lines(*documents) == expected
    held = proof(*documents)
    broken = claim.startswith("any -> payments")
    assert [one.code for one in held.findings] == ["never-broken"] * broken
    assert broken or held.enforced == 1


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        (
            "any -> observability/otel:grpc",
            [
                "any/* egress Accept observability/name=otel tcp:4317",
                "observability/name=otel ingress Accept any/* tcp:4317",
            ],
        ),
        (
            "{from: monitoring/prometheus, to: any, ports: [9100, 53/udp]}",
            [
                "monitoring/name=prometheus egress Accept any/* tcp:9100,udp:53",
                "any/* ingress Accept monitoring/name=prometheus tcp:9100,udp:53",
            ],
        ),
        (
            "payments/* -> https://203.0.113.7",
            [f"payments/* egress {PASSED_ON}", "payments/* egress Accept 203.0.113.7/32 tcp:443"],
        ),
        (
            "any -> cluster/apiserver",
            [f"any/* egress {PASSED_ON}", "any/* egress Accept 192.168.10.5/32 tcp:6443"],
        ),
        ("10.9.0.0/16 -> payments/db", []),
    ],
)
def test_what_is_accepted(permission: str, expected: list[str]) -> None:
    """Both halves for every pod; what comes from addresses is open at the apps alone."""
    documents = *SPECS, cluster(allow=(permission,))
    assert lines(*documents) == expected
    assert proof(*documents).findings == ()
    assert ("not-accepted" in [code for code, _ in said(*documents)]) == (not expected)


def test_the_internet_is_written_without_exceptions() -> None:
    """Networks leave nothing out, so that all but some ranges is many blocks, at most 25 of them together."""
    documents = *SPECS, cluster("payments/* -> internet")
    (made,) = policies(*documents)
    _, rule = made.body["spec"]["egress"]
    assert {len(peer["networks"]) for peer in rule["to"]} == {25, 14}
    blocks = [ip_network(cidr) for peer in rule["to"] for cidr in peer["networks"]]
    inside = ("10.244.0.0", "10.244.255.255", "192.168.10.0", "192.168.10.255")
    outside = ("10.243.255.255", "10.245.0.0", "192.168.9.255", "192.168.11.0", "2001:db8::1", "169.254.169.254")
    assert [text for text in inside if any(ip_address(text) in one for one in blocks)] == []
    assert [text for text in outside if not any(ip_address(text) in one for one in blocks)] == []
    assert proof(*documents).enforced == 1


@pytest.mark.parametrize(
    ("excluded", "block"),
    [
        ((), "10.0.0.0/24"),
        (("10.0.0.0/32",), "10.0.0.0/29"),
        (("10.0.0.0/31", "10.0.0.3/32", "10.0.0.6/32"), "10.0.0.0/29"),
        (("10.0.0.0/30", "10.0.0.4/30"), "10.0.0.0/29"),
        (("2001:db8::3/128",), "2001:db8::/125"),
    ],
)
def test_a_block_without_its_exceptions_is_just_the_rest(excluded: tuple[str, ...], block: str) -> None:
    """Every address of the block is in the blocks that are left, or in an exception."""
    found = [ip_network(one.cidr) for one in plain(Addresses((Block(block, excluded),))).blocks]
    for address in ip_network(block):
        gone = any(address in ip_network(one) for one in excluded)
        assert sum(address in one for one in found) == (not gone)


@pytest.mark.parametrize(
    ("more", "claim", "why"),
    [
        (RANGES, "internet -> payments/db", "a ClusterNetworkPolicy knows no sources but pods"),
        (RANGES, "10.9.0.0/16 -> payments/db", "a ClusterNetworkPolicy knows no sources but pods"),
        (RANGES, "cluster/nodes -> payments/db", "a ClusterNetworkPolicy knows no sources but pods"),
        (RANGES, "storefront/* -> https://api.example.com", "a deny knows no host names"),
        (
            RANGES,
            "storefront/* -> 10.244.7.0/24",
            "only pods have these addresses, and a deny of addresses leaves out pods",
        ),
        (
            "",
            "storefront/* -> internet",
            "the addresses of nodes and API servers are not known, and would be denied with the internet's",
        ),
    ],
)
def test_what_cannot_be_denied_is_proved_alone(more: str, claim: str, why: str) -> None:
    """It is said at the claim, as for any other plugin; nothing is denied that is not meant."""
    documents = *SPECS, cluster(claim, more=more)
    assert [(code, text) for code, text in said(*documents) if code == "not-denied"] == [("not-denied", why)]
    assert lines(*documents) == []
    held = proof(*documents)
    assert (held.claims, held.enforced) == (1, 0)


@pytest.mark.parametrize(
    ("cni", "claim", "unknown"),
    [
        (PLAIN, "any except storefront/web -> ledger/db", "ledger/db"),
        (PLAIN, "any except ledger/batch -> unseen/*", "ledger/batch"),
        (PLAIN, "any except ledger/proxy -> 10.0.0.0/8", "ledger/proxy"),
        (CALICO, "any except ledger/proxy -> 10.0.0.0/8", "ledger/proxy"),
        (PLAIN, "any except ledger/batch -> payments/db", ""),
        (PLAIN, "any except storefront/web -> unseen/*", ""),
    ],
)
def test_nothing_is_denied_elsewhere_by_labels_that_are_taken_for_granted(cni: str, claim: str, unknown: str) -> None:
    """A run without an app's spec does not know its labels; one that does denies the claim, and by the same name."""
    documents = PAYMENTS, STOREFRONT, cluster(claim, cni=cni)
    assert [one.denied for one in load(*documents).intent.claims] == [not unknown]
    expected = [f"no loaded document has the labels of {unknown}"] if unknown else []
    assert [text for code, text in said(*documents) if code == "not-denied"] == expected


def test_a_team_denies_in_its_own_namespace() -> None:
    """The object is the cluster's, and its name that of the namespace too, since two may have documents of one name."""
    own = PAYMENTS + "never: [storefront/* -> db]\n"
    (made,) = policies(own, STOREFRONT, cluster())
    assert (made.name, made.namespace) == ("payments.payments.never.storefront-to-db", "")
    assert lines(own, STOREFRONT, cluster()) == ["payments/name=db ingress Deny storefront/* everything"]
    other = PAYMENTS + "never: [storefront/* -> observability/*]\n"
    assert [code for code, _ in said(other, STOREFRONT, TRACES, cluster())] == ["not-denied"]


@pytest.mark.parametrize("cni", [PLAIN, CILIUM, CALICO])
def test_what_is_said_twice_is_written_once(cni: str) -> None:
    """Also with another reason: of two, one is in the comment."""
    never, allow = ("{from: storefront/*, to: payments/*%s}", "{from: any, to: unseen/*, ports: [80]%s}")
    whys = ("", ", why: first", ", why: second")
    documents = [
        (*SPECS, cluster(*(never % one for one in order), allow=tuple(allow % one for one in order), cni=cni))
        for order in (whys, whys[::-1])
    ]
    one, other = ([made.text for made in api.render(load(*each).intent)] for each in documents)
    assert one == other
    said_ = [line for text in one for line in text.splitlines() if "# never: " in line or "# allow: " in line]
    assert [line.partition(" (why: ")[2] for line in said_] == ["second)"] * 3


# ---------------------------------------------------------------------------------------------------- where it is there


@pytest.mark.parametrize(
    ("cni", "is_able"),
    [
        ("kubernetes", True),
        ("cilium 1.20", True),
        ("cilium 1.19", False),
        ("cilium", False),
        ("calico 3.32", True),
        ("calico 3.31", False),
    ],
)
def test_only_a_plugin_that_implements_it_has_it_installed(cni: str, is_able: bool) -> None:  # noqa: FBT001
    """Of plain policies nobody knows what stands behind them, so that the platform is believed."""
    documents = STOREFRONT, cluster(cni=cni)
    if is_able:
        load(*documents)
        return
    (problem,) = refused(*documents)
    assert (problem.code, problem.place and problem.place[1:4]) == ("not-implemented", (10, 13, 20))
    assert "does not implement ClusterNetworkPolicy" in problem.message


def test_without_it_nothing_changes() -> None:
    """Plain policies deny nothing, and what the platform allows is open at the apps."""
    bare = platform(f"{RANGES}never: [storefront/* -> payments/*]\nallow: [any -> observability/otel:grpc]\n")
    assert lines(*SPECS, bare) == []
    assert (
        load(*SPECS, bare).intent.flows == load(*SPECS, cluster(allow=("any -> observability/otel:grpc",))).intent.flows
    )


@pytest.mark.parametrize("cni", [CILIUM, CALICO])
def test_a_plugin_with_a_deny_of_its_own_keeps_it(cni: str) -> None:
    """There only permissions are ClusterNetworkPolicies; all of it is proved together."""
    documents = *SPECS, cluster("storefront/* -> payments/*", allow=("any -> observability/otel:grpc",), cni=cni)
    assert {line.split()[2] for line in lines(*documents)} == {"Accept"}
    held = proof(*documents)
    assert (held.findings, held.enforced) == ((), 1)


@pytest.mark.parametrize("cni", [PLAIN, CILIUM, CALICO])
def test_a_permission_that_is_lost_is_found_on_each_plugin(cni: str) -> None:
    """Each half of it."""
    meant = load(*SPECS, cluster(allow=("any -> observability/otel:grpc",), cni=cni)).intent
    made = api.render(meant)
    for name in [one.name for one in made if one.kind == KIND]:
        found = api.prove(meant, tuple(one for one in made if one.name != name)).findings
        assert {one.code for one in found} >= {"not-open", "policy-differs"}


@pytest.mark.parametrize(
    ("installed", "codes"),
    [
        ("", []),
        ("installed: [clusternetworkpolicy]\n", ["calicoctl-needed"]),
        ("installed: [clusternetworkpolicy, calico-api]\n", []),
        ("installed: [calico-api]\n", []),
    ],
)
def test_who_has_no_server_for_calicos_kinds_is_pointed_to_calicoctl(installed: str, codes: list[str]) -> None:
    """Where a platform tells what is installed, and not that."""
    found = load(STOREFRONT, platform(f"cni: calico 3.32\n{installed}")).problems
    assert [one.code for one in found if one.code == "calicoctl-needed"] == codes


# ---------------------------------------------------------------------------------------------------------- priorities


def priorities(*documents: str) -> dict[str, int]:
    """Return the priority of each policy by its name."""
    return {one.name: one.body["spec"]["priority"] for one in policies(*documents)}


def test_what_denies_comes_before_what_accepts_and_pods_before_addresses() -> None:
    """A policy about addresses may leave all pods to the policies of namespaces: none about pods comes behind it."""
    never, allow = ("storefront/* -> payments/*", "any -> 10.0.0.0/8"), ("any -> unseen/*:80", "any -> 10.9.0.0/16:80")
    found = priorities(*SPECS, cluster(*never, allow=allow))
    ranks = [[number for name, number in found.items() if word in name] for word in ("never", "allow")]
    (pods, networks), accepted = sorted(ranks[0]), sorted(ranks[1])
    assert pods < min(accepted) < networks < max(accepted)
    assert len(found) == len(set(found.values())) == 5


def test_priorities_do_not_depend_on_the_order_and_hardly_on_each_other() -> None:
    """All have another one; where a claim goes, the others mostly keep theirs."""
    claims = [f"unseen/app-{number} -> payments/db" for number in range(90)]
    found = priorities(*SPECS, cluster(*claims))
    assert priorities(*SPECS, cluster(*reversed(claims))) == found
    assert len(set(found.values())) == 90
    less = priorities(*SPECS, cluster(*claims[1:]))
    assert len(found.items() - less.items()) < 5


def test_more_policies_than_priorities_are_refused() -> None:
    """Nothing is left out, and no two have one priority."""
    claims = [f"unseen/app-{number} -> payments/db" for number in range(401)]
    (problem,) = refused(*SPECS, cluster(*claims))
    assert (problem.code, problem.message[:30]) == ("policies-full", "401 ClusterNetworkPolicies of ")
    assert len(policies(*SPECS, cluster(*claims[1:]))) == 400


def test_the_order_of_documents_and_lists_changes_no_byte() -> None:
    """One meaning gives the same text."""
    never, allow = ("storefront/* -> payments/*", "any -> 169.254.169.254"), ("any -> observability/otel:grpc",)
    texts = {
        tuple(one.text for one in policies(*specs, cluster(*claims, allow=allow)))
        for specs in permutations(SPECS)
        for claims in permutations(never)
    }
    assert len(texts) == 1


# ----------------------------------------------------------------------------------------------------------- the proof


def reach(documents: tuple[str, ...], others: str) -> set[tuple[str, str]]:
    """Return which pods of *others*, a stream of manifests, reach each other on 4317/TCP, by namespace and name."""
    manifests = [one.document for one in api.render(load(*documents).intent)]
    found = read_cluster([*manifests, *read(others, "others", Dialect.MANIFEST).documents])
    assert found.unknowns == ()
    space = universe(found.workloads, found.namespaces, [found.policies])
    said_ = Reach(space, found.policies, PROFILES["kube-network-policies"], Reading.WIDE)
    ends = [(index, one.name) for index, one in enumerate(space.endpoints) if one.name.startswith(("legacy", "observ"))]
    return {
        (source, target)
        for one, source in ends
        for other, target in ends
        if one != other and said_.allowed(one, other).has(Protocol("TCP"), 4317)
    }


OTHERS = """
apiVersion: v1
kind: Pod
metadata: {name: batch, namespace: legacy, labels: {app: batch}}
spec: {containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: otel, namespace: observability, labels: {app.kubernetes.io/name: otel}}
spec: {containers: [{name: c}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: legacy}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""


def test_a_pod_that_no_spec_names_reaches_what_the_platform_allows() -> None:
    """A policy that somebody else has for it does not keep it away."""
    pair = ("legacy/batch", "observability/otel")
    documents = *SPECS, cluster(allow=("any -> observability/otel:grpc",))
    bare = *SPECS, platform(f"{RANGES}allow: [any -> observability/otel:grpc]\n")
    assert (pair in reach(documents, OTHERS), pair in reach(bare, OTHERS)) == (True, False)


def test_a_policy_of_somebody_else_does_not_open_what_is_denied() -> None:
    """Neither for an app nor for a pod that no spec names."""
    opener = OTHERS.replace("name: closed, namespace: legacy", "name: open, namespace: observability").replace(
        "policyTypes: [Ingress, Egress]", "policyTypes: [Ingress], ingress: [{}]"
    )
    pair = ("legacy/batch", "observability/otel")
    bare = *SPECS, platform(f"{RANGES}never: [legacy/* -> observability/*]\n")
    denied = *SPECS, cluster("legacy/* -> observability/*")
    assert (pair in reach(bare, opener), pair in reach(denied, opener)) == (True, False)


@pytest.mark.parametrize(("earlier", "codes"), [(0, ["unproven"]), (1, [])], ids=["same", "behind"])
def test_a_policy_of_the_cluster_with_the_priority_of_a_denial_may_be_asked_first(
    tmp_path: Path, earlier: int, codes: list[str]
) -> None:
    """Nobody can say which of the two decides, be it among the manifests or in the cluster into which they go."""
    meant = load(PAYMENTS, cluster("batch/* -> legacy/*")).intent
    (denial,) = meant.denials
    spec = {
        "tier": "Admin",
        "priority": (denial.priority or 0) + earlier,
        "subject": {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "legacy"}}},
        "ingress": [{"action": "Accept", "from": [{"namespaces": {}}]}],
    }
    head = {"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": KIND, "metadata": {"name": "theirs"}}
    (tmp_path / "theirs.yaml").write_text(plainly([{**head, "spec": spec}]))
    held = api.prove(meant, api.render(meant), workloads=[tmp_path])
    assert [one.code for one in held.findings] == codes


def test_a_permission_that_breaks_a_claim_is_refused() -> None:
    """Who opens it is told, on each plugin."""
    for cni in (PLAIN, CILIUM):
        documents = (
            *SPECS,
            cluster("storefront/* -> observability/*", allow=("any -> observability/otel:grpc",), cni=cni),
        )
        (problem,) = proof(*documents).findings
        assert problem.code == "never-broken"
        assert any("any -> observability/otel:grpc" in note for note in problem.notes)


def test_a_denial_or_permission_that_is_lost_is_found() -> None:
    """Even where nothing is open or closed without it yet: another policy may come."""
    never = ("storefront/* -> payments/*", "any -> 169.254.169.254")
    documents = *SPECS, cluster(*never, allow=("any -> observability/otel:grpc", "payments/* -> 203.0.113.0/24"))
    meant = load(*documents).intent
    made = api.render(meant)
    names = [one.name for one in made if one.kind == KIND]
    for name in names:
        found = api.prove(meant, tuple(one for one in made if one.name != name)).findings
        assert {one.code for one in found} & {"not-closed", "not-open"}, name
    assert len(names) == 5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (r"priority: \d+", "priority: 7", ""),
        ("action: Deny", "action: Accept", "has no ingressDeny rule for every pod of storefront"),
        ("tier: Admin", "tier: Baseline", "is in the tier Baseline at"),
        (
            "metadata.name: storefront",
            "metadata.name: unseen",
            "for every pod of namespaces with|for every pod of unseen",
        ),
    ],
)
def test_a_denial_that_was_changed_is_found(old: str, new: str, message: str) -> None:
    """What is different is told of the object by its name, where that opens something."""
    meant = load(*SPECS, cluster("storefront/* -> payments/*")).intent
    texts = [re.sub(old, new, one.text) if one.kind == KIND else one.text for one in api.render(meant)]
    documents = read("---\n".join(texts), "m.yaml", Dialect.MANIFEST).documents
    found = prove(meant, documents, (), cni=PLAIN).findings
    if not message:
        assert found == ()  # nothing else is there that it could come behind
        return
    assert "not-closed" in {one.code for one in found}
    assert any(word in one.message for one in found for word in message.split("|"))


# ------------------------------------------------------------------------------------------------------ random systems


def rendered(documents: tuple[Data, ...]) -> tuple[Intent, tuple[Manifest, ...], Cluster]:
    """Return what *documents* mean, what is rendered of that, and what is read back."""
    meant = api.load("-", stdin=plainly(documents).encode()).intent
    made = api.render(meant)
    return meant, made, read_cluster([one.document for one in made], cni=meant.cni)


def prove_all(seeds: range, cni: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Prove the systems of *seeds*, by their words and without them; return how much they deny and permit."""
    denials = permissions = 0
    for seed in seeds:
        meant, _, found = rendered(random_cluster_documents(seed, cni))
        assert found.unknowns == ()
        assert alike(ideal.policies(meant), found.policies)
        fast = comparison.Comparison(meant, found, PROFILES[meant.cni]).proof()
        with monkeypatch.context() as patch:
            patch.setattr(comparison, "alike", lambda *_: False)
            slow = comparison.Comparison(meant, found, PROFILES[meant.cni])
        # A random claim may well be broken; who breaks it is for other tests.
        wrong = [f"{seed}: {one.message}" for one in fast.findings if one.code != "never-broken"]
        assert (wrong, slow.proof()) == ([], fast)
        assert fast.enforced == enforced(meant)
        denials += sum(one.priority is not None for one in meant.denials)
        permissions += len(meant.permissions)
    return denials, permissions


def test_some_random_systems_are_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is rendered does what is meant, for apps, strangers and addresses, on plain policies and on Cilium."""
    denials, permissions = prove_all(range(12), PLAIN, monkeypatch)
    assert (denials > 20, permissions > 20) == (True, True)
    denials, permissions = prove_all(range(8), CILIUM, monkeypatch)
    assert (denials, permissions > 10) == (0, True)


@pytest.mark.heavy
@pytest.mark.parametrize("cni", [PLAIN, CILIUM])
@pytest.mark.parametrize("number", range(10))
def test_random_systems_are_proved(number: int, cni: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for 500 systems each."""
    assert sum(prove_all(range(number * CHUNK, (number + 1) * CHUNK), cni, monkeypatch)) > 100


@pytest.mark.heavy
def test_random_systems_in_another_order_change_no_byte() -> None:
    """200 of them, with every list and map shuffled."""
    for seed in range(200):
        documents = random_cluster_documents(seed)
        other = [shuffled(one, chance_of(f"{seed} {number}")) for number, one in enumerate(documents)]
        assert [one.text for one in rendered(documents)[1]] == [one.text for one in rendered(tuple(other))[1]]


# --------------------------------------------------------------------------------------------------------- the backend


def permission(**changes: Any) -> Permission:
    """Return a permission of every pod to reach the cart."""
    plain_ = Permission(
        "p", Pods(None), "egress", (app().pods,), (Port("TCP", 80),), (), (), "any -> cart", "", 500, SPOT
    )
    return replace(plain_, **changes)


def denial(**changes: Any) -> Denial:
    """Return a denial of every pod to reach the cart."""
    plain_ = Denial("d", app().pods, "ingress", (Pods(None),), (), (), (), "any -> cart", "", SPOT, 100)
    return replace(plain_, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"peers": ()},
        {"peers": (Addresses(()),)},
        {"peers": (Addresses((Block("10.0.0.0/8", ("10.1.0.0/16",)),)),)},
        {"peers": (Addresses((Block("10.0.0.0/8"),)), Pods("a"))},
        {"peers": (Entities((Entity.WORLD,)),)},
        {"peers": (Pods("a", Selector(account="robot")),)},
        {"subject": Pods("a", Selector(account="robot"))},
        {"direction": "ingress", "peers": (Addresses((Block("10.0.0.0/8"),)),)},
        {"priority": -1},
        {"priority": 1001},
        {"ports": tuple(Port("TCP", number) for number in range(1, 700))},
    ],
)
def test_what_cannot_be_said_is_never_written(changes: dict[str, Any]) -> None:
    """It is a fault of netgen, and nothing is rendered that would mean more or less."""
    with pytest.raises(ValueError):  # noqa: PT011 - the class is what render promises
        render(intent(permissions=(permission(**changes),)))


def test_long_lists_are_several_rules() -> None:
    """A rule has at most 25 peers and ports, and a peer at most 25 networks."""
    blocks = tuple(Block(f"10.{number}.0.0/32") for number in range(256)) + tuple(
        Block(f"172.16.{number}.0/32") for number in range(256)
    )
    ports = tuple(Port("TCP", number) for number in range(1, 31))
    (made,) = render(intent(permissions=(permission(peers=(Addresses(blocks, pods=False),), ports=ports),)))
    rules = made.body["spec"]["egress"]
    assert [rule["action"] for rule in rules] == ["Pass", "Accept", "Accept"]
    assert [[len(peer["networks"]) for peer in rule["to"]] for rule in rules[1:]] == [[25] * 20 + [12]] * 2
    assert [len(rule["protocols"]) for rule in rules[1:]] == [25, 5]


@pytest.mark.parametrize("text", PAYLOADS)
def test_no_text_changes_the_shape_of_a_policy(text: str) -> None:
    """Whatever stands in a label, a name, a comment: the object has the fields that it has anyway."""
    hostile, plain_ = (shapes(filled(one), one) for one in (text, "x"))
    assert hostile == plain_


def filled(text: str) -> Intent:
    """Return an Intent with *text* wherever a text goes into a policy."""
    pods = Pods(text, Selector(((text, text),), (Expression(text, "In", (text,)),)))
    others = Pods(None, pods.selector, (text,))
    changes: dict[str, Any] = {
        "name": text,
        "intent": text,
        "why": text,
        "labels": ((text, text),),
        "annotations": ((text, text),),
        "subject": pods,
        "peers": (pods, others),
    }
    return intent(permissions=(permission(**changes),), denials=(denial(**changes),))


def shapes(meant: Intent, text: str) -> list[str]:
    """Return what is rendered of *meant*, with *text* blanked out."""
    return sorted(repr(shape(one.body, text)) for one in render(meant))


def shape(value: Any, text: str) -> Any:
    """Return *value* with its texts that are *text* blanked out."""
    if isinstance(value, dict):
        return {shape(key, text): shape(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item, text) for item in value]
    return "" if value == text else value


def test_they_stand_with_what_is_of_the_cluster_and_go_when_they_are_left_over() -> None:
    """In cluster.yaml; what allowed something is deleted before what denied."""
    made = render(intent(permissions=(permission(labels=OWN),), denials=(denial(labels=OWN),)))
    assert set(lay_out(made)) == {"cluster.yaml", "kustomization.yaml", ".netgen"}
    name = "clusternetworkpolicy.policy.networking.k8s.io"
    assert left_over([one.body for one in made], []) == (
        Leftover("", f"{name}/p"),
        Leftover("", f"{name}/d", "what it denies stays closed until then"),
    )


OWN = (("app.kubernetes.io/managed-by", "netgen"),)


def test_a_run_that_cannot_place_its_policies_renders_nothing() -> None:
    """Two objects of one priority are refused by the check, should they ever come about."""
    with pytest.raises(NetgenError):
        api.render(intent(permissions=(permission(), permission(name="q", peers=(Pods("a"),)))))


# -------------------------------------------------------------------------------------------------------- the summary


@pytest.mark.parametrize(
    ("cni", "claims", "allow", "kinds"),
    [
        (PLAIN, ("storefront/* -> payments/*",), (), "NetworkPolicy, ClusterNetworkPolicy"),
        (PLAIN, (), (), "NetworkPolicy"),
        (CILIUM, ("storefront/* -> payments/*",), (), "CiliumNetworkPolicy"),
        (CALICO, (), ("any -> observability/otel:grpc",), "NetworkPolicy.projectcalico.org, ClusterNetworkPolicy"),
    ],
)
def test_the_line_of_the_proof_names_the_kinds(
    cni: str,
    claims: tuple[str, ...],
    allow: tuple[str, ...],
    kinds: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The CNI's own, and this one where it is rendered."""
    (tmp_path / "spec.yaml").write_text("---\n".join((*SPECS, cluster(*claims, allow=allow, cni=cni))))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["netgen", "render", "spec.yaml"])
    assert main() == 0
    assert f"({kinds}; " in capfd.readouterr().err


# ------------------------------------------------------------------------------------------------------------ the kind


def test_kubeconform_takes_the_policies(kubeconform: Callable[[str], list[str]]) -> None:
    """They are of the form that the definition of the kind has: by pods, addresses and ports, denied and opened."""
    claims = (
        "any except payments/* -> payments/db",
        "any -> 169.254.169.254",
        "{from: payments/*, to: elsewhere/*, ports: [1, 3/udp, 7000-7010]}",
        "any except kube-system/* and payments/* -> internet",
    )
    made = policies(*SPECS, cluster(*claims, allow=("any -> observability/otel:4317",)))
    assert len(made) > len(claims)
    assert kubeconform(api.stream(made, "yaml")) == []
