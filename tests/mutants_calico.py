"""Ways to change one object of Calico so that it means something else: each yields what then stands in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from mutants import Body, Change, Operator, at, cut, put

VERSION = "projectcalico.org/v3"
NAMESPACED = {"NetworkPolicy": "StagedNetworkPolicy", "GlobalNetworkPolicy": "StagedGlobalNetworkPolicy"}
POLICIES = (*NAMESPACED, *NAMESPACED.values())
ACTIONS = ("Allow", "Deny", "Pass", "Log")
ENDS = ("source", "destination")
ALL, NOBODY = "all()", "app == 'nobody'"
Path = tuple[str | int, ...]


def is_policy(body: Body) -> bool:
    """Return whether *body* is one of Calico's policies."""
    return body["apiVersion"] == VERSION and body["kind"] in POLICIES


def rules(body: Body) -> Iterator[tuple[Path, Body]]:
    """Yield the path of each rule of a policy, and the rule."""
    for section in ("ingress", "egress") if is_policy(body) else ():
        for index, rule in enumerate(body["spec"].get(section, [])):
            yield ("spec", section, index), rule


def ends(body: Body) -> Iterator[tuple[Path, Body]]:
    """Yield the path of each end of a rule, and the end."""
    for path, rule in rules(body):
        yield from (((*path, end), rule[end]) for end in ENDS if end in rule)


def parts(body: Body, key: str) -> Iterator[tuple[Path, Any]]:
    """Yield the path of what each end has under *key*, and that."""
    yield from (((*path, key), end[key]) for path, end in ends(body) if key in end)


def selectors(body: Body) -> Iterator[tuple[Path, str]]:
    """Yield path and text of each selector: of the policy's pods and namespaces, and of its rules."""
    for key in ("selector", "namespaceSelector"):
        if is_policy(body) and key in body["spec"]:
            yield ("spec", key), body["spec"][key]
        yield from parts(body, key)


def nets(body: Body, key: str) -> Iterator[tuple[Path, list[str]]]:
    """Yield the path and the addresses of each list *key*, that of a set too."""
    yield from parts(body, key)
    if key == "nets" and "nets" in body["spec"]:
        yield ("spec", "nets"), body["spec"]["nets"]


def _named(body: Body, **changed: Any) -> Body:
    return {**body, "metadata": {**body["metadata"], **changed}}


# ------------------------------------------------------------------------------------------------------- whole objects


def drop_a_policy(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take the policy away."""
    if is_policy(body):
        yield ()


def stage_a_policy(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write the staged kind, which nobody enforces."""
    if body["kind"] in NAMESPACED and is_policy(body):
        yield ({**body, "kind": NAMESPACED[body["kind"]]},)


def enforce_a_policy(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write the kind that is enforced where it is staged."""
    for kind, staged in NAMESPACED.items():
        if body["kind"] == staged:
            yield ({**cut(body, "spec", "stagedAction"), "kind": kind},)


def move_the_policy(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Rename the namespace of the policy or set, also to one that another is in."""
    own = body["metadata"].get("namespace")
    spaces = {other["metadata"].get("namespace", own) for other in bodies} | {"elsewhere"}
    for space in sorted(spaces - {own}) if own else ():
        yield (_named(body, namespace=space, name="netgen.moved" if "tier" in body["spec"] else "moved"),)


def hold_the_cluster(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write a policy of a namespace as one of the whole cluster."""
    if body["kind"] == "NetworkPolicy" and is_policy(body):
        wide = {"kind": "GlobalNetworkPolicy", "metadata": {"name": body["metadata"]["name"]}}
        yield ({**body, **wide},)


def add_a_policy(body: Body, _: list[Body]) -> Iterator[Change]:
    """Put a policy beside it that allows everything, or denies it, before and behind all others."""
    if not is_policy(body):
        return
    space = body["metadata"].get("namespace", "elsewhere")
    for order, action in ((1, "Allow"), (1, "Deny"), (1500, "Allow"), (3000, "Allow"), (None, "Allow")):
        rule = [{"action": action}]
        spec: Body = {"selector": ALL, "types": ["Ingress", "Egress"], "ingress": rule, "egress": rule}
        spec |= {} if order is None else {"order": order}
        for kind, metadata in (("NetworkPolicy", {"namespace": space}), ("GlobalNetworkPolicy", {})):
            yield body, {"apiVersion": VERSION, "kind": kind, "metadata": {"name": "beside", **metadata}, "spec": spec}


# -------------------------------------------------------------------------------------------- order, tier, types, rules


def change_the_order(body: Body, bodies: list[Body]) -> Iterator[Change]:
    """Ask a policy that denies before those that open, and one that opens behind one that denies."""
    if not is_policy(body) or "tier" in body["spec"]:
        return
    denies = any(rule["action"] == "Deny" for _, rule in rules(body))
    worlds = {(one["metadata"].get("namespace"), one["metadata"]["name"]) for one in bodies if is_policy(one)}
    if denies:
        yield from ((put(body, "spec", "order", value=order),) for order in (1, 1099))
    elif (body["metadata"].get("namespace"), f"{body['metadata']['name']}--world") in worlds:
        yield from ((put(body, "spec", "order", value=order),) for order in (2001, 1e9))
        yield (cut(body, "spec", "order"),)


def change_the_tier(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write the policy of one tier in another one."""
    if not is_policy(body):
        return
    name = body["metadata"]["name"]
    if "tier" in body["spec"]:
        yield (_named(cut(body, "spec", "tier"), name=f"default.{name.partition('.')[2]}"),)
    for tier in {"netgen", "kube-admin", "kube-baseline"} - {body["spec"].get("tier")}:
        last = name.partition(".")[2] if "tier" in body["spec"] else name
        yield (_named(put(body, "spec", "tier", value=tier), name=f"{tier}.{last}"),)


def drop_a_type(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each type away: with its rules, and without, which is refused or ignored."""
    if is_policy(body) and len(body["spec"]["types"]) > 1:
        for index, kind in enumerate(body["spec"]["types"]):
            changed = cut(body, "spec", "types", index)
            yield (changed,)
            changed = put(changed, "spec", kind.lower(), value=[])
            yield (cut(changed, "spec", kind.lower()),)


def add_a_type(body: Body, _: list[Body]) -> Iterator[Change]:
    """Isolate the other direction too."""
    if is_policy(body) and "tier" not in body["spec"] and len(body["spec"]["types"]) == 1:
        yield (put(body, "spec", "types", value=["Ingress", "Egress"]),)


def drop_a_rule(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each rule away."""
    for path, _rule in rules(body):
        yield (cut(body, *path),)


def swap_two_rules(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask each rule after the one that follows it and does something else."""
    for path, rule in rules(body):
        listed, index = at(body, *path[:-1]), int(path[-1])
        if index + 1 < len(listed) and listed[index + 1]["action"] != rule["action"]:
            turned = [*listed[:index], listed[index + 1], rule, *listed[index + 2 :]]
            yield (put(body, *path[:-1], value=turned),)


def let_all_through(body: Body, _: list[Body]) -> Iterator[Change]:
    """Have a rule more that lets everybody through, first and last."""
    for kind in body["spec"]["types"] if is_policy(body) else ():
        found = body["spec"].get(kind.lower(), [])
        yield (put(body, "spec", kind.lower(), value=[{"action": "Allow"}, *found]),)
        yield (put(body, "spec", kind.lower(), value=[*found, {"action": "Allow"}]),)


def keep_all_out(body: Body, _: list[Body]) -> Iterator[Change]:
    """Have a rule more that denies everybody, or leaves all to the next tier, first and last."""
    for kind in body["spec"]["types"] if is_policy(body) else ():
        found = body["spec"].get(kind.lower(), [])
        for action in ("Deny", "Pass"):
            yield (put(body, "spec", kind.lower(), value=[{"action": action}, *found]),)
            yield (put(body, "spec", kind.lower(), value=[*found, {"action": action}]),)


def change_an_action(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each other action."""
    for path, rule in rules(body):
        for action in ACTIONS:
            if action != rule["action"]:
                yield (put(body, *path, "action", value=action),)


def turn_a_direction(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write the rules of one direction for the other."""
    for kind in body["spec"]["types"] if is_policy(body) else ():
        other = {"Ingress": "Egress", "Egress": "Ingress"}[kind]
        if kind.lower() in body["spec"] and other.lower() not in body["spec"]:
            changed = put(body, "spec", other.lower(), value=body["spec"][kind.lower()])
            yield (put(cut(changed, "spec", kind.lower()), "spec", "types", value=[other]),)


# -------------------------------------------------------------------------------------------------------- ends of rules


def drop_an_end(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave each end of a rule out, which then is everybody."""
    for path, _end in ends(body):
        yield (cut(body, *path),)


def swap_the_ends(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write the source as the destination and the reverse."""
    for path, rule in rules(body):
        turned = {other: rule[one] for one, other in (ENDS, ENDS[::-1]) if one in rule}
        if turned:
            yield (put(body, *path, value={key: rule[key] for key in rule if key not in ENDS} | turned),)


def drop_a_part(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave each part of an end out."""
    for path, end in ends(body):
        for key in end if len(end) > 1 else ():
            yield (cut(body, *path, key),)


def turn_a_part(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each part of an end as its contrary."""
    contrary = {"nets": "notNets", "notNets": "nets", "ports": "notPorts", "selector": "notSelector"}
    for path, end in ends(body):
        for key in end.keys() & contrary.keys():
            yield (put(cut(body, *path, key), *path, contrary[key], value=end[key]),)


def ask_for_an_account(body: Body, _: list[Body]) -> Iterator[Change]:
    """Mean only the pods of some service account: of the policy's, and of each rule's."""
    if is_policy(body):
        yield (put(body, "spec", "serviceAccountSelector", value="projectcalico.org/name == 'front'"),)
    for path, _selector in parts(body, "selector"):
        yield (put(body, *path[:-1], "serviceAccounts", value={"names": ["front"]}),)


# ------------------------------------------------------------------------------------------------------------ selectors


def select_all(body: Body, _: list[Body]) -> Iterator[Change]:
    """Select everything, and nobody, with each selector."""
    for path, text in selectors(body):
        for other in {ALL, NOBODY} - {text}:
            yield (put(body, *path, value=other),)


def select_nothing_said(body: Body, _: list[Body]) -> Iterator[Change]:
    """Leave the selector of the policy out, which then holds every pod; an empty one does so too."""
    for key in ("selector", "namespaceSelector"):
        if is_policy(body) and key in body["spec"] and body["spec"][key] != ALL:
            yield (cut(body, "spec", key),)
            yield (put(body, "spec", key, value=""),)


def select_the_cluster(body: Body, _: list[Body]) -> Iterator[Change]:
    """Look for what is in no namespace, and beside the own one in all."""
    for path, _end in ends(body):
        for text in ("global()", ALL):
            if at(body, *path).get("namespaceSelector") != text:
                yield (put(body, *path, "namespaceSelector", value=text),)


def change_a_value(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each text of a selector otherwise."""
    for path, text in selectors(body):
        for found in re.finditer(r"'[^']*'", text):
            yield (put(body, *path, value=f"{text[: found.end() - 1]}x{text[found.end() - 1 :]}"),)


def drop_a_term(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask for one thing less, and for one of them."""
    for path, text in selectors(body):
        terms = text.split(" && ")
        for index in range(len(terms)) if len(terms) > 1 else ():
            yield (put(body, *path, value=" && ".join(terms[:index] + terms[index + 1 :])),)
            yield (put(body, *path, value=" || ".join(terms)),)


def add_a_term(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask for one label more, as an overlay does."""
    for path, text in selectors(body):
        yield (put(body, *path, value=f"{text} && overlay == 'yes'"),)
        yield (put(body, *path, value=f"({text}) || overlay == 'yes'"),)


def turn_a_term(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask for the contrary by each term of a selector."""
    for path, text in selectors(body):
        terms = text.split(" && ")
        for index, term in enumerate(terms):
            turned = term.removeprefix("!") if term.startswith("!") else f"!({term})"
            yield (put(body, *path, value=" && ".join([*terms[:index], turned, *terms[index + 1 :]])),)


def soften_a_term(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask for any value, or for one that begins so, where one value is asked for."""
    for path, text in selectors(body):
        for found in re.finditer(r"(\S+) == '([^']+)'", text):
            for words in (f"has({found[1]})", f"{found[1]} starts with ''", f"{found[1]} != 'nobody'"):
                yield (put(body, *path, value=f"{text[: found.start()]}{words}{text[found.end() :]}"),)


# ----------------------------------------------------------------------------------------------------- addresses, ports


def change_a_net(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each CIDR one bit wider, and each half of it."""
    for key in ("nets", "notNets"):
        for path, listed in nets(body, key):
            for index, text in enumerate(listed):
                network = ip_network(text)
                others = [network.supernet()] if network.prefixlen else []
                others += network.subnets() if network.prefixlen < network.max_prefixlen else ()
                yield from ((put(body, *path, index, value=str(other)),) for other in others)


def drop_a_net(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each CIDR away, of one alone with its list."""
    for key in ("nets", "notNets"):
        for path, listed in nets(body, key):
            for index in range(len(listed)):
                yield (cut(body, *path, index),)
            if len(listed) == 1 and path[1] != "nets":
                yield (cut(body, *path),)


def add_a_net(body: Body, _: list[Body]) -> Iterator[Change]:
    """Mean further addresses, and leave some out."""
    for path, listed in nets(body, "nets"):
        first = ip_network(listed[0])
        more = "198.51.100.9/32" if first.version == 4 else "2001:db8:ffff::9/128"
        everything = "0.0.0.0/0" if first.version == 4 else "::/0"
        yield from ((put(body, *path, value=[*listed, one]),) for one in (more, everything) if one not in listed)
        if path[1] != "nets" and first.prefixlen < first.max_prefixlen:
            last = [*first.subnets()][1]
            excluded = at(body, *path[:-1]).get("notNets", [])
            yield (put(body, *path[:-1], "notNets", value=[*excluded, str(last)]),)


def change_a_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each port one higher, as a range, and a range one longer and without its end."""
    for path, listed in parts(body, "ports"):
        for index, port in enumerate(listed):
            first, _, last = str(port).partition(":")
            end = int(last or first)
            others: list[int | str] = [int(first) % 65535 + 1]
            others += [f"{first}:{end + 1}"] if end < 65535 else []
            others += [int(first)] if last else []
            yield from ((put(body, *path, index, value=other),) for other in others)


def drop_a_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Take each port away; without any it is every one."""
    for path, listed in parts(body, "ports"):
        yield (cut(body, *path),)
        for index in range(len(listed)) if len(listed) > 1 else ():
            yield (cut(body, *path, index),)


def add_a_port(body: Body, _: list[Body]) -> Iterator[Change]:
    """Mean a further port, every port, and none of some."""
    for path, listed in parts(body, "ports"):
        yield (put(body, *path, value=[*listed, 53]),)
        yield (put(body, *path, value=[*listed, "1:65535"]),)
        yield (put(body, *path[:-1], "notPorts", value=[listed[0]]),)


def change_a_protocol(body: Body, _: list[Body]) -> Iterator[Change]:
    """Write each other protocol, its contrary, none, and where there is none one."""
    for path, rule in rules(body):
        for protocol in sorted({"TCP", "UDP", "SCTP", "ICMP"} - {rule.get("protocol")}):
            yield (put(body, *path, "protocol", value=protocol),)
        if "protocol" in rule:
            yield (cut(body, *path, "protocol"),)
            yield (put(cut(body, *path, "protocol"), *path, "notProtocol", value=rule["protocol"]),)
        for version in (4, 6):
            yield (put(body, *path, "ipVersion", value=version),)


# ---------------------------------------------------------------------------------------------------------- tiers, sets


def change_a_tier(body: Body, _: list[Body]) -> Iterator[Change]:
    """Ask the tier after others, let it close what it says nothing of, and take it away."""
    if body["kind"] == "Tier":
        yield ()
        yield (put(body, "spec", "defaultAction", value="Deny"),)
        yield (cut(body, "spec", "defaultAction"),)
        for order in (1001, 1_000_001, 20_000_000):
            yield (put(body, "spec", "order", value=order),)
        yield (cut(body, "spec", "order"),)
        yield (_named(body, name="other"),)


def change_a_set(body: Body, _: list[Body]) -> Iterator[Change]:
    """Label the set otherwise or not at all, take it away, put it in no namespace, and another beside it."""
    if body["kind"] == "NetworkSet":
        yield ()
        labels = body["metadata"]["labels"]
        key = "netgen.dev/external"
        yield (put(body, "metadata", "labels", key, value=f"{labels[key]}x"),)
        yield (cut(body, "metadata", "labels", key),)
        yield (cut(body, "metadata", "labels"),)
        wide = {**body, "kind": "GlobalNetworkSet", "metadata": {"name": body["metadata"]["name"], "labels": labels}}
        yield (wide,)
        yield body, put(_named(body, name="beside"), "spec", "nets", value=["0.0.0.0/1", "128.0.0.0/1"])


OPERATORS: tuple[Operator, ...] = (
    *(drop_a_policy, stage_a_policy, enforce_a_policy, move_the_policy, hold_the_cluster, add_a_policy),
    *(change_the_order, change_the_tier, drop_a_type, add_a_type, drop_a_rule, swap_two_rules, let_all_through),
    *(keep_all_out, change_an_action, turn_a_direction, drop_an_end, swap_the_ends, drop_a_part, turn_a_part),
    *(ask_for_an_account, select_all, select_nothing_said, select_the_cluster, change_a_value, drop_a_term),
    *(add_a_term, turn_a_term, soften_a_term, change_a_net, drop_a_net, add_a_net, change_a_port, drop_a_port),
    *(add_a_port, change_a_protocol, change_a_tier, change_a_set),
)
