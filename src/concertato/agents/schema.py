"""What agents say that they give: the return annotations of their functions, as JSON Schemas."""

from typing import Any

import msgspec

from concertato.agents.codec import needs_pydantic, pydantic_schema
from concertato.agents.decorator import AgentFunction
from concertato.agents.registry import Registry
from concertato.agents.validation import hints_of


def declared_outputs(registry: Registry) -> dict[str, Any]:
    """The JSON Schemas of what the functions of a registry return, by their types; without those that do not say."""
    found: dict[str, Any] = {}
    for source in registry.sources:
        if isinstance(source, AgentFunction):
            schema = _schema(hints_of(source).get("return", Any))
            if schema:
                found[source.name] = schema
    return found


def _schema(annotation: Any) -> dict[str, Any]:
    try:
        if needs_pydantic(annotation):
            return pydantic_schema(annotation)
        return msgspec.json.schema(annotation)
    except TypeError:  # a type that JSON Schema has no word for says nothing
        return {}
