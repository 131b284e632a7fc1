"""What a person is shown when a task is opened, as one value whose digest the decision carries."""

from hashlib import sha256
from typing import Literal

import msgspec

from concertato.run.events import NULL, Failure, Raw


class ChoiceAsked(msgspec.Struct, frozen=True, omit_defaults=True):
    """`approvals`: how many people have to make this choice."""

    name: str
    title: str | None = None
    approvals: int = 1


class Tried(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was tried about a node that failed: its own agent or another, whose word it was, and how that ended.

    `who` is an agent's type, a kind of node, or a person; `attempts` is 0 where it was a word, and no work.
    """

    what: Literal["node", "fallback", "recovery", "person"]
    who: str
    said: str
    attempts: int = 0


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that is shown. `form` is a JSON Schema.

    Of a failure also what the node got (`input`), and what was `tried` so far; of what cannot be undone, what it gave.
    """

    run_id: str
    workflow: str
    path: str
    title: str
    instructions: str = ""
    choices: list[ChoiceAsked]
    form: Raw = NULL
    failure: Failure | None = None
    attempts: int = 0
    input: Raw = NULL
    output: Raw = NULL
    tried: list[Tried] = []


_encode = msgspec.json.Encoder(order="deterministic").encode
decode = msgspec.json.Decoder(Question).decode


def encode(question: Question) -> bytes:
    return _encode(question)


def digest(question: bytes) -> str:
    """The SHA-256, in hex, of a question as it was encoded."""
    return sha256(question).hexdigest()
