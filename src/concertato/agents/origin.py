"""Where an agent's function is written, so that another process can find it again."""

import sys
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from concertato.agents.decorator import AgentFunction
from concertato.agents.importing import import_file

_loading_script = False


class Origin(NamedTuple):
    """A function at the top level of a module. `file` finds the module where its name alone does not."""

    agent: str
    module: str
    qualname: str
    file: str | None

    @classmethod
    def of(cls, agent: AgentFunction[..., Any]) -> "Origin":
        """Raises TypeError for a function that another process could not find."""
        name = getattr(agent.function, "__module__", None) or ""
        qualname = getattr(agent.function, "__qualname__", "")
        module = sys.modules.get(name)
        try:
            found = reduce(getattr, qualname.split("."), module)
        except AttributeError:  # a lambda, a function within a function
            found = None
        if agent.function not in (found, getattr(found, "function", None)):
            raise _unfindable(agent, "it is not found by its name at the top level of a module")
        file: str | None = getattr(module, "__file__", None)
        if name == "__main__":
            spec = getattr(module, "__spec__", None)
            if spec is not None:  # started by `python -m`
                name = spec.name
            elif file is None:
                raise _unfindable(agent, "it is written in a notebook or at a prompt")
        return cls(agent.name, name, qualname, file and str(Path(file).resolve()))

    def load(self) -> AgentFunction[..., Any]:
        """The function, imported here."""
        found = reduce(getattr, self.qualname.split("."), self._module())
        return AgentFunction(getattr(found, "function", found), name=self.agent)

    def _module(self) -> Any:
        if self.module == "__main__" and self.file is not None:
            return _load_script(Path(self.file))
        try:
            return import_module(self.module)
        except ModuleNotFoundError as error:
            if self.file is None or error.name is None or not f"{self.module}.".startswith(f"{error.name}."):
                raise
            return import_file(Path(self.file))


def refuse_while_loading() -> None:
    """Raise RuntimeError in a worker that is only loading the script: what that starts must not be started twice."""
    if _loading_script:
        raise RuntimeError(
            "the script starts work while a worker process loads it to find an agent's function:"
            ' put what it does under `if __name__ == "__main__":`'
        )


def _load_script(path: Path) -> Any:
    global _loading_script  # noqa: PLW0603  # one per process, as the script is
    _loading_script = True
    try:
        # Not `__main__`, so that what the script does when it is run is not done; nor `__mp_main__`, which the standard
        # library gives to a process's own main module.
        return import_file(path, "__worker_main__")
    finally:
        _loading_script = False


def _unfindable(agent: AgentFunction[..., Any], why: str) -> TypeError:
    return TypeError(
        f"agent {agent.name!r} is to run in a process of its own, which must find its function again, and {why}:"
        " put it at the top level of a module"
    )
