"""Over real sockets, the standard library's own words let no secret out either."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from adapters.site import OWN, Clock
from admit.http_client import BlockingHttp
from admit.testing import FAULTS, serving
from admit.testing.faults.fault import TRANSPORT
from canaries.flows import signed_in
from canaries.marks import mark
from canaries.witness import Witness
from canaries.world import Provider, World

PLACES = ("token", "userinfo")
WAYS = [row[0] for row in TRANSPORT if row[0] != "gzip_bomb"]


@contextmanager
def over_a_socket(
    witness: Witness, *, tls: ssl.SSLContext | None = None, ca_file: str | None = None
) -> Iterator[World]:
    http_client = BlockingHttp(timeout=0.3, ca_file=ca_file)
    clock = Clock()
    with serving(Provider(witness, clock), tls=tls) as provider:
        assert isinstance(provider, Provider)
        yield World(
            witness, debug=True, stored=True, clock=clock, provider=provider, http=http_client
        )
    http_client.close()


def test_a_whole_flow_lets_no_secret_out(witness: Witness) -> None:
    with over_a_socket(witness) as site:
        browser = signed_in(site)
        site.clock.now += 3590
        assert browser.get("/token").status_code == 200
        browser.sign_out()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", PLACES)
def test_no_fault_on_the_way_lets_a_secret_out(witness: Witness, place: str, way: str) -> None:
    with over_a_socket(witness) as site:
        name = f"{place}.{way}"
        assert name in FAULTS
        site.provider.commit(name)
        browser = site.browser()
        browser.get(site.provider.callback(browser.begin()))


@pytest.mark.parametrize("subject", ["127.0.0.1", "another.test"])
@pytest.mark.parametrize("trusted", [True, False])
def test_no_certificate_lets_a_secret_out(
    witness: Witness, tmp_path: Path, subject: str, trusted: bool
) -> None:
    ca, other = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(subject).configure_cert(context)
    file = tmp_path / "ca.pem"
    (ca if trusted else other).cert_pem.write_to_path(str(file))
    with over_a_socket(witness, tls=context, ca_file=str(file)) as site:
        browser = site.browser()
        start = browser.get("/signin")
        if start.status_code == 303:
            browser.get(site.provider.callback(start.location))
            browser.post("/signout", OWN)


@contextmanager
def answering(answer: Callable[[bytes], bytes]) -> Iterator[int]:
    """Listen for one connection after another, and answer what comes first with *answer*."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            with connected:
                connected.sendall(answer(connected.recv(1 << 16)))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


#: What no HTTP is, made of the request: each ends in an exception of `http.client`'s.
BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "the request itself": bytes,
    "a status line": lambda sent: b"HTTP/1.1 " + sent.split(b"\r\n\r\n")[-1] + b"\r\n\r\n",
    "a version": lambda sent: b"HTTP/9 200 " + sent.split(b"\r\n\r\n")[-1] + b"\r\n\r\n",
    "a reason": lambda sent: b"HTTP/1.1 500 " + sent.split(b"\r\n\r\n")[-1] + b"\r\n\r\n",
    "a header": lambda sent: b"HTTP/1.1 200 OK\r\n" + sent[:200] + b"\r\n\r\n",
    "a length": lambda sent: b"HTTP/1.1 200 OK\r\ncontent-length: " + sent[-90:] + b"\r\n\r\n",
    "a chunk": lambda sent: b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + sent,
    "a long line": lambda sent: b"HTTP/1.1 200 " + sent * 300,
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_no_http_lets_no_secret_out(witness: Witness, how: str) -> None:
    clock, http_client = Clock(), BlockingHttp(timeout=2)
    provider = Provider(witness, clock)
    with answering(BROKEN[how]) as port, serving(provider):
        endpoint = f"http://127.0.0.1:{port}/v1/token"
        provider.metadata["token_endpoint"] = endpoint
        site = World(witness, debug=True, clock=clock, provider=provider, http=http_client)
        browser = site.browser()
        callback = provider.callback(browser.begin())
        witness.secrets.add("code", callback.partition("code=")[2].partition("&")[0])
        answer = browser.get(callback)
        assert answer.status_code in {502, 503}
    http_client.close()


@pytest.mark.parametrize(
    "proxy",
    [
        "http://name:{}@127.0.0.1:{}",
        "socks5://name:{}@127.0.0.1:{}",
        "name:{}@127.0.0.1:{}",
        "http://name:{}@nowhere.invalid:{}",
        "http://name:{}@127.0.0.1:port{}",
        "http://name:{}@[127.0.0.1:{}",
        "http://name:{}@127.0.0.1:1{}0000",
    ],
)
def test_a_proxy_lets_no_secret_out(
    witness: Witness, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    password = mark("proxy").translate(str.maketrans("+/='&", "-----"))
    witness.secrets.add("proxy_password", password)
    pair = base64.b64encode(f"name:{password}".encode()).decode()
    witness.secrets.add("proxy_password", pair)
    http_client = BlockingHttp(timeout=1)
    with answering(lambda sent: b"HTTP/1.1 407 " + sent) as port:
        monkeypatch.setenv("HTTPS_PROXY", proxy.format(password, port))
        site = World(witness, debug=True, http=http_client)
        assert site.browser().get("/signin").status_code in {502, 503, 504}
    http_client.close()
