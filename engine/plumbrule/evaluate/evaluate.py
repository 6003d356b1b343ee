"""Evaluate: rules over the graph give findings, reviews, exemptions, counts and notices."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plumbrule.evaluate.callers import callers_of
from plumbrule.evaluate.compile import compile_rule, run_program
from plumbrule.evaluate.edits import fix_of
from plumbrule.evaluate.patterns import Path
from plumbrule.evaluate.places import place_of, render, reported_at
from plumbrule.evaluate.program import Program
from plumbrule.evaluate.truth import Doubt, merged
from plumbrule.evaluate.walk import RowVerdict, Walker, subjects, walk_subject, walker
from plumbrule.finding import SEVERITIES, Exempted, Finding, RelatedSpan, Review, RuleCount
from plumbrule.graph.graph import Graph
from plumbrule.language import ir
from plumbrule_parsers.document import Node, Problem

MOST_EVIDENCE = 5


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What the configuration says of one rule; None and empty mean: as the rule says."""

    enabled: bool = True
    severity: str | None = None
    unknown: str | None = None  # review fail skip
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of a run. `today` is an ISO date; nothing here reads the clock.

    `paths` restricts the run to subjects that these files declare; empty means all.
    """

    today: str
    rules: Mapping[str, RuleSettings] = field(default_factory=dict)
    paths: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All verdicts, in order of place. `problems` are internal errors: the run is incomplete."""

    findings: tuple[Finding, ...]
    reviews: tuple[Review, ...]
    exempted: tuple[Exempted, ...]
    counts: tuple[RuleCount, ...]
    notices: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def evaluate(
    rules: Sequence[ir.CheckedRule],
    exemptions: Sequence[ir.CheckedExemption],
    graph: Graph,
    settings: Settings,
    *,
    programs: Mapping[str, Program] | None = None,
    compiled: bool = True,
) -> Evaluation:
    """Every verdict of every enabled rule; independent of the order of rules and exemptions.

    `programs` are the rules' code by id, where it is at hand (`Pack.programs`); other rules are
    compiled here. `compiled` false takes the walk instead, which is the reference.
    """
    ready = programs or {}
    findings: list[Finding] = []
    reviews: list[Review] = []
    exempted: list[Exempted] = []
    counts: list[RuleCount] = []
    notices: list[str] = []
    problems: list[Problem] = []
    used: set[int] = set()
    granted = sorted(exemptions, key=lambda item: (item.rule, *item.span.sort_key()))
    for rule in sorted(rules, key=lambda rule: rule.id):
        chosen = settings.rules.get(rule.id, RuleSettings())
        if not chosen.enabled:
            continue
        mine = [
            item
            for item in granted
            if item.rule in (rule.id, *rule.formerly) and item.until >= settings.today
        ]
        try:
            program = (ready.get(rule.id) or compile_rule(rule)) if compiled else None
            made = _one_rule(rule, mine, graph, chosen, settings.paths, program)
        except Exception as error:  # noqa: BLE001 - the one border: a bug in one rule's evaluation
            problems.append(Problem(
                "internal-error",
                f"internal error: rule `{rule.id}` was not evaluated ({type(error).__name__}); "
                "this is a bug, please report it", rule.span))  # fmt: skip
            continue
        findings += made.findings
        reviews += made.reviews
        exempted += made.exempted
        used |= {id(item) for item in made.used}
        counts.append(made.count)
    judged = {name for rule in rules for name in (rule.id, *rule.formerly)}
    for item in granted:
        if item.rule not in judged:
            continue  # its rule was left out of this run
        if item.until < settings.today:
            notices.append(f"exemption from `{item.rule}` at {item.span} expired on {item.until}")
        elif id(item) not in used:
            notices.append(f"exemption from `{item.rule}` at {item.span} is unused")
    return Evaluation(
        tuple(sorted(findings, key=Finding.sort_key)),
        tuple(sorted(reviews, key=Review.sort_key)),
        tuple(sorted(exempted, key=lambda item: item.finding.sort_key())),
        tuple(counts), tuple(notices), tuple(problems),
    )  # fmt: skip


@dataclass(slots=True)
class _Outcome:
    count: RuleCount
    findings: list[Finding] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    exempted: list[Exempted] = field(default_factory=list)
    used: list[ir.CheckedExemption] = field(default_factory=list)


def _one_rule(
    rule: ir.CheckedRule, exemptions: list[ir.CheckedExemption], graph: Graph,
    chosen: RuleSettings, paths: frozenset[str], program: Program | None,
) -> _Outcome:  # fmt: skip
    made = walker(rule, graph, chosen.params)
    set_to = chosen.severity if chosen.severity in SEVERITIES else None
    on_unknown = chosen.unknown or rule.on_unknown
    violations = undecided = 0
    out = _Outcome(RuleCount(rule.id, 0, 0, 0, 0))
    nodes = [node for node in subjects(rule, graph) if not paths or node.path in paths]
    if program is None or not program.code:
        found = [row for node in nodes for row in walk_subject(rule, node, made)]
    else:
        found = run_program(program, rule, graph, made.params, nodes, all_subjects=not paths)
    by_subject: dict[str, list[RowVerdict]] = {}
    for row in found:
        by_subject.setdefault(row.subject.address, []).append(row)
    for rows in by_subject.values():
        node = rows[0].subject
        sure = [row for row in rows if row.verdict is True]
        if not sure and on_unknown != "fail":
            undecided += 1
            if on_unknown == "review":
                severity = set_to or severity_of(rule, rows, made)
                out.reviews.append(_review(rule, node, rows, severity, made))
            continue
        severity = set_to or severity_of(rule, sure or rows, made)
        finding = _finding(rule, node, sure or rows, severity, made, certain=bool(sure))
        exemption = next((item for item in exemptions if _applies(item, node, graph)), None)
        if exemption is None:
            violations += 1
            out.findings.append(finding)
        else:
            out.used.append(exemption)
            out.exempted.append(
                Exempted(finding, exemption.because, exemption.owner, exemption.until)
            )
    # One declaration in several units is one check.
    plain = {node.plain_address for node in nodes}
    passes = len(plain) - len({graph.nodes[address].plain_address for address in by_subject})
    out.count = RuleCount(rule.id, violations, passes, undecided, len(out.exempted))
    return out


def severity_of(rule: ir.CheckedRule, rows: Sequence[RowVerdict], made: Walker) -> str:
    """How bad a finding of these rows is: as bad as the gravest of them.

    The first `severity ... when` whose condition is surely true decides for a row, else the plain
    one does. They are asked of findings only, so both evaluators ask them by the walk.
    """
    if not rule.severities:
        return rule.severity
    choices = (rule.severity, *(one.severity for one in rule.severities))
    gravest = max(map(SEVERITIES.index, choices))
    worst = -1
    for row in rows:
        env = dict(row.env)
        found = next(
            (one.severity for one in rule.severities if made.condition(one.condition, env) is True),
            rule.severity,
        )
        worst = max(worst, SEVERITIES.index(found))
        if worst == gravest:
            break
    return SEVERITIES[worst]


def _applies(exemption: ir.CheckedExemption, node: Node, graph: Graph) -> bool:
    """Whether the exemption is definitely true of the node."""
    kinds = exemption.patterns[0].nodes[0].kinds
    if not any(graph.is_a(node.kind, kind) for kind in kinds):
        return False
    made = walker(exemption, graph)
    return any(row.verdict is True for row in walk_subject(exemption, node, made))


def _review(
    rule: ir.CheckedRule, node: Node, rows: list[RowVerdict], severity: str, made: Walker
) -> Review:
    causes = [cause for row in rows if isinstance(row.verdict, Doubt) for cause in
              row.verdict.causes]  # fmt: skip
    spot = place_of(rule.report.at, dict(rows[0].env), made) if rule.report.at else None
    span = spot[0] if spot is not None else node.span
    return Review(rule.id, severity, node.address, node.label, span, merged(causes))


def _finding(
    rule: ir.CheckedRule, node: Node, rows: list[RowVerdict], severity: str, made: Walker,
    *, certain: bool,
) -> Finding:  # fmt: skip
    names = tuple(node.name for pattern in rule.patterns for node in pattern.nodes)
    rows = sorted(rows, key=lambda row: _row_order(row, names))[:MOST_EVIDENCE]
    first = dict(rows[0].env)
    spot = reported_at(rule, first, made)
    span, hops = spot if spot is not None else (node.span, ())
    related = list(hops)
    for row in rows:
        env = dict(row.env)
        for note in rule.report.notes:
            at = place_of(note.at, env, made) if note.at is not None else (span, ())
            if at is not None and at[0] != span:  # else it is missing, or says nothing new
                related.append(RelatedSpan(at[0], render(note.message, env, made)))
    related += callers_of(node, made.graph, related)
    message = render(rule.report.message, first, made)
    if not certain:
        message += " (undecided, and configured to fail)"
    path = first.get(rule.report.path) if rule.report.path else None
    return Finding(
        rule.id, severity, rule.confidence, node.address, node.label, message, span,
        tuple(dict.fromkeys(related)), _trace(path), fingerprint(rule, node),
        node.condition.detail or str(node.condition) if node.condition is not None else "",
        fix=fix_of(rule.fix, [dict(row.env) for row in rows], made) if certain else None,
    )  # fmt: skip


def _row_order(row: RowVerdict, names: tuple[str, ...]) -> tuple[tuple[str, int, int, str], ...]:
    bound = (row.env[name] for name in names)
    return tuple((*item.span.sort_key(), item.address) for item in bound if isinstance(item, Node))


def _trace(path: object) -> tuple[RelatedSpan, ...]:
    if not isinstance(path, Path):
        return ()
    steps = [RelatedSpan(path.start.span, path.start.label)]
    for edge, node in path.steps:
        steps += [RelatedSpan(hop.span, hop.note) for hop in reversed(edge.way)]
        steps.append(RelatedSpan(edge.evidence, f"{edge.name} {node.label}"))
    return tuple(steps)


def report_field(rule: ir.CheckedRule) -> str:
    """The names of the fields that the report points at, "" for the subject itself."""
    names: list[str] = []
    at = rule.report.at
    while isinstance(at, (ir.Field, ir.Item)):
        if isinstance(at, ir.Field):
            names.append(at.name)
        elif isinstance(at.key, ir.Const):
            names.append(str(at.key.value))
        at = at.receiver
    return ".".join(reversed(names))


def fingerprint(rule: ir.CheckedRule, node: Node) -> str:
    """32 hex digits of rule, subject and report field: stable under moved lines."""
    text = "\0".join((rule.id, node.plain_address, report_field(rule)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
