"""The grammar of what happens when a node fails for good, or is undone: ladders, their steps, compensations."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from concertato.definition.model_parts import Inputs, Model, Retry, Timeout


class Fallback(Model):
    """Another agent in the place of a node that failed; it gets what the node got unless it has `inputs` of its own.

    Its expressions also see `failure` (`kind`, `message`) and `input`.
    """

    type: str
    inputs: Inputs | None = None
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    retry: Retry = Retry()
    timeout: Timeout | None = None


Action = Literal["retry", "skip", "use_output", "escalate", "rollback", "abort"]
"""What can become of a node that failed: what a recovery agent chooses from, and (but for `escalate`) a person."""


class Recover(Model):
    """An agent decides what becomes of a node that failed: one of what it `may`, `max_times` for one node at most."""

    type: str
    may: list[Action] = Field(min_length=1)
    max_times: int = Field(default=3, ge=1)
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    retry: Retry = Retry()
    timeout: Timeout | None = None


Assignee = str | list[str]
"""Who a task is for: `role:risk_officer`, `user:alice`, or a list of such."""


class Escalate(Model):
    """A person decides what becomes of a node that failed. After `timeout` it is `default`, else the next rung's turn.

    The expressions in `title` and `instructions` also see `failure` (`kind`, `message`) and `input`.
    """

    to: Assignee
    may: list[Literal["retry", "skip", "use_output", "rollback", "abort"]] = Field(
        default=["retry", "skip", "use_output", "rollback", "abort"], min_length=1
    )
    title: str | None = None
    instructions: str | None = None
    timeout: Timeout | None = None
    remind: list[Timeout] = Field(default_factory=list)
    default: str | None = None
    approvals: int = Field(default=1, ge=1)
    not_: list[str] = Field(default_factory=list, alias="not")


class Rung(Model):
    """One rung of a ladder: exactly one of these."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    fallback: Fallback | None = None
    recover: Recover | None = None
    escalate: Escalate | None = None


def _rung_form(rung: object) -> str | None:
    return "<word>" if isinstance(rung, str) else "<rung>" if isinstance(rung, dict | Rung) else None


OnFailure = Annotated[
    list[
        Annotated[
            Annotated[Literal["rollback", "fail", "continue"], Tag("<word>")] | Annotated[Rung, Tag("<rung>")],
            Discriminator(_rung_form, custom_error_type="rung", custom_error_message="a rung of a ladder is expected"),
        ]
    ],
    Field(min_length=1),
]
"""The ladder: what is tried, from top to bottom, once a node has failed for good. A word ends it."""


class Compensate(Model):
    """How to undo a node that succeeded. Its expressions also see the node's own `output` and `input`.

    `on_failure` says who is asked when it cannot be undone (left out: `role:operator`); `fail` leaves it at that.
    """

    type: str
    inputs: Inputs | None = None
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    retry: Retry = Retry()
    timeout: Timeout | None = None
    on_failure: OnFailure | None = None
