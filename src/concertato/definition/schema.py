"""The grammar as a JSON Schema (draft 2020-12), from the models: what editors complete and check definitions with."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from concertato.definition.declared import TYPES
from concertato.definition.fields import ABOUT
from concertato.definition.model import BUILT_IN, Definition, TaskNode

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of a definition. It knows shapes only: that `n1.output` refers to a node is for `check` to say."""
    schema = Definition.model_json_schema(by_alias=True, schema_generator=_Untitled)
    models: dict[str, Any] = schema["$defs"]
    node_models = {TaskNode.__name__, *(model.__name__ for model in BUILT_IN.values())}
    for name, model in models.items():
        for field, about in ABOUT.get(name, {}).items():
            model["properties"][field]["description"] = about
        nodes = model.get("properties", {}).get("nodes")
        if nodes is not None:
            nodes["items"] = {"$ref": "#/$defs/Node"}
        if name in node_models:
            model["required"] = ["id", "type", *(field for field in model["required"] if field not in ("id", "type"))]
    models["Definition"]["properties"]["inputs"]["additionalProperties"] = _declaration()
    models["Node"] = _node()
    return {"$schema": DIALECT, "title": "Concertato workflow", **schema}


class _Untitled(GenerateJsonSchema):
    """Leaves out titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _node() -> JsonSchemaValue:
    """A node's `type` decides which model it is read with; said so that an editor offers that model's fields only."""

    def when(test: JsonSchemaValue, model: str) -> JsonSchemaValue:
        return {
            "if": {"properties": {"type": test}, "required": ["type"]},
            "then": {"$ref": f"#/$defs/{model}"},
        }

    branches = [when({"const": kind}, model.__name__) for kind, model in BUILT_IN.items()]
    branches.append(when({"not": {"enum": list(BUILT_IN)}}, TaskNode.__name__))
    return {
        "type": "object",
        "required": ["id", "type"],
        "properties": {"id": {"type": "string"}, "type": {"anyOf": [{"enum": list(BUILT_IN)}, {"type": "string"}]}},
        "allOf": branches,
    }


def _declaration() -> JsonSchemaValue:
    return {"anyOf": [{"enum": list(TYPES)}, {"type": "object"}]}
