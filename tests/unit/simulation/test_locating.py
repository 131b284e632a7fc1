"""What a simulation has to say about a place is told with its line, also where that is in another file."""

from pathlib import Path

from concertato.definition.load import load
from concertato.simulation.locating import Locator

OUTER = """\
name: outer
inputs: {items: array}
nodes:
  - id: each
    type: map
    over: items
    nodes:
      - {id: checked, type: workflow, workflow: inner, inputs: {subject: item}}
  - id: pay
    type: pay
    compensate: {type: undo, inputs: {id: output.id}}
    on_failure:
      - escalate: {to: ann, title: "Pay {{ failure.message }}?"}
edges:
  - {from: each, to: pay, when: size(items) > 1}
outputs: {paid: pay.output.id}
"""

INNER = """\
name: inner
inputs: {subject: any}
nodes:
  - {id: look, type: look, inputs: {it: subject.name}}
"""


def locator(tmp_path: Path) -> Locator:
    (tmp_path / "inner.yaml").write_text(INNER, encoding="utf-8")
    (tmp_path / "outer.yaml").write_text(OUTER, encoding="utf-8")
    return Locator(load(tmp_path / "outer.yaml"))


def test_nodes_and_expressions_have_their_lines(tmp_path: Path) -> None:
    found = locator(tmp_path)
    told = {
        "each": found.of_node("each"),
        "in the map": found.of_node("each/checked"),
        "in the other file": found.of_node("each/checked/look"),
        "its input": found.of_expression("each/checked/look", "subject.name"),
        "an edge": found.of_expression("pay", "size(items) > 1"),
        "a compensation": found.of_expression("pay", "output.id"),
        "a text": found.of_expression("pay", "failure.message"),
        "an output": found.of_expression("", "pay.output.id"),
    }
    lines = {what: str(where).removeprefix(f"{tmp_path}/") for what, where in told.items()}
    assert lines == {
        "each": "outer.yaml:4:5",
        "in the map": "outer.yaml:8:9",
        "in the other file": "inner.yaml:4:5",
        "its input": "inner.yaml:4:41",
        "an edge": "outer.yaml:15:33",
        "a compensation": "outer.yaml:11:43",
        "a text": "outer.yaml:13:36",
        "an output": "outer.yaml:16:17",
    }


def test_without_a_document_nothing_has_a_line(tmp_path: Path) -> None:
    assert Locator(None).of_node("pay") is None
    assert locator(tmp_path).of_node("response/step_1") is None
