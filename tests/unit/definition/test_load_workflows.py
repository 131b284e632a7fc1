"""Where the definitions that `workflow` nodes name are found, and where their mistakes are told."""

from pathlib import Path
from typing import Any

import pytest

from concertato.definition.check import check
from concertato.definition.library import Library
from concertato.definition.load import load
from concertato.definition.problem import DefinitionError


def naming(*names: str, **more: Any) -> dict[str, Any]:
    """A definition whose nodes name these workflows."""
    nodes = [{"id": f"n{index}", "type": "workflow", "workflow": name} for index, name in enumerate(names)]
    return {"name": "w", "nodes": [*nodes, {"id": "last_one", "type": "work"}], **more}


def test_a_definition_that_is_named_is_found_in_a_file_beside_the_one_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "outer.yaml").write_text("name: outer\nnodes: [{id: a, type: workflow, workflow: inner}]\n")
    (tmp_path / "inner.yml").write_text("name: inner\nnodes: [{id: a, type: workflow, workflow: core}]\n")
    (tmp_path / "core.json").write_text('{"name": "core", "nodes": [{"id": "a", "type": "work"}]}')
    document = load(tmp_path / "outer.yaml")
    assert sorted(document.definition.workflows) == ["core", "inner"]
    assert check(document) == []


def test_a_definition_carries_its_workflows_before_others_are_looked_for() -> None:
    carried, given = naming(name="carried"), naming(name="given")
    document = load(naming("sub", "other", workflows={"sub": carried}), workflows={"sub": given, "other": given})
    assert {name: inner.name for name, inner in document.definition.workflows.items()} == {
        "sub": "carried",
        "other": "given",
    }


def test_a_name_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("name: secret\nnodes: [{id: a, type: work}]\n")
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "w.yaml").write_text("name: w\nnodes: [{id: a, type: workflow, workflow: ../secret}]\n")
    assert [problem.code for problem in check(load(folder / "w.yaml"))] == ["CT118"]


def test_mistakes_in_another_file_are_told_in_that_file(tmp_path: Path) -> None:
    (tmp_path / "outer.yaml").write_text("name: outer\nnodes: [{id: a, type: workflow, workflow: inner}]\n")
    (tmp_path / "inner.yaml").write_text("name: inner\nnodes:\n- {id: a, type: work, inputs: [b.output]}\n")
    (problem,) = check(load(tmp_path / "outer.yaml"))
    assert (problem.source, problem.line, problem.code) == (str(tmp_path / "inner.yaml"), 3, "CT104")


def test_a_named_file_that_cannot_be_read_is_a_mistake_and_told_once(tmp_path: Path) -> None:
    (tmp_path / "outer.yaml").write_text(
        "name: outer\nnodes: [{id: a, type: workflow, workflow: inner}, {id: b, type: workflow, workflow: inner}]\n"
    )
    (tmp_path / "inner.yaml").write_text("name: [")
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path / "outer.yaml")
    assert [(problem.source, problem.code) for problem in caught.value.problems] == [
        (str(tmp_path / "inner.yaml"), "CT102")
    ]


def test_a_file_that_names_itself_is_told_to_contain_itself(tmp_path: Path) -> None:
    (tmp_path / "again.yaml").write_text("name: again\nnodes: [{id: a, type: workflow, workflow: again}]\n")
    assert [problem.code for problem in check(load(tmp_path / "again.yaml"))] == ["CT122"]


def test_a_name_means_the_nearest_definition_around() -> None:
    inner = naming("shared", name="inner", workflows={"shared": naming(name="of_inner")})
    definition = load(naming(workflows={"inner": inner, "shared": naming(name="of_outer")})).definition
    library = Library.of(definition)
    found = library.find("inner")
    assert found is not None
    shared, outer_shared = found.library.find("shared"), library.find("shared")
    assert shared is not None
    assert outer_shared is not None
    assert (shared.definition.name, shared.path) == ("of_inner", ("workflows", "inner", "workflows", "shared"))
    assert (outer_shared.definition.name, outer_shared.path) == ("of_outer", ("workflows", "shared"))
    assert found.library.find("nobody") is None
