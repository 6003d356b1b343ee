"""The table of all functions, and the one way to call one.

`can`, `try`, `templatefile`, `templatestring`, `type`, `defaults` and `convert` decide what of
their arguments is evaluated, so they belong to the evaluator and not to this table.
Source: https://developer.hashicorp.com/terraform/language/functions and OpenTofu's additions.
"""

from __future__ import annotations

from collections.abc import Sequence

from plumbrule_parsers.terraform.functions.call import Files, Function, FunctionError, Unknowns
from plumbrule_parsers.terraform.functions.collections import COLLECTIONS
from plumbrule_parsers.terraform.functions.conversions import CONVERSIONS
from plumbrule_parsers.terraform.functions.dates import DATES
from plumbrule_parsers.terraform.functions.encoding import ENCODING
from plumbrule_parsers.terraform.functions.files import FILES
from plumbrule_parsers.terraform.functions.networks import NETWORKS
from plumbrule_parsers.terraform.functions.numbers import NUMBERS
from plumbrule_parsers.terraform.functions.strings import STRINGS
from plumbrule_parsers.traced import Traced, first_unknown, made_of
from plumbrule_parsers.value import Unknown

FUNCTIONS: dict[str, Function] = {
    **NUMBERS,
    **STRINGS,
    **COLLECTIONS,
    **ENCODING,
    **FILES,
    **DATES,
    **NETWORKS,
    **CONVERSIONS,
}


def call(name: str, args: Sequence[Traced], files: Files) -> Traced:
    """The function's result; unknown arguments give an unknown one where it cannot be told.

    FunctionError: there is no such function, or it refuses these arguments as Terraform would.
    """
    function = FUNCTIONS.get(name.removeprefix("core::"))
    if function is None:
        raise FunctionError(f"there is no function named `{name[:60]}`")
    if len(args) < function.fewest:
        raise FunctionError(f"`{name}` needs at least {function.fewest} arguments, not {len(args)}")
    if function.most is not None and len(args) > function.most:
        raise FunctionError(f"`{name}` takes at most {function.most} arguments, not {len(args)}")
    doubt = _doubt(function, args)
    if doubt is not None:
        return made_of(Unknown(doubt.reason, doubt.detail, doubt.span, function.result), *args)
    return function.apply(files, args)


def _doubt(function: Function, args: Sequence[Traced]) -> Unknown | None:
    if function.unknowns is Unknowns.OWN:
        return None
    for arg in args:
        found = first_unknown(arg) if function.unknowns is Unknowns.STRICT else arg.unknown
        if found is not None:
            return found
    return None
