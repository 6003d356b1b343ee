"""Letters as Go sees them: clusters that count as one character, and simple case mapping.

Sources: https://developer.hashicorp.com/terraform/language/functions/length (characters are
grapheme clusters) and Unicode Standard Annex #29; Hangul jamo that stand alone are not joined.
"""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
_MARKS = ("Mn", "Me", "Mc")


def clusters(text: str) -> list[str]:
    """The characters that a person sees: a letter with its marks, a flag, a joined emoji."""
    if text.isascii() and "\r" not in text:
        return list(text)
    out: list[str] = []
    flags = 0  # regional indicators in a row; two make a flag
    for letter in text:
        before = out[-1][-1] if out else ""
        is_flag = "\U0001f1e6" <= letter <= "\U0001f1ff"
        flags = flags + 1 if is_flag else 0
        joined = bool(before) and (
            (before == "\r" and letter == "\n")
            or (_extends(letter) and before not in "\r\n")
            or (before == _JOINER and unicodedata.category(letter) == "So")
            or (is_flag and flags % 2 == 0)
        )
        if joined:
            out[-1] += letter
        else:
            out.append(letter)
    return out


def _extends(letter: str) -> bool:
    """True for what belongs to the character before it: marks, joiners, skin tones, tags."""
    return (
        letter in (_JOINER, "\u200c")
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
        or "\U000e0020" <= letter <= "\U000e007f"
        or unicodedata.category(letter) in _MARKS
    )


def lower(text: str) -> str:
    """The text in lower case, each character by itself."""
    return text.lower() if text.isascii() else "".join(one.lower()[:1] for one in text)


def upper(text: str) -> str:
    """The text in upper case; a character without a single counterpart stays."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def _upper(letter: str) -> str:
    made = letter.upper()
    return made if len(made) == 1 else letter


def title(text: str) -> str:
    """The text with a capital at the start of each word."""
    out: list[str] = []
    inside = False
    for letter in text:
        word = letter.isalnum() or letter == "_"
        out.append(letter if inside or not word else _upper(letter))
        inside = word or not (letter.isascii() or letter.isspace())
    return "".join(out)
