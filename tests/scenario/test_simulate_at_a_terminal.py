"""`concertato simulate` at a terminal, and at one that knows only ASCII."""

from pathlib import Path

from support.command import Folder
from support.terminal import at_a_terminal

PAY = "name: pay\nnodes:\n  - {id: pay, type: pay, timeout: 5s, compensate: {type: undo}}\n"


def test_the_report_is_shown_at_a_terminal(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("pay.yaml", PAY)
    status, page = at_a_terminal(folder, "simulate", "pay.yaml", typed=[])
    assert (status, "pay was done and is not undone" in page) == (5, True)


def test_a_terminal_that_knows_only_ascii_is_served(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("pay.yaml", PAY)
    done = folder.command_afresh("simulate", "pay.yaml", environ={"PYTHONIOENCODING": "ascii"})
    assert (done.status, "pay was done and is not undone" in done.out) == (5, True)
