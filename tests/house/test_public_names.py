"""The public names are what a user may lean on. Taking one away, or adding one, is a decision: it is made here."""

import concertato

PUBLIC = {
    "AgentError",
    "ConcertatoError",
    "DefinitionError",
    "Engine",
    "FailureKind",
    "Identity",
    "JournalError",
    "Problem",
    "Registry",
    "RequestError",
    "Run",
    "RunCancelled",
    "RunError",
    "RunFailed",
    "RunRolledBack",
    "SimulationReport",
    "TaskContext",
    "agent",
    "cel",
    "compile",
    "escalate",
    "fallback",
    "load",
    "recover",
    "run",
    "simulate",
    "undo",
    "workflow",
}


def test_the_public_names_are_these() -> None:
    assert set(concertato.__all__) == PUBLIC


def test_every_public_name_is_there() -> None:
    assert [name for name in concertato.__all__ if getattr(concertato, name, None) is None] == []
    assert callable(concertato.run), "the room `concertato.run` must not hide the function"
