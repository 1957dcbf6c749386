"""No text, whatever it holds, and no part left out changes the shape of what is rendered, or runs anything.

H13 (texts; test_matrix has every place of a spec), H14 (what is left out), H15 (templates), H16 (what a controller
would take for its configuration), and what reaches git and file names.
"""

from __future__ import annotations

import ast
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from hostile import PAYLOADS
from intents import FULL, PUBLIC, flow, route
from netgen import api
from netgen.annotations import unsafe
from netgen.intent import Addresses, Block, Intent, Tls
from netgen.problems import NetgenError, Severity
from netgen.render import Manifest, render
from netgen.render.templates import environment, fill
from netgen.resources import folder
from netgen.source import Dialect, Spot, read
from netgen.verify import prove
from places import SCENES, SCHEMAS, named_environment, node_of, scene
from specs import apps, document, load, platform, refused
from systems import Data

ROOT = Path(__file__).parents[1]

# ------------------------------------------------------------------------------------------- H14: what is left out

OPTIONAL: list[tuple[str, Callable[[Intent], Intent]]] = [
    ("app.labels", lambda i: replace(i, apps=tuple(replace(a, labels=()) for a in i.apps))),
    ("app.annotations", lambda i: replace(i, apps=tuple(replace(a, annotations=()) for a in i.apps))),
    ("app.why", lambda i: replace(i, apps=tuple(replace(a, why="") for a in i.apps))),
    ("flow.ports", lambda i: replace(i, flows=tuple(replace(f, ports=()) for f in i.flows))),
    ("flow.why", lambda i: replace(i, flows=tuple(replace(f, why="") for f in i.flows))),
    ("flows", lambda i: replace(i, flows=())),
    ("block.excluded", lambda i: replace(i, flows=(flow(Addresses((Block("::/0"),)), i.apps[0]),))),
    ("isolated.labels", lambda i: replace(i, isolated=(replace(i.isolated[0], labels=(), annotations=()),))),
    ("route.tls", lambda i: replace(i, routes=(replace(i.routes[0], tls=None),))),
    ("route.secret", lambda i: replace(i, routes=(replace(i.routes[0], tls=Tls(None)),))),
    ("route.labels", lambda i: replace(i, routes=(replace(i.routes[0], labels=(), annotations=()),))),
    ("entrypoint", lambda i: replace(i, routes=(route(entrypoint=PUBLIC._replace(annotations=(), secure=())),))),
    *(
        (name, lambda i, name=name, value=value: replace(i, services=(replace(i.services[0], **{name: value}),)))
        for name, value in {
            "annotations": (),
            "labels": (),
            "ports": (),
            "headless": True,
            "affinity_seconds": None,
            "local_traffic": False,
            "source_ranges": (),
            "load_balancer_class": None,
        }.items()
    ),
]
FOR_ALL = {
    ("shop.isolate-namespace", "spec", "podSelector"),
    ("cart", "spec", "egress", "0", "to", "0", "namespaceSelector"),
}
Path_ = tuple[Any, ...]


def blanks(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each null, empty text, map and list in *value*."""
    if value in (None, "", {}, []):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from blanks(item, (*path, str(key)))


@pytest.mark.parametrize("left_out", [*itertools.combinations(OPTIONAL, 1), *itertools.combinations(OPTIONAL, 2)])
def test_what_an_intent_leaves_out_leaves_no_null(left_out: tuple[tuple[str, Callable[[Intent], Intent]], ...]) -> None:
    """Without optional parts, one or two at a time, no null or empty list appears, and only words for all are empty."""
    bare = FULL
    for _, leave in left_out:
        bare = leave(bare)
    found = {(m.name, *path) for m in render(bare) for path in blanks(m.body)}
    assert found <= FOR_ALL


def optional(value: Any, node: Data, schema: Data, path: Path_ = ()) -> Iterator[Path_]:
    """Yield the path of each member and item of *value* that the schema does not ask for."""
    node = node_of(node, value, schema)
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in node.get("required", ()):
                yield (*path, key)
            inner = node.get("properties", {}).get(key) or node.get("additionalProperties", {})
            yield from optional(item, inner, schema, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield (*path, index)
            yield from optional(item, node["items"], schema, (*path, index))


def optional_in(documents: list[Data]) -> list[Path_]:
    """Return the same for each of *documents*, its number first."""
    return [
        (number, *path)
        for number, one in enumerate(documents)
        for path in optional(one, SCHEMAS[one["kind"]], SCHEMAS[one["kind"]])
    ]


def without(documents: list[Data], paths: tuple[Path_, ...]) -> list[Data]:
    """Return *documents* without what is at *paths*, of which none leads into another."""
    left: list[Data] = json.loads(json.dumps(documents))
    for path in sorted(paths, key=str, reverse=True):  # of two items of a list, the later one first
        holder: Any = left
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]
    return left


def may_be_empty(manifest: Manifest, path: tuple[str, ...], text: str) -> bool:
    """Say whether *text* has the word by which the part at *path* of *manifest* is all there is."""
    if path == ("spec", "podSelector"):
        return manifest.name.endswith(".isolate-namespace")
    if path == ("spec", "endpointSelector"):
        return ".never." in manifest.name and "/*" in text
    if manifest.body["apiVersion"] == "cilium.io/v2" and path in (("spec", way, "0") for way in ("ingress", "egress")):
        return bool(manifest.body["spec"][path[1]] == [{}])  # a rule for nobody, the only one
    if path[-1] == "podSelector":
        return "/*" in text
    return path[-1] == "namespaceSelector" and '"any' in text


def check_without(documents: list[Data], paths: tuple[Path_, ...]) -> bool:
    """Return whether *documents* still mean something without what is at *paths*; then nothing in them is empty."""
    left = without(documents, paths)
    text = "---\n".join(json.dumps(one) + "\n" for one in left)
    try:
        found = api.render(api.load("-", stdin=text.encode(), env=named_environment(left)).intent)
    except NetgenError:
        return False
    empty = [(one.name, path) for one in found for path in blanks(one.body) if not may_be_empty(one, path, text)]
    assert empty == [], paths
    return True


GOLDEN = {
    path.name: [
        one
        for file in sorted(path.rglob("*.yaml"))
        for one in yaml.safe_load_all(file.read_text("utf-8"))
        if one["apiVersion"].startswith("netgen.dev/")
    ]
    for path in sorted(ROOT.glob("specs/*"))
}
BASES: dict[str, list[Data]] = {f"scene-{n}": scene(text) for n, text in enumerate(SCENES)} | GOLDEN


@pytest.mark.parametrize("name", [name for name in BASES if name.startswith("scene")])
def test_what_a_spec_leaves_out_leaves_nothing_empty(name: str) -> None:
    """Without any one of its optional keys and items a spec is refused, or no null, empty selector or list appears."""
    paths = optional_in(BASES[name])
    assert sum(check_without(BASES[name], (path,)) for path in paths) > len(paths) / 4


@pytest.mark.heavy
@pytest.mark.parametrize("name", BASES)
def test_what_a_spec_leaves_out_two_at_a_time(name: str) -> None:
    """Without one or two of them, in the examples too; of a long example each with the next fifteen."""
    paths = optional_in(BASES[name])
    pairs = [
        (one, other)
        for index, one in enumerate(paths)
        for other in paths[index + 1 : None if len(paths) < 80 else index + 16]
        if other[: len(one)] != one
    ]
    tried = [check_without(BASES[name], chosen) for chosen in [*((path,) for path in paths), *pairs]]
    assert sum(tried) > len(paths) / 4


# ------------------------------------------------------------------------------ H13: texts, as the templates get them

MARKER = "here-stood-a-text"


def places(value: Any, path: str = "") -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Yield each text in *value*: its path, and a function that returns *value* with another text there."""
    if isinstance(value, str):
        yield path, lambda text: text
    elif isinstance(value, tuple) and not isinstance(value, Spot):
        make = getattr(value, "_make", tuple)
        for index, item in enumerate(value):
            for inner, put in places(item, f"{path}.{index}"):
                yield inner, lambda text, i=index, put=put: make((*value[:i], put(text), *value[i + 1 :]))
    elif is_dataclass(value):
        for field in fields(value):
            for inner, put in places(getattr(value, field.name), f"{path}.{field.name}"):
                yield inner, lambda text, name=field.name, put=put: replace(value, **{name: put(text)})


def swapped(value: Any, text: str) -> Any:
    """Return the parsed *value* with *text* for the marker, in keys and values."""
    if isinstance(value, dict):
        return {swapped(key, text): swapped(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [swapped(item, text) for item in value]
    return value.replace(MARKER, text) if isinstance(value, str) else value


def shape(manifests: tuple[Manifest, ...]) -> tuple[list[str], list[int]]:
    """Return the bodies and the numbers of lines of *manifests*, in an order that no name decides."""
    bodies = sorted(json.dumps(manifest.body, sort_keys=True) for manifest in manifests)
    return bodies, sorted(manifest.text.count("\n") for manifest in manifests)


# The CNI is no text that is written: it is the key of what writes.
PLACES = [(path, put) for path, put in places(FULL) if path != ".cni"]


def test_there_are_enough_places_and_payloads() -> None:
    """Every text of the Intent is a place."""
    assert len(PLACES) > 100
    assert len(set(PAYLOADS)) > 60


@pytest.mark.parametrize(("path", "put"), PLACES, ids=[path for path, _ in PLACES])
def test_a_hostile_text_changes_nothing_but_itself(path: str, put: Callable[[str], Intent]) -> None:
    """Whatever text stands in a place, the objects are those of a harmless text there, and so are their lines.

    No spec has given it: the templates hold alone, too.
    """
    harmless = render(put(MARKER))
    for text in PAYLOADS:
        expected = tuple(replace(m, document=replace(m.document, data=swapped(m.body, text))) for m in harmless)
        assert shape(render(put(text))) == shape(expected), (path, text)


# ----------------------------------------------------------------------------------------------------- H15: templates


@pytest.mark.parametrize("name", ["../pyproject.toml", "/etc/passwd", "service/../../pyproject.toml", "", "shop.yaml"])
def test_templates_are_those_of_netgen(name: str) -> None:
    """There are no templates of users: what is not in the folder of templates is none."""
    with pytest.raises(jinja2.TemplateNotFound):
        fill(name, None)
    loader: Any = environment().loader
    assert loader.searchpath == [str(folder("templates"))]


def test_no_text_becomes_a_template() -> None:
    """Nothing in netgen compiles a text as a template, and no key of the language names one."""
    calls = {
        node.func.attr
        for file in (ROOT / "generator").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert calls & {"from_string", "compile_expression", "Template", "render_async", "overlay"} == set()
    assert "get_template" in calls
    keys = {key for schema in SCHEMAS.values() for key in json.dumps(schema).split('"') if key.isalnum()}
    assert {key for key in keys if key.lower().startswith(("template", "jinja", "helm"))} == set()


# ---------------------------------------------------------------------- H16: what becomes a controller's configuration

NGINX = "nginx.ingress.kubernetes.io/"
INJECTED = (
    # CVE-2025-24514 (auth-url), CVE-2025-1097 (auth-tls-match-cn), CVE-2025-1098 (mirror), with CVE-2025-1974
    *("http://a.example/#;}}}\n\nssl_engine /proc/7/fd/9;\n#", "http://a.example/#;load_module /tmp/a.so;\n"),
    "#;\nx",
    *("CN=abc #(\n){}\n}}\n\nssl_engine /tmp/a.so;\n#", 'CN=x";}load_module /tmp/a.so;#'),
    "http://a/;}\nserver{listen 81;",
    # CVE-2023-5044 (permanent-redirect), CVE-2021-25746 (any annotation)
    *("https://a.example;}location /x{content_by_lua 'os.execute(1)';}", "/x;return 200 $uri"),
    "a\n}\nlocation /s {",
    *("https://a.example/';x='", '/";\nalias /etc/;#', "/a{", "/a}", "}", "{", "{}", "a{b}c", "x { y", "/`id`"),
    "`",
    # CVE-2023-5043 and CVE-2021-25742 (snippets), CVE-2024-7646 (a carriage return, which a validator overlooked)
    *("access_by_lua_block { x }", "lua_package_path '/tmp/?.lua;;';", "alias /var/run/secrets/;", "a\rb"),
    "ok\r\n;x",
    *("a\x00b", "a\x0bb", "on;", "off # x", "'", '"', "\n", "a\tb;", "\x1b]0;x\x07", "${a;b}", "${a}{"),
    *("a{1}}", "/#"),
    # The end of what is written, a quote or a semicolon, is a character of it then.
    *("\\", "a.example\\", "^/x\\\\\\"),
)
PATHS_ONLY = (
    *("/$x", "/$(id)", "/a b", "/a\\b", "/<x>", "/a|b", "/a^b", "/é", "/%", "/%zz", "/a*", "/~^/x$", "/a//b", "/../x"),
)
USED = {
    "rewrite-target": "/$2",
    "auth-url": "http://oauth2-proxy.auth.svc.cluster.local:4180/oauth2/auth?allowed_groups=a",
    "auth-signin": "https://$host/oauth2/start?rd=$escaped_request_uri",
    "auth-response-headers": "X-Auth-Request-User, X-Auth-Request-Email",
    "auth-tls-match-cn": "CN=(api|web)-[a-z]{2,5}",
    "auth-realm": "Authentication Required - shop",
    "whitelist-source-range": "10.0.0.0/8,\n2001:db8::/32\n",
    "proxy-body-size": "8m",
    "proxy-ssl-ciphers": "HIGH:!aNULL:!MD5",
    "upstream-hash-by": "${request_uri}-$remote_addr",
    "canary-by-header-pattern": "^a{2}$",
    "cors-allow-origin": "https://*.example.com, http://a.example:8080",
    "custom-http-errors": "404,503",
    "permanent-redirect": "https://www.example.com/x?y=1&z=2",
    "session-cookie-expires": "172800",
    "use-regex": "true",
    "limit-rps": "5",
    "mirror-target": "https://mirror.example.com/$request_uri",
    "ssl-redirect": "false",
    "app-root": "/app",
    "proxy-cookie-path": "/one/ /two/",
    "canary-by-header-value": "a\\d\\\\",
    "from-to-www-redirect": "true",
}
OTHERS = {
    "alb.ingress.kubernetes.io/listen-ports": '[{"HTTP":80},{"HTTPS":443}]',
    "alb.ingress.kubernetes.io/conditions.web": '[{"field":"http-header","httpHeaderConfig":{"values":["a"]}}]',
    "haproxy.org/request-set-header": 'Strict-Transport-Security "max-age=31536000"\nX-A b\n',
    "traefik.ingress.kubernetes.io/router.middlewares": "edge-redirect@kubernetescrd",
    "konghq.com/plugins": "rate-limit",
    "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes": "preserve_client_ip.enabled=true",
    "example.com/note": "line;\n'two' {#}\n",
    "example.com/snippet-of": "x",
    "example.com/alias": "x",
}
UNSAFE = {
    **{f"{NGINX}{name}": "x" for name in ("configuration-snippet", "server-snippet", "auth-snippet", "stream-snippet")},
    f"{NGINX}modsecurity-snippet": "SecRuleEngine On",
    f"{NGINX}server-alias": "other.example.com",
    "nginx.org/server-snippets": "x",
    "nginx.org/location-snippets": "x",
    "own.example.com/Configuration-Snippet": "x",
    "haproxy.org/backend-config-snippet": "x",
    "haproxy-ingress.github.io/config-backend": "x",
    "haproxy-ingress.github.io/config-backend-early": "x",
    "haproxy-ingress.github.io/server-alias-regex": "x",
    "konghq.com/host-aliases": "other.example.com",
    "appgw.ingress.kubernetes.io/hostname-extension": "other.example.com",
    "alb.ingress.kubernetes.io/conditions.web": '[{"field":"host-header","hostHeaderConfig":{"values":["other"]}}]',
    "zalando.org/skipper-routes": "r: * -> <shunt>;",
    "getambassador.io/config": "kind: Mapping",
    "config.kubernetes.io/local-config": "true",
    "helm.sh/hook": "test",
    "argocd.argoproj.io/hook": "Skip",
    "kustomize.toolkit.fluxcd.io/reconcile": "disabled",
    "kustomize.toolkit.fluxcd.io/ssa": "Ignore",
}


def annotated(place: str, key: str, value: str, allowed: tuple[str, ...] = ()) -> tuple[str, str]:
    """Return a spec and a platform with one annotation at *place*."""
    pair = json.dumps({key: value})
    by_place = {name: pair if name == place else "{}" for name in ("document", "service", "balancer", "entrypoint")}
    body = f"""
    apps:
      web:
        port: 8080
        service: {{annotations: {by_place["service"]}}}
        expose: [https://shop.example.com, {{loadBalancer: {{name: lb, annotations: {by_place["balancer"]}}}}}]
    """
    more = f", annotations: {by_place['document']}"
    unsafe_keys = f"unsafeAnnotations: {json.dumps(allowed)}\n" if allowed else ""
    gate = f"entrypoints: {{public: {{ingress: nginx, annotations: {by_place['entrypoint']}}}}}\n"
    return document(body, more=more), platform(unsafe_keys + gate)


WHERE = ("document", "service", "balancer", "entrypoint")


@pytest.mark.parametrize("place", WHERE)
def test_values_that_break_out_are_refused(place: str) -> None:
    """None of the texts of the advisories passes in an annotation of ingress-nginx."""
    for name in ("auth-url", "auth-tls-match-cn", "permanent-redirect"):
        for text in INJECTED:
            codes = {problem.code for problem in refused(*annotated(place, NGINX + name, text))}
            assert codes <= {"unsafe-annotation", "control-character"}, (name, text)


@pytest.mark.parametrize("text", [*INJECTED, *PATHS_ONLY])
def test_hosts_and_paths_that_break_out_are_refused(text: str) -> None:
    """Nor in a host or a path, short or long, where more characters are none of a URL."""
    for url in (f"https://{text}", f"https://shop.example.com{text}", f"https://shop.example.com/x{text}"):
        for expose in (json.dumps(url), json.dumps([{"url": url}])):
            with pytest.raises(NetgenError):
                load(apps(f"web: {{port: 8080, expose: {expose}}}"), ingress="nginx")
    with pytest.raises(NetgenError):
        load(apps("web: 8080"), platform(f"entrypoints: {{e: {{ingress: nginx, hosts: [{json.dumps(text)}]}}}}"))


@pytest.mark.parametrize("place", WHERE)
def test_annotations_in_use_come_out(place: str) -> None:
    """What people set on controllers and load balancers is neither refused nor warned of, and comes out as it is."""
    for key, value in {**{NGINX + name: value for name, value in USED.items()}, **OTHERS}.items():
        loaded = load(*annotated(place, key, value))
        assert {problem.code for problem in loaded.problems} <= {"world-includes-pods"}, key
        bodies = [one.body for one in api.render(loaded.intent)]
        assert any(body["metadata"].get("annotations", {}).get(key) == value for body in bodies)


@pytest.mark.parametrize("place", WHERE)
@pytest.mark.parametrize(("key", "value"), UNSAFE.items())
def test_unsafe_annotations_are_refused_unless_they_are_allowed(place: str, key: str, value: str) -> None:
    """Configuration and aliases are refused where they stand; the Platform allows them, with a warning and a mark."""
    (problem,) = refused(*annotated(place, key, value))
    assert (problem.code, problem.place is not None) == ("unsafe-annotation", True)
    assert f"unsafeAnnotations: [{key}]" in problem.fix
    assert [one.code for one in refused(*annotated(place, key, value, ("example.com/other",)))] == ["unsafe-annotation"]
    loaded = load(*annotated(place, key, value, (key,)))
    assert [one.code for one in loaded.problems if one.severity is Severity.WARNING] == ["annotation-allowed"]
    marked = [one for one in api.render(loaded.intent) if key in one.body["metadata"].get("annotations", {})]
    assert marked != []
    assert all(f"\n  # unsafe, allowed by the platform: {key}\n" in one.text for one in marked)


def test_without_unsafe_annotations_nothing_is_marked() -> None:
    """The mark is for those alone."""
    manifests = api.render(load(*annotated("entrypoint", f"{NGINX}app-root", "/x")).intent)
    assert not any("unsafe" in one.text for one in manifests)


def proved(change: Callable[[dict[str, Data]], object], allowed: str = "") -> list[str]:
    """Return what the proof finds in the manifests of a shop after *change*; *allowed* is an annotation of the spec."""
    keys = (allowed,) if allowed else ()
    loaded = load(*annotated("entrypoint", allowed or "example.com/x", "x", keys))
    bodies = {one.kind + " " + one.name: json.loads(json.dumps(one.body)) for one in api.render(loaded.intent)}
    change(bodies)
    reading = read(yaml.safe_dump_all(bodies.values()), "changed", Dialect.MANIFEST)
    return [one.code for one in prove(loaded.intent, reading.documents, (), cni="kubernetes").findings]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Ingress shop.public.shop.example.com", "route-differs"),
        ("Service web", "service-differs"),
        ("Service lb", "service-differs"),
    ],
)
def test_the_proof_sees_unsafe_annotations(name: str, code: str) -> None:
    """One that the manifests have and the spec does not is a finding; any other annotation is nobody's business."""
    for key, value in UNSAFE.items():
        assert proved(
            lambda bodies, pair={key: value}: bodies[name]["metadata"].setdefault("annotations", {}).update(pair)
        ) == [code]  # type: ignore[misc]
    assert proved(lambda bodies: bodies[name]["metadata"].setdefault("annotations", {}).update(OTHERS)) == []


def test_the_proof_knows_what_is_allowed() -> None:
    """What the Platform allows is asked for, and another value of it is not."""
    key, name = f"{NGINX}server-alias", "Ingress shop.public.shop.example.com"
    assert proved(len, allowed=key) == []
    assert set(proved(lambda bodies: bodies[name]["metadata"]["annotations"].update({key: "y"}), allowed=key)) == {
        "route-differs"
    }


@pytest.mark.parametrize("pair", [("config.kubernetes.io/local-config", ""), ("helm.sh/hook", "test")])
def test_a_policy_that_is_not_applied_proves_nothing(pair: tuple[str, str]) -> None:
    """Kustomize leaves such a policy out, and Helm has it now and then: it closes nothing."""
    key, value = pair

    def change(bodies: dict[str, Data]) -> None:
        bodies["NetworkPolicy web"]["metadata"]["annotations"] = {key: value}

    assert proved(change) == ["unproven"]
    assert proved(lambda bodies: bodies["NetworkPolicy web"]["metadata"].update(annotations=OTHERS)) == []
    loaded = load(*annotated("document", key, value, (key,)))
    documents = [one.document for one in api.render(loaded.intent)]
    assert prove(loaded.intent, documents, (), cni="kubernetes").findings == ()


def test_objects_are_applied_where_their_annotation_says_so() -> None:
    """The same keys with the other value are no more than a setting."""
    for key, value in {
        "config.kubernetes.io/local-config": "false",
        "kustomize.toolkit.fluxcd.io/ssa": "Merge",
    }.items():
        assert load(*annotated("document", key, value)).problems == load(*annotated("document", "a", "b")).problems


def test_import_leaves_unsafe_annotations_out(tmp_path: Path) -> None:
    """The spec of what somebody has can be rendered at once, and what it lacks is named."""
    key = f"{NGINX}server-alias"
    manifests = api.render(load(*annotated("entrypoint", key, "other.example.com", (key,))).intent)
    file = tmp_path / "all.yaml"
    file.write_text(api.stream(manifests, "yaml"), encoding="utf-8")
    found, _ = api.import_manifests([file])
    assert [problem.code for problem in found.unsaid] == ["not-imported"]
    assert key in found.unsaid[0].message
    assert key not in found.text
    rendered = api.render(api.load("-", stdin=found.text.encode()).intent)
    assert not any(unsafe(*pair) for one in rendered for pair in one.body["metadata"].get("annotations", {}).items())


# ------------------------------------------------------------------------------------------- arguments and file names

MARK = "was-here"
GIT = shutil.which("git") or "git"
REVISIONS = (
    *(f"git:--upload-pack=touch {MARK}", f"git:--output={MARK}", f"git:-o{MARK}", "git:-", "git:--", "git:-h"),
    "git:--exec=x",
    *(f"git:$(touch {MARK})", f"git:`touch {MARK}`", f"git:HEAD;touch {MARK}", f"git:HEAD|touch {MARK}"),
    f"git:HEAD\ntouch {MARK}",
    *(f"git:ext::sh -c touch% {MARK}", "git:HEAD:--output=x", "git:HEAD:-x", "git:HEAD:../../etc/passwd"),
    "git:HEAD:/etc/passwd",
    *("git:HEAD^{/x}", "git:@{-1}", "git::/x", "git:HEAD:\x01", "git:HEAD^!", "git:^HEAD", "git:--all"),
    *("git:HEAD --", "git:%s"),
)
FLAGS = (
    *(("diff", revision, "spec.yaml") for revision in REVISIONS),
    *(("diff", "spec.yaml", revision) for revision in REVISIONS[:6]),
    *(
        ("render", "--platform", value, "spec.yaml")
        for value in ("--output=x", "$(touch was-here)", "|touch was-here", "-")
    ),
    *(
        ("render", "spec.yaml", "--ingress", value)
        for value in ("--output=x", "{{ 7 * 7 }}", "../x", "a\nb", "$(id)", "a/b")
    ),
    *(("render", "spec.yaml", "--cni", value) for value in ("--x", "{{ x }}", "../x", "`id`")),
    *(
        ("check", value)
        for value in ("--output=x", "|touch was-here", "$(touch was-here)", "-rf", "file:///etc/passwd")
    ),
    *(("reach", value) for value in ("|touch was-here", "http://a.example/x.yaml", "$(touch was-here)")),
    *(("reach", "spec.yaml", "--from", "$(touch was-here)"),),
    ("can", "$(touch was-here)", "b:80", "--spec", "spec.yaml"),
    *(("explain", "../../etc/passwd"), ("verify", "--spec", "spec.yaml", "|touch was-here")),
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with a spec in it."""
    (tmp_path / "spec.yaml").write_text(apps("web: 8080"), encoding="utf-8")
    (tmp_path / "-x").write_text(apps("web: 8081"), encoding="utf-8")
    environment_of_git = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for words in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "x"),
    ):
        subprocess.run([GIT, *words], cwd=tmp_path, check=True, env=environment_of_git)
    return tmp_path


def test_no_argument_runs_or_writes_anything(repository: Path) -> None:
    """What looks like a flag of git, a command or a path is a revision or a file that is not there."""
    before = {path.relative_to(repository) for path in repository.rglob("*")}
    program = (
        "import sys, json\nfrom netgen.cli import main\n"
        "for words in json.loads(sys.stdin.read()):\n"
        "    sys.argv = ['netgen', *words]\n"
        "    try: main()\n"
        "    except SystemExit as done: print(json.dumps(done.code), file=sys.__stderr__)\n"
        "    else: print('0', file=sys.__stderr__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=repository,
        input=json.dumps(FLAGS),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in done.stderr
    codes = [int(line) for line in done.stderr.splitlines() if line.isdecimal()]
    assert len(codes) == len(FLAGS), done.stderr
    assert 70 not in codes
    assert {path.relative_to(repository) for path in repository.rglob("*")} == before


def test_no_name_of_a_spec_leaves_the_folder(tmp_path: Path) -> None:
    """Names of files come from namespaces that are DNS labels, and all else of a spec is in no name of a file."""
    for name in ("../x", "..", ".", "/x", "a/b", "a\\b", "C:x", "-rf", "CON", "x\n", "x" * 64, "", "a b", ".git", "~"):
        with pytest.raises(NetgenError):
            load(document("apps: {web: 8080}", json.dumps(name), name="d"))
    manifests = api.render(
        load(document("apps: {web: 8080}\n", "con"), document("apps: {web: 8080}\n", "kustomization")).intent
    )
    api.write(manifests, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "con_.yaml",
        "kustomization_.yaml",
        "kustomization.yaml",
        ".netgen",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
