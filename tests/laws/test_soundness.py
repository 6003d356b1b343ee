"""Soundness: a decided verdict holds in every completion of an incomplete graph."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from plumbrule.evaluate import compare, patterns, read, truth, walk
from plumbrule.evaluate.truth import MISSING, Doubt
from plumbrule.evaluate.walk import Walker
from plumbrule.graph.graph import Edge, Graph
from plumbrule.language import ir
from plumbrule.language.types import BOOL, INT, Type, kind_type
from plumbrule_parsers.document import Hole, Node
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import MapValue, Reason, Unknown

SOURCE = Source("g.tf", "x" * 50)
AT = Span(SOURCE, 0, 1)
KIND = kind_type("K")
FORMULAS = int(os.environ.get("PLUMBRULE_SOUNDNESS", "400"))
DOMAIN = (0, 1, 2)


def node(name: str, fields: dict[str, object], condition: Unknown | None = None) -> Node:
    held = MapValue(SOURCE, 0, 1, fields)  # type: ignore[arg-type]
    return Node(f"g.tf#{name}", "K", name, held, AT, "", condition)


def unknown(rng: random.Random) -> Unknown:
    return Unknown(
        Reason.NO_VALUE, "x", candidates=rng.choice([(), (), (0, 1), (1, 2)]),
        not_null=rng.random() < 0.4,
    )  # fmt: skip


def make_graph(rng: random.Random) -> Graph:
    nodes = [node("s", values(rng))]
    for name in "abc"[: rng.randint(0, 3)]:
        doubted = Unknown(Reason.CARDINALITY, name) if rng.random() < 0.35 else None
        nodes.append(node(name, values(rng), doubted))
    edges = [
        Edge(one.address, other.address, "e", AT,
             Unknown(Reason.EXPRESSION, "edge") if rng.random() < 0.35 else None)
        for one in nodes for other in nodes if rng.random() < 0.35
    ]  # fmt: skip
    holes = []
    if rng.random() < 0.3:
        holes.append(Hole(Unknown(Reason.SYNTAX, "file"), AT, kinds=("K",)))
    if rng.random() < 0.2:
        at = rng.choice(nodes).address
        holes.append(Hole(Unknown(Reason.SYNTAX, "edges"), AT, edges=("e",), addresses=(at,)))
    return Graph(nodes, edges, holes, {"K": ("K",)})


def values(rng: random.Random) -> dict[str, object]:
    pick: list[Callable[[], object]] = [lambda: rng.choice(DOMAIN), lambda: unknown(rng)]
    return {name: rng.choice(pick)() for name in "fg" if rng.random() < 0.8}


def complete(graph: Graph, rng: random.Random) -> Graph:
    """One total graph that the incomplete one allows."""
    nodes = [replace(item, condition=None, fields=filled(item, rng)) for item in
             graph.nodes.values() if item.condition is None or rng.random() < 0.5]  # fmt: skip
    kept = {item.address for item in nodes}
    edges = [
        edge
        for by in graph.successors.values()
        for found in by.values()
        for edge in found
        if {edge.origin, edge.target} <= kept and (edge.doubt is None or rng.random() < 0.5)
    ]
    edges = [replace(edge, doubt=None) for edge in edges]
    for hole in graph.holes:
        if hole.kinds:
            for at in range(rng.randint(0, 2)):
                new = node(f"n{at}", {k: rng.choice(DOMAIN) for k in "fg" if rng.random() < 0.7})
                nodes.append(new)
                for other in list(nodes):
                    if rng.random() < 0.4:
                        edges.append(Edge(new.address, other.address, "e", AT))
                    if rng.random() < 0.4:
                        edges.append(Edge(other.address, new.address, "e", AT))
        else:
            for other in nodes:
                if hole.addresses[0] in kept and rng.random() < 0.4:
                    edges.append(Edge(hole.addresses[0], other.address, "e", AT))
                if hole.addresses[0] in kept and rng.random() < 0.4:
                    edges.append(Edge(other.address, hole.addresses[0], "e", AT))
    return Graph(nodes, edges, [], {"K": ("K",)})


def filled(item: Node, rng: random.Random) -> MapValue:
    out: dict[str, object] = {}
    for name, value in item.fields.items():
        if not isinstance(value, Unknown):
            out[name] = value
        elif value.candidates:
            out[name] = rng.choice(value.candidates)
        elif value.not_null or rng.random() < 0.6:
            out[name] = rng.choice(DOMAIN)
    return MapValue(SOURCE, 0, 1, out)  # type: ignore[arg-type]


def formula(rng: random.Random, scope: tuple[str, ...], depth: int) -> ir.Expr:
    def field() -> ir.Field:
        return ir.Field(ir.Var(rng.choice(scope), KIND, AT), rng.choice("fg"),
                        Type("int", optional=True), None, False, INT, AT)  # fmt: skip

    choice = rng.random()
    if depth == 0 or choice < 0.15:
        if rng.random() < 0.3:
            return ir.Test(field(), rng.choice(["set", "missing", "explicit"]), False, BOOL, AT)
        left = ir.Coalesce(field(), ir.Const(rng.choice(DOMAIN), INT, AT), INT, AT)
        op = rng.choice(["==", "!=", "<", ">="])
        return ir.Compare(op, left, ir.Const(rng.choice(DOMAIN), INT, AT), False, BOOL, AT)

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
    low, high = rng.choice([(1, 1), (1, None), (0, None), (1, 2)])
    ends = [
        ir.PatternNode(rng.choice(scope), (), False, AT),
        ir.PatternNode(name, ("K",), True, AT),
    ]
    rng.shuffle(ends)
    binder = ir.Pattern(
        None, tuple(ends), (ir.PatternEdge((("e", rng.random() < 0.5),), low, high, (), AT),), AT
    )
    form = rng.choice(["any", "none", "all", "count"])
    inner = sub((*scope, name))
    if form == "all":
        return ir.Quantifier(form, binder, sub((*scope, name)), inner, BOOL, AT)
    found = ir.Quantifier(form, binder, inner, None, BOOL, AT)
    if form != "count":
        return found
    return ir.Compare(rng.choice([">=", "<", "=="]), found, ir.Const(rng.choice((1, 2)), INT, AT),
                      False, BOOL, AT)  # fmt: skip


def judge(expr: ir.Expr, graph: Graph) -> truth.Truth:
    subject = graph.nodes["g.tf#s"]
    return Walker(graph).condition(expr, {"": subject, "s": subject})


def contradictions(formulas: int, seed: int = 7, completions: int = 12) -> tuple[int, int]:
    """How many decided verdicts a completion contradicts, and how many were undecided."""
    rng = random.Random(seed)
    wrong = open_ = 0
    for _ in range(formulas):
        graph, expr = make_graph(rng), formula(rng, ("s",), 3)
        verdict = judge(expr, graph)
        finished = [complete(graph, rng) for _ in range(completions)]
        if isinstance(verdict, Doubt):
            open_ += 1
        elif any(judge(expr, done) is not verdict for done in finished):
            wrong += 1
    return wrong, open_


def test_decided_verdicts_hold_in_every_completion() -> None:
    wrong, undecided = contradictions(FORMULAS)
    assert wrong == 0
    assert undecided < FORMULAS * 0.6  # an evaluator that always doubts would be sound and useless


SHORTCUTS: dict[str, tuple[object, str, object]] = {
    "?? replaces unknowns": (
        read, "coalesce",
        lambda left, right: right if left is MISSING or isinstance(left, Unknown) else left),
    "unseen nodes are ignored": (patterns, "extent_holes", lambda graph, kinds: []),
    "conditional witnesses are sure": (patterns, "presence", lambda node, env, graph: True),
    "possible edges and paths are sure": (patterns, "edge_certainty", lambda edge: True),
    "an undecided comparison is false": (compare, "undecided", lambda *values: False),
    "is set is true for any unknown": (read, "is_set", lambda value: value is not MISSING),
    "an undecided if takes else": (walk, "undecided_choice", lambda condition, yes, no: no),
    "not of a doubt is true": (truth, "negate", lambda value: isinstance(value, Doubt) or not value),
}  # fmt: skip


@pytest.mark.parametrize("name", SHORTCUTS)
def test_each_planted_shortcut_is_detected(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, function, shortcut = SHORTCUTS[name]
    monkeypatch.setattr(module, function, shortcut)
    assert contradictions(400)[0] > 0
