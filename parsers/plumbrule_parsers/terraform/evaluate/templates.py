"""Templates: text with interpolations and directives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import MAX_TEXT, FunctionError
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.hcl_tree.template import Region, is_wrapper, spoken
from plumbrule_parsers.terraform.evaluate.loops import pairs
from plumbrule_parsers.terraform.evaluate.scope import Exhausted, Scope
from plumbrule_parsers.terraform.evaluate.unknowns import derived, merged_alternatives
from plumbrule_parsers.terraform.functions.call import bool_of, text_of, type_name
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.value import Segments, Unknown, join_segments

Evaluate = Callable[[h.Expr, Scope], Traced]


def template(node: h.Template, scope: Scope, evaluate: Evaluate) -> Traced:
    """The string that the template gives; `"${x}"` alone is the value of `x`, of any type."""
    if is_wrapper(node):
        only = node.parts[0]
        assert isinstance(only, h.Interpolation)
        return evaluate(only.value, scope)
    return _joined(spoken(node), scope, evaluate)


def _joined(
    parts: Sequence[h.Text | h.Interpolation | Region], scope: Scope, evaluate: Evaluate
) -> Traced:
    texts: list[str | Unknown | Segments] = []
    values: list[Traced] = []
    for part in parts:
        if isinstance(part, h.Text):
            texts.append(part.text)
            continue
        if isinstance(part, h.Interpolation):
            made = inserted(evaluate(part.value, scope), scope)
        else:
            made = _region(part, scope, evaluate)
        values.append(made)
        assert isinstance(made.data, (str, Unknown, Segments))
        texts.append(made.data)
    return made_of(_limited(join_segments(texts)), *values)


def _limited(text: str | Segments) -> str | Segments:
    parts = (text,) if isinstance(text, str) else text.parts
    if sum(len(part) if isinstance(part, str) else 1 for part in parts) > MAX_TEXT:
        raise Exhausted(f"the text has more than {MAX_TEXT} characters")
    return text


def inserted(value: Traced, scope: Scope) -> Traced:
    """What a value adds to a string. FunctionError: it cannot be converted to one."""
    data = value.data
    if isinstance(data, (str, Segments)):
        return value
    if isinstance(data, Unknown):
        if data.type != "string":
            scope.names.run.doubts += 1
        if data.type in ("list", "map"):
            raise FunctionError(f"cannot include a {data.type} in a string template")
        return value
    if data is None:
        raise FunctionError("the expression result is null; null cannot be put into a string")
    if isinstance(data, (list, dict)):
        raise FunctionError(f"cannot include {type_name(value)} in a string template")
    return made_of(text_of(value), value)


def _region(region: Region, scope: Scope, evaluate: Evaluate) -> Traced:
    """`%{if}` with its `%{else}`, or `%{for}`."""
    head = region.head
    if head.word == "if" and head.value is not None:
        yes, no = _branches(region.parts)
        test = evaluate(head.value, scope)
        doubt = test.unknown
        if doubt is None:
            made = _flat(yes if bool_of(test) else no, scope, evaluate)
            return made_of(made.data, made, test)
        scope.names.run.doubts += 1
        both = [_flat(yes, scope, evaluate), _flat(no, scope, evaluate)]
        merged = merged_alternatives(both, doubt)
        data = merged.data
        if isinstance(data, Segments):
            data = derived(doubt, "string", not_null=True)
        return made_of(data, merged, test)
    if head.word == "for" and head.value is not None and head.names:
        collection = evaluate(head.value, scope)
        doubt = collection.unknown or collection.rest
        if doubt is not None:
            scope.names.run.doubts += 1
            return made_of(derived(doubt, "string", not_null=True), collection)
        texts: list[Traced] = []
        for key, item in pairs(collection):
            names = {head.names[-1]: item}
            if len(head.names) > 1:
                names[head.names[0]] = key
            texts.append(_flat(region.parts, scope.bind(**names), evaluate))
        data = join_segments(one.data for one in texts)  # type: ignore[misc]
        return made_of(_limited(data), collection, *texts)
    raise FunctionError(f"the template directive `{head.word}` has no partner")


def _flat(parts: Sequence[h.Part], scope: Scope, evaluate: Evaluate) -> Traced:
    # Trimming and margins are done; folding finds the regions inside.
    node = h.Template(0, 0, tuple(_untrimmed(part) for part in parts))
    return _joined(spoken(node), scope, evaluate)


def _untrimmed(part: h.Part) -> h.Part:
    if isinstance(part, h.Text):
        return part
    return part._replace(strip_left=False, strip_right=False)


def _branches(parts: Sequence[h.Part]) -> tuple[list[h.Part], list[h.Part]]:
    """What stands before and behind the `%{else}` that belongs to this region."""
    depth = 0
    for position, part in enumerate(parts):
        word = part.word if isinstance(part, h.Directive) else ""
        if word == "else" and depth == 0:
            return list(parts[:position]), list(parts[position + 1 :])
        depth += {"if": 1, "for": 1, "endif": -1, "endfor": -1}.get(word, 0)
    return list(parts), []
