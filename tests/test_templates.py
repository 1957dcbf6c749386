"""Templates hold no logic, and every value they print stands alone on its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2 import nodes

from netgen.render.templates import environment, fill
from netgen.resources import folder

FILES = sorted(folder("templates").rglob("*.j2"))
NAMES = [path.relative_to(folder("templates")).as_posix() for path in FILES]

ALLOWED = (
    *(nodes.Template, nodes.TemplateData, nodes.Output, nodes.Name, nodes.Getattr, nodes.Tuple, nodes.Const),
    *(nodes.For, nodes.If, nodes.Macro, nodes.Call, nodes.FromImport),
)
VALUE, MACRO = "\x00", "\x01"
LINES = re.compile(
    r" *(?:- )?(?:(?:[A-Za-z][A-Za-z0-9_./-]*|\x00): )?\x00| *(?:- )?\x00:"  # a value, a key
    r"| *# [^\x01]*|\x01|[^\x00\x01]*"  # a comment, a macro, text
)


def one_name(node: nodes.Node) -> bool:
    """Say whether *node* is a name or an attribute."""
    return isinstance(node, nodes.Name | nodes.Getattr)


RULES: tuple[tuple[type[nodes.Node], Callable[[Any], bool], str], ...] = (
    (nodes.If, lambda node: not one_name(node.test), "a condition must be one named property"),
    (nodes.For, lambda node: not one_name(node.iter), "a loop must run over one named property"),
    (nodes.For, lambda node: bool(node.test or node.recursive), "a loop takes every item"),
    (nodes.Getattr, lambda node: node.attr.startswith("_"), "an attribute must be public"),
    (nodes.Tuple, lambda node: node.ctx == "load", "Tuple belongs in Python"),
    (nodes.Output, lambda node: any(isinstance(part, nodes.Const) for part in node.nodes), "text is not printed"),
    (nodes.FromImport, lambda node: not isinstance(node.template, nodes.Const), "an import names its template"),
    (nodes.FromImport, lambda node: node.with_context, "a macro sees its arguments only"),
    (nodes.Macro, lambda node: bool(node.defaults), "a macro's arguments have no defaults"),
)


def problems(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and message for each thing in the template *source* that belongs in Python."""
    tree = environment().parse(source)
    macros = {macro.name for macro in tree.find_all(nodes.Macro)}
    macros |= {name for imported in tree.find_all(nodes.FromImport) for name in imported.names}
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, ALLOWED):
            yield node.lineno, f"{type(node).__name__} belongs in Python"
        if isinstance(node, nodes.Call) and not (isinstance(node.node, nodes.Name) and node.node.name in macros):
            yield node.lineno, "only macros may be called"
        if isinstance(node, nodes.Output):
            yield from misplaced(node)
        for kind, broken, message in RULES:
            if isinstance(node, kind) and broken(node):
                yield node.lineno, message


def misplaced(output: nodes.Output) -> Iterator[tuple[int, str]]:
    """Yield each line of *output* in which a value shares its place in the YAML with something else."""
    text, numbers = "", []
    for part in output.nodes:
        if isinstance(part, nodes.TemplateData):
            text += part.data
            numbers += [part.lineno + offset for offset in range(part.data.count("\n"))]
        elif isinstance(part, nodes.Call):
            text += f"{MACRO}\n"  # which ends its last line itself
            numbers.append(part.lineno)
        else:
            text += VALUE
    lines = text.split("\n")
    if lines.pop():
        yield output.lineno, "a tag stands on a line of its own"
    for number, line in zip(numbers, lines, strict=True):
        if not LINES.fullmatch(line):
            yield number, "a value stands alone, as a key, an item or a value"


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_templates_hold_no_logic(path: Path) -> None:
    """Every template of netgen passes the lint."""
    assert list(problems(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_templates_are_tidy(path: Path) -> None:
    """Templates have the one ending, no tabs, no trailing blanks and one final line end."""
    text = path.read_text(encoding="utf-8")
    assert path.name.endswith(".yaml.j2")
    assert not re.search(r"[\t\r]| \n", text)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_the_lint_sees_every_template() -> None:
    """The templates are where the environment looks for them."""
    assert environment().list_templates(["j2"]) == NAMES
    assert len(NAMES) >= 4


LOOP = "{%% for item in view.items %%}\n%s\n{%% endfor %%}\n"


@pytest.mark.parametrize(
    "source",
    [
        "kind: Service\n",
        "name: {{ view.name }}\n",
        "  - name: {{ view.name }}\n",
        "# {{ view.intent }}\n",
        "  # {{ view.key }}: nobody\n",
        "{{ view.key }}: {{ view.value }}\n",
        "- {{ view.key }}:\n",
        "kubernetes.io/metadata.name: {{ view.namespace }}\n",
        "{% if view.headless %}\nclusterIP: None\n{% else %}\nx: y\n{% endif %}\n",
        "{% if view.a %}\na: b\n{% elif view.b %}\nc: d\n{% endif %}\n",
        LOOP % "- {{ item }}",
        "{% for key, value in view.labels %}\n{{ key }}: {{ value }}\n{% endfor %}\n",
        '{% from "metadata.yaml.j2" import metadata %}\n{{ metadata(view.metadata) -}}\nspec: {}\n',
        "{% macro name(meta) %}\nname: {{ meta.name }}\n{% endmacro %}\n{{ name(view) -}}\n",
        "{# a remark #}\nkind: Service\n",
    ],
)
def test_plain_templates_pass(source: str) -> None:
    """Text, names, attributes, loops, conditions on one name, and macros are all that a template needs."""
    assert list(problems(source)) == []


ALONE = "a value stands alone, as a key, an item or a value"
OWN_LINE = "a tag stands on a line of its own"
CONDITION = "a condition must be one named property"
ITEMS = "a loop must run over one named property"


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("\n{% if view.kind == 'x' %}\na: b\n{% endif %}\n", 2, CONDITION),
        ("{% if not view.a %}\na: b\n{% endif %}\n", 1, CONDITION),
        ("{% if view.a and view.b %}\na: b\n{% endif %}\n", 1, CONDITION),
        ("{% if view.a is defined %}\na: b\n{% endif %}\n", 1, CONDITION),
        ("{% if view.a %}\na: b\n{% elif 1 %}\nc: d\n{% endif %}\n", 3, CONDITION),
        ("{% for item in view.items[1:] %}\n- x\n{% endfor %}\n", 1, ITEMS),
        ("{% for item in (1, 2) %}\n- x\n{% endfor %}\n", 1, ITEMS),
        ("{% for item in view.items if item.a %}\n- x\n{% endfor %}\n", 1, "a loop takes every item"),
        ("{% for item in view.items recursive %}\n- x\n{% endfor %}\n", 1, "a loop takes every item"),
        ("{% set x = view.name %}\n", 1, "Assign belongs in Python"),
        ("{% include 'metadata.yaml.j2' %}\n", 1, "Include belongs in Python"),
        ("{% extends 'metadata.yaml.j2' %}\n", 1, "Extends belongs in Python"),
        ("{% import 'metadata.yaml.j2' as m %}\n", 1, "Import belongs in Python"),
        ("{% block a %}\n{% endblock %}\n", 1, "Block belongs in Python"),
        ("{% with %}\na: b\n{% endwith %}\n", 1, "With belongs in Python"),
        ("{% filter upper %}\na: b\n{% endfilter %}\n", 1, "FilterBlock belongs in Python"),
        ("{% autoescape false %}\na: b\n{% endautoescape %}\n", 1, "ScopedEvalContextModifier belongs in Python"),
        ("a: {{ view.name|safe }}\n", 1, "Filter belongs in Python"),
        ("a: {{ view.name|upper }}\n", 1, "Filter belongs in Python"),
        ("a: {{ view.name ~ 'x' }}\n", 1, "Concat belongs in Python"),
        ("a: {{ view.port + 1 }}\n", 1, "Add belongs in Python"),
        ("a: {{ view['name'] }}\n", 1, "Getitem belongs in Python"),
        ("a: {{ view.a if view.b }}\n", 1, "CondExpr belongs in Python"),
        ("a: {{ view.a or view.b }}\n", 1, "Or belongs in Python"),
        ("a: {{ [view.a] }}\n", 1, "List belongs in Python"),
        ("a: {{ {'b': view.a} }}\n", 1, "Dict belongs in Python"),
        ("a: {{ (view.a, view.b) }}\n", 1, "Tuple belongs in Python"),
        ("a: {{ view.name.upper() }}\n", 1, "only macros may be called"),
        ("a: {{ range(3) }}\n", 1, "only macros may be called"),
        ("a: {{ view.__class__ }}\n", 1, "an attribute must be public"),
        ("a: {{ 'b' }}\n", 1, "text is not printed"),
        ("a: {{ 1 }}\n", 1, "text is not printed"),
        ("{% from view.file import m %}\n", 1, "an import names its template"),
        ("{% from 'm' import m with context %}\n", 1, "a macro sees its arguments only"),
        ("{% macro m(a=1) %}\nb: c\n{% endmacro %}\n", 1, "a macro's arguments have no defaults"),
        ("\n\na: x-{{ view.name }}\n", 3, ALONE),
        ("a: {{ view.name }}-x\n", 1, ALONE),
        ('a: "{{ view.name }}"\n', 1, ALONE),
        ("a: '{{ view.name }}'\n", 1, ALONE),
        ("a: {{ view.a }}{{ view.b }}\n", 1, ALONE),
        ("a: {{ view.a }}: {{ view.b }}\n", 1, ALONE),
        ("a: {{ view.a }} {{ view.b }}\n", 1, ALONE),
        ("a: {b: {{ view.b }}}\n", 1, ALONE),
        ("a: &x {{ view.b }}\n", 1, ALONE),
        ("a: b # {{ view.b }}\n", 1, ALONE),
        ("a:{{ view.name }}\n", 1, ALONE),
        ("{{ view.a }}:{{ view.b }}\n", 1, ALONE),
        ("a: {{ view.name }}", 1, OWN_LINE),
        ("a: {% if view.a %}b{% endif %}\n", 1, OWN_LINE),
    ],
)
def test_logic_in_a_template_is_found(source: str, line: int, message: str) -> None:
    """Each construct that could decide, compute or join is reported with its line."""
    assert (line, message) in list(problems(source))


def test_an_unknown_name_stops_the_rendering() -> None:
    """A template that asks for what its view lacks renders nothing."""
    with pytest.raises((jinja2.UndefinedError, AttributeError)):
        fill("service/service.yaml.j2", object())
