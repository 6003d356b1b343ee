"""Lark's tree to the syntax tree."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from plumbrule.language import syntax as s
from plumbrule_parsers.source import Source, Span

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_COMMENT = re.compile(r'"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|(#[^\n]*)')


def unquote(token: str) -> str:
    """The text of a string token: escapes resolved, long strings dedented."""
    if token.startswith('"""'):
        body = token[3:-3]
        body = body.removeprefix("\n")
        return textwrap.dedent(body).rstrip() if "\n" in body else body
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), token[1:-1])


class Builder:
    """Builds syntax nodes of one source; stateless but for the source."""

    def __init__(self, source: Source) -> None:
        self.source = source

    # -------------------------------------------------------------- plumbing
    def span(self, node: Any) -> Span:
        """Where a tree or a token stands."""
        if hasattr(node, "start_pos") and node.start_pos is not None:
            return Span(self.source, node.start_pos, node.end_pos)
        meta = getattr(node, "meta", None)
        if meta is not None and not meta.empty:
            return Span(self.source, meta.start_pos, meta.end_pos)
        return Span(self.source, 0, 0)

    def file(self, tree: Any) -> s.File:
        """The whole file."""
        items = tuple(self.item(child) for child in tree.children[1:])
        found = _COMMENT.finditer(self.source.text)
        comments = tuple((match.start(1), match[1]) for match in found if match[1] is not None)
        return s.File(items, self.source.whole(), comments)

    def dotted(self, tree: Any) -> str:
        return ".".join(str(child) for child in tree.children)

    def kinds(self, tree: Any) -> tuple[str, ...]:
        return tuple(self.dotted(child) for child in tree.children)

    def string(self, token: Any) -> str:
        return unquote(str(token))

    def text(self, tree: Any) -> s.Text:
        """A `_text`: it is inlined, so the token itself arrives."""
        token = str(tree)
        return s.Text(unquote(token), token.startswith('"""'), self.span(tree))

    # -------------------------------------------------------------- items
    def item(self, tree: Any) -> s.Item:
        """One top-level item."""
        built: s.Item = getattr(self, tree.data)(tree)
        return built

    def module_decl(self, tree: Any) -> s.Module:
        return s.Module(self.dotted(tree.children[0]), self.span(tree))

    def use_decl(self, tree: Any) -> s.Use:
        module, alias, *names = tree.children
        kept = tuple(str(name) for name in names if name is not None)
        return s.Use(self.dotted(module), str(alias) if alias else None, kept, self.span(tree))

    def const_decl(self, tree: Any) -> s.Constant:
        name, type_, value = tree.children
        declared = self.type(type_) if type_ is not None else None
        return s.Constant(str(name), declared, self.expression(value), self.span(tree))

    def pred_decl(self, tree: Any) -> s.Function:
        name, formals, body = tree.children
        return s.Function(
            str(name), self.formals(formals), None, self.expression(body), self.span(tree)
        )

    def fn_decl(self, tree: Any) -> s.Function:
        name, formals, type_, body = tree.children
        return s.Function(
            str(name), self.formals(formals), self.type(type_), self.expression(body),
            self.span(tree),
        )  # fmt: skip

    def formals(self, tree: Any) -> tuple[s.Formal, ...]:
        if tree is None:
            return ()
        return tuple(
            s.Formal(str(child.children[0]), self.type(child.children[1]), self.span(child))
            for child in tree.children
        )

    def kind_decl(self, tree: Any) -> s.KindDecl:
        name, parents, *members = tree.children
        fields: list[s.FieldDecl] = []
        opened: s.TypeExpr | None = None
        doc: s.Text | None = None
        for member in members:
            if member.data == "field_decl":
                fields.append(self.field_decl(member))
            elif member.data == "open_decl":
                opened = self.type(member.children[0])
            else:
                doc = self.text(member.children[0])
        inherited = self.kinds(parents) if parents is not None else ()
        return s.KindDecl(self.dotted(name), inherited, tuple(fields), opened, doc, self.span(tree))

    def field_decl(self, tree: Any) -> s.FieldDecl:
        name, optional, type_, default, doc = tree.children
        return s.FieldDecl(
            str(name), optional is not None, self.type(type_),
            self.expression(default) if default is not None else None,
            self.string(doc) if doc is not None else None, self.span(tree),
        )  # fmt: skip

    def edge_decl(self, tree: Any) -> s.EdgeDecl:
        name, origins, targets, inverse, doc = tree.children
        return s.EdgeDecl(
            str(name), self.kinds(origins), self.kinds(targets),
            str(inverse) if inverse is not None else None,
            self.string(doc) if doc is not None else None, self.span(tree),
        )  # fmt: skip

    def type(self, tree: Any) -> s.TypeExpr:
        """A type."""
        children = list(tree.children)
        optional = children.pop() is not None
        if tree.data == "enum_type":
            words = tuple(self.string(child) for child in children)
            return s.TypeExpr("enum", (), words, optional, self.span(tree))
        args = tuple(self.type(child) for child in children[1:] if child is not None)
        return s.TypeExpr(self.dotted(children[0]), args, (), optional, self.span(tree))

    def exempt_decl(self, tree: Any) -> s.Exempt:
        name, *items = tree.children
        built: list[Any] = []
        for item in items:
            if item.data in ("until", "because", "owner"):
                built.append(s.Meta(str(item.data), self.text(item.children[0]), self.span(item)))
            else:
                built.append(getattr(self, item.data)(item))
        return s.Exempt(self.dotted(name), tuple(built), self.span(name), self.span(tree))

    # -------------------------------------------------------------- rules
    def rule_decl(self, tree: Any) -> s.Rule:
        name, *items = tree.children
        built = tuple(self.rule_item(item) for item in items)
        return s.Rule(self.dotted(name), built, self.span(name), self.span(tree))

    def rule_item(self, tree: Any) -> s.RuleItem:
        word = str(tree.data)
        if word in ("title", "why", "remedy"):
            return s.Meta(word, self.text(tree.children[0]), self.span(tree))
        if word == "severity" and tree.children[1] is not None:
            name, given = tree.children
            return s.SeverityItem(str(name), self.expression(given), self.span(tree))
        if word in ("severity", "confidence", "level"):
            return s.Meta(word, str(tree.children[0]), self.span(tree))
        if word == "formerly":
            names = tuple(self.dotted(child) for child in tree.children)
            return s.Meta(word, names, self.span(tree))
        if word in ("tags", "refs"):
            listed = self.expression(tree.children[0])
            assert isinstance(listed, s.ListExpr)
            texts = tuple(
                item.value if isinstance(item, s.Literal) and isinstance(item.value, str) else ""
                for item in listed.items
            )
            return s.Meta(word, texts, self.span(tree))
        built: s.RuleItem = getattr(self, word)(tree)
        return built

    def param_item(self, tree: Any) -> s.ParamItem:
        name, type_, default, doc = tree.children
        return s.ParamItem(
            str(name), self.type(type_), self.expression(default),
            self.string(doc) if doc is not None else None, self.span(tree),
        )  # fmt: skip

    def let_item(self, tree: Any) -> s.LetItem:
        name, value = tree.children
        return s.LetItem(str(name), self.expression(value), self.span(tree))

    def match_item(self, tree: Any) -> s.MatchItem:
        return s.MatchItem(tuple(map(self.pattern, tree.children)), self.span(tree))

    def where_item(self, tree: Any) -> s.WhereItem:
        return s.WhereItem(self.expression(tree.children[0]), self.span(tree))

    def unknown_item(self, tree: Any) -> s.UnknownItem:
        return s.UnknownItem(str(tree.children[0]), self.span(tree))

    def report_item(self, tree: Any) -> s.ReportItem:
        place, message, *extras = tree.children
        notes: list[s.NoteItem] = []
        path: str | None = None
        for extra in extras:
            if extra.data == "note":
                text, at = extra.children
                where = self.expression(at.children[0]) if at is not None else None
                notes.append(s.NoteItem(self.text(text), where, self.span(extra)))
            else:
                path = str(extra.children[0])
        at = self.expression(place.children[0]) if place is not None else None
        return s.ReportItem(at, self.text(message), tuple(notes), path, self.span(tree))

    def fix_item(self, tree: Any) -> s.FixItem:
        mode, title, *ops = tree.children
        built = tuple(self.fix_op(op) for op in ops)
        return s.FixItem(self.string(title), str(mode or "unsafe"), built, self.span(tree))

    def fix_op(self, tree: Any) -> s.FixOp:
        op = str(tree.data).removeprefix("fix_")
        parts = list(tree.children)
        if op == "append":
            parts.reverse()
        place = self.expression(parts[0].children[0])
        value = self.expression(parts[1]) if len(parts) > 1 else None
        return s.FixOp(op, place, value, self.span(tree))

    def test_item(self, tree: Any) -> s.TestItem:
        title, verdict, *fixtures = tree.children
        number = verdict.children[0] if verdict.children else None
        count = int(float(str(number))) if number is not None else None
        built = tuple(self.fixture(child) for child in fixtures)
        return s.TestItem(self.string(title), str(verdict.data), count, built, self.span(tree))

    def fixture(self, tree: Any) -> s.FixtureExpr:
        form = str(tree.data)
        first = tree.children[0]
        if form == "with_param":
            value = self.expression(tree.children[1])
            return s.FixtureExpr("with", str(first), None, value, self.span(tree))
        text = self.text(tree.children[1]) if len(tree.children) > 1 else None
        return s.FixtureExpr(form, self.string(first), text, None, self.span(tree))

    # -------------------------------------------------------------- patterns
    def pattern(self, tree: Any) -> s.PatternExpr:
        """A chain of nodes and edges."""
        path, *chain = tree.children
        nodes = tuple(self.node(child) for child in chain[::2])
        edges = tuple(self.edge(child) for child in chain[1::2])
        return s.PatternExpr(str(path) if path is not None else None, nodes, edges, self.span(tree))

    def node(self, tree: Any) -> s.NodeExpr:
        name, kinds = tree.children
        union = self.kinds(kinds) if kinds is not None else ()
        return s.NodeExpr(str(name), union, self.span(tree))

    def edge(self, tree: Any) -> s.EdgeExpr:
        body = tree.children[0]
        names, repeat, avoiding = body.children
        return s.EdgeExpr(
            tuple(str(name) for name in names.children), tree.data == "edge_out",
            str(repeat) if repeat is not None else "",
            self.kinds(avoiding) if avoiding is not None else (), self.span(tree),
        )  # fmt: skip

    # -------------------------------------------------------------- expressions
    def expression(self, tree: Any) -> s.Expr:
        """Any expression."""
        built: s.Expr = getattr(self, "x_" + str(tree.data))(tree, tree.children, self.span(tree))
        return built

    def x_name(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.Name(str(parts[0]), span)

    def x_number(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        text = str(parts[0])
        return s.Literal(float(text) if "." in text else int(text), span)

    def x_string(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.Literal(self.string(parts[0]), span)

    def x_true(self, _tree: Any, _parts: Any, span: Span) -> s.Expr:
        return s.Literal(True, span)

    def x_false(self, _tree: Any, _parts: Any, span: Span) -> s.Expr:
        return s.Literal(False, span)

    def x_null(self, _tree: Any, _parts: Any, span: Span) -> s.Expr:
        return s.Literal(None, span)

    def x_tagged(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        tag, _, rest = str(parts[0]).partition('"')
        # Only `\"` is an escape here: a pattern keeps its own backslashes.
        return s.Tagged(tag, rest[:-1].replace('\\"', '"'), span)

    def x_list(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.ListExpr(tuple(self.expression(p) for p in parts if p is not None), span)

    def x_set(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.SetExpr(tuple(self.expression(p) for p in parts if p is not None), span)

    def x_map(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        entries = []
        for entry in parts:
            if entry is not None:
                key, value = entry.children
                name = str(key) if key.type == "NAME" else self.string(key)
                entries.append((name, self.expression(value)))
        return s.MapExpr(tuple(entries), span)

    def x_get(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.Get(self.expression(parts[0]), str(parts[1]), False, self.span(parts[1]), span)

    def x_get_opt(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.Get(self.expression(parts[0]), str(parts[1]), True, self.span(parts[1]), span)

    def x_index(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.Index(self.expression(parts[0]), self.expression(parts[1]), False, span)

    def x_index_opt(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.Index(self.expression(parts[0]), self.expression(parts[1]), True, span)

    def x_call(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        callee, args = parts
        plain: list[s.Expr] = []
        named: list[tuple[str, s.Expr]] = []
        for arg in args.children if args is not None else ():
            if arg.data == "named_arg":
                named.append((str(arg.children[0]), self.expression(arg.children[1])))
            else:
                plain.append(self.expression(arg))
        return s.CallExpr(self.expression(callee), tuple(plain), tuple(named), span)

    def x_not_(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.Unary("not", self.expression(parts[0]), span)

    def x_neg(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.Unary("-", self.expression(parts[0]), span)

    def x_or_expr(self, _tree: Any, parts: Any, _span: Span) -> s.Expr:
        return self.chain("or", parts)

    def x_and_expr(self, _tree: Any, parts: Any, _span: Span) -> s.Expr:
        return self.chain("and", parts)

    def chain(self, op: str, parts: Any) -> s.Expr:
        left = self.expression(parts[0])
        for part in parts[1:]:
            right = self.expression(part)
            left = s.Binary(op, left, right, Span(self.source, left.span.start, right.span.end))
        return left

    def x_or_default(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.Binary("??", self.expression(parts[0]), self.expression(parts[1]), span)

    def x_arith(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        left, op, right = parts
        return s.Binary(str(op), self.expression(left), self.expression(right), span)

    def x_compare(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        left, op, right = parts
        return s.Comparison(str(op), self.expression(left), self.expression(right), False, span)

    def x_compare_not(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        left, op, right = parts
        return s.Comparison(str(op), self.expression(left), self.expression(right), True, span)

    def x_is_(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.Is(
            self.expression(parts[0]), self.kinds(parts[1]), False, self.span(parts[1]), span
        )

    def x_is_not(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        return s.Is(
            self.expression(parts[0]), self.kinds(parts[1]), True, self.span(parts[1]), span
        )

    def x_if_expr(self, _tree: Any, parts: Any, span: Span) -> s.Expr:
        condition, yes, no = (self.expression(part) for part in parts)
        return s.IfExpr(condition, yes, no, span)

    def x_any(self, tree: Any, _parts: Any, span: Span) -> s.Expr:
        return self.quantifier(tree, span)

    x_none = x_count = x_all = x_collect = x_any

    def quantifier(self, tree: Any, span: Span) -> s.Expr:
        form = str(tree.data)
        binder, where, *rest = tree.children
        bound: s.EachBinder | s.PatternExpr
        if binder.data == "each":
            *names, collection = binder.children
            kept = tuple(str(name) for name in names if name is not None)
            bound = s.EachBinder(kept, self.expression(collection), self.span(binder))
        else:
            bound = self.pattern(binder)
        condition = self.expression(where) if where is not None else None
        body = self.expression(rest[0]) if rest else None
        return s.QuantifierExpr(form, bound, condition, body, span)
