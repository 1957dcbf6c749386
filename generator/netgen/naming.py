"""Names of objects that are made of other names."""

from __future__ import annotations

_LONGEST = 253


def ingress_name(document: str, entrypoint: str, host: str) -> str:
    """Return the name of the Ingress that holds *host* of *document* at *entrypoint*, where the spec gives none."""
    # No top-level domain is called wildcard, so no other host has this name.
    host = f"{host[2:]}.wildcard" if host.startswith("*.") else host
    return fitting(f"{document}.{entrypoint}.{host}")


def fitting(name: str) -> str:
    """Return *name*, or where it is longer than the name of an object can be, its beginning and a hash of all of it.

    The hash begins with a letter, so that no reader takes it for a number.
    """
    if len(name) <= _LONGEST:
        return name
    import hashlib  # noqa: PLC0415 - hardly any name is so long

    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{name[: _LONGEST - 20].rstrip('-.')}.h{digest[:16]}"
