"""Which environment a file belongs to: configured globs first, then conventions of layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from plumbrule_parsers.environment_words import ENVIRONMENTS, environment_word
from plumbrule_parsers.path_glob import glob_match

DEFAULT = "default"
DECLARED = "declared"  # by a workspace, a run, a setting
_CONFIGURED = "configured"


def environment_of(
    path: str, configured: Mapping[str, tuple[str, ...]], *, is_input: bool = False
) -> tuple[str, str]:
    """The environment of a file and the reason, `("default", "")` if nothing says so.

    Conventions: the nearest folder whose name is an environment (`overlays/prod`, `envs/staging`),
    else such a word in the name of a values or variables file (`values-prod.yaml`, `prod.tfvars`).
    `is_input` says that the file is one of values, whatever its name, so its name speaks first.
    """
    for name, globs in configured.items():
        for glob in globs:
            if glob_matches(glob, path):
                return name, f"{_CONFIGURED}: `{glob}`"
    folder, _, file = path.rpartition("/")
    named = environment_word(file.partition(".")[0]) or environment_word(file.rpartition(".")[0])
    if named and is_input:
        return named, f"file name `{file}`"
    for part in reversed(folder.split("/")):
        word = ENVIRONMENTS.get(part.lower())
        if word is not None:
            return word, f"folder `{part}`"
    if named and ("values" in file or file.endswith(".tfvars")):
        return named, f"file name `{file}`"
    return DEFAULT, ""


def is_said(because: str) -> bool:
    """True if somebody said the environment; else a name of a file or folder suggests it."""
    return because.startswith((DECLARED, _CONFIGURED))


def glob_matches(glob: str, path: str) -> bool:
    """True if the glob (`*`, `?`, `**`) fits the path or a folder above it."""
    wanted = glob.removeprefix("./").rstrip("/")
    return glob_match(wanted, path) or glob_match(f"{wanted}/**", path)


def any_matches(globs: Iterable[str], path: str) -> bool:
    """True if one of the globs fits."""
    return any(glob_matches(glob, path) for glob in globs)
