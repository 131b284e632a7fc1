"""Conditions as blocks: what is written inside `with wf.when(…)` or `with route.case(…)` runs only if it holds.

In the document a condition is an edge, and edges from outside decide alone: a node that has one no longer skips just
because a node whose output it reads was skipped. So a node in a block gets the block's edge, unless all that it
depends on is inside the same block and skips with it. A node under several conditions needs each of them to hold;
an edge that its author draws to it from outside is one more way in, as it is in the document.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from concertato.definition.builder.expr import Expr, text_of

if TYPE_CHECKING:
    from concertato.definition.builder.body import Draft


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Hangs on the node `source`: on its `case` if it is a switch, else on the edges that leave it if `when`."""

    source: str
    outer: "Block | None"
    when: Expr | None = None
    case: int = -1


@dataclass(slots=True)
class Control:
    """What makes one node conditional: edges to draw, and (switch, case) pairs that lead to it."""

    edges: list[dict[str, Any]] = field(default_factory=list)
    cases: list[tuple[str, int]] = field(default_factory=list)


def control_edges(draft: "Draft", drafts: Mapping[str, "Draft"], written: Sequence[str]) -> Control:
    """How the blocks around `draft` reach it; `written` are the sources of the edges that its author drew to it."""
    control = Control()
    blocks = list(outwards(draft.block))
    if not blocks or (not written and _skips_along(draft, [drafts[name] for name in draft.reads])):
        return control
    conditions: dict[str, Expr] = {}
    for position, block in reversed(list(enumerate(blocks))):
        # An edge from inside the block is taken only if the block's condition holds: it says it already.
        hung = any(_inside(block, drafts[inner.source]) for inner in blocks[:position])
        if hung or (written and all(_inside(block, drafts[name]) for name in written)):
            continue
        if block.when is None:
            control.cases.append((block.source, block.case))
        elif block.source in conditions:
            conditions[block.source] &= block.when
        else:
            conditions[block.source] = block.when
    control.edges = [{"from": source, "to": draft.id, "when": text_of(when)} for source, when in conditions.items()]
    return control


def outwards(block: Block | None) -> Iterator[Block]:
    while block is not None:
        yield block
        block = block.outer


def _inside(block: Block | None, draft: "Draft") -> bool:
    return any(each is block for each in outwards(draft.block))


def _skips_along(draft: "Draft", reads: "Sequence[Draft]") -> bool:
    """Whether what `draft` reads is all in its innermost block, and some of it runs whenever the block does."""
    return all(_inside(draft.block, read) for read in reads) and any(read.block is draft.block for read in reads)
