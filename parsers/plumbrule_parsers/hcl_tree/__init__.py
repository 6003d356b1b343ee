"""HCL text to a positioned tree: `parse_hcl` and the node types in `syntax`."""

from plumbrule_parsers.hcl_tree.parse import HclFile, parse_expression, parse_hcl

__all__ = ["HclFile", "parse_expression", "parse_hcl"]
