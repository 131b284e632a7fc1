"""A change of the record afterwards is found: of a decision, and of what it was made on."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from concertato.engine.embedded.inspect import Inspector
from concertato.plan.fingerprint import fingerprint
from support.people import ANN, asked, decide
from support.running import house

SHOWN_OTHERWISE = "what was shown of task 'approval' is not what the run's events lead to now"
FLOW: dict[str, Any] = {
    "name": "flow",
    "nodes": [
        {"id": "score", "type": "score"},
        {"id": "approval", "type": "human", "to": "role:risk", "title": "A score of {{ score.output }}"},
    ],
}


TWO_SEE_IT = FLOW | {"nodes": [FLOW["nodes"][0], FLOW["nodes"][1] | {"approvals": 2}]}


async def decided(tmp_path: Path) -> str:
    async with house(tmp_path, score=7) as h:
        run_id = await h.start(FLOW)
        await asked(h, run_id)
        await decide(h, run_id, "approval", "done", ANN, reason="it is low")
        await h.finish(run_id)
        return run_id


@contextmanager
def tampering(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        yield connection
        connection.commit()


def problems(tmp_path: Path, **more: Any) -> list[tuple[int, str]]:
    with Inspector.open(tmp_path / "journal.db") as inspector:
        return [(problem.seq, problem.what) for problem in inspector.audit(**more).problems]


async def test_a_record_that_nobody_touched_is_sound(tmp_path: Path) -> None:
    await decided(tmp_path)
    assert problems(tmp_path) == []


async def test_another_choice_put_in_afterwards_is_found(tmp_path: Path) -> None:
    await decided(tmp_path)
    with tampering(tmp_path) as connection:
        connection.execute("UPDATE events SET body = replace(body, 'it is low', 'it is lov')")
    assert problems(tmp_path) == [(2, "the event was changed after it was recorded")]


async def test_a_change_of_what_was_shown_is_found(tmp_path: Path) -> None:
    await decided(tmp_path)
    with tampering(tmp_path) as connection:
        connection.execute("UPDATE events SET body = replace(body, '\"output\":7', '\"output\":2') WHERE seq = 1")
    assert problems(tmp_path) == [(2, SHOWN_OTHERWISE)]


async def test_a_change_of_what_was_shown_to_the_first_of_two_is_found_while_the_second_has_yet_to_decide(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, score=7) as h:
        run_id = await h.start(TWO_SEE_IT)
        await asked(h, run_id)
        await decide(h, run_id, "approval", "done", ANN)
    assert problems(tmp_path) == []
    with tampering(tmp_path) as connection:
        connection.execute("UPDATE events SET body = replace(body, '\"output\":7', '\"output\":2') WHERE seq = 1")
    assert problems(tmp_path) == [(2, SHOWN_OTHERWISE)]


@pytest.mark.parametrize("hiding", ["UPDATE tasks SET status = 'cancelled'", "DELETE FROM tasks"])
async def test_a_change_of_what_was_shown_is_not_hidden_by_a_change_of_the_index(tmp_path: Path, hiding: str) -> None:
    await decided(tmp_path)
    with tampering(tmp_path) as connection:
        connection.execute("UPDATE events SET body = replace(body, '\"output\":7', '\"output\":2') WHERE seq = 1")
        assert connection.execute(hiding).rowcount == 1
    assert problems(tmp_path) == [(2, SHOWN_OTHERWISE)]


@pytest.mark.parametrize("text", [b"xx", b'{"name":"flow","nodes":[]}'])
async def test_a_change_of_the_definition_is_found(tmp_path: Path, text: bytes) -> None:
    await decided(tmp_path)
    with tampering(tmp_path) as connection:
        connection.execute("UPDATE contents SET body = ?", (text,))
    ((seq, what),) = problems(tmp_path)
    assert (seq, "the run can no longer be replayed" in what, "is not what was stored" in what) == (-1, True, True)


@pytest.mark.parametrize("text", [b"xx", b'{"name":"flow","nodes":[]}'])
async def test_a_definition_put_in_the_place_of_another_under_its_own_name_is_found(
    tmp_path: Path, text: bytes
) -> None:
    await decided(tmp_path)
    with tampering(tmp_path) as connection:
        before = connection.execute("SELECT hash FROM contents").fetchone()[0]
        connection.execute("UPDATE contents SET body = ?, hash = ?", (text, fingerprint(text)))
        connection.execute("UPDATE events SET body = replace(body, ?, ?)", (before, fingerprint(text)))
    ((seq, what),) = problems(tmp_path)
    assert seq == -1
    assert f"the stored definition {fingerprint(text)} cannot be compiled" in what


async def test_a_record_that_was_cut_off_is_found_with_an_earlier_head(tmp_path: Path) -> None:
    await decided(tmp_path)
    with Inspector.open(tmp_path / "journal.db") as inspector:
        head = inspector.audit().head
    assert problems(tmp_path, head=head) == []
    with tampering(tmp_path) as connection:
        connection.execute("DELETE FROM audit WHERE position = (SELECT max(position) FROM audit)")
    assert [what for _, what in problems(tmp_path, head=head)][-1].startswith("records are missing at the end")


async def test_a_row_that_tells_another_outcome_is_found(tmp_path: Path) -> None:
    await decided(tmp_path)
    with tampering(tmp_path) as connection:
        connection.execute("UPDATE tasks SET outcome = 'reject'")
    (problem,) = problems(tmp_path)
    assert problem == (
        2,
        "the row of task 'approval', which `concertato tasks` shows, is not what the run's events lead to",
    )
