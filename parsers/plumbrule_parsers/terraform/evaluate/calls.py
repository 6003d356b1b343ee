"""Function calls: the table's functions, and those that decide what of their arguments counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.hcl_tree.parse import parse_expression
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.evaluate.scope import Evaluate, Names, Refused, Scope, Step
from plumbrule_parsers.terraform.evaluate.unknowns import derived, spread
from plumbrule_parsers.terraform.functions.call import text_of
from plumbrule_parsers.terraform.functions.table import FUNCTIONS, call
from plumbrule_parsers.terraform.json_body import moved
from plumbrule_parsers.traced import Traced, first_unknown, made_of, unknown
from plumbrule_parsers.value import Hop, Reason, Unknown

MAX_TEMPLATE = 1_000_000  # characters of a template file


def call_function(node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    """The result of the call. FunctionError: Terraform refuses it."""
    own = scope.names.functions.get(node.name)
    if own is not None:
        return own(node, scope, evaluate)
    return call_terraform(node, scope, evaluate)


def call_terraform(node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    """The result of a call of one of Terraform's functions."""
    name = node.name.removeprefix("core::")
    if name in SPECIAL:
        return SPECIAL[name](node, scope, evaluate)
    if name not in FUNCTIONS:  # a provider's, or of a newer version
        scope.names.run.doubts += 1
        return unknown(Reason.EXPRESSION, f"{node.name[:60]}()")
    args = [evaluate(arg, scope) for arg in node.args]
    if node.expand and args:
        last = args.pop()
        doubt = last.unknown or last.rest
        if doubt is not None or not isinstance(last.data, list):
            if last.data is None or doubt is None:
                raise FunctionError("what `...` expands must be a list")
            scope.names.run.doubts += 1
            return _expanded(name, args, last, doubt)
        args.extend(last.data)
    function = FUNCTIONS[name]
    if any(first_unknown(arg) is not None for arg in args):
        # `keys` of a known map needs none of its values: it cannot be refused because of them.
        deep = function.unknowns is not Unknowns.SHALLOW
        if deep or any(arg.unknown is not None or arg.rest is not None for arg in args):
            scope.names.run.doubts += 1
        if function.unknowns is not Unknowns.OWN:
            few = spread(lambda *known: call(name, known, scope.names.files), args, function.result)
            if few is not None:
                return few
    return call(name, args, scope.names.files)


def _expanded(name: str, args: Sequence[Traced], last: Traced, doubt: Unknown) -> Traced:
    """A call with arguments that nobody knows; maps and lists keep what is certain."""
    function = FUNCTIONS.get(name)
    return made_of(derived(doubt, function.result if function else "any"), *args, last)


def _try(node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    """The first argument that is not refused; unknown if that cannot be told."""
    run = scope.names.run
    if not node.args:
        raise FunctionError("`try` needs an argument")
    for arg in node.args:
        before, depth = run.doubts, run.depth
        try:
            found = evaluate(arg, scope)
        except Refused:
            run.doubts, run.depth = before, depth
            continue
        doubt = first_unknown(found)
        if run.doubts == before or doubt is None:
            return found
        if arg is node.args[-1]:
            return found
        return made_of(derived(doubt), found)
    raise FunctionError("no argument of `try` succeeds")


def _can(node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    run = scope.names.run
    if len(node.args) != 1:
        raise FunctionError("`can` takes one argument")
    before, depth = run.doubts, run.depth
    try:
        found = evaluate(node.args[0], scope)
    except Refused:
        run.doubts, run.depth = before, depth
        return Traced(False)
    doubt = first_unknown(found)
    if run.doubts == before:
        return made_of(True, found)
    if doubt is None:  # what was not needed for the result may still be refused
        why = Unknown(Reason.EXPRESSION, "can()", scope.span(node), "bool", not_null=True)
        return made_of(why, found)
    return made_of(derived(doubt, "bool", not_null=True), found)


def _templatefile(node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    """The file as a template that sees the given variables and nothing else."""
    if len(node.args) != 2:
        raise FunctionError("`templatefile` takes two arguments")
    path, given = evaluate(node.args[0], scope), evaluate(node.args[1], scope)
    doubt = path.unknown or given.unknown
    if doubt is not None:
        scope.names.run.doubts += 1
        return made_of(derived(doubt, "string", not_null=True), path, given)
    name = text_of(path)
    data = scope.names.files.read(name)
    if data is None:
        scope.names.run.doubts += 1
        return unknown(Reason.MISSING_FILE, f"templatefile: `{name[:80]}`", path, type="string")
    text = data.decode("utf-8", "replace")
    return _rendered(text, name, given, scope, evaluate)


def _templatestring(node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    if len(node.args) != 2:
        raise FunctionError("`templatestring` takes two arguments")
    text, given = evaluate(node.args[0], scope), evaluate(node.args[1], scope)
    doubt = text.unknown or given.unknown
    if doubt is not None:
        scope.names.run.doubts += 1
        return made_of(derived(doubt, "string", not_null=True), text, given)
    return _rendered(text_of(text), "templatestring", given, scope, evaluate)


def _rendered(text: str, name: str, given: Traced, scope: Scope, evaluate: Evaluate) -> Traced:
    if len(text) > MAX_TEMPLATE:
        return unknown(Reason.LIMIT, f"`{name[:80]}` is larger than {MAX_TEMPLATE} characters",
                       given, type="string")  # fmt: skip
    if not isinstance(given.data, dict):
        raise FunctionError("the variables of a template must be a map")
    scope.names.run.spend(len(text) // 100)
    source = Source(scope.names.locate(name), text)
    hop = Hop(source.span(0, 0), f"file `{name[:80]}`")
    if "${" not in text and "%{" not in text:
        return Traced(text, (hop,))
    mark = "PLUMBRULE_END"
    ended = text if text.endswith("\n") else text + "\n"
    node = parse_expression(f"<<{mark}\n{ended}{mark}\n")
    if not isinstance(node, (h.Template, h.Literal)):
        raise FunctionError(f"`{name[:80]}` is no template")
    # The offsets are those of the text with its mark; nothing in a template is pointed at.
    inner = Scope(_Alone(scope.names, given.rest), source, dict(given.data))
    made = evaluate(moved(node, 0, 0), inner)
    if text != ended and isinstance(made.data, str):
        made = Traced(made.data.removesuffix("\n"), made.via, sensitive=made.sensitive)
    return made.with_hop(hop)


class _Alone:
    """What a template file sees of the module: its functions, none of its names."""

    def __init__(self, names: Names, rest: Unknown | None) -> None:
        self.run, self.files, self.locate = names.run, names.files, names.locate
        self.functions, self.rest = names.functions, rest

    def lookup(
        self, first: str, steps: Sequence[Step], scope: Scope, span: Span
    ) -> tuple[Traced, int] | None:
        """Nothing, or nobody knows. FunctionError names what was asked for."""
        del steps, scope, span
        if self.rest is not None:  # it may be among those that nobody knows
            self.run.doubts += 1
            return Traced(derived(self.rest)), 0
        raise FunctionError(f"the template has no variable `{first[:60]}`")

    def splat(self, names: tuple[str, ...], attribute: str, span: Span) -> Traced | None:
        """Nothing."""
        del names, attribute, span
        return None


def _type(node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
    return unknown(
        Reason.EXPRESSION, f"{node.name}()", *(evaluate(arg, scope) for arg in node.args)
    )


# Those that decide what of their arguments is evaluated.
SPECIAL: dict[str, Callable[[h.Call, Scope, Evaluate], Traced]] = {
    "try": _try,
    "can": _can,
    "templatefile": _templatefile,
    "templatestring": _templatestring,
    "type": _type,
    "defaults": _type,
    "convert": _type,
}
