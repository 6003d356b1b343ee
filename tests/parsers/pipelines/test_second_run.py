"""What a second run of a command does: the table of forms, and what keeps it open."""

from __future__ import annotations

import re

import pytest

from plumbrule_parsers.shell_tree.commands import parse_shell
from plumbrule_parsers.shell_tree.second_run import Maybe, Surely, second_run
from plumbrule_parsers.shell_tree.sed import fits_own_result


def judged(line: str) -> Surely | Maybe | None:
    return second_run(parse_shell(line).commands[0])


@pytest.mark.parametrize(
    ("line", "family", "called"),
    [
        ("kubectl create ns x", "cluster", "kubectl create"),
        ("kubectl -n web create -f $FILE", "cluster", "kubectl create"),
        ("helm upgrade web ./chart", "helm", "helm upgrade"),
        ("aws iam create-role --role-name x", "remote", "aws iam create-role"),
        ("gcloud beta container clusters create x", "remote",
         "gcloud beta container clusters create"),
        ("kafka-topics.sh --create --topic x", "remote", "kafka-topics.sh"),
        ("gem push web.gem", "package", "gem push"),
        ("gh release create $TAG", "release", "gh release create"),
        ("git tag -a v1 -m v1", "release", "git tag"),
        ("sudo mkdir /opt/tool", "local", "mkdir"),
        ("echo x | tee -a /etc/hosts", None, ""),
        ("sed -i '/x/a line' /etc/hosts", "lines", "sed -i"),
        ("sed -i 's/shop/shop-live/' /etc/shop.conf", "sed", "sed -i"),
    ],
)  # fmt: skip
def test_a_form_is_known_by_its_words(line: str, family: str | None, called: str) -> None:
    found = judged(line)
    if family is None:  # the first command of the line
        assert found is None
        return
    assert isinstance(found, Surely)
    assert (found.form.family, found.called) == (family, called)


@pytest.mark.parametrize(
    "line",
    [
        "kubectl apply -f x", "kubectl create token x", "kubectl create ns x --dry-run=client",
        "helm upgrade -i web ./chart", "aws ssm put-parameter --name x --overwrite",
        "npm publish --dry-run", "pnpm publish -r", "git tag -l", "mkdir -pv x",
        "tee x", "mount", "sed 's/shop/shop-live/' x", "gcloud auth configure-docker $HOSTS",
        "terraform -chdir=$DIR workspace select web", "$TOOL build x",
    ],
)  # fmt: skip
def test_what_does_the_same_again_has_none(line: str) -> None:
    found = judged(line)
    assert found is None or (isinstance(found, Maybe) and "cluster" not in found.families)


@pytest.mark.parametrize(
    ("line", "families"),
    [
        ("kubectl create ns x $ARGS", ("cluster", "none")),
        ("kubectl $VERB ns x", ("cluster", "removal", "drift", "restart", "none")),
        ("aws dynamodb $VERB --table-name x", ("remote", "none")),
        ("mvn -B deploy", ("package", "none")),
    ],
)
def test_what_may_have_a_form_says_which(line: str, families: tuple[str, ...]) -> None:
    found = judged(line)
    assert isinstance(found, Maybe)
    assert found.families == families
    assert found.why.detail


@pytest.mark.parametrize(
    ("script", "again"),
    [
        ("s/a/ab/", True), ("s|a|&b|g", True), (r"s/v1\.0/v1.0-rc/", True), ("s/a$/ba/", True),
        ("s/a/b/", False), ("s/^a/ab/", False), ("s/a/a/", False), ("s/a$/ab/", False),
        ("s/a*/ab/", False), ("s/[a]/ab/", False), ("s/a/ab", False), ("y/a/b/", False),
    ],
)  # fmt: skip
def test_a_substitution_that_fits_its_result(script: str, again: bool) -> None:
    assert fits_own_result(script) is again
    if again:  # the same in Python: a line that has the text changes in the second run, too
        _, pattern, replacement, _ = re.split(r"(?<!\\)[/|]", script)
        once = re.sub(pattern, replacement.replace("&", r"\g<0>"), "xx v1.0 a")
        assert re.sub(pattern, replacement.replace("&", r"\g<0>"), once) != once
