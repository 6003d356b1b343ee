"""Recognise Compose files by their name and by what stands at their top."""

from __future__ import annotations

import re
from typing import Final

_NAME = re.compile(r"(?i)(?:^|[._-])(?:docker[-_]?)?compose(?:[._-][\w.-]+)?\.ya?ml$|"
                   r"(?:^|[._-])docker-stack(?:[._-][\w.-]+)?\.ya?ml$")  # fmt: skip
_TOP = re.compile(r"^(?:[\"']?(?:services|include)[\"']?)\s*:", re.MULTILINE)
_OTHER_TOP = re.compile(r"^(?:x-[\w-]+|version|name|volumes|networks|secrets|configs)\s*:",
                        re.MULTILINE)  # fmt: skip
_LONG: Final = 4000  # the head may end before the services begin


def detect(path: str, head: str) -> int:
    """3 for a file of that name with services at its top, 2 if they may stand further below."""
    if _NAME.search(path.rpartition("/")[2]) is None:
        return 0
    if _TOP.search(head) is not None:
        return 3
    return 2 if len(head) >= _LONG and _OTHER_TOP.search(head) is not None else 0
