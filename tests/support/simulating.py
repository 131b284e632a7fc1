"""One case of the simulation: a random workflow lives through a random history, and every invariant is held against it.

The seed is the case. What goes wrong in it is a `Broken`, with all that was sent: `support.shrinking` makes it small.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from traceback import extract_tb
from typing import Any

import msgspec

from concertato.definition.patching import apply_patch
from concertato.plan.compile import compile_plan
from concertato.run import change, edit, scopes
from concertato.run.edit import _read as read_edit
from concertato.run.events import AnyEvent, RunStarted
from support.happening import live
from support.histories import Crash, History, go_on, start
from support.invariants import ALL

_THOROUGH = 10
"""Of so many cases one is looked at turn by turn, and compiles each edit anew as often as it is replayed."""


@dataclass(frozen=True)
class Case:
    """What a run was and all that was sent to it: the same again gives the same history."""

    document: dict[str, Any]
    started: RunStarted
    sent: list[AnyEvent | Crash]
    open_at_once: int


@dataclass(frozen=True)
class Fault:
    """What went wrong: the invariant that does not hold, or the step that failed, and `where` in the code: `line`."""

    what: str
    where: str
    line: str
    problem: Exception

    def is_like(self, other: "Fault | None") -> bool:
        """Whether the other is the same fault, as far as anybody can tell."""
        mine = (self.what, self.where, type(self.problem))
        return other is not None and mine == (other.what, other.where, type(other.problem))


class Broken(AssertionError):
    """A case in which something does not hold that has to."""

    def __init__(self, case: Case, fault: Fault, seed: int) -> None:
        super().__init__(f"seed {seed}: {fault.what} ({fault.where}): {fault.problem}")
        self.case = case
        self.fault = fault
        self.seed = seed


def simulate(seed: int) -> list[History]:
    """Live through the case of a seed: a run, and for some that did not succeed one that continues it.

    Raises `Broken`.
    """
    random = Random(seed)
    thorough = seed % _THOROUGH == 0
    # No random list is so long that a map would not open whole.
    with opening(1 if random.random() < 0.5 else scopes.OPEN_AT_ONCE) as open_at_once, knowing_edits(on=not thorough):
        history = start(random, thorough=thorough)
        lived = [_lived(history, random, seed, open_at_once)]
        if history.run.status != "succeeded" and random.random() < 0.5:
            more = go_on(history, random.choice(["fork", "retry"]))
            lived.append(_lived(more, random, seed, open_at_once))
    return lived


def _lived(history: History, random: Random, seed: int, open_at_once: int) -> History:
    try:
        live(history, random)
    except Exception as problem:  # noqa: BLE001  # whatever it is, it is what the seed shows
        fault: Fault | None = fault_of("what is sent has its consequences", problem)
    else:
        fault = fault_in(history)
    if fault is not None:
        document = msgspec.json.decode(history.document)
        case = Case(document, history.started, history.sent, open_at_once)
        raise Broken(case, fault, seed) from fault.problem
    return history


def fault_in(history: History, *, but: frozenset[str] = frozenset()) -> Fault | None:
    """The first of the invariants that the history breaks, leaving out some by their names."""
    for invariant in ALL:
        if invariant.__name__ not in but:
            try:
                invariant(history)
            except Exception as problem:  # noqa: BLE001  # as above
                return fault_of(invariant.__name__, problem)
    return None


def fault_of(what: str, problem: Exception) -> Fault:
    frames = extract_tb(problem.__traceback__)
    # What a comprehension or a library is called says little: the function in ours that was at it says more.
    ours = [each for each in frames if not each.name.startswith("<") and "site-packages" not in each.filename]
    last = ours[-1]
    return Fault(what, f"{last.filename.rpartition('/')[2]}:{last.name}", last.line or "", problem)


@contextmanager
def opening(at_once: int) -> Iterator[int]:
    """Have maps open so many items at once."""
    before = scopes.OPEN_AT_ONCE
    scopes.OPEN_AT_ONCE = at_once
    try:
        yield at_once
    finally:
        scopes.OPEN_AT_ONCE = before


@contextmanager
def knowing_edits(*, on: bool) -> Iterator[None]:
    """Read an edit once, and compile what it leads to, however often it is replayed: most of a replay is that."""
    if on:
        edit._read = _once(read_edit, key=bytes)
        change.apply_patch = _once(apply_patch, key=lambda body, ids, patch: (id(body), *ids, id(patch)))  # type: ignore[attr-defined]
        change.compile_plan = _once(compile_plan, key=id)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        edit._read = read_edit
        change.apply_patch = apply_patch  # type: ignore[attr-defined]
        change.compile_plan = compile_plan  # type: ignore[attr-defined]


def _once(function: Callable[..., Any], *, key: Callable[..., Hashable]) -> Callable[..., Any]:
    known: dict[Hashable, tuple[Any, Any]] = {}

    def once(*given: Any) -> Any:
        name = key(*given)
        if name not in known:
            known[name] = function(*given), given  # kept too, so that no other object comes to have its id
        return known[name][0]

    return once
