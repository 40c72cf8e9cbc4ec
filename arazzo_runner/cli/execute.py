"""One run, from options to an exit status."""

from __future__ import annotations

import io
import secrets as randomness
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from ..errors import ArazzoError, Diagnostic, UsageError, did_you_mean, exit_status
from ..masking import Masker
from ..model import Workflow
from ..reporters.terminal import open_terminal
from ..result import RunResult
from ..runner import Runner
from .dry_run import dry_run_text
from .inputs import Declared, Given, collect
from .messages import Messages, all_problems
from .run import Options
from .signals import ending_on_signals
from .targets import Targets

