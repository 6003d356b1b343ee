"""Compile: one Python function a rule, over all its subjects at once (section 6).

Conditions run as soon as their variables are bound, and a subject that is surely no violation is
left at the first of them that is false. The walk is the reference: both give the same rows.
"""

from __future__ import annotations

import dataclasses
import marshal
from collections.abc import Mapping
from types import FunctionType

from plumbrule.evaluate import compare, functions, patterns, quantify, read, truth, walk
from plumbrule.evaluate.expressions import (
    TooDeepError,
    Writer,
    condition,
    environment,
    function,
    value,
)
from plumbrule.evaluate.indexes import Answers, Extent, Join, by_text, candidates, plain_texts
from plumbrule.evaluate.needs import conjunction, needs
from plumbrule.evaluate.program import Lookup, Program
from plumbrule.evaluate.walk import RowVerdict
from plumbrule.graph.graph import Graph
from plumbrule.language import ir
from plumbrule_parsers.document import Node
from plumbrule_parsers.value import ListValue, MapValue

_TEXT_TYPES = ("string", "path", "enum")


def compile_rule(rule: ir.CheckedRule) -> Program:
    """The rule as code; without code if Python could not compile what the rule nests."""
    try:
        text, constants = generated(rule)
        code = compile(text, "<rule>", "exec", dont_inherit=True)
    except (TooDeepError, RecursionError, MemoryError, SyntaxError):
        return Program(b"")
    return Program(marshal.dumps(code), constants, _lookup(rule))


def generated(rule: ir.CheckedRule) -> tuple[str, tuple[object, ...]]:
    """The rule as the text of a function `run`, and the table of constants that it reads."""
    out = Writer({let.name: let.value for let in rule.lets}, rule.subject)
    _rule(rule, out)
    head = ["def run(graph, params, subjects, found):"]
    head += [f" k{at}_ = constants[{at}]" for at in range(len(out.constants))]
    return "\n".join([*head, *out.prelude, *out.lines, ""]), tuple(out.constants)


def run_program(
    program: Program,
    rule: ir.CheckedRule,
    graph: Graph,
    params: Mapping[str, object],
    subjects: list[Node],
    *,
    all_subjects: bool,
) -> list[RowVerdict]:
    """The rows that are not surely false, by subject, as the walk gives them.

    `params` are the values in force; `all_subjects` says that `subjects` are the rule's whole
    extent, which the indexes need.
    """
    lookup = program.lookup
    if lookup is not None and all_subjects:
        wanted = lookup.wanted
        given = params.get(wanted) if isinstance(wanted, str) else wanted
        texts = frozenset((given,)) if isinstance(given, str) else plain_texts(given)
        if texts is not None:
            index = by_text(graph, rule.subject_kinds, lookup.field, subjects)
            subjects = candidates(index, texts)
    names = _names(program.constants)
    exec(marshal.loads(program.code), names)  # noqa: S102, S302 - our own text, see `expressions`
    run = names["run"]
    assert isinstance(run, FunctionType)
    found: list[RowVerdict] = []
    run(graph, params, subjects, found)
    return found


def _names(constants: tuple[object, ...]) -> dict[str, object]:
    """All that generated code can name; looked up anew each time, so nothing is kept."""
    return {
        "__builtins__": {"type": type, "str": str, "int": int, "float": float, "bool": bool},
        "constants": constants, "plain": frozenset((str, int, float, bool)),
        "MISSING": truth.MISSING, "Node": Node, "MapValue": MapValue, "ListValue": ListValue,
        "Row": RowVerdict, "Join": Join, "Extent": Extent, "Answers": Answers,
        "plain_texts": plain_texts,
        "functions": functions.TABLE, "call": functions.call, "compare": compare.compare,
        "truth": truth.truth, "negate": truth.negate, "both": truth.both, "either": truth.either,
        "is_set": read.is_set, "field": read.field, "raw_field": read.raw_field,
        "raw_entry": read.raw_entry, "coerce": read.coerce, "with_default": read.with_default,
        "coalesce": read.coalesce, "raw_test": read.raw_test, "value_test": read.value_test,
        "arithmetic": walk.arithmetic, "undecided_choice": walk.undecided_choice,
        "collected": walk.collected, "kind_test": walk.kind_test, "match": patterns.match,
        "each": quantify.each, "linked": quantify.linked, "quantify": quantify.quantify,
    }  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class _Conjunct:
    """A part of `where` with the pattern variables that it needs. `free`: no subject matters."""

    expr: ir.Expr
    needs: frozenset[str]
    free: bool


def _rule(rule: ir.CheckedRule, out: Writer) -> None:
    names = [name for pattern in rule.patterns for name in _variables(pattern)]
    left = [_conjunct(part, frozenset((*names, rule.subject)), out.lets) for part in rule.where]
    joins = {at: join for at in range(1, len(rule.patterns))
             if (join := _equalities(rule, at, left)) is not None}  # fmt: skip
    tables = {at: _join(rule.patterns[at], left, keys, out) for at, (_, keys) in joins.items()}
    node, guard = out.name("v"), out.name("g")
    out.line(f"for {node} in subjects:")
    out.indent += 1
    out.scope[rule.subject] = node
    out.line(f"{guard} = True")
    left = _conditions(left, guard, out)
    unseen: list[str] = []
    for at, pattern in enumerate(rule.patterns):
        if at == 0 and _is_subject(pattern, rule):
            continue
        bound = [name for name in _variables(pattern) if name in out.scope]
        if at in joins:
            wanted = "".join(f"{value(expr, out)}, " for expr in joins[at][0])
            rows = f"{tables[at]}.rows({environment([], out)}, ({wanted}))"
        else:
            rows = f"match({out.constant(pattern)}, {environment(bound, out)}, graph)"
        row, inner = out.name("r"), out.name("g")
        out.line(f"for {row} in {rows}:")
        out.indent += 1
        for name in _variables(pattern):
            if name not in bound:
                # what nobody read has no path
                read = ".env.get({})" if name == pattern.path else ".env[{}]"
                out.scope[name] = out.let(row + read.format(out.constant(name)))
        out.line(f"{inner} = True if {guard} is True and {row}.guard is True else "
                 f"both(({guard}, {row}.guard))")  # fmt: skip
        guard = inner
        unseen.append(f"{row}.unseen")
        left = _conditions(left, guard, out)
    known = environment(list(dict.fromkeys((rule.subject, *names))), out)
    out.line(f"found.append(Row({node}, {known}, {guard}, {' or '.join(unseen) or 'False'}))")


def _conditions(left: list[_Conjunct], guard: str, out: Writer) -> list[_Conjunct]:
    """Lines for the conditions whose variables are bound; the others are left."""
    rest = [part for part in left if not part.needs <= out.scope.keys()]
    for part in left:
        if part.needs <= out.scope.keys():
            found = condition(part.expr, out)
            out.line(f"if {found} is False: continue")
            out.line(f"if {found} is not True: {guard} = both(({guard}, {found}))")
    return rest


def _is_subject(pattern: ir.Pattern, rule: ir.CheckedRule) -> bool:
    only = pattern.nodes[0]
    same = len(pattern.nodes) == 1 and only.name == rule.subject and pattern.path is None
    return same and set(rule.subject_kinds) <= set(only.kinds or rule.subject_kinds)


def _variables(pattern: ir.Pattern) -> list[str]:
    names = list(dict.fromkeys(node.name for node in pattern.nodes))
    return [*names, pattern.path] if pattern.path is not None else names


def _conjunct(
    expr: ir.Expr, variables: frozenset[str], lets: Mapping[str, ir.Expr]
) -> _Conjunct:  # fmt: skip
    found = needs(expr, lets)
    return _Conjunct(expr, found.names & variables, not found.follows)


def _equalities(
    rule: ir.CheckedRule, at: int, left: list[_Conjunct]
) -> tuple[list[ir.Expr], list[ir.Expr]] | None:
    """The two sides of equalities that link an unconnected pattern with what comes before it."""
    pattern = rule.patterns[at]
    before = {name for earlier in rule.patterns[:at] for name in _variables(earlier)}
    before.add(rule.subject)
    own = frozenset(_variables(pattern)) - before
    if pattern.path is not None or any(node.name in before for node in pattern.nodes):
        return None
    lets = {let.name: let.value for let in rule.lets}
    earlier_sides: list[ir.Expr] = []
    own_sides: list[ir.Expr] = []
    for part in left:
        expr = part.expr
        if not (isinstance(expr, ir.Compare) and expr.op == "==" and not expr.negated):
            continue
        variables = frozenset(before) | own
        sides = [_conjunct(side, variables, lets) for side in (expr.left, expr.right)]
        for one, other in (sides, sides[::-1]):
            if other.free and other.needs and other.needs <= own and one.needs <= before:
                earlier_sides.append(one.expr)
                own_sides.append(other.expr)
                break
    return (earlier_sides, own_sides) if own_sides else None


def _join(
    pattern: ir.Pattern, left: list[_Conjunct], keys: list[ir.Expr], out: Writer
) -> str:  # fmt: skip
    """Lines that set up the join of a pattern, and the local that holds it."""
    names = tuple(_variables(pattern))
    keep = conjunction(
        part.expr for part in left if part.free and part.needs and part.needs <= set(names)
    )
    kept = "None" if keep is None else function(keep, names, out, verdict=True)
    made = [function(key, names, out, verdict=False) for key in keys]
    return out.let(
        f"Join(graph, {out.constant(pattern)}, {out.constant(names)}, {kept}, "
        f"({''.join(f'{name}, ' for name in made)}))"
    )


def _lookup(rule: ir.CheckedRule) -> Lookup | None:
    """A condition by which an index can choose the subjects, if there is one."""
    for part in rule.where:
        if not isinstance(part, ir.Compare) or part.negated or part.op not in ("==", "in"):
            continue
        field, other = part.left, part.right
        if part.op == "==" and not isinstance(field, ir.Field):
            field, other = other, field
        if not (
            isinstance(field, ir.Field)
            and isinstance(field.receiver, ir.Var)
            and field.receiver.name == rule.subject
            and field.default is None
            and field.declared.name in _TEXT_TYPES
            and field.name not in ("file", "env")
        ):
            continue
        if isinstance(other, ir.Param):
            name = other.type.name
            if name == "string" if part.op == "==" else name in ("list", "set"):
                return Lookup(field.name, other.name)
        elif isinstance(other, ir.Const):
            texts = plain_texts((other.value,) if part.op == "==" else other.value)
            if texts is not None:
                return Lookup(field.name, texts)
    return None
