"""The type checker for graph patterns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plumbrule.language import ir, syntax
from plumbrule.language.names import Binding, Names
from plumbrule.language.schema import suggest
from plumbrule.language.types import Type, list_of
from plumbrule_parsers.source import Span

if TYPE_CHECKING:
    from plumbrule.language.expressions import Expressions


def check_pattern(checker: Expressions, pattern: syntax.PatternExpr, names: Names) -> ir.Pattern:
    """The checked pattern; its fresh variables are bound in `names`."""
    nodes = tuple(_node(checker, node, names) for node in pattern.nodes)
    edges = []
    for index, edge in enumerate(pattern.edges):
        left = _kinds(checker, pattern.nodes[index], names)
        right = _kinds(checker, pattern.nodes[index + 1], names)
        edges.append(_edge(checker, edge, left, right))
    if pattern.path is not None:
        type_ = list_of(Type("kind", kinds=("core.Node",)))
        var = ir.Var(pattern.path, type_, pattern.span)
        checker.bind_name(names, pattern.path, Binding("path", type_, var), pattern.span)
    return ir.Pattern(pattern.path, nodes, tuple(edges), pattern.span)


def _node(checker: Expressions, node: syntax.NodeExpr, names: Names) -> ir.PatternNode:
    kinds = known_kinds(checker, node.kinds, node.span)
    bound = names.find(node.name)
    if bound is not None and isinstance(bound.expr, ir.Var) and bound.type.name == "kind":
        checker.footprint.used.add(node.name)
        if kinds and not any(
            checker.schema.related(one, other) for one in kinds for other in bound.type.kinds
        ):
            message = f"`{node.name}` is {bound.type}, which is never {' | '.join(kinds)}"
            checker.problem("E302", message, node.span)
        return ir.PatternNode(bound.expr.name, kinds, False, node.span)
    if bound is not None and bound.form != "builtin":
        checker.problem("E108", f"`{node.name}` is bound, but not to a node", node.span)
    if not node.kinds:
        close = suggest(node.name, names.all())
        message = f"`{node.name}` needs a kind, as in `{node.name}: k8s.Container`{close}"
        checker.problem("E105", message, node.span)
    unique = checker.fresh(node.name) if checker.calling else node.name
    type_ = Type("kind", kinds=kinds) if kinds else Type("never")
    var = ir.Var(unique, type_, node.span)
    checker.bind_name(names, node.name, Binding("var", type_, var), node.span)
    checker.footprint.extents.update(kinds)
    return ir.PatternNode(unique, kinds, True, node.span)


def known_kinds(checker: Expressions, kinds: tuple[str, ...], span: Span) -> tuple[str, ...]:
    """The kinds that are declared; the others are reported."""
    for kind in kinds:
        if kind not in checker.schema.kinds:
            close = suggest(kind, checker.schema.kinds)
            hint = ""
            if kind.startswith("tf.") and not close:
                hint = (
                    f"; declare it (`kind {kind} extends tf.Resource {{ open: any }}`) or match "
                    f'`tf.Resource` and compare `type` with "{kind[3:]}"'
                )
            checker.problem("E101", f"unknown kind `{kind}`{close}{hint}", span)
    return tuple(kind for kind in kinds if kind in checker.schema.kinds)


def _kinds(checker: Expressions, node: syntax.NodeExpr, names: Names) -> tuple[str, ...]:
    own = tuple(kind for kind in node.kinds if kind in checker.schema.kinds)
    if own:
        return own
    bound = names.find(node.name)
    return bound.type.kinds if bound is not None else ()


_BOUNDS = re.compile(r"\{(\d+),(\d*)\}")


def _edge(
    checker: Expressions, edge: syntax.EdgeExpr, left: tuple[str, ...], right: tuple[str, ...]
) -> ir.PatternEdge:
    schema = checker.schema
    names: list[tuple[str, bool]] = []
    for name in edge.names:
        found = schema.edge(name)
        if found is None:
            close = suggest(name, {*schema.edges, *schema.inverses})
            checker.problem("E103", f"unknown edge `{name}`{close}", edge.span)
            continue
        info, along = found
        forward = along is edge.forward
        names.append((info.name, forward))
        checker.footprint.follows.add(info.name)
        origin, target = (left, right) if forward else (right, left)
        for kinds, ends, word in ((origin, info.origins, "start"), (target, info.targets, "end")):
            if kinds and not any(schema.related(one, end) for one in kinds for end in ends):
                verb = "starts" if word == "start" else "ends"
                message = (
                    f"edge `{info.name}` cannot {word} at {' | '.join(kinds)}; "
                    f"it {verb} at {' | '.join(ends)}"
                )
                checker.problem("E104", message, edge.span)
    avoiding = known_kinds(checker, edge.avoiding, edge.span)
    checker.footprint.extents.update(avoiding)
    low, high = _repeat(checker, edge)
    return ir.PatternEdge(tuple(names), low, high, avoiding, edge.span)


def _repeat(checker: Expressions, edge: syntax.EdgeExpr) -> tuple[int, int | None]:
    if edge.repeat == "":
        if edge.avoiding:
            checker.problem(
                "E304", "`avoiding` needs a repeated edge: `+`, `*` or `{m,n}`", edge.span
            )
        return 1, 1
    if edge.repeat in "+*":
        return (1 if edge.repeat == "+" else 0), None
    match = _BOUNDS.fullmatch(edge.repeat)
    assert match is not None
    low, high = int(match[1]), int(match[2]) if match[2] else None
    if high is not None and high < low:
        checker.problem("E304", f"`{edge.repeat}` counts down", edge.span)
    return low, high
