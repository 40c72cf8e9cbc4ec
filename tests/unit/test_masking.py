"""A secret of a run is never seen: in no sink, in no encoding (security D14, D15)."""

import base64
import functools
import html
import json
from dataclasses import replace
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from scripted import Scripted, describe, ok, strings

from arazzo_runner import Runner
from arazzo_runner.engine.secrecy import CREDENTIAL_HEADERS
from arazzo_runner.errors import ArazzoError, Diagnostic, PolicyError
from arazzo_runner.events import (
    CriterionResult,
    Outcome,
    RequestSent,
    ResponseReceived,
    RunFinished,
    StepFinished,
    Warned,
)
from arazzo_runner.masking import MASK, Masker, mask_event
from arazzo_runner.messages import Records, Response, Secret, Template

# The mask itself is made of stars, so a secret of stars proves nothing.
SECRETS = st.text(
    st.characters(codec="utf-8", exclude_characters="*"), min_size=4, max_size=30
)


def lower_percent(text):
    encoded = (quote(each, safe="") for each in text)
    return "".join(each.lower() if each[0] == "%" else each for each in encoded)


def numbered_html(text):
    return "".join(
        each if each.isalnum() or each in "-_.~" else f"&#{ord(each)};" for each in text
    )


ENCODINGS = {
    "raw": str,
    "percent": functools.partial(quote, safe=""),
    "percent, lower case": lower_percent,
    "percent, slash kept": quote,
    "percent, reserved kept": functools.partial(quote, safe=":/?#[]@!$&'()*+,;="),
    "form": quote_plus,
    "json": lambda text: json.dumps(text)[1:-1],
    "json, unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "json, slash escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "html": html.escape,
    "html, quotes kept": functools.partial(html.escape, quote=False),
    "html, decimal": numbered_html,
    "python": lambda text: repr("'\"" + text)[4:-1],
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
@given(secret=SECRETS, before=st.text(max_size=5), after=st.text(max_size=5))
@example(secret="sk-1/2+3=4&5", before="Bearer ", after='"')
@example(secret='a"b\\c\nd', before="", after="")
@example(secret="\\\\\\\\", before="\\", after="")
@example(secret="p%41ss word", before="%", after="%41")
@example(secret="naïve–☕🔑key", before="", after="")
def test_no_encoding_shows_a_secret(encode, secret, before, after):
    """URL-encoded in both cases, as JSON, as HTML; whatever stands around it."""
    masker = Masker([secret])

    shown = masker.text(before + encode(secret) + after)

    assert encode(secret) not in shown
    assert secret not in shown


@given(
    secret=SECRETS,
    before=st.binary(max_size=4),
    after=st.binary(max_size=4),
    url_safe=st.booleans(),
)
def test_base64_shows_no_secret_at_any_offset(secret, before, after, url_safe):
    data = secret.encode()
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    encoded = encode(before + data + after).decode()

    shown = Masker([secret]).text(f"Basic {encoded}")

    # The first and the last character may depend on what stands around.
    start = (len(before) * 8 + 5) // 6
    own = encoded[start : (len(before) + len(data)) * 8 // 6]
    assert own not in shown


@pytest.mark.parametrize("secret", ["", "a", "abc"])
def test_short_secrets_are_left_alone(secret):
    """Hiding every "a" hides nothing and spoils everything."""
    assert Masker([secret]).text("a cab, abc") == "a cab, abc"


def test_spaces_around_a_secret_do_not_count():
    """A header goes without them."""
    assert Masker([" sk-123 \n"]).text("x-api-key: sk-123") == "x-api-key: ***"


def test_longer_secrets_come_first():
    masker = Masker(["key-1", "key-1-and-more"])

    assert masker.text("key-1-and-more, key-1") == "***, ***"


def test_many_backslashes_take_no_exponential_time():
    masker = Masker(["\\" * 60 + "x"])

    assert masker.text("\\" * 5000) == "\\" * 5000


def test_half_characters_can_be_secret(everywhere):
    """A JSON text may hold them; UTF-8, and so a URL, cannot."""
    secret = "half-\ud83d"

    seen, _ = sinks(everywhere, secret)

    assert not [text for text in seen if "half-" in text]


def test_a_masker_does_not_tell():
    assert "sk-very-secret" not in repr(Masker(["sk-very-secret"]))


# --- values -----------------------------------------------------------------------------


def test_values_are_masked_at_any_depth():
    masker = Masker(["sk-123", "4711"])
    value = {
        "a": ["x sk-123 y", {"sk-123": None}],
        "n": 4711,
        "f": 4711.0,
        "m": [1, True, 2.5, 47],
        "r": Records(text='{"k": "sk-123"}\n'),
        "s": Secret("inputs.apiKey"),
        "t": Template(("Bearer ", Secret("inputs.apiKey"))),
    }

    assert masker.value(value) == {
        "a": ["x *** y", {"***": None}],
        "n": MASK,
        "f": MASK,
        "m": [1, True, 2.5, 47],
        "r": Records(text='{"k": "***"}\n'),
        "s": MASK,
        "t": MASK,
    }


def test_bodies_of_512_levels_are_masked():
    """As deep as a JSON body may be (security D9)."""
    value = "sk-123"
    for _ in range(512):
        value = {"a": value}
    masker = Masker(["sk-123"])

    masked = masker.value(value, members=True)
    masker.learn(value)

    for _ in range(512):
        masked = masked["a"]
    assert masked == "***"


@pytest.mark.parametrize(
    "name",
    [
        "access_token", "accessToken", "refresh_token", "id_token", "token",
        "session_token", "client_secret", "clientSecret", "password", "api_key",
        "apiKey", "API-KEY", "secret", "private_key", "authorization", "jwt",
    ],
)  # fmt: skip
def test_members_with_names_of_credentials_are_hidden(name):
    assert Masker().value({name: "abc"}, members=True) == {name: MASK}


@pytest.mark.parametrize(
    "name",
    ["max_tokens", "maxTokens", "next_page_token", "pageToken", "token_type", "tokens",
     "key", "secretary", "passwordless"],
)  # fmt: skip
def test_other_members_are_shown(name):
    assert Masker().value({name: "abc"}, members=True) == {name: "abc"}


def test_numbers_under_such_names_are_shown():
    assert Masker().value({"token": 5, "secret": None}, members=True) == {
        "token": 5,
        "secret": None,
    }


def test_what_such_a_member_holds_is_hidden_from_then_on():
    masker = Masker()

    masker.value({"token": "eyJhbGciOiJub25lIn0", "password": "short"}, members=True)

    assert masker.text("/x?t=eyJhbGciOiJub25lIn0 short") == "/x?t=*** short"


def test_a_list_of_thousands_of_tokens_is_data():
    """Language models answer with them; each is hidden where it stands."""
    masker = Masker()
    tokens = [{"token": f"word-{number:06}"} for number in range(5000)]

    shown = masker.value(tokens, members=True)

    assert shown == [{"token": MASK}] * 5000
    assert masker.text("word-000000") == MASK
    assert masker.text("word-004999") == "word-004999"


def test_learning_alone_is_enough():
    """Where nobody looks at messages, they are not masked, but read all the same."""
    masker = Masker()

    masker.learn({"data": [{"access_token": "t0k3n-value", "n": 5}]})

    assert masker.text("Bearer t0k3n-value") == "Bearer ***"


@pytest.mark.parametrize(
    "name",
    [*sorted(CREDENTIAL_HEADERS), "Authorization", "Set-Cookie", "X-Goog-Api-Key",
     "X-Auth-Token", "X-Amz-Security-Token"],
)  # fmt: skip
def test_credential_headers_are_hidden_whole(name):
    assert Masker().headers(((name, "abc"),)) == ((name, MASK),)


@pytest.mark.parametrize("name", ["Content-Type", "X-Page-Token", "ETag", "X-Tokens"])
def test_other_headers_are_shown(name):
    masker = Masker(["sk-123"])

    assert masker.headers(((name, "x sk-123"),)) == ((name, "x ***"),)


@pytest.mark.parametrize(
    "name,value,hidden",
    [
        ("Authorization", "Bearer tok-123", ["tok-123"]),
        ("authorization", "tok-123", ["tok-123"]),
        ("Authorization", "Basic dXNlcjpwYXNzd29yZA==", ["dXNlcjpwYXNzd29yZA==", "password"]),
        ("Authorization", "Basic not*base64", ["not*base64"]),
        ("Cookie", 'sid=abcd-1; csrf="efgh-2"; empty=', ["abcd-1", "efgh-2"]),
        ("X-Api-Key", "two words", ["words"]),
    ],
)  # fmt: skip
def test_a_credential_is_found_in_its_field(name, value, hidden):
    masker = Masker()

    masker.add_field(name, value)

    assert [masker.text(f"<{each}>") for each in hidden] == ["<***>"] * len(hidden)


# --- events -----------------------------------------------------------------------------

KEY = "sk-123"


@pytest.mark.parametrize(
    "event",
    [
        StepFinished(
            step_id="a",
            outcome=Outcome.FAILED,
            outputs={"o": KEY},
            criteria=(
                CriterionResult("c", False, {"$x": f"<{KEY}>"}),
                CriterionResult("d", False, {}, f"no pointer in {KEY}"),
            ),
            failure=f"cannot reach https://x/?k={KEY}",
        ),
        StepFinished(step_id="a", outcome=Outcome.ERRORED, failure=f"failed: {KEY}"),
        Warned(Diagnostic(code="AZ601", message=f"m {KEY}", hint=f"h {KEY}")),
        RunFinished(
            run_id="r",
            workflow_id="w",
            status="failed",
            outputs={"o": KEY},
            step_outputs={"a": {"o": [KEY]}},
            error=Diagnostic(code="x", message=f"m {KEY}", hint=f"h {KEY}"),
        ),
    ],
)
def test_events_are_masked(event):
    shown = mask_event(event, Masker([KEY]))

    assert type(shown) is type(event)
    assert not [each for each in strings(shown) if KEY in each]
    assert [each for each in strings(shown) if MASK in each]


def test_errors_are_masked():
    error = ArazzoError.of(
        [Diagnostic(code="x", message=f"a {KEY}", hint=f"h {KEY}")] * 2
    )

    Masker([KEY]).error(error)

    assert str(error) == "a ***\na ***"
    assert not [each for each in strings(error) if KEY in each]


# --- whole runs -------------------------------------------------------------------------

EVERYWHERE = """\
inputs:
  type: object
  properties:
    it: {type: string, format: password}
steps:
- stepId: body
  operationId: createJob
  requestBody: {payload: {a: $inputs.it, b: 'x{$inputs.it}y', c: ['z{$inputs.it}']}}
  outputs: {echo: $response.body#/echo, head: $response.header.x-echo, sent: $request.body}
- stepId: form
  operationId: sendForm
  requestBody: {payload: {f: $inputs.it}}
- stepId: reserved
  operationId: getReserved
  parameters: [{name: q, in: query, value: $inputs.it}]
  outputs: {url: $url, echo: $response.body}
- stepId: whole
  operationId: getSearched
  parameters: [{name: q, in: querystring, value: 'a=1&b={$inputs.it}&c=2'}]
  outputs: {url: $url}
- stepId: place
  operationId: getJob
  parameters:
  - {name: id, in: path, value: 'a{$inputs.it}'}
  - {name: q, in: query, value: $steps.body.outputs.echo}
  - {name: X-Note, in: header, value: 'note {$inputs.it}'}
  - {name: Authorization, in: header, value: 'Bearer {$inputs.it}'}
  successCriteria:
  - condition: $response.body#/echo == 'other'
outputs:
  echo: $steps.body.outputs.echo
"""


def echo(request, secret):
    """What a careless server says."""
    body = {"echo": secret, "url": request.url, "list": [f"you sent {secret}"]}
    return Response(200, (("x-echo", secret),), body, "application/json")


def sinks(path, secret):
    """Everything that people and logs may see of a run with *secret*."""
    seen = []
    transport = Scripted(lambda request: echo(request, secret))
    with Runner(path, transport=transport, on_event=seen.append, retry=0) as runner:
        for run in (runner.dry_run, functools.partial(runner.run, run_id="r")):
            try:
                result = run(inputs={"it": secret})
            except ArazzoError as error:
                seen.append(error)
                result = error.result
            if result is not None and not isinstance(result, tuple):
                seen += [
                    # Times are no text, and any four digits may be in one.
                    [replace(each, began=0.0, ended=0.0) for each in result.steps],
                    result.error,
                    result.warnings,
                    result.step_outputs,
                ]
            else:
                seen.append(result)
    return list(strings(seen)), transport.requests


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory):
    return describe(tmp_path_factory.mktemp("masking"), EVERYWHERE)


@pytest.fixture(scope="module")
def usual(everywhere):
    """What is seen of any run: a secret that happens to be in it proves nothing."""
    return " ".join(sinks(everywhere, "")[0])


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(secret=SECRETS)
@example(secret="sk-ant-api03-aB_c.d~e")
@example(secret="a b&c=d/e?f#g%h")
@example(secret="q\"u'o\\t`e<d>")
@example(secret="  around  ")
@example(secret="line\nbreak")
@example(secret="..//../x")
@example(secret="Ünïcödé☕🔑")
@example(secret="\U0010ffff" * 4)
def test_no_sink_of_a_run_shows_a_secret(everywhere, usual, secret):
    assume(secret.strip() and secret not in usual)
    assume(len(secret.strip()) >= 4 and secret.strip() not in usual)

    seen, _ = sinks(everywhere, secret)

    for each in (secret, secret.strip()):
        forms = {encode(each) for encode in ENCODINGS.values()}
        assert not [text for text in seen for form in forms if form in text]


def test_the_secret_is_sent_and_given_to_the_caller(everywhere):
    """Masking covers what people see, not what was asked for (product, "Masking")."""
    transport = Scripted(lambda request: echo(request, "sk-123"))

    with Runner(everywhere, transport=transport) as runner:
        result = runner.run(inputs={"it": "sk-123"})

    assert [each.url for each in transport.requests][-1].endswith(
        "/jobs/ask-123?q=sk-123"
    )
    assert ("Authorization", "Bearer sk-123") in transport.requests[-1].headers
    assert b"".join(transport.requests[0].body) == (
        b'{"a":"sk-123","b":"xsk-123y","c":["zsk-123"]}'
    )
    assert result.outputs == {"echo": "sk-123"}
    assert result.step_outputs["body"]["echo"] == MASK


def events_of(path, answers, inputs=None, **options):
    events = []
    transport = Scripted(answers)
    with Runner(path, transport=transport, on_event=events.append, **options) as runner:
        result = runner.run(inputs=inputs)
    return events, result, transport


LOGIN = """\
steps:
- stepId: login
  operationId: login
  requestBody: {payload: {user: me}}
  outputs: {session: $response.body#/data/s}
- stepId: use
  operationId: getJob
  parameters:
  - {name: id, in: path, value: '1'}
  - {name: Authorization, in: header, value: 'Bearer {$steps.login.outputs.session}'}
- stepId: again
  operationId: getJob
  parameters:
  - {name: id, in: path, value: $steps.login.outputs.session}
outputs: {session: $steps.login.outputs.session}
"""


def test_a_token_of_a_login_is_masked_once_it_is_sent_as_a_credential(tmp_path):
    """Its name says nothing; that it is sent in Authorization does."""
    path = describe(tmp_path, LOGIN)
    answers = [
        ok({"data": {"s": "t0k3n-value"}}),
        ok({"hint": "t0k3n-value is valid"}),
        ok({}),
    ]

    events, result, transport = events_of(path, answers)

    sent = next(
        index
        for index, each in enumerate(events)
        if isinstance(each, RequestSent) and each.step_id == "use"
    )
    assert not [each for each in strings(events[sent:]) if "t0k3n-value" in each]
    assert transport.requests[2].url.endswith("/jobs/t0k3n-value")
    assert result.outputs == {"session": "t0k3n-value"}


def test_a_token_with_a_telling_name_is_masked_at_once(tmp_path):
    """As every OAuth response has it (RFC 6749, 5.1)."""
    path = describe(tmp_path, LOGIN.replace("/data/s", "/access_token"))
    answers = [ok({"access_token": "t0k3n-value"}), ok({}), ok({})]

    events, result, _ = events_of(path, answers)

    assert not [each for each in strings(events) if "t0k3n-value" in each]
    assert not [each for each in strings(result.steps) if "t0k3n-value" in each]
    assert result.outputs == {"session": "t0k3n-value"}


@pytest.mark.parametrize(
    "parameter",
    [
        "{name: k, in: query, value: $steps.login.outputs.s}",
        "{name: all, in: querystring, value: 'k={$steps.login.outputs.s}'}",
        "{name: all, in: querystring, value: {k: $steps.login.outputs.s}}",
    ],
)
def test_what_goes_to_the_place_of_a_security_scheme_is_masked(tmp_path, parameter):
    path = describe(
        tmp_path,
        f"""\
        steps:
        - stepId: login
          operationId: login
          requestBody: {{payload: {{user: me}}}}
          outputs: {{s: $response.body#/s}}
        - stepId: keyed
          operationId: getKeyed
          parameters: [{parameter}]
        """,
    )

    events, _, transport = events_of(path, [ok({"s": "by-place-1"}), ok({})])

    urls = [each.url for each in events if isinstance(each, RequestSent)]
    assert transport.requests[1].url == "https://api.test/v1/keyed?k=by-place-1"
    assert urls[1] == "https://api.test/v1/keyed?k=***"


def test_messages_are_masked(tmp_path, everywhere):
    """Requests and responses as events show them."""
    transport = Scripted(lambda request: echo(request, "sk-1 2"))
    events = []

    with Runner(everywhere, transport=transport, on_event=events.append) as runner:
        runner.run(inputs={"it": "sk-1 2"})

    sent = [each for each in events if isinstance(each, RequestSent)]
    received = [each for each in events if isinstance(each, ResponseReceived)]
    assert sent[0].body == '{"a":"***","b":"x***y","c":["z***"]}'
    assert sent[1].body == "f=***"
    assert sent[2].url == "https://api.test/v1/reserved?q=***"
    assert sent[3].url == "https://api.test/v1/searched?a=1&b=***&c=2"
    assert sent[4].url == "https://api.test/v1/jobs/a***?q=***"
    assert dict(sent[4].headers)["X-Note"] == "note ***"
    assert dict(sent[4].headers)["Authorization"] == "***"
    assert received[0].headers == (("x-echo", "***"),)
    assert received[0].body["list"] == ["you sent ***"]


def test_a_secret_is_not_cut_in_two_where_a_long_body_ends(tmp_path):
    """A long body is shown in part; the part must not end in the middle of a secret."""
    path = describe(
        tmp_path,
        """\
        inputs: {type: object, properties: {it: {format: password}, fill: {}}}
        steps:
        - stepId: a
          operationId: createJob
          requestBody: {payload: {f: $inputs.fill, s: $inputs.it}}
        """,
    )
    secret = "0123456789abcdef" * 4
    fill = "x" * (10_000 - 40)

    events, *_ = events_of(path, [ok({})], {"it": secret, "fill": fill})

    (body,) = (each.body for each in events if isinstance(each, RequestSent))
    assert len(body) <= 10_001
    assert "01234" not in body


def test_the_exception_of_a_policy_is_masked(tmp_path):
    """Its message would show the path."""
    path = describe(
        tmp_path,
        """\
        inputs: {type: object, properties: {it: {format: password}}}
        steps:
        - stepId: a
          operationId: getJob
          parameters:
          - {name: id, in: path, value: '..'}
          - {name: X-Note, in: header, value: $inputs.it}
        """,
    )

    with pytest.raises(PolicyError) as caught:
        events_of(path, [], {"it": "se\ncret"})

    assert not [each for each in strings(caught.value) if "se\ncret" in each]


@pytest.mark.parametrize(
    "value",
    [{"user": "me-1", "password": "pass-1"}, ["me-1", "pass-1"], "pass-1", 123456, 1234.5],
)  # fmt: skip
def test_secrets_of_every_shape_are_masked(tmp_path, value):
    """An input that is secret may be an object, an array or a number."""
    path = describe(
        tmp_path,
        """\
        inputs: {type: object, properties: {it: {format: password}}}
        steps:
        - stepId: a
          operationId: createJob
          requestBody: {payload: {c: $inputs.it}}
          outputs: {echo: $response.body}
        """,
    )

    def answer(request):
        return ok(json.loads(b"".join(request.body)))

    events, result, transport = events_of(path, answer, {"it": value})

    shown = " ".join(strings(events)) + " ".join(strings(result.steps))
    assert json.loads(b"".join(transport.requests[0].body)) == {"c": value}
    for each in ("pass-1", "123456", "1234.5"):
        assert each not in shown


def test_a_secret_in_a_file_is_masked(tmp_path):
    """A path for a secret input means the text in that file."""
    key = tmp_path / "key.txt"
    key.write_text("sk-from-file\n")
    path = describe(
        tmp_path,
        """\
        inputs: {type: object, properties: {apiKey: {type: string}}}
        steps:
        - stepId: a
          operationId: getJob
          parameters:
          - {name: id, in: path, value: '1'}
          - {name: q, in: query, value: $inputs.apiKey}
        """,
    )

    events, _, transport = events_of(path, [ok({})], {"apiKey": key})

    assert transport.requests[0].url.endswith("/jobs/1?q=sk-from-file")
    assert not [each for each in strings(events) if "sk-from-file" in each]


def test_secrets_that_the_caller_names_are_masked(tmp_path):
    path = describe(
        tmp_path,
        """\
        inputs: {type: object, properties: {code: {type: string}}}
        steps:
        - stepId: a
          operationId: getJob
          parameters: [{name: id, in: path, value: $inputs.code}]
        """,
    )

    events, *_ = events_of(path, [ok({})], {"code": "c0de-1"}, secrets=["code"])

    assert not [each for each in strings(events) if "c0de-1" in each]
