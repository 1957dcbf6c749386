"""Names of objects that are made of other names."""

from __future__ import annotations

_LONGEST = 253


def fitting(name: str) -> str:
    """Return *name*, or where it is longer than the name of an object can be, its beginning and a hash of all of it.

    The hash begins with a letter, so that no reader takes it for a number.
    """
    if len(name) <= _LONGEST:
        return name
    import hashlib  # noqa: PLC0415 - hardly any name is so long

    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{name[: _LONGEST - 20].rstrip('-.')}.h{digest[:16]}"
