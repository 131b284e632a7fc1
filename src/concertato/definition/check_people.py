"""Tasks for people: that there is somebody to decide, something to choose, and that what is to happen in time can."""

from collections.abc import Sequence

from concertato.definition.check_ladder import UNDO_CHOICES
from concertato.definition.codes import Code
from concertato.definition.declared import fault_in
from concertato.definition.duration import format_duration
from concertato.definition.finding import Findings
from concertato.definition.model import Choice, HumanNode
from concertato.definition.model_failure import Assignee, Escalate
from concertato.definition.naming import fault_of
from concertato.definition.problem import Path
from concertato.definition.spelling import did_you_mean, nearest
from concertato.definition.walk import Place, choice_names, ladders

_INITIATOR = "initiator"
_WHO = "role:NAME, user:NAME or the NAME of a user"


def check_people(place: Place, findings: Findings) -> None:
    """Every mistake in the tasks of one body."""
    for index, node in enumerate(place.body.nodes):
        if isinstance(node, HumanNode):
            _Task(node, place.of_node(index), place.who(node), findings).check_human(node)
    for ladder in ladders(place):
        for path, rung in ladder.steps():
            if rung.escalate is not None:
                task = _Task(rung.escalate, (*path, "escalate"), f"'escalate' in {ladder.who}", findings)
                task.check_escalate(rung.escalate, undoes=ladder.undoes)
    _check_edges(place, findings)


def _check_edges(place: Place, findings: Findings) -> None:
    """A `when` that is a choice is nothing else."""
    choices = {node.id: choice_names(node) for node in place.body.nodes if isinstance(node, HumanNode)}
    for index, edge in enumerate(place.body.edges):
        if edge.when in choices.get(edge.from_, ()) and (other := place.scope.lookup(str(edge.when))) is not None:
            what = {"node": "a node", "input": "an input"}.get(other.what, "something else that can be seen here")
            message = f"edge '{edge.from_}' → '{edge.to}': '{edge.when}' is a choice and {what} as well"
            path = (*place.path, "edges", index, "when")
            findings.add(Code.NAME_CLASH, f"{message}; call the choice otherwise", path)


class _Task:
    """One task: what stands at `path`, and is called `who` in messages."""

    def __init__(self, asked: HumanNode | Escalate, path: Path, who: str, findings: Findings) -> None:
        self._asked = asked
        self._path = path
        self._who = who
        self._findings = findings

    def check_human(self, node: HumanNode) -> None:
        self._check_all(node.choices, choice_names(node))
        if node.form is not None:
            fault = fault_in(node.form) or _no_mapping(node.form.get("type"))
            if fault:
                self._findings.add(Code.BAD_INPUT_DECLARATION, f"{self._who}: 'form': {fault}", (*self._path, "form"))
        if node.escalate is not None:
            left = self._check_assignees(node.escalate.to, "escalate", "to")
            self._check_handover(node, left)
            if node.timeout is None:
                self._add("its 'escalate' comes after 'timeout', and it has none; write one", "escalate", key=True)
            elif node.default is not None and node.escalate.timeout is None:
                self._add("its 'escalate' has no 'timeout', after which its 'default' is chosen; write one", "escalate")
        self._check_choices(node)

    def _check_handover(self, node: HumanNode, eligible: int | None) -> None:
        """Whoever it passes on to has to be able to decide it, every choice of it."""
        needed = max([node.approvals, *(each.approvals or 1 for each in node.choices if isinstance(each, Choice))])
        if eligible is not None and needed > eligible:
            message = (
                f"of those whom its 'escalate' names {eligible} may decide, and {needed} have to; name more, or a role"
            )
            self._add(message, "escalate", "to")

    def _check_choices(self, node: HumanNode) -> None:
        names = choice_names(node)
        for index, (choice, name) in enumerate(zip(node.choices, names, strict=True)):
            steps = ("choices", index) if isinstance(choice, str) else ("choices", index, "name")
            if fault := fault_of(name):
                message = f"{self._who}: choice '{name}': {fault}"
                self._findings.add(Code.BAD_NAME, message, (*self._path, *steps))
            elif name in names[:index]:
                self._add(f"the choice '{name}' stands twice; keep one", *steps)

    def check_escalate(self, escalate: Escalate, *, undoes: bool) -> None:
        if undoes and escalate.default in ("retry", "done"):
            self._add(f"expected 'default' to be 'leave', got: '{escalate.default}', which nobody has said", "default")
            self._check_all((), UNDO_CHOICES)
        elif not undoes and escalate.default == "use_output":
            self._add("its 'default' cannot be 'use_output': nobody would give the output", "default")
            self._check_all((), [*escalate.may, "use_output"])
        else:
            self._check_all((), UNDO_CHOICES if undoes else escalate.may)

    def _check_all(self, choices: Sequence[str | Choice], names: Sequence[str]) -> None:
        """What any task can be wrong in. `choices` may ask for approvals of their own."""
        asked = self._asked
        eligible = self._check_assignees(asked.to, "to")
        self._check_barred()
        self._check_approvals(asked.approvals, eligible, "approvals")
        for index, choice in enumerate(choices):
            if isinstance(choice, Choice) and choice.approvals is not None:
                self._check_approvals(choice.approvals, eligible, "choices", index, "approvals")
        for index, after in enumerate(asked.remind):
            if asked.timeout is not None and after >= asked.timeout:
                timeout = format_duration(asked.timeout)
                message = f"expected a reminder before its 'timeout', {timeout}, got: {format_duration(after)}"
                self._add(message, "remind", index)
        if asked.default is None:
            return
        if asked.default not in names:
            hint = did_you_mean(nearest(asked.default, names)) or f"; the choices are {', '.join(names)}"
            self._add(f"its 'default', '{asked.default}', cannot be chosen{hint}", "default")
        elif asked.timeout is None:
            self._add("its 'default' is chosen after 'timeout', and it has none; write one", "default", key=True)

    def _check_assignees(self, to: Assignee, *steps: str | int) -> int | None:
        """How many people a task is for; None where roles are among them, which have as many as they have."""
        named = [to] if isinstance(to, str) else to
        if not named:
            self._add("expected somebody to ask, got: an empty list; write role:NAME or user:NAME", *steps)
        sound = True
        for index, who in enumerate(named):
            path = steps if isinstance(to, str) else (*steps, index)
            if who == _INITIATOR:
                self._add("'initiator' can be barred by 'not' only; write role:NAME or user:NAME", *path)
                sound = False
            elif not _is_somebody(who):
                self._add(f"expected {_WHO}, got: {who!r:.60}{_meant(who)}", *path)
                sound = False
        if not named or not sound or any(who.startswith("role:") for who in named):
            return None
        return len(_users(named) - _users(self._asked.not_))

    def _check_barred(self) -> None:
        for index, who in enumerate(self._asked.not_):
            if who != _INITIATOR and not _is_somebody(who):
                self._add(f"expected 'initiator', {_WHO}, got: {who!r:.60}{_meant(who)}", "not", index)

    def _check_approvals(self, approvals: int, eligible: int | None, *steps: str | int) -> None:
        if eligible is not None and approvals > eligible:
            some = f"{approvals} people have" if approvals > 1 else "one person has"
            left = f"only {eligible} of those in 'to' may" if eligible else "none of those in 'to' may"
            message = f"{some} to decide, and {left}; name more people or a role"
            self._add(message, *(steps if steps[0] == "choices" or self._asked.approvals > 1 else ("to",)))

    def _add(self, message: str, *steps: str | int, key: bool = False) -> None:
        self._findings.add(Code.BAD_TASK, f"{self._who}: {message}", (*self._path, *steps), key=key)


def _is_somebody(who: str) -> bool:
    kind, colon, name = who.partition(":")
    return (kind in ("role", "user") and bool(name.strip())) if colon else bool(who.strip())


def _meant(who: str) -> str:
    kind, colon, name = who.partition(":")
    meant = nearest(kind, ("role", "user")) if colon and name.strip() else None
    return did_you_mean(f"{meant}:{name}" if meant and meant != kind else None)


def _users(names: Sequence[str]) -> set[str]:
    return {name.removeprefix("user:") for name in names if not name.startswith("role:")}


def _no_mapping(kind: object) -> str | None:
    """A form's values are a mapping: that is what a person fills in."""
    return None if kind in (None, "object") else f"expected its 'type' to be 'object', got: {kind!r}"
