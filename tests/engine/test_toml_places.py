"""Keys and values of a configuration stand where they were written."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule.toml_places import Keys, TomlPlaces
from plumbrule_parsers.source import Source

TEXT = '''\
# one [a] = "x"
top = 1
"quoted.key" = 'it = x'
dotted.inner . "deep" = true

[table]
text = """
[[no.header]]
x = 1
"""
list = [ # first
  "a,]", { b = 2, c.d = [3] },
]

[[many]]
name = "one"
[[many.below]]
n = 1
[[many.below]]
n = 2
[many.single]
k = 2024-01-01

[[many]]
name = "two"
set = { "image.tag" = "1.0" }
'''
PLACES = TomlPlaces(Source("plumbrule.toml", TEXT))


@pytest.mark.parametrize(
    ("keys", "line", "key", "value"),
    [
        (("top",), 2, "top", "1"),
        (("quoted.key",), 3, '"quoted.key"', "'it = x'"),
        (("dotted", "inner", "deep"), 4, '"deep"', "true"),
        (("table", "list", 1, "c", "d"), 12, "d", "[3]"),
        (("many", 0, "name"), 16, "name", '"one"'),
        (("many", 0, "below", 1, "n"), 20, "n", "2"),
        (("many", 0, "single", "k"), 22, "k", "2024-01-01"),
        (("many", 1, "set", "image.tag"), 26, '"image.tag"', '"1.0"'),
    ],
)
def test_a_key_and_its_value_have_their_place(
    keys: Keys, line: int, key: str, value: str
) -> None:  # fmt: skip
    place = PLACES.values[keys]
    assert place.key is not None
    assert (place.key.line, place.key.text, place.value.text) == (line, key, value)
    assert PLACES.key(keys) == place.key


def test_items_and_tables_have_their_place() -> None:
    assert PLACES.key(("table", "list", 0)).text == '"a,]"'
    assert (PLACES.key(("many", 1)).text, PLACES.key(("many", 1)).line) == ("many", 24)
    assert PLACES.key(("many", 1, "absent", "below")) == PLACES.key(("many", 1))
    assert PLACES.key(("absent",)).line == 1


def test_tables_become_positioned_values() -> None:
    data = tomllib.loads(TEXT)
    made = PLACES.value(data, ())
    assert json.loads(json.dumps(made)) == json.loads(json.dumps(data, default=str))


KEYS = st.text(st.sampled_from("ab-.\"\\' é#=[]"), max_size=4)
DATA = st.dictionaries(KEYS, st.recursive(
    st.one_of(st.booleans(), st.integers(-9, 9), st.text(st.sampled_from('a"\\\'\n]},#='))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
), max_size=3)  # fmt: skip


def written(data: Any) -> str:
    """The data as an inline value of TOML; a JSON text is one of TOML's basic strings."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {written(data[key])}" for key in data) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(map(written, data)) + "]"
    return json.dumps(data)


def leaves(data: Any, keys: Keys = ()) -> list[tuple[Keys, Any]]:
    if isinstance(data, dict):
        return [one for key in data for one in leaves(data[key], (*keys, key))]
    if isinstance(data, list):
        return [one for index in range(len(data)) for one in leaves(data[index], (*keys, index))]
    return [(keys, data)]


@given(DATA)
def test_every_value_is_found_where_it_is_written(data: dict[str, Any]) -> None:
    text = "".join(f"{json.dumps(key)} = {written(data[key])}  # x\n" for key in data)
    assert tomllib.loads(text) == data
    places = TomlPlaces(Source("x.toml", text))
    for keys, value in leaves(data):
        assert tomllib.loads(f"x = {places.values[keys].value.text}")["x"] == value


@given(st.text(st.sampled_from("ab=\"'[]{}.,#\n ")))
def test_no_text_is_refused(text: str) -> None:
    TomlPlaces(Source("x.toml", text))
