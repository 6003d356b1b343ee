"""What the HCL parser reads: values, places, heredocs, comments, and what it says of errors."""

from __future__ import annotations

import pytest

from plumbrule_parsers.hcl_tree import HclFile, parse_expression, parse_hcl
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.hcl_tree.template import Region, spoken
from plumbrule_parsers.source import Source


def tree(text: str) -> HclFile:
    return parse_hcl(Source("a.tf", text))


def value(text: str) -> h.Expr:
    read = tree(text)
    assert read.problems == ()
    (setting,) = read.body.items
    assert isinstance(setting, h.Setting)
    assert text[setting.value.start : setting.value.end].strip() != ""
    return setting.value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('"a"', h.Literal), ("12", h.Literal), ("true", h.Literal), ("null", h.Literal),
        ('"${a}"', h.Template), ("a.b", h.Traversal), ("f().b", h.Attribute), ("a[0]", h.Index),
        ("a.0", h.Index), ("a[*].b", h.Splat), ("a.*.b", h.Splat), ("f(a, b...)", h.Call),
        ("core::upper(a)", h.Call), ("[a, b,]", h.Tuple), ("{ a = 1 }", h.Object),
        ("[for a in b : a]", h.For), ("{ for k, v in b : k => v... if v }", h.For),
        ("a ? b : c", h.Conditional), ("a && b", h.Binary), ("!a", h.Unary), ("(a)", h.Paren),
    ],
)  # fmt: skip
def test_every_expression_has_its_node_and_its_whole_span(text: str, kind: type) -> None:
    expr = parse_expression(text)
    assert type(expr) is kind
    assert (expr.start, expr.end) == (0, len(text))


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a + b * c", "(a + (b * c))"), ("a * b + c", "((a * b) + c)"),
        ("a - b - c", "((a - b) - c)"), ("a || b && c", "(a || (b && c))"),
        ("a == b && c != d", "((a == b) && (c != d))"), ("a < b == c", "((a < b) == c)"),
        ("-a + b", "(-a + b)"), ("!a == b", "(!a == b)"), ("-a.b", "-a.b"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
    ],
)  # fmt: skip
def test_operators_bind_as_the_specification_says(text: str, grouped: str) -> None:
    def show(expr: h.Expr | None) -> str:
        if isinstance(expr, h.Binary):
            return f"({show(expr.left)} {expr.op} {show(expr.right)})"
        if isinstance(expr, h.Unary):
            return expr.op + show(expr.operand)
        if isinstance(expr, h.Conditional):
            return f"({show(expr.condition)} ? {show(expr.yes)} : {show(expr.no)})"
        assert isinstance(expr, h.Traversal)
        return ".".join(expr.names)

    assert show(parse_expression(text)) == grouped


def parts(text: str) -> list[str]:
    expr = value(text)
    assert isinstance(expr, h.Template)
    return [
        part.text if isinstance(part, h.Text) else f"<{text[part.start : part.end]}>"
        for part in spoken(expr)
    ]


def test_a_heredoc_keeps_its_indentation_and_its_last_line_end() -> None:
    assert parts("a = <<EOF\n  one\n two\nEOF\n") == ["  one\n two\n"]


def test_an_indented_heredoc_loses_what_all_lines_share() -> None:
    assert parts("a = <<-EOF\n    one\n      two\n\n    EOF\n") == ["one\n  two\n\n"]


def test_indentation_is_taken_around_interpolations_too() -> None:
    text = "a = <<-EOF\n    one ${x}  kept\n      ${y}\n    EOF\n"
    assert parts(text) == ["one ", "<${x}>", "  kept\n  ", "<${y}>", "\n"]


def test_an_interpolation_at_the_margin_keeps_all_indentation() -> None:
    assert parts("a = <<-EOF\n${x}\n    one\n  EOF\n") == ["<${x}>", "\n    one\n"]


def test_the_end_mark_may_be_indented_and_followed_by_blanks() -> None:
    read = tree("a {\n  b = <<EOF\nx\n  EOF  \n}\nc {}\n")
    assert read.problems == ()
    assert [block.type for block in read.body.blocks()] == ["a", "c"]


def test_a_longer_word_does_not_end_a_heredoc() -> None:
    assert parts("a = <<EOF\nEOFX\nEOF x\nEOF\n") == ["EOFX\nEOF x\n"]


def test_trim_marks_take_white_space_away() -> None:
    assert parts('a = "x  ${~ y ~}  z"') == ["x", "<${~ y ~}>", "z"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A mark trims to the end of its line; the next one is then no start of a line.
        ("<<EOF\n${a ~}\n    b\nEOF", ["<${a ~}>", "    b\n"]),
        ("<<EOF\na\n\n  ${~ b}\nEOF", ["a\n\n", "<${~ b}>", "\n"]),
        ("<<-EOF\n    a ${b ~}\n      c\n    d\n  EOF", ["a ", "<${b ~}>", "      c\nd\n"]),
        ("<<-EOF\n    a\n  ${~ b}\n  EOF", ["    a\n", "<${~ b}>", "\n"]),
        # A line of blanks alone has no indentation and keeps what it has; tabs count.
        ("<<-EOF\n    a\n  \n    b\n  EOF", ["a\n  \nb\n"]),
        ("<<-EOF\n\ta\n\t  b\n\tEOF", ["a\n  b\n"]),
    ],
)
def test_lines_of_a_heredoc_are_trimmed_and_dedented_one_by_one(
    text: str, expected: list[str]
) -> None:
    assert parts(f"a = {text}\n") == expected


def test_directives_fold_into_one_region() -> None:
    expr = value('a = "x%{ if a }y%{ for b in c }z%{ endfor }%{ else }w%{ endif }v"')
    assert isinstance(expr, h.Template)
    one, region, two = spoken(expr)
    assert isinstance(region, Region)
    assert (one.text, region.head.word, two.text) == ("x", "if", "v")  # type: ignore[union-attr]
    assert [part.word for part in region.parts if isinstance(part, h.Directive)] == [
        "for", "endfor", "else",
    ]  # fmt: skip


def test_escapes() -> None:
    expr = value(r'a = "\n\t\\\"é\U0001F600$${x}%%{y}$ %"')
    assert isinstance(expr, h.Literal)
    assert expr.value == '\n\t\\"é😀${x}%{y}$ %'


def test_comments_stand_anywhere() -> None:
    read = tree(
        '/* a */ b /* c */ "d" /* e */ { # f\n // g\n h /* i */ = /* j */ 1 # k\n'
        " l = [ # m\n 1, /* n */ 2 // o\n ]\n p = { # q\n r = 1 // s\n /* t */ u = 2\n }\n}\n# v"
    )
    assert read.problems == ()
    (block,) = read.body.blocks()
    assert list(block.body.settings()) == ["h", "l", "p"]


def test_a_byte_order_mark_is_skipped() -> None:
    assert tree("\ufeffa = 1\n").problems == ()


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ('a = "b\n', "the string that opened on line 1 is not closed", 1),
        ("a = 1\nb = <<EOF\nc\n", "the heredoc `<<EOF` is not closed", 2),
        ('a = "${b"\n', "expected `}` of the template on line 1", 1),
        ("a = (1\nb = 2\n", "`(` on line 1 is not closed", 1),
        ("a = [1 2]\n", "expected `,` or `]` of the list on line 1", 1),
        ("a = f(1\n", "expected `,` or `)` of the call on line 1", 1),
        ("a {\n b = 1\n", "`{` on line 1 is not closed", 1),
        ("a = 1\n}\n", "`}` without an opening brace", 2),
        ("a = 1 b = 2\n", "expected a new line after the value, found `b = 2`", 1),
        ("a =\n", "expected a value, found the end of the line", 1),
        ("/* a\n", "the comment is not closed", 1),
        ("a = 1\n\0\n", "expected `name = value`, a block or `}`, found `\0`", 2),
        ("a = 1e999\n", "the number `1e999` is too large", 1),
        ("a = x ? y\n", "expected `:` of the conditional", 1),
    ],
)
def test_errors_say_what_and_where(text: str, message: str, line: int) -> None:
    (problem,) = tree(text).problems
    assert problem.message == message
    assert problem.span.line == line


def test_reading_goes_on_at_the_next_block() -> None:
    read = tree('a "1" {\n  x = [1\n}\n\na "2" {\n  x = 1\n}\n\na "3" {\n  x = "\n}\na "4" {}\n')
    assert [block.labels[0].text for block in read.body.blocks()] == ["2", "4"]
    assert len(read.problems) == 2


def test_half_a_surrogate_pair_is_no_character() -> None:
    expr = value(r'a = "\ud800x"')
    assert isinstance(expr, h.Literal)
    assert expr.value == "\ufffdx"
