"""Comments: which part of a rule file each one belongs to, for the formatter.

A comment behind code belongs to what ends on its line, a comment on a line of its own to what
follows. Where an expression is printed as one piece, a comment inside of it moves above it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace

from plumbrule.language import syntax as s

EDITION = re.compile(r"(?:\s|#[^\n]*\n)*plumbrule\s+\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment's text; `gap` tells that an empty line follows it."""

    text: str
    gap: bool


@dataclass(slots=True)
class Comments:
    """Comments by the `id` of their part: above it, behind it, behind its head, at its end."""

    above: dict[int, list[Comment]] = field(default_factory=lambda: defaultdict(list))
    behind: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    head: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    end: dict[int, list[Comment]] = field(default_factory=lambda: defaultdict(list))
    first: list[Comment] = field(default_factory=list)  # before the edition
    edition: list[str] = field(default_factory=list)  # behind the edition

    def within(self, part: object) -> bool:
        """Whether a comment stands above or behind the part itself."""
        return bool(self.above.get(id(part)) or self.behind.get(id(part)))


@dataclass(slots=True)
class _Part:
    """A place that comments can belong to."""

    node: object
    start: int
    end: int
    braces: bool
    parts: list[_Part]
    own_line: bool = False  # it starts a line even if it comes first


def operands(expr: s.Expr) -> list[s.Expr]:
    """The members of a chain of `and` or of `or`; the expression itself if it is none."""
    if not isinstance(expr, s.Binary) or expr.op not in ("and", "or"):
        return [expr]
    out: list[s.Expr] = []
    current: s.Expr = expr
    while isinstance(current, s.Binary) and current.op == expr.op:
        out.append(current.right)
        current = current.left
    return [current, *reversed(out)]


def attach(file: s.File) -> Comments:
    """Every comment of the file at its part."""
    text = file.span.source.text
    top = _part(file, 0, len(text) + 1, [_item(item) for item in file.items], braces=True)
    edition = EDITION.match(text)
    begin = edition.end() if edition is not None else 0
    out = Comments()
    for offset, raw in file.comments:
        words = raw.rstrip()
        rest = text[offset + len(raw) :]
        comment = Comment(words, re.match(r"[ \t\r]*\n[ \t\r]*\n", rest) is not None)
        line = text.rfind("\n", 0, offset) + 1
        alone = not text[line:offset].strip()
        if offset < begin:
            out.first.append(comment)
        elif not alone and line < begin:
            out.edition.append(words)
        else:
            _place(top, offset, line, comment, out, alone=alone)
    return out


def _place(
    top: _Part, offset: int, line: int, comment: Comment, out: Comments, *, alone: bool
) -> None:
    chain = [top]
    while True:
        inner = next((p for p in chain[-1].parts if p.start < offset < p.end), None)
        if inner is None:
            break
        chain.append(inner)
    here = chain[-1]
    if not alone:
        ended = _last_ended(here, offset, line)
        if ended is not None and not out.behind[id(ended.node)]:
            out.behind[id(ended.node)].append(comment.text)
            return
        if here.braces and here is not top and not out.head[id(here.node)]:
            out.head[id(here.node)].append(comment.text)
            return
    plain = Comment(comment.text, gap=comment.gap and alone)
    after = next((p for p in here.parts if p.start > offset), None)
    if after is not None:
        chain.append(after)
    elif here.braces:
        out.end[id(here.node)].append(plain)
        return
    while not chain[-2].braces and chain[-2].parts[0] is chain[-1] and not chain[-1].own_line:
        chain.pop()  # it starts where its owner starts: the comment goes above both
    out.above[id(chain[-1].node)].append(plain)


def _last_ended(here: _Part, offset: int, line: int) -> _Part | None:
    """The innermost part that ends last before the comment and on its line."""
    found = None
    for part in here.parts:
        if line <= part.end <= offset:
            found = part
    while found is not None:
        deeper = next((p for p in found.parts if p.end == found.end), None)
        if deeper is None:
            return found
        found = deeper
    return None


def _part(node: object, start: int, end: int, parts: list[_Part], *, braces: bool) -> _Part:
    return _Part(node, start, end, braces, sorted(parts, key=lambda part: part.start))


def _leaf(node: s.Expr | s.FixOp | s.FixtureExpr | s.NoteItem | s.FieldDecl | s.PatternExpr
          | s.Text | s.TypeExpr | s.Meta | s.UnknownItem) -> _Part:  # fmt: skip
    return _Part(node, node.span.start, node.span.end, False, [])


def _value(expr: s.Expr) -> list[_Part]:
    """The members of a value that the formatter can put on lines of their own."""
    if isinstance(expr, (s.ListExpr, s.SetExpr)):
        return [replace(_leaf(item), own_line=True) for item in expr.items]
    chain = operands(expr)
    return [_leaf(item) for item in chain] if len(chain) > 1 else []


def _item(item: s.Item | s.RuleItem) -> _Part:
    parts: list[_Part] = []
    braces = False
    match item:
        case s.Rule() | s.Exempt():
            parts, braces = [_item(entry) for entry in item.items], True
        case s.KindDecl():
            parts, braces = [_leaf(entry) for entry in item.fields], True
            parts += [_leaf(entry) for entry in (item.open, item.doc) if entry is not None]
        case s.TestItem():
            parts, braces = [_leaf(entry) for entry in item.fixtures], True
        case s.FixItem():
            parts, braces = [_leaf(entry) for entry in item.ops], True
        case s.ReportItem():
            parts = [_leaf(entry) for entry in item.notes]
            return _part(item, item.span.start, item.span.end, parts, braces=True)
        case s.MatchItem():
            parts = [_leaf(entry) for entry in item.patterns]
        case s.WhereItem() | s.SeverityItem():
            parts = _value(item.condition)
        case s.Constant() | s.LetItem():
            parts = _value(item.value)
        case s.ParamItem():
            parts = _value(item.default)
        case s.Function():
            parts = _value(item.body)
        case _:
            pass
    return _part(item, item.span.start, item.span.end, parts, braces=braces)
