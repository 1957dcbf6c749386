"""Manifests of anybody: each kind and form that decides who reaches whom is read, or named as not understood."""

from __future__ import annotations

import pytest

from netgen.evaluate.addresses import Block
from netgen.evaluate.objects import Cluster, read_cluster
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    BlockPeer,
    Direction,
    Expression,
    NamedPort,
    Operator,
    PodPeer,
    PortRule,
    Rule,
    Selector,
    namespace,
)
from netgen.evaluate.objects.ways import IngressRule, ServicePort
from netgen.evaluate.routes import routes
from netgen.evaluate.sets import Protocol
from netgen.source import Dialect, read

TEMPLATE = """
  template:
    metadata: {labels: {app: web}}
    spec:
      hostNetwork: true
      containers:
      - name: c
        ports: [{name: http, containerPort: 8080}, {containerPort: 9}]
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: np, namespace: shop}
spec:
"""


def cluster_of(text: str) -> Cluster:
    """Return what *text* says."""
    reading = read(text, "m.yaml", Dialect.MANIFEST)
    return read_cluster(reading.documents, reading.problems)


def named(cluster: Cluster) -> list[str]:
    """Return what was not understood, with its line and column."""
    return [f"{one.place.line}:{one.place.column} {one.what}" if one.place else one.what for one in cluster.unknowns]


def object_of(version: str, kind: str, spec: str) -> str:
    """Return the text of an object."""
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec:{spec}"


# ------------------------------------------------------------------------------------------------------------ workloads


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("v1", "ReplicationController"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("apps/v1", "ReplicaSet"),
        ("batch/v1", "Job"),
        ("argoproj.io/v1alpha1", "Rollout"),
        ("apps.openshift.io/v1", "DeploymentConfig"),
        ("serving.knative.dev/v1", "Service"),
    ],
)
def test_every_kind_with_a_pod_template_is_a_workload(version: str, kind: str) -> None:
    """Whatever has a pod template makes pods with its labels, named ports and network."""
    cluster = cluster_of(object_of(version, kind, TEMPLATE))
    (one,) = cluster.workloads
    assert (one.kind, one.namespace, one.name, one.host_network) == (kind, "shop", "web", True)
    assert ("app", "web") in one.labels
    assert one.ports == (NamedPort("http", Protocol.TCP, 8080),)
    assert (cluster.unknowns, cluster.services) == ((), ())


def test_a_cron_job_has_its_template_deeper() -> None:
    """The pods of a CronJob are those of its jobs."""
    inner = TEMPLATE.replace("\n", "\n    ")
    (one,) = cluster_of(object_of("batch/v1", "CronJob", f"\n  jobTemplate:\n    spec:{inner}")).workloads
    assert (one.kind, one.labels) == ("CronJob", (("app", "web"),))


def test_a_pod_has_addresses() -> None:
    """A pod is a workload of its own, with the addresses of its status, each once."""
    text = """\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: c}]}
status: {podIP: 10.0.0.7, podIPs: [{ip: 10.0.0.7}, {ip: "fd00::7"}]}
"""
    (one,) = cluster_of(text).workloads
    assert (one.namespace, one.addresses, one.unsure) == ("default", ("10.0.0.7", "fd00::7"), frozenset())


def test_ports_of_init_containers() -> None:
    """Ports of init containers are told apart: those of sidecars, and those of containers that end."""
    text = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: c, ports: [{name: http, containerPort: 80}]}]
  initContainers:
  - {name: proxy, restartPolicy: Always, ports: [{name: proxy, containerPort: 15001}]}
  - {name: setup, ports: [{name: dns, containerPort: 53, protocol: UDP}]}
"""
    (one,) = cluster_of(text).workloads
    assert one.ports == (
        NamedPort("http", Protocol.TCP, 80),
        NamedPort("proxy", Protocol.TCP, 15001, init=True),
        NamedPort("dns", Protocol.UDP, 53, init=True, passing=True),
    )


def test_a_pod_has_all_its_addresses() -> None:
    """Those of `podIPs` count where a cut status has no `podIP`."""
    text = object_of("v1", "Pod", " {containers: []}") + '\nstatus: {podIPs: [{ip: 10.0.0.7}, {ip: "fd00::7"}]}\n'
    assert [one.addresses for one in cluster_of(text).workloads] == [("10.0.0.7", "fd00::7")]


@pytest.mark.parametrize(("phase", "left"), [("Running", 1), ("Succeeded", 0), ("Failed", 0)])
def test_a_pod_that_has_ended_is_no_end(phase: str, left: int) -> None:
    """It has no network, and its address may be that of another pod by now."""
    text = object_of("v1", "Pod", " {containers: []}") + f"\nstatus: {{phase: {phase}, podIP: 10.0.0.7}}\n"
    assert len(cluster_of(text).workloads) == left


def test_objects_that_the_cluster_will_name_are_told_apart() -> None:
    """Each `generateName` is another object, whose name and label of that name nobody knows yet."""
    job = object_of("batch/v1", "Job", " {template: {spec: {containers: []}}}").replace(
        "name: web", "generateName: web-"
    )
    cluster = cluster_of(f"{job}\n---\n{job}")
    assert cluster.unknowns == ()
    assert [str(one) for one in cluster.workloads] == ["shop/web-1", "shop/web-2"]
    (one, _) = cluster.workloads
    assert "job-name" in one.unsure
    assert "job-name" not in dict(one.labels)


def test_pods_of_foreign_kinds_may_wear_more_labels() -> None:
    """What the controller of another kind adds to its pods, nobody knows: a policy that asks for it may hold them."""
    kinds = {"apps/v1": "Deployment", "serving.knative.dev/v1": "Service"}
    found = [cluster_of(object_of(version, kind, TEMPLATE)).workloads for version, kind in kinds.items()]
    assert [one.more_labels for (one,) in found] == [False, True]


@pytest.mark.parametrize(
    ("version", "kind", "labels", "unsure"),
    [
        ("apps/v1", "Deployment", {}, "pod-template-hash"),
        ("apps/v1", "StatefulSet", {}, "statefulset.kubernetes.io/pod-name"),
        ("batch/v1", "Job", {"job-name": "web", "batch.kubernetes.io/job-name": "web"}, "controller-uid"),
        ("batch/v1", "CronJob", {}, "job-name"),
    ],
)
def test_labels_that_the_cluster_adds(version: str, kind: str, labels: dict[str, str], unsure: str) -> None:
    """Labels that controllers add to pods are known where the object tells their value, and unsure otherwise."""
    spec = TEMPLATE if kind != "CronJob" else "\n  jobTemplate:\n    spec:" + TEMPLATE.replace("\n", "\n    ")
    (one,) = cluster_of(object_of(version, kind, spec)).workloads
    assert dict(one.labels) == {"app": "web"} | labels
    assert unsure in one.unsure


def test_namespaces_carry_their_names() -> None:
    """A namespace has its own labels and the one that the API server adds."""
    text = (
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: red, kubernetes.io/metadata.name: x}}"
    )
    assert cluster_of(text).namespaces == (namespace("shop", {"team": "red", NAME_LABEL: "shop"}),)


def test_lists_are_unfolded() -> None:
    """Lists of any kind hold objects, also in each other, and a typed list may leave out the kind of its items."""
    text = """\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: one}}
- apiVersion: v1
  kind: NamespaceList
  items: [{metadata: {name: two}}, {metadata: {name: three}}]
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicyList
  items: [{metadata: {name: np}, spec: {podSelector: {}}}]
"""
    cluster = cluster_of(text)
    assert [one.name for one in cluster.namespaces] == ["one", "two", "three"]
    assert [str(one) for one in cluster.policies] == ["default/np"]
    assert cluster.unknowns == ()


def test_one_bad_item_does_not_hide_the_others() -> None:
    """An item of a list that makes no sense is named, and those behind it are read."""
    text = "apiVersion: v1\nkind: List\nitems: [7, {apiVersion: v1, kind: Namespace, metadata: {name: one}}, {kind: x}]"
    cluster = cluster_of(text)
    assert [one.name for one in cluster.namespaces] == ["one"]
    assert named(cluster) == [
        "3:9 an object is not understood: items[0] is not a map",
        "3:70 an object is not understood: the document has no apiVersion",
    ]


def test_objects_without_a_namespace_are_in_the_given_one() -> None:
    """What names no namespace is put where the caller says."""
    reading = read("apiVersion: v1\nkind: Service\nmetadata: {name: web}", "m.yaml", Dialect.MANIFEST)
    (one,) = read_cluster(reading.documents, namespace="shop").services
    assert str(one) == "shop/web"


def test_what_cannot_matter_is_read_over() -> None:
    """Kinds that do not decide who reaches whom are no trouble, whatever is in them."""
    text = """\
{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: b}}
---
{apiVersion: v1, kind: Secret, metadata: {name: x}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: x}}
---
{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: x}}
---
{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: x}, spec: {template: 7}}
---
{apiVersion: cilium.io/v2, kind: CiliumNode, metadata: {name: x}}
"""
    assert cluster_of(text) == Cluster()


# ------------------------------------------------------------------------------------------------------------- policies


def rules_of(spec: str) -> tuple[Rule, ...]:
    """Return the ingress rules of a policy."""
    cluster = cluster_of(POLICY + spec)
    assert named(cluster) == []
    rules = cluster.policies[0].ingress
    assert rules is not None
    return rules


@pytest.mark.parametrize(
    ("spec", "ingress", "egress"),
    [
        ("  podSelector: {}", 0, None),
        ("  podSelector: {}\n  policyTypes: []", 0, None),
        ("  podSelector: {}\n  policyTypes: null\n  egress: []", 0, None),
        ("  podSelector: {}\n  egress: [{}]", 0, 1),
        ("  podSelector: {}\n  egress:\n  -", 0, 1),
        ("  podSelector: {}\n  policyTypes: [Egress]", None, 0),
        ("  podSelector: {}\n  policyTypes: [Ingress, Egress]\n  ingress: [{}, {}]", 2, 0),
        ("  podSelector: {}\n  policyTypes: [Ingress, Ingress]", 0, None),
        ("  ingress: null", 0, None),
    ],
)
def test_the_directions_of_a_policy(spec: str, ingress: int | None, egress: int | None) -> None:
    """What `policyTypes` and the sections leave out is as the API server defaults it."""
    (one,) = cluster_of(POLICY + spec).policies
    counts = [None if rules is None else len(rules) for rules in (one.ingress, one.egress)]
    assert counts == [ingress, egress]
    assert one.unlisted == ()


def test_rules_of_a_direction_that_is_not_listed_are_kept_apart() -> None:
    """Rules in a section that `policyTypes` leaves out do not isolate, and are not lost: some plugins heed them."""
    (one,) = cluster_of(POLICY + "  policyTypes: [Ingress]\n  egress: [{}]").policies
    assert (one.ingress, one.egress) == ((), None)
    assert one.unlisted == ((Direction.EGRESS, (Rule(None, None, 0),)),)


EVERYBODY = Rule(None, None, 0)
POD = PodPeer(None, Selector((("app", "a"),)))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{}", EVERYBODY),
        ("", EVERYBODY),
        ("{from: []}", EVERYBODY),
        ("{from: null, ports: []}", EVERYBODY),
        ("{from: [{podSelector: {matchLabels: {app: a}}}]}", Rule((POD,), None, 0)),
        ("{from: [{podSelector: {}}]}", Rule((PodPeer(None, Selector()),), None, 0)),
        ("{from: [{namespaceSelector: {}}]}", Rule((PodPeer(Selector(), Selector()),), None, 0)),
        (
            "{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: a}}}]}",
            Rule((PodPeer(Selector(), POD.pods),), None, 0),
        ),
        ("{from: [{namespaceSelector: null, podSelector: {matchLabels: {app: a}}}]}", Rule((POD,), None, 0)),
        (
            "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}",
            Rule((BlockPeer(Block("10.0.0.0/8", ("10.1.0.0/16",))),), None, 0),
        ),
        ("{ports: [{}]}", Rule(None, (PortRule(Protocol.TCP),), 0)),
        ("{ports: [null]}", Rule(None, (PortRule(Protocol.TCP),), 0)),
        ("{ports: [{protocol: UDP, port: 53}]}", Rule(None, (PortRule(Protocol.UDP, 53, 53),), 0)),
        ("{ports: [{port: 80, endPort: 90}]}", Rule(None, (PortRule(Protocol.TCP, 80, 90),), 0)),
        ("{ports: [{protocol: SCTP, port: http}]}", Rule(None, (PortRule(Protocol.SCTP, name="http"),), 0)),
    ],
)
def test_the_forms_of_a_rule(rule: str, expected: Rule) -> None:
    """Missing, null and empty mean what the API server makes of them."""
    assert rules_of(f"  ingress:\n  - {rule}") == (expected,)


def test_the_forms_of_a_selector() -> None:
    """All four operators are read, and two selectors that differ in order only are one."""
    text = "{{matchLabels: {{a: x, b: ''}}, matchExpressions: [{}]}}"
    items = (
        "{key: a, operator: In, values: [w, x, x]}",
        "{key: b, operator: NotIn, values: [z]}",
        "{key: a/c, operator: Exists}",
        "{key: d, operator: DoesNotExist, values: []}",
    )
    both = [
        cluster_of(f"{POLICY}  podSelector: {text.format(', '.join(order))}").policies[0]
        for order in (items, items[::-1])
    ]
    assert both[0].subject == both[1].subject
    assert both[0].subject == Selector(
        (("a", "x"), ("b", "")),
        (
            Expression("a", Operator.IN, ("w", "x")),
            Expression("a/c", Operator.EXISTS),
            Expression("b", Operator.NOT_IN, ("z",)),
            Expression("d", Operator.DOES_NOT_EXIST),
        ),
    )


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("  podSelector: {}\n  ingres: []", "6:3 the field 'ingres' is not known in spec"),
        ("  podSelector: {matchLabel: {}}", "5:17 the field 'matchLabel' is not known in spec.podSelector"),
        ("  podSelector: {matchLabels: {app: 1}}", "5:36 the value of 'app' is not text"),
        ("  podSelector: {matchLabels: {app: a b}}", "5:36 'a b' is no label value"),
        ("  podSelector: {matchLabels: {a b: x}}", "5:31 'a b' is no label key"),
        ("  podSelector: []", "5:16 spec.podSelector is not a map"),
        (
            "  podSelector: {matchExpressions: [{key: a, operator: Equals}]}",
            "5:55 'Equals' is no operator of a selector",
        ),
        ("  podSelector: {matchExpressions: [{key: a, operator: In}]}", "5:55 the operator In needs values"),
        (
            "  podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}",
            "5:55 the operator Exists takes no values",
        ),
        ("  policyTypes: [ingress]", "5:17 'ingress' is no policy type"),
        ("  policyTypes: [Ingress, Egress, Egress]", "5:16 there are more than two policy types"),
        ("  ingress: {}", "5:12 spec.ingress is not a list"),
        ("  ingress: [{from: [{}]}]", "5:21 a peer without podSelector, namespaceSelector and ipBlock is refused"),
        ("  ingress: [{to: []}]", "5:14 the field 'to' is not known in spec.ingress[0]"),
        (
            "  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]",
            "5:21 a peer has either an ipBlock or selectors",
        ),
        ("  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]", "5:38 '10.0.0.0' is no CIDR"),
        (
            "  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]",
            "5:59 '10.0.0.0/8' is not a strict part of '10.0.0.0/8'",
        ),
        ("  ingress: [{ports: [{protocol: tcp}]}]", "5:33 'tcp' is no protocol of a NetworkPolicy"),
        ("  ingress: [{ports: [{port: 0}]}]", "5:29 spec.ingress[0].ports[0].port is not a number from 1 to 65535"),
        ("  ingress: [{ports: [{port: '80'}]}]", "5:29 '80' is no port number and no port name"),
        ("  ingress: [{ports: [{port: a, endPort: 9}]}]", "5:41 an endPort needs a port that is a number"),
        (
            "  ingress: [{ports: [{port: 9, endPort: 8}]}]",
            "5:41 spec.ingress[0].ports[0].endPort is not a number from 9 to 65535",
        ),
    ],
)
def test_what_the_api_server_refuses_is_named(spec: str, said: str) -> None:
    """A policy that the API server would refuse is not guessed at: it is named, with its place, and left out."""
    cluster = cluster_of(POLICY + spec)
    place, _, what = said.partition(" ")
    assert named(cluster) == [f"{place} a NetworkPolicy is not understood: {what}"]
    assert cluster.policies == ()


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("cilium.io/v2", "CiliumEgressGatewayPolicy"),
        ("projectcalico.org/v3", "FelixConfiguration"),
        ("crd.antrea.io/v1beta1", "ClusterNetworkPolicy"),
        ("security.istio.io/v1", "AuthorizationPolicy"),
        ("networking.k8s.aws/v1alpha1", "ApplicationNetworkPolicy"),
        ("k8s.ovn.org/v1", "EgressFirewall"),
        ("example.com/v1", "TrafficPolicy"),
        ("extensions/v1beta1", "NetworkPolicy"),
        ("v1", "NetworkPolicy"),
        ("networking.k8s.io/v1", "networkpolicy"),
        ("networking.k8s.io/v1", "NetworkPolicies"),
        ("kuma.io/v1alpha1", "MeshTrafficPermission"),
    ],
)
def test_policies_of_other_kinds_are_named(version: str, kind: str) -> None:
    """A kind is told by its API group; policies that are not evaluated are named, never skipped."""
    cluster = cluster_of(object_of(version, kind, " {}"))
    group = version.rpartition("/")[0] or "v1"
    assert named(cluster) == [f"2:7 the kind {kind} of {group} is not evaluated, and may decide who reaches whom"]
    (unknown,) = cluster.unknowns
    assert unknown.fix == (
        f"write what {kind} shop/web says as a NetworkPolicy, or leave it out: what it opens or closes is then not "
        "looked at"
    )


@pytest.mark.parametrize(
    ("metadata", "named"), [("metadata: {name: all}", "ClusterNetworkPolicy all"), ("metadata: [1]", "it")]
)
def test_a_policy_of_the_whole_cluster_is_named_without_a_namespace(metadata: str, named: str) -> None:
    """What has no name is only called it."""
    (unknown,) = cluster_of(f"apiVersion: crd.antrea.io/v1beta1\nkind: ClusterNetworkPolicy\n{metadata}\n").unknowns
    assert unknown.fix.startswith(f"write what {named} says as a NetworkPolicy")


@pytest.mark.parametrize(
    ("version", "kind", "plugin"),
    [
        ("cilium.io/v2", "CiliumNetworkPolicy", "cilium"),
        ("cilium.io/v2", "CiliumClusterwideNetworkPolicy", "cilium"),
        ("cilium.io/v2", "CiliumCIDRGroup", "cilium"),
        ("projectcalico.org/v3", "NetworkPolicy", "calico"),
        ("projectcalico.org/v3", "StagedGlobalNetworkPolicy", "calico"),
        ("projectcalico.org/v3", "Tier", "calico"),
    ],
)
def test_a_kind_of_a_plugin_names_the_plugin(version: str, kind: str, plugin: str) -> None:
    """What is read under another network plugin is not to be written otherwise: the plugin is to be named."""
    (unknown,) = cluster_of(object_of(version, kind, " {}")).unknowns
    said = f"where {plugin} is the network plugin, say so: --cni {plugin}, or cni: {plugin} in the Platform"
    assert unknown.fix == said


HELM = "this looks like a Helm template: give what helm template prints"


@pytest.mark.parametrize(
    "text",
    [
        "{{- if .Values.on }}\nkind: Service\n{{- end }}\n",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}-web\n",
        'apiVersion: v1\nkind: Service\nmetadata:\n  name: "{{ .Values.name }}"\n',
        'apiVersion: v1\nkind: Service\nmetadata:\n  labels:\n    {{- include "x" . | nindent 4 }}\n',
        object_of("networking.k8s.io/v1", "NetworkPolicy", ' {ingress: [{from: [{ipBlock: {cidr: "{{ .x }}"}}]}]}'),
    ],
)
def test_a_template_of_helm_is_told(text: str) -> None:
    """Whatever is wrong with it, the way out is to have Helm fill it in."""
    assert {one.fix for one in cluster_of(text).unknowns} == {HELM}


def test_braces_that_helm_has_filled_in_are_no_template() -> None:
    """Text may hold them, and what is right has no problem."""
    assert cluster_of("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: '{{ b }}'}\n").unknowns == ()
    assert [one.fix for one in cluster_of("[").unknowns] == [
        "check the indentation, and the quotes and brackets before it"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1", "1:1 an object is not understood: the document is not a map"),
        ("apiVersion: v1\nkind: List\nitems: {}", "3:8 an object is not understood: items is not a list"),
        ("kind: Pod", "1:1 an object is not understood: the document has no apiVersion"),
        ("apiVersion: v1", "1:1 an object is not understood: the document has no kind"),
        ("apiVersion: v1\nkind: Service\nspec: {}", "1:1 a Service is not understood: it has no name"),
        (
            "apiVersion: networking.k8s.io/v2\nkind: NetworkPolicy\nmetadata: {name: x}",
            "1:13 a NetworkPolicy is not understood: no cluster of today serves networking.k8s.io/v2 NetworkPolicy",
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {replicas: 3}",
            "4:7 a Deployment is not understood: there is no pod template",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: [a]}\nspec: {}",
            "3:29 a Pod is not understood: metadata.labels is not a map",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {hostNetwork: 'true'}",
            "4:21 a Pod is not understood: spec.hostNetwork is neither true nor false",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {}\nstatus: {podIP: pending}",
            "5:17 a Pod is not understood: 'pending' is no address",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{ports: [{containerPort: http}]}]}",
            "4:46 a Pod is not understood: spec.containers[0].ports[0].containerPort is not a number from 1 to 65535",
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 80, protocol: HTTP}]}",
            "4:37 a Service is not understood: 'HTTP' is no protocol of a Service port",
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 80, protocol: [TCP]}]}",
            "4:37 a Service is not understood: ['TCP'] is no protocol of a Service port",
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {loadBalancerSourceRanges: [url]}",
            "4:35 a Service is not understood: 'url' is no CIDR",
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {loadBalancerSourceRanges: [192.0.2.1]}",
            "4:35 a Service is not understood: '192.0.2.1' is no CIDR",
        ),
        (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x}\nspec: {tls: [{hosts: [[a]]}]}",
            "4:23 an Ingress is not understood: spec.tls[0].hosts[0] is not text",
        ),
        (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x}\nspec: {tls: [{secretName: [a]}]}",
            "4:27 an Ingress is not understood: spec.tls[0].secretName is not text",
        ),
        (
            'apiVersion: v1\nkind: Service\nmetadata: {name: "a,b"}\nspec: {}',
            "3:18 a Service is not understood: 'a,b' is no name",
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: <other>}\nspec: {}",
            "3:32 a Service is not understood: '<other>' is no name",
        ),
    ],
)
def test_objects_that_make_no_sense_are_named(text: str, said: str) -> None:
    """What cannot be read as the object that it says it is becomes an Unknown at its place."""
    assert named(cluster_of(text)) == [said]


def test_a_protocol_that_is_no_text_is_none() -> None:
    """A list or map where a container has the protocol of a port ends nothing but the object."""
    text = object_of("v1", "Pod", " {containers: [{ports: [{containerPort: 80, protocol: [TCP]}]}]}")
    assert named(cluster_of(text)) == ["4:60 a Pod is not understood: ['TCP'] is no protocol of a container port"]


def test_two_objects_of_one_name_are_named() -> None:
    """Only one of two objects with the same kind, namespace and name can be in the cluster, and nobody knows which."""
    cluster = cluster_of(f"{POLICY}  podSelector: {{}}\n---\n{POLICY}  policyTypes: [Egress]")
    assert [one.egress for one in cluster.policies] == [None]
    assert named(cluster) == ["9:18 NetworkPolicy np stands twice, and only one of the two can be in the cluster"]


@pytest.mark.parametrize(
    ("one", "two", "doubts"),
    [
        ("{name: a}", "{name: a}", 0),
        ("{name: a}", "{name: a, labels: {kubernetes.io/metadata.name: a}}", 0),
        ("{name: a, labels: {x: one}}", "{name: a, labels: {x: one}, annotations: {n: other}}", 0),
        ("{name: a}", "{name: a, labels: {x: one}}", 1),
        ("{name: a, labels: {x: one}}", "{name: a, labels: {x: two}}", 1),
    ],
)
def test_a_namespace_that_stands_twice_is_in_doubt_only_if_its_labels_differ(one: str, two: str, doubts: int) -> None:
    """Two charts often bring the same Namespace, and nothing but its labels decides who reaches whom."""
    text = "\n---\n".join(f"apiVersion: v1\nkind: Namespace\nmetadata: {metadata}" for metadata in (one, two))
    cluster = cluster_of(text)
    assert [space.name for space in cluster.namespaces] == ["a"]
    assert len(named(cluster)) == doubts


# -------------------------------------------------------------------------------------------------------------- reading


def test_separators_with_a_comment_are_read_as_kubectl_does() -> None:
    """A line of three dashes and a comment parts documents, with or without a blank between the two."""
    text = "\n".join(
        f"---{end}\napiVersion: v1\nkind: Namespace\nmetadata: {{name: n{i}}}"
        for i, end in enumerate(("", "# a", " # b", "#", "\t"))
    )
    assert [one.name for one in cluster_of(text).namespaces] == ["n0", "n1", "n2", "n3", "n4"]


def test_a_document_that_is_no_yaml_is_named_and_the_others_are_read() -> None:
    """One document that cannot be decoded is an Unknown at its line; all the others count."""
    text = """\
{apiVersion: v1, kind: Namespace, metadata: {name: a}}
---
kind: Pod
metadata: [
---# c
{apiVersion: v1, kind: Namespace, metadata: {name: b}}
"""
    cluster = cluster_of(text)
    assert [one.name for one in cluster.namespaces] == ["a", "b"]
    assert named(cluster) == ["5:1 a value is expected here"]


def test_anchors_and_merge_keys_mean_what_they_mean() -> None:
    """Foreign YAML with anchors, aliases and merge keys is read with its meaning."""
    text = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: &meta {name: a, labels: &labels {app: web, tier: x}}
  spec: &spec {containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}
- apiVersion: v1
  kind: Pod
  metadata: {<<: *meta, name: b, labels: {<<: *labels, tier: z}}
  spec: *spec
"""
    cluster = cluster_of(text)
    assert [(one.name, dict(one.labels)) for one in cluster.workloads] == [
        ("a", {"app": "web", "tier": "x"}),
        ("b", {"app": "web", "tier": "z"}),
    ]
    assert cluster.workloads[0].ports == cluster.workloads[1].ports


def test_errors_of_reading_are_unknowns() -> None:
    """A key that stands twice could mean either, so nothing is proved."""
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: x, app: y}}\nspec: {}\n"
    assert named(cluster_of(text)) == ["3:38 the key `app` stands twice in one map"]


# --------------------------------------------------------------------------------------------------------------- routes

SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
"""
PODS = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: one, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: two, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web, v: b}}
    spec: {containers: [{name: c, ports: [{name: http, containerPort: 9090}]}]}
"""
INGRESS = """\
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: web, port: {number: 80}}}
  rules:
  - host: a.example.com
    http: {paths: [{path: /x, pathType: Prefix, backend: {service: {name: web, port: {name: web}}}}]}
"""


def ways(text: str) -> tuple[list[str], list[str]]:
    """Return where Services lead, and the broken links with their lines."""
    found = routes(cluster_of(text))
    ends = [f"{one.port.port}/{one.protocol} -> {one.workload.name}:{one.number}" for one in found.backends]
    return ends, [f"{one.spot.value().line if one.spot else 0}: {one.what}" for one in found.broken]


def test_services_lead_to_the_port_of_each_pod() -> None:
    """A target port is a number, the name that each pod gives one, or by default the Service's own."""
    text = PODS + SERVICE + "  ports: [{name: web, port: 80, targetPort: http}, {name: m, port: 99, protocol: UDP}]"
    assert ways(text) == (["80/TCP -> one:8080", "80/TCP -> two:9090", "99/UDP -> one:99", "99/UDP -> two:99"], [])


def test_of_two_ports_of_one_name_the_first_is_served() -> None:
    """As the endpoints of a Service are made: in the order of the containers, and then of the sidecars."""
    two = "containers: [{name: b, ports: [{name: http, containerPort: 9000}]}, {name: a, ports: [{name: http, %s}]}]"
    text = PODS.replace(
        "containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]", two % "containerPort: 80"
    )
    found, broken = ways(text + SERVICE + "  ports: [{port: 80, targetPort: http}]")
    assert (found, broken) == (["80/TCP -> one:9000", "80/TCP -> two:9090"], [])


def test_a_port_that_one_selected_pod_names_is_no_broken_link() -> None:
    """The pods without it are no endpoints of it: Helm's test pod wears the labels of the app, say."""
    pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: test, namespace: shop, labels: {app: web}}\n"
    tester = pod + "spec: {containers: [{name: a}]}\n"
    found, broken = ways(PODS + tester + SERVICE + "  ports: [{port: 80, targetPort: http}]")
    assert (found, broken) == (["80/TCP -> one:8080", "80/TCP -> two:9090"], [])


def test_a_headless_service_translates_nothing() -> None:
    """What is dialled at a headless Service is what the pod sees, so another target port is a broken link."""
    text = (
        PODS
        + SERVICE
        + "  clusterIP: None\n  ports: [{name: a, port: 8080, targetPort: 8080}, {name: b, port: 80, targetPort: 81}]"
    )
    assert ways(text) == (
        ["8080/TCP -> one:8080", "8080/TCP -> two:8080", "80/TCP -> one:80", "80/TCP -> two:80"],
        ["24: the Service shop/web is headless: nothing brings its port 80 to 81"] * 2,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            PODS + SERVICE.replace("app: web", "app: nobody") + "  ports: [{port: 80}]",
            ["22: the Service shop/web selects no pods: none has app=nobody"],
        ),
        (
            PODS + SERVICE + "  ports: [{port: 80, targetPort: https}]",
            ["23: the Service shop/web leads to a port 'https' that shop/one, shop/two do not name"],
        ),
        (
            PODS + INGRESS,
            [f"{line}: the Ingress shop/web leads to the Service 'web', which is not there" for line in (23, 26)],
        ),
        (
            PODS + SERVICE + "  ports: [{port: 80}]\n" + INGRESS,
            ["33: the Ingress shop/web leads to a port 'web' that the Service shop/web does not have"],
        ),
        (SERVICE + "  ports: [{port: 80}]", []),
        (PODS + SERVICE.replace("{app: web}", "{}") + "  ports: [{port: 80}]", []),
        (
            PODS + SERVICE + "  type: ExternalName\n  externalName: example.com\n  ports: [{port: 80, targetPort: x}]",
            [],
        ),
    ],
)
def test_broken_links_are_found(text: str, said: list[str]) -> None:
    """A link that leads nowhere is named at its place; a Service without a selector, or without any pods, is none."""
    assert ways(text)[1] == said


def test_ingresses_lead_to_services() -> None:
    """Each path of an Ingress, and its default backend, ends at the pods of its Service."""
    cluster = cluster_of(PODS + SERVICE + "  ports: [{name: web, port: 80, targetPort: http}]\n" + INGRESS)
    assert cluster.ingresses[0].class_name == "nginx"
    assert cluster.ingresses[0].rules == (
        IngressRule("", "", "", "web", 80),
        IngressRule("a.example.com", "/x", "Prefix", "web", "web"),
    )
    found = [(one.rule.host, one.backend.workload.name, one.backend.number) for one in routes(cluster).routes]
    assert found == [
        ("", "one", 8080),
        ("", "two", 9090),
        ("a.example.com", "one", 8080),
        ("a.example.com", "two", 9090),
    ]


def test_a_service_may_select_by_a_label_that_the_cluster_sets() -> None:
    """A Service for one pod of a StatefulSet is no broken link."""
    text = object_of("apps/v1", "StatefulSet", TEMPLATE) + SERVICE.replace(
        "app: web", "statefulset.kubernetes.io/pod-name: web-0"
    )
    assert ways(text + "  ports: [{port: 80}]") == (["80/TCP -> web:80"], [])


def test_the_parts_of_a_service() -> None:
    """A Service is read with its type, selector and ports."""
    (one,) = cluster_of(SERVICE + "  type: NodePort\n  ports: [{port: 80, nodePort: 30080}]").services
    assert (one.type, one.selector, one.headless) == ("NodePort", (("app", "web"),), False)
    assert one.ports == (ServicePort("", 80, 80, Protocol.TCP, 30080),)
