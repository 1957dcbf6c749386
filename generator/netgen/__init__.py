"""Kubernetes connectivity from one short spec, checked before it is written. The public API is netgen.api."""

__version__ = "0.1.0"
