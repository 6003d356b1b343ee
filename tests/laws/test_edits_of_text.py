"""Laws of edits of text: a parser accepts the outcome, and exactly one entry is another."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.text_edits import layout
from plumbrule_parsers.text_edits.edit import edited, lines_of
from plumbrule_parsers.text_edits.hcl_layout import expression
from plumbrule_parsers.text_edits.yaml_marks import is_shared
from plumbrule_parsers.value import ListValue, MapValue, Value
from plumbrule_parsers.yaml_tree import parse_yaml


def at(value: Value, *path: str | int) -> Any:
    """What stands at the path."""
    for step in path:
        assert isinstance(value, (MapValue, ListValue))
        value = value[step]  # type: ignore[index]
    return value


KEYS = st.sampled_from(["a", "b", "name", "on", "x.y/z"])
LEAVES = st.one_of(
    st.integers(-9, 9), st.booleans(), st.sampled_from([1e16, 1.5, -2e-9]),
    st.sampled_from(["v", "", "yes", "a: b", "# c", "1e3", "\u2028", "\x85x", "a\nb\n", "'", '"']),
)  # fmt: skip
TREES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.dictionaries(KEYS, inner, min_size=1, max_size=4),
                                    st.lists(inner, min_size=1, max_size=3)), max_leaves=12,
)  # fmt: skip
DATA = st.dictionaries(KEYS, TREES, min_size=1, max_size=4)
FORMS = st.sampled_from(["block", "flow", "json", "pretty", "wide"])


def written(data: object, form: str) -> tuple[str, str]:
    """The path of a file and the data as its text."""
    if form == "json":
        return "a.json", json.dumps(data)
    if form in ("pretty", "wide"):
        text = json.dumps(data, indent=2 if form == "pretty" else 4)
        return "a.json", f"{text}\n"
    return "a.yaml", yaml.safe_dump(
        data, default_flow_style=form == "flow", sort_keys=False, width=10_000
    )


def read(path: str, text: str) -> Value:
    source = Source(path, text)
    if path.endswith(".json"):
        value, problems = parse_json(source)
        assert not problems
        return value
    parsed_yaml = parse_yaml(source, "1.2")
    assert not parsed_yaml.problems
    return parsed_yaml.documents[0].value


def loaded(path: str, text: str) -> Any:
    return json.loads(text) if path.endswith(".json") else yaml.safe_load(text)


def somewhere(draw: st.DataObject, data: Any, *, leaf: bool) -> list[str | int]:
    """The path of an entry of some mapping."""
    path: list[str | int] = []
    here: Any = data
    while isinstance(here, (dict, list)):
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        step: Any = draw.draw(st.sampled_from(keys))
        path.append(step)
        here = here[step]
        if not leaf and isinstance(path[-1], str) and draw.draw(st.booleans()):
            break
    assume(isinstance(path[-1], str))
    return path


def copied(data: Any, path: list[str | int]) -> tuple[Any, Any]:
    """A copy of the data and in it the holder of the path's entry."""
    copy = json.loads(json.dumps(data))
    holder = copy
    for step in path[:-1]:
        holder = holder[step]
    return copy, holder


@given(DATA, FORMS, st.data())
def test_law_removing_removes_that_entry_alone(
    data: dict[str, Any], form: str, draw: st.DataObject
) -> None:
    path, text = written(data, form)
    steps = somewhere(draw, data, leaf=False)
    holder = at(read(path, text), *steps[:-1])
    found = layout.remove(holder.place(steps[-1]))
    if found is None:
        assert form == "block"
        return
    expected, above = copied(data, steps)
    del above[steps[-1]]
    after = edited(text, [found])
    read(path, after)
    assert loaded(path, after) == expected


@given(DATA, FORMS, TREES, st.data())
def test_law_adding_adds_that_entry_alone(
    data: dict[str, Any], form: str, value: Any, draw: st.DataObject
) -> None:
    path, text = written(data, form)
    steps = somewhere(draw, data, leaf=False)
    holder = at(read(path, text), *steps[:-1])
    found = layout.add(holder, "added", value)
    if found is None:  # where quotes go over several lines, braces are not counted
        assert form == "flow"
        assert "\n" in text.strip()
        return
    expected, above = copied(data, steps)
    above["added"] = json.loads(json.dumps(value))
    after = edited(text, [found])
    read(path, after)
    assert loaded(path, after) == expected
    assert not text[found.span.start : found.span.end].strip()  # nothing that stood there is lost


@given(DATA, FORMS, LEAVES, st.data())
def test_law_changing_changes_that_entry_alone(
    data: dict[str, Any], form: str, value: Any, draw: st.DataObject
) -> None:
    path, text = written(data, form)
    steps = somewhere(draw, data, leaf=True)
    holder = at(read(path, text), *steps[:-1])
    found = layout.change(holder.place(steps[-1]), holder[steps[-1]], value)
    if found is None:
        return
    expected, above = copied(data, steps)
    above[steps[-1]] = value
    after = edited(text, [found])
    read(path, after)
    assert loaded(path, after) == expected


def with_remarks(draw: st.DataObject, text: str) -> str:
    """The text with comments and blank lines strewn between its lines."""
    lines = []
    for line in text.splitlines(keepends=True):
        lines.append(line)
        if draw.draw(st.integers(0, 3)) == 0:
            lines.append(draw.draw(st.sampled_from(["\n", "# on a line\n", "      # deep: x\n"])))
    return "".join(lines)


PLAIN_TREES = st.recursive(
    st.integers(-9, 9) | st.sampled_from(["v", "", "yes", "a: b"]),
    lambda inner: st.one_of(st.dictionaries(KEYS, inner, min_size=1, max_size=4),
                            st.lists(inner, min_size=1, max_size=3)), max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(KEYS, PLAIN_TREES, min_size=1, max_size=4), st.data())
def test_law_remarks_around_an_entry_stay_when_it_goes(
    data: dict[str, Any], draw: st.DataObject
) -> None:
    text = with_remarks(draw, yaml.safe_dump(data, sort_keys=False, default_flow_style=False))
    steps = somewhere(draw, data, leaf=False)
    found = layout.remove(at(read("a.yaml", text), *steps[:-1]).place(steps[-1]))
    if found is None:
        return
    expected, above = copied(data, steps)
    del above[steps[-1]]
    after = edited(text, [found])
    assert yaml.safe_load(after) == expected
    gone = lines_of(found.span.text.rstrip(" "))  # the next entry may move up behind a dash
    assert gone[-1].strip()
    assert not gone[-1].lstrip().startswith("#")
    assert gone[0].strip()
    assert not gone[0].lstrip().startswith("#")


@given(st.dictionaries(KEYS, PLAIN_TREES, min_size=1, max_size=4), st.data())
def test_law_what_is_added_stands_right_below_its_neighbour(
    data: dict[str, Any], draw: st.DataObject
) -> None:
    text = with_remarks(draw, yaml.safe_dump(data, sort_keys=False, default_flow_style=False))
    steps = somewhere(draw, data, leaf=False)
    found = layout.add(at(read("a.yaml", text), *steps[:-1]), "added", {"x": 1})
    assert found is not None
    expected, above = copied(data, steps)
    above["added"] = {"x": 1}
    assert yaml.safe_load(edited(text, [found])) == expected
    neighbour = lines_of(text[: found.span.start])[-1].strip()
    assert neighbour
    assert not neighbour.startswith("#")


SETTINGS = st.dictionaries(
    st.sampled_from(["a", "bb", "count_x", "tags", "zone"]),
    st.one_of(st.integers(0, 99), st.booleans(), st.sampled_from(["v", "", "a b", "x#y", 'q"']),
              st.lists(st.integers(0, 9), max_size=3),
              st.dictionaries(st.sampled_from(["k", "l"]), st.integers(0, 9), max_size=2)),
    min_size=1, max_size=5,
)  # fmt: skip


def hcl_text(draw: st.DataObject, data: dict[str, Any]) -> str:
    lines = ['resource "x" "y" {\n']
    for key, value in data.items():
        gap = " " * draw.draw(st.integers(1, 4))
        tail = draw.draw(st.sampled_from(["", " # why", "  // why"]))
        lines.append(draw.draw(st.sampled_from(["", "\n", "  # over it\n", "  /* x */\n"])))
        if isinstance(value, list) and draw.draw(st.booleans()):
            items = "".join(f"    {item},\n" for item in value)
            lines.append(f"  {key}{gap}= [\n{items}  ]{tail}\n")
        else:
            lines.append(f"  {key}{gap}= {expression(value)}{tail}\n")
    return "".join([*lines, "}\n\n# tail\n"])


def hcl_data(text: str) -> dict[str, Any]:
    document = parse(Source("main.tf", text))
    assert not document.problems
    hidden = {"name", "type", "module", "address"}
    return {key: value for key, value in document.nodes[0].fields.items() if key not in hidden}


@given(SETTINGS, st.sampled_from(["remove", "add", "change"]), LEAVES, st.data())
def test_law_an_edit_of_a_block_changes_that_setting_alone(
    data: dict[str, Any], what: str, value: Any, draw: st.DataObject
) -> None:
    text = hcl_text(draw, data)
    assume(hcl_data(text) == data)
    block = parse(Source("main.tf", text)).nodes[0].fields
    key = draw.draw(st.sampled_from(sorted(data)))
    expected = dict(data)
    if what == "add":
        found = layout.add(block, "new_one", value)
        expected["new_one"] = value
    else:
        place = block.place(key)
        assert place is not None
        if what == "remove":
            found = layout.remove(place)
            del expected[key]
        else:
            found = layout.change(place, data[key], value)
            expected[key] = value
    if found is None:
        assert what == "change"
        return
    after = edited(text, [found])
    assert hcl_data(after) == expected
    kept = [line for line in text.splitlines() if line.strip().startswith(("#", "/*"))]
    assert [line for line in after.splitlines() if line.strip().startswith(("#", "/*"))] == kept


LINES = ["k: &x", "k: *x", "- &x", "- k: &x 1", "  a: 1", "  - b", "# c", "",
         "    d: [*x, &x 1]", "k: 2", "- z"]  # fmt: skip


@given(st.lists(st.sampled_from(LINES), max_size=9), st.data())
def test_law_nothing_is_edited_that_an_alias_repeats(lines: list[str], draw: st.DataObject) -> None:
    """Where an edit goes through, the nodes that aliases stand for read as before."""
    text = "\n".join(lines) + "\n"
    try:
        events = list(yaml.parse(text))
    except yaml.YAMLError:
        assume(False)
    aliases = {event.anchor for event in events if isinstance(event, yaml.AliasEvent)}
    offset = draw.draw(st.integers(0, len(text)))
    depth, begun = 0, None
    for event in events:
        start = event.start_mark.index if event.start_mark is not None else 0
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if event.anchor in aliases and begun is None:
                begun = (depth, start)
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            if begun is not None and begun[0] == depth:
                if begun[1] <= offset < start:
                    assert is_shared(Source("a.yaml", text).span(offset, offset))
                begun = None
            depth -= 1
