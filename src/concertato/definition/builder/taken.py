"""The inputs of a workflow, as its author reads them while it is built."""

from collections.abc import Iterable
from typing import Any

from concertato.definition.builder.body import Body
from concertato.definition.builder.expr import Expr
from concertato.definition.builder.place import mistake
from concertato.definition.codes import Code
from concertato.definition.spelling import did_you_mean, nearest


class WorkflowInputs:
    """The workflow's inputs by name: `wf.inputs.order`."""

    def __init__(self, declared: Iterable[str], body: Body) -> None:
        self._declared = tuple(declared)
        self._body = body

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if self._declared and name not in self._declared:
            hint = did_you_mean(nearest(name, self._declared))
            mistake(Code.UNKNOWN_NAME, f"the workflow declares no input {name!r}{hint}")
        if name in self._body.drafts:
            mistake(Code.NAME_CLASH, f"input {name!r} is called as a node is; give that node another id")
        self._body.taken.setdefault(name, 1)
        return Expr(name)
