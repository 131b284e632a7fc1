"""What a person wrote in files: a definition, compiled with every mistake raised at once, or an edit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from concertato.plan.model import Plan


def plan_of(file: Path) -> Plan:
    from concertato.plan.compile import compile_plan

    return compile_plan(file)


def mapping_in(file: Path) -> Mapping[str, Any]:
    """The edit in a YAML or JSON file; its mistakes are raised with their lines."""
    from concertato.definition.files import from_file
    from concertato.definition.patch import load_patch

    return load_patch(from_file(file))
