"""Where one document of a stream of manifests ends: kubectl looks for the line before it reads any YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator

# k8s.io/apimachinery pkg/util/yaml/decoder.go, YAMLReader: blanks and a comment may follow, with or without a blank.
_SEPARATOR = re.compile(r"^---(?=[ \t]*(#.*)?\r?$)", re.MULTILINE)
_GLUED = re.compile(r"^---(?=#)", re.MULTILINE)


def unglued(content: str) -> str:
    """Return *content* with a blank before the comment of each separator: to YAML, `---# text` is no separator."""
    return _GLUED.sub("--- ", content) if "---#" in content else content


def pieces(content: str) -> Iterator[str]:
    """Yield the documents of *content*, each with the separator that ends it, so that joined they are *content*."""
    start = 0
    for match in _SEPARATOR.finditer(content):
        end = content.find("\n", match.end()) + 1 or len(content)
        yield content[start:end]
        start = end
    yield content[start:]
