"""What an edit makes of a body, and the edit that takes it back. Whether a run allows it is not known here."""

from collections.abc import Iterable, Sequence

from concertato.definition.codes import Code
from concertato.definition.model import Body, Definition, Edge, LoopNode, MapNode
from concertato.definition.patch import EdgeEnds, Order, Patch
from concertato.definition.problem import DefinitionError, Path, Problem
from concertato.definition.spelling import did_you_mean, nearest

Anybody = Definition | Body


def apply_patch(body: Anybody, ids: Sequence[str], patch: Patch) -> Anybody:
    """`body` with that body in it edited to which `ids` lead: itself where there are none. It is still to be checked.

    Raises DefinitionError with everything of the edit that does not fit.
    """
    if not ids:
        return _edited(body, patch)
    inner = _inner(body, ids[0], patch)
    after = apply_patch(inner, ids[1:], patch)
    return body.model_copy(update={"nodes": [after if node is inner else node for node in body.nodes]})


def invert(body: Anybody, ids: Sequence[str], patch: Patch) -> Patch:
    """The edit that takes back what `patch` does in `body`, at the place to which `ids` lead: exactly.

    Raises DefinitionError where `patch` does not fit.
    """
    for name in ids:
        body = _inner(body, name, patch)
    before = {node.id: node for node in body.nodes}
    fresh = {node.id for node in patch.add.nodes}
    gone, gone_edges = set(patch.remove.nodes), _ends(patch.remove.edges)
    after = _edited(body, patch)
    remove = {
        "nodes": [node.id for node in patch.add.nodes],
        "edges": [_ends_of(edge) for edge in patch.add.edges if not _touches(edge, fresh)],
    }
    add = {
        "nodes": [before[name] for name in patch.remove.nodes],
        "edges": [edge for edge in body.edges if _touches(edge, gone) or (edge.from_, edge.to) in gone_edges],
    }
    replace = {"nodes": [before[node.id] for node in patch.replace.nodes]}
    back = Patch.model_validate({"in": patch.in_, "remove": remove, "replace": replace, "add": add})
    return back.model_copy(update={"order": _difference(_edited(after, back), body)})


def _difference(got: Anybody, wanted: Anybody) -> Order:
    """The order that makes one of two bodies with the same nodes and edges the other."""
    nodes = [] if _ids(got) == _ids(wanted) else _ids(wanted)
    edges = [_ends_of(edge) for edge in wanted.edges]
    return Order.model_validate({"nodes": nodes, "edges": [] if edges == list(map(_ends_of, got.edges)) else edges})


def _ends_of(edge: Edge | EdgeEnds) -> dict[str, str]:
    return {"from": edge.from_, "to": edge.to}


def _inner(body: Anybody, name: str, patch: Patch) -> MapNode | LoopNode:
    node = next((node for node in body.nodes if node.id == name), None)
    if isinstance(node, MapNode | LoopNode):
        return node
    if node is None:
        reason = f"there is no node '{name}'{did_you_mean(nearest(name, _ids(body)))}"
    else:
        reason = f"node '{name}' is of type '{node.type}', and only a map and a loop have a body"
    raise DefinitionError([problem_of(f"the edit is in '{patch.in_}', but {reason}", ("in",))])


def _edited(body: Anybody, patch: Patch) -> Anybody:
    problems = [*_misfits_of_nodes(body, patch), *_misfits_of_edges(body, patch)]
    gone, gone_edges = set(patch.remove.nodes), _ends(patch.remove.edges)
    replaced = {node.id: node for node in patch.replace.nodes}
    nodes = [replaced.get(node.id, node) for node in body.nodes if node.id not in gone]
    edges = [edge for edge in body.edges if not _touches(edge, gone) and (edge.from_, edge.to) not in gone_edges]
    if not nodes and not patch.add.nodes:
        problems.append(problem_of("the edit leaves no node; at least one has to stay", ("remove", "nodes")))
    if problems:
        raise DefinitionError(problems)
    update = {"nodes": [*nodes, *patch.add.nodes], "edges": [*edges, *patch.add.edges]}
    return _in_order(body.model_copy(update=update), patch.order)


def _in_order(body: Anybody, order: Order) -> Anybody:
    pairs = [(ends.from_, ends.to) for ends in order.edges]
    problems = list(_misfits_of_order(body, order, pairs))
    if problems:
        raise DefinitionError(problems)
    node_place = {name: place for place, name in enumerate(order.nodes)}
    edge_place = {pair: place for place, pair in enumerate(pairs)}
    nodes = sorted(body.nodes, key=lambda node: node_place.get(node.id, len(node_place)))
    edges = sorted(body.edges, key=lambda edge: edge_place.get((edge.from_, edge.to), len(edge_place)))
    return body.model_copy(update={"nodes": nodes, "edges": edges})


def _misfits_of_order(body: Anybody, order: Order, pairs: list[tuple[str, str]]) -> Iterable[Problem]:
    ids, ends = set(_ids(body)), _ends(body.edges)
    named = [(("order", "nodes", index), f"node '{name}'", name in ids) for index, name in enumerate(order.nodes)]
    named += [
        (("order", "edges", index), f"the edge '{pair[0]}' → '{pair[1]}'", pair in ends)
        for index, pair in enumerate(pairs)
    ]
    seen: set[str] = set()
    for path, who, is_there in named:
        if not is_there:
            yield problem_of(f"the order names {who}, which is not there after the edit", path)
        elif who in seen:
            yield problem_of(f"the order names {who} twice; say once where it stands", path)
        seen.add(who)


def _misfits_of_nodes(body: Anybody, patch: Patch) -> Iterable[Problem]:
    ids = set(_ids(body))
    seen: set[str] = set()
    edited = [("remove", index, name) for index, name in enumerate(patch.remove.nodes)]
    edited += [("replace", index, node.id) for index, node in enumerate(patch.replace.nodes)]
    edited += [("add", index, node.id) for index, node in enumerate(patch.add.nodes)]
    for what, index, name in edited:
        path = (what, "nodes", index)
        if name in seen:
            yield problem_of(f"the edit speaks of node '{name}' twice; say once what is to become of it", path)
        elif what == "add" and name in ids:
            yield problem_of(f"the edit adds node '{name}', which is there already; put it under 'replace'", path)
        elif what != "add" and name not in ids:
            hint = did_you_mean(nearest(name, ids))
            yield problem_of(f"the edit {what}s node '{name}', which is not there{hint}", path)
        seen.add(name)


def _misfits_of_edges(body: Anybody, patch: Patch) -> Iterable[Problem]:
    there, gone = _ends(body.edges), _ends(patch.remove.edges)
    for index, ends in enumerate(patch.remove.edges):
        if (ends.from_, ends.to) not in there:
            message = f"the edit removes the edge '{ends.from_}' → '{ends.to}', which is not written in the definition"
            yield problem_of(message, ("remove", "edges", index))
    for index, edge in enumerate(patch.add.edges):
        if (edge.from_, edge.to) in there - gone:
            message = f"the edit adds the edge '{edge.from_}' → '{edge.to}', which is there already; remove it as well"
            yield problem_of(message, ("add", "edges", index))


def _touches(edge: Edge, ids: set[str]) -> bool:
    return edge.from_ in ids or edge.to in ids


def _ends(edges: Sequence[Edge | EdgeEnds]) -> set[tuple[str, str]]:
    return {(edge.from_, edge.to) for edge in edges}


def _ids(body: Anybody) -> list[str]:
    return [node.id for node in body.nodes]


def problem_of(message: str, path: Path) -> Problem:
    """A mistake in an edit."""
    return Problem(Code.BAD_EDIT, message, path, "<edit>")
