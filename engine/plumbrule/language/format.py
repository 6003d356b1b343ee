"""Format: a rule file in the one layout and the one order of sections, comments kept.

The text is printed from the syntax tree; literals and the content of long texts stay as they are.
Before it is handed out it is parsed again: a text whose tree or comments differ is never given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from plumbrule.language import syntax as s
from plumbrule.language.build import unquote
from plumbrule.language.comments import Comment, Comments, attach
from plumbrule.language.layout import condition, fits, flat, pattern, quote, type_text, value
from plumbrule.language.parse import parse
from plumbrule_parsers.document import Problem
from plumbrule_parsers.source import Source

ONE_LINE: Final = 100  # columns that a block on one line may take
MESSAGE: Final = 120  # columns that a report on one line may take

_META = ("title", "severity", "confidence", "level", "why", "remedy", "tags", "refs", "formerly")
_EXEMPT = ("owner", "until", "because")
_ALIGNED = ("title", "severity", "tags", "refs", "formerly")


def format(source: Source) -> tuple[str | None, tuple[Problem, ...]]:  # noqa: A001 - what it does
    """The laid out text; None, and the problems, if the file does not parse.

    Laws: laying out twice changes nothing more; the tree stays, but for the order of sections
    within a rule; no comment is lost.
    """
    parsed = parse(source)
    if parsed.file is None or parsed.problems:
        return None, parsed.problems
    text = _Printer(attach(parsed.file)).file(parsed.file)
    again = parse(Source(source.path, text)).file
    same = again is not None and in_order(again) == in_order(parsed.file)
    if again is None or not same or _words(again) != _words(parsed.file):
        message = "the file could not be laid out without a change of meaning; it was left as it is"
        return None, (Problem("internal-error", message, source.span(0, 0),
                              hint="this is a bug, please report it"),)  # fmt: skip
    return text, ()


def in_order(file: s.File) -> s.File:
    """The tree with the sections of every rule and exemption in the one order."""
    items: list[s.Item] = []
    for item in file.items:
        match item:
            case s.Rule():
                items.append(replace(item, items=tuple(sorted(item.items, key=_section))))
            case s.Exempt():
                items.append(replace(item, items=tuple(sorted(item.items, key=_exempt_section))))
            case _:
                items.append(item)
    return replace(file, items=tuple(items))


def _words(file: s.File) -> list[str]:
    return sorted(text.rstrip() for _offset, text in file.comments)


def _section(item: s.RuleItem) -> tuple[int, int]:
    """The group of a rule's item, and its rank in the group where the order is ours."""
    match item:
        case s.Meta():
            return 0, 2 * _META.index(item.word)
        case s.SeverityItem():  # behind the plain one, in the order in which they are asked
            return 0, 2 * _META.index("severity") + 1
        case s.ParamItem():
            return 1, 0
        case s.LetItem() | s.MatchItem() | s.WhereItem():
            return 2, 0
        case s.UnknownItem():
            return 3, 0
        case s.ReportItem():
            return 4, 0
        case s.FixItem():
            return 5, 0
        case s.TestItem():
            return 6, 0


def _exempt_section(item: s.MatchItem | s.WhereItem | s.Meta) -> tuple[int, int]:
    return (1, _EXEMPT.index(item.word)) if isinstance(item, s.Meta) else (0, 0)


def _padded(indent: int, text: str) -> str:
    return " " * indent + text


def long_text(text: s.Text, indent: int) -> str:
    """A string of words: short ones as written, `\"\"\"` ones indented anew, content untouched."""
    raw = text.span.text
    if not text.long or "\n" not in raw:
        return raw
    pad = " " * indent
    lines = [pad + "  " + line if line else "" for line in text.value.split("\n")]
    laid = '"""\n' + "\n".join(lines) + f'\n{pad}"""'
    return laid if unquote(laid) == text.value else raw


class _Printer:
    """Prints the items of one file with their comments."""

    def __init__(self, comments: Comments) -> None:
        self.comments = comments

    # -------------------------------------------------------------- comments
    def above(self, node: object, indent: int) -> list[str]:
        """The comments above a part."""
        out: list[str] = []
        for comment in self.comments.above.get(id(node), ()):
            out.append(_padded(indent, comment.text))
            if comment.gap and indent == 0:
                out.append("")
        return out

    def behind(self, node: object) -> str:
        """The comments behind a part."""
        return "".join(f"  {text}" for text in self.comments.behind.get(id(node), ()))

    def head(self, node: object) -> str:
        """The comments behind the head of a block."""
        return "".join(f"  {text}" for text in self.comments.head.get(id(node), ()))

    def end(self, node: object, indent: int) -> list[str]:
        """The comments at the end of a block."""
        return [_padded(indent, comment.text) for comment in self.comments.end.get(id(node), ())]

    def quiet(self, block: object, parts: Sequence[object]) -> bool:
        """Whether no comment stands inside of a block."""
        inside = self.comments.head.get(id(block)) or self.comments.end.get(id(block))
        return not inside and not any(self.comments.within(part) for part in parts)

    # -------------------------------------------------------------- blocks
    def file(self, file: s.File) -> str:
        """The whole text."""
        out = _free(self.comments.first)
        edition = "".join(f"  {text}" for text in self.comments.edition)
        out.append(f"plumbrule 1{edition}")
        before: s.Item | None = None
        for item in file.items:
            if before is None or self.parted(before, item, file.span.source.text):
                out.append("")
            out += self.above(item, 0)
            out.append(self.item(item) + self.behind(item))
            before = item
        tail = self.comments.end.get(id(file), [])
        return "\n".join([*out, *([""] if tail else []), *_free(tail)]).rstrip("\n") + "\n"

    def parted(self, before: s.Item, item: s.Item, text: str) -> bool:
        """Whether an empty line goes between two items: always beside a rule, else as written."""
        if isinstance(before, (s.Rule, s.Exempt)) or isinstance(item, (s.Rule, s.Exempt)):
            return True
        between = text[before.span.end : item.span.start]
        first = between.split("#", 1)[0] if not self.behind(before) else between.split("\n", 1)[-1]
        lines = first.split("#", 1)[0].split("\n")
        if self.behind(before):
            lines.insert(0, "")
        return any(not line.strip() for line in lines[1:-1])

    def item(self, item: s.Item) -> str:
        """One top-level item."""
        match item:
            case s.Module():
                return f"module {item.name}"
            case s.Use():
                alias = f" as {item.alias}" if item.alias else ""
                names = " { " + ", ".join(item.names) + " }" if item.names else ""
                return f"use {item.module}{alias}{names}"
            case s.Constant():
                type_ = f": {type_text(item.type)}" if item.type is not None else ""
                return value(f"let {item.name}{type_}", item.value, 0, self.comments)
            case s.Function():
                return value(_function_head(item), item.body, 0, self.comments)
            case s.Rule():
                return self.rule(item)
            case s.Exempt():
                return self.exempt(item)
            case s.KindDecl():
                return self.kind(item)
            case s.EdgeDecl():
                inverse = f" inverse {item.inverse}" if item.inverse else ""
                doc = f" {quote(item.doc)}" if item.doc is not None else ""
                ends = f"{' | '.join(item.origins)} -> {' | '.join(item.targets)}"
                head = f"edge {item.name}: {ends}{inverse}"
                return f"{head}{doc}" if fits(head + doc, 0) or not doc else f"{head}\n {doc}"

    def rule(self, rule: s.Rule) -> str:
        """A rule, its sections parted by empty lines."""
        out = [f"rule {rule.id} {{{self.head(rule)}"]
        group = -1
        for item in sorted(rule.items, key=_section):
            section = _section(item)[0]
            if group not in (-1, section):
                out.append("")
            group = section
            out += self.above(item, 2)
            out.append(_padded(2, self.rule_item(item) + self.behind(item)))
        return "\n".join([*out, *self.end(rule, 2), "}"])

    def exempt(self, exempt: s.Exempt) -> str:
        """An exemption."""
        out = [f"exempt {exempt.rule} {{{self.head(exempt)}"]
        for item in sorted(exempt.items, key=_exempt_section):
            out += self.above(item, 2)
            if isinstance(item, s.Meta):
                text = f"{item.word:<7} {self.meta_value(item)}"
            else:
                text = self.rule_item(item)
            out.append(_padded(2, text + self.behind(item)))
        return "\n".join([*out, *self.end(exempt, 2), "}"])

    def kind(self, kind: s.KindDecl) -> str:
        """A kind: words first, fields, `open` last; on one line with one member that fits."""
        parents = f" extends {' | '.join(kind.parents)}" if kind.parents else ""
        head = f"kind {kind.name}{parents} {{"
        members: list[tuple[object, str]] = []
        if kind.doc is not None:
            members.append((kind.doc, f"doc {long_text(kind.doc, 2)}"))
        members += [(entry, self.field(entry)) for entry in kind.fields]
        if kind.open is not None:
            members.append((kind.open, f"open: {type_text(kind.open)}"))
        return self.block(kind, head, members, 0)

    def field(self, field: s.FieldDecl) -> str:
        """A field of a kind."""
        default = f" = {flat(field.default)}" if field.default is not None else ""
        doc = f" {quote(field.doc)}" if field.doc is not None else ""
        mark = "?" if field.optional else ""
        head = f"field {field.name}{mark}: {type_text(field.type)}{default}"
        return f"{head}{doc}" if fits(head + doc, 2) or not doc else f"{head}\n   {doc}"

    def block(
        self, node: object, head: str, members: Sequence[tuple[object, str]], indent: int
    ) -> str:
        """A block of members: `head { one }` if it is short, else a line or more each."""
        quiet = self.quiet(node, [member for member, _text in members])
        if quiet and not members:
            return f"{head}}}"
        if quiet and len(members) == 1:
            line = f"{head} {members[0][1]} }}"
            if "\n" not in line and indent + len(line) <= ONE_LINE:
                return line
        out = [head + self.head(node)]
        for member, text in members:
            out += self.above(member, indent + 2)
            out.append(_padded(indent + 2, text + self.behind(member)))
        return "\n".join([*out, *self.end(node, indent + 2), _padded(indent, "}")])

    # -------------------------------------------------------------- parts of rules
    def rule_item(self, item: s.RuleItem) -> str:
        """One item of a rule, from its first letter on."""
        match item:
            case s.Meta():
                word = f"{item.word:<8}" if item.word in _ALIGNED else item.word
                return f"{word} {self.meta_value(item)}"
            case s.SeverityItem():
                head = f"severity {item.name} "
                return head + condition(item.condition, 2, self.comments, "when", len(head))
            case s.ParamItem():
                return self.param(item)
            case s.LetItem():
                return value(f"let {item.name}", item.value, 2, self.comments)
            case s.MatchItem():
                return self.match(item)
            case s.WhereItem():
                return condition(item.condition, 2, self.comments)
            case s.UnknownItem():
                return f"on unknown {item.word}"
            case s.ReportItem():
                return self.report(item)
            case s.FixItem():
                ops = [(op, _fix_op(op)) for op in item.ops]
                return self.block(item, f"fix {item.mode} {quote(item.title)} {{", ops, 2)
            case s.TestItem():
                count = f" {item.count}" if item.count is not None else ""
                head = f"test {quote(item.title)} {item.verdict}{count} {{"
                fixtures = [(part, _fixture(part)) for part in item.fixtures]
                return self.block(item, head, fixtures, 2)

    def meta_value(self, item: s.Meta) -> str:
        """What stands behind a word of the metadata."""
        if isinstance(item.value, s.Text):
            return long_text(item.value, 2)
        if isinstance(item.value, str):
            return item.value
        if item.word == "formerly":
            return ", ".join(item.value)
        words = [quote(word) for word in item.value]
        line = "[" + ", ".join(words) + "]"
        if len(words) < 2 or fits(line, 11):
            return line
        return "[\n" + "".join(f"    {word},\n" for word in words) + "  ]"

    def param(self, item: s.ParamItem) -> str:
        """A parameter; its words go below where the line would be too long."""
        doc = f" {quote(item.doc)}" if item.doc is not None else ""
        head = f"param {item.name}: {type_text(item.type)}"
        text = value(head, item.default, 2, self.comments, doc)
        if text.endswith(doc) and "\n" not in text:
            return text
        last = text[text.rfind("\n") + 1 :]
        return text + doc if "\n" in text and fits(last + doc, 0) else f"{text}\n   {doc}"

    def match(self, item: s.MatchItem) -> str:
        """The patterns, one below the other."""
        out = "match "
        for number, part in enumerate(item.patterns):
            more = number + 1 < len(item.patterns)
            if number:
                out += "".join(f"\n{line}" for line in self.above(part, 8)) + "\n" + " " * 8
            out += pattern(part, 8) + ("," if more else "") + self.behind(part)
        return out

    def report(self, item: s.ReportItem) -> str:
        """The report with its notes."""
        at = f"report at {flat(item.at)}" if item.at is not None else "report"
        message = long_text(item.message, 4)
        line = f"{at} {message}"
        first = line if len(line) + 2 <= MESSAGE or item.at is None or item.message.long else (
            f"{at}\n    {message}"
        )  # fmt: skip
        out = [first + self.head(item)]
        for note in item.notes:
            out += self.above(note, 4)
            where = f" at {flat(note.at)}" if note.at is not None else ""
            text = f"note {long_text(note.message, 4)}{where}"
            out.append(_padded(4, text + self.behind(note)))
        out += self.end(item, 4)  # these stood before the path
        if item.path is not None:
            out.append(f"    path {item.path}")
        return "\n".join(out)


def _free(comments: Iterable[Comment]) -> list[str]:
    """Comments that stand by themselves, with the empty lines between them."""
    out: list[str] = []
    for comment in comments:
        out += [comment.text, ""] if comment.gap else [comment.text]
    return out


def _function_head(item: s.Function) -> str:
    formals = ", ".join(f"{one.name}: {type_text(one.type)}" for one in item.formals)
    if item.type is None:
        return f"pred {item.name}({formals})"
    return f"fn {item.name}({formals}): {type_text(item.type)}"


def _fix_op(op: s.FixOp) -> str:
    place = flat(op.place)
    given = flat(op.value) if op.value is not None else ""
    match op.op:
        case "set":
            return f"set {place} = {given}"
        case "append":
            return f"append {given} to {place}"
        case "replace":
            return f"replace {place} with {given}"
        case _:
            return f"remove {place}"


def _fixture(part: s.FixtureExpr) -> str:
    if part.form == "with":
        assert part.value is not None
        return f"with {part.name} = {flat(part.value)}"
    text = f" {long_text(part.text, 4)}" if part.text is not None else ""
    return f"{part.form} {quote(part.name)}{text}"
