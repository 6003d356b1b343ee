"""A finding about a copy of a secret shows where the copy was made; one without a copy does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plumbrule.__main__ import main

WORKFLOW = """\
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    env: {TOKEN: "${{ secrets.TOKEN }}"}
    steps:
      - run: echo "$TOKEN"
      - run: |
          copy="$TOKEN"
          echo "$copy"
"""


def test_the_assignment_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / ".github" / "workflows" / "a.yml"
    file.parent.mkdir(parents=True)
    file.write_text(WORKFLOW, encoding="utf-8")
    main(["check", str(tmp_path), "--rule", "ci.secret_printed", "--output", "json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    shown = [
        (one["message"], [place["place"]["line"] for place in one["related"]]) for one in findings
    ]
    assert shown == [
        ("`echo` prints the secret TOKEN", []),
        ("`echo` prints the secret TOKEN, assigned to copy", [9]),
    ]
