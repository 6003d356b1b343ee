"""`plumb render`: what a chart, an overlay or a Terraform root becomes, line by line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule.__main__ import main
from plumbrule.reports.spell import Spelling
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue, Value
from plumbrule_parsers.yaml_tree import parse_yaml

SECRET = "not-a-real-" + "secret-" + "x" * 20
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "shop.name" . }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: web
          image: "{{ .Values.image.name }}:{{ .Values.image.tag }}"
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a chart in `shop`."""
    write(tmp_path, {
        "shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        "shop/values.yaml": "replicas: 2\nimage:\n  name: acme/shop\n  tag: 1.0.0\nresources: {}\n",
        "shop/values-prod.yaml": "replicas: 6\nresources:\n  limits:\n    memory: 1Gi\n",
        "shop/templates/_helpers.tpl": '{{- define "shop.name" -}}\nshop\n{{- end }}\n',
        "shop/templates/web.yaml": DEPLOYMENT,
    })  # fmt: skip
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["render", *words]) == code, capsys.readouterr().err
    return capsys.readouterr().out


def line_of(text: str, words: str) -> str:
    (line,) = [line for line in text.splitlines() if words in line]
    return " ".join(line.split())


@pytest.mark.usefixtures("shop")
def test_a_chart_is_printed_as_manifests(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "shop")
    (document,) = parse_yaml(Source("out.yaml", text), "1.1").documents
    assert document.value == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop"},
        "spec": {
            "replicas": 2,
            "template": {"spec": {"containers": [{"name": "web", "image": "acme/shop:1.0.0"}]}},
        },
    }
    assert "# Source: shop/templates/web.yaml" in text


@pytest.mark.usefixtures("shop")
def test_each_line_tells_where_it_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "shop", "--origins", "-f", "shop/values-prod.yaml", "--set",
                   "image.tag=2.0.0")  # fmt: skip
    assert line_of(text, "replicas:") == "replicas: 6 # templates/web.yaml:6 <- values-prod.yaml:1"
    assert line_of(text, "memory:") == "memory: 1Gi # templates/web.yaml:14 <- values-prod.yaml:4"
    assert line_of(text, "image:") == (
        "image: acme/shop:2.0.0 # templates/web.yaml:11 <- values.yaml:3, command line"
    )
    assert "templates/web.yaml:4 <- templates/_helpers.tpl:2" in line_of(text, "name: shop")


@pytest.mark.usefixtures("shop")
def test_comments_change_nothing_of_the_manifests(capsys: pytest.CaptureFixture[str]) -> None:
    plain, told = printed(capsys, "shop"), printed(capsys, "shop", "--origins")
    values = [
        [document.value for document in parse_yaml(Source("out.yaml", text), "1.1").documents]
        for text in (plain, told)
    ]
    assert values[0] == values[1]


@pytest.mark.usefixtures("shop")
def test_a_unit_is_rendered_with_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "shop", "--unit", "shop@values-prod.yaml")
    assert "replicas: 6" in text
    assert "memory: 1Gi" in text


@pytest.mark.usefixtures("shop")
def test_a_template_that_fails_is_told_and_the_others_are_printed(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(shop, {"shop/templates/x.yaml": '{{ required "give a host" .Values.host }}\n'})
    assert main(["render", "shop"]) == 3
    out, err = capsys.readouterr()
    assert "kind: Deployment" in out
    assert "not rendered" in out
    assert "shop/templates/x.yaml:1" in err
    assert "give a host" in err


def test_secrets_are_cut_short(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(shop, {
        "shop/values.yaml": f"replicas: 1\nimage: {{name: a, tag: b}}\npw: {SECRET}\n",
        "shop/templates/secret.yaml": (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
            "data:\n  k: {{ .Values.pw | b64enc }}\nstringData:\n  k: {{ .Values.pw }}\n"
        ),
        "shop/templates/config.yaml": (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
            "data:\n  url: http://x/{{ .Values.pw }}/y\n"
        ),
    })  # fmt: skip
    text = printed(capsys, "shop", "--origins")
    assert SECRET not in text
    import base64

    assert base64.b64encode(SECRET.encode()).decode() not in text
    assert "kind: Secret" in text
    assert "url: http://x/" in text


TERRAFORM = {
    "modules/bucket/main.tf": """variable "name" {}
variable "acl" { default = "private" }
resource "aws_s3_bucket" "this" {
  bucket = "acme-${var.name}"
  acl    = var.acl
}
output "id" {
  value = aws_s3_bucket.this.id
}
""",
    "envs/prod/main.tf": """variable "name" {}
variable "region" {}
variable "password" { sensitive = true }
module "logs" {
  source = "../../modules/bucket"
  name   = var.name
}
resource "aws_db_instance" "db" {
  count    = var.region == "x" ? 1 : 0
  password = var.password
  name     = "db-${var.region}-1"
}
""",
    "envs/prod/terraform.tfvars": f'name     = "logs"\npassword = "{SECRET}"\n',
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A Terraform root that calls a module."""
    write(tmp_path, {**TERRAFORM, "plumbrule.toml": ""})
    monkeypatch.chdir(tmp_path)
    return "envs/prod"


def test_a_root_is_printed_with_its_modules(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, root, "--origins")
    assert "module.logs.aws_s3_bucket.this" in text
    assert line_of(text, "bucket: ") == (
        "bucket: acme-logs # ../../modules/bucket/main.tf:4 <- main.tf:6 (argument of module.logs)"
        " <- terraform.tfvars:1"
    )
    assert "acl: private" in text
    assert "main.tf:2 (default of var.acl)" in line_of(text, "acl: ")


def test_unknown_values_say_why(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, root)
    assert "name: db-(unknown: var.region has no value)-1" in text
    assert "aws_db_instance.db (only if " in text
    assert "module.logs.aws_s3_bucket.this.id" not in text
    assert "(unknown: aws_s3_bucket.this.id is known after apply)" in text


def test_sensitive_variables_are_hidden(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, root, "--origins")
    assert SECRET not in text
    assert "<- terraform.tfvars:2" in line_of(text, "password: ")


def test_a_root_with_several_files_of_values_is_one_of_its_units(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {
        "infra/main.tf": (
            'variable "size" {}\nresource "vsphere_virtual_machine" "w" {\n'
            '  memory = var.size\n  folder = "web"\n}\n'
        ),
        "infra/dev.tfvars": "size = 1\n",
        "infra/prod.tfvars": "size = 8\n",
    })  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for wanted in ("infra@prod.tfvars", "prod.tfvars", "prod"):
        text = printed(capsys, "infra", "--unit", wanted)
        assert "memory: 8" in text
        assert "folder: web" in text
    assert main(["render", "infra"]) == 0
    out, err = capsys.readouterr()
    assert "memory: 1" in out
    assert "`--unit` chooses `infra@prod.tfvars`" in err


OVERLAY = {
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n"
        "  template:\n    spec:\n      containers:\n        - name: web\n"
        "          image: acme/web\n"
    ),
    "prod/kustomization.yaml": (
        "namePrefix: prod-\nresources: [../base]\npatches:\n  - path: patch.yaml\n"
        f"secretGenerator:\n  - name: pw\n    literals:\n      - pw={SECRET}\n"
    ),
    "prod/patch.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 6\n"
    ),
}


def test_an_overlay_is_printed_with_its_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, OVERLAY)
    monkeypatch.chdir(tmp_path)
    text = printed(capsys, "prod", "--origins")
    assert line_of(text, "replicas:").startswith("replicas: 6 # patch.yaml:6 (replaced here) <- ")
    assert line_of(text, "name: prod-web") == (
        "name: prod-web # kustomization.yaml:1 (prefix added here) <- ../base/web.yaml:4"
    )
    assert line_of(text, "image:") == "image: acme/web # ../base/web.yaml:11"
    assert "kind: Secret" in text
    assert SECRET not in text
    import base64

    assert base64.b64encode(SECRET.encode()).decode() not in text
    write(tmp_path, {"prod/kustomization.yaml": "resources: [../base, ../nix.yaml]\n"})
    assert main(["render", "prod"]) == 3
    assert "prod/kustomization.yaml:1" in capsys.readouterr().err


def test_a_folder_of_two_kinds_is_told_apart_by_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {**OVERLAY, "prod/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n"})
    monkeypatch.chdir(tmp_path)
    assert "prod-web" not in printed(capsys, "prod")
    assert "prod-web" in printed(capsys, "prod/kustomization.yaml")


def test_what_cannot_be_rendered_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {**TERRAFORM, "plain/x.yaml": "a: 1\n"})
    monkeypatch.chdir(tmp_path)
    for words, said in (
        (("nix",), "there is no file or folder `nix`"),
        (("plain",), "`plain` is no chart"),
        (("envs",), "`envs/prod`"),
        (("envs/prod", "--set", "a=1"), "`--set` is for charts"),
        (("envs/prod", "--unit", "nix"), "has no unit `nix`"),
    ):
        assert main(["render", *words]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.usefixtures("shop")
def test_wrong_settings_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "shop", "--set", "a[=1"]) == 2
    assert "a[=1" in capsys.readouterr().err
    assert main(["render", "shop", "-f", "nix.yaml"]) == 2
    assert "`nix.yaml` cannot be read" in capsys.readouterr().err


SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=12) | (
    st.sampled_from(["yes", "0x1f", "1e3", "012", "2024-01-01", "- a", "a: b", "a #b", "*x", "~",
                     "a\nb", "a\nb\n\n", " a\nb", "\n", "null", "1_000", "-x", "", "'", '"', "::",
                     "a:", "0o7", ".5", "+1", "1:30", "...", "---", "{}", "[]", "<<", "=", "!x"])
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner,
                                                                max_size=3),
    max_leaves=12,
)  # fmt: skip
NOWHERE = Source("x", "")


def value_of(tree: object) -> Value:
    if isinstance(tree, dict):
        return MapValue(NOWHERE, 0, 0, {key: value_of(item) for key, item in tree.items()})
    if isinstance(tree, list):
        return ListValue(NOWHERE, 0, 0, map(value_of, tree))
    return tree  # type: ignore[return-value]


@given(st.dictionaries(st.text(min_size=1, max_size=6), TREES, min_size=1, max_size=3))
def test_what_is_printed_reads_as_the_value(tree: dict[str, object]) -> None:
    spelling = Spelling()
    spelling.entries(value_of(tree), 0)
    text = "\n".join(line.text for line in spelling.lines) + "\n"
    stream = parse_yaml(Source("x.yaml", text), "1.1")
    assert not stream.problems, text
    assert [document.value for document in stream.documents] == [tree], text
