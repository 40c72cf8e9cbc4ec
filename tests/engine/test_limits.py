"""Limits of a run: ``--max-steps``, and loops that do not wait."""

import itertools

import pytest

from arazzo_runner.errors import exit_status
from arazzo_runner.messages import Response
from arazzo_runner.testing import Busy, play

OK = Response(200, body={})

LINE = "steps:\n" + "".join(
    f"- {{stepId: s{number}, operationId: ping}}\n" for number in range(5)
)

PAGES = """\
steps:
- stepId: page
  operationId: listJobs
  parameters: [{name: cursor, in: query, value: $steps.page.outputs.next}]
  outputs: {next: $response.body#/next}
  onSuccess: [{name: more, type: goto, stepId: page}]
"""


@pytest.mark.parametrize("limit, status", [(6, "succeeded"), (5, "succeeded")])
def test_enough_steps(flow, limit, status):
    """A run may take as many steps as the limit says."""
    assert play(flow(LINE, max_steps=limit), {}, [OK] * 5).status == status


@pytest.mark.parametrize("limit", [1, 4])
def test_too_many_steps(flow, limit, well_formed):
    """One more ends the run before anything is sent; exit 6."""
    done = play(flow(LINE, max_steps=limit), {}, [OK] * limit)

    well_formed(done.events)
    assert len(done.sent) == limit
    assert done.status == "failed"
    assert done.error is not None
    assert done.error.code == "too-many-steps"
    assert exit_status(done.error.code) == 6
    assert f"s{limit}" in done.error.message
    assert str(limit) in done.error.message


def test_iterations_count(flow):
    """A server that always has one page more."""
    pages = (Response(200, body={"next": str(number)}) for number in itertools.count())

    done = play(flow(PAGES, max_steps=50), {}, pages)

    assert len(done.sent) == 50
    assert done.waits == []
    assert done.error is not None
    assert done.error.code == "too-many-steps"
    assert "page" in done.error.message


def test_the_default_is_a_thousand(flow):
    pages = (Response(200, body={"next": str(number)}) for number in itertools.count())

    assert len(play(flow(PAGES), {}, pages).sent) == 1000


def test_outputs_of_a_run_that_met_a_limit(flow):
    """What has run is not lost."""
    plan = flow(
        PAGES + "outputs: {last: $steps.page.outputs.next}\n",
        max_steps=2,
    )
    pages = (Response(200, body={"next": str(number)}) for number in itertools.count())

    assert play(plan, {}, pages).outputs == {"last": "1"}


def test_retries_without_a_delay_are_bounded(flow):
    """A huge ``retryLimit`` with ``retryAfter: 0`` is a hot loop: steps are counted."""
    plan = flow(
        """\
        steps:
        - stepId: one
          operationId: createJob
          onFailure: [{name: again, type: retry, retryAfter: 0, retryLimit: 1000000}]
        """,
        max_steps=20,
    )

    done = play(plan, {}, itertools.repeat(Response(500), 1_000))

    assert done.error is not None
    assert done.error.code == "too-many-steps"
    assert len(done.sent) <= 21


def test_retries_whose_server_asks_for_no_delay_are_bounded(flow):
    """``Retry-After: 0`` for ever."""
    plan = flow(
        """\
        steps:
        - stepId: one
          operationId: createJob
          onFailure: [{name: again, type: retry, retryLimit: 1000000}]
        """,
        max_steps=20,
    )

    done = play(plan, {}, itertools.repeat(Busy(0.0, Response(503)), 1_000))

    assert done.error is not None
    assert exit_status(done.error.code) == 6


def test_polls_whose_server_asks_for_no_delay_are_bounded(flow):
    """``Retry-After: 0`` on every poll must not make a loop without an end."""
    plan = flow(
        """\
        steps:
        - {stepId: one, operationId: ping, onSuccess: [{name: on, type: goto, stepId: one}]}
        """,
        max_steps=20,
    )

    done = play(plan, {}, itertools.repeat(Busy(0.0, OK), 3_000), whole=False)

    assert done.status == "failed"
    assert done.error is not None
    assert exit_status(done.error.code) == 6


def test_retries_with_a_delay_are_bounded_by_their_limit_only(flow):
    """``retryLimit`` is the author's word."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: createJob
          onFailure: [{name: again, type: retry, retryAfter: 1, retryLimit: 30}]
        """)

    done = play(plan, {}, [*[Response(500)] * 30, OK])

    assert done.status == "succeeded"


def test_mutual_goto_ends(flow):
    """Two steps that hand control to each other with changing requests."""
    plan = flow(
        """\
        steps:
        - stepId: a
          operationId: listJobs
          parameters: [{name: cursor, in: query, value: $steps.b.outputs.n}]
          outputs: {n: $response.body#/n}
        - stepId: b
          operationId: listJobs
          parameters: [{name: cursor, in: query, value: $steps.a.outputs.n}]
          outputs: {n: $response.body#/n}
          onSuccess: [{name: back, type: goto, stepId: a}]
        """,
        max_steps=30,
    )
    replies = (Response(200, body={"n": str(number)}) for number in itertools.count())

    done = play(plan, {}, replies)

    assert done.error is not None
    assert done.error.code == "too-many-steps"
    assert len(done.sent) == 30
