"""Sprig's functions of dates, with Go's layouts. The present is unknown; other times are UTC."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.go_values import need_str
from plumbrule_parsers.helm.functions.numbers import parse_int, to_int
from plumbrule_parsers.helm.functions.objects import Int64, StructData
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.value import Reason, Unknown

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TOKEN = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|_(?=2006)|2006|__2|_2|002|0[1-6]|15|PM|pm"
    r"|Z070000|Z07:00:00|Z0700|Z07:00|Z07|-070000|-07:00:00|-0700|-07:00|-07"
    r"|[.,](?:0+|9+)(?!\d)|[1-5]"
)


def _zone_text(instant: datetime, style: str) -> str:
    offset = instant.utcoffset() or timedelta()
    if style[0] == "Z" and not offset:
        return "Z"
    seconds = int(offset.total_seconds())
    sign = "-" if seconds < 0 else "+"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    colon = ":" if ":" in style else ""
    text = f"{sign}{hours:02}"
    if len(style) > 3:
        text += f"{colon}{minutes:02}"
    if len(style) > 6 and style not in {"-07:00", "Z07:00"}:
        text += f"{colon}{abs(seconds) % 60:02}"
    return text


_FIELDS: dict[str, Callable[[datetime], str]] = {
    "January": lambda at: _MONTHS[at.month - 1],
    "Jan": lambda at: _MONTHS[at.month - 1][:3],
    "Monday": lambda at: _DAYS[at.weekday()],
    "Mon": lambda at: _DAYS[at.weekday()][:3],
    "MST": lambda at: at.tzname() or "UTC",
    "2006": lambda at: f"{at.year:04}",
    "06": lambda at: f"{at.year % 100:02}",
    "01": lambda at: f"{at.month:02}",
    "1": lambda at: str(at.month),
    "02": lambda at: f"{at.day:02}",
    "_2": lambda at: f"{at.day:2}",
    "2": lambda at: str(at.day),
    "002": lambda at: f"{at.timetuple().tm_yday:03}",
    "__2": lambda at: f"{at.timetuple().tm_yday:3}",
    "15": lambda at: f"{at.hour:02}",
    "03": lambda at: f"{at.hour % 12 or 12:02}",
    "3": lambda at: str(at.hour % 12 or 12),
    "04": lambda at: f"{at.minute:02}",
    "4": lambda at: str(at.minute),
    "05": lambda at: f"{at.second:02}",
    "5": lambda at: str(at.second),
    "PM": lambda at: "PM" if at.hour >= 12 else "AM",
    "pm": lambda at: "pm" if at.hour >= 12 else "am",
    "_": lambda _at: "_",
}


def format_date(layout: str, instant: datetime) -> str:
    """The time in Go's layout."""

    def field(match: re.Match[str]) -> str:
        token = match[0]
        if token[0] in "-Z":
            return _zone_text(instant, token)
        if token[0] in ".,":
            digits = f"{instant.microsecond:06}".ljust(9, "0")[: len(token) - 1]
            if token[1] == "9":
                digits = digits.rstrip("0")
                return token[0] + digits if digits else ""
            return token[0] + digits
        return _FIELDS[token](instant)

    return _TOKEN.sub(field, layout)


_READ = {
    "January": f"(?P<month>{'|'.join(_MONTHS)})",
    "Jan": f"(?P<month>{'|'.join(name[:3] for name in _MONTHS)})",
    "Monday": f"(?:{'|'.join(_DAYS)})",
    "Mon": f"(?:{'|'.join(name[:3] for name in _DAYS)})",
    "MST": r"(?P<name>UTC|GMT|[A-Z]{3,4})",
    "2006": r"(?P<year>\d{4})", "06": r"(?P<short>\d\d)", "01": r"(?P<month>\d\d)",
    "1": r"(?P<month>\d\d?)", "02": r"(?P<day>\d\d)", "_2": r" ?(?P<day>\d\d?)",
    "2": r"(?P<day>\d\d?)", "15": r"(?P<hour>\d\d)", "03": r"(?P<hour>\d\d)",
    "3": r"(?P<hour>\d\d?)", "04": r"(?P<minute>\d\d)", "4": r"(?P<minute>\d\d?)",
    "05": r"(?P<second>\d\d)(?P<part>[.,]\d{1,9})?",
    "5": r"(?P<second>\d\d?)(?P<part>[.,]\d{1,9})?",
    "PM": r"(?P<half>AM|PM)", "pm": r"(?P<half>am|pm)", "_": "_",
}  # fmt: skip


def parse_date(layout: str, text: str) -> datetime | None:
    """The time that the text gives in Go's layout, None if it does not fit."""
    parts: list[str] = []
    names: set[str] = set()
    at = 0
    for match in _TOKEN.finditer(layout[:200]):
        parts.append(re.escape(layout[at : match.start()]))
        at = match.end()
        token = match[0]
        if token[0] in "-Z":
            colon = ":" if ":" in token else ""
            body = rf"[-+]\d\d(?:{colon}\d\d)?" if len(token) > 3 else r"[-+]\d\d"
            pattern = rf"(?P<zone>{'Z|' if token[0] == 'Z' else ''}{body})"
        elif token[0] in ".,":
            pattern = r"(?:[.,]\d+)?"
        else:
            pattern = _READ.get(token, r"\d+")
        for name in re.findall(r"\?P<(\w+)>", pattern):
            if name in names:
                pattern = pattern.replace(f"?P<{name}>", "?:")
            names.add(name)
        parts.append(pattern)
    parts.append(re.escape(layout[:200][at:]))
    found = re.compile("".join(parts)).fullmatch(text[:400])
    return None if found is None else _moment(found.groupdict())


def _moment(got: dict[str, str | None]) -> datetime | None:
    month = got.get("month") or "1"
    if not month.isdigit():
        month = str([name[:3] for name in _MONTHS].index(month[:3]) + 1)
    short = got.get("short")
    year = int(got.get("year") or 0)
    if short is not None:
        year = int(short) + (1900 if int(short) >= 69 else 2000)
    hour = int(got.get("hour") or 0)
    half = (got.get("half") or "").upper()
    if half:
        hour = hour % 12 + (12 if half == "PM" else 0)
    zone: timezone = UTC
    written = got.get("zone")
    if written is not None and written != "Z":
        digits = written[1:].replace(":", "").ljust(4, "0")
        shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
        if shift >= timedelta(hours=24):
            return None
        zone = timezone(-shift if written[0] == "-" else shift)
    micro = int((got.get("part") or ".0")[1:].ljust(6, "0")[:6])
    try:
        return datetime(
            max(1, year), int(month), int(got.get("day") or 1), hour,
            int(got.get("minute") or 0), int(got.get("second") or 0), micro, tzinfo=zone,
        )  # fmt: skip
    except ValueError:
        return None


def time_struct(instant: datetime, *parts: Traced) -> Traced:
    """A time as templates see it."""
    text = format_date("2006-01-02 15:04:05.999999999 -0700 MST", instant)
    if instant.tzinfo is not UTC and instant.utcoffset():
        text = format_date("2006-01-02 15:04:05.999999999 -0700 -0700", instant)
    return Traced(StructData({}, "time.Time", text, instant), made_of(None, *parts).via)


def now(*parts: Traced, type_: str = "any") -> Traced:
    """The present, or what is made of it."""
    return made_of(Unknown(Reason.TIME, "now", type=type_, not_null=True), *parts)


def _instant(value: Traced) -> datetime | None:
    """The time that a value stands for; None where Sprig takes the present."""
    data = value.data
    if isinstance(data, StructData) and isinstance(data.value, datetime):
        return data.value
    if isinstance(data, int) and not isinstance(data, bool):
        try:
            return datetime.fromtimestamp(data, UTC)
        except (OverflowError, ValueError, OSError):
            raise FunctionError(f"the time {data} is out of range") from None
    return None


def _zoned(instant: datetime, zone: str) -> datetime:
    from zoneinfo import ZoneInfo

    if zone in {"", "UTC", "Local"}:
        return instant.astimezone(UTC)
    try:
        return instant.astimezone(ZoneInfo(zone))
    except (ValueError, OSError, KeyError, OverflowError):
        return instant.astimezone(UTC)


def _written(args: Sequence[Traced], layout: str, time: Traced, zone: str) -> Traced:
    instant = _instant(time)
    if instant is None:
        return now(*args, type_="string")
    return made_of(format_date(layout, _zoned(instant, zone)), *args)


def _date(_call: Call, args: Sequence[Traced]) -> Traced:
    return _written(args, need_str(args[0]), args[1], "Local")


def _date_in_zone(_call: Call, args: Sequence[Traced]) -> Traced:
    return _written(args, need_str(args[0]), args[1], need_str(args[2]))


def _html_date(_call: Call, args: Sequence[Traced]) -> Traced:
    return _written(args, "2006-01-02", args[0], "Local")


def _html_date_in_zone(_call: Call, args: Sequence[Traced]) -> Traced:
    return _written(args, "2006-01-02", args[0], need_str(args[1]))


_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNIT = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0,
         "h": 3600.0}  # fmt: skip


def parse_duration(text: str) -> float | None:
    """Seconds of a Go duration such as `1h30m`, None if it is none."""
    body = text[1:] if text[:1] in {"+", "-"} else text
    if body == "0":
        return 0.0
    pieces = _DURATION.findall(body[:200])
    if not body or "".join(number + unit for number, unit in pieces) != body:
        return None
    seconds = sum(float(number) * _UNIT[unit] for number, unit in pieces)
    return -seconds if text[0] == "-" else seconds


def _date_modify(*, must: bool) -> Callable[[Call, Sequence[Traced]], Traced]:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        seconds = parse_duration(need_str(args[0]))
        if seconds is None:
            if must:
                raise FunctionError(f"time: invalid duration `{need_str(args[0])[:40]}`")
            return args[1]
        data = args[1].data
        if not isinstance(data, StructData) or not isinstance(data.value, datetime):
            raise FunctionError("wrong type for value; expected time.Time")
        try:
            return time_struct(data.value + timedelta(seconds=seconds), *args)
        except OverflowError:
            raise FunctionError("the resulting time is out of range") from None

    return apply


def _to_date(*, must: bool) -> Callable[[Call, Sequence[Traced]], Traced]:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        instant = parse_date(need_str(args[0]), need_str(args[1]))
        if instant is None:
            if must:
                raise FunctionError(f"cannot parse `{need_str(args[1])[:40]}` as a date")
            instant = datetime(1, 1, 1, tzinfo=UTC)
        return time_struct(instant, *args)

    return apply


def _unix_epoch(_call: Call, args: Sequence[Traced]) -> Traced:
    data = args[0].data
    if not isinstance(data, StructData) or not isinstance(data.value, datetime):
        raise FunctionError("wrong type for value; expected time.Time")
    return made_of(str(int(data.value.timestamp())), *args)


def _now(_call: Call, args: Sequence[Traced]) -> Traced:
    return now(*args)


def _ago(_call: Call, args: Sequence[Traced]) -> Traced:
    return now(*args, type_="string")


def duration_text(seconds: int) -> str:
    """Whole seconds as Go prints a duration: `1h0m5s`."""
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours:
        return f"{sign}{hours}h{minutes}m{rest}s"
    return f"{sign}{minutes}m{rest}s" if minutes else f"{sign}{rest}s"


def _duration(_call: Call, args: Sequence[Traced]) -> Traced:
    data = args[0].data
    seconds = 0
    if isinstance(data, str):
        seconds = parse_int(data) or 0
    elif isinstance(data, Int64):
        seconds = int(data)
    return made_of(duration_text(seconds), *args)


def _duration_round(_call: Call, args: Sequence[Traced]) -> Traced:
    data = args[0].data
    if isinstance(data, StructData):
        return now(*args, type_="string")
    seconds = 0.0
    if isinstance(data, str):
        seconds = parse_duration(data) or 0.0
    elif isinstance(data, Int64):
        seconds = to_int(args[0]) / 1e9
    size = int(abs(seconds))
    text = "0s"
    for unit, length in (("y", 31536000), ("mo", 2592000), ("d", 86400), ("h", 3600), ("m", 60)):
        if size >= length:
            text = f"{size // length}{unit}"
            break
    else:
        if size > 0:
            text = f"{size}s"
    return made_of(text, *args)


_STRICT, _OWN = Unknowns.STRICT, Unknowns.OWN
DATES = {
    "ago": Function(_ago, 1, 1, _OWN, "string"),
    "date": Function(_date, 2, 2, _STRICT, "string"),
    "dateInZone": Function(_date_in_zone, 3, 3, _STRICT, "string"),
    "dateModify": Function(_date_modify(must=False), 2, 2, _STRICT, "any"),
    "date_in_zone": Function(_date_in_zone, 3, 3, _STRICT, "string"),
    "date_modify": Function(_date_modify(must=False), 2, 2, _STRICT, "any"),
    "duration": Function(_duration, 1, 1, _STRICT, "string"),
    "durationRound": Function(_duration_round, 1, 1, _STRICT, "string"),
    "htmlDate": Function(_html_date, 1, 1, _STRICT, "string"),
    "htmlDateInZone": Function(_html_date_in_zone, 2, 2, _STRICT, "string"),
    "mustDateModify": Function(_date_modify(must=True), 2, 2, _STRICT, "any"),
    "mustToDate": Function(_to_date(must=True), 2, 2, _STRICT, "any"),
    "must_date_modify": Function(_date_modify(must=True), 2, 2, _STRICT, "any"),
    "now": Function(_now, 0, 0, _OWN, "any"),
    "toDate": Function(_to_date(must=False), 2, 2, _STRICT, "any"),
    "unixEpoch": Function(_unix_epoch, 1, 1, _STRICT, "string"),
}
