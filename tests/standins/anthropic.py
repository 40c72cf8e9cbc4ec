"""The Message Batches API of Anthropic."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from .common import (
    OUTCOMES,
    Answer,
    Api,
    Incoming,
    Options,
    Refusal,
    as_json,
    as_lines,
    read_json,
)

ERROR_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


@dataclass(slots=True)
class MessageBatch:
    """A batch of Anthropic's; `outcomes` is empty until it has ended."""

    id: str
    requests: list[dict[str, Any]]
    left: int  # retrieves that still answer "not yet"
    canceled: bool = False
    outcomes: list[str] = field(default_factory=list)


class Anthropic(Api):
    """``/v1/messages/batches`` and what is below it."""

    request_id = "request-id"

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.batches: dict[str, MessageBatch] = {}
        all_, one = "/v1/messages/batches", r"/v1/messages/batches/(?P<batch>[^/]+)"
        self.routes = (
            ("POST", all_, "createMessageBatch", self.create),
            ("GET", all_, "listMessageBatches", self.list),
            ("GET", one, "retrieveMessageBatch", self.retrieve),
            ("GET", one + "/results", "retrieveMessageBatchResults", self.results),
            ("POST", one + "/cancel", "cancelMessageBatch", self.cancel),
        )

    def check(self, incoming: Incoming) -> None:
        given = incoming.headers.get("x-api-key")
        if given is None:
            raise Refusal(401, "x-api-key header is required")
        if given != self.options.key:
            raise Refusal(401, "invalid x-api-key")
        if not incoming.headers.get("anthropic-version"):
            raise Refusal(400, "anthropic-version: header is required")

    def problem(self, status: int, why: str, code: str | None = None) -> bytes:
        usual = "api_error" if status >= 500 else "invalid_request_error"
        error = {"type": code or ERROR_TYPES.get(status, usual), "message": why}
        return json.dumps({"type": "error", "error": error}).encode()

    def create(self, incoming: Incoming) -> Answer:
        requests = read_json(incoming).get("requests")
        if requests is None:
            raise Refusal(400, "requests: Field required")
        if not isinstance(requests, list) or not requests:
            raise Refusal(400, "requests: must be an array with at least one item")
        seen = set()
        for index, each in enumerate(requests):
            custom_id = each.get("custom_id") if isinstance(each, dict) else None
            if not isinstance(custom_id, str) or not custom_id:
                raise Refusal(400, f"requests.{index}.custom_id: Field required")
            if custom_id in seen:
                raise Refusal(400, f"requests.{index}.custom_id: is not unique")
            if not isinstance(each.get("params"), dict):
                raise Refusal(400, f"requests.{index}.params: Field required")
            seen.add(custom_id)
        identifier = f"msgbatch_{len(self.batches) + 1:02}"
        batch = MessageBatch(identifier, requests, self.options.polls)
        self.batches[identifier] = batch
        return as_json(self.view(batch))

    def view(self, batch: MessageBatch) -> dict[str, Any]:
        ended = bool(batch.outcomes)
        status = "canceling" if batch.canceled else "in_progress"
        waiting = 0 if ended else len(batch.requests)
        return {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": "ended" if ended else status,
            "request_counts": {
                "processing": waiting,
                **{each: batch.outcomes.count(each) for each in OUTCOMES},
            },
            "created_at": "2025-01-01T00:00:00Z",
            "expires_at": "2025-01-02T00:00:00Z",
            "archived_at": None,
            "cancel_initiated_at": "2025-01-01T00:05:00Z" if batch.canceled else None,
            "ended_at": "2025-01-01T00:10:00Z" if ended else None,
            "results_url": f"{self.options.public_url}/v1/messages/batches/{batch.id}/results"
            if ended
            else None,
        }

    def known(self, batch: str) -> MessageBatch:
        if batch not in self.batches:
            raise Refusal(404, f"there is no message batch {batch}")
        return self.batches[batch]

    def retrieve(self, incoming: Incoming, batch: str) -> Answer:
        known = self.known(batch)
        if known.left > 0:
            known.left -= 1
        elif not known.outcomes:
            known.outcomes = [
                "canceled" if known.canceled else self.outcome(index)
                for index in range(len(known.requests))
            ]
        return as_json(self.view(known))

    def results(self, incoming: Incoming, batch: str) -> Answer:
        known = self.known(batch)
        if not known.outcomes:
            raise Refusal(404, f"the results of {batch} are not available yet")
        lines = [
            {"custom_id": each["custom_id"], "result": self.result(index, each, what)}
            for index, (each, what) in enumerate(
                zip(known.requests, known.outcomes, strict=True)
            )
        ]
        body = as_lines(lines, self.options.results_bytes)
        kind = self.options.results_type or "application/x-jsonl"
        return Answer(body=body, media_type=kind)

    def result(self, index: int, request: dict[str, Any], what: str) -> dict[str, Any]:
        if what == "errored":
            why = json.loads(self.problem(400, "max_tokens: must be at least 1"))
            return {"type": what, "error": why}
        if what != "succeeded":
            return {"type": what}
        message = {
            "id": f"msg_{index + 1:02}",
            "type": "message",
            "role": "assistant",
            "model": request["params"].get("model", "unknown"),
            "content": [{"type": "text", "text": f"Answer {index + 1} — ✓"}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 11, "output_tokens": 7},
        }
        return {"type": what, "message": message}

    def cancel(self, incoming: Incoming, batch: str) -> Answer:
        known = self.known(batch)
        if known.outcomes:
            raise Refusal(400, f"{batch} has ended and cannot be canceled")
        known.canceled, known.left = True, 1
        return as_json(self.view(known))

    def list(self, incoming: Incoming) -> Answer:
        query = parse_qs(incoming.query)
        limit, after, before = (
            query.get(name, [""])[0] for name in ("limit", "after_id", "before_id")
        )
        if limit and not (limit.isdecimal() and 1 <= int(limit) <= 1000):
            raise Refusal(400, "limit: must be an integer from 1 to 1000")
        newest = [*reversed(self.batches)]
        for cursor in filter(None, (after, before)):
            self.known(cursor)
        if after:
            newest = newest[newest.index(after) + 1 :]
        count = int(limit or 20)
        if before:  # the page that ends right before the cursor
            newest = newest[: newest.index(before)]
            page = newest[-count:]
        else:
            page = newest[:count]
        return as_json(
            {
                "data": [self.view(self.batches[each]) for each in page],
                "first_id": page[0] if page else None,
                "last_id": page[-1] if page else None,
                "has_more": len(newest) > len(page),
            }
        )
