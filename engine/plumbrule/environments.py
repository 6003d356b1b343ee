"""Which environment a file belongs to: configured globs first, then conventions of layout."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

DEFAULT = "default"
_WORDS = {
    "dev": "dev", "develop": "dev", "development": "dev", "sandbox": "dev",
    "test": "test", "testing": "test", "qa": "qa", "uat": "uat",
    "stage": "staging", "staging": "staging", "stg": "staging", "preprod": "staging",
    "pre-prod": "staging", "prod": "prod", "production": "prod", "prd": "prod", "live": "prod",
}  # fmt: skip
_FILE = re.compile(r"(?:^|[-_.])(dev|develop|development|staging|stage|stg|prod|production|prd|live"
                   r"|qa|uat|preprod)(?=[-_.]|$)")  # fmt: skip


def environment_of(path: str, configured: Mapping[str, tuple[str, ...]]) -> tuple[str, str]:
    """The environment of a file and the reason, `("default", "")` if nothing says so.

    Conventions: the nearest folder whose name is an environment (`overlays/prod`, `envs/staging`),
    else such a word in the name of a values or variables file (`values-prod.yaml`, `prod.tfvars`).
    """
    for name, globs in configured.items():
        for glob in globs:
            if glob_matches(glob, path):
                return name, f"configured: `{glob}`"
    folder, _, file = path.rpartition("/")
    for part in reversed(folder.split("/")):
        word = _WORDS.get(part.lower())
        if word is not None:
            return word, f"folder `{part}`"
    if "values" in file or file.endswith(".tfvars"):
        found = _FILE.search(file.rpartition(".")[0].lower())
        if found is not None:
            return _WORDS[found[1]], f"file name `{file}`"
    return DEFAULT, ""


@lru_cache(maxsize=1024)
def _compiled(glob: str) -> re.Pattern[str]:
    out: list[str] = []
    position = 0
    while position < len(glob):
        if glob.startswith("**/", position):
            out.append("(?:.*/)?")
            position += 3
        elif glob.startswith("**", position):
            out.append(".*")
            position += 2
        elif glob[position] == "*":
            out.append("[^/]*")
            position += 1
        elif glob[position] == "?":
            out.append("[^/]")
            position += 1
        else:
            out.append(re.escape(glob[position]))
            position += 1
    return re.compile("".join(out) + r"(?:/.*)?\Z")


def glob_matches(glob: str, path: str) -> bool:
    """True if the glob (`*`, `?`, `**`) fits the path or a folder above it."""
    return _compiled(glob.removeprefix("./").rstrip("/")).match(path) is not None


def any_matches(globs: Iterable[str], path: str) -> bool:
    """True if one of the globs fits."""
    return any(glob_matches(glob, path) for glob in globs)
