"""Jenkins: Jenkinsfiles, declarative wholly, scripted as far as they declare something."""

from plumbrule_parsers.document import Document
from plumbrule_parsers.format import Format
from plumbrule_parsers.jenkins.detect import detect
from plumbrule_parsers.source import Source


def _parse(source: Source) -> Document:
    from plumbrule_parsers.jenkins.parse import parse  # loaded where there is a Jenkinsfile

    return parse(source)


FORMAT = Format("jenkins", detect, _parse)
