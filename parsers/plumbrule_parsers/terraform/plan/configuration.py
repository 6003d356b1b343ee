"""The configuration section of a plan: what each block refers to, and which modules are called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.plan.addresses import base, size_of, steps
from plumbrule_parsers.terraform.plan.values import referred
from plumbrule_parsers.value import ListValue, MapValue, Value

_MAX_DEPTH = 24  # calls that one reference is followed through
_MAX_FOLLOWED = 2_000  # references that one resource is followed along

Path = tuple[str, ...]  # names of the calls that lead to a module


@dataclass(frozen=True, slots=True)
class Mention:
    """One reference to a resource: of which module and base, with which index, and from where.

    `modules` are the steps (name, index) to the instance of its module as far as they are known.
    `opaque` names a local value instead, of which a plan does not say what it is.
    """

    base: str
    index: str
    modules: tuple[tuple[str, str], ...]
    span: Span
    by_key: bool  # a key of `each` or `count` stands beside it and may be its index
    opaque: str = ""


class Configuration:
    """Lookups in the configuration section; everything in it may be malformed or missing."""

    def __init__(self, section: Value) -> None:
        self.modules: dict[Path, MapValue] = {}
        self.calls: dict[Path, MapValue] = {}
        self.resources: dict[tuple[Path, str], MapValue] = {}
        self.section = section if isinstance(section, MapValue) else None
        root = self.section.get("root_module") if self.section is not None else None
        stack: list[tuple[Path, Value]] = [((), root)]
        while stack:
            path, module = stack.pop()
            if not isinstance(module, MapValue):
                continue
            self.modules[path] = module
            for resource in _maps(module.get("resources")):
                address = resource.get("address")
                if isinstance(address, str):
                    self.resources.setdefault((path, base(address)), resource)
            calls = module.get("module_calls")
            for name, call in calls.items() if isinstance(calls, MapValue) else ():
                if isinstance(call, MapValue):
                    self.calls[*path, name] = call
                    stack.append(((*path, name), call.get("module")))

    @property
    def present(self) -> bool:
        """Whether the plan has the section at all."""
        return () in self.modules

    def expressions(self, path: Path, address: str) -> MapValue | None:
        """The expressions of a resource, None if the section does not tell."""
        found = self.resources.get((path, address))
        inner = found.get("expressions") if found is not None else None
        return inner if isinstance(inner, MapValue) else None

    def mentions(self, modules: tuple[tuple[str, str], ...], address: str) -> list[Mention]:
        """What a resource of that module instance refers to, through calls and outputs."""
        path = tuple(name for name, _index in modules)
        resource = self.resources.get((path, address))
        if resource is None:
            return []
        found: list[Mention] = []
        for key in ("expressions", "count_expression", "for_each_expression", "depends_on"):
            self._follow(resource.get(key), modules, found, 0)
        return found

    def _follow(self, value: Value, modules: tuple[tuple[str, str], ...], found: list[Mention],
                depth: int) -> None:  # fmt: skip
        if depth > _MAX_DEPTH:
            return
        for texts, span in _references(value):
            by_key = any(text.startswith(("each.", "count.")) for text in texts)
            for text in texts:
                if len(found) >= _MAX_FOLLOWED:
                    return
                self._one(text, span, modules, found, depth, by_key=by_key)

    def _one(self, text: str, span: Span, modules: tuple[tuple[str, str], ...],
             found: list[Mention], depth: int, *, by_key: bool) -> None:  # fmt: skip
        names = steps(text)
        if not names:
            return
        first = names[0][0]
        if first == "var" and len(names) > 1 and modules:
            call = self.calls.get(tuple(name for name, _index in modules))
            given = call.get("expressions") if call is not None else None
            argument = given.get(names[1][0]) if isinstance(given, MapValue) else None
            self._follow(argument, modules[:-1], found, depth + 1)
        elif first == "module" and len(names) > 2:
            inner = (*modules, names[1])
            module = self.modules.get(tuple(name for name, _index in inner))
            outputs = module.get("outputs") if module is not None else None
            output = outputs.get(names[2][0]) if isinstance(outputs, MapValue) else None
            if isinstance(output, MapValue):
                self._follow(output.get("expression"), inner, found, depth + 1)
        elif first == "local" and len(names) > 1:
            found.append(Mention("", "", modules, span, by_key, f"local.{names[1][0]}"))
        elif first not in ("var", "module", "each", "count", "path", "terraform", "self"):
            size = size_of(first)
            if len(names) >= size:
                address = ".".join(name for name, _index in names[:size])
                found.append(Mention(address, names[size - 1][1], modules, span, by_key))


def _maps(value: Value) -> Iterator[MapValue]:
    if isinstance(value, ListValue):
        for item in value:
            if isinstance(item, MapValue):
                yield item


def _references(value: Value) -> Iterator[tuple[tuple[str, ...], Span]]:
    """The references of every expression inside, each list with its place, in order."""
    stack: list[Value] = [value]
    if isinstance(value, ListValue) and all(isinstance(item, str) for item in value):
        texts = tuple(item for item in value if isinstance(item, str))  # `depends_on`
        stack = []
        if texts:
            yield texts, value.span
    while stack:
        current = stack.pop()
        if isinstance(current, MapValue):
            texts = referred(current)
            place = current.place("references")
            if texts and place is not None:
                yield texts, place.value
                continue
            stack.extend(reversed(current.values()))
        elif isinstance(current, ListValue):
            stack.extend(reversed(current))
