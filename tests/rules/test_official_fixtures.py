"""
The fixtures of the specification's own repository: what must fail does, for the reason meant,
and what must pass has the findings listed here, each of them right.
"""

import json
from pathlib import Path

import pytest
import yaml

from arazzo_runner import check

DATA = Path("../shared/spec/data")
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the specification's fixtures are not here"
)

#: The codes and lines that a document must be refused with.
FAIL = {
    "v1.0-dev/invalid-arazzo-version.yaml": [("AZ106", 1)],
    "v1.0-dev/not-an-object.yaml": [("AZ105", 1)],
    "v1.1-dev/async-both-operationId-and-channelPath.arazzo.yaml": [("AZ206", 14)],
    "v1.1-dev/async-channelPath-without-action.arazzo.yaml": [("AZ201", 12)],
    "v1.1-dev/async-depends-on-duplicate-values.arazzo.yaml": [("AZ205", 20)],
    "v1.1-dev/async-depends-on-empty.arazzo.yaml": [("AZ204", 18)],
    "v1.1-dev/async-depends-on-invalid-reference.arazzo.yaml": [("AZ204", 22)],
    "v1.1-dev/channel-path-is-invalid-for-openapi.arazzo.yaml": [("AZ201", 12)],
    "v1.1-dev/invalid-arazzo-version.yaml": [("AZ106", 1)],
    "v1.1-dev/invalid-async-correlation-id-non-receive-action.arazzo.yaml": [("AZ206", 15)],
    "v1.1-dev/invalid-async-parameter-without-in.arazzo.yaml": [("AZ201", 16)],
    "v1.1-dev/invalid-async.arazzo.yaml": [("AZ204", 14)],
    "v1.1-dev/invalid-expression-type-object.arazzo.yaml": [("AZ201", 15), ("AZ203", 16), ("AZ204", 20)],
    "v1.1-dev/invalid-openapi-parameter-without-in.arazzo.yaml": [("AZ201", 15)],
    "v1.1-dev/invalid-openapi-success-criteria.arazzo.yaml": [("AZ204", 14)],
    "v1.1-dev/invalid-querystring-without-value.arazzo.yaml": [("AZ201", 15)],
    "v1.1-dev/invalid-selector-object.arazzo.yaml": [("AZ201", 15), ("AZ201", 15), ("AZ203", 16)],
    "v1.1-dev/invalid-self-fragment.arazzo.yaml": [("AZ204", 2)],
    "v1.1-dev/invalid-targetSelectorType.arazzo.yaml": [("AZ204", 18)],
    "v1.1-dev/invalid-workflow-step-with-operationId.arazzo.yaml": [("AZ206", 14)],
    "v1.1-dev/invalid-workflow-success-criteria.arazzo.yaml": [("AZ204", 14)],
    "v1.1-dev/not-an-object.yaml": [("AZ105", 1)],
    "v1.1-dev/openapi-both-operationId-and-operationPath.arazzo.yaml": [("AZ206", 14)],
    "v1.1-dev/openapi-duplicate-parameters.arazzo.yaml": [("AZ205", 18)],
    "v1.1-dev/openapi-missing-operation-target.arazzo.yaml": [("AZ201", 12)],
    "v1.1-dev/workflow-duplicate-parameters.arazzo.yaml": [("AZ205", 17)],
    "v1.1-dev/workflow-missing-workflowId.arazzo.yaml": [("AZ201", 12)],
    "v1.1-dev/workflow-step-with-action.arazzo.yaml": [("AZ206", 14)],
    "v1.1-dev/workflow-step-with-channelPath.arazzo.yaml": [("AZ206", 14)],
}  # fmt: skip

_RECEIVE = ["AZ731"]  # receive steps without criteria: N-ASYNC-03
_EXAMPLE = [  # outputs that no step of the example has (checklist A-73)
    *("AZ307", "AZ307", "AZ307"), "AZ506", "AZ510", "AZ510", "AZ714",
]  # fmt: skip
#: What is found in documents that must pass; nothing in the others.
PASS = {
    "v1.0-dev/bnpl-example.yaml": sorted([*_EXAMPLE, "AZ506", "AZ506"]),
    "v1.0-dev/oauth-example.yaml": ["AZ501"] * 4,
    "v1.1-dev/bnpl-example.yaml": _EXAMPLE,
    "v1.1-dev/oauth-example.yaml": ["AZ501"] * 4,
    "v1.1-dev/async-correlation-id-for-receive-action.arazzo.yaml": _RECEIVE,
    "v1.1-dev/async-depends-on-across-document.arazzo.yaml": _RECEIVE,
    "v1.1-dev/async-depends-on-cross-workflow.arazzo.yaml": _RECEIVE,
    "v1.1-dev/async-depends-on.arazzo.yaml": _RECEIVE,
    "v1.1-dev/async-receive-without-correlation-id.arazzo.yaml": _RECEIVE,
    # Its channelPath is no expression (N-STEP-03).
    "v1.1-dev/async-with-channel-path.arazzo.yaml": ["AZ305", "AZ731"],
    "v1.1-dev/asyncapi-success-criteria.arazzo.yaml": ["AZ501"],
    "v1.1-dev/characterization-async-invalid-channelPath-string.arazzo.yaml": ["AZ305", "AZ731"],
    "v1.1-dev/characterization-openapi-invalid-operationPath-string.arazzo.yaml": ["AZ305"],
    "v1.1-dev/characterization-openapi-receive-with-correlationId.arazzo.yaml": _RECEIVE,
    "v1.1-dev/characterization-workflow-step-with-requestBody.arazzo.yaml": ["AZ206"],
    "v1.1-dev/openapi-and-asyncapi.arazzo.yaml": ["AZ731", "AZ731", "AZ732"],
    "v1.1-dev/openapi-operation-path.arazzo.yaml": ["AZ508"],
    "v1.1-dev/openapi-success-criteria.arazzo.yaml": ["AZ305"],  # userAPI is UserAPI
    "v1.1-dev/parameter-with-selector.arazzo.yaml": ["AZ306"],  # an input nobody declares
    "v1.1-dev/payload-replacement-using-selector.arazzo.yaml": ["AZ401"],
    "v1.1-dev/workflow-success-criteria.arazzo.yaml": ["AZ305"],
    # $statusCode at steps that call workflows
    "v1.0-dev/pet-coupons-example.yaml": ["AZ717", "AZ717"],
    "v1.1-dev/pet-coupons-example.yaml": ["AZ717", "AZ717"],
}  # fmt: skip


def fixtures(kind):
    return [
        path
        for version in ("v1.0-dev", "v1.0.1-rel", "v1.1-dev")
        for path in sorted((DATA / version / "tests").glob(f"*/{kind}/*.yaml"))
    ]


def expected(table, path):
    """What is expected of *path*; the two branches of 1.0 have the same fixtures."""
    return table.get(name(path).replace("v1.0.1-rel", "v1.0-dev"), [])


def name(path):
    return f"{path.parts[-5]}/{path.name}"


@pytest.mark.parametrize("path", fixtures("fail"), ids=name)
def test_what_must_fail_fails_for_its_reason(path):
    found = check(path, sources=False, severity="error").findings

    assert [(each.code, each.location.line) for each in found] == expected(FAIL, path)


@pytest.mark.parametrize("path", fixtures("pass"), ids=name)
def test_what_must_pass_has_the_findings_that_are_known(path):
    found = check(path, sources=False, severity="warning").findings

    assert sorted(each.code for each in found) == expected(PASS, path)


@pytest.mark.parametrize("path", fixtures("pass"), ids=name)
def test_the_same_as_json(path, tmp_path):
    """R-DOC-04: a document is one object, whichever way it is written."""
    written = tmp_path / "document.json"
    loader = yaml.CSafeLoader
    value = yaml.load(path.read_text("utf-8"), loader)  # noqa: S506  (the safe one)
    written.write_text(json.dumps(value, default=str), "utf-8")
    before = check(path, sources=False, severity="warning").findings
    after = check(written, sources=False, severity="warning").findings

    assert sorted(each.code for each in after) == sorted(each.code for each in before)


#: Findings in the specification's examples, with their API descriptions where they are here.
EXAMPLES = {
    "FAPI-PAR.arazzo.yaml": ["AZ311", "AZ513"],
    "oauth.arazzo.yaml": ["AZ311", "AZ311", "AZ311", "AZ510", "AZ510"],
    # The workflow says pet_id and pet_tags, its API description petId and tags.
    # Two steps that call workflows have a criterion on $statusCode, which they have none of.
    "pet-coupons.arazzo.yaml": [
        "AZ310",
        "AZ310",
        "AZ311",
        "AZ311",
        "AZ311",
        "AZ312",
        "AZ717",
        "AZ717",
    ],
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples(example):
    found = check(DATA / "examples" / "1.0.0" / example, severity="warning").findings

    assert sorted(each.code for each in found) == EXAMPLES[example]
