"""Checked rules: what the type checker hands to the evaluators.

Names are resolved, predicates and functions are inlined (`Bind`), constants are folded in, and
every expression has its type. Both evaluators (the reference walk and the generated code) read this
form and nothing else. Spans point into the rule's own file. Nodes are immutable and compare by
content, so a pack can be cached.
"""

from __future__ import annotations

from dataclasses import dataclass

from plumbrule.language.types import Type
from plumbrule_parsers.source import Span


@dataclass(frozen=True, slots=True)
class Const:
    """A constant: a bare scalar, a tuple (list), a frozenset (set), or a value of `literals`."""

    value: object
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Var:
    """A pattern's node or path, a `let`, a binder's or `Bind`'s name; unique within a rule."""

    name: str
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Param:
    """A rule's parameter, whose value comes from the configuration or from its default."""

    name: str
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Field:
    """`receiver.name` of a declared field.

    `declared` is the field's type in the schema: raw values are read through it (a string as a
    quantity, a map as a kind). `default` is what the platform does if the field is absent.
    `chained` is `?.`: a missing receiver gives missing.
    """

    receiver: Expr
    name: str
    declared: Type
    default: Expr | None
    chained: bool
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Item:
    """`receiver[key]`: a map's entry, a list's item, or an undeclared attribute of an open kind."""

    receiver: Expr
    key: Expr
    chained: bool
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Test:
    """`receiver is [not] test`; test: set, missing, null, empty, explicit, known, unknown."""

    receiver: Expr
    test: str
    negated: bool
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class IsKind:
    """`receiver is [not] kinds`."""

    receiver: Expr
    kinds: tuple[str, ...]
    negated: bool
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Not:
    """`not operand`."""

    operand: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class And:
    """A conjunction of two or more, evaluated left to right."""

    operands: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Or:
    """A disjunction of two or more, evaluated left to right."""

    operands: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    """`if condition then yes else no`."""

    condition: Expr
    yes: Expr
    no: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison; op: == != < <= > >= in matches contains starts_with ends_with overlaps.

    `negated` is `not in` and the like. Operands were checked: an int beside a quantity and the
    like were refused or are comparable as they stand; `any` is decided at run time.
    """

    op: str
    left: Expr
    right: Expr
    negated: bool
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Coalesce:
    """`left ?? right`: right if left is missing. An unknown left stays unknown."""

    left: Expr
    right: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Arith:
    """`left op right` with + - * /."""

    op: str
    left: Expr
    right: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Neg:
    """`-operand`."""

    operand: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A built-in function. `named` are arguments given by name."""

    function: str
    args: tuple[Expr, ...]
    named: tuple[tuple[str, Expr], ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Bind:
    """`body` with `name` bound to `value` (an inlined predicate's or function's argument)."""

    name: str
    value: Expr
    body: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Listing:
    """`[...]` or `{a, b}`; `form` is list or set."""

    form: str
    items: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """`{key: value, ...}`."""

    entries: tuple[tuple[str, Expr], ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Each:
    """The binder `item in collection` or `key, item in collection`."""

    key: str | None
    item: str
    collection: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class PatternNode:
    """One node of a pattern. `fresh` is false if the variable was bound by something earlier.

    `kinds` is empty if an earlier binding already fixed the kind.
    """

    name: str
    kinds: tuple[str, ...]
    fresh: bool
    span: Span


@dataclass(frozen=True, slots=True)
class PatternEdge:
    """One step of a pattern.

    `names` are edge types or inverses as written, resolved to (edge, forward): the step follows
    the edge from left to right if `forward`, else against it. `low` and `high` bound the number of
    steps (1, 1 for a plain edge; high None: any number). `avoiding` are kinds that no intermediate
    node may have.
    """

    names: tuple[tuple[str, bool], ...]
    low: int
    high: int | None
    avoiding: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Pattern:
    """A chain of nodes and edges; `path` names the bound path, if any."""

    path: str | None
    nodes: tuple[PatternNode, ...]
    edges: tuple[PatternEdge, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Quantifier:
    """`any none count all collect`. `where` is None for true; `body` is satisfy's or give's."""

    form: str
    binder: Each | Pattern
    where: Expr | None
    body: Expr | None
    type: Type
    span: Span


Expr = (
    Const | Var | Param | Field | Item | Test | IsKind | Not | And | Or | If | Compare | Coalesce
    | Arith | Neg | Call | Bind | Listing | Mapping | Quantifier
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Template:
    """A message: texts and holes in turn."""

    parts: tuple[str | Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Note:
    """A note of a report; `at` is a place expression (Var, Field, Item) or None."""

    message: Template
    at: Expr | None


@dataclass(frozen=True, slots=True)
class Report:
    """Where and what a finding says. `at` None means the subject."""

    at: Expr | None
    message: Template
    notes: tuple[Note, ...]
    path: str | None


@dataclass(frozen=True, slots=True)
class Edit:
    """One typed edit of a fix; op: set, remove, append, replace. `value` is None for remove."""

    op: str
    place: Expr
    value: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Fix:
    """What a rule proposes to mend its finding; `evaluate.edits` makes edits of text of it."""

    title: str
    safe: bool
    edits: tuple[Edit, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SeverityWhen:
    """`severity name when condition`: how bad a row is of which the condition is surely true."""

    severity: str
    condition: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Fixture:
    """One line of a test; form: file, dir, with, fixed. `value` is set for `with`."""

    form: str
    name: str
    text: str
    value: Expr | None
    span: Span  # of the text's content for file and fixed, else of the whole


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One inline test; verdict: passes, fails, reviews; `count` None: one or more."""

    title: str
    verdict: str
    count: int | None
    fixtures: tuple[Fixture, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ParamDecl:
    """A declared parameter with its default and its words."""

    name: str
    type: Type
    default: Expr
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class LetDecl:
    """A `let` of a rule, evaluated once a row and only if used."""

    name: str
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """A rule that passed the checker. `subject` is the first node variable of the first match.

    `reads` is the footprint: (kind, field) pairs read, ("kind", "*") for an undeclared access;
    `follows` the edges; `extents` the kinds enumerated or negated.
    """

    id: str
    title: str
    severity: str  # critical high medium low info
    confidence: str  # high medium low
    level: str  # default strict audit
    why: str
    remedy: str
    tags: tuple[str, ...]
    refs: tuple[str, ...]
    formerly: tuple[str, ...]
    params: tuple[ParamDecl, ...]
    lets: tuple[LetDecl, ...]
    patterns: tuple[Pattern, ...]
    where: tuple[Expr, ...]  # conjuncts of all `where` items, in order
    on_unknown: str  # review fail skip
    report: Report
    fix: Fix | None
    tests: tuple[RuleTest, ...]
    subject: str
    subject_kinds: tuple[str, ...]
    reads: frozenset[tuple[str, str]]
    follows: frozenset[str]
    extents: frozenset[str]
    span: Span
    text: str  # the rule's source text without its tests, for `explain`
    severities: tuple[SeverityWhen, ...] = ()  # instead of `severity`, in order


@dataclass(frozen=True, slots=True)
class CheckedExemption:
    """An `exempt` that passed the checker; it applies only where its condition is surely true."""

    rule: str
    patterns: tuple[Pattern, ...]
    where: tuple[Expr, ...]
    until: str  # ISO date
    because: str
    owner: str
    subject: str
    span: Span
