"""
Runs Arazzo workflows: multi-step API calls, described in YAML or JSON.

    import arazzo_runner

    result = arazzo_runner.run("batch.arazzo.yaml", inputs={"apiKey": key, ...})
    result.outputs
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from . import errors as errors
    from . import events as events
    from .api import arun as arun
    from .api import run as run
    from .checking import CheckReport as CheckReport
    from .checking import check as check
    from .engine.plan import Pacing as Pacing
    from .errors import ArazzoError as ArazzoError
    from .errors import Diagnostic as Diagnostic
    from .errors import DocumentError as DocumentError
    from .errors import InputError as InputError
    from .errors import Location as Location
    from .errors import PolicyError as PolicyError
    from .errors import UsageError as UsageError
    from .exploring import Exploration as Exploration
    from .exploring import explore as explore
    from .messages import File as File
    from .messages import Records as Records
    from .result import RunResult as RunResult
    from .result import StepRecord as StepRecord
    from .runner import Runner as Runner
    from .suites import SuiteReport as SuiteReport
    from .suites import run_suite as run_suite

_HOMES = {
    "ArazzoError": "errors",
    "CheckReport": "checking",
    "Diagnostic": "errors",
    "DocumentError": "errors",
    "Exploration": "exploring",
    "File": "messages",
    "InputError": "errors",
    "Location": "errors",
    "Pacing": "engine.plan",
    "PolicyError": "errors",
    "Records": "messages",
    "RunResult": "result",
    "Runner": "runner",
    "StepRecord": "result",
    "SuiteReport": "suites",
    "UsageError": "errors",
    "arun": "api",
    "check": "checking",
    "explore": "exploring",
    "run": "api",
    "run_suite": "suites",
}

__all__ = [
    "ArazzoError",
    "CheckReport",
    "Diagnostic",
    "DocumentError",
    "Exploration",
    "File",
    "InputError",
    "Location",
    "Pacing",
    "PolicyError",
    "Records",
    "RunResult",
    "Runner",
    "StepRecord",
    "SuiteReport",
    "UsageError",
    "arun",
    "check",
    "errors",
    "events",
    "explore",
    "run",
    "run_suite",
]


def __getattr__(name: str) -> object:
    # Public names load what they need when they are used: `arazzo --help` needs none.
    if name in ("errors", "events"):
        return import_module(f".{name}", __name__)
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
