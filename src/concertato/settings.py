"""What the environment may set, with its defaults. Reading the environment itself is `wiring`'s."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from concertato.errors import RequestError

DEFAULT_JOURNAL = Path(".concertato") / "journal.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """An option of the command line wins over these; these win over the defaults.

    `colour` is None where the terminal decides. `agents` are modules or files to load agents from.
    """

    journal: Path = DEFAULT_JOURNAL
    durability: Literal["full", "process"] = "full"
    agents: tuple[str, ...] = ()
    colour: bool | None = None


def from_environ(environ: Mapping[str, str]) -> Settings:
    """The settings that these environment variables make; an empty variable counts as unset."""
    return Settings(
        journal=Path(environ.get("CONCERTATO_JOURNAL") or DEFAULT_JOURNAL),
        durability=_durability(environ.get("CONCERTATO_DURABILITY") or "full"),
        agents=tuple(spec for part in environ.get("CONCERTATO_AGENTS", "").split(",") if (spec := part.strip())),
        colour=_colour(environ),
    )


def _durability(value: str) -> Literal["full", "process"]:
    match value:
        case "full" | "process":
            return value
        case _:
            raise RequestError(f"expected CONCERTATO_DURABILITY to be full or process, got: {value!r}")


def _colour(environ: Mapping[str, str]) -> bool | None:
    """NO_COLOR wins over FORCE_COLOR, as their authors ask (no-color.org, force-color.org)."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return None
