"""The words by which people call environments, in the names of folders and files.

One table for all formats: parsers find the files of values that belong to an environment by it,
and the engine tells the environment of what they make.
"""

from __future__ import annotations

import re

# What is written, in lower case -> the environment that is meant.
ENVIRONMENTS = {
    "dev": "dev", "develop": "dev", "development": "dev", "sandbox": "dev",
    "test": "test", "testing": "test", "qa": "qa", "uat": "uat",
    "stage": "staging", "staging": "staging", "stg": "staging", "preprod": "staging",
    "pre-prod": "staging", "preproduction": "staging",
    "prod": "prod", "production": "prod", "prd": "prod", "live": "prod",
}  # fmt: skip
_SIGNS = re.compile(r"[-_./ ]")
_FILE = re.compile(r"(?:^|[-_.])(dev|develop|development|staging|stage|stg|prod|production|prd|live"
                   r"|qa|uat|preprod)(?=[-_.]|$)")  # fmt: skip


def environment_word(name: str) -> str:
    """The environment that a name or a part of it means (`production`, `web-prod`), "" if none."""
    found = ENVIRONMENTS.get(name.lower())
    if found is None:
        part = _FILE.search(name.lower())
        found = ENVIRONMENTS[part[1]] if part is not None else ""
    return found


def declared_environment(name: str) -> str:
    """The environment that the name of a workspace or unit means, the name itself if none.

    Such a name is given to tell environments apart, so every word counts (`core-vpc-test` is
    `test`), the last one first.
    """
    found = environment_word(name)
    if found:
        return found
    words = _SIGNS.split(name.lower())
    return next((ENVIRONMENTS[word] for word in reversed(words) if word in ENVIRONMENTS), name)
