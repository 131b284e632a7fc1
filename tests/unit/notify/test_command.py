"""What a program is told, what counts as delivered, and that none outstays its time."""

import asyncio
import os
import select
import shlex
import sys
from pathlib import Path

import pytest

from concertato.notify import command
from concertato.notify.command import Command
from concertato.notify.contract import DeliveryError
from support.journals import notice


def script(folder: Path, text: str) -> Command:
    path = folder / "notify.sh"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return Command([str(path), "--to", "risk officers"])


def closed(reader: int) -> bool:
    """Whether the last of those who had the other end of a pipe has ended, or does so soon."""
    try:
        return bool(select.select([reader], [], [], 20)[0]) and os.read(reader, 1) == b""
    finally:
        os.close(reader)


async def refusal(hook: Command) -> str:
    with pytest.raises(DeliveryError) as refused:
        await hook.deliver(notice(1))
    return str(refused.value)


async def test_a_program_gets_the_notice_its_arguments_and_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOM", "kitchen")
    out = tmp_path / "out"
    hook = script(
        tmp_path,
        f'{{ cat; echo; echo "$1|$2|$CONCERTATO_NOTICE|$CONCERTATO_NOTICE_ID|$ROOM"; }} > {shlex.quote(str(out))}',
    )
    await hook.deliver(notice(1))
    body, told = out.read_bytes().splitlines()
    assert body == notice(1).body
    assert told.decode() == f"--to|risk officers|task.opened|{notice(1).id}|kitchen"


async def test_the_webhooks_secrets_are_not_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCERTATO_WEBHOOK", "https://example.com/token")
    monkeypatch.setenv("CONCERTATO_WEBHOOK_SECRET", "s3cret")
    hook = script(tmp_path, f"env > {shlex.quote(str(tmp_path / 'out'))}")
    await hook.deliver(notice(1))
    told = (tmp_path / "out").read_text()
    assert "CONCERTATO_NOTICE=" in told
    assert "CONCERTATO_WEBHOOK" not in told


async def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = "import sys; open(sys.argv[1], 'w').write(sys.argv[2])"
    await Command([sys.executable, "-c", program, str(out), "$HOME; `false` *"]).deliver(notice(1))
    assert out.read_text() == "$HOME; `false` *"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exit 3", "it ended with status 3"),
        ("echo the server is away >&2; exit 1", "it ended with status 1: the server is away"),
        ("printf 'first\\nlast \\n\\n' >&2; exit 1", "it ended with status 1: last"),
        ("echo this is no error; exit 1", "it ended with status 1"),
        ("kill -9 $$", "it was ended by signal 9"),
    ],
)
async def test_any_other_status_than_0_is_a_failure(tmp_path: Path, text: str, said: str) -> None:
    assert await refusal(script(tmp_path, text)) == f"command {tmp_path / 'notify.sh'}: {said}"


async def test_of_a_long_complaint_only_the_end_is_kept(tmp_path: Path) -> None:
    said = await refusal(script(tmp_path, "yes complaint | head -n 100000 >&2; printf '%0500d' 7 >&2; exit 1"))
    assert said.endswith("status 1: " + "0" * 300)


@pytest.mark.parametrize(("name", "said"), [("nothing.sh", "No such file or directory"), ("", "Permission denied")])
async def test_a_program_that_cannot_be_run_is_a_failure(tmp_path: Path, name: str, said: str) -> None:
    path = str(tmp_path / name) if name else str(tmp_path)
    assert await refusal(Command([path])) == f"command {path}: it could not be run: {said}"


async def test_a_program_that_reads_nothing_has_it_all_the_same(tmp_path: Path) -> None:
    big = notice(1, body=b'"' + b"x" * 1_000_000 + b'"')
    await script(tmp_path, "exit 0").deliver(big)


async def test_a_child_that_a_program_leaves_behind_is_not_waited_for(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    async with asyncio.timeout(20):
        await script(tmp_path, f"sleep 600 & echo $! > {shlex.quote(str(pid))}").deliver(notice(1))
    os.kill(int(pid.read_text()), 9)


async def test_a_program_that_takes_too_long_is_killed_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_TIMEOUT", 0.5)
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    hook = script(tmp_path, f"sleep 600 > {shlex.quote(str(fifo))} & exec 3> {shlex.quote(str(fifo))}; sleep 600")
    assert "it had not ended after 0.5 s, and was killed" in await refusal(hook)
    assert closed(reader), "nobody has the other end any more"


async def test_a_program_is_killed_when_nobody_waits_for_it_any_more(tmp_path: Path) -> None:
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    hook = script(tmp_path, f"exec 3> {shlex.quote(str(fifo))}; sleep 600")
    delivering = asyncio.create_task(hook.deliver(notice(1)))
    reader = await asyncio.to_thread(os.open, fifo, os.O_RDONLY)  # returns once the program has opened it
    delivering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivering
    assert closed(reader), "nobody has the other end any more"


def test_arguments_are_not_shown() -> None:
    assert repr(Command(["notify.sh", "--token", "s3cret"])) == "<Command notify.sh>"
