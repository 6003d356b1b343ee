"""Memory: what formats resolved is used again only while all that they looked at is as it was."""

from plumbrule.cli.prepare import rules_of
from plumbrule.config import Config
from plumbrule.scan.files import ScannedFiles
from plumbrule.scan.parse_files import Parsed, parse_file
from plumbrule.scan.scan import Model, Resolved, connect

PACK = rules_of(Config())
TEXTS = {
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "chart/values.yaml": "tag: '1'\n",
    "chart/templates/pod.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n"
        '    - name: {{ .Files.Get "name.txt" }}\n      image: acme/web:{{ .Values.tag }}\n'
    ),
    "chart/name.txt": "front",
    "other.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: other}\n",
}


class Session:
    """A model that is made again and again, as an editor does."""

    def __init__(self) -> None:
        self.texts = dict(TEXTS)
        self.parsed: dict[str, Parsed] = {}
        self.memory: dict[str, Resolved] = {}
        for path, text in TEXTS.items():
            self.write(path, text)

    def write(self, path: str, text: str) -> None:
        self.texts[path] = text
        self.parsed[path] = parse_file(path, ScannedFiles(None, (), self.texts))

    def model(self, memory: dict[str, Resolved] | None) -> Model:
        tree = ScannedFiles(None, (), self.texts)
        parsed = [self.parsed[path] for path in sorted(self.parsed)]
        return connect(parsed, [], tree, Config(), PACK, memory)

    def images(self) -> list[tuple[str, object, object]]:
        """What the model with memory says, which must be what a fresh one says."""
        made = self.model(self.memory)
        assert made.graph.nodes.keys() == self.model(None).graph.nodes.keys()
        found = [
            [
                (node.address, node.fields.get("name"), node.fields.get("image"))
                for node in model.graph.extent("k8s.Container")
            ]
            for model in (made, self.model(None))
        ]
        assert found[0] == found[1]
        assert made.states == self.model(None).states
        return found[0]


def test_an_edit_elsewhere_renders_nothing_again() -> None:
    session = Session()
    first = session.images()
    kept = session.memory["helm"]
    session.write("other.yaml", TEXTS["other.yaml"].replace("other", "another"))
    assert session.images() == first
    assert session.memory["helm"] is kept


def test_an_edit_of_what_was_looked_at_does() -> None:
    session = Session()
    assert session.images()[0][1:] == ("front", "acme/web:1")
    session.write("chart/values.yaml", "tag: '2'\n")
    assert session.images()[0][1:] == ("front", "acme/web:2")
    session.write("chart/name.txt", "back")
    assert session.images()[0][1:] == ("back", "acme/web:2")


def test_a_file_that_appears_does() -> None:
    session = Session()
    session.images()
    kept = session.memory["helm"]
    session.write("chart/.helmignore", "templates/\n")
    session.images()
    assert session.memory["helm"] is not kept
