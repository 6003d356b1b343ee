"""Terraform's JSON syntax as the same tree that HCL text gives.

Source: https://developer.hashicorp.com/terraform/language/syntax/json.
"""

from __future__ import annotations

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.hcl_tree.parse import parse_expression
from plumbrule_parsers.value import ListValue, MapValue, Value

# How many labels a block type has; everything else at the top is no block.
LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1,
          "provider": 1, "check": 1, "locals": 0, "terraform": 0, "moved": 0, "import": 0,
          "removed": 0}  # fmt: skip
# Nested structures that are blocks in the native syntax and matter to us.
NESTED = {"lifecycle", "dynamic", "provisioner", "connection", "backend", "required_providers"}


def json_body(value: Value, *, variables: bool = False) -> h.Body:
    """The body of a file; `variables` for a file of variable values."""
    if not isinstance(value, MapValue):
        return h.Body(0, 0, ())
    items: list[h.Setting | h.Block] = []
    for key, entry in value.items():
        place = value.place(key)
        assert place is not None
        assert place.key is not None
        start, end = place.key.start, place.value.end
        labels = LABELS.get(key)
        if variables or labels is None:
            if not key.startswith("//"):
                items.append(h.Setting(start, end, key, _expression(entry, value, key)))
        else:
            items.extend(_blocks(key, entry, labels, (), start, place.key.end))
    return h.Body(value.start, value.end, tuple(items))


def _blocks(
    type_: str, value: Value, labels: int, above: tuple[h.Label, ...], start: int, head: int
) -> list[h.Block]:
    if isinstance(value, ListValue):
        return [
            block for item in value for block in _blocks(type_, item, labels, above, start, head)
        ]
    if not isinstance(value, MapValue):
        return []
    if labels == 0:
        return [h.Block(start, value.end, type_, above, _settings(value), head)]
    out: list[h.Block] = []
    for key, entry in value.items():
        place = value.place(key)
        assert place is not None
        assert place.key is not None
        label = h.Label(place.key.start, place.key.end, key)
        begin = place.key.start
        out.extend(_blocks(type_, entry, labels - 1, (*above, label), begin, place.key.end))
    return out


def _settings(value: MapValue) -> h.Body:
    items: list[h.Setting | h.Block] = []
    for key, entry in value.items():
        place = value.place(key)
        assert place is not None
        assert place.key is not None
        if key.startswith("//"):
            continue
        if key in NESTED and isinstance(entry, (MapValue, ListValue)):
            count = 1 if key in ("dynamic", "provisioner", "backend") else 0
            items.extend(_blocks(key, entry, count, (), place.key.start, place.key.end))
        else:
            items.append(
                h.Setting(place.key.start, place.value.end, key, _expression(entry, value, key))
            )
    return h.Body(value.start, value.end, tuple(items))


def _expression(value: Value, owner: MapValue | ListValue, key: str | int) -> h.Expr:
    """A JSON value as an expression: strings are templates, as in the native syntax."""
    if isinstance(value, MapValue):
        pairs: list[tuple[h.Expr, h.Expr]] = []
        for name, entry in value.items():
            place = value.place(name)
            assert place is not None
            assert place.key is not None
            literal = h.Literal(place.key.start, place.key.end, name)
            pairs.append((literal, _expression(entry, value, name)))
        return h.Object(value.start, value.end, tuple(pairs))
    if isinstance(value, ListValue):
        items = tuple(_expression(item, value, index) for index, item in enumerate(value))
        return h.Tuple(value.start, value.end, items)
    place = owner.place(key)  # type: ignore[arg-type]
    assert place is not None
    start, end = place.value.start, place.value.end
    if isinstance(value, str) and ("${" in value or "%{" in value):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        parsed = parse_expression(f'"{quoted}"')
        if isinstance(parsed, h.Template):
            return _placed(parsed, start, end)
    assert value is None or isinstance(value, (str, int, float, bool))
    return h.Literal(start, end, value)


def _placed(template: h.Template, start: int, end: int) -> h.Expr:
    """The template with every offset set to the string's own: escapes make finer ones unsure."""
    parts = template.parts
    if len(parts) == 1 and isinstance(parts[0], h.Interpolation):
        return moved(parts[0].value, start, end)
    return h.Template(start, end, tuple(
        part._replace(start=start, end=end)
        if isinstance(part, h.Text) or part.value is None
        else part._replace(start=start, end=end, value=moved(part.value, start, end))
        for part in parts
    ))  # fmt: skip


def moved(expr: h.Expr, start: int, end: int) -> h.Expr:
    """The expression with the offsets of everything in it set to these."""
    changes: dict[str, object] = {"start": start, "end": end}
    for name, value in zip(expr._fields, expr, strict=True):
        if name in ("start", "end"):
            continue
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            changes[name] = moved(value, start, end)  # type: ignore[arg-type]
        elif isinstance(value, tuple) and value and isinstance(value[0], tuple):
            changes[name] = tuple(
                moved(item, start, end)  # type: ignore[arg-type]
                if hasattr(item, "_fields")
                else tuple(moved(part, start, end) for part in item)
                for item in value
            )
    return expr._replace(**changes)  # type: ignore[arg-type]
