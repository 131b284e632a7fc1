"""What a person is shown when a task is opened, as one value whose digest the decision carries."""

from hashlib import sha256

import msgspec

from concertato.run.events import NULL, Failure, Raw


class ChoiceAsked(msgspec.Struct, frozen=True, omit_defaults=True):
    """`approvals`: how many people have to make this choice."""

    name: str
    title: str | None = None
    approvals: int = 1


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that is shown. `form` is a JSON Schema; of a failure also `attempts` and the `input` of the node."""

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


_encode = msgspec.json.Encoder(order="deterministic").encode
decode = msgspec.json.Decoder(Question).decode


def encode(question: Question) -> bytes:
    return _encode(question)


def digest(question: bytes) -> str:
    """The SHA-256, in hex, of a question as it was encoded."""
    return sha256(question).hexdigest()
