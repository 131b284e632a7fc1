"""The environment of the `concertato` command, without the settings of whoever runs the tests."""

import os

from support.source import SRC


def environ_of() -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CONCERTATO_", "PYTHON"))}
    return clean | {"PYTHONPATH": str(SRC), "PYTHONUTF8": "1"}
