"""The resources of a plan or state, as it lists them: module by module, malformed ones reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from plumbrule_parsers.document import Problem
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.plan.addresses import base, steps
from plumbrule_parsers.value import ListValue, MapValue, Value

_SHOWN = 40  # characters of a fault's place


@dataclass(frozen=True, slots=True)
class Listed:
    """One resource: `modules` are the steps (name, index) to the instance of its module."""

    address: str
    mode: str
    type: str
    name: str
    index: str  # with its brackets, "" for none
    modules: tuple[tuple[str, str], ...]
    values: MapValue
    unknown: Value  # `after_unknown`
    head: Span

    @property
    def base(self) -> str:
        """Its address within the module."""
        return base(self.address)

    @property
    def path(self) -> tuple[str, ...]:
        """The names of the calls that lead to its module."""
        return tuple(name for name, _index in self.modules)


@dataclass(slots=True)
class Listing:
    """Resources in order, and what could not be read."""

    source: Source
    resources: list[Listed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def fault(self, message: str, span: Span) -> None:
        """Report a part that does not have the form of a plan."""
        # A plan is one endless line: its first stretch says where.
        at = Span(span.source, span.start, min(span.end, span.start + _SHOWN))
        self.problems.append(Problem("plan-shape", message, at))

    def mapping(self, owner: MapValue, key: str) -> MapValue | None:
        """The object at a key; None if it is absent, or no object (a problem)."""
        value = owner.get(key)
        if value is None or isinstance(value, MapValue):
            return value
        place = owner.place(key)
        self.fault(f"`{key}` must be an object, so it is not read",
                   place.entry if place is not None else owner.span)  # fmt: skip
        return None

    def maps(self, owner: MapValue, key: str) -> Iterator[MapValue]:
        """The objects of a list at a key; whatever else is there is a problem."""
        value = owner.get(key)
        place = owner.place(key)
        if value is None:
            return
        if not isinstance(value, ListValue):
            self.fault(f"`{key}` must be a list, so it is not read",
                       place.entry if place is not None else owner.span)  # fmt: skip
            return
        for index, item in enumerate(value):
            if isinstance(item, MapValue):
                yield item
                continue
            at = value.place(index)
            self.fault(f"an entry of `{key}` is no object, so it is not read",
                       at.value if at is not None else value.span)  # fmt: skip


def listed(root: MapValue, source: Source) -> Listing:
    """What will be (or, in a state, what is), with the data sources that were read."""
    found = Listing(source)
    changes = _changes(root, found)
    state = root.get("planned_values")
    section = "planned_values" if state is not None else "values"
    if root.get(section) is not None:
        values = found.mapping(root, section)
        module = found.mapping(values, "root_module") if values is not None else None
        if module is not None:
            found.resources.extend(_module(module, changes, found))
    else:
        found.resources.extend(_changed(changes, found))
    if section == "planned_values":
        have = {one.address for one in found.resources}
        prior = found.mapping(root, "prior_state")
        values = found.mapping(prior, "values") if prior is not None else None
        module = found.mapping(values, "root_module") if values is not None else None
        if module is not None:
            found.resources.extend(
                one
                for one in _module(module, {}, found)
                if one.mode == "data" and one.address not in have
            )
    return found


def _changes(root: MapValue, found: Listing) -> dict[str, MapValue]:
    """The changes by address; what is left over of an earlier replacement is none."""
    changes: dict[str, MapValue] = {}
    for entry in found.maps(root, "resource_changes"):
        address = entry.get("address")
        if isinstance(address, str) and "deposed" not in entry:
            changes.setdefault(address, entry)
    return changes


def _module(
    root: MapValue, changes: dict[str, MapValue], found: Listing
) -> Iterator[Listed]:  # fmt: skip
    stack: list[tuple[MapValue, tuple[tuple[str, str], ...]]] = [(root, ())]
    while stack:
        module, where = stack.pop()
        for entry in found.maps(module, "resources"):
            address = entry.get("address")
            change = changes.get(address) if isinstance(address, str) else None
            inner = change.get("change") if change is not None else None
            unknown = inner.get("after_unknown") if isinstance(inner, MapValue) else None
            values = found.mapping(entry, "values")
            one = _one(entry, where, values, unknown, found)
            if one is not None:
                yield one
        below = []
        for child in found.maps(module, "child_modules"):
            address = child.get("address")
            way = steps(address)[1::2] if isinstance(address, str) else []
            if not way:
                found.fault("a child module has no address, so it is not read", child.span)
                continue
            below.append((child, tuple(way)))
        stack.extend(reversed(below))


def _changed(changes: dict[str, MapValue], found: Listing) -> Iterator[Listed]:
    """Resources of a plan that was cut down to its changes; what is deleted is not there."""
    for entry in changes.values():
        change = found.mapping(entry, "change")
        actions = change.get("actions") if change is not None else None
        if change is None or actions in (["delete"], ["forget"]):
            continue
        where = entry.get("module_address")
        modules = tuple(steps(where)[1::2]) if isinstance(where, str) else ()
        values = found.mapping(change, "after")
        one = _one(entry, modules, values, change.get("after_unknown"), found)
        if one is not None:
            yield one


def _one(
    entry: MapValue, modules: tuple[tuple[str, str], ...], values: MapValue | None, unknown: Value,
    found: Listing,
) -> Listed | None:  # fmt: skip
    texts = [entry.get(key) for key in ("address", "type", "name")]
    place = entry.place("address")
    if place is None or not all(isinstance(text, str) and text for text in texts):
        found.fault("a resource has no address, type or name, so it is not read", entry.span)
        return None
    address, type_, name = (str(text) for text in texts)
    mode = "data" if entry.get("mode") == "data" else "managed"
    way = steps(address)
    index = way[-1][1] if way else ""
    empty = MapValue(found.source, entry.start, entry.end)
    return Listed(address, mode, type_, name, index, modules,
                  values if values is not None else empty, unknown, place.entry)  # fmt: skip
