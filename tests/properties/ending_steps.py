"""Steps by which users sign out, and others try to sign them out."""

from __future__ import annotations

import re

from hypothesis import strategies as st
from hypothesis.stateful import rule

from adapters.site import NAVIGATION, OWN, Browser
from properties.attack_steps import AttackSteps
from properties.sign_in_steps import browsers

CROSS = {**NAVIGATION, "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}
#: No header tells where the form was.
BARE = {"Accept": "text/html"}
#: Seconds for which what was ended keeps sign-ins from coming back that began before.
ON_ITS_WAY = 3600
SIGN_OUTS = ("own", "only here", "everywhere", "by the application", "by a form's token")


class EndingSteps(AttackSteps):
    """Signing out, wherever sessions are kept."""

    @rule(browser=browsers, how=st.sampled_from(SIGN_OUTS), copied=st.booleans())
    def sign_out(self, browser: int, how: str, *, copied: bool) -> None:
        """Whoever signs out is out, and so is each copy that this process or the store knows."""
        world = self.world
        visitor, session = self.signed_in(browser)
        if copied:
            thief = self.copy(visitor)
            if session is not None and how == "everywhere":
                world.sign_in(thief, session.sub)
                session = world.model.may_be(visitor.cookies().get("admit"), world.now)
        data = {"only here": {"only": "app"}, "everywhere": {"everywhere": "yes"}}.get(how, {})
        if how == "by the application":
            world.visit(visitor, "/leave")
        elif how == "by a form's token":
            token = self._token_of(visitor)
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

    def _token_of(self, browser: Browser) -> str:
        """Return what the sign-out page of a browser has in its form."""
        page = self.world.visit(browser, "/signout").text
        found = re.search(r'name="?token"? value="?([A-Za-z0-9_-]+)', page)
        return found[1] if found else ""

    @rule(browser=browsers, how=st.sampled_from(["cross", "bare", "another's token", "link"]))
    def sign_out_by_somebody_else(self, browser: int, how: str) -> None:
        """What other sites send, and what proves nothing, ends nothing."""
        visitor, session = self.signed_in(browser)
        token = ""
        if how == "another's token":
            other = self.world.site.browser()
            self.world.sign_in(other, "carol")
            token = self._token_of(other)
            assert token or not self.world.is_calm
        method, headers = ("GET", CROSS) if how == "link" else ("POST", BARE)
        headers = CROSS if how == "cross" else headers
        answer = self.world.visit(visitor, "/signout", method, headers, data={"token": token})
        assert session is None or answer.status_code in {200, 403}
