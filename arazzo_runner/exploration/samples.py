"""Inputs for a workflow that is given none: made from the schema of its inputs."""

from __future__ import annotations

from ..engine.plan import Plan
from ..engine.schemas import input_properties
from ..messages import JSON
from ..mock.examples import generate
from ..mock.schemas import NoValue
from ..openapi.document import Document, MemoryParts, escape, is_object


def sample_inputs(plan: Plan, seed: int = 0) -> dict[str, JSON]:
    """
    Inputs of *plan*'s workflow that fit their schema: its examples and defaults where it
    has some, else generated. Optional ones too, since workflows use them.

    Raises:
        NoValue: no value fits the schema.
    """
    if plan.inputs is None:
        return {}
    description = plan.unit.description
    # What makes values wants an OpenAPI document to resolve references in; the schemas of
    # an Arazzo document refer to parts of their own, which have the same form.
    parts = {
        name: each
        for name, each in (
            description.root.items() if is_object(description.root) else ()
        )
        if name not in ("arazzo", "openapi")
    }
    document = Document(
        MemoryParts.of({**parts, "openapi": "3.1.0"}), plan.description, "inputs"
    )
    declared = input_properties(description, plan.workflow)
    wanted = [f"/{escape(name)}" for name in declared]
    try:
        made = generate(plan.inputs, document, seed=seed, wanted=wanted)
    except NoValue:  # an optional one without a value is in nobody's way
        made = generate(plan.inputs, document, seed=seed)
    return dict(made) if is_object(made) else {}
