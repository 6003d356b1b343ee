"""The patterns of the HCL parser; possessive repeats keep every one of them linear."""

from __future__ import annotations

import re

ID = r"[^\W\d][\w-]*+"
BLANK = r"(?:[ \t\r]++|/\*(?:[^*]|\*(?!/))*+\*/)*+"  # no line end
SPACE = r"(?:[ \t\r\n]++|(?:\#|//)[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+"  # with line ends
NUMBER = r"[0-9]++(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"
SIMPLE = (
    rf'(?:"(?P<string>[^"\\$%\n]*+)"'
    rf"|(?P<word>true|false|null)(?![\w.(\[-])"
    rf"|(?P<number>-?{NUMBER})(?![\w.])"
    rf"|(?P<reference>{ID}(?:\.{ID})*+)(?![\w\[.(:-]))"
)
LINE_END = r"[ \t\r]*+(?:(?:\#|//)[^\n]*+)?+"

STATEMENT = re.compile(
    rf"{SPACE}(?:(?P<name>{ID}){BLANK}"
    rf"(?:=(?![=>])[ \t]*+{SIMPLE}{LINE_END}(?=[\n}}]|\Z)"
    rf"|(?P<equals>=)(?![=>])"
    rf'|(?P<labels>(?:(?:"(?:[^"\\\n]|\\.)*+"|{ID}){BLANK})*+)\{{)'
    rf"|(?P<close>\}})|(?P<eof>\Z))"
)
LABEL = re.compile(rf'"((?:[^"\\\n]|\\.)*+)"|({ID})')
STRING_CHARS = r'(?:[^"\\$%\n]++|\\.|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*+'
TERM_BODY = (
    rf'(?:"(?P<string>{STRING_CHARS})"|(?P<template>")|(?P<number>{NUMBER})'
    rf"|(?P<name>{ID}(?:::{ID}|\.{ID})*+)|(?P<paren>\()|(?P<tuple>\[)|(?P<object>\{{)|(?P<unary>[-!])"
    rf"|(?P<heredoc><<-?)(?P<marker>{ID})[ \t]*\r?\n)"
)
TERM = (re.compile(BLANK + TERM_BODY), re.compile(SPACE + TERM_BODY))
OPERATOR_BODY = (
    rf"(?:\.(?P<attribute>{ID})|\.(?P<legacy>[0-9]++)|(?P<attr_splat>\.\*)"
    rf"|(?P<full_splat>\[{BLANK}\*{BLANK}\])"
    r"|(?P<index>\[)|(?P<binary>==|!=|<=|>=|&&|\|\||[+\-*%<>]|/(?![/*])|\?(?!\?)))"
)
OPERATOR = (re.compile(BLANK + OPERATOR_BODY), re.compile(SPACE + OPERATOR_BODY))
OPEN_CALL = re.compile(BLANK + r"\(")
CLOSE = {sign: re.compile(SPACE + re.escape(sign)) for sign in ")]}:"}
SEPARATOR = re.compile(SPACE + r"(?:(?P<comma>,)|(?P<expand>\.\.\.)|(?P<close>[)\]]))")
FOR = re.compile(rf"{SPACE}for\b{SPACE}({ID}){SPACE}(?:,{SPACE}({ID}){SPACE})?in\b")
IF = re.compile(SPACE + r"if\b")
ARROW = re.compile(SPACE + "=>")
ELLIPSIS = re.compile(SPACE + r"\.\.\.")
SKIP = re.compile(SPACE)
ITEM_END = re.compile(rf"{BLANK}(?:(?:\#|//)[^\n]*+)?(?:,|\n|(?=\}}))")
ITEM = re.compile(
    rf'{SPACE}(?:(?:(?P<bare>{ID})|"(?P<quoted>[^"\\$%\n]*+)"){BLANK}[=:](?![=>:]){BLANK}'
    rf"{SIMPLE}{LINE_END}(?:,|(?=[\n}}]))|(?P<close>\}}))"
)
# A simple item of a list, or argument of a call, with the sign behind it.
ELEMENT = re.compile(rf"{SPACE}{SIMPLE}{SPACE}(?:,|(?=[)\]]))")
# What most interpolations hold, with the closing brace.
PLAIN = re.compile(rf"[ \t]*+(?P<reference>(?!(?:true|false|null)\b){ID}(?:\.{ID})*+)[ \t]*+\}}")
ITEM_SIGN = re.compile(SPACE + r"[=:](?![=>])")
STATEMENT_END = re.compile(rf"{BLANK}(?:(?:\#|//)[^\n]*+)?(?=\n|\}}|\Z)")
QUOTED = re.compile(
    rf'(?P<text>{STRING_CHARS})(?:(?P<open>\$\{{~?)|(?P<directive>%\{{~?)|(?P<end>"))'
)
RAW = re.compile(
    r"(?P<text>(?:[^$%]++|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*+)"
    r"(?:(?P<open>\$\{~?)|(?P<directive>%\{~?)|(?P<end>\Z))"
)
TEMPLATE_END = re.compile(SPACE + r"(~?)\}")
DIRECTIVE = re.compile(
    rf"{SPACE}(?:(?P<if>if)\b|(?P<word>else|endif|endfor)\b"
    rf"|(?P<for>for)\b{SPACE}({ID}){SPACE}(?:,{SPACE}({ID}){SPACE})?in\b)"
)
RESUME = re.compile(rf'^{ID}(?:[ \t]++(?:"[^"\n]*+"|{ID}))*+[ \t]*+\{{', re.MULTILINE)
