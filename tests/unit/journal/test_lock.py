"""One live process drives a journal."""

import fcntl
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from concertato.errors import JournalLocked
from concertato.journal.lock import Lock, is_held
from concertato.journal.sqlite import open_journal, open_reader

DRIVER = """
import sys
from concertato.journal.sqlite import open_journal
journal = open_journal(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""

FORKING_DRIVER = """
import os, signal, sys
from concertato.journal.sqlite import open_journal
journal = open_journal(sys.argv[1])
if os.fork() == 0:
    print("open", flush=True)
    print(sys.stdin.readline(), end="", flush=True)
    os._exit(0)
signal.pause()
"""


@contextmanager
def another_process(path: Path, program: str = DRIVER) -> Iterator["subprocess.Popen[str]"]:
    """A process that has the journal open."""
    command = [sys.executable, "-c", program, str(path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_process_is_told_who_drives_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "orders.db"
    with another_process(path) as process, pytest.raises(JournalLocked) as refusal:
        open_journal(path)
    assert re.fullmatch(
        rf"journal \S*orders\.db is driven by process {process.pid} \(since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\dZ\): "
        r"stop it, or look at the journal with runs, show, events or tasks, which need no lock",
        str(refusal.value),
    )


def test_looking_needs_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "orders.db"
    with another_process(path), closing(open_reader(path)) as reader:
        assert reader.last_seq(1) == -1


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "orders.db"
    with another_process(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        open_journal(path).close()


def test_a_second_opening_in_the_same_process_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "orders.db"
    with closing(open_journal(path)):
        with pytest.raises(JournalLocked, match="driven by this very process"):
            open_journal(path)
        with pytest.raises(JournalLocked):  # the refusal has not let go of the first one's lock
            open_journal(path)
    open_journal(path).close()


def test_a_journal_has_one_lock_whatever_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "orders.db"
    (tmp_path / "alias.db").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    with closing(open_journal(path)):
        for name in ("alias.db", "orders.db"):
            with pytest.raises(JournalLocked):
                open_journal(name)


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "orders.db"
    with another_process(path, FORKING_DRIVER) as process:
        with pytest.raises(JournalLocked):  # that the child has let go of its copy has not ended the lock
            open_journal(path)
        process.kill()
        process.wait()
        open_journal(path).close()
        assert process.stdin is not None
        print("the child is alive", file=process.stdin, flush=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "the child is alive\n"


def test_a_lock_whose_holder_could_not_sign_is_a_lock(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "orders.db")
    (tmp_path / "orders.db.lock").write_bytes(b"")
    with pytest.raises(JournalLocked, match="driven by another process: stop it"):
        Lock(tmp_path / "orders.db")
    lock.release()


def test_releasing_twice_is_releasing_once(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "orders.db")
    lock.release()
    again = Lock(tmp_path / "orders.db")
    lock.release()
    with pytest.raises(JournalLocked):
        Lock(tmp_path / "orders.db")
    again.release()


def test_whether_a_journal_is_driven_can_be_asked_without_a_trace(tmp_path: Path) -> None:
    path = tmp_path / "orders.db"
    assert (is_held(path), list(tmp_path.iterdir())) == (False, [])
    with another_process(path) as process:
        assert is_held(path)
        process.kill()
        process.wait()
        assert not is_held(path)
    with closing(open_journal(path)):
        assert is_held(path)
        with pytest.raises(JournalLocked):  # that it was asked has not let go of the lock
            Lock(path)
    assert not is_held(path)


def test_who_may_not_find_out_takes_the_journal_for_driven(tmp_path: Path) -> None:
    (tmp_path / "orders.db.lock").symlink_to("orders.db.lock")  # cannot be opened, whoever asks
    assert is_held(tmp_path / "orders.db")


def test_who_opens_a_journal_is_not_refused_for_somebody_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "orders.db"
    Lock(path).release()
    asking = os.open(f"{path}.lock", os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    monkeypatch.setattr("concertato.journal.lock.time.sleep", lambda _: os.close(asking))
    Lock(path).release()
