"""Which environment a file belongs to: configured globs first, then conventions of layout."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from plumbrule_parsers.path_glob import glob_match

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


def glob_matches(glob: str, path: str) -> bool:
    """True if the glob (`*`, `?`, `**`) fits the path or a folder above it."""
    wanted = glob.removeprefix("./").rstrip("/")
    return glob_match(wanted, path) or glob_match(f"{wanted}/**", path)


def any_matches(globs: Iterable[str], path: str) -> bool:
    """True if one of the globs fits."""
    return any(glob_matches(glob, path) for glob in globs)
