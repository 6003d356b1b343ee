"""Terraform's functions: all that are documented, and what they do with values known in part."""

from __future__ import annotations

import pytest

from plumbrule_parsers.terraform.evaluate.calls import SPECIAL
from plumbrule_parsers.terraform.functions.call import Files, OpenMap
from plumbrule_parsers.terraform.functions.table import FUNCTIONS, call
from plumbrule_parsers.traced import Traced, trace
from plumbrule_parsers.value import Reason, Segments, Unknown

NO_FILES = Files(read=lambda _path: None, matching=lambda _folder, _glob: None)
X = Unknown(Reason.NO_VALUE, "var.x")


def run(name: str, *args: object) -> Traced:
    given = [arg if isinstance(arg, Traced) else trace(arg) for arg in args]
    return call(name, given, NO_FILES)


# The index of https://developer.hashicorp.com/terraform/language/functions.
DOCUMENTED = """
abs ceil floor log max min parseint pow signum
chomp endswith format formatlist indent join lower regex regexall replace split startswith
strcontains strrev substr templatestring title trim trimprefix trimspace trimsuffix upper
alltrue anytrue chunklist coalesce coalescelist compact concat contains distinct element flatten
index keys length list lookup map matchkeys merge one range reverse setintersection setproduct
setsubtract setunion slice sort sum transpose values zipmap
base64decode base64encode base64gzip csvdecode jsondecode jsonencode textdecodebase64
textencodebase64 urldecode urlencode yamldecode yamlencode
abspath dirname pathexpand basename file fileexists fileset filebase64 templatefile
formatdate plantimestamp timeadd timecmp timestamp
base64sha256 base64sha512 bcrypt filebase64sha256 filebase64sha512 filemd5 filesha1 filesha256
filesha512 md5 rsadecrypt sha1 sha256 sha512 uuid uuidv5
cidrhost cidrnetmask cidrsubnet cidrsubnets
can ephemeralasnull issensitive nonsensitive sensitive tobool tolist tomap tonumber toset tostring
try type
"""


def test_every_documented_function_is_known() -> None:
    assert len(DOCUMENTED.split()) == 122
    assert set(DOCUMENTED.split()) - set(FUNCTIONS) - set(SPECIAL) == set()


@pytest.mark.parametrize(
    ("name", "args", "type_"),
    [
        ("substr", ("abc", X, 1), "string"), ("substr", ("abc", 0, X), "string"),
        ("indent", (X, "a"), "string"), ("map", (X, "a"), "map"),
        ("zipmap", (Traced([], rest=X), ["a"]), "map"),
        ("coalesce", (Segments((X, X)), "a"), "string"),
    ],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_an_unknown_argument_is_no_refusal(name: str, args: tuple[object, ...], type_: str) -> None:
    found = run(name, *args)
    assert isinstance(found.data, Unknown)
    assert (found.data.reason, found.data.type) == (X.reason, type_)


def test_a_key_known_in_part_leaves_other_keys_alone() -> None:
    tags = Traced({"Name": trace("n")}, rest=X)
    tags.data = OpenMap({"Name": trace("n")}, [Segments(("app/", X))])
    merged = run("merge", {"Team": "a", "app/x": "b"}, tags, {"Last": "c"})
    assert isinstance(merged.data, OpenMap)
    assert merged.rest is X
    known = {key: item.data for key, item in merged.data.items()}
    assert isinstance(known.pop("app/x"), Unknown)
    assert known == {"Team": "a", "Name": "n", "Last": "c"}
    assert run("lookup", merged, "Other", "d").data == "d"
    assert isinstance(run("lookup", merged, "app/other", "d").data, Unknown)
