"""The two ways to read YAML: a spec that a person wrote, and a manifest as kubectl reads it."""

from __future__ import annotations

from enum import Enum


class Dialect(Enum):
    """SPEC refuses whatever YAML readers disagree on; MANIFEST takes what kubectl takes, with its meaning."""

    SPEC = "spec"
    MANIFEST = "manifest"

    @property
    def depth(self) -> int:
        """Return how many maps and lists may lie in each other."""
        return 64 if self is Dialect.SPEC else 100

    @property
    def most_bytes(self) -> int:
        """Return the size of the largest text that is read: the manifests of 50,000 apps in one file."""
        return (10 if self is Dialect.SPEC else 200) * 1024 * 1024
