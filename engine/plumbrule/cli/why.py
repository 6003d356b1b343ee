"""Show how a rule came to its verdict on a node: each condition, and where its values come from."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from plumbrule.cli.color import writable
from plumbrule.cli.explain import rule_named
from plumbrule.cli.prepare import UsageError, common_arguments, given_paths, prepare
from plumbrule.environments import DEFAULT
from plumbrule.evaluate.why import Read, Step
from plumbrule.language import ir
from plumbrule.redact import cut_out
from plumbrule.reports.mask import Mask, shown_path
from plumbrule.reports.spell import told
from plumbrule.reports.trail import Stop, decisions_of, stops_of, where
from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Value

if TYPE_CHECKING:
    from plumbrule.graph.graph import Graph
    from plumbrule.scan.scan import Model

MAX_READS: Final = 8  # values whose way is told
MAX_VALUE: Final = 70  # characters of a value
MAX_LINE: Final = 90  # characters of a source line
_PLAIN: Final = ("", "value", "template", "included from")  # what the line shows by itself
_WORDS: Final = {True: "true", False: "false", None: "unknown"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb why` takes."""
    parser.add_argument("rule", metavar="RULE", help="a rule's id")
    parser.add_argument("node", metavar="NODE", help="a node's address or label, or the end of one")
    parser.add_argument(
        "--unit", metavar="NAME", help="the unit, for what several resolve (see `plumb units`)"
    )
    common_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """The steps of every row of the node; 2 if the rule does not speak of it."""
    from plumbrule.evaluate.why import why
    from plumbrule.scan.discover import root_of
    from plumbrule.scan.scan import build_model, settings_of
    from plumbrule.scan.secret_places import secrets_in

    paths = given_paths(options)
    prepared = prepare(options, paths)
    rule = rule_named(options.rule, prepared.pack.rules)
    model = build_model(paths, prepared.config, prepared.pack)
    params = dict(settings_of(rule, prepared.config).params)
    nodes = _meant(model, rule, options)
    found = [(node, why(rule, model.graph, node.address, params)) for node in nodes]
    # Of several units the one that explains most: that with a violation, else with a doubt.
    node, steps = min(found, key=lambda one: _rank(one[1]))
    base = os.path.relpath(root_of(paths, prepared.config.path)).replace(os.sep, "/")
    secrets = secrets_in(model, prepared.config, prepared.pack)
    page = _Page(model, secrets.mask, "" if base == "." else base)
    out = [f"{rule.id}: {rule.title}", f"{page.mask.text(node.label)}  ({page.place(node.span)})"]
    out += page.unit(node, [other for other, _steps in found if other is not node])
    if not steps:
        out.append("pass: the pattern of the rule matches nothing here")
    out += page.rows(steps)
    decisive = _decisive(steps)
    if decisive:
        out += page.ways(decisive)
    sys.stdout.write(writable("\n".join((*out, "", verdict(steps), ""))))
    return 0


def _meant(model: Model, rule: ir.CheckedRule, options: argparse.Namespace) -> list[Node]:
    """The node that is meant, in each unit that resolves it."""
    from plumbrule.graph.find import NodeNotFoundError, find_node

    graph = model.graph
    # The block of which there are several instances.
    nodes = [one for one in graph.nodes.values() if one.instance and options.node in (
        one.label.replace(one.instance, "", 1), one.plain_address)]  # fmt: skip
    try:
        nodes = nodes or [find_node(graph, options.node, rule.subject_kinds)]
    except NodeNotFoundError as error:
        nodes = [graph.nodes[one] for one in error.candidates if one in graph.nodes]
        if len({one.plain_address for one in nodes}) != 1 or "did you mean" in str(error):
            inside = [one for one in nodes if one.unit == options.unit]
            if len(inside) != 1:
                raise UsageError(str(error)) from None
            nodes = inside
    if options.unit is not None:
        units = dict.fromkeys(one.unit for one in nodes if one.unit)
        nodes = [one for one in nodes if one.unit == options.unit]
        if not nodes:
            names = ", ".join(f"`{name}`" for name in units)
            raise UsageError(f"`{options.node}` is not in the unit `{options.unit}`",
                             f"it is in {names}" if names else "it is in no unit")  # fmt: skip
    if any(graph.is_a(nodes[0].kind, kind) for kind in rule.subject_kinds):
        return nodes
    return [_part_of(node, graph, rule) for node in nodes]


def _part_of(node: Node, graph: Graph, rule: ir.CheckedRule) -> Node:
    """The one part of a node that the rule speaks of: a person names the resource."""
    parts = [
        one
        for kind in rule.subject_kinds
        for one in graph.extent(kind)
        if node.address in (one.address, one.parent)
    ]
    if len(parts) == 1:
        return parts[0]
    wanted = " or ".join(rule.subject_kinds)
    hint = f"`plumb graph --kind {rule.subject_kinds[0]}` lists its subjects"
    if parts:
        hint = f"name one of {', '.join(f'`{one.address}`' for one in parts[:8])}"
    raise UsageError(f"`{rule.id}` speaks of {wanted}; {node.label} is a {node.kind}", hint)


def _rows(steps: Iterable[Step]) -> dict[int, list[Step]]:
    rows: dict[int, list[Step]] = {}
    for step in steps:
        rows.setdefault(step.row, []).append(step)
    return rows


def _decisive(steps: Iterable[Step]) -> list[Step]:
    """The row that the verdict rests on."""
    return min(_rows(steps).values(), key=_weight, default=[])


def _weight(row: list[Step]) -> int:
    verdicts = [step.verdict for step in row if step.decides]
    if all(verdict is True for verdict in verdicts):
        return 0
    return 2 if False in verdicts else 1


def _rank(steps: Iterable[Step]) -> int:
    return min((_weight(row) for row in _rows(steps).values()), default=3)


def verdict(steps: Iterable[Step]) -> str:
    """The verdict that the rows add up to, in words."""
    return (
        "verdict: violation (one row is wholly true)",
        "verdict: review (one row is not false, and something in it is unknown)",
        "verdict: pass (each row has a condition that is false)",
        "verdict: pass (each row has a condition that is false)",
    )[_rank(steps)]


class _Page:
    """Words for the parts of the answer; places are read from where the user stands."""

    def __init__(self, model: Model, mask: Mask, base: str) -> None:
        self.model, self.mask, self.base = model, mask, base

    def place(self, span: Span) -> str:
        """Path, line and column."""
        line, column = span.source.position(span.start)
        return f"{shown_path(span.path, self.base)}:{line}:{column}"

    def unit(self, node: Node, others: list[Node]) -> Iterator[str]:
        """The unit, its environment and the other units that resolve the same declaration."""
        placed = self.model.units.get(node.unit)
        if placed is not None and (node.variant or placed.unit.kind != "manifests"):
            environment = "" if placed.environment == DEFAULT else f", {placed.environment}"
            yield f"in {placed.unit.kind} {node.unit}{environment}"
        twins = [one.instance for one in others if one.instance and one.unit == node.unit]
        if twins:
            yield f"also {', '.join(dict.fromkeys(twins))} (name one to choose it)"
        names = [one.unit or "the plain files" for one in others if one.unit != node.unit]
        if names or len(twins) < len(others):
            listed = ", ".join(dict.fromkeys(names)) or node.unit
            yield f"also in {listed} (choose with --unit)"

    def rows(self, steps: Iterable[Step]) -> Iterator[str]:
        """Each row with its conditions."""
        for number, row in _rows(steps).items():
            yield ""
            names = (one.partition(" = ") for one in row[0].bindings)
            told = ", ".join(f"{name} = {self.mask.text(label)}" for name, _, label in names)
            yield f"row {number}: {told or 'no other nodes'}"
            for step in row:
                yield f"  {_WORDS[step.verdict]:8} {' '.join(step.text.split())}"
                for reason in step.reasons:
                    yield f"           {self.mask.text(reason)}"
                for cause in step.causes:
                    at = f"  ({self.place(cause.span)})" if cause.span else ""
                    yield f"           because of {self.mask.text(cause.why)}{at}"

    def ways(self, row: list[Step]) -> Iterator[str]:
        """Where the values of a row come from, first that which a finding points at."""
        reads = {read.text: read for step in row for read in step.reads}
        told_of = [read for read in reads.values() if read.place is not None or read.missing]
        pointed = {read.text for step in row[:1] for read in step.reads}
        if not told_of:
            return
        yield ""
        yield "where the values come from"
        for read in told_of[:MAX_READS]:
            yield from self.way(read, pointed=read.text in pointed)
        if len(told_of) > MAX_READS:
            yield f"  and {len(told_of) - MAX_READS} more values"

    def way(self, read: Read, *, pointed: bool) -> Iterator[str]:
        """One value with each line on its way, or why there is none; findings point at one."""
        yield f"  {read.text} {self.value(read)}"
        stops = list(stops_of(read.place)) if read.place is not None else []
        if read.missing:
            from plumbrule.cli.kept_out import guards_of

            guards = guards_of(read.missing, read.owner, self.model, read.place)
            lines = [("left out by", self.line(guard.head)) for guard in guards]
            for guard in guards:
                lines += [
                    ("because", self.decided(one.key, one.span, one.value)) for one in guard.decided
                ]
            if not guards and read.kept_out is not None:  # in a helper that is included
                condition, decided = read.kept_out.via[0].span, read.kept_out.value
                lines = [("left out by", self.line(condition))]
                lines += [("because", self.line(decided))] if decided != condition else []
            elif not guards and (pointed or read.shown == "(missing)"):
                spans = [stop.span for stop in stops[-1:]] or [read.owner.span]
                lines = [("belongs into", self.line(span)) for span in spans]
        else:
            lines = [("", self.stop(stop)) for stop in stops]
            lines += [("decided by", self.stop(stop)) for stop in decisions_of(read.place)] if (
                read.place is not None) else []  # fmt: skip
        yield from self.table(lines)

    def value(self, read: Read) -> str:
        """What a value is, as the rest of a sentence."""
        if read.missing:
            return "is not set" if read.shown == "(missing)" else f"is not set, so {read.shown}"
        if read.unknown is not None:
            known = "" if read.shown == "(unknown)" else f"{read.shown} "
            return f"is {known}({told(read.unknown)})"
        shown = self.mask.text(read.shown)
        return f"is {shown if len(shown) <= MAX_VALUE else shown[: MAX_VALUE - 1] + '…'}"

    def table(self, lines: list[tuple[str, tuple[str, str, str]]]) -> Iterator[str]:
        """Place, text and note of each line below each other."""
        lead = max((len(word) for word, _line in lines), default=0)
        width = max((len(line[0]) for _word, line in lines), default=0)
        for word, (place, text, note) in lines:
            start = f"    {word:{lead}}  " if lead else "    "
            end = f"   ({note})" if note else ""
            yield f"{start}{place:{width}}  {text}{end}".rstrip()

    def stop(self, stop: Stop) -> tuple[str, str, str]:
        """A line on the way."""
        place, text, _note = self.line(stop.span)
        return place, text, "" if stop.note in _PLAIN else self.mask.text(stop.note)

    def line(self, span: Span) -> tuple[str, str, str]:
        """Place and text of a line, with the redaction that reports use."""
        text = span.source.line_text(span.line)
        shown = cut_out(text, self.mask.line(span.source, span.line)).strip()
        shown = shown if len(shown) <= MAX_LINE else f"{shown[: MAX_LINE - 1]}…"
        return where(span, lambda path: shown_path(path, self.base)), shown, ""

    def decided(self, key: str, span: Span | None, value: Value) -> tuple[str, str, str]:
        """A value that a condition asks for."""
        if span is None:
            return f"`{key}`", "is set in no file of values", ""
        place, text, _note = self.line(span)
        if isinstance(value, (MapValue, ListValue)) and value:
            return place, text, f"`{key}` is not empty"
        return place, text, ""
