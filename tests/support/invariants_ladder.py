"""What holds of ladders in every history: how they are walked, who is asked, and under which task ids."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from concertato.plan.model import EscalatePlan, FallbackPlan, RecoverPlan, RungPlan
from concertato.run.commands import CallAgent
from concertato.run.events import PlanEdited, RecoveryDecided, TimerFired
from support.histories import History, Told, Turn, place, scope_at, worlds

_FINAL = {"skip", "use_output", "rollback", "abort", "continue", "fail"}


def a_ladder_is_walked_from_top_to_bottom(history: History) -> None:
    """No rung before the one above it; one that asks may be come to again after a retry; nothing after a final word."""
    walked: dict[str, tuple[int, str]] = {}
    for turn in history.turns:
        for told in turn.told:
            rung, action = walked.get(told.path, (0, ""))
            if told.step == "rung":
                now = told.detail["rung"]
                assert action not in _FINAL, f"{told.path}: rung {now} after '{action}'"
                _is_next(_ladder(turn, told), now, rung, action, told.path)
                walked[told.path] = (now, "")
            elif told.step == "action":
                assert action not in _FINAL, f"{told.path}: '{told.detail['action']}' after '{action}'"
                walked[told.path] = (rung, told.detail["action"])
            elif told.step == "fallback_succeeded":
                walked[told.path] = (rung, "use_output")


def _is_next(ladder: tuple[RungPlan, ...], now: int, before: int, action: str, path: str) -> None:
    told = f"{path}: rung {now} after rung {before} and '{action}'"
    match action:
        case "retry":
            asks = isinstance(ladder[before - 1], RecoverPlan | EscalatePlan)
            assert asks, told
            assert now == before, told
        case "escalate":
            passed = ladder[before : now - 1]
            assert isinstance(ladder[now - 1], EscalatePlan), told
            assert not any(isinstance(rung, EscalatePlan) for rung in passed), told
        case _:
            assert now == before + 1, told


def _ladder(turn: Turn, told: Told) -> tuple[RungPlan, ...]:
    """The ladder that a rung is of: the node's own, or that of the definition that it stands in."""
    if told.detail["ladder"] == "node":
        return place(turn, told.path)[1].ladder
    prefix = told.path[: told.path.rfind("/") + 1]
    while not scope_at(turn, prefix).isolated:
        prefix = prefix[: prefix[:-1].rfind("/") + 1]
    return scope_at(turn, prefix).ladder


def what_a_rung_says_is_what_is_asked(history: History) -> None:
    """A fallback or recovery agent is asked only on the rung that names it, and a person only by an escalation."""
    for turn in history.turns:
        rungs = {told.path: told.detail["what"] for told in turn.told if told.step == "rung"}
        for told in turn.told:
            if told.step == "task_opened" and told.detail["about"] == "failure":
                assert rungs[told.path] == "escalate", told
            if told.step == "recovery_asked":
                assert "recover" in rungs[told.path], told


def recovery_agents_act_as_often_as_they_may(history: History) -> None:
    asked: Counter[str] = Counter()
    bound = 0
    for turn in history.turns:
        for told in turn.told:
            if told.step == "rung":
                rung = _ladder(turn, told)[told.detail["rung"] - 1]
                bound = rung.max_times if isinstance(rung, RecoverPlan) else 0
            elif told.step == "recovery_asked":
                asked[f"{told.path}#{told.detail['agent']}"] += 1
                times = told.detail["problem"]["times_left"]
                assert 0 <= times < bound, told
    calls = {call.task_id for call in _calls(history) if call.purpose == "recovery"}
    bound = history.run.plan.max_recoveries
    assert len(calls) <= sum(asked.values()) <= bound, f"{asked}: at most {bound} may be asked"


def _calls(history: History) -> Iterator[CallAgent]:
    for turn in history.turns:
        yield from (command for command in turn.commands if isinstance(command, CallAgent))


def nobody_else_is_asked_while_a_ladder_is_walked(history: History) -> None:
    """For one node one agent is asked, or one person, and never both."""
    for _, world in worlds(history):
        asked = [call.path.partition("~fallback")[0].partition("~recover")[0] for call in world.calls.values()]
        asked += [task.path + ("~undo" if task.about == "undo" else "") for task in world.tasks.values()]
        assert len(asked) == len(set(asked)), sorted(asked)


def a_task_id_is_one_ask(history: History) -> None:
    """The same for every attempt of it, and never that of another, or of the same with other inputs."""
    known: dict[str, tuple[str, str, dict[str, bytes]]] = {}
    latest: dict[str, CallAgent] = {}
    for turn in history.turns:
        for call in turn.commands:
            if not isinstance(call, CallAgent):
                continue
            ask = (call.path, call.agent, call.fields)
            assert known.setdefault(call.task_id, ask) == ask, f"{call.task_id} is {known[call.task_id]} and {ask}"
            is_retry = isinstance(turn.event, TimerFired) and turn.event.timer == f"retry:{call.path}#{call.attempt}"
            if is_retry:
                assert latest[call.path].task_id == call.task_id, f"{call.path}: another attempt under another id"
            latest[call.path] = call


def a_fallback_gets_what_it_is_to_get(history: History) -> None:
    """All that the node got, where it has no inputs of its own, and its constants."""
    given: dict[str, dict[str, bytes]] = {}
    ladders: dict[str, tuple[RungPlan, ...]] = {}
    for turn in history.turns:
        if isinstance(turn.event, RecoveryDecided):
            # It may have changed what the node is given, and the node's time be over before it is asked again.
            given.pop(turn.event.path.partition("~recover")[0], None)
        elif isinstance(turn.event, PlanEdited):
            # What is another node now is given something else.
            replaced = {node["id"] for node in _replaced(turn.event)}
            given = {path: fields for path, fields in given.items() if path.rpartition("/")[2] not in replaced}
        ladders |= {told.path: _ladder(turn, told) for told in turn.told if told.step == "rung"}
        for call in turn.commands:
            if isinstance(call, CallAgent) and call.purpose == "node":
                # What was wrong with a planner's proposal is nobody else's.
                given[call.path] = {name: text for name, text in call.fields.items() if name != "mistakes"}
            elif isinstance(call, CallAgent) and call.purpose == "fallback":
                path, _, rung = call.path.rpartition("~fallback")
                fallback = ladders[path][int(rung) - 1]
                if isinstance(fallback, FallbackPlan) and fallback.binding is None and path in given:
                    assert call.fields == {**given[path], **fallback.constants}, call


def _replaced(edit: PlanEdited) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = msgspec.json.decode(edit.patch).get("replace", {}).get("nodes", [])
    return nodes


ALL: list[Callable[[History], None]] = [
    a_ladder_is_walked_from_top_to_bottom,
    what_a_rung_says_is_what_is_asked,
    recovery_agents_act_as_often_as_they_may,
    nobody_else_is_asked_while_a_ladder_is_walked,
    a_task_id_is_one_ask,
    a_fallback_gets_what_it_is_to_get,
]
