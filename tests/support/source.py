"""Concertato's own source, parsed: what the house's tests look at."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"


@dataclass(frozen=True)
class Module:
    """One file of the package. `name` is dotted, without `__init__`."""

    name: str
    file: Path
    text: str
    tree: ast.Module

    def imports(self) -> Iterator[str]:
        """Every module it imports, late imports included: `a.b` for `import a.b` and for `from a.b import c`.

        From the package's root one imports modules, so `from concertato import wiring` is `concertato.wiring`.
        """
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module == "concertato":
                yield from (f"concertato.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module or ""


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package, in the order of their names."""
    return tuple(_parsed(file) for file in sorted((SRC / "concertato").rglob("*.py")))


def _parsed(file: Path) -> Module:
    parts = file.relative_to(SRC).with_suffix("").parts
    text = file.read_text(encoding="utf-8")
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, file, text, ast.parse(text, str(file)))


def inside(name: str, *rooms: str) -> bool:
    """Whether module `name` is one of `rooms` or stands in one."""
    return any(name == room or name.startswith(f"{room}.") for room in rooms)
