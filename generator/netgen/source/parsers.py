"""The two parsers of PyYAML that give the events of a text: libyaml's, and the pure one where libyaml is missing."""

from __future__ import annotations

from typing import Any, Protocol

import yaml
from yaml.scanner import ScannerError


class Parser(Protocol):
    """Gives the events of a text, one a call."""

    def get_event(self) -> Any:
        """Return the next event; a YAMLError where the text is not YAML."""
        ...


class PureParser(yaml.SafeLoader):
    """PyYAML's own parser, which takes and refuses tabs between tokens, and directives, as libyaml does."""

    def scan_to_next_token(self) -> None:
        """Skip blanks, line ends and comments; tabs too, where no indentation can be meant."""
        super().scan_to_next_token()
        while self.peek() == "\t" and (self.flow_level or not self.allow_simple_key):
            self.forward()
            super().scan_to_next_token()

    def scan_directive(self) -> Any:
        """Read a directive; one without a meaning is an error."""
        token = super().scan_directive()
        if token.name not in ("YAML", "TAG") or (token.name == "YAML" and token.value[1] > 2):
            raise ScannerError("while scanning a directive", token.start_mark, "unknown", token.start_mark)
        return token


def parser(content: str) -> Parser:
    """Return the fastest parser of this installation, set on *content*."""
    return getattr(yaml, "CSafeLoader", PureParser)(content)
