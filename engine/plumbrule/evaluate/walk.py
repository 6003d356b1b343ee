"""Walk: the reference evaluator, a direct reading of section 5 over the checked rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from plumbrule.evaluate import compare, functions, patterns, quantify, read, truth
from plumbrule.evaluate.patterns import Env, Row
from plumbrule.evaluate.read import Unseen
from plumbrule.evaluate.truth import MISSING, Doubt, Truth, doubt
from plumbrule.graph.graph import Graph
from plumbrule.language import ir
from plumbrule.language.literals import Duration, Quantity
from plumbrule_parsers.document import Node
from plumbrule_parsers.value import Segments


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """One row of a rule that is not surely false, with its verdict."""

    subject: Node
    env: Env
    verdict: Truth
    unseen: bool


@dataclass(slots=True)
class Walker:
    """Evaluates expressions of one rule over one graph."""

    graph: Graph
    params: Mapping[str, object] = field(default_factory=dict)
    lets: Mapping[str, ir.Expr] = field(default_factory=dict)

    def condition(self, expr: ir.Expr, env: Env) -> Truth:
        """The expression as a condition."""
        return truth.truth(self.value(expr, env))

    def value(self, expr: ir.Expr, env: Env) -> object:
        """The expression's value: known, MISSING, unknown, or a doubt."""
        match expr:
            case ir.Const():
                return MISSING if expr.value is None else expr.value
            case ir.Var():
                if expr.name not in env and expr.name in self.lets:
                    env[expr.name] = self.value(self.lets[expr.name], env)
                return env[expr.name]
            case ir.Param():
                return self.params[expr.name]
            case ir.Field() | ir.Item():
                return self.entry(expr, env)
            case ir.Test():
                found = self.test(expr, env)
                return truth.negate(found) if expr.negated else found
            case ir.IsKind():
                found = kind_test(self.graph, self.value(expr.receiver, env), expr.kinds)
                return truth.negate(found) if expr.negated else found
            case ir.Not():
                return truth.negate(self.condition(expr.operand, env))
            case ir.And():
                return truth.both(self.condition(part, env) for part in expr.operands)
            case ir.Or():
                return truth.either(self.condition(part, env) for part in expr.operands)
            case ir.If():
                return self.choose(expr, env)
            case ir.Compare():
                left, right = self.value(expr.left, env), self.value(expr.right, env)
                found = compare.compare(expr.op, left, right)
                return truth.negate(found) if expr.negated else found
            case ir.Coalesce():
                left = self.value(expr.left, env)
                if left is not MISSING and read.is_set(left) is True:
                    return left
                return read.coalesce(left, self.value(expr.right, env))
            case ir.Arith():
                return arithmetic(expr.op, self.value(expr.left, env), self.value(expr.right, env))
            case ir.Neg():
                return arithmetic("-", 0, self.value(expr.operand, env))
            case ir.Call():
                args = tuple(self.value(item, env) for item in expr.args)
                named = {name: self.value(item, env) for name, item in expr.named}
                return functions.call(expr.function, args, named)
            case ir.Bind():
                return self.value(expr.body, {**env, expr.name: self.value(expr.value, env)})
            case ir.Listing():
                return collected(expr.form, tuple([self.value(item, env) for item in expr.items]))
            case ir.Mapping():
                return {key: self.value(item, env) for key, item in expr.entries}
            case ir.Quantifier():
                return self.quantifier(expr, env)

    def raw(self, expr: ir.Field | ir.Item, env: Env) -> object:
        """What is written at the place, before type and default."""
        receiver = self.value(expr.receiver, env)
        if isinstance(expr, ir.Item):
            return read.raw_entry(receiver, self.value(expr.key, env))
        return read.raw_field(self.graph, receiver, expr.name)

    def entry(self, expr: ir.Field | ir.Item, env: Env) -> object:
        """The effective value of a field or entry."""
        raw = self.raw(expr, env)
        if isinstance(expr, ir.Item):
            return read.coerce(raw, expr.type)
        value = read.coerce(raw, expr.declared)
        if expr.default is None or not (value is MISSING or read.is_set(value) is not True):
            return value
        default = read.coerce(self.value(expr.default, env), expr.declared)
        return read.with_default(value, default)

    def test(self, expr: ir.Test, env: Env) -> Truth:
        """`is set`, `missing`, `null`, `empty`, `explicit`, `known`, `unknown`."""
        name, receiver = expr.test, expr.receiver
        if name in ("explicit", "null") and isinstance(receiver, (ir.Field, ir.Item)):
            return read.raw_test(name, self.raw(receiver, env))
        return read.value_test(name, self.value(receiver, env))

    def choose(self, expr: ir.If, env: Env) -> object:
        """`if`: an undecided condition leaves both branches open unless they agree."""
        found = self.condition(expr.condition, env)
        if found is True:
            return self.value(expr.yes, env)
        if found is False:
            return self.value(expr.no, env)
        return undecided_choice(found, self.value(expr.yes, env), self.value(expr.no, env))

    def quantifier(self, expr: ir.Quantifier, env: Env) -> object:
        """`any none count all collect`, each row with an environment of its own."""
        binder, where, body = expr.binder, expr.where, expr.body
        if isinstance(binder, ir.Pattern):
            names: tuple[str, ...] = tuple(node.name for node in binder.nodes)
            names += (binder.path,) if binder.path is not None else ()
            rows = quantify.linked(binder, env, self.graph, names)
        else:
            names = (binder.item,) if binder.key is None else (binder.key, binder.item)
            found = self.value(binder.collection, env)
            rows = quantify.each(found, keyed=binder.key is not None)
        return quantify.quantify(
            expr.form,
            (((dict(env) | dict(zip(names, bound, strict=True)),), guard, unseen)
             for bound, guard, unseen in rows),
            None if where is None else lambda inner: self.condition(where, inner),
            None if body is None else lambda inner: self.value(body, inner),
        )  # fmt: skip


def kind_test(graph: Graph, value: object, kinds: tuple[str, ...]) -> Truth:
    """Whether a node is of one of the kinds."""
    if isinstance(value, Node):
        return patterns.fits(graph, value, kinds)
    if value is MISSING:
        return False
    return doubt(value.why if isinstance(value, Unseen) else truth.clash("not a node"))


def collected(form: str, items: tuple[object, ...]) -> object:
    """A list or set; a set with unknown members stays a tuple, which compares the same."""
    if form == "set" and all(read.is_known(item) for item in items):
        try:
            return frozenset(items)
        except TypeError:
            return items
    return items


def undecided_choice(condition: Doubt, yes: object, no: object) -> object:
    """The value of an `if` whose condition is undecided: what both branches agree on."""
    if compare.compare("==", yes, no) is True and read.is_known(yes) and read.is_known(no):
        return yes
    sure = read.is_set(yes) is True and read.is_set(no) is True
    return doubt(condition, yes, no, not_null=sure)


def arithmetic(op: str, left: object, right: object) -> object:
    """`left op right` of numbers, quantities and durations, or of texts and lists with `+`."""
    if op == "+" and isinstance(left, (str, Segments)) and isinstance(right, (str, Segments)):
        from plumbrule_parsers.value import join_segments

        return join_segments([left, right])
    for value in (left, right):
        if truth.causes_of(value) or isinstance(value, Unseen) or value is MISSING:
            return doubt(left, right, truth.clash("arithmetic"), not_null=True)
    try:
        for type_ in (Quantity, Duration):
            if isinstance(left, type_) and isinstance(right, (int, float)) and op in "*/":
                nano = left.nano * right if op == "*" else left.nano / right
                return type_(round(nano), f"{nano / 10**9:g}")
            if isinstance(left, type_) and isinstance(right, type_):
                if op == "/":
                    return left.nano / right.nano
                nano = left.nano + right.nano if op == "+" else left.nano - right.nano
                return type_(nano, f"{nano / 10**9:g}")
        if op == "+":
            return left + right  # type: ignore[operator]
        if op == "-":
            return left - right  # type: ignore[operator]
        return left * right if op == "*" else left / right  # type: ignore[operator]
    except (TypeError, ZeroDivisionError, OverflowError):
        return truth.clash(f"`{op}` of values that do not fit")


def walker(rule: ir.CheckedRule | ir.CheckedExemption, graph: Graph,
           params: Mapping[str, object] | None = None) -> Walker:  # fmt: skip
    """A walker with the rule's parameters (given ones over defaults) and lets."""
    made = Walker(graph, {}, {let.name: let.value for let in getattr(rule, "lets", ())})
    values = {p.name: made.value(p.default, {}) for p in getattr(rule, "params", ())}
    for name, given in (params or {}).items():
        if name in values:
            values[name] = (
                frozenset(given)
                if isinstance(given, list) and isinstance(values[name], frozenset)
                else tuple(given)
                if isinstance(given, list)
                else given
            )
    made.params = values
    return made


def subjects(rule: ir.CheckedRule | ir.CheckedExemption, graph: Graph) -> list[Node]:
    """All nodes that the rule speaks of, by address."""
    kinds = getattr(rule, "subject_kinds", ()) or rule.patterns[0].nodes[0].kinds
    found = {node.address: node for kind in kinds for node in graph.extent(kind)}
    return [found[address] for address in sorted(found)]


def walk_subject(rule: ir.CheckedRule | ir.CheckedExemption, node: Node,
                 made: Walker) -> list[RowVerdict]:  # fmt: skip
    """Rows of one subject that are not surely false. The subject's existence is assumed."""
    rows = [Row({"": node, rule.subject: node}, True)]
    for pattern in rule.patterns:
        rows = [
            Row(new.env, truth.both([row.guard, new.guard]), row.unseen or new.unseen)
            for row in rows
            for new in patterns.match(pattern, row.env, made.graph)
        ]
    out: list[RowVerdict] = []
    for row in rows:
        verdict: Truth = row.guard
        for part in rule.where:
            verdict = truth.both([verdict, made.condition(part, row.env)])
            if verdict is False:
                break
        if verdict is not False:
            out.append(RowVerdict(node, row.env, verdict, row.unseen))
    return out


def walk(rule: ir.CheckedRule, graph: Graph,
         params: Mapping[str, object] | None = None) -> list[RowVerdict]:  # fmt: skip
    """All rows of the rule that are not surely false, by subject."""
    made = walker(rule, graph, params)
    return [row for node in subjects(rule, graph) for row in walk_subject(rule, node, made)]
