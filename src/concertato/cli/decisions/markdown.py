"""A decision path as a document for an auditor, in Markdown: nothing in it is shortened, every time is in UTC.

What comes from definitions, agents and people is escaped: it can be neither markup nor HTML nor a link.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from concertato.cli.decisions.words import changed, identity, names, plain, told
from concertato.cli.display.words import run_status
from concertato.cli.text import pretty_json, safe
from concertato.engine.contract import DecisionStep, RunView
from concertato.run.events import Identity

_MARKUP = re.compile(r"(?i)([\\`*_\[\]<>|~&$#!])|(?<=http)(:)(?=//)|(?<=https)(:)(?=//)|(?<=www)(\.)")
_BY_PEOPLE = ("decided", "task_delegated", "edited", "cancel_requested", "paused", "resumed")


def document(view: RunView, by: Identity | None, steps: Sequence[DecisionStep]) -> str:
    parts = [
        f"# Decisions of run {view.run.run_id}",
        "\n".join(_facts(view, by)),
        "## What people did",
        "\n".join(_table(steps)),
        "## Step by step",
        "\n".join(_steps(steps)),
        "## What was shown",
        "\n".join(_digests(steps)),
    ]
    return "\n\n".join(parts) + "\n"


def text(value: object) -> str:
    """As text on one line, whatever signs are in it."""
    return _MARKUP.sub(lambda found: f"\\{found[0]}", safe(" ".join(str(value).split())))


def utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"


def _facts(view: RunView, by: Identity | None) -> Iterator[str]:
    run = view.run
    yield "| | |"
    yield "|---|---|"
    yield f"| workflow | {text(run.workflow)} |"
    yield f"| definition | `{run.plan}` |"
    yield f"| started | {utc(run.started_at)} |"
    if by is not None:
        yield f"| started by | {text(identity(msgspec.to_builtins(by)))} |"
    yield f"| status | {text(run_status(run).replace('_', ' '))} |"
    if run.ended_at is not None:
        yield f"| ended | {utc(run.ended_at)} |"
    if run.continues:
        yield f"| {text(run.relation or 'continues')} of run | {run.continues} |"
    if view.undone_left:
        yield f"| left undone | {text(', '.join(view.undone_left))} |"
    for name, value in view.inputs.items():
        yield f"| input {text(name)} | {text(bytes(value).decode())} |"


def _table(steps: Sequence[DecisionStep]) -> Iterator[str]:
    """What people decided and did, a row each."""
    rows = [step for step in steps if step.step in _BY_PEOPLE]
    if not rows:
        yield "Nobody decided anything."
        return
    yield "| event | when | where | what | choice | who | reason | allowed by | digest of what was shown |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for step in rows:
        detail = plain(step)
        what = step.step.replace("_", " ") + (f", task {detail['task']}" if detail.get("task") else "")
        if step.step == "edited":
            what = f"edited{f' {place}' if (place := detail.get('in')) else ''}: {changed(detail)}"
        chosen = detail.get("choice") or (names(detail["to"]) if detail.get("to") else "")
        shown = f"`{detail['shown']}`" if detail.get("shown") else ""
        cells = [
            str(step.seq),
            utc(step.at),
            text(step.path or "the run"),
            text(what),
            text(chosen),
            text(identity(detail.get("by"))),
            text(detail.get("reason") or ""),
            text(detail.get("rule") or ""),
            shown,
        ]
        yield f"| {' | '.join(cells)} |"


def _steps(steps: Sequence[DecisionStep]) -> Iterator[str]:
    if not steps:
        yield "Nothing had to be decided."
    for number, step in enumerate(steps, 1):
        words = told(step, utc)
        lead = f"{number}. "
        yield f"{lead}{utc(step.at)}, event {step.seq}, **{text(step.path or 'the run')}**: {text(words.sentence)}"
        for name, value in words.more:
            yield from _below(name, value, " " * len(lead))


def _below(name: str, value: Any, indent: str) -> Iterator[str]:
    """What belongs to a step, in its list item: a line, or JSON as a block."""
    if isinstance(value, str):
        yield f"{indent}- {name}: {text(value)}"
        return
    yield f"{indent}- {name}:"
    yield from _block(msgspec.json.encode(value), indent + "  ")


def _block(raw: bytes, indent: str) -> Iterator[str]:
    block = pretty_json(raw)
    # A fence is longer than any run of backticks in what it holds.
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", block)), default=0))
    yield ""
    for line in (f"{fence}json", *block.split("\n"), fence):
        yield f"{indent}{line}"
    yield ""


def _digests(steps: Sequence[DecisionStep]) -> Iterator[str]:
    """Every question that was asked, whole, with its digest: the SHA-256 of it as JSON text."""
    opened = [plain(step) for step in steps if step.step == "task_opened"]
    if not opened:
        yield "Nobody was shown anything."
        return
    yield "Each question whole, and the SHA-256 of its JSON text (which `--json` has as it is: `question`)."
    yield "A decision carries the digest of what was decided about."
    yield ""
    for detail in opened:
        yield f"- task {text(detail['task'])}: `{detail['shown']}`"
        yield from _block(detail["question"].encode(), "  ")
