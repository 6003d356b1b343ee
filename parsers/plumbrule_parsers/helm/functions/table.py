"""The table of all functions, and the one way to call one.

`and` and `or` are in it for a piped or a nested use; stopping at the first argument that decides is
the evaluator's business. Sources: https://pkg.go.dev/text/template, https://masterminds.github.io/sprig,
https://helm.sh/docs/chart_template_guide/function_list.
"""

from __future__ import annotations

from collections.abc import Sequence

from plumbrule_parsers.function_table import call_function
from plumbrule_parsers.helm.functions.builtins import BUILTINS
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.dates import DATES
from plumbrule_parsers.helm.functions.dicts import DICTS
from plumbrule_parsers.helm.functions.encoding import ENCODING
from plumbrule_parsers.helm.functions.formatting import FORMATTING
from plumbrule_parsers.helm.functions.helm import HELM
from plumbrule_parsers.helm.functions.kinds import KINDS
from plumbrule_parsers.helm.functions.lists import LISTS
from plumbrule_parsers.helm.functions.numbers import NUMBERS
from plumbrule_parsers.helm.functions.regexes import REGEXES
from plumbrule_parsers.helm.functions.secrets import SECRETS
from plumbrule_parsers.helm.functions.semver import SEMVER
from plumbrule_parsers.helm.functions.strings import STRINGS
from plumbrule_parsers.helm.functions.words import WORDS
from plumbrule_parsers.traced import Traced

FUNCTIONS: dict[str, Function] = {
    **BUILTINS,
    **DATES,
    **DICTS,
    **ENCODING,
    **FORMATTING,
    **HELM,
    **KINDS,
    **LISTS,
    **NUMBERS,
    **REGEXES,
    **SECRETS,
    **SEMVER,
    **STRINGS,
    **WORDS,
}


def call(name: str, args: Sequence[Traced], call: Call) -> Traced:
    """The function's result; unknown arguments give an unknown one where it cannot be told.

    FunctionError: there is no such function, or it refuses these arguments as Helm would.
    """
    return call_function(FUNCTIONS, name, args, call)
