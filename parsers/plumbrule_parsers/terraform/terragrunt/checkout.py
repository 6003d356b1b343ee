"""Absolute paths inside a checkout whose own place on the disk nobody knows.

Terragrunt's path functions give absolute paths. Here the folder of the repository is one mark, so
that `dirname` and the like work on what lies below it; where a value leaves Terragrunt, the mark
becomes an unknown part of the text. What depends on how deep the checkout lies, such as the number
of parts of a path, is found by evaluating with the checkout at two places: what both agree on is
known (`parts[length(parts) - 2]`), what differs is not (`parts[3]`, a hash of a path).
"""

from __future__ import annotations

import posixpath
from dataclasses import replace

from plumbrule_parsers.traced import Traced, of_pieces, pieces_of
from plumbrule_parsers.traced_text import Piece
from plumbrule_parsers.value import Reason, Segments, Unknown

_MARK = "\U000f5eed"  # of private use: no path has it
ROOT = f"/{_MARK}"
DEEPER = f"{ROOT}{ROOT}"  # the other place
MAX_PARTS = 50_000  # of one value that leaves Terragrunt
MAX_DEPTH = 60


def absolute(path: str, root: str) -> str:
    """The absolute path of a path in the repository ("" is the repository itself)."""
    return f"{root}/{path}" if path else root


def inside(path: str, folder: str) -> str | None:
    """A path as written, seen from a folder of the repository, as the repository has it.

    None: it lies outside, or nobody can tell.
    """
    if path.startswith(ROOT):
        path = path.removeprefix(ROOT).removeprefix(ROOT)
        if path[:1] not in ("", "/"):
            return None
        found = posixpath.normpath(path.lstrip("/") or ".")
    elif path.startswith(("/", "~")) or _MARK in path:
        return None
    else:
        found = posixpath.normpath(posixpath.join(folder, path or "."))
    if found == ".." or found.startswith("../"):
        return None
    return "" if found == "." else found


def is_marked(value: Traced) -> bool:
    """True if the value holds a path from the root of the disk."""
    data = value.data
    if isinstance(data, dict):
        return any(_MARK in key or is_marked(item) for key, item in data.items())
    if isinstance(data, list):
        return any(map(is_marked, data))
    if isinstance(data, Segments):
        texts = [part if isinstance(part, str) else part.detail for part in data.parts]
        return any(_MARK in text for text in texts)
    if isinstance(data, Unknown):
        return _MARK in data.detail
    return isinstance(data, str) and _MARK in data


def shown(text: str) -> str:
    """A message as a person reads it: paths are those in the repository."""
    return text.replace(f"{ROOT}/", "").replace(ROOT, ".").replace(_MARK, "")


def agreed(one: Traced, other: Traced) -> Traced:
    """What two evaluations have in common, with the hops of the first; the rest is unknown."""
    left, right = one.data, other.data
    doubt = _doubt("any")
    if isinstance(left, Unknown):
        return one
    if isinstance(left, dict) and isinstance(right, dict):
        entries = {key: agreed(item, right[key]) for key, item in left.items() if key in right}
        rest = one.rest or other.rest or (doubt if left.keys() != right.keys() else None)
        return Traced(entries, one.via, one.span, rest, sensitive=one.sensitive)
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        items = left.__class__(agreed(*pair) for pair in zip(left, right, strict=True))
        return Traced(items, one.via, one.span, one.rest or other.rest, sensitive=one.sensitive)
    if isinstance(left, (dict, list)) or type(left) is not type(right) or left != right:
        return Traced(doubt, one.via, one.span, sensitive=one.sensitive)
    return one


def _doubt(type_: str) -> Unknown:
    return Unknown(Reason.ENVIRONMENT, "the folder of the checkout", type=type_, not_null=True)


def unmarked(value: Traced) -> Traced:
    """The value as it leaves Terragrunt: where the checkout stands is unknown."""
    if _is_huge(value):
        why = Unknown(Reason.LIMIT, "the value is too large or nested too deeply")
        return Traced(why, value.via, value.span, sensitive=value.sensitive)
    return _unmarked(value)


def unmarked_entries(value: Traced) -> Traced:
    """The same for an object, whose entries are judged one by one."""
    data = value.data
    if not isinstance(data, dict):
        return unmarked(value)
    entries = {key: unmarked(item) for key, item in data.items() if _MARK not in key}
    rest = value.rest or (_doubt("any") if len(entries) < len(data) else None)
    return Traced(entries, value.via, value.span, rest, sensitive=value.sensitive)


def _is_huge(value: Traced) -> bool:
    """True if the value has too many parts, or too deep ones."""
    pending, count = [(value, 0)], 0
    while pending:
        current, depth = pending.pop()
        count += 1
        if count > MAX_PARTS or depth > MAX_DEPTH:
            return True
        data = current.data
        if isinstance(data, (dict, list)):
            inner = data.values() if isinstance(data, dict) else data
            pending.extend((item, depth + 1) for item in inner)
    return False


def _unmarked(value: Traced) -> Traced:
    if not is_marked(value):
        return value
    data = value.data
    doubt = _doubt("string")
    if isinstance(data, dict):
        entries = {key: _unmarked(item) for key, item in data.items() if _MARK not in key}
        rest = value.rest or (doubt if len(entries) < len(data) else None)
        return Traced(entries, value.via, value.span, rest, sensitive=value.sensitive)
    if isinstance(data, list):
        items = data.__class__(map(_unmarked, data))
        return Traced(items, value.via, value.span, value.rest, sensitive=value.sensitive)
    pieces: list[Piece] = []
    for piece in pieces_of(value):
        if not isinstance(piece.text, str):
            pieces.append(piece._replace(text=_explained(piece.text)))
            continue
        for number, part in enumerate(piece.text.replace(ROOT, _MARK).split(_MARK)):
            if number:
                pieces.append(Piece(doubt, piece.hops))
            if part:
                pieces.append(Piece(part, piece.hops))
    made = of_pieces(pieces, sensitive=value.sensitive)
    return Traced(made.data, value.via or made.via, value.span, sensitive=value.sensitive)


def _explained(doubt: Unknown) -> Unknown:
    return replace(doubt, detail=shown(doubt.detail)) if _MARK in doubt.detail else doubt
