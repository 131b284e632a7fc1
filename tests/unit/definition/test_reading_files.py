"""What can be wrong with a file before it is read as YAML or JSON."""

import os
from pathlib import Path

import pytest

from concertato.definition import files
from concertato.definition.load import Loadable, load, loads
from concertato.definition.problem import DefinitionError, Problem

GOOD = "name: small\nnodes:\n- {id: n1, type: work}\n"


def only_problem(source: Loadable) -> Problem:
    with pytest.raises(DefinitionError) as caught:
        load(source)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("suffix", ["yaml", "yml", "txt"])
def test_a_yaml_file_is_read_by_its_path(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"small.{suffix}"
    file.write_text(GOOD)
    assert load(file).definition.name == "small"
    assert load(str(file)).definition.name == "small"


def test_a_json_file_is_read_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "small.json"
    file.write_text('{"name": "small", "nodes": [{"id": "n1", "type": "work"}]}')
    assert load(file).definition.nodes[0].id == "n1"


def test_a_text_is_read_as_such() -> None:
    assert load(GOOD).definition.name == "small"
    assert load('{"name": "small", "nodes": [{"id": "n1", "type": "work"}]}').definition.name == "small"


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load(file).definition.name == "small"
    assert loads("\ufeff" + GOOD).definition.name == "small"


def test_a_missing_file_is_told_with_where_its_path_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    problem = only_problem("order.yaml")
    assert str(problem) == (
        f"order.yaml: CT101 there is no such file; the path starts at the current directory, {tmp_path}"
    )


def test_a_directory_is_no_definition(tmp_path: Path) -> None:
    assert only_problem(tmp_path).message == "expected a file, got: a directory; name a file in it"


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "loop.yaml"
    file.symlink_to(file)
    assert only_problem(file).message.startswith("the file cannot be read: ")


def test_a_file_that_is_too_large_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as sparse:
        os.truncate(sparse.fileno(), 100 * 1024 * 1024)
    problem = only_problem(file)
    assert problem.code == "CT123"
    assert problem.message == (
        "expected a file of at most 64 MiB, got: 100.0 MiB; split it into several definitions with 'workflow' nodes"
    )


def test_a_device_without_an_end_is_read_no_further_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE", 1024 * 1024)
    assert only_problem(Path("/dev/zero")).code == "CT123"


def test_what_is_not_utf_8_is_told_with_the_byte_and_its_place(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("name: café\n".encode("latin-1"))
    problem = only_problem(file)
    assert str(problem) == (
        f"{file}:1:10 CT101 expected UTF-8 text, got: the byte 0xe9 at offset 9; save the file as UTF-8"
    )


def test_utf_16_is_recognised(tmp_path: Path) -> None:
    file = tmp_path / "wide.yaml"
    file.write_bytes(GOOD.encode("utf-16"))
    assert only_problem(file).message == "expected UTF-8 text, got: UTF-16; save the file as UTF-8"


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("", "nothing: it is empty"),
        ("# only a remark\n", "nothing: it is empty"),
        ("- a\n- b\n", "a list"),
        ("just text\n", "the text 'just text'"),
    ],
)
def test_what_is_no_mapping_is_no_definition(text: str, got: str) -> None:
    problem = only_problem(text)
    assert (problem.code, problem.message) == (
        "CT101",
        f"expected a definition (a mapping with 'name' and 'nodes'), got: {got}",
    )


def test_half_a_character_is_told_and_not_crashed_on() -> None:
    assert only_problem("name: \ud800\n").code == "CT101"
    assert only_problem('{"name": "\\ud800", "nodes": [{"id": "a", "type": "t"}]}').code == "CT105"
