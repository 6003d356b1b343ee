"""Path globs as pipelines write them."""

from __future__ import annotations

import fnmatch
import re
from functools import lru_cache


@lru_cache(maxsize=256)
def _compiled(glob: str) -> re.Pattern[str]:
    parts = [
        ".*" if piece == "**" else fnmatch.translate(piece)[4:-3].replace(".*", "[^/]*")
        for piece in glob.split("/")
    ]
    return re.compile("/".join(parts).replace(".*/", "(?:.*/)?") + r"\Z", re.DOTALL)


def glob_match(glob: str, path: str) -> bool:
    """True if the glob (`*` within a folder, `**` across folders) fits the whole path."""
    return _compiled(glob).match(path) is not None
