"""One rule on `ci.Step` and `sh.Command` serves every CI system, and its scripts."""

from __future__ import annotations

from textwrap import dedent

import pytest

from plumbrule.catalogue import builtin_pack
from plumbrule.config import Config
from plumbrule.scan.scan import judge, model_of_texts

RULES = frozenset({"ci.unguarded_kubectl_create", "ci.unguarded_local_create"})
SYSTEMS = {
    ".github/workflows/a.yml": """\
        on: push
        jobs:
          a:
            runs-on: self-hosted
            steps:
              - run: |
                  {}
        """,
    ".gitlab-ci.yml": """\
        a:
          tags: [shell]
          script:
            - {}
        """,
    "Jenkinsfile": """\
        pipeline {{
          agent {{ label 'linux' }}
          stages {{ stage('a') {{ steps {{
            sh '{}'
          }} }} }}
        }}
        """,
}


def lines(texts: dict[str, str]) -> list[tuple[str, int]]:
    pack = builtin_pack()
    config = Config()
    model = model_of_texts({path: dedent(text) for path, text in texts.items()}, config, pack)
    report = judge(model, config, pack, root=".", only=RULES)
    return [(one.span.path, one.span.line) for one in report.findings]


@pytest.mark.parametrize("path", SYSTEMS)
@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("kubectl create ns x", True),
        ("mkdir /opt/tool", True),
        ("mkdir -p /opt/tool", False),
        ("test -d /opt/tool || mkdir /opt/tool", False),
        ("kind delete cluster; kind create cluster && kubectl create ns x", False),
    ],
)
def test_the_same_command_is_the_same_finding(path: str, command: str, found: bool) -> None:
    text = SYSTEMS[path].format(command)
    line = next(n for n, one in enumerate(dedent(text).splitlines(), start=1) if command in one)
    assert lines({path: text}) == ([(path, line)] if found else [])


@pytest.mark.parametrize("path", SYSTEMS)
def test_a_script_is_judged_where_it_is_written(path: str) -> None:
    files = {path: SYSTEMS[path].format("./go.sh"), "go.sh": "set -e\nmkdir /opt/tool\n"}
    assert lines(files) == [("go.sh", 2)]
    assert lines({"go.sh": "set -e\nmkdir /opt/tool\n"}) == []
