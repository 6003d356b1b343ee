"""Paint: colour that never carries meaning alone, and widths of text in terminal columns."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_CODES = {
    "critical": "1;35", "high": "1;31", "medium": "1;33", "low": "1;36", "info": "1;34",
    "error": "1;31", "warning": "1;33", "undecided": "1;34", "note": "1;34",
    "bold": "1", "frame": "34", "dim": "2", "label": "36",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours text, or leaves it as it is."""

    on: bool

    def __call__(self, style: str, text: str) -> str:
        """The text in the style: a severity, `bold`, `frame`, `dim` or `label`."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.on and text else text


def width_of(text: str) -> int:
    """How many terminal columns the text takes: wide characters two, combining ones none."""
    return len(text) if text.isascii() else sum(map(cell_width, text))


def cell_width(character: str) -> int:
    """0, 1 or 2 columns."""
    if character.isascii():
        return 1
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    return 0 if unicodedata.category(character) in ("Mn", "Me", "Cf") else 1


def wrap(text: str, width: int) -> list[str]:
    """The text's words in lines of at most `width` columns; a longer word gets its own line."""
    if len(text) <= width and text.isascii():
        return [text]
    lines: list[str] = []
    line, used = "", 0
    for word in text.split():
        size = width_of(word)
        if line and used + 1 + size > width:
            lines.append(line)
            line, used = word, size
        else:
            used += size + (1 if line else 0)
            line = f"{line} {word}" if line else word
    return [*lines, line]


def count_of(number: int, one: str, many: str = "") -> str:
    """`1 finding`, `1,200 findings`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
