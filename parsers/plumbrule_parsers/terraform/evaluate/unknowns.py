"""Unknowns in computations: what stays known when a part is not.

Sound: a result is known only if every way of completing the unknown parts gives it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.terraform.functions.call import same, type_name
from plumbrule_parsers.traced import SetData, Traced, first_unknown, hops_of, made_of
from plumbrule_parsers.value import Scalar, Segments, Unknown

MAX_CANDIDATES = 8


def derived(doubt: Unknown, type_: str = "any", *, not_null: bool = False) -> Unknown:
    """What is computed from an unknown: its cause and reference, nothing of its value."""
    return Unknown(
        doubt.reason, doubt.detail, doubt.span, type_, (), not_null, doubt.reference
    )  # fmt: skip


def with_candidates(doubt: Unknown, values: Sequence[Scalar], type_: str = "any") -> Unknown:
    """The unknown that is one of these values; of too many, any."""
    distinct = tuple({(type(one), one): one for one in values}.values())
    if len(distinct) > MAX_CANDIDATES:
        return derived(doubt, type_, not_null=None not in distinct)
    return Unknown(doubt.reason, doubt.detail, doubt.span, type_, distinct,
                   not_null=None not in distinct, reference=doubt.reference)  # fmt: skip


def candidates_of(value: Traced) -> tuple[Scalar, ...]:
    """Every scalar that the value can be; () if that cannot be told."""
    data = value.data
    if isinstance(data, Unknown):
        return data.candidates
    if isinstance(data, (Segments, list, dict)):
        return ()
    return (data,)


def spread(
    apply: Callable[..., Traced], args: Sequence[Traced], type_: str = "any"
) -> Traced | None:
    """The function applied to every combination of candidates; None if they are not few scalars."""
    choices = [candidates_of(arg) for arg in args]
    total = 1
    for one in choices:
        total *= len(one)
    doubt = next((arg.unknown for arg in args if arg.unknown is not None), None)
    if not 0 < total <= 2 * MAX_CANDIDATES or doubt is None:
        return None
    results: list[Traced] = []
    for combination in itertools.product(*choices):
        try:
            made = apply(*(Traced(one) for one in combination))
        except FunctionError:
            return None
        results.append(made)
    merged = merged_alternatives(results, doubt)
    if merged.unknown is not None and not candidates_of(merged):
        return made_of(derived(doubt, type_), *args)
    return Traced(
        merged.data, hops_of(args), rest=merged.rest, sensitive=any(arg.sensitive for arg in args)
    )


def merged_alternatives(values: Sequence[Traced], doubt: Unknown) -> Traced:
    """One value for several possible ones: what all agree on stays, the rest is unknown."""
    first = values[0]
    if len(values) == 1:
        return first
    if all(same_traced(first, other) for other in values[1:]):
        return first
    sensitive = any(value.sensitive for value in values)
    hops = hops_of(values)
    rest = next((value.rest for value in values if value.rest is not None), None)
    datas = [value.data for value in values]
    if all(isinstance(data, dict) for data in datas):
        maps: list[dict[str, Traced]] = [data for data in datas if isinstance(data, dict)]
        common = [key for key in maps[0] if all(key in one for one in maps)]
        entries = {key: merged_alternatives([one[key] for one in maps], doubt) for key in common}
        if any(len(one) > len(common) for one in maps):
            rest = rest or derived(doubt)
        return Traced(entries, hops, first.span, rest, sensitive=sensitive)
    if all(isinstance(data, list) for data in datas):
        lists: list[list[Traced]] = [data for data in datas if isinstance(data, list)]
        sized = len({len(one) for one in lists}) == 1
        if sized and rest is None and not any(isinstance(one, SetData) for one in lists):
            items = [merged_alternatives(list(row), doubt) for row in zip(*lists, strict=True)]
            return Traced(items, hops, first.span, sensitive=sensitive)
        return Traced([], hops, None, rest or derived(doubt), sensitive=sensitive)
    known = [candidates_of(value) for value in values]
    if all(known):
        merged = with_candidates(doubt, [one for part in known for one in part], _type_of(values))
    else:
        merged = derived(doubt, _type_of(values), not_null=all(map(certainly_set, values)))
    return Traced(merged, hops, sensitive=sensitive)


def certainly_set(value: Traced) -> bool:
    """True if the value is certainly not null."""
    data = value.data
    return data.not_null if isinstance(data, Unknown) else data is not None


def same_traced(left: Traced, right: Traced) -> bool:
    """True if both are certainly the same value: wholly known and equal, or one unknown."""
    one, other = left.data, right.data
    if isinstance(one, Unknown) and isinstance(other, Unknown):
        return one is other or (one.identity != "" and one.identity == other.identity)
    if first_unknown(left) is not None or first_unknown(right) is not None:
        return left is right
    return isinstance(one, SetData) is isinstance(other, SetData) and same(one, other)


_NAMES = {"number": "float", "object": "map", "null": "any"}


def base_type(value: Traced) -> str:
    """The base type's name of a value, `any` if it cannot be told."""
    if isinstance(value.data, Unknown):
        return value.data.type
    name = type_name(value)
    return _NAMES.get(name, name)


def _type_of(values: Sequence[Traced]) -> str:
    names = {base_type(value) for value in values if value.data is not None}
    return names.pop() if len(names) == 1 else "any"
