"""Layout: expressions, types and patterns as text, on one line if they fit and broken if not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from plumbrule.language import syntax as s
from plumbrule.language.comments import Comments, operands
from plumbrule.language.parse import keywords

WIDTH = 100  # columns within which conditions, patterns and lists are broken

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
# How tightly each form binds; a looser one inside a tighter place gets parentheses.
_IF, _OR, _AND, _NOT, _COMPARE, _DEFAULT, _SUM, _PRODUCT, _UNARY, _POSTFIX = range(10)
_BINARY = {"or": _OR, "and": _AND, "??": _DEFAULT, "+": _SUM, "-": _SUM, "*": _PRODUCT,
           "/": _PRODUCT}  # fmt: skip


def quote(text: str) -> str:
    """The text as a string token."""
    return '"' + "".join(_ESCAPES.get(letter, letter) for letter in text) + '"'


def type_text(type_: s.TypeExpr) -> str:
    """A type as written."""
    if type_.name == "enum":
        inner = "enum(" + ", ".join(map(quote, type_.words)) + ")"
    else:
        inner = type_.name
        if type_.args:
            inner += "<" + ", ".join(map(type_text, type_.args)) + ">"
    return inner + ("?" if type_.optional else "")


# ------------------------------------------------------------------ patterns
def _node(node: s.NodeExpr) -> str:
    return node.name + (": " + " | ".join(node.kinds) if node.kinds else "")


def _edge(edge: s.EdgeExpr) -> str:
    names = edge.names[0] if len(edge.names) == 1 else "(" + "|".join(edge.names) + ")"
    body = names + edge.repeat
    if edge.avoiding:
        body += " avoiding " + " | ".join(edge.avoiding)
    return f"-{body}->" if edge.forward else f"<-{body}-"


def pattern(item: s.PatternExpr, column: int = 0) -> str:
    """A chain of nodes and edges; broken before edges where it is too long for its column."""
    lines = [(f"{item.path} = " if item.path else "") + _node(item.nodes[0])]
    for edge, node in zip(item.edges, item.nodes[1:], strict=True):
        step = f"{_edge(edge)} {_node(node)}"
        if column and column + len(lines[-1]) + 1 + len(step) > WIDTH:
            lines.append("    " + step)
        else:
            lines[-1] += " " + step
    return ("\n" + " " * column).join(lines)


# ------------------------------------------------------------------ expressions on one line
def _level(expr: s.Expr) -> int:
    match expr:
        case s.IfExpr():
            return _IF
        case s.Binary():
            return _BINARY[expr.op]
        case s.Unary():
            return _NOT if expr.op == "not" else _UNARY
        case s.Comparison() | s.Is():
            return _COMPARE
        case _:
            return _POSTFIX


def _needs(expr: s.Expr, level: int, parent: s.Expr | None) -> bool:
    """Whether parentheses must or, for the eye, shall stand around the expression."""
    own = _level(expr)
    if own < level:
        return True
    if isinstance(parent, s.Binary) and parent.op == "or":
        return own == _AND
    if isinstance(parent, (s.Comparison, s.Is)):
        return own == _DEFAULT
    if isinstance(parent, s.Unary) and parent.op == "not":
        return own in (_COMPARE, _DEFAULT)
    return False


def _inner(expr: s.Expr, level: int, parent: s.Expr | None) -> str:
    text = flat(expr)
    return f"({text})" if _needs(expr, level, parent) else text


def flat(expr: s.Expr) -> str:
    """The expression on one line. Literals stand as their author wrote them."""
    match expr:
        case s.Name():
            return expr.name
        case s.Literal() | s.Tagged():
            return expr.span.text
        case s.ListExpr():
            return "[" + ", ".join(map(flat, expr.items)) + "]"
        case s.SetExpr():
            return "{" + ", ".join(map(flat, expr.items)) + "}"
        case s.MapExpr():
            return "{" + ", ".join(_entry(*entry) for entry in expr.entries) + "}"
        case s.Get():
            return (
                _inner(expr.receiver, _POSTFIX, None) + ("?." if expr.chained else ".") + expr.name
            )
        case s.Index():
            mark = "?[" if expr.chained else "["
            return f"{_inner(expr.receiver, _POSTFIX, None)}{mark}{flat(expr.key)}]"
        case s.CallExpr():
            return _inner(expr.callee, _POSTFIX, None) + "(" + ", ".join(_arguments(expr)) + ")"
        case s.Unary():
            if expr.op == "not":
                return "not " + _inner(expr.operand, _NOT, expr)
            return "-" + _inner(expr.operand, _UNARY, expr)
        case s.Binary():
            return _binary(expr)
        case s.Comparison():
            word = f"not {expr.op}" if expr.negated else expr.op
            left, right = (_inner(side, _DEFAULT, expr) for side in (expr.left, expr.right))
            return f"{left} {word} {right}"
        case s.Is():
            word = "is not" if expr.negated else "is"
            return f"{_inner(expr.left, _DEFAULT, expr)} {word} {' | '.join(expr.words)}"
        case s.IfExpr():
            return f"if {flat(expr.condition)} then {flat(expr.yes)} else {flat(expr.no)}"
        case s.QuantifierExpr():
            return expr.form + "(" + " ".join(f"{w} {t}".strip() for w, t in _clauses(expr)) + ")"


def _binary(expr: s.Binary) -> str:
    level = _BINARY[expr.op]
    if expr.op in ("and", "or"):
        return f" {expr.op} ".join(_inner(item, level + 1, expr) for item in operands(expr))
    if expr.op == "??":
        return f"{_inner(expr.left, _SUM, expr)} ?? {_inner(expr.right, _DEFAULT, expr)}"
    return f"{_inner(expr.left, level, expr)} {expr.op} {_inner(expr.right, level + 1, expr)}"


def _entry(key: str, value: s.Expr) -> str:
    bare = _NAME.fullmatch(key) and key not in keywords()
    return f"{key if bare else quote(key)}: {flat(value)}"


def _arguments(expr: s.CallExpr) -> list[str]:
    return [*map(flat, expr.args), *(f"{name} = {flat(value)}" for name, value in expr.named)]


def _clauses(expr: s.QuantifierExpr) -> list[tuple[str, str]]:
    """The binder, then `where` and the body, each with its word."""
    out = [("", _binder(expr.binder))]
    if expr.where is not None:
        out.append(("where", flat(expr.where)))
    if expr.body is not None:
        out.append(("satisfy" if expr.form == "all" else "give", flat(expr.body)))
    return out


def _binder(binder: s.EachBinder | s.PatternExpr) -> str:
    if isinstance(binder, s.PatternExpr):
        return pattern(binder)
    return f"{', '.join(binder.names)} in {_inner(binder.collection, _DEFAULT, None)}"


# ------------------------------------------------------------------ broken expressions
def fits(text: str, column: int) -> bool:
    """Whether the text is one line that ends within the width."""
    return "\n" not in text and column + len(text) <= WIDTH


def lay(expr: s.Expr, column: int, indent: int) -> str:
    """The expression from `column` on; broken parts that are not aligned stand at `indent`."""
    text = flat(expr)
    if fits(text, column):
        return text
    match expr:
        case s.Binary(op="and" | "or"):
            return chain(expr, column, column, Comments())
        case s.IfExpr():
            return _if(expr, column)
        case s.ListExpr() | s.SetExpr():
            return listing(expr, indent, Comments())
        case s.MapExpr():
            parts = [_entry(*entry) for entry in expr.entries]
            return _lines("{", parts, "}", indent)
        case s.CallExpr():
            callee = _inner(expr.callee, _POSTFIX, None)
            return _lines(callee + "(", _arguments(expr), ")", indent, last="")
        case s.Unary(op="not"):
            return "not " + _laid(expr.operand, _NOT, expr, column + 4, indent)
        case s.QuantifierExpr():
            return _quantifier(expr, column)
        case s.Comparison():
            return _comparison(expr, column, indent)
        case _:
            return text


def _laid(expr: s.Expr, level: int, parent: s.Expr | None, column: int, indent: int) -> str:
    if not _needs(expr, level, parent):
        return lay(expr, column, indent)
    return f"({lay(expr, column + 1, indent)})"


def _lines(start: str, parts: Sequence[str], end: str, indent: int, last: str = ",") -> str:
    pad = "\n" + " " * (indent + 2)
    return start + pad + ("," + pad).join(parts) + last + "\n" + " " * indent + end


def chain(expr: s.Expr, column: int, words: int, comments: Comments) -> str:
    """A broken chain of `and` or `or`: the words from column `words` on, comments kept."""
    assert isinstance(expr, s.Binary)
    out: list[str] = []
    for number, item in enumerate(operands(expr)):
        start = column if number == 0 else words + len(expr.op) + 1
        text = _laid(item, _BINARY[expr.op] + 1, expr, start, words)
        above = [comment.text for comment in comments.above.get(id(item), ())]
        behind = "".join(f"  {comment}" for comment in comments.behind.get(id(item), ()))
        pad = "\n" + " " * words
        if number:
            out.append("".join(pad + line for line in above) + f"{pad}{expr.op} ")
        out.append(text + behind)
    return "".join(out)


def listing(expr: s.ListExpr | s.SetExpr, indent: int, comments: Comments) -> str:
    """A broken list or set: literals fill lines, anything else has a line of its own."""
    start, end = "[]" if isinstance(expr, s.ListExpr) else "{}"
    pad = " " * (indent + 2)
    commented = any(comments.within(item) for item in expr.items)
    if commented or not all(isinstance(item, s.Literal) for item in expr.items):
        lines = [start]
        for item in expr.items:
            lines += [pad + comment.text for comment in comments.above.get(id(item), ())]
            behind = "".join(f"  {comment}" for comment in comments.behind.get(id(item), ()))
            lines.append(f"{pad}{lay(item, indent + 2, indent + 2)},{behind}")
        return "\n".join([*lines, " " * indent + end])
    lines = [pad.rstrip()]
    for number, item in enumerate(expr.items):
        text = flat(item) + ("," if number + 1 < len(expr.items) else "")
        joined = f"{lines[-1]} {text}" if lines[-1].strip() else pad + text
        if len(joined) > WIDTH and lines[-1].strip():
            lines.append(pad + text)
        else:
            lines[-1] = joined
    return "\n".join([start, *lines, " " * indent + end])


def _if(expr: s.IfExpr, column: int) -> str:
    pad = "\n" + " " * column
    out = ""
    current: s.Expr = expr
    while isinstance(current, s.IfExpr):
        condition = lay(current.condition, column + (8 if out else 3), column + 4)
        out += f"if {condition}{pad}  then {lay(current.yes, column + 7, column + 4)}{pad}else "
        current = current.no
    return out + lay(current, column + 5, column + 2)


def _quantifier(expr: s.QuantifierExpr, column: int) -> str:
    at = column + len(expr.form) + 1
    pad = "\n" + " " * at
    out = f"{expr.form}({_binder(expr.binder)}"
    if expr.where is not None:
        out += f"{pad}where {lay(expr.where, at + 6, at + 2)}"
    if expr.body is not None:
        word = "satisfy" if expr.form == "all" else "give"
        out += f"{pad}{word} {lay(expr.body, at + len(word) + 1, at + 2)}"
    return out + ")"


def _comparison(expr: s.Comparison, column: int, indent: int) -> str:
    word = f"not {expr.op}" if expr.negated else expr.op
    left = _inner(expr.left, _DEFAULT, expr)
    if isinstance(expr.right, (s.ListExpr, s.SetExpr)) and fits(left, column):
        return f"{left} {word} {listing(expr.right, indent, Comments())}"
    if isinstance(expr.left, s.QuantifierExpr) and not fits(left, column):
        left = _quantifier(expr.left, column)
    right = _laid(expr.right, _DEFAULT, expr, indent + 3 + len(word), indent + 2)
    if not fits(right, indent + 3 + len(word)):
        return f"{left} {word} {right}"  # a long word is no shorter on a line of its own
    return f"{left}\n{' ' * (indent + 2)}{word} {right}"


def value(head: str, expr: s.Expr, indent: int, comments: Comments, tail: str = "") -> str:
    """`head = value`, the value on the same line, broken in place, or below the head."""
    text = flat(expr)
    broken = _must_break(expr, comments)
    if fits(f"{head} = {text}{tail}", indent) and not broken:
        return f"{head} = {text}{tail}"
    if isinstance(expr, (s.ListExpr, s.SetExpr)) and expr.items:
        if fits(f"{head} = {text}", indent) and not broken:
            return f"{head} = {text}"
        return f"{head} = {listing(expr, indent, comments)}"
    below = indent + 2
    pad = "\n" + " " * below
    if isinstance(expr, s.Binary) and expr.op in ("and", "or") and (
        broken or not fits(text, below)
    ):  # fmt: skip
        return f"{head} ={pad}{chain(expr, below, below, comments)}"
    if isinstance(expr, (s.MapExpr, s.CallExpr)) and not fits(text, below):
        return f"{head} = {lay(expr, WIDTH, indent)}"
    return f"{head} ={pad}{lay(expr, below, below)}"


def _must_break(expr: s.Expr, comments: Comments) -> bool:
    """Whether a comment of a member, or more than two conditions, ask for lines of their own."""
    if isinstance(expr, (s.ListExpr, s.SetExpr)):
        return any(comments.within(item) for item in expr.items)
    members = operands(expr)
    if len(members) < 2:
        return False
    return len(members) > 2 or any(comments.within(item) for item in members)


def condition(
    expr: s.Expr, indent: int, comments: Comments, word: str = "where", ahead: int = 0
) -> str:
    """A word and its condition: two short conditions on one line, more on a line each.

    `ahead` columns stand before the word on its line.
    """
    text = flat(expr)
    column = indent + ahead + len(word) + 1
    if isinstance(expr, s.Binary) and expr.op in ("and", "or"):
        members = operands(expr)
        last = members[-1]
        noted = any(comments.within(item) for item in members[:-1]) or comments.above.get(id(last))
        if len(members) > 2 or noted or not fits(text, column):
            return f"{word} " + chain(expr, column, column - len(expr.op) - 1, comments)
        return f"{word} {text}" + "".join(f"  {c}" for c in comments.behind.get(id(last), ()))
    return f"{word} {lay(expr, column, indent + 4)}"
