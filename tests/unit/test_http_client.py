"""The transport, on real sockets."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from admit.blocking import BlockingLock
from admit.errors import ProviderError
from admit.http_client import LARGEST_BODY, MOST_IDLE, BlockingHttp
from admit.http_encoding import decoded
from admit.ports import HttpRequest, HttpResponse, run_sync
from support import Authority

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Script = Callable[[socket.socket], None]


class Server:
    """A server on loopback that does with the n-th connection what the n-th script says."""

    def __init__(self, scripts: list[Script], context: ssl.SSLContext | None) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self._scripts = scripts
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self.port}/path"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        workers = []
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                break
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            worker = threading.Thread(target=self._run, args=(script, accepted), daemon=True)
            worker.start()
            workers.append(worker)

    def _run(self, script: Script, accepted: socket.socket) -> None:
        with suppress(OSError):
            if self._context is not None:
                accepted = self._context.wrap_socket(accepted, server_side=True)
            with accepted:
                script(accepted)

    def read(self, connection: socket.socket) -> bool:
        """Read one request, and tell whether there was one."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return False
            data += part
        self.requests.append(data)
        return True

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def serving(
    *scripts: Callable[[Server, socket.socket], None], context: ssl.SSLContext | None = None
) -> Iterator[Server]:
    server: Server

    def bound(script: Callable[[Server, socket.socket], None]) -> Script:
        return lambda connection: script(server, connection)

    server = Server([bound(script) for script in scripts], context)
    try:
        yield server
    finally:
        server.close()


def answering(answer: bytes) -> Callable[[Server, socket.socket], None]:
    def script(server: Server, connection: socket.socket) -> None:
        while server.read(connection):
            connection.sendall(answer)

    return script


def answering_once(answer: bytes) -> Callable[[Server, socket.socket], None]:
    def script(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(answer)

    return script


def closing(server: Server, connection: socket.socket) -> None:
    server.read(connection)


def answering_then_dying_at_the_next(server: Server, connection: socket.socket) -> None:
    server.read(connection)
    connection.sendall(OK)
    server.read(connection)


CLIENTS: list[BlockingHttp] = []


def client(*, timeout: float = 8.0, ca_file: str | None = None) -> BlockingHttp:
    """Return a client that is closed after the test."""
    CLIENTS.append(BlockingHttp(timeout=timeout, ca_file=ca_file))
    return CLIENTS[-1]


@pytest.fixture(autouse=True)
def _close_clients() -> Iterator[None]:
    yield
    while CLIENTS:
        CLIENTS.pop().close()


def get(http: BlockingHttp, url: str, method: str = "GET") -> HttpResponse:
    body = b"code=1" if method == "POST" else None
    return run_sync(http.send(HttpRequest(method=method, url=url, body=body)))


def refused(http: BlockingHttp, url: str, method: str = "GET") -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        get(http, url, method)
    assert caught.value.__cause__ is None
    return caught.value


def test_an_answer_comes_back_whole_with_headers_in_lower_case() -> None:
    answer = b"HTTP/1.1 404 No\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 2\r\n\r\nno"
    with serving(answering(answer)) as server:
        response = get(client(), server.url + "?a=b")

    assert (response.status, response.body) == (404, b"no")
    assert response.headers["x-one"] == "1, 2"
    first, *lines = server.requests[0].decode().split("\r\n")
    assert first == "GET /path?a=b HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}" in lines
    assert "Accept-Encoding: identity" in lines
    assert any(line.startswith("User-Agent: admit/") for line in lines)
    assert not [line for line in lines if line.lower().startswith(("origin", "cookie"))]


def test_a_connection_is_kept_and_used_again() -> None:
    with serving(answering(OK)) as server:
        http = client()
        for method in ("GET", "POST", "POST"):
            get(http, server.url, method)

    assert (server.connections, len(server.requests)) == (1, 3)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\n\r\nok",
    ],
    ids=["connection-close", "http-1.0"],
)
def test_a_connection_that_the_provider_ends_is_not_kept(answer: bytes) -> None:
    with serving(answering_once(answer)) as server:
        http = client()
        assert get(http, server.url).body == b"ok"
        assert get(http, server.url).body == b"ok"

    assert server.connections == 2


def test_a_chunked_answer_is_read_and_its_connection_kept() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
    with serving(answering(chunked)) as server:
        http = client()
        assert get(http, server.url).body == get(http, server.url).body == b"ok"

    assert server.connections == 1


def test_a_connection_closed_while_idle_is_noticed_before_a_post_is_sent() -> None:
    with serving(answering_once(OK), answering(OK)) as server:
        http = client()
        get(http, server.url)
        [(connection, _)] = next(iter(http._idle.values()))
        until(connection.wire.is_readable)
        get(http, server.url, "POST")

    assert (server.connections, len(server.requests)) == (2, 2)


def until(condition: Callable[[], bool]) -> None:
    """Wait for *condition* by asking the system, at most five seconds."""
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "it never came"
        os.sched_yield()


def test_a_get_on_a_connection_that_died_is_sent_once_more() -> None:
    with serving(answering_then_dying_at_the_next, answering(OK)) as server:
        http = client()
        get(http, server.url)
        assert get(http, server.url).body == b"ok"

    assert (server.connections, len(server.requests)) == (2, 3)


def test_a_post_is_never_sent_twice() -> None:
    with serving(answering_then_dying_at_the_next, answering(OK)) as server:
        http = client()
        get(http, server.url)
        error = refused(http, server.url, "POST")

    assert error.code == "provider.unreachable"
    assert len([text for text in server.requests if text.startswith(b"POST")]) == 1


def test_no_redirect_is_followed() -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with serving(answering(answer)) as server:
        assert get(client(), server.url).status == 302
    assert len(server.requests) == 1


def dripping_headers(server: Server, connection: socket.socket) -> None:
    server.read(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    drip(connection, b"X-Filler: 1\r\n")


def dripping_body(server: Server, connection: socket.socket) -> None:
    server.read(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    drip(connection, b"x")


def silent(server: Server, connection: socket.socket) -> None:
    server.read(connection)
    connection.recv(1)


def drip(connection: socket.socket, data: bytes) -> None:
    connection.settimeout(0.02)
    for _ in range(1000):
        connection.sendall(data)
        with suppress(TimeoutError):
            if not connection.recv(1):
                return


@pytest.mark.parametrize("script", [dripping_headers, dripping_body, silent])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_an_exchange_ends_by_its_deadline_whatever_the_provider_does(
    script: Callable[[Server, socket.socket], None], tls: bool, authority: Authority
) -> None:
    context = authority.server() if tls else None
    with serving(script, context=context) as server:
        began = time.monotonic()
        error = refused(client(timeout=0.3, ca_file=authority.file), server.url)
        took = time.monotonic() - began

    assert (error.code, error.status) == ("provider.timeout", 504)
    assert took < 10


def test_a_handshake_that_never_ends_ends_by_the_deadline() -> None:
    def mute(_: Server, connection: socket.socket) -> None:
        connection.recv(65536)
        drip(connection, b"\x16")

    with serving(mute) as server:
        url = server.url.replace("http", "https")
        assert refused(client(timeout=0.3), url).code in {"provider.timeout", "provider.tls"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "provider.unreachable"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "provider.broken_answer"),
        (b"HTTP/1.1 abc\r\n\r\n", "provider.broken_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "provider.broken_answer"),
        *(
            (b"HTTP/1.1 200 OK\r\n" + lengths + b"\r\n\r\nok", "provider.broken_answer")
            for lengths in (
                b"Content-Length: 2\r\nContent-Length: 9",
                b"Content-Length: 2, 9",
                b"Content-Length: -1",
                b"Content-Length: +2",
                b"Content-Length: two",
            )
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok", "provider.broken_answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "provider.broken_answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101 + b"\r\n", "provider.broken_answer"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", "provider.broken_answer"),
        (b"HTTP/1.1 200 OK\r\n" + (b"A: " + b"b" * 9000 + b"\r\n") * 90, "provider.too_large"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "provider.broken_answer"),
        (b"HTTP/1.1 101 Switching\r\n\r\n", "provider.broken_answer"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (LARGEST_BODY + 1),
            "provider.too_large",
        ),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (LARGEST_BODY + 1), "provider.too_large"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n" + b"x" * 0x200000,
            "provider.too_large",
        ),
    ],
    ids=range(19),
)
def test_a_broken_answer_is_named(answer: bytes, code: str) -> None:
    with serving(answering_once(answer)) as server:
        assert refused(client(), server.url).code == code


def test_the_final_answer_after_an_interim_one_is_nobody_elses() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    with serving(answering(interim + OK), answering(OK)) as server:
        http = client()
        refused(http, server.url)
        get(http, server.url)

    assert server.connections == 2


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#: What comes before, and what comes again and again without an end.
ENDLESS = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"A: " + b"b" * 60_000 + b"\r\n"),
    "a header line": (b"HTTP/1.1 200 OK\r\nA: ", b"b" * 60_000),
    "the status line": (b"HTTP/1.1 200 ", b"O" * 60_000),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "headers of an interim answer": (b"HTTP/1.1 100 Continue\r\n", b"A: b\r\n" * 1000),
    "a chunk's extension": (CHUNKED + b"1;", b"e" * 60_000),
    "chunks with extensions": (CHUNKED, b"1;" + b"e" * 60_000 + b"\r\na\r\n"),
    "empty extensions": (CHUNKED, b"1;a\r\nx\r\n" * 6000),
    "trailers": (CHUNKED + b"0\r\n", b"A: b\r\n" * 6000),
    "the body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 60_000),
    "chunks": (CHUNKED, b"ea60\r\n" + b"x" * 60_000 + b"\r\n"),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_what_comes_fast_and_without_an_end_is_cut_off_long_before_the_deadline(what: str) -> None:
    first, again = ENDLESS[what]
    sent = []

    def endless(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(first)
        while True:
            connection.sendall(again)
            sent.append(len(again))

    with serving(endless) as server:
        error = refused(client(timeout=8), server.url)

    assert error.code in {"provider.too_large", "provider.broken_answer"}
    # What the sockets' buffers hold of it comes on top.
    assert sum(sent) < 12 * LARGEST_BODY


DRIPPING = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a chunk's extension": (CHUNKED + b"1;", b"e"),
    "trailers": (CHUNKED + b"0\r\n", b"A: b\r\n"),
    "chunks": (CHUNKED, b"1\r\nx\r\n"),
}


@pytest.mark.parametrize("what", DRIPPING)
def test_what_drips_without_an_end_is_cut_off_by_the_deadline(what: str) -> None:
    first, again = DRIPPING[what]

    def dripping(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(first)
        drip(connection, again)

    with serving(dripping) as server:
        began = time.monotonic()
        # Too many headers may come before the end of the time.
        assert refused(client(timeout=0.3), server.url).code == "provider.timeout"
        assert time.monotonic() - began < 10


def test_headers_of_sixty_kilobytes_pass() -> None:
    lines = b"".join(b"A%d: %s\r\n" % (number, b"b" * 6000) for number in range(10))
    head = b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 2\r\n\r\n"
    with serving(answering(head + b"ok")) as server:
        http = client()
        assert get(http, server.url).body == get(http, server.url).body == b"ok"

    assert server.connections == 1


TEXT = b'{"issuer": "https://provider.test"}'


def raw_deflate(plain: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(plain) + stream.flush()


def encoded(body: bytes, encoding: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), "GZip "),
        (gzip.compress(TEXT), "x-gzip"),
        (zlib.compress(TEXT), "deflate"),
        (raw_deflate(TEXT), "deflate"),
        (TEXT, "identity"),
        (TEXT, ""),
    ],
    ids=range(7),
)
def test_a_body_that_comes_compressed_unasked_is_read_all_the_same(
    body: bytes, encoding: str
) -> None:
    with serving(answering(encoded(body, encoding))) as server:
        http = client()
        assert get(http, server.url).body == get(http, server.url).body == TEXT

    assert server.connections == 1
    assert b"Accept-Encoding: identity" in server.requests[0]


def test_an_empty_body_needs_no_decompression() -> None:
    with serving(answering(encoded(b"", "gzip"))) as server:
        assert get(client(), server.url).body == b""


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (TEXT, "gzip", "broken_answer"),
        (TEXT, "deflate", "broken_answer"),
        (b"x", "deflate", "broken_answer"),
        (gzip.compress(TEXT)[:-1], "gzip", "broken_answer"),
        (gzip.compress(TEXT)[:12], "gzip", "broken_answer"),
        (gzip.compress(TEXT) + b"more", "gzip", "broken_answer"),
        (gzip.compress(TEXT) * 2, "gzip", "broken_answer"),
        (gzip.compress(TEXT)[:-8] + bytes(8), "gzip", "broken_answer"),
        (zlib.compress(TEXT), "gzip", "broken_answer"),
        (gzip.compress(TEXT), "br", "broken_answer"),
        (gzip.compress(TEXT), "zstd", "broken_answer"),
        (gzip.compress(TEXT), '"quoted"', "broken_answer"),
        (gzip.compress(gzip.compress(TEXT)), "gzip, gzip", "broken_answer"),
        (gzip.compress(TEXT), "gzip\r\nContent-Encoding: gzip", "broken_answer"),
        (gzip.compress(bytes(LARGEST_BODY + 1)), "gzip", "too_large"),
        (zlib.compress(bytes(LARGEST_BODY + 1)), "deflate", "too_large"),
    ],
    ids=range(16),
)
def test_a_compressed_body_that_is_broken_or_too_large_is_named(
    body: bytes, encoding: str, code: str
) -> None:
    with serving(answering_once(encoded(body, encoding))) as server:
        assert refused(client(), server.url).code == f"provider.{code}"


def test_a_compressed_body_may_become_as_large_as_a_plain_one() -> None:
    with serving(answering_once(encoded(gzip.compress(bytes(LARGEST_BODY)), "gzip"))) as server:
        assert len(get(client(), server.url).body) == LARGEST_BODY


def test_of_a_bomb_no_more_than_the_limit_is_ever_made() -> None:
    stream = zlib.compressobj(9, wbits=31)
    bomb = b"".join(stream.compress(bytes(1 << 20)) for _ in range(300)) + stream.flush()
    assert len(bomb) < LARGEST_BODY
    tracemalloc.start()
    try:
        with pytest.raises(ProviderError) as caught:
            decoded(bomb, "gzip", LARGEST_BODY)
        assert tracemalloc.get_traced_memory()[1] < 8 * LARGEST_BODY
    finally:
        tracemalloc.stop()
    assert caught.value.code == "provider.too_large"


def test_an_answer_as_large_as_allowed_passes() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGEST_BODY
    with serving(answering(head + b"x" * LARGEST_BODY)) as server:
        assert len(get(client(), server.url).body) == LARGEST_BODY


def test_a_closed_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = refused(client(), f"http://127.0.0.1:{port}/")
    assert (error.code, error.status) == ("provider.unreachable", 503)
    assert "refused" in error.detail


def test_a_name_that_does_not_exist_is_unreachable() -> None:
    error = refused(client(), "https://no-such-host.invalid/")
    assert error.code == "provider.unreachable"
    assert "no-such-host.invalid" in error.detail


@pytest.mark.parametrize(
    "url", ["http://example.com/", "ftp://127.0.0.1/", "file:///etc/passwd", "http://10.0.0.1/"]
)
def test_plain_http_goes_to_loopback_only(url: str) -> None:
    assert refused(client(), url).code == "provider.insecure_url"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "ca.pem")


def test_https_works_with_an_authority_of_our_own_and_keeps_its_connection(
    authority: Authority,
) -> None:
    with serving(answering(OK), context=authority.server()) as server:
        http = client(ca_file=authority.file)
        assert get(http, server.url).body == get(http, server.url, "POST").body == b"ok"

    assert server.connections == 1


def test_an_unknown_authority_is_refused(authority: Authority) -> None:
    with serving(answering(OK), context=authority.server()) as server:
        error = refused(client(), server.url)

    assert error.code == "provider.tls"
    assert "ADMIT_CA_FILE" in error.hint
    assert not server.requests


def test_a_certificate_for_another_host_is_refused(authority: Authority) -> None:
    with serving(answering(OK), context=authority.server("other.test")) as server:
        error = refused(client(ca_file=authority.file), server.url)

    assert error.code == "provider.tls"
    assert "another host" in error.hint


def test_a_port_that_does_not_speak_tls_is_told_apart() -> None:
    def plain(_: Server, connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(plain) as server:
        error = refused(client(), server.url.replace("http", "https"))

    assert error.code == "provider.tls"
    assert "may not speak TLS" in error.hint


def test_a_file_of_authorities_that_is_missing_is_told(tmp_path: os.PathLike[str]) -> None:
    with serving(answering(OK)) as server:
        url = server.url.replace("http", "https")
        error = refused(client(ca_file=f"{tmp_path}/none.pem"), url)

    assert (error.code, error.hint) == ("provider.tls", "correct ADMIT_CA_FILE")


def test_many_threads_keep_only_so_many_connections() -> None:
    with serving(answering(OK)) as server:
        http = client()
        gate = threading.Barrier(20)

        def work() -> None:
            gate.wait()
            for _ in range(5):
                get(http, server.url)

        threads = [threading.Thread(target=work) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = sum(map(len, http._idle.values()))

    assert len(server.requests) == 100
    assert 1 <= kept <= MOST_IDLE


def test_a_forked_process_opens_a_connection_of_its_own() -> None:
    with serving(answering(OK)) as server:
        http = client()
        get(http, server.url)
        child = os.fork()
        if child == 0:
            try:
                ok = get(http, server.url).body == b"ok"
            except BaseException:  # noqa: BLE001 - a child must not go on as a second test run
                ok = False
            os._exit(0 if ok else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        get(http, server.url)

    assert server.connections == 2


def test_a_lock_is_given_back() -> None:
    lock = BlockingLock()

    async def use() -> None:
        async with lock:
            pass

    run_sync(use())
    run_sync(use())


# --- proxies -----------------------------------------------------------------------------------


def tunnelling(port: int, status: bytes = b"200 OK") -> Callable[[Server, socket.socket], None]:
    """Return a proxy that opens a tunnel to *port*, whatever host it is asked for."""

    def script(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(b"HTTP/1.1 " + status + b"\r\n\r\n")
        if not status.startswith(b"200"):
            return
        with socket.create_connection(("127.0.0.1", port)) as onward:
            back = threading.Thread(target=pump, args=(onward, connection), daemon=True)
            back.start()
            pump(connection, onward)
            back.join()

    return script


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return monkeypatch


def test_a_proxy_of_the_environment_carries_https_in_a_tunnel(
    authority: Authority, no_proxies: pytest.MonkeyPatch
) -> None:
    context = authority.server("provider.test")
    with (
        serving(answering(OK), context=context) as server,
        serving(tunnelling(server.port)) as proxy,
    ):
        no_proxies.setenv("HTTPS_PROXY", f"http://user:p%40ss@127.0.0.1:{proxy.port}")
        http = client(ca_file=authority.file)
        for _ in range(2):
            assert get(http, "https://provider.test/path").body == b"ok"

    [connect] = proxy.requests
    assert connect.startswith(b"CONNECT provider.test:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpwQHNz\r\n" in connect
    assert b"Proxy-Authorization" not in b"".join(server.requests)


def test_a_proxy_that_refuses_is_named_without_its_password(
    no_proxies: pytest.MonkeyPatch,
) -> None:
    with serving(tunnelling(0, b"407 Proxy Authentication Required")) as proxy:
        no_proxies.setenv("HTTPS_PROXY", f"http://user:secret@127.0.0.1:{proxy.port}")
        error = refused(client(), "https://provider.test/")

    assert error.code == "provider.unreachable"
    assert "407" in error.detail
    assert "secret" not in str(error)


def test_no_proxy_and_loopback_go_straight(no_proxies: pytest.MonkeyPatch) -> None:
    no_proxies.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with serving(answering(OK)) as server:
        assert get(client(), server.url).body == b"ok"
    no_proxies.setenv("NO_PROXY", ".invalid")
    assert "was not found" in refused(client(), "https://host.invalid/").detail


def test_a_proxy_of_another_kind_is_refused_with_the_fix(no_proxies: pytest.MonkeyPatch) -> None:
    no_proxies.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    error = refused(client(), "https://provider.test/")
    assert "http:// proxy" in error.hint
