"""The hooks that the settings ask for."""

from concertato.clock import Clock
from concertato.errors import RequestError
from concertato.notify.contract import Hook
from concertato.settings import Settings


def hooks_from(settings: Settings, clock: Clock) -> tuple[Hook, ...]:
    """Raises `RequestError` where a setting will not do."""
    hooks: list[Hook] = []
    if settings.webhook is not None:
        from concertato.notify.signature import key_of  # late, both: most have no hook, and HTTP is a lot to load
        from concertato.notify.webhook import Webhook

        try:
            key = None if settings.webhook_secret is None else key_of(settings.webhook_secret)
        except ValueError as error:
            raise RequestError(f"CONCERTATO_WEBHOOK_SECRET: {error}") from None
        hooks.append(Webhook(settings.webhook, key, clock))
    if settings.hook_command:
        from concertato.notify.command import Command

        hooks.append(Command(settings.hook_command))
    return tuple(hooks)
