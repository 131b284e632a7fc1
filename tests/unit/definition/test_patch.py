"""An edit fits the definition it is applied to, or nothing of it is applied."""

from pathlib import Path
from typing import Any

import pytest

from concertato.definition.dump import to_document
from concertato.definition.files import from_file
from concertato.definition.load import load, loads
from concertato.definition.model import Definition
from concertato.definition.patch import load_patch, read_patch
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
    return apply_patch(definition, read_patch(patch))


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
    back = apply_patch(apply_patch(DEFINITION, patch), invert(DEFINITION, ["outer"], patch))
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
