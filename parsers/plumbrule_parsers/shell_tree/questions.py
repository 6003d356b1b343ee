"""What commands ask, what they do about a failure, and what is another text in each run."""

from __future__ import annotations

import re
from typing import Final

# Commands that ask and change nothing, so that what follows `&&` depends on the answer.
QUESTION: Final = re.compile(
    r"(?:sudo\s+)?(?:(?:test|\[{1,2}|[ef]?grep|cmp|diff|command\s+-v|which|type|hash|id|getent|blkid|stat"
    r"|mountpoint|findmnt|pgrep|ls|git\s+(?:diff|status|rev-parse|ls-remote|show-ref)|dpkg\s+-[ls])"
    r"|[\w.-]+\s+(?:[\w:.-]+\s+){0,3}?(?:get|describe|show|list|head|view|inspect|status|info)(?:-[\w-]+)?)"
    r"(?:\s|$)"
)
# What is another text in each run.
NEW: Final = re.compile(
    r"GITHUB_RUN_(?:ID|NUMBER|ATTEMPT)\b|\bgithub\.run_(?:id|number|attempt)\b|\bCI_(?:PIPELINE_I?ID|JOB_ID)\b"
    r"|\bBUILD_(?:NUMBER|ID)\b|\$\{?RANDOM\b|(?:\$\(|`)\s*(?:date|mktemp|uuidgen)\b"
)
# What behind `||` does nothing about the failure.
NOTHING: Final = re.compile(r"(?:true|:|echo|printf|exit\s+0|/bin/true)(?:\s|$)")

# What behind `||` ends the script all the same.
GIVES_UP: Final = re.compile(
    r"(?:^|[;{\n&(])\s*(?:exit(?:\s+(?:[1-9]\d*|\"?\$.*))?|return\s+[1-9]\d*|false|die|fail|abort)\b"
    r"(?:\s+[^;\n]*)?[\s;)}]*$"
)
# Behind a pipe: one error that is expected.
LOOKED_AT: Final = re.compile(
    r"(?i)(?:e|f)?grep\b.*(?:exist|conflict|duplicat|409|no (?:changes|updates)|not ?found|nothing)"
)
