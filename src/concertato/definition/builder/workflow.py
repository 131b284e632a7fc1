"""The builder itself: Python that reads like the workflow, and yields the document that the YAML would be.

Nothing is decided here that the definition's grammar decides: the builder writes the document, and the document is
read by the same road as any other. What that road refuses is reported at the line of Python that wrote it.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from contextvars import Token
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, Self, Unpack, cast

from concertato.definition.builder.active import Builder, NodeOptions, Parameter, active
from concertato.definition.builder.agents import Named, agent_name
from concertato.definition.builder.body import Body, Draft
from concertato.definition.builder.condition import Block
from concertato.definition.builder.expr import Expr, condition, text_of
from concertato.definition.builder.handle import Handle, spot_of
from concertato.definition.builder.inputs import Given, bound, given, listed
from concertato.definition.builder.ladder import Ladder, People, Step, question, written
from concertato.definition.builder.literal import MARK, refuse_mixed
from concertato.definition.builder.openings import Cursor, Loop, Map, Switch, inside
from concertato.definition.builder.options import said
from concertato.definition.builder.place import PythonSource, here, mistake
from concertato.definition.builder.taken import WorkflowInputs
from concertato.definition.check import check
from concertato.definition.codes import Code
from concertato.definition.dump import to_document, to_yaml
from concertato.definition.load import Built, Document, Loadable, document_of, load
from concertato.definition.model import Definition
from concertato.definition.problem import DefinitionError

Duration = str | float


class Workflow(Built):
    """A workflow being written. Inside its `with` block the call of an agent adds a node and gives back its output."""

    def __init__(
        self,
        name: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        version: str | None = None,
        description: str | None = None,
        timeout: Duration | None = None,
        max_parallel: int | None = None,
        on_failure: Ladder | None = None,
        max_recoveries: int | None = None,
    ) -> None:
        self._place = here()
        self._root = Body(f"workflow {name!r}", taken=dict.fromkeys(inputs or (), 1))
        self._cursor = Cursor(self._root)
        self._parts: dict[str, Definition] = {}
        self._token: Token[Builder | None] | None = None
        self._head = _present(
            name=name,
            version=version,
            description=description,
            inputs=dict(inputs) if inputs else None,
            timeout=timeout,
            max_parallel=max_parallel,
            max_recoveries=max_recoveries,
            **({} if on_failure is None else written(on_failure).document),
        )
        refuse_mixed(self._head)
        self.inputs = WorkflowInputs(inputs or (), self._root)
        self.run: Any = Expr("run")

    def __enter__(self) -> Self:
        self._token = active.set(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._token is not None:
            active.reset(self._token)
            self._token = None

    # Nodes.

    def call(
        self,
        agent: str,
        parameters: Sequence[Parameter],
        args: Sequence[object],
        kwargs: Mapping[str, object],
        options: NodeOptions | None = None,
    ) -> Handle:
        """What a decorated agent asks for when it is called inside the `with` block."""
        return self._add(agent, agent, given(bound(agent, parameters, args, kwargs)), options or {})

    def task(
        self,
        agent: str | Named,
        *references: object,
        inputs: Mapping[str, object] | None = None,
        **options: Unpack[NodeOptions],
    ) -> Handle:
        """A node of an agent that is known by its name alone, as one behind HTTP is.

        `references` reach it under their own names, `inputs` under the names given; Python values are constants.
        """
        name = agent_name(agent)
        return self._add(name, name, _handed(name, references, inputs), options)

    def human(
        self,
        to: People,
        *,
        title: object = None,
        instructions: object = None,
        choices: Sequence[str | Mapping[str, Any]] | None = None,
        form: Mapping[str, Any] | None = None,
        default: str | None = None,
        remind: Sequence[Duration] | None = None,
        escalate: Step | Mapping[str, Any] | None = None,
        approvals: int | None = None,
        not_: Sequence[str] | None = None,
        **options: Unpack[NodeOptions],
    ) -> Handle:
        """A person decides, whom `to` names (`role:NAME`, `user:NAME`); `decision.choice` is what was chosen.

        `title` and `instructions` may be f-strings with values in them, `escalate` is who is asked after `timeout`.
        """
        after = escalate.document.get("escalate") if isinstance(escalate, Step) else escalate
        people: dict[str, object] = {"to": to, "choices": choices, "form": form, "default": default, "remind": remind}
        people |= {"escalate": after, "approvals": approvals, "not": not_}
        return self._add("human", "human", question(title, instructions, people), options)

    def plan(
        self,
        agent: str | Named,
        *references: object,
        allow: Sequence[str | Named],
        inputs: Mapping[str, object] | None = None,
        max_nodes: int | None = None,
        max_depth: int | None = None,
        **options: Unpack[NodeOptions],
    ) -> Handle:
        """`agent` proposes nodes, of the agents that `allow` names; what it is given is given as to a `task`."""
        name = agent_name(agent)
        what = _handed(name, references, inputs)
        bounds = _present(allow=list(map(agent_name, allow)), max_nodes=max_nodes, max_depth=max_depth)
        return self._add("plan", "plan", replace(what, document={"agent": name, **what.document, **bounds}), options)

    def set(self, values: Mapping[str, object], **options: Unpack[NodeOptions]) -> Handle:
        """Computes `values`; no agent is asked."""
        return self._add("set", "values", given(values, list_form=False), options)

    def wait(
        self,
        *,
        for_: Duration | None = None,
        until: object = None,
        signal: str | None = None,
        **options: Unpack[NodeOptions],
    ) -> Handle:
        """Waits for a length of time, until a moment, or for a signal, whose payload is the output."""
        if isinstance(until, str) and MARK in until:
            until = condition(until)
        moment = until if until is None or isinstance(until, str) else text_of(until)
        values = () if until is None or isinstance(until, str) else (cast("Expr", until),)
        what = Given(_present(**{"for": for_, "until": moment, "signal": signal}), values)
        return self._add("wait", signal or "wait", what, options)

    def workflow(
        self,
        which: "Workflow | Document | Loadable",
        inputs: Mapping[str, object] | None = None,
        **options: Unpack[NodeOptions],
    ) -> Handle:
        """Another workflow as one node: one built in Python, or anything that `load` reads."""
        part = which.definition() if isinstance(which, Workflow) else load(which).definition
        if self._parts.setdefault(part.name, part) != part:
            mistake(Code.NAME_CLASH, f"two different workflows are called {part.name!r}; rename one")
        what = given(inputs or {})
        return self._add(
            "workflow", part.name, replace(what, document={"workflow": part.name, **what.document}), options
        )

    def map(
        self,
        over: object,
        *,
        as_: str = "item",
        concurrency: int | None = None,
        on_item_failure: Literal["fail", "collect"] | None = None,
        **options: Unpack[NodeOptions],
    ) -> Map:
        """Runs what its `with` block writes once for each item of the list `over`."""
        items = condition(over)
        as_ = self._cursor.body.unhidden(as_)
        what = _present(over=text_of(items), **{"as": as_}, concurrency=concurrency, on_item_failure=on_item_failure)
        body = self._open("map", {as_, "index"})
        return Map(self._cursor, self._add("map", "map", Given(what, (items,)), options, body), as_)

    def loop(self, *, max_iterations: int | None = None, **options: Unpack[NodeOptions]) -> Loop:
        """Runs what its `with` block writes again and again: `while_` or `until` a condition says otherwise."""
        body = self._open("loop", {"iteration", "last"})
        what = Given(_present(max_iterations=max_iterations))
        return Loop(self._cursor, self._add("loop", "repeat", what, options, body))

    def switch(self, **options: Unpack[NodeOptions]) -> Switch:
        """Takes the first of its cases that holds."""
        return Switch(self._cursor, self._add("switch", "switch", Given({"cases": []}), options))

    # Edges.

    def when(self, test: object, *, after: object = None) -> AbstractContextManager[None]:
        """What is written in this block runs only if `test` holds.

        The condition stands on the edge from `after`, or else from the first node that it mentions.
        """
        value = condition(test)
        body = self._cursor.body
        body.read(value)
        source = body.first_read(value) if after is None else spot_of(after).id
        if source is None:
            mistake(
                Code.BAD_EDGE,
                f"condition {text_of(value)!r} mentions no node of {body.title} that it could follow: "
                "name one with after=..., or use wf.switch()",
            )
        return inside(body, Block(source, body.block, when=value))

    def edge(self, source: object, target: object, *, when: object = None) -> None:
        """`target` runs after `source`, and only if `when` holds; without `when` it is `source >> target`."""
        start = spot_of(source)
        start.body.connect(start, spot_of(target), None if when is None else condition(when))

    def status(self, node: object) -> Any:
        """The status of a node: `succeeded`, `skipped`, …"""
        spot = spot_of(node)
        return Expr(f"{spot.id}.status", uses=[spot])

    # The whole.

    def outputs(self, **values: object) -> None:
        """What the workflow gives; without, the outputs of its last nodes by id."""
        self._root.give(values)

    def definition(self) -> Definition:
        """The definition. Raises DefinitionError with every mistake, each at the line of Python that wrote it."""
        document = self.document()
        if problems := check(document):
            raise DefinitionError(sorted(problems, key=lambda problem: (problem.source, problem.line, problem.column)))
        return document.definition

    def document(self) -> Document:
        """What `load` and `compile` read: the definition, checked as yet for nothing, with where it was written."""
        tree: dict[str, Any] = {**self._head, **self._root.document()}
        if self._parts:
            tree["workflows"] = {name: to_document(part) for name, part in self._parts.items()}
        return document_of(
            tree, PythonSource(self._place.file, place_of=self._root.finish().place_of, whole=self._place)
        )

    def to_document(self) -> dict[str, Any]:
        """The same document as a hand would write in YAML or JSON."""
        return to_document(self.definition())

    def to_yaml(self) -> str:
        return to_yaml(self.definition())

    def _open(self, kind: str, added: AbstractSet[str]) -> Body:
        return Body(f"this {kind}", self._root.taken, self._cursor.body, frozenset(added))

    def _add(self, kind: str, name: str, what: Given, options: NodeOptions, inner: Body | None = None) -> Handle:
        """A node of this `kind`, called `name` (made unique) unless the options give it an id."""
        more = said(options)
        document = {"type": kind, **what.document, **more.document}
        refuse_mixed(document)
        body = self._cursor.body
        reads = body.read(*what.values, *more.reads)
        body.see(*more.sees)
        node_id = body.name(options.get("id"), name)
        if inner is not None:
            inner.title = f"{kind} {node_id!r}"
        return body.add(Draft(node_id, here(), body.block, reads, document, inner))


def _handed(agent: str, references: Sequence[object], inputs: Mapping[str, object] | None) -> Given:
    """What an agent is given that is known by its name alone."""
    fields = listed(references)
    if inputs and fields:
        mistake(Code.EXACTLY_ONE, f"node of agent {agent!r}: hand over references or inputs={{...}}, not both")
    return given(inputs or fields)


def _present(**fields: Any) -> dict[str, Any]:
    """The fields that were given."""
    return {name: value for name, value in fields.items() if value is not None}


workflow = Workflow
