"""
Every step of the published workflows can be planned, or `arazzo check` says why not.

Planned: its operation is found, its parameters and body are read, its server is known or
may be given; what is left is values. The table is printed.
"""

from collections import Counter
from pathlib import Path

import pytest

from arazzo_runner.checking import documents
from arazzo_runner.engine.compile import examine_workflow
from arazzo_runner.engine.plan import PlannedCall, PlannedStep
from arazzo_runner.errors import ArazzoError
from arazzo_runner.opening import open_unit

CORPUS = Path("../shared/corpus/dev")
STEPS = 3_590

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the published files are not here"),
]


@pytest.fixture(scope="module")
def steps():
    """For each step whether it is planned, and the codes of the errors at it."""
    found, shared = [], {}
    for file in documents((CORPUS,)):
        try:
            unit = open_unit(file, shared=shared).unit
        except ArazzoError:
            continue
        for workflow in unit.description.workflows:
            examined = examine_workflow(unit, workflow, strict=False)
            codes = {}
            for each in examined.errors:
                codes.setdefault(each.location.line, set()).add(each.code)
            planned = {each.step_id: each for each in examined.plan.steps}
            for index, step in enumerate(workflow.steps):
                first = unit.description.locate(step.path).line
                after = workflow.steps[index + 1 : index + 2]
                last = (
                    unit.description.locate(after[0].path).line
                    if after
                    else float("inf")
                )
                here = {
                    code
                    for line, each in codes.items()
                    if first <= line < last
                    for code in each
                }
                whole = isinstance(planned[step.step_id], PlannedStep | PlannedCall)
                unopened = {e.code for e in unit.sources.problems()}
                found.append((whole, here or (set() if whole else unopened)))
    return found


def test_every_step_is_planned_or_explained(steps, capsys):
    counts = Counter(
        "planned"
        if whole and not codes
        else f"planned, with {'/'.join(sorted(codes))}"
        if whole
        else "/".join(sorted(codes)) or "without a reason"
        for whole, codes in steps
    )
    with capsys.disabled():
        print(f"\n{len(steps)} steps of published workflows")
        for reason, count in counts.most_common():
            print(f"{count:>6}  {reason}")

    assert len(steps) == STEPS
    assert counts["without a reason"] == 0
    assert counts["planned"] >= 3_318
