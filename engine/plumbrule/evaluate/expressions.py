"""Expressions: generated Python for one expression, a fast path for what is known.

The generated text holds names and words of this file only. Whatever comes from a rule (names of
fields, texts, patterns) stands in the table of constants, so no rule can inject code. Every fast
path is one class test; everything else calls the functions that the walk calls, so the meaning of
the language is written once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from plumbrule.evaluate.indexes import plain_texts
from plumbrule.evaluate.needs import conjunction, conjuncts, needs
from plumbrule.evaluate.read import keeps_members
from plumbrule.evaluate.truth import MISSING
from plumbrule.language import ir
from plumbrule.language.literals import Pattern

_DEEPEST = 60  # levels of indentation; Python itself refuses more than 100
_CLASSES = {
    "string": ("str",), "path": ("str",), "enum": ("str",), "bool": ("bool",), "int": ("int",),
    "float": ("float", "int"), "list": ("ListValue",), "map": ("MapValue",), "kind": ("MapValue",),
}  # fmt: skip
_ORDERED = {"==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_REVERSED = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_OF_TEXTS = {
    "contains": "{right} in {left}", "starts_with": "{left}.startswith({right})",
    "ends_with": "{left}.endswith({right})",
}  # fmt: skip
_TOTAL_ON_TEXT = frozenset({"lower", "upper", "trim", "length", "entropy", "looks_like_secret"})
_NOT_WRITTEN = frozenset({"file", "env"})  # fields of a node that stand in no file


class TooDeepError(Exception):
    """The expression is nested more deeply than Python compiles."""


@dataclass(slots=True)
class Writer:
    """The text of one function while it is written. Atoms are names of its locals."""

    lets: Mapping[str, ir.Expr]
    subject: str = ""
    lines: list[str] = field(default_factory=list)
    prelude: list[str] = field(default_factory=list)
    constants: list[object] = field(default_factory=list)
    scope: dict[str, str] = field(default_factory=dict)
    indent: int = 1
    count: int = 0
    params: dict[str, str] = field(default_factory=dict)

    def line(self, text: str) -> None:
        """One line at the present depth."""
        if self.indent > _DEEPEST:
            raise TooDeepError
        self.lines.append(f"{' ' * self.indent}{text}")

    def name(self, letter: str) -> str:
        """A new local."""
        self.count += 1
        return f"{letter}{self.count}"

    def let(self, code: str) -> str:
        """A new local with the value of the code."""
        atom = self.name("t")
        self.line(f"{atom} = {code}")
        return atom

    def ahead(self, letter: str, code: str) -> str:
        """A local that is set once, before any subject."""
        atom = self.name(letter)
        self.prelude.append(f" {atom} = {code}")
        return atom

    def constant(self, value: object) -> str:
        """The local that holds a constant."""
        for at, known in enumerate(self.constants):
            if known is value:
                return f"k{at}_"
        self.constants.append(value)
        return f"k{len(self.constants) - 1}_"

    def param(self, name: str) -> str:
        """The local that holds a parameter's value."""
        if name not in self.params:
            self.params[name] = self.ahead("p", f"params[{self.constant(name)}]")
        return self.params[name]

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Lines under the head; what they bind is not known behind them."""
        self.line(head)
        known, self.indent, at = dict(self.scope), self.indent + 1, len(self.lines)
        yield
        if len(self.lines) == at:
            self.line("pass")
        self.scope, self.indent = known, self.indent - 1


def value(expr: ir.Expr, out: Writer) -> str:
    """Lines that compute the expression's value, and the local that holds it."""
    match expr:
        case ir.Const():
            return out.constant(MISSING if expr.value is None else expr.value)
        case ir.Var():
            if expr.name not in out.scope:
                out.scope[expr.name] = value(out.lets[expr.name], out)
            return out.scope[expr.name]
        case ir.Param():
            return out.param(expr.name)
        case ir.Field():
            return _field(expr, out)
        case ir.Item():
            return _item(expr, out)
        case ir.Test():
            return _test(expr, out)
        case ir.IsKind():
            asked = value(expr.receiver, out)
            found = f"kind_test(graph, {asked}, {out.constant(expr.kinds)})"
            return out.let(f"negate({found})" if expr.negated else found)
        case ir.Not():
            inner = condition(expr.operand, out)
            return out.let(f"(not {inner}) if type({inner}) is bool else negate({inner})")
        case ir.And():
            return _connective(expr.operands, out, "both", "False", "True")
        case ir.Or():
            return _connective(expr.operands, out, "either", "True", "False")
        case ir.If():
            return _choice(expr, out)
        case ir.Compare():
            return _compare(expr, out)
        case ir.Coalesce():
            left = out.let(value(expr.left, out))
            with out.block(f"if type({left}) not in plain and is_set({left}) is not True:"):
                out.line(f"{left} = coalesce({left}, {value(expr.right, out)})")
            return left
        case ir.Arith():
            left, right = value(expr.left, out), value(expr.right, out)
            return out.let(f"arithmetic({out.constant(expr.op)}, {left}, {right})")
        case ir.Neg():
            return out.let(f"arithmetic('-', 0, {value(expr.operand, out)})")
        case ir.Call():
            return _call(expr, out)
        case ir.Bind():
            known = out.scope.get(expr.name)
            out.scope[expr.name] = value(expr.value, out)
            body = value(expr.body, out)
            del out.scope[expr.name]
            if known is not None:
                out.scope[expr.name] = known
            return body
        case ir.Listing():
            items = "".join(f"{value(item, out)}, " for item in expr.items)
            return out.let(f"collected({out.constant(expr.form)}, ({items}))")
        case ir.Mapping():
            entries = [f"{out.constant(key)}: {value(item, out)}" for key, item in expr.entries]
            return out.let(f"{{{', '.join(entries)}}}")
        case ir.Quantifier():
            return _quantifier(expr, out)


def condition(expr: ir.Expr, out: Writer) -> str:
    """As `value`, for an expression in the place of a condition: true, false or a doubt."""
    atom = value(expr, out)
    sure = (ir.Test, ir.IsKind, ir.Not, ir.And, ir.Or, ir.Compare)
    return atom if isinstance(expr, sure) else out.let(
        f"{atom} if {atom} is True or {atom} is False else truth({atom})")  # fmt: skip


def _raw(expr: ir.Field | ir.Item, out: Writer) -> str:
    receiver = value(expr.receiver, out)
    if isinstance(expr, ir.Item):
        return out.let(f"raw_entry({receiver}, {value(expr.key, out)})")
    return out.let(f"raw_field(graph, {receiver}, {out.constant(expr.name)})")


def _at_once(receiver: str, key: str, out: Writer) -> str:
    """Code for the entry of a node or map that holds it; None where the shared way must decide."""
    if receiver == out.scope.get(out.subject):
        return f"{receiver}.fields.get({key})"
    return (
        f"{receiver}.fields.get({key}) if type({receiver}) is Node else "
        f"{receiver}.get({key}) if type({receiver}) is MapValue else None"
    )


def _unlike(atom: str, classes: tuple[str, ...]) -> str:
    return " and ".join(f"type({atom}) is not {name}" for name in classes)


def _field(expr: ir.Field, out: Writer) -> str:
    receiver, key = value(expr.receiver, out), out.constant(expr.name)
    slow = f"field(graph, {receiver}, {key}, {out.constant(expr.declared)})"
    classes = _CLASSES.get(expr.declared.name, ()) if keeps_members(expr.declared) else ()
    any_ = expr.declared.name == "any"
    if expr.name in _NOT_WRITTEN or not (classes or any_):
        found = out.let(slow)
        if expr.default is not None:
            _default(expr, expr.default, found, out)
        return found
    found = out.let(_at_once(receiver, key, out))
    with out.block(f"if {f'type({found}) not in plain' if any_ else _unlike(found, classes)}:"):
        out.line(f"{found} = {slow}")
        if expr.default is not None:
            _default(expr, expr.default, found, out)
    return found


def _default(expr: ir.Field, default: ir.Expr, found: str, out: Writer) -> None:
    with out.block(f"if {found} is MISSING or is_set({found}) is not True:"):
        other = f"coerce({value(default, out)}, {out.constant(expr.declared)})"
        out.line(f"{found} = with_default({found}, {other})")


def _item(expr: ir.Item, out: Writer) -> str:
    receiver, key = value(expr.receiver, out), value(expr.key, out)
    slow = f"coerce(raw_entry({receiver}, {key}), {out.constant(expr.type)})"
    quick = isinstance(expr.key, ir.Const) and isinstance(expr.key.value, str)
    if not quick or expr.type.name != "any":
        return out.let(slow)
    found = out.let(_at_once(receiver, key, out))
    with out.block(f"if type({found}) not in plain:"):
        out.line(f"{found} = {slow}")
    return found


def _test(expr: ir.Test, out: Writer) -> str:
    name, receiver = expr.test, expr.receiver
    if name in ("explicit", "null") and isinstance(receiver, (ir.Field, ir.Item)):
        found = f"raw_test({out.constant(name)}, {_raw(receiver, out)})"
        return out.let(f"negate({found})" if expr.negated else found)
    atom = value(receiver, out)
    found = f"value_test({out.constant(name)}, {atom})"
    slow = f"negate({found})" if expr.negated else found
    if name in ("set", "explicit", "missing"):
        known = str((name != "missing") is not expr.negated)
        return out.let(f"{known} if type({atom}) in plain else {slow}")
    return out.let(slow)


def _connective(
    operands: tuple[ir.Expr, ...], out: Writer, merge: str, final: str, neutral: str
) -> str:
    found = out.let(condition(operands[0], out))
    for operand in operands[1:]:
        with out.block(f"if {found} is not {final}:"):
            other = condition(operand, out)
            out.line(
                f"{found} = {other} if {found} is {neutral} and type({other}) is bool "
                f"else {merge}(({found}, {other}))"
            )
    return found


def _choice(expr: ir.If, out: Writer) -> str:
    asked = condition(expr.condition, out)
    yes, no = out.name("t"), out.name("t")
    with out.block(f"if {asked} is not False:"):
        out.line(f"{yes} = {value(expr.yes, out)}")
    with out.block(f"if {asked} is not True:"):
        out.line(f"{no} = {value(expr.no, out)}")
    return out.let(
        f"{yes} if {asked} is True else {no} if {asked} is False "
        f"else undecided_choice({asked}, {yes}, {no})"
    )


def _class_of(expr: ir.Expr) -> str:
    """The class that the value most likely has; "" if none can be compared at once."""
    if isinstance(expr, ir.Const):
        name = type(expr.value).__name__
        return name if name in ("str", "int", "bool") else ""
    return {"string": "str", "path": "str", "enum": "str", "int": "int", "bool": "bool"}.get(
        expr.type.name, ""
    )


def _compare(expr: ir.Compare, out: Writer) -> str:
    left, right = value(expr.left, out), value(expr.right, out)
    found = f"compare({out.constant(expr.op)}, {left}, {right})"
    slow = f"negate({found})" if expr.negated else found
    quick = _quick(expr, left, right, out)
    return out.let(f"{quick[0]} if {quick[1]} else {slow}" if quick else slow)


def _quick(expr: ir.Compare, left: str, right: str, out: Writer) -> tuple[str, str] | None:
    """Code for known operands, and the test that they are; None if there is no such way."""
    op, turn = expr.op, "not " if expr.negated else ""
    if op == "matches":
        if isinstance(expr.right, ir.Const) and isinstance(expr.right.value, Pattern):
            return f"{turn}{right}.matches({left})", f"type({left}) is str"
        return None
    if op == "in" and isinstance(expr.right, ir.Const):
        texts = plain_texts(expr.right.value)
        if texts is None:
            return None
        return f"{left} {turn}in {out.constant(texts)}", f"type({left}) is str"
    if op == "in" and isinstance(expr.right, ir.Param):
        texts_of = out.ahead("p", f"plain_texts({right})")
        return f"{left} {turn}in {texts_of}", f"type({left}) is str and {texts_of} is not None"
    ones, others = _class_of(expr.left), _class_of(expr.right)
    if isinstance(expr.left, ir.Const) or isinstance(expr.right, ir.Const):
        given = ones if isinstance(expr.left, ir.Const) else others
        ones = others = given  # `any` beside a constant is most likely of its class
    if not ones or ones != others:
        return None
    if op in _ORDERED and (ones != "bool" or op in ("==", "!=")):
        sign = _REVERSED[op] if expr.negated else _ORDERED[op]
        code = f"{left} {sign} {right}"
    elif op in _OF_TEXTS and ones == "str":
        code = f"{turn}{_OF_TEXTS[op].format(left=left, right=right)}"
    else:
        return None
    unsure = [atom for atom, side in ((left, expr.left), (right, expr.right))
              if not isinstance(side, ir.Const)]  # fmt: skip
    test = " and ".join(f"type({atom}) is {ones}" for atom in unsure)
    return code, test or "True"


def _call(expr: ir.Call, out: Writer) -> str:
    args = [value(item, out) for item in expr.args]
    named = [f"{out.constant(name)}: {value(item, out)}" for name, item in expr.named]
    name = out.constant(expr.function)
    slow = f"call({name}, ({''.join(f'{arg}, ' for arg in args)}), {{{', '.join(named)}}})"
    if named or len(args) != 1:
        return out.let(slow)
    if expr.function == "text":
        return out.let(f"{args[0]} if type({args[0]}) is str else {slow}")
    if expr.function in _TOTAL_ON_TEXT:
        quick = out.ahead("f", f"functions[{name}]")
        return out.let(f"{quick}({args[0]}) if type({args[0]}) is str else {slow}")
    return out.let(slow)


def environment(names: list[str], out: Writer) -> str:
    """Code for the bindings of these names, as patterns want them; the subject's is also ""."""
    pairs = [f"{out.constant(name)}: {out.scope[name]}" for name in dict.fromkeys(names)]
    if out.subject in out.scope:
        pairs.insert(0, f"'': {out.scope[out.subject]}")
    return f"{{{', '.join(pairs)}}}"


def function(expr: ir.Expr, names: tuple[str, ...], out: Writer, *, verdict: bool) -> str:
    """The local function of these names that computes the expression."""
    made = out.name("d")
    atoms = [out.name("v") for _ in names]
    with out.block(f"def {made}({', '.join(atoms)}):"):
        out.scope |= dict(zip(names, atoms, strict=True))
        out.line(f"return {condition(expr, out) if verdict else value(expr, out)}")
    return made


def _ahead(expr: ir.Expr, names: tuple[str, ...], out: Writer, *, verdict: bool) -> str:
    """As `function`, for an expression that reads nothing else: made once, before any subject."""
    kept = out.lines, out.scope, out.indent
    out.lines, out.scope, out.indent = [], {}, 1
    made = function(expr, names, out, verdict=verdict)
    out.prelude += out.lines
    out.lines, out.scope, out.indent = kept
    return made


def _quantifier(expr: ir.Quantifier, out: Writer) -> str:
    binder = expr.binder
    if isinstance(binder, ir.Pattern):
        names = tuple(dict.fromkeys(node.name for node in binder.nodes))
        bound = tuple(name for name in names if name in out.scope)
        names = tuple(name for name in names if name not in bound)
        names += (binder.path,) if binder.path is not None else ()
        if not bound:
            return _sought(expr, binder, names, out)
        if out.subject not in bound and _alone(expr, (*bound, *names), out):
            return _answered(expr, binder, bound, names, out)
        rows = (
            f"linked({out.constant(binder)}, {environment([*bound], out)}, graph, "
            f"{out.constant(names)})"
        )
    else:
        names = (binder.item,) if binder.key is None else (binder.key, binder.item)
        rows = f"each({value(binder.collection, out)}, keyed={binder.key is not None})"
    return _quantified(expr, rows, expr.where, names, out)


def _quantified(
    expr: ir.Quantifier, rows: str, asked: ir.Expr | None, names: tuple[str, ...], out: Writer
) -> str:
    rows = out.let(rows)
    where = body = "None"
    if asked is not None:
        where = function(asked, names, out, verdict=True)
    if expr.body is not None:
        body = function(expr.body, names, out, verdict=False)
    return out.let(f"quantify({out.constant(expr.form)}, {rows}, {where}, {body})")


def _reads(expr: ir.Expr, out: Writer) -> tuple[frozenset[str], bool]:
    """What the expression reads of all that is bound around it, and whether it follows edges."""
    found = needs(expr, out.lets)
    return found.names & out.scope.keys(), found.follows


def _alone(expr: ir.Quantifier, names: tuple[str, ...], out: Writer) -> bool:
    """Whether nothing but these names decides what the quantifier says."""
    for part in (expr.where, expr.body):
        if part is not None:
            read, follows = _reads(part, out)
            if follows or not read <= set(names):
                return False
    return True


def _answered(
    expr: ir.Quantifier, binder: ir.Pattern, bound: tuple[str, ...], names: tuple[str, ...],
    out: Writer,
) -> str:  # fmt: skip
    """A quantifier over what stands around nodes that many subjects ask about."""
    where = body = "None"
    if expr.where is not None:
        where = _ahead(expr.where, (*bound, *names), out, verdict=True)
    if expr.body is not None:
        body = _ahead(expr.body, (*bound, *names), out, verdict=False)
    answers = out.ahead("q", f"Answers(graph, {out.constant(expr.form)}, {out.constant(binder)}, "
                             f"{out.constant(names)}, {where}, {body})")  # fmt: skip
    nodes = "".join(f"{out.scope[name]}, " for name in bound)
    return out.let(f"{answers}.of({environment([*bound], out)}, ({nodes}))")


def _sought(
    expr: ir.Quantifier, binder: ir.Pattern, names: tuple[str, ...], out: Writer
) -> str:  # fmt: skip
    """A quantifier over all nodes of a kind: what concerns the node alone is asked once."""
    first = binder.nodes[0].name
    own: list[ir.Expr] = []
    rest: list[ir.Expr] = []
    keys: list[tuple[str, ir.Expr, ir.Expr]] = []
    for part in conjuncts(expr.where):
        read, follows = _reads_from(part, first, names, out)
        if not follows and read == {first}:
            own.append(part)
            continue
        rest.append(part)
        keys += _links(part, first, names, out)
    keep = conjunction(own)
    kept = "None" if keep is None else _ahead(keep, (first,), out, verdict=True)
    tables = [(how, _ahead(side, (first,), out, verdict=False)) for how, side, _other in keys]
    listed = "".join(f"({out.constant(how)}, {made}), " for how, made in tables)
    extent = out.ahead("q", f"Extent(graph, {out.constant(binder)}, {out.constant(names)}, {kept}, "
                            f"({listed}))")  # fmt: skip
    wanted = "".join(f"{value(other, out)}, " for _how, _side, other in keys)
    rows = f"{extent}.rows({environment([], out)}, ({wanted}))"
    return _quantified(expr, rows, conjunction(rest), names, out)


def _reads_from(
    expr: ir.Expr, first: str, names: tuple[str, ...], out: Writer
) -> tuple[frozenset[str], bool]:  # fmt: skip
    found = needs(expr, out.lets)
    return found.names & {first, *names, *out.scope.keys()}, found.follows


def _links(
    part: ir.Expr, first: str, names: tuple[str, ...], out: Writer
) -> Iterator[tuple[str, ir.Expr, ir.Expr]]:
    """How a condition links the node with what is bound: the way, its side, the other side."""
    if not isinstance(part, ir.Compare) or part.negated or part.op not in ("==", "starts_with"):
        return
    sides = ((part.left, part.right, part.op),
             (part.right, part.left, "==" if part.op == "==" else "starts"))  # fmt: skip
    for side, other, how in sides:
        read, follows = _reads_from(side, first, names, out)
        others, _ = _reads_from(other, first, names, out)
        if not follows and read == {first} and others.isdisjoint(names):
            yield how, side, other
            return
