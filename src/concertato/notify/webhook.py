"""Tells a URL: an HTTP POST of the notice's JSON, signed by the Standard Webhooks specification.

What a URL says beyond its host may be a secret (many services put a token into the path), so neither it nor the signing
secret is ever repeated: errors name the host, and what an answer says of itself is left out.
"""

import asyncio
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from concertato.clock import Clock
from concertato.errors import RequestError
from concertato.journal.contract import Notice
from concertato.notify.contract import DeliveryError
from concertato.notify.signature import sign
from concertato.settings import is_loopback, webhook_fault

_TIMEOUT = 10.0
"""Seconds for an attempt as a whole. The specification recommends 15 to 30; what is sent here is small."""


class Webhook:
    """`key` is the signing key; without one nothing is signed. Raises `RequestError` for a URL that will not do."""

    name = "webhook"

    def __init__(self, url: str, key: bytes | None, clock: Clock) -> None:
        fault = webhook_fault(url)
        if fault is not None:
            raise RequestError(f"webhook: {fault}")
        parts = urlsplit(url)
        credentials, _, place = parts.netloc.rpartition("@")
        self._host = parts.hostname or ""
        self._url = urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
        self._headers = {"Content-Type": "application/json", "User-Agent": "concertato"}
        if credentials:
            self._headers["Authorization"] = f"Basic {b64encode(unquote(credentials).encode()).decode()}"
        self._key = key
        self._clock = clock
        # What is sent to this machine is not encrypted, and must not leave it by way of a proxy.
        proxies = ProxyHandler({}) if is_loopback(self._host) else ProxyHandler()
        self._opener = build_opener(proxies, HTTPSHandler(context=ssl.create_default_context()), _NoRedirects)

    def __repr__(self) -> str:
        return f"<Webhook at {self._host}>"

    async def deliver(self, notice: Notice) -> None:
        timestamp = int(self._clock.now())
        headers = {**self._headers, "webhook-id": notice.id, "webhook-timestamp": str(timestamp)}
        if self._key is not None:
            headers["webhook-signature"] = sign(self._key, notice.id, timestamp, notice.body)
        request = Request(self._url, notice.body, headers, method="POST")  # noqa: S310 - its scheme has been looked at
        try:
            async with asyncio.timeout(_TIMEOUT):
                await _in_thread(lambda: self._send(request))
        except TimeoutError:
            raise self._failed(f"no answer within {_TIMEOUT:g} s") from None

    def _send(self, request: Request) -> None:
        fault = self._try(request)
        # Not raised where urllib's own error is caught: that may hold the URL, and an open socket, and would go along.
        if fault is not None:
            raise self._failed(fault)

    def _try(self, request: Request) -> str | None:
        """Why the request was not delivered, or None."""
        try:
            self._opener.open(request, timeout=_TIMEOUT).close()
        except HTTPError as error:
            error.close()
            return f"it answered {_phrase(error.code)}"
        except URLError as error:
            return _reason(error.reason)
        except (OSError, HTTPException) as error:
            return _reason(error)
        return None

    def _failed(self, why: str) -> DeliveryError:
        return DeliveryError(f"webhook at {self._host}: {why}")


class _NoRedirects(HTTPRedirectHandler):
    """A redirect is a failure like any other answer that is no 2xx: followed, it would turn a POST into a GET."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _phrase(code: int) -> str:
    try:
        text = f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)
    return f"{text} (redirects are not followed; give the URL that it leads to)" if 300 <= code < 400 else text


def _reason(error: object) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {_TIMEOUT:g} s"
    if isinstance(error, OSError):  # TLS too: the system's words, or the certificate's fault
        return error.strerror or str(error) or type(error).__name__
    return f"no answer that is HTTP ({type(error).__name__})"


async def _in_thread(work: Callable[[], None]) -> None:
    """Run `work` in a thread that nobody waits for at the end: a server that does not answer must hold up no one.

    Cancelled, it leaves the thread to its own time-out, and what that comes to is heard by nobody.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if not done.done():
            done.set_exception(error) if error is not None else done.set_result(None)

    def run() -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as problem:  # noqa: BLE001 - it is raised where it is waited for
            error = problem
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle, error)
        error = None  # its traceback holds this frame, which would hold it in turn

    threading.Thread(target=run, name="concertato-webhook", daemon=True).start()
    await done
