"""Soundness: a decided verdict holds in every completion of an incomplete graph.

`PLUMBRULE_SOUNDNESS=200000` runs that many formulas instead of a few.
"""

from __future__ import annotations

import os
import random

import pytest
from tests.laws.random_graphs import complete, formula, judge, make_graph

from plumbrule.evaluate import compare, patterns, read, truth, walk
from plumbrule.evaluate.truth import MISSING, Doubt
from plumbrule.graph.graph import Edge
from plumbrule.language import ir
from plumbrule_parsers.document import Node
from plumbrule_parsers.value import Unknown

Steps = tuple[tuple[Edge, Node], ...]

FORMULAS = int(os.environ.get("PLUMBRULE_SOUNDNESS", "300"))
SEED = int(os.environ.get("PLUMBRULE_SOUNDNESS_SEED", "7"))
EVALUATORS = pytest.mark.parametrize("compiled", [False, True], ids=["walk", "compiled"])


def contradictions(
    formulas: int, *, compiled: bool, seed: int = SEED, completions: int = 12
) -> tuple[int, int]:
    """How many decided verdicts a completion contradicts, and how many were undecided."""
    rng = random.Random(seed)
    wrong = undecided = 0
    for _ in range(formulas):
        graph, expr = make_graph(rng), formula(rng, ("s",), 3)
        finished = [complete(graph, rng) for _ in range(completions)]
        judged = judge(expr, compiled=compiled)
        verdict = judged.verdict(graph)
        if isinstance(verdict, Doubt):
            undecided += 1
        elif any(judged.verdict(done) is not verdict for done in finished):
            wrong += 1
    return wrong, undecided


@EVALUATORS
def test_decided_verdicts_hold_in_every_completion(compiled: bool) -> None:
    wrong, undecided = contradictions(FORMULAS, compiled=compiled)
    assert wrong == 0
    assert undecided < FORMULAS * 0.65  # an evaluator that always doubts would be sound and useless


patterns_reach = patterns.reach


def sure_chains(edge: ir.PatternEdge, found: dict[str, tuple[truth.Truth, Steps]]) -> object:
    """What was reached, every chain of steps taken as sure; single steps stay as they are."""
    if edge.high == 1:
        return found
    return {address: (True, steps) for address, (_, steps) in found.items()}


SHORTCUTS: dict[str, tuple[object, str, object]] = {
    "?? replaces unknowns": (
        read, "coalesce",
        lambda left, right: right if left is MISSING or isinstance(left, Unknown) else left),
    "unseen nodes are ignored": (patterns, "extent_holes", lambda graph, kinds: []),
    "conditional witnesses are sure": (patterns, "presence", lambda node, env, graph: True),
    "possible edges are sure": (patterns, "edge_certainty", lambda edge, graph: True),
    "possible paths are sure": (patterns, "reach", lambda *given, **named: sure_chains(
        given[1], patterns_reach(*given, **named))),
    "an undecided comparison is false": (compare, "undecided", lambda *values: False),
    "is set is true for any unknown": (read, "is_set", lambda value: value is not MISSING),
    "an undecided if takes else": (walk, "undecided_choice", lambda condition, yes, no: no),
    "not of a doubt is true": (
        truth, "negate", lambda value: isinstance(value, Doubt) or not value),
}  # fmt: skip


@EVALUATORS
@pytest.mark.parametrize("name", SHORTCUTS)
def test_each_planted_shortcut_is_detected(
    name: str, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, function, shortcut = SHORTCUTS[name]
    monkeypatch.setattr(module, function, shortcut)
    found = (contradictions(40, compiled=compiled, seed=seed)[0] for seed in range(25))
    assert any(found)  # stops at the first batch that shows it
