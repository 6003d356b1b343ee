"""Why: each conjunct of a rule for one node, with its verdict, what it read, and its doubts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from plumbrule.evaluate import patterns, places, truth
from plumbrule.evaluate.patterns import Env, Row
from plumbrule.evaluate.truth import MISSING
from plumbrule.evaluate.walk import Walker, walker
from plumbrule.finding import Cause
from plumbrule.graph.graph import Graph
from plumbrule.language import ir
from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import Place, Segments, Unknown

MOST_ENTRIES = 12  # of a map or list whose entries are judged one by one


@dataclass(frozen=True, slots=True)
class Read:
    """A value that a rule reads: as the rule calls it, what it is in words, where it stands.

    `owner` is the node it belongs to. If it is not there, `missing` are its names from the first
    that is not there on, and `place` is that of the innermost one that is.
    """

    text: str
    shown: str
    owner: Node
    place: Place | None
    missing: tuple[str, ...] = ()
    unknown: Unknown | None = None
    kept_out: Place | None = None  # the switch that keeps out what is missing


@dataclass(frozen=True, slots=True)
class Step:
    """One conjunct of one row; `verdict` is None if undecided. `row` counts from 1.

    The first of each row is the match itself; its `reads` are what a finding points at.
    """

    row: int
    text: str
    span: Span
    verdict: bool | None
    causes: tuple[Cause, ...]
    bindings: tuple[str, ...]
    reads: tuple[Read, ...] = ()
    reasons: tuple[str, ...] = ()  # what functions that judge a value say of it
    decides: bool = True  # false for the condition of a severity


def why(
    rule: ir.CheckedRule, graph: Graph, address: str, params: dict[str, object] | None = None
) -> tuple[Step, ...]:
    """The steps of every row of the node; empty if it is no subject of the rule or has no row."""
    node = graph.nodes.get(address)
    if node is None or not patterns.fits(graph, node, rule.subject_kinds):
        return ()
    made = walker(rule, graph, params)
    rows = [Row({"": node, rule.subject: node}, True)]
    for pattern in rule.patterns:
        rows = [
            Row(new.env, truth.both([row.guard, new.guard]), row.unseen or new.unseen)
            for row in rows
            for new in patterns.match(pattern, row.env, graph)
        ]
    steps: list[Step] = []
    for number, row in enumerate(rows, 1):
        names = tuple(
            f"{name} = {item.label}"
            for name, item in row.env.items()
            if name and isinstance(item, Node)
        )
        conjuncts: list[tuple[str, Span, truth.Truth, ir.Expr | None]] = [
            ("match", rule.patterns[0].span, row.guard, rule.report.at)
        ]
        conjuncts += [
            (part.span.text, part.span, made.condition(part, row.env), part) for part in rule.where
        ]
        conjuncts += [
            (f"severity {one.severity} when {one.condition.span.text}", one.span,
             made.condition(one.condition, row.env), one.condition)
            for one in rule.severities
        ]  # fmt: skip
        deciding = len(conjuncts) - len(rule.severities)
        for at, (text, span, verdict, part) in enumerate(conjuncts):
            known = verdict if isinstance(verdict, bool) else None
            found = tuple(_reads(part, row.env, made)) if part is not None else ()
            reasons = tuple(dict.fromkeys(_reasons(part, row.env, made)))
            steps.append(Step(number, text, span, known, truth.causes_of(verdict), names, found,
                              reasons, at < deciding))  # fmt: skip
    return tuple(steps)


def _reasons(expr: object, env: Env, made: Walker) -> Iterator[str]:
    """What `why_no_secret` answers inside the expression, in order."""
    if isinstance(expr, ir.Var) and expr.name in made.lets:
        expr = made.lets[expr.name]
    if isinstance(expr, ir.Quantifier):
        if isinstance(expr.binder, ir.Each):
            for name, inner in _entries(expr.binder, env, made):
                reasons = _reasons((expr.where, expr.body), inner, made)
                yield from (f"{name} ({reason})" for reason in reasons)
        return
    if isinstance(expr, ir.Bind):
        env = {**env, expr.name: made.value(expr.value, env)}
    elif isinstance(expr, ir.Call) and expr.function == "why_no_secret":
        found = made.value(expr, env)
        if isinstance(found, str):
            yield found or "it is a secret"
        return
    if isinstance(expr, tuple):
        for item in expr:
            yield from _reasons(item, env, made)
    elif isinstance(expr, _PARTS):
        for slot in fields(expr):
            if slot.name not in ("type", "declared", "span"):
                yield from _reasons(getattr(expr, slot.name), env, made)


def _entries(each: ir.Each, env: Env, made: Walker) -> Iterator[tuple[str, Env]]:
    """The first entries of a map or list, by name, each with what it binds."""
    held = made.value(each.collection, env)
    pairs: list[tuple[object, object]] = []
    if isinstance(held, dict):
        pairs = list(held.items())
    elif isinstance(held, (list, tuple)):
        pairs = list(enumerate(held))
    for key, item in pairs[:MOST_ENTRIES]:
        # A list of names is told by them; any other text may be the secret itself.
        word = isinstance(item, str) and item.replace("_", "").isalpha() and item.islower()
        named = str(item) if word and not isinstance(held, dict) else str(key)
        yield named[:80], {**env, each.item: item, **({each.key: key} if each.key else {})}


def _reads(expr: ir.Expr, env: Env, made: Walker) -> Iterator[Read]:
    """What an expression reads of nodes, in order, each once."""
    seen: set[str] = set()
    for part, text in _paths(expr, made):
        if text in seen:
            continue
        seen.add(text)
        try:
            found = _read(part, text, dict(env), made)
        except KeyError:  # it speaks of what a quantifier binds
            continue
        if found is not None:
            yield found


def _paths(expr: object, made: Walker) -> Iterator[tuple[ir.Field | ir.Item, str]]:
    """The outermost field and index expressions with their text; a `let` keeps its name."""
    if isinstance(expr, ir.Var):
        behind = made.lets.get(expr.name)
        if isinstance(behind, (ir.Field, ir.Item)):
            yield behind, expr.name
        elif behind is not None:
            yield from _paths(behind, made)
    elif isinstance(expr, (ir.Field, ir.Item)):
        yield expr, " ".join(expr.span.text.split())
    elif isinstance(expr, tuple):
        for item in expr:
            yield from _paths(item, made)
    elif isinstance(expr, _PARTS):
        for slot in fields(expr):
            if slot.name not in ("type", "declared", "span"):
                yield from _paths(getattr(expr, slot.name), made)


_PARTS = (
    ir.Test, ir.IsKind, ir.Not, ir.And, ir.Or, ir.If, ir.Compare, ir.Coalesce, ir.Arith, ir.Neg,
    ir.Call, ir.Bind, ir.Listing, ir.Mapping, ir.Quantifier, ir.Each,
)  # fmt: skip


def _read(expr: ir.Field | ir.Item, text: str, env: Env, made: Walker) -> Read | None:
    owner = _owner(expr, env, made)
    if owner is None:
        return None
    place = places.entry_place(expr, env, made)
    raw = made.raw(expr, env)
    unknown = raw if isinstance(raw, Unknown) else None
    if isinstance(raw, Segments):
        unknown = raw.unknowns[0]
    missing: list[str] = []
    kept_out: Place | None = None
    inner: ir.Expr = expr
    if raw is MISSING:
        while isinstance(inner, (ir.Field, ir.Item)):
            place = places.entry_place(inner, env, made)
            if place is not None:
                break
            missing.append(_name(inner, env, made))
            kept_out = kept_out or places.absent_place(inner, env, made)
            inner = made.lets.get(inner.receiver.name, inner.receiver) if isinstance(
                inner.receiver, ir.Var) else inner.receiver  # fmt: skip
    shown = places.shown(expr, env, made)
    return Read(text, shown, owner, place, tuple(reversed(missing)), unknown, kept_out)


def _name(expr: ir.Field | ir.Item, env: Env, made: Walker) -> str:
    return expr.name if isinstance(expr, ir.Field) else str(made.value(expr.key, env))


def _owner(expr: ir.Expr, env: Env, made: Walker) -> Node | None:
    """The node at the start of the path."""
    while True:
        if isinstance(expr, (ir.Field, ir.Item)):
            found = made.value(expr.receiver, env)
            if isinstance(found, Node):
                return found
            expr = expr.receiver
        elif isinstance(expr, ir.Coalesce):
            expr = expr.left
        elif isinstance(expr, ir.Var) and expr.name in made.lets:
            expr = made.lets[expr.name]
        elif isinstance(expr, ir.Var):
            found = env[expr.name]
            return found if isinstance(found, Node) else None
        else:
            return None
