"""How an endpoint answers, in what it says and in how that gets here.

May know: http_client, http_failures, ports, testing.signing.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from admit.http_client import read_answer
from admit.http_failures import explained
from admit.ports import HttpRequest, HttpResponse
from admit.testing.signing import encoded

FOUND, FIRST_ERROR = 302, 400
PIECE = 1 << 16
#: For `Answer.size`: a body that has no end.
ENDLESS = math.inf
#: What is sent, and for how many seconds nothing is before it.
Pieces = Iterator[tuple[float, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How an endpoint answers in place of, or around, its own answer.

    With a *body*, *redirect* or *reset*, or with an error for a status and no *change*, the
    endpoint does none of its work: a code stays good, a refresh token is not replaced.

    Attributes:
        status: In place of the endpoint's own.
        headers: Laid over the endpoint's own.
        body: In place of the endpoint's own, unless None. What is neither bytes nor text is sent
            as JSON. The content type stays, unless *headers* has another.
        change: Takes the endpoint's own JSON document, and returns what is sent in its place, as
            JSON unless it is bytes.
        delay: Seconds before the first byte.
        drip: Seconds before each byte of the body.
        drip_headers: Seconds before each byte of the status line and the headers.
        size: The body is filled up with blanks to so many bytes; `ENDLESS` is for ever.
        cut_after: The connection is closed after so many bytes of a body of which more were
            promised.
        reset: The connection is reset, without any answer.
        redirect: For ``Location``; the status is then 302 unless given.
        gzip: The body is compressed, and says so. Its *size* is that before.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    change: Callable[[dict[str, Any]], object] | None = None
    delay: float = 0
    drip: float = 0
    drip_headers: float = 0
    size: float | None = None
    cut_after: int | None = None
    reset: bool = False
    redirect: str | None = None
    gzip: bool = False

    @property
    def is_instead(self) -> bool:
        """Whether the endpoint does none of its work."""
        refuses = self.status is not None and self.status >= FIRST_ERROR and self.change is None
        return self.reset or self.redirect is not None or self.body is not None or refuses

    @property
    def is_calm(self) -> bool:
        """Whether the answer gets here whole and at once, so that only its content counts."""
        slow = self.delay or self.drip or self.drip_headers
        broken = self.reset or self.gzip or self.cut_after is not None or self.size is not None
        return not (slow or broken)

    def over(self, own: HttpResponse) -> HttpResponse:
        """Return the answer that is made of the endpoint's *own*."""
        headers = {**own.headers, **{name.lower(): text for name, text in self.headers.items()}}
        if self.redirect is not None:
            headers["location"] = self.redirect
        body = own.body
        if self.change is not None:
            body = encoded(self.change(json.loads(own.body)))
        elif self.is_instead:
            body = _content(self.body)
        status = FOUND if self.redirect is not None else own.status
        return HttpResponse(status=self.status or status, headers=headers, body=body)


#: An answer that changes nothing.
OWN = Answer()


def _content(body: object) -> bytes:
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else encoded(body)


def pieces(answer: Answer, response: HttpResponse) -> Pieces:
    """Return the bytes of *response* as *answer* sends them.

    Raises:
        ConnectionResetError: In place of a piece: the connection is to be reset.
    """
    if answer.reset:
        yield answer.delay, b""
        raise ConnectionResetError
    length, body = _body(answer, response.body)
    head = _head(response, length, gzipped=answer.gzip)
    yield answer.delay, b""
    if answer.drip_headers:
        yield from ((answer.drip_headers, bytes([byte])) for byte in head)
    else:
        yield 0, head
    left = math.inf if answer.cut_after is None else answer.cut_after
    for piece in body:
        taken = piece if len(piece) <= left else piece[: int(left)]
        left -= len(taken)
        if answer.drip:
            yield from ((answer.drip, bytes([byte])) for byte in taken)
        else:
            yield 0, taken
        if not left:
            return


def is_last(answer: Answer) -> bool:
    """Tell whether the connection ends with *answer*."""
    streamed = answer.size == ENDLESS or (answer.gzip and answer.size is not None)
    return answer.cut_after is not None or streamed


def _body(answer: Answer, own: bytes) -> tuple[int | None, Iterator[bytes]]:
    """Return how long the body is, None where its end is that of the connection, and its pieces."""
    if answer.size is None:
        body = gzip.compress(own) if answer.gzip else own
        return len(body), iter([body])
    filled = _filled(own, answer.size)
    if answer.gzip:
        return None, _zipped(filled)
    return None if answer.size == ENDLESS else max(int(answer.size), len(own)), filled


def _filled(own: bytes, size: float) -> Iterator[bytes]:
    yield own
    left = size - len(own)
    blanks = b" " * PIECE
    while left > 0:
        yield blanks if left >= PIECE else blanks[: int(left)]
        left -= PIECE


def _zipped(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Compress each piece by itself, and a piece that comes again only once (RFC 1951 3.2.4)."""
    total, check, known = 0, 0, dict[bytes, bytes]()
    yield b"\x1f\x8b\x08" + bytes(7)
    for part in parts:
        total, check = total + len(part), zlib.crc32(part, check)
        if part not in known:
            packer = zlib.compressobj(wbits=-15)
            known = {part: packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)}
        yield known[part]
    # An empty last block, then what RFC 1952 2.3.1 wants at the end.
    yield b"\x03\x00" + check.to_bytes(4, "little") + (total % 2**32).to_bytes(4, "little")


def _head(response: HttpResponse, length: int | None, *, gzipped: bool) -> bytes:
    known = {status.value: status.phrase for status in HTTPStatus}
    lines = [f"HTTP/1.1 {response.status} {known.get(response.status, '')}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    if gzipped:
        lines.append("content-encoding: gzip")
    lines.append("connection: close" if length is None else f"content-length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class _Line(io.RawIOBase):
    """What is sent, as a socket would give it, by a clock of its own that never waits."""

    def __init__(self, sent: Pieces, deadline: float) -> None:
        self._sent = sent
        self._left = deadline
        self._rest = b""

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            pause, self._rest = next(self._sent, (None, b""))
            if pause is None:
                return 0
            self._left -= pause
            if self._left < 0:
                raise TimeoutError
        taken = self._rest[: len(buffer)]
        self._rest = self._rest[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)


def heard(
    request: HttpRequest, answer: Answer, response: HttpResponse, deadline: float
) -> HttpResponse:
    """Return what `BlockingHttp` makes of *answer* within *deadline* seconds, without waiting.

    Raises:
        ProviderError: ``provider.unreachable``, ``.timeout``, ``.too_large`` or
            ``.broken_answer``.
    """
    if answer.is_calm:
        return response
    with explained(urlsplit(request.url)):
        line = _Line(pieces(answer, response), deadline)
        with HTTPResponse(line) as read:  # type: ignore[arg-type]
            read.begin()
            return read_answer(read)
