"""Terraform's functions by example, what they refuse, and that they reach nothing outside."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.functions.call import Files
from plumbrule_parsers.terraform.functions.table import FUNCTIONS, call
from plumbrule_parsers.traced import SetData, Traced, first_unknown, plain, trace
from plumbrule_parsers.value import Reason, Segments, Unknown, join_segments

STORED = {"a.txt": b"hello", "b.bin": b"\xff\xfe"}
FILES = Files(
    read=STORED.get,
    matching=lambda folder, glob: (
        sorted(STORED) if (folder, glob) == (".", "*") else [] if folder == "." else None
    ),
)
X = Unknown(Reason.NO_VALUE, "var.x")


def run(name: str, *args: object) -> Traced:
    return call(name, [arg if isinstance(arg, Traced) else trace(arg) for arg in args], FILES)


def as_set(*items: object) -> Traced:
    return run("toset", list(items))


# Examples in the order of the documentation: function, arguments, result.
EXAMPLES: list[tuple[str, tuple[Any, ...], Any]] = [
    # numbers
    ("abs", (23,), 23), ("abs", (-12.4,), 12.4), ("abs", ("-3",), 3),
    ("ceil", (5,), 5), ("ceil", (5.1,), 6), ("ceil", (-5.1,), -5),
    ("floor", (5,), 5), ("floor", (4.9,), 4), ("floor", (-4.9,), -5),
    ("log", (50, 10), 1.6989700043360185), ("log", (16, 2), 4), ("log", (8, 2), 3),
    ("max", (12, 54, 3), 54), ("min", (12, 54, 3), 3),
    ("parseint", ("100", 10), 100), ("parseint", ("FF", 16), 255), ("parseint", ("-10", 16), -16),
    ("parseint", ("1011111011101111", 2), 48879), ("parseint", ("aA", 62), 656),
    ("pow", (3, 2), 9), ("pow", (4, 0), 1), ("pow", (2, -1), 0.5),
    ("signum", (-13,), -1), ("signum", (0,), 0), ("signum", (344,), 1),
    ("sum", ([10, 13, 6, 4.5],), 33.5), ("sum", ([1, 2],), 3),
    # strings
    ("chomp", ("hello\n",), "hello"), ("chomp", ("hello\r\n",), "hello"),
    ("chomp", ("hello\n\n",), "hello"),
    ("endswith", ("hello world", "world"), True), ("endswith", ("hello world", "hello"), False),
    ("format", ("Hello, %s!", "Ander"), "Hello, Ander!"),
    ("format", ("There are %d lights", 4), "There are 4 lights"),
    ("format", ("%v %v", "a", True), "a true"), ("format", ("%5.2f|", 3.14159), " 3.14|"),
    ("format", ("%05d", -42), "-0042"), ("format", ("%x %X %o %b", 255, 255, 8, 5), "ff FF 10 101"),
    ("format", ("%q", 'a"b'), '"a\\"b"'), ("format", ("%-5s|", "ab"), "ab   |"),
    ("format", ("%%",), "%"), ("format", ("%[2]s %[1]s", "a", "b"), "b a"),
    ("format", ("%#v", ["a", 1]), '["a",1]'), ("format", ("%s", 1.5), "1.5"),
    ("format", ("%v", None), "null"), ("format", ("%t", "true"), "true"),
    ("format", ("%+d", 3), "+3"), ("format", ("%.2s", "abc"), "ab"),
    ("format", ("%e", 1200000), "1.200000e+06"),
    ("formatlist", ("Hello, %s!", ["A", "B"]), ["Hello, A!", "Hello, B!"]),
    ("formatlist", ("%s, %s!", "Hi", ["A", "B"]), ["Hi, A!", "Hi, B!"]),
    ("indent", (2, "a\nb"), "a\n  b"), ("join", ("-", ["foo", "bar", "baz"]), "foo-bar-baz"),
    ("join", (", ", ["foo"]), "foo"), ("join", (",", ["a"], ["b"]), "a,b"),
    ("join", (",", [1, True]), "1,true"),
    ("lower", ("HELLO",), "hello"), ("upper", ("hello",), "HELLO"),
    ("regex", ("[a-z]+", "53453453.345345aaabbbccc23454"), "aaabbbccc"),
    ("regex", (r"(\d\d\d\d)-(\d\d)-(\d\d)", "2019-02-01"), ["2019", "02", "01"]),
    ("regex",
     (r"^(?:(?P<scheme>[^:/?#]+):)?(?://(?P<authority>[^/?#]*))?", "https://terraform.io/docs/"),
     {"scheme": "https", "authority": "terraform.io"}),
    ("regexall", ("[a-z]+", "1234abcd5678efgh9"), ["abcd", "efgh"]),
    ("regexall", ("[a-z]+", "123"), []),
    ("regexall", ("(a)(b)?", "a"), [["a", None]]),
    ("replace", ("1 + 2 + 3", "+", "-"), "1 - 2 - 3"),
    ("replace", ("hello world", "/w.*d/", "everybody"), "hello everybody"),
    ("replace", ("ab", "/(a)(b)/", "$2$1"), "ba"),
    ("replace", ("ab", "/(?P<x>a)/", "${x}${x}"), "aab"),
    ("replace", ("a/b", "/", "-"), "a-b"),
    ("split", (",", "foo,bar,baz"), ["foo", "bar", "baz"]), ("split", (",", "foo"), ["foo"]),
    ("split", (",", ""), [""]),
    ("startswith", ("hello world", "hello"), True), ("startswith", ("hello world", "world"), False),
    ("strcontains", ("hello world", "wor"), True), ("strcontains", ("hello world", "wod"), False),
    ("strrev", ("hello",), "olleh"), ("strrev", ("a ☃",), "☃ a"),
    ("substr", ("hello world", 1, 4), "ello"), ("substr", ("🤔🤷", 0, 1), "🤔"),
    ("substr", ("hello world", -5, -1), "world"), ("substr", ("hello world", 6, 10), "world"),
    ("substr", ("abc", 5, 2), ""),
    ("title", ("hello world",), "Hello World"), ("trim", ("?!hello?!", "!?"), "hello"),
    ("trim", ("foobar", "far"), "oob"), ("trim", ("   hello! world.!  ", "! "), "hello! world."),
    ("trimprefix", ("helloworld", "hello"), "world"),
    ("trimprefix", ("helloworld", "cat"), "helloworld"),
    ("trimspace", ("  hello\n\n",), "hello"), ("trimsuffix", ("helloworld", "world"), "hello"),
    # collections
    ("alltrue", (["true", True],), True), ("alltrue", ([True, False],), False),
    ("alltrue", ([],), True),
    ("anytrue", (["true"],), True), ("anytrue", ([True, False],), True), ("anytrue", ([],), False),
    ("chunklist", (["a", "b", "c", "d", "e"], 2), [["a", "b"], ["c", "d"], ["e"]]),
    ("chunklist", (["a", "b", "c"], 1), [["a"], ["b"], ["c"]]), ("chunklist", (["a"], 0), [["a"]]),
    ("coalesce", ("a", "b"), "a"), ("coalesce", ("", "b"), "b"), ("coalesce", (None, 1), 1),
    ("coalesce", (1, 2), 1),
    ("coalescelist", (["a", "b"], ["c"]), ["a", "b"]),
    ("coalescelist", ([], ["c", "d"]), ["c", "d"]),
    ("compact", (["a", "", "b", None, "c"],), ["a", "b", "c"]),
    ("concat", (["a", ""], ["b", "c"]), ["a", "", "b", "c"]),
    ("contains", (["a", "b", "c"], "a"), True), ("contains", (["a", "b", "c"], "d"), False),
    ("distinct", (["a", "b", "a", "c", "d", "b"],), ["a", "b", "c", "d"]),
    ("element", (["a", "b", "c"], 1), "b"), ("element", (["a", "b", "c"], 3), "a"),
    ("element", (["a", "b", "c"], -1), "c"),
    ("flatten", ([["a", "b"], [], ["c"]],), ["a", "b", "c"]),
    ("flatten", ([[["a", "b"], []], ["c"]],), ["a", "b", "c"]),
    ("index", (["a", "b", "c"], "b"), 1), ("keys", ({"a": 1, "c": 2, "d": 3},), ["a", "c", "d"]),
    ("keys", ({"b": 1, "a": 2},), ["a", "b"]),
    ("length", ([],), 0), ("length", (["a", "b"],), 2), ("length", ({"a": "b"},), 1),
    ("length", ("hello",), 5),
    ("list", ("a", "b"), ["a", "b"]), ("map", ("a", 1), {"a": 1}),
    ("lookup", ({"a": "ay", "b": "bee"}, "a", "what?"), "ay"),
    ("lookup", ({"a": "ay", "b": "bee"}, "c", "what?"), "what?"),
    ("matchkeys", (["i-123", "i-abc", "i-def"], ["us-west", "us-east", "us-east"], ["us-east"]),
     ["i-abc", "i-def"]),
    ("merge", ({"a": "b", "c": "d"}, {"e": "f", "c": "z"}), {"a": "b", "c": "z", "e": "f"}),
    ("merge", ({"a": 1}, None), {"a": 1}), ("merge", (), {}),
    ("one", ([],), None), ("one", (["hello"],), "hello"),
    ("range", (3,), [0, 1, 2]), ("range", (1, 4), [1, 2, 3]), ("range", (1, 8, 2), [1, 3, 5, 7]),
    ("range", (1, 4, 0.5), [1, 1.5, 2, 2.5, 3, 3.5]), ("range", (4, 1), [4, 3, 2]),
    ("range", (10, 5, -2), [10, 8, 6]), ("range", (0,), []), ("range", (-2,), [0, -1]),
    ("reverse", ([1, 2, 3],), [3, 2, 1]),
    ("setintersection", (["a", "b"], ["b", "c"], ["b", "d"]), ["b"]),
    ("setproduct", (["dev", "prod"], ["a", "b"]),
     [["dev", "a"], ["dev", "b"], ["prod", "a"], ["prod", "b"]]),
    ("setproduct", (["a"], []), []),
    ("setsubtract", (["a", "b", "c"], ["a", "c"]), ["b"]),
    ("setunion", (["a", "b"], ["b", "c"], ["d"]), ["a", "b", "c", "d"]),
    ("slice", (["a", "b", "c", "d"], 1, 3), ["b", "c"]),
    ("sort", (["e", "d", "a", "x"],), ["a", "d", "e", "x"]),
    ("transpose", ({"a": ["1", "2"], "b": ["2", "3"]},), {"1": ["a"], "2": ["a", "b"], "3": ["b"]}),
    ("values", ({"a": 3, "c": 2, "b": 1},), [3, 1, 2]),
    ("zipmap", (["a", "b"], [1, 2]), {"a": 1, "b": 2}),
    # encoding
    ("base64decode", ("SGVsbG8gV29ybGQ=",), "Hello World"),
    ("base64encode", ("Hello World",), "SGVsbG8gV29ybGQ="),
    ("csvdecode", ("a,b,c\n1,2,3\n4,5,6",),
     [{"a": "1", "b": "2", "c": "3"}, {"a": "4", "b": "5", "c": "6"}]),
    ("jsondecode", ('{"hello": "world"}',), {"hello": "world"}), ("jsondecode", ("true",), True),
    ("jsonencode", ({"hello": "world"},), '{"hello":"world"}'),
    ("jsonencode", ({"b": 1, "a": [None, True]},),
     '{"a":[null,true],"b":1}'),
    ("jsonencode", ("<&>",), '"\\u003c\\u0026\\u003e"'), ("jsonencode", (1.5,), "1.5"),
    ("textencodebase64", ("Hello World", "UTF-16LE"), "SABlAGwAbABvACAAVwBvAHIAbABkAA=="),
    ("textdecodebase64", ("SABlAGwAbABvACAAVwBvAHIAbABkAA==", "UTF-16LE"), "Hello World"),
    ("urlencode", ("Hello World!",), "Hello+World%21"), ("urlencode", ("☃",), "%E2%98%83"),
    ("urldecode", ("Hello+World%21",), "Hello World!"),
    ("yamldecode", ("hello: world",), {"hello": "world"}),
    ("yamldecode", ("{a: 1, b: [true]}",), {"a": 1, "b": [True]}),
    ("yamlencode", ({"a": "b", "c": "d"},), '"a": "b"\n"c": "d"\n'),
    ("yamlencode", ({"foo": [1, 2, 3], "bar": "baz"},), '"bar": "baz"\n"foo":\n- 1\n- 2\n- 3\n'),
    ("yamlencode", ({"foo": [1, {"a": "b", "c": "d"}, 3]},),
     '"foo":\n- 1\n- "a": "b"\n  "c": "d"\n- 3\n'),
    ("yamlencode", ({"a": {}, "b": []},), '"a": {}\n"b": []\n'),
    # hashes
    ("md5", ("hello world",), "5eb63bbbe01eeed093cb22bb8f5acdc3"),
    ("sha1", ("hello world",), "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed"),
    ("sha256", ("hello world",),
     "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"),
    ("base64sha256", ("hello world",), "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="),
    ("uuidv5", ("dns", "www.terraform.io"), "a5008fae-b28c-5ba5-96cd-82b4c53552d6"),
    ("uuidv5", ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.terraform.io"),
     "a5008fae-b28c-5ba5-96cd-82b4c53552d6"),
    # files
    ("basename", ("foo/bar/baz.txt",), "baz.txt"), ("dirname", ("foo/bar/baz.txt",), "foo/bar"),
    ("dirname", ("a",), "."), ("abspath", ("/a/../b",), "/b"),
    ("pathexpand", ("/etc/x",), "/etc/x"),
    ("file", ("a.txt",), "hello"), ("filebase64", ("a.txt",), "aGVsbG8="),
    ("fileexists", ("a.txt",), True),
    ("fileset", (".", "*"), ["a.txt", "b.bin"]),
    ("filemd5", ("a.txt",), "5d41402abc4b2a76b9719d911017c592"),
    ("filesha1", ("a.txt",), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
    # dates
    ("formatdate", ("DD MMM YYYY hh:mm ZZZ", "2018-01-02T23:12:01Z"), "02 Jan 2018 23:12 UTC"),
    ("formatdate", ("EEEE, DD-MMM-YY hh:mm:ss ZZZ", "2018-01-02T23:12:01Z"),
     "Tuesday, 02-Jan-18 23:12:01 UTC"),
    ("formatdate", ("EEE, DD MMM YYYY hh:mm:ss ZZZ", "2018-01-02T23:12:01-08:00"),
     "Tue, 02 Jan 2018 23:12:01 -0800"),
    ("formatdate", ("MMM DD, YYYY", "2018-01-02T23:12:01Z"), "Jan 02, 2018"),
    ("formatdate", ("HH:mmaa", "2018-01-02T23:12:01Z"), "11:12pm"),
    ("formatdate", ("h'h'mm'm'", "2018-01-02T03:12:01Z"), "3h12m"),
    ("formatdate", ("M/D/YY H AA ZZZZZ", "2018-01-02T00:12:01Z"), "1/2/18 12 AM +00:00"),
    ("timeadd", ("2017-11-22T00:00:00Z", "10m"), "2017-11-22T00:10:00Z"),
    ("timeadd", ("2017-11-22T00:00:00Z", "-1h30m"), "2017-11-21T22:30:00Z"),
    ("timecmp", ("2017-11-22T00:00:00Z", "2017-11-22T00:00:00Z"), 0),
    ("timecmp", ("2017-11-22T00:00:00Z", "2017-11-22T01:00:00Z"), -1),
    ("timecmp", ("2017-11-22T01:00:00Z", "2017-11-22T00:00:00-01:00"), 0),
    ("timecmp", ("2017-11-22T01:00:00Z", "2017-11-22T00:00:00Z"), 1),
    # networks
    ("cidrhost", ("10.12.112.0/20", 16), "10.12.112.16"),
    ("cidrhost", ("10.12.112.0/20", 268), "10.12.113.12"),
    ("cidrhost", ("10.12.112.0/20", -1), "10.12.127.255"),
    ("cidrhost", ("fd00:fd12:3456:7890:00a2::/72", 34),
     "fd00:fd12:3456:7890::22"),
    ("cidrnetmask", ("172.16.0.0/12",), "255.240.0.0"),
    ("cidrsubnet", ("172.16.0.0/12", 4, 2), "172.18.0.0/16"),
    ("cidrsubnet", ("10.1.2.0/24", 4, 15), "10.1.2.240/28"),
    ("cidrsubnet", ("fd00:fd12:3456:7890::/56", 16, 162), "fd00:fd12:3456:7800:a200::/72"),
    ("cidrsubnets", ("10.1.0.0/16", 4, 4, 8, 4),
     ["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/24", "10.1.48.0/20"]),
    ("cidrcontains", ("192.168.2.0/20", "192.168.2.1"), True),
    ("cidrcontains", ("192.168.2.0/20", "192.126.2.1"), False),
    # conversions
    ("tobool", ("true",), True), ("tobool", (None,), None), ("tonumber", ("1",), 1),
    ("tonumber", ("1.5",), 1.5),
    ("tostring", (1,), "1"), ("tostring", (True,), "true"), ("tostring", (None,), None),
    ("tostring", (1.5,), "1.5"),
    ("tolist", (["a", "b", 3],), ["a", "b", "3"]), ("toset", (["c", "b", "b"],), ["b", "c"]),
    ("tomap", ({"a": "foo", "b": True},), {"a": "foo", "b": "true"}),
    ("sensitive", ("x",), "x"), ("nonsensitive", ("x",), "x"), ("issensitive", ("x",), False),
    ("ephemeralasnull", ("x",), "x"),
]  # fmt: skip
# Not in the documentation: what Terraform does where a reader would guess otherwise.
EXAMPLES += [
    ("sum", ([0.1, 0.2],), 0.3), ("format", ("%#v", "a"), '"a"'), ("format", ("%G", 1e21), "1E+21"),
    ("format", ("%g", 0.00001), "1e-05"), ("format", ("%g", 100000), "100000"),
    ("lower", ("ß İ",), "ß i"), ("upper", ("straße ǆ",), "STRAßE Ǆ"),
    ("title", ("it's a_b é-x 1a",), "It'S A_b É-X 1a"),
    ("length", ("🤔e\u0301👨\u200d👩\r\n🇩🇪🇫🇷",), 6), ("substr", ("e\u0301a", 0, 1), "e\u0301"),
    ("substr", ("hello", -2, 0), "lo"), ("substr", ("hello", 2, 0), ""),
    ("coalesce", (None, 1, "a"), "1"), ("distinct", ([1, "1"],), ["1"]),
    ("setunion", ([1], ["a"]), ["1", "a"]), ("dirname", ("foo/bar/",), "foo/bar"),
    ("dirname", ("//",), "/"), ("dirname", ("a/../b",), "."), ("tonumber", ("1e3",), 1000),
    ("fileset", (".", "{a.txt,*}"), ["a.txt", "b.bin"]),
    ("yamldecode", ("a: yes\nb: 'no'\nc: 2020-01-01\nd: 2020-01-01t10:20:30.5+02:00\ne: 010",),
     {"a": True, "b": "no", "c": "2020-01-01T00:00:00Z", "d": "2020-01-01T10:20:30+02:00",
      "e": 10}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "expected"), EXAMPLES, ids=lambda value: str(value)[:40])
def test_examples(name: str, args: tuple[object, ...], expected: object) -> None:
    result = plain(run(name, *args))
    assert result == expected
    assert type(result) is type(expected)


# Those that give no known result at all, or whose result is a matter of compression.
NOT_BY_EXAMPLE = {"base64gunzip", "base64gzip", "bcrypt", "plantimestamp", "rsadecrypt",
                  "timestamp", "uuid",
                  "base64sha512", "sha512", "filebase64sha256", "filebase64sha512", "filesha256",
                  "filesha512"}  # fmt: skip


def test_every_function_has_an_example() -> None:
    assert {name for name, _args, _result in EXAMPLES} == set(FUNCTIONS) - NOT_BY_EXAMPLE


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("tonumber", (" 1",)), ("tonumber", ("1_0",)), ("tonumber", ("",)), ("tonumber", ("inf",)),
        ("concat", (["a"], as_set("b"))), ("element", (as_set("b"), 0)),
        ("nosuch", ()), ("abs", ()), ("abs", (1, 2)), ("abs", ("x",)), ("abs", (True,)),
        ("log", (0, 2)),
        ("parseint", ("FF", 10)), ("parseint", ("1", 1)), ("pow", (0, -1)), ("sum", ([],)),
        ("format", ("%s",)), ("format", ("%s", "a", "b")), ("format", ("%z", "a")),
        ("format", ("%d", 1.5)),
        ("regex", ("a", "b")), ("regex", ("(", "b")), ("regex", ("(a+)+$", "b")),
        ("regex", (r"(a)\1", "aa")),
        ("chunklist", (["a"], -1)), ("coalesce", (None, "")), ("coalescelist", ([], [])),
        ("element", ([], 0)),
        ("index", (["a"], "b")), ("lookup", ({}, "a")), ("merge", ("a",)), ("one", ([1, 2],)),
        ("range", (1, 3, 0)), ("range", (1, 3, -1)), ("range", (5000,)), ("slice", (["a"], 0, 2)),
        ("zipmap", (["a"], [])), ("formatlist", ("%s %s", ["a"], ["b", "c"])), ("length", (1,)),
        ("base64decode", ("?",)), ("base64decode", ("/w==",)), ("csvdecode", ("a,a\n1,2",)),
        ("csvdecode", ("a,b\n1",)),
        ("jsondecode", ("{",)), ("yamldecode", ("a: [",)), ("textencodebase64", ("a", "EBCDIC")),
        ("uuidv5", ("x", "y")), ("base64gunzip", ("AAAA",)),
        ("formatdate", ("YYYYY", "2018-01-02T23:12:01Z")),
        ("formatdate", ("'x", "2018-01-02T23:12:01Z")),
        ("timeadd", ("yesterday", "1h")), ("timeadd", ("2018-01-02T23:12:01Z", "1 day")),
        ("timeadd", ("2018-01-02T23:12:01Z", "")),
        ("timecmp", ("2018-13-02T23:12:01Z", "2018-01-02T23:12:01Z")),
        ("cidrhost", ("10.0.0.0/24", 256)), ("cidrhost", ("10.0.0.0", 1)),
        ("cidrnetmask", ("::/0",)),
        ("cidrsubnet", ("10.0.0.0/30", 4, 0)), ("cidrsubnet", ("10.0.0.0/24", 1, 2)),
        ("cidrsubnets", ("10.0.0.0/31", 1, 1, 1)),
        ("tobool", ("yes",)), ("tonumber", ("x",)), ("tolist", ({},)), ("tomap", ([],)),
        ("tostring", ([],)),
        ("setproduct", ([1] * 1000, [1] * 1000)), ("indent", (-1, "a")), ("setunion", ("a",)),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_terraform_refuses_is_refused_in_words(name: str, args: tuple[object, ...]) -> None:
    with pytest.raises(FunctionError) as error:
        run(name, *args)
    message = str(error.value)
    assert message
    assert not message.endswith(".")


# ------------------------------------------------------------------ unknowns
def segments(*parts: str | Unknown) -> Segments:
    made = join_segments(parts)
    assert isinstance(made, Segments)
    return made


AX = segments("a-", X)
XZ = segments(X, "-z")


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("upper", (AX,), segments("A-", X)), ("join", ("/", ["p", X]), segments("p/", X)),
        ("format", ("%s.%s", "p", X), segments("p.", X)), ("startswith", (AX, "a"), True),
        ("startswith", (AX, "b"), False), ("endswith", (XZ, "z"), True),
        ("endswith", (XZ, "y"), False),
        ("strcontains", (AX, "a-"), True), ("substr", (AX, 0, 2), "a-"),
        ("contains", (["a", X], "a"), True),
        ("contains", ([AX], "b"), False), ("alltrue", ([X, False],), False),
        ("anytrue", ([X, True],), True),
        ("replace", (AX, "-", "+"), segments("a+", X)), ("coalesce", ("a", X), "a"),
        ("length", ([X, X],), 2),
        ("lookup", ({"a": 1, "b": X}, "a", 0), 1), ("keys", ({"a": X},), ["a"]),
        ("element", ([1, X], 0), 1),
        ("jsonencode", ({"a": X},), segments('{"a":', X, "}")),
        ("jsonencode", ([AX],), segments('["a-', X, '"]')),
        ("tostring", (AX,), AX), ("indent", (1, AX), AX), ("reverse", ([X, 1],), [1, X]),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_is_certain_of_unknowns(name: str, args: tuple[object, ...], expected: object) -> None:
    assert plain(run(name, *args)) == expected


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("upper", (X,)), ("startswith", (AX, "a-b")), ("endswith", (AX, "b")),
        ("startswith", (AX, AX)),
        ("strcontains", (AX, "b")), ("substr", (AX, 1, 4)), ("contains", (["a", X], "b")),
        ("contains", (X, "b")),
        ("contains", ([AX], "a-b")), ("alltrue", ([X, True],)), ("anytrue", ([X],)),
        ("coalesce", (X, "a")),
        ("length", (X,)), ("lookup", (X, "a", 1)), ("lookup", ({"a": 1}, X, 1)), ("sum", ([1, X],)),
        ("max", (1, X)),
        ("distinct", ([1, X],)), ("sort", ([X],)), ("replace", (AX, "-b", "")),
        ("split", ("-", AX)),
        ("cidrsubnet", (X, 1, 1)), ("zipmap", ([X], [1])), ("timestamp", ()), ("uuid", ()),
        ("bcrypt", ("a",)),
        ("rsadecrypt", ("a", "b")), ("plantimestamp", ()), ("abspath", ("a",)),
        ("pathexpand", ("~/a",)),
        ("file", ("nosuch",)), ("file", ("b.bin",)), ("fileexists", ("nosuch",)),
        ("fileset", ("../up", "*")),
        ("filemd5", ("../../etc/passwd",)), ("file", ("/etc/passwd",)), ("file", ("~/.ssh/id",)),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_cannot_be_told_is_unknown(name: str, args: tuple[object, ...]) -> None:
    assert isinstance(run(name, *args).data, Unknown)


def test_a_merge_with_something_unknown_is_open_and_may_override() -> None:
    merged = run("merge", {"a": 1}, X, {"b": 2})
    assert merged.rest == X
    assert isinstance(merged.data, dict)
    assert isinstance(merged.data["a"].data, Unknown)
    assert merged.data["b"].data == 2


def test_concat_with_something_unknown_is_open() -> None:
    joined = run("concat", [1], X)
    assert plain(joined) == [1]
    assert joined.rest == X


@pytest.mark.parametrize(
    "name", ["reverse", "setproduct", "slice", "length", "element", "one", "values", "keys"]
)
def test_open_collections_stay_open(name: str) -> None:
    opened = Traced({"a": trace(1)} if name in ("values", "keys") else [trace(1)], rest=X)
    extra = {"slice": (0, 1), "element": (0,)}.get(name, ())
    result = run(name, opened, *extra)
    assert isinstance(result.data, Unknown) or result.rest == X


# ------------------------------------------------------------------ marks, hops, safety
def test_sensitivity_travels_with_everything_made_of_it() -> None:
    secret = run("sensitive", "x")
    assert run("issensitive", secret).data is True
    assert run("upper", secret).sensitive
    assert run("join", ",", trace([])).sensitive is False
    assert run("join", ",", Traced([secret])).sensitive
    assert run("jsonencode", Traced({"a": secret})).sensitive
    assert not run("nonsensitive", secret).sensitive


def test_sets_are_sets() -> None:
    assert isinstance(as_set("b", "a").data, SetData)
    assert isinstance(run("setunion", ["a"], ["b"]).data, SetData)


def test_an_item_keeps_the_place_of_its_literal() -> None:
    span = Span(Source("a.tf", "x = 1"), 4, 5)
    item = Traced(1, span=span)
    for name, args in (("element", (0,)), ("one", ())):
        assert run(name, Traced([item]), *args).span == span
    assert run("lookup", Traced({"a": item}), "a").span == span


def test_gzip_round_trip_and_its_bound() -> None:
    packed = run("base64gzip", "hello" * 100)
    assert run("base64gunzip", packed).data == "hello" * 100
    with pytest.raises(FunctionError, match="unpacks to more"):
        run("base64gunzip", run("base64gzip", "\0" * 4_000_001))


DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([0.5, -1.25, 1e20])
    | st.text(max_size=5) | st.just(X) | st.just(AX),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(DATA, max_size=4))
def test_any_call_gives_a_value_or_a_function_error(name: str, args: list[object]) -> None:
    try:
        result = run(name, *args)
    except FunctionError:
        return  # refused in words
    assert isinstance(result, Traced)
    again = run(name, *args)
    assert repr(again.data) == repr(result.data)


@given(DATA)
def test_json_reads_back_what_it_wrote(data: object) -> None:
    if first_unknown(trace(data)) is None:
        written = run("jsonencode", data)
        assert plain(run("jsondecode", written)) == data


def test_parsing_terraform_does_not_import_the_functions() -> None:
    code = (
        "import sys\n"
        "from plumbrule_parsers.source import Source\n"
        "from plumbrule_parsers.terraform import FORMAT\n"
        "FORMAT.parse(Source('a.tf', 'resource \"a\" \"b\" {\\n  c = upper(var.d)\\n}\\n'))\n"
        "print([name for name in sys.modules if 'functions' in name or name in ('hcl2', 'lark')])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_functions_import_nothing_that_reaches_outside() -> None:
    code = (
        "import sys\n"
        "import plumbrule_parsers.json_tree, plumbrule_parsers.yaml_tree\n"
        "before = set(sys.modules)\n"
        "import plumbrule_parsers.terraform.functions.table\n"
        "print(sorted({'subprocess', 'socket', 'ssl', 'http.client', 'ctypes', 'random', 'secrets',"
        " 'urllib.request', 'tempfile', 'shutil', 'glob'} & (set(sys.modules) - before)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$", "(a*)*b", "(a|ab)*c", "(a|ab|b)*c", "(a?){30}a{30}", "((a+)b?)+c", "(.*a){20}",
        "(x+x+)+y",
        "(a{0,100}){0,100}b",
    ],
)  # fmt: skip
def test_a_pattern_that_could_take_forever_is_answered_or_refused(pattern: str) -> None:
    try:
        found = run("regexall", pattern, "a" * 40 + "!")
    except FunctionError as error:
        assert "too large" in str(error)  # noqa: PT017
        return
    assert isinstance(plain(found), list)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^(\d{1,3}\.){3}\d{1,3}$", "10.0.0.1"), ("(foo|bar)+", "foobar"),
        ("^arn:aws:iam::([0-9]{12}):(.*)/(.*)$", "arn:aws:iam::123456789012:role/x"),
        ("(?i)ABC", "abc"),
        ("[[:alnum:]]+", "a1"), (r"\Qa.b\E", "a.b"), (r"\x41", "A"), ("[^/]+$", "a/b"),
        ("a|b", "b"),
    ],
)  # fmt: skip
def test_patterns_of_real_modules_match(pattern: str, text: str) -> None:
    assert plain(run("regexall", pattern, text))
