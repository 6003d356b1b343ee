"""The values of a planned resource: what is known, what is known after apply, what is secret.

Terraform writes nested blocks as lists and leaves out what it will know after the apply
(`after_unknown` names it). The result has the form that a configuration file gives: a block that
stands alone is a mapping, an attribute that is null is absent.
"""

from __future__ import annotations

from dataclasses import dataclass

from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.plan.addresses import size_of, steps
from plumbrule_parsers.terraform.static import FILLED
from plumbrule_parsers.value import ListValue, MapValue, Reason, Unknown, Value

_KNOWN_BY = ("constant_value", "references")  # the keys of an attribute's expression


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose values are read: for the words and places of its unknowns."""

    source: Source
    address: str
    base: str  # its address within the module
    head: Span
    hidden: frozenset[int]  # offsets of values that are secret


def planned(values: MapValue, unknown: Value, expressions: MapValue | None,
            subject: Subject) -> MapValue:  # fmt: skip
    """The attributes; `expressions` is what the configuration section says of them, if it does."""
    made = _Reader(subject).mapping(values, unknown, expressions, "", attribute=False)
    assert isinstance(made, MapValue)
    if unknown is True:
        detail = f"{subject.address} is known after apply"
        made.rest = Unknown(Reason.COMPUTED, detail, subject.head)
    return made


class _Reader:
    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    def value(self, value: Value, unknown: Value, expr: Value, path: str, *,
              attribute: bool) -> Value:  # fmt: skip
        if unknown is True:
            return self.unknown(path, expr)
        if isinstance(value, MapValue) or (value is None and isinstance(unknown, MapValue)):
            return self.mapping(value, unknown, expr, path, attribute=attribute)
        if isinstance(value, ListValue) or (value is None and isinstance(unknown, ListValue)):
            return self.listed(value, unknown, expr, path, attribute=attribute)
        return value

    def mapping(self, value: Value, unknown: Value, expr: Value, path: str, *,
                attribute: bool) -> Value:  # fmt: skip
        known = value if isinstance(value, MapValue) else None
        marks = unknown if isinstance(unknown, MapValue) else None
        shape = known if known is not None else marks
        if shape is None:
            return None
        made = MapValue(shape.source, shape.start, shape.end)
        said = expr if isinstance(expr, MapValue) and not attribute else None
        for key in (known or {}) | (marks or {}):
            inner = said.get(key) if said is not None else None
            name = f"{path}.{key}" if path else key
            is_attribute = attribute or _is_attribute(inner)
            place = known.place(key) if known is not None else None
            held = known.get(key) if known is not None else None
            mark = marks.get(key) if marks is not None else None
            if place is not None and place.value.start in self.subject.hidden:
                held, mark = self.secret(name), None
            found = self.value(held, mark, inner, name, attribute=is_attribute)
            if isinstance(found, ListValue) and not is_attribute:
                if not found and found.rest is None:
                    continue  # a block that is not there
                if len(found) == 1 and isinstance(found[0], MapValue):
                    found = found[0]
            if found is None:
                continue
            if isinstance(found, Unknown) and place is None and said is not None:
                place = said.place(key)
            made.put(key, found, place)
        return made

    def listed(self, value: Value, unknown: Value, expr: Value, path: str, *,
               attribute: bool) -> ListValue:  # fmt: skip
        known = value if isinstance(value, ListValue) else None
        marks = unknown if isinstance(unknown, ListValue) else None
        shape = known if known is not None else marks
        assert shape is not None
        made = ListValue(shape.source, shape.start, shape.end)
        for index in range(max(len(known or ()), len(marks or ()))):
            held = known[index] if known is not None and index < len(known) else None
            mark = marks[index] if marks is not None and index < len(marks) else None
            inner = (
                expr[min(index, len(expr) - 1)] if isinstance(expr, ListValue) and expr else None
            )
            place = known.place(index) if known is not None else None
            if place is not None and place.value.start in self.subject.hidden:
                held, mark = self.secret(path), None
            if place is not None:
                made.places[index] = place
            made.append(self.value(held, mark, inner, path, attribute=attribute))
        return made

    def secret(self, path: str) -> Unknown:
        detail = f"{path} of {self.subject.address} is sensitive"
        return Unknown(Reason.SECRET, detail, self.subject.head, not_null=True)

    def unknown(self, path: str, expr: Value) -> Unknown:
        """What is known after apply; certainly there if whatever it comes from always is."""
        name = path.rpartition(".")[2]
        written = referred(expr)
        source = written[0] if written else ""
        found = steps(source)
        last = found[-1][0] if found else ""
        filled = name in FILLED or (len(written) > 0 and last in FILLED)
        reference = self.subject.base
        reason = Reason.COMPUTED
        if found and found[0][0] not in ("var", "local", "each", "count", "module", "path", "self"):
            reference = ".".join(one for one, _index in found[: size_of(found[0][0])])
            if found[0][0] == "data":
                reason = Reason.DATA_SOURCE
        return Unknown(
            reason, f"{path} of {self.subject.address} is known after apply", self.subject.head,
            "string" if name in FILLED else "any", (), filled, reference=reference,
        )  # fmt: skip


def _is_attribute(expr: Value) -> bool:
    """True if the configuration section shows an attribute, not a nested block."""
    return isinstance(expr, MapValue) and any(key in expr for key in _KNOWN_BY)


def referred(expr: Value) -> tuple[str, ...]:
    """What an attribute's expression refers to, without the shorter forms of the same reference."""
    found = expr.get("references") if isinstance(expr, MapValue) else None
    if not isinstance(found, ListValue):
        return ()
    texts = [one for one in found if isinstance(one, str)]
    return tuple(
        one
        for index, one in enumerate(texts)
        if not any(
            earlier != one and earlier.startswith((f"{one}.", f"{one}["))
            for earlier in texts[max(index - 8, 0) : index]
        )
    )
