"""An answer does what it says: in memory at once, and on a socket for real."""

from __future__ import annotations

import gzip
import time
from contextlib import suppress

import pytest

from admit.errors import ProviderError
from admit.ports import HttpResponse
from admit.testing import ENDLESS, Answer
from admit.testing.answers import pieces
from testing.conftest import PATIENT, Asker, raw

KEYS = "/v1/keys"
FAILURES = {
    "late": (Answer(delay=30), "provider.timeout"),
    "a body that drips": (Answer(drip=0.02), "provider.timeout"),
    "headers that drip": (Answer(drip_headers=0.02), "provider.timeout"),
    "an endless body that drips": (Answer(size=ENDLESS, drip=0.01), "provider.timeout"),
    "reset": (Answer(reset=True), "provider.unreachable"),
    "reset late": (Answer(reset=True, delay=0.01), "provider.unreachable"),
    "cut": (Answer(cut_after=5), "provider.broken_answer"),
    "cut at once": (Answer(cut_after=0), "provider.broken_answer"),
    "large": (Answer(size=2 << 20), "provider.too_large"),
    "endless": (Answer(size=ENDLESS), "provider.too_large"),
}


@pytest.mark.parametrize(("answer", "code"), FAILURES.values(), ids=FAILURES)
def test_what_breaks_on_the_way_fails_alike_in_memory_and_on_a_socket(
    asker: Asker, answer: Answer, code: str
) -> None:
    asker.provider.bend(keys=answer)
    late = code == "provider.timeout"
    with asker.waiting(0.3 if late else PATIENT), pytest.raises(ProviderError) as caught:
        asker.get(KEYS)
    assert caught.value.code == code
    asker.provider.bend()
    assert asker.get(KEYS).status == 200


def test_in_memory_nobody_waits(memory: Asker) -> None:
    memory.provider.bend(keys=Answer(delay=3600))
    began = time.monotonic()
    with pytest.raises(ProviderError):
        memory.get(KEYS)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "answer",
    [
        Answer(delay=0.05),
        Answer(drip=0.0001),
        Answer(size=1000),
        Answer(cut_after=1 << 20),
        Answer(gzip=True),
    ],
    ids=["late", "dripping", "filled up", "cut behind its end", "compressed"],
)
def test_what_arrives_in_time_is_an_answer(asker: Asker, answer: Answer) -> None:
    own = asker.get(KEYS).body
    asker.provider.bend(keys=answer)
    got = asker.get(KEYS)
    assert got.status == 200
    assert got.body.rstrip() == own
    assert len(got.body) == max(len(own), 1000 if answer.size else 0)


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (Answer(status=503), 503, b""),
        (Answer(status=201), 201, None),
        (Answer(body=b"\xff"), 200, b"\xff"),
        (Answer(body="caf\u00e9"), 200, b"caf\xc3\xa9"),
        (Answer(body=[1, None]), 200, b"[1, null]"),
        (Answer(status=500, change=lambda _: 7), 500, b"7"),
        (Answer(redirect="https://elsewhere.test/"), 302, b""),
        (Answer(redirect="https://elsewhere.test/", status=307), 307, b""),
    ],
)
def test_the_content_of_an_answer(
    asker: Asker, answer: Answer, status: int, body: bytes | None
) -> None:
    own = asker.get(KEYS).body
    asker.provider.bend(keys=answer)
    got = asker.get(KEYS)
    assert (got.status, got.body) == (status, own if body is None else body)
    assert got.headers.get("location") == answer.redirect


def test_headers_are_laid_over_the_endpoints_own(asker: Asker) -> None:
    asker.provider.bend(keys=Answer(headers={"Content-Type": "text/html", "X-More": "1"}))
    headers = asker.get(KEYS).headers
    assert (headers["content-type"], headers["x-more"]) == ("text/html", "1")


def test_a_document_is_changed(asker: Asker) -> None:
    asker.provider.bend(keys=Answer(change=lambda document: {**document, "more": 1}))
    assert b'"more": 1' in asker.get(KEYS).body


@pytest.mark.parametrize(
    ("answer", "works"),
    [
        (Answer(status=500), False),
        (Answer(body="no"), False),
        (Answer(reset=True), False),
        (Answer(redirect="/"), False),
        (Answer(status=500, change=lambda d: d), True),
        (Answer(cut_after=3), True),
        (Answer(delay=60), True),
    ],
)
def test_a_refusal_leaves_the_code_good(memory: Asker, answer: Answer, works: bool) -> None:
    memory.provider.bend(token=answer)
    code = memory.code()
    with suppress(ProviderError):
        memory.redeem(code)
    assert (code in memory.provider._codes) is not works


def test_on_the_socket_a_cut_body_promises_more(served: Asker) -> None:
    served.provider.bend(keys=Answer(cut_after=7))
    head, _, body = raw(served, KEYS).partition(b"\r\n\r\n")
    assert body == b'{"keys"'
    assert int(head.split(b"content-length: ")[1].split(b"\r\n")[0]) > 400


def test_on_the_socket_a_compressed_body_can_be_read(served: Asker) -> None:
    served.provider.bend(keys=Answer(gzip=True, size=5000))
    head, _, body = raw(served, KEYS).partition(b"\r\n\r\n")
    assert b"content-encoding: gzip" in head
    assert len(gzip.decompress(body)) == 5000


def test_on_the_socket_an_endless_body_goes_on(served: Asker) -> None:
    served.provider.bend(keys=Answer(size=ENDLESS))
    assert len(raw(served, KEYS, count=3 << 20)) >= 3 << 20


def test_on_the_socket_a_reset_is_a_reset(served: Asker) -> None:
    served.provider.bend(keys=Answer(reset=True))
    with pytest.raises(ConnectionResetError):
        raw(served, KEYS)


def test_each_byte_that_drips_waits() -> None:
    response = HttpResponse(status=200, body=b"abc")
    sent = list(pieces(Answer(delay=4, drip=2, drip_headers=1), response))
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n"
    assert sent[0] == (4, b"")
    assert b"".join(piece for _, piece in sent) == head + b"abc"
    assert sum(pause for pause, _ in sent) == 4 + len(head) + 3 * 2
    assert max(len(piece) for _, piece in sent) == 1
