from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from admit.dev_provider import Running, running
from admit.dev_provider.shelf import Shelf
from dev_provider.visitor import DEFAULT, Browser


def status_of(provider: Running, head: str) -> bytes:
    where = urlsplit(provider.url)
    assert where.hostname
    with socket.create_connection((where.hostname, where.port or 80), timeout=10) as connection:
        connection.sendall(f"{head}\r\nHost: {where.netloc}\r\n\r\n".encode())
        return connection.recv(65536).split(b"\r\n")[0]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Transfer-Encoding: chunked", b"411"),
        ("Content-Length: x", b"400"),
        ("Content-Length: -1", b"400"),
        ("Content-Length: 1\r\nContent-Length: 2", b"400"),
        ("Content-Length: 262145", b"413"),
        ("Content-Length: 99999999999999999999", b"413"),
    ],
)
def test_a_request_whose_end_is_uncertain_is_refused(
    provider: Running, header: str, status: bytes
) -> None:
    line = status_of(provider, f"POST {DEFAULT}/v1/token HTTP/1.1\r\n{header}")
    assert line.split(b" ")[1] == status
    assert Browser(provider).get(f"{DEFAULT}/v1/keys").status == 200


def test_head_has_no_body(provider: Running) -> None:
    answer = Browser(provider).send("HEAD", f"{DEFAULT}/v1/keys")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("path", ["/v1/par", "/v1/device/authorize"])
def test_what_the_metadata_lists_and_the_provider_does_not_do_is_refused(
    browser: Browser, path: str
) -> None:
    answer = browser.send("POST", DEFAULT + path, {})
    assert (answer.status, answer.json()["error"]) == (400, "access_denied")


def test_the_home_page_says_who_is_signed_in(browser: Browser) -> None:
    assert "Nobody is signed in here" in browser.get("/").text
    browser.tokens("bob")
    assert "bob@example.com" in browser.get("/").text


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer ü"])
def test_userinfo_asks_for_an_access_token_of_its_own(browser: Browser, authorization: str) -> None:
    answer = browser.get(f"{DEFAULT}/v1/userinfo", Authorization=authorization)
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_two_providers_run_side_by_side_and_end_with_their_contexts() -> None:
    with running() as one, running() as other:
        assert one.issuer != other.issuer
        assert Browser(one).get("/__dev/state").json()["issuers"][0] == one.issuer
    with pytest.raises(ConnectionRefusedError):
        Browser(one).get("/")


def test_a_shelf_keeps_the_newest_and_the_first_of_a_key() -> None:
    shelf: Shelf[int] = Shelf(ttl=60, most=2)
    assert [shelf.put_once("a", 1), shelf.put_once("a", 2)] == [None, 1]
    shelf.put("b", 3)
    shelf.put_once("c", 4)
    assert shelf.values() == [3, 4]
    assert shelf.get("a") is None
