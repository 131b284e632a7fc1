"""What a new run takes over of one in which nodes began anew, or were given up with what stands in them."""

import msgspec

from concertato.engine.continuing import taken_by_fork, taken_by_retry, was_undone
from concertato.run.events import RunStarted
from concertato.run.machine import begin, step
from concertato.run.state import Run
from support.stepping import Stepped, escalate, held, task


def kept(run: Stepped) -> Run:
    """The run as it is replayed with all that there was."""
    first, *rest = run.turns
    assert isinstance(first.event, RunStarted)
    replayed, _ = begin(first.plan, first.event, keep=True)
    for turn in rest:
        step(replayed, turn.event)
    return replayed


def taken(run: Stepped) -> dict[str, object]:
    return {path: msgspec.json.decode(text) for path, text in taken_by_retry(kept(run)).items()}


def began_anew() -> Stepped:
    """Of the second round of `m` both `x` stand; `y` failed again."""
    items = held("m", task("x"), task("y", inputs=["x.output"]), over="[1, 2]", on_failure=[escalate()])
    run = Stepped({"nodes": [items]})
    run.answer("m[0]/x", "first")
    run.fail("m[0]/y")
    run.fail("m[1]/x", "cancelled")
    run.decide("m~failed", "retry")
    run.answer("m~2[0]/x", "second")
    run.answer("m~2[1]/x", "also second")
    run.fail("m~2[0]/y")
    run.fail("m~2[1]/y", "cancelled")
    return run


def test_what_stands_of_the_last_round_is_taken_under_the_paths_of_the_first() -> None:
    run = began_anew()
    run.decide("m~failed#2", "abort")
    assert taken(run) == {"m[0]/x": "second", "m[1]/x": "also second"}


def test_where_a_node_began_anew_agents_get_new_task_ids() -> None:
    run = began_anew()
    run.decide("m~failed#2", "abort")
    assert was_undone(kept(run))


def test_a_fork_is_at_the_path_that_is_shown_or_at_that_of_the_first_round() -> None:
    run = began_anew()
    run.decide("m~failed#2", "abort")
    replayed = kept(run)
    for at in ("m~2[0]/x", "m[0]/x"):
        assert sorted(taken_by_fork(replayed, at, replayed.plan)) == ["m[1]/x"]


def test_what_stands_in_a_node_that_was_given_up_is_taken_too() -> None:
    items = held("m", task("x"), task("y", inputs=["x.output"]), on_failure=["fail"])
    run = Stepped({"nodes": [items]})
    run.answer("m[0]/x", "did")
    run.fail("m[0]/y")
    assert (run.end, taken(run)) == ("failed", {"m[0]/x": "did"})
