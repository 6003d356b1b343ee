"""Methods of template objects, as functions that the evaluator binds to their receiver."""

from __future__ import annotations

import posixpath
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import datetime

from plumbrule_parsers.function_table import MAX_TEXT, FunctionError
from plumbrule_parsers.helm.functions.call import Call
from plumbrule_parsers.helm.functions.dates import format_date
from plumbrule_parsers.helm.functions.go_text import go_bytes
from plumbrule_parsers.helm.functions.go_values import (
    doubt,
    known,
    need_pieces,
    need_str,
    text_result,
)
from plumbrule_parsers.helm.functions.objects import (
    ApiVersions,
    BytesText,
    FilesData,
    Int64,
    StringsData,
    StructData,
)
from plumbrule_parsers.helm.functions.semver import compare, parse_version
from plumbrule_parsers.helm.functions.yaml_text import yaml_pieces
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.traced import Traced, made_of, of_pieces
from plumbrule_parsers.traced_text import Pieces, split, text_pieces
from plumbrule_parsers.value import Hop

_Apply = Callable[[Traced, Sequence[Traced], Call], Traced]


def has_method(receiver: Traced, name: str) -> bool:
    """True if `name` is a method of the receiver (fields and map keys are not)."""
    return name in _methods(receiver)


def call_method(receiver: Traced, name: str, args: Sequence[Traced], call: Call) -> Traced:
    """The method's result. FunctionError: it refuses these arguments as Helm would."""
    wanted, apply = _methods(receiver)[name]
    if len(args) != wanted:
        raise FunctionError(f"`{name}` takes {wanted} arguments, not {len(args)}")
    for arg in args:
        if arg.unknown is not None:
            return doubt(arg.unknown, "any", *args)
    return apply(receiver, args, call)


# --- files


def _entry(receiver: Traced, path: str, call: Call) -> Traced | None:
    """The file's content, with a hop for the file, None if there is none."""
    data = receiver.data
    assert isinstance(data, FilesData)
    if not data.chart:
        return data.get(path)
    content = call.host.file(path)
    return None if content is None else file_content(path, content)


def file_content(path: str, content: bytes) -> Traced:
    """A chart file as templates see it: its bytes, written where they stand."""
    text = content.decode("utf-8", "surrogateescape")
    source = Source(path, text)
    span = Span(source, 0, len(text))
    return Traced(BytesText(text), (Hop(span.first_line, f"file `{path}`"),), span)


def _pieces(content: Traced) -> Pieces:
    assert isinstance(content.data, str)
    return text_pieces(str(content.data), content.via, content.span)


def _get(receiver: Traced, args: Sequence[Traced], call: Call) -> Traced:
    found = _entry(receiver, need_str(args[0]), call)
    return made_of("", *args) if found is None else of_pieces(_pieces(found))


def _get_bytes(receiver: Traced, args: Sequence[Traced], call: Call) -> Traced:
    found = _entry(receiver, need_str(args[0]), call)
    return made_of(BytesText(""), *args) if found is None else found


def _glob(receiver: Traced, args: Sequence[Traced], call: Call) -> Traced:
    data = receiver.data
    assert isinstance(data, FilesData)
    pattern = need_str(args[0])
    found: dict[str, Traced] = {}
    size = 0
    for path in call.host.files(pattern):
        if not data.chart and path not in data:
            continue
        content = _entry(receiver, path, call)
        if content is not None and isinstance(content.data, str):
            found[path] = content
            size += len(content.data)
            if size > 5 * MAX_TEXT:
                raise FunctionError(f"the files that fit `{pattern[:60]}` are too large")
    return Traced(FilesData(found), args[0].via)


def _entries(receiver: Traced, call: Call) -> dict[str, Traced]:
    data = receiver.data
    assert isinstance(data, FilesData)
    if data.chart:
        every = _glob(receiver, [Traced("**")], call).data
        assert isinstance(every, FilesData)
        return every
    return data


def _as_config(receiver: Traced, _args: Sequence[Traced], call: Call) -> Traced:
    entries = {
        posixpath.basename(path): of_pieces(_pieces(content))
        for path, content in sorted(_entries(receiver, call).items())
    }
    return text_result(yaml_pieces(Traced(dict(entries))))


def _as_secrets(receiver: Traced, _args: Sequence[Traced], call: Call) -> Traced:
    entries = {
        posixpath.basename(path): Traced(encoded(content), content.via)
        for path, content in sorted(_entries(receiver, call).items())
    }
    return text_result(yaml_pieces(Traced(dict(entries))))


def encoded(content: Traced) -> str:
    """The content's bytes in base64."""
    assert isinstance(content.data, str)
    return b64encode(go_bytes(content.data)).decode()


def _lines(receiver: Traced, args: Sequence[Traced], call: Call) -> Traced:
    found = _entry(receiver, need_str(args[0]), call)
    if found is None or not found.data:
        return Traced(StringsData(), args[0].via)
    items = split(list(_pieces(found)), "\n")
    if not items[-1]:
        items.pop()
    lines = [of_pieces(item) if item else Traced("", found.via) for item in items]
    return Traced(StringsData(lines), found.via)


# --- versions and times


def _has(receiver: Traced, args: Sequence[Traced], _call: Call) -> Traced:
    data = receiver.data
    assert isinstance(data, ApiVersions)
    wanted = need_str(args[0])
    return made_of(any(item.data == wanted for item in data), receiver, args[0])


def _string(receiver: Traced, _args: Sequence[Traced], _call: Call) -> Traced:
    assert isinstance(receiver.data, StructData)
    return made_of(receiver.data.text, receiver)


def _compare(receiver: Traced, args: Sequence[Traced], _call: Call) -> Traced:
    assert isinstance(receiver.data, StructData)
    other = args[0].data
    if not isinstance(other, StructData):
        raise FunctionError("wrong type for value; expected *semver.Version")
    order = compare(parse_version(receiver.data.text), parse_version(other.text))
    return made_of(order, receiver, *args)


def _original(receiver: Traced, _args: Sequence[Traced], _call: Call) -> Traced:
    assert isinstance(receiver.data, StructData)
    return made_of(str(receiver.data.value), receiver)


def _of_time(answer: Callable[[datetime], int | str]) -> _Apply:
    def apply(receiver: Traced, _args: Sequence[Traced], _call: Call) -> Traced:
        assert isinstance(receiver.data, StructData)
        instant = receiver.data.value
        assert isinstance(instant, datetime)
        return made_of(answer(instant), receiver)

    return apply


def _format(receiver: Traced, args: Sequence[Traced], _call: Call) -> Traced:
    assert isinstance(receiver.data, StructData)
    instant = receiver.data.value
    assert isinstance(instant, datetime)
    layout = known(need_pieces(args[0])) or ""
    return made_of(format_date(layout, instant), receiver, *args)


_FILES: dict[str, tuple[int, _Apply]] = {
    "AsConfig": (0, _as_config),
    "AsSecrets": (0, _as_secrets),
    "Get": (1, _get),
    "GetBytes": (1, _get_bytes),
    "Glob": (1, _glob),
    "Lines": (1, _lines),
}
_APIS: dict[str, tuple[int, _Apply]] = {"Has": (1, _has)}
_STRUCTS: dict[str, dict[str, tuple[int, _Apply]]] = {
    "*semver.Version": {
        "Compare": (1, _compare), "Original": (0, _original), "String": (0, _string),
    },
    "time.Time": {
        "Day": (0, _of_time(lambda at: at.day)),
        "Format": (1, _format),
        "Hour": (0, _of_time(lambda at: at.hour)),
        "Minute": (0, _of_time(lambda at: at.minute)),
        "Month": (0, _of_time(lambda at: f"{at:%B}")),
        "Second": (0, _of_time(lambda at: at.second)),
        "String": (0, _string),
        "Unix": (0, _of_time(lambda at: Int64(int(at.timestamp())))),
        "Weekday": (0, _of_time(lambda at: f"{at:%A}")),
        "Year": (0, _of_time(lambda at: at.year)),
        "YearDay": (0, _of_time(lambda at: at.timetuple().tm_yday)),
    },
}  # fmt: skip


def _methods(receiver: Traced) -> dict[str, tuple[int, _Apply]]:
    data = receiver.data
    if isinstance(data, FilesData):
        return _FILES
    if isinstance(data, ApiVersions):
        return _APIS
    if isinstance(data, StructData):
        return _STRUCTS.get(data.go_type, _NAMED)
    return {}


_NAMED: dict[str, tuple[int, _Apply]] = {"String": (0, _string)}
