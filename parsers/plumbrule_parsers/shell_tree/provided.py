"""Whether a script provides for the second run of a command: `provided`.

Two things do: a question about what is there, on whose answer the command depends, and, for a
command that fails the second time, something that takes care of the failure. A choice of the
caller (`[ "$DEPLOY" = true ] &&`) is neither: it is the same in both runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final

from plumbrule_parsers.shell_tree.commands import MAX_GUARD, Command
from plumbrule_parsers.shell_tree.form import Form
from plumbrule_parsers.value import Segments

_TEST: Final = re.compile(
    r"\[\[[\s\S]*?\]\]|\[\s[\s\S]*?\s\]|\(\([\s\S]*?\)\)|\btest\s[^;&|]*|^case\s.*", re.MULTILINE
)
# What joins tests, and what is no question though it is a command.
_JOINTS: Final = re.compile(
    r"[!;&|(){}\s]|\b(?:true|false|then|do|else|elif|if)\b|\"?\$\{?\w+\}?\"?"
)
_FILE_TEST: Final = re.compile(r"(?:^|\s)!?\s*-[abcdefghLprsuwxSN]\s")
_NAMES: Final = re.compile(r"\$\{?#?(\w+)")
# Variables that hold what somebody has found out.
_FOUND_OUT: Final = re.compile(
    r"(?i)exist|found|missing|present|absent|chang|diff|dirty|status|current|installed|need|already"
    r"|^has_|_new$|latest|released|published|code$|result|state|^rc$|^ret$|count|resp|http|^out"
)
_OUTPUT: Final = re.compile(r"\$\{\{[^}]*\b(?:outputs|outcome|conclusion)\b")


def provided(
    command: Command, form: Form, probed: AbstractSet[str], early: Iterable[str] = ()
) -> bool:
    """True if the command's second run is provided for.

    `probed` are the variables that hold the output of a command, `early` the conditions under
    which the script has ended before.
    """
    if form.again == "fails" and command.around.caught:
        return True
    return any(asks(text, form, probed) for text in (*command.around.guards, *early))


def asks(text: str, form: Form, probed: AbstractSet[str]) -> bool:
    """True if the condition depends on what is there, and not on what the caller wants."""
    if len(text) >= MAX_GUARD:
        return True  # its end is not known
    if form.asks and re.search(form.asks, text):
        return True
    tests = _TEST.findall(text)
    if _JOINTS.sub("", _TEST.sub("", text)):
        return True  # a command
    whole = " ".join(tests) or text
    if "$(" in whole or "`" in whole or "$?" in whole or _OUTPUT.search(whole):
        return True
    if form.lasts != "remote" and _FILE_TEST.search(whole):
        return True
    return any(name in probed or _FOUND_OUT.search(name) for name in _NAMES.findall(whole))


def ends_early(command: Command) -> tuple[str, ...]:
    """The conditions under which the script ends here and all is well, () if it does not."""
    if command.program not in ("exit", "return", "continue"):
        return ()
    status = command.words[0] if command.words else "0"
    if isinstance(status, Segments) or status != "0":
        return ()
    return command.around.guards
