"""Every example of docs/builder.md yields the YAML that stands below it."""

import re
from pathlib import Path
from typing import Any

import pytest

from concertato.definition.dump import to_document
from concertato.definition.load import load

PAGE = (Path(__file__).parents[3] / "docs" / "builder.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_yields_the_yaml_below_it(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "docs"}
    for python, _ in EXAMPLES[: number + 1]:
        exec(compile(python, "builder.md", "exec"), names)
    yaml = EXAMPLES[number][1]
    assert names["wf"].to_document() == to_document(load(yaml).definition)
    assert names["wf"].to_yaml() == yaml


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == PAGE.count("```python") == 4
