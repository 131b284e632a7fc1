"""What an exception that ended a function says about the failure: its kind, and a message with the place."""

import asyncio
import os
import sysconfig
from pathlib import Path
from types import TracebackType

from msgspec.structs import replace

from concertato.agents.contract import Failed
from concertato.agents.validation import InvalidValueError
from concertato.errors import TRANSIENT, AgentError, FailureKind
from concertato.run.events import Failure

_OWN = f"{Path(__file__).parent.parent}{os.sep}"
_INSTALLED = {f"{sysconfig.get_path(each)}{os.sep}" for each in ("stdlib", "platstdlib", "purelib", "platlib")}
_TOLD = 3
"""How many exceptions of a group a message names."""
_NOT_THE_USERS = (_OWN, *_INSTALLED)


def failed(error: BaseException, agent: str) -> Failed:
    """The answer that an exception is. The values that the function was working on are not told."""
    failure = error.failure if isinstance(error, InvalidValueError) else _told(error, agent)
    where = None if failure.where is None else _writable(failure.where)
    return Failed(replace(failure, message=_writable(failure.message), where=where))


def _told(error: BaseException, agent: str) -> Failure:
    at = _place(error.__traceback__)
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
        at = _place(error.__traceback__) or at
    if isinstance(error, AgentError):
        return Failure(error.kind, f"agent {agent!r}: {error}{at}", retry_after=error.retry_after)
    return Failure(_kind(error), f"agent {agent!r}: {_what(error)}{at}")


def _what(error: BaseException) -> str:
    said = error.message if isinstance(error, BaseExceptionGroup) else str(error)
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    if isinstance(error, BaseExceptionGroup):
        told = [_what(each) for each in error.exceptions[:_TOLD]]
        rest = len(error.exceptions) - len(told)
        what += f" [{'; '.join(told)}{f'; and {rest} more' if rest else ''}]"
    return what


def _writable(text: str) -> str:
    """Text that a journal can hold: half characters, as names of files may have them, are written as escapes."""
    return text.encode(errors="backslashreplace").decode()


def _kind(error: BaseException) -> FailureKind:
    if isinstance(error, BaseExceptionGroup):
        # Trying again helps only where it helps each of them.
        kinds = [_kind(each) for each in error.exceptions]
        return next((kind for kind in kinds if kind not in TRANSIENT), kinds[0])
    if isinstance(error, AgentError):
        return error.kind
    if isinstance(error, TimeoutError):
        return FailureKind.TIMEOUT
    if isinstance(error, ConnectionError):
        return FailureKind.UNAVAILABLE
    if isinstance(error, asyncio.CancelledError):
        return FailureKind.CANCELLED  # nobody cancelled this task: something that it waited for was
    return FailureKind.INTERNAL


def _place(traceback: TracebackType | None) -> str:
    """The deepest line of the user's own code, or the deepest of all that is not ours."""
    place = ""
    in_users_code = False
    while traceback is not None:
        code = traceback.tb_frame.f_code
        users = not code.co_filename.startswith(_NOT_THE_USERS)
        if users or not (in_users_code or code.co_filename.startswith(_OWN)):
            place = f" ({Path(code.co_filename).name}:{traceback.tb_lineno} in {code.co_name})"
            in_users_code = users
        traceback = traceback.tb_next
    return place
