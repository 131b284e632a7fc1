"""What every engine makes of the grammar: definition, inputs, agents, and what comes out. One row a sentence.

Agents are functions of their fields; `Failed` values fail. Times pass by themselves.
"""

from dataclasses import dataclass, field
from typing import Any

from support.scripted import fail


@dataclass(frozen=True)
class Case:
    """`skipped` are the paths that must not have run; `called` how often each agent was called, where it matters."""

    says: str
    definition: dict[str, Any]
    outputs: Any
    inputs: dict[str, Any] = field(default_factory=dict)
    agents: dict[str, Any] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    called: dict[str, int] = field(default_factory=dict)


def _d(*nodes: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"name": "case", "nodes": list(nodes), **rest}


def _n(id: str, type: str = "echo", /, **rest: Any) -> dict[str, Any]:  # noqa: A002 - the grammar's own words
    return {"id": id, "type": type, **rest}


def echo(**fields: Any) -> Any:
    return fields


def one(**fields: Any) -> Any:
    return 1


AGENTS: dict[str, Any] = {"echo": echo, "one": one, "broken": fail("rejected", "broken")}

ARTICLE: dict[str, Any] = {
    "name": "order_processing",
    "nodes": [
        {"id": "n1", "type": "data_validation", "inputs": ["order_data"]},
        {"id": "n2", "type": "risk_assessment", "inputs": ["n1.output"]},
        {"id": "n3", "type": "payment_processing", "inputs": ["n2.output"]},
    ],
    "edges": [{"from": "n1", "to": "n2"}, {"from": "n2", "to": "n3"}],
}


def _diamond(join: str, left: bool = True, right: bool = True) -> dict[str, Any]:
    return _d(
        _n("a", "one"),
        _n("l"),
        _n("r"),
        _n("z", join=join),
        edges=[
            {"from": "a", "to": "l", "when": f"(a.output == 1) == {left}".lower()},
            {"from": "a", "to": "r", "when": f"(a.output == 1) == {right}".lower()},
            {"from": "l", "to": "z"},
            {"from": "r", "to": "z"},
        ],
        outputs={"z": "z.status"},
    )


def _loop(**rest: Any) -> dict[str, Any]:
    body = [_n("x", "set", inputs={"n": "last == null ? 1 : last.n + 1"})]
    return _d(_n("l", "loop", nodes=body, outputs={"n": "x.output.n"}, **rest), outputs={"l": "l.output"})


def _switch(inputs: Any = None, **rest: Any) -> dict[str, Any]:
    cases = [{"when": "n > 10", "to": "big"}, {"when": "n > 5", "to": ["mid", "also"]}]
    return _d(
        _n("s", "switch", cases=cases, **rest),
        *(_n(each, inputs=["n"]) for each in ("big", "mid", "also", "small")),
        inputs={"n": "integer"},
        outputs={each: f"{each}.status" for each in ("big", "mid", "also", "small")} | {"s": "s.output"},
    )


CASES = [
    Case(
        "the article's workflow runs unchanged",
        ARTICLE,
        {"n3": {"n2": {"n1": {"order_data": {"id": 7}}}}},
        inputs={"order_data": {"id": 7}},
        agents={"data_validation": echo, "risk_assessment": echo, "payment_processing": echo},
    ),
    Case(
        "the map form computes fields, and constants are merged in",
        _d(
            _n("a", inputs={"x": "n * 2", "s": "'hi'", "k": 3, "none": None}, **{"with": {"mode": {"deep": [1]}}}),
            inputs={"n": "integer"},
        ),
        {"a": {"x": 8, "s": "hi", "k": 3, "none": None, "mode": {"deep": [1]}}},
        inputs={"n": 4},
    ),
    Case(
        "a longer path goes by its last name",
        _d(_n("a"), _n("b", inputs=["a.output.deep.value"]), _n("a2", inputs=["order"]), inputs={"order": "any"}),
        {"b": {"value": 5}, "a2": {"order": 1}},
        inputs={"order": 1},
        agents={"echo": lambda **f: f or {"deep": {"value": 5}}},
    ),
    Case(
        "independent nodes run, and the last ones are the outputs",
        _d(_n("a", "one"), _n("b", "one"), _n("c", inputs=["a.output", "b.output"])),
        {"c": {"a": 1, "b": 1}},
    ),
    Case(
        "outputs are expressions",
        _d(_n("a", "one"), _n("b", "one"), outputs={"sum": "a.output + b.output", "k": 7, "id": "run.workflow"}),
        {"sum": 2, "k": 7, "id": "case"},
    ),
    Case("an edge whose condition holds is taken", _diamond("synchronize"), {"z": "succeeded"}),
    Case(
        "synchronize: one taken edge is enough",
        _diamond("synchronize", right=False),
        {"z": "succeeded"},
        skipped=("r",),
    ),
    Case(
        "synchronize: without a taken edge it is skipped, and skipping spreads",
        _diamond("synchronize", left=False, right=False),
        {"z": "skipped"},
        skipped=("l", "r", "z"),
    ),
    Case("all: every edge must be taken", _diamond("all"), {"z": "succeeded"}),
    Case("all: one that is not taken skips it", _diamond("all", right=False), {"z": "skipped"}, skipped=("r", "z")),
    Case("first: one taken edge starts it once", _diamond("first"), {"z": "succeeded"}, called={"echo": 3}),
    Case("first: without a taken edge it is skipped", _diamond("first", False, False), {"z": "skipped"}),
    Case(
        "a skipped node's output is null",
        _d(
            _n("a", "one"),
            _n("b", "one"),
            _n("c", inputs={"b": "b.output", "s": "b.status"}),
            edges=[{"from": "a", "to": "b", "when": "a.output > 1"}, {"from": "a", "to": "c"}],
        ),
        {"c": {"b": None, "s": "skipped"}},
        skipped=("b",),
    ),
    Case(
        "a condition may look at any node of its scope",
        _d(
            _n("a", "one"),
            _n("b"),
            _n("c", "one"),
            edges=[{"from": "c", "to": "b", "when": "a.output == 1 && c.output == 1"}],
            outputs={"b": "b.status"},
        ),
        {"b": "succeeded"},
    ),
    Case(
        "switch: a case may lead to several nodes",
        _switch(default="small"),
        {"big": "skipped", "mid": "succeeded", "also": "succeeded", "small": "skipped", "s": ["mid", "also"]},
        inputs={"n": 7},
    ),
    Case(
        "switch: the first case that holds decides",
        _switch(default="small"),
        {"big": "succeeded", "mid": "skipped", "also": "skipped", "small": "skipped", "s": "big"},
        inputs={"n": 20},
    ),
    Case(
        "switch: the default is for the rest",
        _switch(default="small"),
        {"big": "skipped", "mid": "skipped", "also": "skipped", "small": "succeeded", "s": "small"},
        inputs={"n": 1},
    ),
    Case(
        "a node behind a switch that also reads an earlier node waits for the switch's word",
        _d(
            _n("early", "one"),
            _n("s", "switch", cases=[{"when": "early.output > 5", "to": "behind"}]),
            _n("behind", inputs=["early.output"]),
            outputs={"s": "behind.status"},
        ),
        {"s": "skipped"},
        skipped=("behind",),
    ),
    Case(
        "map: outputs come in the order of the input",
        _d(
            _n(
                "m",
                "map",
                over="rows",
                nodes=[_n("x", inputs={"v": "item * 10", "i": "index", "k": "k"})],
                concurrency=2,
            ),
            inputs={"rows": "array", "k": "string"},
        ),
        {
            "m": [
                {"x": {"v": 30, "i": 0, "k": "k"}},
                {"x": {"v": 10, "i": 1, "k": "k"}},
                {"x": {"v": 20, "i": 2, "k": "k"}},
            ]
        },
        inputs={"rows": [3, 1, 2], "k": "k"},
    ),
    Case(
        "map: an empty list gives an empty list",
        _d(
            _n("m", "map", over="rows", nodes=[_n("x", inputs=["item"])]),
            _n("z", inputs=["m.output"]),
            inputs={"rows": "array"},
        ),
        {"z": {"m": []}},
        inputs={"rows": []},
    ),
    Case(
        "map: items may be given a name, and maps nest",
        _d(
            _n(
                "m",
                "map",
                over="rows",
                **{"as": "row"},
                nodes=[
                    _n(
                        "inner",
                        "map",
                        over="row",
                        nodes=[_n("x", "set", inputs={"v": "item + size(row)"})],
                        outputs={"v": "x.output.v"},
                    )
                ],
                outputs={"vs": "inner.output.map(o, o.v)"},
            ),
            inputs={"rows": "array"},
        ),
        {"m": [{"vs": [3, 4]}, {"vs": []}, {"vs": [10]}]},
        inputs={"rows": [[1, 2], [], [9]]},
    ),
    Case("loop: until is tested after each iteration", _loop(until="last.n >= 4"), {"l": {"n": 4}}),
    Case("loop: while is tested before each iteration", _loop(**{"while": "iteration < 3"}), {"l": {"n": 3}}),
    Case("loop: while may end it before it begins", _loop(**{"while": "iteration < 0"}), {"l": None}),
    Case(
        "loop: the bound is the number of iterations",
        _loop(until="last.n >= 3", max_iterations=3),
        {"l": {"n": 3}},
    ),
    Case(
        "workflow: another definition is one node, and sees only what it is given",
        _d(
            _n("sub", "workflow", workflow="pricing", inputs={"amount": "n + 1"}),
            inputs={"n": "integer"},
            workflows={
                "pricing": _d(
                    _n("x", "set", inputs={"twice": "amount * 2"}), inputs={"amount": "integer"}, name="pricing"
                )
            },
        ),
        {"sub": {"x": {"twice": 10}}},
        inputs={"n": 4},
    ),
    Case(
        "wait: time passes",
        _d(_n("w", "wait", **{"for": "2h"}), _n("z", "one"), edges=[{"from": "w", "to": "z"}]),
        {"z": 1},
    ),
    Case(
        "wait: until a moment",
        _d(_n("w", "wait", until="'2023-11-15T00:00:00Z'"), _n("z", inputs=["w.output"])),
        {"z": {"w": None}},
    ),
    Case(
        "set: expressions without an agent",
        _d(_n("s", "set", inputs={"x": "1 + 1"}, **{"with": {"k": [1]}})),
        {"s": {"x": 2, "k": [1]}},
    ),
    Case(
        "max_parallel bounds what is with agents at once, and nothing is lost by it",
        _d(*(_n(f"a{i}", "one") for i in range(20)), max_parallel=3, outputs={"n": "a0.output + a19.output"}),
        {"n": 2},
        called={"one": 20},
    ),
    Case(
        "a failing item is collected",
        _d(
            _n("m", "map", over="[1, 2]", on_item_failure="collect", nodes=[_n("x", "broken")]),
        ),
        {"m": [{"error": {"kind": "rejected", "message": "broken", "path": f"m[{i}]/x"}} for i in range(2)]},
    ),
]
