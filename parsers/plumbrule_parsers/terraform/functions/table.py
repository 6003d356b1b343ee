"""The table of all functions, and the one way to call one.

`can`, `try`, `templatefile`, `templatestring`, `type`, `defaults` and `convert` decide what of
their arguments is evaluated, so they belong to the evaluator and not to this table.
Source: https://developer.hashicorp.com/terraform/language/functions and OpenTofu's additions.
"""

from __future__ import annotations

from collections.abc import Sequence

from plumbrule_parsers.function_table import call_function
from plumbrule_parsers.terraform.functions.call import Files, Function
from plumbrule_parsers.terraform.functions.collections import COLLECTIONS
from plumbrule_parsers.terraform.functions.conversions import CONVERSIONS
from plumbrule_parsers.terraform.functions.dates import DATES
from plumbrule_parsers.terraform.functions.encoding import ENCODING
from plumbrule_parsers.terraform.functions.files import FILES
from plumbrule_parsers.terraform.functions.networks import NETWORKS
from plumbrule_parsers.terraform.functions.numbers import NUMBERS
from plumbrule_parsers.terraform.functions.strings import STRINGS
from plumbrule_parsers.traced import Traced

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
    return call_function(FUNCTIONS, name.removeprefix("core::"), args, files)
