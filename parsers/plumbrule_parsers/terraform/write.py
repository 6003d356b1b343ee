"""The writer of generated HCL: plain data to text, by python-hcl2."""

from __future__ import annotations

from typing import Any


def write_hcl(data: dict[str, Any]) -> str:
    """HCL text of plain data in python-hcl2's form (`{"locals": [{"a": 1}]}`)."""
    import hcl2

    text = hcl2.dumps(data)
    assert isinstance(text, str)
    return text
