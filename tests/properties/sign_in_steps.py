"""Steps of signing in, in any order: honest, mixed up, forged, replayed, stolen."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from adapters.site import Browser
from properties.bent import ID_TOKENS, USERS
from properties.model import Attempt, Response
from properties.world import FORGOTTEN, World

BROWSERS = 3
browsers = st.integers(0, BROWSERS - 1)
users = st.sampled_from(sorted(USERS))
attempts = Bundle("attempts")
responses = Bundle("responses")
WANTED = ("", "/profile?x=1", "/plain", "//evil.test", "https://evil.test/", "/\\evil.test")
CHANGES: dict[str, dict[str, Any]] = {
    "denied": {"error": "access_denied", "code": ""},
    "error beside the code": {"error": "server_error", "error_description": "x"},
    "forged code": {"code": "code-0"},
    "unknown code": {"code": "forged"},
    "no code": {"code": ""},
    "long code": {"code": "c" * 5000},
    "odd code": {"code": "c\x00\u00fc"},
    "two codes": {"code": ["code-0", "code-1"]},
    "other state": {"state": "s" * 43},
    "no state": {"state": ""},
    "other iss": {"iss": "https://evil.test"},
    "silent": {"error": "login_required", "code": ""},
}
TAMPERS = ("flip", "cut", "longer", "swap", "no text")


class SignInSteps(RuleBasedStateMachine):
    """Browsers, users and whoever stands between them."""

    stored: ClassVar[bool]

    @initialize()
    def open_browsers(self) -> None:
        self.world = World(stored=self.stored, browsers=BROWSERS)

    def at(self, number: int) -> Browser:
        return self.world.browsers[number]

    @invariant()
    def nobody_is_signed_in_who_should_not_be(self) -> None:
        for browser in self.world.browsers:
            self.world.look(browser)

    def teardown(self) -> None:
        """See that an honest sign-in works once all faults are gone."""
        if not hasattr(self, "world"):
            return
        world = self.world
        world.provider.away, world.machine.drift = False, 0
        world.true.now += FORGOTTEN
        for browser, user in zip([*world.browsers, world.site.browser()], [*USERS, "alice"],
                                 strict=True):  # fmt: skip
            assert world.sign_in(browser, user) is not None
            world.look(browser)

    # --- honest ----------------------------------------------------------------------------------

    @rule(target=attempts, browser=browsers, wanted=st.sampled_from(WANTED))
    def begin(self, browser: int, wanted: str) -> Any:
        attempt = self.world.begin(self.at(browser), wanted)
        return multiple() if attempt is None else attempt

    @rule(target=responses, attempt=attempts, user=users)
    def authorize(self, attempt: Attempt, user: str) -> Response:
        return self.world.authorize(attempt, user)

    @rule(browser=browsers, response=responses)
    def bring(self, browser: int, response: Response) -> None:
        """Bring it where it belongs, or elsewhere, or once more."""
        self.world.bring_honestly(self.at(browser), response)

    @rule(response=responses)
    def bring_to_its_own(self, response: Response) -> None:
        for browser in self.world.browsers:
            if browser.cookies().get(response.attempt.name) == response.attempt.text:
                self.world.bring_honestly(browser, response)

    @rule(target=responses, browser=browsers, user=users, wanted=st.sampled_from(WANTED))
    def sign_in(self, browser: int, user: str, wanted: str) -> Any:
        response = self.world.sign_in(self.at(browser), user, wanted)
        return multiple() if response is None else response

    @rule(browser=browsers)
    def come_to_sign_in(self, browser: int) -> None:
        """Whoever is signed in is not sent to the provider."""
        self.world.visit(self.at(browser), "/signin?next=/plain")

    # --- attacks ---------------------------------------------------------------------------------

    @rule(target=responses, browser=browsers, user=users, bend=st.sampled_from(ID_TOKENS))
    def sign_in_with_a_bent_token(self, browser: int, user: str, bend: str) -> Any:
        """The model lets nobody in by what is bent."""
        with self.world.bent(bend=bend):
            return self._sign_in_badly(browser, user)

    @rule(target=responses, browser=browsers, user=users)
    def sign_in_with_the_userinfo_of_somebody_else(self, browser: int, user: str) -> Any:
        with self.world.bent(other_userinfo=True):
            return self._sign_in_badly(browser, user)

    def _sign_in_badly(self, browser: int, user: str) -> Any:
        attempt = self.world.begin(self.at(browser))
        if attempt is None:
            return multiple()
        response = self.world.authorize(attempt, user)
        parameters: dict[str, Any] = {"state": attempt.state, "code": response.code}
        self.world.bring(self.at(browser), parameters, attempt)
        return response

    @rule(browser=browsers, one=responses, other=responses)
    def mix(self, browser: int, one: Response, other: Response) -> None:
        """Bring the state of one attempt with the code of another."""
        parameters: dict[str, Any] = {"state": one.attempt.state, "code": other.code}
        self.world.bring(self.at(browser), parameters, one.attempt)

    @rule(browser=browsers, users=st.tuples(users, users))
    def mix_fresh(self, browser: int, users: tuple[str, str]) -> None:
        """Inject the code of somebody's own attempt into that of a victim."""
        victim, thief = self.at(browser), self.at((browser + 1) % BROWSERS)
        own, theirs = self.world.begin(victim), self.world.begin(thief)
        if own is not None and theirs is not None:
            one, other = (self.world.authorize(a, u) for a, u in zip((own, theirs), users,
                                                                    strict=True))  # fmt: skip
            self.mix(browser, one, other)

    @rule(browser=browsers, response=responses, change=st.sampled_from(sorted(CHANGES)))
    def bring_changed(self, browser: int, response: Response, change: str) -> None:
        honest = {"state": response.attempt.state, "code": response.code}
        bent = {name: value for name, value in {**honest, **CHANGES[change]}.items() if value}
        self.world.bring(self.at(browser), bent, response.attempt)

    @rule(victim=browsers, thief=browsers, what=st.sampled_from(["session", "attempts", "all"]))
    def steal(self, victim: int, thief: int, what: str) -> None:
        """Copy cookies into another browser."""
        for name, text in self.at(victim).cookies().items():
            kind = "session" if name == "admit" else "attempts"
            if what in {kind, "all"}:
                self._put(thief, name, text)

    @rule(browser=browsers, how=st.sampled_from(TAMPERS), seed=st.integers(0, 2**16))
    def tamper(self, browser: int, how: str, seed: int) -> None:
        cookies = {name: text for name, text in self.at(browser).cookies().items() if text}
        if not cookies:
            return
        names = sorted(cookies)
        name = names[seed % len(names)]
        text, place = cookies[name], seed // 8 % len(cookies[name])
        other = cookies[names[(seed + 1) % len(names)]]
        changed = {
            "flip": text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :],
            "cut": text[:place],
            "longer": text + "A",
            "swap": other,
            "no text": "",
        }
        self._put(browser, name, changed[how])

    def _put(self, browser: int, name: str, text: str) -> None:
        self.at(browser).client.set_cookie(name, text, domain="localhost")

    # --- the world turns -------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 31, 90, 290, 599, 600, 1300, 3000, 3600]))
    def wait(self, seconds: int) -> None:
        self.world.true.now += seconds

    @rule(drift=st.sampled_from([-45, 0, 45]))
    def set_the_clock(self, drift: int) -> None:
        """Set the application's clock forward or back."""
        self.world.machine.drift = drift

    @rule(overlap=st.booleans())
    def rotate_the_provider(self, *, overlap: bool) -> None:
        self.world.rotate_provider(overlap=overlap)

    @precondition(lambda self: not self.world.provider.away)
    @rule()
    def provider_goes_away(self) -> None:
        self.world.provider.away = True

    @precondition(lambda self: self.world.provider.away)
    @rule()
    def provider_comes_back(self) -> None:
        self.world.provider.away = False
        self.world.trouble()

    @rule(how=st.sampled_from(["restart", "rotate", "drop"]))
    def start_the_application_anew(self, how: str) -> None:
        """With the same secrets, one more, or without the old ones."""
        secrets = self.world.model.secrets
        if how == "rotate":
            secrets = [max(secrets) + 1, *secrets[:2]]
        self.world.restart(secrets[:1] if how == "drop" else secrets)
