"""Values of charts as traced trees, and how a parent's, a chart's and global ones are merged.

The order and the treatment of nulls are those of Helm 4 (package `chart/common/util`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from plumbrule_parsers.helm.state import TEMPLATE
from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.traced_text import Piece, TracedText
from plumbrule_parsers.value import Hop, ListValue, MapValue, Place, Segments, Unknown, Value

Table = dict[str, Traced]
GLOBAL = "global"
VALUES_KEY = "values key"
_BLOCK = re.compile(r"\|[-+1-9]*[ \t]*(?:#[^\n]*)?\r?\n")


def traced_values(value: MapValue, noun: str = VALUES_KEY) -> Table:
    """The mapping of a values file: numbers are floats, each value has the hop to its line."""
    return _table(value, "", noun, 0)


def _table(value: MapValue, path: str, noun: str, depth: int) -> Table:
    if "" in value and value.tag:
        return {}
    return {
        key: _value(item, value.place(key), f"{path}.{key}" if path else key, noun, depth + 1)
        for key, item in value.items()
    }


def _value(value: Value, place: Place | None, path: str, noun: str, depth: int) -> Traced:
    via: tuple[Hop, ...] = ()
    if place is not None:
        span = place.entry
        if isinstance(value, (MapValue, ListValue)) and value:
            span = place.key if place.key is not None else span.first_line
        note = f"{noun} `{path}`"
        via = (Hop(span, note),)
        if place.via:  # a template put the value there: that line comes first
            before = [Hop(hop.span, note) for hop in place.via if hop.note == TEMPLATE]
            via = (*before, *via)
    if isinstance(value, MapValue):
        if value.tag and "" in value:  # a scalar with a tag that YAML does not know
            return _value(value[""], place, path, noun, depth)
        return Traced(_table(value, path, noun, depth), via, rest=value.rest)
    if isinstance(value, ListValue):
        items = [
            _value(item, value.place(index), f"{path}[{index}]", noun, depth + 1)
            for index, item in enumerate(value)
        ]
        return Traced(items, via, rest=value.rest)
    at = place.value if place is not None else None
    if isinstance(value, str):
        lines = _lines(value, at, via) if at is not None and "\n" in value else None
        return Traced(lines if lines is not None else value, via, at)
    if isinstance(value, int) and not isinstance(value, bool):
        return Traced(float(value) if abs(value) < 10**300 else str(value), via)
    assert value is None or isinstance(value, (bool, float, Unknown, Segments))
    return Traced(value, via)


def _lines(value: str, at: Span, via: tuple[Hop, ...]) -> TracedText | None:
    """A literal block scalar with the place of each line; None if it is written another way."""
    text = at.source.text
    head = _BLOCK.match(text, at.start)
    if head is None:
        return None
    pieces: list[Piece] = []
    position = head.end()
    indent = -1
    for line in value.split("\n"):
        end = text.find("\n", position)
        end = end if end >= 0 else len(text)
        written = text[position:end].rstrip("\r")
        if line:
            if indent < 0:
                indent = len(written) - len(line)
            if indent < 0 or written[indent:] != line:
                return None
            start = position + indent
            place = Span(at.source, start, start + len(line))
            pieces.append(Piece(line, via, place))
        pieces.append(Piece("\n", via))
        position = min(end + 1, len(text))
    pieces.pop()
    return TracedText([piece for piece in pieces if piece.text])


def copied(value: Traced) -> Traced:
    """A copy that shares no container with the original."""
    data = value.data
    made: Table | list[Traced]
    if isinstance(data, dict):
        made = copied_table(data)
    elif isinstance(data, list):
        made = [copied(item) if isinstance(item.data, (dict, list)) else item for item in data]
    else:
        return value
    return Traced(made, value.via, value.span, value.rest, sensitive=value.sensitive)


def copied_table(table: Table) -> Table:
    """A copy of a table that shares no container with it."""
    return {
        key: copied(item) if isinstance(item.data, (dict, list)) else item
        for key, item in table.items()
    }


def table_of(value: Traced | None) -> Table | None:
    """The value as a table, None if it is none."""
    data = value.data if value is not None else None
    return data if isinstance(data, dict) else None


def merge_tables(target: Table, source: Table, *, keeps_nulls: bool) -> Table:
    """`target` with what it lacks taken from `source`; a null in `target` removes the key."""
    nulls = [key for key, item in target.items() if item.data is None]
    for key in dict.fromkeys((*source, *nulls)):
        own, other = target.get(key), source.get(key)
        if own is not None and own.data is None and not keeps_nulls:
            del target[key]
        elif own is None:
            assert other is not None
            target[key] = other
        elif other is not None:
            inner, outer = table_of(own), table_of(other)
            if inner is not None and outer is not None:
                merge_tables(inner, outer, keeps_nulls=keeps_nulls)
    return target


def overlaid(layers: Iterable[Table]) -> Table:
    """Tables laid over each other as `-f` files are: a later one wins, mappings are merged."""
    result: Table = {}
    for layer in layers:
        _overlay(result, copied_table(layer))
    return result


def _overlay(target: Table, over: Table) -> None:
    for key, item in over.items():
        inner, outer = table_of(target.get(key)), table_of(item)
        if inner is not None and outer is not None:
            _overlay(inner, outer)
            target[key].rest = target[key].rest or item.rest
        else:
            target[key] = item


def merge_chart(
    target: Table, defaults: Table, children: Iterable[str], *, keeps_nulls: bool
) -> None:  # fmt: skip
    """A chart's own defaults below the values that it is given."""
    names = set(children)
    for key, item in copied_table(defaults).items():
        given = target.get(key)
        if given is None:
            target[key] = item
        elif given.data is None and not keeps_nulls:
            del target[key]
        else:
            inner, outer = table_of(given), table_of(item)
            if inner is not None and outer is not None:
                merge_tables(inner, outer, keeps_nulls=keeps_nulls or key in names)


def merge_globals(target: Table, parent: Table) -> None:
    """The parent's `global` values over those of a subchart."""
    held = target.get(GLOBAL)
    own = table_of(held) if held is not None else {}
    given = table_of(parent[GLOBAL]) if GLOBAL in parent else {}
    if own is None or given is None:
        return
    for key, item in given.items():
        table = table_of(item)
        inner = table_of(own.get(key))
        if table is not None:
            if key not in own:
                own[key] = copied(item)
            elif inner is not None:
                merged = copied(item)
                assert isinstance(merged.data, dict)
                merge_tables(merged.data, inner, keeps_nulls=True)
                own[key] = merged
        elif inner is None:
            own[key] = item
    via = held.via if held is not None else ()
    if not via and GLOBAL in parent:
        via = parent[GLOBAL].via
    target[GLOBAL] = Traced(own, via)


def found_at(table: Table, path: str) -> Traced | None:
    """The value at a dotted path."""
    current: Traced | None = Traced(table)
    for name in path.split("."):
        inner = table_of(current)
        if inner is None:
            return None
        current = inner.get(name)
    return current
