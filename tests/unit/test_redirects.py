"""No redirect of the provider's is followed, wherever it leads."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from admit.blocking import BlockingLock
from admit.errors import SignInError
from admit.http_client import BlockingHttp
from admit.ports import HttpRequest, HttpResponse, run_sync
from admit.relying_party import RelyingParty
from admit.testing import MemoryProvider
from admit.token_grants import TokenGrants
from material import CLIENT


@contextmanager
def listening(answer: Callable[[HttpRequest], HttpResponse]) -> Iterator[int]:
    """Answer on a port of loopback."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = f"http://127.0.0.1{self.path}"
            headers = dict(self.headers)
            said = answer(HttpRequest(method=self.command, url=url, headers=headers, body=body))
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


ENDPOINTS = {
    "/.well-known/openid-configuration": "discovery.not_found",
    "/v1/keys": "jwks.malformed",
    "/v1/token": "token.malformed",
    "/v1/userinfo": "userinfo.refused",
    "/v1/revoke": "revocation.refused",
}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(("path", "code"), ENDPOINTS.items())
def test_a_redirect_is_told_and_never_followed(path: str, code: str, status: int) -> None:
    memory = MemoryProvider(now=lambda: int(time.time()))
    reached: list[str] = []

    def elsewhere(request: HttpRequest) -> HttpResponse:
        reached.append(request.url)
        return run_sync(memory.send(replace(request, url=memory.issuer + path)))

    def provider(request: HttpRequest) -> HttpResponse:
        if urlsplit(request.url).path == path:
            location = f"http://localhost:{other}{path}?token=secret"
            return HttpResponse(status=status, headers={"location": location}, body=b"Moved")
        return run_sync(memory.send(request))

    with listening(elsewhere) as other, listening(provider) as port:
        memory.issuer = f"http://127.0.0.1:{port}"
        http = BlockingHttp()
        party = RelyingParty(
            replace(CLIENT, issuer=memory.issuer, userinfo="always"),
            http=http,
            lock=BlockingLock,
            clock=lambda: int(time.time()),
            random=secrets.token_bytes,
        )
        grants = TokenGrants(party.client, party.provider, http, party.clock)

        def sign_in_and_give_up() -> None:
            request, url = run_sync(party.begin(return_to="/", parameters={}))
            signed_in = run_sync(party.complete(memory.authorize(url), request))
            run_sync(grants.revoke(signed_in.tokens))

        try:
            with pytest.raises(SignInError) as caught:
                sign_in_and_give_up()
        finally:
            http.close()

    assert not reached
    assert caught.value.code == code
    assert caught.value.cause == (
        "the endpoint answers with a redirect to 'localhost', which is not followed"
    )
    assert "secret" not in str(caught.value)
