"""How the token endpoint's answer gets here: late, in drops, cut, endless, by a stranger."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Any

from admit.testing import ENDLESS, Answer
from hostile.provider_side import (
    SILENCE,
    failed,
    growing_less_than,
    secure_provider,
    speaking,
    visited,
)
from hostile.registry import case, table
from hostile.wire import Answer as Shown
from hostile.world import World
from support import Authority

#: Seconds of ADMIT_HTTP_TIMEOUT where a row does not wait for the default.
SHORT = "1"
BOMB = 300e6


@table(
    {
        "TOK-10": (
            "half an answer, then the end",
            ("provider.broken_answer", 502, Answer(cut_after=40)),
        ),
        "TOK-11": ("the connection is reset", ("provider.unreachable", 503, Answer(reset=True))),
    }
)
def cut(world: World, way: tuple[str, int, Answer]) -> str:
    code, status, answer = way
    outcome = failed(world, code, status, token=answer)
    assert world.redeemed() == 1, "a code is sent once"
    return outcome


@case("TOK-41", "60 s of nothing, and one byte per half a second: with the default timeout")
def silent(world: World) -> str:
    return _slow(world, 7, (Answer(delay=SILENCE),))


@case("TOK-42", "one byte per half a second, of the body or of the headers")
def dripping(world: World) -> str:
    return _slow(world, 7, (Answer(drip=0.5), Answer(drip_headers=0.5)))


def _slow(world: World, timeout: int, answers: Iterable[Answer]) -> str:
    """Let several sign-ins wait at the same time."""
    waiting: list[threading.Thread] = []
    shown: list[Shown] = []
    for answer in answers:
        browser = world.browser()
        world.provider.bend(token=answer)
        url = browser.to_callback()
        waiting.append(threading.Thread(target=lambda b=browser, u=url: shown.append(b.get(u))))
    for thread in waiting:
        thread.start()
    # Meanwhile others sign in.
    other = world.browser()
    world.provider.bend()
    in_time = other.sign_in()
    world.signed_in(other, in_time)
    assert in_time.seconds < timeout - 2
    for thread in waiting:
        thread.join()
    for late in shown:
        outcome = world.failed(late, "provider.timeout", 504)
        assert late.seconds < timeout + 4
    assert len(shown) == len(waiting)
    return f"{outcome} after {max(late.seconds for late in shown):.0f} s; others sign in meanwhile"


@case("TOK-46", "the token endpoint's certificate is of an authority that nobody trusts")
def untrusted(world: World) -> str:
    provider = secure_provider(world)
    stranger = world.new_provider(tls=Authority().server())
    provider.metadata = {"token_endpoint": f"{stranger.issuer}/v1/token"}
    browser = world.browser()
    outcome = world.failed(visited(world, browser), "provider.tls", 502)
    assert not stranger.received
    assert not browser.is_signed_in()
    return f"{outcome}; nothing was sent"


@table(
    {
        "TOK-47": ("300 MB that are gzipped", Answer(gzip=True, size=BOMB)),
        "TOK-48": ("a body without an end", Answer(size=ENDLESS)),
        "TOK-x10": ("a body that says it has 300 MB", Answer(size=BOMB)),
    }
)
def bomb(world: World, answer: Answer) -> str:
    browser = world.browser()
    world.signed_in(browser, browser.sign_in())
    with growing_less_than(120):
        world.provider.bend(token=answer)
        other = world.browser()
        shown = other.sign_in()
    code = str(world.watch.event_of(shown).fields["code"])
    assert code in {"provider.too_large", "provider.broken_answer"}
    assert shown.seconds < 3
    return f"{world.failed(shown, code, 502)}, and nothing grew"


def chunked(parts: Iterable[bytes]) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for part in parts:
        yield b"%x\r\n%s\r\n" % (len(part), part)


def head(lines: Iterable[bytes]) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from lines


def answered(*parts: bytes) -> Callable[[], Iterable[bytes]]:
    return lambda: parts


_GZIP_OF_NOTHING = b"\x1f\x8b\x08\0\0\0\0\0\0\x03"
RAW: dict[str, tuple[str, tuple[Callable[[], Iterable[bytes]], float, set[str]]]] = {
    "TOK-x11": (
        "a chunk per 0.2 s, without an end",
        (lambda: chunked(repeat(b" ")), 0.2, {"provider.timeout"}),
    ),
    "TOK-x12": (
        "interim answers (1xx) without an end",
        (
            lambda: repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
            0,
            {"provider.timeout", "provider.broken_answer", "provider.too_large"},
        ),
    ),
    "TOK-x13": (
        "headers without an end",
        (lambda: head(repeat(b"X: y\r\n" * 50)), 0, {"provider.broken_answer"}),
    ),
    "TOK-x14": (
        "one header without an end",
        (lambda: head(repeat(b"x" * 4_096)), 0, {"provider.broken_answer", "provider.too_large"}),
    ),
    "TOK-x15": (
        "chunks without an end, and sizes of chunks that are none",
        (lambda: chunked(repeat(b" " * 65_536)), 0, {"provider.too_large"}),
    ),
}


@table(RAW)
def raw(world: World, way: tuple[Callable[[], Iterable[bytes]], float, set[str]]) -> str:
    parts, each, codes = way
    return _raw(world, parts, each, codes)


def _raw(world: World, parts: Callable[[], Iterable[bytes]], each: float, codes: set[str]) -> str:
    with speaking(parts, each) as url, growing_less_than(60):
        world.provider.metadata = {"token_endpoint": url}
        world.serve(ADMIT_HTTP_TIMEOUT=SHORT)
        browser = world.browser()
        answer = browser.sign_in()
        code = str(world.watch.event_of(answer).fields["code"])
        assert code in codes, code
        assert answer.seconds < 5
        assert not browser.is_signed_in()
        return world.failed(answer, code, answer.status)


@case("TOK-x16", "octets that are no HTTP, or say two things of their length")
def no_http(world: World) -> str:
    body = b"{}"
    ways: list[tuple[bytes, ...]] = [
        (b"\x16\x03\x01\x02\0\x01\0",),
        (b"SSH-2.0-OpenSSH_9.6\r\n",),
        (b"HTTP/1.1 2000 OK\r\n\r\n",),
        (b"HTTP/1.1 abc OK\r\n\r\n",),
        (b"HTTP/9.9 200 OK\r\n\r\n{}",),
        (b"\0" * 100_000,),
        (b"",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body,),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + body,),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 900\r\n\r\n" + body,),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n{}\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + _GZIP_OF_NOTHING,),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n" + body,),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + body,),
        (b"HTTP/1.1 204 No Content\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nX\xff\xfe: \xff\0\r\n\r\n" + body,),
    ]
    seen: dict[str, Any] = {}
    for parts in ways:
        with speaking(answered(*parts)) as url:
            world.provider.metadata = {"token_endpoint": url}
            world.serve(ADMIT_HTTP_TIMEOUT=SHORT)
            answer = world.browser().sign_in()
            code = str(world.watch.event_of(answer).fields["code"])
            assert code.startswith(("provider.", "token.")), (parts, code)
            assert answer.status in {400, 502, 503, 504}, (parts, answer.status)
            seen[code] = seen.get(code, 0) + 1
    return f"{len(ways)} ways: " + ", ".join(f"{seen[code]} {code}" for code in sorted(seen))
