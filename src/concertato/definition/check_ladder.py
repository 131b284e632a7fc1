"""Ladders: that each can be walked from its first step to its last, and that what may be chosen can be done."""

from collections.abc import Sequence

from concertato.definition.codes import Code
from concertato.definition.finding import Findings
from concertato.definition.model import SwitchNode
from concertato.definition.model_failure import Rung
from concertato.definition.problem import Path
from concertato.definition.walk import Ladder, Place, ladders

UNDO_CHOICES = ("retry", "done", "leave")
"""Of an undoing that failed: try it again; somebody has done it by hand; it stays as it is."""


def check_ladders(place: Place, findings: Findings) -> None:
    """Every mistake in the ladders of one body."""
    for ladder in ladders(place):
        _check_end(ladder, findings)
        for path, rung in ladder.steps():
            _check_step(rung, path, ladder, findings)
        if ladder.undoes:
            _check_undoing(ladder, findings)
        else:
            _check_choices(ladder, findings)
        if isinstance(ladder.node, SwitchNode):
            _check_switch(ladder, findings)


def _check_end(ladder: Ladder, findings: Findings) -> None:
    """Nothing comes after what ends the ladder."""
    last = next((index for index, rung in enumerate(ladder.rungs) if isinstance(rung, str)), None)
    if last is not None and last + 1 < len(ladder.rungs):
        message = f"{ladder.who}: '{ladder.rungs[last]}' ends it, and no step after that is ever walked; put it last"
        findings.add(Code.BAD_LADDER, message, (*ladder.path, last + 1))


def _check_step(rung: Rung, path: Path, ladder: Ladder, findings: Findings) -> None:
    given = [name for name in Rung.model_fields if getattr(rung, name) is not None]
    if len(given) != 1:
        names = ", ".join(f"'{name}'" for name in Rung.model_fields)
        got = " and ".join(f"'{name}'" for name in given) or "none of them"
        message = f"{ladder.who}: expected a step to have exactly one of {names}, got: {got}"
        findings.add(Code.EXACTLY_ONE, message, (*path, given[1]) if given else path, key=bool(given))


def _check_choices(ladder: Ladder, findings: Findings) -> None:
    """What may be chosen stands there once, and `escalate` only where there is somebody left to ask."""
    for path, rung in ladder.steps():
        if rung.recover is not None:
            _check_once(rung.recover.may, (*path, "recover", "may"), ladder, findings)
            below = ladder.rungs[int(path[-1]) + 1 :]
            if "escalate" in rung.recover.may and not any(isinstance(step, Rung) and step.escalate for step in below):
                where = (*path, "recover", "may", rung.recover.may.index("escalate"))
                left = "take it out" if len(rung.recover.may) > 1 else "let it choose something else"
                message = f"{ladder.who}: 'escalate' may be chosen, but no step 'escalate' comes after it"
                findings.add(Code.BAD_LADDER, f"{message}; add one below, or {left}", where)
        if rung.escalate is not None:
            _check_once(rung.escalate.may, (*path, "escalate", "may"), ladder, findings)


def _check_once(may: Sequence[str], path: Path, ladder: Ladder, findings: Findings) -> None:
    for index, action in enumerate(may):
        if action in may[:index]:
            findings.add(Code.BAD_LADDER, f"{ladder.who}: '{action}' stands twice in 'may'; keep one", (*path, index))


def _check_switch(ladder: Ladder, findings: Findings) -> None:
    """The output of a switch is a way out of it, which nobody else can give."""
    for path, rung in ladder.steps():
        if rung.fallback is not None:
            message = f"{ladder.who}: no agent can stand in for a switch, whose output is one of its ways"
            findings.add(
                Code.BAD_LADDER, f"{message}; give it a 'default', or compute what it tests in a node before", path
            )
        for step, asked in (("recover", rung.recover), ("escalate", rung.escalate)):
            if asked is not None and "may" in asked.model_fields_set and "use_output" in asked.may:
                where = (*path, step, "may", list(asked.may).index("use_output"))
                message = f"{ladder.who}: 'use_output' cannot be chosen for a switch, whose output is one of its ways"
                findings.add(Code.BAD_LADDER, f"{message}; take it out", where)


def _check_undoing(ladder: Ladder, findings: Findings) -> None:
    """Of what cannot be undone a person decides, or it stays as it is."""
    asked = 0
    for index, rung in enumerate(ladder.rungs):
        path = (*ladder.path, index)
        if rung == "fail" or (isinstance(rung, Rung) and rung.escalate is not None and not asked):
            if isinstance(rung, Rung) and rung.escalate is not None:
                asked += 1
                if "may" in rung.escalate.model_fields_set:
                    message = f"{ladder.who}: 'may' has no meaning here: {', '.join(UNDO_CHOICES)} can be chosen"
                    findings.add(Code.BAD_LADDER, f"{message}; take it out", (*path, "escalate", "may"), key=True)
            continue
        got = f"'{rung}'" if isinstance(rung, str) else _named(rung)
        if got:
            message = f"{ladder.who}: expected one 'escalate', and 'fail' after it or alone, got: {got}"
            findings.add(Code.BAD_LADDER, f"{message}; take it out", path)


def _named(rung: Rung) -> str:
    """What a step does, in quotes; one that does nothing is told elsewhere."""
    name = next((name for name in Rung.model_fields if getattr(rung, name) is not None), "")
    return f"another '{name}'" if name == "escalate" else f"'{name}'" if name else ""
