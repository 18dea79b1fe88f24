"""Steps that end sessions from elsewhere, and that renew them: the provider, the application."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule

from adapters.site import Browser
from admit.ports import HttpResponse
from admit.testing.provider import JSON
from properties.bent import REFRESHES, USERS
from properties.ending_steps import BARE, ON_ITS_WAY, EndingSteps
from properties.model import Vouched
from properties.sign_in_steps import browsers, users

COMING_BACK = 120
NAMES = ("sub", "sid", "both")
REFUSED = HttpResponse(status=400, headers=JSON, body=b'{"error": "invalid_grant"}')
LOGOUTS: dict[str, dict[str, Any]] = {
    "other aud": {"aud": "another-client"},
    "other iss": {"iss": "https://evil.test"},
    "no event": {"events": None},
    "with a nonce": {"nonce": "n"},
    "expired": {"iat": 1_700_000_000, "exp": 1_700_000_120},
    "no jti": {"jti": None},
    "stranger": {},
    "alg none": {},
    "an ID Token": {"events": None, "nonce": "n"},
}
logout_tokens = Bundle("logout_tokens")


def _bent(answer: str) -> dict[str, Any]:
    """Return how the provider is bent to answer a refresh so."""
    if answer in {"other aud", "stranger", "alg none"}:
        return {"bend": answer}
    claims: dict[str, dict[str, Any] | None] = {
        "other sub": {"sub": "mallory"},
        "other iss": {"iss": "https://evil.test"},
        "wrong nonce": {"nonce": "n" * 43},
        "other auth_time": {"auth_time": 1},
        "no ID Token": None,
    }
    if answer == "away":
        return {"away": True}
    return (
        {"answers": {"/v1/token": REFUSED}}
        if answer == "refused"
        else {"refreshed": claims.get(answer, {})}
    )


class StoredSteps(EndingSteps):
    """What only sessions in a store can do."""

    stored = True

    @rule(browser=browsers, answers=st.lists(st.sampled_from(sorted(REFRESHES)), max_size=4))
    def use_access_tokens(self, browser: int, answers: list[str]) -> None:
        """The token is the user's own; another user's ends the session."""
        for answer in answers:
            visitor, session = self.signed_in(browser)
            self.world.true.now += 290
            self.nobody_is_signed_in_who_should_not_be()
            self._use_an_access_token(visitor, session, answer)

    def _use_an_access_token(self, visitor: Browser, session: Vouched | None, answer: str) -> None:
        world, provider = self.world, self.world.provider
        asked, events = provider.requests["/v1/token"], len(world.site.events)
        with world.bent(**_bent(answer)):
            page = world.visit(visitor, "/token", may_end=True)
        is_asked = provider.requests["/v1/token"] > asked
        is_ended = "session.ended" in world.site.names()[events:]
        if world.is_calm:
            assert is_ended == (is_asked and REFRESHES[answer])
        if is_ended:
            world.model.end(session)
        if page.status_code == 200:
            assert session is not None
            assert provider.owners[page.text] == session.sub

    @rule(target=logout_tokens, browser=browsers, names=st.sampled_from(NAMES), again=st.booleans())
    def provider_ends(self, browser: int, names: str, *, again: bool) -> Any:
        """The provider's logout token ends what it names, once."""
        raw = self._end("honest", names, *self._names_of(browser))
        if raw is None:
            return multiple()
        if again:
            self.replay_a_logout_token(raw)
        return raw

    @rule(browser=browsers, names=st.sampled_from(NAMES))
    def others_end_nothing(self, browser: int, names: str) -> None:
        for kind in LOGOUTS:
            self._end(kind, names, *self._names_of(browser))

    def _names_of(self, browser: int) -> tuple[str, str]:
        _, session = self.signed_in(browser)
        return (session.sub, session.sid) if session else ("alice", "sid-of-nobody")

    def _end(self, kind: str, names: str, sub: str, sid: str) -> str | None:
        """Post a logout token, and return it unless it may be good another time."""
        world = self.world
        named = {"sub": {"sub": sub}, "sid": {"sid": sid}, "both": {"sub": sub, "sid": sid}}
        claims = {**named[names], **LOGOUTS.get(kind, {})}
        raw, is_calm = self._logout_token(kind, claims), world.is_calm
        status = self._post(raw)
        if kind != "honest":
            assert status != 200
            return raw
        assert status == 200 or not is_calm
        if status != 200:
            return None
        if names == "sub":
            world.model.end_all(f"sub {sub}", world.now, ON_ITS_WAY)
        else:
            world.model.end_all(f"sid {sid}", world.now, ON_ITS_WAY, claims.get("sub", ""))
        return raw

    @rule(browser=browsers, user=users, names=st.sampled_from(NAMES))
    def provider_ends_what_is_on_its_way(self, browser: int, user: str, names: str) -> None:
        attempt = self.world.begin(self.at(browser))
        if attempt is not None:
            response = self.world.authorize(attempt, user)
            self.world.true.now += 1
            self._end("honest", names, user, response.sid)
            self.world.bring_honestly(self.at(browser), response)

    def _logout_token(self, kind: str, claims: dict[str, Any]) -> str:
        provider = self.world.provider
        raw = provider.logout_token(**claims)
        if kind == "an ID Token":
            whole = {"iss": provider.issuer, "aud": provider.client_id, **claims}
            return provider.sign({**whole, "iat": provider.now(), "exp": provider.now() + 600})
        return provider.forged(kind, raw) if kind in {"stranger", "alg none"} else raw

    def _post(self, raw: str) -> int:
        path, data = "/backchannel-logout", {"logout_token": raw}
        return self.world.visit(self.at(0), path, "POST", BARE, data=data).status_code

    @rule(raw=logout_tokens)
    def replay_a_logout_token(self, raw: str) -> None:
        """None is taken twice, and what was never good is not now."""
        assert self._post(raw) != 200

    @rule(browser=browsers, own=st.booleans())
    def provider_shows_a_frame(self, browser: int, *, own: bool) -> None:
        """The front channel ends the one session that it names."""
        world = self.world
        _, session = self.signed_in(browser)
        sid = session.sid if session else "sid-of-nobody"
        iss = world.provider.issuer if own else "https://evil.test"
        page = world.visit(
            self.at(browser), "/frontchannel-logout", query_string={"iss": iss, "sid": sid}
        )
        assert page.status_code == (200 if own else 400)
        if own:
            world.model.end_all(f"sid {sid}", world.now, COMING_BACK)

    @rule(user=st.sampled_from([*sorted(USERS), "all"]), by=st.sampled_from(["sub", "email"]))
    def application_ends(self, user: str, by: str) -> None:
        world = self.world
        with world.site.app.app_context():
            if user == "all":
                world.site.sign_in.end_all_sessions()
                world.model.end_all("all", world.now)
                return
            if by == "sub":
                world.site.sign_in.end_sessions(sub=user)
            else:
                world.site.sign_in.end_sessions(email=USERS[user]["email"].upper())
        world.model.end_all(f"sub {user}", world.now, ON_ITS_WAY)
