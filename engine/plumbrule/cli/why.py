"""Show how a rule came to its verdict on one node: each condition and what it gave."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

from plumbrule.cli.explain import rule_named
from plumbrule.cli.prepare import UsageError, common_arguments, given_paths, prepare
from plumbrule.evaluate.why import Step


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb why` takes."""
    parser.add_argument("rule", metavar="RULE", help="a rule's id")
    parser.add_argument("node", metavar="NODE", help="a node's address or label, or the end of one")
    common_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """The steps of every row of the node; 2 if the rule does not speak of it."""
    from plumbrule.evaluate.why import why
    from plumbrule.graph.find import NodeNotFoundError, find_node
    from plumbrule.scan.scan import build_model, settings_of

    paths = given_paths(options)
    prepared = prepare(options, paths)
    rule = rule_named(options.rule, prepared.pack.rules)
    model = build_model(paths, prepared.config, prepared.pack)
    try:
        node = find_node(model.graph, options.node, rule.subject_kinds)
    except NodeNotFoundError as error:
        raise UsageError(str(error)) from None
    if not any(model.graph.is_a(node.kind, kind) for kind in rule.subject_kinds):
        wanted = " or ".join(rule.subject_kinds)
        raise UsageError(
            f"`{rule.id}` speaks of {wanted}; {node.label} is a {node.kind}",
            f"`plumb graph --kind {rule.subject_kinds[0]}` lists its subjects",
        )
    params = dict(settings_of(rule, prepared.config).params)
    steps = why(rule, model.graph, node.address, params)
    out = [f"{rule.id}: {rule.title}", f"{node.label}  ({node.span})"]
    if not steps:
        out.append("pass: the pattern of the rule matches nothing here")
    row = 0
    for step in steps:
        if step.row != row:
            row = step.row
            out += ["", f"row {row}: {', '.join(step.bindings) or 'no other nodes'}"]
        word = {True: "true", False: "false", None: "unknown"}[step.verdict]
        text = " ".join(step.text.split())
        out.append(f"  {word:8} {text}")
        out += [
            f"           because of {cause.why}" + (f"  ({cause.span})" if cause.span else "")
            for cause in step.causes
        ]
    sys.stdout.write("\n".join((*out, "", verdict(steps), "")))
    return 0


def verdict(steps: Iterable[Step]) -> str:
    """The verdict that the rows add up to, in words."""
    rows: dict[int, list[bool | None]] = {}
    for step in steps:
        rows.setdefault(step.row, []).append(step.verdict)
    if any(all(part is True for part in row) for row in rows.values()):
        return "verdict: violation (one row is wholly true)"
    if any(all(part is not False for part in row) for row in rows.values()):
        return "verdict: review (one row is not false, and something in it is unknown)"
    return "verdict: pass (each row has a condition that is false)"
