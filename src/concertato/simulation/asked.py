"""What people can be asked in runs of a plan, by the names of tasks, whichever item or iteration: `charge~failed`."""

from collections.abc import Iterator

from concertato.plan.model import AskPlan, EscalatePlan, HumanPlan, Plan, ScopePlan


def choices_in(plan: Plan) -> dict[str, list[str]]:
    """The choices of each task that there can be."""
    found: dict[str, dict[str, None]] = {}
    for task, ask in _asks(plan.root, ""):
        found.setdefault(task, {}).update(dict.fromkeys(choice.name for choice in ask.choices))
    return {task: list(choices) for task, choices in found.items()}


def _asks(scope: ScopePlan, prefix: str) -> Iterator[tuple[str, AskPlan]]:
    for node in scope.nodes:
        place = prefix + node.id
        if isinstance(node.detail, HumanPlan):
            yield place, node.detail.ask
        # The ladder of a definition is walked for its own nodes that have none, not for those inside a map or a loop.
        for rung in node.ladder or scope.ladder:
            if isinstance(rung, EscalatePlan):
                yield f"{place}~failed", rung.ask
        if node.compensate is not None and node.compensate.ask is not None:
            yield f"{place}~undo", node.compensate.ask
        if node.body is not None:
            yield from _asks(node.body, f"{place}/")
