"""Terraform's JSON syntax as the same tree that HCL text gives.

Source: https://developer.hashicorp.com/terraform/language/syntax/json.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from plumbrule_parsers.document import Problem
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.hcl_tree.parse import parse_expression
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Value

# How many labels a block type has; everything else at the top is no block.
LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1,
          "provider": 1, "check": 1, "locals": 0, "terraform": 0, "moved": 0, "import": 0,
          "removed": 0}  # fmt: skip
_LETTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\u[0-9a-fA-F]{4}|\\.|[^\\]",
    re.DOTALL,
)
# Nested structures that are blocks in the native syntax and matter to us, anywhere and in some
# blocks only, by the type of these or of what they make.
NESTED = {"lifecycle", "dynamic", "provisioner", "connection", "backend", "required_providers"}
NESTED_IN = {
    "check": {"data", "assert"},
    "dynamic": {"content"},
    "provider": {"default_tags"},
    "terraform": {"cloud"},
    "aws_iam_policy_document": {"statement"},
    "statement": {"principals", "not_principals", "condition"},
    "aws_iam_role": {"inline_policy"},
}
_LABELLED = {"dynamic": 1, "provisioner": 1, "backend": 1, "data": 2}
# Settings that name things: their strings are expressions, with or without `${}`.
_NAMES = {
    "resource": {"provider", "depends_on"},
    "data": {"provider", "depends_on"},
    "ephemeral": {"provider", "depends_on"},
    "module": {"providers", "depends_on"},
    "output": {"depends_on"},
    "lifecycle": {"ignore_changes", "replace_triggered_by"},
    "moved": {"from", "to"},
    "import": {"to", "provider"},
    "removed": {"from"},
}


class QuotedSetting(h.Setting):
    """A setting whose name stands in quotes."""

    __slots__ = ()

    @property
    def name_end(self) -> int:
        """Where the name ends, with its quotes."""
        return self.start + len(self.name) + 2


class QuotedBlock(h.Block):
    """A block whose type stands in quotes; one of several in a list has its brace as its head."""

    __slots__ = ()

    @property
    def type_end(self) -> int:
        """Where the head ends."""
        return self.head_end


def json_body(
    value: Value, problems: list[Problem] | None = None, *, variables: bool = False
) -> h.Body:
    """The body of a file; `variables` for a file of variable values, which are no templates.

    Strings that are no templates although they look so are added to the problems.
    """
    if not isinstance(value, MapValue):
        return h.Body(0, 0, ())
    reader = _Reader([] if problems is None else problems)
    items: list[h.Setting | h.Block] = []
    for key, entry in value.items():
        start, head = _key(value, key)
        labels = LABELS.get(key)
        if variables or labels is None:
            if not key.startswith("//"):
                items.append(reader.setting(value, key, plain=variables))
        else:
            items.extend(reader.blocks(key, entry, labels, (), start, head))
    return h.Body(value.start, value.end, tuple(items))


def _key(value: MapValue, key: str) -> tuple[int, int]:
    """The offsets of a key with its quotes."""
    place = value.place(key)
    assert place is not None
    assert place.key is not None
    return place.key.start, place.key.end


class _Reader:
    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.content: set[str] = set()  # the blocks in the content of the dynamic block at hand

    def blocks(
        self, type_: str, value: Value, labels: int, above: tuple[h.Label, ...], start: int,
        head: int,
    ) -> list[h.Block]:  # fmt: skip
        """The blocks that an entry stands for; `start` and `head` are the offsets of its key."""
        if isinstance(value, ListValue):
            several = len(value) > 1
            found: list[h.Block] = []
            for item in value:
                at = (item.start, item.start + 1) if several and isinstance(item, MapValue) else (
                    start, head
                )  # fmt: skip
                found += self.blocks(type_, item, labels, above, *at)
            return found
        if not isinstance(value, MapValue):
            return []
        if labels == 0:
            made = above[0].text if above and type_ in ("resource", "data", "dynamic") else ""
            body = self.settings(value, type_, made)
            return [QuotedBlock(start, value.end, type_, above, body, head)]
        out: list[h.Block] = []
        for key, entry in value.items():
            begin, end = _key(value, key)
            label = h.Label(begin, end, key)
            out.extend(self.blocks(type_, entry, labels - 1, (*above, label), begin, end))
        return out

    def settings(self, value: MapValue, type_: str, made: str = "") -> h.Body:
        """What stands in a block of the type; `made` is the type of what it makes."""
        nested = NESTED | NESTED_IN.get(type_, set()) | NESTED_IN.get(made, set())
        names = _NAMES.get(type_, set())
        if type_ == "content":
            nested |= self.content
        items: list[h.Setting | h.Block] = []
        for key, entry in value.items():
            if key.startswith("//"):
                continue
            if key in nested and isinstance(entry, (MapValue, ListValue)):
                if type_ == "dynamic":  # its content is a block of the type that it makes
                    self.content = NESTED_IN.get(made, set())
                count = _LABELLED.get(key, 0)
                items.extend(self.blocks(key, entry, count, (), *_key(value, key)))
            elif key in names:
                place = value.place(key)
                assert place is not None
                named = self.named(entry, place.value)
                items.append(QuotedSetting(_key(value, key)[0], place.value.end, key, named))
            else:
                items.append(self.setting(value, key, plain=type_ == "variable"))
        return h.Body(value.start, value.end, tuple(items))

    def setting(self, owner: MapValue, key: str, *, plain: bool) -> h.Setting:
        """One entry as a setting."""
        place = owner.place(key)
        assert place is not None
        made = self.expression(owner[key], place.value, plain=plain)
        return QuotedSetting(_key(owner, key)[0], place.value.end, key, made)

    def named(self, value: Value, at: Span) -> h.Expr:
        """What names other things: each string is an expression."""
        if isinstance(value, ListValue):
            places = [value.place(index) for index in range(len(value))]
            items = tuple(
                self.named(item, place.value)
                for item, place in zip(value, places, strict=True)
                if place is not None
            )
            return h.Tuple(value.start, value.end, items)
        if isinstance(value, MapValue):
            pairs: list[tuple[h.Expr, h.Expr]] = []
            for name, entry in value.items():
                place = value.place(name)
                assert place is not None
                assert place.key is not None
                literal = h.Literal(place.key.start, place.key.end, name)
                pairs.append((literal, self.named(entry, place.value)))
            return h.Object(value.start, value.end, tuple(pairs))
        if isinstance(value, str) and not value.startswith("${"):
            made = parse_expression(value)
            if made is not None:
                return remapped(made, _offsets(value, at).__getitem__)
        return self.expression(value, at, plain=False)

    def expression(self, value: Value, at: Span, *, plain: bool) -> h.Expr:
        """A JSON value as an expression: strings are templates, as in the native syntax."""
        if isinstance(value, MapValue):
            pairs: list[tuple[h.Expr, h.Expr]] = []
            for name, entry in value.items():
                place = value.place(name)
                assert place is not None
                assert place.key is not None
                key = self.text(name, place.key, plain=plain)
                pairs.append((key, self.expression(entry, place.value, plain=plain)))
            return h.Object(value.start, value.end, tuple(pairs))
        if isinstance(value, ListValue):
            items: list[h.Expr] = []
            for index, item in enumerate(value):
                place = value.place(index)
                assert place is not None
                items.append(self.expression(item, place.value, plain=plain))
            return h.Tuple(value.start, value.end, tuple(items))
        if isinstance(value, str):
            return self.text(value, at, plain=plain)
        assert value is None or isinstance(value, (int, float, bool))
        return h.Literal(at.start, at.end, value)

    def text(self, value: str, at: Span, *, plain: bool) -> h.Expr:
        """A string: a template if there is something to fill in."""
        if plain or ("${" not in value and "%{" not in value):
            return h.Literal(at.start, at.end, value)
        made = _template(value)
        if made is None:
            message = "the template in this string cannot be read"
            self.problems.append(Problem("hcl-syntax", message, at))
            return h.Traversal(at.start, at.end, ("unreadable",))
        return _placed(made, at, _offsets(value, at))


def _template(value: str) -> h.Template | None:
    """The parts of a template as it stands in JSON: without quotes, their offsets those in it."""
    mark = "END"
    while mark in value:
        mark += "_"
    parsed = parse_expression(f"<<{mark}\n{value}\n{mark}\n")
    if not isinstance(parsed, h.Template):
        return None
    parts = list(parsed.parts)
    last = parts.pop()  # the line break before the mark is not the value's
    if not isinstance(last, h.Text):
        return None
    if last.text != "\n":
        parts.append(last._replace(end=last.end - 1, text=last.text[:-1]))
    shift = len(mark) + 3
    shifted = h.Template(shift, shift + len(value), tuple(parts))
    made = remapped(shifted, lambda offset: offset - shift)
    assert isinstance(made, h.Template)
    return made


def _offsets(value: str, at: Span) -> Sequence[int]:
    """Where each character of a string stands in the file, and where the last one ends."""
    written = at.text
    if len(written) == len(value) + 2:
        return range(at.start + 1, at.end)
    starts = [at.start + found.start() for found in _LETTER.finditer(written, 1, len(written) - 1)]
    found = [*starts, at.end - 1]
    return found if len(found) == len(value) + 1 else [*[at.start] * len(value), at.end]


def _placed(template: h.Template, at: Span, offsets: Sequence[int]) -> h.Expr:
    """The template with the offsets of the file; one that is a single value is that value."""
    made = remapped(template, offsets.__getitem__)
    assert isinstance(made, h.Template)
    if len(made.parts) == 1 and isinstance(made.parts[0], h.Interpolation):
        return made.parts[0].value
    if all(isinstance(part, h.Text) for part in made.parts):
        return h.Literal(at.start, at.end, "".join(
            part.text for part in made.parts if isinstance(part, h.Text)
        ))  # fmt: skip
    return made._replace(start=at.start, end=at.end)


def moved(expr: h.Expr, start: int, end: int) -> h.Expr:
    """The expression with the offsets of everything in it set to these."""
    return _changed(expr, lambda _start, _end: (start, end))


def remapped(expr: h.Expr, offset: Callable[[int], int]) -> h.Expr:
    """The expression with every offset set to what the function makes of it."""
    return _changed(expr, lambda start, end: (offset(start), offset(end)))


def _changed(expr: h.Expr, place: Callable[[int, int], tuple[int, int]]) -> h.Expr:
    start, end = place(expr.start, expr.end)
    changes: dict[str, object] = {"start": start, "end": end}
    for name, value in zip(expr._fields, expr, strict=True):
        if name in ("start", "end"):
            continue
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            changes[name] = _changed(value, place)  # type: ignore[arg-type]
        elif isinstance(value, tuple) and value and isinstance(value[0], tuple):
            changes[name] = tuple(
                _changed(item, place)  # type: ignore[arg-type]
                if hasattr(item, "_fields")
                else tuple(_changed(part, place) for part in item)
                for item in value
            )
    return expr._replace(**changes)  # type: ignore[arg-type]
