"""The expressions that paths of HTTP rules become let through, in Cilium's policy engine, what the grammar says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

from cilium_engine import Question, Request, answers
from cilium_populated import Pod, objects
from intents import app, flow, intent
from netgen import api
from netgen.intent import AppKey, Pods, PortMatch, Selector
from netgen.intent import Request as Rule
from writing import chance_of, plainly

RULES, PATHS, AT_ONCE = 200, 10, 20
SEGMENTS = ("orders", "v1.2", "a+b", "(x)", "$&;=", "7", "!~'", "a,b:c@d", "%C3%A9", "-_", "...", "*", "*")
FOUND = ("orders", "v1.2", "v1x2", "aab", "a+b", "(x)", "x", "7", "é", "%C3%A9", "a b", "\\", "[", "", "*", "**", ".")
QUERIES = ("", "", "", "?", "?a=1", "?a=/b?c", "#x")


def rule(chance: Random) -> str:
    """Return a path as a spec writes it."""
    segments = [chance.choice(SEGMENTS) for _ in range(chance.randint(0, 4))]
    path = "/" + "/".join(segments)
    return chance.choice((path, f"{path.rstrip('/')}/**", f"{path.rstrip('/')}/"))


def path(pattern: str, chance: Random) -> str:
    """Return a path of a request, mostly one that *pattern* means or almost does."""
    segments = pattern.removesuffix("/**").split("/")[1:]
    segments = [chance.choice(FOUND) if one == "*" else one for one in segments]
    more = [chance.choice(FOUND) for _ in range(chance.randint(1, 3))]
    kind = chance.randrange(8)
    if kind == 0 and segments:
        segments.pop(chance.randrange(len(segments)))
    elif kind == 1 and segments:
        segments[chance.randrange(len(segments))] = chance.choice(FOUND)
    elif kind == 2 or (kind < 6 and pattern.endswith("/**")):
        segments += more
    elif kind == 6:
        segments = [one.upper() for one in segments]
    return "/" + "/".join(segments) + chance.choice(QUERIES)


def means(pattern: str, sent: str) -> bool:
    """Return whether *sent* is a path that *pattern* means, a segment after the other.

    What a star stands for, and the query, are characters of ASCII that can be seen: others arrive escaped.
    """
    asked, there, query = pattern.split("/"), sent.partition("?")[0].split("/"), sent.partition("?")[2]
    if not _is_seen(query):
        return False
    while asked and there:
        if asked == ["**"]:
            return all(map(_is_seen, there))
        want, have = asked.pop(0), there.pop(0)
        if want == "*" and not (have and _is_seen(have)):
            return False
        if want not in ("*", have):
            return False
    return not there and asked in ([], ["**"])


def _is_seen(text: str) -> bool:
    return all("!" <= letter <= "~" for letter in text)


def asked(number: int, chance: Random) -> tuple[Question, list[bool]]:
    """Return a question about some rules, one for each of some pods, and what the grammar says of each request."""
    keys = [AppKey("shop", f"a{index}") for index in range(AT_ONCE)]
    caller = Pods("shop", Selector((("app", "caller"),)))
    apps = [app(key, selector=Selector((("app", key.name),)), egress=False) for key in keys]
    rules = [rule(chance) for _ in keys]
    flows = [
        replace(flow(caller, one, PortMatch("TCP", 80)), requests=(Rule((), pattern),))
        for one, pattern in zip(apps, rules, strict=True)
    ]
    policies = [one.body for one in api.render(intent(apps=tuple(apps), flows=tuple(flows), cni="cilium"))]
    homes = [f"10.244.0.{index + 2}" for index in range(AT_ONCE)]
    pods = {home: Pod("shop", one.selector.labels) for home, one in zip(homes, apps, strict=True)}
    placed = {"10.244.0.1": Pod("shop", caller.selector.labels)} | pods
    sent = [
        (home, pattern, path(pattern, chance)) for home, pattern in zip(homes, rules, strict=True) for _ in range(PATHS)
    ]
    requests = tuple(Request("10.244.0.1", home, ("TCP", 80), "GET", each) for home, _, each in sent)
    question = Question(
        f"paths {number}", plainly([*policies, *objects(placed)]), tuple(placed), (("TCP", 80),), requests
    )
    return question, [means(pattern, each) for _, pattern, each in sent]


def test_random_paths(engine_seed: str) -> None:
    """A request passes the engine where its path, compared segment by segment, is one that the rule means."""
    chance = chance_of(f"paths/{engine_seed}")
    made = [asked(number, chance) for number in range(RULES // AT_ONCE)]
    differ, letters = [], Counter[str]()
    for (question, meant), theirs in zip(made, answers(question for question, _ in made), strict=True):
        assert (theirs.refused, theirs.unsupported) == ((), ())
        letters += Counter(theirs.requests)
        for one, is_meant, letter in zip(question.requests, meant, theirs.requests, strict=True):
            if letter != str(int(is_meant)):
                differ.append(f"{one.target} {one.path}: the engine says {letter}")
    assert differ == []
    assert letters.total() == RULES * PATHS
    assert min(letters.values()) > RULES * PATHS / 4
