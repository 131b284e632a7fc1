"""What a person wrote in files: a definition, compiled with every mistake raised at once, or an edit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from concertato.errors import RequestError
from concertato.plan.model import Plan


def plan_of(file: Path) -> Plan:
    from concertato.plan.compile import compile_plan

    return compile_plan(file)


def mapping_in(file: Path) -> Mapping[str, Any]:
    """The mapping at the top of a YAML or JSON file."""
    from concertato.definition.files import from_file
    from concertato.definition.wording import kind_of

    tree = from_file(file).tree()
    if not isinstance(tree, Mapping):
        got = "nothing: it is empty" if tree is None else kind_of(tree)
        raise RequestError(f"{file}: expected a mapping with add, remove or replace, got: {got}")
    return tree
