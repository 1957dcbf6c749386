"""The one Jinja2 environment: quotes every value it prints and refuses every unknown name."""

from __future__ import annotations

from functools import cache

import jinja2

from netgen.quoting import scalar
from netgen.resources import folder


@cache
def environment() -> jinja2.Environment:
    """Return the environment of all templates; it reads nothing but the folder of templates, each file once."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder("templates")),
        autoescape=True,
        finalize=scalar,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def fill(template: str, view: object) -> str:
    """Return the text of *template*, a path below the folder of templates, which sees *view* under that name."""
    return environment().get_template(template).render(view=view)
