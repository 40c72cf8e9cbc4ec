"""
The cache folder between processes: who opens first, who is killed, who reads how much.

Threads of one process, damage and clean-up are the subject of test_cache.py.
"""

import contextlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from arazzo_runner import Runner
from arazzo_runner.engine.compile import plan_workflow
from arazzo_runner.engine.lookup import Sources
from arazzo_runner.loader.cache import open_parts
from arazzo_runner.loader.parse import parse
from arazzo_runner.openapi.document import Document, split_parts

PATHS = 300

WORKFLOW = """\
arazzo: 1.0.1
info: {title: Test, version: '1'}
sourceDescriptions:
- {name: api, url: api.json, type: openapi}
workflows:
- workflowId: main
  steps:
  - {stepId: one, operationId: op7}
  - {stepId: two, operationId: op8}
"""

# Opens FILE with the cache in FOLDER; prints its parts. Once it has found nothing in the
# cache it says so, and goes on when it is told.
OPEN = """
import json, sys
from pathlib import Path
from arazzo_runner.loader.cache import open_parts
from arazzo_runner.loader.parse import parse
from arazzo_runner.openapi.document import split_parts

def parse_when_told(data):
    print("cold", flush=True)
    sys.stdin.readline()
    return parse(data, "api.json", positions=False).value

file, folder = map(Path, sys.argv[1:])
data = file.read_bytes()
with open_parts(data, parse=parse_when_told, split=split_parts, folder=folder) as parts:
    print(json.dumps({key: parts.get(key) for key in sorted(parts.keys())}))
"""

# The same, but no file may become larger than LIMIT bytes. The signal that a process gets
# then kills it (`killed`) or, ignored, makes writing fail as on a full disk (`full`).
LIMITED = """
import resource, signal, sys
limit = int(sys.argv.pop(1))
deadly = sys.argv.pop(1) == "killed"
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
signal.signal(signal.SIGXFSZ, signal.SIG_DFL if deadly else signal.SIG_IGN)
"""

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs limits of POSIX")


def api():
    """A large description: many paths, each with a schema of its own."""
    paths, schemas = {}, {}
    for number in range(PATHS):
        name = f"Thing{number}"
        content = {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}
        }
        paths[f"/things/{number}"] = {
            "get": {
                "operationId": f"op{number}",
                "description": "é😀 " * 20,
                "responses": {"200": {"description": "", "content": content}},
            }
        }
        schemas[name] = {"type": "object", "description": "x" * 200}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "servers": [{"url": "https://api.test"}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


@pytest.fixture
def file(tmp_path):
    """The description, with a workflow beside it that uses two of its operations."""
    (tmp_path / "flow.arazzo.yaml").write_text(WORKFLOW)
    path = tmp_path / "api.json"
    path.write_text(json.dumps(api()))
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "arazzo"


@pytest.fixture
def start(file, folder):
    """Starts a process that opens the description."""
    with contextlib.ExitStack() as started:

        def one(program=OPEN, *arguments):
            process = subprocess.Popen(
                [sys.executable, "-c", program, *map(str, (*arguments, file, folder))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
            )
            started.enter_context(process)
            started.callback(process.kill)
            return process

        yield one


def open_here(file, folder):
    """The parts, and how often the document was parsed for them."""
    parsed = []

    def counted(data):
        parsed.append(data)
        return parse(data, str(file), positions=False).value

    data = file.read_bytes()
    with open_parts(data, parse=counted, split=split_parts, folder=folder) as parts:
        return {key: parts.get(key) for key in parts.keys()}, len(parsed)  # noqa: SIM118


def expected():
    return json.loads(json.dumps(split_parts(api())))


def files(folder):
    """Names of what is in the folder, by ending."""
    return Counter(each.suffix for each in folder.rglob("*") if each.is_file())


# --- at the same time ---------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 4])
def test_processes_that_meet_at_a_cold_cache(start, file, folder, count):
    """All have found nothing before the first may write: all get the right parts, and
    one whole file is left."""
    processes = [start() for _ in range(count)]
    said = [each.stdout.readline() for each in processes]
    assert said == ["cold\n"] * count

    for each in processes:
        each.stdin.write("go on\n")
        each.stdin.flush()
    ended = [each.communicate(timeout=60) for each in processes]

    assert [each.returncode for each in processes] == [0] * count, ended
    assert [json.loads(out) for out, _ in ended] == [expected()] * count
    assert files(folder) == {".sqlite": 1}
    assert open_here(file, folder) == (expected(), 0)


def test_one_that_comes_later_finds_what_another_has_written(start, folder):
    """Another process, not only another object of the same one."""
    first, second = start(), None
    first.communicate("go on\n", timeout=60)

    second = start()
    out, problems = second.communicate(timeout=60)

    assert problems == ""
    assert json.loads(out) == expected()  # and no line "cold" before it
    assert files(folder) == {".sqlite": 1}


def test_commands_that_meet_at_a_cold_cache(arazzo, file, tmp_path):
    """The real command, four at once: all succeed alike."""
    where = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}

    started = [
        arazzo.start("run", "flow.arazzo.yaml", "--mock", env=where) for _ in range(4)
    ]
    ended = [each.communicate(timeout=60) for each in started]

    assert [each.returncode for each in started] == [0] * 4, ended
    assert {out for out, _ in ended} == {"{}\n"}
    assert files(tmp_path).get(".sqlite") == 1
    assert ".tmp" not in files(tmp_path)


# --- killed -------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("limit", [0, 1, 4096, 20_000, 100_000])
def test_a_process_killed_while_it_writes(start, file, folder, limit):
    """What it leaves is never taken for a cache, and does not stand in the way."""
    process = start(LIMITED + OPEN, limit, "killed")
    process.communicate("go on\n", timeout=60)
    assert process.returncode < 0
    assert files(folder) == {".tmp": 1}

    first = open_here(file, folder)
    second = open_here(file, folder)

    assert first == (expected(), 1)
    assert second == (expected(), 0)
    assert files(folder) == {".tmp": 1, ".sqlite": 1}


@posix
@pytest.mark.parametrize("limit", [0, 1, 4096, 20_000, 100_000])
def test_a_disk_that_is_full(start, file, folder, limit):
    """The run goes on without a cache, and leaves nothing behind."""
    process = start(LIMITED + OPEN, limit, "full")

    out, problems = process.communicate("go on\n", timeout=60)

    assert process.returncode == 0, problems
    assert json.loads(out.removeprefix("cold\n")) == expected()
    assert files(folder) == {}
    assert open_here(file, folder) == (expected(), 1)


@pytest.mark.parametrize("part", [0, 0.3, 0.9, 1])
def test_an_unfinished_file_is_not_read(file, folder, part):
    """Not even one that is whole, but for its name."""
    open_here(file, folder)
    [whole] = folder.rglob("*.sqlite")
    data = whole.read_bytes()
    whole.unlink()
    left = whole.with_name("tmp1234.tmp")
    left.write_bytes(data[: int(len(data) * part)])

    assert open_here(file, folder) == (expected(), 1)
    assert left.exists()  # it may be in the making


# --- warm ---------------------------------------------------------------------------------


@contextlib.contextmanager
def parsed_uris():
    """The documents that are parsed meanwhile, by the name of the file."""
    code, seen = parse.__code__, []

    def profile(frame, event, _argument):
        if event == "call" and frame.f_code is code:
            seen.append(Path(frame.f_locals["uri"]).name)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield seen
    finally:
        sys.setprofile(before)


@pytest.fixture
def flow(file, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / "flow.arazzo.yaml"


def open_and_plan(path):
    with Runner(path) as runner:
        return runner.plan()


def test_a_warm_run_does_not_parse_its_sources(flow):
    """Only the workflow itself is read again."""
    with parsed_uris() as cold:
        first = open_and_plan(flow)
    with parsed_uris() as warm:
        second = open_and_plan(flow)

    assert cold == ["flow.arazzo.yaml", "api.json"]
    assert warm == ["flow.arazzo.yaml"]
    assert [each.label for each in first.steps] == [each.label for each in second.steps]


def test_a_warm_run_of_a_published_file_does_not_parse_its_sources(
    published_openai, tmp_path, monkeypatch
):
    """2.8 MB of YAML are parsed once."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    cold = open_and_plan(published_openai)

    with parsed_uris() as parsed:
        warm = open_and_plan(published_openai)

    assert parsed == [published_openai.name]
    assert [each.label for each in warm.steps] == [each.label for each in cold.steps]


class Counted:
    """Parts that remember which of them were asked for."""

    def __init__(self, parts):
        self.parts = parts
        self.asked = Counter()

    def get(self, key):
        self.asked[key] += 1
        return self.parts.get(key)


def read_for(path, source, data, folder):
    """The keys that planning the workflow at *path* reads, and how many there are."""
    with Runner(path) as runner:
        description, workflow = runner.description, runner.workflow()
    with open_parts(data, parse=parse_value, split=split_parts, folder=folder) as parts:
        counted = Counted(parts)
        document = Document(counted, source, description.source_descriptions[0].name)
        names = {description.source_descriptions[0].name: document}
        plan_workflow(description, workflow, Sources(documents=names))
        return counted.asked, len(parts.keys())


def parse_value(data):
    return parse(data, "api", positions=False).value


def test_only_the_parts_a_workflow_uses_are_read(flow, file, folder):
    """Two operations of three hundred: their paths, no other path, each part once."""
    for _ in range(2):  # cold, warm
        asked, count = read_for(flow, "api.json", file.read_bytes(), folder)

        read = {key for key in asked if key.startswith("/paths/")}
        assert count > 2 * PATHS
        assert read == {"/paths/~1things~17", "/paths/~1things~18"}
        assert not [key for key in asked if key.startswith("/components/schemas/")]
        assert max(asked.values()) == 1
        assert len(asked) < 15


def test_only_the_parts_a_published_workflow_uses_are_read(
    published_openai, corpus, folder, monkeypatch, tmp_path
):
    """Three operations of OpenAI's description, of more than a thousand parts."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = corpus / "openai/openapi/_original/openai-openapi-master.yml"

    asked, count = read_for(published_openai, source.name, source.read_bytes(), folder)

    paths = {key for key in asked if key.startswith("/paths/")}
    assert paths == {
        "/paths/~1files",
        "/paths/~1batches",
        "/paths/~1batches~1{batch_id}",
    }
    assert count > 500
    assert len(asked) < count / 20
    assert max(asked.values()) == 1
