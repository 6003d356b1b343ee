"""No command shows a secret: every format holds some, and every byte that comes out is searched.

At most the first four characters of a secret may appear, and never more than a quarter of it.
"""

from __future__ import annotations

import base64
import json
import random
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from plumbrule.__main__ import main
from plumbrule.reports import REPORTS

SEEN = 5  # characters in a row that must not appear anywhere


class Planted:
    """A repository with a secret in every place that a format has for one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.random = random.Random(815)  # secrets of nobody
        self.secrets: dict[str, str] = {}

    def new(self, name: str, size: int = 14) -> str:
        """A fresh secret: letters and digits that no other text here holds."""
        made = "".join(self.random.choice(string.ascii_letters) for _ in range(size - 3))
        self.secrets[name] = made[:6] + "7" + made[6:] + "4Q"
        return self.secrets[name]

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).lstrip("\n"), encoding="utf-8")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    made = Planted(tmp_path_factory.mktemp("planted"))
    _terraform(made)
    _chart(made)
    _objects(made)
    _pipelines(made)
    _files(made)
    return made


def _terraform(made: Planted) -> None:
    packed = encoded(f"#!/bin/sh\nDB_PASSWORDS1={made.new('packed script')}\n")
    made.secrets["packed script, as written"] = packed[32:]  # what stands before is no secret
    made.write(
        "main.tf",
        f"""
        variable "db_password" {{ default = "{made.new("variable")}" }}
        variable "quiet" {{
          sensitive = true
          default   = "{made.new("sensitive variable")}"
        }}
        variable "smtp" {{ default = {{ user = "shop", password = "{made.new("object")}" }} }}
        locals {{ admin_password = "{made.new("local")}" }}
        provider "cloudflare" {{ api_token = "{made.new("provider")}" }}
        resource "aws_db_instance" "shop" {{ password = "{made.new("argument")}" }}
        resource "aws_db_instance" "two" {{ password = local.admin_password }}
        resource "aws_instance" "web" {{
          user_data = <<-EOT
            export API_TOKEN={made.new("user data")}
          EOT
        }}
        resource "aws_launch_template" "web" {{
          user_data = "{packed}"
        }}
        resource "aws_lambda_function" "mail" {{
          environment {{ variables = {{ SMTP_PASSWORD = "{made.new("function")}" }} }}
        }}
        resource "aws_ecs_task_definition" "shop" {{
          container_definitions = jsonencode([{{ name = "a", image = "acme/a", environment = [
            {{ name = "API_TOKEN", value = "{made.new("task")}" }} ] }}])
        }}
        output "password" {{ value = var.db_password }}
        resource "helm_release" "shop" {{
          name  = "shop"
          chart = "./chart"
          set {{
            name  = "given.password"
            value = var.db_password
          }}
          set_sensitive {{
            name  = "quiet.password"
            value = "{made.new("set_sensitive")}"
          }}
        }}
    """,
    )
    made.write(
        "prod.tfvars",
        f"""
        api_token = "{made.new("tfvars")}"
    """,
    )
    made.write(
        "state/terraform.tfstate",
        json.dumps(
            {
                "version": 4,
                "resources": [
                    {
                        "type": "random_password",
                        "instances": [
                            {"attributes": {"password": made.new("state"), "bcrypt_hash": ""}}
                        ],
                    }
                ],
            },
            indent=2,
        ),
    )


def _chart(made: Planted) -> None:
    made.write(
        "chart/Chart.yaml",
        """
        apiVersion: v2
        name: shop
        version: 1.0.0
    """,
    )
    made.write(
        "chart/values.yaml",
        f"""
        given: {{password: ""}}
        quiet: {{password: ""}}
        database: {{password: "{made.new("values")}"}}
        adminPassword: {made.new("values in camel case")}
        smtp:
          # the password is {made.secrets["values"]}
          password: {made.new("values of a ConfigMap")}
        left: {{password: {made.new("values that nothing reads")}}}
    """,
    )
    made.write(
        "chart/templates/all.yaml",
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: shop}
        data:
          password: {{ .Values.database.password | b64enc }}
          admin: {{ .Values.adminPassword | b64enc }}
          given: {{ .Values.given.password | b64enc }}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: shop}
        data:
          app.properties: |
            smtp.password={{ .Values.smtp.password }}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: shop}
        spec:
          selector: {matchLabels: {app: shop}}
          template:
            metadata: {labels: {app: shop}}
            spec:
              containers:
                - name: shop
                  image: acme/shop
                  args: ["--password={{ .Values.given.password }}"]
                  env:
                    - {name: A, value: "{{ .Values.given.password }}"}
                    - name: URL
                      value: "postgres://shop:{{ .Values.quiet.password }}@db/shop"
    """,
    )


def _objects(made: Planted) -> None:
    base = made.new("Secret in base64")
    login = made.new("login of a registry")
    made.secrets["Secret in base64, as written"] = encoded(base)
    auth = encoded(f"{made.new('user of a registry')}:{login}")
    made.secrets["login of a registry, as written"] = auth
    made.write(
        "k8s/all.yaml",
        f"""
        apiVersion: v1
        kind: Secret
        metadata: {{name: a}}
        data:
          password: {made.secrets["Secret in base64, as written"]}
        stringData:
          token: {made.new("Secret as text")}
          .dockerconfigjson: '{{"auths": {{"r.shop.internal": {{"auth": "{auth}"}}}}}}'
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {{name: b}}
        data:
          DB_PASSWORD: {made.new("ConfigMap")}
          app.yaml: |
            db:
              password: {made.new("text in a ConfigMap")}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {{name: c}}
        spec:
          replicas: 2
          selector: {{matchLabels: {{app: c}}}}
          template:
            metadata: {{labels: {{app: c}}}}
            spec:
              containers:
                - name: c
                  image: acme/c
                  args:
                    - --db-password
                    - {made.new("argument behind its flag")}
                  command: [sh, -c, "API_TOKEN={made.new("argument in a script")} exec app"]
                  env:
                    - name: API_TOKEN
                      value: {made.new("environment")}
                    - {{name: clientSecret, value: {made.new("environment in one line")}}}
                    - name: URL
                      value: https://shop:{made.new("login in a URL")}@mq.shop.internal/
    """,
    )
    made.write(
        "overlay/kustomization.yaml",
        f"""
        secretGenerator:
          - name: a
            literals: [password={made.new("secretGenerator")}]
        configMapGenerator:
          - name: b
            literals: [API_KEY={made.new("configMapGenerator")}]
            envs: [generator.env]
    """,
    )
    made.write(
        "overlay/generator.env",
        f"""
        SMTP_PASSWORD={made.new("file of a generator")}
    """,
    )
    made.write(
        "gitops/all.yaml",
        f"""
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {{name: shop}}
        spec:
          source:
            repoURL: https://git.shop.internal/shop.git
            path: chart
            targetRevision: HEAD
            helm:
              parameters:
                - {{name: database.password, value: {made.new("parameter")}}}
              values: |
                smtp:
                  password: {made.new("values as text")}
        ---
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata: {{name: shop}}
        spec:
          chart: {{spec: {{chart: shop}}}}
          values: {{api: {{token: {made.new("HelmRelease")}}}}}
        ---
        apiVersion: grafana.integreatly.org/v1beta1
        kind: Grafana
        metadata: {{name: shop}}
        spec: {{config: {{security: {{admin_password: {made.new("custom object")}}}}}}}
    """,
    )


def _pipelines(made: Planted) -> None:
    made.write(
        ".github/workflows/a.yml",
        f"""
        on: pull_request_target
        env:
          REGISTRY_PASSWORD: {made.new("workflow")}
        jobs:
          a:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v4
                with: {{ref: "${{{{ github.head_ref }}}}", token: {made.new("with")}}}
              - run: |
                  curl -u bot:{made.new("script")} https://shop.internal/
                  docker login -u bot -p {made.new("flag of a script")} r.shop.internal
                  docker build --build-arg NPM_TOKEN={made.new("build argument")} .
                env: {{API_TOKEN: {made.new("step")}}}
    """,
    )
    made.write(
        ".gitlab-ci.yml",
        f"""
        variables: {{DEPLOY_TOKEN: {made.new("GitLab")}}}
        deploy:
          script: ["terraform apply -auto-approve -var password={made.new("GitLab script")}"]
    """,
    )
    made.write(
        "Jenkinsfile",
        f"""
        pipeline {{
          agent any
          environment {{ API_TOKEN = '{made.new("Jenkins")}' }}
          stages {{ stage('a') {{ steps {{ sh 'make' }} }} }}
        }}
    """,
    )
    made.write(
        "Dockerfile",
        f"""
        FROM debian
        ARG NPM_TOKEN={made.new("ARG")}
        ENV DB_PASSWORD {made.new("ENV")}
        ADD app.txt /app.txt
        COPY app.env .git-credentials /
    """,
    )
    made.write(
        "deploy.sh",
        f"""
        #!/bin/sh
        export API_TOKEN={made.new("script file")}
        mysql --password={made.new("argument of a script file")} shop
    """,
    )


def _files(made: Planted) -> None:
    made.write("app.env", f"DB_PASSWORD={made.new('env')}\n")
    made.write(".npmrc", f"//registry.npmjs.org/:_authToken={made.new('npmrc')}\n")
    made.write(".netrc", f"machine git.shop.internal login bot password {made.new('netrc')}\n")
    made.write(".pypirc", f"[pypi]\nusername = bot\npassword = {made.new('pypirc')}\n")
    made.write(
        "kubeconfig",
        f"""
        apiVersion: v1
        kind: Config
        users: [{{name: a, user: {{token: {made.new("kubeconfig")}}}}}]
    """,
    )
    made.write(".htpasswd", f"shop:{made.new('htpasswd')}\n")
    made.write(".git-credentials", f"https://bot:{made.new('git')}@git.shop.internal\n")
    made.write("filezilla.xml", f"<Server><Pass>{made.new('xml')}</Pass></Server>\n")
    made.write("wp-config.php", f"define('DB_PASSWORD', '{made.new('wordpress')}');\n")
    made.write("shadow", f"shop:$6${made.new('hash', 40)}:17431:0:99999:7:::\n")
    made.write(
        "seed.sql", f"INSERT INTO users (id, password) VALUES (1, '{made.new('column')}');\n"
    )
    made.write("appsettings.json", f'{{"Db": {{"Password": "{made.new("setting")}"}}}}\n')
    made.write("group_vars/all.yml", f"mysql_root_password: {made.new('playbook')}\n")
    made.write(".sops.yaml", "creation_rules: [{path_regex: ^sealed/, age: age1x}]\n")
    made.write("sealed/a.yaml", f"api_token: {made.new('file of SOPS')}\n")
    made.write("server.ini", f"[server]\nAdminPassword={made.new('ini')}\n")
    made.write(
        "stack.template",
        f"""
        AWSTemplateFormatVersion: "2010-09-09"
        Parameters: {{DbPassword: {{Type: String, Default: {made.new("template")}}}}}
    """,
    )
    made.write(
        "compose/docker-compose.yml",
        f"""
        services:
          db:
            image: postgres:16
            command: [--password, {made.new("command of Compose")}]
            environment:
              POSTGRES_PASSWORD: {made.new("Compose")}
              OTHER_PASSWORD: ${{X:-{made.new("fallback")}}}
    """,
    )
    made.write("app.properties", f"db.password=${{DB_PASSWORD:{made.new('fallback of Spring')}}}\n")
    body = made.new("private key", 60)
    key = encoded("PrivateKeyInfo " + body)
    made.secrets["private key, as written"] = key
    made.write("server.key", f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n")
    token = "dckr_pat_" + made.new("token", 27)
    made.write("notes.txt", f"the bot's token is {token}\n")


def leaks(planted: Planted, text: str) -> Iterator[str]:
    """The secrets of which the text shows more than the first characters."""
    for name, secret in planted.secrets.items():
        pieces = {secret[at : at + SEEN] for at in range(len(secret) - SEEN + 1)}
        if any(piece in text for piece in pieces):
            at = next(text.index(piece) for piece in sorted(pieces) if piece in text)
            yield f"{name}: ...{text[max(0, at - 60) : at + 30]}..."


COMMANDS: list[tuple[str, ...]] = [
    *(("check", "ROOT", "--output", form, "--verbose", "--level", "audit") for form in REPORTS),
    ("check", "ROOT", "--output", "sarif", "--sarif-profile", "full"),
    ("check", "ROOT", "--no-allowances", "--color", "always"),
    ("graph", "ROOT"),
    *(("graph", "ROOT", "--format", form, "--limit", "9999")
      for form in ("count", "dot", "mermaid", "json", "graphml")),
    ("graph", "ROOT", "--from", "main.tf#var.db_password", "--to", "k8s/all.yaml#Secret/default/a"),
    ("units", "ROOT"),
    ("render", "ROOT/chart"),
    ("render", "ROOT/chart", "--origins"),
    ("render", "ROOT/overlay"),
    ("render", "ROOT/overlay", "--origins"),
    ("render", "ROOT"),
    ("render", "ROOT", "--origins"),
    ("fix", "ROOT", "--diff", "--unsafe"),
    ("rules", "ROOT"),
    ("schema", "ROOT"),
    ("config", "ROOT"),
    ("explain", "tf.secret_in_variable_default"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_shows_a_secret(
    words: tuple[str, ...], planted: Planted, tmp_path: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    main([word.replace("ROOT", str(planted.root)) for word in words])
    shown = capfd.readouterr()
    assert list(leaks(planted, shown.out)) == []
    assert list(leaks(planted, shown.err)) == []
    for file in (one for one in tmp_path.rglob("*") if one.is_file()):
        assert list(leaks(planted, file.read_bytes().decode("latin-1"))) == []


@pytest.mark.slow
def test_why_shows_no_secret(
    planted: Planted, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    main(["check", str(planted.root), "--output", "json=report.json", "--level", "audit"])
    report = json.loads((tmp_path / "report.json").read_text())
    capfd.readouterr()
    pairs = {(one["rule"], one["subject"]) for one in report["findings"]}
    assert len(pairs) > 30
    for rule, subject in sorted(pairs):
        main(["why", rule, subject, str(planted.root)])
        shown = capfd.readouterr()
        assert list(leaks(planted, shown.out + shown.err)) == [], (rule, subject)


@pytest.mark.slow
def test_every_secret_of_a_kind_is_found(
    planted: Planted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is never found is never hidden by accident: the search above must have had a chance."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    main(["check", str(planted.root), "--output", "json=report.json"])
    report = json.loads((tmp_path / "report.json").read_text())
    found = {one["rule"] for one in report["findings"]}
    assert {
        "argo.secret_parameter", "ci.secret_in_variables", "docker.secret_in_image",
        "flow.secret_default_reaches_container_env", "helm.secret_in_values",
        "helm.unread_secret_in_values", "secrets.config_map", "secrets.container_argument",
        "secrets.container_env", "secrets.credential_file", "secrets.kubernetes_secret",
        "secrets.login_in_url", "secrets.private_key", "secrets.provider_token",
        "tf.secret_argument", "tf.secret_in_values_file", "tf.secret_in_variable_default",
        "tf.secret_provider_argument", "secrets.keyword_literal", "secrets.compose_environment",
        "secrets.password_hash", "tf.secret_in_user_data", "tf.secret_in_function_environment",
        "k8s.secret_in_custom_object", "docker.secret_file_in_image", "secrets.unencrypted_file",
    } <= found  # fmt: skip


@pytest.mark.slow
def test_the_editor_shows_no_secret(planted: Planted) -> None:
    """Everything that the language server writes: what it tells by itself, and hovers."""
    uri = "file://" + str(planted.root)
    files = [
        (path, path.read_text()) for path in sorted(planted.root.rglob("*"))
        if path.is_file() and path.suffix in (".yaml", ".yml", ".tf", ".tfvars")
    ]  # fmt: skip
    sent: list[dict[str, object]] = [
        {"id": 1, "method": "initialize", "params": {
            "processId": None, "capabilities": {},
            "workspaceFolders": [{"uri": uri, "name": "root"}]}},
        {"method": "initialized", "params": {}},
    ]  # fmt: skip
    number = 1
    for path, text in files:
        document = {"uri": f"file://{path}"}
        sent.append(
            {
                "method": "textDocument/didOpen",
                "params": {
                    "textDocument": {**document, "languageId": "yaml", "version": 1, "text": text}
                },
            }
        )
        for line, words in enumerate(text.splitlines()):
            number += 1
            at = {"line": line, "character": max(len(words) - 6, 0)}
            sent.append(
                {
                    "id": number,
                    "method": "textDocument/hover",
                    "params": {"textDocument": document, "position": at},
                }
            )
    sent += [{"id": number + 1, "method": "shutdown"}, {"method": "exit"}]
    data = b""
    for message in sent:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        data += f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    run = subprocess.run(
        [sys.executable, "-m", "plumbrule.lsp.server"], input=data, capture_output=True,
        timeout=110, check=False,
    )  # fmt: skip
    shown = run.stdout.decode() + run.stderr.decode()
    assert "publishDiagnostics" in shown or '"result"' in shown
    assert list(leaks(planted, shown)) == []
