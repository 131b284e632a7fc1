"""States as bytes: nothing is lost, nothing is shared, and what cannot be read is told."""

import msgspec
import pytest

from concertato.errors import JournalCorrupt, JournalTooNew
from concertato.plan.compile import compile_plan
from concertato.run import scopes
from concertato.run.codec import decode_state, encode_state
from concertato.run.events import NodeSucceeded, Raw
from concertato.run.machine import step
from concertato.run.stored import VERSION
from support.stepping import Stepped, task, undoable


def busy() -> Stepped:
    """A run with something of everything: it waits, queues, retries, maps, has chosen, failed and kept signals."""
    nodes = [
        task("retry"),
        task("call", timeout=9),
        {"id": "go", "type": "wait", "signal": "go", "timeout": 50},
        {
            "id": "m",
            "type": "map",
            "over": "[1, 2, 3]",
            "concurrency": 2,
            "nodes": [undoable("inner", inputs=["item"])],
        },
        {"id": "way", "type": "switch", "cases": [{"when": "m.output[0] != null", "to": "end"}]},
        task("end"),
    ]
    when = [{"from": "retry", "to": "end", "when": "call.output == 1"}]
    run = Stepped({"max_parallel": 3, "timeout": 99, "nodes": nodes, "edges": when})
    run.fail("retry", "unavailable")
    run.answer("m[0]/inner", "done")
    run.signal("kept", 7)
    return run


def test_the_same_state_gives_the_same_bytes() -> None:
    run = busy()
    again = decode_state(run.run.plan, encode_state(run.run))
    assert encode_state(again) == encode_state(run.run) == encode_state(busy().run)


def test_a_copy_shares_nothing_with_the_run_that_it_was_made_of() -> None:
    run = busy()
    before = encode_state(run.run)
    copy = decode_state(run.run.plan, before)
    outcome = step(copy, NodeSucceeded(at=run.now, path="call", output=Raw(b"1")))
    assert isinstance(outcome, list)
    assert encode_state(copy) != before
    assert encode_state(run.run) == before


def test_a_state_of_another_plan_is_refused() -> None:
    other = compile_plan({"name": "other", "nodes": [task("a")]})
    with pytest.raises(JournalCorrupt, match=f"expected the state of a run of plan {other.fingerprint}, got: one of"):
        decode_state(other, encode_state(busy().run))


def test_a_state_of_an_edited_run_belongs_to_the_edited_plan() -> None:
    run = Stepped({"nodes": [task("a"), task("b", inputs=["a.output"])]})
    before = run.run.plan
    run.edit(add={"nodes": [task("c")]})
    with pytest.raises(JournalCorrupt):
        decode_state(before, encode_state(run.run))
    assert set(decode_state(run.run.plan, encode_state(run.run)).calls) == {"a", "c"}


def test_a_state_of_a_newer_version_is_refused_before_anything_else_is_read() -> None:
    newer = msgspec.msgpack.encode([VERSION + 1, "whatever it may be"])
    with pytest.raises(JournalTooNew, match=f"version {VERSION} or older, got: version {VERSION + 1}"):
        decode_state(busy().run.plan, newer)


def test_damage_is_told() -> None:
    run = busy().run
    whole = encode_state(run)
    for end in range(0, len(whole), 7):
        with pytest.raises(JournalCorrupt):
            decode_state(run.plan, whole[:end])


def test_the_end_is_part_of_the_state() -> None:
    run = Stepped({"nodes": [undoable("a"), task("b", inputs=["a.output"])]})
    run.answer("a", 1)
    run.fail("b", "rejected")
    run.not_undone("a")
    assert run.end == "failed"
    again = decode_state(run.run.plan, encode_state(run.run))
    assert again.finished == run.run.finished
    assert again.undone_left == ["a"]


def test_a_state_does_not_speak_in_numbers_of_edges() -> None:
    """A later compiler may number them otherwise: edges that wait for more are named by their ends."""
    run = Stepped(
        {"nodes": [task("a"), task("b"), task("c")], "edges": [{"from": "a", "to": "c", "when": "b.output == 1"}]}
    )
    run.answer("a")
    again = decode_state(run.run.plan, encode_state(run.run))
    assert again.root.needs == run.run.root.needs != {}


def test_a_map_that_is_still_opening_goes_on_from_its_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scopes, "OPEN_AT_ONCE", 1)
    mapped = {"id": "m", "type": "map", "over": "[1, 2]", "nodes": [{"id": "w", "type": "wait", "signal": "s"}]}
    run = Stepped({"max_parallel": 1, "nodes": [task("a"), mapped]})
    again = decode_state(run.run.plan, encode_state(run.run))
    step(again, NodeSucceeded(at=run.now, path="a", output=Raw(b"1")))
    assert len(again.waits["s"]) == 2
