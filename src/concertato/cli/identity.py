"""Who types: the operating system's account and its groups, or whom the command line was told to speak for."""

import getpass
import os
from collections.abc import Sequence

from concertato.errors import RequestError
from concertato.run.events import Identity

ACCOUNT = "operating-system account"


def account() -> Identity:
    """The account that the process runs under, with its groups as roles.

    The name is that of the process's user number and not what LOGNAME says, which anybody can set.
    """
    return Identity(_name(), _groups(), ACCOUNT)


def speaking(user: str | None, roles: Sequence[str] | None) -> Identity:
    """The account, or where `--as` or `--role` says so somebody else: the record then has who said it."""
    for option, named in [("--as", user), *(("--role", role) for role in roles or ())]:
        if named is not None and not named.rpartition(":")[2].strip():
            raise RequestError(f"expected {option} to name somebody, got: {named!r}; leave it out to be your account")
    own = account()
    if user is None and not roles:
        return own
    named = (user or own.user).removeprefix("user:")
    return Identity(
        named, [role.removeprefix("role:") for role in roles or ()], f"asserted on the command line by {own.user}"
    )


def _name() -> str:
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):  # no such book on this platform, or a container's number that is in none
        pass
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return f"uid-{os.getuid()}"


def _groups() -> list[str]:
    try:
        import grp
    except ImportError:
        return []
    found = []
    for number in {os.getgid(), *os.getgroups()}:
        try:
            found.append(grp.getgrgid(number).gr_name)
        except KeyError:
            continue
    return sorted(set(found))
