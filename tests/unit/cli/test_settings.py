"""What the environment sets."""

import re
from pathlib import Path

import pytest

from concertato.errors import RequestError
from concertato.settings import Settings, from_environ, is_loopback
from support.source import ROOT, SRC


def test_an_empty_environment_gives_the_defaults() -> None:
    assert from_environ({}) == Settings(
        journal=Path(".concertato/journal.db"), durability="full", agents=(), colour=None
    )


def test_an_empty_variable_counts_as_unset() -> None:
    names = ("JOURNAL", "DURABILITY", "AGENTS", "WEBHOOK", "WEBHOOK_SECRET", "HOOK_COMMAND")
    assert from_environ({"NO_COLOR": "", **{f"CONCERTATO_{name}": "" for name in names}}) == Settings()


def test_every_variable_reaches_its_setting() -> None:
    environ = {"CONCERTATO_JOURNAL": "x.db", "CONCERTATO_DURABILITY": "process", "CONCERTATO_AGENTS": "a.py, b"}
    assert from_environ(environ) == Settings(journal=Path("x.db"), durability="process", agents=("a.py", "b"))


def test_what_a_hook_is_told_with_reaches_its_setting_and_is_not_shown() -> None:
    settings = from_environ(
        {
            "CONCERTATO_WEBHOOK": "https://ada:pw-1@hooks.example.com/token-2?key=3",
            "CONCERTATO_WEBHOOK_SECRET": "whsec_c2VjcmV0LTQ=",
            "CONCERTATO_HOOK_COMMAND": "notify.sh --to 'risk officers' --token token-5",
        }
    )
    assert settings.webhook == "https://ada:pw-1@hooks.example.com/token-2?key=3"
    assert settings.webhook_secret == "whsec_c2VjcmV0LTQ="
    assert settings.hook_command == ("notify.sh", "--to", "risk officers", "--token", "token-5")
    assert not re.search(r"pw-1|token-2|c2VjcmV0|token-5", repr(settings))


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:8443/hook",
        "http://localhost:8080/hook",
        "http://127.0.0.1/",
        "http://[::1]:80/",
        "http://app.localhost/",
    ],
)
def test_a_webhook_is_told_over_tls_or_on_this_machine(url: str) -> None:
    assert from_environ({"CONCERTATO_WEBHOOK": url}).webhook == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.com/s3cret", "expected https:// for example.com, got http://"),
        ("http://10.0.0.1/s3cret", "expected https:// for 10.0.0.1"),
        ("http://localhost.example.com/s3cret", "expected https:// for localhost.example.com"),
        ("http://127.0.0.1@example.com/s3cret", "expected https:// for example.com"),
        ("https:///s3cret", "expected a host after https://"),
        ("https://", "expected a host"),
        ("example.com/s3cret", "expected a URL that begins with https://"),
        ("file:///etc/s3cret", "expected a URL that begins with https://"),
        ("ftp://example.com/s3cret", "expected a URL that begins with https://"),
        ("https://example.com:s3cret/", "whose host or port cannot be read"),
        ("https://[s3cret/", "whose host or port cannot be read"),
        ("https://example.com/a s3cret", "without spaces"),
        ("https://example.com/\r\ns3cret: 1", "in plain ASCII without spaces"),
        ("https://example.com/s3crét", "in plain ASCII"),
    ],
)
def test_a_webhook_that_will_not_do_is_refused_by_name_and_without_repeating_it(url: str, said: str) -> None:
    with pytest.raises(RequestError, match=f"^CONCERTATO_WEBHOOK: .*{re.escape(said)}") as refused:
        from_environ({"CONCERTATO_WEBHOOK": url})
    assert "s3cr" not in str(refused.value)


def test_a_command_that_cannot_be_read_is_refused_by_name() -> None:
    with pytest.raises(RequestError, match=r"expected a program and its arguments, .* got: No closing"):
        from_environ({"CONCERTATO_HOOK_COMMAND": "notify 'them"})


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.3.2.1", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("localhost", True),
        ("mylocalhost", False),
    ],
)
def test_only_this_machine_is_a_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_every_variable_that_is_read_is_in_the_docs_and_no_other() -> None:
    read = set(re.findall(r'"(CONCERTATO_\w+|NO_COLOR|FORCE_COLOR)"', (SRC / "concertato" / "settings.py").read_text()))
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    table = page[page.index("## Environment") : page.index("## Running")]
    assert set(re.findall(r"`(\w+)`(?=[, |])", table)) >= read
    assert set(re.findall(r"`(CONCERTATO_\w+)`", page)) <= read


@pytest.mark.parametrize(
    ("environ", "colour"),
    [({"NO_COLOR": "1"}, False), ({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False)],
)
def test_no_colour_wins_over_colour(environ: dict[str, str], colour: bool) -> None:
    assert from_environ(environ).colour is colour


def test_a_durability_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(RequestError, match="expected CONCERTATO_DURABILITY to be full or process, got: 'none'"):
        from_environ({"CONCERTATO_DURABILITY": "none"})
