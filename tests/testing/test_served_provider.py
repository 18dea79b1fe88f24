"""The provider on a socket: what it tells browsers, what it remembers, and how it ends."""

from __future__ import annotations

import gc
import re
import socket
import threading
import time
import warnings
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from admit.errors import ProviderError
from admit.http_client import BlockingHttp
from admit.ports import HttpRequest, HttpResponse, run_sync
from admit.strict_json import parse_object
from admit.testing import Answer, MemoryProvider, serving
from support import Authority
from testing.conftest import REDIRECT_URI, VERIFIER, Asker


def ask(served: Asker, url: str, body: bytes | None = None) -> HttpResponse:
    method = "GET" if body is None else "POST"
    return run_sync(served.http.send(HttpRequest(method=method, url=url, body=body)))


def asked(location: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(location).query)


def test_the_issuer_is_the_url_while_it_is_served() -> None:
    provider = MemoryProvider()
    former = provider.issuer
    with serving(provider) as running:
        assert running is provider
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/oauth2/default", provider.issuer)
    assert provider.issuer == former


def test_a_whole_sign_in_over_the_socket(served: Asker) -> None:
    document = parse_object(served.get("/.well-known/openid-configuration").body)
    assert document["issuer"] == served.provider.issuer
    answer = ask(served, served.url())
    assert answer.status == 302
    assert answer.headers["location"].startswith(f"{REDIRECT_URI}?")
    came = asked(answer.headers["location"])
    assert came["state"] == ["the-state"]
    tokens = parse_object(served.redeem(came["code"][0]).body)
    assert parse_object(served.get("/v1/userinfo", tokens["access_token"]).body)["sub"] == "00u1"


def test_an_authorization_request_may_be_posted(served: Asker) -> None:
    query = urlsplit(served.url()).query.encode()
    answer = ask(served, f"{served.provider.issuer}/v1/authorize", query)
    assert "code" in asked(answer.headers["location"])


def test_a_form_is_posted_where_the_client_asks_for_one(served: Asker) -> None:
    served.provider.bend(response={"iss": '"><script>'})
    answer = ask(served, served.url(response_mode="form_post"))
    assert answer.status == 200
    text = answer.body.decode()
    assert f'action="{REDIRECT_URI}"' in text
    assert dict(re.findall(r'name="(\w+)" value="([^"]*)"', text)) == {
        "code": "code-0",
        "state": "the-state",
        "iss": "&quot;&gt;&lt;script&gt;",
    }


@pytest.mark.parametrize("query", ["", "client_id=other&redirect_uri=x", "client_id=client"])
def test_a_stranger_is_not_sent_back(served: Asker, query: str) -> None:
    assert ask(served, f"{served.provider.issuer}/v1/authorize?{query}").status == 400


@pytest.mark.parametrize(
    ("query", "status", "location"),
    [
        ("", 200, None),
        ("post_logout_redirect_uri=http://x/", 302, "http://x/"),
        ("post_logout_redirect_uri=http://x/&state=s%20t", 302, "http://x/?state=s+t"),
        ("post_logout_redirect_uri=http://x/?a=b&state=s", 302, "http://x/?a=b&state=s"),
    ],
)
def test_a_sign_out_leads_back(
    served: Asker, query: str, status: int, location: str | None
) -> None:
    for answer in (
        ask(served, f"{served.provider.issuer}/v1/logout?{query}"),
        ask(served, f"{served.provider.issuer}/v1/logout", query.encode()),
    ):
        assert (answer.status, answer.headers.get("location")) == (status, location)


def test_what_there_is_not_is_not_found(asker: Asker) -> None:
    assert asker.get("/nowhere").status == 404


def test_the_provider_remembers_what_came(asker: Asker) -> None:
    asker.redeem(asker.code())
    [came] = asker.provider.received
    assert (came.method, came.path) == ("POST", "/v1/token")
    assert came.form["code_verifier"] == VERIFIER
    assert came.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asker.provider.requests["/v1/token"] == 1
    assert VERIFIER not in repr(came)


def test_every_secret_is_remembered(asker: Asker) -> None:
    code = asker.code()
    tokens = parse_object(asker.redeem(code).body)
    fresh = parse_object(asker.refresh(tokens["refresh_token"]).body)
    asker.get("/v1/userinfo", fresh["access_token"])
    secrets = set(asker.provider.secrets)
    assert {"the-state", "the-nonce", code, VERIFIER, "Basic eDp5", "y"} <= secrets
    for answer in (tokens, fresh):
        assert {answer[f"{kind}_token"] for kind in ("id", "access", "refresh")} <= secrets
    assert f"Bearer {fresh['access_token']}" in secrets
    assert asker.provider.logout_token(sub="x") in asker.provider.secrets
    assert "openid" not in secrets


@pytest.mark.parametrize("credentials", ["Basic !", "Basic /w==", "Basic", "Bearer x"])
def test_broken_credentials_are_remembered_as_they_came(memory: Asker, credentials: str) -> None:
    url, headers = f"{memory.provider.issuer}/v1/keys", {"Authorization": credentials}
    run_sync(memory.provider.send(HttpRequest(method="GET", url=url, headers=headers)))
    assert (credentials in memory.provider.secrets) is (" " in credentials)


@pytest.mark.parametrize(
    "answer",
    [Answer(drip=30), Answer(delay=30), Answer(drip_headers=30)],
    ids=["drip", "delay", "headers"],
)
def test_the_end_is_at_once_and_nothing_is_left(answer: Answer) -> None:
    before = threading.active_count()
    http = BlockingHttp(timeout=0.2)
    with serving(MemoryProvider()) as provider:
        provider.bend(keys=answer)
        with pytest.raises(ProviderError):
            Asker(provider, http).get("/v1/keys")
        idle = socket.create_connection(("127.0.0.1", int(urlsplit(provider.issuer).port or 0)))
        url = provider.issuer
        began = time.monotonic()
    assert time.monotonic() - began < 15
    assert threading.active_count() == before
    assert idle.recv(1) == b"", "the connection was closed"
    idle.close()
    port = int(urlsplit(url).port or 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize(
    "line", [b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nno header\r\n\r\n"]
)
def test_what_is_no_request_ends_the_connection_alone(served: Asker, line: bytes) -> None:
    port = int(urlsplit(served.provider.issuer).port or 0)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connected:
        connected.sendall(line)
        connected.shutdown(socket.SHUT_WR)
        while connected.recv(1000):
            pass
    assert served.get("/v1/keys").status == 200


def test_the_connection_is_kept_open(served: Asker) -> None:
    threads = []
    for _ in range(3):
        served.get("/v1/keys")
        threads.append(threading.active_count())
    assert len(set(threads)) == 1


def test_an_exception_for_good_resets_the_connection(served: Asker) -> None:
    served.provider.answers["/v1/keys"] = ProviderError("provider.timeout")
    with pytest.raises(ProviderError) as caught:
        served.get("/v1/keys")
    assert caught.value.code == "provider.unreachable"


def test_the_provider_speaks_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority.pem")
    trusting, strange = BlockingHttp(ca_file=authority.file), BlockingHttp()
    with serving(MemoryProvider(), tls=authority.server()) as provider:
        assert provider.issuer.startswith("https://127.0.0.1:")
        with pytest.raises(ProviderError) as caught:
            Asker(provider, strange).get("/v1/keys")
        assert caught.value.code == "provider.tls"
        assert Asker(provider, trusting).get("/v1/keys").status == 200
        provider.bend(keys=Answer(reset=True))
        with pytest.raises(ProviderError) as caught:
            Asker(provider, trusting).get("/v1/keys")
        assert caught.value.code == "provider.unreachable"
    trusting.close()


def test_a_client_that_is_thrown_away_closes_its_connections_first(served: Asker) -> None:
    """Else the collector finds open sockets, and a test that knows nothing of them fails."""
    first = BlockingHttp()
    Asker(served.provider, first).get("/v1/keys")
    # Younger than its connection, and in a circle: the collector takes the connection first.
    late = BlockingHttp()
    late._idle.update(first._idle)
    first._idle.clear()
    vars(late)["itself"] = late
    del late
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gc.collect()
    assert not [str(warning.message) for warning in told]


def test_the_provider_remembers_where_browsers_came(served: Asker) -> None:
    issuer = served.provider.issuer
    ask(served, served.url())
    ask(served, f"{issuer}/v1/logout", b"id_token_hint=a.b.c&state=s")
    assert [(came.method, came.path) for came in served.provider.received] == [
        ("GET", "/v1/authorize"),
        ("POST", "/v1/logout"),
    ]
    assert served.provider.received[0].form["redirect_uri"] == REDIRECT_URI
    assert served.provider.requests["/v1/logout"] == 1
    assert "a.b.c" in served.provider.secrets


@pytest.mark.parametrize("path", ["/v1/authorize", "/v1/logout"])
def test_a_page_may_be_away(served: Asker, path: str) -> None:
    served.provider.answers[path] = Answer(status=503)
    assert ask(served, served.url()).status == (503 if path == "/v1/authorize" else 302)
    assert ask(served, f"{served.provider.issuer}/v1/logout").status == (
        503 if path == "/v1/logout" else 200
    )
