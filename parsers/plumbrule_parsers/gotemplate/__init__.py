"""Go's `text/template` language as a tree with the place of every node.

Source: https://pkg.go.dev/text/template and the package `text/template/parse`.
"""

from plumbrule_parsers.gotemplate.parse import parse_template

__all__ = ["parse_template"]
