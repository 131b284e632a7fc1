"""Which hooks the settings ask for."""

import pytest

from concertato.errors import RequestError
from concertato.notify.command import Command
from concertato.notify.hooks import hooks_from
from concertato.notify.webhook import Webhook
from concertato.settings import Settings
from support.clock import FakeClock


def test_nobody_is_told_unless_a_setting_says_so() -> None:
    assert hooks_from(Settings(), FakeClock()) == ()


def test_each_setting_makes_its_hook() -> None:
    settings = Settings(webhook="https://example.com/hook", webhook_secret="s", hook_command=("notify.sh",))
    webhook, command = hooks_from(settings, FakeClock())
    assert (type(webhook), webhook.name) == (Webhook, "webhook")
    assert (type(command), command.name) == (Command, "command")


def test_a_secret_that_will_not_do_is_refused_by_name() -> None:
    settings = Settings(webhook="https://example.com/hook", webhook_secret="whsec_s3cr!t")
    with pytest.raises(RequestError, match=r"^CONCERTATO_WEBHOOK_SECRET: expected base64 after whsec_") as refused:
        hooks_from(settings, FakeClock())
    assert "s3cr" not in str(refused.value)
