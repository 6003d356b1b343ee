"""Recognise manifests by what they say."""

from __future__ import annotations

import re

_API_VERSION = re.compile(
    r"""^(?:-\s+)?["']?apiVersion["']?\s*:\s*\S|"apiVersion"\s*:\s*"|[{,]\s*apiVersion\s*:""",
    re.MULTILINE,
)
_KIND = re.compile(r"""^(?:-\s+|\s\s)?["']?kind["']?\s*:\s*\S|"kind"\s*:\s*"|[{,]\s*kind\s*:""",
                   re.MULTILINE)  # fmt: skip


def detect(path: str, head: str) -> int:
    """2 for a text with `apiVersion` and `kind`, else 0; template text is left to its own tool."""
    if not path.endswith((".yaml", ".yml", ".json")):
        return 0
    if _API_VERSION.search(head) is None or _KIND.search(head) is None:
        return 0
    return 2
