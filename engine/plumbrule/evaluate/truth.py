"""Truth: true, false, or a doubt that knows its causes (strong Kleene logic with blame)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from plumbrule.finding import Cause
from plumbrule_parsers.source import record
from plumbrule_parsers.value import Segments, Unknown

MOST_CAUSES: Final = 8


@record(frozen=True, slots=True)
class Doubt:
    """An undecided condition, or a derived value that cannot be told.

    `causes` are sorted and bounded, so blame does not depend on the order of evaluation.
    """

    causes: tuple[Cause, ...]
    not_null: bool = False

    def __bool__(self) -> bool:
        raise TypeError("a doubt is neither true nor false")


@dataclass(frozen=True, slots=True)
class Range:
    """A count that is only known to lie between `low` and `high` (None: no upper bound)."""

    low: int
    high: int | None
    causes: tuple[Cause, ...]


Truth = bool | Doubt


class Missing:
    """The type of MISSING, the value of a field that is absent."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


def cause_of(unknown: Unknown) -> Cause:
    """The cause of one unknown; equal unknowns at one place give equal keys."""
    place = f"{unknown.span}" if unknown.span is not None else ""
    return Cause(f"{unknown}@{place}", str(unknown), unknown.span)


def causes_of(value: object) -> tuple[Cause, ...]:
    """Why a value cannot be told; empty for known values."""
    if isinstance(value, Unknown):
        return (cause_of(value),)
    if isinstance(value, Segments):
        return tuple(cause_of(part) for part in value.unknowns)
    if isinstance(value, (Doubt, Range)):
        return value.causes
    return ()


def _order(cause: Cause) -> tuple[str, int, int, str]:
    place = cause.span.sort_key() if cause.span is not None else ("", 0, 0)
    return (*place, cause.key)


def merged(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """Causes without repeats, in order of place, at most `MOST_CAUSES`.

    Of causes with one key the first in place stays, so that merging in any order and any grouping
    gives the same blame: the evaluators may take rows and conditions as it suits them.
    """
    unique: dict[str, Cause] = {}
    for cause in causes:
        known = unique.get(cause.key)
        if known is None or (known is not cause and _order(cause) < _order(known)):
            unique[cause.key] = cause
    if len(unique) < 2:
        return tuple(unique.values())
    return tuple(sorted(unique.values(), key=_order)[:MOST_CAUSES])


def doubt(*values: object, not_null: bool = False) -> Doubt:
    """A doubt because of these values."""
    return Doubt(merged(cause for value in values for cause in causes_of(value)), not_null)


def clash(detail: str) -> Unknown:
    """The unknown of a value whose type does not fit."""
    from plumbrule_parsers.value import Reason

    return Unknown(Reason.TYPE, detail)


def truth(value: object) -> Truth:
    """A value in the place of a condition."""
    if value is True or value is False:
        return value
    if isinstance(value, Doubt):
        return value
    if isinstance(value, Unknown):
        known = {item for item in value.candidates if isinstance(item, bool)}
        if len(known) == 1 and len(known) == len(set(value.candidates)):
            return known.pop()
        return doubt(value)
    return doubt(clash("a condition that is not a bool"))


def negate(value: Truth) -> Truth:
    """Strong Kleene `not`: a doubt stays a doubt."""
    return value if isinstance(value, Doubt) else not value


def both(values: Iterable[Truth]) -> Truth:
    """Strong Kleene `and`: false wins over doubt."""
    doubts: list[Doubt] = []
    for value in values:
        if value is False:
            return False
        if value is not True and isinstance(value, Doubt):
            doubts.append(value)
    return _together(doubts) if doubts else True


def either(values: Iterable[Truth]) -> Truth:
    """Strong Kleene `or`: true wins over doubt."""
    doubts: list[Doubt] = []
    for value in values:
        if value is True:
            return True
        if value is not False and isinstance(value, Doubt):
            doubts.append(value)
    return _together(doubts) if doubts else False


def _together(doubts: list[Doubt]) -> Doubt:
    """One doubt for all of them; their causes are merged already."""
    first = doubts[0]
    if all(one is first for one in doubts):
        return Doubt(first.causes) if first.not_null else first
    return doubt(*doubts)
