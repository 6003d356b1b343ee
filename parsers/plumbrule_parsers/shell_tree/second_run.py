"""What a second run of a command does: the form of `forms` that it has, if any."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from plumbrule_parsers.shell_tree.commands import Command
from plumbrule_parsers.shell_tree.forms import ADDS_LINE, FORMS, GROWS, Form
from plumbrule_parsers.shell_tree.sed import fits_own_result
from plumbrule_parsers.value import Reason, Segments, Unknown

_GAP: Final = "\0"  # in place of a word that is not known
# Flags that say in many programs: what is there already is fine, or nothing is done at all.
_HARMLESS: Final = (
    r"--?(?:help|version|dry-?run|validate-only|if-not-exists|ignore-existing|force-update|overwrite"
    r"|upsert|skip-existing|skip-duplicates?|ignore-not-found|exist-ok|or-create|clobber"
    r"|no-fail-on-empty-changeset|tolerate-republish|generate-cli-skeleton)"
)
_ADDS: Final = re.compile(r"(?:\d+|\$|/(?:[^/\\]|\\.)*/)\s*[ai](?:\\|\s)")
# Variables and substitutions that may well stand for flags.
_MAY_BE_FLAGS: Final = re.compile(r"(?i)arg|flag|opt|extra|param|dry|echo|\s--?\w|@|\*")


@dataclass(frozen=True, slots=True)
class Surely:
    """The command has the form; `called` are the words that show it, `gem push`."""

    form: Form
    called: str


@dataclass(frozen=True, slots=True)
class Maybe:
    """What cannot be told: the command may have one of `forms`, or none. `why` says it."""

    forms: tuple[Form, ...]
    why: Unknown

    @property
    def families(self) -> tuple[str, ...]:
        """The families that it may have, and `none`."""
        return (*dict.fromkeys(form.family for form in self.forms), "none")


def second_run(command: Command) -> Surely | Maybe | None:
    """The form of the command; None if a second run does the same."""
    program = command.program
    if program == "sed":
        return _of_sed(command)
    if _one_fits(_HARMLESS, command.flags):
        return None
    forms = _forms_of(program) if isinstance(program, str) else _all_forms()
    listed = (command.subcommand, *command.positionals)
    words = [word if isinstance(word, str) else _GAP for word in listed if word is not None]
    called = " ".join(words)
    more = _more_flags(command)
    maybe: list[Form] = []
    for form, fits in forms:
        if form.unless and _one_fits(form.unless, command.flags):
            continue
        flagged = not form.flags or _one_fits(form.flags, command.flags)
        if not flagged and more is None:
            continue
        found = fits.match(called)
        if found is None:
            if _may_fit(form, command):
                maybe.append(form)
            continue
        if flagged and more is None and not form.doubt and isinstance(program, str):
            return Surely(form, f"{program} {found[0]}".strip())
        maybe.append(form)
    if not maybe:
        return None
    return Maybe(tuple(maybe), _why(command, more, maybe[0].doubt))


def _may_fit(form: Form, command: Command) -> bool:
    """True if words that are not known keep it open that the command has the form."""
    said: list[str] = []
    before = ""
    for word in command.words[:4]:
        head = word if isinstance(word, str) else word.prefix if isinstance(word, Segments) else ""
        if before.startswith("-") and "=" not in before and not isinstance(word, str):
            break  # the value of a flag
        if not isinstance(word, str) and not head.startswith("-"):
            return len(said) < form.depth and all(
                re.search(rf"\b{re.escape(one)}\b", form.call) for one in said
            )
        if not head.startswith("-"):
            said.append(head)
        before = head
    return False


def _why(command: Command, more: Unknown | None, doubt: str) -> Unknown:
    for word in (command.program, more, *command.words):
        if isinstance(word, Segments):
            return word.unknowns[0]
        if isinstance(word, Unknown):
            return word
    return Unknown(Reason.ENVIRONMENT, doubt)


def _more_flags(command: Command) -> Unknown | None:
    """What in the command may stand for flags that nobody sees.

    A single variable is taken for the word in whose place it stands, unless its name says flags.
    """
    if command.open_words is None:
        return None
    for word in (command.open_words, *command.words):
        parts = word.unknowns if isinstance(word, Segments) else (word,)
        for part in parts:
            if isinstance(part, Unknown) and _MAY_BE_FLAGS.search(part.detail):
                return part
    return None


def _of_sed(command: Command) -> Surely | None:
    """`sed -i` that adds a line, or whose replacement fits its own pattern again."""
    if not _one_fits(r"-\w*i\w*(?:\..*)?|--in-place", command.flags):
        return None
    extended = _one_fits(r"-\w*[Er]\w*|--regexp-extended", command.flags)
    for word in command.words:
        if isinstance(word, str) and _ADDS.match(word):
            return Surely(ADDS_LINE, "sed -i")
        if isinstance(word, str) and fits_own_result(word, extended=extended):
            return Surely(GROWS, "sed -i")
    return None


@lru_cache(maxsize=512)
def _forms_of(program: str) -> tuple[tuple[Form, re.Pattern[str]], ...]:
    return tuple(one for one in _all_forms() if program in one[0].programs.split())


@lru_cache(maxsize=1)
def _all_forms() -> tuple[tuple[Form, re.Pattern[str]], ...]:
    """The forms with the patterns of their calls."""
    return tuple(
        (form, re.compile(rf"(?:{form.call})(?= |$)" if form.call else "")) for form in FORMS
    )


def _one_fits(pattern: str, flags: tuple[str, ...]) -> bool:
    return any(re.fullmatch(pattern, flag) for flag in flags)
