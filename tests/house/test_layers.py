"""The layers hold: rooms import downwards, the pure rooms touch nothing outside, each library has one adapter."""

import ast
import subprocess
import sys

from support.source import ROOT, inside, modules

PURE = ("concertato.definition", "concertato.plan", "concertato.run")
IMPURE = ("asyncio", "sqlite3", "time", "random", "uuid", "logging", "os", "pathlib", "socket", "threading")
ALLOWED = {
    ("concertato.definition.files", "pathlib"): "a definition is read from a file, and here alone",
    ("concertato.definition.load", "pathlib"): "a workflow's name may be that of a file beside the one being loaded",
}

ALLOWED_TO_SIMULATE = {
    ("concertato.simulation.dice", "random"): "chance, from a seed, and from here alone",
    ("concertato.simulation.pool", "logging"): "a process that was killed is no finding, and is not to be hidden",
    ("concertato.simulation.pool", "threading"): "who waits for work notices meanwhile that nobody is left to give any",
    ("concertato.simulation.real", "asyncio"): "real agents need a loop",
    ("concertato.simulation.script_file", "pathlib"): "a script is read from a file",
}

# Where a library, or a piece of the standard library that touches the world, may be imported.
ADAPTERS = {
    "cel": ("concertato.definition.expression_cel",),
    "yaml": ("concertato.definition",),
    "pydantic": ("concertato.definition", "concertato.agents.codec", "concertato.agents.output"),
    "pydantic_core": ("concertato.definition", "concertato.agents.output"),
    "jsonschema_rs": ("concertato.definition.declared",),
    "sqlite3": ("concertato.journal",),
    "typer": ("concertato.cli",),
    "click": ("concertato.cli",),
    "rich": ("concertato.cli",),
    "uvloop": ("concertato.wiring",),
}
EVERYWHERE = frozenset({"concertato", "msgspec"}) | (sys.stdlib_module_names - ADAPTERS.keys())


def test_each_room_imports_only_the_rooms_below_it() -> None:
    linter = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    outcome = subprocess.run(
        [sys.executable, "-c", linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_definition_plan_and_run_touch_no_clock_no_disk_and_no_loop() -> None:
    found = {
        (module.name, imported)
        for module in modules()
        if inside(module.name, *PURE)
        for imported in module.imports()
        if inside(imported, *IMPURE)
    }
    assert found == ALLOWED.keys(), "what is impure stays outside, and an exemption that nobody needs goes"


def test_a_simulation_touches_no_clock_and_no_disk_and_a_loop_for_real_agents_alone() -> None:
    found = {
        (module.name, imported)
        for module in modules()
        if inside(module.name, "concertato.simulation")
        for imported in module.imports()
        if inside(imported, *IMPURE)
    }
    assert found == ALLOWED_TO_SIMULATE.keys()


def test_each_library_is_imported_by_its_one_adapter() -> None:
    broken = [
        f"{module.name} imports {imported}"
        for module in modules()
        for imported in module.imports()
        if (library := imported.partition(".")[0]) not in EVERYWHERE
        and not inside(module.name, *ADAPTERS.get(library, ()))
    ]
    assert broken == [], "give the library one adapter and name it in ADAPTERS"


def test_no_room_imports_what_the_package_re_exports() -> None:
    known = {module.name for module in modules()}
    broken = [
        f"{module.name} imports {imported}"
        for module in modules()
        if module.name != "concertato"
        for imported in module.imports()
        if inside(imported, "concertato") and imported not in known
    ]
    assert broken == [], "import from the module that owns the name"


def test_every_module_says_what_it_owns() -> None:
    silent = [module.name for module in modules() if module.text.strip() and not ast.get_docstring(module.tree)]
    assert silent == []


def test_files_can_be_held_in_the_head() -> None:
    long = {module.name: lines for module in modules() if (lines := module.text.count("\n")) > 300}
    assert long == {}, "split it by what its parts own"


def test_folders_are_named_after_responsibilities() -> None:
    vague = {"utils", "util", "common", "helpers", "models", "types", "misc", "base", "core"}
    assert [module.name for module in modules() if vague & set(module.name.split("."))] == []
