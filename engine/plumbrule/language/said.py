"""Checks what a rule says and proposes: its report, the holes of its messages, its fix."""

from __future__ import annotations

from dataclasses import dataclass

from plumbrule.language import ir, syntax
from plumbrule.language.expressions import Expressions
from plumbrule.language.facts import Facts, place_key
from plumbrule.language.names import Names
from plumbrule.language.parse import parse_hole
from plumbrule.language.relations import fits
from plumbrule_parsers.source import Span


@dataclass(frozen=True, slots=True)
class Here:
    """Where a rule speaks: its names, and what its conditions have told."""

    checker: Expressions
    names: Names
    facts: Facts


def report_of(here: Here, item: syntax.Rule) -> ir.Report | None:
    """What the rule reports; None if it says nothing."""
    entry = next((e for e in item.items if isinstance(e, syntax.ReportItem)), None)
    if entry is None:
        return None
    notes = tuple(
        ir.Note(_template(here, note.message), _place(here, note.at)) for note in entry.notes
    )
    if entry.path is not None:
        bound = here.names.find(entry.path)
        here.checker.footprint.used.add(entry.path)
        if bound is None or bound.form != "path":
            message = f"`{entry.path}` is not a bound path; bind it with `{entry.path} = ...`"
            here.checker.problem("E105", message, entry.span)
    return ir.Report(_place(here, entry.at), _template(here, entry.message), notes, entry.path)


def _place(here: Here, expr: syntax.Expr | None) -> ir.Expr | None:
    """A place to point at; None if none is written."""
    if expr is None:
        return None
    checked = here.checker.check(expr, here.names, _all_set(here, expr))
    if checked.type.name != "never" and not isinstance(checked, (ir.Var, ir.Field, ir.Item)):
        message = "a place must be a variable, a field or an entry"
        here.checker.problem("E403", message, expr.span)
    return checked


def _all_set(here: Here, expr: syntax.Expr) -> Facts:
    """Places may go through what is missing: they then point at the nearest thing there."""
    facts: dict[str, tuple[str, ...] | None] = dict(here.facts)
    current: syntax.Expr = expr
    while isinstance(current, (syntax.Get, syntax.Index)):
        current = current.receiver
        probe = Expressions(here.checker.schema)
        checked = probe.check(current, here.names, facts)
        key = place_key(checked)
        if key is not None:
            facts.setdefault(key, None)
    return facts


def _template(here: Here, text: syntax.Text) -> ir.Template:
    """A message with its holes checked."""
    quote = 3 if text.long else 1
    source = text.span.source
    start, end = text.span.start + quote, text.span.end - quote
    raw = source.text
    parts: list[str | ir.Expr] = []
    literal: list[str] = []
    at = start
    while at < end:
        letter = raw[at]
        if raw.startswith(("{{", "}}"), at):
            literal.append(letter)
            at += 2
        elif letter == "\\" and not text.long and at + 1 < end:
            literal.append({"n": "\n", "t": "\t"}.get(raw[at + 1], raw[at + 1]))
            at += 2
        elif letter == "{":
            close = _closing_brace(raw, at + 1, end)
            if close < 0:
                here.checker.problem("E003", "the hole is not closed; `{{` writes a brace",
                                     Span(source, at, at + 1))  # fmt: skip
                break
            if literal:
                parts.append("".join(literal))
                literal = []
            expr, problem = parse_hole(source, at + 1, close)
            if problem is not None:
                here.checker.problem(problem.code, problem.message, Span(source, at, close + 1))
            elif expr is not None:
                checked = here.checker.check(expr, here.names, here.facts)
                if isinstance(checked, ir.If) or checked.type.name != "never":
                    here.checker.present(checked, expr)
                parts.append(checked)
            at = close + 1
        else:
            literal.append(letter)
            at += 1
    if literal:
        parts.append("".join(literal))
    if text.long:
        parts = [" ".join(part.split()) if isinstance(part, str) else part for part in parts]
    return ir.Template(tuple(parts), text.span)


def fix_of(here: Here, item: syntax.Rule) -> ir.Fix | None:
    """The fix that the rule proposes; None if it has none."""
    entry = next((e for e in item.items if isinstance(e, syntax.FixItem)), None)
    if entry is None:
        return None
    edits: list[ir.Edit] = []
    for op in entry.ops:
        place = _place(here, op.place)
        assert place is not None
        if not isinstance(place, (ir.Field, ir.Item)) and place.type.name != "never":
            here.checker.problem("E403", "an edit needs a field or an entry", op.place.span)
        value = None
        if op.value is not None:
            wanted = place.type.maybe(missing=False)
            if op.op == "append" and wanted.name in ("list", "set"):
                wanted = wanted.args[0]
            value = here.checker.check(op.value, here.names, here.facts, wanted)
            if not fits(value.type, wanted, here.checker.schema):
                message = f"the place holds {wanted}, not {value.type}"
                here.checker.problem("E304", message, op.value.span)
        edits.append(ir.Edit(op.op, place, value, op.span))
    return ir.Fix(entry.title, entry.mode == "safe", tuple(edits), entry.span)


def _closing_brace(text: str, at: int, end: int) -> int:
    depth = 1
    quote = ""
    while at < end:
        letter = text[at]
        if quote:
            if letter == "\\":
                at += 1
            elif letter == quote:
                quote = ""
        elif letter in "'\"":
            quote = letter
        elif letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return -1
