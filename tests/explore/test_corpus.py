"""
Published workflows, explored: a seeded sample. `benchmarks/catalogue.py` runs all of them.
"""

import random

import pytest
from explored import replay

from arazzo_runner.checking import documents
from arazzo_runner.exploration.paths import Limits
from arazzo_runner.exploring import explore
from arazzo_runner.suites import run_suite

#: Why a published workflow may not succeed; docs/explanation/catalogue.md tells each.
KNOWN = {
    "AZ301", "AZ303", "AZ307", "AZ309", "AZ312", "AZ401", "AZ604", "AZ624",
    "invalid-request", "refused-by-policy",
}  # fmt: skip
SAMPLE = 60
SEED = 20261127


@pytest.fixture(scope="module")
def report(corpus):
    every = list(documents([corpus]))
    chosen = random.Random(SEED).sample(every, SAMPLE)  # noqa: S311
    return run_suite(sorted(chosen))


def test_nothing_crashes_and_every_reason_is_a_known_one(report):
    codes = {
        each.reason.code: f"{each.name}: {each.reason.message}"
        for each in report.documents
        if each.reason is not None
    }

    assert {code: said for code, said in codes.items() if code not in KNOWN} == {}


def test_what_can_be_planned_succeeds_with_every_branch(report):
    """But for those whose expressions go into lists, or read what is not described."""
    planned = [each for each in report.documents if each.outcome != "error"]
    succeeded = [each for each in planned if each.outcome == "succeeded"]

    assert len(planned) > SAMPLE / 2
    assert len(succeeded) >= 0.85 * len(planned)
    assert [each.name for each in succeeded if not each.branches] == []


def test_documents_that_are_complete_have_a_workflow_that_succeeds(report):
    """Nearly all: 579 of 588 when all of them were run (docs/explanation/catalogue.md)."""
    ready = {each.file for each in report.documents if each.outcome != "error"}
    done = {each.file for each in report.documents if each.outcome == "succeeded"}

    assert len(done) >= 0.97 * len(ready)


def test_the_published_openai_batch_goes_on_with_a_batch_that_failed(published_openai):
    (finding,) = [
        each for each in explore(published_openai).findings if each.code == "AZ740"
    ]

    assert finding.message == (
        "no action of step 'pollBatch' handles /status 'failed', 'expired', 'cancelling', "
        "'cancelled': the workflow goes on with step 'getResult'"
    )


@pytest.mark.parametrize("which", ["published_openai", "published_anthropic"])
def test_paths_of_published_workflows_replay(which, request):
    path = request.getfixturevalue(which)
    (one,) = explore(path, limits=Limits(combined=False)).workflows

    assert one.coverage.branches
    for each in one.paths:
        state = replay(one.plan, one.scenario(each), over_usual=True)
        assert (state.status, state.outputs) == (each.status, each.outputs), each.name
