"""Scenario files and faults: what a mock answers in place of what it makes itself."""

import contextlib

import pytest
from explored import API, HEAD
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner import Runner
from arazzo_runner.errors import ArazzoError, DocumentError, InputError, UsageError
from arazzo_runner.mock.scenario import FAULTS, Scenario, read_fault, read_scenario

STEPS = """\
  steps:
  - stepId: create
    operationId: createJob
    requestBody: {payload: {}}
    successCriteria: [{condition: $statusCode == 201}]
    onFailure:
    - {name: busy, type: retry, retryAfter: 1, retryLimit: 3, criteria: [{condition: $statusCode == 429}]}
    outputs: {id: $response.body#/id, status: $response.body#/status}
  - stepId: get
    operationId: getJob
    parameters: [{name: id, in: path, value: $steps.create.outputs.id}]
    outputs: {all: $response.body, progress: $response.body#/progress, seen: $response.header.x-seen}
  outputs: {id: $steps.create.outputs.id, status: $steps.create.outputs.status, all: $steps.get.outputs.all, progress: $steps.get.outputs.progress, seen: $steps.get.outputs.seen}
"""


@pytest.fixture
def play(tmp_path):
    """The result and events of a mock run along the scenario *text*."""
    (tmp_path / "api.yaml").write_text(API)
    path = tmp_path / "w.arazzo.yaml"
    path.write_text(HEAD + STEPS)

    def play(text="", *faults, **options):
        head = "" if "scenario:" in text else "scenario: 1\n"
        scenario = read_scenario((head + text).encode(), str(tmp_path / "s.yaml"))
        scenario = scenario.with_faults(tuple(read_fault(each) for each in faults))
        events = []

        def observe(event, at):
            events.append(event)
            play.seconds = at

        with Runner(path, mock=True, scenario=scenario, **options) as runner:
            return runner.run(observers=(observe,)), events

    return play


def attempts(events, step):
    return [
        each.status
        for each in events
        if type(each).__name__ == "StepFinished" and each.step_id == step
    ]


def test_members_headers_and_what_is_absent(play):
    result, _ = play(
        "replies:\n"
        "- {step: create, members: {/status: failed}}\n"
        "- step: main.get\n  headers: {X-Seen: 7}\n  absent: [/progress]\n"
    )

    assert result.outputs["status"] == "failed"
    assert result.outputs["progress"] is None
    assert result.outputs["seen"] == "7"


@pytest.mark.parametrize(
    "who",
    ["step: get", "operationId: getJob", "operation: 'GET /jobs/{id}'"],
)
def test_whose_reply_it_is(play, who):
    result, _ = play(f"replies: [{{{who}, body: {{id: x, extra: 1}}}}]")

    assert result.outputs["all"] == {"id": "x", "extra": 1}


@pytest.mark.parametrize(
    "call, expected",
    [
        ("1", [429, 201]),
        ("[1, 3]", [429, 201]),
        ("1-2", [429, 429, 201]),
        ("2-", [201]),
    ],
)
def test_which_calls(play, call, expected):
    result, events = play(f"replies: [{{step: create, call: {call}, status: 429}}]")

    assert attempts(events, "create") == expected
    assert result.status == "succeeded"


def test_text_and_files(play, tmp_path):
    (tmp_path / "body.json").write_text('{"id": "f"}')
    result, _ = play(
        "replies:\n- {step: get, file: body.json,"
        " headers: {Content-Type: application/json}}"
    )
    assert result.outputs["all"] == {"id": "f"}

    result, _ = play(
        "replies: [{step: get, text: 'plain', headers: {Content-Type: text/plain}}]"
    )
    assert result.outputs["all"] == "plain"


@pytest.mark.parametrize("fault", ["reset", "time-out", "truncated"])
def test_what_does_not_come(play, fault):
    result, events = play(f"replies: [{{step: create, fault: {fault}}}]")

    assert result.status == "failed"
    assert attempts(events, "create") == [None]


def test_a_body_that_is_not_json_and_one_of_another_type(play):
    result, _ = play("replies: [{step: get, fault: invalid-json}]")
    assert result.outputs["all"] == '{"cut": '
    assert "AZ603" in [each.code for each in result.warnings]

    result, _ = play("replies: [{step: get, fault: wrong-schema}]")
    assert result.outputs["all"] == ["unexpected"]
    assert "AZ634" in [each.code for each in result.warnings]


@pytest.mark.parametrize(
    "text, seconds", [("delay: 90s", 90), ("delay: 2m", 120), ("fault: slow", 20)]
)
def test_delays_take_virtual_time(play, text, seconds):
    play(f"replies: [{{step: create, {text}}}]")  # and none of ours

    assert play.seconds == pytest.approx(seconds)


def test_inputs_polls_and_workflow_of_a_scenario(play):
    result, _ = play("scenario: 1\nworkflow: main\ninputs: {}\npolls: 0\nseed: 3\n")

    assert result.status == "succeeded"


# --- the short form ----------------------------------------------------------------------


def test_a_fault_of_the_command_line(play):
    result, events = play("", "create=429:Retry-After=2x3")

    assert attempts(events, "create") == [429, 429, 429, 201]
    waits = [e.seconds for e in events if type(e).__name__ == "Waiting"]
    assert waits == [2.0, 2.0, 2.0]
    assert result.status == "succeeded"


def test_faults_of_one_step_follow_each_other(play):
    _, events = play("", "create=429:Retry-After=2x1", "create=429:Retry-After=5x2")

    waits = [e.seconds for e in events if type(e).__name__ == "Waiting"]
    assert waits == [2.0, 5.0, 5.0]


def test_a_fault_after_one_for_every_call(play):
    with pytest.raises(UsageError, match="for every call"):
        play("", "create=500", "create=429")


def test_a_fault_for_a_step_that_there_is_not(play):
    """It is the command line that is wrong, no document."""
    with pytest.raises(UsageError, match="'crate'") as caught:
        play("", "crate=500")

    assert caught.value.hint == "did you mean 'create'?"


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_has_a_short_form(fault):
    assert read_fault(f"a.b={fault}x2").fault == fault
    assert read_fault(f"a={fault}").calls == ()


@pytest.mark.parametrize(
    "text", ["", "a", "a=", "a=9999", "a=999", "a=099", "a=crash", "=429", "a=429x0"]
)
def test_what_is_no_fault(text):
    with pytest.raises(UsageError, match="is not a fault"):
        read_fault(text)


def test_a_fault_that_is_nearly_one():
    with pytest.raises(UsageError) as caught:
        read_fault("a=timeout")

    assert caught.value.hint == "did you mean 'time-out'?"


# --- mistakes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, place, words",
    [
        ("replies: []", "1:1", "the version is missing"),
        ("scenario: 2", "1:11", "no version 2"),
        ("scenario: 1\nreplies:\n- {step: a, call: 4-2}", "3:19", "is not a call"),
        ("scenario: 1\nreplise: []", "2:1", "no member 'replise'"),
        ("scenario: 1\nreplies: {}", None, None),
        ("scenario: 1\nreplies: 7", "2:10", "are a list"),
        ("scenario: 1\nreplies:\n- 7", "3:3", "is an object"),
        ("scenario: 1\nreplies:\n- {status: 200}", "3:3", "names one of"),
        ("scenario: 1\nreplies:\n- {step: a, status: 99}", "3:21", "status code"),
        ("scenario: 1\nreplies:\n- {step: a, call: 0}", "3:19", "is not a call"),
        ("scenario: 1\nreplies:\n- {step: a, call: x}", "3:19", "is not a call"),
        ("scenario: 1\nreplies:\n- {step: a, fault: rest}", "3:20", "no fault 'rest'"),
        ("scenario: 1\nreplies:\n- {step: a, delay: soon}", "3:20", "not a time"),
        ("scenario: 1\nreplies:\n- {step: a, members: {x: 1}}", "3:23", "JSON Pointer"),
        ("scenario: 1\nreplies:\n- {step: a, absent: [x]}", "3:22", "JSON Pointer"),
        ("scenario: 1\nreplies:\n- {step: a, text: 1}", "3:19", "is text"),
        ("scenario: 1\nreplies:\n- {step: a, file: nowhere}", "3:19", "cannot be read"),
        ("scenario: 1\nreplies:\n- {step: a, text: x, body: y}", "3:3", "one of body"),
        ("scenario: 1\nseed: -1", "2:7", "whole number"),
        ("scenario: 1\npolls: 1.5", "2:8", "whole number"),
        ("scenario: 1\ninputs: [1]", "2:9", "inputs are"),
        ("7", "1:1", "is an object"),
    ],
)
def test_mistakes_are_said_where_they_are(text, place, words):
    if words is None:
        assert read_scenario(text.encode(), "s.yaml").replies == ()
        return
    with pytest.raises(DocumentError) as caught:
        read_scenario(text.encode(), "s.yaml")

    (problem,) = caught.value.problems
    assert problem.code == "AZ650"
    assert str(problem.location) == f"s.yaml:{place}"
    assert words in problem.message


@pytest.mark.parametrize(
    "who", ["step: crate", "operationId: getJbo", "operation: GET /x"]
)
def test_a_reply_for_nothing(play, who):
    with pytest.raises(DocumentError) as caught:
        play(f"replies:\n- {{{who}}}")

    assert caught.value.code == "AZ651"
    assert caught.value.location.line == 3


def test_a_scenario_is_for_a_mock(tmp_path):
    (tmp_path / "api.yaml").write_text(API)
    (tmp_path / "w.yaml").write_text(HEAD + STEPS)
    with pytest.raises(UsageError, match="tells a mock"):
        Runner(tmp_path / "w.yaml", scenario=Scenario())


@given(st.text())
def test_any_text_is_answered(text):
    with contextlib.suppress(ArazzoError):
        read_scenario(text.encode("utf-8", "replace"), "s.yaml")


def test_inputs_of_a_scenario_that_do_not_fit_are_told_with_their_place(tmp_path):
    """Not only where the workflow declares them: what is wrong is in the scenario."""
    (tmp_path / "api.yaml").write_text(API)
    schema = "  inputs: {type: object, properties: {size: {type: integer}}}\n"
    (tmp_path / "w.yaml").write_text(HEAD + schema + STEPS)
    scenario = tmp_path / "s.yaml"
    scenario.write_text("scenario: 1\ninputs:\n  size: many\n")
    with (
        Runner(tmp_path / "w.yaml", mock=True, scenario=str(scenario)) as runner,
        pytest.raises(InputError) as caught,
    ):
        runner.run()

    (problem,) = caught.value.problems
    ((place, said),) = problem.related
    assert (place.uri, place.line, said) == (str(scenario), 3, "given here")
    with Runner(tmp_path / "w.yaml", mock=True, scenario=str(scenario)) as runner:
        runner.run(inputs={"size": 5})
