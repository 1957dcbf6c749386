"""How `./dev docs` builds these pages: offline, and with nothing in them that a browser would fetch from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

from netgen import __version__

project = "netgen"
version = release = __version__
copyright = ""  # noqa: A001 - Sphinx reads this name
html_show_copyright = False
html_show_sphinx = False

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"netgen {version}"
html_static_path = ["_static"]
html_css_files = ["netgen.css"]
html_copy_source = False
html_show_sourcelink = False
smartquotes = False  # --out is no dash
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_use_type_comments = False
autodoc_preserve_defaults = True


def with_their_links(_app: Sphinx, path: Path, _page: str, content: list[str]) -> None:
    """Have the links of a page that is included lead to where that page stands."""
    folder = Path("..", "integrations", Path(path).parent.name)
    content[0] = re.sub(r"\]\((?![a-z]+:|#|/)", f"]({folder.as_posix()}/", content[0])


def said(app: Sphinx, exception: Exception | None) -> None:
    """Say where the first page is."""
    if exception is None:
        print(Path(app.outdir, "index.html").relative_to(Path(app.srcdir).parent))  # noqa: T201 - `./dev docs` is quiet


def setup(app: Sphinx) -> None:
    """Tell Sphinx of both."""
    app.connect("include-read", with_their_links)
    app.connect("build-finished", said)
