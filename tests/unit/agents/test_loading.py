"""Agents named on a command line are loaded without disturbing anything, and what goes wrong says what to check."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from concertato.agents.loading import load_agents
from concertato.errors import AgentsNotLoaded

AGENT = "from concertato.agents.decorator import agent\n@agent\ndef {name}() -> int:\n    return 1\n"


@pytest.fixture(autouse=True)
def untouched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Works in an empty folder, and takes back every module and folder that a test has brought in."""
    monkeypatch.chdir(tmp_path)
    path, python_path = list(sys.path), os.environ.get("PYTHONPATH")
    yield
    assert os.environ.get("PYTHONPATH") == python_path
    assert sys.path[: len(path)] == path, "nothing that was importable may be shadowed"
    sys.path[:] = path
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


def write(path: str, text: str) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def problem(spec: str) -> str:
    with pytest.raises(AgentsNotLoaded) as caught:
        load_agents(spec)
    return str(caught.value)


def test_a_module_of_the_current_folder_is_found() -> None:
    write("shop_agents.py", AGENT.format(name="one"))
    assert load_agents("shop_agents").names == ["one"]


def test_a_module_of_a_package_is_found() -> None:
    write("shop/__init__.py", "")
    write("shop/agents.py", AGENT.format(name="one"))
    assert load_agents("shop.agents").names == ["one"]


def test_a_file_is_loaded_and_leaves_the_path_alone_when_it_needs_no_neighbour() -> None:
    write("deep/er/agents.py", AGENT.format(name="one"))
    before = list(sys.path)
    assert load_agents("deep/er/agents.py").names == ["one"]
    assert sys.path == before


def test_two_files_of_one_name_do_not_meet() -> None:
    write("a/agents.py", AGENT.format(name="one"))
    write("b/agents.py", AGENT.format(name="two"))
    assert load_agents("a/agents.py").names == ["one"]
    assert load_agents("b/agents.py").names == ["two"]


def test_a_file_may_import_its_neighbours_at_once_or_later() -> None:
    write("a/books_beside.py", "RATE = 5\n")
    write(
        "a/agents.py",
        AGENT.format(name="one") + "def later():\n    import books_beside\n    return books_beside.RATE\n",
    )
    known = set(sys.modules)
    load_agents("a/agents.py")
    (module,) = (each for name, each in sys.modules.items() if name.startswith("agents_") and name not in known)
    assert module.later() == 5


def test_a_neighbour_whose_name_is_taken_by_another_is_told() -> None:
    for folder in ("a", "b"):
        write(f"{folder}/books_taken.py", "")
        write(f"{folder}/agents.py", "import books_taken\n" + AGENT.format(name="one"))
    load_agents("a/agents.py")
    said = problem("b/agents.py")
    assert "imports 'books_taken' from its own folder" in said
    assert str(Path("a/books_taken.py").resolve()) in said


def test_a_file_of_a_package_may_import_relatively() -> None:
    write("store/__init__.py", "")
    write("store/rates.py", "RATE = 5\n")
    write("store/agents.py", "from . import rates\n" + AGENT.format(name="one"))
    assert load_agents("store/agents.py").names == ["one"]


def test_a_package_without_agents_of_its_own_is_searched_through() -> None:
    write("parts/__init__.py", "")
    write("parts/first.py", AGENT.format(name="one"))
    write("parts/more/__init__.py", "")
    write("parts/more/second.py", AGENT.format(name="two"))
    write("parts/__main__.py", "raise SystemExit('a program is not imported')")
    assert load_agents("./parts").names == ["one", "two"]


def test_a_folder_that_is_no_package_says_what_to_add_or_name() -> None:
    write("loose/agents.py", AGENT.format(name="one"))
    said = problem("loose")
    assert "loose has no __init__.py: add one (it may be empty), or name a file: loose/agents.py" in said


def test_a_file_that_is_not_there_says_where_it_was_looked_for() -> None:
    assert problem("nowhere.py") == f"agents 'nowhere.py': there is no such file in {Path.cwd()}"


def test_a_module_that_is_not_there_says_where_it_was_looked_for_and_what_to_check() -> None:
    said = problem("no_such_package.agents")
    assert f"there is no module 'no_such_package': looked in {Path.cwd()} and on Python's path" in said
    assert "PYTHONPATH" in said
    assert "__init__.py" in said


def test_a_missing_import_is_named_with_the_line_that_asks_for_it() -> None:
    file = write("agents.py", "import os\nimport no_such_library\n")
    said = problem("agents.py")
    assert f"{file.resolve()}:2: imports 'no_such_library', which is not found: install it" in said
    assert "imports are absolute" in said


def test_a_relative_import_outside_a_package_is_told_both_ways_out() -> None:
    write("agents.py", "from . import rates\n")
    said = problem("agents.py")
    assert "uses a relative import and belongs to no package: import absolutely, or put an __init__.py beside" in said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def broken(:\n", "agents.py:1: SyntaxError: "),
        ("x = 1\nx / 0\n", "agents.py:2: ZeroDivisionError: division by zero"),
        ("raise SystemExit('no key')\n", "agents.py:1: SystemExit: no key"),
        ("from concertato.errors import nothing\n", "agents.py:1: ImportError: cannot import name 'nothing'"),
        ("def plain(): ...\n", "agents.py holds no agents: decorate its functions with @agent"),
        ("from concertato.agents.decorator import agent\n@agent\ndef f(x: 'Lost'): ...\n",
         "agent 'f': an annotation refers to 'Lost'"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_told_with_its_place(text: str, expected: str) -> None:
    write("agents.py", text)
    assert expected in problem("agents.py")


def test_a_file_that_failed_can_be_mended_and_loaded() -> None:
    write("agents.py", "1 / 0\n")
    problem("agents.py")
    write("agents.py", AGENT.format(name="one"))
    assert load_agents("agents.py").names == ["one"]
