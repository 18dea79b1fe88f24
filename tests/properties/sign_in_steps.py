"""Steps of honest users, and of the world around them."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from adapters.site import Browser
from properties.bent import USERS
from properties.model import ABSOLUTE, Attempt, Response, Vouched
from properties.stage import FORGOTTEN
from properties.world import World

BROWSERS = 3
browsers = st.integers(0, BROWSERS - 1)
users = st.sampled_from(sorted(USERS))
attempts = Bundle("attempts")
responses = Bundle("responses")
WANTED = ("", "/profile?x=1", "/plain", "//evil.test", "https://evil.test/", "/\\evil.test")


class SignInSteps(RuleBasedStateMachine):
    """Browsers and users."""

    stored: ClassVar[bool]

    @initialize()
    def open_browsers(self) -> None:
        self.world = World(stored=self.stored, browsers=BROWSERS)

    def at(self, number: int) -> Browser:
        return self.world.browsers[number]

    def signed_in(self, number: int) -> tuple[Browser, Vouched | None]:
        """Return a browser that is signed in, with its session; None where nobody can be."""
        world = self.world
        for place in (*range(BROWSERS), 0):
            browser = self.at((number + place) % BROWSERS)
            session = world.model.may_be(browser.cookies().get("admit"), world.now)
            if session is not None:
                return browser, session
            if place == BROWSERS - 1:
                world.sign_in(self.at(number), "carol")
        return self.at(number), None

    def copy(self, victim: Browser, what: str = "admit") -> Browser:
        """Copy the cookies that begin so into the next browser, and return that."""
        thief = self.at((self.world.browsers.index(victim) + 1) % BROWSERS)
        for name, text in victim.cookies().items():
            if name.startswith(what):
                self.put(thief, name, text)
        return thief

    def put(self, browser: Browser, name: str, text: str) -> None:
        browser.client.set_cookie(name, text, domain="localhost")

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

    @rule(
        target=responses,
        browser=browsers,
        user=users,
        wanted=st.sampled_from(WANTED),
        copied=st.booleans(),
        delay=st.sampled_from([0, 0, 90, 3599, 3600]),
    )
    def sign_in(self, browser: int, user: str, wanted: str, *, copied: bool, delay: int) -> Any:
        """Sign in, perhaps slowly, perhaps with the former session copied before."""
        visitor = self.at(browser)
        if copied:
            self.copy(visitor)
        attempt = self.world.begin(visitor, wanted)
        if attempt is None:
            return multiple()
        self.world.true.now += delay
        response = self.world.authorize(attempt, user)
        self.world.bring_honestly(visitor, response)
        return response

    @rule(browser=browsers)
    def come_to_sign_in(self, browser: int) -> None:
        """Whoever is signed in is not sent to the provider."""
        self.world.visit(self.at(browser), "/signin?next=/plain")

    # --- the world turns -------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 31, 290, 599, 600, 3000]), browser=browsers)
    def wait(self, seconds: int, browser: int) -> None:
        """Let time pass, with somebody signed in."""
        self.world.sign_in(self.at(browser), "bob")
        self.world.true.now += seconds

    @rule(seconds=st.sampled_from([290, 599]))
    def wait_in_use(self, seconds: int) -> None:
        """Let time pass until no session lives on, however much it is used."""
        for _ in range(0, ABSOLUTE, seconds):
            self.world.true.now += seconds
            self.nobody_is_signed_in_who_should_not_be()

    @rule(drift=st.sampled_from([-45, 0, 45]))
    def set_the_clock(self, drift: int) -> None:
        """Set the application's clock forward or back."""
        self.world.machine.drift = drift

    @rule(overlap=st.booleans())
    def rotate_the_provider(self, *, overlap: bool) -> None:
        self.world.rotate_provider(overlap=overlap)

    @rule(away=st.booleans())
    def provider_goes_away(self, *, away: bool) -> None:
        """Or comes back."""
        if self.world.provider.away and not away:
            self.world.trouble()
        self.world.provider.away = away

    @rule(how=st.sampled_from(["restart", "rotate", "drop"]))
    def start_the_application_anew(self, how: str) -> None:
        """With the same secrets, one more, or without the old ones."""
        secrets = self.world.model.secrets
        if how == "rotate":
            secrets = [max(secrets) + 1, *secrets[:2]]
        self.world.restart(secrets[:1] if how == "drop" else secrets)
