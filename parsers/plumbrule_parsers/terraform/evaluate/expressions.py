"""Expressions to traced values: `value(expression, scope)`.

Demand-driven: a reference is evaluated by the module when an expression asks for it, and what an
expression does not need is not evaluated. Source: the HCL native syntax specification and
https://developer.hashicorp.com/terraform/language/expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.hcl_tree.template import is_wrapper
from plumbrule_parsers.terraform.evaluate.calls import call_function
from plumbrule_parsers.terraform.evaluate.loops import for_expression, splat
from plumbrule_parsers.terraform.evaluate.operators import binary, unary
from plumbrule_parsers.terraform.evaluate.paths import attribute, index
from plumbrule_parsers.terraform.evaluate.scope import (
    MAX_DEPTH,
    Exhausted,
    Refused,
    Scope,
    Step,
    is_limit,
)
from plumbrule_parsers.terraform.evaluate.templates import template
from plumbrule_parsers.terraform.evaluate.unknowns import derived, merged_alternatives
from plumbrule_parsers.terraform.functions.call import OpenMap, bool_of, fits, one_type, text_of
from plumbrule_parsers.traced import Traced, hops_of, unknown
from plumbrule_parsers.value import Hop, Reason, Segments, Unknown


def value(node: h.Expr, scope: Scope) -> Traced:
    """What the expression is.

    Refused: Terraform certainly refuses it. Exhausted: the budget is used up. What cannot be told
    is an Unknown, never an exception.
    """
    run = scope.names.run
    run.steps -= 1
    if run.steps < 0:
        run.spend()
    run.depth += 1
    try:
        if run.depth > MAX_DEPTH:
            raise Exhausted("the expression is nested too deeply")
        return _KINDS[node.__class__](node, scope)
    except FunctionError as error:
        raise Refused(str(error)) from None
    finally:
        run.depth -= 1


def settled(node: h.Expr, scope: Scope) -> Traced:
    """What the expression is; an Unknown with the cause where it is refused or too costly."""
    run, limit, why = scope.names.run, "", Unknown(Reason.LIMIT)
    depth = run.depth
    try:
        return value(node, scope)
    except Refused as error:
        why = Unknown(Reason.TYPE, str(error)[:120], scope.span(node))
        if is_limit(error):
            run.note(scope.span(node), limit=str(error))
    except Exhausted as error:
        limit = str(error)
    except RecursionError:
        limit = "the expression is nested too deeply"
    finally:
        if limit or run.outside:
            run.note(scope.span(node), limit=limit)
    if limit:
        why = Unknown(Reason.LIMIT, limit, scope.span(node))
    run.depth = depth
    return Traced(why)


# ------------------------------------------------------------------ literals and containers
def _literal(node: h.Literal, scope: Scope) -> Traced:
    return Traced(node.value, (), scope.span(node))


def _paren(node: h.Paren, scope: Scope) -> Traced:
    return value(node.inner, scope)


def _template(node: h.Template, scope: Scope) -> Traced:
    return template(node, scope, value)


def _tuple(node: h.Tuple, scope: Scope) -> Traced:
    items = [_standing(item, value(item, scope), scope) for item in node.items]
    return Traced(items, (), scope.span(node), sensitive=False)


def _object(node: h.Object, scope: Scope) -> Traced:
    entries: dict[str, Traced] = {}
    rest: Unknown | None = None
    patterns: list[Segments] = []
    opaque = False  # a key of which nothing is known
    for key, item in node.items:
        name = value(key, scope)
        made = _standing(item, value(item, scope), scope)
        doubt = name.unknown
        if doubt is None:
            entries[text_of(name)] = made
            continue
        scope.names.run.doubts += 1
        rest = rest or derived(doubt)
        pattern = name.data if isinstance(name.data, Segments) else None
        opaque = opaque or pattern is None
        patterns.extend([pattern] if pattern is not None else [])
        # A key that cannot be told may repeat any of those before it, and the last one counts.
        entries = {
            known: one if pattern is not None and not fits(pattern, known) else
            Traced(derived(doubt), one.via, one.span, sensitive=one.sensitive)
            for known, one in entries.items()
        }  # fmt: skip
    if patterns and not opaque:
        entries = OpenMap(entries, patterns)
    return Traced(entries, (), scope.span(node), rest)


def _standing(node: h.Expr, item: Traced, scope: Scope) -> Traced:
    """The item of a container: it stands where it is written, its literal is its last hop."""
    here = scope.span(node)
    written = item.span
    if written == here:
        return item
    via = item.via
    if written is not None and (not via or via[-1].span != written):
        via = (*via, Hop(written, "value"))
    return Traced(item.data, via, here, item.rest, sensitive=item.sensitive)


# ------------------------------------------------------------------ references
def _reference(node: h.Traversal | h.Attribute | h.Index, scope: Scope) -> Traced:
    """A variable with its steps: `var.a`, `local.b["c"].d`, `aws_vpc.main[0].id`."""
    steps: list[Step] = []
    inner: h.Expr = node
    while not isinstance(inner, h.Traversal):
        if isinstance(inner, h.Attribute):
            steps.append(inner.name)
            inner = inner.object
        elif isinstance(inner, h.Index):
            steps.append(inner.key)
            inner = inner.object
        else:
            break
    steps.reverse()
    if not isinstance(inner, h.Traversal):
        return _follow(value(inner, scope), steps, scope)
    first, steps = inner.names[0], [*inner.names[1:], *steps]
    bound = scope.bound.get(first)
    if bound is not None:
        return _follow(bound, steps, scope)
    found = scope.names.lookup(first, steps, scope, scope.span(node))
    if found is None:
        detail = scope.span(node).text[:60]
        return Traced(Unknown(Reason.EXPRESSION, detail, scope.span(node)))
    result, taken = found
    return _follow(result, steps[taken:], scope)


def _follow(current: Traced, steps: Sequence[Step], scope: Scope) -> Traced:
    for step in steps:
        if current.unknown is not None:
            scope.names.run.doubts += 1
        if isinstance(step, str):
            current = attribute(current, step)
        else:
            current = index(current, value(step, scope))
    return current


def _splat_item(node: h.SplatItem, scope: Scope) -> Traced:
    return scope.bound.get("*") or unknown(Reason.EXPRESSION, scope.span(node).text[:60])


# ------------------------------------------------------------------ operators
def _conditional(node: h.Conditional, scope: Scope) -> Traced:
    test = value(node.condition, scope)
    doubt = test.unknown
    if doubt is None:
        yes = bool_of(test)
        chosen = _unified(value(node.yes if yes else node.no, scope), node.no if yes else node.yes)
        if not test.via:
            return chosen
        decided = tuple(Hop(hop.span, hop.note, "decision") for hop in test.via[:2])
        via = (*decided, *chosen.via)
        if chosen.span is not None and (not via or via[-1].span != chosen.span):
            via = (*via, Hop(chosen.span, "value"))
        return Traced(chosen.data, via, chosen.span, chosen.rest,
                      sensitive=chosen.sensitive or test.sensitive)  # fmt: skip
    run = scope.names.run
    before = run.doubts
    branches = []
    for branch in (node.yes, node.no):
        try:
            branches.append(value(branch, scope))
        except Refused:
            branches.append(Traced(derived(doubt)))
    run.doubts = before + 1
    return _either(one_type(branches), doubt, test)


def _unified(chosen: Traced, other: h.Expr) -> Traced:
    """The chosen branch in the type of both: a number beside a text becomes a text."""
    if not isinstance(chosen.data, (bool, int, float)):
        return chosen
    while isinstance(other, h.Paren):
        other = other.inner
    text = isinstance(other, h.Literal) and isinstance(other.value, str)
    if not text and not (isinstance(other, h.Template) and not is_wrapper(other)):
        return chosen
    return Traced(text_of(chosen), chosen.via, chosen.span, sensitive=chosen.sensitive)


def _either(branches: list[Traced], doubt: Unknown, test: Traced) -> Traced:
    merged = merged_alternatives(branches, doubt)
    if merged is branches[0] and merged.unknown is None:
        return merged
    sensitive = merged.sensitive or test.sensitive
    via = hops_of((merged, test))
    return Traced(merged.data, via, merged.span, merged.rest, sensitive=sensitive)


def _binary(node: h.Binary, scope: Scope) -> Traced:
    left = value(node.left, scope)
    if node.op in ("&&", "||") and left.unknown is None:
        # The operand that decides is enough; the other may be what it guards against.
        if bool_of(left) is (node.op == "||"):
            return binary(node.op, left, left)
        right = value(node.right, scope)
    elif node.op in ("&&", "||"):
        try:
            right = value(node.right, scope)
        except Refused:
            right = left
    else:
        right = value(node.right, scope)
    doubtful = left.unknown is not None or right.unknown is not None
    if doubtful and node.op not in ("==", "!="):
        scope.names.run.doubts += 1
    return binary(node.op, left, right)


def _unary(node: h.Unary, scope: Scope) -> Traced:
    operand = value(node.operand, scope)
    if operand.unknown is not None:
        scope.names.run.doubts += 1
    return unary(node.op, operand)


def _call(node: h.Call, scope: Scope) -> Traced:
    return call_function(node, scope, value)


def _for(node: h.For, scope: Scope) -> Traced:
    return for_expression(node, scope, value)


def _splat(node: h.Splat, scope: Scope) -> Traced:
    return splat(node, scope, value)


_KINDS: dict[type, Callable[[Any, Scope], Traced]] = {
    h.Literal: _literal,
    h.Paren: _paren,
    h.Template: _template,
    h.Tuple: _tuple,
    h.Object: _object,
    h.Traversal: _reference,
    h.Attribute: _reference,
    h.Index: _reference,
    h.SplatItem: _splat_item,
    h.Splat: _splat,
    h.Conditional: _conditional,
    h.Binary: _binary,
    h.Unary: _unary,
    h.Call: _call,
    h.For: _for,
}
