"""What is tried once a node has failed: `on_failure=[fallback(rules), escalate("role:risk"), "rollback"]`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concertato.definition.builder.agents import Named, agent_name, plain
from concertato.definition.builder.expr import Expr
from concertato.definition.builder.inputs import Given, given
from concertato.definition.builder.literal import constant
from concertato.definition.builder.place import mistake
from concertato.definition.builder.template import template
from concertato.definition.codes import Code
from concertato.definition.model_parts import Retry

People = str | Sequence[str]
Duration = str | float


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a ladder. `values` are the expressions in it."""

    document: dict[str, Any]
    values: tuple[Expr, ...] = ()


Ladder = Sequence[Step | str | Mapping[str, Any]]
"""Steps of the functions here, or as a document has them; `rollback`, `fail` or `continue` may be the last."""


class _Failing:
    """What a step's expressions see beside all that their node sees: why it failed, and what it had got."""

    failure: Any = Expr("failure")
    input: Any = Expr("input")


class Fallback(_Failing):
    """Makes steps in which another agent stands in for the node; they read `fallback.failure` and `fallback.input`."""

    def __call__(
        self,
        agent: str | Named,
        inputs: Mapping[str, object] | None = None,
        *,
        retry: Retry | Mapping[str, Any] | None = None,
        timeout: Duration | None = None,
    ) -> Step:
        """Ask `agent`. Python values among `inputs` are constants; without expressions it gets what the node got."""
        what = given(inputs or {}, list_form=False)
        return Step({"fallback": {"type": agent_name(agent), **what.document, **_trying(retry, timeout)}}, what.values)


def recover(
    agent: str | Named,
    may: Sequence[str],
    constants: Mapping[str, object] | None = None,
    *,
    max_times: int | None = None,
    retry: Retry | Mapping[str, Any] | None = None,
    timeout: Duration | None = None,
) -> Step:
    """`agent` decides what becomes of the node: one of what it `may`. It gets the `problem`, and the `constants`."""
    fixed = {} if constants is None else {"with": constant(constants)}
    times = {} if max_times is None else {"max_times": max_times}
    return Step({"recover": {"type": agent_name(agent), "may": may, **times, **fixed, **_trying(retry, timeout)}})


class Escalate(_Failing):
    """Makes steps in which a person decides; their texts read `escalate.failure` and `escalate.input`."""

    def __call__(
        self,
        to: People,
        *,
        may: Sequence[str] | None = None,
        title: object = None,
        instructions: object = None,
        timeout: Duration | None = None,
        remind: Sequence[Duration] | None = None,
        default: str | None = None,
        approvals: int | None = None,
        not_: Sequence[str] | None = None,
    ) -> Step:
        """Ask whom `to` names: `role:NAME`, `user:NAME`. After `timeout` it is `default`, else the next step's turn."""
        people = {"to": to, "may": may, "timeout": timeout, "remind": remind, "default": default}
        asked = question(title, instructions, {**people, "approvals": approvals, "not": not_})
        return Step({"escalate": asked.document}, asked.values)


def question(title: object, instructions: object, fields: Mapping[str, object]) -> Given:
    """A task for people: its texts and what else was given of it."""
    document: dict[str, Any] = {}
    values: tuple[Expr, ...] = ()
    for name, text in (("title", title), ("instructions", instructions)):
        if text is not None:
            document[name], shown = template(text)
            values += shown
    return Given(document | {name: value for name, value in fields.items() if value is not None}, values)


def written(ladder: Ladder) -> Step:
    """A whole ladder as the document has it, and the expressions in it."""
    if isinstance(ladder, Step):
        mistake(Code.WRONG_VALUE, "expected 'on_failure' to be a list of steps, got: one step; put it in brackets")
    if isinstance(ladder, str) or not isinstance(ladder, Sequence):
        return Step({"on_failure": ladder})
    steps = [step.document if isinstance(step, Step) else step for step in ladder]
    return Step(
        {"on_failure": steps}, tuple(value for step in ladder if isinstance(step, Step) for value in step.values)
    )


def _trying(retry: Retry | Mapping[str, Any] | None, timeout: Duration | None) -> dict[str, Any]:
    """What is said of the attempts."""
    tried = {} if retry is None else {"retry": plain(retry)}
    return tried if timeout is None else {**tried, "timeout": timeout}


fallback = Fallback()
escalate = Escalate()
