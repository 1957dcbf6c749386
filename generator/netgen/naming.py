"""Names of objects that are made of other names."""

from __future__ import annotations

_LONGEST = 253
DENIALS = "netgen"
"""The tier of denials where a plugin has tiers, which is theirs alone."""
_TIERED = frozenset(("calico",))
"""The plugins whose policies are in tiers: up to Calico 3.31 what stands before a dot in a name is the tier."""


def ingress_name(document: str, entrypoint: str, host: str) -> str:
    """Return the name of the Ingress that holds *host* of *document* at *entrypoint*, where the spec gives none."""
    # No top-level domain is called wildcard, so no other host has this name.
    host = f"{host[2:]}.wildcard" if host.startswith("*.") else host
    return fitting(f"{document}.{entrypoint}.{host}")


def denial_name(name: str, cni: str) -> str:
    """Return *name* as the name of an object that denies: where the plugin *cni* has tiers, with that of the tier."""
    return f"{DENIALS}.{dotless(name, _LONGEST - len(DENIALS) - 1)}" if cni in _TIERED else fitting(name)


def isolation_name(document: str, cni: str) -> str:
    """Return the name of the policy that closes the namespace of *document*, for the plugin *cni*."""
    return dotless(f"{document}--isolate-namespace") if cni in _TIERED else f"{document}.isolate-namespace"


def world_name(name: str) -> str:
    """Return the name of the policy that opens the world to or from the app *name*, where that is one of its own."""
    return dotless(f"{name}--world")


def dotless(name: str, longest: int = _LONGEST) -> str:
    """Return *name* without dots, at most so long as *longest*."""
    return _fitting(name.replace(".", "-"), longest, "-")


def fitting(name: str) -> str:
    """Return *name*, or where it is longer than the name of an object can be, its beginning and a hash of all of it.

    The hash begins with a letter, so that no reader takes it for a number.
    """
    return _fitting(name, _LONGEST, ".")


def _fitting(name: str, longest: int, mark: str) -> str:
    if len(name) <= longest:
        return name
    import hashlib  # noqa: PLC0415 - hardly any name is so long

    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{name[: longest - 20].rstrip('-.')}{mark}h{digest[:16]}"
