"""What was counted, as findings in plain words: surprises and notices."""

from collections.abc import Iterator
from typing import Literal

from concertato.definition.load import Document
from concertato.simulation.locating import Locator
from concertato.simulation.outcome import NoticeKind
from concertato.simulation.report import Notice, Surprise, counted_runs, share_of
from concertato.simulation.stage import Stage
from concertato.simulation.tally import Count, Tally
from concertato.simulation.unreached import Missed, unreached

ENOUGH = 100
"""Where fewer runs came near a node, that none came to it may be chance: that is a notice then."""

_OfAll = Literal["never_succeeded", "never_reached", "never_taken"]
"""Kinds of findings that are of all runs together."""

_EFFECTS = {"not_undone": "was done and is not undone", "done_twice": "was done twice"}


class Findings:
    def __init__(self, stage: Stage, tally: Tally, document: Document | None) -> None:
        self._stage = stage
        self._tally = tally
        self._document = document
        self._locator: Locator | None = None

    def all(self) -> Iterator[Surprise | Notice]:
        yield from self._of_runs()
        if self._tally.runs > 1:
            yield from self._of_all()

    def _of_runs(self) -> Iterator[Surprise | Notice]:
        """What was seen in some of them."""
        bare: dict[str, Count] = {}
        effects: dict[tuple[str, str], list[tuple[str, Count]]] = {}
        for (kind, place, why), count in self._tally.sightings.items():
            if kind == "no_compensation":
                bare[place] = count
            elif kind == "waits_for_ever":
                text = f"it waits for ever for {why}: nothing bounds the wait"
                yield self._notice("waits_for_ever", place, text, count)
            elif kind in _EFFECTS:
                effects.setdefault((kind, place), []).append((why, count))
            else:
                yield self._surprise(kind, place, why, count)
        for (kind, place), causes in effects.items():
            yield self._effect(kind, place, causes)
        if bare:
            yield self._bare(bare)

    def _of_all(self) -> Iterator[Surprise | Notice]:
        """What none of them came to; what only follows from what is told already is left out."""
        told = {place for kind, place in self._tally.places if kind == "expression_failed"}
        ends = self._failed_ends()
        walls = self._walls(ends)
        for at in walls:
            if at not in told and not self._is_to_fail(at):
                yield self._hopeless(at, ends[at])
        if ends and not walls:
            yield self._unlucky(ends)
        told.update(walls)
        for missed in unreached(self._stage.plan.root, self._tally, self._stage.setting.inputs):
            # Where the workflow's own time was over, nothing that was under way had a chance to succeed.
            if missed.why.behind not in told and not (missed.why.behind and "" in told):
                yield self._missed(missed)

    def _failed_ends(self) -> dict[str, Count]:
        """Where runs failed, if none of them succeeded or was cancelled, and that they failed is the reason."""
        ends = self._tally.ends
        if any(end in ("succeeded", "cancelled") for end, _ in ends):
            return {}
        failed = {at: count for (end, at), count in ends.items() if end in ("failed", "rolled_back")}
        return failed if sum(count.runs for count in failed.values()) >= self._tally.runs / 2 else {}

    def _unlucky(self, ends: dict[str, Count]) -> Surprise | Notice:
        """No run succeeded, and there is no node that none of them got past."""
        runs = sum(count.runs for count in ends.values())
        where = next(iter(ends)) or "the workflow as a whole"
        where = where if len(ends) == 1 else f"{len(ends):,} places, now here and now there"
        text = f"no run succeeded: {counted_runs(runs)} failed at {where}; it may be chance"
        return self._told("never_succeeded", "", text, near=0, count=Count(next(iter(ends.values())).seed, runs=runs))

    def _walls(self, ends: dict[str, Count]) -> list[str]:
        """Those of them that no run got past."""
        many = min(ENOUGH, self._tally.runs / 2)
        return [at for at, count in ends.items() if count.runs >= many and not self._tally.succeeded[at]]

    def _is_to_fail(self, place: str) -> bool:
        """Whether the script wants it so, to see what comes of it."""
        node = self._stage.nodes.get(place)
        script = None if node is None else self._stage.setting.script.agents.get(node.agent)
        return script is not None and script.fails == 1

    def _hopeless(self, place: str, count: Count) -> Surprise | Notice:
        kinds = ", ".join(sorted({kind for _, at, kind in self._tally.kinds if at == place}))
        where = f"{place} failed in" if place else "the workflow as a whole failed in"
        text = f"no run succeeded: {where} {counted_runs(count.runs)} ({kinds}), and no run got past that"
        return self._told("never_succeeded", place, text, near=count.runs, count=count)

    def _surprise(self, kind: str, place: str, why: str, count: Count) -> Surprise:
        where = self._where(place)
        match kind:
            case "not_undone" | "done_twice":
                text = f"{place} {_EFFECTS[kind]}: {why}"
            case "expression_failed":
                part, _, expression = why.partition(": ")
                text = f"{place or 'the workflow'}, {part}: `{expression}` could not be evaluated"
                where = self._locate().of_expression(place, expression)
            case "cannot_be_decided":
                text = f"no decision could be made up that {place} takes: {why}; a script can say what people decide"
                if place in self._stage.setting.script.people:
                    text = f"what the script decides at {place} is refused: {why}"
            case "endless":
                text = f"a run was stopped that may have no end: after {why}"
            case _:
                text = f"this is a fault of Concertato itself, please report it with the definition: {why}"
        return Surprise(
            kind=kind,  # type: ignore[arg-type]  # a tally's key is text
            place=place,
            text=text,
            runs=count.runs,
            share=share_of(count.runs, self._tally.runs),
            seed=count.seed,
            where=where,
            example=count.example,
        )

    def _effect(self, kind: str, place: str, causes: list[tuple[str, Count]]) -> Surprise:
        """Work that was done and should not stand: one surprise, whatever has led to it."""
        causes.sort(key=lambda cause: -cause[1].runs)
        most = causes[0][1]
        hows: dict[str, list[str]] = {}
        for why, count in causes:
            who, _, how = why.partition(": ")
            hows.setdefault(who, []).append(f"{how} ({count.runs})" if len(causes) > 1 else how)
        told = "; ".join(f"{who} took effect, but {', '.join(each)}" for who, each in hows.items())
        runs = self._tally.places[kind, place]  # fewer than all causes have, where a run has several
        return self._surprise(kind, place, told, Count(most.seed, runs=runs))

    def _notice(self, kind: NoticeKind, place: str, text: str, count: Count) -> Notice:
        share, where = share_of(count.runs, self._tally.runs), self._where(place)
        return Notice(kind=kind, place=place, text=text, runs=count.runs, share=share, seed=count.seed, where=where)

    def _bare(self, found: dict[str, Count]) -> Notice:
        """What has no compensation is told once for all nodes, at the one that comes first in the definition."""
        whole = found.pop("")
        first = next(place for place in self._stage.nodes if place in found)
        text = "when a run is rolled back, what these did stands, since they have no compensate: "
        return self._notice("no_compensation", first, text + ", ".join(sorted(found)), whole)

    def _missed(self, missed: Missed) -> Surprise | Notice:
        text, why = missed.text, missed.why
        if why.given:
            text += f"; {_those(why.given)} given, and the same in all runs"
            return self._told(missed.kind, missed.place, text, near=0)
        near = min(why.near, self._tally.runs)
        if 0 < near < ENOUGH:
            text += f"; only {counted_runs(near)} came so near, so that it may be chance"
        return self._told(missed.kind, missed.place, text, near=near)

    def _told(self, kind: _OfAll, place: str, text: str, *, near: int, count: Count | None = None) -> Surprise | Notice:
        """What follows from all runs: a surprise only where so many came `near` that it is no chance.

        `count` are those that it is about; left out, all are, and none shows it better than another.
        """
        told = Surprise if near >= ENOUGH else Notice
        runs, seed = (self._tally.runs, None) if count is None else (count.runs, count.seed)
        share, where = share_of(runs, self._tally.runs), self._where(place)
        return told(kind=kind, place=place, text=text, runs=runs, share=share, seed=seed, where=where)

    def _where(self, place: str) -> str | None:
        return self._locate().of_node(place.partition("~")[0])

    def _locate(self) -> Locator:
        if self._locator is None:
            self._locator = Locator(self._document)
        return self._locator


def _those(inputs: frozenset[str]) -> str:
    names = sorted(inputs)
    return f"{' and '.join(names)} {'was' if len(names) == 1 else 'were'}"
