"""
Large bodies through the real command: memory does not grow with them, no byte is lost,
and what is not whole does not bear the final name.
"""

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from standin import KEY, Cut, parse_multipart

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="needs getrusage"),
]

WORKFLOWS = Path(__file__).parents[2] / "workflows"
ANTHROPIC = WORKFLOWS / "anthropic-message-batch.arazzo.yaml"
OPENAI = WORKFLOWS / "openai-batch.arazzo.yaml"
LARGE, SMALL = 100_000_000, 1_000_000  # bytes
MARGIN = 32 * 2**20  # bytes: by how much the larger body may raise the peak
QUICK = ("--poll-interval", "0.01", "--secret", "apiKey=env:KEY")

# Runs a command in a process that has no other child, so that the peak is that child's.
MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[2:]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
with open(sys.argv[1], "w") as file:
    file.write(str(peak if sys.platform == "darwin" else peak * 1024))
sys.exit(status)
"""


@dataclass(frozen=True)
class Measured:
    """A run that has ended. `peak` is the most memory it had, in bytes."""

    status: int
    stdout: str
    stderr: str
    peak: int

    @property
    def outputs(self):
        return json.loads(self.stdout)


@pytest.fixture
def measured(command_environment, tmp_path):
    """Runs the command and measures its memory."""

    def run(*arguments):
        peak = tmp_path / "peak"
        words = [sys.executable, "-m", "arazzo_runner", *arguments]
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, *map(str, (peak, *words))],
            env={**command_environment, "KEY": KEY},
            cwd=tmp_path,
            timeout=120,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Measured(
            done.returncode, done.stdout, done.stderr, int(peak.read_text())
        )

    return run


def digest(pieces):
    whole = hashlib.sha256()
    for piece in pieces:
        whole.update(piece)
    return whole.hexdigest()


def digest_of(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def first_bytes(path, size=1000):
    with path.open("rb") as file:
        return file.read(size)


# --- downloads ----------------------------------------------------------------------------


@pytest.fixture
def anthropic(measured, standin, prompts, tmp_path):
    """Downloads results of a size to a file: the server, what was run, the file."""
    (tmp_path / "prompts.json").write_text(json.dumps({"requests": prompts}))

    def download(size, *options, fault=None, **server_options):
        server = standin(polls=1, results_bytes=size, **server_options)
        if fault is not None:
            server.fail("retrieveMessageBatchResults", fault, always=True)
        path = tmp_path / f"results-{size}.jsonl"
        ran = measured(
            "run", ANTHROPIC, "--server", server.base, *QUICK, "-i", "prompts.json",
            "-o", f"results={path.name}", *options,
        )  # fmt: skip
        return server, ran, path

    return download


def sent_results(server):
    """Digest of the results, asked for once more."""
    url = f"{server.base}/messages/batches/msgbatch_01/results"
    headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    with urlopen(Request(url, headers=headers)) as response:
        return digest(iter(lambda: response.read(1 << 20), b""))


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_large_download_needs_no_memory(anthropic, chunked):
    """``-o NAME=FILE`` is streamed: exactly the bytes sent, and a note in their place."""
    _, small, _ = anthropic(SMALL, chunked=chunked)
    assert small.status == 0, small.stderr

    server, large, path = anthropic(LARGE, chunked=chunked)

    assert large.status == 0, large.stderr
    assert path.stat().st_size == LARGE
    assert digest_of(path) == sent_results(server)
    assert large.outputs["results"] == {
        "path": path.name,
        "bytes": LARGE,
        "mediaType": "application/x-jsonl",
    }
    assert large.outputs["batchId"] == "msgbatch_01"
    assert not path.with_name(path.name + ".part").exists()
    assert large.peak - small.peak < MARGIN


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_download_that_breaks_off_has_no_final_name(anthropic, chunked):
    """What came is kept as ``FILE.part``; the exit code says that no response came."""
    came = 5_000_000
    cut = Cut(came, chunked=chunked)

    _, ran, path = anthropic(LARGE, "--retry", "0", fault=cut)

    part = path.with_name(path.name + ".part")
    assert ran.status == 5, ran.stderr
    assert not path.exists()
    assert part.stat().st_size == came
    assert first_bytes(part).startswith(b'{"custom_id": "paris"')
    assert ran.stdout == ""
    assert ran.stderr.endswith(f"what came of the output 'results' is in {part.name}\n")


def test_an_older_file_survives_a_download_that_breaks_off(anthropic, tmp_path):
    """The final name never holds half a value: it holds the old one until the end."""
    older = tmp_path / f"results-{SMALL}.jsonl"
    older.write_text("from yesterday\n")

    _, ran, path = anthropic(SMALL, "--retry", "0", fault=Cut(200_000))

    assert ran.status == 5, ran.stderr
    assert path == older
    assert older.read_text() == "from yesterday\n"


# --- uploads ------------------------------------------------------------------------------


def write_requests(path, size):
    """A file of requests with exactly *size* bytes, in lines of a megabyte."""
    count = size // SMALL
    with path.open("wb") as file:
        for number in range(count):
            line = {"custom_id": f"row-{number}", "method": "POST", "body": ""}
            line["url"] = "/v1/chat/completions"
            empty = len(json.dumps(line)) + 1
            line["body"] = "x" * (SMALL - empty)
            file.write(json.dumps(line).encode() + b"\n")
    assert path.stat().st_size == size
    return path


@pytest.fixture
def openai(measured, standin, tmp_path):
    """Uploads a file of requests of a size: the server, what was run, the file."""

    def upload(size):
        server = standin(polls=1)
        path = write_requests(tmp_path / f"requests-{size}.jsonl", size)
        ran = measured(
            "run", OPENAI, "--server", server.base, *QUICK,
            "-i", f"batchInputFile=@{path.name}", "-o", "results=out.jsonl",
        )  # fmt: skip
        return server, ran, path

    return upload


def test_a_large_upload_needs_no_memory(openai):
    """``-i NAME=@FILE`` is streamed, under its own name and byte for byte."""
    _, small, _ = openai(SMALL)
    assert small.status == 0, small.stderr

    server, large, path = openai(LARGE)

    assert large.status == 0, large.stderr
    upload = server.requests[0]
    parts = {
        part.name: part
        for part in parse_multipart(upload.header("content-type"), upload.body)
    }
    assert int(upload.header("content-length")) == len(upload.body)
    assert parts["purpose"].content == b"batch"
    assert parts["file"].filename == path.name
    assert digest([parts["file"].content]) == digest_of(path)
    assert large.peak - small.peak < MARGIN
