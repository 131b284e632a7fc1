"""The inputs that a run is started with, against those that its workflow declares."""

from collections.abc import Mapping
from typing import Any

from concertato.definition.declared import is_required, misfits
from concertato.definition.spelling import did_you_mean, nearest
from concertato.errors import InvalidInput


def check_inputs(declared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with the defaults filled in, null for what may be absent. Raises InvalidInput with every mistake."""
    faults = [_unknown(name, declared, given) for name in given if name not in declared]
    inputs: dict[str, Any] = {}
    for name, declaration in declared.items():
        if name in given:
            inputs[name] = given[name]
            faults += [f"input '{name}{where}': {fault}" for where, fault in misfits(declaration, given[name])]
        elif is_required(declaration):
            faults.append(f"input '{name}' is missing")
        else:
            inputs[name] = declaration.get("default")
    if faults:
        raise InvalidInput("\n".join(faults))
    return inputs


def _unknown(name: str, declared: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    hint = did_you_mean(nearest(name, [known for known in declared if known not in given] or declared))
    takes = f"the workflow takes {', '.join(declared)}" if declared else "the workflow takes none"
    return f"there is no input '{name}'{hint or f'; {takes}'}"
