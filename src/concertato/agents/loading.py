"""The agents that a person names on a command line: a dotted module, a Python file, or the folder of a package.

How a file is imported, and what is never touched, is said in `importing.py`. What goes wrong is `AgentsNotLoaded`,
which names what is missing, where it was looked for and what to check.
"""

import os
import pkgutil
import traceback
from pathlib import Path
from types import ModuleType

from concertato.agents.importing import import_file, import_named
from concertato.agents.registry import Registry, agents_in
from concertato.errors import AgentsNotLoaded


def load_agents(spec: str) -> Registry:
    """The agents of `package.module`, `path/to/file.py` or `path/to/package`.

    A package that holds none itself is searched through: all of its modules are imported.
    """
    try:
        module = _import(spec)
        modules = [module] if agents_in(module) or not hasattr(module, "__path__") else _below(module)
        registry = Registry.of(*modules)
    except AgentsNotLoaded:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # The module's own code has run: it may have raised anything, sys.exit() included.
        raise AgentsNotLoaded(f"agents {spec!r}: {_explain(spec, error)}") from error
    if not registry.names:
        raise AgentsNotLoaded(f"agents {spec!r}: {module.__file__} holds no agents: decorate its functions with @agent")
    return registry


def _import(spec: str) -> ModuleType:
    path = Path(spec)
    if not (spec.endswith(".py") or os.sep in spec or path.is_dir()):
        return import_named(spec)
    if not path.exists():
        raise AgentsNotLoaded(f"agents {spec!r}: there is no such file in {Path.cwd()}")
    if path.is_dir() and not (path / "__init__.py").is_file():
        beside = path / "agents.py"
        file = beside if beside.is_file() else path / "FILE.py"
        raise AgentsNotLoaded(
            f"agents {spec!r}: expected a package, and {path} has no __init__.py: add one (it may be empty),"
            f" or name a file: {file}"
        )
    return import_file(path)


def _below(package: ModuleType) -> list[ModuleType]:
    """Every module of a package, to any depth, but those that are programs (`__main__`)."""
    found = []
    for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if each.name.endswith(".__main__"):
            continue
        module = import_named(each.name)
        found += [module, *(_below(module) if each.ispkg else [])]
    return found


def _explain(spec: str, error: BaseException) -> str:
    at = _place(error)
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        if f"{spec}.".startswith(f"{error.name}."):
            return (
                f"there is no module {error.name!r}: looked in {Path.cwd()} and on Python's path; check that PYTHONPATH"
                " names the folder above it, and that every folder of a package has an __init__.py"
            )
        return (
            f"{at}imports {error.name!r}, which is not found: install it, or, if it is yours, check that PYTHONPATH"
            f" names the project's root (this runs in {Path.cwd()}), that every folder of a package has an __init__.py"
            " and that imports are absolute"
        )
    if isinstance(error, ImportError) and "relative import" in str(error):
        return f"{at}uses a relative import and belongs to no package: import absolutely, or put an __init__.py beside"
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}"
    return f"{at}{type(error).__name__}: {error}"


def _place(error: BaseException) -> str:
    """The line that was running, past the machinery of importing."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if _is_theirs(each.filename)]
    return f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""


def _is_theirs(filename: str) -> bool:
    return not filename.startswith("<frozen") and Path(filename).parent != Path(__file__).parent
