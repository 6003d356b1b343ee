"""`plumb why` says why a value beside a speaking name is no secret, or that it is one."""

from pathlib import Path

import pytest

from plumbrule.__main__ import main

OBJECTS = """apiVersion: v1
kind: Secret
metadata: {name: db}
stringData:
  password: changeme
  token: vault:secret/data/shop
  user: shop
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: acme/web:1.0.0
      env:
        - {name: DB_PASSWORD, value: s3same-0pen-1}
"""


@pytest.mark.parametrize(
    ("rule", "node", "lines"),
    [
        (
            "secrets.kubernetes_secret",
            "Secret db",
            (
                "password (it is a placeholder)",
                "token (it refers to a value that stands elsewhere)",
                "user (nothing says that it is a secret)",
                "verdict: pass",
            ),
        ),
        (
            "secrets.container_env",
            "variable DB_PASSWORD",
            ("it is a secret", "verdict: violation"),
        ),
    ],
)
def test_the_reason_is_told(
    rule: str, node: str, lines: tuple[str, ...], tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "all.yaml").write_text(OBJECTS)
    assert main(["why", rule, node, str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert all(line in shown for line in lines)
    assert "s3same" not in shown
