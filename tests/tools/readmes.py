"""What a README shows in its fenced blocks."""

from __future__ import annotations

import re
from pathlib import Path


def blocks(file: Path, language: str) -> list[str]:
    """Return the fenced blocks of *file* in *language*, which is empty for those that name none."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", file.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [block for named, block in found if named == language]
