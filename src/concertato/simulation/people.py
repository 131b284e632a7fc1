"""What people decide in a simulated run: somebody who may, one of the choices, what the form asks for."""

from collections.abc import Iterator
from typing import Any

import msgspec

from concertato.run.commands import OpenTask
from concertato.run.events import Decided, Identity, Raw
from concertato.run.permission import refused_decision
from concertato.run.question import Question, digest
from concertato.run.question import decode as read_question
from concertato.run.state import Run
from concertato.run.values import encode
from concertato.simulation.acting import Acting
from concertato.simulation.dice import Dice
from concertato.simulation.making import Maker
from concertato.simulation.places import place_of, role_place_of
from concertato.simulation.script import Decision, PersonScript
from concertato.simulation.stage import Stage

INITIATOR = Identity("initiator")

_USUAL = 600.0
"""Seconds that a person usually takes."""
_CROWD = 6
"""So many different people who have a role are tried before nobody is left who may decide."""
_NO_SCRIPT = PersonScript()


class People:
    def __init__(self, stage: Stage, dice: Dice, acting: Acting) -> None:
        self._stage = stage
        self._dice = dice
        self._acting = acting
        self._make = Maker(dice).make

    def decides_after(self, task: OpenTask, now: float) -> float | None:
        """Seconds until somebody decides, in good time; None: nobody ever does."""
        script = self._script(task)
        silent = self._stage.setting.faults.silence if script.silent is None else script.silent
        if self._dice.happens(silent):
            return None
        if script.takes is not None:
            return self._dice.between(*script.takes)
        if task.due is None:
            return self._dice.around(_USUAL, 1.0)
        left = max(task.due - now, 0.0)
        return min(self._dice.around(min(_USUAL, left / 4), 1.0), 0.9 * left)

    def decide(self, run: Run, task: OpenTask, now: float) -> Decided | str:
        """A decision that the run will accept, or why it accepts none."""
        refused: str | None = None
        question = read_question(task.question)
        for decision in self._decisions(question, task):
            values = self._values(question, task, decision)
            for by in _those_who_may(task):
                decided = Decided(
                    at=now,
                    task=task.task,
                    choice=decision.choice,
                    by=by,
                    reason="simulated",
                    values=Raw(encode(values)),
                    shown=digest(task.question),
                )
                refused = refused_decision(run, decided)
                if refused is None:
                    return decided
        return refused or "it is for nobody"

    def _script(self, task: OpenTask) -> PersonScript:
        return self._stage.setting.script.people.get(role_place_of(task.task), _NO_SCRIPT)

    def _decisions(self, question: Question, task: OpenTask) -> Iterator[Decision]:
        """What is decided, then what else could be, should that be refused; what a script says, and nothing else."""
        choices = [each.name for each in question.choices]
        scripted = self._script(task).answers
        if scripted:
            # Each step of a ladder has its own choices.
            possible = [each for each in scripted if each.choice in choices] or scripted
            yield self._dice.weighted(possible, [each.weight for each in possible])
            return
        first = self._dice.pick(choices)
        yield Decision(choice=first)
        yield from (Decision(choice=each) for each in choices if each != first)

    def _values(self, question: Question, task: OpenTask, decision: Decision) -> Any:
        if decision.values is not None:
            return decision.values
        place = place_of(task.path)
        if task.about == "failure" and decision.choice == "use_output":
            node = self._stage.nodes.get(place)
            return {"output": self._acting.value_for(place, "" if node is None else node.agent)}
        if task.about != "human" or bytes(question.form) == b"null":
            return None
        said = self._stage.said.outputs.get(place)
        form = {"type": "object", **msgspec.json.decode(question.form)}
        return self._make(form, None if said is None else said.fields.get("values"))


def _those_who_may(task: OpenTask) -> Iterator[Identity]:
    for assignee in task.to:
        kind, _, name = assignee.partition(":")
        if kind == "user":
            yield Identity(name)
        else:
            yield from (Identity(f"person_{number}", [name]) for number in range(1, _CROWD + 1))
