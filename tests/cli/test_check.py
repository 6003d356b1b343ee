"""`plumb check` as people and pipelines call it: exit codes, outputs, choices, errors."""

import json
from pathlib import Path

import pytest

from plumbrule.__main__ import main

DATABASE = 'resource "aws_db_instance" "shop" {\n  engine = "postgres"\n}\n'
SAFE = 'resource "aws_db_instance" "shop" {\n  deletion_protection = true\n}\n'
RULE = "tf.database_without_deletion_protection"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.tf").write_text(DATABASE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path / "repo")
    return tmp_path / "repo"


def concise(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    code = main(["check", "--output", "concise", *words])
    return code, capsys.readouterr().out.splitlines()


def test_a_finding_fails_the_run(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = concise(capsys)
    assert code == 1
    assert any(line.startswith("main.tf:1:1") and RULE in line for line in lines)


def test_a_clean_run_is_zero(repository: Path) -> None:
    (repository / "main.tf").write_text(SAFE)
    assert main(["check"]) == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--fail-on", "critical"], 0),
        (["--fail-on", "high"], 1),
        (["--fail-on", "info"], 1),
        (["--fail-on", "never"], 0),
        (["--exit-zero"], 0),
        (["--without", RULE], 0),
        (["--without", "tf.*"], 0),
        (["--rule", "ci.unpinned_action"], 0),
        (["--rule", RULE], 1),
    ],
)
def test_the_gate_can_be_moved(repository: Path, words: list[str], code: int) -> None:
    assert main(["check", *words]) == code


def test_what_cannot_be_read_is_incomplete_and_hides_nothing(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "broken.tf").write_text('resource "a" "b" {\n  x = = 1\n}\n')
    code, lines = concise(capsys)
    assert code == 3
    assert any("broken.tf:2" in line for line in lines)
    assert any(RULE in line for line in lines)
    assert main(["check", "--allow-incomplete"]) == 1
    (repository / "main.tf").write_text(SAFE)
    assert main(["check"]) == 3
    assert main(["check", "--allow-incomplete"]) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "there is no file or folder `nowhere`"),
        (["--rule", "tf.database_without_deletion_protecton"], f"did you mean `{RULE}`?"),
        (["--output", "sarrif"], "there is no output format `sarrif`"),
        (["--output", "json", "--output", "sarif"], "two outputs cannot share standard output"),
        (["--output", "json="], "names no file"),
        (["--output", "json=no/such/folder/x.json"], "cannot be written"),
        (["--today", "tomorrow"], "`--today` takes a day as YYYY-MM-DD"),
        (["--jobs", "0"], "takes a whole number from 1, not `0`"),
        (["--config", "x.toml"], "there is no settings file `x.toml`"),
        (["--fail-on", "bad"], "invalid choice"),
        (["--frobnicate"], "unrecognized arguments"),
    ],
)
def test_usage_errors_are_one_clear_line(
    repository: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["check", *words]) == 2
    _out, err = capsys.readouterr()
    assert message in err
    assert err.startswith("error: ")
    assert "Traceback" not in err


def test_an_empty_folder_is_a_usage_error(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "empty").mkdir()
    assert main(["check", "empty"]) == 2
    assert "no file was found to check" in capsys.readouterr().err


def test_several_outputs_in_one_run(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", "-o", "json=out.json", "-o", "sarif=out.sarif", "-o", "concise"])
    assert code == 1
    assert RULE in capsys.readouterr().out
    report = json.loads((repository / "out.json").read_text())
    assert [finding["rule"] for finding in report["findings"]] == [RULE]
    log = json.loads((repository / "out.sarif").read_text())
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == [RULE]


def test_paths_are_named_from_the_configured_root(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file keeps its name, environment and fingerprint whichever folder is scanned."""
    (repository / "plumbrule.toml").write_text('[environments]\nprod = ["live/**"]\n')
    (repository / "live").mkdir()
    (repository / "live" / "main.tf").write_text(DATABASE)
    (repository / "main.tf").unlink()
    main(["check", "-o", "json=whole.json"])
    main(["check", "live", "-o", "json=part.json"])
    whole, part = (
        json.loads((repository / name).read_text())["findings"]
        for name in ("whole.json", "part.json")
    )
    assert whole == part
    assert concise(capsys, "live")[1][0].startswith("live/main.tf:1:1")


def test_settings_of_the_nearest_file_apply(repository: Path) -> None:
    (repository / "plumbrule.toml").write_text(f'[rules."{RULE}"]\nseverity = "low"\n')
    assert main(["check"]) == 0
    assert main(["check", "--no-config"]) == 1
    (repository / "plumbrule.toml").write_text(f'[rules."{RULE}"]\nenabled = false\n')
    assert main(["check", "--fail-on", "info"]) == 0
    (repository / "plumbrule.toml").write_text(
        f'fail-on = "info"\n[rules."{RULE}"]\nparams = {{ types = ["aws_rds_cluster"] }}\n'
    )
    assert main(["check"]) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fail-on = high\n", "plumbrule.toml:1"),
        ('fail_on = "high"\n', "unknown key `fail_on`; did you mean `fail-on`?"),
        ('[rules."tf.nothing"]\nenabled = false\n', "there is no rule `tf.nothing`"),
        (f'[rules."{RULE}"]\nparams = {{ typs = [] }}\n', "has no parameter `typs`"),
        (f'[rules."{RULE}"]\nparams = {{ types = 3 }}\n', "is wanted, not 3"),
        ('packs = ["policies"]\n', "there is no rule file or folder `policies`"),
    ],
)
def test_faults_of_the_configuration_stop_the_run(
    repository: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (repository / "plumbrule.toml").write_text(text)
    assert main(["check"]) == 2
    assert message in capsys.readouterr().err


def test_rules_of_your_own(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "policies").mkdir()
    rule = (
        'plumbrule 1\nrule acme.engine {\n  title "x"\n  severity low\n  match r: tf.Resource\n'
        '  where r["engine"] == "postgres"\n  report at r["engine"] "engine {r[\'engine\']}"\n}\n'
    )
    (repository / "policies" / "engine.plumb").write_text(rule)
    (repository / "plumbrule.toml").write_text('packs = ["policies"]\n')
    code, lines = concise(capsys, "--rule", "acme.engine", "--fail-on", "low")
    assert code == 1
    assert any(line.startswith("main.tf:2:3") and "engine postgres" in line for line in lines)
    (repository / "policies" / "engine.plumb").write_text(rule.replace("engine}", "engine"))
    (repository / "policies" / "engine.plumb").write_text(rule.replace("r: tf.Resource", "r: tf.X"))
    assert main(["check"]) == 2
    assert "policies/engine.plumb:5" in capsys.readouterr().err


def test_a_comment_takes_a_finding_back_until_its_day(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allow = f'# plumb:allow {RULE} until 2027-01-31 because "moves to the new cluster"\n'
    (repository / "main.tf").write_text(allow + DATABASE)
    assert main(["check", "--today", "2027-01-31"]) == 0
    assert main(["check", "--today", "2027-02-01"]) == 1
    assert main(["check", "--today", "2027-01-31", "--no-allowances"]) == 1
    (repository / "main.tf").write_text(allow.replace(" until 2027-01-31", "") + DATABASE)
    assert main(["check"]) == 1


def test_redirected_output_has_no_colour_and_forced_has(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    main(["check"])
    assert "\x1b[" not in capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    main(["check"])
    assert "\x1b[" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    main(["check"])
    assert "\x1b[" not in capsys.readouterr().out
    main(["check", "--color", "always"])
    assert "\x1b[" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["templates/pod.yaml", "templates/_helpers.tpl"])
def test_a_template_that_does_not_parse_is_incomplete(
    repository: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """It was a warning once: a cut-off template passed the gate without its objects."""
    (repository / "main.tf").write_text(SAFE)
    (repository / "templates").mkdir()
    (repository / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
    (repository / "templates" / "pod.yaml").write_text(pod)
    assert main(["check"]) == 0
    (repository / name).write_text(pod + "{{ if .Values.x }\n")
    code, lines = concise(capsys)
    assert code == 3
    assert any(line.startswith(f"{name}:4:") and "error[template-syntax]" in line for line in lines)


def test_a_chart_that_refuses_its_defaults_is_complete(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "main.tf").write_text(SAFE)
    (repository / "templates").mkdir()
    (repository / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (repository / "templates" / "pod.yaml").write_text('{{ required "a name" .Values.name }}\n')
    code, lines = concise(capsys)
    assert code == 0
    assert any("warning[chart-refuses]" in line for line in lines)
