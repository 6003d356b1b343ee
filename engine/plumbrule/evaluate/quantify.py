"""Quantify: the rows that a binder ranges over, and what a quantifier makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from plumbrule.evaluate import compare, patterns, read, truth
from plumbrule.evaluate.patterns import Env
from plumbrule.evaluate.truth import MISSING, Doubt, Range, Truth, doubt
from plumbrule.graph.graph import Graph
from plumbrule.language import ir
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, Reason, Unknown

_NOWHERE = Source("", "")

# what a row binds (in the order that the caller of `quantify` wants), whether it exists, and
# whether it stands for rows nobody read
Bound = tuple[tuple[object, ...], Truth, bool]


def each(found: object, *, keyed: bool) -> list[Bound]:
    """The items of a collection, or its keys and items if `keyed`."""
    if found is MISSING:
        return []
    rest = getattr(found, "rest", None)
    sure: list[tuple[object, object, Truth]] = []
    if isinstance(found, dict):
        sure = [(key, item, read.is_set(item)) for key, item in found.items()]
    elif isinstance(found, (list, tuple, frozenset)):
        sure = [(at, item, True) for at, item in enumerate(compare.ordered(found))]
    else:
        rest = found
    rows: list[Bound] = []
    for key, item, guard in sure:
        if guard is not False:
            plain = MISSING if item is None else item
            rows.append(((key, plain) if keyed else (plain,), guard, False))
    if rest is not None:
        more = doubt(rest) if truth.causes_of(rest) else doubt(truth.clash("not a collection"))
        rows.append(((more, more) if keyed else (more,), more, True))
    return rows


def linked(pattern: ir.Pattern, env: Env, graph: Graph, names: Sequence[str]) -> list[Bound]:
    """The rows of a pattern, as the values of these names."""
    return [
        (tuple([row.env[name] for name in names]), row.guard, row.unseen)
        for row in patterns.match(pattern, env, graph)
    ]


def quantify(
    form: str,
    rows: Iterable[Bound],
    where: Callable[..., Truth] | None,
    body: Callable[..., object] | None,
) -> object:
    """`any none count all collect` over rows, with what is sure, possible and unseen.

    `body` is what `all` demands of a row and `collect` takes from it; both are called with what the
    row binds.
    """
    low, high, causes, items = 0, 0, [], []
    endless = False
    for bound, guard, unseen in rows:
        verdict = guard
        if where is not None and verdict is not False:
            verdict = truth.both([verdict, where(*bound)])
        if form == "all" and verdict is not False and body is not None:
            verdict = truth.both([verdict, truth.negate(truth.truth(body(*bound)))])
        if verdict is False:
            continue
        high += 1
        if isinstance(verdict, Doubt):
            causes.append(verdict)
            endless = endless or unseen
            continue
        low += 1
        if form == "any":
            return True
        if form in ("none", "all"):
            return False
        if form == "collect" and body is not None:
            items.append(body(*bound))
    unsure = doubt(*causes)
    if form == "count":
        same = low == high and not endless
        return low if same else Range(low, None if endless else high, unsure.causes)
    if form == "collect":
        if not causes:
            return tuple(items)
        first = unsure.causes[0]
        rest = Unknown(Reason.EXPRESSION, first.why, first.span)
        return ListValue(_NOWHERE, 0, 0, items, rest=rest)  # type: ignore[arg-type]
    if high == 0:
        return form != "any"
    return unsure
