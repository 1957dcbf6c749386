"""Where the templates and schemas are: inside an installed wheel, else at the top of the checkout."""

from pathlib import Path

_HERE = Path(__file__).parent


def folder(name: str) -> Path:
    """Return the folder *name* ("templates" or "schemas").

    A wheel holds them beside this module. An editable installation has no copy there (a copy would go stale), so the
    folder at the top of the checkout is taken.
    """
    packaged = _HERE / name
    return packaged if packaged.is_dir() else _HERE.parents[1] / name
