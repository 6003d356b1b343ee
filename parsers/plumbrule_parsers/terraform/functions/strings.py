"""String functions; where text is known in part, what is known is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import MAX_TEXT, FunctionError, Unknowns
from plumbrule_parsers.go_regex import GoPattern, RegexError, compile_go, expand
from plumbrule_parsers.linear_match import Found
from plumbrule_parsers.terraform.functions.call import (
    Files,
    Function,
    bool_of,
    items_of,
    number_of,
    number_text,
    text_of,
    whole_of,
)
from plumbrule_parsers.terraform.functions.letters import clusters, lower, title, upper
from plumbrule_parsers.traced import Traced, first_unknown, made_of, plain
from plumbrule_parsers.value import Segments, Unknown, join_segments


def text_or_segments(value: Traced) -> str | Segments | Unknown:
    """The text of a value that may be unknown, wholly or in part."""
    data = value.data
    if isinstance(data, (Unknown, Segments)):
        return data
    return text_of(value)


def _mapped(change: Callable[[str], str]) -> Callable[[Files, Sequence[Traced]], Traced]:
    """A function that changes each character by itself, so it reaches into segments."""

    def apply(_files: Files, args: Sequence[Traced]) -> Traced:
        text = text_or_segments(args[0])
        if isinstance(text, Segments):
            parts = [change(part) if isinstance(part, str) else part for part in text.parts]
            return made_of(join_segments(parts), *args)
        if isinstance(text, Unknown):
            return made_of(text, *args)
        return made_of(change(text), *args)

    return apply


def _of_text(change: Callable[..., object]) -> Callable[[Files, Sequence[Traced]], Traced]:
    """A function of known strings."""

    def apply(_files: Files, args: Sequence[Traced]) -> Traced:
        result = change(*(text_of(arg) for arg in args))
        assert result is None or isinstance(result, (str, bool, int))
        return made_of(result, *args)

    return apply


def _endswith(_files: Files, args: Sequence[Traced]) -> Traced:
    return _edge(args, at_start=False)


def _startswith(_files: Files, args: Sequence[Traced]) -> Traced:
    return _edge(args, at_start=True)


def _edge(args: Sequence[Traced], *, at_start: bool) -> Traced:
    text, part = text_or_segments(args[0]), text_or_segments(args[1])
    if isinstance(text, Segments) and isinstance(part, str):
        known = text.prefix if at_start else text.suffix
        size = min(len(known), len(part))
        agrees = known[:size] == part[:size] if at_start else known[-size:] == part[-size:]
        if size and not agrees:
            return made_of(False, *args)
        if len(known) >= len(part):
            return made_of(True, *args)
    if not isinstance(text, str) or not isinstance(part, str):
        unknown = args[0].unknown or args[1].unknown
        assert unknown is not None
        return made_of(Unknown(unknown.reason, unknown.detail, type="bool", not_null=True), *args)
    return made_of(text.startswith(part) if at_start else text.endswith(part), *args)


_VERB = re.compile(r"%(?:%|(?P<flags>[-+# 0]*)(?P<width>\d+)?(?:\.(?P<precision>\d+))?"
                   r"(?:\[(?P<index>\d+)\])?(?P<verb>[a-zA-Z]))")  # fmt: skip


def format_text(template: str, args: Sequence[Traced]) -> tuple[str | Segments, list[Traced]]:
    """`format`: Terraform's verbs on values; unknown arguments become unknown segments."""
    parts: list[str | Unknown | Segments] = []
    used: list[Traced] = []
    position = turn = size = 0
    for match in _VERB.finditer(template):
        literal = template[position : match.start()]
        if "%" in literal:
            raise FunctionError(f"unrecognised format character in `{template[:60]}`")
        parts.append(literal)
        position = match.end()
        if match[0] == "%%":
            parts.append("%")
            continue
        turn = int(match["index"]) if match["index"] else turn + 1
        if turn > len(args) or turn < 1:
            raise FunctionError(f"not enough arguments for `{match[0]}` at {match.start()}")
        arg = args[turn - 1]
        used.append(arg)
        piece = _formatted(match, arg)
        size += len(piece) if isinstance(piece, str) else 0
        if size > MAX_TEXT:
            raise FunctionError("the formatted text is too large")
        parts.append(piece)
    rest = template[position:]
    if "%" in rest:
        raise FunctionError(f"unterminated verb in `{template[:60]}`")
    if turn < len(args) and not any(match["index"] for match in _VERB.finditer(template)):
        raise FunctionError(f"too many arguments; only {turn} used by the format string")
    parts.append(rest)
    return join_segments(parts), used


def _formatted(match: re.Match[str], arg: Traced) -> str | Unknown | Segments:
    verb, flags = match["verb"], match["flags"] or ""
    data = arg.data
    width = int(match["width"] or 0)
    if width > 10_000 or int(match["precision"] or 0) > 10_000:
        raise FunctionError(f"`{match[0]}` is too wide")
    if isinstance(data, Unknown) or (isinstance(data, Segments) and (verb not in "sv" or width)):
        unknown = arg.unknown
        assert unknown is not None
        return unknown
    if isinstance(data, Segments):
        return data
    if verb == "s" or (verb == "v" and isinstance(data, str) and "#" not in flags):
        text = text_of(arg)
        if match["precision"]:
            text = text[: int(match["precision"])]
    elif verb == "v":
        text = _go_value(arg, flags)
    elif verb == "q":
        from plumbrule_parsers.terraform.functions.json_text import json_string

        text = json_string(text_of(arg))
    elif verb == "t":
        text = "true" if bool_of(arg) else "false"
    elif verb in "dbox" or verb == "X":
        number = whole_of(arg)
        text = format(abs(number), verb)
        text = ("-" if number < 0 else "+" if "+" in flags else " " if " " in flags else "") + text
    elif verb in "feEgG":
        text = _decimal(number_of(arg), verb, match["precision"], "+" if "+" in flags else "")
    else:
        raise FunctionError(f"unsupported verb `%{verb}`")
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and verb not in "sqv":
        sign = text[:1] if text[:1] in "+-" else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")
    return text.rjust(width)


def _decimal(number: float, verb: str, precision: str | None, sign: str) -> str:
    """A number by a verb for floats; `%g` has as many digits as the number needs."""
    if precision or verb in "feE":
        return format(float(number), f"{sign}.{int(precision or 6)}{verb}")
    text = number_text(number)
    digits = len(text.partition(".")[0].lstrip("-"))
    if number == 0 or (digits < 22 and abs(number) >= 1e-4):
        return sign + text if number >= 0 else text
    shortest = repr(float(number))
    return (sign if number >= 0 else "") + (shortest.upper() if verb == "G" else shortest)


def _go_value(arg: Traced, flags: str) -> str:
    from plumbrule_parsers.terraform.functions.json_text import json_text

    data = arg.data
    if data is None:
        return "null"
    if isinstance(data, (bool, int, float)) and "#" not in flags:
        return text_of(arg)
    return json_text(plain(arg))


def _format(_files: Files, args: Sequence[Traced]) -> Traced:
    template = args[0]
    if template.unknown is not None:
        unknown = template.unknown
        return made_of(Unknown(unknown.reason, unknown.detail, type="string"), *args)
    text, used = format_text(text_of(template), args[1:])
    return made_of(text, template, *used)


def _formatlist(_files: Files, args: Sequence[Traced]) -> Traced:
    lengths = {len(arg.data) for arg in args[1:] if isinstance(arg.data, list)}
    for arg in args:
        if isinstance(arg.data, Unknown) or arg.rest is not None:
            unknown = arg.unknown or arg.rest
            assert unknown is not None
            return made_of(Unknown(unknown.reason, unknown.detail, type="list"), *args)
    if len(lengths) > 1:
        raise FunctionError("the lists have different lengths")
    count = lengths.pop() if lengths else 1
    template = text_of(args[0])
    rows: list[Traced] = []
    for index in range(count):
        row = [arg.data[index] if isinstance(arg.data, list) else arg for arg in args[1:]]
        text, used = format_text(template, row)
        rows.append(made_of(text, args[0], *used))
    return made_of(rows, *args)


def _indent(_files: Files, args: Sequence[Traced]) -> Traced:
    doubt = args[0].unknown
    if doubt is not None:
        return made_of(Unknown(doubt.reason, doubt.detail, type="string"), *args)
    spaces = whole_of(args[0])
    if not 0 <= spaces <= 10_000:
        raise FunctionError("the number of spaces is out of range")
    text = text_or_segments(args[1])
    pad = "\n" + " " * spaces
    if isinstance(text, Segments):
        parts = [part.replace("\n", pad) if isinstance(part, str) else part for part in text.parts]
        return made_of(join_segments(parts), *args)
    if isinstance(text, Unknown):
        return made_of(text, *args)
    return made_of(text.replace("\n", pad), *args)


def _join(_files: Files, args: Sequence[Traced]) -> Traced:
    separator = text_or_segments(args[0])
    parts: list[str | Unknown | Segments] = []
    pieces: list[Traced] = []
    for arg in args[1:]:
        if isinstance(arg.data, Unknown):
            return made_of(Unknown(arg.data.reason, arg.data.detail, type="string"), *args)
        for item in items_of(arg):
            if pieces:
                parts.append(separator)
            pieces.append(item)
            parts.append(text_or_segments(item))
        if arg.rest is not None:
            parts.append(arg.rest)
    return made_of(join_segments(parts), *args, *pieces)


def _regex_matches(args: Sequence[Traced]) -> tuple[GoPattern, str]:
    pattern, text = text_of(args[0]), text_of(args[1])
    try:
        return compile_go(pattern), text
    except RegexError as error:
        raise FunctionError(str(error)) from None


def _captured(match: re.Match[str] | Found, *parts: Traced) -> Traced:
    if match.re.groupindex:
        return made_of(
            {name: made_of(match[name], *parts) for name in sorted(match.re.groupindex)}, *parts
        )
    if match.re.groups:
        return made_of([made_of(group, *parts) for group in match.groups()], *parts)
    return made_of(match[0], *parts)


def _regex(_files: Files, args: Sequence[Traced]) -> Traced:
    pattern, text = _regex_matches(args)
    try:
        match = pattern.search(text)
    except RegexError as error:
        raise FunctionError(str(error)) from None
    if match is None:
        raise FunctionError("the pattern did not match any part of the given string")
    return _captured(match, *args)


def _regexall(_files: Files, args: Sequence[Traced]) -> Traced:
    pattern, text = _regex_matches(args)
    try:
        return made_of([_captured(match, *args) for match in pattern.finditer(text)], *args)
    except RegexError as error:
        raise FunctionError(str(error)) from None


def _replace(_files: Files, args: Sequence[Traced]) -> Traced:
    text, old, new = text_or_segments(args[0]), args[1], text_or_segments(args[2])
    if old.unknown is not None or isinstance(new, Unknown) or isinstance(text, Unknown):
        unknown = args[0].unknown or old.unknown or args[2].unknown
        assert unknown is not None
        return made_of(Unknown(unknown.reason, unknown.detail, type="string"), *args)
    search = text_of(old)
    if len(search) > 1 and search.startswith("/") and search.endswith("/"):
        unknown = first_unknown(args[0]) or first_unknown(args[2])
        if unknown is not None:
            return made_of(Unknown(unknown.reason, unknown.detail, type="string"), *args)
        pattern, subject = _regex_matches([Traced(search[1:-1]), args[0]])
        template = text_of(args[2])
        try:
            result = pattern.sub(lambda match: expand(template, match), subject)
        except RegexError as error:
            raise FunctionError(str(error)) from None
        return made_of(_bounded(result), *args)
    if isinstance(text, Segments) or isinstance(new, Segments):
        if search == "" or isinstance(new, Segments):
            unknown = args[0].unknown or args[2].unknown
            assert unknown is not None
            return made_of(Unknown(unknown.reason, unknown.detail, type="string"), *args)
        # A match may begin in a known part and end in an unknown one, so only single characters
        # can be replaced part by part.
        assert isinstance(text, Segments)
        if len(search) > 1:
            unknown = text.unknowns[0]
            return made_of(Unknown(unknown.reason, unknown.detail, type="string"), *args)
        parts = [
            part.replace(search, new) if isinstance(part, str) else part for part in text.parts
        ]
        return made_of(join_segments(parts), *args)
    if search == "":
        return made_of(_bounded(new.join(["", *text, ""])), *args)
    return made_of(_bounded(text.replace(search, new)), *args)


def _bounded(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise FunctionError("the resulting text is too large")
    return text


def _split(_files: Files, args: Sequence[Traced]) -> Traced:
    separator, text = text_of(args[0]), text_of(args[1])
    if text == "":
        return made_of([made_of("", *args)] if separator else [], *args)
    parts = text.split(separator) if separator else list(text)
    return made_of([made_of(part, args[1]) for part in parts], *args)


def _strcontains(_files: Files, args: Sequence[Traced]) -> Traced:
    text, part = text_or_segments(args[0]), text_or_segments(args[1])
    if isinstance(text, str) and isinstance(part, str):
        return made_of(part in text, *args)
    if (
        isinstance(text, Segments)
        and isinstance(part, str)
        and any(part in piece for piece in text.parts if isinstance(piece, str))
    ):
        return made_of(True, *args)
    unknown = args[0].unknown or args[1].unknown
    assert unknown is not None
    return made_of(Unknown(unknown.reason, unknown.detail, type="bool"), *args)


def _substr(_files: Files, args: Sequence[Traced]) -> Traced:
    doubt = args[1].unknown or args[2].unknown
    if doubt is not None:
        return made_of(Unknown(doubt.reason, doubt.detail, type="string", not_null=True), *args)
    offset, length = whole_of(args[1]), whole_of(args[2])
    text = text_or_segments(args[0])
    if isinstance(text, Segments):
        if offset >= 0 and length >= 0 and offset + length <= len(clusters(text.prefix)):
            text = text.prefix
        else:
            unknown = text.unknowns[0]
            return made_of(Unknown(unknown.reason, unknown.detail, type="string"), *args)
    if isinstance(text, Unknown):
        made = Unknown(text.reason, text.detail, text.span, "string", not_null=text.not_null)
        return made_of(made, *args)
    letters = clusters(text)
    start = max(0, len(letters) + offset) if offset < 0 else offset
    # An offset from the end with no length takes the rest, as a negative length does.
    end = start + length if length > 0 or (length == 0 and offset >= 0) else len(letters)
    return made_of("".join(letters[start:end]), *args)


def _trim(text: str, cut: str) -> str:
    return text.strip(cut) if cut else text


def _strrev(text: str) -> str:
    return "".join(reversed(clusters(text)))


def _chomp(text: str) -> str:
    return text.rstrip("\r\n")


_OWN, _STRICT = Unknowns.OWN, Unknowns.STRICT
STRINGS = {
    "chomp": Function(_of_text(_chomp), 1, 1, _STRICT, "string"),
    "endswith": Function(_endswith, 2, 2, _OWN, "bool"),
    "format": Function(_format, 1, None, _OWN, "string"),
    "formatlist": Function(_formatlist, 1, None, _OWN, "list"),
    "indent": Function(_indent, 2, 2, _OWN, "string"),
    "join": Function(_join, 2, None, _OWN, "string"),
    "lower": Function(_mapped(lower), 1, 1, _OWN, "string"),
    "regex": Function(_regex, 2, 2, _STRICT, "any"),
    "regexall": Function(_regexall, 2, 2, _STRICT, "list"),
    "replace": Function(_replace, 3, 3, _OWN, "string"),
    "split": Function(_split, 2, 2, _STRICT, "list"),
    "startswith": Function(_startswith, 2, 2, _OWN, "bool"),
    "strcontains": Function(_strcontains, 2, 2, _OWN, "bool"),
    "strrev": Function(_of_text(_strrev), 1, 1, _STRICT, "string"),
    "substr": Function(_substr, 3, 3, _OWN, "string"),
    "title": Function(_of_text(title), 1, 1, _STRICT, "string"),
    "trim": Function(_of_text(_trim), 2, 2, _STRICT, "string"),
    "trimprefix": Function(_of_text(str.removeprefix), 2, 2, _STRICT, "string"),
    "trimspace": Function(_of_text(str.strip), 1, 1, _STRICT, "string"),
    "trimsuffix": Function(_of_text(str.removesuffix), 2, 2, _STRICT, "string"),
    "upper": Function(_mapped(upper), 1, 1, _OWN, "string"),
}
