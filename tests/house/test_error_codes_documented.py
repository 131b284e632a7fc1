"""`docs/definition-errors.md` explains every code of a definition's mistakes, by examples that are what they say."""

import re

import pytest

from concertato.definition.codes import MEANING, Code
from concertato.definition.load import loads
from concertato.definition.problem import DefinitionError
from concertato.plan.compile import compile_plan
from support.source import ROOT

PAGE = (ROOT / "docs" / "definition-errors.md").read_text(encoding="utf-8")
SECTIONS = {
    heading.split(" — ")[0]: (heading.split(" — ")[1], text)
    for heading, _, text in (part.partition("\n") for part in PAGE.split("\n## ")[1:])
}
EXAMPLES = {
    code: examples
    for code, (_, text) in SECTIONS.items()
    if len(examples := re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)) == 2
}
NEEDS_NO_EXAMPLE = {Code.TOO_LARGE, Code.BAD_EDIT, Code.BEYOND_LIMITS}


def _codes_of(text: str) -> set[str]:
    try:
        compile_plan(loads(text))
    except DefinitionError as error:
        return {problem.code for problem in error.problems}
    return set()


def test_every_code_has_a_section_and_every_section_a_code() -> None:
    assert {code: title for code, (title, _) in SECTIONS.items()} == MEANING


def test_every_code_has_an_example_and_its_mended_form() -> None:
    assert set(EXAMPLES) == set(Code) - NEEDS_NO_EXAMPLE


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_example_of_a_mistake_is_that_mistake_alone(code: str) -> None:
    assert _codes_of(EXAMPLES[code][0]) == {code}


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_mended_form_of_an_example_has_no_mistake(code: str) -> None:
    assert _codes_of(EXAMPLES[code][1]) == set()
