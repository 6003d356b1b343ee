"""Values against the charts' `values.schema.json`, with the line of each value that does not fit.

The JSON Schema library is loaded only where a chart has a schema. Nothing is fetched: a reference
to another document is a schema that cannot be used. Values that cannot be told fit everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.go_regex import compile_go
from plumbrule_parsers.helm.chart import Chart
from plumbrule_parsers.helm.values import Table
from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import MapValue, Segments, Unknown

if TYPE_CHECKING:
    from jsonschema import ValidationError

MAX_FOUND: Final = 20  # violations of one chart
MAX_STEPS: Final = 20_000  # references followed and choices tried, so that a schema must end
# What is wrong with a value whatever the values inside it are.
_ITS_OWN = ("type", "additionalProperties", "propertyNames", "minimum", "maximum", "multipleOf",
            "exclusiveMinimum", "exclusiveMaximum", "pattern", "minLength", "maxLength",
            "minItems", "maxItems")  # fmt: skip
_DECIDED = ("if", "then", "else", "dependentSchemas", "dependencies", "anyOf", "oneOf", "not")

_NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")


class _Any:
    """Stands for a value that cannot be told."""


class _TooMuch(Exception):  # noqa: N818
    pass


def schema_problems(chart: Chart, values: Table) -> list[Problem]:
    """What in the values (with all defaults) does not fit the schemas of the chart and its own."""
    found: list[Problem] = []
    path = f"{chart.folder}/values.schema.json" if chart.folder else "values.schema.json"
    source = chart.tree.read(path)
    if source is not None:
        schema, faults = parse_json(source)
        if faults and schema is None:
            found.append(_unusable("it is no JSON", source.span(0, 0)))
        elif isinstance(schema, (MapValue, bool)):
            found += _checked(chart, _plain_schema(schema), values, source.span(0, 0))
    for child in chart.children:
        held = values.get(child.name)
        if held is not None and isinstance(held.data, dict):
            found += schema_problems(child, held.data)
    return found


def _plain_schema(value: Any, *, named: bool = False) -> Any:
    """The schema as plain data; `false` for a name is written so that its error has a path."""
    if isinstance(value, dict):
        return {
            key: {"not": {}}
            if named and item is False
            else _plain_schema(item, named=key in _NAMED)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_plain_schema(item) for item in value]
    return value


def _unusable(why: str, at: Span) -> Problem:
    message = f"the schema of the values cannot be used: {why}"
    return Problem("values-schema-unusable", message, at, Severity.WARNING)


def _checked(chart: Chart, schema: Any, values: Table, at: Span) -> list[Problem]:
    root = Traced(values)
    instance = _instance(root)
    unsure = _holds_any(instance)
    found: list[Problem] = []
    try:
        for error in _errors(schema, instance):
            if unsure and _may_fit(error, root):
                continue
            found.append(_problem(chart, error, root))
            if len(found) >= MAX_FOUND:
                break
    except _TooMuch:
        return [_unusable("it takes too many steps", at)]
    except RecursionError:
        return [_unusable("it refers to itself without an end", at)]
    except Exception as error:  # noqa: BLE001 - a schema may be wrong in every way
        why = " ".join(str(error).split()).rstrip(".")[:200] or type(error).__name__
        return [_unusable(why, at)]
    return list(dict.fromkeys(found))


def _instance(value: Traced) -> Any:
    """The value as JSON: whole numbers are integers, as JSON does not tell them apart."""
    data = value.data
    if isinstance(data, dict):
        return {key: _instance(item) for key, item in data.items()}
    if isinstance(data, list):
        return [_instance(item) for item in data]
    if isinstance(data, (Unknown, Segments)):
        return _Any()
    if isinstance(data, float) and data.is_integer() and abs(data) < 2**63:
        return int(data)
    if isinstance(data, str):
        return str(data)
    return data


def _holds_any(instance: Any) -> bool:
    if isinstance(instance, dict):
        return any(_holds_any(item) for item in instance.values())
    if isinstance(instance, list):
        return any(_holds_any(item) for item in instance)
    return isinstance(instance, _Any)


def _may_fit(error: ValidationError, root: Traced) -> bool:
    """Whether other values in the place of unknown ones may mend it."""
    if isinstance(error.instance, _Any):
        return True
    if any(step in _DECIDED for step in error.absolute_schema_path):
        return True
    if error.validator in _ITS_OWN:
        return False
    held = _reached(root, error)[0]
    if error.validator == "required":
        return held.rest is not None
    return _holds_any(error.instance)


def _errors(schema: Any, instance: Any) -> Iterator[ValidationError]:
    validator = _validators(str(schema.get("$schema", "")) if isinstance(schema, dict) else "")
    from jsonschema.validators import validator_for
    from referencing import Registry
    from referencing.exceptions import NoSuchResource
    from referencing.jsonschema import DRAFT202012

    make: Any = Registry
    refuse: Any = NoSuchResource
    find: Any = validator_for

    def retrieve(uri: str) -> Any:
        """The schema of schemas that is meant; nothing else is known, and nothing is fetched."""
        known = find({"$schema": uri}, default=None)
        if known is None:
            raise refuse(ref=uri)
        return DRAFT202012.create_resource(known.META_SCHEMA)

    yield from validator(schema, registry=make(retrieve=retrieve)).iter_errors(instance)


def _validators(draft: str) -> Any:
    """The validator of a draft, with bounded patterns and a count of its steps."""
    from jsonschema import Draft202012Validator, validators

    base: Any = validators.validator_for({"$schema": draft}, default=Draft202012Validator)
    extend: Any = validators.extend
    steps = 0

    def counted(check: Any) -> Any:
        def one(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps > MAX_STEPS:
                raise _TooMuch
            return check(validator, value, instance, schema)

        return one

    changed = {"pattern": _pattern, "patternProperties": _pattern_properties}
    for keyword in ("$ref", "$dynamicRef", "$recursiveRef", "anyOf", "oneOf", "allOf", "not"):
        if keyword in base.VALIDATORS:
            changed[keyword] = counted(base.VALIDATORS[keyword])
    return extend(base, changed)


def _pattern(_validator: Any, pattern: Any, instance: Any, _schema: Any) -> Any:
    from jsonschema import ValidationError

    if isinstance(instance, str) and compile_go(pattern).search(instance) is None:
        yield ValidationError("does not match")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _schema: Any) -> Any:
    if not isinstance(instance, dict):
        return
    for pattern, schema in patterns.items():
        compiled = compile_go(pattern)
        for key, item in instance.items():
            if compiled.search(key) is not None:
                yield from validator.descend(item, schema, path=key, schema_path=pattern)


def _reached(root: Traced, error: ValidationError) -> tuple[Traced, Span | None]:
    """The value that an error speaks of, and where the nearest one that has a place was written."""
    value, span = root, None
    for step in error.absolute_path:
        data = value.data
        if isinstance(data, dict) and step in data:
            value = data[str(step)]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            value = data[step]
        else:
            break
        span = value.via[-1].span if value.via else span
    return value, span


def _problem(chart: Chart, error: ValidationError, root: Traced) -> Problem:
    """The error in words of our own: the library's own print values, which may be secrets."""
    value, span = _reached(root, error)
    path = _path(error.absolute_path)
    named = f"the value `{path}`" if path else "the values"
    wanted: Any = error.validator_value
    keyword = str(error.validator)
    if keyword == "additionalProperties" and isinstance(value.data, dict):
        extra = _extra(error, value.data)
        if extra:
            below = value.data[extra[0]]
            span = below.via[-1].span if below.via else span
            keys = ", ".join(f"`{key}`" for key in extra[:3])
            why = f"{named} must not have {keys}: the schema knows no such key"
        else:
            why = f"{named} holds what the schema does not allow beside its keys"
    elif keyword == "type":
        types = " or ".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted)
        why = f"{named} must be of type {types} and is {_type(error.instance)}"
    elif keyword == "required":
        lacking = [key for key in wanted if isinstance(value.data, dict) and key not in value.data]
        why = f"{named} must have {', '.join(f'`{key}`' for key in lacking[:5])}"
    elif keyword == "enum":
        why = f"{named} must be one of {_listed(wanted)}"
    elif keyword == "const":
        why = f"{named} must be {_shown(wanted)}"
    elif keyword == "pattern":
        why = f"{named} must match `{_cut(str(wanted))}`"
    elif keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
                     "minLength", "maxLength", "minItems", "maxItems", "minProperties",
                     "maxProperties"):  # fmt: skip
        why = f"{named} does not fit `{keyword}: {_cut(str(wanted))}`"
    elif keyword == "not" and wanted == {}:
        why = f"{named} must not be set"
    else:
        why = f"{named} does not fit `{keyword}` of the schema"
    at = span or _head(chart)
    hint = "Helm installs no chart whose values do not fit its schema"
    return Problem("values-schema", why, at, Severity.WARNING, hint)


def _head(chart: Chart) -> Span:
    path = f"{chart.folder}/values.yaml" if chart.folder else "values.yaml"
    source = chart.tree.read(path)
    return source.span(0, 0) if source is not None else chart.meta.span.first_line


def _path(steps: Iterable[Any]) -> str:
    out = ""
    for step in steps:
        out += f"[{step}]" if isinstance(step, int) else f".{step}" if out else str(step)
    return out


def _extra(error: ValidationError, held: Table) -> list[str]:
    schema: Any = error.schema
    known = schema.get("properties", {}) if isinstance(schema, dict) else {}
    patterns = schema.get("patternProperties", {}) if isinstance(schema, dict) else {}
    compiled = [compile_go(one) for one in patterns]
    return [
        key
        for key in held
        if key not in known and not any(one.search(key) is not None for one in compiled)
    ]


def _type(instance: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer",
             float: "number", type(None): "null"}  # fmt: skip
    return names.get(type(instance), "something else")


def _listed(wanted: Any) -> str:
    shown = [_shown(one) for one in wanted[:8]] if isinstance(wanted, list) else [str(wanted)]
    more = isinstance(wanted, list) and len(wanted) > len(shown)
    return ", ".join(shown) + (" and others" if more else "")


def _shown(value: Any) -> str:
    import json

    return f"`{_cut(value if isinstance(value, str) else json.dumps(value))}`"


def _cut(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
