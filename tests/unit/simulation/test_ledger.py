"""The ledger of the simulated world: work under one task id is done once."""

from concertato.run.commands import CallAgent
from concertato.simulation.ledger import Ledger


def call(path: str, agent: str = "charge") -> CallAgent:
    return CallAgent(path, agent, f"run/{path}", {})


def test_what_is_asked_for_twice_under_one_id_is_done_once() -> None:
    ledger = Ledger()
    work = ledger.work(call("pay"))
    assert ledger.take_effect(work, 1.0)
    assert not ledger.take_effect(ledger.work(call("pay")), 2.0)
    assert work.took == 1.0
    assert ledger.standing() == {"pay": [work]}


def test_undoing_a_node_undoes_the_work_whose_result_the_run_has() -> None:
    ledger = Ledger()
    first, second = ledger.work(call("pay")), ledger.work(call("pay~fallback1", "other"))
    for work in (first, second):
        ledger.take_effect(work, 1.0)
    ledger.accept("run/pay~fallback1")
    ledger.undo("pay", 2.0)
    assert ledger.standing() == {"pay": [first]}


def test_who_settles_finds_what_was_done_and_takes_it_for_its_own() -> None:
    ledger = Ledger()
    first, second = ledger.work(call("pay")), ledger.work(call("pay~fallback1", "other"))
    first.output = b'"first"'
    ledger.take_effect(first, 1.0)
    assert not ledger.take_effect(second, 2.0, ("charge",))
    ledger.accept("run/pay~fallback1")
    assert (second.output, ledger.results["pay"]) == (b'"first"', first)


def test_who_settles_makes_sure_that_what_was_not_done_never_is() -> None:
    ledger = Ledger()
    first, second = ledger.work(call("pay")), ledger.work(call("pay~fallback1", "other"))
    assert ledger.take_effect(second, 1.0, ("charge",))
    assert not ledger.take_effect(first, 2.0)
    assert ledger.standing() == {"pay": [second]}


def test_work_for_another_node_is_another_affair() -> None:
    ledger = Ledger()
    first, second = ledger.work(call("pay")), ledger.work(call("tip", "other"))
    assert ledger.take_effect(first, 1.0)
    assert ledger.take_effect(second, 2.0, ("charge",))
