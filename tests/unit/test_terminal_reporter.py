"""A run as a person follows it on standard error: events in, lines out."""

import io

import pytest

from arazzo_runner.errors import Diagnostic, Location
from arazzo_runner.events import (
    CriterionResult,
    Outcome,
    RequestSent,
    ResponseReceived,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    Waiting,
    Warned,
)
from arazzo_runner.messages import File, Records
from arazzo_runner.reporters.changes import changes, snapshot, states
from arazzo_runner.reporters.excerpts import excerpt
from arazzo_runner.reporters.live import Printer, open_display
from arazzo_runner.reporters.terminal import Terminal
from arazzo_runner.reporters.text import (
    ASCII,
    UNICODE,
    clean,
    cut,
    cut_line,
    disarm,
    one_line,
    paint,
    plain,
    signs_for,
    width,
)

PASSED, FAILED, ERRORED = Outcome.PASSED, Outcome.FAILED, Outcome.ERRORED
HERE = Location("w.yaml", 3, 5, 4)
STEPS = ("create", "poll", "get")
LABELS = {"create": "POST /jobs", "poll": "GET /jobs/{id}", "get": "GET /jobs/{id}/out"}


class Paper:
    """A display that keeps what it is shown."""

    def __init__(self, *, lively=False, signs=UNICODE):
        self.lively = lively
        self.signs = signs
        self.text = ""
        self.draw = None
        self.shown = []

    def lines(self, lines):
        self.text += "".join(plain(line) + "\n" for line in lines)

    def live(self, draw, at=0.0):
        self.draw = draw
        if draw is not None:
            self.shown.append(plain(draw(at)))

    def close(self):
        self.draw = None


def play(*events, lively=False, signs=UNICODE, **options):
    """The lines for *events*: an event alone, or (time, event)."""
    paper = Paper(lively=lively, signs=signs)
    terminal = Terminal(paper, **options)
    at = 0.0
    for each in events:
        at, event = each if isinstance(each, tuple) else (at, each)
        terminal(event, at)
    terminal.close()
    return paper


def started():
    return RunStarted(run_id="r", workflow_id="jobs", description="w.yaml", steps=STEPS)


def finished(status="succeeded", **more):
    return RunFinished(run_id="r", workflow_id="jobs", status=status, **more)


def sent(step, **more):
    return StepStarted(workflow_id="jobs", step_id=step, operation=LABELS[step], **more)


def done(step, status=200, outcome=PASSED, **more):
    return StepFinished(
        workflow_id="jobs", step_id=step, outcome=outcome, status=status, **more
    )


def answer(step, body, status=200, media_type="application/json"):
    return ResponseReceived(
        workflow_id="jobs",
        step_id=step,
        status=status,
        body=body,
        media_type=media_type,
    )


def polls(*bodies, step="poll", interval=1.0):
    """A step that comes back to itself until the last of *bodies*."""
    at = 0.0
    for number, body in enumerate(bodies, start=1):
        again = number < len(bodies)
        more = {"visit": number, "poll": number > 1}
        yield at, sent(step, **more)
        yield at, answer(step, body)
        decision = f"goto {step if again else 'get'}"
        yield at, done(step, decision=decision, outputs=body, **more)
        if again:
            yield (
                at,
                Waiting(
                    workflow_id="jobs",
                    step_id=step,
                    seconds=interval,
                    reason="poll",
                    number=number,
                ),
            )
            at += interval


# --- runs -------------------------------------------------------------------------------


def test_a_run_that_succeeds():
    """A header, a line for each step, a summary."""
    paper = play(
        started(),
        sent("create"),
        (0.21, done("create")),
        sent("poll"),
        (12.3, done("poll", status=204)),
        finished(),
    )

    assert paper.text == (
        "jobs  w.yaml\n"
        "✓ create  POST /jobs  200  0.21 s\n"
        "✓ poll    GET /jobs/{id}  204  12.1 s\n"
        "succeeded in 12.3 s: 2 steps, 2 requests\n"
    )


def test_plain_signs_where_the_encoding_has_no_others():
    paper = play(
        started(), sent("create"), done("create", decision="goto get"), signs=ASCII
    )

    assert paper.text.splitlines()[1] == "+ create  POST /jobs  200  0.00 s  -> get"


@pytest.mark.parametrize(
    "decision, ending",
    [
        ("next", ""),
        ("goto poll", ""),
        ("goto get", "  → get"),
        ("goto create", "  → create"),
        ("end allDone", "  → end (allDone)"),
    ],
)
def test_where_control_goes_is_said_unless_it_goes_on(decision, ending):
    paper = play(started(), sent("create"), done("create", decision=decision))

    assert paper.text.splitlines()[1] == f"✓ create  POST /jobs  200  0.00 s{ending}"


def test_a_run_that_fails():
    """The provider's words, the error with its line, what the run had, a summary."""
    error = Diagnostic(
        code="criteria-not-met",
        message="step 'poll' failed: $statusCode == 200 is not met",
        location=HERE,
        hint="look at the key",
    )
    paper = play(
        started(),
        sent("create"),
        (0.1, done("create", outputs={"id": "b1"})),
        sent("poll"),
        answer("poll", {"error": {"type": "auth", "message": "bad key"}}, status=401),
        (0.2, done("poll", status=401, outcome=FAILED, decision="break")),
        finished(
            "failed",
            error=error,
            step_outputs={"create": {"id": "b1", "none": None}, "poll": {"x": None}},
        ),
        source=lambda _uri: "a\nb\nkey: text\n",
    )

    assert paper.text == (
        "jobs  w.yaml\n"
        "✓ create  POST /jobs  200  0.10 s\n"
        "✗ poll    GET /jobs/{id}  401  0.10 s\n"
        "    │ bad key (auth)\n"
        "w.yaml:3:5: error: step 'poll' failed: $statusCode == 200 is not met\n"
        "  |\n"
        "3 | key: text\n"
        "  |     ^^^^ look at the key\n"
        "outputs of the steps that ran:\n"
        "  create  id b1\n"
        "failed after 0.20 s: 2 steps, 2 requests\n"
    )


def test_criteria_beside_the_status_are_explained():
    """With the values their operands had, where the error does not say it already."""
    criteria = (
        CriterionResult("$statusCode == 200", False, {"$statusCode": 409}),
        CriterionResult("$response.body#/n > 3", False, {"$response.body#/n": 2}),
        CriterionResult("$.x", False, {}, "the context is HTML", HERE),
        CriterionResult("$statusCode < 500", True),
    )
    paper = play(
        started(),
        sent("create"),
        done(
            "create", status=409, outcome=FAILED, criteria=criteria, decision="goto get"
        ),
    )

    assert paper.text.splitlines()[1:] == [
        "✗ create  POST /jobs  409  0.00 s  → get",
        "    $response.body#/n > 3 is not met ($response.body#/n is 2)",
        "    $.x cannot be evaluated: the context is HTML at w.yaml:3:5",
    ]


def test_a_request_that_is_sent_again():
    """One line for the fault with the wait; how many attempts it took in the end."""
    paper = play(
        started(),
        sent("get"),
        (
            0.1,
            done(
                "get",
                status=None,
                outcome=ERRORED,
                decision="resend (1 of 3)",
                failure="the connection broke off",
            ),
        ),
        Waiting(workflow_id="jobs", step_id="get", seconds=1.0, reason="resend"),
        (1.1, sent("get", attempt=2)),
        (1.2, done("get", attempt=2)),
    )

    assert paper.text.splitlines()[1:] == [
        "↻ get     GET /jobs/{id}/out  no response  0.10 s  → resend (1 of 3) in 1.00 s",
        "    the connection broke off",
        "✓ get     GET /jobs/{id}/out  200  1.20 s, 2 attempts",
    ]


def test_an_interrupted_run_keeps_what_it_had():
    """Without the line of the document: nothing is wrong there."""
    error = Diagnostic(
        code="cancelled", message="the run was interrupted", location=HERE
    )
    paper = play(
        started(),
        finished("cancelled", error=error, step_outputs={"create": {"id": "b1"}}),
        source=lambda _uri: pytest.fail("no source is needed"),
    )

    assert paper.text.splitlines()[1:] == [
        "w.yaml:3:5: error: the run was interrupted",
        "outputs of the steps that ran:",
        "  create  id b1",
        "interrupted after 0.00 s: 0 steps, 0 requests",
    ]


def test_a_mock_run_says_that_time_is_not_real():
    paper = play(started(), (3600, finished()), mock=True)

    assert paper.text == (
        "jobs  w.yaml  (mock: nothing is sent)\n"
        "succeeded in 1 h 00 min: 0 steps, 0 requests (virtual time)\n"
    )


def test_quiet_says_errors_and_what_is_left():
    """No header, no steps, no warnings, no summary; yet what the provider said."""
    paper = play(
        started(),
        Warned(Diagnostic(code="AZ501", message="odd", severity="warning")),
        sent("create"),
        answer("create", {"message": "no"}, status=500),
        done("create", status=500, outcome=FAILED, decision="break"),
        finished(
            "failed",
            error=Diagnostic(code="criteria-not-met", message="it failed"),
            step_outputs={"poll": {"id": 1}},
        ),
        verbosity=-1,
    )

    assert paper.text == (
        "error: it failed\n"
        "  the answer was: no\n"
        "outputs of the steps that ran:\n"
        "  poll    id 1\n"
    )


def test_quiet_success_is_silent():
    assert (
        play(started(), sent("create"), done("create"), finished(), verbosity=-1).text
        == ""
    )


def test_verbose_shows_messages_as_curl_does():
    paper = play(
        started(),
        sent("create"),
        RequestSent(
            step_id="create",
            method="POST",
            url="https://h/jobs",
            headers=(("X-Key", "***"),),
            body="{}",
        ),
        answer("create", {"id": "b1"}, status=201),
        done("create", status=201, outputs={"id": "b1"}),
        verbosity=1,
    )

    assert paper.text == (
        "jobs  w.yaml\n"
        "> POST https://h/jobs\n"
        "> X-Key: ***\n"
        ">\n"
        "> {}\n"
        "< 201\n"
        "<\n"
        "< {\n"
        '<   "id": "b1"\n'
        "< }\n"
        "✓ create  POST /jobs  201  0.00 s\n"
        "    outputs: id b1\n"
    )


# --- polls ------------------------------------------------------------------------------

BODIES = (
    {"status": "queued", "counts": {"done": 0}, "created_at": 1},
    {"status": "queued", "counts": {"done": 0}, "created_at": 2},
    {"status": "running", "counts": {"done": 3}, "created_at": 3},
    {"status": "ended", "counts": {"done": 5}, "created_at": 4},
)


def test_a_poll_is_said_at_changes():
    """The first visit, what changed and when, and the whole way at the end."""
    paper = play(started(), *polls(*BODIES), finished())

    assert paper.text.splitlines()[1:] == [
        "… poll    GET /jobs/{id}  200  status queued",
        "… poll    GET /jobs/{id}  poll 3 after 2.00 s  status queued → running, counts.done 0 → 3",
        "✓ poll    GET /jobs/{id}  200  3.00 s, 4 polls: status queued → ended, counts.done 0 → 5",
        "succeeded in 3.00 s: 1 step, 4 requests",
    ]


def test_a_poll_in_a_terminal_is_one_line():
    """It has the visit, the time, the next wait and the values; one line stays."""
    paper = play(started(), *polls(*BODIES), finished(), lively=True)

    assert paper.text.splitlines()[1:] == [
        "✓ poll    GET /jobs/{id}  200  3.00 s, 4 polls: status queued → ended, counts.done 0 → 5",
        "succeeded in 3.00 s: 1 step, 4 requests",
    ]
    assert (
        "poll    poll 3, 2 s, next in 1 s  status running, counts.done 3  GET /jobs/{id}"
        in (paper.shown)
    )


def test_a_poll_that_does_not_end_has_not_passed():
    """It met its deadline: the last visit is not shown as a step that is done."""
    *visits, _ = polls({"status": "queued"}, {"status": "queued"})
    error = Diagnostic(code="poll-timeout", message="too long")
    paper = play(
        started(),
        *visits[:3],
        (1.0, finished("failed", error=error)),
    )

    assert paper.text.splitlines()[1] == "… poll    GET /jobs/{id}  200  0.00 s"


def test_a_page_is_no_poll():
    """Coming back with another request is iteration: a line for each."""
    paper = play(
        started(),
        sent("poll"),
        done("poll", decision="goto poll"),
        sent("poll", visit=2),
        done("poll", visit=2, decision="next"),
    )

    assert paper.text.splitlines()[1:] == [
        "✓ poll    GET /jobs/{id}  200  0.00 s  → poll",
        "✓ poll    GET /jobs/{id}  200  0.00 s",
    ]


def test_a_loop_of_several_steps_is_said_at_changes():
    """Two steps that take turns do not fill a log with lines that are all the same."""
    events = [started()]
    for visit in range(1, 5):
        more = {"visit": visit, "poll": visit > 1}
        events += [
            sent("create", **more),
            done("create", decision="next", **more),
            sent("poll", **more),
            done("poll", decision="goto create" if visit < 4 else "next", **more),
        ]

    paper = play(*events)

    assert len(paper.text.splitlines()) == 1 + 2 + 1


def test_a_page_of_a_proxy_in_the_middle_has_not_lost_everything():
    """Members that are missing from one answer are no change worth a line."""
    assert changes(snapshot({}, {"a": 1}), snapshot({}, "<html>")) == ()


@pytest.mark.parametrize(
    "before, after, names",
    [
        ({"a": 1, "status": "x"}, {"a": 2, "status": "y"}, ["status", "a"]),
        ({"updated_at": 1, "expiresAt": 1}, {"updated_at": 2, "expiresAt": 2}, []),
        ({"x": "2025-01-01T00:00:00Z"}, {"x": "2025-01-02T00:00:00Z"}, []),
        ({"a": None}, {"a": "https://h/1"}, []),
        ({"a": 1}, {"a": True}, ["a"]),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, ["a.b.c"]),
        ({"state": "x", "n": 1}, {}, []),
        ({"state": "x", "n": 1}, {"m": 1}, ["state", "m"]),
        ({"list": [1]}, {"list": [2]}, []),
    ],
)
def test_what_counts_as_a_change(before, after, names):
    """Scalars of the body, states first; no times, no addresses, no lists."""
    found = changes(snapshot({}, before), snapshot({}, after))

    assert [each.name for each in found] == names


def test_an_output_that_repeats_a_member_is_not_said_twice():
    """The member has the provider's own name; other outputs are said."""
    before = snapshot({"jobState": "a", "sum": 1}, {"status": "a"})
    after = snapshot({"jobState": "b", "sum": 2}, {"status": "b"})

    assert [each.name for each in changes(before, after)] == ["status", "sum"]
    assert states(after) == {"status": "b"}


# --- warnings ---------------------------------------------------------------------------


def warning(line, message="a bare comparison", code="AZ501", hint="quote it"):
    place = Location("w.yaml", line, 7)
    return Warned(
        Diagnostic(
            code=code, message=message, location=place, severity="warning", hint=hint
        )
    )


def test_the_same_warning_at_several_places_is_one_line():
    """The hint of a dialect rule is for authors, so it is left to ``-v``."""
    paper = play(started(), warning(1), warning(9), warning(9), finished())

    assert paper.text.splitlines()[1:] == [
        "warning[AZ501]: a bare comparison, at w.yaml:1:7, 9:7 (2 places)",
        "succeeded in 0.00 s: 0 steps, 0 requests, 2 warnings",
    ]
    assert "  hint: quote it" in play(started(), warning(1), verbosity=1).text


def test_a_warning_of_the_run_has_its_hint():
    paper = play(warning(1, "state 'failed'", "AZ601", "add an action"), finished())

    assert paper.text.splitlines()[:2] == [
        "warning[AZ601]: state 'failed', at w.yaml:1:7",
        "  hint: add an action",
    ]


def test_a_note_is_no_warning():
    note = Diagnostic(code="AZ606", message="a placeholder", severity="info")
    paper = play(Warned(note), finished())

    assert paper.text == (
        "note[AZ606]: a placeholder\nsucceeded in 0.00 s: 0 steps, 0 requests\n"
    )


# --- what others say ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, media_type, expected",
    [
        ({"error": {"message": "no", "type": "t"}}, "", ("no (t)",)),
        (
            {"type": "about:blank", "title": "T", "detail": "D"},
            "",
            ("D (about:blank)",),
        ),
        (
            {"error": "invalid_grant", "error_description": "gone"},
            "",
            ("gone (invalid_grant)",),
        ),
        ({"errors": [{"message": "a"}, "b"]}, "", ("a", "b")),
        ({"message": "", "code": 3}, "", ('{"message":"","code":3}',)),
        ([1, 2], "", ("[1,2]",)),
        ("", "", ()),
        (None, "", ()),
        ("one\n\ntwo", "text/plain", ("one", "two")),
        ("\n".join("abcdefg"), "text/plain", ("a", "b", "c", "d", "…")),
        (
            "<html><head><title>502 Bad &amp; Gateway</title></head>",
            "text/html",
            ("an HTML page: 502 Bad & Gateway",),
        ),
        ("<!DOCTYPE html><p>hello <b>x", "", ("an HTML page: hello x",)),
        ("\x1b[31mred\x07", "text/plain", ("red",)),
        (Records(text='{"a":1}\n'), "application/jsonl", ('{"a":1}',)),
        (
            File("/x", "x", "0", 2000, "image/png"),
            "image/png",
            ("(a file of 2,000 bytes, image/png)",),
        ),
    ],
)
def test_the_providers_own_words(body, media_type, expected):
    """The message of an error object, the title of a page, else the beginning."""
    assert excerpt(body, media_type) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("plain é ☕", "plain é ☕"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mx\x90q\x9cy", "xy"),
        ("\x1bPdata\x1b\\x", "x"),
        ("a\rb\x08\x00c\x7f", "abc"),
        ("a\r\nb\tc", "a\nb    c"),
        ("abc\u202edcb\u2069", "abcdcb"),
        ("\x1b", ""),
        ("\x1b[", ""),
    ],
)
def test_nothing_from_outside_drives_the_terminal(text, expected):
    """Escape sequences, control characters and turned text are taken out (D17)."""
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("::set-env name=A::b", ": :set-env name=A::b"),
        ("x\n  ::error::y", "x\n  : :error::y"),
        ("a ::b", "a ::b"),
        ("x ##[group]y", "x ## [group]y"),
    ],
)
def test_nothing_from_outside_commands_a_ci_system(text, expected):
    """GitHub Actions reads commands from what a step prints."""
    assert disarm(text) == expected


def test_everything_shown_is_cleaned():
    """Ids, operations, values and messages of a hostile file or server."""
    evil = "\x1b[2J\x07::x"
    paper = play(
        RunStarted(run_id="r", workflow_id=evil, description=evil, steps=(evil,)),
        Warned(Diagnostic(code="AZ601", message=evil, hint=evil, severity="warning")),
        StepStarted(step_id=evil, operation=evil),
        answer(evil, {evil: evil, "message": evil}, status=400),
        StepFinished(
            step_id=evil,
            outcome=FAILED,
            failure=evil,
            decision=f"goto {evil}",
            criteria=(CriterionResult(evil, False, {evil: evil}, evil),),
        ),
        finished(
            "failed",
            error=Diagnostic(code="x", message=evil, hint=evil),
            step_outputs={evil: {evil: evil}},
        ),
        verbosity=1,
    )

    assert paper.text.replace("\n", "").isprintable()


# --- drawing ----------------------------------------------------------------------------


class Screen(io.StringIO):
    """A stream that says it is a terminal, or not."""

    def __init__(self, *, terminal):
        super().__init__()
        self._terminal = terminal

    def isatty(self):
        return self._terminal


@pytest.mark.parametrize(
    "terminal, environment, lively, colored",
    [
        (True, {}, True, True),
        (False, {}, False, False),
        (True, {"NO_COLOR": "1"}, True, False),
        (False, {"FORCE_COLOR": "1"}, False, True),
        (True, {"TERM": "dumb"}, False, False),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour_and_movement_belong_to_terminals(
    monkeypatch, terminal, environment, lively, colored
):
    """``NO_COLOR``, ``FORCE_COLOR`` and ``TERM=dumb`` are heeded."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    screen = Screen(terminal=terminal)

    display = open_display(screen)
    display.lines([(("x", "good"),)])
    display.close()

    assert display.lively is lively
    assert ("\x1b[32m" in screen.getvalue()) is colored


def test_the_changing_line_is_cleared_before_others(monkeypatch):
    """And it never reaches the edge, where it would wrap."""
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Screen(terminal=True)
    display = open_display(screen)

    display.live(lambda _now: (("0123456789" * 3, ""),))
    display.lines([(("first", ""),)])
    display.close()

    pieces = screen.getvalue().split("\r\x1b[K")
    drawn = [each for each in pieces if "0123" in each]
    assert "first\n" in screen.getvalue()
    assert all(width(each.split("\n")[-1]) <= 19 for each in drawn)
    assert screen.getvalue().endswith("\r\x1b[K")


def test_a_closed_stream_does_not_end_the_run():
    """``arazzo run … 2>&1 | head``"""
    screen = Screen(terminal=False)
    printer = Printer(screen, color=False)
    screen.close()

    printer.lines([(("x", ""),)])
    printer.lines([(("y", ""),)])


def test_an_encoding_without_the_characters():
    """They are replaced; the run goes on."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")

    Printer(stream, color=False).lines([(("é ☕", ""),)])
    stream.flush()

    assert raw.getvalue() == b"? ?\n"
    assert signs_for("ascii") is ASCII
    assert signs_for(None) is ASCII
    assert signs_for("utf-8") is UNICODE


@pytest.mark.parametrize(
    "text, columns, expected",
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("abc", 0, ""),
    ],
)
def test_text_is_cut_by_columns(text, columns, expected):
    """A wide character takes two."""
    assert cut(text, columns) == expected
    assert width(cut(text, columns)) <= columns


def test_a_line_is_cut_across_its_styles():
    line = (("abc", "good"), ("def", ""), ("ghi", "bad"))

    assert plain(cut_line(line, 5)) == "abcd…"
    assert plain(cut_line(line, 9)) == "abcdefghi"
    assert paint((("a", "good"), ("", "bad")), color=True) == "\x1b[32ma\x1b[0m"


def test_a_line_has_no_line_ends():
    assert one_line(" a\n\n b\t\x1b[1mc ") == "a b c"
