"""A simulation's report, as a person reads it: 80 columns, with or without colour."""

import textwrap
from collections.abc import Sequence

from concertato.cli.screen import Part, Screen
from concertato.cli.text import counted, one_line, spent
from concertato.simulation.outcome import Step
from concertato.simulation.report import EndReached, Notice, SimulationReport, Surprise

_WIDTH = 80
_STEPS = 12
_PLACES = 12
_ENDS = 20
_FINDINGS = 20
"""So many ends are told, surprises and notices: nobody reads more."""
_STYLES = {"succeeded": "green", "waits": "yellow", "rolled_back": "magenta", "cancelled": "dim"}
_SPENT_ON = {
    "attempt": "",
    "time-out": "no answer in time",
    "back-off": "before it is tried again",
    "person": "a person",
    "silence": "nobody decided",
    "wait": "the wait",
    "signal": "the signal",
    "workflow time-out": "the workflow's time",
    "crash": "lost when the process died, and its coming back",
}


class Telling:
    """`command` is what repeats the simulation, without its seed and number of runs."""

    def __init__(self, screen: Screen, command: str) -> None:
        self._screen = screen
        self._command = command
        self._width = min(screen.width, _WIDTH)

    def tell(self, report: SimulationReport) -> None:
        self._head(report)
        if report.story:
            self._story(report)
        else:
            self._ends(report)
            self._times(report)
        self._unreached(report)
        self._findings("surprise", report, report.surprises, "bold red")
        self._findings("accepted surprise", report, report.accepted, "dim")
        self._findings("notice", report, report.notices, "yellow")
        seed = next((each.seed for each in report.surprises if each.seed is not None), None)
        if seed is not None and report.wanted > 1:
            self._screen.line("")
            self._screen.line("see one of them step by step:")
            self._screen.line(f"  {self._command} --seed {seed} --runs 1")

    def _head(self, report: SimulationReport) -> None:
        of = f" of {report.wanted:,}" if report.runs < report.wanted else ""
        runs = f"{report.runs:,}{of} simulated {'run' if report.wanted == 1 else 'runs'}, seed {report.seed}"
        self._screen.line((one_line(report.workflow), "bold"), f"  {runs}")
        self._wrapped(f"faults: {str(report.faults).replace(',', ', ')}")
        if report.real:
            self._wrapped(f"called for real: {', '.join(map(one_line, report.real))}")

    def _ends(self, report: SimulationReport) -> None:
        self._screen.line("")
        self._screen.line(("how they ended", "bold"))
        for end in report.ends[:_ENDS]:
            style = _STYLES.get(end.end, "red")
            kinds = ", ".join(f"{kind} {runs:,}" for kind, runs in end.kinds.items())
            text = f"{end_words(end)}{f' ({kinds})' if kinds else ''}"
            self._hanging([f"  {end.share:7.1%} {end.runs:>7,}  "], text, style)
        if rest := report.ends[_ENDS:]:
            runs = sum(each.runs for each in rest)
            self._screen.line(
                f"  {runs / report.runs:7.1%} {runs:>7,}  at {len(rest):,} other places; --json has them all"
            )

    def _times(self, report: SimulationReport) -> None:
        length = report.length
        self._screen.line("")
        self._screen.line(("how long they took, in virtual time", "bold"))
        self._screen.line(f"  half of them {spent(length.p50)}, 90 % {spent(length.p90)}, 99 % {spent(length.p99)}")
        self._hanging(
            ["  "], f"the longest {spent(length.longest)} (seed {length.longest_seed}): {_path(length.longest_path)}"
        )
        most = report.attempts
        if most.count:
            asked = f"the most attempts {most.count} at {one_line(most.place)} (seed {most.seed}), "
            asked += f"the most calls of agents in a run {report.calls.count} (seed {report.calls.seed})"
            self._hanging(["  "], asked)

    def _story(self, report: SimulationReport) -> None:
        self._screen.line("")
        width = max((len(one_line(each.path)) for each in report.story), default=0)
        width = min(width, 24)
        for each in report.story:
            head = f"  {_clock(each.at):>10}  {one_line(each.path):<{width}}  "
            self._hanging([head], one_line(each.text), _STORY.get(each.what, ""))

    def _unreached(self, report: SimulationReport) -> None:
        if report.unreached:
            some = ", ".join(map(one_line, report.unreached[:_PLACES]))
            more = f" and {len(report.unreached) - _PLACES:,} more" if len(report.unreached) > _PLACES else ""
            self._screen.line("")
            self._hanging(["no run came to "], f"{some}{more}")

    def _findings(self, what: str, report: SimulationReport, findings: Sequence[Surprise | Notice], style: str) -> None:
        if not findings:
            if what == "surprise":
                self._screen.line("")
                self._screen.line(("no surprises", "green"))
            return
        self._screen.line("")
        self._screen.line((counted(len(findings), what), style))
        for number, each in enumerate(findings[:_FINDINGS], 1):
            self._hanging([f"  {number:>2}  "], one_line(each.text))
            if each.example:
                self._hanging(["      "], one_line(each.example), "dim")
            self._hanging(["      "], _about(each, report), "dim")
        if len(findings) > _FINDINGS:
            self._screen.line(f"  … and {len(findings) - _FINDINGS:,} more; --json has them all")

    def _wrapped(self, text: str) -> None:
        for line in textwrap.wrap(text, self._width, subsequent_indent="  ", break_on_hyphens=False):
            self._screen.line((line, "dim"))

    def _hanging(self, head: Sequence[str], text: str, style: str = "") -> None:
        """Text behind a head, its further lines below its own beginning."""
        first = "".join(head)
        lines = textwrap.wrap(text, max(self._width - len(first), 20), break_on_hyphens=False, break_long_words=False)
        for number, line in enumerate(each.replace(_TOGETHER, " ") for each in lines or [""]):
            part: Part = (line, style) if style else line
            self._screen.line(first if number == 0 else " " * len(first), part)


_STORY = {
    "failed": "red",
    "crash": "bold red",
    "effect": "cyan",
    "undone": "magenta",
    "stopping": "magenta",
    "ladder": "yellow",
    "task": "yellow",
    "decided": "yellow",
    "refused": "dim",
    "skipped": "dim",
    "cancelled": "dim",
    "ended": "bold",
}


def end_words(end: EndReached) -> str:
    at = one_line(end.at)
    match end.end:
        case "waits":
            return f"waits for ever for {at}"
        case "endless":
            return f"stopped, since it may have no end (most at {at})"
        case "fault":
            return "a fault of Concertato itself"
        case _:
            return end.end.replace("_", " ") + (f" at {at}" if at else "")


_TOGETHER = "\N{NO-BREAK SPACE}"


def _repeat(seed: int) -> str:
    """The options that repeat one run, on one line whatever comes before them."""
    return f"repeat one: --seed {seed} --runs 1".replace(" ", _TOGETHER)


def _about(finding: Surprise | Notice, report: SimulationReport) -> str:
    """What a script calls it, where it stands, in how many runs it was, and how to see one."""
    told = finding.kind + (f" at {one_line(finding.place)}" if finding.place else "")
    if finding.where:
        told += f", {one_line(finding.where)}"
    if report.wanted == 1:
        return told
    told += ", in all runs" if finding.runs == report.runs else f", in {finding.runs:,} of {report.runs:,} runs"
    return told if finding.seed is None else f"{told}; {_repeat(finding.seed)}"


def _path(steps: Sequence[Step]) -> str:
    some = [each for each in steps if each.seconds >= 0.0005]
    told = [*map(_step, some)]
    if len(told) > _STEPS:
        half = _STEPS // 2
        rest = sum(each.seconds for each in some[half:-half])
        told = [*told[:half], f"… {len(told) - _STEPS:,} more, {spent(rest)} …", *told[-half:]]
    return ", ".join(told) or "nothing took any time"


def _step(step: Step) -> str:
    on = _SPENT_ON[step.spent_on]
    return f"{one_line(step.path)}{f' ({on})' if on else ''} {spent(step.seconds)}".strip()


def _clock(seconds: float) -> str:
    """`0.26 s`, from ten minutes on `1:00:07.25`: what happens in one second is told apart at any hour."""
    seconds = round(seconds, 2)  # first, or 59.996 s of a minute are shown as 60
    if seconds < 600:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes) // 60}:{int(minutes) % 60:02}:{rest:05.2f}"
