"""Forms of commands whose second run does something else than the first, and what to write instead.

This table is the only place that says so; rules read it as the field `repeat` of a command. What
is not in it does the same again, or nobody knows of harm. The first form that fits counts.
"""

from __future__ import annotations

from typing import Final

from plumbrule_parsers.shell_tree.form import Form
from plumbrule_parsers.shell_tree.forms_cloud import CLOUD
from plumbrule_parsers.shell_tree.forms_cluster import CLUSTER
from plumbrule_parsers.shell_tree.forms_data import DATA
from plumbrule_parsers.shell_tree.forms_machine import MACHINE
from plumbrule_parsers.shell_tree.forms_release import RELEASE

FORMS: Final[tuple[Form, ...]] = (*CLUSTER, *CLOUD, *RELEASE, *DATA, *MACHINE)

# What is judged by more than its words, in `second_run`.
ADDS_LINE: Final = Form(66, "lines", "sed", "", "duplicates", "adds the line again on every run",
                        "ask `grep -qxF` first", lasts="host")  # fmt: skip
GROWS: Final = Form(67, "sed", "sed", "", "duplicates", "fits its own result, so it replaces again",
                    "anchor the pattern", lasts="host")  # fmt: skip
APPENDS: Final = Form(65, "lines", "", "", "duplicates", "appends again on every run",
                      "write the whole file with `>`, or ask `grep -qxF` first",
                      lasts="host")  # fmt: skip
KEYS: Final = Form(71, "lines", "ssh-keyscan", "", "duplicates",
                   "adds the keys of the host again on every run, whoever answers",
                   "write a file with the known key", lasts="host")  # fmt: skip
