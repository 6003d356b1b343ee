"""Secrets go from variable to variable: by assignments, files of GitHub, wrappers of Jenkins."""

from __future__ import annotations

import pytest
from tests.parsers.pipelines.repository import Repository

from plumbrule_parsers.shell_tree.commands import parse_shell
from plumbrule_parsers.source import Span

Way = tuple[list[str], bool]  # what it passes, and whether it surely does


def ways(found: Repository) -> dict[str, Way]:
    """The way of the last secret that each command reads, by the command's text."""
    made: dict[str, Way] = {}
    for document in found.documents.values():
        texts = {node.address: str(node.fields.get("text", "")) for node in document.nodes}
        for one in document.references:
            if one.edge == "reads_secret":
                notes = [hop.note for hop in one.way]
                made[texts[one.origin]] = notes, one.condition is None
    return made


def script(*lines: str, rest: str = "") -> dict[str, Way]:
    """A step's script with the secret `TOKEN` in its environment, and the steps behind it."""
    body = "".join(f"          {line}\n" for line in lines)
    return ways(
        Repository.of(
            {
                ".github/workflows/a.yml": f"""\
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    env: {{TOKEN: "${{{{ secrets.TOKEN }}}}"}}
    steps:
      - id: one
        run: |
{body}{rest}"""
            }
        )
    )


@pytest.mark.parametrize(
    "copied",
    [
        'x="$TOKEN"', "x=$TOKEN", "export x=Bearer$TOKEN", 'x="${TOKEN:-none}"', "x=${TOKEN:0:4}",
        "x=${{ secrets.TOKEN }}", "x='${{ secrets.TOKEN }}'", 'x=$(echo "$TOKEN" | base64)',
        'x=`printf %s "$TOKEN"`', 'read -r x <<< "$TOKEN"', "x=$(base64 <<< $TOKEN)",
        'x=a; x+="$TOKEN"', "a=1 x=$TOKEN", 'true && x=$TOKEN && true "$x"; x=$TOKEN',
        'x="$TOKEN" || exit 1', 'if x="$TOKEN"; then b; fi', 'readonly x="$TOKEN"',
    ],
)  # fmt: skip
def test_a_copy_holds_the_secret(copied: str) -> None:
    notes, sure = script(copied, 'use "$x"')['use "$x"']
    assert notes == ["assigned to x"]
    assert sure


@pytest.mark.parametrize(
    "made",
    [
        "x=${#TOKEN}", "x=${TOKEN:+yes}", "x=$(echo $TOKEN | sha256sum)", "x=$(curl -d $TOKEN a)",
        "x='$TOKEN'", "x=$TOKEN; x=none", "x=$TOKEN; unset x", "(x=$TOKEN)", "x=$TOKEN run",
        "a=$(x=$TOKEN)", "x=$TOKEN | cat", "f() { local x=$TOKEN; }", "x=$((TOKEN + 1))",
        "x=${{ secrets.TOKEN == '' }}", "y=$TOKEN", "x=$TOKEN; for i in 1; do x=none; done; x=",
    ],
)  # fmt: skip
def test_what_is_no_copy_holds_nothing(made: str) -> None:
    assert 'use "$x"' not in script(made, 'use "$x"')


@pytest.mark.parametrize(
    "made",
    [
        "if a; then x=$TOKEN; fi", "a && x=$TOKEN", "a || x=$TOKEN", "f() { x=$TOKEN; }",
        "case $A in a) x=$TOKEN;; esac", "for i in 1; do x=$TOKEN; done",
        "x=none; if a; then x=$TOKEN; fi", "x=$(echo $TOKEN | cut -c1)",
        "if a; then x=$TOKEN; else b; fi", "if a; then b; else x=$TOKEN; fi",
    ],
)  # fmt: skip
def test_a_copy_that_may_not_be_made_is_possible(made: str) -> None:
    notes, sure = script(made, 'use "$x"')['use "$x"']
    assert notes == ["assigned to x"]
    assert not sure


def test_inside_the_same_branch_it_is_made() -> None:
    found = script("if a; then", '  x=$TOKEN; use "$x"', "else", '  other "$x"', "fi")
    assert found['use "$x"'] == (["assigned to x"], True)
    assert 'other "$x"' not in found or not found['other "$x"'][1]


def test_a_variable_that_gets_another_value_holds_no_secret_any_more() -> None:
    found = script('use "$TOKEN"', "TOKEN=none", 'then "$TOKEN"')
    assert found == {'use "$TOKEN"': ([], True)}


def test_the_way_is_told_from_the_secret_on() -> None:
    found = script("x=$TOKEN", 'y="a $x"', "z=$y", 'use "$z"')
    assert found['use "$z"'] == (["assigned to x", "assigned to y", "assigned to z"], True)


LATER = """\
      - run: use "$X"
      - run: use ${{ steps.one.outputs.X }}
      - run: by-name "$Y"
        env: {Y: "${{ steps.one.outputs.X }}"}
      - run: over "$X"
        env: {X: none}
"""


@pytest.mark.parametrize(
    ("written", "readers"),
    [
        (['echo "X=$TOKEN" >> $GITHUB_ENV'], ['use "$X"']),
        (["{", "  echo X=$TOKEN", '} >> "$GITHUB_ENV"'], ['use "$X"']),
        (["cat <<E >> $GITHUB_ENV", "X=$TOKEN", "Z=1", "E"], ['use "$X"']),
        (
            ['echo "X=$TOKEN" >> "${GITHUB_OUTPUT}"'],
            ["use ${{ steps.one.outputs.X }}", 'by-name "$Y"'],
        ),
        (
            ['echo "::set-output name=X::$TOKEN"'],
            ["use ${{ steps.one.outputs.X }}", 'by-name "$Y"'],
        ),
        (['echo "X=${#TOKEN}" >> $GITHUB_ENV'], []),
        (['echo "X=$OTHER" >> $GITHUB_ENV'], []),
        (['echo "X=$TOKEN" >> file'], []),
        (['echo "X=$TOKEN" >> $GITHUB_ENV', 'echo "X=none" >> $GITHUB_ENV'], []),
    ],
)
def test_later_steps_get_what_is_written_for_them(written: list[str], readers: list[str]) -> None:
    found = script(*written, rest=LATER)
    later = {"use", "by-name", "over"}
    assert sorted(text for text in found if text.split()[0] in later) == sorted(readers)


def test_what_a_step_with_a_condition_writes_is_possible() -> None:
    step = "        if: github.ref_name == 'x'\n        run: echo \"X=$TOKEN\" >> $GITHUB_ENV\n"
    found = script("true", rest=f"      - name: b\n{step}{LATER}")
    assert found['use "$X"'] == (["written to environment `X`"], False)


def test_the_lines_of_a_gitlab_job_share_a_shell() -> None:
    found = ways(
        Repository.of(
            {
                ".gitlab-ci.yml": """\
a:
  before_script: [X=$DEPLOY_TOKEN]
  script: ['use "$X"', X=none, 'then "$X"']
  after_script: ['last "$X"']
"""
            }
        )
    )
    assert found == {'use "$X"': (["assigned to X"], True)}


def test_wrappers_and_variables_of_a_jenkinsfile_hand_credentials_on() -> None:
    found = ways(
        Repository.of(
            {
                "Jenkinsfile": """\
node {
  withCredentials([usernamePassword(credentialsId: 'c', usernameVariable: 'WHO',
                                    passwordVariable: 'PASS')]) {
    sh 'no "$WHO"'
    withEnv(["X=${PASS}", "Y=${WHO}"]) { sh 'use "$X" "$Y"' }
    sh 'no "$X"'
    def copy = "u:${PASS}"
    sh "plain ${copy}"
    copy = "none"
    sh "no ${copy}"
    if (params.A) { late = PASS }
    sh "perhaps ${late}"
  }
}
"""
            }
        )
    )
    assert found == {
        'use "$X" "$Y"': (["`withEnv` sets X"], True),
        "plain ${copy}": (["assigned to copy"], True),
        "perhaps ${late}": (["assigned to late"], False),
    }


def test_what_a_step_prints_is_a_use_of_its_own() -> None:
    found = Repository.of(
        {
            "Jenkinsfile": """\
node {
  withCredentials([string(credentialsId: 'c', variable: 'PASS'),
                   file(credentialsId: 'f', variable: 'PATH_OF')]) {
    echo "it is ${PASS}"
    echo "it is in ${PATH_OF}"
    echo "${PASS.length()}"
    if (params.A) { late = PASS }
    println(late)
  }
}
"""
        }
    )
    printed = [node for node in found.of_kind("ci.SecretUse") if node.fields["into"] == "text"]
    assert [(node.fields["name"], node.condition is None) for node in printed] == [
        ("c", True), ("c", False),
    ]  # fmt: skip


def test_assignments_deep_in_a_tree_do_not_take_long() -> None:
    deep = "if a; then " * 150 + "x=$T" + "; fi" * 150
    assert [one.name for one in parse_shell(deep).assigned] == ["x"]
    many = parse_shell("".join(f"x{n}=1 " for n in range(3000)) + "\nuse $x1")
    assert many.commands[-1].text == "use $x1"


def test_places_of_a_way_are_where_somebody_wrote_them() -> None:
    found = Repository.of({".gitlab-ci.yml": "a:\n  script:\n    - X=$MY_TOKEN\n    - use $X\n"})
    spans: list[Span] = [
        hop.span
        for document in found.documents.values()
        for one in document.references
        for hop in one.way
    ]
    assert [span.text for span in spans] == ["X=$MY_TOKEN"]
