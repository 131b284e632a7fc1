"""Other engines beside Concertato: which there are, how each is configured, how much of each workload it is given.

Each stands in a file of its own, `with_*.py`, which says how it is configured and why. Nothing of a peer is imported
before it is measured, and then only in the peer's own virtual environment.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.workloads import WORKLOADS


@dataclass(frozen=True, slots=True)
class Peer:
    """One way of using another engine.

    `project` names its virtual environment and its pins, `opens` the function of `module` that opens it. `runs` says
    how many runs of a workload are measured: some seconds' worth. A workload that is not in it is not measured.
    """

    name: str
    what: str
    project: str
    module: str
    opens: str
    runs: Mapping[str, int]


# Measured in this order, right after Concertato: who is nearest to it first, as the machine changes with time.
PEERS = {
    each.name: each
    for each in (
        Peer(
            "burr",
            "Burr, aiosqlite, WAL",
            "burr",
            "bench.peers.with_burr",
            "on_aiosqlite",
            {"W1": 1920, "W2": 200, "W3": 3, "W5": 100},
        ),
        Peer(
            "langgraph-functional",
            "LangGraph, functional API, SQLite",
            "langgraph",
            "bench.peers.with_langgraph",
            "functional",
            {"W1": 320, "W2": 60, "W3": 3, "W5": 24},
        ),
        Peer(
            "langgraph-graph",
            "LangGraph, graph, SQLite, sync",
            "langgraph",
            "bench.peers.with_langgraph",
            "graph",
            {"W1": 192, "W2": 40, "W3": 3, "W5": 16},
        ),
        Peer(
            "langgraph-nothing-kept",
            "LangGraph, graph, no checkpointer",
            "langgraph",
            "bench.peers.with_langgraph",
            "nothing_kept",
            {"W1": 960, "W2": 200, "W3": 3, "W5": 24},
        ),
        Peer(
            "burr-blocking",
            "Burr, sqlite3 on the loop, WAL",
            "burr",
            "bench.peers.with_burr",
            "on_sqlite3",
            {"W1": 960, "W2": 200, "W5": 100},
        ),
        Peer(
            "dbos",
            "DBOS, coroutines, SQLite, WAL",
            "dbos",
            "bench.peers.with_dbos",
            "in_coroutines",
            {"W1": 128, "W2": 40, "W3": 2, "W5": 16},
        ),
        Peer(
            "dbos-threads",
            "DBOS, threads, SQLite, WAL",
            "dbos",
            "bench.peers.with_dbos",
            "in_threads",
            {"W1": 160, "W2": 40},
        ),
    )
}

SHARED = {name: WORKLOADS[name] for name in ("W1", "W2", "W3", "W5")}
"""The workloads that peers run as well."""
