"""The scenario of a path makes a mock go that way again."""

from pathlib import Path

import pytest
import yaml
from explored import API, POLL, RETRY, explored, replay
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.exploration.paths import Limits
from arazzo_runner.exploration.scenarios import scenario, scenario_text
from arazzo_runner.exploring import explore
from arazzo_runner.loader.parse import parse
from arazzo_runner.runner import Runner

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / "workflows").glob("*.arazzo.yaml"))


@pytest.mark.parametrize("over_usual", [True, False], ids=["over", "instead"])
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda each: each.name)
def test_every_path_of_our_workflows_replays(path, over_usual):
    for one in explore(path, limits=Limits(paths=40)).workflows:
        assert len(one.paths) > 20
        for each in one.paths:
            state = replay(one.plan, one.scenario(each), over_usual=over_usual)

            assert state.status == each.status, each.name
            assert state.outputs == each.outputs, each.name
            assert state.sequence > 0
            assert (state.error and state.error.message) == (
                each.error and each.error.message
            )


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda each: each.name)
def test_a_mock_run_goes_along_each_of_them(path, tmp_path):
    pytest.importorskip(
        "arazzo_runner.mock.scenario", reason="nothing reads scenario files as yet"
    )
    for one in explore(path, limits=Limits(combined=False)).workflows:
        for each in one.paths:
            file = tmp_path / f"{each.number}.scenario.yaml"
            file.write_text(one.scenario(each), "utf-8")
            with (
                Runner(path, mock=True, scenario=str(file)) as runner,
                runner.run(one.workflow_id) as result,
            ):
                assert result.status == each.status, each.name
                assert result.outputs == each.outputs, each.name


@pytest.mark.parametrize("over_usual", [True, False], ids=["over", "instead"])
@pytest.mark.parametrize("text", [POLL, RETRY], ids=["poll", "retry"])
def test_paths_of_small_workflows_replay(text, over_usual):
    found = explored(text, combined=True)

    for each in found.paths:
        written = scenario_text(scenario(found.plan, each, found.inputs))
        state = replay(found.plan, written, over_usual=over_usual)
        assert (state.status, state.outputs) == (each.status, each.outputs), each.name


def test_it_is_minimal():
    found = explored(POLL)
    usual = scenario(found.plan, found.paths[0], {})
    other = scenario(found.plan, found.path("poll: 200 /status=queued"), {})

    assert usual == {
        "scenario": 1,
        "workflow": "main",
        "inputs": {},
        "seed": 0,
        "polls": 0,
        "replies": [],
    }
    assert other["replies"] == [
        {"step": "poll", "call": 1, "status": 200, "members": {"/status": "queued"}}
    ]


def test_the_same_reply_to_calls_in_a_row_is_written_once():
    found = explored(RETRY)

    written = scenario(found.plan, found.path("create: 429 (4 times)"), {})

    assert written["replies"] == [{"step": "create", "call": "1-4", "status": 429}]


def test_what_is_absent():
    api = API.replace("[id, status, progress]", "[id, progress]")
    found = explored(POLL, api=api)
    absent = scenario(found.plan, found.path("poll: 200 /status=absent"), {})

    assert absent["replies"][0]["absent"] == ["/status"]


def test_a_header_that_is_not_there():
    found = explored(
        """
        steps:
        - stepId: list
          operationId: listJobs
          onSuccess:
          - name: more
            type: goto
            stepId: other
            criteria: [{condition: $response.header.X-Next != null}]
          - {name: all, type: end}
        - {stepId: other, operationId: createJob, requestBody: {payload: {}}}
        """
    )
    path = found.path("list: 200 x-next=absent")

    written = scenario(found.plan, path, {})

    assert written["replies"][0]["headers"] == {"x-next": None}
    state = replay(found.plan, scenario_text(written), over_usual=True)
    assert state.sequence == len(path.given) == 1


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.text(st.characters(codec="utf-8"))
    | st.sampled_from(
        ["yes", "no", "12e34", "0o14", "2025-01-01", "~", "=", "<<", "1_0"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(json_values)
def test_its_text_is_yaml_that_says_the_same(value):
    written = {
        "scenario": 1,
        "inputs": {"x": value},
        "replies": [{"step": "s", "call": "2-4", "body": value}],
    }

    text = scenario_text(written, "two\nlines")

    # A scenario is read as our documents are; by PyYAML as well.
    assert yaml.safe_load(text)["replies"][0]["step"] == "s"
    assert parse(text, "s.yaml").value == written
