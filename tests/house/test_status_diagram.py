"""The pictures of docs/status.md are those of the machine's tables."""

from concertato.run.status import NodeStatus, RunStatus
from support.status_page import FILE, page


def test_the_pictures_are_drawn_from_the_tables() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "write it anew: python tests/support/status_page.py"


def test_every_status_is_explained() -> None:
    text = page()
    assert [each for each in (*RunStatus, *NodeStatus) if f"| `{each}` |" not in text] == []
