"""Laws: what is written is read back, nothing raises but FunctionError, results are bounded."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parsers.helm.functions.expression import FakeHost, a_call, evaluate

from plumbrule_parsers.function_table import MAX_ITEMS, MAX_TEXT, FunctionError
from plumbrule_parsers.helm.functions.table import FUNCTIONS, call
from plumbrule_parsers.source import Source
from plumbrule_parsers.traced import Traced, plain, trace
from plumbrule_parsers.yaml_tree import parse_yaml

# Text as YAML can hold it, with what is likely to be taken for something else.
LETTERS = st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029\ufeff\ufdd0")
TEXTS = st.one_of(
    st.text(st.sampled_from("ab01 :-#\n'\"\\{}[],&*!|>%@`?~.=_+ey\t"), max_size=30),
    st.text(LETTERS, max_size=12),
    st.sampled_from(["yes", "1e3", "0x1f", "2020-01-01", "~", "- a", "a: b", "x " * 60]),
)
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False),
    st.integers(-(2**53), 2**53).map(float),
)
TREES = st.recursive(
    st.one_of(TEXTS, NUMBERS, st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


def written(name: str, data: object) -> Traced:
    """The text; `toYaml` takes the last line end away, which counts where a block keeps them."""
    result = call(name, [trace(data)], a_call())
    assert isinstance(result.data, str)
    return Traced(result.data + "\n") if name == "toYaml" else result


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(TEXTS, TREES, max_size=4))
def test_yaml_is_read_back_as_it_was(data: dict[str, object]) -> None:
    assert plain(call("fromYaml", [written("toYaml", data)], a_call())) == data


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_the_yaml_reader_agrees(data: object) -> None:
    text = written("toYaml", data).data
    assert isinstance(text, str)
    stream = parse_yaml(Source("x", str(text)), "1.1")
    assert not stream.problems
    found = stream.documents[0].value if stream.documents else None
    assert floats(found) == data


def floats(data: object) -> object:
    """JSON knows only floats, which is how Helm has every number of a text."""
    if isinstance(data, dict):
        return {key: floats(item) for key, item in data.items()}
    if isinstance(data, list):
        return [floats(item) for item in data]
    return float(data) if isinstance(data, int) and not isinstance(data, bool) else data


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(TEXTS, TREES, max_size=4))
def test_json_is_read_back_as_it_was(data: dict[str, object]) -> None:
    for name in ("toJson", "toRawJson", "toPrettyJson"):
        assert plain(call("fromJson", [written(name, data)], a_call())) == data


ARGUMENTS = st.one_of(
    TREES, st.integers(-5, 70), st.just(10**9), st.just(-(10**9)), st.just(math.inf),
    st.sampled_from(["(a+)+$", "%d %s %[9]d %*d", "^1.2 || x", "2006-01-02", "1h", "a\ud800"]),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(ARGUMENTS, max_size=4))
def test_a_call_gives_a_bounded_value_or_a_function_error(name: str, data: list[object]) -> None:
    try:
        result = call(name, [trace(item) for item in data], a_call(FakeHost()))
    except FunctionError:
        return
    if isinstance(result.data, str):
        assert len(result.data) <= 2 * MAX_TEXT
    elif isinstance(result.data, (list, dict)):
        assert len(result.data) <= MAX_ITEMS


@pytest.mark.parametrize(
    "text",
    [
        "repeat 1000000000 `a`", "until 1000000000", "untilStep 0 1000000000 1", "seq 1000000000",
        "indent 1000000000 `a`", "printf `%1000000000d` 1", "randAlphaNum 1000000000",
        "repeat 100000 `aaaaaaaaaa` | replace `a` `bbbbbbbbbb`", "printf `%.99999f` 1.5",
        "regexMatch `a{2000}` `a`",
    ],
)  # fmt: skip
def test_what_would_be_too_large_is_refused(text: str) -> None:
    if text.startswith("regexMatch"):
        assert evaluate(text).data is False  # Go does not compile it either
        return
    with pytest.raises(FunctionError):
        evaluate(text)


def test_a_map_within_itself_is_refused() -> None:
    data: dict[str, Traced] = {}
    value = Traced(data)
    data["self"] = value
    for name in ("toYaml", "toJson", "deepCopy", "print", "toToml"):
        with pytest.raises(FunctionError):
            call(name, [value], a_call())


@pytest.mark.parametrize("text", ["nosuch 1", "quote2 1", "upper", "upper `a` `b`", "ternary 1 2"])
def test_unknown_names_and_wrong_counts_are_refused(text: str) -> None:
    with pytest.raises(FunctionError):
        evaluate(text)


def test_set_and_merge_change_their_first_argument_in_place() -> None:
    target = trace({"a": {"b": 1}})
    assert call("set", [target, Traced("c"), Traced(2)], a_call()) is target
    call("mergeOverwrite", [target, trace({"a": {"b": 3}})], a_call())
    assert plain(target) == {"a": {"b": 3}, "c": 2}
    call("unset", [target, Traced("c")], a_call())
    assert plain(target) == {"a": {"b": 3}}


def test_a_merge_does_not_share_what_it_copies() -> None:
    source = trace({"a": {"b": 1}})
    target = call("merge", [Traced({}), source], a_call())
    assert isinstance(target.data, dict)
    call("set", [target.data["a"], Traced("b"), Traced(2)], a_call())
    assert plain(source) == {"a": {"b": 1}}


def test_messages_of_the_author_are_marked() -> None:
    for text in ("fail `boom`", "required `boom` ``"):
        with pytest.raises(FunctionError, match="boom") as caught:
            evaluate(text)
        assert caught.value.by_author
