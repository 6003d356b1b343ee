"""Statements of access policies: policy documents, `jsonencode`, JSON in strings and heredocs."""

from __future__ import annotations

from collections.abc import Iterator

from plumbrule_parsers.document import Node
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.lifted import Lifted, as_list, copied, entries, unknown_of
from plumbrule_parsers.terraform.policy_text import json_in, policy_text
from plumbrule_parsers.terraform.static import Static
from plumbrule_parsers.value import ListValue, MapValue, Reason, Segments, Unknown, Value

DOCUMENTS = {"aws_iam_policy_document"}
_DOCUMENT = "data.aws_iam_policy_document."
MERGED = ("source_json", "source_policy_documents", "override_policy_documents", "override_json")
# The attributes that hold a policy. Key policies are left out: `*` means the key itself there.
POLICIES = {
    "aws_iam_policy": ("policy",),
    "aws_iam_role": ("assume_role_policy",),
    "aws_iam_role_policy": ("policy",),
    "aws_iam_user_policy": ("policy",),
    "aws_iam_group_policy": ("policy",),
    "aws_s3_bucket_policy": ("policy",),
    "aws_sqs_queue_policy": ("policy",),
    "aws_sns_topic_policy": ("policy",),
    "aws_ecr_repository_policy": ("policy",),
    "aws_secretsmanager_secret_policy": ("policy",),
}
_NATIVE = {"effect": "effect", "actions": "actions", "resources": "resources"}
_JSON = {"effect": "Effect", "actions": "Action", "resources": "Resource"}


def document(node: Node) -> Iterator[Lifted]:
    """The `statement` blocks of a policy document."""
    statements, rest = entries(node.fields.get("statement"))
    for index, statement in enumerate(statements):
        yield _statement(node, str(index), statement, _NATIVE, "condition")
    if rest is not None:
        yield _perhaps(node, rest, node.span)


def merged_policies(node: Node, block: h.Block, static: Static) -> Iterator[Lifted]:
    """Statements of the documents that a policy document takes in, if they stand nowhere else."""
    settings = block.body.settings()
    for name in MERGED:
        if name not in settings:
            continue
        expr, view = static.origin(settings[name].value)
        if isinstance(expr, h.Tuple):
            for item in expr.items:
                yield from _policy(node, item, view)
        elif name.endswith("_json"):
            yield from _policy(node, expr, view)
        else:
            yield from _listed(node, view.value(expr), Span(view.source, expr.start, expr.end))


def _listed(node: Node, value: Value, span: Span) -> Iterator[Lifted]:
    """Policies of a list that is not written out where it is used."""
    if isinstance(value, Unknown):
        if not value.reference.startswith(_DOCUMENT):
            yield _perhaps(node, value, span.first_line)
        return
    for index, item in enumerate(value if isinstance(value, ListValue) else ()):
        place = value.place(index) if isinstance(value, ListValue) else None
        if place is not None and any(hop.note.startswith(_DOCUMENT) for hop in place.via):
            continue  # lifted where it stands
        yield from _read(node, item, place.value if place is not None else span)
    if isinstance(value, ListValue) and value.rest is not None:
        yield _perhaps(node, value.rest, span.first_line)


def inline_policies(
    node: Node, block: h.Block, static: Static, names: tuple[str, ...]
) -> Iterator[Lifted]:
    """Policies that are written into the resource, its `inline_policy` blocks included."""
    settings = block.body.settings()
    for name in names:
        if name in settings:
            yield from _policy(node, settings[name].value, static)
    for inner in block.body.blocks("inline_policy"):
        setting = inner.body.settings().get("policy")
        if setting is not None:
            yield from _policy(node, setting.value, static)


def _policy(node: Node, expr: h.Expr, static: Static) -> Iterator[Lifted]:
    expr, static = static.origin(expr)
    span = Span(static.source, expr.start, expr.end)
    value: Value
    if isinstance(expr, h.Call) and expr.name == "jsonencode" and len(expr.args) == 1:
        value = static.value(expr.args[0])
    elif isinstance(expr, (h.Template, h.Literal)):
        value = policy_text(expr, static)
        if value is None:
            detail = f"policy of {node.label}"
            value = Unknown(Reason.EXPRESSION, detail, span, not_null=True)
    else:
        value = static.value(expr)
        if isinstance(value, (str, Segments)) and not _is_document(expr):
            read = json_in(value, span)
            value = value if read is None and isinstance(value, Segments) else read
        elif _is_document(expr):
            return  # its statements are lifted where it stands
    yield from _statements(node, value, span)


def _read(node: Node, value: Value, span: Span) -> Iterator[Lifted]:
    """The statements of a policy's text."""
    if isinstance(value, (str, Segments)):
        read = json_in(value, span)
        value = value if read is None and isinstance(value, Segments) else read
    yield from _statements(node, value, span)


def _statements(node: Node, value: Value, span: Span) -> Iterator[Lifted]:
    if isinstance(value, (Unknown, Segments)):
        # The statements of a policy document are lifted where it stands.
        found = unknown_of(value)
        if not found.reference.startswith(_DOCUMENT):
            yield _perhaps(node, found, span.first_line)
        return
    if not isinstance(value, MapValue):
        return
    statements, rest = entries(value.get("Statement"))
    for index, statement in enumerate(statements):
        yield _statement(node, str(index), statement, _JSON, "Condition")
    rest = rest or value.rest
    if rest is not None:
        yield _perhaps(node, rest, span.first_line)


def _is_document(expr: h.Expr) -> bool:
    """True for the result of a policy document, of whichever instance."""
    while isinstance(expr, (h.Attribute, h.Index)):
        expr = expr.object
    return isinstance(expr, h.Traversal) and expr.names[:2] == (
        "data", "aws_iam_policy_document",
    )  # fmt: skip


def _statement(
    node: Node, index: str, statement: MapValue, names: dict[str, str], condition: str
) -> Lifted:
    sid = statement.get("sid") or statement.get("Sid")
    shown = sid if isinstance(sid, str) and sid else index
    label = f"statement {shown} of {node.label}"
    fields = MapValue(statement.source, statement.start, statement.end, rest=statement.rest)
    fields.put("name", shown)
    fields.put("policy", node.label)
    for name, key in names.items():
        copied(fields, name, statement, key, many=name != "effect")
    conditions = statement.get(condition)
    if conditions:
        fields.put("compared", _compared(statement, conditions, condition))
    if isinstance(conditions, Unknown):
        fields.put("conditions", conditions, statement.place(condition))
    elif conditions:
        made = MapValue(statement.source, statement.start, statement.end, {"0": conditions})
        if isinstance(conditions, MapValue) and condition == "Condition":
            made = conditions
        elif not isinstance(conditions, MapValue):
            listed = as_list(conditions, statement, condition)
            rest = entries(listed)[1]
            if rest is not None and not entries(listed)[0]:
                fields.put("conditions", rest, statement.place(condition))
                return _with_span(fields, label, shown, statement)
        fields.put("conditions", made, statement.place(condition))
    return _with_span(fields, label, shown, statement)


def _compared(statement: MapValue, conditions: Value, name: str) -> ListValue:
    """The values that conditions compare with, whatever the operator and the key."""
    made = ListValue(statement.source, statement.start, statement.end)
    native = name == "condition"
    tests, made.rest = entries(conditions)
    for test in tests:
        made.rest = made.rest or test.rest
        given = [test.get("values")] if native else list(test.values())
        if not native:
            inner = [entries(one) for one in given]
            made.rest = next((rest for _maps, rest in inner if rest is not None), made.rest)
            maps = [one for found, _rest in inner for one in found]
            made.rest = next((one.rest for one in maps if one.rest is not None), made.rest)
            given = [value for one in maps for value in one.values()]
        for value in given:
            if isinstance(value, Unknown):
                made.rest = value
            elif isinstance(value, ListValue):
                made.extend(value)
                made.rest = made.rest or value.rest
            else:
                made.append(value)
    return made


def _with_span(fields: MapValue, label: str, shown: str, statement: MapValue) -> Lifted:
    place = fields.place("actions")
    span = place.entry if place is not None else statement.span.first_line
    return Lifted(f"statement/{shown}", "iam.Statement", label, fields, span)


def _perhaps(node: Node, doubt: Unknown, span: Span) -> Lifted:
    """A statement that may be there, of which nothing is known."""
    fields = MapValue(span.source, span.start, span.end, rest=doubt)
    label = f"statement of {node.label}"
    fields.put("name", label)
    fields.put("policy", node.label)
    for name in _NATIVE:
        fields.put(name, doubt)
    fields.put("conditions", doubt)
    fields.put("compared", doubt)
    return Lifted("statement/?", "iam.Statement", label, fields, span, doubt)
