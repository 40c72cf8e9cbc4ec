"""Checks documents written in a test, without files."""

import textwrap

import pytest
from units import API, unit_of

from arazzo_runner.rules import check_description

HEAD = """\
arazzo: {version}
info: {{title: Test, version: '1'}}
sourceDescriptions:
- {{name: pets, url: pets.yaml, type: openapi}}
{more}
workflows:
- workflowId: main
  inputs: {{type: object, properties: {{id: {{type: string}}}}}}
"""


class Check:
    """``check("steps: …")`` gives the findings as (severity, code), in their order."""

    def __init__(self):
        self.found = ()

    def __call__(self, workflow, *, version="1.0.1", more="", after="", **options):
        """*more* stands before the workflows, *after* behind the first of them."""
        text = HEAD.format(version=version, more=textwrap.dedent(more))
        text += textwrap.indent(textwrap.dedent(workflow), "  ") + after
        return self.text(text, **options)

    def of(self, code):
        """The findings with that code."""
        return [each for each in self.found if each.code == code]

    def lines(self, code):
        """Where they are."""
        return [each.location.line for each in self.of(code)]

    def text(
        self, text, *, strict=False, sources=True, uri="test.arazzo.yaml", **texts
    ):
        """*texts*: of the source descriptions by name, beside or instead of ``pets``."""
        unit, warnings = unit_of(text, {"pets": API, **texts}, uri)
        checked = check_description(unit, strict=strict, sources=sources)
        self.found = (*warnings, *checked)
        return [(each.severity, each.code) for each in self.found]


@pytest.fixture
def check():
    return Check()
