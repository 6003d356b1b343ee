"""What python-hcl2 says of a file that our own parser refuses."""

from __future__ import annotations

from dataclasses import replace

from plumbrule_parsers.document import Problem
from plumbrule_parsers.source import Source

MAX_TEXT = 100_000  # characters; python-hcl2 reads about 300 kB a second


def second_opinion(source: Source, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The problems, the first with a note on whether another parser accepts the file.

    Two independent refusals mean that the file is wrong; one means that ours may be, and the
    reader should know which it is.
    """
    if not problems or len(source.text) > MAX_TEXT or problems[0].code == "too-deep":
        return problems
    accepted = accepts(source.text)
    first = problems[0]
    verdict = "python-hcl2 accepts the file: please report it" if accepted else (
        "python-hcl2 refuses the file too"
    )  # fmt: skip
    hint = f"{first.hint}; {verdict}" if first.hint else verdict
    return (replace(first, hint=hint), *problems[1:])


def accepts(text: str) -> bool:
    """True if python-hcl2 parses the text."""
    import hcl2

    try:
        hcl2.loads(text if text.endswith("\n") else text + "\n")
    except Exception:  # noqa: BLE001 - a foreign parser may fail in any way; each is a refusal
        return False
    return True
