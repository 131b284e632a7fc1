"""An edit fits the definition it is applied to, or nothing of it is applied."""

from pathlib import Path
from typing import Any

import pytest

from concertato.definition.dump import to_document
from concertato.definition.files import from_file
from concertato.definition.load import load, loads
from concertato.definition.model import Definition
from concertato.definition.patch import described, load_patch, read_patch, steps_in
from concertato.definition.patching import apply_patch, invert
from concertato.definition.problem import DefinitionError

DEFINITION = loads("""
name: w
nodes:
  - {id: a, type: t}
  - {id: b, type: t, inputs: [a.output]}
  - id: outer
    type: map
    over: a.output
    nodes:
      - {id: c, type: t}
      - {id: inner, type: loop, until: last.done, nodes: [{id: d, type: t}]}
edges:
  - {from: a, to: b, when: a.output.ok}
  - {from: b, to: outer}
""").definition


def edited(patch: dict[str, Any], definition: Definition = DEFINITION) -> Definition:
    read = read_patch(patch)
    after = apply_patch(definition, [step.id for step in steps_in(read.in_)], read)
    assert isinstance(after, Definition)
    return after


def refusals(patch: dict[str, Any]) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        edited(patch)
    return [str(problem) for problem in caught.value.problems]


def test_nodes_and_edges_are_removed_replaced_and_added_in_one_go() -> None:
    after = edited(
        {
            "remove": {"nodes": ["b"]},
            "replace": {"nodes": [{"id": "a", "type": "other"}]},
            "add": {"nodes": [{"id": "z", "type": "t"}], "edges": [{"from": "z", "to": "outer"}]},
        }
    )
    assert [(node.id, node.type) for node in after.nodes] == [("a", "other"), ("outer", "map"), ("z", "t")]
    assert [(edge.from_, edge.to) for edge in after.edges] == [("z", "outer")]
    assert len(DEFINITION.nodes) == 3


def test_an_edge_can_be_given_another_condition() -> None:
    edges = {"remove": {"edges": [{"from": "a", "to": "b"}]}, "add": {"edges": [{"from": "a", "to": "b"}]}}
    assert [edge.when for edge in edited(edges).edges] == [None, None]


def test_an_edit_can_be_of_a_body_at_any_depth() -> None:
    after = edited({"in": "outer/inner", "add": {"nodes": [{"id": "e", "type": "t"}]}})
    assert load(after).raw["nodes"][2]["nodes"][1]["nodes"] == [{"id": "d", "type": "t"}, {"id": "e", "type": "t"}]


def test_the_opposite_edit_of_a_body_is_of_the_same_body() -> None:
    patch = read_patch({"in": "outer", "remove": {"nodes": ["inner"]}})
    back = apply_patch(apply_patch(DEFINITION, ["outer"], patch), ["outer"], invert(DEFINITION, ["outer"], patch))
    assert isinstance(back, Definition)
    assert to_document(back) == to_document(DEFINITION)


def test_everything_that_does_not_fit_is_told_at_once() -> None:
    assert refusals(
        {
            "remove": {"nodes": ["outre", "a"], "edges": [{"from": "a", "to": "outer"}]},
            "replace": {"nodes": [{"id": "a", "type": "t"}]},
            "add": {"nodes": [{"id": "b", "type": "t"}], "edges": [{"from": "b", "to": "outer"}]},
        }
    ) == [
        "<edit>: remove.nodes.0 CT124 the edit removes node 'outre', which is not there; did you mean 'outer'?",
        "<edit>: replace.nodes.0 CT124 the edit speaks of node 'a' twice; say once what is to become of it",
        "<edit>: add.nodes.0 CT124 the edit adds node 'b', which is there already; put it under 'replace'",
        "<edit>: remove.edges.0 CT124 the edit removes the edge 'a' → 'outer', which is not written in the definition",
        "<edit>: add.edges.0 CT124 the edit adds the edge 'b' → 'outer', which is there already; remove it as well",
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("outr", "there is no node 'outr'; did you mean 'outer'?"),
        ("a", "node 'a' is of type 't', and only a map and a loop have a body"),
        ("outer/c", "node 'c' is of type 't', and only a map and a loop have a body"),
    ],
)
def test_an_edit_of_a_body_that_is_not_there_is_refused(body: str, reason: str) -> None:
    assert refusals({"in": body}) == [f"<edit>: in CT124 the edit is in '{body}', but {reason}"]


def test_a_body_is_never_left_without_a_node() -> None:
    assert refusals({"in": "outer/inner", "remove": {"nodes": ["d"]}}) == [
        "<edit>: remove.nodes CT124 the edit leaves no node; at least one has to stay"
    ]


def test_the_shape_of_an_edit_is_told_as_that_of_a_definition() -> None:
    assert refusals({"ad": {}}) == ["<edit>: ad CT103 the edit: there is no field 'ad' here; did you mean 'add'?"]
    assert refusals({"remove": {"edges": [{"from": "a", "to": "b", "when": "x"}]}}) == [
        "<edit>: remove.edges.0.when CT103 edge 'a' → 'b': there is no field 'when' here; it can have: from, to"
    ]


def test_the_mistakes_of_an_edit_in_a_file_have_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "edit.yaml"
    file.write_text("add:\n  nodes:\n  - {id: a, type: t, foo: 1}\n  edgs: []\n")
    with pytest.raises(DefinitionError) as caught:
        load_patch(from_file(file))
    assert [(problem.source, problem.line) for problem in caught.value.problems] == [(str(file), 3), (str(file), 4)]


def test_an_edit_that_is_no_mapping_is_told_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "edit.yaml"
    file.write_text("- 3\n")
    with pytest.raises(DefinitionError, match=r"edit\.yaml:1:1 CT101 expected a mapping with add, remove or replace"):
        load_patch(from_file(file))


def test_what_is_put_in_order_stands_so_and_the_rest_comes_after() -> None:
    after = edited(
        {
            "add": {"nodes": [{"id": "z", "type": "t"}], "edges": [{"from": "a", "to": "z"}]},
            "order": {"nodes": ["z", "b"], "edges": [{"from": "a", "to": "z"}, {"from": "b", "to": "outer"}]},
        }
    )
    assert [node.id for node in after.nodes] == ["z", "b", "a", "outer"]
    assert [(edge.from_, edge.to) for edge in after.edges] == [("a", "z"), ("b", "outer"), ("a", "b")]
    assert refusals(
        {"remove": {"nodes": ["b"]}, "order": {"nodes": ["a", "b", "a"], "edges": [{"from": "a", "to": "b"}]}}
    ) == [
        "<edit>: order.nodes.1 CT124 the order names node 'b', which is not there after the edit",
        "<edit>: order.nodes.2 CT124 the order names node 'a' twice; say once where it stands",
        "<edit>: order.edges.0 CT124 the order names the edge 'a' → 'b', which is not there after the edit",
    ]


def test_the_opposite_of_an_edit_puts_what_comes_back_where_it_stood() -> None:
    patch = read_patch({"remove": {"nodes": ["a"]}, "replace": {"nodes": [{"id": "b", "type": "other"}]}})
    back = invert(DEFINITION, [], patch)
    assert back.order.nodes == ["a", "b", "outer"]
    assert apply_patch(apply_patch(DEFINITION, [], patch), [], back) == DEFINITION
    assert read_patch(to_document(back)) == back


def test_where_an_edit_is_says_which_scopes_it_means() -> None:
    assert [str(step) for step in steps_in("outer[1]/inner~2[0]")] == ["outer[1]", "inner~2[0]"]
    for way in ("outer[x]", "outer[1", "outer//inner", "outer[1]inner"):
        assert refusals({"in": way}) == [
            (
                "<edit>: in CT105 the edit: 'in': expected nodes by their ids, outermost first, such as 'outer/inner', "
                f"or with the index of what is open, such as 'outer[0]/inner[2]', got: '{way}'"
            )
        ]


def test_an_edit_is_described_in_short() -> None:
    patch = {
        "in": "outer",
        "add": {"nodes": [{"id": "z", "type": "t"}], "edges": [{"from": "c", "to": "z", "when": "item.ok"}]},
        "remove": {"nodes": ["inner"]},
        "replace": {"nodes": [{"id": "c", "type": "t"}]},
    }
    assert described(read_patch(patch)) == {
        "in": "outer",
        "added": ["z"],
        "removed": ["inner"],
        "replaced": ["c"],
        "edges_added": [{"from": "c", "to": "z", "when": "item.ok"}],
        "edges_removed": [],
    }
