"""Steps of those who stand between: mixed up, forged, replayed, stolen, tampered with."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from properties.bent import ID_TOKENS
from properties.model import Attempt, Response
from properties.sign_in_steps import BROWSERS, SignInSteps, browsers, responses, users

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


class AttackSteps(SignInSteps):
    """The model lets nobody in by any of these."""

    def _fresh(self, browser: int, user: str) -> tuple[Attempt, Response] | None:
        """Return an attempt that a browser has just begun, and its response."""
        attempt = self.world.begin(self.at(browser))
        return None if attempt is None else (attempt, self.world.authorize(attempt, user))

    @rule(browser=browsers, user=users, bends=st.lists(st.sampled_from(ID_TOKENS), max_size=5))
    def sign_in_with_bent_tokens(self, browser: int, user: str, bends: list[str]) -> None:
        for bend in bends:
            with self.world.bent(next_bent=bend):
                self._bring_fresh(browser, user)

    @rule(browser=browsers, user=users)
    def sign_in_with_the_userinfo_of_somebody_else(self, browser: int, user: str) -> None:
        with self.world.bent(other_userinfo=True):
            self._bring_fresh(browser, user)

    @rule(browser=browsers, user=users, changes=st.lists(st.sampled_from(sorted(CHANGES))))
    def bring_changed(self, browser: int, user: str, changes: list[str]) -> None:
        for change in changes:
            self._bring_fresh(browser, user, **CHANGES[change])

    def _bring_fresh(self, browser: int, user: str, **changes: Any) -> None:
        found = self._fresh(browser, user)
        if found is not None:
            attempt, response = found
            honest = {"state": attempt.state, "code": response.code}
            parameters = {name: value for name, value in {**honest, **changes}.items() if value}
            self.world.bring(self.at(browser), parameters, attempt)

    @rule(browser=browsers, one=responses, other=responses)
    def mix(self, browser: int, one: Response, other: Response) -> None:
        """Bring the state of one attempt with the code of another."""
        parameters: dict[str, Any] = {"state": one.attempt.state, "code": other.code}
        self.world.bring(self.at(browser), parameters, one.attempt)

    @rule(browser=browsers, own=users, theirs=users)
    def inject(self, browser: int, own: str, theirs: str) -> None:
        """Bring the code of somebody's own attempt in that of a victim."""
        one, other = self._fresh(browser, own), self._fresh((browser + 1) % BROWSERS, theirs)
        if one is not None and other is not None:
            self.mix(browser, one[1], other[1])

    @rule(browser=browsers, user=users)
    def bring_a_response_to_another_browser(self, browser: int, user: str) -> None:
        """Make a victim sign in as the attacker."""
        if (found := self._fresh(browser, user)) is not None:
            self.world.bring_honestly(self.at((browser + 1) % BROWSERS), found[1])

    @rule(browser=browsers, user=users, other=users)
    def bring_a_copied_attempt_twice(self, browser: int, user: str, other: str) -> None:
        """Use a copy of an attempt's cookie, and another code, after its owner."""
        if (found := self._fresh(browser, user)) is not None:
            thief = self.copy(self.at(browser), "admit-attempt")
            self.world.bring_honestly(self.at(browser), found[1])
            self.world.bring_honestly(thief, self.world.authorize(found[0], other))

    @rule(victim=browsers, what=st.sampled_from(["admit", "admit-attempt"]))
    def steal(self, victim: int, what: str) -> None:
        """Copy cookies into another browser."""
        self.copy(self.at(victim), what)

    @rule(browser=browsers, how=st.sampled_from(TAMPERS), seed=st.integers(0, 2**16))
    def tamper(self, browser: int, how: str, seed: int) -> None:
        cookies = {name: text for name, text in self.at(browser).cookies().items() if text}
        if not cookies:
            return
        names = sorted(cookies)
        name = names[seed % len(names)]
        text, place = cookies[name], seed // 8 % len(cookies[name])
        changed = {
            "flip": text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :],
            "cut": text[:place],
            "longer": text + "A",
            "swap": cookies[names[(seed + 1) % len(names)]],
            "no text": "",
        }
        self.put(self.at(browser), name, changed[how])

    @rule(browser=browsers, users=st.tuples(users, users))
    def swap_attempts(self, browser: int, users: tuple[str, str]) -> None:
        """Put the cookie of one attempt under the name of another, and bring that."""
        one, other = self._fresh(browser, users[0]), self._fresh(browser, users[1])
        if one is not None and other is not None:
            self.put(self.at(browser), one[0].name, other[0].text)
            parameters: dict[str, Any] = {"state": one[0].state, "code": other[1].code}
            self.world.bring(self.at(browser), parameters, one[0])
