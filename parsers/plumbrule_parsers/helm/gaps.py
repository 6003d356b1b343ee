"""Gaps: what a branch that was not taken would have written, noted where it would stand.

A rendered text does not tell what was not rendered. A finding about a key that is missing has to
name the switch that kept it out, so each branch that is not taken leaves a `Gap` in the output: the
keys that its own text begins, the head of the branch, and the line that decided. What a branch
prints by actions (`toYaml`, `include`) is not claimed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from sys import intern
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.helm.state import INCLUDED, KEPT_OUT, TEMPLATE, FileGround
from plumbrule_parsers.traced_text import Gap, Hops, Piece
from plumbrule_parsers.value import Hop, MapValue, Place

if TYPE_CHECKING:
    from plumbrule_parsers.helm.state import Ground, State
    from plumbrule_parsers.source import Source
    from plumbrule_parsers.traced import Traced

MAX_GAPS: Final = 20_000  # of one chart
MAX_KEYS: Final = 40  # of one branch
MAX_NEAR: Final = 8  # keys before a gap that are asked for their column
_LINE: Final = re.compile(
    r"""^([ ]*)(?:(-)(?:[ ]|$)|["']?([\w./-]+)["']?:(?:[ \r]|$)|(?=[^\s#{]))""", re.MULTILINE
)
_VALUES: Final = "values"
_NOTHING: Final = (":", "{}", "[]", '""', "''", "null", "~")
# How surely a switch is what a person would turn: a bool that says no, something empty, any other
# value, nothing in the values at all.
_OFF, _EMPTY, _OTHER, _NOWHERE = range(4)
MAX_RANK: Final = 4


# The keys that a branch would begin, those of them that more conditions are around, and their
# column in the template; nothing if it begins none.
Keys: TypeAlias = tuple[tuple[str, ...], frozenset[str], int] | tuple[()]


def keys_of(body: Sequence[s.Element], ground: Ground) -> Keys:
    """The keys that the text of a branch begins in the outermost mapping that it writes to."""
    if not isinstance(ground, FileGround):
        return ()
    text = ground.source.text
    lines: list[tuple[int, str, bool]] = []
    for element, nested in _texts(body, nested=False):
        start = text.rfind("\n", 0, element.start) + 1
        if text[start : element.start].strip(" "):  # goes on behind an action
            start = text.find("\n", element.start, element.end) + 1
            if not start:
                continue
        lines += [
            (len(found[1]), found[2] or found[3] or "", nested)
            for found in _LINE.finditer(text, start, element.end)
        ]
    column = min((line[0] for line in lines), default=0)
    keys: dict[str, bool] = {}
    for at, key, nested in lines:
        if at == column:
            keys[intern(key)] = keys.get(key, True) and nested
    # Items of a list, no mapping at all, or an object of its own.
    if len(keys) > MAX_KEYS or "-" in keys or "" in keys or "apiVersion" in keys:
        return ()
    inner = frozenset(key for key, nested in keys.items() if nested)
    return (tuple(keys), inner, column) if keys else ()


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


def note_gap(
    state: State, lost: Keys, start: int, at: tuple[int, int], condition: Traced
) -> None:  # fmt: skip
    """Leave a gap in the output for a branch that is not taken."""
    ground = state.ground
    if not lost or not isinstance(ground, FileGround) or state.run.gaps >= MAX_GAPS:
        return
    keys, nested, column = lost
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


# A key: its offset in the rendered text, the column of its mapping's first key, the mapping.
# Without a mapping it is where a document starts.
Key: TypeAlias = tuple[int, int, MapValue | None]
_Written = Callable[[int, "Source", Hops], int | None]


def column_of(text: str, offset: int) -> int:
    """The characters before the offset in its line."""
    return offset - text.rfind("\n", 0, offset) - 1


def attach(
    gaps: Sequence[tuple[int, Kept]], keys: list[Key], written_in: _Written,
    known: dict[Place, Place],
) -> None:  # fmt: skip
    """Tell the mappings around the gaps which keys are kept out of them, and by what.

    `gaps` are at offsets of the rendered text; `written_in` tells which offset of a template an
    offset of it was copied from.
    """
    keys.sort(key=lambda key: key[0])
    around: list[tuple[int, MapValue]] = []  # mappings that are open, by column, outermost first
    waiting: list[tuple[int, Kept]] = []  # gaps before the first key of their mapping
    found: dict[int, tuple[MapValue, dict[str, tuple[int, Place]]]] = {}
    number, last = 0, len(keys)
    for offset, kept in (*gaps, (1 << 62, None)):
        while number < last and keys[number][0] < offset:
            _, column, owner = keys[number]
            number += 1
            if around and around[-1][1] is owner and not waiting:
                continue
            while around and around[-1][0] >= column:
                around.pop()
            if owner is not None:
                around.append((column, owner))
                for wanted, one in waiting:
                    if wanted == column:
                        _give(one, owner, found, known)
            waiting.clear()
        at = _rendered_column(kept, keys, number, written_in) if kept is not None else None
        if kept is None or at is None:
            continue
        nearest = next((entry for entry in reversed(around) if entry[0] <= at), None)
        if nearest is not None and nearest[0] == at:
            _give(kept, nearest[1], found, known)
        else:
            waiting.append((at, kept))
    for owner, absent in found.values():
        if absent:
            owner.keep_out({key: place for key, (_, place) in absent.items()})


def _rendered_column(
    kept: Kept, keys: Sequence[Key], number: int, written_in: _Written
) -> int | None:  # fmt: skip
    """Where the keys would stand: what is included may be indented, as the keys around are."""
    if not kept.chain:
        return kept.column
    for offset, column, owner in (
        *reversed(keys[max(number - MAX_NEAR, 0) : number]), *keys[number : number + 2]
    ):  # fmt: skip
        at = written_in(offset, kept.source, kept.chain) if owner is not None else None
        if at is not None:
            return kept.column + column - column_of(kept.source.text, at)
    return None


def _give(
    kept: Kept, owner: MapValue, found: dict[int, tuple[MapValue, dict[str, tuple[int, Place]]]],
    known: dict[Place, Place],
) -> None:  # fmt: skip
    """Note what the mapping lacks; the switch that is the surest one counts."""
    held = found.setdefault(id(owner), (owner, {}))[1]
    place: Place | None = None
    for key in kept.keys:
        if key in owner:
            continue
        rank = kept.rank + (MAX_RANK if key in kept.nested else 0)
        before = held.get(key)
        if before is None or rank < before[0]:
            if place is None:
                place = known.setdefault(kept.place, kept.place)
            held[key] = rank, place
