"""Importing code that a person names by file or by dotted name, without disturbing what is there.

PYTHONPATH is never touched. `sys.path` is only ever appended to, so that nothing already importable is shadowed, and
only by a folder that is needed: the current one for a dotted name that is found nowhere else, a file's own where the
file imports its neighbours, and the one above the outermost package for a file that belongs to a package.
"""

import ast
import sys
import sysconfig
from hashlib import sha256
from importlib import import_module, invalidate_caches
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

_INSTALLED = tuple({sysconfig.get_path(each) for each in ("stdlib", "platstdlib", "purelib", "platlib")})


def import_named(name: str) -> ModuleType:
    """The module of a dotted name, looked for in the current folder too."""
    top = name.partition(".")[0]
    if not _findable(top) and _holds(Path.cwd(), top):
        _append(Path.cwd())
    return import_module(name)


def import_file(path: Path, name: str | None = None) -> ModuleType:
    """The module of a file: under its dotted name where it belongs to a package, else under a name of its own.

    `path` may be the folder of a package. A file imported before is not run again.
    """
    path = path.resolve()
    if path.is_dir():
        path /= "__init__.py"
    if name is None and (path.parent / "__init__.py").is_file():
        return _import_packaged(path)
    name = name or f"{path.stem}_{sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    _make_neighbours_findable(path)
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _import_packaged(path: Path) -> ModuleType:
    parts = [] if path.stem == "__init__" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    if not _findable(parts[0]):
        _append(folder)
    module = import_module(".".join(parts))
    if module.__file__ is None or Path(module.__file__).resolve() != path:
        raise ImportError(
            f"package {parts[0]!r} was expected in {folder}, and {module.__file__ or 'a folder without __init__.py'}"
            " goes by that name already: rename one of the two"
        )
    return module


def _make_neighbours_findable(path: Path) -> None:
    """Append the file's folder to `sys.path` if the file imports modules that lie beside it, at once or later."""
    for name in _imports(path):
        if not _holds(path.parent, name):
            continue
        if not _findable(name):
            _append(path.parent)
            continue
        other = getattr(sys.modules.get(name), "__file__", None)
        if other and not other.startswith(_INSTALLED) and path.parent not in Path(other).resolve().parents:
            raise ImportError(
                f"{path.name} imports {name!r} from its own folder, {path.parent}, and {other} goes by that name"
                " already: rename one of the two, or make packages of their folders"
            )


def _imports(path: Path) -> set[str]:
    """The first parts of all names that the file imports absolutely."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            names.update(each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.partition(".")[0])
    return names


def _holds(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()


def _findable(name: str) -> bool:
    try:
        return name in sys.modules or find_spec(name) is not None
    except ValueError:  # a module without a spec
        return True


def _append(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    invalidate_caches()
