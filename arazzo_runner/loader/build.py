"""
Plain values to an Arazzo description: structure only, every problem at once.

Expressions, conditions and references stay text; they are checked where the sources are
known. https://spec.openapis.org/arazzo/v1.1.0.html#schema
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..errors import Diagnostic, DocumentError
from ..messages import JSON
from ..model import (
    Action,
    Components,
    Description,
    Parameter,
    Path,
    SourceDescription,
    Step,
    Workflow,
)
from .objects import (
    is_component_name,
    read_actions,
    read_failure_action,
    read_outputs,
    read_parameter,
    read_parameters,
    read_success_action,
)
from .parse import Parsed
from .problems import Problems
from .reader import Fields, Reader, Shape, kind
from .steps import STEP, check_queries, read_step

ROOT: Final = Shape(
    "this description",
    ("arazzo", "info", "sourceDescriptions", "workflows", "components"),
    newer=("$self",),
)
INFO: Final = Shape("'info'", ("title", "summary", "description", "version"))
SOURCE: Final = Shape("this source description", ("name", "url", "type"))
WORKFLOW: Final = Shape(
    "this workflow",
    (
        "workflowId", "summary", "description", "inputs", "dependsOn", "steps",
        "successActions", "failureActions", "outputs", "parameters",
    ),
)  # fmt: skip
COMPONENTS: Final = Shape(
    "'components'", ("inputs", "parameters", "successActions", "failureActions")
)
# What RFC 3986 has no place for; other characters than ASCII make an IRI, which is fine.
_NO_URI = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f]|%(?![0-9A-Fa-f]{2})')
_VERSION = re.compile(r"([0-9]+)\.([0-9]+)(\.[0-9]+)?(-.+)?")
_OTHERS: Final = {
    "openapi": "an OpenAPI description",
    "swagger": "an OpenAPI description",
    "asyncapi": "an AsyncAPI description",
}


def build(
    parsed: Parsed, *, strict: bool = False
) -> tuple[Description, tuple[Diagnostic, ...]]:
    """
    The description in *parsed*, with warnings: about its text and about its structure.
    With *strict* what is accepted beyond the specification is an error.

    Raises:
        DocumentError: it is not an Arazzo document (AZ105), of a version we do not know
            (AZ106), or its structure is wrong: all problems, in document order.
    """
    problems = Problems()
    root = _check_kind(parsed, problems)
    minor = _read_version(parsed, root, problems)
    reader = Reader(parsed, problems, minor, strict=strict)
    fields = Fields(reader, root, (), ROOT)
    fields.require("arazzo", hint="begin it with 'arazzo: 1.0.1'")
    description = _read_description(fields)
    problems.stop()
    return description, (*parsed.warnings, *problems.warnings())


def _check_kind(parsed: Parsed, problems: Problems) -> dict[str, JSON]:
    """The root object of what is meant to be an Arazzo document."""
    root = parsed.value
    if not isinstance(root, dict):
        message = f"this is not an Arazzo document: it is {kind(root)}, not an object"
        raise problems.fatal("AZ105", message, parsed.locate(()))
    if "arazzo" in root:
        return root
    for name, what in _OTHERS.items():
        if name in root:
            raise problems.fatal(
                "AZ105",
                f"this is {what}, not an Arazzo document",
                parsed.locate((name,), key=True),
                hint="give the Arazzo document that names it in 'sourceDescriptions'",
            )
    if not root.keys() & {"info", "sourceDescriptions", "workflows"}:
        message = "this is not an Arazzo document: it has no field 'arazzo'"
        raise problems.fatal("AZ105", message, parsed.locate(()))
    return root


def _read_version(parsed: Parsed, root: dict[str, JSON], problems: Problems) -> int:
    """
    The minor version whose rules hold; patches are not told apart (R-DOC-03).

    Raises:
        DocumentError: another major version, of which nothing more can be said.
    """
    value, at = root.get("arazzo"), parsed.locate(("arazzo",))
    hint = "write it in full, 'arazzo: 1.0.1'"
    if "arazzo" not in root:
        return 1
    if isinstance(value, int | float) and int(value) != 1:
        raise _unsupported(problems, parsed.written(("arazzo",)), parsed)
    if not isinstance(value, str):
        message = f"'arazzo' must be a string, not {kind(value)}"
        problems.add("AZ202", message, at, hint=hint)
        return 1
    found = _VERSION.fullmatch(value)
    if found is None:
        message = f"{value!r} is not a version of the Arazzo Specification"
        problems.add("AZ106", message, at, hint=hint)
        return 1
    if int(found[1]) != 1:
        raise _unsupported(problems, value, parsed)
    if int(found[2]) > 1:
        message = f"Arazzo {value} is newer than 1.1, and read as if it were 1.1"
        problems.add("AZ106", message, at, severity="warning")
    if found[3] is None:
        message = f"the version {value!r} has no third part"
        problems.add("AZ204", message, at, hint=hint, severity="warning")
    return min(int(found[2]), 1)


def _unsupported(problems: Problems, version: str, parsed: Parsed) -> DocumentError:
    message = f"Arazzo {version} is not supported"
    at = parsed.locate(("arazzo",))
    return problems.fatal("AZ106", message, at, hint="supported are 1.0 and 1.1")


def _read_description(fields: Fields) -> Description:
    reader, parsed = fields.reader, fields.reader.parsed
    title = version = ""
    if fields.require("info"):
        info = reader.read(fields.value["info"], ("info",), INFO)
        if info is not None:
            title, version = info.required_text("title"), info.required_text("version")
            info.text("summary")
            info.text("description")
    self_uri = fields.text("$self")
    if self_uri is not None:
        _check_self(reader, self_uri)
    reader.components = _read_components(fields)
    return Description(
        uri=parsed.uri,
        arazzo=str(fields.value.get("arazzo")),
        title=title,
        version=version,
        self_uri=self_uri,
        source_descriptions=_read_sources(fields),
        workflows=_read_workflows(fields),
        components=reader.components,
        root=parsed.value,
        locate=parsed.locate,
    )


def _check_self(reader: Reader, self_uri: str) -> None:
    """N-ROOT-02 and 03: a URI-reference without a fragment."""
    if "#" in self_uri:
        message = "'$self' must have no fragment"
        reader.error("AZ204", ("$self",), message, hint="leave out '#' and the rest")
    elif wrong := _no_reference(self_uri):
        reader.error("AZ204", ("$self",), f"'$self' is not a URI-reference: {wrong}")


def _no_reference(text: str) -> str | None:
    """Why *text* is not a URI-reference (RFC 3986, 4.1), if it is none."""
    if found := _NO_URI.search(text):
        shown = {" ": "a space", "%": "a '%' without two hexadecimal digits"}
        character = found[0]
        return f"it holds {shown.get(character, repr(character))}"
    return None


def _read_sources(fields: Fields) -> tuple[SourceDescription, ...]:
    reader = fields.reader
    found = []
    for value, path in fields.items("sourceDescriptions", required=True):
        source = reader.read(value, path, SOURCE)
        if source is not None:
            found.append(_read_source(source))
    _check_names(reader, found, "name", [each.name for each in found])
    return tuple(found)


def _read_source(fields: Fields) -> SourceDescription:
    """https://spec.openapis.org/arazzo/v1.1.0.html#source-description-object"""
    type_ = fields.text("type")
    if type_ == "asyncapi":
        fields.reader.newer(fields.at("type"), "'type: asyncapi'", key=False)
    elif type_ is not None:
        known = ("openapi", "arazzo", "asyncapi")
        what = "type of source description"
        fields.reader.choice(fields.at("type"), what, type_, known)
    url = fields.required_text("url")
    if wrong := _no_reference(url):
        # Published files write the spaces of their folders; a file is found all the same.
        message = f"'url' is not a URI-reference: {wrong}"
        hint = "write %20 for a space" if " " in url else None
        fields.reader.dialect("AZ204", fields.at("url"), message, hint=hint)
    return SourceDescription(
        name=fields.required_text("name"),
        url=url,
        type=type_ or "",
        path=fields.path,
    )


def _read_components(fields: Fields) -> Components:
    """https://spec.openapis.org/arazzo/v1.1.0.html#components-object"""
    reader = fields.reader
    if "components" not in fields:
        return Components()
    inner = reader.read(fields.value["components"], ("components",), COMPONENTS)
    if inner is None:
        return Components()
    inputs: dict[str, JSON] = {}
    parameters: dict[str, Parameter] = {}
    actions: dict[str, dict[str, Action]] = {"successActions": {}, "failureActions": {}}
    for section in COMPONENTS.fields:
        for name, value, path in inner.members(section):
            if not is_component_name(name):
                message = (
                    f"the name {name!r} has other characters than A-Z a-z 0-9 . - _"
                )
                reader.error("AZ204", path, message, key=True)
            if section == "inputs":
                inputs[name] = _check_schema(reader, value, path)
            elif section == "parameters":
                if parameter := read_parameter(reader, value, path):
                    parameters[name] = parameter
            else:
                success = section == "successActions"
                read = read_success_action if success else read_failure_action
                if action := read(reader, value, path):
                    actions[section][name] = action
    return Components(
        inputs=inputs,
        parameters=parameters,
        success_actions=actions["successActions"],
        failure_actions=actions["failureActions"],
    )


def _check_schema(reader: Reader, value: JSON, path: Path) -> JSON:
    if not isinstance(value, dict | bool):
        reader.wrong_type(path, "a JSON Schema", "an object or a boolean", value)
    elif isinstance(value, dict):
        reference = value.get("reference")
        if isinstance(reference, str) and reference.startswith("$components."):
            message = "inputs are reused by '$ref', not by a reusable object"
            pointer = reference[1:].replace(".", "/", 2)
            hint = f"write $ref: '#/{pointer}'"
            reader.error("AZ203", (*path, "reference"), message, hint=hint, key=True)
    return value


def _check_names(
    reader: Reader,
    objects: Sequence[SourceDescription | Workflow | Step],
    field: str,
    names: Sequence[str],
) -> None:
    """Report what is called the same; what has no name has been reported."""
    named = zip(names, objects, strict=True)
    reader.unique(
        ((name, (*each.path, field)) for name, each in named if name), f"this {field}"
    )


# --- workflows and steps ----------------------------------------------------------------


def _read_workflows(fields: Fields) -> tuple[Workflow, ...]:
    reader = fields.reader
    found = []
    for value, path in fields.items("workflows", required=True):
        workflow = reader.read(value, path, WORKFLOW)
        if workflow is not None:
            found.append(_read_workflow(workflow))
    _check_names(reader, found, "workflowId", [each.workflow_id for each in found])
    return tuple(found)


def _read_workflow(fields: Fields) -> Workflow:
    """https://spec.openapis.org/arazzo/v1.1.0.html#workflow-object"""
    reader = fields.reader
    inputs = fields.value.get("inputs")
    if "inputs" in fields:
        _check_schema(reader, inputs, fields.at("inputs"))
    steps = []
    for value, path in fields.items("steps", required=True):
        step = reader.read(value, path, STEP)
        if step is not None:
            steps.append(read_step(step))
    _check_names(reader, steps, "stepId", [each.step_id for each in steps])
    parameters = read_parameters(fields, "parameters")
    check_queries(reader, steps, parameters)
    return Workflow(
        workflow_id=fields.required_text("workflowId"),
        summary=fields.text("summary") or "",
        description=fields.text("description") or "",
        inputs=inputs,
        depends_on=tuple(name for name, _ in fields.texts("dependsOn")),
        steps=tuple(steps),
        success_actions=read_actions(fields, "successActions", success=True),
        failure_actions=read_actions(fields, "failureActions", success=False),
        outputs=read_outputs(fields, "outputs"),
        parameters=parameters,
        path=fields.path,
    )
