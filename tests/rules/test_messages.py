"""
Steps that send and receive messages.

https://spec.openapis.org/arazzo/v1.1.0.html#step-object
"""

import pytest

NEWS = """\
asyncapi: 3.0.0
info: {title: News, version: '1'}
channels:
  orders:
    messages:
      placed: {payload: {type: object, properties: {id: {type: string}}}, correlationId: {location: $message.header#/id}}
  mixed:
    messages:
      placed: {payload: {type: object, properties: {id: {type: string}}}}
      refused: {payload: {type: object}}
  plain:
    messages:
      placed: {payload: {type: object, properties: {id: {type: string}}}}
operations:
  sendOrder: {action: send, channel: {$ref: '#/channels/orders'}}
  readMixed: {action: receive, channel: {$ref: '#/channels/mixed'}}
"""
MORE = "- {name: news, url: news.yaml, type: asyncapi}"
URL = "{$sourceDescriptions.news.url}"


@pytest.fixture
def codes(check):
    def found(*steps, **options):
        text = "steps:\n" + "".join(f"- {each}\n" for each in steps)
        options = {"version": "1.1.0", "more": MORE, "news": NEWS, **options}
        check(text, **options)
        skipped = ("AZ390", "AZ509")
        return [
            (each.severity, each.code)
            for each in check.found
            if each.code not in skipped
        ]

    return found


def channel(name, rest="action: send", step="a"):
    return f"{{stepId: {step}, channelPath: '{name}', {rest}}}"


OK = "successCriteria: [{condition: $message.payload#/id != null}]"


@pytest.mark.parametrize(
    "step, expected",
    [
        pytest.param(channel(f"{URL}#/channels/plain"), [], id="N-STEP-01 a channel"),
        pytest.param(channel(f"{URL}#/channels/plane"), [("error", "AZ303")], id="N-STEP-01 unknown"),
        pytest.param(channel(f"{URL}#/info"), [("error", "AZ303")], id="N-STEP-01 no channel"),
        pytest.param(channel("orders"), [("error", "AZ305")], id="N-STEP-03 no expression"),
        pytest.param(
            channel("$sourceDescriptions.news#/channels/plain"), [("warning", "AZ508")], id="N-STEP-03 another form"
        ),
        pytest.param(
            channel("{$sourceDescriptions.olds.url}#/channels/plain"), [("error", "AZ305")], id="N-STEP-04 unlisted"
        ),
        pytest.param(
            channel("{$sourceDescriptions.pets.url}#/channels/plain"), [("error", "AZ305")], id="N-STEP-04 of OpenAPI"
        ),
        pytest.param(channel(f"{URL}#/channels/orders"), [("info", "AZ729")], id="N-STEP-05 the id is preferred"),
        pytest.param("{stepId: a, operationId: sendOrder, action: send}", [], id="N-SRC-01 an operation"),
        pytest.param(
            "{stepId: a, operationId: $sourceDescriptions.news.sendOrder, action: send}", [], id="N-STEP-04 qualified"
        ),
        pytest.param(
            "{stepId: a, operationId: sendOdrer, action: send}", [("error", "AZ303")], id="N-STEP-04 unknown operation"
        ),
        pytest.param(
            "{stepId: a, operationId: ping, action: send}", [("error", "AZ734")], id="N-STEP-07 action of OpenAPI"
        ),
        pytest.param(
            "{stepId: a, operationId: $sourceDescriptions.pets.ping, action: send}",
            [("error", "AZ734")],
            id="N-STEP-07 action of OpenAPI, qualified",
        ),
        pytest.param("{stepId: a, operationId: sendOrder}", [("warning", "AZ733")], id="N-STEP-08 no action"),
        pytest.param(
            "{stepId: a, operationId: $sourceDescriptions.news.sendOrder}",
            [("warning", "AZ733")],
            id="N-STEP-08 no action, qualified",
        ),
        pytest.param(
            channel(f"{URL}#/channels/plain", f"action: receive, correlationId: x, {OK}"),
            [("warning", "AZ735")],
            id="N-STEP-10 no correlation",
        ),
        pytest.param(
            channel(f"{URL}#/channels/orders", f"action: receive, correlationId: x, {OK}"),
            [],
            id="N-STEP-10 a correlation",
        ),
        pytest.param(
            channel(f"{URL}#/channels/mixed", "action: receive"),
            [("info", "AZ729"), ("warning", "AZ731")],
            id="N-ASYNC-03 no criteria",
        ),
        pytest.param(channel(f"{URL}#/channels/plain", "action: receive"), [], id="N-ASYNC-04 one kind of message"),
        pytest.param(
            channel(f"{URL}#/channels/plain", "action: send, outputs: {x: $response.body}"),
            [("warning", "AZ717")],
            id="N-EXPR-01 no response",
        ),
    ],
)  # fmt: skip
def test_a_step_with_messages(codes, check, step, expected):
    assert sorted(codes(step)) == sorted(expected)
    assert all(each.location.line >= 10 for each in check.found)


def test_they_are_checked_and_not_run(codes, check):
    codes(channel(f"{URL}#/channels/plain"))

    (finding,) = check.of("AZ390")
    assert finding.severity == "info"
    assert "refuses" in finding.message


READS = "{stepId: b, operationId: ping, outputs: {x: $steps.a.outputs.id}%s}"
GIVES = channel(f"{URL}#/channels/plain", "action: receive, outputs: {id: $message.payload#/id}")  # fmt: skip


@pytest.mark.parametrize(
    "rest, expected",
    [("", [("warning", "AZ732")]), (", dependsOn: [a]", [])],
    ids=["N-STEP-17 none", "N-STEP-17 dependsOn"],
)
def test_what_uses_a_message_depends_on_it(codes, rest, expected):
    assert codes(GIVES, READS % rest) == expected


def test_the_flow_of_messages(codes):
    """N-DEP-04: a later step's output, in a body that is not sent by us."""
    step = channel(
        f"{URL}#/channels/plain",
        "action: send, requestBody: {payload: {x: $steps.b.outputs.s}}",
    )

    found = codes(step, "{stepId: b, operationId: ping, outputs: {s: $statusCode}}")

    assert found == [("error", "AZ714")]


@pytest.mark.parametrize(
    "name, expected",
    [("news", []), ("olds", ["AZ305"]), ("pets", ["AZ305"])],
)
def test_a_channel_of_a_document_alone(codes, name, expected):
    """N-STEP-03, N-STEP-04 without opening anything."""
    path = f"{{$sourceDescriptions.{name}.url}}#/channels/unknown"

    assert [code for _, code in codes(channel(path), sources=False)] == expected


VERSION_2 = """\
asyncapi: 2.6.0
info: {title: News, version: '1'}
channels:
  orders:
    subscribe:
      operationId: readOrders
      message:
        oneOf:
        - {payload: {type: object}, correlationId: {location: $message.header#/id}}
        - {payload: {type: string}}
    publish: {operationId: sendOrders, message: {payload: {type: object, properties: {errors: {}}}}}
"""


def test_version_2(codes):
    step = "{stepId: a, operationId: readOrders, action: receive, correlationId: 1}"
    other = "{stepId: b, operationId: sendOrders, action: receive, correlationId: 1}"

    assert codes(step, news=VERSION_2) == [("warning", "AZ731")]
    assert codes(other, news=VERSION_2) == [("warning", "AZ731"), ("warning", "AZ735")]
