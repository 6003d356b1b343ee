"""Places: where an expression's value stands, and messages with their holes filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from plumbrule.evaluate import functions
from plumbrule.evaluate.patterns import Env
from plumbrule.evaluate.read import Unseen
from plumbrule.evaluate.truth import MISSING, Doubt, Range
from plumbrule.evaluate.walk import Walker
from plumbrule.finding import RelatedSpan
from plumbrule.language import ir
from plumbrule.redact import is_hidden, redact
from plumbrule_parsers.document import Node
from plumbrule_parsers.secret_tokens.judge import secrets_in, why_no_secret
from plumbrule_parsers.secret_tokens.names import secret_kind
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import Hop, ListValue, MapValue, Place, Segments, Unknown

MAX_ITEMS = 20  # of a list whose items are asked where they come from
Spot = tuple[Span, tuple[RelatedSpan, ...]]


def place_of(expr: ir.Expr, env: Env, made: Walker) -> Spot | None:
    """Where the value stands and the hops to it; what is missing stands at its nearest parent."""
    if isinstance(expr, ir.Var) and expr.name in made.lets:
        return place_of(made.lets[expr.name], env, made)
    if isinstance(expr, ir.Coalesce):
        return place_of(expr.left, env, made)
    if isinstance(expr, ir.Var):
        found = env.get(expr.name)
        if isinstance(found, Node):
            return found.span, ()
        if isinstance(found, (MapValue, ListValue)) and found.source.path:
            return found.span.first_line, ()
        return (found.span, ()) if isinstance(found, Unknown) and found.span else None
    if not isinstance(expr, (ir.Field, ir.Item)):
        return None
    place = entry_place(expr, env, made)
    if place is not None:
        via = place.via or _of_items(written(expr, env, made))
        return place.entry, tuple(RelatedSpan(hop.span, hop.note) for hop in via)
    receiver = written(expr.receiver, env, made)
    nearest: Spot | None = (receiver.span, ()) if isinstance(receiver, Node) else place_of(
        expr.receiver, env, made)  # fmt: skip
    kept_out = absent_place(expr, env, made)
    return nearest if kept_out is None else _switch(kept_out, expr, nearest)


def reported_at(rule: ir.CheckedRule, env: Env, made: Walker) -> Spot | None:
    """Where a finding stands: where the rule says, but at the switch that keeps out what it misses.

    A rule that reports a node because a field of it is missing is about that field.
    """
    at = rule.report.at
    spot = place_of(at, env, made) if at is not None else None
    name = rule.subject if at is None else at.name if isinstance(at, ir.Var) else ""
    node = env.get(name)
    if not isinstance(node, Node) or name in made.lets:
        return spot
    for field in _missing(rule.where, name, env, made):
        kept_out = absent_place(field, env, made)
        if kept_out is not None:
            return _switch(kept_out, field, spot or (node.span, ()))
    return spot


def absent_place(expr: ir.Field | ir.Item, env: Env, made: Walker) -> Place | None:
    """The switch that keeps out the entry that a field or an index reads, if one is known."""
    receiver = written(expr.receiver, env, made)
    fields = receiver.fields if isinstance(receiver, Node) else receiver
    if not isinstance(fields, MapValue):
        return None
    key = expr.name if isinstance(expr, ir.Field) else made.value(expr.key, env)
    return fields.absent(key) if isinstance(key, str) else None


def _switch(place: Place, expr: ir.Field | ir.Item, nearest: Spot | None) -> Spot:
    """The switch as the place of a finding, with what lacks the entry and the way between."""
    hops = [RelatedSpan(hop.span, hop.note) for hop in place.via]
    if nearest is not None:
        name = expr.name if isinstance(expr, ir.Field) else " ".join(expr.key.span.text.split())
        hops.insert(0, RelatedSpan(nearest[0], f"`{name}` is missing here"))
        hops += nearest[1]
    return place.entry, tuple(hops)


def _missing(
    exprs: Iterable[ir.Expr], name: str, env: Env, made: Walker
) -> Iterator[ir.Field | ir.Item]:  # fmt: skip
    """The fields of the node that conditions want to be missing, where they are."""
    for expr in exprs:
        if isinstance(expr, (ir.And, ir.Or)):
            yield from _missing(expr.operands, name, env, made)
        elif isinstance(expr, ir.Test) and isinstance(expr.receiver, (ir.Field, ir.Item)):
            wanted = "set" if expr.negated else "missing"
            if expr.test == wanted and _root(expr.receiver) == name and (
                made.condition(expr, env) is True
            ):  # fmt: skip
                yield expr.receiver


def _root(expr: ir.Expr) -> str:
    """The variable at the start of a path."""
    while isinstance(expr, (ir.Field, ir.Item)):
        expr = expr.receiver
    return expr.name if isinstance(expr, ir.Var) else ""


def _of_items(held: object) -> tuple[Hop, ...]:
    """Where the items of a list that is written out come from: `[var.a, var.b]`."""
    if not isinstance(held, ListValue) or len(held) > MAX_ITEMS:
        return ()
    places = [held.place(index) for index in range(len(held))]
    return tuple(dict.fromkeys(hop for one in places if one is not None for hop in one.via))


def entry_place(expr: ir.Field | ir.Item, env: Env, made: Walker) -> Place | None:
    """The place of the entry that a field or an index reads; None if it is not there."""
    receiver = written(expr.receiver, env, made)
    fields = receiver.fields if isinstance(receiver, Node) else receiver
    if isinstance(fields, MapValue):
        key = expr.name if isinstance(expr, ir.Field) else made.value(expr.key, env)
        return fields.place(key) if isinstance(key, str) else None
    if isinstance(fields, ListValue) and isinstance(expr, ir.Item):
        index = made.value(expr.key, env)
        return fields.place(index) if isinstance(index, int) else None
    return None


def written(expr: ir.Expr, env: Env, made: Walker) -> object:
    """The container as it was read: reading it through its type would lose the places in it."""
    if isinstance(expr, ir.Var) and expr.name in made.lets:
        return written(made.lets[expr.name], env, made)
    if isinstance(expr, ir.Coalesce):
        return written(expr.left, env, made)
    if isinstance(expr, (ir.Field, ir.Item)):
        return made.raw(expr, env)
    return made.value(expr, env)


def render(template: ir.Template, env: Env, made: Walker) -> str:
    """The message; sensitive values and credentials are never shown whole."""
    out = [part if isinstance(part, str) else shown(part, env, made) for part in template.parts]
    return " ".join("".join(out).split())


def shown(expr: ir.Expr, env: Env, made: Walker) -> str:
    """The value in words; what is sensitive or looks like a secret is cut short."""
    value = made.value(expr, env)
    if value is MISSING or value is None:
        return "(missing)"
    if isinstance(value, Segments):
        return str(value)
    if isinstance(value, MapValue) and isinstance(value.get("text"), str):
        value = value["text"]  # a structured value, such as an action's reference, as written
    unsure = isinstance(value, (Unknown, Doubt, Range, Unseen))
    found = None if unsure else functions.text(value)
    if not isinstance(found, str):
        return "(unknown)"
    if _sensitive(expr, env, made) or is_hidden(found):
        return redact(found)
    if isinstance(expr, (ir.Field, ir.Item)) and secrets_in(_called(expr, env, made), value):
        return redact(found)
    name, space, rest = found.partition(" ")  # of an ENV, in its old form
    if space and secret_kind(name) and not why_no_secret(name, rest):
        return f"{name} {redact(rest)}"
    return found if len(found) <= 200 else found[:199] + "…"


def _called(expr: ir.Field | ir.Item, env: Env, made: Walker) -> str:
    """What people call the value: its key; a node's own name if it is the node's value."""
    if isinstance(expr, ir.Item):
        key = made.value(expr.key, env)
        return key if isinstance(key, str) else ""
    receiver = made.value(expr.receiver, env) if expr.name in ("default", "value") else None
    name = receiver.fields.get("name") if isinstance(receiver, Node) else None
    return name if isinstance(name, str) else expr.name


def _sensitive(expr: ir.Expr, env: Env, made: Walker) -> bool:
    """Whether the expression reads the value of a node that is flagged `sensitive`."""
    if isinstance(expr, ir.Call):
        return any(_sensitive(item, env, made) for item in expr.args)
    if isinstance(expr, ir.Coalesce):
        return _sensitive(expr.left, env, made) or _sensitive(expr.right, env, made)
    if isinstance(expr, ir.Var) and expr.name in made.lets:
        return _sensitive(made.lets[expr.name], env, made)
    if not isinstance(expr, ir.Field) or expr.name not in ("default", "value"):
        return False
    receiver = made.value(expr.receiver, env)
    return isinstance(receiver, Node) and receiver.fields.get("sensitive", False) is not False
