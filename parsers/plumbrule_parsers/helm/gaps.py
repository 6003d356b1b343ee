"""Gaps: what a branch that was not taken would have written, noted where it would stand.

A rendered text does not tell what was not rendered. A finding about a key that is missing has to
name the switch that kept it out, so each branch that is not taken leaves a `Gap` in the output: the
keys that its own text begins, the head of the branch, and the line that decided. What a branch
prints by actions (`toYaml`, `include`) is not claimed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.helm.state import INCLUDED, KEPT_OUT, TEMPLATE, FileGround
from plumbrule_parsers.traced_text import Gap, Hops, Piece
from plumbrule_parsers.value import Hop, MapValue, Place

if TYPE_CHECKING:
    from plumbrule_parsers.helm.state import State
    from plumbrule_parsers.source import Source
    from plumbrule_parsers.traced import Traced

MAX_GAPS: Final = 20_000  # of one chart
MAX_KEYS: Final = 40  # of one branch
MAX_NEAR: Final = 40  # keys before a gap that are asked for their column
_LINE: Final = re.compile(r"""^([ ]*)(?:(-)(?:[ ]|$)|["']?([\w./-]+)["']?:(?:[ \r]|$)|(?=[^\s#{]))""",
                          re.MULTILINE)  # fmt: skip
_VALUES: Final = "values"
_NOTHING: Final = (":", "{}", "[]", '""', "''", "null", "~")
# How surely a switch is what a person would turn: a bool that says no, something empty, any other
# value, nothing in the values at all.
_OFF, _EMPTY, _OTHER, _NOWHERE = range(4)
MAX_RANK: Final = 4


class Keys:
    """The keys that the text of a branch begins, and the column of each; read when first asked.

    Only those of the outermost mapping that the branch writes to count. `nested` are those that
    further conditions are around.
    """

    __slots__ = ("_found", "body")

    def __init__(self, body: Sequence[s.Element]) -> None:
        self.body = body
        self._found: tuple[tuple[str, ...], frozenset[str], int] | None = None

    def of(self, source: Source) -> tuple[tuple[str, ...], frozenset[str], int]:
        """Keys, those among them that more conditions are around, and their column."""
        found = self._found
        if found is None:
            found = self._found = _keys(self.body, source.text)
        return found


class Kept(NamedTuple):
    """What a gap is about: the keys, where they would stand, and what kept them out."""

    keys: tuple[str, ...]
    nested: frozenset[str]
    column: int
    source: Source
    chain: Hops
    place: Place
    rank: int


def _texts(body: Sequence[s.Element], *, nested: bool) -> Iterator[tuple[s.Text, bool]]:
    for element in body:
        if isinstance(element, s.Text):
            yield element, nested
        elif isinstance(element, s.Branch):
            yield from _texts(element.body, nested=True)
            yield from _texts(element.orelse, nested=True)


def _keys(body: Sequence[s.Element], text: str) -> tuple[tuple[str, ...], frozenset[str], int]:
    lines: list[tuple[int, str, bool]] = []
    for element, nested in _texts(body, nested=False):
        start = text.rfind("\n", 0, element.start) + 1
        if text[start : element.start].strip(" "):  # goes on behind an action
            start = text.find("\n", element.start, element.end) + 1
            if not start:
                continue
        for found in _LINE.finditer(text, start, element.end):
            lines.append((len(found[1]), "-" if found[2] else found[3] or "", nested))
    column = min((line[0] for line in lines), default=0)
    keys: dict[str, bool] = {}
    for at, key, nested in lines:
        if at != column:
            continue
        if key in ("-", ""):  # items of a list, or no mapping at all
            return (), frozenset(), 0
        keys[key] = keys.get(key, True) and nested
    if len(keys) > MAX_KEYS or "apiVersion" in keys:  # an object of its own
        return (), frozenset(), 0
    return tuple(keys), frozenset(key for key, nested in keys.items() if nested), column


def note_gap(
    state: State, lost: Keys, start: int, at: tuple[int, int], condition: Traced
) -> None:  # fmt: skip
    """Leave a gap in the output for a branch that is not taken."""
    ground = state.ground
    if ground.__class__ is not FileGround or not lost.body:
        return
    keys, nested, column = lost.of(ground.source)
    if not keys or state.run.gaps >= MAX_GAPS:
        return
    state.run.gaps += 1
    head = ground.hop(start + at[0], start + at[1], KEPT_OUT)
    chain, via = state.chain, condition.via
    switch = _switch(via)
    if switch is None:
        unset = [hop for hop in via if hop.kind == "absent"][:1]
        place, rank = Place(head.span, via=(head, *chain, *unset)), _NOWHERE
    else:
        place, rank = Place(switch.span, via=(head, *chain, switch)), _rank(switch)
    kept = Kept(keys, nested, column, ground.source, chain, place, rank)
    state.out.append(Piece(Gap(kept), state.tail))


def _rank(switch: Hop) -> int:
    said = switch.span.text.rstrip()
    if said.endswith("false"):
        return _OFF
    return _EMPTY if said.endswith(_NOTHING) else _OTHER


def _switch(via: Hops) -> Hop | None:
    """The values key that decided; None if none did, or it cannot be told which."""
    decisions: dict[Hop, None] = {}
    for hop in via:
        if hop.note in (TEMPLATE, INCLUDED) or not hop.note.startswith(_VALUES):
            continue
        if hop.kind == "data":
            return hop
        if hop.kind == "decision":
            decisions[hop] = None
    return next(iter(decisions)) if len(decisions) == 1 else None


class Key(NamedTuple):
    """A key at its offset in the rendered text; without a mapping it is where a document starts."""

    offset: int
    owner: MapValue | None


_Written = Callable[[int, "Source", tuple[Hop, ...]], int | None]


def attach(
    gaps: Sequence[tuple[int, Kept]], keys: list[Key], text: str, written_in: _Written,
    known: dict[Place, Place],
) -> None:  # fmt: skip
    """Tell the mappings around the gaps which keys are kept out of them, and by what.

    `gaps` are at offsets of the rendered text; `written_in` tells which offset of a template an
    offset of it was copied from.
    """
    keys.sort(key=_order)
    around = _Around(known)
    number = 0
    for offset, kept in gaps:
        while number < len(keys) and keys[number].offset < offset:
            around.key(keys[number], text)
            number += 1
        column = _rendered_column(kept, keys, number, text, written_in)
        if column is not None:
            around.gap(kept, column)
    for key in keys[number : number + 2]:
        around.key(key, text)
    for owner, absent in around.absent.values():
        if absent:
            owner.keep_out({key: place for key, (_rank_of, place) in absent.items()})


def _order(key: Key) -> tuple[int, bool]:
    return key.offset, key.owner is not None


def _column(text: str, offset: int) -> int:
    return offset - text.rfind("\n", 0, offset) - 1


def _rendered_column(
    kept: Kept, keys: Sequence[Key], number: int, text: str, written_in: _Written
) -> int | None:  # fmt: skip
    """Where the keys would stand: what is included may be indented, as the keys around are."""
    if not kept.chain:
        return kept.column
    near = (*reversed(keys[max(number - MAX_NEAR, 0) : number]), *keys[number : number + 2])
    for key in near:
        at = written_in(key.offset, kept.source, kept.chain) if key.owner is not None else None
        if at is not None:
            shift = _column(text, key.offset) - _column(kept.source.text, at)
            return kept.column + shift
    return None


class _Around:
    """The mappings that are open while keys and gaps are read in order."""

    def __init__(self, known: dict[Place, Place]) -> None:
        self.known = known
        self.open: list[tuple[int, MapValue]] = []  # by column, outermost first
        self.waiting: list[tuple[int, Kept]] = []  # before the first key of their mapping
        self.absent: dict[int, tuple[MapValue, dict[str, tuple[int, Place]]]] = {}

    def key(self, key: Key, text: str) -> None:
        """The next key."""
        if key.owner is None:
            self.open.clear()
            return
        column = _column(text, key.offset)
        while self.open and self.open[-1][0] >= column:
            self.open.pop()
        self.open.append((column, key.owner))
        for wanted, kept in self.waiting:
            if wanted == column:
                self.give(kept, key.owner)
        self.waiting.clear()

    def gap(self, kept: Kept, column: int) -> None:
        """The next gap: it belongs to the mapping that is open in its column, or to the next."""
        found = next((entry for entry in reversed(self.open) if entry[0] <= column), None)
        if found is not None and found[0] == column:
            self.give(kept, found[1])
        else:
            self.waiting.append((column, kept))

    def give(self, kept: Kept, owner: MapValue) -> None:
        """Note what the mapping lacks; the switch that is the surest one counts."""
        held = self.absent.setdefault(id(owner), (owner, {}))[1]
        for key in kept.keys:
            if key in owner:
                continue
            rank = kept.rank + (MAX_RANK if key in kept.nested else 0)
            before = held.get(key)
            if before is None or rank < before[0]:
                held[key] = rank, self.known.setdefault(kept.place, kept.place)
