"""Our HCL parser against python-hcl2: same blocks, labels, settings and literal values.

python-hcl2 is an independent reading of the same language, so agreement is evidence. Where the two
differ for a reason that is known, `reason` names it; a difference without a reason fails.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plumbrule_parsers.hcl_tree import parse_hcl
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.read import decode
from plumbrule_parsers.source import Source

hcl2 = pytest.importorskip("hcl2")

ROOT = Path(__file__).parents[2]
CORPORA = os.environ.get("PLUMBRULE_CORPORA", "")
ENDINGS = (".tf", ".tofu", ".tfvars")
COMPOSITE = "<expression>"

# Why python-hcl2 refuses or misreads what the specification allows. Each was looked at by hand.
REASONS = (
    ("blanks behind a heredoc's end mark", r"<<-?(\w+)[ \t]*\r?\n[\s\S]*?^[ \t]*\1[ \t]+\r?$"),
    ("a name with other letters than ASCII",
     r"^\s*(?:resource|data|[\w-]*)[^\"#\n]*[^\x00-\x7f\s\"]"),
    ("a function in a namespace", r"\w::\w+\("),
    ("a comment in the head of a block", r"^\s*\w[^\n={]*/\*.*?\*/[^\n={]*\{"),
    ("a line end before `=>`", r"\n\s*=>"),
    ("a line end before `.attribute`", r"\n\s*\.\w"),
)  # fmt: skip


def reason(text: str) -> str:
    """The known reason for which the two may differ on the text, "" if there is none."""
    for name, pattern in REASONS:
        if re.search(pattern, text, re.MULTILINE):
            return name
    return ""


# ------------------------------------------------------------------ one shape for both
def ours(text: str) -> tuple[Any, tuple[str, ...]]:
    read = parse_hcl(Source("a.tf", text))
    return body_shape(read.body, text), tuple(problem.message for problem in read.problems)


def body_shape(body: h.Body, text: str) -> Any:
    named = {}
    for item in body.items:
        if isinstance(item, h.Setting):
            named[item.name] = value_shape(item.value, text)
    blocks: dict[str, list[Any]] = {}
    for block in body.blocks():
        labels = [label.text for label in block.labels]
        blocks.setdefault(block.type, []).append((labels, body_shape(block.body, text)))
    return named, blocks


def value_shape(expr: h.Expr, text: str) -> Any:
    if isinstance(expr, h.Literal):
        if isinstance(expr.value, str) and text[expr.start] == '"':
            return text[expr.start : expr.end]
        return expr.value
    if isinstance(expr, h.Unary) and expr.op == "-" and isinstance(expr.operand, h.Literal):
        operand = expr.operand.value
        return -operand if isinstance(operand, (int, float)) else COMPOSITE
    if isinstance(expr, h.Tuple):
        return [value_shape(item, text) for item in expr.items]
    if isinstance(expr, h.Object):
        return {key_shape(key, text): value_shape(value, text) for key, value in expr.items}
    if isinstance(expr, h.Template):
        return tidy(text[expr.start : expr.end])
    return COMPOSITE


def key_shape(key: h.Expr, text: str) -> str:
    if isinstance(key, h.Literal):
        return str(key.value) if not isinstance(key.value, str) else key.value
    return COMPOSITE if not isinstance(key, h.Template) else text[key.start + 1 : key.end - 1]


def tidy(written: str) -> str:
    """A template as written; a heredoc without what stands around its end mark."""
    if not written.startswith("<<"):
        return written
    head, _, rest = written.partition("\n")
    inner, _, _mark = rest.replace("\r", "").rpartition("\n")
    return f"{head.strip()}\n{inner}"


def theirs(text: str) -> Any:
    return dict_shape(hcl2.loads(text if text.endswith("\n") else text + "\n"))


def dict_shape(data: dict[str, Any]) -> Any:
    named: dict[str, Any] = {}
    blocks: dict[str, list[Any]] = {}
    for key, value in data.items():
        if key.startswith("__"):
            continue
        if isinstance(value, list) and value and all(is_block(item) for item in value):
            blocks[key] = [block_shape(item) for item in value]
        else:
            named[key] = foreign_value(value)
    return named, blocks


def is_block(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    if "__is_block__" in value:
        return True
    inner = [item for key, item in value.items() if not key.startswith("__")]
    return len(inner) == 1 and is_block(inner[0])


def block_shape(value: dict[str, Any]) -> Any:
    labels: list[str] = []
    while "__is_block__" not in value:
        ((label, value),) = ((k, v) for k, v in value.items() if not k.startswith("__"))
        labels.append(label[1:-1] if label.startswith('"') else label)
    return labels, dict_shape(value)


def foreign_value(value: Any) -> Any:
    if isinstance(value, list):
        return [foreign_value(item) for item in value]
    if isinstance(value, dict):
        return {
            foreign_key(key): foreign_value(item)
            for key, item in value.items() if not key.startswith("__")
        }  # fmt: skip
    if isinstance(value, str):
        if value.startswith('"<<'):
            return tidy(value[1:-1])
        return value if value.startswith('"') else COMPOSITE
    return value


def foreign_key(key: Any) -> str:
    text = str(key)
    if text.startswith('"'):
        return text[1:-1]
    text = {"True": "true", "False": "false", "None": "null"}.get(text, text)
    return COMPOSITE if text.startswith("${") else text


def difference(text: str) -> str:
    """How the two readings differ; "" if they agree or python-hcl2 refuses the text."""
    try:
        foreign = theirs(text)
    except Exception as error:  # noqa: BLE001 - any failure of the oracle is a refusal
        return "" if ours(text)[1] else f"only python-hcl2 refuses it: {str(error)[:100]}"
    native, problems = ours(text)
    if problems:
        return f"only we refuse it: {problems[0]}"
    return "" if native == foreign else first_difference(native, foreign)


def first_difference(one: Any, two: Any, at: str = "") -> str:
    if type(one) is type(two) and isinstance(one, dict):
        if one.keys() != two.keys():
            return f"{at}: keys {sorted(map(str, one.keys() ^ two.keys()))[:6]}"
        for key in one:
            if one[key] != two[key]:
                return first_difference(one[key], two[key], f"{at}.{key}")
    if type(one) is type(two) and isinstance(one, (list, tuple)) and len(one) == len(two):
        for index, (left, right) in enumerate(zip(one, two, strict=True)):
            if left != right:
                return first_difference(left, right, f"{at}[{index}]")
    return f"{at}: {str(one)[:80]!r} and {str(two)[:80]!r}"


# ------------------------------------------------------------------ generated HCL
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True).filter(
    lambda name: name not in ("for", "in", "if", "null", "true", "false", "else", "endif", "endfor")
)
PLAIN = st.text(st.sampled_from("abc XYZ019-_./:#'{}[]()@=,*"), max_size=12).map(lambda s: f'"{s}"')
SCALARS = st.one_of(
    PLAIN, st.integers(-(10**9), 10**9).map(str), st.sampled_from(["true", "false", "null"]),
    st.integers(0, 999).map(lambda n: f"{n}.5"), st.just(r'"a\"b\\c\n"'), st.just('"$${x}"'),
)  # fmt: skip
EXPRESSIONS = st.sampled_from(
    ["var.a", "aws_x.y[0].id", "f(a, 1)", "a ? b : c", '"x-${var.a}"', "a == 1 && b",
     "[for x in y : x]",
     "{ for k, v in m : k => v }", "a[*].id", "-a", "!a", "(a + 1) * 2"]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS | EXPRESSIONS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(NAMES, inner, max_size=3).map(
            lambda entries: "{" + ", ".join(f"{k} = {v}" for k, v in entries.items()) + "}"
        ),
    ),
    max_leaves=6,
)
HEREDOCS = st.lists(st.sampled_from(["one", "  two", "${a}", "", "EOFX"]), max_size=4).map(
    lambda lines: "<<EOF\n" + "".join(line + "\n" for line in lines) + "EOF"
)


@st.composite
def bodies(draw: st.DrawFn, depth: int = 2) -> str:
    lines: list[str] = []
    for name in draw(st.lists(NAMES, unique=True, max_size=4)):
        if depth and draw(st.integers(0, 3)) == 0:
            labels = draw(st.lists(PLAIN | NAMES, max_size=2))
            head = " ".join([f"{name}_block", *labels])
            lines.append(f"{head} {{\n{draw(bodies(depth - 1))}}}")
        else:
            given_value = draw(VALUES if draw(st.integers(0, 4)) else HEREDOCS)
            lines.append(f"{name} = {given_value}")
        if draw(st.integers(0, 5)) == 0:
            lines.append(draw(st.sampled_from(["# a comment", "// another", "/* third */", ""])))
    return "".join(line + "\n" for line in lines)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(bodies())
def test_generated_hcl_reads_alike(text: str) -> None:
    assert difference(text) == ""


# ------------------------------------------------------------------ files
def hcl_files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(ENDINGS))


def disagreements(root: Path) -> tuple[int, list[str], list[str]]:
    """Files read, disagreements without a reason, and those with one."""
    count, open_, known = 0, [], []
    for path in hcl_files(root):
        source = decode(path.relative_to(root).as_posix(), path.read_bytes())
        if not isinstance(source, Source):
            continue
        count += 1
        found = difference(source.text)
        if found:
            why = reason(source.text)
            (known if why else open_).append(f"{source.path}: {found} ({why or 'no reason'})")
    return count, open_, known


def test_the_fixtures_read_alike() -> None:
    count, found, _known = disagreements(ROOT / "fixtures")
    assert count
    assert found == []


@pytest.mark.corpora
@pytest.mark.skipif(not CORPORA, reason="PLUMBRULE_CORPORA names no folder")
def test_the_corpora_read_alike() -> None:
    count, found, known = disagreements(Path(CORPORA))
    summary = f"{count} files, {len(found)} disagreements, {len(known)} explained"
    print(summary, *known, sep="\n")  # noqa: T201 - the list is what the run is for
    assert count
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "a = <<EOF\nx\nEOF  \nb = 1\n", "é = 1\n", "a = core::upper(b)\n", "a /* c */ {\n}\n",
        "a = { for k, v in m : k\n => v }\n", "a = (b\n.c)\n",
    ],
)  # fmt: skip
def test_what_python_hcl2_gets_wrong_is_read_by_us_and_has_a_reason(text: str) -> None:
    assert reason(text)
    assert ours(text)[1] == ()


@pytest.mark.parametrize(
    ("text", "misread"),
    [
        ("a = 1\nb = 2\n", "a = 1\n"), ("a = 1\n", "a = 2\n"), ('a "b" {}\n', 'a "c" {}\n'),
        ("a {\n b = [1, 2]\n}\n", "a {\n b = [1, 3]\n}\n"), ('a = "b"\n', 'a = "c"\n'),
        ("a {}\na {}\n", "a {}\n"), ("a = { b = 1 }\n", "a = { c = 1 }\n"),
        ("a = <<E\nb\nE\n", "a = <<E\nc\nE\n"),
    ],
)  # fmt: skip
def test_the_comparison_sees_what_is_misread(text: str, misread: str) -> None:
    assert ours(text)[0] == theirs(text)
    assert first_difference(ours(misread)[0], theirs(text))
    assert ours(misread)[0] != theirs(text)
