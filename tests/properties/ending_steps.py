"""Steps by which users sign out, and others try to sign them out."""

from __future__ import annotations

import re

from hypothesis import strategies as st
from hypothesis.stateful import rule

from adapters.site import NAVIGATION, OWN, Browser
from properties.attack_steps import AttackSteps
from properties.sign_in_steps import BROWSERS, browsers

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
        if how == "everywhere" and session is not None:
            world.sign_in(self.at((browser + 1) % BROWSERS), session.sub)
            session = world.model.may_be(visitor.cookies().get("admit"), world.now)
        elif copied:
            self.copy(visitor)
        data = {"only here": {"only": "app"}, "everywhere": {"everywhere": "yes"}}.get(how, {})
        if how == "by the application":
            world.visit(visitor, "/leave", may_end=True)
        elif how == "by a form's token":
            token = self._token_of(visitor)
            world.visit(visitor, "/signout", "POST", BARE, may_end=True, data={"token": token})
        else:
            answer = world.visit(visitor, "/signout", "POST", OWN, may_end=True, data=data)
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

    @rule(browser=browsers)
    def others_sign_nobody_out(self, browser: int) -> None:
        """What other sites send, and what proves nothing, ends nothing."""
        other = self.world.site.browser()
        self.world.sign_in(other, "bob")
        tokens = {"": "", "another's": self._token_of(other)}
        for method, headers, token in (
            ("GET", CROSS, ""),
            ("POST", CROSS, ""),
            ("POST", BARE, ""),
            ("POST", BARE, "another's"),
        ):
            visitor, session = self.signed_in(browser)
            data = {"token": tokens[token]}
            answer = self.world.visit(visitor, "/signout", method, headers, data=data)
            assert session is None or answer.status_code in {200, 403}
            self.world.look(visitor)
