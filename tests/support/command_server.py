"""A process that has imported all of the `concertato` command and forks others, each of which is the command, once.

    python -m support.command_server      (in the folder of the tests)

For each line on its input, the `Call` as JSON, it forks a process that becomes the command, and prints how that ended.
"""

import os
import runpy
import sys
from pathlib import Path

import msgspec

from support.forking import end_of, import_all, say

_SCOUTED = """
name: scouted
nodes:
  - {id: sum, type: set, inputs: {sum: 1 + 1}}
  - {id: ask, type: human, to: user:ann, choices: ["yes", "no"], title: "{{ sum.output.sum }}?"}
"""
_SCOUTS = {
    "validate scouted.yaml": 0,
    "run scouted.yaml": 3,
    "tasks": 0,
    "decide last --choice yes --reason so --as ann": 0,
    "show last --decisions": 0,
    "graph scouted.yaml": 0,
    "simulate scouted.yaml --runs 1": 0,
    "batch scouted.yaml -i rows.jsonl -o out.jsonl": 3,
    "audit verify": 0,
}
"""With the status that each ends with: one that ends too soon imports too little."""


class Call(msgspec.Struct):
    arguments: tuple[str, ...]
    folder: str
    environ: dict[str, str]
    out: str
    err: str
    seconds: float
    """After so many it is killed."""


def serve() -> None:
    import_all(_scout)
    say("ready")
    for line in sys.stdin:
        call = msgspec.json.decode(line, type=Call)
        child = os.fork()
        if not child:
            _become(call)
        end = end_of(child, call.seconds, os.killpg)
        say(f"{end.status} {'killed' if end.killed else 'ended'}")


def _become(call: Call) -> None:
    """This process is the command from here on, and ends as that does. Whatever it starts can be killed with it."""
    os.setpgid(0, 0)
    os.chdir(call.folder)
    os.environ.clear()
    os.environ.update(call.environ)
    for number, file in enumerate((os.devnull, call.out, call.err)):
        os.dup2(os.open(file, os.O_RDWR), number)
    _run(*call.arguments)


def _run(*arguments: str) -> None:
    """What `python -m concertato` does, up to its `SystemExit`."""
    sys.argv = ["concertato", *arguments]
    sys.path[0] = str(Path.cwd())
    runpy.run_module("concertato", run_name="__main__", alter_sys=True)


def _scout(folder: str) -> int:
    os.chdir(folder)
    errors = os.dup(sys.stderr.fileno())
    os.dup2(os.open("errors", os.O_WRONLY | os.O_CREAT), sys.stderr.fileno())
    Path("scouted.yaml").write_text(_SCOUTED, encoding="utf-8")
    Path("rows.jsonl").write_text("{}\n", encoding="utf-8")
    for words, expected in _SCOUTS.items():
        try:
            _run(*words.split())
        except SystemExit as end:
            if end.code != expected:
                said = Path("errors").read_bytes()
                os.write(errors, f"{words}: expected {expected}, it ended with {end.code}\n".encode() + said)
                return 1
    return 0


if __name__ == "__main__":
    serve()
