"""One live process drives a journal. The lock is the kernel's, on a file beside the journal, and ends with its holder.

The file is not the database itself: closing any descriptor of that would drop the locks that SQLite keeps on it (see
"How To Corrupt An SQLite Database File", 2.2). It stays behind when the lock is let go, since a lock on a file that
another process is about to remove is a lock on nothing.
"""

import errno
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from concertato.errors import JournalError, JournalFull, JournalLocked, JournalReadOnly

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        # A locked byte cannot be read by others: lock one far beyond what the file says.
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error

    _try_share = _try_lock
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _try_share(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


_MOMENT = 0.02
"""Seconds; many times what `is_held` takes."""


class Holder(msgspec.Struct, frozen=True):
    """Who drives the journal, as the lock's file says it."""

    pid: int
    since: datetime


_held: "set[Lock]" = set()


class Lock:
    """Held from when it is made until `release`."""

    def __init__(self, journal: Path) -> None:
        descriptor = _open(journal)
        try:
            _take(descriptor)
        except OSError as error:
            refusal = _refusal(journal, descriptor, error)
            os.close(descriptor)
            raise refusal from error
        self._descriptor = descriptor
        _held.add(self)
        with suppress(OSError):  # on a full disk the lock holds all the same, only nobody can read whose it is
            _sign(descriptor)

    def release(self) -> None:
        if self in _held:
            _held.discard(self)
            os.close(self._descriptor)


def is_held(journal: Path) -> bool:
    """Whether a live process drives the journal; also where this process is not allowed to find that out."""
    try:
        descriptor = os.open(_beside(journal), os.O_RDONLY)
    except OSError as error:
        return not isinstance(error, FileNotFoundError)
    try:
        _try_share(descriptor)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _let_go_in_child() -> None:
    # A forked child shares the lock with its parent and would keep it alive after the parent's death. Closing the
    # child's descriptor leaves the parent's lock as it is.
    for lock in list(_held):
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)


def _take(descriptor: int) -> None:
    try:
        _try_lock(descriptor)
    except BlockingIOError:
        # Somebody who only asks whether it is held has it for a moment too.
        time.sleep(_MOMENT)
        _try_lock(descriptor)


def _beside(journal: Path) -> Path:
    # Whatever name it goes by, a journal has one lock.
    real = journal.resolve()
    return real.with_name(real.name + ".lock")


def _open(journal: Path) -> int:
    try:
        return os.open(_beside(journal), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise JournalFull(f"journal {journal}: the disk is full; make room, then open the journal again") from error
        raise JournalReadOnly(
            f"journal {journal}: expected to be allowed to write its folder, got: {error.strerror}. "
            "Mend the permissions, or look at the journal with runs, show, events or tasks, which only read"
        ) from error


def _sign(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, msgspec.json.encode(Holder(os.getpid(), datetime.now(UTC))))


def _refusal(journal: Path, descriptor: int, error: OSError) -> JournalError:
    if not isinstance(error, BlockingIOError):
        return JournalError(
            f"journal {journal}: expected a file system that can lock files, got: {error.strerror}; "
            "put the journal on a local disk"
        )
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        holder = msgspec.json.decode(os.read(descriptor, 1024), type=Holder)
    except msgspec.MsgspecError:
        who = "another process"  # it has the lock and has not yet written its name
    else:
        name = "this very process" if holder.pid == os.getpid() else f"process {holder.pid}"
        who = f"{name} (since {holder.since:%Y-%m-%d %H:%M:%SZ})"
    return JournalLocked(
        f"journal {journal} is driven by {who}: stop it, or look at the journal with runs, show, events or tasks, "
        "which need no lock"
    )
