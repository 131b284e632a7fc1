"""The nodes and edges of one body (the workflow's own, or that of a map or loop) while it is being written.

A body knows which names can be used in it, which of its nodes each node reads, and under which conditions each was
written; `finish` turns that into the document's nodes and edges.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

from concertato.definition.builder.condition import Block, control_edges
from concertato.definition.builder.expr import Expr, Use, as_expr, text_of, uses_of
from concertato.definition.builder.handle import Handle, Spot
from concertato.definition.builder.literal import constant
from concertato.definition.builder.place import Place, here, mistake
from concertato.definition.codes import Code
from concertato.definition.naming import fault_of, mended
from concertato.definition.problem import Path

Ways = dict[int, list[str]]
"""The nodes that each case of a switch leads to; -1 is the default."""


@dataclass(slots=True)
class Draft:
    """A node as far as it is known: what is in its body, or in the cases of a switch, comes to its document later."""

    id: str
    place: Place
    block: Block | None
    reads: set[str]
    document: dict[str, Any]
    inner: "Body | None" = None

    def finished(self, ways: Ways) -> dict[str, Any]:
        """The whole document of the node; `ways` are those out of it."""
        node = {"id": self.id, **self.document, **(self.inner.document() if self.inner else {})}
        if node["type"] == "switch":
            node["cases"] = [{"when": when, "to": _to(ways.get(case, []))} for case, when in enumerate(node["cases"])]
            if -1 in ways:
                node["default"] = _to(ways[-1])
        return node


class Written(NamedTuple):
    """The documents of a body's nodes and edges, each with the place in the author's code that wrote it."""

    nodes: list[tuple[dict[str, Any], Draft]]
    edges: list[tuple[dict[str, Any], Place]]

    def place_of(self, path: Path) -> Place | None:
        """Which of the author's calls wrote what stands at `path` of the body's document."""
        match path:
            case ("nodes", int(number), *rest):
                draft = self.nodes[number][1]
                inner = draft.inner.finish().place_of(tuple(rest)) if draft.inner else None
                return inner or draft.place
            case ("edges", int(number), *_):
                return self.edges[number][1]
            case _:
                return None


@dataclass(slots=True, eq=False)
class Body:
    """`title` is how messages call it; `added` are the names that a map or loop gives to its body.

    `taken` are the names used anywhere in the workflow, each with the highest number that was put after it.
    """

    title: str
    taken: dict[str, int]
    outer: "Body | None" = None
    added: frozenset[str] = frozenset()
    drafts: dict[str, Draft] = field(default_factory=dict)
    edges: dict[tuple[str, str], tuple[dict[str, Any], Place]] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    block: Block | None = None
    reads: set[tuple["Body", str]] = field(default_factory=set)

    def name(self, given: str | None, otherwise: str) -> str:
        """The id of a new node: the one given, or one made from `otherwise`."""
        if given is None:
            return self._take(self._free(mended(otherwise)))
        if fault := fault_of(given):
            mistake(Code.BAD_NAME, f"node {given!r}: 'id': {fault}")
        if given in self.drafts:
            first = self.drafts[given].place
            mistake(Code.DUPLICATE_ID, f"node id {given!r} is already that of the node at {first.file}:{first.line}")
        for body in self._outwards():
            if given in body.drafts or given in body.added:
                mistake(Code.NAME_CLASH, f"node id {given!r} would hide {given!r} of {body.title}; give it another")
        return self._take(given)

    def unhidden(self, name: str) -> str:
        """`name`, or one made of it that hides nothing which is visible from here."""
        visible = {known for body in self._outwards() for known in (*body.drafts, *body.added)}
        if name not in visible:
            return name
        self.taken.setdefault(name, 1)
        return self._free(name)

    def add(self, draft: Draft) -> Handle:
        self.drafts[draft.id] = draft
        return Handle(Spot(self, draft.id))

    def read(self, *values: object) -> set[str]:
        """Note that `values` are used here; returns the nodes of this body among what they use."""
        found = [owner for value in values for owner in self._owners(as_expr(value))]
        self.reads.update(found)
        return {name for body, name in found if body is self and name in self.drafts}

    def see(self, *values: object) -> None:
        """Refuse `values` that name what is out of sight from here; nothing comes after what they name."""
        for value in values:
            for _ in self._owners(as_expr(value)):
                pass

    def first_read(self, value: Expr) -> str | None:
        """The first node of this body that `value` mentions."""
        return next((name for body, name in self._owners(value) if body is self and name in self.drafts), None)

    def connect(self, source: Spot, target: Spot, when: Expr | None = None) -> None:
        """The edge that the author drew from `source` to `target`."""
        for spot in (source, target):
            if spot.body is not self:
                mistake(Code.BAD_EDGE, f"{spot.id!r} is not a node of {self.title}: edges join nodes of one body")
        if (source.id, target.id) in self.edges:
            mistake(Code.BAD_EDGE, f"there is an edge from {source.id!r} to {target.id!r} already")
        edge: dict[str, Any] = {"from": source.id, "to": target.id}
        if when is not None:
            self.read(when)
            edge["when"] = text_of(when)
        self.edges[source.id, target.id] = (edge, here())

    def give(self, values: Mapping[str, object]) -> None:
        """What the body hands out."""
        for name, value in values.items():
            self.read(value)
            bare = value is None or isinstance(value, bool | int | float)
            self.outputs[name] = constant(value) if bare else text_of(value)

    def document(self) -> dict[str, Any]:
        """The body as the document writes it."""
        written = self.finish()
        document: dict[str, Any] = {"nodes": [node for node, _ in written.nodes]}
        if written.edges:
            document["edges"] = [edge for edge, _ in written.edges]
        if self.outputs:
            document["outputs"] = dict(self.outputs)
        return document

    def finish(self) -> Written:
        """What the document says of this body. Changes nothing: a workflow can be written out, and written on."""
        written = Written([], list(self.edges.values()))
        ways: dict[str, Ways] = {}
        joined: set[str] = set()
        drawn: dict[str, list[str]] = {}
        for source, target in self.edges:
            drawn.setdefault(target, []).append(source)
        for draft in self.drafts.values():
            sources = drawn.get(draft.id, [])
            control = control_edges(draft, self.drafts, sources)
            written.edges.extend((edge, draft.place) for edge in control.edges)
            for switch, case in control.cases:
                ways.setdefault(switch, {}).setdefault(case, []).append(draft.id)
            if len(control.edges) + len(control.cases) > 1:
                joined.add(draft.id)
        for draft in self.drafts.values():
            node = draft.finished(ways.get(draft.id, {}))
            if draft.id in joined:
                node.setdefault("join", "all")
            written.nodes.append((node, draft))
        return written

    def _free(self, name: str) -> str:
        """`name`, or the first of `name_2`, `name_3`, … that nothing in the whole workflow is called."""
        if name not in self.taken:
            return name
        # Where the last search ended: a workflow may call one agent ten thousand times.
        number = next(n for n in count(self.taken[name] + 1) if f"{name}_{n}" not in self.taken)
        self.taken[name] = number
        return f"{name}_{number}"

    def _take(self, id: str) -> str:  # noqa: A002 - a node's id is called so everywhere
        self.taken.setdefault(id, 1)
        return id

    def _outwards(self) -> Iterator["Body"]:
        body: Body | None = self
        while body is not None:
            yield body
            body = body.outer

    def _owners(self, value: Expr) -> Iterator[tuple["Body", str]]:
        for use in uses_of(value):
            owner = self._owner(use)
            if owner is not None:
                yield owner, use[1]

    def _owner(self, use: Use) -> "Body | None":
        """Where the name that `use` speaks of lives; None when it is an input, or may yet become a node."""
        home, name = use
        chain = list(self._outwards())
        if home is None:
            return next((body for body in chain if name in body.drafts or name in body.added), None)
        assert isinstance(home, Body)
        if home not in chain:
            mistake(
                Code.UNKNOWN_NAME,
                f"{name!r} lives inside {home.title} and cannot be seen from {self.title}; "
                "from a map or loop, hand out what is needed with its outputs(...)",
            )
        nearer = chain[: chain.index(home)]
        for body in nearer:
            if name in body.added:
                mistake(
                    Code.NAME_CLASH,
                    f"{name!r} of {home.title} is hidden by that of {body.title}: "
                    "keep it under another name first, with wf.set({...})",
                )
        return home


def _to(ids: list[str]) -> str | list[str]:
    return ids[0] if len(ids) == 1 else ids
