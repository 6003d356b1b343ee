"""Encoding and decoding functions, and hashes."""

from __future__ import annotations

import base64
import binascii
import csv
import gzip
import hashlib
import io
import uuid
import zlib
from collections.abc import Callable, Sequence
from urllib.parse import quote_plus, unquote_plus

from plumbrule_parsers.function_table import MAX_TEXT, FunctionError, Unknowns
from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.functions.call import Files, Function, text_of
from plumbrule_parsers.terraform.functions.json_text import json_segments
from plumbrule_parsers.terraform.functions.yaml_text import yaml_text
from plumbrule_parsers.traced import Traced, from_value, made_of, trace
from plumbrule_parsers.value import Reason, Unknown
from plumbrule_parsers.yaml_tree import parse_yaml

_Apply = Callable[[Files, Sequence[Traced]], Traced]


def _of_text(change: Callable[[str], str]) -> _Apply:
    def apply(_files: Files, args: Sequence[Traced]) -> Traced:
        return made_of(change(text_of(args[0])), *args)

    return apply


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise FunctionError("failed to decode base64 data") from None


def _utf8(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise FunctionError(f"the result of decoding {what} is not valid UTF-8") from None


def _base64gzip(files: Files, args: Sequence[Traced]) -> Traced:
    del files
    text = text_of(args[0])
    return made_of(base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode(), *args)


def _base64gunzip(text: str) -> str:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(_unbase64(text), MAX_TEXT)
    except zlib.error:
        raise FunctionError("failed to decompress the data") from None
    if unpacker.unconsumed_tail:
        raise FunctionError(f"the data unpacks to more than {MAX_TEXT} bytes")
    return _utf8(data, "gzip")


def _csvdecode(_files: Files, args: Sequence[Traced]) -> Traced:
    try:
        rows = [row for row in csv.reader(io.StringIO(text_of(args[0])), strict=True) if row]
    except csv.Error as error:
        raise FunctionError(f"invalid CSV: {error}") from None
    if not rows:
        raise FunctionError("missing header line")
    header = rows[0]
    if len(set(header)) != len(header):
        raise FunctionError("duplicate column name")
    if any(len(row) != len(header) for row in rows):
        raise FunctionError("wrong number of fields")
    records = [dict(zip(header, row, strict=True)) for row in rows[1:]]
    return trace(records, made_of(None, *args).via)


def _decoded(value: Traced, args: Sequence[Traced]) -> Traced:
    """Decoded data with the hops of its text behind every entry.

    A span inside decoded text is no place in a file, so it is dropped: the way leads to the text.
    """
    via = made_of(None, *args).via
    data = value.data
    if isinstance(data, dict):
        entries = {key: _decoded(item, args) for key, item in data.items()}
        return Traced(entries, via, rest=value.rest)
    if isinstance(data, list):
        return Traced([_decoded(item, args) for item in data], via, rest=value.rest)
    return Traced(data, via)


def _jsondecode(_files: Files, args: Sequence[Traced]) -> Traced:
    value, problems = parse_json(Source("jsondecode", text_of(args[0])))
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise FunctionError(f"invalid JSON: {errors[0].message}")
    return _decoded(from_value(value), args)


def _yamldecode(_files: Files, args: Sequence[Traced]) -> Traced:
    stream = parse_yaml(Source("yamldecode", text_of(args[0])), "terraform")
    errors = [problem for problem in stream.problems if problem.severity == "error"]
    if errors:
        raise FunctionError(f"invalid YAML: {errors[0].message}")
    if len(stream.documents) > 1:
        raise FunctionError("only one YAML document is allowed")
    if not stream.documents:
        return made_of(None, *args)
    return _decoded(from_value(stream.documents[0].value), args)


def _jsonencode(_files: Files, args: Sequence[Traced]) -> Traced:
    return made_of(json_segments(args[0]), *args, *_leaves(args[0]))


def _yamlencode(_files: Files, args: Sequence[Traced]) -> Traced:
    return made_of(yaml_text(args[0]), *args, *_leaves(args[0]))


def _leaves(value: Traced) -> list[Traced]:
    data = value.data
    if isinstance(data, dict):
        return [leaf for item in data.values() for leaf in _leaves(item)]
    if isinstance(data, list):
        return [leaf for item in data for leaf in _leaves(item)]
    return [value]


def _encoding(name: str) -> str:
    known = {"UTF-8": "utf-8", "UTF-16LE": "utf-16-le", "UTF-16BE": "utf-16-be",
             "ISO-8859-1": "latin-1", "US-ASCII": "ascii"}  # fmt: skip
    upper = name.upper()
    if upper in known:
        return known[upper]
    if upper.startswith("WINDOWS-125") and upper[-1:].isdigit():
        return "cp" + upper.removeprefix("WINDOWS-")
    raise FunctionError(f"`{name[:40]}` is not a supported encoding")


def _textencodebase64(_files: Files, args: Sequence[Traced]) -> Traced:
    try:
        data = text_of(args[0]).encode(_encoding(text_of(args[1])))
    except UnicodeEncodeError:
        raise FunctionError("the text has characters that the encoding lacks") from None
    return made_of(base64.b64encode(data).decode(), *args)


def _textdecodebase64(_files: Files, args: Sequence[Traced]) -> Traced:
    try:
        text = _unbase64(text_of(args[0])).decode(_encoding(text_of(args[1])))
    except UnicodeDecodeError:
        raise FunctionError("the data is not valid in that encoding") from None
    return made_of(text, *args)


def _digest(name: str, encode: Callable[[bytes], str]) -> Callable[[bytes], str]:
    def apply(data: bytes) -> str:
        return encode(hashlib.new(name, data, usedforsecurity=False).digest())

    return apply


def _base64_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


HASHES: dict[str, Callable[[bytes], str]] = {
    "base64sha256": _digest("sha256", _base64_text),
    "base64sha512": _digest("sha512", _base64_text),
    "md5": _digest("md5", bytes.hex),
    "sha1": _digest("sha1", bytes.hex),
    "sha256": _digest("sha256", bytes.hex),
    "sha512": _digest("sha512", bytes.hex),
}


def _hash(name: str) -> Function:
    digest = HASHES[name]
    return Function(_of_text(lambda text: digest(text.encode())), 1, 1, Unknowns.STRICT, "string")


_NAMESPACES = {"dns": uuid.NAMESPACE_DNS, "url": uuid.NAMESPACE_URL,
               "oid": uuid.NAMESPACE_OID, "x500": uuid.NAMESPACE_X500}  # fmt: skip


def _uuidv5(_files: Files, args: Sequence[Traced]) -> Traced:
    name = text_of(args[0])
    try:
        namespace = _NAMESPACES.get(name) or uuid.UUID(name)
    except ValueError:
        raise FunctionError(f"`{name[:40]}` is not a UUID namespace") from None
    return made_of(str(uuid.uuid5(namespace, text_of(args[1]))), *args)


def _never(reason: Reason, detail: str) -> _Apply:
    """A function whose result cannot be told before it runs."""

    def apply(_files: Files, args: Sequence[Traced]) -> Traced:
        return made_of(Unknown(reason, detail, type="string", not_null=True), *args)

    return apply


_OWN, _STRICT = Unknowns.OWN, Unknowns.STRICT
ENCODING = {
    "base64decode": Function(
        _of_text(lambda text: _utf8(_unbase64(text), "base64")), 1, 1, _STRICT, "string"
    ),
    "base64encode": Function(
        _of_text(lambda text: _base64_text(text.encode())), 1, 1, _STRICT, "string"
    ),
    "base64gunzip": Function(_of_text(_base64gunzip), 1, 1, _STRICT, "string"),
    "base64gzip": Function(_base64gzip, 1, 1, _STRICT, "string"),
    "bcrypt": Function(_never(Reason.RANDOM, "bcrypt()"), 1, 2, _OWN, "string"),
    "csvdecode": Function(_csvdecode, 1, 1, _STRICT, "list"),
    "jsondecode": Function(_jsondecode, 1, 1, _STRICT, "any"),
    "jsonencode": Function(_jsonencode, 1, 1, _OWN, "string"),
    "rsadecrypt": Function(_never(Reason.SECRET, "rsadecrypt()"), 2, 2, _OWN, "string"),
    "textdecodebase64": Function(_textdecodebase64, 2, 2, _STRICT, "string"),
    "textencodebase64": Function(_textencodebase64, 2, 2, _STRICT, "string"),
    "urldecode": Function(_of_text(unquote_plus), 1, 1, _STRICT, "string"),
    "urlencode": Function(
        _of_text(lambda text: quote_plus(text, safe="")), 1, 1, _STRICT, "string"
    ),
    "uuid": Function(_never(Reason.RANDOM, "uuid()"), 0, 0, _OWN, "string"),
    "uuidv5": Function(_uuidv5, 2, 2, _STRICT, "string"),
    "yamldecode": Function(_yamldecode, 1, 1, _STRICT, "any"),
    "yamlencode": Function(_yamlencode, 1, 1, _OWN, "string"),
    **{name: _hash(name) for name in HASHES},
}
