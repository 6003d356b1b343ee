"""A hand-written HCL parser that lets the regular expression engine do most lines in one call.

One compiled pattern matches a whole statement with what stands before it: its name and, if it is
simple (a plain string, a number, a word, a dotted reference), its value up to the end of the line.
Only composite values enter the expression parser (precedence climbing). Possessive repeats keep
backtracking out, so the time is linear in the text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from plumbrule_parsers.document import Problem
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.hcl_tree.literals import number_of, unescape, unescape_raw
from plumbrule_parsers.hcl_tree.patterns import (
    ARROW,
    BLANK,
    CLOSE,
    DIRECTIVE,
    ELEMENT,
    ELLIPSIS,
    FOR,
    IF,
    ITEM,
    ITEM_END,
    ITEM_SIGN,
    LABEL,
    OPEN_CALL,
    OPERATOR,
    PLAIN,
    QUOTED,
    RAW,
    RESUME,
    SEPARATOR,
    SKIP,
    STATEMENT,
    STATEMENT_END,
    TEMPLATE_END,
    TERM,
)
from plumbrule_parsers.source import Source, Span

MAX_DEPTH: Final = 100  # brackets, blocks, operands within each other; real files reach about 15
MAX_HEIGHT: Final = 400  # operators and steps in one row (`a + a + ...`), which nest to the left
MAX_PROBLEMS: Final = 20  # a file with more is not worth resuming in

_PRECEDENCE = {"||": 2, "&&": 3, "==": 4, "!=": 4, "<": 5, ">": 5, "<=": 5, ">=": 5, "+": 6,
               "-": 6, "*": 7, "/": 7, "%": 7}  # fmt: skip
_UNARY = 8
_SIMPLE_KINDS = frozenset(("string", "word", "number", "reference"))
_WORDS = {"true": True, "false": False, "null": None}


# A named tuple's own constructor checks names first, which is a fifth of the time of a parse.
_new = tuple.__new__


class HclFile(NamedTuple):
    """What could be read of a file, and what was wrong with the rest."""

    body: h.Body
    problems: tuple[Problem, ...]


class _Stop(Exception):  # noqa: N818
    def __init__(self, message: str, at: int, code: str = "hcl-syntax", hint: str = "") -> None:
        super().__init__(message)
        self.message, self.at, self.code, self.hint = message, at, code, hint


def parse_hcl(source: Source) -> HclFile:
    """The file's body. Never raises; after an error reading goes on at the next block."""
    parser = _Parser(source.text)
    problems: list[Problem] = []
    items: list[h.Setting | h.Block] = []
    at = 1 if source.text.startswith("\ufeff") else 0
    while True:
        parser.depth = parser.height = 0
        try:
            parser.items(at, items, top=True)
            break
        except RecursionError:  # the caller stood deep in its own stack
            where = min(parser.statement, len(source.text))
            problems.append(Problem("too-deep", "nested too deeply to be read",
                                    Span(source, where, where)))  # fmt: skip
            break
        except _Stop as stop:
            where = min(stop.at, len(source.text))
            end = min(where + 1, len(source.text))
            problems.append(Problem(stop.code, stop.message, Span(source, where, end),
                                    hint=stop.hint))  # fmt: skip
            if len(problems) >= MAX_PROBLEMS:
                break
            # An unclosed brace swallows what follows, so reading goes on behind the head of the
            # statement that failed, not behind the place where it was noticed.
            resume = RESUME.search(source.text, max(parser.statement + 1, at + 1))
            if resume is None:
                break
            at = resume.start()
    return HclFile(_new(h.Body, (0, len(source.text), tuple(items))), tuple(problems))


def parse_expression(text: str) -> h.Expr | None:
    """One expression that takes up the whole text, None if it is not one."""
    parser = _Parser(text)
    try:
        expr, at = parser.expression(0, multiline=True, minimum=0)
    except (_Stop, RecursionError):
        return None
    found = SKIP.match(text, at)
    return expr if found is not None and found.end() == len(text) else None


def _number(text: str, at: int) -> int | float:
    number = number_of(text)
    if abs(number) == float("inf"):
        raise _Stop(f"the number `{text[:20]}` is too large", at, "number-too-large")
    return number


class _Parser:
    """One text; methods take an offset and give a node and the offset behind it."""

    __slots__ = ("depth", "height", "statement", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        self.height = 0  # of the highest row of operators in the expression in progress
        self.statement = 0  # where the top-level statement in progress starts

    def line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    # -------------------------------------------------------------- bodies
    def body(self, at: int, opened: int) -> tuple[h.Body, int]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Stop(f"nested deeper than {MAX_DEPTH} levels", at, "too-deep")
        items: list[h.Setting | h.Block] = []
        end = self.items(at, items, top=False, opened=opened)
        self.depth -= 1
        return _new(h.Body, (at, end - 1, tuple(items))), end

    def items(self, at: int, out: list[h.Setting | h.Block], *, top: bool, opened: int = 0) -> int:
        """Read statements into `out`; the offset behind the closing brace, or the end."""
        text, match_statement, add = self.text, STATEMENT.match, out.append
        while True:
            found = match_statement(text, at)
            if found is None:
                if top:
                    skipped = SKIP.match(text, at)
                    self.statement = skipped.end() if skipped else at
                raise self.not_a_statement(at)
            kind = found.lastgroup
            at = found.end()
            if kind in _SIMPLE_KINDS:
                value = self.simple(found, kind)
                add(_new(h.Setting, (found.start("name"), value.end, found["name"], value)))
                continue
            if kind == "equals":
                start = found.start("name")
                if top:
                    self.statement = start
                value, at = self.expression(at, multiline=False, minimum=0)
                add(_new(h.Setting, (start, value.end, found["name"], value)))
                stop = STATEMENT_END.match(text, at)
                if stop is None:
                    raise self.not_ended(at)
                at = stop.end()
            elif kind == "labels":
                start = found.start("name")
                if top:
                    self.statement = start
                base, finish = found.span("labels")
                labels: tuple[h.Label, ...] = ()
                if base != finish:
                    labels = tuple([
                        _new(h.Label, (one.start(), one.end(),
                                unescape(one[1]) if one[1] is not None else one[2]))
                        for one in LABEL.finditer(text, base, finish)
                    ])  # fmt: skip
                body, at = self.body(at, found.end() - 1)
                add(_new(h.Block, (start, at, found["name"], labels, body, found.end())))
            elif kind == "close":
                if top:
                    self.statement = at - 1
                    raise _Stop("`}` without an opening brace", at - 1)
                return at
            else:
                if not top:
                    raise _Stop(f"`{{` on line {self.line(opened)} is not closed", opened,
                                hint="add the missing `}`")  # fmt: skip
                return at

    def simple(self, found: re.Match[str], kind: str) -> h.Expr:
        """The node of a simple value that a pattern matched by itself; `kind` is its group."""
        start, end = found.span(kind)
        if kind == "string":
            return _new(h.Literal, (start - 1, end + 1, found[kind]))
        if kind == "reference":
            return _new(h.Traversal, (start, end, tuple(found[kind].split("."))))
        if kind == "word":
            return _new(h.Literal, (start, end, _WORDS[found[kind]]))
        return _new(h.Literal, (start, end, _number(found[kind], start)))

    def not_a_statement(self, at: int) -> _Stop:
        found = SKIP.match(self.text, at)
        at = found.end() if found is not None else at
        line = self.text[at : at + 40].split("\n")[0]
        if self.text.startswith("/*", at):
            return _Stop("the comment is not closed", at)
        return _Stop(f"expected `name = value`, a block or `}}`, found `{line}`", at)

    def not_ended(self, at: int) -> _Stop:
        found = re.compile(BLANK).match(self.text, at)
        at = found.end() if found is not None else at
        rest = self.text[at : at + 30].split("\n")[0]
        return _Stop(f"expected a new line after the value, found `{rest}`", at)

    # -------------------------------------------------------------- expressions
    def expression(self, at: int, *, multiline: bool, minimum: int) -> tuple[h.Expr, int]:
        """An expression whose operators bind at least as strongly as `minimum`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Stop(f"nested deeper than {MAX_DEPTH} levels", at, "too-deep")
        outer, self.height = self.height, 0
        operator, text = OPERATOR[multiline].match, self.text
        left, at = self.term(at, multiline=multiline)
        while True:
            found = operator(text, at)
            if found is None:
                break
            kind = found.lastgroup
            if kind != "binary":
                left, at = self.step(left, found)
            else:
                op = found["binary"]
                if op == "?":
                    if minimum > 0:
                        break
                    left, at = self.conditional(left, found.end(), multiline=multiline)
                else:
                    strength = _PRECEDENCE[op]
                    if strength <= minimum:
                        break
                    right, at = self.expression(found.end(), multiline=multiline, minimum=strength)
                    left = h.Binary(left.start, right.end, op, left, right)
            self.height += 1
            if self.height > MAX_HEIGHT:
                raise _Stop(f"more than {MAX_HEIGHT} operators in a row", at, "too-deep")
        self.depth -= 1
        self.height = max(self.height, outer)
        return left, at

    def conditional(self, condition: h.Expr, at: int, *, multiline: bool) -> tuple[h.Expr, int]:
        yes, at = self.expression(at, multiline=True, minimum=0)
        colon = CLOSE[":"].match(self.text, at)
        if colon is None:
            raise _Stop("expected `:` of the conditional", at)
        skipped = SKIP.match(self.text, colon.end())
        assert skipped is not None
        no, at = self.expression(skipped.end(), multiline=multiline, minimum=0)
        return h.Conditional(condition.start, no.end, condition, yes, no), at

    def step(self, left: h.Expr, found: re.Match[str]) -> tuple[h.Expr, int]:
        """`.name`, `.0`, `[key]` or a splat behind an expression."""
        at = found.end()
        kind = found.lastgroup
        if kind == "attribute":
            name = found["attribute"]
            if isinstance(left, h.Traversal):
                return _new(h.Traversal, (left.start, at, (*left.names, name))), at
            return _new(h.Attribute, (left.start, at, left, name)), at
        if kind == "legacy":
            key = _new(h.Literal, (found.start("legacy"), at, _number(found["legacy"], at)))
            return _new(h.Index, (left.start, at, left, key)), at
        if kind == "index":
            key_expr, at = self.expression(at, multiline=True, minimum=0)
            close = CLOSE["]"].match(self.text, at)
            if close is None:
                raise _Stop("expected `]`", at)
            return _new(h.Index, (left.start, close.end(), left, key_expr)), close.end()
        return self.splat(left, at, full=kind == "full_splat")

    def splat(self, left: h.Expr, at: int, *, full: bool) -> tuple[h.Expr, int]:
        each: h.Expr = h.SplatItem(at, at)
        while True:
            found = OPERATOR[False].match(self.text, at)
            if found is None or found.lastgroup in ("binary", "attr_splat", "full_splat"):
                break
            if not full and found.lastgroup != "attribute":
                break
            each, at = self.step(each, found)
            self.height += 1
            if self.height > MAX_HEIGHT:
                raise _Stop(f"more than {MAX_HEIGHT} steps in a row", at, "too-deep")
        return h.Splat(left.start, at, left, each), at

    def term(self, at: int, *, multiline: bool) -> tuple[h.Expr, int]:
        found = TERM[multiline].match(self.text, at)
        if found is None:
            skipped = SKIP.match(self.text, at)
            where = skipped.end() if skipped is not None and multiline else at
            rest = self.text[where : where + 30].split("\n")[0].strip()
            shown = f"`{rest}`" if rest else "the end of the line"
            raise _Stop(f"expected a value, found {shown}", where)
        kind = found.lastgroup
        at = found.end()
        if kind == "string":
            start = found.start("string") - 1
            return _new(h.Literal, (start, at, unescape(found["string"]))), at
        if kind == "name":
            return self.name(found["name"], found.start("name"), at)
        if kind == "number":
            start = found.start("number")
            return _new(h.Literal, (start, at, _number(found["number"], start))), at
        if kind == "template":
            start = found.start("template")
            parts, at = self.template(at, QUOTED, len(self.text), start)
            return _new(h.Template, (start, at, parts, "")), at
        if kind == "tuple":
            return self.tuple_(found.start("tuple"), at)
        if kind == "object":
            return self.object_(found.start("object"), at)
        if kind == "paren":
            start = found.start("paren")
            inner, at = self.expression(at, multiline=True, minimum=0)
            close = CLOSE[")"].match(self.text, at)
            if close is None:
                raise _Stop(f"`(` on line {self.line(start)} is not closed", at)
            return h.Paren(start, close.end(), inner), close.end()
        if kind == "unary":
            start = found.start("unary")
            operand, at = self.expression(at, multiline=multiline, minimum=_UNARY)
            return h.Unary(start, operand.end, found["unary"], operand), at
        return self.heredoc(found, at)

    def name(self, name: str, start: int, at: int) -> tuple[h.Expr, int]:
        if "." in name:
            return _new(h.Traversal, (start, at, tuple(name.split(".")))), at
        call = OPEN_CALL.match(self.text, at)
        if call is not None:
            args, expand, at = self.elements(call.end(), start, ")", "call")
            return _new(h.Call, (start, at, name, args, expand)), at
        if name in _WORDS:
            return _new(h.Literal, (start, at, _WORDS[name])), at
        return _new(h.Traversal, (start, at, (name,))), at

    def elements(
        self, at: int, start: int, closing: str, what: str
    ) -> tuple[tuple[h.Expr, ...], bool, int]:
        """Values between commas up to `closing`; the bool tells whether `...` ended them."""
        out: list[h.Expr] = []
        text, match_element, closes = self.text, ELEMENT.match, CLOSE[closing].match
        close = closes(text, at)
        while close is None:
            simple = match_element(text, at)
            if simple is not None:
                kind = simple.lastgroup
                assert kind is not None
                out.append(self.simple(simple, kind))
                at = simple.end()
                behind = text[at - 1]
            else:
                value, at = self.expression(at, multiline=True, minimum=0)
                out.append(value)
                found = SEPARATOR.match(text, at)
                if found is not None and found["expand"] and closing == ")":
                    close = closes(text, found.end())
                    if close is not None:
                        return tuple(out), True, close.end()
                if found is None or not found["comma"]:
                    behind = ""
                else:
                    at = found.end()
                    behind = ","
            close = closes(text, at)
            if close is None and behind != ",":
                line = self.line(start)
                raise _Stop(f"expected `,` or `{closing}` of the {what} on line {line}", at)
        return tuple(out), False, close.end()

    def tuple_(self, start: int, at: int) -> tuple[h.Expr, int]:
        loop = FOR.match(self.text, at)
        if loop is not None:
            return self.loop(start, loop, closing="]")
        items, _expand, at = self.elements(at, start, "]", "list")
        return _new(h.Tuple, (start, at, items)), at

    def loop(self, start: int, found: re.Match[str], *, closing: str) -> tuple[h.Expr, int]:
        key, value = (found[1], found[2]) if found[2] else (None, found[1])
        collection, at = self.expression(found.end(), multiline=True, minimum=0)
        colon = CLOSE[":"].match(self.text, at)
        if colon is None:
            raise _Stop("expected `:` of the for expression", at)
        result, at = self.expression(colon.end(), multiline=True, minimum=0)
        key_result: h.Expr | None = None
        group = False
        if closing == "}":
            arrow = ARROW.match(self.text, at)
            if arrow is None:
                raise _Stop("expected `=>` of the for expression", at)
            key_result = result
            result, at = self.expression(arrow.end(), multiline=True, minimum=0)
            ellipsis = ELLIPSIS.match(self.text, at)
            if ellipsis is not None:
                group, at = True, ellipsis.end()
        condition: h.Expr | None = None
        guard = IF.match(self.text, at)
        if guard is not None:
            condition, at = self.expression(guard.end(), multiline=True, minimum=0)
        close = CLOSE[closing].match(self.text, at)
        if close is None:
            raise _Stop(
                f"expected `{closing}` of the for expression on line {self.line(start)}", at
            )
        end = close.end()
        return h.For(start, end, key, value, collection, key_result, result, condition, group), end

    def object_(self, start: int, at: int) -> tuple[h.Expr, int]:
        loop = FOR.match(self.text, at)
        if loop is not None:
            return self.loop(start, loop, closing="}")
        out: list[tuple[h.Expr, h.Expr]] = []
        text, match_item = self.text, ITEM.match
        while True:
            found = match_item(text, at)
            if found is not None:
                at = found.end()
                kind = found.lastgroup
                assert kind is not None
                if kind == "close":
                    return _new(h.Object, (start, at, tuple(out))), at
                if found["bare"] is not None:
                    key: h.Expr = _new(
                        h.Literal, (found.start("bare"), found.end("bare"), found["bare"])
                    )
                else:
                    begin, finish = found.span("quoted")
                    key = _new(h.Literal, (begin - 1, finish + 1, found["quoted"]))
                out.append((key, self.simple(found, kind)))
                continue
            key, at = self.expression(at, multiline=True, minimum=0)
            if isinstance(key, h.Traversal) and len(key.names) == 1:
                key = _new(h.Literal, (key.start, key.end, key.names[0]))
            sign = ITEM_SIGN.match(text, at)
            if sign is None:
                raise _Stop(
                    f"expected `=` in the object that opened on line {self.line(start)}", at
                )
            skipped = SKIP.match(text, sign.end())
            assert skipped is not None
            value, at = self.expression(skipped.end(), multiline=False, minimum=0)
            out.append((key, value))
            stop = ITEM_END.match(text, at)
            if stop is None:
                raise _Stop("expected `,` or a new line in the object that opened on line "
                            f"{self.line(start)}", at)  # fmt: skip
            at = stop.end()

    # -------------------------------------------------------------- templates
    def template(
        self, at: int, pattern: re.Pattern[str], limit: int, start: int
    ) -> tuple[tuple[h.Part, ...], int]:
        """Parts up to the closing quote, or up to `limit` for a heredoc."""
        parts: list[h.Part] = []
        raw = pattern is RAW
        while True:
            found = pattern.match(self.text, at, limit)
            if found is None:
                message = f"the string that opened on line {self.line(start)} is not closed"
                hint = 'close it with `"`, or use a heredoc for several lines'
                raise _Stop(message, start, hint=hint)
            if found["text"]:
                text = unescape_raw(found["text"]) if raw else unescape(found["text"])
                parts.append(_new(h.Text, (found.start("text"), found.end("text"), text)))
            at = found.end()
            if found.lastgroup == "end":
                return tuple(parts), at
            opened = found.start(found.lastgroup or 0)
            strip_left = found[0].endswith("~")
            if found.lastgroup == "open":
                plain = PLAIN.match(self.text, at)
                if plain is not None:
                    at = plain.end()
                    node = self.simple(plain, "reference")
                    parts.append(_new(h.Interpolation, (opened, at, node, strip_left, False)))
                    continue
                value, at = self.expression(at, multiline=True, minimum=0)
                at, strip_right = self.template_end(at, opened)
                parts.append(_new(h.Interpolation, (opened, at, value, strip_left, strip_right)))
            else:
                part, at = self.directive(at, opened, strip_left=strip_left)
                parts.append(part)

    def template_end(self, at: int, opened: int) -> tuple[int, bool]:
        close = TEMPLATE_END.match(self.text, at)
        if close is None:
            raise _Stop(f"expected `}}` of the template on line {self.line(opened)}", at)
        return close.end(), bool(close[1])

    def directive(self, at: int, opened: int, *, strip_left: bool) -> tuple[h.Directive, int]:
        found = DIRECTIVE.match(self.text, at)
        if found is None:
            raise _Stop("expected `if`, `else`, `endif`, `for` or `endfor`", at)
        at = found.end()
        word = found["if"] or found["for"] or found["word"]
        value: h.Expr | None = None
        names: tuple[str, ...] = ()
        if word in ("if", "for"):
            value, at = self.expression(at, multiline=True, minimum=0)
        if word == "for":
            names = tuple(name for name in (found[4], found[5]) if name)
        at, strip_right = self.template_end(at, opened)
        return h.Directive(opened, at, word, value, names, strip_left, strip_right), at

    def heredoc(self, found: re.Match[str], at: int) -> tuple[h.Expr, int]:
        start = found.start("heredoc")
        marker = found["marker"]
        closing = _heredoc_end(marker).search(self.text, at)
        if closing is None:
            raise _Stop(f"the heredoc `{found['heredoc']}{marker}` is not closed", start,
                        hint=f"a line with `{marker}` alone must end it")  # fmt: skip
        parts, _end = self.template(at, RAW, closing.start(), start)
        end = closing.start() + len(closing[0].rstrip(" \t\r"))
        return _new(h.Template, (start, end, parts, found["heredoc"])), end


@lru_cache(maxsize=500)
def _heredoc_end(marker: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*{re.escape(marker)}[ \t\r]*$", re.MULTILINE)
