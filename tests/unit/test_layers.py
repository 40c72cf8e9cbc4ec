"""The architecture, as a test: who may import whom, and what the pure part never imports."""

import ast
from pathlib import Path

import pytest

import arazzo_runner

ROOT = Path(arazzo_runner.__file__).parent

# Each line may import from the lines above it, and a package from itself.
LAYERS = [
    {"errors"},
    {"messages"},
    {"model", "events"},
    {"expressions", "masking"},
    {"asyncapi", "openapi", "loader"},
    {"engine"},
    {"rules"},
    {"transports"},
    {"auth"},
    {"clocks", "exchanges"},
    {"conversation", "mock"},
    {"drivers"},
    {"exploration", "apis"},
    {"dry", "inputs", "opening", "outbound", "outputs", "result"},
    {"session"},
    {"runner", "checking", "testing", "exploring"},
    {"fixing", "suites", "showing"},
    {"api"},
    {"explanations"},
    {"reporters"},
    {"cli"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

PURE = {
    "asyncapi",
    "errors",
    "messages",
    "model",
    "events",
    "expressions",
    "openapi",
    "engine",
    "exploration",
    "rules",
    "masking",
}
IMPURE = {
    "asyncio", "datetime", "httpx2", "multiprocessing", "os", "pathlib", "random",
    "secrets", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading",
    "time", "uuid",
}  # fmt: skip


def imports(path):
    """(name of our module, or None), (name of a foreign module, or None)"""
    depth = len(path.relative_to(ROOT).parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            names = [node.module] if node.module else [a.name for a in node.names]
            yield from ((name.split(".")[0], None) for name in names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield None, node.module.split(".")[0]
        elif isinstance(node, ast.Import):
            yield from ((None, alias.name.split(".")[0]) for alias in node.names)


@pytest.mark.parametrize(
    "path",
    sorted(
        path
        for path in ROOT.rglob("*.py")
        if path.parent != ROOT or not path.name.startswith("__")
    ),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_imports_point_downwards(path):
    here = path.relative_to(ROOT).parts[0].removesuffix(".py")
    for ours, foreign in imports(path):
        if ours is not None and ours.startswith("__"):
            continue
        assert ours in (None, here) or RANK[ours] < RANK[here], f"imports {ours}"
        assert foreign != ROOT.name, "import relatively"
        assert here not in PURE or foreign not in IMPURE, f"imports {foreign}"


def test_every_module_has_a_layer():
    modules = {
        path.name.removesuffix(".py")
        for path in ROOT.iterdir()
        if path.suffix in ("", ".py") and not path.name.startswith("_")
    }

    assert modules <= set(RANK), f"give these a line: {modules - set(RANK)}"
