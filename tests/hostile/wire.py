"""One request of any octets, on a connection of its own, and its answer."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from interop.scripted import Page

#: Seconds after which the browser gives up: longer than any answer may take.
PATIENCE = 30
CALLBACK = "/authorization-code/callback"
Headers = Mapping[str, str | bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and for what.

    Attributes:
        target: Path and query that were asked for.
        asked: The headers of the request.
        sent: The cookies that the browser sent.
        posted: The form that was sent, encoded.
        headers: As they came, names in lower case.
        seconds: Until the last byte.
    """

    method: str
    target: str
    asked: Headers
    sent: Mapping[str, str]
    posted: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def page(self) -> Page:
        return Page(self.target, self.status, self.text)

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str:
        """Return the values of a header, joined by commas; empty where there is none."""
        return ", ".join(value for found, value in self.headers if found == name.lower())

    @property
    def location(self) -> str:
        return self.header("location")

    @property
    def set_cookies(self) -> list[str]:
        return [value for name, value in self.headers if name == "set-cookie"]

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that it sets: name to value, empty for those that it removes."""
        pairs = (line.split(";")[0].partition("=") for line in self.set_cookies)
        return {name.strip(): value for name, _, value in pairs}


def exchange(
    url: str,
    method: str = "GET",
    *,
    headers: Headers | None = None,
    body: bytes = b"",
    target: bytes | None = None,
    cookies: Mapping[str, str] | None = None,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    """Send one request on a connection of its own, and return the answer.

    Args:
        url: Where to; only its host and port where there is a *target*.
        headers: Values may be bytes, and are sent as they are.
        target: Octets of the request line in place of the URL's path and query.
        cookies: Told of in the answer; what is sent stands in *headers*.
        trust: Whom to trust, for https.
    """
    parts = urlsplit(url)
    path = parts.path or "/"
    target = (
        (f"{path}?{parts.query}" if parts.query else path).encode() if target is None else target
    )
    given = {"Host": parts.netloc, "Connection": "close", **(headers or {})}
    if body or method == "POST":
        given["Content-Length"] = str(len(body))
    lines = [b"%s %s HTTP/1.1" % (method.encode(), target)]
    lines += [name.encode() + b": " + _octets(value) for name, value in given.items()]
    began = time.monotonic()
    with closing(_connect(parts.hostname or "", parts.port or 80, trust)) as wire:
        wire.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        with HTTPResponse(wire, method=method) as response:
            response.begin()
            content = response.read()
            found = [(name.lower(), value) for name, value in response.getheaders()]
    return Answer(
        method,
        target.decode("latin-1"),
        dict(headers or {}),
        dict(cookies or {}),
        body.decode("latin-1"),
        response.status,
        found,
        content,
        time.monotonic() - began,
    )


def _octets(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")


def _connect(host: str, port: int, trust: ssl.SSLContext | None) -> socket.socket:
    wire = socket.create_connection((host, port), PATIENCE)
    if trust is None:
        return wire
    try:
        return trust.wrap_socket(wire, server_hostname=host)
    except OSError:
        wire.close()
        raise


def parameters_of(url: str) -> dict[str, str]:
    """Return the parameters of a URL's query."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def state_of(url: str) -> str:
    """Return the ``state`` of an authorization request or of a callback."""
    return parameters_of(url)["state"]
