"""What must hold of every row, without the row asking for it."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote_plus, urlsplit

from admit.events import Event
from admit.testing import MemoryProvider
from hostile.browser import Browser
from hostile.refusal import reference_of, wrong_with_refusal
from hostile.wire import CALLBACK, Answer, exchange, parameters_of
from interop.scripted import NAVIGATION

#: Seconds that an answer may take.
LONGEST = 20
#: Shorter than any secret that there is; what is shorter is found by chance.
SHORTEST_SECRET = 12
TRACE = re.compile(r'Traceback \(most recent|File "[^"]+", line \d|\.py(?::|", line )\d')
#: Of the server and of Flask, which refuse what never reaches us.
NOT_OURS = {404, 405, 413, 414, 431}
#: What addresses carry that nobody else is to know.
CARRIED = {"state", "nonce", "code", "code_verifier", "id_token", "access_token"}
FORM = re.compile(r'<form method="post" action="([^"]+)">.*?</form>', re.DOTALL)


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Watch:
    """Sees all that was answered and logged while a row runs.

    Attributes:
        answers: Of our sites, the oldest first.
        secrets: Of this deployment, and whatever a row adds; those of `providers` come by
            themselves, and so do cookies and what authorization requests and callbacks carry.
        wrong: What did not hold.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self.providers: list[MemoryProvider] = []
        self.answers: list[Answer] = []
        self.secrets = set(secrets)
        self.wrong: list[str] = []
        self._ours = frozenset(secrets)
        self._handler = _Records()
        self._nonces: set[str] = set()
        self._cookies: set[str] = set()
        self._attempts: dict[str, str] = {}
        self._before: dict[int, tuple[dict[str, str], str | None]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the records of all loggers, at every level."""
        root = logging.getLogger()
        level = root.level
        root.addHandler(self._handler)
        root.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            root.setLevel(level)
            root.removeHandler(self._handler)

    @property
    def records(self) -> list[logging.LogRecord]:
        """What was logged, by anybody."""
        return self._handler.records

    def events(self, *names: str) -> list[Event]:
        """Return the events of these names, or all."""
        found: list[Event] = [r.admit_event for r in self.records if hasattr(r, "admit_event")]
        return [event for event in found if not names or event.name in names]

    def event_of(self, answer: Answer) -> Event:
        """Return the one event with the reference that *answer* shows."""
        reference = reference_of(answer)
        assert reference, f"no refusal: {answer.status} {answer.page.text[:200]}"
        (event,) = [e for e in self.events() if e.fields.get("reference") == reference]
        return event

    def secrets_of_providers(self) -> set[str]:
        """Return what providers gave and took that nobody else is to know."""
        return {secret for provider in self.providers for secret in provider.secrets}

    # --- what browsers tell

    def before(self, browser: Browser, url: str) -> None:
        """Look what a browser has, before a callback."""
        if CALLBACK in url:
            shown = _profile(browser) if browser.session else None
            self._before[id(browser)] = dict(browser.cookies), shown

    def told(self, browser: Browser, answer: Answer) -> None:
        """Take an answer."""
        with self._lock:
            self.answers.append(answer)
            # The state of a sign-out is a cookie, and goes to the provider as well.
            cookies = {v for name, v in answer.cookies.items() if not name.endswith("signed-out")}
            self._cookies |= {value for value in cookies if len(value) >= SHORTEST_SECRET}
            self.secrets |= set(answer.cookies.values())
            carried = parameters_of(answer.location) if self._is_providers(answer.location) else {}
            if carried:
                started = [name for name in answer.cookies if "-attempt-" in name]
                self._attempts |= {carried.get("state", ""): name for name in started}
            if answer.target.startswith(CALLBACK):
                carried |= parameters_of(answer.target) | parameters_of(f"?{answer.posted}")
            self.secrets |= {carried[name] for name in CARRIED & carried.keys()}
            self._nonces |= {carried["nonce"]} if "nonce" in carried else set()
        if answer.target.startswith(CALLBACK) and answer.status >= 400:
            self._check_nothing_changed(browser, answer)

    def _check_nothing_changed(self, browser: Browser, answer: Answer) -> None:
        """Check that a refused callback left the session and other attempts as they were."""
        cookies, shown = self._before.pop(id(browser))
        brought = unquote_plus(f"{answer.target} {answer.posted}")
        own = {name for state, name in self._attempts.items() if state and state in brought}
        now = browser.cookies
        changed = {name for name in cookies | now if cookies.get(name) != now.get(name)} - own
        if changed:
            self.wrong.append(f"a refused callback changed the cookies {sorted(changed)}")
        if _profile(browser) != shown:
            self.wrong.append("a refused callback changed who is signed in")

    def _is_providers(self, url: str) -> bool:
        return any(url.startswith(_origin(provider.issuer)) for provider in self.providers)

    # --- what is checked at the end

    def check(self) -> None:
        """Check all of it.

        Raises:
            AssertionError: With everything that is wrong.
        """
        for answer in self.answers:
            self._check_answer(answer)
        self._check_events()
        self._check_secrets()
        assert not self.wrong, "\n".join(self.wrong)

    def _check_answer(self, answer: Answer) -> None:
        at = f"{answer.method} {answer.target[:60]}: {answer.status}"
        if answer.status == 500:
            self.wrong.append(at)
        if answer.seconds > LONGEST:
            self.wrong.append(f"{at} after {answer.seconds:.0f} s")
        if TRACE.search(answer.text) or TRACE.search(str(answer.headers)):
            self.wrong.append(f"{at}: shows a traceback")
        if answer.status >= 400 and answer.status not in NOT_OURS:
            self.wrong += [f"{at}: {wrong}" for wrong in wrong_with_refusal(answer)]

    def _check_events(self) -> None:
        """Check that pages and events belong together, one to one."""
        on_pages = sorted(filter(None, map(reference_of, self.answers)))
        events = [event for event in self.events() if "reference" in event.fields]
        in_log = sorted(str(event.fields["reference"]) for event in events)
        if on_pages != in_log:
            self.wrong.append(f"references on pages {on_pages}, in the log {in_log}")
        self.wrong += [f"an event without a code: {e}" for e in events if not e.fields.get("code")]

    def _check_secrets(self) -> None:
        secrets = self.all_secrets()
        for where, text in self._texts():
            # The profile shows its user all claims of the ID Token. Its nonce is spent by then.
            spent = self._nonces if where == "the page of GET /profile" else set[str]()
            self._look_for(secrets - spent, where, text)
        verifiers = {
            came.form.get("code_verifier", "") for p in self.providers for came in p.received
        }
        for answer in self.answers:
            if self._is_providers(answer.location):
                private = self._ours | self._cookies | (verifiers - {""})
                self._look_for(private, "the address at the provider", answer.location)

    def _look_for(self, secrets: Iterable[str], where: str, text: str) -> None:
        found = [secret for secret in secrets if secret in text]
        self.wrong += [f"{where} holds the secret {secret[:80]!r}" for secret in found]

    def all_secrets(self) -> set[str]:
        """Return what must stand nowhere, as it is and as an address has it."""
        found = self.secrets | self.secrets_of_providers()
        found = {secret for secret in found if len(secret) >= SHORTEST_SECRET}
        return found | {quote(secret, safe="") for secret in found}

    def _texts(self) -> Iterator[tuple[str, str]]:
        """Return all that must hold no secret, and where it stood."""
        for record in self.records:
            yield f"the log ({record.name})", told_by(record)
        for answer in self.answers:
            at = f"{answer.method} {answer.target[:40]}"
            yield f"the page of {at}", FORM.sub(self._unless_providers, answer.text)
            for name, value in answer.headers:
                if name != "set-cookie" and not self._is_providers(value):
                    yield f"the header {name} of {at}", value

    def _unless_providers(self, form: re.Match[str]) -> str:
        """Return the form; not one that carries what the provider needs to the provider."""
        return "" if self._is_providers(form[1]) else form[0]


def told_by(record: logging.LogRecord) -> str:
    """Return all that any formatter could make of a record."""
    plain = logging.Formatter("%(message)s").format(record)
    return f"{plain}\n{record.args!r}\n{record.__dict__!r}"


def _profile(browser: Browser) -> str | None:
    """Return what the profile shows to a browser, which notices nothing; None without a session."""
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    headers = {**NAVIGATION, "Cookie": cookie} if cookie else NAVIGATION
    answer = exchange(f"{browser.url}/profile", headers=headers, trust=browser.trust)
    # The proof that a form is ours is a new one each time.
    return re.sub(r'value="[^"]*"', "", answer.text) if answer.status == 200 else None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"
