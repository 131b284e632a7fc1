"""B1: a definition of 10,000 nodes from its text to a plan: read, checked, compiled. The best of five.

Each node reads the one before it and one from further back, and every hundredth edge has a condition.
"""

import time
from pathlib import Path
from typing import Any

import msgspec
import yaml

import concertato
from bench.meter import Figures

TIMES = 5


async def ours(folder: Path, *, small: bool) -> Figures:
    nodes = 10 if small else 10_000
    document = _document(nodes)
    texts = {"yaml": yaml.safe_dump(document, sort_keys=False), "json": msgspec.json.encode(document).decode()}
    figures: Figures = {}
    for kind, text in texts.items():
        file = folder / f"definition.{kind}"
        file.write_text(text, encoding="utf-8")
        assert len(concertato.compile(file).root.nodes) == nodes
        figures[f"s from {kind.upper()}"] = min(_seconds(file) for _ in range(TIMES))
    return figures


def _document(count: int) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [{"id": "n0", "type": "work", "inputs": {"order": "order"}}]
    for i in range(1, count):
        inputs = {"last": f"n{i - 1}.output", "amount": f"n{i // 2}.output.amount"}
        nodes.append({"id": f"n{i}", "type": "work", "inputs": inputs})
    edges = [
        {"from": f"n{i - 1}", "to": f"n{i}", "when": f"n{i - 1}.output.amount > {i}"} for i in range(100, count, 100)
    ]
    return {"name": "large", "inputs": {"order": "object"}, "nodes": nodes, "edges": edges}


def _seconds(file: Path) -> float:
    began = time.perf_counter()
    concertato.compile(file)
    return time.perf_counter() - began
