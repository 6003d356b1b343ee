"""Random incomplete graphs, their completions, and random conditions and rules over them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from plumbrule.evaluate import walk
from plumbrule.evaluate.compile import compile_rule, run_program
from plumbrule.evaluate.program import Program
from plumbrule.evaluate.truth import Truth
from plumbrule.evaluate.walk import RowVerdict, Walker
from plumbrule.graph.graph import Edge, Graph
from plumbrule.language import ir
from plumbrule.language.literals import parse_regex
from plumbrule.language.types import BOOL, INT, STRING, Type, kind_type, list_of
from plumbrule_parsers.document import Hole, Node
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Reason, Segments, Unknown

SOURCE = Source("g.tf", "x" * 50)
AT = Span(SOURCE, 0, 1)
KIND = kind_type("K")
INTS = (0, 1, 2)
TEXTS = ("ab", "b", "abb")
FIELDS = {"f": INT, "g": INT, "t": STRING, "l": list_of(INT)}


KINDS = {"K": ("K",), "M": ("M", "K")}  # M is a subtype of K


def node(
    name: str, kind: str, fields: dict[str, object], condition: Unknown | None = None
) -> Node:  # fmt: skip
    held = MapValue(SOURCE, 0, 1, fields)  # type: ignore[arg-type]
    return Node(f"g.tf#{name}", kind, name, held, AT, "", condition)


def unknown(rng: random.Random, domain: tuple[object, ...]) -> Unknown:
    some = rng.choice([(), (), domain[:2], domain[1:]])
    return Unknown(Reason.NO_VALUE, "x", candidates=some, not_null=rng.random() < 0.4)  # type: ignore[arg-type]


def values(rng: random.Random) -> dict[str, object]:
    pick: dict[str, list[Callable[[], object]]] = {
        "t": [
            lambda: rng.choice(TEXTS),
            lambda: unknown(rng, TEXTS),
            lambda: Segments(("a", Unknown(Reason.NO_VALUE, "end", not_null=True))),
        ],
        "l": [lambda: listed(rng), lambda: Unknown(Reason.NO_VALUE, "list", not_null=True)],
    }
    numbers: list[Callable[[], object]] = [lambda: rng.choice(INTS), lambda: unknown(rng, INTS)]
    return {name: rng.choice(pick.get(name, numbers))() for name in FIELDS if rng.random() < 0.8}


def listed(rng: random.Random) -> ListValue:
    items = [rng.choice(INTS) if rng.random() < 0.7 else Unknown(Reason.NO_VALUE, "item",
             not_null=True) for _ in range(rng.randint(0, 2))]  # fmt: skip
    rest = Unknown(Reason.EXPRESSION, "rest") if rng.random() < 0.3 else None
    return ListValue(SOURCE, 0, 1, items, rest=rest)


def make_graph(rng: random.Random, most: int = 3) -> Graph:
    """A graph whose node `s` surely exists, with others that may not, and with holes."""
    nodes = [node("s", rng.choice("KKM"), values(rng))]
    for name in "abcdefgh"[: rng.randint(0, most)]:
        doubted = rng.random() < 0.35
        why = Unknown(Reason.CARDINALITY, name, identity=rng.choice(("", "both")))
        nodes.append(node(name, rng.choice("KKM"), values(rng), why if doubted else None))
    edges = [
        Edge(one.address, other.address, "e", AT,
             Unknown(Reason.EXPRESSION, "edge") if rng.random() < 0.35 else None)
        for one in nodes for other in nodes if rng.random() < 0.35
    ]  # fmt: skip
    holes = []
    if rng.random() < 0.3:
        holes.append(
            Hole(
                Unknown(Reason.SYNTAX, "file", identity="h"), AT, kinds=rng.choice((("K",), ("M",)))
            )
        )
    if rng.random() < 0.2:
        at = rng.choice(nodes).address
        holes.append(Hole(Unknown(Reason.SYNTAX, "edges"), AT, edges=("e",), addresses=(at,)))
    return Graph(nodes, edges, holes, KINDS)


def complete(graph: Graph, rng: random.Random) -> Graph:
    """One total graph that the incomplete one allows."""
    both = rng.random() < 0.5  # nodes under one condition stand or fall together

    def stays(why: Unknown | None) -> bool:
        return why is None or (both if why.identity else rng.random() < 0.5)

    nodes = [replace(item, condition=None, fields=filled(item, rng))
             for item in graph.nodes.values() if stays(item.condition)]  # fmt: skip
    kept = {item.address for item in nodes}
    edges = [
        replace(edge, doubt=None)
        for by in graph.successors.values()
        for found in by.values()
        for edge in found
        if {edge.origin, edge.target} <= kept and (edge.doubt is None or rng.random() < 0.5)
    ]

    def hidden(one: str, other: str) -> None:
        edges.extend(Edge(*ends, "e", AT) for ends in ((one, other), (other, one))
                     if rng.random() < 0.4)  # fmt: skip

    for hole in graph.holes:
        if hole.kinds:
            for at in range(rng.randint(0, 2)):
                fields = {"f": rng.choice(INTS), "g": rng.choice(INTS), "t": rng.choice(TEXTS),
                          "l": ListValue(SOURCE, 0, 1, [rng.choice(INTS)])}  # fmt: skip
                new = node(
                    f"n{at}",
                    rng.choice("KM" if "K" in hole.kinds else "M"),
                    {k: v for k, v in fields.items() if rng.random() < 0.7},
                )
                nodes.append(new)
                for item in list(nodes):
                    hidden(new.address, item.address)
        elif hole.addresses[0] in kept:
            edges.extend(Edge(hole.addresses[0], item.address, "e", AT) for item in nodes
                         if rng.random() < 0.4)  # fmt: skip
    return Graph(nodes, edges, [], KINDS)


def filled(item: Node, rng: random.Random) -> MapValue:
    out: dict[str, object] = {}
    for name, held in item.fields.items():
        if isinstance(held, Segments):
            out[name] = "a" + rng.choice(("", "b", "bb"))
        elif isinstance(held, ListValue):
            items = [rng.choice(INTS) if isinstance(one, Unknown) else one for one in held]
            more = rng.randint(0, 2) if held.rest is not None else 0
            out[name] = ListValue(SOURCE, 0, 1, [*items, *rng.choices(INTS, k=more)])
        elif not isinstance(held, Unknown):
            out[name] = held
        elif held.candidates:
            out[name] = rng.choice(held.candidates)
        elif held.not_null or rng.random() < 0.6:
            number = [rng.choice(INTS) for _ in range(rng.randint(0, 2))]
            out[name] = (
                ListValue(SOURCE, 0, 1, number)
                if name == "l"
                else rng.choice(TEXTS if name == "t" else INTS)
            )
    return MapValue(SOURCE, 0, 1, out)  # type: ignore[arg-type]


def constant(value: object, type_: Type = INT) -> ir.Const:
    return ir.Const(value, type_, AT)


def read(name: str, holder: str, default: ir.Expr | None = None) -> ir.Field:
    type_ = FIELDS[name]
    return ir.Field(ir.Var(holder, KIND, AT), name, type_.maybe(), default, False, type_, AT)


def leaf(rng: random.Random, scope: tuple[str, ...]) -> ir.Expr:
    def number() -> ir.Expr:
        found = read(rng.choice("fg"), rng.choice(scope))
        if rng.random() < 0.2:
            return replace(found, default=constant(rng.choice(INTS)))
        return ir.Coalesce(found, constant(rng.choice(INTS)), INT, AT)

    def word() -> ir.Expr:
        fallback = constant(rng.choice(TEXTS), STRING)
        return ir.Coalesce(read("t", rng.choice(scope)), fallback, STRING, AT)

    def compare(op: str, left: ir.Expr, right: ir.Expr) -> ir.Expr:
        return ir.Compare(op, left, right, rng.random() < 0.3, BOOL, AT)

    def each() -> ir.Expr:
        form = rng.choice(["any", "none", "all", "count"])
        test = compare(rng.choice(["==", "<"]), ir.Var("i", INT, AT), number())
        binder = ir.Each(None, "i", read("l", rng.choice(scope)), AT)
        if form == "all":
            return ir.Quantifier(form, binder, None, test, BOOL, AT)
        found = ir.Quantifier(form, binder, test, None, BOOL, AT)
        return found if form != "count" else compare(">=", found, constant(1))

    def collected() -> ir.Expr:
        binder = ir.Each(None, "i", read("l", rng.choice(scope)), AT)
        test = compare("<", ir.Var("i", INT, AT), number())
        return ir.Quantifier("collect", binder, test, ir.Var("i", INT, AT), list_of(INT), AT)

    ops = ["==", "!=", "<", ">="]
    choices: list[Callable[[], ir.Expr]] = [
        lambda: ir.Test(read(rng.choice("fgtl"), rng.choice(scope)), rng.choice(
            ["set", "missing", "explicit", "empty"]), rng.random() < 0.3, BOOL, AT),
        lambda: compare(rng.choice(ops), number(), constant(rng.choice(INTS))),
        lambda: compare(rng.choice(ops), number(), number()),
        lambda: compare(rng.choice(ops), ir.Arith(rng.choice("+-"), number(), number(), INT, AT),
                        constant(1)),
        lambda: compare(rng.choice(["==", "!=", "starts_with", "ends_with", "contains"]), word(),
                        constant(rng.choice(TEXTS), STRING)),
        lambda: compare("in", word(), constant(frozenset(rng.sample(TEXTS, 2)), STRING)),
        lambda: compare("matches", word(), constant(parse_regex("^ab+$"), Type("pattern"))),
        lambda: compare("in", number(), read("l", rng.choice(scope))),
        lambda: ir.Bind("b", number(), compare("<", ir.Var("b", INT, AT), number()), BOOL, AT),
        each,
        lambda: ir.IsKind(ir.Var(rng.choice(scope), KIND, AT), ("M",), rng.random() < 0.3, BOOL,
                          AT),
        lambda: compare("==", ir.Call("lower", (word(),), (), STRING, AT),
                        constant(rng.choice(TEXTS), STRING)),
        lambda: compare(">=", ir.Call("length", (collected(),), (), INT, AT), constant(1)),
        lambda: compare("==", ir.Item(ir.Var(rng.choice(scope), KIND, AT), constant("f", STRING),
                                      False, Type("any", optional=True), AT), constant(1)),
    ]  # fmt: skip
    return rng.choice(choices)()


def formula(rng: random.Random, scope: tuple[str, ...], depth: int) -> ir.Expr:
    """A random condition on the nodes in scope."""
    choice = rng.random()
    if depth == 0 or choice < 0.15:
        return leaf(rng, scope)

    def sub(names: tuple[str, ...] = scope) -> ir.Expr:
        return formula(rng, names, depth - 1)

    if choice < 0.3:
        return ir.And((sub(), sub()), BOOL, AT)
    if choice < 0.45:
        return ir.Or((sub(), sub()), BOOL, AT)
    if choice < 0.55:
        return ir.Not(sub(), BOOL, AT)
    if choice < 0.65:
        return ir.If(sub(), sub(), sub(), BOOL, AT)
    name = f"v{depth}"
    own: tuple[str, ...] = (name,)
    if rng.random() < 0.75:
        binder = pattern(rng, rng.choice(scope), name, fresh_first=False)
        inner = sub((*scope, *own))
    else:  # over all nodes, linked with what is bound by texts, or not at all
        binder = ir.Pattern(None, (ir.PatternNode(name, (rng.choice("KKM"),), True, AT),), (), AT)
        if rng.random() < 0.3:
            own = (name, f"w{depth}")
            binder = pattern(rng, *own, fresh_first=True)
        inner = sub(rng.choice([own, (*scope, *own)]))
        sides = [read("t", rng.choice(own)), read("t", rng.choice(scope))]
        rng.shuffle(sides)
        link = ir.Compare(rng.choice(["==", "starts_with"]), *sides, rng.random() < 0.1, BOOL, AT)
        inner = ir.And((inner, link, sub((name,))), BOOL, AT) if rng.random() < 0.8 else inner
    form = rng.choice(["any", "none", "all", "count"])
    if form == "all":
        return ir.Quantifier(form, binder, sub((*scope, *own)), inner, BOOL, AT)
    found = ir.Quantifier(form, binder, inner, None, BOOL, AT)
    if form != "count":
        return found
    return ir.Compare(rng.choice([">=", "<", "=="]), found, constant(rng.choice((1, 2))), False,
                      BOOL, AT)  # fmt: skip


def pattern(rng: random.Random, one: str, other: str, *, fresh_first: bool) -> ir.Pattern:
    low, high = rng.choice([(1, 1), (1, None), (0, None), (1, 2)])
    kinds = (rng.choice("KKM"),)
    ends = [ir.PatternNode(one, ("K",) if fresh_first else (), fresh_first, AT),
            ir.PatternNode(other, kinds, True, AT)]  # fmt: skip
    rng.shuffle(ends)
    avoided = ("M",) if high != 1 and rng.random() < 0.2 else ()
    step = ir.PatternEdge((("e", rng.random() < 0.5),), low, high, avoided, AT)
    return ir.Pattern(None, tuple(ends), (step,), AT)


SUBJECT = ir.Pattern(None, (ir.PatternNode("s", ("K",), True, AT),), (), AT)


def rule_of(
    where: tuple[ir.Expr, ...],
    patterns: tuple[ir.Pattern, ...] = (SUBJECT,),
    lets: tuple[ir.LetDecl, ...] = (),
) -> ir.CheckedRule:
    """A checked rule with these conditions; its subject is `s`."""
    says = ir.Report(None, ir.Template(("found",), AT), (), None)
    return ir.CheckedRule(
        "r.random", "random", "low", "high", "default", "", "", (), (), (), (), lets, patterns,
        where, "review", says, None, (), "s", ("K",), frozenset(), frozenset(), frozenset(), AT, "",
    )  # fmt: skip


def make_rule(rng: random.Random) -> ir.CheckedRule:
    """A random rule of one to three patterns, sometimes joined by equalities only."""
    patterns, scope = [SUBJECT], ("s",)
    where: list[ir.Expr] = []
    if rng.random() < 0.4:
        patterns.append(pattern(rng, "s", "w", fresh_first=False))
        scope = ("s", "w")
    if rng.random() < 0.6:
        patterns.append(pattern(rng, "j", "k", fresh_first=True))
        for name in rng.sample("tfg", rng.randint(1, 2)):
            sides = [read(name, rng.choice(scope)), read(name, rng.choice("jk"))]
            rng.shuffle(sides)
            where.append(ir.Compare("==", sides[0], sides[1], False, BOOL, AT))
        scope = (*scope, "j", "k")
    lets = (ir.LetDecl("y", formula(rng, ("s",), 1), AT),)
    where += [formula(rng, scope, rng.randint(0, 2)) for _ in range(rng.randint(1, 2))]
    where.append(ir.Or((ir.Var("y", BOOL, AT), leaf(rng, scope)), BOOL, AT))
    rng.shuffle(where)
    return rule_of(tuple(where), tuple(patterns), lets)


@dataclass(frozen=True, slots=True)
class Judge:
    """One of the two evaluators, for one condition on the node `s`."""

    expr: ir.Expr
    program: Program | None

    def verdict(self, graph: Graph) -> Truth:
        subject = graph.nodes["g.tf#s"]
        if self.program is None:
            return Walker(graph).condition(self.expr, {"": subject, "s": subject})
        found = run_program(self.program, rule_of((self.expr,)), graph, {}, [subject],
                            all_subjects=False)  # fmt: skip
        return found[0].verdict if found else False


def judge(expr: ir.Expr, *, compiled: bool) -> Judge:
    return Judge(expr, compile_rule(rule_of((expr,))) if compiled else None)


def rows_of(rule: ir.CheckedRule, graph: Graph, *, compiled: bool) -> list[RowVerdict]:
    """The rule's rows that are not surely false, from either evaluator."""
    if not compiled:
        return walk.walk(rule, graph)
    params = walk.walker(rule, graph).params
    return run_program(compile_rule(rule), rule, graph, params, walk.subjects(rule, graph),
                       all_subjects=True)  # fmt: skip
