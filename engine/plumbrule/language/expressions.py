"""The type checker for expressions: syntax in, checked form out, problems on the side.

Missing is decided here: `facts` holds the places that are known to be set at this point (and the
kinds they are known to have), and every use of a place that may be missing without such a fact is
an error. What each form of expression is held to stands in a module of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from plumbrule.language import access, atoms, calls, ir, operators, quantifiers, syntax
from plumbrule.language.facts import Facts, place_key
from plumbrule.language.names import Binding, Names
from plumbrule.language.schema import Schema
from plumbrule.language.types import (
    BOOL,
    Type,
)
from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.source import Span


@dataclass(slots=True)
class Footprint:
    """What a rule reads, follows and enumerates, and which variables it uses."""

    reads: set[tuple[str, str]] = field(default_factory=set)
    follows: set[str] = field(default_factory=set)
    extents: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    knowledge: list[Span] = field(default_factory=list)  # uses of `is known` and `is unknown`


class Expressions:
    """Checks expressions of one file; `names` and `facts` travel as arguments."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.problems: dict[tuple[int, int, str, str], Problem] = {}
        self.footprint = Footprint()
        self.calling: list[str] = []
        self._counter = 0
        self.defaults: dict[tuple[str, str], ir.Expr | None] = {}

    def problem(self, code: str, message: str, span: Span, hint: str = "") -> None:
        """Report an error once, however often its place is checked."""
        key = (span.start, span.end, code, span.path)
        severity = Severity.WARNING if code.startswith("W") else Severity.ERROR
        self.problems.setdefault(key, Problem(code, message, span, severity, hint))

    def fresh(self, name: str) -> str:
        """A name that is unique in the checked form."""
        self._counter += 1
        return f"{name}#{self._counter}"

    def check(
        self, expr: syntax.Expr, names: Names, facts: Facts, wanted: Type | None = None
    ) -> ir.Expr:
        """The checked form; `wanted` helps literals that have no type of their own (`{}`)."""
        return _CHECKS[type(expr)](self, expr, names, facts, wanted)

    def condition(self, expr: syntax.Expr, names: Names, facts: Facts) -> ir.Expr:
        """A condition: it must be a bool that is there."""
        checked = self.check(expr, names, facts, BOOL)
        if checked.type.name not in ("bool", "any", "never"):
            hint = "write a comparison, or a test such as `is set` or `is not empty`"
            self.problem("E301", f"a condition must be a bool, not {checked.type}", expr.span, hint)
        return self.present(checked, expr)

    def present(self, checked: ir.Expr, expr: syntax.Expr) -> ir.Expr:
        """The same expression, refused if it may be missing."""
        if checked.type.optional and checked.type.name != "never":
            shown = syntax.written(expr)
            self.problem(
                "E201", f"`{shown}` may be missing here: guard it with `is set`, or give a "
                "default with `??`", expr.span,
            )  # fmt: skip
        return checked

    def settled(self, checked: ir.Expr, facts: Facts) -> ir.Expr:
        """The expression with what the facts know of its place."""
        key = place_key(checked)
        if key is None or key not in facts:
            return checked
        kinds = facts[key]
        type_ = checked.type.maybe(missing=False)
        if kinds and type_.name in ("kind", "any"):
            type_ = Type("kind", kinds=kinds)
        return replace(checked, type=type_) if type_ != checked.type else checked

    def type_of(self, expr: syntax.TypeExpr) -> Type:
        """The type that is written there."""
        from plumbrule.language.schema import resolve_type

        problems: list[Problem] = []
        type_ = resolve_type(expr, set(self.schema.kinds), problems)
        for problem in problems:
            self.problem(problem.code, problem.message, problem.span)
        return type_

    def bind_name(self, names: Names, name: str, binding: Binding, span: Span) -> None:
        """Bind a name, refused if it is a word of the language or already bound here."""
        from plumbrule.language.parse import keywords

        if name in keywords() or name in ("set", "missing", "empty"):
            self.problem("E108", f"`{name}` is a word of the language; choose another name", span)
        elif name in names.bound:
            self.problem("E108", f"`{name}` is already bound here", span)
        names.bound[name] = binding


_CHECKS: Mapping[type, Callable[..., ir.Expr]] = {
    syntax.Name: atoms.name,
    syntax.Literal: atoms.literal,
    syntax.Tagged: atoms.tagged,
    syntax.ListExpr: atoms.list_,
    syntax.SetExpr: atoms.set_,
    syntax.MapExpr: atoms.map_,
    syntax.QuantifierExpr: quantifiers.quantifier,
    syntax.Get: access.get,
    syntax.Index: access.index,
    syntax.CallExpr: calls.call,
    syntax.Unary: operators.unary,
    syntax.Binary: operators.binary,
    syntax.IfExpr: operators.conditional,
    syntax.Is: operators.is_test,
    syntax.Comparison: operators.comparison,
}
