"""What the environment may set, with its defaults. Reading the environment itself is `wiring`'s."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from concertato.errors import RequestError

DEFAULT_JOURNAL = Path(".concertato") / "journal.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """An option of the command line wins over these; these win over the defaults.

    `colour` is None where the terminal decides. `agents` are modules or files to load agents from. `webhook` is told
    what people are asked to decide, its words signed with `webhook_secret`; so is `hook_command`, a program and its
    arguments. What may be secret is not shown by `repr`.
    """

    journal: Path = DEFAULT_JOURNAL
    durability: Literal["full", "process"] = "full"
    agents: tuple[str, ...] = ()
    colour: bool | None = None
    webhook: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    hook_command: tuple[str, ...] = field(default=(), repr=False)


def from_environ(environ: Mapping[str, str]) -> Settings:
    """The settings that these environment variables make; an empty variable counts as unset."""
    return Settings(
        journal=Path(environ.get("CONCERTATO_JOURNAL") or DEFAULT_JOURNAL),
        durability=_durability(environ.get("CONCERTATO_DURABILITY") or "full"),
        agents=tuple(spec for part in environ.get("CONCERTATO_AGENTS", "").split(",") if (spec := part.strip())),
        colour=_colour(environ),
        webhook=_webhook(environ.get("CONCERTATO_WEBHOOK")),
        webhook_secret=environ.get("CONCERTATO_WEBHOOK_SECRET") or None,
        hook_command=_command(environ.get("CONCERTATO_HOOK_COMMAND") or ""),
    )


def webhook_fault(url: str) -> str | None:
    """Why nothing can be sent to this URL, or None. Nothing is repeated of it but its host: the rest may be secret."""
    from urllib.parse import urlsplit  # late: most never have a webhook

    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "expected a URL such as https://example.com/hook, got one whose host or port cannot be read"
    if not (url.isascii() and url.isprintable()) or " " in url:
        return "expected a URL in plain ASCII without spaces; write other characters percent-encoded"
    if parts.scheme not in {"https", "http"}:
        return "expected a URL that begins with https://, such as https://example.com/hook"
    if not host:
        return f"expected a host after {parts.scheme}://, as in https://example.com/hook"
    if parts.scheme == "http" and not is_loopback(host):
        return (
            f"expected https:// for {host}, got http://, which is for this machine only: anybody on the way can read it"
        )
    return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, by its name or its address."""
    from ipaddress import ip_address

    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _webhook(value: str | None) -> str | None:
    if not value:
        return None
    fault = webhook_fault(value)
    if fault is not None:
        raise RequestError(f"CONCERTATO_WEBHOOK: {fault}")
    return value


def _command(value: str) -> tuple[str, ...]:
    import shlex

    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise RequestError(
            f"CONCERTATO_HOOK_COMMAND: expected a program and its arguments, quoted as for a shell, got: {error}"
        ) from None


def _durability(value: str) -> Literal["full", "process"]:
    match value:
        case "full" | "process":
            return value
        case _:
            raise RequestError(f"expected CONCERTATO_DURABILITY to be full or process, got: {value!r}")


def _colour(environ: Mapping[str, str]) -> bool | None:
    """NO_COLOR wins over FORCE_COLOR, as their authors ask (no-color.org, force-color.org)."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return None
