"""Fixtures for every test: the stand-in server, published files, the real command."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from standin import StandIn

# Nothing asserts a time, so no example has a deadline; the machine may be busy. The gate
# tries the same examples each time: a new one found there says nothing of the change it
# refuses. ARAZZO_EXAMPLES=5000 searches for longer.
settings.register_profile(
    "arazzo",
    deadline=None,
    derandomize="CI" in os.environ,
    max_examples=int(os.environ.get("ARAZZO_EXAMPLES", "100")),
)
settings.load_profile("arazzo")

ROOT = Path(__file__).parents[1]


@pytest.fixture
def standin() -> Iterator[Callable[..., StandIn]]:
    """Makes stand-in servers (`StandIn`'s keyword arguments), closed after the test."""
    with contextlib.ExitStack() as servers:
        yield lambda **options: servers.enter_context(StandIn(**options))


# --- files ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared() -> Path:
    """The material that lies beside the repository; without it a test is skipped."""
    found = ROOT.parent / "shared"
    if not found.is_dir():
        pytest.skip("needs ../shared, which lies beside the project's repository")
    return found


@pytest.fixture(scope="session")
def corpus(shared: Path) -> Path:
    """Published Arazzo and OpenAPI files, one directory for each provider."""
    return shared / "corpus" / "dev"


@pytest.fixture(scope="session")
def published_anthropic(corpus: Path) -> Path:
    return (
        corpus
        / "anthropic"
        / "arazzo"
        / "anthropic-batch-create-poll-results-workflow.yml"
    )


@pytest.fixture(scope="session")
def published_openai(corpus: Path) -> Path:
    return corpus / "openai" / "arazzo" / "openai-batch-job-workflow.yml"


@pytest.fixture
def prompts() -> list[dict[str, Any]]:
    """Two requests for a message batch."""
    return [
        {
            "custom_id": name,
            "params": {
                "model": "claude-sonnet-4-5",
                "max_tokens": 100,
                "messages": [{"role": "user", "content": question}],
            },
        }
        for name, question in [("paris", "Capital of France?"), ("café", "Why ☕?")]
    ]


@pytest.fixture
def requests_jsonl(tmp_path: Path) -> Path:
    """An input file for OpenAI's Batch API, with four requests."""
    lines = [
        {
            "custom_id": f"row-{number}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {
                "model": "gpt-4o-mini",
                "messages": [{"role": "user", "content": f"Say {number} — naïvely"}],
            },
        }
        for number in range(1, 5)
    ]
    path = tmp_path / "requests.jsonl"
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


# --- the command ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ran:
    """What a finished command left."""

    status: int
    stdout: str
    stderr: str

    @property
    def outputs(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.stdout)


@dataclass(slots=True)
class Command:
    """The real command in its own process, with an environment that holds nothing of the
    person who runs the tests."""

    directory: Path
    environment: Mapping[str, str]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def __call__(
        self,
        *arguments: object,
        env: Mapping[str, str] | None = None,
        input: str | None = None,
        cwd: Path | None = None,
        timeout: float = 60,
    ) -> Ran:
        """Runs to the end. *env* is added to the clean environment; *timeout* in seconds."""
        done = subprocess.run(
            self._words(arguments),
            env={**self.environment, **(env or {})},
            input=input or "",
            cwd=cwd or self.directory,
            timeout=timeout,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(
        self,
        *arguments: object,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.Popen[str]:
        """
        Starts and returns at once: to send signals to it. Call its ``communicate()``;
        what still runs after the test is killed.
        """
        process = subprocess.Popen(
            self._words(arguments),
            env={**self.environment, **(env or {})},
            cwd=cwd or self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self.started.append(process)
        return process

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            with process:  # closes the pipes and waits
                pass

    @staticmethod
    def _words(arguments: tuple[object, ...]) -> list[str]:
        return [sys.executable, "-m", "arazzo_runner", *map(str, arguments)]


@pytest.fixture(scope="session")
def command_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A clean environment; the cache directory is shared by the tests of a session."""
    dropped = {"SSL_CERT_FILE", "SSL_CERT_DIR", "NO_COLOR", "FORCE_COLOR", "COLUMNS"}
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("ARAZZO_", "XDG_", "PYTHON"))
        and not name.upper().endswith("_PROXY")
        and not name.upper().endswith(("_API_KEY", "_TOKEN"))
        and name not in dropped
    }
    return environment | {
        "HOME": str(tmp_path_factory.mktemp("home")),
        "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
        "PYTHONUTF8": "1",
    }


@pytest.fixture
def arazzo(command_environment: dict[str, str], tmp_path: Path) -> Iterator[Command]:
    """
    The command: ``arazzo("run", file, "-i", "a=1").status``. It runs in the test's own
    empty directory unless told otherwise.
    """
    command = Command(tmp_path, command_environment)
    yield command
    command.close()
