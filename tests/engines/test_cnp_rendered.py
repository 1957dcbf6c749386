"""What netgen renders as ClusterNetworkPolicy is for the policy engines what the spec says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

from cilium_compared import Answers, understood
from cilium_engine import answers
from cilium_populated import SPACE, sampled
from cilium_populated import populated as populated_for_cilium
from cilium_populated import spaces as cilium_spaces
from compared import compare
from engine import Question, verdicts
from netgen.intent import Intent
from netgen.render import render
from netgen.verify import ideal
from populated import ELSEWHERE, NAME_LABEL, Body, populated, spaces, wanted
from populated import ports as ports_of
from strategies_cluster import CILIUM, PLAIN, random_cluster_intent
from writing import chance_of, plainly

RANDOM_SYSTEMS = 150
ON_CILIUM = 60
KIND = "ClusterNetworkPolicy"
HEAD = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}


def made(name: str, cni: str) -> tuple[list[Body], Intent]:
    """Return the policies that are rendered of a random system, and its Intent."""
    meant = random_cluster_intent(name, cni)
    return [one.body for one in render(meant) if "Policy" in one.kind], meant


def of_kind(policies: list[Body]) -> list[Body]:
    """Return the ClusterNetworkPolicies among *policies*."""
    return [one for one in policies if one["kind"] == KIND]


def rules(policy: Body) -> Iterator[tuple[str, Body, list[Body]]]:
    """Yield each rule of a ClusterNetworkPolicy with its direction and peers."""
    for direction, key in (("ingress", "from"), ("egress", "to")):
        yield from ((direction, rule, rule[key]) for rule in policy["spec"].get(direction, ()))


def ports(rule: Body) -> list[Body]:
    """Return the ports of a rule as a NetworkPolicy has them."""
    found = []
    for item in rule.get("protocols", ()):
        ((protocol, one),) = item.items()
        number = one["destinationPort"].get("number")
        span = one["destinationPort"].get("range", {"start": number})
        last = {"endPort": span["end"]} if "end" in span else {}
        found.append({"protocol": protocol.upper(), "port": span["start"], **last})
    return found


def as_plain(policy: Body) -> Body:
    """Return a NetworkPolicy that speaks of the same pods, addresses and ports, so that these stand in a cluster."""
    subject = policy["spec"]["subject"]["pods"]
    spec: dict[str, Any] = {"podSelector": subject["podSelector"], "ingress": [], "egress": []}
    home = subject["namespaceSelector"].get("matchLabels", {}).get(NAME_LABEL, ELSEWHERE)
    for direction, rule, peers in rules(policy):
        listed = [peer["pods"] for peer in peers if "pods" in peer]
        listed += [{"ipBlock": {"cidr": cidr}} for peer in peers for cidr in peer.get("networks", ())]
        spec[direction].append({"from" if direction == "ingress" else "to": listed, "ports": ports(rule)})
    return {"metadata": {"namespace": home, "name": "n"}, "spec": spec}


def as_cilium(policy: Body) -> Body:
    """Return the same as a policy of Cilium."""

    def selector(pods: Body) -> Body:
        spaces = pods["namespaceSelector"]
        found = {key: dict(value) for key, value in pods["podSelector"].items() if key == "matchLabels"}
        named = {key.replace(NAME_LABEL, SPACE): value for key, value in spaces.get("matchLabels", {}).items()}
        left_out = [item["values"] for item in spaces.get("matchExpressions", ()) if "values" in item]
        listed = [*pods["podSelector"].get("matchExpressions", ()), {"key": SPACE, "operator": "Exists"}]
        listed += [{"key": SPACE, "operator": "NotIn", "values": values} for values in left_out]
        return {"matchLabels": {**found.get("matchLabels", {}), **named}, "matchExpressions": listed}

    spec: dict[str, Any] = {"endpointSelector": selector(policy["spec"]["subject"]["pods"])}
    for direction, rule, peers in rules(policy):
        end = "from" if direction == "ingress" else "to"
        numbers = [
            {"port": str(one["port"]), "protocol": one["protocol"]} | {key: one[key] for key in one if key == "endPort"}
            for one in ports(rule)
        ]
        written = {
            f"{end}Endpoints": [selector(peer["pods"]) for peer in peers if "pods" in peer],
            f"{end}CIDRSet": [{"cidr": cidr} for peer in peers for cidr in peer.get("networks", ())],
            "toPorts": [{"ports": numbers}],
        }
        spec.setdefault(direction, []).append(written)
    return {"apiVersion": "cilium.io/v2", "metadata": {}, "spec": spec}


def others(spaces: Iterable[str], chance: Random) -> list[Body]:
    """Return policies of somebody else that open or close all pods of some namespaces."""
    found = []
    for space in spaces:
        rule = chance.choice(([], [{}], None))
        if rule is not None:
            spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": rule, "egress": rule}
            found.append({**HEAD, "metadata": {"name": "others", "namespace": space}, "spec": spec})
    return found


# ------------------------------------------------------------------------------------------------ kube-network-policies


def asked(name: str) -> tuple[Question, list[Body]] | None:
    """Return the question who reaches whom in a cluster with what is rendered of a random system."""
    policies, _ = made(name, PLAIN)
    if not of_kind(policies):
        return None
    tiered = [*map(as_plain, of_kind(policies))]
    spoken = [*tiered, *(one for one in policies if one["kind"] == "NetworkPolicy")]
    chance = chance_of(name)
    question = populated(name, plainly([*policies, *others(spaces(spoken), chance)]), spoken)
    # People stand at the addresses in the order in which they are wanted.
    near = {*wanted(tiered, spaces(spoken))}
    people = dict.fromkeys(wanted(spoken, spaces(spoken)))
    first = [home for home, one in zip(question.addresses, people, strict=False) if one in near]
    rest = [home for home in question.addresses if home not in first]
    few = (*chance.sample(first, min(8, len(first))), *chance.sample(rest, min(4, len(rest))))
    numbers = list(dict.fromkeys([*ports_of(tiered), *chance.sample(question.ports, min(8, len(question.ports)))]))
    return replace(question, addresses=few, ports=tuple(chance.sample(numbers, min(6, len(numbers))))), policies


def test_rendered_policies_are_as_the_engine_of_kube_network_policies_has_them(engine_seed: str) -> None:
    """Denials and permissions beside the policies of the apps, in both directions, for apps, strangers, addresses."""
    found = [one for number in range(RANDOM_SYSTEMS) if (one := asked(f"cnp rendered {engine_seed} {number}"))]
    said = compare([(question, question) for question, _ in found])
    assert said.differ == []
    assert len(found) > 0.9 * RANDOM_SYSTEMS
    assert min(said.allowed, said.denied) > 20 * len(found)
    actions = Counter(rule["action"] for _, made_ in found for one in of_kind(made_) for _, rule, _ in rules(one))
    assert min(actions[action] for action in ("Accept", "Deny", "Pass")) > RANDOM_SYSTEMS / 10


def test_the_engine_notices_rendered_policies(engine_seed: str) -> None:
    """Where it is not given one of them, its answers now and then are others: much is open or closed without it."""
    full, short = [], []
    for number in range(12):
        question, policies = asked(f"cnp rendered {engine_seed} {number}") or (None, [])
        for left_out in of_kind(policies) if question else ():
            assert question is not None
            rest = question.manifests.replace(plainly([left_out]), "")
            full.append(question)
            short.append(replace(question, manifests=rest))
    assert all(one.manifests != other.manifests for one, other in zip(full, short, strict=True))
    whole = dict.fromkeys(full)
    said = dict(zip(whole, verdicts(whole), strict=True))
    changed = [said[one] != other for one, other in zip(full, verdicts(short), strict=True)]
    assert sum(changed) / len(changed) > 0.1


# --------------------------------------------------------------------------------------------------------------- Cilium


def test_rendered_policies_are_as_the_engine_of_cilium_has_them(engine_seed: str) -> None:
    """By the policies and by the Intent: permissions beside Cilium's own policies and denials."""
    questions, intents = [], []
    for number in range(ON_CILIUM):
        name = f"cnp on cilium {engine_seed} {number}"
        policies, meant = made(name, CILIUM)
        if of_kind(policies):
            spoken = [*policies, *map(as_cilium, of_kind(policies))]
            chance = chance_of(name)
            held = [*policies, *others([*cilium_spaces(spoken), ELSEWHERE], chance)]
            question = populated_for_cilium(name, spoken, held=held)
            # An API server that no policy of a cluster names is an address for netgen.
            question = replace(question, ends=tuple(end for end in question.ends if end != "entity:kube-apiserver"))
            questions.append(sampled(question, chance, ends=8, ports=4, requests=3))
            intents.append(meant)
    found = []
    letters = Counter[str]()
    for question, meant, theirs in zip(questions, intents, answers(questions), strict=True):
        assert (question.name, theirs.refused, theirs.unsupported) == (question.name, (), ())
        letters += Counter(theirs.verdicts)
        beside = [one for one in understood(question).policies if one.kind == "NetworkPolicy"]
        by_intent = Answers(question, (*ideal.policies(meant), *beside))
        for who, ours in (("netgen", Answers(question)), ("the spec", by_intent)):
            said = [*ours.verdicts(), *ours.requests()]
            for (what, mine), letter in zip(said, theirs.verdicts + theirs.requests, strict=True):
                if letter != mine:
                    found.append(f"{question.name}: {what}: the engine says {letter}, {who} {mine}")
    assert found == []
    assert len(questions) > 0.7 * ON_CILIUM
    assert min(letters["0"], letters["1"]) > 4 * len(questions)
