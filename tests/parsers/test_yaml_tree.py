"""YAML: values under both rule sets, places, aliases, merge keys, and recovery."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbrule_parsers.document import Severity
from plumbrule_parsers.read import decode
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue, Reason, Unknown, Value
from plumbrule_parsers.yaml_scalars import Rules, resolve_11
from plumbrule_parsers.yaml_tree import MAX_DEPTH, YamlStream, parse_yaml


def stream(text: str, rules: Rules = "1.2") -> YamlStream:
    return parse_yaml(Source("x.yaml", text), rules)


def only(text: str, rules: Rules = "1.2") -> Any:
    """The value of a text of one document without problems."""
    found = stream(text, rules)
    assert not found.problems
    (document,) = found.documents
    return document.value


def codes(text: str) -> list[str]:
    return [problem.code for problem in stream(text).problems]


def written(owner: MapValue | ListValue, key: str | int) -> tuple[str, str]:
    """The text of key and value of an entry."""
    place = owner.place(key)  # type: ignore[arg-type]
    assert place is not None
    return (place.key.text if place.key is not None else "", place.value.text)


# ------------------------------------------------------------------ scalars
SCALARS: dict[str, tuple[object, object]] = {  # written: (YAML 1.1 as go-yaml v2, YAML 1.2 core)
    "yes": (True, "yes"), "NO": (False, "NO"), "on": (True, "on"), "Off": (False, "Off"),
    "y": (True, "y"), "true": (True, True), "TRUE": (True, True), "tRUE": ("tRUE", "tRUE"),
    "0755": (493, 755), "0o755": (493, 493), "0x1F": (31, 31), "0b11": (3, "0b11"),
    "-0x1F": (-31, "-0x1F"), "0x_1": (1, "0x_1"), "0x-1": ("0x-1", "0x-1"), "089": (89.0, 89),
    "1_000": (1000, "1_000"), "_1": ("_1", "_1"), "12:30": ("12:30", "12:30"),
    "1e3": (1000.0, 1000.0), "1.": (1.0, 1.0), ".5": (0.5, 0.5), "1.2.3": ("1.2.3", "1.2.3"),
    "-1": (-1, -1), "+1": (1, 1), "--1": ("--1", "--1"),
    "2024-01-01": ("2024-01-01", "2024-01-01"), "~": (None, None), "null": (None, None),
    "": (None, None), ".inf": (math.inf, math.inf), "-.INF": (-math.inf, -math.inf),
    "123456789012345678901234567890": (int("1234567890" * 3),) * 2,
    "0": (0, 0), "00": (0, 0), "1__0": (10, "1__0"), "9" * 5000: ("9" * 5000,) * 2,
    "'1'": ("1", "1"), '"true"': ("true", "true"), "!!str 1": ("1", "1"), "!!int '7'": (7, 7),
    "!!float 3": (3.0, 3.0), "! 5": ("5", "5"), "&a 5": (5, 5), "1 # one": (1, 1),
}  # fmt: skip


@pytest.mark.parametrize("text", SCALARS)
def test_scalars_under_both_rule_sets(text: str) -> None:
    for rules, wanted in zip(("1.1", "1.2"), SCALARS[text], strict=True):
        for shape in (f"k: {text}\n", f"- {text}\n", f"{text}\n" if text else "--- \n"):
            value = only(shape, rules)  # type: ignore[arg-type]
            found = value["k"] if isinstance(value, dict) else value
            found = found[0] if isinstance(found, list) else found
            assert (type(found), found) == (type(wanted), wanted), (rules, shape)


def test_not_a_number_is_a_float() -> None:
    assert math.isnan(only(".nan"))


def test_text_rules_resolve_nothing() -> None:
    assert only("a: [1, yes, null, '']", "text") == {"a": ["1", "yes", "null", ""]}


def test_keys_are_what_was_written() -> None:
    for rules in ("1.1", "1.2"):
        value = only("on: 1\n0755: 2\nnull: 3\n'yes': 4\n1.0: 5\n~: 6\n? long\n: 7\n", rules)  # type: ignore[arg-type]
        assert list(value) == ["on", "0755", "null", "yes", "1.0", "~", "long"]


@given(st.text("0123456789_+-xob.eE", min_size=1, max_size=8))
def test_numbers_of_1_1_never_raise(text: str) -> None:
    assert resolve_11(text) is not None


# ------------------------------------------------------------------ places
def test_every_key_and_value_has_its_place() -> None:
    value = only("""\
# head
a: plain   # why
'b' : "two
  lines"
"c":
  - x
  -   y: |
        text
        # no comment

# between
  - [1, {k: v}]
d:
e: &anchor value
f: !!str &other 12
? g
: >-
  folded
  text
h: *anchor
""")
    assert written(value, "a") == ("a", "plain")
    assert written(value, "b") == ("'b'", '"two\n  lines"')
    assert written(value, "c")[0] == '"c"'
    assert written(value, "c")[1].startswith("- x\n")
    assert written(value, "c")[1].endswith("[1, {k: v}]")
    assert written(value["c"], 0) == ("", "x")
    assert written(value["c"][1], "y") == ("y", "|\n        text\n        # no comment")
    assert written(value["c"][2], 1) == ("", "{k: v}")
    assert written(value["c"][2][1], "k") == ("k", "v")
    assert written(value, "d") == ("d", "")
    assert written(value, "e") == ("e", "value")
    assert written(value, "f") == ("f", "12")
    assert written(value, "g") == ("g", ">-\n  folded\n  text")
    assert written(value, "h") == ("h", "*anchor")
    assert value["h"] == "value"


def test_collections_end_with_their_last_entry() -> None:
    value = only(
        "a:\n  b: 1\n\n  # tail\n\n# more\nc: [\n  1,\n] # x\nd:\n- 1\n# y\ne:\n  - \nf: {}\n"
    )
    assert written(value, "a")[1] == "b: 1"
    assert written(value, "c")[1] == "[\n  1,\n]"
    assert written(value, "d")[1] == "- 1"
    assert written(value, "e")[1] == "-"
    assert written(value, "f")[1] == "{}"
    assert value.span.text.endswith("f: {}")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_line_ends_and_wide_characters_move_no_place(line_end: str) -> None:
    text = line_end.join(("é: '\U0001f600'", "b: 1", "c: |", "  x", "  y", "d: z", ""))
    value = only(text)
    assert [written(value, key)[0] for key in value] == ["é", "b", "c", "d"]
    assert written(value, "é")[1] == "'\U0001f600'"
    assert written(value, "d")[1] == "z"
    place = value.place("d")
    assert place.value.line == (6 if line_end in "\r\n" else 1)


def test_a_byte_order_mark_moves_no_place() -> None:
    assert written(only("\ufeffa: b\n"), "a") == ("a", "b")


# ------------------------------------------------------------------ tags
def test_custom_tags_keep_tag_and_content() -> None:
    value = only("a: !Ref Bucket\nb: !reference [.x, script]\nc: !vault |\n  enc\nd: !Sub {k: v}\n")
    assert value["a"] == {"": "Bucket"}
    assert value["a"].tag == "!Ref"
    assert written(value, "a") == ("a", "!Ref Bucket")
    assert written(value["a"], "")[1] == "Bucket"
    assert (value["b"].tag, value["b"]) == ("!reference", [".x", "script"])
    assert (value["c"].tag, value["c"][""]) == ("!vault", "enc\n")
    assert written(value["c"], "")[1] == "|\n  enc"
    assert (value["d"].tag, value["d"]) == ("!Sub", {"k": "v"})


# ------------------------------------------------------------------ aliases and merge keys
def test_aliases_are_the_anchors_value_and_anchors_may_be_used_again() -> None:
    value = only("a: &x {k: 1}\nb: *x\nc: &x 2\nd: *x\ne: [&n null, *n]\n*x : f\n")
    assert value["b"] is value["a"]
    assert (value["d"], value["e"], value["2"]) == (2, [None, None], "f")
    assert written(value, "b")[1] == "*x"
    assert written(value["b"], "k") == ("k", "1")


def test_anchors_do_not_cross_documents() -> None:
    assert codes("a: &x 1\n---\nb: *x\n") == ["undefined-alias"]


def test_merge_keys_bring_in_entries_that_are_not_set() -> None:
    value = only(
        """\
a: &a {x: 1, y: 1}
b: &b {y: 2, z: 2}
c: {<<: [*a, *b], z: 3}
d:
  y: 4
  <<: *b
  w: 5
e: {<<: {q: 1}}
f: {"<<": 1}
g: {<<: *d}
""".replace("d:\n", "d: &d\n")
    )
    assert value["c"] == {"z": 3, "x": 1, "y": 1}
    assert value["d"] == {"y": 4, "w": 5, "z": 2}
    assert value["e"] == {"q": 1}
    assert value["f"] == {"<<": 1}
    assert value["g"] == value["d"]
    assert written(value["c"], "z") == ("z", "3")
    assert written(value["d"], "w") == ("w", "5")
    assert written(value["d"], "z") == ("z", "2")
    assert [hop.span.text for hop in value["d"].place("z").via] == ["<<: *b"]
    assert len(value["g"].place("z").via) == 2


def test_what_cannot_be_merged_is_reported_and_kept() -> None:
    found = stream("a: {<<: 1, b: 2}\nc: {<<: [{d: 1}, x]}\n")
    assert [problem.code for problem in found.problems] == ["merge-key", "merge-key"]
    value = found.documents[0].value
    assert isinstance(value, MapValue)
    assert value["a"] == {"<<": 1, "b": 2}


def test_budgets_leave_unknowns_and_one_error() -> None:
    lines = ["a0: &a0 [x]"] + [
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)
    ]
    found = stream("\n".join(lines))
    (problem,) = found.problems
    assert (problem.code, problem.severity) == ("alias-limit", Severity.ERROR)
    value = found.documents[0].value
    assert isinstance(value, MapValue)
    last = value["a8"]
    assert isinstance(last, ListValue)
    assert all(isinstance(item, Unknown) and item.reason is Reason.LIMIT for item in last)


def test_depth_is_limited_at_the_limit() -> None:
    assert codes("[" * MAX_DEPTH + "]" * MAX_DEPTH) == []
    assert codes("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)) == ["too-deep"]
    assert codes("- " * (MAX_DEPTH + 1) + "x") == ["too-deep"]


# ------------------------------------------------------------------ problems and recovery
def test_duplicate_keys_name_the_first_line_and_the_last_wins() -> None:
    found = stream("a: 1\nb:\n  c: 1\n  c: 2\na: 2\n")
    shown = [(one.code, one.span.line, one.message) for one in found.problems]
    assert shown == [
        ("duplicate-key", 4, "`c` was already set on line 3; the last one wins"),
        ("duplicate-key", 5, "`a` was already set on line 1; the last one wins"),
    ]
    value = found.documents[0].value
    assert isinstance(value, MapValue)
    assert value["a"] == 2
    place = value.place("a")
    assert place is not None
    assert (place.value.line, place.value.text) == (5, "2")


def test_a_broken_document_costs_only_itself() -> None:
    found = stream("a: 1\n---\nb: [\n---\nc: 3\n---\nd: \x07\n---\ne: 5\n---\n*f : 1\n---\ng: 7\n")
    assert [document.value for document in found.documents] == [
        {"a": 1},
        {"c": 3},
        {"e": 5},
        {"g": 7},
    ]
    assert [(one.code, one.span.line) for one in found.problems] == [
        ("yaml-syntax", 4), ("yaml-character", 7), ("undefined-alias", 11),
    ]  # fmt: skip
    for document in found.documents:
        assert isinstance(document.value, MapValue)
        for key in document.value:
            assert written(document.value, key)[0] == key


def test_documents_have_their_spans() -> None:
    found = stream("# c\na: 1\n--- # x\nb: 2\n...\n---\n# empty\n---\n- 3\n")
    assert [document.value for document in found.documents] == [{"a": 1}, {"b": 2}, None, [3]]
    assert [document.span.text for document in found.documents] == [
        "a: 1", "--- # x\nb: 2", "---", "---\n- 3",
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "hint"), [
    ("a:\n\tb: 1\n", "tabs"), ("a: b: c\n", "quote the value"), ("a: {{ x }}\n", "template"),
    ("a: 1\nb\nc: 2\n", "`:`"),
])  # fmt: skip
def test_common_mistakes_come_with_a_hint(text: str, hint: str) -> None:
    (problem,) = stream(text).problems
    assert hint in problem.hint


# ------------------------------------------------------------------ against PyYAML
class Loader(yaml.SafeLoader):
    """PyYAML's constructor with the core schema of YAML 1.2, which is where we differ by design."""


Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)\Z", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)\Z", list("tTfF")),
    ("int", r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z", list("-+0123456789")),
    ("float", r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)\Z",
     list("-+0123456789.")),
    ("float", r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z", list("-+.")),
    ("merge", r"(?:<<)\Z", ["<"]),
):  # fmt: skip
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def _int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> object:
    text = loader.construct_scalar(node)
    if len(text) > 4000:
        return text
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> object:
    text = str(loader.construct_scalar(node)).lower()
    return text if len(text) > 4000 else float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _any(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return {"": loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


def _map(loader: yaml.SafeLoader, node: yaml.MappingNode) -> object:
    # Merged here, because PyYAML's own code compares keys by identity: of two mappings in one `<<`
    # that share a key, the wrong one wins if the key is not interned.
    made: dict[str, object] = {}
    merged: list[object] = []
    for key, value in node.value:
        built = loader.construct_object(value, deep=True)
        if key.tag == "tag:yaml.org,2002:merge":
            merged.extend(built if isinstance(built, list) else [built])
        else:
            made[str(key.value)] = built
    for origin in merged:
        if not isinstance(origin, dict):
            raise yaml.constructor.ConstructorError(problem="not a mapping")
        for name, value in origin.items():
            made.setdefault(name, value)
    return made


Loader.add_constructor("tag:yaml.org,2002:int", _int)
Loader.add_constructor("tag:yaml.org,2002:float", _float)
Loader.add_constructor("tag:yaml.org,2002:map", _map)
Loader.add_multi_constructor("!", _any)


def same(ours: Value, theirs: object) -> bool:
    if isinstance(ours, MapValue):
        return isinstance(theirs, dict) and set(ours) == set(theirs) and all(
            same(value, theirs[key]) for key, value in ours.items()
        )  # fmt: skip
    if isinstance(ours, ListValue):
        return isinstance(theirs, list) and len(ours) == len(theirs) and all(
            same(left, right) for left, right in zip(ours, theirs, strict=True)
        )  # fmt: skip
    if isinstance(ours, float) and math.isnan(ours):
        return isinstance(theirs, float) and math.isnan(theirs)
    return type(ours) is type(theirs) and ours == theirs


KEYS = st.text("abcdefghij-", min_size=1, max_size=6)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats()
    | st.text(max_size=20) | st.sampled_from(["on", "0x1", "1_0", "12:30", "~", "# x", "a: b"])
    | st.text("ab \n\t#:'\"\\", max_size=30)
)  # fmt: skip
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(
    trees=st.lists(TREES, min_size=1, max_size=3), flow=st.sampled_from((True, False, None)),
    style=st.sampled_from((None, "'", '"', "|", ">")), indent=st.integers(2, 4),
    width=st.sampled_from((20, 80)),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_generated_yaml_means_what_pyyaml_says(
    trees: list[Any], flow: bool | None, style: str | None, indent: int, width: int
) -> None:
    text = yaml.safe_dump_all(
        trees, default_flow_style=flow, default_style=style, indent=indent, width=width,
        allow_unicode=True,
    )  # fmt: skip
    theirs = list(yaml.load_all(text, Loader))
    ours = stream(text)
    assert not ours.problems
    assert len(ours.documents) == len(theirs)
    assert all(same(left.value, right) for left, right in zip(ours.documents, theirs, strict=True))


@pytest.mark.corpora
@pytest.mark.slow
def test_real_yaml_means_what_pyyaml_says() -> None:
    """Every file that both accept; what only one accepts is counted and must stay rare."""
    folder = os.environ.get("PLUMBRULE_CORPORA")
    if not folder:
        pytest.skip("PLUMBRULE_CORPORA names no folder")
    both = only_ours = only_theirs = 0
    different: list[str] = []
    for path in sorted(Path(folder).rglob("*.y*ml")):
        if path.suffix not in (".yaml", ".yml") or not path.is_file():
            continue
        source = decode(str(path), path.read_bytes())
        if not isinstance(source, Source) or len(source.text) > 200_000:
            continue
        ours = parse_yaml(source)
        fine = not any(one.severity is Severity.ERROR for one in ours.problems)
        try:
            theirs = list(yaml.load_all(source.text, Loader))
        except (yaml.YAMLError, ValueError, RecursionError, TypeError):
            only_ours += fine
            continue
        if not fine:
            # Collections as keys (`{{ x }}` of templates) are refused by design.
            only_theirs += any(
                one.severity is Severity.ERROR and one.code != "complex-key"
                for one in ours.problems
            )
            continue
        both += 1
        values = [document.value for document in ours.documents]
        if len(values) != len(theirs) or not all(map(same, values, theirs)):
            different.append(source.path)
    assert not different
    assert both > 100
    assert only_theirs <= both // 200
