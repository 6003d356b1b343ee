"""What is at hand while a template runs: its place, its variables, its output, its budget."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Protocol

from plumbrule_parsers.helm.functions.call import Call, Host
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.traced_text import Hops, Piece, cut, width_of
from plumbrule_parsers.value import Hop

if TYPE_CHECKING:
    from plumbrule_parsers.helm.run import Run

TEMPLATE: Final = "template"
INCLUDED: Final = "included from"
CONDITION: Final = "condition"
KEPT_OUT: Final = "kept out by this condition"
MAX_CHAIN: Final = 6  # callers that a piece of output remembers, the innermost ones and the first
MAX_GUARDS: Final = 32
MAX_READ: Final = 12  # values that one condition read


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

    def hop(self, start: int, end: int, note: str) -> Hop:
        """The hop for that place; always the same one, which makes comparing hops cheap."""
        ...

    def write(self, out: list[Piece], start: int, end: int, tail: Hops) -> None:
        """The stretch as output, with the hops of what surrounds it."""
        ...


class FileGround:
    """A template in a file of its own."""

    __slots__ = ("hops", "source", "written")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.hops: dict[tuple[int, int, str], Hop] = {}
        self.written: dict[int, tuple[str, Span]] = {}

    def span(self, start: int, end: int) -> Span:
        """The place of a stretch of the text."""
        return Span(self.source, start, end)

    def hop(self, start: int, end: int, note: str) -> Hop:
        """The hop for that place."""
        key = start, end, note
        found = self.hops.get(key)
        if found is None:
            kind = "decision" if note is CONDITION or note is KEPT_OUT else "data"
            found = self.hops[key] = Hop(Span(self.source, start, end), note, kind)
        return found

    def write(self, out: list[Piece], start: int, end: int, tail: Hops) -> None:
        """The stretch as output."""
        found = self.written.get(start)
        if found is None:
            span = Span(self.source, start, end)
            found = self.written[start] = self.source.text[start:end], span
        out.append(Piece(found[0], tail, found[1]))


class TextGround:
    """A template that is itself a value: the argument of `tpl`, called at `call`."""

    __slots__ = ("call", "hops", "own", "starts")

    def __init__(self, own: tuple[Piece, ...], call: Span) -> None:
        self.own = own
        self.call = call
        # Where each piece begins in the text.
        self.starts = tuple(accumulate(map(width_of, own[:-1]), initial=0)) if own else ()
        self.hops: dict[tuple[int, int, str], Hop] = {}

    def span(self, start: int, end: int) -> Span:
        """Where that part of the value was written, or where `tpl` was called."""
        for piece in self.pieces(start, max(end, start + 1)):
            if piece.literal is not None:
                return piece.literal
            for hop in piece.hops:
                if hop.kind == "data" and hop.note not in (TEMPLATE, INCLUDED):
                    return hop.span
        return self.call

    def hop(self, start: int, end: int, note: str) -> Hop:
        """The hop for that place."""
        key = start, end, note
        found = self.hops.get(key)
        if found is None:
            kind = "decision" if note is CONDITION else "data"
            found = self.hops[key] = Hop(self.span(start, end), note, kind)
        return found

    def write(self, out: list[Piece], start: int, end: int, tail: Hops) -> None:
        """The stretch as output."""
        for text, own, place in self.pieces(start, end):
            out.append(Piece(text, (*own, *tail) if own else tail, place))

    def pieces(self, start: int, end: int) -> list[Piece]:
        """The pieces of a stretch."""
        # Templates ask for every one of their elements: only the pieces concerned are looked at.
        first = max(bisect_right(self.starts, start) - 1, 0)
        last = bisect_left(self.starts, end, first)
        base = self.starts[first] if self.starts else 0
        return cut(self.own[first:last], start - base, end - base)


class State:
    """One running template. `chain` are the calls that led here, the innermost first.

    `tail` is chain and guards together: the hops of literal text. `base` is where the element
    that runs starts; the offsets of what is in it count from there.
    """

    __slots__ = (
        "base", "chain", "depth", "dot", "ground", "guards", "out", "root", "run", "tail",
        "variables",
    )  # fmt: skip

    def __init__(
        self, run: Run, ground: Ground, data: Traced, out: list[Piece], chain: Hops = (),
        guards: Hops = (), depth: int = 0,
    ) -> None:  # fmt: skip
        self.run = run
        self.ground = ground
        self.dot = self.root = data
        self.out = out
        self.chain = chain
        self.guards = guards
        self.tail = (*chain, *guards)
        self.variables: list[tuple[str, list[Traced]]] = []
        self.depth = depth
        self.base = 0

    def at(self, start: int, end: int) -> Span:
        """The place of a part of the element that runs."""
        return self.ground.span(self.base + start, self.base + end)

    def guard(self, guards: Hops) -> None:
        """From here on these conditions are around."""
        self.guards = guards
        self.tail = (*self.chain, *guards)

    def lookup(self, name: str) -> list[Traced] | None:
        """The cell of a variable."""
        for known, cell in reversed(self.variables):
            if known == name:
                return cell
        return None


class Here(Call):
    """A call in the element that runs; where that is, is worked out when it is asked for."""

    __slots__ = ("end", "start", "state")
    __setattr__ = object.__setattr__

    def __init__(self, state: State, start: int, end: int) -> None:
        self.state = state
        self.start = start
        self.end = end

    @property
    def at(self) -> Span:
        """Where the call is written."""
        return self.state.at(self.start, self.end)

    @property
    def host(self) -> Host:
        """The chart and the evaluator."""
        return self.state.run.host(self.state, (self.start, self.end))


Emit = Callable[[State], None]
Evaluate = Callable[[State], Traced]


def called(chain: Hops, hop: Hop) -> Hops:
    """The chain inside what is called by the place of `hop`."""
    longer = (hop, *chain)
    if len(longer) > MAX_CHAIN:
        return (*longer[: MAX_CHAIN - 1], longer[-1])
    return longer


class Budget:
    """What one chart may cost, so that a hostile one ends with a problem."""

    __slots__ = ("characters", "steps")

    def __init__(self, steps: int = 300_000, characters: int = 20_000_000) -> None:
        self.steps = steps
        self.characters = characters

    def step(self, state: State, count: int = 1) -> None:
        """Count steps of work."""
        self.steps -= count
        if self.steps < 0:
            message = "the chart takes too many steps to render"
            raise RenderError(message, state.at(0, 0), "render-limit")

    def text(self, state: State, size: int) -> None:
        """Count characters of output."""
        self.characters -= size
        if self.characters < 0:
            message = "the chart renders to too much text"
            raise RenderError(message, state.at(0, 0), "render-limit")
