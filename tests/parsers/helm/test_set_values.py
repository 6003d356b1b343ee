"""`--set` and its relatives, as Helm reads them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule_parsers.helm.set_values import (
    COMMAND_LINE,
    Form,
    Setting,
    SettingError,
    apply_setting,
)
from plumbrule_parsers.helm.values import Table
from plumbrule_parsers.traced import plain, walk

HELM = os.environ.get("PLUMBRULE_HELM", "")
TEXTS: list[tuple[Form, str, object]] = [
    ("set", "a=b", {"a": "b"}),
    ("set", "a=1,b=true,c=null,d=1.5,e=007,f=-3,g=0", {
        "a": 1, "b": True, "c": None, "d": "1.5", "e": "007", "f": -3, "g": 0}),
    ("set", "a.b[0].c={x,y},d=1", {"a": {"b": [{"c": ["x", "y"]}]}, "d": 1}),
    ("set", "a[1]=2", {"a": [None, 2]}),
    ("set", "a[0][1]=x", {"a": [[None, "x"]]}),
    ("set", "a[0].b=1,a[0].c=2", {"a": [{"b": 1, "c": 2}]}),
    ("set", r"a\.b=c,d=e\,f", {"a.b": "c", "d": "e,f"}),
    ("set", "a=,b=2", {"a": "", "b": 2}),
    ("set", "a={1,true,null},b={}", {"a": [1, True, None], "b": [""]}),
    ("set", "a={x,y}z=1", {"a": ["x", "y"], "z": 1}),
    ("set", "a==b", {"a": "=b"}),
    ("set", "a.b=1,a.c=2", {"a": {"b": 1, "c": 2}}),
    ("set", "a=99999999999999999999", {"a": "99999999999999999999"}),
    ("set", "=x", {}),
    ("set-string", "a=1,b={1,true}", {"a": "1", "b": ["1", "true"]}),
    ("set-json", 'a={"x":1,"y":[true,null]},b="z"', {"a": {"x": 1.0, "y": [True, None]}, "b": "z"}),
    ("set-json", '{"a":{"b":2}}', {"a": {"b": 2.0}}),
    ("set-json", "a=,b=1", {"a": None, "b": 1.0}),
    ("set-literal", "a=b,c={d}", {"a": "b,c={d}"}),
]  # fmt: skip
WRONG: list[tuple[Form, str, str]] = [
    ("set", "a", "`a` has no value"),
    ("set", "a,b=1", "`a` has no value"),
    ("set", "a.", "has no value"),
    ("set", "a[x]=1", "no index"),
    ("set", "a[-1]=1", "no index"),
    ("set", "a[65537]=1", "no index"),
    ("set", "a[0", "never closed"),
    ("set", "a[0]x=1", "stands where"),
    ("set", "a={x", "never closed"),
    ("set", "a=1,a.b=2", "something else than a mapping"),
    ("set", ".".join("a" * 40) + "=1", "deeper"),
    ("set", "a" + "[0]" * 40 + "=1", "deeper"),
    ("set-json", "a={x", "no JSON"),
    ("set-json", '{"a":', "no JSON"),
    ("set-json", "a=1 2", "`,` should stand"),
    ("set-file", "a=absent.txt", "cannot be read"),
]


def table_of(text: str, form: Form = "set") -> Table:
    table: Table = {}
    apply_setting(table, Setting(text, form), {"f.txt": "a,b\n"}.get)
    return table


def plain_of(table: Table) -> dict[str, object]:
    return {key: plain(item) for key, item in table.items()}


@pytest.mark.parametrize(("form", "text", "expected"), TEXTS)
def test_forms(form: Form, text: str, expected: object) -> None:
    found = plain_of(table_of(text, form))
    assert found == expected
    assert json.dumps(found) == json.dumps(expected)  # 1 is not 1.0


@pytest.mark.parametrize(("form", "text", "why"), WRONG)
def test_what_is_wrong_is_said(form: Form, text: str, why: str) -> None:
    with pytest.raises(SettingError) as caught:
        table_of(text, form)
    assert why in caught.value.message
    assert caught.value.span.text == f"--{form} {text}"


def test_files_are_taken_as_they_are() -> None:
    assert plain_of(table_of("x.y=f.txt,z=f.txt", "set-file")) == {
        "x": {"y": "a,b\n"}, "z": "a,b\n",
    }  # fmt: skip


def test_every_value_says_which_argument_set_it() -> None:
    for form, text, _ in TEXTS:
        for top in table_of(text, form).values():
            for one in walk(top):
                if one.data is None and not one.via:
                    continue  # an item that an index skipped
                (hop,) = one.via
                assert hop.span.path == COMMAND_LINE
                assert hop.span.text == f"--{form} {text}"
    (hop,) = table_of("a.b=1")["a"].via
    assert hop.note == "values key `a`"


def test_settings_lie_over_each_other() -> None:
    table = table_of("a.b=1,c=x")
    apply_setting(table, Setting("a.d=2"))
    apply_setting(table, Setting("c=null"))
    assert plain_of(table) == {"a": {"b": 1, "d": 2}, "c": None}


@given(st.text('ab.=,[]{}\\01 "', max_size=24),
       st.sampled_from(("set", "set-string", "set-json", "set-literal", "set-file")))  # fmt: skip
def test_any_text_gives_values_or_an_error(text: str, form: Form) -> None:
    why = "there is none"
    table: Table = {}
    try:
        table = table_of(text, form)
    except SettingError as error:
        why = error.message
    assert why
    assert not why.endswith(".")
    json.dumps(plain_of(table))


@pytest.mark.skipif(not HELM, reason="PLUMBRULE_HELM names no helm binary")
@pytest.mark.parametrize(("form", "text"), [entry[:2] for entry in (*TEXTS, *WRONG)])
def test_helm_reads_the_same(form: Form, text: str, tmp_path: Path) -> None:
    # Helm says nothing of the first two, and counts the levels of indexes separately.
    if form == "set-file" or text in ("a.", "a[0") or "[0][0][0]" in text:
        pytest.skip("we say more than Helm")
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (tmp_path / "templates/a.yaml").write_text("v: {{ .Values | toJson }}")
    command = [HELM, "template", "r", str(tmp_path), f"--{form}", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    try:
        ours = plain_of(table_of(text, form))
    except SettingError:
        assert done.returncode
    else:
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.partition("v: ")[2].splitlines()[0]) == ours
