"""Any definition survives being written down and read again, and is found to be sound."""

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concertato.definition.check import check
from concertato.definition.dump import to_document, to_json, to_yaml
from concertato.definition.load import load, loads
from concertato.definition.model import Definition
from concertato.definition.patch import read_patch
from concertato.definition.patching import apply_patch, invert
from concertato.definition.problem import DefinitionError
from concertato.definition.schema import json_schema
from concertato.plan.fingerprint import canonical
from support.definitions import definitions, documents

# A laden machine is no mistake of what is tested.
unhurried = settings(deadline=None, max_examples=60)

SCHEMA = jsonschema_rs.validator_for(json_schema())


@unhurried
@given(definitions())
def test_a_definition_reads_the_same_from_its_own_yaml_and_json(definition: Definition) -> None:
    assert loads(to_yaml(definition)).definition == definition
    assert loads(to_json(definition)).definition == definition
    assert load(to_document(definition)).definition == definition


@pytest.mark.parametrize("text", ["\x85", "a\u2028b", "a\r\nb", "a\nb\n", " \n", "\t", "\x00"])
def test_text_with_whatever_breaks_lines_reads_the_same_from_yaml(text: str) -> None:
    definition = load({"name": "w", "version": text, "nodes": [{"id": "a", "type": "t"}]}).definition
    assert loads(to_yaml(definition)).definition == definition


@unhurried
@given(definitions())
def test_a_definition_without_a_mistake_is_found_to_have_none(definition: Definition) -> None:
    assert [str(problem) for problem in check(load(definition))] == []


@unhurried
@given(documents())
def test_editors_accept_what_is_read(document: dict[str, Any]) -> None:
    load(document)
    SCHEMA.validate(document)


@unhurried
@given(documents(), st.data())
def test_whatever_is_broken_in_a_document_is_a_mistake_and_never_a_crash(
    document: dict[str, Any], data: st.DataObject
) -> None:
    broken = json.loads(json.dumps(document))
    holder, value = broken, broken
    key: Any = "name"
    while isinstance(value, dict | list) and value and data.draw(st.integers(0, 4)):
        holder = value
        key = data.draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
        value = holder[key]
    junk: st.SearchStrategy[Any] = (
        st.none() | st.just({}) | st.just([]) | st.just([[]]) | st.integers() | st.text(max_size=5)
    )
    junk |= st.sampled_from([{}, [], [[]]]) | st.sampled_from(
        ["n0.output", "n0.outptu", "n1 +", "item", "size(", "{}", "[x]", "2024-13-01"]
    )
    holder[key] = data.draw(junk)
    try:
        problems = check(load(broken))
    except DefinitionError as error:
        problems = error.problems
        assert problems
    assert all(str(problem) for problem in problems)


@unhurried
@given(st.text(max_size=60) | st.text("{}[]:,-&*!|>'\"#%@` \n\tab1.~<", max_size=40))
def test_any_text_is_a_definition_or_a_mistake(text: str) -> None:
    with pytest.raises(DefinitionError):
        loads(text)


@unhurried
@given(definitions(), st.data())
def test_an_edit_taken_back_leaves_what_was_there(definition: Definition, data: st.DataObject) -> None:
    ids = [node.id for node in definition.nodes]
    gone = data.draw(st.lists(st.sampled_from(ids), unique=True))
    kept = [name for name in ids if name not in gone]
    replaced = data.draw(st.lists(st.sampled_from(kept), unique=True)) if kept else []
    patch = read_patch(
        {
            "remove": {"nodes": gone},
            "replace": {"nodes": [{"id": name, "type": "other"} for name in replaced]},
            "add": {
                "nodes": [{"id": "fresh", "type": "work"}],
                "edges": [{"from": name, "to": "fresh"} for name in kept],
            },
        }
    )
    back = apply_patch(apply_patch(definition, [], patch), [], invert(definition, [], patch))
    assert isinstance(back, Definition)
    assert canonical(back) == canonical(definition)
