"""Which program runs in the end, what a command makes or takes away, and where its output goes."""

from __future__ import annotations

import pytest

from plumbrule_parsers.shell_tree.commands import Command, parse_shell
from plumbrule_parsers.shell_tree.domain import THROWAWAY, Ground
from plumbrule_parsers.shell_tree.launchers import started
from plumbrule_parsers.shell_tree.targets import EVERYTHING, made_by, newly_named, removed_by


def first(line: str) -> Command:
    return parse_shell(line).commands[0]


@pytest.mark.parametrize(
    ("line", "program", "words"),
    [
        ("npx -y prisma migrate dev", "prisma", ["migrate", "dev"]),
        ("npx prisma@5 migrate dev", "prisma", ["migrate", "dev"]),
        ("bundle exec rails db:reset", "rails", ["db:reset"]),
        ("python -m twine upload x", "twine", ["upload", "x"]),
        ("python3 src/manage.py flush", "manage.py", ["flush"]),
        ("poetry run python manage.py flush", "manage.py", ["flush"]),
        ("php artisan migrate", "artisan", ["migrate"]),
        ("yarn exec prisma db push", "prisma", ["db", "push"]),
        ("yarn publish", "yarn", ["publish"]), ("php script.php a", "php", ["script.php", "a"]),
        ("python -c 'print(1)'", "python", ["-c", "print(1)"]), ("npx $TOOL a", "npx", None),
        ("poetry publish", "poetry", ["publish"]),
        ("kubectl exec -n a db-0 -- psql -c x", "psql", ["-c", "x"]),
        ("kubectl get pods", "kubectl", ["get", "pods"]),
        ("timeout 5m helm install x c", "helm", ["install", "x", "c"]),
        ("sudo -u robot -E mkdir /opt/x", "mkdir", ["/opt/x"]),
        ("timeout -k 5 30 npm publish", "npm", ["publish"]), ("uv run", "uv", ["run"]),
    ],
)  # fmt: skip
def test_what_a_launcher_starts(line: str, program: str, words: list[str] | None) -> None:
    command = first(line)
    found, rest = started(command.program, command.words)
    assert found == program
    assert words is None or list(rest) == words


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("kubectl delete ns demo", ("demo",)),
        ("kubectl delete svc/web --ignore-not-found", ("svc/web", "web")),
        ('kubectl delete job "${NAME}"', ("$NAME",)),
        ("helm uninstall web", ("web",)),
        ("aws s3 rb s3://demo", ("rb", "s3://demo", "demo")),
        ("kubectl delete pods --all", ("pods", EVERYTHING)),
        ("terraform destroy", (EVERYTHING,)),
        ("rm -rf /opt/tool *", ("/opt/tool", "tool")),
        ("kubectl get ns demo", ()), ("helm install web", ()),
    ],
)  # fmt: skip
def test_what_a_command_takes_away(line: str, names: tuple[str, ...]) -> None:
    assert removed_by(first(line)) == names


def test_what_a_command_makes_is_what_stands_behind_the_verb() -> None:
    assert made_by(first('kubectl create ns "${NAME}" -n=a'), 1) == ("$NAME", "a")
    assert made_by(first("aws s3 mb s3://demo-$ID"), 2) == ("s3://demo-$ID", "demo-$ID")


@pytest.mark.parametrize(
    ("script", "redirected"),
    [
        ("a && b >> f", ["b"]), ("a || b >> f", ["b"]), ("a; b >> f", ["b"]),
        ("a >> f && b", ["a"]),
        ("a && b | c >> f", ["c"]), ("a >> f; b", ["a"]),
    ],
)  # fmt: skip
def test_a_redirect_belongs_to_the_last_command_of_a_list(
    script: str, redirected: list[str]
) -> None:
    found = parse_shell(script).commands
    assert [one.text for one in found if one.redirects] == redirected


@pytest.mark.parametrize(
    ("line", "services", "where"),
    [
        ("npx prisma migrate dev", False, "remote"), ("npx prisma migrate dev", True, THROWAWAY),
        ("npx prisma generate", False, THROWAWAY), ("rails server", False, THROWAWAY),
        ("DATABASE_URL=postgres://localhost/a rails db:reset", False, THROWAWAY),
        ("python manage.py migrate", False, "remote"), ("alembic upgrade head", True, THROWAWAY),
        ("python -m twine upload x", False, "remote"),
        ("wget -nd https://a.example", False, THROWAWAY),
        ("curl --json '{}' https://a.example", False, "remote"),
    ],
)  # fmt: skip
def test_where_migrations_and_requests_go(line: str, services: bool, where: str) -> None:
    assert Ground(THROWAWAY, services=services).domain(first(line)) == where


@pytest.mark.parametrize(
    ("script", "fresh"),
    [
        ("A=x-$(date +%s)", {"A"}), ("export A=pr-$GITHUB_RUN_ID", {"A"}), ("A=`mktemp`", {"A"}),
        ("A=${{ github.run_number }}", {"A"}), ("A=$GITHUB_SHA", set()), ("A=$(git tag)", set()),
    ],
)  # fmt: skip
def test_which_variables_hold_something_new_in_each_run(script: str, fresh: set[str]) -> None:
    assert parse_shell(script).fresh == fresh


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("kubectl create ns $A", True), ('kubectl create ns "x-${A}"', True),
        ("aws dynamodb create-table --table-name $A", True), ("aws s3 mb s3://x --tags $A", False),
        ("gh release create $TAG --notes-file $A", False), ("helm install web c --set=a=$A", False),
        ("kubectl create ns $B", False),
    ],
)  # fmt: skip
def test_a_name_is_new_and_the_value_of_a_flag_is_no_name(line: str, new: bool) -> None:
    assert newly_named(first(line), {"A"}) is new
