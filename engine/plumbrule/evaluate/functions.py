"""Functions: the built-in functions of the language on values that may be unknown."""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
import re
from collections.abc import Callable
from typing import Any

from plumbrule.evaluate.read import is_known, spelled
from plumbrule.evaluate.truth import MISSING, Doubt, Range, clash, doubt
from plumbrule.language.literals import Cidr
from plumbrule.redact import looks_like_secret, redact
from plumbrule_parsers.document import Node
from plumbrule_parsers.secret_tokens.find import entropy
from plumbrule_parsers.secret_tokens.judge import (
    as_far_as_known,
    as_written,
    secrets_in,
    why_no_secret,
)
from plumbrule_parsers.secret_tokens.names import secret_kind
from plumbrule_parsers.value import Reason, Segments, Unknown

_UNSURE = (Unknown, Segments, Doubt, Range)
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_CONTEXT = re.compile(r"[A-Za-z_][\w-]*(?:\.(?:[\w-]+|\*))+")
_QUOTED = re.compile(r"'(?:[^']|'')*'")


def text(value: Any) -> object:
    """The value as text: scalars as written, lists and maps as JSON."""
    if isinstance(value, Node):
        return value.label
    if isinstance(value, (dict, list, tuple, frozenset)):
        if not _deep_known(value):
            return doubt(clash("a value with unknown parts"), not_null=True)
        return json.dumps(value, default=lambda item: sorted(map(str, item)) if isinstance(
            item, frozenset) else str(item), sort_keys=True)  # fmt: skip
    return spelled(value)


def _deep_known(value: Any) -> bool:
    if not is_known(value):
        return False
    if isinstance(value, dict):
        return all(_deep_known(item) for item in value.values())
    if isinstance(value, (list, tuple, frozenset)):
        return all(_deep_known(item) for item in value)
    return True


def context_refs(value: object) -> object:
    """The contexts that `${{ }}` expressions in the text read; missing text reads none."""
    if value is MISSING:
        return ()
    bodies: list[str] = []
    for part in value.parts if isinstance(value, Segments) else (value,):
        if isinstance(part, str):
            bodies += _EXPRESSION.findall(part)
        elif isinstance(part, Unknown) and part.reason is Reason.ENVIRONMENT:
            bodies.append(part.detail)  # its text is known, only its value is not
        else:
            return doubt(part, not_null=True)
    found = [ref for body in bodies for ref in _CONTEXT.findall(_QUOTED.sub("", body))]
    return tuple(dict.fromkeys(found))


def _decoded(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def _is_base64(value: str) -> bool:
    if len(value) < 4 or not value.isascii():
        return False
    try:
        return base64.b64encode(base64.b64decode(value, validate=True)).decode() == value
    except (binascii.Error, ValueError):
        return False


def _to_int(value: str) -> object:
    found = re.fullmatch(r"\s*([+-]?\d{1,30})\s*", value, re.ASCII)
    return int(found[1]) if found else MISSING


def _flat(items: Any) -> tuple[object, ...]:
    out: list[object] = []
    for item in items:
        out.extend(item if isinstance(item, (list, tuple)) else (item,))
    return tuple(out)


def _truncate(value: str, max: int) -> str:  # noqa: A002 - the language's name
    return value if len(value) <= max else value[: max - 1] + "…"


def _unique(items: Any) -> tuple[object, ...]:
    out: list[object] = []
    for item in items:
        if item not in out:
            out.append(item)
    return tuple(out)


def _prefix(network: object) -> object:
    return network.prefix if isinstance(network, Cidr) else clash("not a network")


TABLE: dict[str, Callable[..., object]] = {
    "text": text,
    "lower": lambda value: value.lower(),
    "upper": lambda value: value.upper(),
    "trim": lambda value: value.strip(),
    "length": len,
    "join": lambda items, separator: separator.join(str(text(item)) for item in items),
    "split": lambda value, separator: tuple(value.split(separator)) if separator else (value,),
    "replace": lambda value, old, new: value.replace(old, new) if old else value,
    "truncate": _truncate,
    "redact": redact,
    "basename": posixpath.basename,
    "dirname": posixpath.dirname,
    "to_int": _to_int,
    "abs": abs,
    "min": min,
    "max": max,
    "first": lambda items: items[0] if items else MISSING,
    "last": lambda items: items[-1] if items else MISSING,
    "sort": lambda items: tuple(sorted(items)),
    "unique": _unique,
    "flatten": _flat,
    "keys": lambda value: tuple(sorted(value)),
    "values": lambda value: tuple(value[key] for key in sorted(value)),
    "sum": sum,
    "entropy": entropy,
    "looks_like_secret": looks_like_secret,
    "names_secret": lambda name: secret_kind(name) != "",
    "why_no_secret": why_no_secret,
    "secrets_in": secrets_in,
    "context_refs": context_refs,
    "prefix_length": _prefix,
    "is_base64": _is_base64,
    "decode_base64": lambda value: MISSING if (out := _decoded(value)) is None else out,
}
# These ask what files hold: a value that is made or fetched at run time is in none.
_ABOUT_FILES = frozenset({"why_no_secret", "secrets_in"})
_MAYBE = frozenset({"to_int", "first", "last", "decode_base64", "min", "max"})


def call(name: str, args: tuple[object, ...], named: dict[str, object]) -> object:
    """The function's result; unknown arguments give an unknown, a type clash gives one too."""
    if name == "known_or":
        value, default = (*args, *(named[key] for key in ("value", "default") if key in named))
        return value if is_known(value) and value is not MISSING else default
    given = (*args, *named.values())
    if name == "context_refs" and len(given) == 1:
        return context_refs(given[0])
    if name in _ABOUT_FILES and len(given) == 2 and is_known(given[0]):
        told = "" if given[1] is MISSING else as_written(given[1])
        if told is None:  # what can be told may be enough: a secret beside an unknown is one
            found = TABLE[name](given[0], as_far_as_known(given[1]))
            if (found == "") if name == "why_no_secret" else found:
                return found
        else:
            given = (given[0], told)
            args, named = given, {}
    if not all(_deep_known(value) for value in given):
        return doubt(*_unknowns(given), not_null=name not in _MAYBE)
    if any(value is MISSING for value in given):
        return clash(f"{name} of a missing value")
    try:
        return TABLE[name](*args, **named)
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError):
        return clash(f"{name} does not take this value")


def _unknowns(values: Any) -> list[object]:
    found: list[object] = []
    for value in values:
        if isinstance(value, _UNSURE):
            found.append(value)
        elif isinstance(value, dict):
            found += _unknowns(value.values())
        elif isinstance(value, (list, tuple)):
            found += _unknowns(value)
        rest = getattr(value, "rest", None)
        if rest is not None:
            found.append(rest)
    return found
