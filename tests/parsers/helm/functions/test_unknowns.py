"""What the functions make of values that cannot be told."""

from __future__ import annotations

import pytest
from tests.parsers.helm.functions.expression import FakeHost, a_call, evaluate

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.helm.functions.table import FUNCTIONS
from plumbrule_parsers.traced import Traced, first_unknown, trace
from plumbrule_parsers.value import Reason, Segments, Unknown

LOST = Unknown(Reason.NO_VALUE, "x", type="string")
VALUES = {
    "lost": Traced(LOST),
    "any": Traced(Unknown(Reason.NO_VALUE, "y")),
    "part": Traced(Segments(("acme/web:", LOST))),
    "middle": Traced(Segments(("a-", LOST, "-z"))),
    "open": Traced({"a": Traced(1)}, rest=LOST),
    "items": Traced([Traced("a"), Traced(LOST), Traced("c")]),
}


def value(text: str) -> Traced:
    return evaluate(text, VALUES, a_call(FakeHost()))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("randAlphaNum 10", 10), ("randAlpha 3", 3), ("randNumeric 4", 4), ("randAscii 5", 5),
        ("randBytes 10", 16), ("uuidv4", 36), ("bcrypt `x`", 60), ("shuffle `abc`", 3),
        ("randAlphaNum 10 | trunc 4", 4), ("randAlphaNum 10 | upper", 10),
        ("randAlphaNum 9 | b64enc", 12), ("sha256sum .lost", 64), ("genPrivateKey `rsa`", None),
        ("trunc -3 (randAlphaNum 10)", 3), ("substr 2 5 (randAlphaNum 10)", 3),
    ],
)  # fmt: skip
def test_random_text_is_unknown_with_its_length(text: str, length: int | None) -> None:
    found = value(text).data
    assert isinstance(found, Unknown)
    assert found.length == length
    assert found.not_null


@pytest.mark.parametrize(
    "text",
    [
        "now", "date `2006` now", "ago now", "date `2006` `no time`", "randInt 1 5",
        "getHostByName `x`", "derivePassword 1 `a` `b` `c` `d`", "encryptAES `a` `b`",
        "add .lost 1", "eq .lost `a`", "index .items 1", "get .open `b`", "hasKey .open `b`",
        "len .items | until | first | add .lost", "default .lost .any", "ternary 1 2 .any",
        "regexMatch `a` .lost", "semverCompare `>1` .lost", "fromYaml .lost", "b64enc .part",
        "splitList `,` .part", "sortAlpha .items", "toDate `2006` .lost", "contains `q` .part",
        "trunc .any `abc`", "substr 3 5 .middle", "dig `b` `x` 1 .open", "len .open",
        "urlParse .lost", "lt .lost `a`", "keys .any | first", "empty .lost", "atoi .lost",
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_unknown(text: str) -> None:
    assert first_unknown(value(text)) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eq .part `other`", False), ("eq .part `acme/web:1`", None),
        ("hasPrefix `acme` .part", True), ("hasPrefix `x` .part", False),
        ("hasSuffix `1` .part", None), ("contains `web` .part", True), ("empty .part", False),
        ("eq .part 1 | not", "refused"), ("len (randAlphaNum 7)", 7), ("kindOf .part", "string"),
        ("kindIs `string` .lost", True), ("or .part `x` | hasPrefix `acme`", True),
        ("and .part `x`", "x"), ("has `a` .items", True), ("hasKey .open `a`", True),
        ("any .lost 1", True), ("trimPrefix `acme/` .part | hasPrefix `web`", True),
        ("trunc 4 .part", "acme"), ("first .items", "a"), ("get .open `a`", 1),
        ("coalesce .part `b` | hasPrefix `acme`", True), ("eq (randAlphaNum 5) `abc`", None),
    ],
)  # fmt: skip
def test_what_is_certain_is_told(text: str, expected: object) -> None:
    if expected == "refused":
        with pytest.raises(FunctionError):
            value(text)
        return
    found = value(text).data
    if expected is None:
        assert isinstance(found, Unknown)
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("upper .part", "ACME/WEB:<?>"), ("quote .part", '"acme/web:<?>"'),
        ("printf `%s!` .part", "acme/web:<?>!"), ("cat .part 1", "acme/web:<?> 1"),
        ("replace `-` `+` .middle", "a+<?>+z"), ("join `,` .items", "a,<?>,c"),
        ("trimSuffix `z` .middle", "a-<?>-"), ("nindent 2 .middle", "\n  a-<?>-z"),
        ("toYaml (dict `k` .part `n` .lost)", 'k: "acme/web:<?>"\n"n": <?>'),
        ("toJson (list .part 1)", '["acme/web:<?>",1]'), ("repeat 2 .part", "acme/web:<?>" * 2),
        ("htpasswd `me` .lost", "me:<?>"), ("trunc 10 .middle", "a-<?>"),
        ("print .middle `x`", "a-<?>-zx"), ("squote .middle", "'a-<?>-z'"),
    ],
)  # fmt: skip
def test_the_known_part_of_a_text_is_kept(text: str, expected: str) -> None:
    found = value(text).data
    assert isinstance(found, Segments)
    assert str(found) == expected


def test_yaml_with_an_unknown_part_is_read_back_with_it() -> None:
    found = value("toYaml (dict `k` .part `n` .lost `s` `x`) | fromYaml")
    assert isinstance(found.data, dict)
    assert str(found.data["k"].data) == "acme/web:<?>"
    assert isinstance(found.data["n"].data, Unknown)
    assert found.data["s"].data == "x"


def test_certificates_are_structs_of_unknown_parts() -> None:
    found = value("genCA `ca` 365")
    assert isinstance(found.data, dict)
    assert {name: type(part.data) for name, part in found.data.items()} == {
        "Cert": Unknown, "Key": Unknown,
    }  # fmt: skip
    assert found.data["Key"].sensitive


def test_lookup_is_empty_and_says_why() -> None:
    found = value("lookup `v1` `Secret` `ns` `name`")
    assert found.data == {}
    assert found.via[0].kind == "builtin"


def test_each_function_takes_unknown_arguments() -> None:
    """No function raises anything but its own error, whatever is unknown."""
    from plumbrule_parsers.helm.functions.table import call

    for name, function in FUNCTIONS.items():
        count = max(function.fewest, 1) if function.most is None else function.most
        for odd in (*VALUES.values(), Traced(None), trace({"a": [1, None]}), Traced("%s\ud800é")):
            try:
                call(name, [odd] * count, a_call(FakeHost()))
            except FunctionError:
                continue
