"""What is written in strings and numbers."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r'\\(?:(["\\nrt])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|(\$\$|%%)\{')
_ESCAPED = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


def unescape(text: str) -> str:
    """A quoted string's text with its escapes resolved."""
    if "\\" not in text and "{" not in text:
        return text
    return _ESCAPE.sub(_unescaped, text)


def unescape_raw(text: str) -> str:
    """A heredoc's text: only the template signs are escaped there."""
    return text.replace("$${", "${").replace("%%{", "%{")


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return _ESCAPED[match[1]]
    if match[4]:
        return match[4][0] + "{"
    code = int(match[2] or match[3], 16)
    # Half a surrogate pair is no character, and no output could encode it.
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"


def number_of(text: str) -> int | float:
    """The number; infinite if it is too large for a float."""
    return int(text) if len(text) < 4000 and text.lstrip("-").isdigit() else float(text)
