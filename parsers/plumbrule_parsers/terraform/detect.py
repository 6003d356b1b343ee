"""Recognise Terraform by its file endings; other HCL, plans and states by their content."""

from __future__ import annotations

import re

CONFIGURATION = (".tf", ".tofu", ".tf.json", ".tofu.json")
ENDINGS = (*CONFIGURATION, ".tfvars", ".tfvars.json")
WRITTEN = (*ENDINGS, ".hcl", ".hcl.json")  # what people write; all else is a plan or a state
_TERRAGRUNT = re.compile(r"^(?:include|dependency|terraform|inputs|locals|remote_state|generate)\b",
                         re.MULTILINE)  # fmt: skip
_VERSION = re.compile(r'"format_version"\s*:\s*"')
_PARTS = re.compile(
    r'"(?:planned_values|resource_changes|terraform_version|prior_state|output_changes)"\s*:'
)
# A plan whose keys a tool has sorted begins so, and its version may stand far behind.
_SORTED = re.compile(r'\{\s*"(?:applyable|checks|complete|configuration)"\s*:')
_INSIDE = re.compile(r'"(?:provider_config|root_module|provider_config_key)"\s*:')
_STATE = re.compile(r'(?=[\s\S]*?"lineage"\s*:)(?=[\s\S]*?"serial"\s*:)[\s\S]*?"version"\s*:\s*\d')


def detect(path: str, head: str) -> int:
    """3 for Terraform's own endings, 2 for what its content gives away, 1 for other HCL.

    Content gives away Terragrunt in `.hcl`, and plans and states in JSON whatever their name.
    """
    if path.endswith(ENDINGS):
        return 3
    if path.endswith(".hcl.json"):
        return 2
    if path.endswith(".hcl"):
        return 2 if _TERRAGRUNT.search(head) else 1
    head = head.lstrip("\ufeff \t\r\n")
    if not head.startswith("{"):
        return 0
    is_plan = _VERSION.search(head) and _PARTS.search(head)
    is_sorted = _SORTED.match(head) and _INSIDE.search(head)
    return 2 if is_plan or is_sorted or _STATE.match(head) else 0
