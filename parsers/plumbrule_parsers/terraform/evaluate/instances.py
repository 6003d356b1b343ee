"""`count` and `for_each`: how many instances a block has, and what its expressions see of them.

Where instances are not told apart, `each` and `count` are what they all have in common: with one
instance its own key and value, with more the merged ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.evaluate.unknowns import (
    derived,
    merged_alternatives,
    with_candidates,
)
from plumbrule_parsers.terraform.functions.call import text_of, whole_of
from plumbrule_parsers.traced import SetData, Traced, hops_of
from plumbrule_parsers.value import Reason, Unknown

MAX_MERGED = 200  # instances whose values are compared
MAX_APART = 1000  # instances that are told apart


@dataclass(frozen=True, slots=True)
class Instances:
    """`kind` is "", `count` or `for_each`; `size` None if it cannot be told, then `doubt` says why.

    `keys` are those of a `for_each`, which certainly exist even if there may be more of them;
    `beyond` stands for instances of a `count` beyond the listed.
    """

    kind: str
    doubt: Unknown | None
    size: int | None
    keys: frozenset[str] = frozenset()
    bound: Mapping[str, Traced] = field(default_factory=dict)
    beyond: Unknown | None = None
    pairs: Mapping[str, Traced] = field(default_factory=dict)  # of a `for_each`
    over: Traced | None = None
    apart: dict[str, Mapping[str, Traced]] = field(default_factory=dict)

    def each(self) -> Mapping[str, Mapping[str, Traced]]:
        """What each instance that is known binds, by its key; of very many, the first."""
        if not self.apart:
            self.apart.update(self.told_apart())
        return self.apart

    def told_apart(self) -> dict[str, Mapping[str, Traced]]:
        """What `each` gives, made anew."""
        if self.over is None:
            return {}
        if self.kind == "count":
            first = range(min(self.size or 0, MAX_APART))
            numbers = (Traced({"index": Traced(one, self.over.via)}) for one in first)
            return {str(one): {"count": number} for one, number in enumerate(numbers)}
        pairs = itertools.islice(self.pairs.items(), MAX_APART)
        return {key: _one(key, item, self.over) for key, item in pairs}

    def has(self, key: Traced) -> bool | None:
        """Whether there is an instance with that key; None if it cannot be told."""
        if key.unknown is not None:
            return None
        try:
            if self.kind == "for_each":
                return text_of(key) in self.keys or (None if self.size is None else False)
            if self.kind == "count" and self.size is not None:
                return 0 <= whole_of(key) < self.size
        except FunctionError:
            return False
        return None  # a resource without instances: a key may be an attribute's


def instances_of(kind: str, over: Traced, address: str, span: Span) -> Instances:
    """The instances that a `count` or `for_each` of this value makes."""
    doubt = over.unknown or over.rest
    if kind == "count":
        return _counted(over, doubt, address, span)
    data = over.data
    if doubt is None and not isinstance(data, (dict, list)):
        doubt = Unknown(Reason.TYPE, f"for_each of {address} is no map or set", span)
    pairs: dict[str, Traced] = {}
    if isinstance(data, dict):
        pairs = {name: data[name] for name in sorted(data)}
    elif isinstance(data, list):
        for one in data:
            if one.unknown is not None or isinstance(one.data, (dict, list)):
                why = one.unknown or Unknown(Reason.TYPE, f"for_each of {address}", span)
                doubt = doubt or why
            else:
                pairs[text_of(one)] = one
    if doubt is not None:
        key = Traced(derived(doubt, "string", not_null=True), over.via)
        item = key if isinstance(data, list) else Traced(derived(doubt), over.via)
        return Instances(kind, doubt, None, frozenset(pairs), _each(key, item), pairs=pairs,
                         over=over)  # fmt: skip
    return Instances(kind, None, len(pairs), frozenset(pairs), _merged(pairs, over, address, span),
                     pairs=pairs, over=over)  # fmt: skip


def _counted(over: Traced, doubt: Unknown | None, address: str, span: Span) -> Instances:
    size = None
    if doubt is None:
        try:
            size = max(0, whole_of(over))
        except FunctionError as error:
            doubt = Unknown(Reason.TYPE, f"count of {address}: {error}"[:120], span)
    why = doubt or Unknown(Reason.CARDINALITY, f"count of {address}", span)
    if size == 1:
        number = Traced(0, over.via)
    elif size is not None and size <= 8:
        number = Traced(with_candidates(why, range(size), "int"), over.via)
    else:
        number = Traced(derived(why, "int", not_null=True), over.via)
    beyond = derived(why) if size is not None and size > 100 else None
    return Instances("count", doubt, size, bound={"count": Traced({"index": number})},
                     beyond=beyond, over=over)  # fmt: skip


def _each(key: Traced, item: Traced) -> dict[str, Traced]:
    return {"each": Traced({"key": key, "value": item})}


def _merged(
    pairs: Mapping[str, Traced], over: Traced, address: str, span: Span
) -> dict[str, Traced]:
    """What `each` is in all instances together."""
    if not pairs:
        return {}
    if len(pairs) == 1:
        ((name, item),) = pairs.items()
        return _one(name, item, over)
    doubt = Unknown(Reason.CARDINALITY, f"{len(pairs)} instances of {address}", span)
    key = Traced(with_candidates(doubt, tuple(pairs), "string"), over.via)
    if isinstance(over.data, list):
        return _each(key, key)
    if len(pairs) > MAX_MERGED:
        return _each(key, Traced(derived(doubt), over.via))
    return _each(key, _behind(over, merged_alternatives(list(pairs.values()), doubt)))


def _one(name: str, item: Traced, over: Traced) -> dict[str, Traced]:
    """What `each` is in the instance with that key."""
    key = Traced(name, hops_of((over, item)))
    if isinstance(over.data, SetData):
        key = Traced(name, key.via, item.span)
        return _each(key, key)
    return _each(key, _behind(over, item))


def _behind(over: Traced, item: Traced) -> Traced:
    via = hops_of((over, item))
    return Traced(item.data, via, item.span, item.rest,
                  sensitive=over.sensitive or item.sensitive)  # fmt: skip
