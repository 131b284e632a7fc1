"""The model back to a document: the shortest that says the same, its fields always in the same order."""

import json

import yaml

from concertato.definition.model import Definition
from concertato.definition.model_parts import Model
from concertato.definition.reading import Json
from concertato.definition.yaml_text import meaning


def to_document(model: Model) -> dict[str, Json]:
    """The plain document of a definition, or of a part of one, without what is as it would be anyway."""
    return model.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def to_yaml(definition: Definition) -> str:
    """The document as YAML."""
    return yaml.dump(
        to_document(definition), Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120
    )


def to_json(definition: Definition) -> str:
    """The document as JSON."""
    return json.dumps(to_document(definition), ensure_ascii=False, indent=2)


class _Dumper(yaml.SafeDumper):
    """PyYAML knows YAML 1.1 only: it leaves unquoted some text that YAML 1.2 reads as a number, such as `1e3`."""

    def ignore_aliases(self, _: object) -> bool:
        return True

    def write_text(self, text: str) -> yaml.ScalarNode:
        """Text as such, in quotes where it would otherwise mean something else, in a block where it has lines."""
        style = None if meaning(text) == text else "'"
        if "\n" in text and text.replace("\n", "").isprintable():
            style = "|"
        elif not text.isprintable():
            # Unicode has line breaks of its own, which every other style would fold into spaces.
            style = '"'
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.write_text)
