"""What a plan marks as sensitive, taken out of its text before anything is read from it.

No span, value or message can then show it: the text that everything points into does not hold it.
Offsets stay as they are, because what is taken out is overwritten in its own length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue, Value

_SHORTEST = 6  # a shorter secret would hide half of the ordinary words, too
_MOST = 500  # secrets that are looked for inside longer strings
# The keys below which a plan holds values; elsewhere it holds addresses, types and names.
_VALUES = frozenset({"values", "before", "after", "constant_value", "value", "default"})
_DIGIT = re.compile(r"\d")


def without_secrets(source: Source, root: MapValue) -> tuple[Source, frozenset[int]]:
    """The text with its secrets overwritten, and the offsets at which hidden values start.

    The text is JSON as before. Hidden are the values that the plan marks, and every other value
    that contains one of them with six characters or more. Addresses and references stay.
    """
    hidden: dict[int, int] = {}
    words: set[str] = set()
    for container, key in _marked(root):
        _hide(container, key, hidden, words)
    if not hidden:
        return source, frozenset()
    long = sorted((word for word in words if len(word) >= _SHORTEST), key=lambda w: (-len(w), w))
    inside = re.compile("|".join(map(re.escape, long[:_MOST]))) if long else None
    hidden |= {
        start: end
        for text, start, end in _strings(root)
        if inside is not None and inside.search(text)
    }
    pieces: list[str] = []
    done = 0
    for start, end in sorted(hidden.items()):
        written = source.text[start:end]
        blank = f'"{"*" * (len(written) - 2)}"' if written[:1] == '"' else _DIGIT.sub("1", written)
        pieces += (source.text[done:start], blank)
        done = end
    return Source(source.path, "".join((*pieces, source.text[done:]))), frozenset(hidden)


_Entry = tuple[MapValue | ListValue, str | int]


def _entries(value: Value) -> list[tuple[str | int, Value]]:
    if isinstance(value, MapValue):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, ListValue) else []


def _get(value: Value, *path: str) -> Value:
    for key in path:
        value = value.get(key) if isinstance(value, MapValue) else None
    return value


def _marked(root: MapValue) -> Iterator[_Entry]:
    """The entries that some section marks, as container and key."""
    for states in (("planned_values",), ("values",), ("prior_state", "values")):
        state = _get(root, *states)
        yield from _outputs(_get(state, "outputs"))
        yield from _module(_get(state, "root_module"))
    for section in ("resource_changes", "resource_drift"):
        for _index, change in _entries(root.get(section)):
            yield from _change(_get(change, "change"))
    for _name, change in _entries(root.get("output_changes")):
        yield from _change(change)
    declared = _get(root, "configuration", "root_module", "variables")
    for name, variable in _entries(declared):
        if _get(variable, "sensitive") is True and isinstance(variable, MapValue):
            yield variable, "default"
            given = _get(root, "variables", str(name))
            if isinstance(given, MapValue):
                yield given, "value"


def _outputs(outputs: Value) -> Iterator[_Entry]:
    for _name, output in _entries(outputs):
        if isinstance(output, MapValue) and output.get("sensitive") is True:
            yield output, "value"


def _module(module: Value) -> Iterator[_Entry]:
    stack = [module]
    while stack:
        current = stack.pop()
        for _index, resource in _entries(_get(current, "resources")):
            if isinstance(resource, MapValue):
                yield from _below(resource, "values", resource.get("sensitive_values"))
        stack.extend(child for _index, child in _entries(_get(current, "child_modules")))


def _change(change: Value) -> Iterator[_Entry]:
    if isinstance(change, MapValue):
        for name in ("before", "after"):
            yield from _below(change, name, change.get(f"{name}_sensitive"))


def _below(container: MapValue | ListValue, key: str | int, marks: Value) -> Iterator[_Entry]:
    """The entries below `container[key]` at which the marks are true."""
    stack: list[tuple[MapValue | ListValue, str | int, Value]] = [(container, key, marks)]
    while stack:
        owner, name, mark = stack.pop()
        if mark is True:
            yield owner, name
            continue
        if isinstance(owner, MapValue):
            value = owner.get(name) if isinstance(name, str) else None
        else:
            value = owner[name] if isinstance(name, int) and name < len(owner) else None
        if type(mark) is type(value) and isinstance(value, (MapValue, ListValue)):
            stack.extend((value, inner, below) for inner, below in _entries(mark) if below)


def _hide(
    container: MapValue | ListValue, key: str | int, hidden: dict[int, int], words: set[str]
) -> None:
    """Hide every scalar at or below an entry."""
    stack: list[_Entry] = [(container, key)]
    while stack:
        owner, name = stack.pop()
        place = owner.place(name)  # type: ignore[arg-type]
        if place is None:
            continue
        value: Value = owner[name]  # type: ignore[index]
        if isinstance(value, (MapValue, ListValue)):
            stack.extend((value, inner) for inner, _below in _entries(value))
        elif value is not None:
            hidden[place.value.start] = place.value.end
            if isinstance(value, str):
                words.add(value)


def _strings(root: Value) -> Iterator[tuple[str, int, int]]:
    """Every string that is a value, with the offsets of its literal."""
    stack = [(root, False)]
    while stack:
        current, inside = stack.pop()
        for key, value in _entries(current):
            below = inside or key in _VALUES
            if key == "references":
                continue
            if isinstance(value, str) and below:
                place = current.place(key)  # type: ignore[union-attr,arg-type]
                if place is not None:
                    yield value, place.value.start, place.value.end
            elif isinstance(value, (MapValue, ListValue)):
                stack.append((value, below))
