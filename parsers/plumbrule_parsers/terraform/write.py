"""The writer of generated HCL: plain data to text, by python-hcl2.

Nothing calls it on a scan. It is for those who generate Terraform (fixtures, tests); fixes are text
edits at offsets, because a written file loses the spacing of the one that was read.
"""

from __future__ import annotations

from typing import Any


def write_hcl(data: dict[str, Any]) -> str:
    """HCL text of settings with plain values (str, int, float, bool, None, list, dict).

    Reading the text gives the data back: strings are written as literals, `${` included.
    """
    import hcl2

    text = hcl2.dumps({name: _written(value) for name, value in data.items()})
    assert isinstance(text, str)
    return text


def _written(value: Any) -> Any:
    """The value in python-hcl2's form, in which strings and keys carry their quotes."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return [_written(item) for item in value]
    if isinstance(value, dict):
        return {_quoted(key): _written(item) for key, item in value.items()}
    return value


_ESCAPES = {code: f"\\u{code:04x}" for code in (*range(0x20), 0x7F)}
_ESCAPES.update({ord('"'): '\\"', ord("\\"): "\\\\", 10: "\\n", 13: "\\r", 9: "\\t"})


def _quoted(text: str) -> str:
    escaped = text.translate(_ESCAPES).replace("${", "$${").replace("%{", "%%{")
    return f'"{escaped}"'
