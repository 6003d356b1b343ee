"""The examples of the written pages: fenced blocks, and what the comment above each asks for.

`<!-- file: PATH -->` writes the block into the page's own folder, `<!-- run: COMMAND => CODE -->`
runs the command there and compares what it prints, and `<!-- run here: ... -->` runs it in the
top folder of the project. `PLUMBRULE_UPDATE_DOCS=1` writes the outputs anew instead.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PAGES = (
    TOP / "README.md",
    *sorted(path for path in (TOP / "docs").glob("*.md") if path.name != "kinds.md"),
    *sorted((TOP / "docs" / "design").glob("*.md")),
    TOP / "CONTRIBUTING.md",
)
UPDATE = bool(os.environ.get("PLUMBRULE_UPDATE_DOCS"))
_BLOCK = re.compile(
    r"(?:<!-- (?P<what>file|run|run here): (?P<word>.*?) -->\n)?^```(?P<language>[^\n]*)\n"
    r"(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_LAYOUT = re.compile(r"<!-- generated: .*?<!-- end -->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block; `what` is file, run, run here or empty."""

    language: str
    text: str
    what: str
    word: str
    line: int
    start: int  # of the text within the page
    end: int

    def __str__(self) -> str:
        return f"line {self.line}"


def blocks(page: str) -> list[Block]:
    """The blocks of a page in order, without those that are generated."""
    generated = [match.span() for match in _LAYOUT.finditer(page)]
    return [
        Block(
            match["language"], match["text"], match["what"] or "", match["word"] or "",
            page.count("\n", 0, match.start()) + 1, match.start("text"), match.end("text"),
        )
        for match in _BLOCK.finditer(page)
        if not any(low <= match.start() < high for low, high in generated)
    ]  # fmt: skip


def run(word: str, folder: Path) -> tuple[str, str]:
    """What the command prints, and what is wrong with its exit code ("" if nothing)."""
    command, _, code = word.partition(" => ")
    command, *shorten = command.split(" | head -")
    words = shlex.split(command)
    assert words[0] == "plumb"
    result = subprocess.run(
        [sys.executable, "-m", "plumbrule", *words[1:]],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False, encoding="utf-8",
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100", "PYTHONHASHSEED": "0"},
    )  # fmt: skip
    text = result.stdout + result.stderr
    if shorten:
        text = "".join(text.splitlines(keepends=True)[: int(shorten[0])])
    wanted = int(code or 0)
    if result.returncode == wanted:
        return text, ""
    return text, f"`{word}` ended with {result.returncode}, not {wanted}:\n{text}"
