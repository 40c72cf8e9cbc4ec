"""
Findings as SARIF 2.1.0, for code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from .. import __version__
from ..checking import CheckReport
from ..errors import CODES, Diagnostic, Location
from ..explanations import explanation
from ..messages import JSON

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def sarif(report: CheckReport) -> str:
    """The whole log as text."""
    codes = sorted({each.code for each in report.findings})
    numbers = {code: number for number, code in enumerate(codes)}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "arazzo check",
                        "version": __version__,
                        "rules": [_rule(code) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(each, numbers[each.code]) for each in report.findings
                ],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(code: str) -> JSON:
    text = explanation(code)
    said = text.text if text is not None else CODES.get(code, code)
    return {
        "id": code,
        "name": CODES.get(code, code),
        "shortDescription": {"text": CODES.get(code, code).replace("-", " ")},
        "fullDescription": {"text": said},
        "help": {"text": said},
    }


def _result(finding: Diagnostic, rule: int) -> JSON:
    text = finding.message + (f". {finding.hint}" if finding.hint else "")
    result: dict[str, JSON] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
    }
    if finding.location.uri:
        result["locations"] = [{"physicalLocation": _place(finding.location)}]
    if finding.related:
        result["relatedLocations"] = [
            {"physicalLocation": _place(at), "message": {"text": what}}
            for at, what in finding.related
            if at.uri
        ]
    return result


def _place(at: Location) -> JSON:
    uri = at.uri if "://" in at.uri else quote(Path(at.uri).as_posix())
    place: dict[str, JSON] = {"artifactLocation": {"uri": uri}}
    if at.line:
        place["region"] = {
            "startLine": at.line,
            "startColumn": at.column,
            "endColumn": at.column + at.length,
        }
    return place
