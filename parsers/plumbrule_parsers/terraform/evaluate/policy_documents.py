"""`aws_iam_policy_document` built into the JSON that the provider makes of it.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document.
"""

from __future__ import annotations

import json

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.terraform.evaluate.dynamic import iterations
from plumbrule_parsers.terraform.evaluate.expressions import value
from plumbrule_parsers.terraform.evaluate.folder import Declared
from plumbrule_parsers.terraform.evaluate.scope import Scope
from plumbrule_parsers.terraform.evaluate.unknowns import derived
from plumbrule_parsers.terraform.functions.call import distinct
from plumbrule_parsers.terraform.functions.json_text import json_segments
from plumbrule_parsers.traced import Traced, first_unknown, hops_of, made_of
from plumbrule_parsers.value import Hop, Reason, Segments, Unknown, join_segments

RESULTS = {"json", "minified_json"}
_MERGING = ("source_policy_documents", "override_policy_documents", "source_json", "override_json")
_LISTS = (("actions", "Action"), ("not_actions", "NotAction"), ("resources", "Resource"),
          ("not_resources", "NotResource"))  # fmt: skip


def policy_document(declared: Declared, scope: Scope, name: str, address: str) -> Traced:
    """The document's text; unknown parts stay unknown, merged documents are not built."""
    hop = Hop(declared.head, address)
    for merging in _MERGING:
        if merging in declared.settings:
            given = value(declared.settings[merging].value, scope)
            if given.data is not None and given.data not in ([], ""):
                doubt = first_unknown(given) or Unknown(
                    Reason.EXPRESSION, f"{address} merges other documents", declared.head
                )
                return _unbuilt(doubt, address).with_hop(hop)
    blocks, unclear = expanded(declared.block.body, "statement", scope)
    if unclear is not None:
        return _unbuilt(unclear, address).with_hop(hop)
    document: dict[str, Traced] = {}
    version = _setting(declared.settings, "version", scope)
    document["Version"] = version or Traced("2012-10-17")
    policy_id = _setting(declared.settings, "policy_id", scope)
    if policy_id is not None:
        document["Id"] = policy_id
    statements = [_statement(body, inner) for body, inner in blocks]
    document["Statement"] = Traced([one for one in statements if isinstance(one, Traced)])
    whole = Traced(document)
    if any(one is None for one in statements):
        why = Unknown(Reason.EXPRESSION, f"a statement of {address}", declared.head)
        return _unbuilt(why, address).with_hop(hop)
    text = json_segments(whole)
    if name == "json":
        text = _indented(text)
    parts = [
        part for statement in statements if statement is not None for part in _parts(statement)
    ]
    return Traced(text, (hop, *hops_of(parts)))


def expanded(
    body: h.Body, type_: str, scope: Scope
) -> tuple[list[tuple[h.Body, Scope]], Unknown | None]:
    """The blocks of a type with their scopes, dynamic ones written out; or why they cannot be."""
    found: list[tuple[h.Body, Scope]] = []
    for block in body.blocks():
        if block.type == type_:
            found.append((block.body, scope))
        elif block.type == "dynamic" and block.labels and block.labels[0].text == type_:
            made, doubt = iterations(block, scope)
            if doubt is not None:
                return found, doubt
            found.extend((content.body, inner) for content, inner in made)
    return found, None


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
        blocks, doubt = expanded(body, name, scope)
        if doubt is not None:
            return None
        grouped = _principals(blocks)
        if grouped is None:
            return None
        if blocks:
            made[key] = grouped
    blocks, doubt = expanded(body, "condition", scope)
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


def _principals(blocks: list[tuple[h.Body, Scope]]) -> Traced | None:
    grouped: dict[str, list[Traced]] = {}
    for body, scope in blocks:
        settings = body.settings()
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


def _conditions(blocks: list[tuple[h.Body, Scope]]) -> Traced | None:
    made: dict[str, Traced] = {}
    for body, scope in blocks:
        settings = body.settings()
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
