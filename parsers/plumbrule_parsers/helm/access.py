"""Fields, keys and methods of values, and what Go's templates take for true."""

from __future__ import annotations

from collections.abc import Sequence

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.helm.functions.call import Call
from plumbrule_parsers.helm.functions.go_values import go_type
from plumbrule_parsers.helm.functions.methods import call_method, has_method
from plumbrule_parsers.helm.functions.objects import FilesData, StructData
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Hop, Segments, Unknown

NIL = Traced(None)


def truth(value: Traced) -> bool | None:
    """Whether a condition holds; None if it cannot be told."""
    data = value.data
    if data is None or data is False:
        return False
    if data is True:
        return True
    if isinstance(data, (int, float)):
        return data != 0
    if isinstance(data, StructData):
        return True
    if isinstance(data, (str, list, dict)):
        if len(data) > 0:
            return True
        return None if value.rest is not None else False
    if isinstance(data, Segments):
        return True if any(isinstance(part, str) for part in data.parts) else _sure(data.parts[0])
    return _sure(data)


def _sure(data: object) -> bool | None:
    if isinstance(data, Unknown) and data.length:
        return True
    return None


def field_of(
    value: Traced, names: Sequence[str], args: Sequence[Traced], call: Call
) -> Traced:  # fmt: skip
    """What `.a.b` of the value is; `args` go to the last name if that is a method.

    FunctionError: Go would refuse the access.
    """
    from_map = False  # a nil from a map's key has no fields; any other nil has nil ones
    last = len(names) - 1
    for index, name in enumerate(names):
        data = value.data
        given = args if index == last else ()
        if isinstance(data, (Unknown, Segments)):
            return value
        if data is None:
            if from_map:
                raise FunctionError(
                    f"`{names[index - 1]}` is not set, so it has no `{name}`"
                )  # fmt: skip
            value = Traced(None, value.via)
            continue
        if isinstance(data, dict) and not isinstance(data, FilesData) and name in data:
            if given:
                raise FunctionError(f"`{name}` is no function, it cannot have arguments")
            found = data[name]
            value = found if found.via or not value.via else Traced(
                found.data, value.via, found.span, found.rest, sensitive=found.sensitive
            )  # fmt: skip
            from_map = True
            continue
        if has_method(value, name):
            value = call_method(value, name, given, call)
            from_map = False
            continue
        if isinstance(data, StructData) or not isinstance(data, dict):
            raise FunctionError(f"there is no `{name}` in a value of type {go_type(value)}")
        if isinstance(data, FilesData):
            found_file = data.get(name)
            value = found_file if found_file is not None else Traced("", value.via)
            continue
        if value.rest is not None:
            return Traced(value.rest, value.via)
        if given:
            raise FunctionError(f"`{name}` is no function, it cannot have arguments")
        value = Traced(None, absent(value, name))
        from_map = True
    return value


def absent(owner: Traced, name: str) -> tuple[Hop, ...]:
    """Where a key that is missing would stand: below the owner's own place."""
    for hop in owner.via:
        if hop.kind == "data" and hop.note.startswith("values"):
            path = hop.note[hop.note.find("`") + 1 : -1] if "`" in hop.note else ""
            shown = f"{path}.{name}" if path else name
            return (Hop(hop.span.first_line, f"values key `{shown}` is not set", "absent"),)
    return ()
