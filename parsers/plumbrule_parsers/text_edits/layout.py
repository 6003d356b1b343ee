"""Layout: the edits of a file by what the file is.

Every function gives None where the edit cannot be made with certainty and the layout kept.
"""

from __future__ import annotations

import json
import re
from types import ModuleType

from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.text_edits import hcl_layout, json_layout, yaml_layout
from plumbrule_parsers.text_edits.edit import Plain, TextEdit, line_start
from plumbrule_parsers.value import ListValue, MapValue, Place, is_known

_KEY = re.compile(r"""(?:"[^"\n]*"|'[^'\n]*'|[\w./-]+)\s*(?::\s+|:(?=["'\[{])|=\s*)""")

_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"|(?<!\w)\'[^\'\n]*\'|(?:^|(?<=\s))#[^\n]*', re.MULTILINE)


def _layout_of(source: Source) -> ModuleType | None:
    path = source.path.lower()
    if path.endswith((".tf", ".tofu", ".tfvars", ".hcl")):
        return hcl_layout
    if path.endswith(".json"):
        return json_layout
    return yaml_layout if path.endswith((".yaml", ".yml")) else None


def remove(place: Place) -> TextEdit | None:
    """Take an entry out."""
    layout = _layout_of(place.value.source)
    # An entry that came from elsewhere is taken out where it is written, or not at all.
    if layout is None or (place.via and place.via[-1].span not in (place.value, place.entry)):
        return None
    found: TextEdit | None = layout.removed(place)
    return found


def change(place: Place, before: object, value: Plain) -> TextEdit | None:
    """Give an entry another value, where its present one, `before`, is written as a literal."""
    span = place.via[-1].span if place.via else place.value
    if any(hop.kind != "data" for hop in place.via):
        return None
    layout = _layout_of(span.source)
    if layout is None:
        return None
    literal = literal_of(span, before)
    if literal is None:
        return None
    found: TextEdit | None = layout.replaced(literal, value)
    return found


def add(mapping: MapValue, key: str, value: Plain) -> TextEdit | None:
    """Add an entry that is missing."""
    layout = _layout_of(mapping.source)
    if layout is None or key in mapping or not _is_written(mapping):
        return None
    found: TextEdit | None = layout.added(mapping, key, value)
    return found


def takes_nested(mapping: MapValue) -> bool:
    """Whether a mapping in it is written like any value; HCL tells blocks from objects."""
    return _layout_of(mapping.source) not in (None, hcl_layout)


def _is_written(mapping: MapValue) -> bool:
    """Whether the mapping stands in the text as it is.

    A node's fields may be put together from several places: then they stand at several depths.
    """
    source, text = mapping.source, mapping.source.text
    opening = text.find("{", mapping.start, mapping.end)
    block = _layout_of(source) is yaml_layout and opening != mapping.start
    columns: set[int] = set()
    for name in mapping:
        place = mapping.place(name)
        key = place.key if place is not None and not place.via else None
        if key is None or key.source is not source or not _says(key, name):
            continue  # derived, or from elsewhere
        if not mapping.start <= key.start < mapping.end:
            return False
        if block:
            lead = text[line_start(text, key.start) : key.start]
            if lead.strip(" -"):
                return False
            columns.add(len(lead))
        elif opening < 0 or _depth(text[opening : key.start]) != 1:
            return False
    return len(columns) < 2


def _says(key: Span, name: str) -> bool:
    """Whether that name stands at the key, bare or in quotes."""
    quoted = (f'"{name}"', f"'{name}'")
    return key.text == name or key.source.text.startswith(quoted, key.start)


def _depth(text: str) -> int:
    """How many braces and brackets are open at the end of the text."""
    bare = _QUOTED.sub("", text)
    return sum(map(bare.count, "{[")) - sum(map(bare.count, "}]"))


def append(items: ListValue, value: Plain) -> TextEdit | None:
    """Add an item to a list that is written out."""
    layout = _layout_of(items.source)
    found: TextEdit | None = layout.appended(items, value) if layout is not None else None
    return found


def rewrite(place: Place, before: object, text: str) -> TextEdit | None:
    """Put other words where a value stands as it is, whatever the file is (a keyword)."""
    span = place.value
    if place.via or not isinstance(before, str) or span.text.casefold() != before.casefold():
        return None
    return TextEdit(span, text) if before and "\n" not in before else None


def append_word(span: Span, word: str) -> TextEdit:
    """A word behind one that stands there: a flag behind the command."""
    return TextEdit(Span(span.source, span.end, span.end), f" {word}")


def literal_of(span: Span, value: object) -> Span | None:
    """Where in the span, an entry or a value, the value is written as it is.

    None where it is not: what an expression made of it cannot be changed by changing a part.
    """
    text = span.text
    key = _KEY.match(text)
    for start in (0, key.end() if key is not None else 0):
        if _read(text[start:], span.source) == (type(value), value):
            return Span(span.source, span.start + start, span.end)
    return None


def _read(text: str, source: Source) -> tuple[type, object]:
    """The scalar that a text stands for, with its type; the type alone says nothing of others."""
    if _layout_of(source) is not yaml_layout:
        try:
            made = json.loads(text)
        except ValueError:
            return type, None
        whole = not isinstance(made, str) or ("${" not in made and "%{" not in made)
        return (type(made), made) if whole else (type, None)
    if "{{" in text and "${{" not in text:
        return type, None
    from plumbrule_parsers.yaml_tree import parse_yaml

    tree = parse_yaml(Source(source.path, text), "1.2")
    documents = tree.documents
    if len(documents) != 1:
        return (type(None), None) if not text.strip() else (type, None)
    made = documents[0].value
    if isinstance(made, (MapValue, ListValue)) or not is_known(made):
        return type, None
    return type(made), made
