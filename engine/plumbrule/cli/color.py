"""Whether to colour, and how wide a line may be."""

from __future__ import annotations

import os
import stat
import sys
from typing import TextIO

CHOICES = ("auto", "always", "never")


def wants_color(choice: str, stream: TextIO) -> bool:
    """True if the stream gets colour: by option, environment, CI logs, terminal, in that order."""
    if choice != "auto":
        return choice == "always"
    environment = os.environ
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR") or environment.get("CLICOLOR_FORCE", "0") != "0":
        return True
    if environment.get("CLICOLOR") == "0" or environment.get("TERM") == "dumb":
        return False
    if environment.get("GITHUB_ACTIONS") or environment.get("GITLAB_CI"):
        return not _is_file(stream)  # their logs show colour, a redirected file should not
    return stream.isatty()


def _is_file(stream: TextIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def width_of(stream: TextIO) -> int:
    """The columns of the terminal, 100 where there is none."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 100
    except (OSError, ValueError):
        return 100


def writable(text: str) -> str:
    """The text with what the output's encoding lacks written as escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
