"""What a URL is told, how it is signed, what counts as delivered, and that nothing secret is repeated."""

import re
import socket
import ssl
import threading
from base64 import b64encode
from urllib.request import HTTPSHandler

import pytest

from concertato.errors import RequestError
from concertato.notify import webhook
from concertato.notify.contract import DeliveryError
from concertato.notify.signature import key_of, sign
from concertato.notify.webhook import Webhook
from support.clock import START, FakeClock
from support.journals import notice
from support.receiver import CERTIFICATE, receiving

KEY = b"k" * 24


def hook(url: str, key: bytes | None = KEY) -> Webhook:
    return Webhook(url, key, FakeClock(START + 0.9))


async def refusal(url: str) -> str:
    with pytest.raises(DeliveryError) as refused:
        await hook(url).deliver(notice(1))
    assert refused.value.__cause__ is None
    return str(refused.value)


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


async def test_the_notice_is_posted_as_it_is_and_signed() -> None:
    with receiving() as receiver:
        await hook(receiver.url).deliver(notice(1))
    (got,) = receiver.received
    assert got.line == "POST /hook HTTP/1.1"
    assert got.body == notice(1).body
    assert got.headers["content-type"] == "application/json"
    assert got.headers["webhook-id"] == notice(1).id
    assert got.headers["webhook-timestamp"] == str(int(START))
    assert got.headers["webhook-signature"] == sign(KEY, notice(1).id, int(START), notice(1).body)
    assert "authorization" not in got.headers


async def test_without_a_secret_nothing_is_signed() -> None:
    with receiving() as receiver:
        await hook(receiver.url, None).deliver(notice(1))
    assert "webhook-signature" not in receiver.received[0].headers


def test_a_signature_is_that_of_the_specifications_libraries() -> None:
    # The example of their own tests: the same key, id, time and body.
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("secret", "key"),
    [("whsec_" + b64encode(KEY).decode(), KEY), ("correct horse", b"correct horse"), ("pä", "pä".encode())],
)
def test_a_secret_is_base64_after_its_prefix_or_any_text(secret: str, key: bytes) -> None:
    assert key_of(secret) == key


@pytest.mark.parametrize("secret", ["whsec_", "whsec_s3cr!t", "whsec_s3cre"])
def test_a_secret_that_is_no_base64_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(ValueError, match="expected base64 after whsec_") as refused:
        key_of(secret)
    assert "s3cr" not in str(refused.value)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_delivered(status: int) -> None:
    with receiving(status) as receiver:
        await hook(receiver.url).deliver(notice(1))
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (304, "304 Not Modified (redirects are not followed; give the URL that it leads to)"),
        (400, "400 Bad Request"),
        (401, "401 Unauthorized"),
        (410, "410 Gone"),
        (429, "429 Too Many Requests"),
        (500, "500 Internal Server Error"),
        (599, "599"),
    ],
)
async def test_any_other_answer_is_a_failure_told_in_our_words(status: int, said: str) -> None:
    with receiving(status) as receiver:
        assert await refusal(receiver.url) == f"webhook at 127.0.0.1: it answered {said}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    with receiving() as other, receiving(status, location=other.url) as receiver:
        assert "redirects are not followed" in await refusal(receiver.url)
        assert other.received == []


async def test_a_server_that_is_away_is_a_failure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        said = await refusal(f"http://127.0.0.1:{taken.getsockname()[1]}/token")
    assert said == "webhook at 127.0.0.1: Connection refused"


async def test_a_server_that_does_not_answer_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_TIMEOUT", 0.05)
    with receiving() as receiver:
        receiver.silent.set()
        assert await refusal(receiver.url) == "webhook at 127.0.0.1: no answer within 0.05 s"


async def test_what_is_no_http_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/token"

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"token-in-the-answer\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert await refusal(url) == "webhook at 127.0.0.1: no answer that is HTTP (BadStatusLine)"
        thread.join()


async def test_a_server_that_does_not_speak_tls_is_told_nothing() -> None:
    with receiving() as receiver:
        said = await refusal(f"https://127.0.0.1:{receiver.port}/token")
        assert receiver.received == []
    assert "SSL" in said


async def test_a_server_whose_certificate_nobody_trusts_is_told_nothing() -> None:
    with receiving(tls=True) as receiver:
        said = await refusal(f"https://localhost:{receiver.port}/token")
        assert receiver.received == []
    assert said.startswith("webhook at localhost: ")
    assert "certificate verify failed" in said
    assert "token" not in said


async def test_a_server_that_is_not_whom_its_certificate_names_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with receiving(tls=True) as receiver:
        said = await refusal(f"https://127.0.0.1:{receiver.port}/token")
        assert receiver.received == []
    assert "certificate is not valid for '127.0.0.1'" in said


async def test_a_server_whose_certificate_is_trusted_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with receiving(tls=True) as receiver:
        await hook(f"https://localhost:{receiver.port}/hook").deliver(notice(1))
    assert [each.body for each in receiver.received] == [notice(1).body]


def test_certificates_are_checked() -> None:
    (handler,) = [each for each in vars(hook("https://example.com")._opener)["handlers"] if type(each) is HTTPSHandler]
    assert handler._context.verify_mode is ssl.CERT_REQUIRED  # type: ignore[attr-defined]
    assert handler._context.check_hostname is True  # type: ignore[attr-defined]


async def test_a_name_and_a_password_in_the_url_are_basic_authentication() -> None:
    with receiving() as receiver:
        await hook(receiver.url.replace("://", "://ada:p%40ss@")).deliver(notice(1))
    assert receiver.received[0].headers["authorization"] == f"Basic {b64encode(b'ada:p@ss').decode()}"
    assert receiver.received[0].headers["host"] == f"127.0.0.1:{receiver.port}"


async def test_nothing_secret_is_in_what_is_said_of_a_failure_or_of_the_hook() -> None:
    secret = re.compile(r"ada|pw-1|token|key=3|a2tra2")
    with receiving(500, 302, 500, location="https://token-elsewhere.example.com/") as receiver:
        url = f"http://ada:pw-1@127.0.0.1:{receiver.port}/token-2?key=3"
        for _ in range(3):
            assert not secret.search(await refusal(url))
        assert repr(hook(url)) == "<Webhook at 127.0.0.1>"
    assert not secret.search(await refusal(url)), "now it is away"


def test_plain_http_to_another_machine_is_refused() -> None:
    with pytest.raises(RequestError, match=r"webhook: expected https:// for example\.com"):
        hook("http://example.com/hook")


async def test_a_proxy_is_asked_for_the_way_to_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        said = await refusal("https://hooks.example.com/token")
        (asked,) = [each.line for each in proxy.received]
        assert asked.startswith("CONNECT hooks.example.com:443 HTTP/1."), "which of them is Python's affair"
        assert "502" in said
        assert "token" not in said


async def test_nothing_of_the_librarys_own_error_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may hold the URL, and holds the connection open."""
    with receiving() as proxy, receiving(500) as receiver:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        for url in ("https://hooks.example.com/token", receiver.url):
            with pytest.raises(DeliveryError) as caught:
                await hook(url).deliver(notice(1))
            assert caught.value.__context__ is None
            assert caught.value.__cause__ is None


async def test_what_stays_on_this_machine_passes_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy, receiving() as receiver:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        await hook(receiver.url).deliver(notice(1))
        assert (len(proxy.received), len(receiver.received)) == (0, 1)
