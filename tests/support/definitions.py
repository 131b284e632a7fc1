"""Random definitions without a mistake: every kind of node, nested, in every form that the grammar has."""

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from concertato.definition.model import Definition

Document = dict[str, Any]

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
_VALUES = st.recursive(
    _SCALARS | _TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2),
    max_leaves=4,
)
_SPANS = st.sampled_from([0.0001, 0.7, 1.0, 90, "500ms", "1m30s", "2d"])
_KINDS = st.sampled_from(["task", "task", "task", "set", "wait", "switch", "map", "loop", "workflow", "human", "plan"])
_PEOPLE = st.sampled_from(["role:boss", "user:ann", "bob", ["role:a", "b"], ["a", "b", "c"]])
_AGENTS = st.sampled_from(["work", "check", "agent.with/odd name"])
_DECLARATIONS = st.sampled_from(
    ["any", "object", {"type": "integer", "minimum": 0, "default": 3}, {"type": "any", "required": False}]
)


@dataclass(frozen=True)
class _Around:
    """What the expressions of a body may read (text by the field that it fills in a list), and how deep it stands."""

    readable: dict[str, str]
    depth: int
    made: list[str] = field(default_factory=list)
    """Every id of the definition so far: ids are unique everywhere, which keeps any of them from hiding another."""
    workflows: Document = field(default_factory=dict)

    def reading(self, readable: dict[str, str]) -> "_Around":
        return replace(self, readable={**self.readable, **readable}, depth=self.depth - 1)


@st.composite
def documents(draw: st.DrawFn, depth: int = 2) -> Document:
    """A plain document; `depth` bounds how deep bodies and workflows nest."""
    names = draw(st.lists(st.sampled_from(["alpha", "beta", "gamma"]), unique=True, max_size=2))
    is_declared = draw(st.booleans()) and bool(names)
    readable = {name: name for name in names} | {"started_at": "run.started_at"}
    around = _Around(readable, depth)
    document: Document = {"name": draw(_TEXT.filter(str.strip)), **draw(_body(around))}
    if is_declared:
        document["inputs"] = {name: draw(_DECLARATIONS) for name in names}
    optional: dict[str, st.SearchStrategy[Any]] = {
        "version": _TEXT,
        "description": _TEXT,
        "timeout": _SPANS,
        "max_parallel": st.integers(1, 300),
        "on_failure": _ladder(readable if is_declared else {"started_at": "run.started_at"}),
        "max_recoveries": st.integers(0, 9),
    }
    document |= draw(st.fixed_dictionaries({}, optional=optional))
    return document | ({"workflows": around.workflows} if around.workflows else {})


def definitions(depth: int = 2) -> st.SearchStrategy[Definition]:
    """As `documents`, read."""
    return documents(depth).map(lambda document: Definition.model_validate(document, by_alias=True, by_name=False))


@st.composite
def _body(draw: st.DrawFn, around: _Around) -> Document:
    """Nodes that read only what comes before them, and edges that lead forwards: so there is never a cycle."""
    count = draw(st.integers(1, 4))
    ids = [f"n{len(around.made) + index}" for index in range(count)]
    around.made.extend(ids)
    nodes: list[Document] = []
    readable = dict(around.readable)
    edges: list[Document] = []
    for index, node_id in enumerate(ids):
        later = ids[index + 1 :]
        nodes.append(draw(_node(node_id, later, replace(around, readable=readable))))
        if index and draw(st.booleans()):
            source = draw(st.sampled_from(ids[:index]))
            named = [{"when": word} for node in nodes if node["id"] == source for word in _choices(node)]
            ways = [_condition(readable), *([st.sampled_from(named)] if named else [])]
            edges.append({"from": source, "to": node_id, **draw(st.one_of(ways))})
        readable |= {node_id: f"{node_id}.output", f"{node_id}_status": f"{node_id}.status"}
    body: Document = {"nodes": nodes}
    if edges:
        body["edges"] = edges
    if draw(st.booleans()):
        body["outputs"] = {"result": draw(_expression(readable)), "constant": draw(_SCALARS)}
    return body


def _choices(node: Document) -> list[str]:
    """What an edge from this node can name."""
    return [_name(choice) for choice in node["choices"]] if node["type"] == "human" else []


def _name(choice: str | Document) -> str:
    return choice if isinstance(choice, str) else str(choice["name"])


def _expression(readable: dict[str, str]) -> st.SearchStrategy[str]:
    plain = st.sampled_from(sorted(readable.values()))
    forms = st.sampled_from(["{}", "{} == null", "[{}, 'text']", "{{'key': {}}}", "{} != null ? 1 : 2"])
    return st.builds(lambda form, read: form.format(read), forms, plain)


def _condition(readable: dict[str, str]) -> st.SearchStrategy[Document]:
    when = st.builds("{} == null".format, st.sampled_from(sorted(readable.values())))
    return st.fixed_dictionaries({}, optional={"when": when | st.just(True)})


def _inputs(readable: dict[str, str]) -> st.SearchStrategy[Any]:
    # In a list the field comes from the reference, so each field is taken once.
    listed = {field: text for field, text in readable.items() if not field.endswith("_status")}
    as_list = st.lists(st.sampled_from(sorted(listed.values())), unique=True, max_size=3)
    as_map = st.dictionaries(st.sampled_from(["a", "b", "on"]), _expression(readable) | _SCALARS, max_size=2)
    return as_list | as_map


@st.composite
def _node(draw: st.DrawFn, node_id: str, later: list[str], around: _Around) -> Document:
    kind = draw(_KINDS)
    if (kind == "switch" and not later) or (kind in ("map", "loop", "workflow") and not around.depth):
        kind = "task"
    common = {
        "description": _TEXT,
        "timeout": _SPANS,
        "join": st.sampled_from(["synchronize", "all", "first"]),
    }
    if draw(st.integers(0, 3)) == 0:
        common["on_failure"] = _ladder(around.readable | {"kind": "failure.kind", "had": "input"}, kind)
    node: Document = {"id": node_id, "type": kind, **draw(st.fixed_dictionaries({}, optional=common))}
    match kind:
        case "task":
            return node | draw(_task(around))
        case "set":
            return node | {"inputs": draw(_inputs(around.readable)), **draw(_constants())}
        case "wait":
            return node | draw(_waits(around))
        case "switch":
            return node | draw(_switch(later, around))
        case "human":
            return node | draw(_human(around.readable, node.get("timeout")))
        case "plan":
            return node | draw(_plan(around))
        case "map":
            return node | draw(_map(node_id, around))
        case "loop":
            inner = around.reading({"iteration": "iteration", "last": "last"})
            ends = st.sampled_from([{"while": "iteration < 2"}, {"until": "iteration == 1"}, {"until": "last != null"}])
            return node | draw(ends) | {"max_iterations": draw(st.integers(3, 9))} | draw(_body(inner))
        case _:
            return node | draw(_workflow(node_id, around))


def _constants() -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(
        {}, optional={"with": st.dictionaries(_TEXT.map("constant {}".format), _VALUES, max_size=2)}
    )


def _retry() -> st.SearchStrategy[Document]:
    kinds = st.lists(st.sampled_from(["timeout", "unavailable", "internal"]), unique=True)
    return st.fixed_dictionaries(
        {},
        optional={
            "max_attempts": st.integers(1, 5),
            "initial": _SPANS,
            "factor": st.floats(1, 4),
            "jitter": st.floats(0, 1),
            "max": _SPANS,
            "on": kinds,
        },
    )


@st.composite
def _task(draw: st.DrawFn, around: _Around) -> Document:
    undo = {"was": "output", "had": "input"}
    compensate = st.fixed_dictionaries(
        {"type": st.just("undo")},
        optional={
            "inputs": _inputs(around.readable | undo),
            "retry": _retry(),
            "timeout": _SPANS,
            "on_failure": st.sampled_from([["fail"], [{"escalate": {"to": "x", "title": "{{ output }}"}}, "fail"]]),
        },
    )
    optional = {
        "inputs": _inputs(around.readable),
        "retry": _retry(),
        "compensate": compensate,
        "cancellable": st.booleans(),
    }
    agent = draw(_AGENTS)
    return {"type": agent, **draw(st.fixed_dictionaries({}, optional=optional)), **draw(_constants())}


@st.composite
def _ladder(draw: st.DrawFn, readable: dict[str, str], kind: str = "") -> list[Any]:
    """Steps in any order, and perhaps a word that ends them; `escalate` may be chosen where one comes after."""
    people = _question(readable, ["retry", "skip", "abort"])
    asked = draw(people.map(lambda asked: asked | {"may": ["skip", "retry", "abort"]}))
    may = draw(st.lists(st.sampled_from(["retry", "skip", "escalate", "rollback", "abort"]), min_size=1, unique=True))
    steps: list[Any] = [{"recover": {"type": draw(_AGENTS), "may": may, **draw(_constants())}}, {"escalate": asked}]
    if kind != "switch":
        optional = {"inputs": _inputs(readable), "retry": _retry(), "timeout": _SPANS}
        steps.insert(0, {"fallback": {"type": draw(_AGENTS), **draw(st.fixed_dictionaries({}, optional=optional))}})
    return steps + draw(st.sampled_from([[], ["rollback"], ["fail"], ["continue"]]))


@st.composite
def _question(draw: st.DrawFn, readable: dict[str, str], choices: list[str], timeout: Any = None) -> Document:
    """What every task for people has; what is to happen at the time-out needs one."""
    text = st.builds("a {{{{ {} }}}} b".format, _expression(readable)) | st.just("plain }} text")
    optional = {
        "title": text,
        "instructions": text,
        "not": st.lists(st.sampled_from(["initiator", "user:eve", "role:z"]), unique=True),
        "approvals": st.just(1),
    }
    asked: Document = {"to": draw(_PEOPLE), **draw(st.fixed_dictionaries({}, optional=optional))}
    if timeout is None and draw(st.booleans()):
        asked["timeout"] = timeout = "4h"
    if timeout is not None:
        asked |= draw(st.fixed_dictionaries({}, optional={"default": st.sampled_from(choices)}))
    return asked | draw(st.fixed_dictionaries({}, optional={"remind": st.just([0.00001])}))


@st.composite
def _human(draw: st.DrawFn, readable: dict[str, str], timeout: Any) -> Document:
    choices: list[Any] = draw(
        st.sampled_from([["done"], ["yes", "no"], ["yes", {"name": "no", "title": "No", "approvals": 1}]])
    )
    asked = draw(_question(readable, [_name(choice) for choice in choices], timeout))
    form = st.sampled_from([{}, {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}])
    document: Document = {**asked, "choices": choices, **draw(st.fixed_dictionaries({}, optional={"form": form}))}
    if "timeout" in document or timeout is not None:
        handover = st.just({"to": "role:z", "timeout": "1h"})
        document |= draw(st.fixed_dictionaries({}, optional={"escalate": handover}))
    return document


@st.composite
def _plan(draw: st.DrawFn, around: _Around) -> Document:
    optional = {
        "inputs": _inputs(around.readable),
        "retry": _retry(),
        "max_nodes": st.integers(1, 30),
        "max_depth": st.integers(1, 3),
    }
    allow = st.lists(_AGENTS | st.sampled_from(["human", "plan"]), min_size=1, max_size=3)
    more = draw(st.fixed_dictionaries({}, optional=optional))
    return {"agent": draw(_AGENTS), "allow": draw(allow), **more, **draw(_constants())}


def _waits(around: _Around) -> st.SearchStrategy[Document]:
    moments = st.sampled_from(["2026-05-01T12:00:00Z", "timestamp(run.started_at) + duration('1s')"])
    return (
        st.builds(lambda span: {"for": span}, _SPANS)
        | st.builds(lambda moment: {"until": moment}, moments)
        | st.builds(lambda name: {"signal": name}, _TEXT.filter(str.strip))
    )


@st.composite
def _switch(draw: st.DrawFn, later: list[str], around: _Around) -> Document:
    ways = st.sampled_from(later) | st.lists(st.sampled_from(later), min_size=1, max_size=2, unique=True)
    when = st.builds("{} == null".format, st.sampled_from(sorted(around.readable.values()))) | st.booleans()
    cases = st.lists(st.fixed_dictionaries({"when": when, "to": ways}), min_size=1, max_size=2)
    # A default leads somewhere in any case, so that nothing stands behind conditions that never hold.
    return {"cases": draw(cases), "default": draw(ways)}


@st.composite
def _map(draw: st.DrawFn, node_id: str, around: _Around) -> Document:
    name = draw(st.sampled_from(["item", f"each_{node_id}"]))
    optional = {"concurrency": st.integers(1, 3), "on_item_failure": st.sampled_from(["fail", "collect"])}
    over = draw(st.sampled_from(["[1, 2, 3]", "[]", "['a']"]))
    document = {"over": over, **draw(st.fixed_dictionaries({}, optional=optional))}
    if name != "item":
        document["as"] = name
    inner = {field: text for field, text in around.readable.items() if field not in ("item", "index")}
    return document | draw(_body(replace(around, readable=inner).reading({name: name, "index": "index"})))


@st.composite
def _workflow(draw: st.DrawFn, node_id: str, around: _Around) -> Document:
    """A carried definition of its own; it takes what it declares, and it is handed just that."""
    name = f"part_{node_id}"
    inside = _Around({"given": "given"}, around.depth - 1)
    around.workflows[name] = {"name": name, "inputs": {"given": "any"}, **draw(_body(inside))}
    if inside.workflows:
        around.workflows[name]["workflows"] = inside.workflows
    return {"workflow": name, "inputs": {"given": draw(_expression(around.readable))}}
