"""Redact: where a text holds a credential, and how it may be shown.

Rules judge values with `looks_like_secret`; reports, which show lines that people wrote, use
`secret_ranges`. It also trusts names (`password: ...`), because hiding a harmless word costs
little and showing a password costs much.
"""

from __future__ import annotations

import re

from plumbrule_parsers.secret_tokens.find import entropy, find_tokens

# One credential of a known issuer; private keys are recognised by their first line.
_PROVIDER = re.compile(
    r"(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36}|github_pat_\w{22,}|xox[abpr]-[\w-]{10,}"
    r"|sk_live_\w{16,}|AIza[\w-]{35}|glpat-[\w-]{20}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
_NAMED = re.compile(
    r"""(?ix)
    (?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key
       |credentials?|connection[_-]?string) (?:[_-]?(?:value|default|data|string|binary))?
    (?: ["']? \s* (?: := | => | [:=] ) \s* | \s+ (?=["'][^"'\s]) )
    """
)
_FLAG = re.compile(
    r"(?i)(?<![\w-])--?[a-z-]*(?:password|passwd|passphrase|secret|token|api-?key)\s+(?=[^\s-])"
)
_SPEAKING = r"[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api_?key|private_?key|access_?key)"
_ENV_NAME = re.compile(rf"(?i)\bname[\"']?\s*:\s*[\"']?{_SPEAKING}[\"']?\s*[,}}]?\s*$")
_ENV_PAIR = re.compile(
    rf"(?i)\bname[\"']?\s*:\s*[\"']?{_SPEAKING}[\"']?\s*,\s*[\"']?value[\"']?\s*:\s*"
)
_DOCKER_ENV = re.compile(rf"(?i)^\s*(?:ENV|ARG)\s+{_SPEAKING}\s+(?=\S)")
_ENV_VALUE = re.compile(r"^\s*[\"']?value[\"']?\s*:\s*")
_LOGIN = re.compile(r"(?<=://)[^\s:@/\"']{0,100}:([^\s@/\"']{1,200})@")
_BEARER = re.compile(r"(?i)\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{8,})")
_VALUE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"?|'((?:[^'\\]|\\.)*)'?|([^\s\"',;}\])]+)")
_BARE_WORD = 3  # its group; the others are quoted
# Not a literal: an expression, a reference, a truth value, a word that waits for a secret.
_HARMLESS = re.compile(
    r"""(?ix) (?: | \$.* | .*\$\{.* | \{.* | \[.* | <.* | !.* | [|>][+-]?\d? | true | false | null
    | nil | none | \d{1,4} | x+ | \*+ | change[_-]?me | example | dummy | todo | file | string
    | number | (?:var|local|data|module|each|self|secrets|env|inputs|vars|path)\.[\w.\[\]*"-]* )"""
)


def redact(value: str) -> str:
    """At most the first four characters, and never more than a quarter, then an ellipsis."""
    return value[: min(4, len(value) // 4)] + "…"


def looks_like_secret(value: str) -> bool:
    """True for text in the form of a known kind of credential, or of a long random token."""
    if any(not token.harmless for token in find_tokens(value[:20_000])):
        return True
    return _long_random(value)


def is_hidden(value: str) -> bool:
    """Whether a value by itself is shown cut short: also what only resembles a credential."""
    start = value[:20_000]
    return bool(_PROVIDER.search(start) or find_tokens(start)) or _long_random(value)


def _long_random(value: str) -> bool:
    token = re.fullmatch(r"[A-Za-z0-9+/_=-]{32,200}", value) is not None
    return token and _random(value)


def _random(value: str) -> bool:
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return mixed and entropy(value) > 4.3


def secret_ranges(line: str, before: str = "") -> tuple[tuple[int, int], ...]:
    """The stretches of one line that must not be shown; `before` is the line above it.

    Sorted, not overlapping. What counts: credentials of known issuers, long random tokens, logins
    in URLs, and literal values of names and flags that speak of a secret.
    """
    found = [match.span() for match in _PROVIDER.finditer(line)]
    found += [(token.start, token.end) for token in find_tokens(line)]
    found += [match.span() for match in _TOKEN.finditer(line) if _random(match[0][:400])]
    if ":" in line:
        found += [match.span(1) for match in _LOGIN.finditer(line)]
    found += [match.span(1) for match in _BEARER.finditer(line)]
    starts = [match.end() for match in _NAMED.finditer(line)]
    starts += [match.end() for match in _FLAG.finditer(line)]
    starts += [match.end() for match in _ENV_PAIR.finditer(line)]
    starts += [match.end() for match in _DOCKER_ENV.finditer(line)]
    if _ENV_NAME.search(before[-400:]):
        starts += [match.end() for match in _ENV_VALUE.finditer(line)]
    done = 0
    for start in sorted(starts):
        value = _VALUE.match(line, start) if start >= done else None
        if value is None:
            continue
        group = value.lastindex or 0
        # One endless word is read once; a quoted object is looked into.
        inside = group < _BARE_WORD and value[group].startswith(("{", "["))
        done = value.start(group) if inside else value.end()
        if not _HARMLESS.fullmatch(value[group]):
            found.append(value.span(group))
    return merged(found)


_VARIABLE = re.compile(r"\bvariable\s+\"[^\"\n]{1,200}\"\s*\{([^{}]{0,4000})\}")
_MARKED = re.compile(r"(?m)^\s*sensitive\s*=\s*true\b|[{;]\s*sensitive\s*=\s*true\b")
_DEFAULT = re.compile(r"\bdefault\s*=\s*\"((?:[^\"\\\n]|\\.)+)\"")


def marked_sensitive(text: str) -> tuple[str, ...]:
    """The literal defaults of variables that a Terraform file marks as sensitive."""
    bodies = (match[1] for match in _VARIABLE.finditer(text))
    marked = (body for body in bodies if _MARKED.search(f"\n{body}"))
    return tuple(one[1] for body in marked for one in _DEFAULT.finditer(body))


def merged(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The ranges in order, those that touch joined, empty ones left out."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def cut_out(text: str, ranges: tuple[tuple[int, int], ...]) -> str:
    """The text with each range redacted."""
    out, done = [], 0
    for start, end in ranges:
        out += [text[done:start], redact(text[start:end])]
        done = end
    return "".join((*out, text[done:]))


def literal_ranges(text: str) -> tuple[tuple[int, int], ...]:
    """What to hide of an entry (`key = value`, `key: value`, a bare value) that holds a secret.

    A quoted or bare key stays; the value is hidden line by line, without its quotes.
    """
    key = re.match(r"""\s*(?:-\s+)?(?:"[^"\n]*"|'[^'\n]*'|[\w.-]+)\s*(?:=>|[:=])\s*""", text)
    start = key.end() if key else 0
    ranges: list[tuple[int, int]] = []
    for line in re.finditer(r"[^\r\n]+", text):
        low, high = max(start, line.start()), line.end()
        while low < high and text[low] in " \t\"'":
            low += 1
        while low < high and text[high - 1] in " \t\"',":
            high -= 1
        ranges.append((low, high))
    return merged(ranges)
