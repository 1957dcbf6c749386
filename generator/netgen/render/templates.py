"""The one Jinja2 environment: quotes every value it prints and refuses every unknown name."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2
from jinja2.compiler import CodeGenerator

from netgen.quoting import scalar
from netgen.resources import folder


class _Code(CodeGenerator):
    """The code of templates that look up attributes of views and print values, which takes half of its time."""

    def visit_Getattr(self, node: jinja2.nodes.Getattr, frame: Any) -> None:  # noqa: N802 - Jinja2's name
        self.visit(node.node, frame)
        self.write(f".{node.attr}")

    def _output_child_pre(self, *_: Any) -> None:
        # What *finalize* returns is Markup, which is neither escaped nor copied.
        self.write("environment.finalize(")

    def _output_child_post(self, *_: Any) -> None:
        self.write(")")


@cache
def environment() -> jinja2.Environment:
    """Return the environment of all templates; it reads nothing but the folder of templates, each file once."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder("templates")),
        autoescape=True,
        finalize=scalar,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=-1,  # all of them, without an account of which one was used last
    )
    found.code_generator_class = _Code
    found.globals.clear()  # a template sees its view and nothing else, and each costs every object a little
    return found


def fill(template: str, view: object) -> str:
    """Return the text of *template*, a path below the folder of templates, which sees *view* under that name."""
    return environment().get_template(template).render(view=view)
