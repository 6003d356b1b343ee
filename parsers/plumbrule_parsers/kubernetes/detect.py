"""Recognise manifests by what they say."""

from __future__ import annotations

import re

_API_VERSION = re.compile(
    r"""^(?:-\s+)?["']?apiVersion["']?\s*:\s*\S|"apiVersion"\s*:\s*"|[{,]\s*apiVersion\s*:""",
    re.MULTILINE,
)
_KIND = re.compile(r"""^(?:-\s+|\s\s)?["']?kind["']?\s*:\s*\S|"kind"\s*:\s*"|[{,]\s*kind\s*:""",
                   re.MULTILINE)  # fmt: skip


# An apiVersion of Kubernetes itself or of a custom resource's group.
_BUILTIN = re.compile(
    r"""^(?:-\s+)?["']?apiVersion["']?\s*:\s*["']?(?:v1\b|[\w.-]+/v\d)|"apiVersion"\s*:\s*"(?:v1"|[\w.-]+/v)""",
    re.MULTILINE,
)
_LONG = 4000


def detect(path: str, head: str) -> int:
    """2 for a text with `apiVersion` and `kind`, 1 if the kind may stand further below, else 0."""
    if not path.endswith((".yaml", ".yml", ".json")):
        return 0
    if _API_VERSION.search(head) is None:
        return 0
    if _KIND.search(head) is None:
        # A large value may stand between the two; what else has an apiVersion is short.
        return 1 if len(head) >= _LONG and _BUILTIN.search(head) else 0
    return 2
