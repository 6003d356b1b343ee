"""What a template's parts mean: `~` marks trim, `<<-` takes indentation away, directives nest.

Source: the HCL native syntax specification, "Template Expressions" and "Template Directives".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from plumbrule_parsers.hcl_tree import syntax as h

_WHITE = " \t\r\n"


class Region(NamedTuple):
    """Everything from an `%{if}` or `%{for}` to its end, or a directive that has no partner."""

    start: int
    end: int
    head: h.Directive
    parts: tuple[h.Part, ...]  # what stands between, with the directives inside


def spoken(node: h.Template) -> list[h.Text | h.Interpolation | Region]:
    """The parts as they count: trimmed, dedented, and directives folded into regions."""
    parts = _trimmed(list(node.parts))
    if node.heredoc == "<<-":
        parts = _dedented(parts)
    return _folded([part for part in parts if not isinstance(part, h.Text) or part.text])


def is_wrapper(node: h.Template) -> bool:
    """True for `"${value}"` and nothing besides, which is the value itself, of any type."""
    return len(node.parts) == 1 and not node.heredoc and isinstance(node.parts[0], h.Interpolation)


def _trimmed(parts: list[h.Part]) -> list[h.Part]:
    for index, part in enumerate(parts):
        if isinstance(part, h.Text):
            continue
        if part.strip_left and index:
            before = parts[index - 1]
            if isinstance(before, h.Text):
                parts[index - 1] = before._replace(text=before.text.rstrip(_WHITE))
        if part.strip_right and index + 1 < len(parts):
            after = parts[index + 1]
            if isinstance(after, h.Text):
                parts[index + 1] = after._replace(text=after.text.lstrip(_WHITE))
    return parts


def _dedented(parts: list[h.Part]) -> list[h.Part]:
    """Without the indentation that all lines share; a line of blanks alone does not count."""
    margins: list[int] = []
    fresh = True  # at the start of a line
    for part in parts:
        if isinstance(part, h.Text):
            lines = part.text.split("\n")
            for index, line in enumerate(lines):
                body = line.lstrip(" ")
                last = index == len(lines) - 1
                if (fresh or index) and (body.strip("\r") or (last and part is not parts[-1])):
                    margins.append(len(line) - len(body))
            fresh = lines[-1] == ""
        elif fresh:
            margins.append(0)
            fresh = False
    margin = min(margins, default=0)
    if margin == 0:
        return parts
    cut = re.compile(rf"(?:\A|(?<=\n)) {{1,{margin}}}")
    later = re.compile(rf"(?<=\n) {{1,{margin}}}")
    out: list[h.Part] = []
    fresh = True
    for part in parts:
        if isinstance(part, h.Text):
            out.append(part._replace(text=(cut if fresh else later).sub("", part.text)))
            fresh = part.text.endswith("\n")
        else:
            out.append(part)
            fresh = False
    return out


def _folded(parts: list[h.Part]) -> list[h.Text | h.Interpolation | Region]:
    out: list[h.Text | h.Interpolation | Region] = []
    head: h.Directive | None = None
    inner: list[h.Part] = []
    depth = 0
    for part in parts:
        word = part.word if isinstance(part, h.Directive) else ""
        if head is None:
            if isinstance(part, h.Directive):
                if word in ("if", "for"):
                    head, inner, depth = part, [], 1
                else:  # an end without a start
                    out.append(Region(part.start, part.end, part, ()))
            else:
                out.append(part)
            continue
        depth += {"if": 1, "for": 1, "endif": -1, "endfor": -1}.get(word, 0)
        if depth == 0:
            out.append(Region(head.start, part.end, head, tuple(inner)))
            head = None
        else:
            inner.append(part)
    if head is not None:
        out.append(Region(head.start, (inner[-1] if inner else head).end, head, tuple(inner)))
    return out
