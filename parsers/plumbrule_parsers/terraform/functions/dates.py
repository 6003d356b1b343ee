"""Functions of dates and times (RFC 3339)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.terraform.functions.call import Files, Function, text_of
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.value import Reason, Unknown

_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)\Z"
)
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNIT = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0,
         "h": 3600.0}  # fmt: skip


def _instant(value: Traced) -> datetime:
    text = text_of(value)
    match = _TIMESTAMP.match(text)
    if match is None:
        raise FunctionError(f"not a valid RFC 3339 timestamp: `{text[:40]}`")
    year, month, day, hour, minute, second = (int(match[index]) for index in range(1, 7))
    zone: timezone = UTC
    if match[8] != "Z":
        sign = -1 if match[8][0] == "-" else 1
        offset = timedelta(hours=int(match[8][1:3]), minutes=int(match[8][4:6]))
        if offset >= timedelta(hours=24):
            raise FunctionError(f"not a valid RFC 3339 timestamp: `{text[:40]}`")
        zone = timezone(sign * offset)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        raise FunctionError(f"not a valid RFC 3339 timestamp: `{text[:40]}`") from None


def _rfc3339(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")


def _timeadd(_files: Files, args: Sequence[Traced]) -> Traced:
    text = text_of(args[1])
    body = text.lstrip("+-")
    pieces = _DURATION.findall(body)
    if body != "0" and ("".join(number + unit for number, unit in pieces) != body or not body):
        raise FunctionError(f"not a valid duration: `{text[:40]}`")
    seconds = sum(float(number) * _UNIT[unit] for number, unit in pieces)
    try:
        moved = _instant(args[0]) + timedelta(seconds=-seconds if text[0] == "-" else seconds)
    except OverflowError:
        raise FunctionError("the resulting time is out of range") from None
    return made_of(_rfc3339(moved), *args)


def _timecmp(_files: Files, args: Sequence[Traced]) -> Traced:
    left, right = _instant(args[0]), _instant(args[1])
    return made_of((left > right) - (left < right), *args)


_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIELDS: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda at: f"{at.year:04}",
    "YY": lambda at: f"{at.year % 100:02}",
    "MMMM": lambda at: _MONTHS[at.month - 1],
    "MMM": lambda at: _MONTHS[at.month - 1][:3],
    "MM": lambda at: f"{at.month:02}",
    "M": lambda at: str(at.month),
    "DD": lambda at: f"{at.day:02}",
    "D": lambda at: str(at.day),
    "EEEE": lambda at: _DAYS[at.weekday()],
    "EEE": lambda at: _DAYS[at.weekday()][:3],
    "hh": lambda at: f"{at.hour:02}",
    "h": lambda at: str(at.hour),
    "HH": lambda at: f"{(at.hour % 12) or 12:02}",
    "H": lambda at: str((at.hour % 12) or 12),
    "AA": lambda at: "AM" if at.hour < 12 else "PM",
    "aa": lambda at: "am" if at.hour < 12 else "pm",
    "mm": lambda at: f"{at.minute:02}",
    "m": lambda at: str(at.minute),
    "ss": lambda at: f"{at.second:02}",
    "s": lambda at: str(at.second),
    "ZZZZZ": lambda at: at.strftime("%z")[:3] + ":" + at.strftime("%z")[3:5],
    "ZZZZ": lambda at: at.strftime("%z")[:5],
    "ZZZ": lambda at: "UTC" if not at.utcoffset() else at.strftime("%z")[:5],
    "Z": lambda at: (
        "Z" if not at.utcoffset() else at.strftime("%z")[:3] + ":" + at.strftime("%z")[3:5]
    ),
}
_RUN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")


def _formatdate(_files: Files, args: Sequence[Traced]) -> Traced:
    layout, instant = text_of(args[0]), _instant(args[1])
    out: list[str] = []
    position = 0
    for match in _RUN.finditer(layout):
        if match.start() != position:
            break
        position = match.end()
        if match[1] is not None:
            out.append(match[1].replace("''", "'"))
        elif match[2] is not None:
            if match[0] not in _FIELDS:
                raise FunctionError(f"invalid date format verb `{match[0][:20]}`")
            out.append(_FIELDS[match[0]](instant))
        else:
            out.append(match[0])
    if position != len(layout):
        raise FunctionError("unterminated literal in the date format")
    return made_of("".join(out), *args)


def _now(what: str) -> Callable[[Files, Sequence[Traced]], Traced]:
    def apply(_files: Files, args: Sequence[Traced]) -> Traced:
        return made_of(Unknown(Reason.TIME, what, type="string", not_null=True), *args)

    return apply


DATES = {
    "formatdate": Function(_formatdate, 2, 2, Unknowns.STRICT, "string"),
    "plantimestamp": Function(_now("plantimestamp()"), 0, 0, Unknowns.OWN, "string"),
    "timeadd": Function(_timeadd, 2, 2, Unknowns.STRICT, "string"),
    "timecmp": Function(_timecmp, 2, 2, Unknowns.STRICT, "int"),
    "timestamp": Function(_now("timestamp()"), 0, 0, Unknowns.OWN, "string"),
}
