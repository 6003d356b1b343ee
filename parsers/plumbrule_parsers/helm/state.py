"""What is at hand while a template runs: its place, its variables, its output, its budget."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Protocol

from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.traced_text import Hops, Piece, cut, width_of
from plumbrule_parsers.value import Hop

if TYPE_CHECKING:
    from plumbrule_parsers.helm.run import Run

TEMPLATE: Final = "template"
INCLUDED: Final = "included from"
CONDITION: Final = "condition"
MAX_CHAIN: Final = 6  # callers that a piece of output remembers, the innermost ones and the first
MAX_GUARDS: Final = 6


class RenderError(Exception):
    """Rendering cannot go on here; `code` and `message` are a Problem's."""

    def __init__(self, message: str, span: Span, code: str = "render-error") -> None:
        super().__init__(message)
        self.message, self.span, self.code = message, span, code


class Ground(Protocol):
    """Where the text of a template stands."""

    def span(self, start: int, end: int) -> Span:
        """The place of a stretch of the text."""
        ...

    def pieces(self, start: int, end: int) -> list[Piece]:
        """The stretch as output."""
        ...


@dataclass(frozen=True, slots=True)
class FileGround:
    """A template in a file of its own."""

    source: Source

    def span(self, start: int, end: int) -> Span:
        """The place of a stretch of the text."""
        return Span(self.source, start, end)

    def pieces(self, start: int, end: int) -> list[Piece]:
        """The stretch as output."""
        return [Piece(self.source.text[start:end], (), Span(self.source, start, end))]


@dataclass(frozen=True, slots=True)
class TextGround:
    """A template that is itself a value: the argument of `tpl`, called at `call`."""

    own: tuple[Piece, ...]
    call: Span
    starts: tuple[int, ...]  # where each piece begins in the text

    def span(self, start: int, end: int) -> Span:
        """Where that part of the value was written, or where `tpl` was called."""
        for piece in self.pieces(start, max(end, start + 1)):
            if piece.literal is not None:
                return piece.literal
            for hop in piece.hops:
                if hop.kind == "data" and hop.note not in (TEMPLATE, INCLUDED):
                    return hop.span
        return self.call

    def pieces(self, start: int, end: int) -> list[Piece]:
        """The stretch as output."""
        # Templates ask for every one of their elements: only the pieces concerned are looked at.
        first = max(bisect_right(self.starts, start) - 1, 0)
        last = bisect_left(self.starts, end, first)
        base = self.starts[first] if self.starts else 0
        return cut(self.own[first:last], start - base, end - base)


def ground_of(own: tuple[Piece, ...], call: Span) -> TextGround:
    """The ground of a text in these pieces."""
    starts = tuple(accumulate(map(width_of, own[:-1]), initial=0)) if own else ()
    return TextGround(own, call, starts)


@dataclass(slots=True)
class State:
    """One running template. `chain` are the calls that led here, the innermost first."""

    run: Run
    dot: Traced
    root: Traced
    out: list[Piece]
    chain: Hops = ()
    guards: Hops = ()
    variables: list[tuple[str, list[Traced]]] = field(default_factory=list)
    depth: int = 0

    def lookup(self, name: str) -> list[Traced] | None:
        """The cell of a variable."""
        for known, cell in reversed(self.variables):
            if known == name:
                return cell
        return None


Emit = Callable[[State], None]
Evaluate = Callable[[State], Traced]


def called(chain: Hops, span: Span) -> Hops:
    """The chain inside what is called at `span`."""
    longer = (Hop(span, INCLUDED), *chain)
    if len(longer) > MAX_CHAIN:
        return (*longer[: MAX_CHAIN - 1], longer[-1])
    return longer


def guarded(guards: Hops, condition: Traced, span: Span) -> Hops:
    """The guards below a condition: where it stands, and the values that it read."""
    own = [Hop(span, CONDITION, "decision")]
    own += [
        hop if hop.kind == "decision" else Hop(hop.span, hop.note, "decision")
        for hop in condition.via[:3]
        if hop.note not in (TEMPLATE, INCLUDED)
    ]
    return (*own, *guards)[:MAX_GUARDS]


class Budget:
    """What one chart may cost, so that a hostile one ends with a problem."""

    __slots__ = ("characters", "steps")

    def __init__(self, steps: int = 1_000_000, characters: int = 20_000_000) -> None:
        self.steps = steps
        self.characters = characters

    def step(self, span: Callable[[], Span], count: int = 1) -> None:
        """Count a step of work."""
        self.steps -= count
        if self.steps < 0:
            raise RenderError("the chart takes too many steps to render", span(), "render-limit")

    def text(self, size: int, span: Callable[[], Span]) -> None:
        """Count characters of output."""
        self.characters -= size
        if self.characters < 0:
            raise RenderError("the chart renders to too much text", span(), "render-limit")
