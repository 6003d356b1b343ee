"""`aws_iam_policy_document` built into the JSON that the provider makes of it.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.evaluate.dynamic import expanded
from plumbrule_parsers.terraform.evaluate.expressions import value
from plumbrule_parsers.terraform.evaluate.folder import Declared, made_type
from plumbrule_parsers.terraform.evaluate.scope import Scope
from plumbrule_parsers.terraform.evaluate.unknowns import derived
from plumbrule_parsers.terraform.functions.call import distinct
from plumbrule_parsers.terraform.functions.json_text import json_segments
from plumbrule_parsers.terraform.policy_text import json_in
from plumbrule_parsers.traced import Traced, first_unknown, from_value, hops_of, made_of
from plumbrule_parsers.value import (
    Hop,
    ListValue,
    MapValue,
    Reason,
    Segments,
    Unknown,
    join_segments,
)

RESULTS = {"json", "minified_json"}
# Documents that are merged before the own statements, and those that are merged after them.
BEFORE = ("source_json", "source_policy_documents")
AFTER = ("override_policy_documents", "override_json")
_LISTS = (("actions", "Action"), ("not_actions", "NotAction"), ("resources", "Resource"),
          ("not_resources", "NotResource"))  # fmt: skip


def policy_document(
    declared: Declared, scope: Callable[[Source], Scope], name: str, address: str
) -> Traced:
    """The document's text; what cannot be told stays unknown in it."""
    hop = Hop(declared.head, address)
    merged = _Merged({}, [])
    for setting in BEFORE:
        _take(merged, declared, setting, scope)
    source, blocks = declared.nested("statement")
    made, unclear = expanded(blocks, scope(source))
    statements = [_statement(block.body, inner) for block, inner in made]
    known = [one for one in statements if one is not None]
    if unclear is not None or len(known) < len(statements):
        why = Unknown(Reason.EXPRESSION, f"a statement of {address}", declared.head)
        return _unbuilt(unclear or why, address).with_hop(hop)
    merged.fields["Version"] = Traced("2012-10-17")
    for setting, key in (("version", "Version"), ("policy_id", "Id")):
        found = _setting(declared.settings, setting, scope(declared.place(setting)))
        if found is not None:
            merged.fields[key] = found
    merged.add(known)
    for setting in AFTER:
        _take(merged, declared, setting, scope)
    keys: tuple[str, ...] = ("Version", "Id")
    document = {key: merged.fields[key] for key in keys if key in merged.fields}
    document["Statement"] = Traced(merged.statements, rest=merged.rest)
    text = json_segments(Traced(document))
    if name == "json":
        text = _indented(text)
    parts = [part for statement in merged.statements for part in _parts(statement)]
    return Traced(text, (hop, *hops_of(parts)))


@dataclass(slots=True)
class _Merged:
    """What the documents make together: a statement replaces an earlier one of the same `Sid`."""

    fields: dict[str, Traced]
    statements: list[Traced]
    rest: Unknown | None = None

    def add(self, statements: list[Traced]) -> None:
        """Merge the statements of one more document."""
        for statement in statements:
            sid = _sid(statement)
            places = [
                index for index, one in enumerate(self.statements) if sid and _sid(one) == sid
            ]
            if places:
                self.statements[places[0]] = statement
            else:
                self.statements.append(statement)

    def doubt(self, why: Unknown) -> None:
        """Merge a document that cannot be told: it may replace every statement with a `Sid`."""
        self.statements = [one for one in self.statements if not _sid(one)]
        self.rest = self.rest or derived(why)


def _sid(statement: Traced) -> object:
    """The name of a statement, "" if it has none."""
    found = statement.data.get("Sid") if isinstance(statement.data, dict) else None
    return found.data if found is not None else ""


def _take(
    merged: _Merged, declared: Declared, setting: str, scope: Callable[[Source], Scope]
) -> None:
    """Merge the documents that a setting names: one text, or a list of them."""
    if setting not in declared.settings:
        return
    given = value(declared.settings[setting].value, scope(declared.place(setting)))
    doubt = given.unknown if isinstance(given.data, Unknown) else given.rest
    if doubt is not None:
        merged.doubt(doubt)
    texts = given.data if isinstance(given.data, list) else [given]
    for text in texts:
        if text.data in (None, "") or isinstance(text.data, Unknown):
            if isinstance(text.data, Unknown) and text is not given:
                merged.doubt(text.data)
            continue
        at = declared.head
        read = json_in(text.data, at) if isinstance(text.data, (str, Segments)) else None
        if not isinstance(read, MapValue):
            detail = f"`{setting}` holds no policy that can be read"
            merged.doubt(text.unknown or Unknown(Reason.EXPRESSION, detail, at))
            continue
        for key in ("Version", "Id"):
            if read.get(key):
                merged.fields[key] = Traced(str(read[key]), text.via)
        found = read.get("Statement")
        listed = found if isinstance(found, ListValue) else [found]
        inner = [_led_by(from_value(one), text) for one in listed if isinstance(one, MapValue)]
        merged.add(inner)
        if len(inner) < len(listed):
            merged.doubt(text.unknown or Unknown(Reason.EXPRESSION, setting, at))


def _led_by(read: Traced, text: Traced) -> Traced:
    """What was read from a text: its way is that of the text."""
    data = read.data
    if isinstance(data, dict):
        return Traced({key: _led_by(item, text) for key, item in data.items()}, text.via,
                      rest=read.rest, sensitive=text.sensitive)  # fmt: skip
    if isinstance(data, list):
        return Traced([_led_by(item, text) for item in data], text.via, rest=read.rest,
                      sensitive=text.sensitive)  # fmt: skip
    return Traced(data, text.via, sensitive=text.sensitive)


def _unbuilt(doubt: Unknown, address: str) -> Traced:
    return Traced(Unknown(doubt.reason, doubt.detail, doubt.span, "string", not_null=True,
                          reference=address))  # fmt: skip


def _parts(statement: Traced) -> list[Traced]:
    assert isinstance(statement.data, dict)
    return [statement, *statement.data.values()]


def _setting(settings: dict[str, h.Setting], name: str, scope: Scope) -> Traced | None:
    """What is set, None if it is not or is null."""
    if name not in settings:
        return None
    found = value(settings[name].value, scope)
    return None if found.data is None else found


def _statement(body: h.Body, scope: Scope) -> Traced | None:
    """One statement as the provider writes it; None if its shape cannot be told."""
    settings = body.settings()
    made: dict[str, Traced] = {}
    sid = _setting(settings, "sid", scope)
    if sid is not None and sid.data != "":
        made["Sid"] = sid
    made["Effect"] = _setting(settings, "effect", scope) or Traced("Allow")
    for name, key in _LISTS:
        given = _setting(settings, name, scope)
        if given is None:
            continue
        listed = _listed(given)
        if listed is None:
            return None
        if listed.data != []:
            made[key] = listed
    for name, key in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        blocks, doubt = expanded([one for one in body.blocks() if made_type(one) == name], scope)
        if doubt is not None:
            return None
        grouped = _principals(blocks)
        if grouped is None:
            return None
        if blocks:
            made[key] = grouped
    written = [one for one in body.blocks() if made_type(one) == "condition"]
    blocks, doubt = expanded(written, scope)
    if doubt is not None:
        return None
    if blocks:
        conditions = _conditions(blocks)
        if conditions is None:
            return None
        made["Condition"] = conditions
    return Traced(made)


def _listed(given: Traced) -> Traced | None:
    """A list as the provider writes it: one item alone, more sorted downwards, each once."""
    if isinstance(given.data, Unknown):
        return given
    if not isinstance(given.data, list) or given.rest is not None:
        return None
    items = given.data
    if len(items) == 1:
        return items[0]
    if any(not isinstance(item.data, str) for item in items):
        # Their order depends on what they are.
        doubt = first_unknown(given)
        if doubt is None:
            raise FunctionError("a list of strings is required")
        return made_of(derived(doubt, not_null=True), given)
    ordered = sorted(distinct(items), key=lambda item: str(item.data), reverse=True)
    return Traced(ordered, given.via)


def _principals(blocks: list[tuple[h.Block, Scope]]) -> Traced | None:
    grouped: dict[str, list[Traced]] = {}
    for block, scope in blocks:
        settings = block.body.settings()
        kind = _setting(settings, "type", scope)
        names = _setting(settings, "identifiers", scope)
        if kind is None or names is None or not isinstance(kind.data, str):
            return None
        if not isinstance(names.data, list) or names.rest is not None:
            return None
        grouped.setdefault(kind.data, []).extend(names.data)
    if set(grouped) == {"*"} and [item.data for item in grouped["*"]] == ["*"]:
        return grouped["*"][0]
    made: dict[str, Traced] = {}
    for name, items in grouped.items():
        listed = _listed(Traced(items))
        if listed is None:
            return None
        made[name] = listed
    return Traced(made)


def _conditions(blocks: list[tuple[h.Block, Scope]]) -> Traced | None:
    made: dict[str, Traced] = {}
    for block, scope in blocks:
        settings = block.body.settings()
        test = _setting(settings, "test", scope)
        variable = _setting(settings, "variable", scope)
        values = _setting(settings, "values", scope)
        if test is None or variable is None or values is None:
            return None
        if not isinstance(test.data, str) or not isinstance(variable.data, str):
            return None
        listed = values
        if isinstance(values.data, list) and values.rest is None:
            listed = values.data[0] if len(values.data) == 1 else values
        inner = made.setdefault(test.data, Traced({}))
        assert isinstance(inner.data, dict)
        if variable.data in inner.data:
            return None
        inner.data[variable.data] = listed
    return Traced(made)


def _indented(text: str | Segments) -> str | Segments:
    """The text with the provider's two blanks of indentation."""
    if isinstance(text, str):
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    # Laid out around its unknown parts by the same rule: brackets outside strings break lines.
    depth, inside, escaped = 0, False, False
    out: list[str | Unknown | Segments] = []
    for part in text.parts:
        if not isinstance(part, str):
            out.append(part)
            continue
        made: list[str] = []
        for position, sign in enumerate(part):
            if inside:
                made.append(sign)
                inside = escaped or sign != '"'
                escaped = sign == "\\" and not escaped
            elif sign in "{[":
                depth += 1
                closed = part[position + 1 : position + 2] in ("}", "]")
                made.append(sign if closed else sign + "\n" + "  " * depth)
            elif sign in "}]":
                depth -= 1
                opened = part[position - 1 : position] in ("{", "[") and position > 0
                made.append(sign if opened else "\n" + "  " * depth + sign)
            else:
                inside = sign == '"'
                made.append({",": ",\n" + "  " * depth, ":": ": "}.get(sign, sign))
        out.append("".join(made))
    return join_segments(out)
