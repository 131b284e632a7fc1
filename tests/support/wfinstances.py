"""Real scientific workflows as definitions, and larger ones that are made of them.

They are WfCommons' instances (https://wfcommons.org/instances) as `../shared/data` has them: WfFormat, shortened to the
name and the parents of each task. A task becomes a node, and a parent an edge or an input.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.source import ROOT

FOLDER = ROOT.parent / "shared" / "data" / "wfinstances"

FILES = sorted(FOLDER.glob("*.json"))

_MISSING = pytest.mark.skip(reason="expected WfCommons' instances in ../shared/data/wfinstances; they are not there")

EACH = [pytest.param(file, id=file.stem) for file in FILES] or [pytest.param(FOLDER, marks=_MISSING)]
"""The files, for a test of each; one that is skipped where they are not there."""


@dataclass(frozen=True)
class Instance:
    """`parents` are the nodes' ids by the id of the node that comes after them."""

    name: str
    parents: Mapping[str, list[str]]


def read(file: Path) -> Instance:
    instance = msgspec.json.decode(file.read_bytes())
    # Names such as `NFCORE_MAG.MAG.QUAST_BINS_1` are none for a node.
    ids = {task["id"]: f"t{number}" for number, task in enumerate(instance["tasks"])}
    parents = {ids[task["id"]]: [ids[each] for each in task["parents"]] for task in instance["tasks"]}
    return Instance(file.stem, parents)


def definition(instance: Instance, *, data: bool) -> dict[str, Any]:
    """A node of agent `nothing` for each task. `data`: it reads what its parents give; else it only waits for them."""
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, Any]] = []
    for node_id, parents in instance.parents.items():
        reads = {"inputs": [f"{parent}.output" for parent in parents]} if data and parents else {}
        nodes.append({"id": node_id, "type": "nothing", **reads})
        edges += [] if data else [{"from": parent, "to": node_id} for parent in parents]
    return {"name": "instance", "nodes": nodes, "edges": edges, "outputs": {}}


def beside(instance: Instance, nodes: int) -> Instance:
    """The instance so many times side by side that there are at least so many nodes."""
    times = -(-nodes // len(instance.parents))
    return Instance(f"{instance.name} x {times}", dict(_copies(instance, times)))


def in_series(instance: Instance, nodes: int) -> Instance:
    """The same, but each copy begins when the one before it is done; between two there is a node that joins."""
    times = -(-nodes // (len(instance.parents) + 1))
    parents = dict(_copies(instance, times))
    for copy in range(1, times):
        before = [node for node in parents if node.startswith(f"c{copy - 1}_")]
        inner = {parent for node in before for parent in parents[node]}
        parents[f"join{copy}"] = [node for node in before if node not in inner]
        firsts = [node for node, after in parents.items() if node.startswith(f"c{copy}_") and not after]
        parents |= {node: [f"join{copy}"] for node in firsts}
    return Instance(f"{instance.name}, {times} times", parents)


def _copies(instance: Instance, times: int) -> Iterator[tuple[str, list[str]]]:
    for copy in range(times):
        for node, parents in instance.parents.items():
            yield f"c{copy}_{node}", [f"c{copy}_{parent}" for parent in parents]
