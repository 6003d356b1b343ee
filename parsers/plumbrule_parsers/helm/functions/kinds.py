"""Sprig's defaults, choices and questions about types."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.go_values import (
    chosen,
    doubt,
    go_kind,
    go_type,
    need_bool,
    need_str,
    same,
    truth_or_unknown,
)
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.value import Segments, Unknown


def _default(_call: Call, args: Sequence[Traced]) -> Traced:
    if len(args) == 1:
        return args[0]
    fallback, given = args[0], args[-1]
    found = truth_or_unknown(given)
    if isinstance(found, Unknown):
        data = given.data
        if isinstance(data, Unknown) and not fallback.data and fallback.unknown is None:
            return given
        return doubt(found, "any", given, fallback, not_null=fallback.data is not None)
    return given if found else chosen(fallback, given)


def _coalesce(_call: Call, args: Sequence[Traced]) -> Traced:
    before: list[Traced] = []
    for arg in args:
        found = truth_or_unknown(arg)
        if isinstance(found, Unknown):
            return doubt(found, "any", *before, arg, not_null=False)
        if found:
            return chosen(arg, *before)
        before.append(arg)
    return made_of(None, *args)


def _empty(_call: Call, args: Sequence[Traced]) -> Traced:
    found = truth_or_unknown(args[0])
    if isinstance(found, Unknown):
        return doubt(found, "bool", *args)
    return made_of(not found, *args)


def _ternary(_call: Call, args: Sequence[Traced]) -> Traced:
    yes, no, test = args
    if isinstance(test.data, Unknown):
        if yes.unknown is None and no.unknown is None and yes.data == no.data:
            return chosen(yes, test)
        return doubt(test.data, "any", *args, not_null=False)
    return chosen(yes if need_bool(test) else no, test)


def _fail(_call: Call, args: Sequence[Traced]) -> Traced:
    raise FunctionError(need_str(args[0]), by_author=True)


# --- types


def _about(question: Callable[[Traced], object]) -> Callable[[Call, Sequence[Traced]], Traced]:
    """A question about the last argument, whose type may be known though its value is not."""

    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        value = args[-1]
        if isinstance(value.data, Segments):
            value = Traced("text", value.via)
        elif isinstance(value.data, Unknown):
            if value.data.type != "string":
                return doubt(value.data, "any", *args)
            value = Traced("text", value.via)
        answer = question(value)
        assert isinstance(answer, (str, bool))
        return made_of(answer, *args)

    return apply


def _matching(
    of: Callable[[Traced], str], *, pointers: bool = False
) -> Callable[[Call, Sequence[Traced]], Traced]:
    def apply(call: Call, args: Sequence[Traced]) -> Traced:
        wanted = need_str(args[0])

        def question(value: Traced) -> bool:
            found = of(value)
            return found == wanted or (pointers and found == "*" + wanted)

        return _about(question)(call, args)

    return apply


def _deep_equal(_call: Call, args: Sequence[Traced]) -> Traced:
    return made_of(same(args[0], args[1]), *args)


_OWN, _STRICT = Unknowns.OWN, Unknowns.STRICT
KINDS = {
    "coalesce": Function(_coalesce, 0, None, _OWN),
    "deepEqual": Function(_deep_equal, 2, 2, _STRICT, "bool"),
    "default": Function(_default, 1, None, _OWN),
    "empty": Function(_empty, 1, 1, _OWN, "bool"),
    "fail": Function(_fail, 1, 1, _STRICT, "string"),
    "kindIs": Function(_matching(go_kind), 2, 2, _OWN, "bool"),
    "kindOf": Function(_about(go_kind), 1, 1, _OWN, "string"),
    "ternary": Function(_ternary, 3, 3, _OWN),
    "typeIs": Function(_matching(go_type), 2, 2, _OWN, "bool"),
    "typeIsLike": Function(_matching(go_type, pointers=True), 2, 2, _OWN, "bool"),
    "typeOf": Function(_about(go_type), 1, 1, _OWN, "string"),
}
