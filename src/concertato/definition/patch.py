"""An edit of a definition: its grammar, its application, its opposite. Whether a run allows it is not known here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from concertato.definition.codes import Code
from concertato.definition.model import Definition, Edge, LoopNode, MapNode, Node
from concertato.definition.model_parts import Model
from concertato.definition.problem import DefinitionError, Path, Problem
from concertato.definition.shape import read_model
from concertato.definition.source import Source
from concertato.definition.spelling import did_you_mean, nearest
from concertato.definition.wording import described

Anybody = Definition | MapNode | LoopNode


class EdgeEnds(Model):
    """An edge that is already there: no two edges join the same nodes."""

    from_: str = Field(alias="from")
    to: str


class Addition(Model):
    """What is to be there and is not yet."""

    nodes: list[Node] = Field(default_factory=list)
    edges: list[Edge] = Field(default_factory=list)


class Removal(Model):
    """What is to go; the edges of a node that goes, go with it."""

    nodes: list[str] = Field(default_factory=list)
    edges: list[EdgeEnds] = Field(default_factory=list)


class Replacement(Model):
    """Nodes that take the place of those with their ids; edges stay."""

    nodes: list[Node] = Field(default_factory=list)


class Patch(Model):
    """An edit of one body: that of the map or loop node `in` (`outer/inner` when they nest), or the workflow's own."""

    in_: str | None = Field(default=None, alias="in")
    remove: Removal = Removal()
    replace: Replacement = Replacement()
    add: Addition = Addition()


def read_patch(document: Mapping[str, Any], source: Source | None = None) -> Patch:
    """The model of an edit. Raises DefinitionError with every mistake of shape, placed where `source` has a text."""
    source = source or Source("<edit>")
    return read_model(Patch, source.checked(document), source, whole="the edit")


def load_patch(source: Source) -> Mapping[str, Any]:
    """An edit that stands in a text. Raises DefinitionError with every mistake of shape, each with its line."""
    tree = source.tree()
    if not isinstance(tree, dict):
        got = "nothing: it is empty" if tree is None else described(tree)
        message = f"expected a mapping with add, remove or replace, got: {got}"
        raise DefinitionError([source.problem(Code.UNREADABLE, message, ())])
    read_patch(tree, source)
    return tree


def apply_patch(definition: Definition, patch: Patch) -> Definition:
    """The edited definition, which is still to be checked as any other.

    Raises DefinitionError with everything of the edit that does not fit the definition.
    """
    edited = _in_body(definition, _ids_in(patch), patch)
    assert isinstance(edited, Definition)
    return edited


def invert(definition: Definition, patch: Patch) -> Patch:
    """The edit that takes back what `patch` does to `definition`; what it removed comes back at the end of its body."""
    body: Anybody = definition
    for name in _ids_in(patch):
        body = _inner(body, name, patch)
    before = {node.id: node for node in body.nodes}
    fresh = {node.id for node in patch.add.nodes}
    gone, gone_edges = set(patch.remove.nodes), _ends(patch.remove.edges)
    remove = {
        "nodes": [node.id for node in patch.add.nodes],
        "edges": [{"from": edge.from_, "to": edge.to} for edge in patch.add.edges if not _touches(edge, fresh)],
    }
    add = {
        "nodes": [before[name] for name in patch.remove.nodes],
        "edges": [edge for edge in body.edges if _touches(edge, gone) or (edge.from_, edge.to) in gone_edges],
    }
    replace = {"nodes": [before[node.id] for node in patch.replace.nodes]}
    return Patch.model_validate({"in": patch.in_, "remove": remove, "replace": replace, "add": add})


def _ids_in(patch: Patch) -> list[str]:
    return patch.in_.split("/") if patch.in_ else []


def _in_body(holder: Anybody, ids: list[str], patch: Patch) -> Anybody:
    """`holder` with the body edited to which `ids` lead."""
    if not ids:
        return _edited(holder, patch)
    inner = _inner(holder, ids[0], patch)
    after = _in_body(inner, ids[1:], patch)
    return holder.model_copy(update={"nodes": [after if node is inner else node for node in holder.nodes]})


def _inner(holder: Anybody, name: str, patch: Patch) -> MapNode | LoopNode:
    node = next((node for node in holder.nodes if node.id == name), None)
    if isinstance(node, MapNode | LoopNode):
        return node
    if node is None:
        reason = f"there is no node '{name}'{did_you_mean(nearest(name, _ids(holder)))}"
    else:
        reason = f"node '{name}' is of type '{node.type}', and only a map and a loop have a body"
    raise DefinitionError([_problem(f"the edit is in '{patch.in_}', but {reason}", ("in",))])


def _edited(body: Anybody, patch: Patch) -> Anybody:
    problems = [*_misfits_of_nodes(body, patch), *_misfits_of_edges(body, patch)]
    gone, gone_edges = set(patch.remove.nodes), _ends(patch.remove.edges)
    replaced = {node.id: node for node in patch.replace.nodes}
    nodes = [replaced.get(node.id, node) for node in body.nodes if node.id not in gone]
    edges = [edge for edge in body.edges if not _touches(edge, gone) and (edge.from_, edge.to) not in gone_edges]
    if not nodes and not patch.add.nodes:
        problems.append(_problem("the edit leaves no node; at least one has to stay", ("remove", "nodes")))
    if problems:
        raise DefinitionError(problems)
    return body.model_copy(update={"nodes": [*nodes, *patch.add.nodes], "edges": [*edges, *patch.add.edges]})


def _misfits_of_nodes(body: Anybody, patch: Patch) -> Iterable[Problem]:
    ids = set(_ids(body))
    seen: set[str] = set()
    edited = [("remove", index, name) for index, name in enumerate(patch.remove.nodes)]
    edited += [("replace", index, node.id) for index, node in enumerate(patch.replace.nodes)]
    edited += [("add", index, node.id) for index, node in enumerate(patch.add.nodes)]
    for what, index, name in edited:
        path = (what, "nodes", index)
        if name in seen:
            yield _problem(f"the edit speaks of node '{name}' twice; say once what is to become of it", path)
        elif what == "add" and name in ids:
            yield _problem(f"the edit adds node '{name}', which is there already; put it under 'replace'", path)
        elif what != "add" and name not in ids:
            hint = did_you_mean(nearest(name, ids))
            yield _problem(f"the edit {what}s node '{name}', which is not there{hint}", path)
        seen.add(name)


def _misfits_of_edges(body: Anybody, patch: Patch) -> Iterable[Problem]:
    there, gone = _ends(body.edges), _ends(patch.remove.edges)
    for index, ends in enumerate(patch.remove.edges):
        if (ends.from_, ends.to) not in there:
            message = f"the edit removes the edge '{ends.from_}' → '{ends.to}', which is not written in the definition"
            yield _problem(message, ("remove", "edges", index))
    for index, edge in enumerate(patch.add.edges):
        if (edge.from_, edge.to) in there - gone:
            message = f"the edit adds the edge '{edge.from_}' → '{edge.to}', which is there already; remove it as well"
            yield _problem(message, ("add", "edges", index))


def _touches(edge: Edge, ids: set[str]) -> bool:
    return edge.from_ in ids or edge.to in ids


def _ends(edges: Sequence[Edge | EdgeEnds]) -> set[tuple[str, str]]:
    return {(edge.from_, edge.to) for edge in edges}


def _ids(body: Anybody) -> list[str]:
    return [node.id for node in body.nodes]


def _problem(message: str, path: Path) -> Problem:
    return Problem(Code.BAD_EDIT, message, path, "<edit>")
