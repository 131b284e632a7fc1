"""The names of nodes and the ends of edges: usable ids, each once, hiding nothing; edges between what is there."""

from concertato.definition.codes import Code
from concertato.definition.finding import Findings
from concertato.definition.model import MapNode, Node, SwitchNode
from concertato.definition.naming import fault_of
from concertato.definition.problem import Path
from concertato.definition.spelling import Speller, did_you_mean
from concertato.definition.walk import Place


def check_names(place: Place, findings: Findings) -> None:
    """Every mistake in the names of one body."""
    ids: dict[str, int] = {}
    for index, node in enumerate(place.body.nodes):
        path = place.of_node(index, "id")
        if fault := fault_of(node.id):
            findings.add(Code.BAD_NAME, f"{place.who(node)}: {fault}", path)
        elif node.id in ids:
            message = (
                f"{place.who(node)}: node number {ids[node.id] + 1} has this id already; call one of them otherwise"
            )
            findings.add(Code.DUPLICATE_ID, message, path)
        elif hidden := _hidden(place, node.id):
            message = f"{place.who(node)}: its id hides {hidden}, which is visible here too; call one of them otherwise"
            findings.add(Code.NAME_CLASH, message, path)
        ids.setdefault(node.id, index)
        if isinstance(node, MapNode):
            _check_item_name(place, index, node, findings)
    ends = _Ends(place, ids, findings)
    ends.check_edges()
    for index, node in enumerate(place.body.nodes):
        if isinstance(node, SwitchNode):
            ends.check_ways(index, node)


def _hidden(place: Place, node_id: str) -> str | None:
    """What else is called so, where a node of this body is looked for."""
    if place.holder is not None and isinstance(place.holder, MapNode) and node_id == place.holder.as_:
        return "the item of its map"
    around = place.around.lookup(node_id) if place.around else None
    if around is not None:
        return {"node": "a node outside", "input": "an input"}.get(around.what, "the item of a map outside")
    inputs = getattr(place.body, "inputs", ())
    return "an input" if node_id in inputs else None


def _check_item_name(place: Place, index: int, node: MapNode, findings: Findings) -> None:
    if node.as_ == "item":
        return
    path = place.of_node(index, "as")
    if fault := fault_of(node.as_):
        findings.add(Code.BAD_NAME, f"{place.who(node)}: 'as': {fault}", path)
    elif place.scope.lookup(node.as_) is not None:
        message = f"{place.who(node)}: its item is called '{node.as_}', and so is something else that its body sees"
        findings.add(Code.NAME_CLASH, f"{message}; call the item otherwise", path)


class _Ends:
    """What edges and the ways out of switches lead from and to: nodes of the same body, and not the node itself."""

    def __init__(self, place: Place, ids: dict[str, int], findings: Findings) -> None:
        self._place = place
        self._ids = ids
        self._findings = findings
        self._speller: Speller | None = None

    def check_edges(self) -> None:
        seen: set[tuple[str, str]] = set()
        for index, edge in enumerate(self._place.body.edges):
            path = (*self._place.path, "edges", index)
            who = f"edge '{edge.from_}' → '{edge.to}'"
            is_known = self._check(who, edge.from_, (*path, "from"), by=edge.to)
            is_known &= self._check(who, edge.to, (*path, "to"), by=edge.from_)
            if not is_known:
                continue
            if edge.from_ == edge.to:
                message = f"{who} leads from a node to itself; to repeat a node, put it into the body of a 'loop'"
                self._findings.add(Code.BAD_EDGE, message, path)
            elif (edge.from_, edge.to) in seen:
                message = f"{who} stands twice; keep one, and join two conditions with || in its 'when'"
                self._findings.add(Code.BAD_EDGE, message, path)
            seen.add((edge.from_, edge.to))

    def check_ways(self, index: int, node: SwitchNode) -> None:
        for number, case in enumerate(node.cases):
            self._check_targets(node, case.to, self._place.of_node(index, "cases", number, "to"))
        self._check_targets(node, node.default or [], self._place.of_node(index, "default"))

    def _check_targets(self, node: Node, to: str | list[str], path: Path) -> None:
        if isinstance(to, str):
            self._check_target(node, to, path)
        else:
            for number, target in enumerate(to):
                self._check_target(node, target, (*path, number))

    def _check_target(self, node: Node, target: str, path: Path) -> None:
        who = self._place.who(node)
        if self._check(who, target, path, by=node.id) and target == node.id:
            message = f"{who} leads to itself; to repeat something, put it into the body of a 'loop'"
            self._findings.add(Code.BAD_EDGE, message, path)

    def _check(self, who: str, name: str, path: Path, *, by: str) -> bool:
        """Whether `name`, which something of the node `by` leads to, is a node here."""
        if name in self._ids:
            return True
        if self._speller is None:
            self._speller = Speller(self._ids)
        where = f"in the body of '{self._place.prefix[:-1]}'" if self._place.prefix else "of the workflow"
        message = (
            f"{who} refers to '{name}', which is not a node {where}{did_you_mean(self._speller.near(name, by=by))}"
        )
        self._findings.add(Code.UNKNOWN_NAME, message, path)
        return False
