"""A provider that misbehaves at a refresh: what becomes of the page, the session and its token."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from admit.protocol.id_token import CLOCK_CODES
from admit.stores.memory import MemoryStore
from interop.conftest import App, Peer
from interop.test_faults import PAGE, arm, call, is_signed_in, sign_in

LIVES, ENDS = True, False


class Clock:
    """Of the application and its store: it can be put forward."""

    ahead = 0

    def __call__(self) -> int:
        return int(time.time()) + self.ahead


@dataclass
class Visit:
    """A signed-in browser whose access token has just ended."""

    app: App
    client: FlaskClient
    clock: Clock

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, base_url=self.app.url, headers=headers or PAGE)

    def refresh_token(self) -> str:
        return str(self.get("/refresh-token").text)

    def codes(self) -> list[str]:
        """Return the codes of refreshes that went wrong."""
        wrong = [*self.app.told("refresh.refused"), *self.app.told("refresh.failed")]
        return [str(fields["code"]) for fields in wrong]


@pytest.fixture
def visit(mock_server: Peer) -> Visit:
    clock = Clock()
    app = App(mock_server, store=MemoryStore(clock), clock=clock, http_timeout=2)
    client = app.flask.test_client()
    arm(mock_server, "short")
    assert sign_in(app, client) == (303, "signin.ok")
    clock.ahead = 10
    return Visit(app, client, clock)


def test_without_a_fault_the_token_is_renewed(visit: Visit) -> None:
    kept = visit.refresh_token()
    assert visit.get("/token").status_code == 200
    assert visit.refresh_token() != kept
    assert visit.codes() == []


@pytest.mark.parametrize("fault", ["no-refresh-token", "no-id-token", "both"])
def test_what_a_provider_need_not_send_is_kept(visit: Visit, mock_server: Peer, fault: str) -> None:
    kept = visit.refresh_token()
    for one in ("no-refresh-token", "no-id-token") if fault == "both" else (fault,):
        arm(mock_server, one)

    assert visit.get("/token").status_code == 200

    assert (visit.refresh_token() == kept) is (fault != "no-id-token")
    assert is_signed_in(visit.app, visit.client)


@pytest.mark.parametrize(
    ("fault", "code", "status", "lives"),
    [
        ("sub-other", "refresh.sub_mismatch", 303, ENDS),
        ("sub-gone", "refresh.sub_mismatch", 303, ENDS),
        ("iss-other", "refresh.iss_mismatch", 303, ENDS),
        ("token-grant", "refresh.invalid_grant", 303, ENDS),
        ("token-error-200", "refresh.invalid_grant", 303, ENDS),
        ("aud-other", "id_token.aud_mismatch", 303, LIVES),
        ("nonce-other", "refresh.nonce_mismatch", 303, LIVES),
        ("expired", "id_token.expired", 503, LIVES),
        ("iat-future", "id_token.iat_in_future", 503, LIVES),
        ("at-hash-other", "id_token.at_hash_mismatch", 303, LIVES),
        ("signed-by-stranger", "id_token.signature", 303, LIVES),
        ("payload-changed", "id_token.signature", 303, LIVES),
        ("alg-none", "id_token.alg", 303, LIVES),
        ("no-access-token", "token.access_token_missing", 303, LIVES),
        ("type-mac", "token.token_type", 303, LIVES),
        ("token-429-grant", "provider.rate_limited", 503, LIVES),
        ("token-429", "provider.rate_limited", 503, LIVES),
        ("token-500", "provider.unavailable", 503, LIVES),
        ("token-html", "token.malformed", 502, LIVES),
        ("token-refused", "token.invalid_client", 502, LIVES),
        ("token-hangs-up", "provider.unreachable", 503, LIVES),
        ("token-silent", "provider.timeout", 503, LIVES),
    ],
)
def test_a_fault_at_a_refresh_ends_the_session_only_where_it_must(
    visit: Visit, mock_server: Peer, fault: str, code: str, status: int, *, lives: bool
) -> None:
    kept = visit.refresh_token()
    arm(mock_server, fault)

    answer = visit.get("/token")

    assert (answer.status_code, visit.codes()) == (status, [code])
    assert is_signed_in(visit.app, visit.client) is lives
    if not lives:
        back = call("GET", answer.location).getheader("Location", "")
        landed = visit.get(back.removeprefix(visit.app.url))
        assert (landed.status_code, landed.location) == (303, f"{visit.app.url}/token")
    else:
        # What a wrong clock alone refuses is not thrown away with the rest.
        assert (visit.refresh_token() == kept) is (code not in CLOCK_CODES)
        visit.clock.ahead += 10
    assert visit.get("/token").status_code == 200, "it was for once"


def test_a_script_is_told_to_sign_in_where_the_session_cannot_be_renewed(
    visit: Visit, mock_server: Peer
) -> None:
    arm(mock_server, "token-grant")
    script = {"Accept": "application/json", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    answer = visit.get("/token", **script)
    assert (answer.status_code, answer.is_json) == (401, True)
    assert visit.get("/token", **script).status_code == 401


def test_a_provider_that_fails_is_left_alone_for_seconds(visit: Visit, mock_server: Peer) -> None:
    arm(mock_server, "token-500")
    assert [visit.get("/token").status_code for _ in range(3)] == [503, 503, 503]
    assert visit.codes() == ["provider.unavailable"], "it was asked once"
    assert visit.get("/token").headers["Retry-After"] == "5"
