"""Source and Span: a file's text, and a stretch of it that a person wrote.

Offsets count characters (Python code points) and spans are half-open. Lines and columns are
derived on demand, because most spans are never printed: a newline table is built once per source
and searched. Only LF, CR LF and CR end a line (as in editors and in SARIF); libyaml also counts
U+0085, U+2028 and U+2029, which is why its own line numbers are never used.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:

    def record(*, frozen: bool, slots: bool) -> Any:
        """As `dataclass`, for what is made by the million: frozen in the eyes of type checkers.

        A dataclass that is frozen at run time takes three times as long to make.
        """

        def made(cls: type) -> type:
            return dataclass(slots=slots, unsafe_hash=frozen and "__hash__" not in vars(cls))(cls)

        return made


__all__ = ["Source", "Span", "by_fields", "record"]

_LINE_END = re.compile(r"\r\n?|\n")


class Source:
    """One file's decoded text under its path (POSIX style, relative to the scanned root).

    Equality is by path and text, so a source that travelled between processes is still itself.
    """

    __slots__ = ("_line_starts", "path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self._line_starts: list[int] | None = None

    @property
    def line_starts(self) -> list[int]:
        """Offsets at which the lines begin; the first is 0."""
        starts = self._line_starts
        if starts is None:
            starts = [0]
            starts.extend(match.end() for match in _LINE_END.finditer(self.text))
            self._line_starts = starts
        return starts

    def line_of(self, offset: int) -> int:
        """The 1-based line that holds `offset`."""
        return bisect_right(self.line_starts, offset)

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and 1-based column (in characters) of `offset`."""
        line = self.line_of(offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of a 1-based line, without its line end."""
        starts = self.line_starts
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n")

    def span(self, start: int, end: int) -> Span:
        """The span from `start` up to, not including, `end`."""
        return Span(self, start, end)

    def whole(self) -> Span:
        """The span of the whole text."""
        return Span(self, 0, len(self.text))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Source) and self.path == other.path and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        return f"Source({self.path!r}, {len(self.text)} characters)"

    def __getstate__(self) -> tuple[str, str]:
        return self.path, self.text

    def __setstate__(self, state: tuple[str, str]) -> None:
        self.path, self.text = state
        self._line_starts = None


def by_fields(made: Any) -> tuple[type, tuple[object, ...]]:
    """How a slotted record travels between processes: its class and its fields, in order.

    Assigned as `__reduce__`, because the way of dataclasses looks the fields up for every object
    and takes several times as long.
    """
    return made.__class__, tuple([getattr(made, name) for name in made.__slots__])


@record(frozen=True, slots=True)
class Span:
    """The half-open stretch `[start, end)` of a source, in characters."""

    # INVARIANT: 0 <= start <= end <= len(source.text), checked by the laws for every parser.
    source: Source
    start: int
    end: int

    __reduce__ = by_fields

    @property
    def path(self) -> str:
        """The path of the source."""
        return self.source.path

    @property
    def text(self) -> str:
        """What was written there."""
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """The 1-based line at which the span starts."""
        return self.source.line_of(self.start)

    @property
    def first_line(self) -> Span:
        """The span cut at the end of its first line; blocks are reported by their head."""
        text = self.source.text
        end = self.start
        while end < self.end and text[end] not in "\r\n":
            end += 1
        return Span(self.source, self.start, end)

    def sort_key(self) -> tuple[str, int, int]:
        """Path, then position: the one order of everything that is listed."""
        return self.source.path, self.start, self.end

    def __str__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.path}:{line}:{column}"
