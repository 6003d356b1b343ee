"""Laws of every format: parsing never raises, spans lie in their text, addresses are unique."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from plumbrule.scan.files import ScannedFiles
from plumbrule.scan.parse_files import detect
from plumbrule_parsers.document import Completeness, Document, Severity
from plumbrule_parsers.formats import FORMATS, format_of
from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Segments, Unknown, Value
from plumbrule_parsers.yaml_tree import parse_yaml

SNIPPETS: dict[str, dict[str, str]] = {
    "kubernetes": {
        "deploy/web.yaml": """\
# the shop
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: &labels {app: web}}
spec:
  replicas: 2
  selector:
    matchLabels: {<<: *labels}
    matchExpressions: [{key: tier, operator: In, values: [a, b]}]
  template:
    metadata: {labels: *labels}
    spec:
      serviceAccountName: 'web'
      containers:
      - name: app
        image: "acme/web:1.0"
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /, port: 8080}}
        env:
        - {name: KEY, valueFrom: {secretKeyRef: {name: s, key: k}}}
        envFrom: [{configMapRef: {name: c}}]
        resources: {limits: {memory: 1Gi}}
      volumes:
      - {name: data, persistentVolumeClaim: {claimName: data-web-0}}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}}}
- apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata: {name: web}
  spec: {rules: [{http: {paths: [{backend: {service: {name: web}}}]}}]}
- {apiVersion: acme.io/v1, kind: Widget, metadata: {name: w}, spec: {size: 3}}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: app}
spec: {source: {repoURL: "https://git.example", path: deploy, targetRevision: HEAD}}
""",
        "deploy/role.json": """\
{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
 "metadata": {"name": "b\\u0061"}, "roleRef": {"kind": "Role", "name": "r"},
 "subjects": [{"kind": "ServiceAccount", "name": "web"}], "x": [1, 2.5e3, true, null, {}, []]}
""",
    },
    "github_actions": {
        ".github/workflows/ci.yml": """\
name: ci
on: {push: {branches: [main]}, workflow_call: }
permissions: write-all
jobs:
  build:
    runs-on: [self-hosted, linux]
    if: github.ref == 'refs/heads/main'
    steps:
      - uses: actions/checkout@v4
        with: {ref: "${{ github.head_ref }}"}
      - name: run
        shell: bash
        run: |
          set -e
          echo "${{ github.event.issue.title }}" >> "$GITHUB_OUTPUT"
          # done
      - run: pwsh things
        shell: pwsh
  call:
    needs: build
    uses: ./.github/workflows/other.yml
""",
        ".github/actions/a/action.yml": """\
name: a
runs:
  using: composite
  steps:
    - run: echo "a
        b"
      shell: bash
""",
    },
    "gitlab_ci": {
        ".gitlab-ci.yml": """\
include: [{local: ci/base.yml}, {remote: 'https://x.example/y.yml'}]
stages: [build, deploy]
.base: &base
  before_script: &before
    - echo before
build:
  <<: *base
  stage: build
  extends: [.base]
  script: &build
    - make build
    - >
      docker build
      .
deploy:
  needs: [build]
  script: [!reference [build, script], *before]
  rules: [{if: $CI_COMMIT_TAG}]
""",
        "ci/base.yml": ".other:\n  script: [echo 1]\nstages: [x]\n",
    },
    "jenkins": {
        "Jenkinsfile": """\
@Library('acme@1') _
def image = 'acme/web'
pipeline {
  agent { docker { image 'node:20' } }
  environment { TOKEN = credentials('deploy'); TAG = "${image}:1" }
  options { timeout(time: 1, unit: 'HOURS'); disableConcurrentBuilds() }
  triggers { cron('H 4 * * *') }
  stages {
    stage('build') {
      when { branch 'main' }
      steps {
        checkout scm
        sh 'make \\'a b\\' $TOKEN'
        sh \"\"\"
          curl -H "x: ${TOKEN}" https://x.example \\\\
            | sh -c "mkdir \\\\$HOME/a"
        \"\"\"
        script { for (x in [1, 2]) { if (x > 1) { sh "echo ${x}" + image } else { other(x) } } }
      }
      post { always { archiveArtifacts artifacts: 'out/**' } }
    }
    stage('both') {
      parallel {
        stage('a') { agent { label 'big' } steps { sh(script: 'ls', returnStatus: true) } }
        stage('b') { steps { container('x') { step([$class: 'B', m: [a: 1]]) } } }
      }
    }
  }
}
def other(n) { withCredentials([string(credentialsId: 'k', variable: 'K')]) { sh "go ${K}" } }
""",
        "old.jenkinsfile": """\
node('linux') {
  stage 'one'
  try { sh /ls ${x}/ } catch (e) { bat 'dir' } finally { deleteDir() }
  parallel a: { sh 'a' }, b: { node { sh 'b' } }
  stage('two') { docker.image('x').inside('-u 1') { sh '''b
c''' } }
}
""",
    },
    "compose": {
        "shop/compose.yaml": """\
x-base: &base
  restart: always
include: [{path: ../data/compose.yaml}, absent.yaml]
services:
  web:
    <<: *base
    image: "acme/web:${TAG:-1.0}$$"
    build: {context: ./web, args: [A=1]}
    privileged: ${PRIVILEGED:?say}
    environment: ["KEY=${KEY}", PASSED, 'B=a${X:+y}']
    ports: ["127.0.0.1:8080:80/tcp", 9000, {target: 80, published: 81}]
    volumes: ["./a:/b:ro", "data:/c", {type: bind, source: ., target: /d}]
    depends_on: {db: {condition: service_healthy}, cache: }
    command: sh -c "run 'it'"
  db: {image: postgres:16, healthcheck: {test: [CMD, pg_isready], retries: 3}}
  job: {extends: {file: base-compose.yml, service: job}}
  other: {extends: web, deploy: {replicas: 2}}
""",
        "shop/compose.override.yaml": """\
services:
  web: {ports: !reset [], environment: {KEY: b}, command: !override [x]}
  new: {image: a, depends_on: [web]}
""",
        "shop/base-compose.yml": "services: {job: {image: a, extends: job}}\n",
    },
    "dockerfile": {
        "Dockerfile": """\
# escape=\\
ARG BASE=alpine
FROM --platform=linux/amd64 ${BASE}:3 AS build
ENV A=1 B="two words"
RUN apk add curl \\
    # why
    && curl -sSf https://x.example | sh
RUN <<EOF
echo hi
EOF
COPY --chown=1:1 a b /dst/
ADD ["x y", "/z"]
FROM build
ENTRYPOINT ["sh"]
""",
    },
    "helm": {
        "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n"
        "dependencies:\n- {name: redis, version: ^1, repository: 'https://r.example'}\n",
        "chart/values.yaml": "image: {repository: a, tag: ''}\nreplicas: 1\n",
        "chart/templates/d.yaml": "kind: Deployment\nname: {{ .Values.name | quote }}\n",
        "chart/requirements.yaml": "dependencies: [{name: x}]\n",
    },
    "kustomize": {
        "overlays/prod/kustomization.yaml": "resources: [../base]\nnamePrefix: p-\n"
        "images:\n- {name: a, newTag: '1'}\n",
        "overlays/base/kustomization.yaml": """\
configMapGenerator:
- name: c
  literals: [a=1, "b='2'"]
secretGenerator:
- {name: s, literals: [k=v], options: {labels: {a: b}}}
patches:
- target: {kind: ConfigMap}
  patch: |-
    - {op: add, path: /data/c, value: "3"}
""",
    },
    "prometheus": {
        "rules.yml": "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    for: 5m\n"
        "  - record: r\n    expr: sum(x)\n",
    },
    "shell": {
        "scripts/deploy.sh": """\
#!/usr/bin/env bash
set -euo pipefail
go() { mkdir -p "$1"; }
for x in a b; do go "$x" || true; done
cat <<END | kubectl apply -f -
name: $HOME
END
sh scripts/other.sh
""",
        "scripts/other.sh": "kind create cluster\n",
        "Makefile": "A = b\n.PHONY: deploy\ndeploy: build\n\t@kubectl apply -f $(A) $$HOME\n"
        "build:\n\t-mkdir a \\\n\t  b\n\t$(MAKE) clean\n",
    },
    "terraform": {
        "main.tf": """\
variable "n" { default = 2 }
resource "aws_s3_bucket" "b" {
  bucket = "x-${var.n}"
  tags   = merge({ a = 1 }, { "b" = [1, "two"] })
  policy = <<-EOT
    {"Version": "2012-10-17"}
  EOT
}
module "m" {
  source = "./m"
  count  = var.n > 1 ? 1 : 0
}
""",
        "web.tf": """\
resource "kubernetes_deployment" "web" {
  metadata { name = "web" }
  spec {
    replicas = var.n
    template {
      metadata { labels = { app = "web" } }
      spec {
        container {
          name  = "app"
          image = "acme/web:${var.n}"
          port { container_port = "80" }
          readiness_probe { http_get { path = "/" } }
        }
      }
    }
  }
}
resource "kubectl_manifest" "m" {
  yaml_body = <<-YAML
    apiVersion: v1
    kind: Service
    metadata: {name: "web-${var.n}"}
    spec: {selector: {app: web}, ports: [{port: ${var.n}}]}
  YAML
}
""",
        "plan.json": """\
{"format_version": "1.2", "terraform_version": "1.9.5",
 "planned_values": {"outputs": {"o": {"sensitive": true, "value": "words-of-nobody"}},
  "root_module": {"resources": [
   {"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b",
    "values": {"bucket": "x-2", "tags": {"a": "1"}, "k": "words-of-nobody"},
    "sensitive_values": {"k": true}}],
   "child_modules": [{"address": "module.m[0]", "resources": [
    {"address": "module.m[0].aws_iam_policy.p", "type": "aws_iam_policy", "name": "p",
     "values": {"policy": "{\\"Statement\\": {\\"Action\\": \\"*\\"}}"}}]}]}},
 "resource_changes": [{"address": "aws_s3_bucket.b", "change": {"actions": ["create"],
  "after_unknown": {"arn": true, "tags": {"b": true}}}}],
 "configuration": {"provider_config": {"aws": {"name": "aws"}}, "root_module": {
  "resources": [{"address": "aws_s3_bucket.b", "provider_config_key": "aws",
   "expressions": {"bucket": {"references": ["var.n"]}}}],
  "module_calls": {"m": {"source": "./m", "expressions": {}, "module": {"resources": [
   {"address": "aws_iam_policy.p", "expressions": {"policy": {"references": ["local.p"]}}}]}}},
  "variables": {"n": {"default": 2}}}}}
""",
    },
}
# Documents of other formats that give a format something to resolve.
BESIDE = {
    "shell": {
        ".github/workflows/beside.yml": (
            "github_actions",
            """\
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
    - run: ./scripts/deploy.sh x
    - run: make deploy
    - run: bash $X/y.sh
""",
        ),
    },
}
NASTY = (
    "&a ", "*a", "<<: ", "!t ", "!!int ", "- ", ": ", "? ", "|\n", ">-\n", "'", '"', "{", "}", "[",
    "]", "\t", "\r", "\r\n", "\n", "\n---\n", "\n...\n", "#", "\x85", "\u2028", "\ufeff", "\x00",
    "\x07", "é", "\U0001f600", "${", "${{", "}}", "{{ x }}", "<<EOF\n", "\\", "%YAML 9\n", "~",
    "0x", "\ud800", "1e999", "@", "`", ",", "=",
)  # fmt: skip


def test_every_format_has_snippets_and_is_recognised() -> None:
    assert set(SNIPPETS) == set(FORMATS)
    for name, files in SNIPPETS.items():
        for path, text in files.items():
            assert detect(path, text[:4096]) == name, path


def test_snippets_parse_cleanly() -> None:
    """The laws below would hold trivially of parsers that read nothing."""
    for name, files in SNIPPETS.items():
        nodes = 0
        for document in parsed(name, files).values():
            lost = [one for one in document.problems if one.severity is Severity.ERROR]
            assert not lost, (document.source.path, lost)
            nodes += len(document.nodes)
        assert nodes > 0, name


CASES = [(name, path) for name, files in SNIPPETS.items() for path in files]


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """The text after a few cuts, repeats, swaps and insertions, perhaps cut off at the end."""
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        what = draw(st.sampled_from(("cut", "repeat", "insert", "move")))
        if what == "cut":
            text = text[:start] + text[end:]
        elif what == "repeat":
            text = text[:end] + text[start:]
        elif what == "insert":
            text = text[:start] + draw(st.sampled_from(NASTY)) + text[start:]
        else:
            text = text[:start] + text[end:] + text[start:end]
    if draw(st.booleans()):
        text = text[: draw(st.integers(0, len(text)))]
    return text


def parsed(name: str, files: dict[str, str]) -> dict[str, Document]:
    """The documents of the files, resolved where the format resolves."""
    found = format_of(name)
    documents = {path: found.parse(Source(path, text)) for path, text in files.items()}
    beside = BESIDE.get(name, {})
    for path, (other, text) in beside.items():
        documents[path] = format_of(other).parse(Source(path, text))
    if found.resolve is not None:
        tree = ScannedFiles(
            None, (), {**files, **{path: text for path, (_, text) in beside.items()}}
        )
        resolved = list(found.resolve(dict(documents), tree))
        documents.update({document.source.path: document for document in resolved})
    return documents


def spans_of(value: object, seen: set[int]) -> Iterator[Span]:
    """Every span below a value: containers, places, hops, unknowns."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, (MapValue, ListValue)):
            if id(current) in seen:
                continue
            seen.add(id(current))
            yield current.span
            stack.append(current.rest)
            keys = list(current) if isinstance(current, MapValue) else range(len(current))
            for key in keys:
                place = current.place(key)  # type: ignore[arg-type]
                if place is not None:
                    yield from place_spans(place)
                stack.append(current[key])  # type: ignore[index,call-overload]
        elif isinstance(current, Segments):
            stack.extend(current.parts)
        elif isinstance(current, Unknown) and current.span is not None:
            yield current.span


def place_spans(place: Place) -> Iterator[Span]:
    yield place.value
    yield place.entry
    if place.key is not None:
        yield place.key
    for hop in place.via:
        yield hop.span


def all_spans(document: Document) -> Iterator[Span]:
    seen: set[int] = set()
    for node in document.nodes:
        yield node.span
        yield from spans_of(node.fields, seen)
        yield from spans_of(node.condition, seen)
    for reference in document.references:
        yield reference.span
        yield from spans_of(reference.condition, seen)
    for problem in document.problems:
        yield problem.span
    for hole in document.holes:
        yield hole.span
        yield from spans_of(hole.why, seen)
    for fact in document.facts.values():
        yield from spans_of(fact, seen)


def hold(documents: dict[str, Document]) -> None:
    """The laws of documents."""
    addresses: list[str] = []
    for path, document in documents.items():
        assert document.source.path == path
        for span in all_spans(document):
            assert 0 <= span.start <= span.end <= len(span.source.text), span
            assert span.source.path in documents, span
        for node in document.nodes:
            assert node.address.startswith(f"{path}#")
            assert node.path in documents
            addresses.append(node.address)
        own = {node.address for node in document.nodes}
        parents = {node.parent for node in document.nodes if node.parent}
        assert parents <= own
        for reference in document.references:
            assert reference.origin in own
        if document.completeness is not Completeness.EVALUATED:
            assert document.because, path
        for problem in document.problems:
            assert "\n" not in problem.message
            assert not problem.message.endswith(".")
    assert len(addresses) == len(set(addresses))


@pytest.mark.parametrize("name", FORMATS)
@given(text=st.text(max_size=200), folder=st.sampled_from(("", "a/")))
@example(text="", folder="")
@example(text="\ufeff", folder="")
@example(text="[" * 3000, folder="")
@example(text="- " * 3000, folder="")
@settings(max_examples=60, deadline=None)
def test_any_text_is_a_document(name: str, text: str, folder: str) -> None:
    path = folder + next(iter(SNIPPETS[name]))
    hold(parsed(name, {path: text}))


@pytest.mark.parametrize(("name", "path"), CASES)
@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_files_are_documents(name: str, path: str, data: st.DataObject) -> None:
    files = {**SNIPPETS[name], path: data.draw(mutated(SNIPPETS[name][path]))}
    hold(parsed(name, files))


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_the_order_of_files_changes_nothing(name: str, data: st.DataObject) -> None:
    files = {
        path: data.draw(mutated(text)) if data.draw(st.booleans()) else text
        for path, text in SNIPPETS[name].items()
    }
    files |= {f"other/{path}": text for path, text in SNIPPETS[name].items()}
    order = data.draw(st.permutations(sorted(files)))
    straight = parsed(name, {path: files[path] for path in sorted(files)})
    shuffled = parsed(name, {path: files[path] for path in order})
    hold(straight)
    for path, document in straight.items():
        assert [node.address for node in document.nodes] == [
            node.address for node in shuffled[path].nodes
        ]
        assert document.references == shuffled[path].references
        assert document.problems == shuffled[path].problems
        assert document.holes == shuffled[path].holes


@pytest.mark.parametrize(("name", "path"), CASES)
def test_lines_above_rename_nothing(name: str, path: str) -> None:
    if path.endswith(".json"):
        pytest.skip("JSON has no comments")
    text = SNIPPETS[name][path]
    before = parsed(name, {path: text})[path]
    mark = "//" if name == "jenkins" else "#"
    above = f"{mark} a comment\n\n"
    moved = parsed(name, {path: above + text.replace("# escape=\\\n", "")})[path]
    assert [node.address for node in before.nodes] == [node.address for node in moved.nodes]


@pytest.mark.parametrize(("name", "path"), CASES)
def test_documents_travel_between_processes(name: str, path: str) -> None:
    document = format_of(name).parse(Source(path, SNIPPETS[name][path]))
    back = pickle.loads(pickle.dumps(document))
    assert back == document
    assert list(all_spans(back)) == list(all_spans(document))


# ------------------------------------------------------------------------------------- trees
def read(place: Place, value: Value) -> bool:
    """True if the written text is what the value says, up to quotes, escapes and folds."""
    written = place.value.text
    if not isinstance(value, str):
        return True
    if written.startswith("*"):  # an alias
        return True
    if written[:1] in ("'", '"'):
        return written[-1:] == written[0] and len(written) >= 2
    if written[:1] in ("|", ">") and written != value:
        return all(word in written for word in value.split())
    return written == value or written.split() == value.split()


def entries(value: Value, seen: set[int]) -> Iterator[tuple[Place, Value]]:
    if not isinstance(value, (MapValue, ListValue)) or id(value) in seen:
        return
    seen.add(id(value))
    for key in list(value) if isinstance(value, MapValue) else range(len(value)):
        place = value.place(key)  # type: ignore[arg-type]
        assert place is not None
        item = value[key]  # type: ignore[index,call-overload]
        yield place, item
        if isinstance(item, (MapValue, ListValue)):
            if not place.via and not place.value.text.startswith("*"):
                assert value.start <= place.value.start
                assert place.value.end <= value.end or value.source != place.value.source
            yield from entries(item, seen)


@given(text=st.sampled_from(CASES).flatmap(lambda case: mutated(SNIPPETS[case[0]][case[1]])))
@example(text='a: &x "b"\nc: !t  &y |\n  # d\n\n# e\nf: *x\n')
@settings(max_examples=300, deadline=None)
def test_places_of_yaml_read_what_the_values_say(text: str) -> None:
    for rules in ("1.1", "1.2", "text"):
        stream = parse_yaml(Source("x.yaml", text), rules)
        for document in stream.documents:
            assert document.span.end <= len(text)
            for place, value in entries(document.value, set()):
                assert 0 <= place.value.start <= place.value.end <= len(text)
                assert read(place, value), (place.value.text, value)


@given(text=mutated(SNIPPETS["kubernetes"]["deploy/role.json"]))
@settings(max_examples=200, deadline=None)
def test_places_of_json_read_what_the_values_say(text: str) -> None:
    value, problems = parse_json(Source("x.json", text))
    assert value is not None or problems or text.strip() == "null"
    for place, item in entries(value, set()):
        assert 0 <= place.value.start <= place.value.end <= len(text)
        assert read(place, item), (place.value.text, item)
