"""Steps that end sessions, and that renew them: by users, the provider, the application."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule

from adapters.site import NAVIGATION, OWN
from admit.ports import HttpResponse
from admit.testing.provider import JSON
from properties.bent import REFRESHES, USERS
from properties.sign_in_steps import BROWSERS, SignInSteps, browsers, users

CROSS = {**NAVIGATION, "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}
#: No header tells where the form was.
BARE = {"Accept": "text/html"}
COMING_BACK, ON_ITS_WAY = 120, 3600
SIGN_OUTS = ("own", "only here", "everywhere", "by the application", "by a form's token")
REFUSED = HttpResponse(status=400, headers=JSON, body=b'{"error": "invalid_grant"}')
LOGOUTS: dict[str, dict[str, Any]] = {
    "honest": {},
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


class EndingSteps(SignInSteps):
    """Signing out, wherever sessions are kept."""

    @rule(browser=browsers, how=st.sampled_from(SIGN_OUTS))
    def sign_out(self, browser: int, how: str) -> None:
        """Whoever signs out is out, and so is each copy that this process or the store knows."""
        world, visitor = self.world, self.at(browser)
        text = visitor.cookies().get("admit")
        session = world.model.may_be(text, world.now)
        data = {"only here": {"only": "app"}, "everywhere": {"everywhere": "yes"}}.get(how, {})
        if how == "by the application":
            world.visit(visitor, "/leave")
        elif how == "by a form's token":
            token = self._token_of(browser)
            world.visit(visitor, "/signout", "POST", BARE, data={"token": token})
        else:
            answer = world.visit(visitor, "/signout", "POST", OWN, data=data)
            if answer.status_code == 501:
                assert not self.stored
                assert how == "everywhere"
                return
        if how == "everywhere" and session is not None:
            world.model.end_all(f"sub {session.sub}", world.now, ON_ITS_WAY)
        world.model.end(session)
        assert session is None or "admit" not in visitor.cookies()

    def _token_of(self, browser: int) -> str:
        """Return what the sign-out page of a browser has in its form."""
        page = self.world.visit(self.at(browser), "/signout").text
        found = re.search(r'name="?token"? value="?([A-Za-z0-9_-]+)', page)
        return found[1] if found else ""

    @rule(browser=browsers, how=st.sampled_from(["cross", "bare", "another's token", "link"]))
    def sign_out_by_somebody_else(self, browser: int, how: str) -> None:
        """What other sites send, and what proves nothing, ends nothing."""
        visitor, token = self.at(browser), ""
        if how == "another's token":
            other = (browser + 1) % BROWSERS
            token = self._token_of(other)
            if self._session(browser) is self._session(other):
                return
        method, headers = ("GET", CROSS) if how == "link" else ("POST", BARE)
        headers = CROSS if how == "cross" else headers
        answer = self.world.visit(visitor, "/signout", method, headers, data={"token": token})
        assert answer.status_code in {200, 303, 403}

    def _session(self, browser: int) -> object:
        return self.world.model.may_be(self.at(browser).cookies().get("admit"), self.world.now)


class StoredSteps(EndingSteps):
    """What only sessions in a store can do: end from elsewhere, call APIs."""

    stored = True

    @rule(browser=browsers, answer=st.sampled_from(sorted(REFRESHES)), other=users)
    def use_an_access_token(self, browser: int, answer: str, other: str) -> None:
        """The token is the user's own; another user's ends the session."""
        world, provider = self.world, self.world.provider
        text = self.at(browser).cookies().get("admit")
        session = world.model.may_be(text, world.now)
        bent: dict[str, Any] = {"bend": answer if answer in {"other aud", "stranger", "alg none"}
                                else None}  # fmt: skip
        if answer == "away":
            bent["away"] = True
        if answer == "refused":
            bent["answers"] = {"/v1/token": REFUSED}
        claims = {
            "other sub": {"sub": other},
            "other iss": {"iss": "https://evil.test"},
            "wrong nonce": {"nonce": "n" * 43},
            "other auth_time": {"auth_time": 1},
        }
        bent["refreshed"] = None if answer == "no ID Token" else claims.get(answer, {})
        asked, events = provider.requests["/v1/token"], len(world.site.events)
        with world.bent(**bent):
            page = world.visit(self.at(browser), "/token")
        is_asked = provider.requests["/v1/token"] > asked
        is_same = answer == "other sub" and session is not None and other == session.sub
        is_ended = "session.ended" in world.site.names()[events:]
        if world.is_calm:
            assert is_ended == (is_asked and REFRESHES[answer] and not is_same)
        if is_ended:
            world.model.end(session)
        if page.status_code == 200:
            assert session is not None
            assert provider.owners[page.text] == session.sub

    @rule(
        target=logout_tokens,
        kind=st.sampled_from(sorted(LOGOUTS)) | st.just("honest"),
        browser=browsers,
        user=users,
        names=st.sampled_from(["sub", "sid", "both"]),
    )
    def provider_ends(self, kind: str, browser: int, user: str, names: str) -> Any:
        """The provider's logout token ends what it names; nothing else ends anything."""
        world = self.world
        session = world.model.sessions.get(self.at(browser).cookies().get("admit", ""))
        sub, sid = (session.sub, session.sid) if session else (user, "sid-of-nobody")
        named = {"sub": {"sub": sub}, "sid": {"sid": sid}, "both": {"sub": sub, "sid": sid}}
        claims = {**named[names], **LOGOUTS[kind]}
        raw = self._logout_token(kind, claims)
        is_calm = world.is_calm
        status = self._post(raw, browser)
        if kind != "honest":
            assert status != 200
        elif is_calm:
            assert status == 200
        if status == 200:
            if "sid" in claims:
                owner = claims.get("sub", "")
                world.model.end_all(f"sid {sid}", world.now, ON_ITS_WAY, owner)
            else:
                world.model.end_all(f"sub {sub}", world.now, ON_ITS_WAY)
        return multiple() if kind == "honest" and status != 200 else raw

    def _logout_token(self, kind: str, claims: dict[str, Any]) -> str:
        provider = self.world.provider
        raw = provider.logout_token(**claims)
        if kind == "an ID Token":
            whole = {"iss": provider.issuer, "aud": provider.client_id, **claims}
            return provider.sign({**whole, "iat": provider.now(), "exp": provider.now() + 600})
        return provider.forged(kind, raw) if kind in {"stranger", "alg none"} else raw

    def _post(self, raw: str, browser: int) -> int:
        path, data = "/backchannel-logout", {"logout_token": raw}
        return self.world.visit(self.at(browser), path, "POST", BARE, data=data).status_code

    @rule(browser=browsers, raw=logout_tokens)
    def replay_a_logout_token(self, browser: int, raw: str) -> None:
        """None is taken twice, and what was never good is not now."""
        assert self._post(raw, browser) != 200

    @rule(browser=browsers, own=st.booleans())
    def provider_shows_a_frame(self, browser: int, *, own: bool) -> None:
        """The front channel ends the one session that it names."""
        world = self.world
        session = world.model.sessions.get(self.at(browser).cookies().get("admit", ""))
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
            named = user if by == "sub" else USERS[user]["email"].upper()
            world.site.sign_in.end_sessions(**{by: named})
        world.model.end_all(f"sub {user}", world.now, ON_ITS_WAY)
