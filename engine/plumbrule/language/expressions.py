"""The type checker for expressions: syntax in, checked form out, problems on the side.

Missing is decided here: `facts` holds the places that are known to be set at this point (and the
kinds they are known to have), and every use of a place that may be missing without such a fact is
an error. Places are compared by their canonical text, in which `a?.b` and `a.b` are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from plumbrule.language import ir, syntax
from plumbrule.language.literals import IMAGE_FIELDS, TAGS, LiteralError
from plumbrule.language.relations import ORDERED, arithmetic, comparable, fits, joined
from plumbrule.language.schema import FieldInfo, Schema, suggest
from plumbrule.language.signatures import SIGNATURES
from plumbrule.language.types import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    NULL,
    STRING,
    Type,
    list_of,
    map_of,
    set_of,
)
from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.source import Span

TESTS = ("set", "missing", "null", "empty", "explicit", "known", "unknown")
NEVER = Type("never")
Facts = Mapping[str, tuple[str, ...] | None]  # place -> kinds it is known to have (None: just set)
NO_FACTS: Facts = {}


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name means: `form` is var, param, const, function or module."""

    form: str
    type: Type
    expr: ir.Expr | None = None  # what stands for it in the checked form
    function: syntax.Function | None = None
    home: Names | None = None  # the scope in which a function's body or a module's names live


@dataclass(slots=True)
class Names:
    """The names of one file, or of one block inside it."""

    outer: Names | None
    bound: dict[str, Binding] = field(default_factory=dict)

    def find(self, name: str) -> Binding | None:
        """The nearest binding of the name."""
        scope: Names | None = self
        while scope is not None:
            found = scope.bound.get(name)
            if found is not None:
                return found
            scope = scope.outer
        return None

    def all(self) -> set[str]:
        """Every name that can be used here."""
        names = set(self.bound)
        return names | self.outer.all() if self.outer is not None else names


@dataclass(slots=True)
class Footprint:
    """What a rule reads, follows and enumerates, and which variables it uses."""

    reads: set[tuple[str, str]] = field(default_factory=set)
    follows: set[str] = field(default_factory=set)
    extents: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    knowledge: list[Span] = field(default_factory=list)  # uses of `is known` and `is unknown`


def place_key(expr: ir.Expr) -> str | None:
    """The canonical text of a place, None if the expression is no place."""
    if isinstance(expr, ir.Var):
        return expr.name
    if isinstance(expr, ir.Field):
        inner = place_key(expr.receiver)
        return f"{inner}.{expr.name}" if inner is not None else None
    if isinstance(expr, ir.Item) and isinstance(expr.key, ir.Const):
        inner = place_key(expr.receiver)
        return f"{inner}[{expr.key.value!r}]" if inner is not None else None
    return None


def _prefixes(expr: ir.Expr) -> dict[str, tuple[str, ...] | None]:
    """The place and the places that it goes through: all are set if the place is."""
    out: dict[str, tuple[str, ...] | None] = {}
    current: ir.Expr = expr
    while True:
        key = place_key(current)
        if key is not None:
            out[key] = None
        if not isinstance(current, (ir.Field, ir.Item)):
            return out
        current = current.receiver


def learned(expr: ir.Expr, *, true: bool) -> Facts:
    """What is known to be set after the condition turned out true (false)."""
    if isinstance(expr, ir.Not):
        return learned(expr.operand, true=not true)
    if isinstance(expr, ir.Bind):
        return learned(expr.body, true=true)
    if (isinstance(expr, ir.And) and true) or (isinstance(expr, ir.Or) and not true):
        out: dict[str, tuple[str, ...] | None] = {}
        for operand in expr.operands:
            out.update(learned(operand, true=true))
        return out
    if isinstance(expr, ir.Test):
        holds = true is not expr.negated
        sets = (expr.test == "set" and holds) or (expr.test in ("missing", "null") and not holds)
        if expr.test == "explicit" and holds:
            sets = True
        return _prefixes(expr.receiver) if sets else NO_FACTS
    if isinstance(expr, ir.IsKind) and true is not expr.negated:
        key = place_key(expr.receiver)
        facts = _prefixes(expr.receiver)
        if key is not None:
            facts[key] = expr.kinds
        return facts
    if isinstance(expr, ir.Compare):
        holds = true is not expr.negated
        decides = holds if expr.op != "!=" else not holds
        if decides and not expr.right.type.optional and expr.op != "contains":
            return _prefixes(expr.left)
        if decides and expr.op == "==" and not expr.left.type.optional:
            return _prefixes(expr.right)
    return NO_FACTS


class Expressions:
    """Checks expressions of one file; `names` and `facts` travel as arguments."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.problems: dict[tuple[int, int, str, str], Problem] = {}
        self.footprint = Footprint()
        self.calling: list[str] = []
        self._counter = 0
        self._defaults: dict[tuple[str, str], ir.Expr | None] = {}

    # -------------------------------------------------------------- plumbing
    def problem(self, code: str, message: str, span: Span, hint: str = "") -> None:
        """Report an error once, however often its place is checked."""
        key = (span.start, span.end, code, span.path)
        severity = Severity.WARNING if code.startswith("W") else Severity.ERROR
        self.problems.setdefault(key, Problem(code, message, span, severity, hint))

    def fresh(self, name: str) -> str:
        """A name that is unique in the checked form."""
        self._counter += 1
        return f"{name}#{self._counter}"

    def check(
        self, expr: syntax.Expr, names: Names, facts: Facts, wanted: Type | None = None
    ) -> ir.Expr:
        """The checked form; `wanted` helps literals that have no type of their own (`{}`)."""
        method = getattr(self, "_" + type(expr).__name__.lower())
        checked: ir.Expr = method(expr, names, facts, wanted)
        return checked

    def condition(self, expr: syntax.Expr, names: Names, facts: Facts) -> ir.Expr:
        """A condition: it must be a bool that is there."""
        checked = self.check(expr, names, facts, BOOL)
        if checked.type.name not in ("bool", "any", "never"):
            hint = "write a comparison, or a test such as `is set` or `is not empty`"
            self.problem("E301", f"a condition must be a bool, not {checked.type}", expr.span, hint)
        return self.present(checked, expr)

    def present(self, checked: ir.Expr, expr: syntax.Expr) -> ir.Expr:
        """The same expression, refused if it may be missing."""
        if checked.type.optional and checked.type.name != "never":
            written = _written(expr)
            self.problem(
                "E201", f"`{written}` may be missing here: guard it with `is set`, or give a "
                "default with `??`", expr.span,
            )  # fmt: skip
        return checked

    def _settled(self, checked: ir.Expr, facts: Facts) -> ir.Expr:
        """The expression with what the facts know of its place."""
        key = place_key(checked)
        if key is None or key not in facts:
            return checked
        kinds = facts[key]
        type_ = checked.type.maybe(missing=False)
        if kinds and type_.name in ("kind", "any"):
            type_ = Type("kind", kinds=kinds)
        return replace(checked, type=type_) if type_ != checked.type else checked

    # -------------------------------------------------------------- atoms
    def _name(self, expr: syntax.Name, names: Names, facts: Facts, _wanted: Type | None) -> ir.Expr:
        binding = names.find(expr.name)
        if binding is None:
            if expr.name in SIGNATURES:
                message = f"`{expr.name}` is a function; call it with `(...)`"
                self.problem("E106", message, expr.span)
            else:
                close = suggest(expr.name, names.all())
                self.problem("E105", f"unknown name `{expr.name}`{close}", expr.span)
            return ir.Const(None, NEVER, expr.span)
        if binding.expr is None:
            self.problem("E106", f"`{expr.name}` cannot stand alone here", expr.span)
            return ir.Const(None, NEVER, expr.span)
        self.footprint.used.add(expr.name)
        found = replace(binding.expr, span=expr.span)
        if isinstance(found, (ir.Var, ir.Param)):
            return self._settled(found, facts)
        return found

    def _literal(
        self, expr: syntax.Literal, _names: Names, _facts: Facts, _wanted: Type | None
    ) -> ir.Expr:
        value = expr.value
        if value is None:
            return ir.Const(None, NULL, expr.span)
        type_ = (
            BOOL if isinstance(value, bool)
            else INT if isinstance(value, int)
            else FLOAT if isinstance(value, float)
            else STRING
        )  # fmt: skip
        return ir.Const(value, type_, expr.span)

    def _tagged(
        self, expr: syntax.Tagged, _names: Names, _facts: Facts, _wanted: Type | None
    ) -> ir.Expr:
        name, read = TAGS[expr.tag]
        try:
            return ir.Const(read(expr.text), Type(name), expr.span)
        except LiteralError as error:
            self.problem("E005", str(error), expr.span)
            return ir.Const(None, NEVER, expr.span)

    def _listexpr(
        self, expr: syntax.ListExpr, names: Names, facts: Facts, wanted: Type | None
    ) -> ir.Expr:
        return self._listing("list", expr.items, names, facts, wanted, expr.span)

    def _setexpr(
        self, expr: syntax.SetExpr, names: Names, facts: Facts, wanted: Type | None
    ) -> ir.Expr:
        return self._listing("set", expr.items, names, facts, wanted, expr.span)

    def _listing(
        self, form: str, items: tuple[syntax.Expr, ...], names: Names, facts: Facts,
        wanted: Type | None, span: Span,
    ) -> ir.Expr:  # fmt: skip
        inner = wanted.args[0] if wanted is not None and wanted.name in ("list", "set") else None
        checked = tuple(self.present(self.check(item, names, facts, inner), item) for item in items)
        item_type = NEVER
        for item in checked:
            item_type = joined(item_type, item.type.maybe(missing=False), self.schema)
        if not items:
            item_type = inner or NEVER
        type_ = list_of(item_type) if form == "list" else set_of(item_type)
        if all(isinstance(item, ir.Const) and _hashable(item.value) for item in checked):
            values = tuple(item.value for item in checked if isinstance(item, ir.Const))
            return ir.Const(values if form == "list" else frozenset(values), type_, span)
        return ir.Listing(form, checked, type_, span)

    def _mapexpr(
        self, expr: syntax.MapExpr, names: Names, facts: Facts, wanted: Type | None
    ) -> ir.Expr:
        if not expr.entries and wanted is not None and wanted.name in ("set", "list"):
            return self._listing(wanted.name, (), names, facts, wanted, expr.span)
        inner = wanted.args[1] if wanted is not None and wanted.name == "map" else None
        entries = tuple(
            (key, self.check(value, names, facts, inner)) for key, value in expr.entries
        )
        value_type = NEVER
        for _key, value in entries:
            value_type = joined(value_type, value.type.maybe(missing=False), self.schema)
        type_ = map_of(STRING, value_type if entries else (inner or NEVER))
        return ir.Mapping(entries, type_, expr.span)

    # -------------------------------------------------------------- access
    def _get(self, expr: syntax.Get, names: Names, facts: Facts, _wanted: Type | None) -> ir.Expr:
        if isinstance(expr.receiver, syntax.Name):
            binding = names.find(expr.receiver.name)
            if binding is not None and binding.form == "module":
                return self._of_module(expr, binding)
        receiver = self.check(expr.receiver, names, facts)
        if receiver.type.name == "never":
            return ir.Const(None, NEVER, expr.span)
        optional = receiver.type.optional
        if optional and not expr.chained:
            written = _written(expr.receiver)
            self.problem(
                "E201", f"`{written}` may be missing here: write `?.{expr.name}` or guard with "
                "`is set`", expr.receiver.span,
            )  # fmt: skip
        declared, default, own = self._field_type(expr, receiver)
        if declared is None:
            return ir.Const(None, NEVER, expr.span)
        type_ = declared.maybe(missing=own or optional)
        checked = ir.Field(
            receiver, expr.name, declared.maybe(missing=False), default, expr.chained, type_,
            expr.span,
        )  # fmt: skip
        return self._settled(checked, facts)

    def _of_module(self, expr: syntax.Get, binding: Binding) -> ir.Expr:
        assert binding.home is not None
        found = binding.home.bound.get(expr.name)
        if found is None or found.expr is None:
            close = suggest(expr.name, binding.home.bound)
            self.problem("E107", f"the module has no `{expr.name}`{close}", expr.name_span)
            return ir.Const(None, NEVER, expr.span)
        return replace(found.expr, span=expr.span)

    def _field_type(
        self, expr: syntax.Get, receiver: ir.Expr
    ) -> tuple[Type | None, ir.Expr | None, bool]:
        """The declared type, the default, and whether the field may be missing."""
        type_ = receiver.type
        if type_.name == "image":
            if expr.name in IMAGE_FIELDS:
                return STRING, None, IMAGE_FIELDS[expr.name]
            close = suggest(expr.name, IMAGE_FIELDS)
            self.problem("E102", f"an image has no field `{expr.name}`{close}", expr.name_span)
            return None, None, False
        if type_.name != "kind":
            hint = f'write `["{expr.name}"]`' if type_.name in ("map", "any") else ""
            self.problem(
                "E102", f"`.{expr.name}` needs a kind, and this is {type_.maybe(missing=False)}"
                + (f"; {hint}" if hint else ""), expr.name_span, hint,
            )  # fmt: skip
            return None, None, False
        found: list[FieldInfo] = []
        for kind in type_.kinds:
            info = self.schema.kinds.get(kind)
            if info is None:
                return None, None, False
            declared = info.fields.get(expr.name)
            self.footprint.reads.add((kind, expr.name))
            if declared is None:
                close = suggest(expr.name, info.fields)
                hint = f'; an undeclared attribute is written `["{expr.name}"]`' if (
                    info.open is not None and not close
                ) else ""  # fmt: skip
                message = f"{kind} has no field `{expr.name}`{close}{hint}"
                self.problem("E102", message, expr.name_span)
                return None, None, False
            found.append(declared)
        result = found[0].type
        for other in found[1:]:
            result = joined(result, other.type, self.schema)
        default = self._default(type_.kinds[0], found[0])
        return result, default, result.optional

    def _default(self, kind: str, info: FieldInfo) -> ir.Expr | None:
        key = (kind, info.name)
        if key not in self._defaults:
            self._defaults[key] = None
            if info.default is not None:
                checked = self.check(info.default, Names(None), NO_FACTS, info.type)
                self._defaults[key] = checked
        return self._defaults[key]

    def _index(
        self, expr: syntax.Index, names: Names, facts: Facts, _wanted: Type | None
    ) -> ir.Expr:
        receiver = self.check(expr.receiver, names, facts)
        key = self.present(self.check(expr.key, names, facts), expr.key)
        type_ = receiver.type
        if type_.name == "never":
            return ir.Const(None, NEVER, expr.span)
        if type_.optional and not expr.chained:
            written = _written(expr.receiver)
            self.problem("E201", f"`{written}` may be missing here: write `?[...]` or guard with "
                         "`is set`", expr.receiver.span)  # fmt: skip
        result = ANY
        if type_.name in ("list", "set"):
            result = type_.args[0]
            if key.type.name not in ("int", "any"):
                self.problem("E304", f"a list's index is an int, not {key.type}", expr.key.span)
        elif type_.name == "map":
            result = type_.args[1]
            if not fits(key.type, STRING, self.schema):
                self.problem("E304", f"a map's key is a string, not {key.type}", expr.key.span)
        elif type_.name == "kind":
            result = self._open_item(expr, type_, key)
        elif type_.name != "any":
            self.problem("E302", f"{type_} has no entries", expr.receiver.span)
            return ir.Const(None, NEVER, expr.span)
        checked = ir.Item(receiver, key, expr.chained, result.maybe(), expr.span)
        return self._settled(checked, facts)

    def _open_item(self, expr: syntax.Index, type_: Type, key: ir.Expr) -> Type:
        name = key.value if isinstance(key, ir.Const) else None
        result = NEVER
        for kind in type_.kinds:
            info = self.schema.kinds.get(kind)
            if info is None:
                return ANY
            self.footprint.reads.add((kind, "*"))
            if isinstance(name, str) and name in info.fields:
                result = joined(result, info.fields[name].type, self.schema)
            elif info.open is not None:
                result = joined(result, info.open, self.schema)
            else:
                close = suggest(str(name), info.fields)
                self.problem("E102", f"{kind} is not open: it has no `{name}`{close}",
                             expr.key.span)  # fmt: skip
                return ANY
        return ANY if result.name == "never" else result

    # -------------------------------------------------------------- calls
    def _callexpr(
        self, expr: syntax.CallExpr, names: Names, facts: Facts, _wanted: Type | None
    ) -> ir.Expr:
        callee = expr.callee
        name = callee.name if isinstance(callee, (syntax.Name, syntax.Get)) else ""
        binding: Binding | None = None
        if isinstance(callee, syntax.Name):
            binding = names.find(name)
        elif isinstance(callee, syntax.Get) and isinstance(callee.receiver, syntax.Name):
            module = names.find(callee.receiver.name)
            if module is not None and module.form == "module" and module.home is not None:
                binding = module.home.bound.get(name)
        if binding is not None and binding.function is not None:
            self.footprint.used.add(name)
            return self._inline(expr, binding, names, facts)
        signature = SIGNATURES.get(name) if isinstance(callee, (syntax.Name, syntax.Get)) else None
        if signature is None or (binding is not None and binding.form != "builtin"):
            close = suggest(name, {*SIGNATURES, *names.all()})
            self.problem("E106", f"unknown function `{name or '...'}`{close}", callee.span)
            return ir.Const(None, NEVER, expr.span)
        params = dict(signature.params)
        given: list[tuple[str, syntax.Expr]] = list(zip(params, expr.args, strict=False)) + list(
            expr.named
        )
        ordered: dict[str, ir.Expr] = {}
        for param, argument in given:
            if param not in params or param in ordered:
                close = suggest(param, params)
                self.problem("E106", f"`{name}` has no free parameter `{param}`{close}",
                             argument.span)  # fmt: skip
                continue
            ordered[param] = self._argument(name, params[param], argument, names, facts)
        if len(expr.args) > len(params) or len(ordered) < len(params):
            usage = ", ".join(f"{param}: {type_}" for param, type_ in signature.params)
            self.problem("E106", f"`{name}` takes ({usage})", expr.span)
            return ir.Const(None, NEVER, expr.span)
        args = tuple(ordered[param] for param in params)
        result = self._result(signature.result, args)
        return ir.Call(name, args, (), result, expr.span)

    def _argument(
        self, function: str, wanted: Type, expr: syntax.Expr, names: Names, facts: Facts
    ) -> ir.Expr:
        checked = self.check(expr, names, facts, wanted)
        if not wanted.optional:
            checked = self.present(checked, expr)
        if not fits(checked.type, wanted, self.schema):
            message = f"`{function}` needs {wanted}, not {checked.type.maybe(missing=False)}"
            self.problem("E304", message, expr.span)
        return checked

    def _result(self, result: Type | str, args: tuple[ir.Expr, ...]) -> Type:
        if isinstance(result, Type):
            return result
        if result == "first":
            return args[0].type.maybe(missing=False)
        if result == "second":
            return joined(args[0].type.maybe(missing=False), args[1].type, self.schema)
        item = args[0].type.args[0] if args[0].type.args else ANY
        return item.maybe(missing=result.endswith("?"))

    def _inline(
        self, expr: syntax.CallExpr, binding: Binding, names: Names, facts: Facts
    ) -> ir.Expr:
        function = binding.function
        assert function is not None
        if function.name in self.calling:
            chain = " -> ".join((*self.calling, function.name))
            self.problem("E109", f"predicates and functions must not call themselves: {chain}",
                         expr.span)  # fmt: skip
            return ir.Const(None, NEVER, expr.span)
        given = dict(zip((formal.name for formal in function.formals), expr.args, strict=False))
        given.update(dict(expr.named))
        if set(given) != {formal.name for formal in function.formals} or len(expr.args) > len(
            function.formals
        ):
            usage = ", ".join(formal.name for formal in function.formals)
            self.problem("E106", f"`{function.name}` takes ({usage})", expr.span)
            return ir.Const(None, NEVER, expr.span)
        inner = Names(binding.home)
        bound: list[tuple[str, ir.Expr]] = []
        for formal in function.formals:
            wanted = self.type_of(formal.type)
            value = self._argument(function.name, wanted, given[formal.name], names, facts)
            unique = self.fresh(formal.name)
            bound.append((unique, value))
            inner.bound[formal.name] = Binding("var", wanted, ir.Var(unique, wanted, formal.span))
        self.calling.append(function.name)
        used = set(self.footprint.used)
        body = self._body(function, inner)
        self.footprint.used = used
        self.calling.pop()
        for unique, value in reversed(bound):
            body = ir.Bind(unique, value, body, body.type, expr.span)
        return body

    def _body(self, function: syntax.Function, names: Names) -> ir.Expr:
        if function.type is None:
            return self.condition(function.body, names, NO_FACTS)
        wanted = self.type_of(function.type)
        body = self.check(function.body, names, NO_FACTS, wanted)
        if not fits(body.type, wanted, self.schema):
            message = f"`{function.name}` gives {body.type}, not {wanted}"
            self.problem("E304", message, function.body.span)
        return body if wanted.optional else self.present(body, function.body)

    def type_of(self, expr: syntax.TypeExpr) -> Type:
        """The type that is written there."""
        from plumbrule.language.schema import resolve_type

        problems: list[Problem] = []
        type_ = resolve_type(expr, set(self.schema.kinds), problems)
        for problem in problems:
            self.problem(problem.code, problem.message, problem.span)
        return type_

    # -------------------------------------------------------------- operators
    def _unary(
        self, expr: syntax.Unary, names: Names, facts: Facts, _wanted: Type | None
    ) -> ir.Expr:
        if expr.op == "not":
            operand = self.condition(expr.operand, names, facts)
            return ir.Not(operand, BOOL, expr.span)
        operand = self.present(self.check(expr.operand, names, facts), expr.operand)
        if operand.type.name not in ("int", "float", "any", "never"):
            self.problem("E302", f"`-` needs a number, not {operand.type}", expr.span)
        if isinstance(operand, ir.Const) and isinstance(operand.value, (int, float)):
            return ir.Const(-operand.value, operand.type, expr.span)
        return ir.Neg(operand, operand.type, expr.span)

    def _binary(
        self, expr: syntax.Binary, names: Names, facts: Facts, wanted: Type | None
    ) -> ir.Expr:
        if expr.op in ("and", "or"):
            return self._logical(expr, names, facts)
        if expr.op == "??":
            left = self.check(expr.left, names, facts, wanted)
            right = self.check(expr.right, names, facts, left.type.maybe(missing=False))
            type_ = joined(left.type.maybe(missing=False), right.type, self.schema)
            if not comparable(left.type, right.type, self.schema):
                self.problem("E302", f"the default is {right.type}, the value {left.type}",
                             expr.right.span)  # fmt: skip
            return ir.Coalesce(left, right, type_, expr.span)
        left = self.present(self.check(expr.left, names, facts), expr.left)
        right = self.present(self.check(expr.right, names, facts), expr.right)
        result = arithmetic(expr.op, left.type, right.type)
        if "never" in (left.type.name, right.type.name):
            result = NEVER
        if result is None:
            message = f"cannot compute {left.type} {expr.op} {right.type}"
            self.problem("E302", message, expr.span)
            result = NEVER
        return ir.Arith(expr.op, left, right, result, expr.span)

    def _logical(self, expr: syntax.Binary, names: Names, facts: Facts) -> ir.Expr:
        left = self.condition(expr.left, names, facts)
        known = {**facts, **learned(left, true=expr.op == "and")}
        right = self.condition(expr.right, names, known)
        form: type[ir.And | ir.Or] = ir.And if expr.op == "and" else ir.Or
        operands: list[ir.Expr] = []
        for side in (left, right):
            if isinstance(side, form):
                operands.extend(side.operands)
            else:
                operands.append(side)
        return form(tuple(operands), BOOL, expr.span)

    def _ifexpr(
        self, expr: syntax.IfExpr, names: Names, facts: Facts, wanted: Type | None
    ) -> ir.Expr:
        condition = self.condition(expr.condition, names, facts)
        yes = self.check(expr.yes, names, {**facts, **learned(condition, true=True)}, wanted)
        no = self.check(expr.no, names, {**facts, **learned(condition, true=False)}, wanted)
        return ir.If(condition, yes, no, joined(yes.type, no.type, self.schema), expr.span)

    def _is(self, expr: syntax.Is, names: Names, facts: Facts, _wanted: Type | None) -> ir.Expr:
        receiver = self.check(expr.left, names, {})
        plain = self.check(expr.left, names, facts)
        if len(expr.words) == 1 and expr.words[0] in TESTS:
            test = expr.words[0]
            if test in ("known", "unknown"):
                self.footprint.knowledge.append(expr.span)
            if test == "empty":
                receiver = self.present(plain, expr.left)
                if plain.type.name not in ("string", "list", "set", "map", "any", "never", "path"):
                    self.problem("E302", f"{plain.type} cannot be empty", expr.span)
            elif test == "explicit" and not isinstance(receiver, (ir.Field, ir.Item)):
                self.problem("E403", "`is explicit` needs a field", expr.left.span)
            # The receiver is checked without facts so that its own test is not folded away, but
            # what it goes through must still be there.
            elif isinstance(plain, (ir.Field, ir.Item)):
                receiver = replace(plain, type=receiver.type)
            return ir.Test(receiver, test, expr.negated, BOOL, expr.span)
        for word in expr.words:
            if word not in self.schema.kinds:
                close = suggest(word, {*TESTS, *self.schema.kinds})
                code = "E101" if "." in word else "E305"
                self.problem(code, f"`{word}` is neither a test nor a kind{close}",
                             expr.words_span)  # fmt: skip
                return ir.Const(False, BOOL, expr.span)
        if plain.type.name == "kind" and not any(
            self.schema.related(kind, word) for kind in plain.type.kinds for word in expr.words
        ):
            self.problem("E302", f"{plain.type} is never {' | '.join(expr.words)}", expr.span)
        return ir.IsKind(self.present(plain, expr.left), expr.words, expr.negated, BOOL, expr.span)

    def _comparison(
        self, expr: syntax.Comparison, names: Names, facts: Facts, _wanted: Type | None
    ) -> ir.Expr:
        left = self.check(expr.left, names, facts)
        element = left.type.maybe(missing=False)
        right = self.check(
            expr.right, names, facts, set_of(element) if expr.op == "in" else element
        )
        op = expr.op
        if op in ("==", "!="):
            if left.type.optional and right.type.optional and "never" not in (
                left.type.name, right.type.name,
            ) and "null" not in (left.type.name, right.type.name):  # fmt: skip
                self.problem(
                    "E203", f"both sides of `{op}` may be missing, and would then be equal; guard "
                    "one with `is set` or use `??`", expr.span,
                )  # fmt: skip
            if not comparable(left.type, right.type, self.schema):
                self._incomparable(expr, left, right)
            self._enum_words(left, right)
            self._enum_words(right, left)
        else:
            left = self.present(left, expr.left)
            right = self.present(right, expr.right)
            if "never" not in (left.type.name, right.type.name):
                self._operands(expr, left, right)
            if op == "in":
                self._enum_words(left, right)
        return ir.Compare(op, left, right, expr.negated, BOOL, expr.span)

    def _operands(self, expr: syntax.Comparison, left: ir.Expr, right: ir.Expr) -> None:
        op, one, two = expr.op, left.type, right.type
        if "any" in (one.name, two.name):
            return
        good = True
        if op in ("<", "<=", ">", ">="):
            good = one.name in ORDERED and comparable(one, two, self.schema)
        elif op == "in":
            if two.name in ("list", "set") or two.name == "map":
                good = comparable(one, two.args[0], self.schema)
            else:
                good = one.name == two.name and two.name in ("version", "cidr")
        elif op == "matches":
            good = fits(one, STRING, self.schema) and two.name == "pattern"
        elif op == "contains":
            if one.name in ("list", "set"):
                good = comparable(one.args[0], two, self.schema)
            else:
                good = fits(one, STRING, self.schema) and fits(two, STRING, self.schema)
        elif op in ("starts_with", "ends_with"):
            good = fits(one, STRING, self.schema) and fits(two, STRING, self.schema)
        elif op == "overlaps":
            lists = one.name in ("list", "set") and two.name in ("list", "set")
            good = (one.name == two.name == "cidr") or (lists and comparable(one, two, self.schema))
        if not good:
            self._incomparable(expr, left, right)

    def _incomparable(self, expr: syntax.Comparison, left: ir.Expr, right: ir.Expr) -> None:
        one, two = left.type.maybe(missing=False), right.type.maybe(missing=False)
        word = f" by `{expr.op}`" if expr.op not in ("==", "!=", "<", "<=", ">", ">=") else ""
        self.problem("E302", f"cannot compare {one} with {two}{word}", expr.span)

    def _enum_words(self, one: ir.Expr, other: ir.Expr) -> None:
        if one.type.name != "enum" or not isinstance(other, ir.Const):
            return
        values = other.value if isinstance(other.value, (tuple, frozenset)) else (other.value,)
        for value in sorted(map(str, values)):
            if value not in one.type.words:
                words = ", ".join(one.type.words)
                close = suggest(value, one.type.words)
                self.problem(
                    "E303", f"`{value}` is not a value of this field ({words}){close}", other.span
                )

    # -------------------------------------------------------------- quantifiers
    def _quantifierexpr(
        self, expr: syntax.QuantifierExpr, names: Names, facts: Facts, wanted: Type | None
    ) -> ir.Expr:
        inner = Names(names)
        binder: ir.Each | ir.Pattern
        if isinstance(expr.binder, syntax.EachBinder):
            binder = self._each(expr.binder, inner, names, facts)
        else:
            from plumbrule.language.patterns import check_pattern

            binder = check_pattern(self, expr.binder, inner)
        where = None
        known = facts
        if expr.where is not None:
            where = self.condition(expr.where, inner, facts)
            known = {**facts, **learned(where, true=True)}
        body = None
        type_ = INT if expr.form == "count" else BOOL
        if expr.form == "all":
            assert expr.body is not None
            body = self.condition(expr.body, inner, known)
        elif expr.form == "collect":
            assert expr.body is not None
            item = wanted.args[0] if wanted is not None and wanted.args else None
            body = self.present(self.check(expr.body, inner, known, item), expr.body)
            type_ = list_of(body.type.maybe(missing=False))
        return ir.Quantifier(expr.form, binder, where, body, type_, expr.span)

    def _each(self, binder: syntax.EachBinder, inner: Names, names: Names, facts: Facts) -> ir.Each:
        collection = self.present(self.check(binder.collection, names, facts), binder.collection)
        type_ = collection.type
        key_type, item_type = INT, ANY
        if type_.name in ("list", "set"):
            item_type = type_.args[0]
        elif type_.name == "map":
            key_type, item_type = type_.args
        elif type_.name not in ("any", "never"):
            self.problem("E302", f"{type_} is no list, set or map", binder.collection.span)
        unique = [self.fresh(name) for name in binder.names]
        types = [item_type] if len(unique) == 1 else [key_type, item_type]
        for name, ir_name, one in zip(binder.names, unique, types, strict=True):
            self.bind_name(inner, name, Binding("var", one, ir.Var(ir_name, one, binder.span)),
                           binder.span)  # fmt: skip
        key = unique[0] if len(unique) == 2 else None
        return ir.Each(key, unique[-1], collection, binder.span)

    def bind_name(self, names: Names, name: str, binding: Binding, span: Span) -> None:
        """Bind a name, refused if it is a word of the language or already bound here."""
        from plumbrule.language.parse import keywords

        if name in keywords() or name in ("set", "missing", "empty"):
            self.problem("E108", f"`{name}` is a word of the language; choose another name", span)
        elif name in names.bound:
            self.problem("E108", f"`{name}` is already bound here", span)
        names.bound[name] = binding


def _hashable(value: object) -> bool:
    return not isinstance(value, (list, dict))


def _written(expr: syntax.Expr) -> str:
    text = " ".join(expr.span.text.split())
    return text if len(text) <= 60 else text[:57] + "..."
