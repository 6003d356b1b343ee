"""Snippet: source lines with marks under them, as compilers show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plumbrule.redact import redact
from plumbrule.reports.mask import Mask, safe, shown_path
from plumbrule.reports.paint import Paint, cell_width, width_of, wrap
from plumbrule_parsers.source import Source, Span

_TAB = 4
_NARROWEST = 20  # columns of source shown even in the narrowest terminal
_MOST_MARKS = 12  # marks in one file; the rest is counted


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to show; `style` colours it, `main` ones are underlined with `^`, others with `-`."""

    span: Span
    label: str
    style: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What every snippet of one report shares."""

    mask: Mask
    paint: Paint
    width: int
    base: str


def snippet(marks: Sequence[Mark], page: Page) -> tuple[list[str], int]:
    """The lines of the snippet, and the columns of its gutter; the first mark leads.

    Marks of one file are merged into one block; other files follow in the order of their marks.
    """
    files: dict[Source, list[Mark]] = {}
    for mark in dict.fromkeys(marks):
        files.setdefault(mark.span.source, []).append(mark)
    gutter = max(len(str(mark.span.line)) for mark in marks)
    frame = page.paint
    lines: list[str] = []
    for number, (source, own) in enumerate(files.items()):
        line, column = source.position(own[0].span.start)
        arrow = "-->" if number == 0 else ":::"
        place = f"{safe(shown_path(source.path, page.base))}:{line}:{column}"
        lines.append(f"{' ' * gutter}{frame('frame', arrow)} {place}")
        if source.text:
            lines.append(" " * gutter + frame("frame", " |"))
            lines += _block(source, own[:_MOST_MARKS], gutter, page)
        if len(own) > _MOST_MARKS:
            more = f"... and {len(own) - _MOST_MARKS} more places in this file"
            lines.append(f"{' ' * gutter} {frame('frame', '|')} {frame('dim', more)}")
    return lines, gutter


def _block(source: Source, marks: Iterable[Mark], gutter: int, page: Page) -> list[str]:
    by_line: dict[int, list[Mark]] = {}
    for mark in sorted(marks, key=lambda mark: (mark.span.start, not mark.main, mark.span.end)):
        by_line.setdefault(mark.span.line, []).append(mark)
    paint, out, last = page.paint, [], 0
    for line, own in by_line.items():
        if last and line > last + 1:
            out.append(paint("frame", "..."))
        last = line
        room = max(page.width - gutter - 3, _NARROWEST)
        shown = _show(source, line, own, room, page.mask)
        number = paint("frame", f"{line:>{gutter}} |")
        out.append(f"{number} {shown.text}".rstrip())
        for mark, low, high in shown.marks:
            side = f"{' ' * gutter} {paint('frame', '|')} "
            out += [side + row for row in _under(mark, low, high, room, page)]
    return out


def _under(mark: Mark, low: int, high: int, room: int, page: Page) -> list[str]:
    """The row with the mark, its label beside it or below it."""
    carets = ("^" if mark.main else "-") * max(high - low, 1)
    row = " " * low + page.paint(mark.style, carets)
    label = page.mask.text(mark.label)
    if not label:
        return [row]
    left = low + len(carets) + 1
    if left + width_of(label) <= room:
        return [f"{row} {page.paint(mark.style, label)}"]
    indent = low if room - low >= 30 else max(room - 30, 0)
    return [
        row,
        *(" " * indent + page.paint(mark.style, part) for part in wrap(label, room - indent)),
    ]


@dataclass(frozen=True, slots=True)
class _Shown:
    text: str
    marks: list[tuple[Mark, int, int]]  # with first and last column, 0-based, half-open


def _show(source: Source, line: int, marks: list[Mark], room: int, mask: Mask) -> _Shown:
    """One line as it is displayed: tabs wide, secrets cut, clipped around its first mark."""
    text = source.line_text(line)
    start = source.line_starts[line - 1]
    spans = [(mark, mark.span.start - start, _last(mark, start, len(text))) for mark in marks]
    lead = next((spot for spot in spans if spot[0].main), spans[0])
    hidden = mask.line(source, line)
    if text.isascii() and text.isprintable() and len(text) <= room and not hidden:
        return _Shown(text, spans)  # by far the most common line
    # A line may be a whole minified file: only what can be on the screen is looked at.
    first = max(lead[1] - room, 0)
    cells, columns = _cells(text, first, min(lead[2], lead[1] + room) + room, hidden)

    def column(index: int) -> int:
        return columns[min(max(index - first, 0), len(columns) - 1)]

    total = columns[-1]
    low = 0
    if total > room or first:
        wanted = min(column(lead[2]) - column(lead[1]), room - 8)
        low = max(column(lead[1]) - max((room - wanted) // 3, 4), 0)
        low = min(low, max(total - room, 0)) if column(lead[1]) + wanted < total else low
    clipped, shift = _clip(cells, low, room, cut_before=low > 0 or first > 0)
    placed = []
    for mark, begin, end in spans:
        left = min(max(column(begin) - shift, 0), room - 1)
        right = min(max(column(end) - shift, left + 1), max(room, left + 1))
        placed.append((mark, left, right))
    return _Shown(clipped, placed)


def _last(mark: Mark, start: int, size: int) -> int:
    """Where the mark ends in its first line; blanks at its end are not marked."""
    begin, end = mark.span.start - start, min(mark.span.end - start, size)
    text = mark.span.source.text
    while end > begin and text[start + end - 1] in " \t\r\n":
        end -= 1
    return max(end, begin)


def _cells(
    text: str, first: int, last: int, hidden: tuple[tuple[int, int], ...]
) -> tuple[list[tuple[str, int]], list[int]]:
    """The displayed characters with their widths, and the column of each character of the text."""
    cells: list[tuple[str, int]] = []
    columns: list[int] = []
    column = 0
    stop = min(last, len(text))
    index = first
    cuts = {max(low, first): (low, high) for low, high in hidden if high > first and low < stop}
    clean = safe(text.replace("\t", " "))
    while index < stop:
        cut = cuts.get(index)
        if cut is not None:
            for character in safe(redact(text[cut[0] : cut[1]])).replace("\t", " "):
                cells.append((character, cell_width(character)))
                columns.append(column)
                column += cells[-1][1]
                index += 1
            # What is cut stands under the ellipsis.
            columns += [column - 1] * (cut[1] - index)
            index = max(cut[1], index)
            continue
        if text[index] == "\t":
            size = _TAB - column % _TAB
            cells.append((" " * size, size))
        else:
            cells.append((clean[index], cell_width(clean[index])))
        columns.append(column)
        column += cells[-1][1]
        index += 1
    columns.append(column)
    return cells, columns


def _clip(
    cells: list[tuple[str, int]], low: int, room: int, *, cut_before: bool
) -> tuple[str, int]:
    """The cells from column `low` on that fit, ellipses where text was cut, and the shift."""
    out: list[str] = []
    column, used, shift = 0, 0, 0
    if cut_before:
        out.append("…")
        used = 1
        shift = -1
    limit = room
    started = False
    for number, (text, size) in enumerate(cells):
        if column < low:
            column += size
            continue
        if not started:
            started = True
            shift += column
        rest_fits = used + size <= limit and (number + 1 == len(cells) or used + size < limit)
        if not rest_fits:
            out.append("…")
            break
        out.append(text)
        used += size
        column += size
    return "".join(out), shift
