"""Substitutions of `sed` whose result they would change again: `s/a/ab/`.

Only what can be decided is: plain characters, dots, classes and anchors in the pattern, plain
text and `&` in the replacement.
"""

from __future__ import annotations

import re
from typing import Final

_SUBSTITUTION: Final = re.compile(r"s(?P<mark>[/|#,:@!])")
_PLAIN: Final = re.compile(r"[\w \t./:=@,;\"'~%<>!&#-]+")
_MAX: Final = 200  # characters of a substitution that is judged


def fits_own_result(script: str, *, extended: bool = False) -> bool:
    """True if the substitution surely changes a line again that it has changed, and differently."""
    found = _SUBSTITUTION.match(script)
    if found is None or len(script) > _MAX:
        return False
    parts = _parts(script[found.end() :], found["mark"])
    if len(parts) != 3:
        return False
    pattern, replacement, options = parts
    plain = re.sub(r"\\(.)", r"\1", pattern)
    if extended and re.search(r"[+?(){}|]", pattern):
        return False
    # Characters that stand for themselves; a dot too, since the text at hand has one there.
    literal = pattern.replace("\\.", ".").replace("\\/", "/").replace("\\-", "-")
    if plain != literal or not _PLAIN.fullmatch(literal.strip("^$")) or "&" in literal:
        return False
    if not _PLAIN.fullmatch(replacement.replace("\\/", "/").replace("\\.", ".")):
        return False
    if re.fullmatch(r"[gI\d]*", options) is None or literal.startswith("^"):
        return False
    anchored_end = literal.endswith("$")
    text = literal.rstrip("$")
    once = replacement.replace("\\/", "/").replace("\\.", ".").replace("&", text)
    if once == text:
        return False
    return once.endswith(text) if anchored_end else text in once


def _parts(text: str, mark: str) -> list[str]:
    """Pattern, replacement and options."""
    parts: list[str] = []
    start = at = 0
    while at < len(text) and len(parts) < 2:
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == mark:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]] if len(parts) == 2 else parts
