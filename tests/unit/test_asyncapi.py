"""
What steps are checked against in an AsyncAPI document (N-SRC-01, N-STEP-01, N-STEP-04).

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

import pytest

from arazzo_runner.asyncapi import AsyncDocument
from arazzo_runner.loader.parse import parse

THREE = """\
asyncapi: 3.0.0
channels:
  orders: {address: /orders, messages: {order: {payload: {type: object}}}}
  a/b: {$ref: '#/components/channels/shared'}
  lost: {$ref: '#/components/channels/none'}
  far: {$ref: 'other.yaml#/channels/x'}
  loop: {$ref: '#/channels/loop'}
operations:
  placeOrder: {action: send, channel: {$ref: '#/channels/orders'}}
  awaitOrder: {$ref: '#/components/operations/awaiting'}
  escaped: {action: receive, channel: {$ref: '#/channels/a~1b'}}
  nowhere: {action: send}
components:
  channels: {shared: {address: x}}
  operations: {awaiting: {action: receive, channel: {$ref: '#/channels/orders'}}}
"""
TWO = """\
asyncapi: 2.6.0
channels:
  orders:
    publish: {operationId: placeOrder}
    subscribe: {operationId: awaitOrder}
  silent: {publish: {summary: it has no id}}
  shared: {$ref: '#/components/channels/shared'}
components: {channels: {shared: {publish: {operationId: shared}}}}
"""


def document(text):
    parsed = parse(text, "events.yaml")
    return AsyncDocument(
        uri="events.yaml", name="events", root=parsed.value, locate=parsed.locate
    )


@pytest.mark.parametrize(
    "text, name, action, channel",
    [
        (THREE, "placeOrder", "send", "/channels/orders"),
        (THREE, "awaitOrder", "receive", "/channels/orders"),
        (THREE, "escaped", "receive", "/channels/a~1b"),
        (THREE, "nowhere", "send", None),
        (TWO, "placeOrder", "publish", "/channels/orders"),
        (TWO, "awaitOrder", "subscribe", "/channels/orders"),
        (TWO, "shared", "publish", "/channels/shared"),
    ],
)
def test_an_operation_is_found_by_its_id(text, name, action, channel):
    found = document(text).operation(name)

    assert (found.operation_id, found.action, found.channel) == (name, action, channel)


@pytest.mark.parametrize("text", [THREE, TWO, "{}", "{operations: 1, channels: [x]}"])
def test_an_unknown_operation_is_none(text):
    assert document(text).operation("none") is None


def test_operations_know_their_place():
    found = document(TWO).operation("awaitOrder")

    assert document(TWO).locate(found.path).line == 5


@pytest.mark.parametrize(
    "pointer, address",
    [
        ("/channels/orders", "/orders"),
        ("#/channels/orders", "/orders"),
        ("#/channels/a~1b", "x"),
        ("#/channels/a%7E1b", "x"),
        ("/components/channels/shared", "x"),
    ],
)
def test_a_channel_is_found_by_its_pointer(pointer, address):
    assert document(THREE).channel(pointer)["address"] == address


@pytest.mark.parametrize(
    "pointer",
    [
        "/channels/none", "/channels/lost", "/channels/far", "/channels/loop",
        "/channels", "/operations/placeOrder", "/channels/orders/address", "", "orders",
    ],
)  # fmt: skip
def test_what_is_no_channel_is_none(pointer):
    assert document(THREE).channel(pointer) is None


def test_the_channel_of_an_operation():
    made = document(THREE)

    assert made.channel_of(made.operation("awaitOrder"))["address"] == "/orders"
    assert made.channel_of(made.operation("escaped"))["address"] == "x"
    assert made.channel_of(made.operation("nowhere")) is None


def test_the_operations_of_a_channel():
    made = document(THREE)

    assert [each.operation_id for each in made.operations_of("#/channels/orders")] == [
        "placeOrder",
        "awaitOrder",
    ]
    assert [each.operation_id for each in made.operations_of("/channels/a~1b")] == [
        "escaped"
    ]
    assert document(TWO).operations_of("/channels/none") == ()


def test_what_there_is():
    assert document(THREE).operation_ids() == (
        "placeOrder",
        "awaitOrder",
        "escaped",
        "nowhere",
    )
    assert document(TWO).channel_pointers() == (
        "/channels/orders",
        "/channels/silent",
        "/channels/shared",
    )
    assert "/channels/a~1b" in document(THREE).channel_pointers()


@pytest.mark.parametrize(
    "text, major", [(THREE, 3), (TWO, 2), ("asyncapi: x", 0), ("{}", 0)]
)
def test_the_version(text, major):
    assert document(text).major == major


def test_the_place_of_a_pointer():
    assert document(THREE).location("#/operations/escaped").line == 11
