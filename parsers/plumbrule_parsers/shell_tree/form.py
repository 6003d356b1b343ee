"""Form: one way to write a command whose second run does something else than the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Again: TypeAlias = Literal["fails", "duplicates", "replaces", "varies", "drifts"]
Lasts: TypeAlias = Literal["remote", "host", "either"]


@dataclass(frozen=True, slots=True)
class Form:
    """One form: names of programs, and a pattern of the words behind them that are no flags.

    `again` is the class of the second run, `happens` says it in words. One of the command's flags
    must fit `flags`, none may fit `unless`. Somewhere in the command or its here-document must
    stand what `said` finds, and nowhere what `unsaid` finds. `doubt` is what decides, but does not
    stand there.
    """

    row: int  # of the list of forms that this project works through
    family: str  # the rule that reports it
    programs: str
    call: str
    again: Again
    happens: str
    remedy: str
    flags: str = ""
    unless: str = ""
    said: str = ""
    unsaid: str = ""
    doubt: str = ""
    lasts: Lasts = "remote"  # where its effect lasts
    asks: str = ""  # commands that ask for it and are known by no verb
    add: str = ""  # the flag with which it does the same again
    reads: str = ""  # a program before it in the pipe

    @property
    def depth(self) -> int:
        """How many words of the call say what is done; those behind them may be any."""
        named = self.call.split(r"\S")[0]
        return len(named.split(" ")) - (named != self.call) if named else 0


TAKEN = "fails if it exists"
GONE = "fails if it is not there"
