"""Our values and Trivy's, attribute by attribute: equal, different, or known to one of them only.

An attribute is a setting of a resource or of a block in it. Its parts are compared one by one, and
the worst of them counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tests.differential.trivy_engine import UUID, Content

from plumbrule_parsers.traced import SetData, Traced, first_unknown, walk
from plumbrule_parsers.value import Segments, Unknown

Status = Literal["different", "theirs", "ours", "equal", "neither"]
ORDER: tuple[Status, ...] = ("different", "theirs", "ours", "equal", "neither")


@dataclass(frozen=True, slots=True)
class Part:
    """Two values of one place: `ours` is None where we have no such entry, and so is `theirs`.

    `open` says that our block or map may have more than it lists.
    """

    status: Status
    where: str
    ours: Traced | None
    theirs: Any
    open: bool = False

    @property
    def unknowns(self) -> list[Unknown]:
        """Why our value is not known."""
        found: list[Unknown] = []
        for value in walk(self.ours) if self.ours is not None else ():
            if isinstance(value.data, Unknown):
                found.append(value.data)
            elif isinstance(value.data, Segments):
                found.extend(value.data.unknowns)
            if value.rest is not None:
                found.append(value.rest)
        return found


@dataclass(frozen=True, slots=True)
class Attribute:
    """A setting with its worst parts."""

    status: Status
    where: str
    parts: tuple[Part, ...]


def is_told(value: Any) -> bool:
    """True if Trivy's engine says what the value is: no null, no random id, no text to evaluate."""
    if isinstance(value, str):
        return "${" not in value and not UUID.search(value)
    if isinstance(value, (list, dict)):
        items = value.values() if isinstance(value, dict) else value
        return not value or any(map(is_told, items))
    return value is not None


def attributes(ours: Content[Traced], theirs: Content[Any], at: str) -> Iterator[Attribute]:
    """Every attribute of both; blocks of one name are paired by what they have in common."""
    for name in sorted({*ours.settings, *theirs.settings}):
        where = f"{at}.{name}"
        if name not in ours.settings:
            if name in ours.blocks or not is_told(theirs.settings[name]):
                continue  # an attribute in the syntax of blocks
            parts = [Part("theirs", where, None, theirs.settings[name], ours.open)]
        elif name not in theirs.settings:
            if name in theirs.blocks:
                continue
            parts = list(_alone(ours.settings[name], where))
        else:
            parts = list(compared(ours.settings[name], theirs.settings[name], where))
        yield _worst(where, parts)
    for name in sorted({*ours.blocks, *theirs.blocks}):
        where = f"{at}.{name}"
        left, right = list(ours.blocks.get(name, ())), list(theirs.blocks.get(name, ()))
        for one, other in _pairs(left, right, where, may_be=ours.open):
            yield from attributes(one, other, where)


def _alone(value: Traced, where: str) -> Iterator[Part]:
    """The parts of a value that Trivy's engine does not have at all."""
    if value.unknown is not None or value.data is None:
        yield Part("neither", where, value, None)
    else:
        yield Part("ours", where, value, None)


def _worst(where: str, parts: list[Part]) -> Attribute:
    for status in ORDER:
        found = tuple(part for part in parts if part.status == status)
        if found:
            return Attribute(status, where, found)
    return Attribute("equal", where, ())  # two empty containers


def _pairs(
    left: list[Content[Traced]], right: list[Content[Any]], where: str, *, may_be: bool
) -> Iterator[tuple[Content[Traced], Content[Any]]]:
    """Blocks that have most in common; the order is another where some are dynamic."""
    scores = sorted(
        ((-_likeness(one, other, where), row, column)
         for row, one in enumerate(left) for column, other in enumerate(right)),
    ) if len(left) * len(right) <= 2500 else [
        (0, index, index) for index in range(min(len(left), len(right)))
    ]  # fmt: skip
    rows, columns = set(range(len(left))), set(range(len(right)))
    for _score, row, column in scores:
        if row in rows and column in columns:
            rows.remove(row)
            columns.remove(column)
            yield left[row], right[column]
    yield from ((left[row], Content()) for row in sorted(rows))
    yield from ((Content(open=may_be), right[column]) for column in sorted(columns))


def _likeness(one: Content[Traced], other: Content[Any], where: str) -> int:
    found = [attribute.status for attribute in attributes(one, other, where)]
    return 2 * found.count("equal") - 2 * found.count("different") - found.count("ours")


def compared(ours: Traced, theirs: Any, where: str) -> Iterator[Part]:
    """The parts of two values that both engines have."""
    data = ours.data
    if isinstance(data, (Unknown, Segments)):
        yield Part("theirs" if is_told(theirs) else "neither", where, ours, theirs)
    elif isinstance(data, dict) and isinstance(theirs, dict):
        for key in sorted({*data, *theirs}):
            inner = f"{where}[{key}]"
            if key not in data:
                told: Status = "theirs" if ours.rest is not None else "different"
                status = told if is_told(theirs[key]) else "neither"
                yield Part(status, inner, None, theirs[key], ours.rest is not None)
            elif key not in theirs:
                yield from _alone(data[key], inner)
            else:
                yield from compared(data[key], theirs[key], inner)
    elif isinstance(data, list) and isinstance(theirs, list):
        yield from _listed(ours, data, theirs, where)
    elif _same(data, theirs):
        yield Part("equal", where, ours, theirs)
    elif not is_told(theirs):
        yield Part("neither" if data is None else "ours", where, ours, theirs)
    else:
        yield Part("different", where, ours, theirs)


def _listed(ours: Traced, data: list[Traced], theirs: list[Any], where: str) -> Iterator[Part]:
    if isinstance(data, SetData):
        data, theirs = sorted(data, key=_text), sorted(theirs, key=json.dumps)
    if ours.rest is not None:
        yield Part("theirs" if any(map(is_told, theirs)) else "neither", where, ours, theirs)
    elif len(data) != len(theirs):
        status: Status = "different" if first_unknown(ours) is None else "theirs"
        yield Part(status if is_told(theirs) else "neither", where, ours, theirs)
    else:
        for index, (one, other) in enumerate(zip(data, theirs, strict=True)):
            yield from compared(one, other, f"{where}[{index}]")


def _text(value: Traced) -> str:
    return json.dumps(value.data, default=str)


def _same(ours: object, theirs: Any) -> bool:
    if isinstance(ours, bool) or isinstance(theirs, bool) or ours is None or theirs is None:
        return ours is theirs
    if isinstance(ours, str) or isinstance(theirs, str):
        return isinstance(ours, str) and isinstance(theirs, str) and str(ours) == theirs
    return bool(ours == theirs)
