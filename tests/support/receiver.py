"""A real HTTP server on this machine that answers as it is told and keeps what it got."""

import ssl
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""A key and a certificate for `localhost`, good until 2199, signed by itself: nobody trusts it who is not told to."""


@dataclass(frozen=True)
class Received:
    line: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers` are the statuses of the next requests; after them, 200. `headers` go with every answer.

    While `silent`, nobody gets an answer.
    """

    answers: deque[int] = field(default_factory=deque)
    headers: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    port: int = 0
    silent: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [each.headers["webhook-id"] for each in self.received]


@contextmanager
def receiving(*answers: int, port: int = 0, tls: bool = False, **headers: str) -> Iterator[Receiver]:
    """With `tls` it speaks TLS, with `CERTIFICATE`."""
    receiver = Receiver(deque(answers), headers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.requestline, got, body))
            if receiver.silent.is_set():
                receiver.over.wait()
                return
            self.send_response(receiver.answers.popleft() if receiver.answers else 200, "token-in-the-answer")
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def do_CONNECT(self) -> None:
            receiver.received.append(Received(self.requestline, dict(self.headers.items()), b""))
            self.send_error(502)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.over.set()
            server.shutdown()
            thread.join()
