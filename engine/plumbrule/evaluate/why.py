"""Why: each conjunct of a rule for one node, with its verdict and the causes of its doubt."""

from __future__ import annotations

from dataclasses import dataclass

from plumbrule.evaluate import patterns, truth
from plumbrule.evaluate.patterns import Row
from plumbrule.evaluate.walk import walker
from plumbrule.finding import Cause
from plumbrule.graph.graph import Graph
from plumbrule.language import ir
from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Span


@dataclass(frozen=True, slots=True)
class Step:
    """One conjunct of one row; `verdict` is None if undecided. `row` counts from 1."""

    row: int
    text: str
    span: Span
    verdict: bool | None
    causes: tuple[Cause, ...]
    bindings: tuple[str, ...]


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
        conjuncts = [("match", rule.patterns[0].span, row.guard)]
        conjuncts += [
            (part.span.text, part.span, made.condition(part, row.env)) for part in rule.where
        ]
        for text, span, verdict in conjuncts:
            known = verdict if isinstance(verdict, bool) else None
            steps.append(Step(number, text, span, known, truth.causes_of(verdict), names))
    return tuple(steps)
