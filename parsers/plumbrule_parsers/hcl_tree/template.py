"""What a template's parts mean: `~` marks trim, `<<-` takes indentation away, directives nest.

Source: the HCL native syntax specification, "Template Expressions" and "Template Directives", and
what HCL does where that is silent: the lines of a heredoc are literals of their own, so a mark
trims no further than to the end of its line, and a line that follows a trimmed end of line is no
longer taken for the start of one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

from plumbrule_parsers.hcl_tree import syntax as h


class Region(NamedTuple):
    """Everything from an `%{if}` or `%{for}` to its end, or a directive that has no partner."""

    start: int
    end: int
    head: h.Directive
    parts: tuple[h.Part, ...]  # what stands between, with the directives inside


def spoken(node: h.Template) -> list[h.Text | h.Interpolation | Region]:
    """The parts as they count: trimmed, dedented, and directives folded into regions."""
    parts = _trimmed(_lines(node.parts) if node.heredoc else list(node.parts))
    if node.heredoc == "<<-":
        parts = _dedented(parts)
    return _folded(_whole(parts))


def is_wrapper(node: h.Template) -> bool:
    """True for `"${value}"` and nothing besides, which is the value itself, of any type."""
    return len(node.parts) == 1 and not node.heredoc and isinstance(node.parts[0], h.Interpolation)


def _lines(parts: Iterable[h.Part]) -> list[h.Part]:
    """The parts with each line of the text by itself; a line has its end."""
    out: list[h.Part] = []
    for part in parts:
        if isinstance(part, h.Text) and "\n" in part.text:
            lines = part.text.split("\n")
            out.extend(part._replace(text=line + "\n") for line in lines[:-1])
            if lines[-1]:
                out.append(part._replace(text=lines[-1]))
        else:
            out.append(part)
    return out


def _trimmed(parts: list[h.Part]) -> list[h.Part]:
    for index, part in enumerate(parts):
        if isinstance(part, h.Text):
            continue
        if part.strip_left and index:
            before = parts[index - 1]
            if isinstance(before, h.Text):
                parts[index - 1] = before._replace(text=before.text.rstrip())
        if part.strip_right and index + 1 < len(parts):
            after = parts[index + 1]
            if isinstance(after, h.Text):
                parts[index + 1] = after._replace(text=after.text.lstrip())
    return parts


def _dedented(parts: list[h.Part]) -> list[h.Part]:
    """Without the indentation that all lines share; a line of blanks alone stays as it is."""
    margins: list[int] = []
    indented: list[int] = []
    fresh = True  # at the start of a line
    for index, part in enumerate(parts):
        text = part.text if isinstance(part, h.Text) else ""
        if fresh:
            body = text.lstrip()
            if body or not text.endswith("\n"):
                margins.append(len(text) - len(body))
                if isinstance(part, h.Text):
                    indented.append(index)
        fresh = text.endswith("\n")
    margin = min(margins, default=0)
    for index in indented if margin else ():
        part = parts[index]
        assert isinstance(part, h.Text)
        parts[index] = part._replace(text=part.text[margin:])
    return parts


def _whole(parts: Iterable[h.Part]) -> list[h.Part]:
    """The parts with neighbouring texts as one, and without empty ones."""
    out: list[h.Part] = []
    for textual, group in itertools.groupby(parts, key=lambda part: isinstance(part, h.Text)):
        run = list(group)
        if not textual:
            out.extend(run)
            continue
        text = "".join(part.text for part in run if isinstance(part, h.Text))
        if text:
            out.append(h.Text(run[0].start, run[-1].end, text))
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
