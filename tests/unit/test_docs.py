"""
The documentation is true: its commands print what it shows, its Python runs, its links
lead somewhere, and its generated pages are what the generator makes.

Marks in HTML comments above a block of code:

* ``not run: REASON``: cannot be run here;
* ``file: NAME``: the block is the file of that name, for the blocks after it;
* ``stand-in``: requests go to a stand-in for the providers, by an ``arazzo.toml``.
"""

import contextlib
import importlib.util
import io
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from arazzo_runner.errors import CODES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md")],
    key=lambda path: path.relative_to(ROOT).as_posix(),
)
MARK = re.compile(r"<!-- (not run|file|stand-in)(?:: (.*?))? -->")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HTML_LINK = re.compile(r'(?:src|href)="([^"]+)"')
SECONDS = re.compile(r"\d+(?:\.\d+)?(?= s\b)")


@dataclass(frozen=True)
class Block:
    """A block of code. `marks`: those above it, with what follows their colons."""

    language: str
    text: str
    line: int
    marks: dict[str, str | None]


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def blocks_of(path):
    blocks, marks, lines = [], {}, iter(enumerate(path.read_text("utf-8").splitlines()))
    for number, line in lines:
        if found := MARK.fullmatch(line):
            marks[found[1]] = found[2]
        elif line.startswith("```"):
            held = []
            for _, inner in lines:
                if inner == "```":
                    break
                held.append(inner)
            blocks.append(Block(line[3:].strip(), "\n".join(held), number + 2, marks))
            marks = {}
        elif line:
            marks = {}
    return blocks


def prose_of(path):
    """The page without its blocks of code and its code spans."""
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "`x`", text)


# --- running ----------------------------------------------------------------------------


def commands_of(text):
    """(command, the lines shown below it) for each ``$ `` of a console block."""
    found, lines = [], text.splitlines()
    while lines:
        line = lines.pop(0)
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\") or command.count("'") % 2:
                command += "\n" + lines.pop(0)
            found.append((command, []))
        else:
            found[-1][1].append(line)
    return found


def pattern_of(shown):
    """A pattern for *shown*: times differ, ``…`` stands for anything, alone for lines."""
    parts = []
    for line in shown:
        if line.strip() in ("...", "…"):
            parts.append(r"(?:.*\n)*?")
            continue
        pieces = re.split("(…|[.]{3})", SECONDS.sub("0", line.rstrip()))
        parts.append(
            "".join(
                ".*?" if each in ("…", "...") else re.escape(each) for each in pieces
            )
            + r"[ ]*\n"
        )
    return re.compile("".join(parts) + r"\n*")


class Session:
    """A shell in a copy of what a clone of the repository has in it."""

    def __init__(self, folder, environment, standin):
        self.folder, self.environment, self.standin = folder, environment, standin
        self.namespace = {"__name__": "page"}
        self.printed = ""

    def console(self, block):
        configuration = self.folder / "arazzo.toml"
        if "stand-in" in block.marks:
            server = self.standin()
            configuration.write_text(
                f'server = "{server.base}"\npoll-interval = 0.02\n', "utf-8"
            )
        commands = commands_of(block.text)
        script = "".join(
            f'{command}\n__status=$?; printf "\\036%d\\036" $__status; (exit $__status)\n'
            for command, _ in commands
        )
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
        if "stand-in" in block.marks:
            configuration.unlink()
        pieces = done.stdout.split("\x1e")
        assert len(pieces) == 2 * len(commands) + 1, done.stdout
        after = [command for command, _ in commands[1:]] + [""]
        for (command, shown), printed, status, following in zip(
            commands, pieces[::2], pieces[1::2], after, strict=False
        ):
            expected = pattern_of(shown)
            normal = SECONDS.sub("0", printed)
            normal += "" if normal.endswith("\n") else "\n"
            assert not shown or expected.fullmatch(normal), f"$ {command}\n{printed}"
            if following != "echo $?":
                assert status == "0", f"$ {command}\n{printed}"

    def python(self, block, path):
        out = io.StringIO()
        source = "\n" * (block.line - 1) + block.text
        with contextlib.redirect_stdout(out):
            exec(compile(source, name_of(path), "exec"), self.namespace)  # noqa: S102
        self.printed = out.getvalue()

    def text(self, block):
        """What the Python block above it prints."""
        expected = pattern_of(block.text.splitlines())
        assert expected.fullmatch(SECONDS.sub("0", self.printed)), self.printed


@pytest.fixture
def session(tmp_path, command_environment, standin, monkeypatch):
    folder, programs = tmp_path / "clone", tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    for name in ("workflows", "openapi"):
        copy_tree(ROOT / name, folder / name)
    for name, rest in (("arazzo", "-m arazzo_runner"), ("python", "")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {rest} "$@"\n')
        program.chmod(0o755)
    environment = {
        **command_environment,
        "PATH": f"{programs}{os.pathsep}{command_environment['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    key = standin().key
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        environment[name] = key
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", environment["XDG_CACHE_HOME"])
    return Session(folder, environment, lambda: standin(polls=2))


def copy_tree(source, target):
    target.mkdir()
    for each in source.iterdir():
        if each.is_dir():
            copy_tree(each, target / each.name)
        else:
            (target / each.name).write_bytes(each.read_bytes())


@pytest.mark.parametrize(
    "path", [each for each in PAGES if blocks_of(each)], ids=name_of
)
def test_what_a_page_shows_is_what_happens(path, session):
    before = ""
    for block in blocks_of(path):
        if "not run" in block.marks:
            before = ""
            continue
        name = block.marks.get("file")
        if name is not None:
            (session.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (session.folder / name).write_text(block.text + "\n", "utf-8")
        elif block.language == "console" and not block.text.startswith("$ make "):
            session.console(block)
        elif block.language == "python":
            session.python(block, path)
        elif block.language == "text" and before == "python":
            session.text(block)
        before = block.language


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_block_that_is_not_run_says_why(path):
    for block in blocks_of(path):
        assert block.marks.get("not run", "a reason"), f"line {block.line}"


def test_a_page_that_shows_something_else_is_noticed(session):
    """The tests above can fail: here is what they must refuse."""
    wrong = Block("console", "$ echo one\ntwo", 1, {})
    failing = Block("console", "$ exit_with() { return 3; }; exit_with", 1, {})

    for block in (wrong, failing):
        with pytest.raises(AssertionError):
            session.console(block)
    session.console(Block("console", "$ (exit 3)\n$ echo $?\n3", 1, {}))


# --- links ------------------------------------------------------------------------------


def anchors_of(path):
    """The anchors of a page's headings, as GitHub makes them."""
    anchors = {}
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.M | re.S)
    for heading in re.findall(r"^#+ (.+)$", text, re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")
        count = anchors.setdefault(slug, 0)
        anchors[slug] += 1
        if count:
            anchors[f"{slug}-{count}"] = 1
    return set(anchors) | set(re.findall(r'<a id="([^"]+)"', text))


def links_of(path):
    text = prose_of(path)
    return [
        each
        for each in LINK.findall(text) + HTML_LINK.findall(text)
        if not re.match(r"[a-z]+:", each)
    ]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_link_leads_to_a_file_and_heading(path):
    for link in links_of(path):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors_of(target), link


def test_every_page_is_in_the_index():
    index = DOCS / "README.md"
    linked = {(DOCS / each.partition("#")[0]).resolve() for each in links_of(index)}
    pages = {each.resolve() for each in DOCS.rglob("*.md")} - {index.resolve()}

    assert {each.relative_to(ROOT) for each in pages - linked} == set()


# --- what is generated ------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location(
        "make_reference", DOCS / "make_reference.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


def test_generated_pages_are_what_the_generator_makes_now(reference):
    """If not: python docs/make_reference.py"""
    for name, text in reference.items():
        assert (DOCS / name).read_text("utf-8") == text, name


def test_every_code_is_explained(reference):
    missing = [
        code for code in CODES if f"### {code} " not in reference["reference/codes.md"]
    ]

    assert missing == []


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    named = [*project["dependencies"], *(each for extra in extras for each in extra)]
    page = (DOCS / "explanation" / "dependencies.md").read_text("utf-8").lower()

    assert [each for each in named if re.split("[<>=]", each)[0] not in page] == []


def test_the_picture_is_of_a_run_that_succeeds():
    picture = (DOCS / "images" / "run.svg").read_text("utf-8")

    for text in ("arazzo", "pollBatch", "downloadResults", "succeeded"):
        assert text in picture
    assert "http" not in picture.replace("http://www.w3.org/", "")


# --- commands of make -------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_commands_of_make_exist(path):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    told = set(re.findall(r"(?:\$ |`)make ([a-z]+)\b", path.read_text("utf-8")))

    assert told <= targets


def test_the_readme_has_the_two_commands_on_its_first_screen():
    first = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:40])

    assert "make demo" in first
    assert "make test" in first
