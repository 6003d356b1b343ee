"""The workspace in memory: whatever happened to its files, it says what a fresh reading says."""

import datetime as dt
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plumbrule.lsp.allow import insertion_of, takes_back
from plumbrule.lsp.notes import without_secrets
from plumbrule.lsp.workspace import (
    Changes,
    Stopped,
    Workspace,
    all_notes,
    first_notes,
    loose_frame,
)

POD = """apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  containers:
    - name: web
      image: acme/web:1.0.0
      securityContext: {{capabilities: {{add: [{cap}]}}}}
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: web}}\n"
TEXTS = [
    POD.format(name="web", cap="SYS_ADMIN"),
    POD.format(name="web", cap="CHOWN"),
    POD.format(name="shop", cap="SYS_ADMIN"),
    SERVICE,
    "kind: [",
    "",
]
CONFIGS = [
    "",
    'exclude = ["b/**"]\n',
    '[rules."k8s.dangerous_capabilities"]\nenabled = false\n',
    'fail_on = "low"\n',
]
NAMES = ["a.yaml", "b/a.yaml", "b/c.yaml"]
STEPS = st.one_of(
    st.tuples(st.just("edit"), st.sampled_from(NAMES), st.sampled_from(TEXTS)),
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.sampled_from(TEXTS)),
    st.tuples(st.just("close"), st.sampled_from(NAMES), st.just("")),
    st.tuples(st.just("delete"), st.sampled_from(NAMES), st.just("")),
    st.tuples(st.just("write"), st.just("plumbrule.toml"), st.sampled_from(CONFIGS[:3])),
    st.tuples(st.just("edit"), st.just("plumbrule.toml"), st.sampled_from(CONFIGS[:3])),
)


def advanced(workspace, changes, buffers):
    return workspace.advance(changes, buffers, lambda _done, _total: None, lambda: False)


def whole(frame):
    return {path: notes for path, notes in all_notes(frame, lambda: False).items() if notes}


def fresh(folder, buffers):
    return whole(advanced(Workspace(folder), Changes(listing=True), buffers))


@pytest.fixture
def cached(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def take(step, folder, buffers):
    """Do the step as an editor would, and say what it tells the workspace."""
    what, name, text = step
    path = os.path.join(folder, name)
    if what == "edit":
        if name == "plumbrule.toml" and not Path(path).exists():
            return None
        buffers[path] = text
        return Changes(frozenset((path,)))
    if what == "close":
        buffers.pop(path, None)
        return Changes(frozenset((path,)), listing=True)
    if what == "delete":
        Path(path).unlink(missing_ok=True)
        return Changes(frozenset((path,)), listing=True)
    listing = not Path(path).exists()
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(text)
    return Changes(frozenset((path,)), listing=listing)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, min_size=1, max_size=7))
def test_edits_one_by_one_give_what_a_fresh_reading_gives(cached, steps):
    with tempfile.TemporaryDirectory() as made:
        folder = os.path.realpath(made)
        (Path(folder) / ".git").mkdir()
        workspace, buffers = Workspace(folder), {}
        frame = advanced(workspace, Changes(listing=True), buffers)
        for step in steps:
            changes = take(step, folder, buffers)
            if changes is not None:
                frame = advanced(workspace, changes, buffers)
        assert whole(frame) == fresh(folder, buffers)


def test_the_first_answer_on_an_edited_file_is_the_whole_answer_on_it(cached, tmp_path):
    folder = tmp_path / "repo"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number}.yaml").write_text(POD.format(name=f"w{number}", cap="SYS_ADMIN"))
    workspace = Workspace(str(folder))
    advanced(workspace, Changes(listing=True), {})
    path = os.path.realpath(folder / "7.yaml")
    buffers = {path: "\n" + POD.format(name="w7", cap="SYS_PTRACE")}
    frame = advanced(workspace, Changes(frozenset((path,))), buffers)
    first = first_notes(frame)
    assert set(first) == {path}
    assert first[path] == whole(frame)[path]
    assert any("SYS_PTRACE" in note.message for note in first[path])


def test_only_the_edited_file_is_parsed_again(cached, tmp_path, monkeypatch):
    folder = tmp_path / "repo"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.yaml").write_text(TEXTS[0])
    workspace = Workspace(str(folder))
    advanced(workspace, Changes(listing=True), {})
    before = dict(workspace.parsed)
    path = os.path.realpath(folder / "3.yaml")
    advanced(workspace, Changes(frozenset((path,))), {path: TEXTS[1]})
    changed = [name for name, parsed in workspace.parsed.items() if parsed is not before[name]]
    assert changed == ["3.yaml"]


def test_faulty_settings_leave_the_last_good_ones_in_force(cached, tmp_path):
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "a.yaml").write_text(TEXTS[0])
    toml = folder / "plumbrule.toml"
    toml.write_text(CONFIGS[3])
    workspace, real = Workspace(str(folder)), os.path.realpath(toml)
    assert set(whole(advanced(workspace, Changes(listing=True), {}))) == {real}
    toml.write_text(CONFIGS[2])
    frame = advanced(workspace, Changes(frozenset((real,))), {})
    assert not any(n.code == "k8s.dangerous_capabilities" for v in whole(frame).values() for n in v)
    good = whole(frame)
    frame = advanced(workspace, Changes(frozenset((real,))), {real: CONFIGS[3]})
    assert {**whole(frame), real: ()} == {**good, real: ()}


def test_work_that_nobody_waits_for_is_given_up(cached, tmp_path):
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "a.yaml").write_text(TEXTS[0])
    workspace = Workspace(str(folder))
    frame = advanced(workspace, Changes(listing=True), {})
    with pytest.raises(Stopped):
        all_notes(frame, lambda: True)
    (folder / "b.yaml").write_text(TEXTS[2])
    with pytest.raises(Stopped):
        workspace.advance(Changes(listing=True), {}, lambda _d, _t: None, lambda: True)
    # What was given up is made good by the next one.
    assert whole(advanced(workspace, Changes(listing=True), {})) == fresh(str(folder), {})


WORKFLOW = """on: push
jobs:
  a:
    runs-on: self-hosted
    steps:
      - run: {text}
"""


def of_rule(frame, path, code):
    return [note for note in all_notes(frame, lambda: False)[path] if note.code == code]


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("|\n          echo a\n          kubectl create ns demo\n", True),
        ('"echo a\n\n          kubectl create ns demo"\n', False),  # within quotes
    ],
)
def test_a_comment_is_offered_only_where_it_works(cached, text, works, tmp_path):
    path = str(tmp_path / ".github/workflows/ci.yml")
    os.makedirs(tmp_path / ".git")
    frame = loose_frame(path, WORKFLOW.format(text=text))
    (note,) = of_rule(frame, path, "ci.unguarded_kubectl_create")
    today = dt.date(2026, 1, 1)
    insertion = insertion_of(note, today)
    assert insertion is not None
    assert "until 2026-04-01 because" in insertion.text
    assert takes_back(insertion, note, frame, today) is works


def test_a_comment_keeps_the_files_line_ends_and_indentation(cached, tmp_path):
    path = str(tmp_path / "pod.yaml")
    frame = loose_frame(path, TEXTS[0].replace("\n", "\r\n"))
    (note,) = of_rule(frame, path, "k8s.dangerous_capabilities")
    insertion = insertion_of(note, dt.date(2026, 1, 1))
    assert insertion is not None
    assert insertion.text.startswith("      # plumb:allow")
    assert insertion.text.endswith("\r\n")
    assert takes_back(insertion, note, frame, dt.date(2026, 1, 1))


SECRETS = [
    "AKIA" + "EXAMPLE" * 2 + "AA",
    "ghp_" + "Ab1" * 12,
    "".join(chr(97 + (i * 7) % 26) + str(i % 10) for i in range(20)),
]


@given(st.sampled_from(SECRETS), st.sampled_from(["{}", "`{}`", "a={} b", "x: '{}'", "(`k={}`)"]))
def test_no_message_shows_a_secret(secret, shape):
    shown = without_secrets(f"cannot read {shape.format(secret)}, sorry")
    assert secret not in shown
    assert shown.startswith("cannot read")
    assert shown.endswith("sorry")


@given(st.text("abc `:=.", max_size=40))
def test_a_message_without_a_secret_is_left_alone(text):
    assert without_secrets(text) == text
