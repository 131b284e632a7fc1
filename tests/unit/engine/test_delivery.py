"""News reaches every hook at least once, in order, whatever happens in between; and it holds up nobody."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from concertato.clock import SystemClock
from concertato.engine.embedded import delivery as duty
from concertato.engine.embedded.committer import Committer
from concertato.engine.embedded.delivery import Delivery, wait
from concertato.errors import JournalError, JournalFull
from concertato.journal.contract import Notice
from concertato.journal.sqlite import SqliteJournal, open_journal
from concertato.notify.command import Command
from concertato.notify.contract import DeliveryError, Hook
from concertato.notify.signature import key_of
from concertato.notify.webhook import Webhook
from support.clock import START, FakeClock
from support.disk import files_of_at_most
from support.journals import begin, decided, run_id, save, started, text_of
from support.receiver import receiving
from support.source import ROOT

DATA = {"run_id": run_id(1), "task": "approve", "due": None}
SECRET = "whsec_" + "c2VjcmV0" * 4


class Teller:
    """A hook that does as it is told: each answer is None, or why it fails; a gate is waited for."""

    def __init__(self, name: str = "teller", *answers: str | Exception | None) -> None:
        self.name = name
        self.answers = list(answers)
        self.told: list[Notice] = []
        self.arrived = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def deliver(self, notice: Notice) -> None:
        self.told.append(notice)
        self.arrived.set()
        await self.gate.wait()
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            raise DeliveryError(answer)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(notice.body)["data"]["n"] for notice in self.told]


class Life:
    """A journal, its committer and its delivery, from an opening to a closing."""

    def __init__(self, folder: Path, clock: FakeClock, *hooks: Hook) -> None:
        self.clock = clock
        self.failures: list[JournalError] = []
        self.journal: SqliteJournal = open_journal(folder / "runs.db", durability="process")
        self.committer = Committer(self.journal, self._failed)
        self.delivery = Delivery(self.journal, self.committer, hooks, clock)

    def _failed(self, error: JournalError) -> None:
        self.failures.append(error)
        self.delivery.abandon()

    def post(self, *numbers: int, kind: str = "task.opened") -> None:
        for number in numbers:
            self.delivery.post(kind, 1, self.clock.now(), {**DATA, "n": number})

    async def rest(self) -> None:
        """Until nobody is at work: all is delivered, or waits for its time."""
        async with asyncio.timeout(20):
            if not self.failures:
                await self.committer.settled()
            while tasks := [line._task for line in self.delivery._lines if line._task is not None]:
                await asyncio.wait(tasks)
                if not self.failures:
                    await self.committer.settled()

    async def until(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await self.rest()

    async def close(self) -> None:
        await self.delivery.close(0.0)
        await self.committer.close()
        self.journal.close()

    async def die(self) -> None:
        """What was committed is all that is left."""
        self.delivery.abandon()
        await self.committer.close()
        self.journal.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def lives(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Any]:
    opened: list[Life] = []

    def open_one(*hooks: Hook) -> Life:
        opened.append(Life(tmp_path, clock, *hooks))
        return opened[-1]

    yield open_one
    for life in opened:
        if life.journal._failed is None:
            await life.close()


def page() -> dict[str, Any]:
    """The functions that docs/hooks.md gives to whoever receives."""
    text = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(text.split("<!-- file: receiver.py -->\n```python\n")[1].split("```")[0], names)
    return names


async def test_a_server_that_fails_twice_is_told_once_in_the_end_and_in_order(lives: Any, clock: FakeClock) -> None:
    with receiving(500, 500) as receiver:
        life = lives(Webhook(receiver.url, key_of(SECRET), clock))
        begin(life.journal, started(1))
        life.post(1, 2)
        await life.rest()
        assert len(receiver.received) == 1
        (first, second) = life.journal.notices()
        assert (first.attempts, first.error) == (1, "webhook at 127.0.0.1: it answered 500 Internal Server Error")
        assert first.next_at == START + wait(first.id, 1)
        assert (second.attempts, second.next_at) == (0, 0.0)
        await life.until(wait(first.id, 1) - 0.001)
        assert len(receiver.received) == 1, "it is too early"
        await life.until(0.002)
        assert receiver.ids == [first.id, first.id]
        await life.until(2.5)
        assert receiver.ids == [first.id, first.id, first.id, second.id]
        assert life.journal.notices() == []
        await life.until(10_000)
        assert len(receiver.received) == 4
        done = life.journal.notices(undelivered=False)
        assert [(each.attempts, each.error, each.delivered_at is not None) for each in done] == [
            (2, None, True),
            (0, None, True),
        ]
        times = [int(each.headers["webhook-timestamp"]) for each in receiver.received]
        assert times == sorted(times), "each attempt says when it was made"
        assert times[0] < times[-1]


@pytest.mark.parametrize("secret", [SECRET, "plain"])
async def test_what_is_sent_is_as_the_docs_say_and_verifies_as_they_say(lives: Any, secret: str) -> None:
    names = page()
    with receiving() as receiver:
        life = lives(Webhook(receiver.url, key_of(secret), SystemClock()))
        life.delivery.post("task.decided", 1, 1_764_086_645.1204, {"run_id": "r", "title": "Größe?"})
        await life.rest()
    (got,) = receiver.received
    assert json.loads(got.body) == {
        "type": "task.decided",
        "timestamp": "2025-11-25T16:04:05.120Z",
        "data": {"run_id": "r", "title": "Größe?"},
    }
    is_genuine = names["is_genuine"]
    assert is_genuine(got.headers, got.body, secret)
    assert not is_genuine(got.headers, got.body + b" ", secret)
    assert not is_genuine(got.headers, got.body, "another")
    assert not is_genuine({**got.headers, "webhook-id": "x"}, got.body, secret)
    names["time"] = SimpleNamespace(time=lambda: time.time() + 301)
    assert not is_genuine(got.headers, got.body, secret)


async def test_a_server_that_was_down_is_told_when_it_is_up(lives: Any, clock: FakeClock) -> None:
    with receiving() as down:
        port = down.port
    life = lives(Webhook(down.url, None, clock))
    life.post(1, 2, 3)
    await life.rest()
    await life.until(1.5)
    with receiving(port=port) as up:
        await life.until(3600)
        assert [json.loads(each.body)["data"]["n"] for each in up.received] == [1, 2, 3]


async def test_what_was_left_is_delivered_after_a_restart(lives: Any, clock: FakeClock) -> None:
    life = lives(Teller("teller", "no", "no"))
    life.post(1, 2)
    await life.rest()
    (first, second) = life.journal.notices()
    await life.die()
    again = Teller()
    life = lives(again)
    life.delivery.wake()
    await life.rest()
    assert again.told == [], "its time has not come"
    await life.until(2)
    assert [(each.id, each.attempts) for each in again.told] == [(first.id, 1), (second.id, 0)]


async def test_a_delivery_that_was_not_recorded_is_repeated_under_its_id(lives: Any) -> None:
    first = Teller()
    life = lives(first)
    first.gate.clear()
    life.post(1)
    async with asyncio.timeout(20):
        await first.arrived.wait()
    await life.die()  # it has arrived, and nobody knows
    again = Teller()
    life = lives(again)
    life.delivery.wake()
    await life.rest()
    assert [each.id for each in again.told] == [each.id for each in first.told]


async def test_nobody_is_told_of_what_is_not_durable(lives: Any) -> None:
    teller = Teller()
    life = lives(teller)
    let_go, commit = threading.Event(), life.journal.commit
    life.journal.commit = lambda: (let_go.wait(20), commit())
    life.post(1)
    for _ in range(50):
        await asyncio.sleep(0)
    life.delivery.wake()
    for _ in range(50):
        await asyncio.sleep(0)
    assert teller.told == []
    let_go.set()
    await life.rest()
    assert teller.bodies == [1]


async def test_a_hook_that_hangs_holds_up_no_other_and_no_commit(lives: Any) -> None:
    hanging, other = Teller("hanging"), Teller("other")
    hanging.gate.clear()
    life = lives(hanging, other)
    life.post(1, 2)
    begin(life.journal, started(1))
    async with asyncio.timeout(20):
        while len(other.told) < 2:
            await life.committer.settled()
            await asyncio.sleep(0)
    assert hanging.bodies == [1]
    hanging.gate.set()
    await life.rest()
    assert (hanging.bodies, other.bodies) == ([1, 2], [1, 2])


async def test_what_waits_for_a_hook_that_is_down_stands_in_no_others_way(
    lives: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duty, "_PAGE", 3)
    down, up = Teller("down", *["no"] * 50), Teller("up")
    life = lives(down, up)
    for number in range(20):
        life.post(number)
        await life.rest()
    assert up.bodies == list(range(20))
    assert set(down.bodies) == {0}


async def test_more_than_a_page_is_delivered_in_order(lives: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty, "_PAGE", 3)
    teller = Teller()
    life = lives(teller)
    life.post(*range(11))
    await life.rest()
    assert teller.bodies == list(range(11))


async def test_news_that_comes_while_others_are_delivered_is_not_left(lives: Any) -> None:
    teller = Teller()
    life = lives(teller)
    teller.gate.clear()
    life.post(1)
    await life.committer.settled()
    life.post(2)
    await life.committer.settled()
    teller.gate.set()
    await life.rest()
    assert teller.bodies == [1, 2]


async def test_a_hook_that_breaks_its_contract_is_a_failure_like_any_other(lives: Any) -> None:
    teller = Teller("teller", ValueError("s3cret"))
    life = lives(teller)
    life.post(1)
    await life.rest()
    assert [each.error for each in life.journal.notices()] == ["hook teller broke: ValueError"]
    await life.until(2)
    assert teller.bodies == [1, 1]


async def test_the_waits_grow_up_to_an_hour_and_never_end(lives: Any, clock: FakeClock) -> None:
    teller = Teller("teller", *["no"] * 30)
    life = lives(teller)
    life.post(1)
    await life.rest()
    waits = []
    for _ in range(29):
        step = clock.next_alarm
        assert step is not None
        waits.append(step)
        await life.until(step)
    assert len(teller.told) == 30
    for place, waited in enumerate(waits):
        assert 0.8 <= waited / min(2**place, 3600) <= 1.2
    assert len({round(waited / min(2**place, 3600), 3) for place, waited in enumerate(waits)}) > 20, "spread"


def test_a_wait_is_always_the_same_and_never_overflows() -> None:
    assert wait("a", 3) == wait("a", 3) != wait("b", 3)
    assert wait("a", 10**9) <= 3600 * 1.2


async def test_a_streak_of_failures_is_told_once(lives: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "concertato.hooks")
    life = lives(Teller("teller", "it is away", "it is away", None, "away again"))
    life.post(1, 2)
    await life.rest()
    await life.until(100)
    await life.until(100)
    await life.until(100)
    assert [record.message for record in caplog.records] == [
        "it is away; what waits for it is kept, and tried until it arrives",
        "hook teller: it works again",
        "away again; what waits for it is kept, and tried until it arrives",
        "hook teller: it works again",
    ]


async def test_without_hooks_nothing_is_stored(lives: Any, clock: FakeClock) -> None:
    life = lives()
    life.post(1)
    await life.rest()
    assert life.journal.flush() is False
    assert life.journal.notices(undelivered=False) == []


async def test_closing_tries_what_is_due_and_leaves_the_rest(lives: Any) -> None:
    failing, working = Teller("failing", "no"), Teller("working")
    life = lives(failing, working)
    life.post(1)
    await life.rest()
    life.post(2)
    await life.close()
    assert failing.bodies == [1], "it waits for its time"
    assert working.bodies == [1, 2]


async def test_closing_does_not_wait_long_for_a_hook_that_hangs(lives: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty, "_LAST_MOMENT", 0.05)
    hanging, working = Teller("hanging"), Teller("working")
    hanging.gate.clear()
    life = lives(hanging, working)
    life.post(1, 2)
    async with asyncio.timeout(10):
        await life.close()
    assert (hanging.bodies, working.bodies) == ([1], [1, 2])
    again = Teller("hanging")
    life = lives(again)
    life.delivery.wake()
    await life.rest()
    assert again.bodies == [1, 2]


async def test_a_full_disk_leaves_neither_the_fact_nor_the_news(tmp_path: Path, lives: Any) -> None:
    teller = Teller()
    life = lives(teller)
    number = begin(life.journal, started(1))
    await life.committer.settled()
    with files_of_at_most((tmp_path / "runs.db-wal").stat().st_size + 4096):
        life.journal.append(number, 1, decided(values=text_of(200_000)))
        life.post(1)
        with pytest.raises(JournalFull):
            await life.committer.settled()
    await life.rest()
    assert teller.told == []
    await life.die()
    life = lives(teller)
    life.delivery.wake()
    await life.rest()
    assert teller.told == []
    assert (life.journal.last_seq(number), list(life.journal.audit()), life.journal.notices()) == (0, [], [])


async def test_news_of_a_run_that_was_purged_is_still_delivered(lives: Any) -> None:
    life = lives(Teller("teller", "no"))
    number = begin(life.journal, started(1))
    life.journal.set_status(number, "failed", 2.0)
    life.post(1)
    await life.rest()
    life.journal.purge([number])
    await life.until(2)
    assert life.journal.notices(undelivered=False) == [], "delivered, and with no run to go with"


async def test_ids_sort_in_the_order_of_posting_even_when_the_clock_is_set_back(lives: Any, clock: FakeClock) -> None:
    teller = Teller()
    life = lives(teller)
    life.post(*range(50))
    clock._now -= 100
    life.post(*range(50, 60))
    await life.rest()
    assert teller.bodies == list(range(60))
    ids = [each.id for each in teller.told]
    assert ids == sorted(set(ids))
    assert {len(each) for each in ids} == {26}


async def test_order_is_kept_when_the_clock_is_set_back_while_nobody_is_there(lives: Any, clock: FakeClock) -> None:
    life = lives(Teller("teller", "no"), Teller("other"))
    life.post(1, 2)
    await life.rest()
    await life.die()
    clock._now -= 100
    again = Teller()
    life = lives(again, Teller("other"))
    life.post(3)
    await life.until(200)
    assert again.bodies == [1, 2, 3]


async def test_a_program_is_told_too(lives: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    life = lives(Command(["/bin/sh", "-c", f'cat >> "{out}"; echo >> "{out}"']))
    life.post(1, 2)
    await life.rest()
    assert [json.loads(line)["data"]["n"] for line in out.read_text().splitlines()] == [1, 2]


async def test_nothing_secret_reaches_the_journal_or_the_log(
    lives: Any, tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with receiving(500, 302, location="https://token-3.example.com") as receiver:
        url = receiver.url.replace("://", "://ada:pw-1@") + "/token-2"
        life = lives(Webhook(url, key_of("s3cret-4"), clock))
        life.post(1)
        await life.rest()
        await life.until(1.5)
        assert len(receiver.received) == 2
    await life.until(3)
    assert len(life.journal.notices()[0].error or "") > 0
    save(life.journal)
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir()) + caplog.text.encode()
    assert b"127.0.0.1" in written
    for secret in (b"ada:", b"pw-1", b"token-2", b"token-3", b"s3cret-4"):
        assert secret not in written
