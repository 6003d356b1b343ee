"""Path globs as pipelines write them."""

from __future__ import annotations

import fnmatch
import re
from functools import lru_cache


@lru_cache(maxsize=256)
def _pieces(glob: str) -> tuple[re.Pattern[str] | None, ...]:
    """A pattern for each folder or file name; None stands for `**`."""
    made: list[re.Pattern[str] | None] = []
    for piece in glob.split("/"):
        rest = piece
        if piece.startswith("**"):
            if not made or made[-1] is not None:
                made.append(None)
            rest = piece.lstrip("*")
            if not rest:
                continue
            rest = f"*{rest}"  # `**.yml` is `**/*.yml`
        made.append(re.compile(fnmatch.translate(rest)))
    return tuple(made)


def glob_match(glob: str, path: str) -> bool:
    """True if the glob (`*` within a folder, `**` across folders) fits the whole path."""
    # Positions in the glob that the path so far can have reached: time is their product, whatever
    # the glob is.
    pieces = _pieces(glob)
    reached = {0}
    for name in path.split("/"):
        following: set[int] = set()
        for at in _skipped(reached, pieces):
            if at == len(pieces):
                continue
            piece = pieces[at]
            if piece is None:
                following.add(at)
                if at == len(pieces) - 1:
                    following.add(at + 1)  # at the end it stands for one name at least
            elif piece.match(name):
                following.add(at + 1)
        reached = following
    return len(pieces) in reached


def _skipped(reached: set[int], pieces: tuple[re.Pattern[str] | None, ...]) -> set[int]:
    """The positions, and those behind a `**` that stands for no folder."""
    last = len(pieces) - 1
    return reached | {at + 1 for at in reached if at < last and pieces[at] is None}
