"""The syntax tree of a rule file, one class a production of `grammar.lark`.

Every node has a span in its file. Trees compare by content without spans, so that printing and
parsing can be held to be the identity.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from plumbrule_parsers.source import Span


def _span() -> Any:
    return field(compare=False, repr=False)


# ------------------------------------------------------------------ expressions
@dataclass(frozen=True, slots=True)
class Name:
    """NAME"""

    name: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Literal:
    """NUMBER | STRING | true | false | null"""

    value: str | int | float | bool | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Tagged:
    """tag"text\""""

    tag: str
    text: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class ListExpr:
    """[expr, ...]"""

    items: tuple[Expr, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class SetExpr:
    """{expr, ...}"""

    items: tuple[Expr, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class MapExpr:
    """{key: expr, ...}; `{}` is an empty map or set, as its context wants"""

    entries: tuple[tuple[str, Expr], ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Get:
    """receiver.name | receiver?.name"""

    receiver: Expr
    name: str
    chained: bool
    name_span: Span = _span()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Index:
    """receiver[key] | receiver?[key]"""

    receiver: Expr
    key: Expr
    chained: bool
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class CallExpr:
    """callee(args, name = arg)"""

    callee: Expr
    args: tuple[Expr, ...]
    named: tuple[tuple[str, Expr], ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Unary:
    """not operand | -operand"""

    op: str
    operand: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Binary:
    """left op right; op: and or ?? + - * /"""

    op: str
    left: Expr
    right: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Comparison:
    """left [not] op right"""

    op: str
    left: Expr
    right: Expr
    negated: bool
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Is:
    """left is [not] word | kind; `words` are the dotted names of the union"""

    left: Expr
    words: tuple[str, ...]
    negated: bool
    words_span: Span = _span()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class IfExpr:
    """if condition then yes else no"""

    condition: Expr
    yes: Expr
    no: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class EachBinder:
    """[key,] item in collection"""

    names: tuple[str, ...]
    collection: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class QuantifierExpr:
    """any|none|count|all|collect (binder where w satisfy|give body)"""

    form: str
    binder: EachBinder | PatternExpr
    where: Expr | None
    body: Expr | None
    span: Span = _span()


Expr = (
    Name | Literal | Tagged | ListExpr | SetExpr | MapExpr | Get | Index | CallExpr | Unary | Binary
    | Comparison | Is | IfExpr | QuantifierExpr
)  # fmt: skip


def written(expr: Expr) -> str:
    """The expression as the rule has it, shortened for a message."""
    text = " ".join(expr.span.text.split())
    return text if len(text) <= 60 else text[:57] + "..."


# ------------------------------------------------------------------ patterns
@dataclass(frozen=True, slots=True)
class NodeExpr:
    """NAME [: kinds]"""

    name: str
    kinds: tuple[str, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class EdgeExpr:
    """-names repeat avoiding-> or <-...-"""

    names: tuple[str, ...]
    forward: bool
    repeat: str
    avoiding: tuple[str, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class PatternExpr:
    """[path =] node (edge node)*"""

    path: str | None
    nodes: tuple[NodeExpr, ...]
    edges: tuple[EdgeExpr, ...]
    span: Span = _span()


# ------------------------------------------------------------------ types
@dataclass(frozen=True, slots=True)
class TypeExpr:
    """dotted<args>? | enum("...")?"""

    name: str
    args: tuple[TypeExpr, ...]
    words: tuple[str, ...]
    optional: bool
    span: Span = _span()


# ------------------------------------------------------------------ items
@dataclass(frozen=True, slots=True)
class Text:
    """A string of words for people; `long` keeps how it was written."""

    value: str
    long: bool
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Meta:
    """title why remedy severity confidence level tags refs formerly"""

    word: str
    value: Text | str | tuple[str, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class SeverityItem:
    """severity name when condition"""

    name: str
    condition: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class ParamItem:
    """param name: type = default "words\""""

    name: str
    type: TypeExpr
    default: Expr
    doc: str | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class LetItem:
    """let name = value"""

    name: str
    value: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class MatchItem:
    """match pattern, ..."""

    patterns: tuple[PatternExpr, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class WhereItem:
    """where condition"""

    condition: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class UnknownItem:
    """on unknown word"""

    word: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class NoteItem:
    """note text at place"""

    message: Text
    at: Expr | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class ReportItem:
    """report at place text, notes, path"""

    at: Expr | None
    message: Text
    notes: tuple[NoteItem, ...]
    path: str | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class FixOp:
    """set place = value | remove place | append value to place | replace place with value"""

    op: str
    place: Expr
    value: Expr | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class FixItem:
    """fix safe|unsafe "title" { ops }"""

    title: str
    mode: str
    ops: tuple[FixOp, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class FixtureExpr:
    """file name text | dir name | with name = value | fixed name text"""

    form: str
    name: str
    text: Text | None
    value: Expr | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class TestItem:
    """test "title" verdict { fixtures }"""

    title: str
    verdict: str
    count: int | None
    fixtures: tuple[FixtureExpr, ...]
    span: Span = _span()


RuleItem = (
    Meta | SeverityItem | ParamItem | LetItem | MatchItem | WhereItem | UnknownItem | ReportItem
    | FixItem | TestItem
)  # fmt: skip


# ------------------------------------------------------------------ declarations
@dataclass(frozen=True, slots=True)
class Rule:
    """rule id { items }"""

    id: str
    items: tuple[RuleItem, ...]
    id_span: Span = _span()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Exempt:
    """exempt id { match where until because owner }"""

    rule: str
    items: tuple[MatchItem | WhereItem | Meta, ...]
    id_span: Span = _span()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Module:
    """module name"""

    name: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Use:
    """use module as alias { names }"""

    module: str
    alias: str | None
    names: tuple[str, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Constant:
    """let name: type = value"""

    name: str
    type: TypeExpr | None
    value: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Formal:
    """name: type"""

    name: str
    type: TypeExpr
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Function:
    """pred name(formals) = body | fn name(formals): type = body; `type` is None for a pred"""

    name: str
    formals: tuple[Formal, ...]
    type: TypeExpr | None
    body: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class FieldDecl:
    """field name?: type = default "words\""""

    name: str
    optional: bool
    type: TypeExpr
    default: Expr | None
    doc: str | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class KindDecl:
    """kind name extends kinds { members }"""

    name: str
    parents: tuple[str, ...]
    fields: tuple[FieldDecl, ...]
    open: TypeExpr | None
    doc: Text | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class EdgeDecl:
    """edge name: kinds -> kinds inverse name "words\""""

    name: str
    origins: tuple[str, ...]
    targets: tuple[str, ...]
    inverse: str | None
    doc: str | None
    span: Span = _span()


Item = Module | Use | Constant | Function | Rule | Exempt | KindDecl | EdgeDecl


@dataclass(frozen=True, slots=True)
class File:
    """plumbrule 1, then items. `comments` are (offset, text) in order, for the formatter."""

    items: tuple[Item, ...]
    span: Span = _span()
    comments: tuple[tuple[int, str], ...] = field(default=(), compare=False, repr=False)
