"""The language server as editors meet it: over standard input and output, one process a test."""

import asyncio
import datetime as dt
import json
import sys
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

from plumbrule.lsp.uris import uri_of

WAIT = 20.0  # seconds until a test that waits for something gives up
POD = """apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: acme/web:1.0.0
      securityContext:
        capabilities: {add: [SYS_ADMIN]}
"""
pytestmark = pytest.mark.asyncio
RULE = "k8s.dangerous_capabilities"
FIXED = POD.replace("SYS_ADMIN", "NET_BIND_SERVICE")
SERVER = [sys.executable, "-m", "plumbrule.lsp.server"]


class Editor:
    """A client with a workspace, and the few things that tests do with it."""

    def __init__(self, client: LanguageClient, root: Path) -> None:
        self.client, self.root = client, root
        self.versions: dict[str, int] = {}
        self.seen: list[types.PublishDiagnosticsParams] = []

    def uri(self, name: str) -> str:
        return uri_of(self.root / name)

    def write(self, name: str, text: str) -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return uri_of(path)

    def remove(self, name: str) -> None:
        (self.root / name).unlink()

    async def start(self, capabilities=None, **options):
        params = types.InitializeParams(
            capabilities=capabilities or client_capabilities("visual-studio-code"),
            workspace_folders=[types.WorkspaceFolder(uri_of(self.root), "root")],
            **options,
        )
        return await self.client.initialize_session(params)

    def open(self, uri: str, text: str) -> None:
        self.versions[uri] = 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "yaml", 1, text))
        )

    def change(self, uri: str, text: str) -> None:
        self.versions[uri] += 1
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(self.versions[uri], uri),
            [types.TextDocumentContentChangeWholeDocument(text)],
        ))  # fmt: skip

    def save(self, uri: str) -> None:
        self.client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri))
        )

    def close(self, uri: str) -> None:
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        )

    def told(self, uri: str) -> list[types.Diagnostic]:
        return list(self.client.diagnostics.get(uri, ()))

    def codes(self, uri: str) -> list[str]:
        return sorted(str(one.code) for one in self.told(uri) if one.severity != 4)

    async def until(self, condition) -> None:
        """Wait until the condition holds of what the server has said."""

        async def wait() -> None:
            while not condition():
                await self.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)

        await asyncio.wait_for(wait(), WAIT)

    async def settled(self, uri: str, *codes: str) -> None:
        await self.until(
            lambda: uri in self.client.diagnostics and self.codes(uri) == sorted(codes)
        )

    async def quiet(self, seconds: float = 0.6) -> None:
        """Let the server say whatever it still has to say."""
        await asyncio.sleep(seconds)

    async def actions(self, uri: str, at: types.Range, *only: str) -> list[types.CodeAction]:
        found = await self.client.text_document_code_action_async(types.CodeActionParams(
            types.TextDocumentIdentifier(uri), at,
            types.CodeActionContext(self.told(uri), only=list(only) or None),
        ))  # fmt: skip
        return list(found or ())


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest_asyncio.fixture
async def editor(tmp_path, cache, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    root = tmp_path / "repo"
    (root / ".git").mkdir(parents=True)
    client = make_test_lsp_client()
    client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda _params: None)
    await client.start_io(*SERVER)
    server = client._server  # noqa: SLF001 - the only way to end a server that does not answer
    try:
        yield Editor(client, root)
        await asyncio.wait_for(client.shutdown_session(), WAIT)
    finally:
        if server.returncode is None:
            server.kill()
        await client.stop()


async def test_it_pushes_diagnostics_and_offers_no_pull(editor):
    made = await editor.start()
    assert made.capabilities.diagnostic_provider is None
    assert made.capabilities.hover_provider
    assert made.capabilities.code_action_provider.code_action_kinds == (
        "quickfix", "source.fixAll.plumbrule",
    )  # fmt: skip
    assert made.server_info.name == "plumbrule"


async def test_a_finding_goes_when_it_is_put_right_in_the_editor(editor):
    uri = editor.write("pod.yaml", POD)
    await editor.start()
    editor.open(uri, POD)
    await editor.settled(uri, RULE)
    (found,) = (one for one in editor.told(uri) if one.code == RULE)
    assert found.severity == types.DiagnosticSeverity.Error
    assert found.source == "plumbrule"
    assert found.range.start.line == 7  # `securityContext:`, where the finding points
    assert found.range.end.line == 7
    assert found.data["kind"] == "finding"
    assert len(found.data["fingerprint"]) == 32
    assert found.code_description is None
    editor.change(uri, FIXED)
    await editor.settled(uri)


async def test_files_that_are_not_open_are_told_of_and_cleared_when_deleted(editor):
    uri = editor.write("deep/pod.yaml", POD)
    await editor.start()
    await editor.settled(uri, RULE)
    editor.remove("deep/pod.yaml")
    editor.client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams([types.FileEvent(uri, types.FileChangeType.Deleted)])
    )
    await editor.settled(uri)
    assert editor.told(uri) == []


async def test_a_change_on_disk_is_seen_and_unsaved_text_wins_over_it(editor):
    uri = editor.write("pod.yaml", POD)
    other = editor.write("other.yaml", FIXED)
    await editor.start()
    await editor.settled(uri, RULE)
    editor.open(uri, FIXED)  # never saved
    await editor.settled(uri)
    editor.write("other.yaml", POD.replace("name: web}", "name: other}"))
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([
        types.FileEvent(one, types.FileChangeType.Changed) for one in (uri, other)
    ]))  # fmt: skip
    await editor.settled(other, RULE)
    await editor.quiet()
    assert editor.codes(uri) == []
    editor.close(uri)  # and the disk counts again
    await editor.settled(uri, RULE)


async def test_saving_looks_at_other_files_too(editor):
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}}\n"
    labelled = FIXED.replace("{name: web}", "{name: web, labels: {app: web}}")
    uri, pod = editor.write("service.yaml", service), editor.write("pod.yaml", labelled)
    await editor.start()
    editor.open(pod, labelled)
    await editor.until(lambda: pod in editor.client.diagnostics)
    await editor.quiet()
    assert "k8s.service_selects_nothing" not in editor.codes(uri)
    editor.change(pod, labelled.replace("app: web", "app: shop"))
    editor.save(pod)
    await editor.until(lambda: "k8s.service_selects_nothing" in editor.codes(uri))


async def test_a_result_for_an_old_version_is_never_shown(editor):
    uri = editor.write("pod.yaml", POD)
    await editor.start()
    editor.open(uri, POD)
    await editor.settled(uri, RULE)
    for count in range(10):
        editor.change(uri, POD + f"# {count}\n")
    editor.change(uri, FIXED)
    await editor.settled(uri)
    await editor.quiet()
    assert editor.codes(uri) == []


async def test_columns_are_in_the_unit_that_was_agreed_on(editor):
    text = POD.replace("- name: web", "- {name: '😀', image: 'a:1', securityContext: "
                       "{capabilities: {add: [SYS_ADMIN]}}}\n    - name: web")  # fmt: skip
    uri = editor.write("pod.yaml", text)
    capabilities = client_capabilities("visual-studio-code")
    capabilities.general.position_encodings = ["utf-32", "utf-16"]
    made = await editor.start(capabilities)
    assert made.capabilities.position_encoding == "utf-32"
    editor.open(uri, text)
    await editor.settled(uri, RULE, RULE)
    line = text.split("\n")[5]
    first = min((one.range for one in editor.told(uri) if one.code == RULE),
                key=lambda found: found.start.line)  # fmt: skip
    assert first.start == types.Position(5, line.index("securityContext"))


async def test_columns_are_in_utf_16_where_nothing_else_was_offered(editor):
    text = POD.replace("- name: web", "- {name: '😀', image: 'a:1', securityContext: "
                       "{capabilities: {add: [SYS_ADMIN]}}}\n    - name: web")  # fmt: skip
    uri = editor.write("pod.yaml", text)
    capabilities = client_capabilities("visual-studio-code")
    capabilities.general.position_encodings = None
    await editor.start(capabilities)
    editor.open(uri, text)
    await editor.settled(uri, RULE, RULE)
    line = text.split("\n")[5]
    first = min((one.range for one in editor.told(uri) if one.code == RULE),
                key=lambda found: found.start.line)  # fmt: skip
    assert first.start == types.Position(5, line.index("securityContext") + 1)


async def test_a_file_that_cannot_be_read_is_a_diagnostic(editor):
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: [\n"
    uri = editor.write("pod.yaml", text)
    await editor.start()
    editor.open(uri, text)
    await editor.until(lambda: editor.told(uri))
    assert all(one.data["kind"] == "problem" for one in editor.told(uri))
    assert any(one.severity == types.DiagnosticSeverity.Error for one in editor.told(uri))


OPEN_PORT = """variable "open" { type = string }
resource "aws_security_group" "s" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = [var.open]
  }
}
"""


async def test_an_undecided_rule_is_a_review_and_says_why(editor):
    text = OPEN_PORT
    uri = editor.write("main.tf", text)
    await editor.start()
    editor.open(uri, text)
    await editor.until(lambda: any(one.data["kind"] == "review" for one in editor.told(uri)))
    found = next(one for one in editor.told(uri) if one.data["kind"] == "review")
    assert found.severity == types.DiagnosticSeverity.Hint
    assert found.message.startswith("review: ")
    assert "because of" in found.message


async def test_hover_explains_the_rule(editor):
    uri = editor.write("pod.yaml", POD)
    await editor.start()
    editor.open(uri, POD)
    await editor.settled(uri, RULE)
    (found,) = (one for one in editor.told(uri) if one.code == RULE)
    document = types.TextDocumentIdentifier(uri)
    hover = await editor.client.text_document_hover_async(
        types.HoverParams(document, found.range.start)
    )
    text = hover.contents.value
    for part in (RULE, "**Why:**", "**What to do:**", f"# plumb:allow {RULE} until "):
        assert part in text
    nowhere = await editor.client.text_document_hover_async(
        types.HoverParams(document, types.Position(0, 0))
    )
    assert nowhere is None


async def test_the_code_action_makes_an_exempted_finding(editor):
    uri = editor.write("pod.yaml", POD)
    await editor.start()
    editor.open(uri, POD)
    await editor.settled(uri, RULE)
    (found,) = (one for one in editor.told(uri) if one.code == RULE)
    (action,) = [one for one in await editor.actions(uri, found.range) if RULE in one.title]
    (edited,) = action.edit.document_changes
    assert edited.text_document.version == 1
    (edit,) = edited.edits
    day = dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=90)
    assert edit.new_text == f'      # plumb:allow {RULE} until {day} because "..."\n'
    assert edit.range.start == edit.range.end == types.Position(found.range.start.line, 0)
    lines = POD.splitlines(keepends=True)
    lines.insert(edit.range.start.line, edit.new_text)
    editor.change(uri, "".join(lines))
    await editor.settled(uri)


DOCKERFILE = "FROM acme/python:3\nADD req.txt /app/\nADD app.py /app/\nADD https://x.io/a /a/\n"
ADD = "docker.add_for_local_file"


def applied(text: str, edit: types.WorkspaceEdit) -> str:
    """The text after an edit of its one file, ASCII only."""
    (change,) = edit.document_changes
    lines = [0]
    for line in text.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    for one in sorted(change.edits, key=lambda one: -lines[one.range.start.line]):
        start = lines[one.range.start.line] + one.range.start.character
        end = lines[one.range.end.line] + one.range.end.character
        text = text[:start] + one.new_text + text[end:]
    return text


async def test_a_fix_is_offered_and_clears_its_finding(editor):
    uri = editor.write("Dockerfile", DOCKERFILE)
    editor.write("req.txt", "")
    await editor.start()
    editor.open(uri, DOCKERFILE)
    await editor.settled(uri, ADD, ADD)
    found = min(
        (one for one in editor.told(uri) if one.code == ADD), key=lambda one: str(one.range)
    )
    (action,) = [one for one in await editor.actions(uri, found.range) if "fix" in one.title]
    assert (action.title, action.kind, action.is_preferred) == ("fix: use COPY", "quickfix", True)
    assert [one.code for one in action.diagnostics] == [ADD]
    text = applied(DOCKERFILE, action.edit)
    assert text == DOCKERFILE.replace("ADD req", "COPY req")
    editor.change(uri, text)
    await editor.settled(uri, ADD)


async def test_all_safe_fixes_of_a_file_come_at_once_where_they_are_asked_for(editor):
    uri = editor.write("Dockerfile", DOCKERFILE)
    await editor.start()
    editor.open(uri, DOCKERFILE)
    await editor.settled(uri, ADD, ADD)
    everywhere = types.Range(types.Position(0, 0), types.Position(9, 0))
    for only in ("source.fixAll", "source.fixAll.plumbrule", "source"):
        (action,) = await editor.actions(uri, everywhere, only)
        assert action.kind == "source.fixAll.plumbrule"
        text = applied(DOCKERFILE, action.edit)
        assert text == DOCKERFILE.replace("ADD req", "COPY req").replace("ADD app", "COPY app")
    assert await editor.actions(uri, everywhere, "source.organizeImports") == []
    assert all(one.kind == "quickfix" for one in await editor.actions(uri, everywhere))


async def test_json_has_no_comments_so_nothing_is_offered(editor):
    text = json.dumps({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "web", "image": "acme/web:1.0.0", "securityContext": {
            "capabilities": {"add": ["SYS_ADMIN"]}}}]},
    }, indent=2)  # fmt: skip
    uri = editor.write("pod.json", text)
    await editor.start()
    editor.open(uri, text)
    await editor.settled(uri, RULE)
    (found,) = (one for one in editor.told(uri) if one.code == RULE)
    assert await editor.actions(uri, found.range) == []


async def test_settings_are_respected_reloaded_and_their_faults_shown(editor):
    uri = editor.write("pod.yaml", POD)
    off = f'[rules."{RULE}"]\nenabled = false\n'
    toml = editor.write("plumbrule.toml", off)
    await editor.start()
    editor.open(uri, POD)
    editor.open(toml, off)
    await editor.until(lambda: uri in editor.client.diagnostics)
    await editor.quiet()
    assert RULE not in editor.codes(uri)
    editor.change(toml, off.replace("false", "true"))  # unsaved, and in force
    await editor.settled(uri, RULE)
    editor.change(toml, off.replace("enabled", "enable"))
    await editor.settled(toml, "config")
    assert "did you mean `enabled`?" in editor.told(toml)[0].message
    assert editor.told(toml)[0].range.start.line == 1
    assert editor.codes(uri) == [RULE]  # the last good settings stay in force
    editor.change(toml, '[rules."k8s.nothing"]\nenabled = false\n')
    await editor.until(lambda: "there is no rule" in str([d.message for d in editor.told(toml)]))
    editor.change(toml, off)
    await editor.settled(toml)
    await editor.settled(uri)


async def test_nothing_is_claimed_under_settings_that_cannot_be_read(editor):
    uri = editor.write("pod.yaml", POD)
    toml = editor.write("plumbrule.toml", "fail-on = \n")
    await editor.start()
    await editor.settled(toml, "config")
    await editor.quiet()
    assert editor.codes(uri) == []
    assert any("nothing is checked" in one.message for one in editor.client.messages)


OWN_RULE = """plumbrule 1

rule own.named_web {
  title "A pod is called web"
  severity low
  why "It says nothing."
  remedy "Call it after what it does."
  match p: k8s.Pod
  where p.name == "web"
  report at p.name "pod {p.name}"
  test "web" fails { file "p.yaml" \"\"\"
    apiVersion: v1
    kind: Pod
    metadata: {name: web}    #! finding
  \"\"\" }
}
"""


async def test_rule_files_of_ones_own_are_checked_and_in_force_while_they_are_edited(editor):
    uri = editor.write("pod.yaml", FIXED)
    editor.write("plumbrule.toml", 'packs = ["policy"]\n')
    rule = editor.write("policy/named_web.plumb", OWN_RULE)
    await editor.start()
    await editor.settled(uri, "own.named_web")
    editor.open(rule, OWN_RULE)
    editor.change(rule, OWN_RULE.replace("p.name ==", "p.nam =="))
    await editor.settled(rule, "E102")
    editor.change(rule, OWN_RULE.replace("where", "were"))
    await editor.until(lambda: "E003" in editor.codes(rule))
    editor.change(rule, OWN_RULE.replace('"web"\n', '"shop"\n'))
    await editor.settled(rule)
    await editor.settled(uri)


async def test_a_rule_file_in_no_pack_is_checked_too(editor):
    text = OWN_RULE.replace("k8s.Pod", "k8s.Pot")
    uri = editor.write("draft.plumb", text)
    await editor.start()
    editor.open(uri, text)
    await editor.settled(uri, "E101")


async def test_secrets_are_never_shown_whole(editor):
    secret = "AKIA" + "EXAMPLE" * 2 + "AA"
    text = f'variable "db_password" {{\n  default = "{secret}"\n}}\n'
    uri = editor.write("main.tf", text)
    await editor.start()
    editor.open(uri, text)
    await editor.until(lambda: "tf.secret_in_variable_default" in editor.codes(uri))
    found = next(one for one in editor.told(uri) if one.code == "tf.secret_in_variable_default")
    hover = await editor.client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(uri), found.range.start)
    )
    said = [one.message for one in editor.told(uri)] + [hover.contents.value]
    assert not any(secret in text for text in said)


async def test_odd_uris_and_orders_do_no_harm(editor, tmp_path):
    inside = editor.write("a b/é#1.yaml", POD)
    outside = tmp_path / "elsewhere" / "pod.yaml"
    outside.parent.mkdir()
    outside.write_text(FIXED)
    (editor.root / "link.yaml").symlink_to(outside)
    (editor.root / "loop.yaml").symlink_to(editor.root / "loop.yaml")
    await editor.start()
    await editor.settled(inside, RULE)
    for uri in ("untitled:Untitled-1", "file:///c%3A/work/pod.yaml", "git:/a/p.yaml?x", "nonsense",
                editor.uri("loop.yaml"), editor.uri("gone/../../../etc/x.yaml")):  # fmt: skip
        editor.open(uri, POD)
        editor.change(uri, FIXED)
        editor.save(uri)
        editor.close(uri)
    editor.close("file:///never/opened")
    stranger = types.VersionedTextDocumentIdentifier(1, "file:///never/opened.yaml")
    editor.client.text_document_did_change(types.DidChangeTextDocumentParams(
        stranger, [types.TextDocumentContentChangeWholeDocument("x")]))  # fmt: skip
    assert await editor.actions("file:///never/opened.yaml", types.Range(
        types.Position(0, 0), types.Position(9, 9))) == []  # fmt: skip
    spelled = inside.replace("/a%20b/", "/%61%20b/")  # the same file, spelled in another way
    editor.open(spelled, POD)
    await editor.settled(spelled, RULE)
    assert editor.told(inside) == []  # one file is told of once
    editor.change(spelled, FIXED)
    await editor.settled(spelled)


async def test_a_file_outside_the_workspace_is_checked_alone_and_cleared_on_close(editor, tmp_path):
    await editor.start()
    outside = tmp_path / "elsewhere" / "pod.yaml"
    uri = uri_of(outside)  # not even on the disk
    editor.open(uri, POD)
    await editor.settled(uri, RULE)
    editor.close(uri)
    await editor.settled(uri)


async def test_a_link_inside_means_the_file_it_leads_to(editor):
    editor.write("real/pod.yaml", POD)
    (editor.root / "link.yaml").symlink_to("real/pod.yaml")
    await editor.start()
    await editor.settled(editor.uri("real/pod.yaml"), RULE)
    editor.open(editor.uri("link.yaml"), FIXED)
    await editor.settled(editor.uri("real/pod.yaml"))
    assert editor.codes(editor.uri("link.yaml")) == []


async def test_the_first_reading_has_a_progress_bar_where_one_is_possible(editor):
    editor.write("pod.yaml", POD)
    await editor.start()
    await editor.settled(editor.uri("pod.yaml"), RULE)
    (steps,) = editor.client.progress_reports.values()
    assert isinstance(steps[0], types.WorkDoneProgressBegin)
    assert isinstance(steps[-1], types.WorkDoneProgressEnd)


async def test_an_editor_that_can_do_little_is_served_too(editor):
    uri = editor.write("pod.yaml", POD)
    await editor.start(types.ClientCapabilities())
    editor.open(uri, POD)
    await editor.settled(uri, RULE)
    (found,) = (one for one in editor.told(uri) if one.code == RULE)
    assert found.related_information is None
    (action,) = [one for one in await editor.actions(uri, found.range) if RULE in one.title]
    assert list(action.edit.changes) == [uri]
    assert not editor.client.progress_reports


async def test_an_excluded_file_says_that_it_is_not_checked(editor):
    editor.write("plumbrule.toml", 'exclude = ["**/vendored.yaml"]\n')
    uri = editor.write("vendored.yaml", POD)
    await editor.start()
    editor.open(uri, POD)
    await editor.until(lambda: editor.told(uri))
    (found,) = editor.told(uri)
    assert found.message == "not checked: excluded by the configuration"
    assert found.severity == types.DiagnosticSeverity.Hint


async def test_a_clean_open_file_is_told_so_for_its_version(editor):
    uri = editor.write("pod.yaml", FIXED)
    await editor.start()
    editor.open(uri, FIXED)
    await editor.settled(uri)


async def test_the_server_ends_when_its_input_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    server = await asyncio.create_subprocess_exec(
        *SERVER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asyncio.wait_for(server.communicate(b""), WAIT)
    assert said == b""


async def test_folders_can_come_and_go(editor, tmp_path):
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    (other / "pod.yaml").write_text(POD)
    await editor.start()
    folder = types.WorkspaceFolder(uri_of(other), "other")

    def tell(added, removed) -> None:
        editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(
            types.WorkspaceFoldersChangeEvent(added, removed)))  # fmt: skip

    tell([folder], [])
    await editor.settled(uri_of(other / "pod.yaml"), RULE)
    tell([], [folder])
    await editor.settled(uri_of(other / "pod.yaml"))


async def test_hover_tells_what_a_setting_of_terraform_is_and_where_from(editor):
    secret = "not-a-real-" + "secret-" + "x" * 20
    main = (
        'variable "name" {}\nvariable "pw" { sensitive = true }\n'
        'resource "aws_db_instance" "db" {\n  name     = "db-${var.name}"\n  password = var.pw\n'
        '  engine   = "postgres"\n}\n'
    )
    uri = editor.write("main.tf", main)
    editor.write("terraform.tfvars", f'name = "shop"\npw   = "{secret}"\n')
    await editor.start()
    editor.open(uri, main)
    await editor.until(lambda: uri in editor.client.diagnostics)
    await editor.quiet()

    async def hover(line: int, column: int = 5) -> str:
        found = await editor.client.text_document_hover_async(types.HoverParams(
            types.TextDocumentIdentifier(uri), types.Position(line, column)
        ))  # fmt: skip
        return found.contents.value if found is not None else ""

    assert "name: db-shop" in await hover(3)
    assert "terraform.tfvars:1" in await hover(3, 20)
    assert "terraform.tfvars:2" in await hover(4)
    assert secret not in await hover(4)
    assert "engine" not in await hover(5)  # a literal says all by itself
    edited = main.replace("db-$", "base-$")
    editor.change(uri, edited)
    await editor.quiet(1.0)
    assert "name: base-shop" in await hover(3)


async def test_hover_tells_what_a_values_key_reaches(editor):
    values = "image: acme/web\nprobe:\n  enabled: false\nunused: 1\n"
    editor.write("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
    editor.write("templates/web.yaml", (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n"
        "    - name: web\n      image: {{ .Values.image }}\n"
        "      {{- if .Values.probe.enabled }}\n      readinessProbe: {}\n      {{- end }}\n"
    ))  # fmt: skip
    uri = editor.write("values.yaml", values)
    await editor.start()
    editor.open(uri, values)
    await editor.until(lambda: uri in editor.client.diagnostics)
    await editor.quiet()
    told = []
    for line in (0, 2, 3):
        hover = await editor.client.text_document_hover_async(types.HoverParams(
            types.TextDocumentIdentifier(uri), types.Position(line, 3)
        ))  # fmt: skip
        told.append(hover.contents.value)
    assert "Pod web: `spec.containers[0].image` (web.yaml:8)" in told[0]
    assert "`{{- if .Values.probe.enabled }}` (web.yaml:9)" in told[1]
    assert "no template reads this key" in told[2]
