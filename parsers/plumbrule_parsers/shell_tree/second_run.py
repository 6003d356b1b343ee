"""What a second run of a command does: the form of `forms` that it has, if any."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from plumbrule_parsers.shell_tree.commands import Command
from plumbrule_parsers.shell_tree.form import Form
from plumbrule_parsers.shell_tree.forms import ADDS_LINE, APPENDS, FORMS, GROWS, KEYS
from plumbrule_parsers.shell_tree.launchers import started
from plumbrule_parsers.shell_tree.sed import fits_own_result
from plumbrule_parsers.shell_tree.words import VALUE_FLAGS, Word
from plumbrule_parsers.value import Reason, Segments, Unknown

_GAP: Final = "\0"  # in place of a word that is not known
# Flags that say in many programs: what is there already is fine, or nothing is done at all.
_HARMLESS: Final = (
    r"--?(?:help|dry-?run|validate-only|if-not-exists|ignore-existing|force-update|overwrite"
    r"|upsert|skip-existing|skip-duplicates?|ignore-not-found|exist-ok|or-create|clobber"
    r"|no-fail-on-empty-changeset|tolerate-republish|generate-cli-skeleton|if-exists)"
)
_ADDS: Final = re.compile(r"(?:\d+|\$|/(?:[^/\\]|\\.)*/)\s*[ai](?:\\|\s)")
# Variables and substitutions that may well stand for flags.
_MAY_BE_FLAGS: Final = re.compile(r"(?i)arg|flag|opt|extra|param|dry|echo|\s--?\w|@|\*")
# Files that end with the run: those of the CI system, and what is no file.
_PASSING: Final = re.compile(
    r"\$\{?GITHUB_|\$\{?(?:BASH_ENV|BUILDKITE_|CI_|RUNNER_TEMP)|\$\{\{|\$env:|/dev/|/tmp/|&|/proc/"
)
_MAX_CALLED: Final = 2_000
_MAX_TEXT: Final = 20_000  # characters of a command in which something is looked for


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
    program, words = started(command.program, command.words)
    found = _of_sed(command) if program == "sed" else _of_words(command, program, words)
    return found if isinstance(found, Surely) else _of_redirect(command, program) or found


def _of_words(command: Command, program: Word, words: Sequence[Word]) -> Surely | Maybe | None:
    if _one_fits(_HARMLESS, command.flags):
        return None
    forms = _forms_of(program) if isinstance(program, str) else _all_forms()
    called = _called(words)
    known = isinstance(program, str)
    more = _more_flags(command)
    maybe: list[Form] = []
    for form, fits in forms:
        if form.unless and _one_fits(form.unless, command.flags):
            continue
        flagged = not form.flags or _one_fits(form.flags, command.flags)
        if (not flagged and more is None) or not _says(form, command):
            continue
        found = fits.match(called)
        if not known and (found is None or " " not in f"{found[0]}{form.call.partition('(?=')[2]}"):
            continue  # of a program that is not known one word says too little
        if found is None:
            if _may_fit(form, words):
                maybe.append(form)
            continue
        if flagged and more is None and not form.doubt and known:
            return Surely(form, f"{program} {found[0]}".replace(_GAP, "...").strip())
        maybe.append(form)
    if not maybe:
        return None
    return Maybe(tuple(maybe), _why(command, more, maybe[0].doubt))


def _called(words: Sequence[Word]) -> str:
    """The words that are no flags; a part that is not known is a gap."""
    plain: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
            continue
        text = _text(word)
        if text.startswith(("-", "+")) and len(text) > 1:
            skip = not plain and text in VALUE_FLAGS
            continue
        if isinstance(word, Unknown) and _MAY_BE_FLAGS.search(word.detail):
            continue
        plain.append(text)
    return " ".join(plain)[:_MAX_CALLED]


def _text(word: Word) -> str:
    if isinstance(word, Segments):
        return "".join(part if isinstance(part, str) else _GAP for part in word.parts)
    return word if isinstance(word, str) else _GAP


def _says(form: Form, command: Command) -> bool:
    """True if the command has what the form wants to stand in it."""
    if form.reads and form.reads not in command.around.reads_from:
        return False
    if not form.said and not form.unsaid:
        return True
    text = f"{command.text}\n{command.heredoc or ''}"[:_MAX_TEXT]
    if form.said and re.search(form.said, text) is None:
        return False
    return not form.unsaid or re.search(form.unsaid, text) is None


def _may_fit(form: Form, words: Sequence[Word]) -> bool:
    """True if words that are not known keep it open that the command has the form."""
    said: list[str] = []
    before = ""
    for word in words[:4]:
        head = word if isinstance(word, str) else word.prefix if isinstance(word, Segments) else ""
        if before.startswith("-") and "=" not in before and not isinstance(word, str):
            break  # the value of a flag
        if not isinstance(word, str) and not head.startswith("-"):
            return len(said) < form.depth and all(
                re.search(rf"{'' if at else '(?:^|[(|:?])'}\b{re.escape(one)}\b", form.call)
                for at, one in enumerate(said)
            )
        if not head.startswith("-"):
            said.append(head)
        before = head
    return False


def _why(command: Command, more: Unknown | None, doubt: str) -> Unknown:
    if doubt and more is None:
        return Unknown(Reason.EXPRESSION, doubt)
    for word in (command.program, more, *command.words):
        if isinstance(word, Segments):
            return word.unknowns[0]
        if isinstance(word, Unknown):
            return word
    return Unknown(Reason.EXPRESSION, doubt)


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


def _of_redirect(command: Command, program: Word) -> Surely | None:
    """`>>` into a file that does not end with the run."""
    for redirect in command.redirects:
        if redirect.op == ">>" and not _PASSING.match(redirect.target):
            form = KEYS if program == "ssh-keyscan" else APPENDS
            return Surely(form, str(program) if isinstance(program, str) else ">>")
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
    return tuple((form, re.compile(_pattern(form.call))) for form in FORMS)


def _pattern(call: str) -> str:
    """The call with its last word whole; a mere look ahead has none."""
    return rf"(?:{call})(?= |$)" if call and not call.startswith("(?=") else call


def _one_fits(pattern: str, flags: tuple[str, ...]) -> bool:
    return any(re.fullmatch(pattern, flag) for flag in flags)
