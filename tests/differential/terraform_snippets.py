"""Small Terraform roots and expressions, written and generated, for comparing engines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st

ROOTS: dict[str, dict[str, str]] = {
    "modules": {
        "main.tf": """
locals {
  nets = { a = "10.0.0.0/16", b = "10.1.0.0/16" }
}
module "plain" {
  source = "./net"
  name   = "plain"
}
module "counted" {
  source = "./net"
  count  = 2
  name   = "c${count.index}"
  ports  = [80 + count.index]
}
module "keyed" {
  source   = "./net"
  for_each = local.nets
  name     = each.key
  cidr     = each.value
}
resource "x_y" "z" {
  one   = module.plain.label
  two   = module.counted[1].label
  three = module.keyed["b"].label
  all   = module.counted[*].label
  map   = { for key, made in module.keyed : key => made.label }
}
""",
        "net/main.tf": """
variable "name" {
  type = string
}
variable "cidr" {
  type    = string
  default = "10.9.0.0/16"
}
variable "ports" {
  type    = list(number)
  default = [443, 8443]
}
resource "x_net" "this" {
  name = "net-${var.name}"
  cidr = cidrsubnet(var.cidr, 8, 1)
  dynamic "rule" {
    for_each = var.ports
    content {
      port = rule.value
      text = "${rule.key}:${rule.value}"
    }
  }
}
module "inner" {
  source = "./inner"
  label  = upper(var.name)
}
output "label" {
  value = "${module.inner.made}/${x_net.this.cidr}"
}
""",
        "net/inner/main.tf": """
variable "label" {}
resource "x_inner" "this" {
  count = 2
  label = "${var.label}-${count.index}"
}
output "made" {
  value = "made-${var.label}"
}
""",
    },
    "values": {
        "main.tf": """
variable "plain" {
  default = "default"
}
variable "listed" {
  default = "default"
}
variable "json" {
  default = "default"
}
variable "typed" {
  type    = object({ name = string, size = optional(number, 3), on = optional(bool) })
  default = { name = "n" }
}
variable "mixed" {
  type    = map(map(any))
  default = { a = { number = 1, text = "x" } }
}
variable "numbers" {
  type    = list(number)
  default = ["1", 2]
}
variable "set" {
  type    = set(string)
  default = ["b", "a", "b"]
}
resource "x_y" "z" {
  plain   = var.plain
  listed  = var.listed
  json    = var.json
  name    = var.typed.name
  size    = var.typed.size
  mixed   = var.mixed.a.number
  numbers = var.numbers
  set     = var.set
}
""",
        "terraform.tfvars": 'listed = "terraform"\nplain = "terraform"\n',
        "a.auto.tfvars": 'listed = "a"\n',
        "b.auto.tfvars.json": '{"json": "b"}',
    },
    "instances": {
        "main.tf": """
resource "x_repo" "all" {
  for_each = { one = { topics = ["a"] }, two = { topics = ["b", "c"], open = true } }
  name     = each.key
  version  = "v-${each.key}"
  topics   = each.value.topics
  open     = try(each.value.open, false)
}
resource "x_guard" "all" {
  for_each = x_repo.all
  repo     = each.key
  name     = each.value.name
  topics   = join(",", each.value.topics)
}
resource "x_list" "many" {
  count = 3
  name  = "n${count.index}"
}
resource "x_use" "one" {
  first  = x_list.many[0].name
  last   = x_list.many[length(x_list.many) - 1].name
  all    = x_list.many[*].name
  named  = x_repo.all["two"].version
  tags   = { for repo in x_repo.all : repo.name => length(repo.topics) }
  nested = flatten([for repo in x_repo.all : [for topic in repo.topics : "${repo.name}/${topic}"]])
}
resource "x_none" "off" {
  count = 0
  name  = "never"
}
resource "x_set" "each" {
  for_each = toset(["b", "a"])
  name     = each.value
}
""",
    },
    "blocks": {
        "main.tf": """
locals {
  rules = [
    { port = 22, cidrs = ["10.0.0.0/8"], tags = { a = "1" } },
    { port = 443, cidrs = ["0.0.0.0/0", "::/0"], tags = {} },
  ]
}
resource "x_group" "g" {
  name = "g"
  rule {
    port  = 80
    cidrs = []
  }
  dynamic "rule" {
    for_each = { for rule in local.rules : rule.port => rule if rule.port != 22 }
    iterator = one
    content {
      port  = one.key
      cidrs = one.value.cidrs
      dynamic "tag" {
        for_each = one.value.tags
        content {
          key   = tag.key
          value = tag.value
        }
      }
    }
  }
  dynamic "log" {
    for_each = [for rule in local.rules : rule if rule.port == 22]
    content {
      text = <<-EOT
        port ${log.value.port}
          %{ for cidr in log.value.cidrs ~}
          from ${cidr}
          %{ endfor ~}
      EOT
    }
  }
  dynamic "never" {
    for_each = []
    content {
      a = 1
    }
  }
}
""",
    },
}  # fmt: skip


def written(base: Path, roots: Mapping[str, Mapping[str, str]]) -> Path:
    for root, files in roots.items():
        for name, text in files.items():
            path = base / root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return base


def in_one(expressions: list[str]) -> dict[str, str]:
    lines = (f"  v{index:03} = {text}" for index, text in enumerate(expressions))
    return {"main.tf": 'resource "x_y" "z" {\n' + "\n".join(lines) + "\n}\n"}


EXPRESSIONS = """
abs(-12.4)|ceil(5.1)|floor(-4.9)|log(16, 2)|max([12, 54, 3]...)|min(12.5, 54, 3)|pow(2, 0.5)
parseint("FF", 16)|parseint("aA", 62)|signum(-13)|sum([0.1, 0.2])|sum([10, 13, 6, 4.5])
10 / 4|10 / 2|7 % 3|-7 % 3|7.5 % 2|5 % 0|3 % 0.1|1 / 3|0.1 + 0.2|0.3 - 0.1|1.1 * 3|1e3
"${0.1 + 0.2}"|"${1.50}"
chomp("hello\\r\\n\\n")|endswith("hello", "lo")|startswith("hello", "lo")|indent(2, "a\\nb\\n\\nc")
format("%5d|%-5d|%05d|%+d", 42, 42, 42, 42)|format("%x %X %b %o", 255, 255, 5, 8)|format("%v", 1.5)
format("%f %.2f %e %g %G", 3.14159, 3.14159, 31415.9, 3.14159, 1e21)|format("%#v", {a=1})
format("%v", [1,"a",true,null])|format("%#v", "a")|format("%t %q", true, "a\\"b")|format("%%")
format("%[2]s %[1]s", "a", "b")|format("%5s|%-5s|%.2s", "ab", "ab", "abcdef")|format("%q", "é<&")
formatlist("%s=%s", ["a","b"], "c")|formatlist("%s", [])|join(",", ["a"], ["b","c"])
lower("HELLO É ß İ")|upper("hello é ß ǆ")|title("hello world-foo it's é_x a.b 1a")
regex("(\\\\d+)-(\\\\d+)", "2019-02")|regex("(?P<a>b+)", "abb")|regexall("[a-z]+", "12ab3c")
replace("hello world", "/w.*d/", "everybody")|replace("abc", "/(b)/", "[$1]")
replace("abc", "", "-")
split(",", "foo,bar,")|split("", "abc")|strcontains("hello", "ell")|strrev("héllo☃")
substr("hello", -3, 2)|substr("hello", 2, 100)|substr("🤔🤷", 0, 1)|length("🤔🤷e\\u0301")
trim("?!hello?!", "!?")|trimprefix("helloworld", "hello")|trimsuffix("a.b", ".b")|trimspace(" a\\n")
alltrue(["true", true])|alltrue([])|anytrue([])|chunklist(["a", "b", "c"], 2)|coalesce("", "b")
coalesce(null, 1, "a")|coalescelist([], ["c"])|compact(["a", "", null, "c"])|concat([1], ["a"])
contains(["a", "b"], "a")|distinct(["a", "b", "a"])|distinct([1, "1"])|element(["a", "b", "c"], 4)
element(["a", "b", "c"], -1)|flatten([["a"], [], ["c", ["d"]]])|index(["a", "b"], "b")
keys({c=1, b=2})|values({c=1, b=2})|length({a=1})|lookup({a="x"}, "c", "y")
lookup({a="x"}, "a", "y")
matchkeys(["i", "j"], ["u", "v"], ["v"])|merge({a="b", c="d"}, {c="z"})|merge({a=1}, null)|one([])
one(["a"])|range(3)|range(1, 8, 2)|range(4, 1)|range(10, 5, -2)|reverse([1, 2, 3])
setintersection(["a", "b"], ["b", "c"])|setproduct(["a", "b"], ["c"])|setsubtract(["a", "b"], ["a"])
setunion(["a"], ["c", "b"])|setunion([1], ["a"])|slice(["a", "b", "c"], 1, 3)|sort(["e", "d"])
transpose({a=["1", "2"], b=["2"]})|zipmap(["a", "b"], [1, "x"])|base64decode("aGk=")
base64encode("é")
csvdecode("a,b\\n1,2\\n")|jsondecode("{\\"n\\": 1.50, \\"l\\": [1,null,true]}")
jsonencode("é\\u2028\\t")
jsonencode({hello="world", a=[1, true, null], b="<&>"})|jsonencode(toset(["b","a"]))|jsonencode(1.0)
textencodebase64("Hi", "UTF-16LE")|urlencode("☃ a/b?c=d&e~f*g(h)")
yamldecode("a: yes\\nb: 2020-01-01")
yamldecode("{a: 1, b: [x, 2.5, ~, no, 0x1F, 0o17, 017]}")|yamldecode("a: &x {c: 1}\\nd:\\n  <<: *x")
yamlencode({foo=[1, {a="x"}], bar={}, n=null, f=1.5, s="multi\\nline\\n"})
yamlencode([1,[2,3]])|yamlencode(2.5)|yamlencode("a")
setproduct([1], [2, "a"])|timeadd("2017-11-22T00:00:00Z", "0")
basename("foo/bar/")|dirname("foo/bar/")|dirname("foo")|dirname("a/../b")|abspath("/a/../b")
formatdate("EEE, DD MMM YYYY hh:mm:ss ZZZ", "2018-01-02T23:12:01-08:00")|md5("a")|sha1("a")
sha256("a")
formatdate("h'h'mm AA HH aa M D 'it''s'", "2018-01-02T03:02:01Z")
timeadd("2017-11-22T00:00:00Z", "-1h30m")
timecmp("2017-11-22T00:00:00Z", "2017-11-22T01:00:00+01:00")|base64sha256("a")|base64sha512("a")
sha512("a")|uuidv5("dns", "a.b")|cidrhost("10.12.112.0/20", -1)|cidrhost("fd00::/72", 34)
cidrnetmask("172.16.0.0/12")|cidrsubnet("172.16.0.0/12", 4, 2)
cidrsubnets("10.1.0.0/16", 4, 4, 8, 4)
can({a=1}.b)|try({a=1}.b, "x")|try(tonumber("x"), 5)|tobool("true")|tonumber("1e3")|tonumber("1.50")
tolist(["a", 1, true])|toset(["c", "b", 1])|toset([3,1,10])|tomap({a=1, b="x"})|tostring(true)
[for i, s in ["a","b"] : "${i}-${s}"]|{for k, v in {a=1,b=2} : v => k}
[for s in ["a","b"] : s if s != "a"]
{for s in ["aa","ab","b"] : substr(s,0,1) => s...}|[{a=1},{a=2}][*].a|[{a=1},{a=2}].*.a
{a=1}[*].a|null[*]
true ? 1 : "b"|false ? 1 : "2"|true ? [1] : []|1 == 1.0|1 == "1"|{a=1} == {a=1}|null == null
"1" < "2"
!"true"|-"5"|true && "false"|"%{ if true }yes%{ else }no%{ endif }"
"%{ for x in [1,2] }${x},%{ endfor }"
"$${x} %%{y} $x %x $$ %%"|"a\\tb\\u00e9\\U0001F600"|{"a b" = 1, (upper("x")) = 2, c : 3}
{a={b={c=1}}}.a["b"].c
"""


# Lines of a heredoc are trimmed and dedented one by one, which nobody would guess.
HEREDOCS = [
    '<<EOT\n%{ for x in ["a","b"] ~}\n    s ${x}\n%{ endfor ~}\nend\nEOT',
    '<<EOT\n  %{ for x in ["a","b"] ~}\n    s ${x}\n  %{ endfor ~}\nend\nEOT',
    '<<-EOT\n    %{ for x in ["a","b"] ~}\n      s ${x}\n    %{ endfor ~}\n    end\n    EOT',
    '<<-EOT\n    %{ for x in ["a","b"] }\n      s ${x}\n    %{ endfor }\n    end\n    EOT',
    "<<-EOT\n  a\n  %{~ if true ~}\n    s\n  %{~ else ~}\n   n\n  %{~ endif ~}\n  e\n EOT",
    '<<EOT\na\n\n\n   %{~ if true ~}\n\n\n   s\n%{ endif }\n\n   ${~ "x" ~}   \n\n  b\nEOT',
    '<<-EOT\n      ${"x"}\n    y\n\n  \n      z ${"q"}\n    EOT',
    "<<-EOT\n\ta\n\t  b\n\tEOT",
    '<<-EOT\n    ${~ "x"}\n      y\n   EOT',
    '<<-EOT\n    a ${"x" ~}\n      y ${"z" ~}   \n    b\n   EOT',
    "<<-EOT\n  %{ if true ~}\n  %{ if true ~}\n  in\n  %{ endif ~}\n  %{ endif ~}\n  EOT",
    '"a ${~ "x" ~}  b\\n  c ${ "y" ~} \\n z"',
    '"  %{~ if true ~}  s  %{~ endif ~}  e"',
]


def split_up(table: str) -> list[str]:
    """The expressions of the table; `|` inside quotes and `||` do not end one."""
    found = re.findall(r'(?:[^|"\n]|"(?:[^"\\]|\\.)*")+', table.replace("||", "\0"))
    return [one.strip().replace("\0", "||") for one in found if one.strip()]


# ------------------------------------------------------------------ generated
TEXTS = st.text(st.sampled_from("abé -_./1"), max_size=5).map(json.dumps)
NUMBERS = st.integers(-20, 20).map(str) | st.sampled_from(["0.5", "1.25", "1e2"])


def applied(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda given: template.format(*given))


def texts(depth: int) -> st.SearchStrategy[str]:
    if depth == 0:
        return TEXTS
    text, items = texts(depth - 1), lists(depth - 1)
    return st.one_of(
        TEXTS, applied("upper({})", text), applied("title({})", text),
        applied("trimspace({})", text),
        applied("replace({}, {}, {})", text, TEXTS, TEXTS), applied("join({}, {})", TEXTS, items),
        applied('format("%s/%s", {}, {})', text, text), applied("trimprefix({}, {})", text, TEXTS),
        applied("substr({}, {}, {})", text, st.sampled_from(["-3", "-1", "0", "2"]),
                st.sampled_from(["-1", "0", "1", "4"])),
        applied("({} == {} ? {} : {})", text, text, text, text), applied("jsonencode({})", items),
        applied("lookup({}, {}, {})", maps(depth - 1), TEXTS, text),
        applied("base64encode({})", text),
        applied("tostring({})", NUMBERS), applied("basename({})", text),
        applied("dirname({})", text),
        applied('"${{{}}}-${{{}}}"', text, NUMBERS), applied("md5({})", text),
    )  # fmt: skip


def lists(depth: int) -> st.SearchStrategy[str]:
    literal = st.lists(TEXTS, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
    if depth == 0:
        return literal
    text, items = texts(depth - 1), lists(depth - 1)
    return st.one_of(
        literal, applied("concat({}, {})", items, items), applied("split({}, {})", TEXTS, text),
        applied("[for one in {} : upper(one)]", items), applied("sort({})", items),
        applied("[for one in {} : one if one != {}]", items, TEXTS), applied("reverse({})", items),
        applied("distinct({})", items), applied("compact({})", items),
        applied("keys({})", maps(depth - 1)),
        applied("flatten([{}, [{}]])", items, items),
        applied("sort(setunion({}, {}))", items, items),
    )  # fmt: skip


def maps(depth: int) -> st.SearchStrategy[str]:
    literal = st.dictionaries(TEXTS, TEXTS, max_size=3).map(
        lambda items: "{" + ", ".join(f"{key} = {item}" for key, item in items.items()) + "}"
    )
    if depth == 0:
        return literal
    return st.one_of(
        literal, applied("merge({}, {})", maps(depth - 1), maps(depth - 1)),
        applied("{{for at, one in {} : at => one}}", lists(depth - 1)),
        applied("{{for one in {} : one => one...}}", lists(depth - 1)),
        applied("zipmap([{}], [{}])", texts(depth - 1), texts(depth - 1)),
    )  # fmt: skip


WORDS = st.sampled_from(
    ["a", " b", "c ", "  ", '${"x"}', '${~ "x"}', '${"x" ~}', '${~ "x" ~}', "$5", "%d", "$${e}"]
)
LINES = st.tuples(st.sampled_from(["", "  ", "    ", "\t"]), st.lists(WORDS, max_size=3)).map(
    lambda line: line[0] + "".join(line[1])
)


def directed(lines: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    """The lines inside a directive, with its marks."""
    marks = st.sampled_from(["", "~"])
    heads = st.sampled_from(["if true", 'for o in ["p", "q"]'])

    def inside(parts: tuple[str, str, str, str, str, list[str]]) -> list[str]:
        head, one, two, three, four, inner = parts
        end = "endif" if head.startswith("if") else "endfor"
        return [f"  %{{{one} {head} {two}}}", *inner, f"   %{{{three} {end} {four}}}"]

    return st.tuples(heads, marks, marks, marks, marks, lines).map(inside)


HEREDOC = st.recursive(
    st.lists(LINES, max_size=3), lambda inner: directed(inner) | st.tuples(inner, inner).map(
        lambda both: both[0] + both[1]
    ), max_leaves=4,
).flatmap(lambda lines: st.sampled_from(["<<", "<<-"]).map(
    lambda mark: f"{mark}EOT\n" + "".join(line + "\n" for line in lines) + "  EOT"
))  # fmt: skip
