"""A script as it is written in a file: read, and every mistake in it told with its place and its fix."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path as FilePath
from typing import Any, TypeVar, get_args

from concertato.definition.codes import Code
from concertato.definition.declared import misfits
from concertato.definition.duration import parse_duration
from concertato.definition.files import from_file
from concertato.definition.problem import DefinitionError, Path, Problem
from concertato.definition.source import Source
from concertato.definition.spelling import did_you_mean, nearest
from concertato.errors import FailureKind, RequestError
from concertato.plan.model import Plan, WaitPlan
from concertato.simulation.asked import choices_in
from concertato.simulation.outcome import SurpriseKind
from concertato.simulation.script import (
    NO_SCRIPT,
    WHOLE,
    AgentScript,
    Decision,
    PersonScript,
    Script,
    SignalScript,
    Weighted,
)
from concertato.simulation.stage import nodes_in

T = TypeVar("T")

_DECISION = ("choice", "values", "weight")
_LISTED = 12
"""So many names are told of those that there are."""


def script_from(given: object, plan: Plan) -> Script:
    """The script that somebody hands over: a file's path or a mapping, or None. Raises `RequestError`."""
    if given is None:
        return NO_SCRIPT
    if isinstance(given, Mapping):
        return script_of(given, plan)
    if not isinstance(given, str) and not hasattr(given, "__fspath__"):
        raise RequestError(f"expected script to be a file's path or a mapping, got: {given!r:.60}")
    return script_in(FilePath(given), plan)


def script_in(file: FilePath, plan: Plan) -> Script:
    """The script in a YAML or JSON file, for simulations of `plan`. Raises DefinitionError with every mistake."""
    source = from_file(file)
    return _Reader(source, plan).script(source.tree())


def script_of(tree: Mapping[str, Any], plan: Plan) -> Script:
    """The script that a mapping is. Raises DefinitionError with every mistake."""
    source = Source("<script>")
    return _Reader(source, plan).script(source.checked(tree))


class _Reader:
    """Reads what it can; every mistake is kept, and told at the end."""

    def __init__(self, source: Source, plan: Plan) -> None:
        self._source = source
        self._problems: list[Problem] = []
        details = [node.detail for _, node in nodes_in(plan.root)]
        self._agents = plan.agents
        self._inputs = plan.inputs
        self._signals = {detail.signal for detail in details if isinstance(detail, WaitPlan) and detail.signal}
        self._people = choices_in(plan)
        self._places = {WHOLE, *self._people, *(place for place, _ in nodes_in(plan.root))}

    def script(self, tree: Any) -> Script:
        parts = self._fields(tree, (), ("agents", "people", "signals", "inputs", "accept"))
        script = Script(
            agents=self._each(parts, "agents", self._agent, self._agents, "an agent of the workflow"),
            people=self._each(parts, "people", self._person, self._people, "a node at which people are asked"),
            signals=self._each(parts, "signals", self._signal, self._signals, "a signal that a node waits for"),
            inputs=self._each(parts, "inputs", self._input, self._inputs, "an input of the workflow"),
            accept=self._accepted(parts),
        )
        if self._problems:
            raise DefinitionError(self._problems)
        return script

    def _each(
        self,
        parts: Mapping[str, Any],
        part: str,
        read: Callable[[Any, Path], T],
        known: Collection[str],
        what: str,
    ) -> dict[str, T]:
        found: dict[str, T] = {}
        for name, value in self._mapping(parts.get(part, {}), (part,)).items():
            if name in known:
                found[name] = read(value, (part, name))
            else:
                hint = did_you_mean(nearest(str(name), sorted(known))) or (
                    f"; there are {_listed(known)}" if known else "; there is none"
                )
                message = f"{part}: expected '{name}' to be {what}, and it is not{hint}"
                self._refuse(Code.UNKNOWN_NAME, message, (part, name), key=True)
        return found

    def _accepted(self, parts: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
        kinds = self._each(parts, "accept", self._accepted_places, get_args(SurpriseKind), "a kind of surprise")
        return frozenset((kind, place.partition("~")[0]) for kind, places in kinds.items() for place in places)

    def _accepted_places(self, value: Any, path: Path) -> list[str]:
        return self._names(value, path, self._places, "node")

    def _agent(self, value: Any, path: Path) -> AgentScript:
        fields = self._fields(value, path, ("answers", "takes", "fails", "settles"))
        share, kinds = self._fails(fields.get("fails"), (*path, "fails"))
        return AgentScript(
            answers=self._answers(fields.get("answers", []), (*path, "answers")),
            takes=self._takes(fields.get("takes"), (*path, "takes")),
            fails=share,
            kinds=kinds,
            settles=tuple(self._names(fields.get("settles"), (*path, "settles"), self._agents, "agent")),
        )

    def _names(self, value: Any, path: Path, known: Collection[str], what: str) -> list[str]:
        """One name of what the workflow has, or a list of some, or nothing yet."""
        names = self._list([value] if isinstance(value, str) else [] if value is None else value, path, f"{what}s")
        for name in names:
            if not isinstance(name, str) or name not in known:
                hint = did_you_mean(nearest(str(name), sorted(known)))
                message = f"{_told(path)}: there is no {what} '{name}' in the workflow{hint}"
                self._refuse(Code.UNKNOWN_NAME, message, path)
        return [name for name in names if isinstance(name, str)]

    def _fails(self, value: Any, path: Path) -> tuple[float | None, tuple[FailureKind, ...]]:
        if not isinstance(value, dict):
            return self._share(value, path), ()
        fields = self._fields(value, path, ("share", "kinds"))
        kinds = []
        for kind in self._list(fields.get("kinds", []), (*path, "kinds"), "kinds of failure"):
            if kind in list(FailureKind):
                kinds.append(FailureKind(kind))
            else:
                hint = did_you_mean(nearest(str(kind), list(FailureKind))) or f"; they are {', '.join(FailureKind)}"
                message = f"{_told(path)}: there is no kind of failure '{kind}'{hint}"
                self._refuse(Code.WRONG_VALUE, message, (*path, "kinds"))
        return self._share(fields.get("share"), (*path, "share")), tuple(kinds)

    def _person(self, value: Any, path: Path) -> PersonScript:
        fields = self._fields(value, path, ("answers", "takes", "silent"))
        return PersonScript(
            answers=tuple(
                self._decision(each, (*path, "answers", number), self._people[str(path[-1])])
                for number, each in enumerate(self._list(fields.get("answers", []), (*path, "answers"), "choices"))
            ),
            takes=self._takes(fields.get("takes"), (*path, "takes")),
            silent=self._share(fields.get("silent"), (*path, "silent")),
        )

    def _decision(self, value: Any, path: Path, choices: list[str]) -> Decision:
        fields = {"choice": value} if isinstance(value, str) else self._fields(value, path, _DECISION)
        choice = fields.get("choice")
        if not isinstance(choice, str):
            self._refuse(Code.WRONG_VALUE, f"{_told(path)}: expected a 'choice', the name of one that there is", path)
        elif choice not in choices:
            hint = did_you_mean(nearest(choice, choices)) or f"; it can be {', '.join(choices)}"
            self._refuse(Code.UNKNOWN_NAME, f"{_told(path)}: '{choice}' is not among its choices{hint}", path)
        weight = self._weight(fields.get("weight", 1.0), (*path, "weight"))
        return Decision(choice=str(choice), values=fields.get("values"), weight=weight)

    def _signal(self, value: Any, path: Path) -> SignalScript:
        fields = self._fields(value, path, ("answers", "takes", "never"))
        return SignalScript(
            answers=self._answers(fields.get("answers", []), (*path, "answers")),
            takes=self._takes(fields.get("takes"), (*path, "takes")),
            never=self._share(fields.get("never"), (*path, "never")),
        )

    def _input(self, value: Any, path: Path) -> tuple[Weighted, ...]:
        answers = self._answers(value, path)
        if not answers and isinstance(value, list):
            self._refuse(Code.WRONG_VALUE, f"{_told(path)}: expected a list of values, got: an empty one", path)
        for number, answer in enumerate(answers):
            for fault in misfits(self._inputs[str(path[-1])], answer.value):
                self._refuse(Code.WRONG_VALUE, f"{_told(path)}: {' '.join(fault).strip()}", (*path, number))
        return answers

    def _answers(self, value: Any, path: Path) -> tuple[Weighted, ...]:
        """Values, or mappings of `value` and `weight`."""
        found = []
        for number, each in enumerate(self._list(value, path, "values")):
            if isinstance(each, dict) and each.keys() == {"value", "weight"}:
                weight = self._weight(each["weight"], (*path, number, "weight"))
                found.append(Weighted(each["value"], weight))
            else:
                found.append(Weighted(each))
        return tuple(found)

    def _weight(self, value: Any, path: Path) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value)
        self._refuse(Code.WRONG_VALUE, f"{_told(path)}: expected a number above 0, got: {value!r}", path)
        return 1.0

    def _share(self, value: Any, path: Path) -> float | None:
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        self._refuse(Code.WRONG_VALUE, f"{_told(path)}: expected a share from 0 to 1, got: {value!r}", path)
        return None

    def _takes(self, value: Any, path: Path) -> tuple[float, float] | None:
        """A length of time, or the shortest and the longest."""
        if value is None:
            return None
        parts = value if isinstance(value, list) else [value, value]
        try:
            low, high = map(parse_duration, parts)
        except ValueError:
            low, high = 1.0, 0.0
        if low <= high:
            return low, high
        message = f"{_told(path)}: expected a length of time such as 2s, or two, such as [500ms, 8s], got: {value!r}"
        self._refuse(Code.WRONG_VALUE, message, path)
        return None

    def _fields(self, value: Any, path: Path, known: Collection[str]) -> dict[str, Any]:
        fields = self._mapping(value, path)
        for name in fields:
            if name not in known:
                hint = did_you_mean(nearest(str(name), known)) or f"; it can have: {', '.join(known)}"
                message = f"{_told(path)}: there is no field '{name}' here{hint}"
                self._refuse(Code.UNKNOWN_FIELD, message, (*path, str(name)), key=True)
        return fields

    def _mapping(self, value: Any, path: Path) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        if value is None:
            return {}  # nothing is said, or not yet
        self._refuse(Code.WRONG_VALUE, f"{_told(path)}: expected a mapping, got: {value!r:.60}", path)
        return {}

    def _list(self, value: Any, path: Path, of: str) -> list[Any]:
        if isinstance(value, list):
            return value
        message = f"{_told(path)}: expected a list of {of}, got: {value!r:.60}; put it in brackets"
        self._refuse(Code.WRONG_VALUE, message, path)
        return []

    def _refuse(self, code: Code, message: str, path: Path, *, key: bool = False) -> None:
        self._problems.append(self._source.problem(code, message, path, key=key))


def _told(path: Path) -> str:
    return ".".join(map(str, path)) or "the script"


def _listed(names: Collection[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(sorted(names)[:_LISTED]) + (f" and {more:,} more" if more > 0 else "")
