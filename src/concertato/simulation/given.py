"""What a simulated run is started with: the inputs that were given, and others that fit what is declared."""

from typing import Any

from concertato.definition.declared import is_required, misfits
from concertato.errors import RequestError
from concertato.simulation.acting import drawn
from concertato.simulation.dice import Dice
from concertato.simulation.making import Maker
from concertato.simulation.stage import Stage

_TRIES = 30


def inputs_for(stage: Stage, dice: Dice) -> dict[str, Any]:
    """The inputs of one run. Raises `RequestError` for one that is declared so that no value can be made up for it."""
    given, scripted = stage.setting.inputs, stage.setting.script.inputs
    inputs: dict[str, Any] = {}
    for name, declaration in stage.plan.inputs.items():
        if name in given:
            inputs[name] = given[name]
        elif name in scripted:
            inputs[name] = drawn(dice, scripted[name])
        elif not is_required(declaration) and dice.happens(0.5):
            inputs[name] = declaration.get("default")
        else:
            inputs[name] = _made(stage, dice, name, declaration)
    return inputs


def _made(stage: Stage, dice: Dice, name: str, declaration: Any) -> Any:
    schema = None if declaration == "any" else declaration
    for _ in range(_TRIES):
        value = Maker(dice).make(schema, stage.said.inputs.get(name), whole_too=True)
        if not any(misfits(declaration, value)):
            return value
    raise RequestError(
        f"no value could be made up for the input '{name}' that fits what is declared of it; give one (-i {name}=…), "
        "or name some under 'inputs' in a script"
    )
