"""Packed subcharts: rendered with their parent, within bounds, and nothing leads out of them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from plumbrule.config import Config
from plumbrule.finding import Report
from plumbrule.pack import Pack, load_pack
from plumbrule.reports import Options, render
from plumbrule.scan.scan import Model, build_model, scan
from plumbrule_parsers.document import Node, Problem
from plumbrule_parsers.formats import schema_sources
from plumbrule_parsers.helm.archive import unpacked
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue

SUB = {
    "sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.2.3\n",
    "sub/values.yaml": "image: nginx:latest\nprivileged: true\n",
    "sub/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
    "  containers:\n    - name: app\n      image: {{ .Values.image }}\n"
    "      securityContext:\n        privileged: {{ .Values.privileged }}\n",
    "sub/logo.png": "\0\1\2",
}
PARENT = ("apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies:\n"
          "- {name: sub, version: 1.x.x, repository: 'https://charts.example.com'}\n")  # fmt: skip
INSIDE = "charts/sub-1.2.3.tgz!/templates/pod.yaml"


def packed(files: dict[str, str], change: Callable[[tarfile.TarInfo], None] | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            if change is not None:
                change(member)
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def repository(root: Path, archive: bytes, values: str = "{}\n") -> Path:
    (root / "charts").mkdir()
    (root / "charts/sub-1.2.3.tgz").write_bytes(archive)
    (root / "Chart.yaml").write_text(PARENT)
    (root / "values.yaml").write_text(values)
    return root


@cache
def pack() -> Pack:
    rule = """plumbrule 1
rule t.privileged {
  title "privileged" severity high
  match c: k8s.Container
  where c.securityContext?.privileged == true
  report at c.securityContext?.privileged "{c.name} is privileged"
}
"""
    return load_pack([Source("r.plumb", rule)], schema_sources(), None)


def model(root: Path) -> Model:
    return build_model([root], Config(), pack())


def container(found: Model) -> Node:
    return next(n for d in found.documents for n in d.nodes if n.kind == "k8s.Container")


def report(root: Path) -> Report:
    return scan([root], Config(), pack(), today="2026-01-01")


def test_a_packed_subchart_is_rendered(tmp_path: Path) -> None:
    found = model(repository(tmp_path, packed(SUB)))
    node = container(found)
    assert (node.path, node.unit) == (INSIDE, ".")
    place = node.fields.place("image")
    assert place is not None
    assert str(place.value) == "charts/sub-1.2.3.tgz!/values.yaml:1:1"
    assert found.problems == ()
    assert not found.graph.holes


def test_what_the_parent_sets_is_found_in_the_parent(tmp_path: Path) -> None:
    found = model(repository(tmp_path, packed(SUB), "sub:\n  image: ours:1\n"))
    place = container(found).fields.place("image")
    assert place is not None
    assert str(place.value) == "values.yaml:2:3"
    assert container(found).fields["image"] == "ours:1"


def test_reports_show_the_file_in_the_archive_and_sarif_the_archive(tmp_path: Path) -> None:
    found = report(repository(tmp_path, packed(SUB)))
    finding = next(one for one in found.findings if "privileged" in one.rule)
    assert finding.span.path == "charts/sub-1.2.3.tgz!/values.yaml"
    assert f"{finding.span.path}:2" in render("concise", found, Options())
    assert "privileged: true" in render("full", found, Options())
    results = json.loads(render("sarif", found, Options()))["runs"][0]["results"]
    places = [
        place["physicalLocation"] for one in results if one["ruleId"] == finding.rule
        for place in one["locations"]
    ]  # fmt: skip
    assert [place["artifactLocation"]["uri"] for place in places] == ["charts/sub-1.2.3.tgz"]
    assert [place["region"] for place in places] == [{"startLine": 1}]


def test_a_chart_packed_in_a_packed_chart(tmp_path: Path) -> None:
    inner = packed(SUB).decode("latin-1")
    outer = io.BytesIO()
    with tarfile.open(fileobj=outer, mode="w:gz") as archive:
        for name, data in (
            ("sub/Chart.yaml", PARENT.replace("top", "sub").replace("1.0.0", "1.2.3").encode()),
            ("sub/charts/sub-1.2.3.tgz", inner.encode("latin-1")),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    found = model(repository(tmp_path, outer.getvalue()))
    assert container(found).path == f"charts/sub-1.2.3.tgz!/{INSIDE}"


# ------------------------------------------------------------------ hostile archives
def link(member: tarfile.TarInfo) -> None:
    member.type, member.linkname, member.size = tarfile.SYMTYPE, "/etc/passwd", 0


def hard_link(member: tarfile.TarInfo) -> None:
    member.type, member.linkname, member.size = tarfile.LNKTYPE, "sub/Chart.yaml", 0


def device(member: tarfile.TarInfo) -> None:
    member.type, member.size = tarfile.CHRTYPE, 0


def bomb() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for number in range(40):
            member = tarfile.TarInfo(f"sub/templates/{number}.yaml")
            member.size = 4_900_000
            archive.addfile(member, io.BytesIO(b"\0" * member.size))
    return out.getvalue()


def header_bomb() -> bytes:
    """A header that says it is followed by a very long name, which follows."""
    member = tarfile.TarInfo("sub/x")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 2**33
    return gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + b"a" * 60_000_000)


HOSTILE = {
    "climbs": (packed({"sub/../../evil.yaml": "x"}), "archive-unsafe", "leads out"),
    "climbs behind a chart": (packed(SUB | {"../evil": "x"}), "archive-unsafe", "leads out"),
    "absolute": (packed({"/etc/cron.d/evil": "x"}), "archive-unsafe", "leads out"),
    "backslashes": (packed({"sub\\..\\..\\evil": "x"}), "archive-unsafe", "leads out"),
    "link": (packed({"sub/templates/a.yaml": ""}, link), "archive-unsafe", "link"),
    "hard link": (packed({"sub/templates/a.yaml": ""}, hard_link), "archive-unsafe", "link"),
    "device": (packed({"sub/templates/a.yaml": ""}, device), "archive-unsafe", "no plain file"),
    "bomb": (bomb(), "archive-limit", "too much"),
    "bomb in a header": (header_bomb(), "archive-limit", "too much"),
    "one large file": (packed({"sub/a": "a" * 6_000_000}), "archive-limit", "larger"),
    "many files": (packed(dict.fromkeys((f"s/{n}" for n in range(6000)), "")), "archive-limit",
                   "more than"),
    "no archive": (b"no archive at all", "archive-broken", "cannot be unpacked"),
    "cut": (packed(SUB)[:60], "archive-broken", "cannot be unpacked"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_one_clear_problem(name: str, tmp_path: Path) -> None:
    data, code, words = HOSTILE[name]
    assert unpacked("x.tgz", data).files == {}
    found = report(repository(tmp_path, data))
    wrong: list[Problem] = [one for one in found.problems if one.code.startswith("archive")]
    assert [(one.code, str(one.span)) for one in wrong] == [(code, "charts/sub-1.2.3.tgz:1:1")]
    assert words in wrong[0].message
    assert wrong[0].hint


def test_an_archive_that_is_not_in_a_chart_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts/x.tgz").write_bytes(b"no archive at all")
    (tmp_path / "Chart").mkdir()
    assert report(tmp_path).problems == ()


def test_the_memory_of_a_session_sees_a_new_archive(tmp_path: Path) -> None:
    from plumbrule.scan.files import ScannedFiles

    repository(tmp_path, packed(SUB))
    tree = ScannedFiles(tmp_path, ["charts/sub-1.2.3.tgz"])
    assert (
        tree.read_bytes("charts/sub-1.2.3.tgz")
        == packed(SUB)[:0] + (tmp_path / "charts/sub-1.2.3.tgz").read_bytes()
    )
    assert tree.read_bytes("../outside") is None
    assert tree.read_bytes("/etc/hostname") is None
    before = tree.digests["charts/sub-1.2.3.tgz"]
    (tmp_path / "charts/sub-1.2.3.tgz").write_bytes(b"other")
    tree.read_bytes("charts/sub-1.2.3.tgz")
    assert tree.digests["charts/sub-1.2.3.tgz"] != before


def test_values_reach_into_packed_charts_as_mappings(tmp_path: Path) -> None:
    found = model(repository(tmp_path, packed(SUB), "sub: {privileged: false}\n"))
    context = container(found).fields["securityContext"]
    assert isinstance(context, MapValue)
    assert context["privileged"] is False
