"""Helm's own functions: templates, required values, YAML, JSON and TOML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.decoding import decoded, source_of, yaml_key
from plumbrule_parsers.helm.functions.go_values import (
    doubt,
    need_pieces,
    need_str,
    text_result,
)
from plumbrule_parsers.helm.functions.json_text import json_pieces
from plumbrule_parsers.helm.functions.toml_text import toml_pieces
from plumbrule_parsers.helm.functions.yaml_text import yaml_pieces
from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.source import Source
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.traced_text import HOLE, first_hole, plain_text
from plumbrule_parsers.value import Reason, Unknown
from plumbrule_parsers.yaml_tree import YamlStream, parse_yaml

MAX_KEPT: Final = 2_000  # characters of a text whose YAML is kept
_Apply = Callable[[Call, Sequence[Traced]], Traced]


def _include(call: Call, args: Sequence[Traced]) -> Traced:
    if args[0].unknown is not None:
        return doubt(args[0].unknown, "string", args[0])
    return call.host.include(need_str(args[0]), args[1])


def _tpl(call: Call, args: Sequence[Traced]) -> Traced:
    if isinstance(args[0].data, Unknown):
        return doubt(args[0].data, "string", args[0])
    need_pieces(args[0])
    return call.host.tpl(args[0], args[1])


def _required(_call: Call, args: Sequence[Traced]) -> Traced:
    value = args[1]
    if value.data is None or (isinstance(value.data, str) and value.data == ""):
        message = plain_text(need_pieces(args[0])).replace(HOLE, "?")
        raise FunctionError(message, by_author=True)
    return value


def _lookup(call: Call, args: Sequence[Traced]) -> Traced:
    """No cluster is asked, as in `helm template`; the result says so."""
    from plumbrule_parsers.value import Hop

    hop = Hop(call.at, "`lookup` finds nothing without a cluster", "builtin")
    return Traced({}, (hop, *made_of(None, *args).via))


def _get_host_by_name(_call: Call, args: Sequence[Traced]) -> Traced:
    return made_of(Unknown(Reason.ENVIRONMENT, "getHostByName", type="string"), *args)


# --- to text


def _to_yaml(_call: Call, args: Sequence[Traced]) -> Traced:
    return text_result(yaml_pieces(args[0]), *args)


def _to_yaml_pretty(_call: Call, args: Sequence[Traced]) -> Traced:
    return text_result(yaml_pieces(args[0], pretty=True), *args)


def _json(*, html: bool = True, indent: str = "") -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        return text_result(json_pieces(args[0], html=html, indent=indent), *args)

    return apply


def _to_toml(_call: Call, args: Sequence[Traced]) -> Traced:
    return text_result(toml_pieces(args[0]), *args)


def _or_empty(apply: _Apply) -> _Apply:
    """A form without `must`: what cannot be encoded is an empty text."""

    def apply_or_empty(call: Call, args: Sequence[Traced]) -> Traced:
        try:
            return apply(call, args)
        except FunctionError as error:
            if not str(error).startswith(("json:", "toml:")):
                raise
            return made_of("", *args)

    return apply_or_empty


# --- from text


def _from_yaml(shape: type) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        return read_yaml(args[0], shape)

    return apply


def read_yaml(value: Traced, shape: type) -> Traced:
    """`fromYaml` (shape dict) or `fromYamlArray` (shape list) of the text.

    Text that is not YAML, or of another shape, gives Helm's error value, not an error.
    """
    pieces = need_pieces(value)
    hole = first_hole(pieces)
    if isinstance(value.data, Unknown):
        return doubt(value.data, "map" if shape is dict else "list", value)
    stream = _parsed(plain_text(pieces))
    errors = [problem for problem in stream.problems if problem.severity == "error"]
    document = stream.documents[0] if stream.documents else None
    if errors and (document is None or errors[0].span.start < document.span.end):
        if hole is not None:
            return doubt(hole, "map" if shape is dict else "list", value)
        line, what = errors[0].span.line, errors[0].message.rpartition(": ")[2]
        message = f"error converting YAML to JSON: yaml: line {line}: {what}"
        return _unreadable(message, shape, value)
    if document is None or document.value is None:
        return made_of({} if shape is dict else [], value)
    result = decoded(document.value, pieces, key=yaml_key, sensitive=value.sensitive)
    return _shaped(result, shape, value)


@lru_cache(maxsize=128)
def _short_stream(text: str) -> YamlStream:
    return parse_yaml(Source("fromYaml", text), "1.1")


def _parsed(text: str) -> YamlStream:
    """The stream of a text; charts read the same few labels again for every object."""
    if len(text) <= MAX_KEPT:
        return _short_stream(text)
    return parse_yaml(Source("fromYaml", text), "1.1")


_YAML_ERROR = "error unmarshaling JSON: while decoding JSON: json: "


def _shaped(result: Traced, shape: type, value: Traced, prefix: str = _YAML_ERROR) -> Traced:
    if isinstance(result.data, (shape, Unknown)):
        return result
    if result.data is None:
        return made_of({} if shape is dict else [], value)
    what = {dict: "object", list: "array", bool: "bool", float: "number"}.get(
        type(result.data), "string"
    )
    target = "map[string]interface {}" if shape is dict else "[]interface {}"
    return _unreadable(
        f"{prefix}cannot unmarshal {what} into Go value of type {target}",
        shape,
        value,
    )


def _unreadable(message: str, shape: type, value: Traced) -> Traced:
    text = made_of(message, value)
    return made_of({"Error": text} if shape is dict else [text], value)


def _from_json(shape: type | None, *, must: bool = False) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        value = args[0]
        pieces = need_pieces(value)
        hole = first_hole(pieces)
        if isinstance(value.data, Unknown):
            return doubt(value.data, "any", value)
        tree, problems = parse_json(source_of(pieces, "fromJson"))
        if problems and tree is None:
            if hole is not None:
                return doubt(hole, "any", value)
            if must:
                raise FunctionError(f"invalid JSON: {problems[0].message}")
            if shape is None:
                return made_of(None, value)
            return _unreadable(problems[0].message, shape, value)
        result = decoded(tree, pieces, sensitive=value.sensitive)
        return result if shape is None else _shaped(result, shape, value, "json: ")

    return apply


_OWN = Unknowns.OWN
HELM = {
    "fromJson": Function(_from_json(dict), 1, 1, _OWN, "map"),
    "fromJsonArray": Function(_from_json(list), 1, 1, _OWN, "list"),
    "fromYaml": Function(_from_yaml(dict), 1, 1, _OWN, "map"),
    "fromYamlArray": Function(_from_yaml(list), 1, 1, _OWN, "list"),
    "getHostByName": Function(_get_host_by_name, 1, 1, _OWN, "string"),
    "include": Function(_include, 2, 2, _OWN, "string"),
    "lookup": Function(_lookup, 4, 4, _OWN, "map"),
    "mustFromJson": Function(_from_json(None, must=True), 1, 1, _OWN),
    "mustToJson": Function(_json(), 1, 1, _OWN, "string"),
    "mustToPrettyJson": Function(_json(indent="  "), 1, 1, _OWN, "string"),
    "mustToRawJson": Function(_json(html=False), 1, 1, _OWN, "string"),
    "mustToYaml": Function(_to_yaml, 1, 1, _OWN, "string"),
    "required": Function(_required, 2, 2, _OWN),
    "toJson": Function(_or_empty(_json()), 1, 1, _OWN, "string"),
    "toPrettyJson": Function(_or_empty(_json(indent="  ")), 1, 1, _OWN, "string"),
    "toRawJson": Function(_or_empty(_json(html=False)), 1, 1, _OWN, "string"),
    "toToml": Function(_to_toml, 1, 1, _OWN, "string"),
    "toYaml": Function(_or_empty(_to_yaml), 1, 1, _OWN, "string"),
    "toYamlPretty": Function(_or_empty(_to_yaml_pretty), 1, 1, _OWN, "string"),
    "tpl": Function(_tpl, 2, 2, _OWN, "string"),
}
