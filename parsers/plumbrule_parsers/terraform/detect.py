"""Recognise Terraform by its file endings; other HCL by name and content."""

from __future__ import annotations

import re

ENDINGS = (".tf", ".tofu", ".tf.json", ".tofu.json", ".tfvars", ".tfvars.json")
_TERRAGRUNT = re.compile(r"^(?:include|dependency|terraform|inputs|locals|remote_state|generate)\b",
                         re.MULTILINE)  # fmt: skip


def detect(path: str, head: str) -> int:
    """3 for Terraform's own endings, 2 for `.hcl` that speaks Terragrunt, 1 for other HCL."""
    if path.endswith(ENDINGS):
        return 3
    if path.endswith(".hcl"):
        return 2 if _TERRAGRUNT.search(head) else 1
    return 0
