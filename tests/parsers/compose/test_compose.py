"""Compose files: what a project's services are once all its files and variables are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plumbrule.scan.files import ScannedFiles
from plumbrule.scan.parse_files import parse_file
from plumbrule_parsers.compose import FORMAT
from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import Segments, Unknown


def resolved(texts: dict[str, str]) -> dict[str, Document]:
    tree = ScannedFiles(None, (), texts)
    documents = {}
    for path in tree.paths():
        found = parse_file(path, tree).document
        if found is not None and found.format == "compose":
            documents[path] = found
    assert FORMAT.resolve is not None
    for document in FORMAT.resolve(documents, tree):
        documents[document.source.path] = document
    return documents


def nodes(texts: dict[str, str]) -> dict[str, Node]:
    return {node.address: node for one in resolved(texts).values() for node in one.nodes}


def service(text: str, name: str = "web", **others: str) -> Node:
    return nodes({"compose.yaml": text, **others})[f"compose.yaml#service/{name}"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("a", "a"),
        ("${TAG}", "1.4"),
        ("$TAG-x", "1.4-x"),
        ("${TAG:-2}", "1.4"),
        ("${NONE:-2}", "2"),
        ("${NONE-2}", "2"),
        ("${EMPTY:-2}", "2"),
        ("${EMPTY-2}", ""),
        ("${NONE:-${TAG}}", "1.4"),
        ("${NONE:-${OTHER:-z}}", "z"),
        ("${TAG:+yes}", "yes"),
        ("${NONE:+yes}", ""),
        ("$$TAG", "$TAG"),
        ("100$", "100$"),
        ("${QUOTED}", "with space"),
    ],
)
def test_variables(written: str, value: str) -> None:
    text = f"services: {{web: {{image: a, environment: {{V: '{written}'}}}}}}\n"
    found = nodes(
        {"compose.yaml": text, ".env": "# x\nTAG=1.4\nexport EMPTY=\nQUOTED='with space'\n"}
    )
    assert found["compose.yaml#service/web/env/V"].fields["value"] == value


def test_a_variable_that_only_a_run_knows_is_unknown() -> None:
    web = service("services: {web: {image: 'acme/web:${TAG}', hostname: '${HOST:?set it}'}}\n")
    image, host = web.fields["image"], web.fields["hostname"]
    assert isinstance(image, Segments)
    assert image.prefix == "acme/web:"
    assert isinstance(host, Unknown)
    assert host.not_null


def test_a_value_leads_to_its_line_in_the_file_of_variables() -> None:
    web = service("services: {web: {image: 'acme/web:${TAG}'}}\n", **{".env": "A=1\nTAG=1.4\n"})
    place = web.fields.place("image")
    assert place is not None
    assert [(hop.span.path, hop.span.text) for hop in place.via] == [(".env", "TAG=1.4")]


def test_environment_as_a_list_and_as_a_map() -> None:
    text = (
        "services:\n  web:\n    image: a\n    environment: [A=1, B, 'C=x=${D}']\n"
        "  db:\n    image: b\n    environment: {A: 1, F: true, N: }\n"
    )
    found = nodes({"compose.yaml": text})
    assert found["compose.yaml#service/web/env/A"].fields["value"] == "1"
    assert "value" not in found["compose.yaml#service/web/env/B"].fields
    assert str(found["compose.yaml#service/web/env/C"].fields["value"]) == "x=<?>"
    assert found["compose.yaml#service/db/env/A"].fields["value"] == "1"
    assert found["compose.yaml#service/db/env/F"].fields["value"] == "true"
    assert "value" not in found["compose.yaml#service/db/env/N"].fields


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        ("'8080:80'", {"published": "8080", "target": "80"}),
        ("80", {"target": "80"}),
        ("'127.0.0.1:8080:80'", {"host_ip": "127.0.0.1", "published": "8080", "target": "80"}),
        ("'[::1]:8080:80'", {"host_ip": "::1", "published": "8080", "target": "80"}),
        ("'53:53/udp'", {"published": "53", "target": "53", "protocol": "udp"}),
        ("{target: 80, published: 81}", {"published": "81", "target": "80"}),
    ],
)
def test_ports(written: str, fields: dict[str, str]) -> None:
    found = nodes({"compose.yaml": f"services: {{web: {{image: a, ports: [{written}]}}}}\n"})
    (port,) = [node for node in found.values() if node.kind == "compose.Port"]
    assert {key: port.fields[key] for key in port.fields if key != "name"} == fields


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        ("./a:/b:ro", {"source": "./a", "target": "/b", "form": "bind", "read_only": True}),
        ("data:/b", {"source": "data", "target": "/b", "form": "volume"}),
        ("/b", {"target": "/b", "form": "volume"}),
        ("C:\\x:/b", {"source": "C:\\x", "target": "/b", "form": "bind"}),
        (
            "{type: bind, source: /a, target: /b, read_only: true}",
            {"source": "/a", "target": "/b", "form": "bind", "read_only": True},
        ),
    ],
)
def test_mounts(written: str, fields: dict[str, str]) -> None:
    text = f"services:\n  web:\n    image: a\n    volumes:\n      - {written}\n"
    found = nodes({"compose.yaml": text})
    (mount,) = [node for node in found.values() if node.kind == "compose.Mount"]
    assert {key: mount.fields[key] for key in mount.fields if key != "name"} == fields


def test_an_override_file_changes_the_service_below() -> None:
    base = (
        "services:\n  web:\n    image: acme/web:1\n    command: a\n    ports: ['80:80']\n"
        "    environment: [A=1, B=2]\n"
    )
    over = (
        "services:\n  web:\n    image: acme/web:2\n    command: b\n    ports: ['81:81']\n"
        "    environment: {B: 3}\n  new: {image: c, depends_on: [web]}\n"
    )
    found = nodes({"compose.yaml": base, "compose.override.yaml": over})
    web = found["compose.yaml#service/web"]
    assert web.fields["image"] == "acme/web:2"
    assert web.fields["command"] == ["b"]
    assert web.fields["ports"] == ["80:80", "81:81"]
    assert found["compose.yaml#service/web/env/A"].fields["value"] == "1"
    assert found["compose.yaml#service/web/env/B"].fields["value"] == "3"
    assert "compose.override.yaml#service/web" not in found
    assert "compose.override.yaml#service/new" in found
    place = web.fields.place("image")
    assert place is not None
    assert place.value.path == "compose.override.yaml"


def test_a_named_file_that_changes_services_is_read_over_the_base() -> None:
    base = "services: {web: {image: 'acme/web:1', restart: always}, db: {image: postgres}}\n"
    prod = "services: {web: {privileged: true, depends_on: [db]}}\n"
    texts = {"docker-compose.yml": base, "docker-compose.prod.yml": prod}
    found = nodes(texts)
    plain = found["docker-compose.yml#service/web"]
    changed = found["docker-compose.prod.yml#service/web"]
    assert "privileged" not in plain.fields
    assert changed.fields["privileged"] is True
    assert changed.fields["image"] == "acme/web:1"
    (reference,) = resolved(texts)["docker-compose.prod.yml"].references
    assert getattr(reference.target, "address", "") == "docker-compose.yml#service/db"


def test_a_file_that_stands_for_itself_is_left_alone() -> None:
    texts = {
        "compose.yaml": "services: {web: {image: a, restart: always}}\n",
        "other-compose.yaml": "services: {web: {image: b}}\n",
    }
    assert "restart" not in nodes(texts)["other-compose.yaml#service/web"].fields


def test_tags_of_an_override() -> None:
    base = "services: {web: {image: a, ports: ['80:80'], command: [x], user: root}}\n"
    over = "services: {web: {ports: !override ['81:81'], user: !reset null}}\n"
    web = nodes({"compose.yaml": base, "compose.override.yml": over})["compose.yaml#service/web"]
    assert web.fields["ports"] == ["81:81"]
    assert "user" not in web.fields


def test_extends_takes_the_other_service_with_its_folder() -> None:
    texts = {
        "app/compose.yaml": "services:\n"
        "  web: {extends: {file: ../base/compose.yaml, service: b}}\n"
        "  more: {extends: web, image: acme/more}\n",
        "base/compose.yaml": "services: {b: {build: ./x, environment: [A=1]}}\n",
        "base/x/Dockerfile": "FROM scratch\n",
    }
    found = nodes(texts)
    web = found["app/compose.yaml#service/web"]
    assert web.fields["context"] == "base/x"
    assert web.fields["dockerfile"] == "base/x/Dockerfile"
    assert web.span.path == "app/compose.yaml"
    assert found["app/compose.yaml#service/web/env/A"].span.path == "app/compose.yaml"
    assert found["app/compose.yaml#service/more"].fields["context"] == "base/x"


def test_what_is_extended_and_not_found_leaves_the_service_open() -> None:
    text = "services: {web: {extends: {file: gone.yaml, service: b}}}\n"
    document = resolved({"compose.yaml": text})["compose.yaml"]
    assert [problem.code for problem in document.problems] == ["missing-service"]
    assert "compose.Service" in document.holes[0].kinds
    web = next(node for node in document.nodes if node.kind == "compose.Service")
    assert web.fields.rest is not None


@pytest.mark.parametrize("text", [
    "services: {a: {extends: a}}\n",
    "services: {a: {extends: b}, b: {extends: a}}\n",
])  # fmt: skip
def test_a_round_of_services_ends(text: str) -> None:
    document = resolved({"compose.yaml": text})["compose.yaml"]
    assert {problem.code for problem in document.problems} == {"missing-service"}


def test_dependencies_reach_into_included_files() -> None:
    texts = {
        "compose.yaml": "include: [db/compose.yaml]\n"
        "services: {web: {image: a, depends_on: [db]}}\n",
        "db/compose.yaml": "services: {db: {image: postgres, build: .}}\n",
        "db/Dockerfile": "FROM postgres\n",
    }
    found = resolved(texts)
    (waits,) = found["compose.yaml"].references
    assert getattr(waits.target, "address", "") == "db/compose.yaml#service/db"
    (built,) = found["db/compose.yaml"].references
    assert getattr(built.target, "address", "") == "db/Dockerfile#file"


def test_anchors_merge_keys_and_health_checks() -> None:
    web = service(
        "x-base: &base {restart: always, environment: &env {A: 1}}\n"
        "services:\n  web:\n    <<: *base\n    image: a\n    healthcheck: {test: NONE}\n"
        "    deploy: {replicas: 3}\n    profiles: [debug]\n"
    )
    assert web.fields["restart"] == "always"
    assert web.fields["healthcheck"] == {"test": "NONE", "disable": True}
    assert web.fields["replicas"] == 3
    assert web.fields["profiles"] == ["debug"]


def test_a_unit_says_which_files_make_it() -> None:
    texts = {
        "shop/compose.yaml": "services: {web: {image: a}}\n",
        "shop/compose.override.yaml": "services: {web: {user: b}}\n",
        "shop/.env": "A=1\n",
    }
    found = resolved(texts)
    (unit,) = found["shop/compose.yaml"].units
    assert unit.inputs == ("shop/compose.yaml", "shop/.env", "shop/compose.override.yaml")
    assert found["shop/compose.override.yaml"].units == ()


def test_a_file_that_is_no_mapping_is_a_problem() -> None:
    document = FORMAT.parse(Source("compose.yaml", "- services:\n"))
    assert [problem.code for problem in document.problems] == ["no-services"]
    document = FORMAT.parse(Source("compose.yaml", "services: [a]\n"))
    assert [problem.code for problem in document.problems] == ["not-a-mapping"]


@pytest.mark.corpora
def test_every_example_of_awesome_compose_is_read() -> None:
    root = os.environ.get("PLUMBRULE_CORPORA")
    folder = Path(root or "-", "public", "real", "docker+awesome-compose")
    if not folder.is_dir():
        pytest.skip("PLUMBRULE_CORPORA names no folder with docker+awesome-compose")
    paths = sorted(folder.glob("*/compose.y*ml"))
    assert len(paths) == 39
    texts = {path.relative_to(folder).as_posix(): path.read_text() for path in paths}
    documents = resolved(texts)
    assert sorted(documents) == sorted(texts)
    assert [one.source.path for one in documents.values() if one.problems] == []
