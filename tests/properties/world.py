"""What browsers do, each answer held against the model."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from werkzeug.test import TestResponse

from adapters.site import NAVIGATION, Browser, asked
from admit.codes import CODES
from properties.bent import USERS, Redemption
from properties.model import Attempt, Response, Vouched
from properties.stage import Stage

CALLBACK = "/authorization-code/callback"
BASE = "http://localhost:5000"
#: Seconds after which nothing remembers that the provider was away, or that a key was missing.
FORGOTTEN = 200


class World(Stage):
    """The stage, and what browsers do on it."""

    def __init__(self, *, stored: bool, browsers: int) -> None:
        super().__init__(stored=stored, browsers=browsers)
        self._tried: set[tuple[str, int]] = set()

    def visit(
        self,
        browser: Browser,
        url: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        *,
        may_end: bool = False,
        **more: Any,
    ) -> TestResponse:
        """Open a page, and hold the answer against the model.

        Args:
            browser: Whose cookies go along.
            url: Of the page.
            method: Of the request.
            headers: Those of a navigation, unless they are given.
            may_end: The page may sign the user out.
            **more: What Flask's test client takes.
        """
        before, events = browser.cookies(), len(self.site.events)
        redeemed = len(self.provider.redeemed)
        answer = browser.open(url, method, headers or NAVIGATION, **more)
        self._check_answer(answer, events)
        self._check_redemptions()
        new = {n: t for n, t in browser.cookies().items() if before.get(n) != t}
        if answer.status_code == 303 and answer.location.startswith(self.provider.issuer):
            [(name, text)] = [(n, t) for n, t in new.items() if n.startswith("admit-attempt-")]
            self._begun(name, text, answer.location, url)
        elif any(name.startswith("admit-attempt-") for name in new):
            raise AssertionError("an attempt without a sign-in")
        if "admit" not in browser.cookies() and not may_end:
            assert self.model.must_be(before.get("admit"), self.now) is None, "signed out"
        if "admit" in new:
            given = parse_qs(urlsplit(url).query) if url.startswith(CALLBACK) else {}
            self._explain(before, new["admit"], given, self.provider.redeemed[redeemed:])
        return answer

    def _check_answer(self, answer: TestResponse, events: int) -> None:
        status = answer.status_code
        assert status < 500 or status in {501, 502, 503, 504}, status
        if answer.location is not None:
            places = (BASE + "/", self.provider.issuer + "/v1/")
            assert answer.location == BASE or answer.location.startswith(places), answer.location
        if status >= 400:
            codes = {event.fields.get("code") for event in self.site.events[events:]}
            assert codes & CODES.keys(), (status, answer.text)

    def _check_redemptions(self) -> None:
        """See that no attempt has brought two codes to the provider."""
        for verifier, times in self.provider.tried.items():
            assert times == 1, "redeemed twice"
            assert (verifier, self.model.here) not in self._tried, "redeemed twice"
            self._tried.add((verifier, self.model.here))
        self.provider.tried.clear()

    def _begun(self, name: str, text: str, location: str, url: str) -> None:
        wanted = dict(parse_qsl(urlsplit(url).query)).get("next", "")
        self.model.begin(
            Attempt(
                name=name,
                text=text,
                state=asked(location)["state"],
                url=location,
                return_to=wanted,
                began=self.machine(),
                secret=self.model.secrets[0],
            )
        )

    def _explain(
        self,
        before: dict[str, str],
        text: str,
        given: dict[str, list[str]],
        redeemed: list[Redemption],
    ) -> None:
        """See that a new session's cookie is one of an attempt that this browser brought back."""
        former = self.model.may_be(before.get("admit"), self.now)
        if not given:
            assert former is not None, "a session from nowhere"
            assert not self.model.stored, "its cookie stays as it is"
            self.model.use(before["admit"], text, self.now)
            return
        [state], [code], [redemption] = given["state"], given["code"], redeemed
        attempt = self.model.held(before, state)
        assert attempt is not None, "another browser's attempt"
        assert self.model.is_good(attempt, before, self.machine()), "an attempt that is over"
        assert redemption.bent is None, redemption.bent
        assert (redemption.state, redemption.code) == (state, code), "another attempt's code"
        since = self.now - max(self.machine() - attempt.began, 0)
        names = [f"sub {redemption.sub}", f"sid {redemption.sid}"]
        # In the very second of the end, it may have begun before or after.
        assert not self.model.is_marked(names, since + 1, self.now), "it was ended meanwhile"
        session = Vouched(redemption.sub, redemption.sid, attempt, self.now, since)
        self.model.start(text, session, self.now)
        self.model.end(former)

    def look(self, browser: Browser) -> None:
        """See that the browser is who the model says, on a page that tells the user."""
        text = browser.cookies().get("admit")
        may, must = self.model.may_be(text, self.now), self.model.must_be(text, self.now)
        answer = self.visit(browser, "/profile")
        if answer.status_code != 200:
            assert answer.status_code == 303
            assert must is None, "signed out by nobody"
            return
        assert may is not None, "signed in, though the session must be over"
        assert text is not None
        user = USERS[may.sub]
        assert answer.text == f"{user['name']}|{user['email']}|{may.sub}"
        if text == browser.cookies()["admit"]:
            self.model.use(text, text, self.now)

    def begin(self, browser: Browser, wanted: str = "") -> Attempt | None:
        """Begin a sign-in; None where it is refused."""
        query = {"prompt": "login", **({"next": wanted} if wanted else {})}
        answer = self.visit(browser, f"/signin?{urlencode(query)}")
        if answer.status_code != 303:
            return None
        state = asked(answer.location)["state"]
        return self.model.held(browser.cookies(), state)

    def authorize(self, attempt: Attempt, user: str) -> Response:
        code, sid = self.provider.authorize_as(user, attempt.url)
        return Response(attempt, code, user, sid)

    def bring(
        self, browser: Browser, parameters: dict[str, str | list[str]], attempt: Attempt
    ) -> TestResponse:
        """Bring a response to *attempt* back, changed or not."""
        before = browser.cookies()
        answer = self.visit(browser, f"{CALLBACK}?{urlencode(parameters, doseq=True)}")
        if before.get(attempt.name) == attempt.text and parameters.get("state") == attempt.state:
            attempt.brought.add(self.model.here)
        return answer

    def bring_honestly(self, browser: Browser, response: Response) -> None:
        """Bring a response back to where it belongs: in calm times that signs the user in."""
        attempt, cookies = response.attempt, browser.cookies()
        since = self.now - max(self.machine() - attempt.began, 0)
        names = [f"sub {response.user}", f"sid {response.sid}"]
        must = (
            self.is_calm
            and cookies.get(attempt.name) == attempt.text
            and self.model.is_good(attempt, cookies, self.machine())
            and response.code in self.provider._codes
            and not self.model.is_marked(names, since, self.now)
        )
        answer = self.bring(browser, {"state": attempt.state, "code": response.code}, attempt)
        if must:
            session = self.model.sessions.get(browser.cookies().get("admit", ""))
            assert answer.status_code == 303, answer.text
            assert session is not None
            assert (session.sub, session.attempt) == (response.user, attempt)
            place = attempt.return_to if re.match(r"/[a-z]", attempt.return_to) else "/"
            assert answer.location == BASE + place

    def sign_in(self, browser: Browser, user: str, wanted: str = "") -> Response | None:
        """Sign a user in from the beginning to the end."""
        attempt = self.begin(browser, wanted)
        if attempt is None:
            return None
        response = self.authorize(attempt, user)
        self.bring_honestly(browser, response)
        return response
