"""The Files and Batch APIs of OpenAI."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .common import (
    Answer,
    Api,
    Body,
    Incoming,
    Options,
    Refusal,
    Stream,
    as_json,
    as_lines,
    read_json,
)
from .multipart import parse_multipart

CREATED = 1735689600  # 2025-01-01T00:00:00Z
PURPOSES = {"assistants", "batch", "fine-tune", "vision", "user_data", "evals"}
WAITING = ("validating", "in_progress", "finalizing")
FAILURES = {
    "errored": {"code": "invalid_request", "message": "The request was not accepted."},
    "canceled": {"code": "batch_cancelled", "message": "The batch was cancelled."},
    "expired": {"code": "batch_expired", "message": "The batch expired first."},
}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded file, or one with results."""

    id: str
    filename: str
    media_type: str
    purpose: str
    content: Body


@dataclass(slots=True)
class Batch:
    """A batch of OpenAI's, and what the next retrieves will say."""

    id: str
    input_file: str
    endpoint: str
    window: str
    requests: list[dict[str, Any]]
    coming: list[str]
    status: str = "validating"
    outcomes: list[str] = field(default_factory=list)
    output_file: str | None = None
    error_file: str | None = None


class OpenAI(Api):
    """``/v1/files`` and ``/v1/batches``."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.files: dict[str, StoredFile] = {}
        self.batches: dict[str, Batch] = {}
        file, batch = r"/v1/files/(?P<file>[^/]+)", r"/v1/batches/(?P<batch>[^/]+)"
        self.routes = (
            ("POST", "/v1/files", "createFile", self.upload),
            ("GET", file, "retrieveFile", self.retrieve_file),
            ("GET", file + "/content", "downloadFile", self.download),
            ("POST", "/v1/batches", "createBatch", self.create),
            ("GET", batch, "retrieveBatch", self.retrieve),
            ("POST", batch + "/cancel", "cancelBatch", self.cancel),
        )

    def check(self, incoming: Incoming) -> None:
        scheme, _, given = incoming.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            raise Refusal(401, "You didn't provide an API key (Authorization: Bearer).")
        if given != self.options.key:
            raise Refusal(401, "Incorrect API key provided.", "invalid_api_key")

    def problem(self, status: int, why: str, code: str | None = None) -> bytes:
        kind = "server_error" if status >= 500 else "invalid_request_error"
        error = {"message": why, "type": kind, "param": None, "code": code}
        return json.dumps({"error": error}).encode()

    def upload(self, incoming: Incoming) -> Answer:
        try:
            parts = parse_multipart(
                incoming.headers.get("content-type", ""), incoming.body
            )
        except ValueError as error:
            raise Refusal(400, str(error)) from None
        named = {part.name: part for part in parts}
        file = named.get("file")
        if file is None or not file.filename:
            raise Refusal(400, "'file' must be a file part with a filename")
        if "purpose" not in named:
            raise Refusal(400, "'purpose' is a required property")
        purpose = named["purpose"].content.decode("utf-8", "replace")
        if purpose not in PURPOSES:
            raise Refusal(400, f"{purpose!r} is not one of {sorted(PURPOSES)}")
        if purpose == "batch":
            read_requests(file.content)
        return as_json(
            self.view_file(
                self.keep(file.filename, file.media_type, purpose, file.content)
            )
        )

    def keep(self, name: str, media_type: str, purpose: str, body: Body) -> StoredFile:
        identifier = f"file-{len(self.files) + 1}"
        stored = StoredFile(identifier, name, media_type, purpose, body)
        self.files[identifier] = stored
        return stored

    def view_file(self, file: StoredFile) -> dict[str, Any]:
        body = file.content
        return {
            "id": file.id,
            "object": "file",
            "bytes": body.size if isinstance(body, Stream) else len(body),
            "created_at": CREATED,
            "filename": file.filename,
            "purpose": file.purpose,
            "status": "processed",
        }

    def known_file(self, file: str, status: int = 404) -> StoredFile:
        if file not in self.files:
            raise Refusal(status, f"No such File object: {file}")
        return self.files[file]

    def retrieve_file(self, incoming: Incoming, file: str) -> Answer:
        return as_json(self.view_file(self.known_file(file)))

    def download(self, incoming: Incoming, file: str) -> Answer:
        known = self.known_file(file)
        disposition = f'attachment; filename="{known.filename}"'
        kind = known.media_type
        if known.purpose == "batch_output":
            kind = self.options.results_type or kind
        return Answer(200, (("content-disposition", disposition),), known.content, kind)

    def create(self, incoming: Incoming) -> Answer:
        given = read_json(incoming)
        for name in ("input_file_id", "endpoint", "completion_window"):
            if not isinstance(given.get(name), str):
                raise Refusal(400, f"Missing required parameter: '{name}'.")
        if given["completion_window"] != "24h":
            raise Refusal(400, "Invalid 'completion_window': expected '24h'.")
        file = self.known_file(given["input_file_id"], 400)
        if file.purpose != "batch" or not isinstance(file.content, bytes):
            raise Refusal(400, f"{file.id} was not uploaded with the purpose 'batch'")
        polls = self.options.polls
        identifier = f"batch_{len(self.batches) + 1}"
        batch = Batch(
            identifier,
            file.id,
            given["endpoint"],
            given["completion_window"],
            read_requests(file.content),
            [WAITING[each * len(WAITING) // polls] for each in range(polls)],
        )
        self.batches[identifier] = batch
        return as_json(self.view(batch))

    def view(self, batch: Batch) -> dict[str, Any]:
        done = batch.outcomes.count("succeeded")
        failed = batch.status == "failed"
        why = {"code": "invalid_request", "message": "Line 1 is not acceptable."}
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": batch.endpoint,
            "errors": {"object": "list", "data": [why]} if failed else None,
            "input_file_id": batch.input_file,
            "completion_window": batch.window,
            "status": batch.status,
            "output_file_id": batch.output_file,
            "error_file_id": batch.error_file,
            "created_at": CREATED,
            "expires_at": CREATED + 86400,
            "request_counts": {
                "total": 0 if failed else len(batch.requests),
                "completed": done,
                "failed": len(batch.outcomes) - done,
            },
        }

    def known(self, batch: str) -> Batch:
        if batch not in self.batches:
            raise Refusal(404, f"No batch found with id '{batch}'.")
        return self.batches[batch]

    def retrieve(self, incoming: Incoming, batch: str) -> Answer:
        known = self.known(batch)
        if known.coming:
            known.status = known.coming.pop(0)
        elif known.status in (*WAITING, "cancelling"):
            self.finish(known)
        return as_json(self.view(known))

    def finish(self, batch: Batch) -> None:
        """Ends *batch*: what succeeded goes to one file, the rest to another."""
        final = "cancelled" if batch.status == "cancelling" else self.options.final
        batch.status = final
        if final == "failed":  # found while it was validated: nothing was done
            return
        count = range(len(batch.requests))
        batch.outcomes = [
            "canceled" if final == "cancelled" else self.outcome(each) for each in count
        ]
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Any]] = []
        for index, (request, what) in enumerate(
            zip(batch.requests, batch.outcomes, strict=True)
        ):
            (good if what == "succeeded" else bad).append(record(index, request, what))
        if good:
            body = as_lines(good, self.options.results_bytes)
            batch.output_file = self.results(f"{batch.id}_output.jsonl", body)
        if bad:
            batch.error_file = self.results(
                f"{batch.id}_error.jsonl", as_lines(bad, None)
            )

    def results(self, name: str, body: Body) -> str:
        return self.keep(name, "application/jsonl", "batch_output", body).id

    def cancel(self, incoming: Incoming, batch: str) -> Answer:
        known = self.known(batch)
        if known.status not in (*WAITING, "cancelling"):
            raise Refusal(409, f"Cannot cancel a batch with status '{known.status}'.")
        known.status, known.coming = "cancelling", ["cancelling"]
        return as_json(self.view(known))


def read_requests(content: bytes) -> list[dict[str, Any]]:
    """The requests in an input file, or a `Refusal` that names the bad line."""
    requests = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            raise Refusal(
                400, f"the file is not JSONL: line {number} is not JSON"
            ) from None
        if not isinstance(value, dict):
            raise Refusal(400, f"line {number} of the file is not a JSON object")
        requests.append(value)
    if not requests:
        raise Refusal(400, "the file is empty")
    return requests


def record(index: int, request: dict[str, Any], what: str) -> dict[str, Any]:
    """The line of a results file for one request."""
    body = {
        "id": f"chatcmpl-{index + 1}",
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": f"Answer {index + 1} — ✓"},
                "finish_reason": "stop",
            }
        ],
    }
    answer = {"status_code": 200, "request_id": f"req_{index + 1}", "body": body}
    return {
        "id": f"batch_req_{index + 1}",
        "custom_id": request.get("custom_id", f"request-{index + 1}"),
        "response": answer if what == "succeeded" else None,
        "error": FAILURES.get(what),
    }
