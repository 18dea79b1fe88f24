"""A site, its provider and its browsers, all of whose secrets are known to a witness."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import flask
from werkzeug.test import TestResponse

from adapters.site import Browser, Clock, Site
from admit.errors import SignInError
from admit.events import Event
from admit.flask import current_session
from admit.ports import HttpRequest, HttpResponse
from admit.testing import Answer, MemoryProvider, MemoryStore
from canaries.marks import mark, marks
from canaries.witness import Witness

#: Where a secret belongs: the place, what the whole answer to it looks like, and the kinds.
#: A cookie remembers the state of a sign-out, too.
#: The state and the nonce go to the provider; nobody else reads that address.
#: The ID Token goes to the provider that made it, in a form unless the provider wants it otherwise.
#: The sign-out page's own token goes back to us.
#: The application's own page shows its access token, whatever the provider gave for one.
#: It has the nonce in it.
ID_TOKEN = frozenset({"id_token", "nonce", "state"})
BELONGS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("Set-Cookie", "", frozenset({"cookie", "state"})),
    ("Location", r"^[^?]*/v1/authorize\?", frozenset({"state", "nonce"})),
    ("Location", r"^[^?]*/v1/logout\?", ID_TOKEN),
    ("page", r'<form method="post" action="[^"]*/v1/logout"', ID_TOKEN),
    ("page", r"<title>Sign out\?</title>", frozenset({"form_token"})),
    ("page of /token", "", frozenset({"access_token", "authorization", "refresh_token"})),
)
FORM_KINDS = {
    "client_secret": "client_secret",
    "code": "code",
    "code_verifier": "verifier",
    "refresh_token": "refresh_token",
    "token": "access_token",
}


class Provider(MemoryProvider):
    """A provider that tells the witness each secret that it gives or gets."""

    looks = True

    def __init__(self, witness: Witness, clock: Clock) -> None:
        super().__init__(now=clock, client_secret=mark("client-secret"))
        self.witness = witness
        self._numbers = marks("mark")  # type: ignore[assignment]  # of codes and tokens
        witness.secrets.add("client_secret", self.client_secret)

    def authorize(self, url: str, **response: Any) -> dict[str, list[str]]:
        answered = super().authorize(url, **response)
        asked = dict(parse_qsl(urlsplit(url).query))
        for kind in ("state", "nonce"):
            self.witness.secrets.add(kind, asked.get(kind))
        self.witness.secrets.add_all("code", answered.get("code", ()))
        return answered

    def answer(self, request: HttpRequest) -> tuple[HttpResponse, Answer]:
        self._note(request)
        if self.looks:
            # While it is answered, whatever the library needs for the request is alive.
            self.witness.objects()
        response, answer = super().answer(request)
        if request.url.endswith("/v1/token"):
            self._note_tokens(response.body)
        return response, answer

    def logout_token(self, **claims: Any) -> str:
        token = super().logout_token(**claims)
        self.witness.secrets.add("logout_token", token)
        return token

    def _note(self, request: HttpRequest) -> None:
        headers = {name.lower(): text for name, text in request.headers.items()}
        authorization = headers.get("authorization", "")
        self.witness.secrets.add("authorization", authorization)
        self.witness.secrets.add("authorization", authorization.partition(" ")[2])
        for name, text in parse_qsl((request.body or b"").decode("utf-8", "replace")):
            if name in FORM_KINDS:
                self.witness.secrets.add(FORM_KINDS[name], text)

    def _note_tokens(self, body: bytes) -> None:
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return
        if isinstance(document, Mapping):
            for kind in ("access_token", "refresh_token", "id_token"):
                self.witness.secrets.add(kind, document.get(kind))


class World(Site):
    """The site."""

    provider: Provider

    def __init__(
        self,
        witness: Witness,
        *,
        stored: bool = False,
        debug: bool = False,
        clock: Clock | None = None,
        kind: type[Provider] | None = None,
        provider: Provider | None = None,
        **settings: Any,
    ) -> None:
        self.witness = witness
        clock = clock or Clock()
        if stored:
            settings = {
                "store": MemoryStore(clock),
                "scope": "openid profile email offline_access",
                "universal_logout_path": "/universal",
                **settings,
            }
        keys = settings.setdefault("secret_keys", [mark("key-new"), mark("key-old")])
        witness.secrets.add_all("secret_key", keys)
        made = provider or (kind or Provider)(witness, clock)
        super().__init__(provider=made, clock=clock, **settings)
        self.app.debug = debug
        self.app.config["SECRET_KEY"] = mark("flask-key")
        witness.secrets.add("secret_key", self.app.config["SECRET_KEY"])
        flask.got_request_exception.connect(self._raised, self.app)

        @self.app.get("/asks")
        @self.sign_in.public
        def asks() -> str:
            """Ask for an access token, as a page that takes its refusal itself."""
            try:
                return f"got {len(current_session.access_token())} characters"
            except SignInError as error:
                witness.raised(error)
                return "got none"

    def _take(self, event: Event) -> None:
        super()._take(event)
        self.witness.say("event", f"{event!r} {json.dumps(event.as_dict())}")

    def _raised(self, _app: flask.Flask, exception: BaseException) -> None:
        self.witness.raised(exception)

    def browser(self) -> Watched:
        return Watched(self)


class Watched(Browser):
    """A browser whose every answer is looked at."""

    site: World

    def open(
        self, url: str, method: str, headers: dict[str, str] | None = None, **more: Any
    ) -> TestResponse:
        answer = super().open(url, method, headers, **more)
        witness = self.site.witness
        # A page may be looked at more than once, in more than one browser: each form has a token.
        tokens = re.findall(r'name="token" value="([^"]+)"', answer.text)
        witness.secrets.add_all("form_token", tokens)
        hints = re.findall(r'name="state" value="([^"]+)"', answer.text)
        witness.secrets.add_all("state", hints)
        location = dict(parse_qsl(urlsplit(answer.location or "").query))
        witness.secrets.add("state", location.get("state"))
        for name, value in answer.headers:
            if name == "Set-Cookie":
                witness.secrets.add("cookie", value.partition(";")[0].partition("=")[2])
        look_at(witness, answer)
        return answer


def look_at(witness: Witness, answer: TestResponse) -> None:
    """Let the witness look at an answer: its page, its headers, and what its address tells on."""
    path = answer.request.path
    page = "page of /token" if path == "/token" else "page"
    kind = "JSON answer" if answer.mimetype == "application/json" else page
    witness.say(kind, answer.text, belongs(kind, answer.text))
    for name, value in answer.headers:
        place = name if name in {"Location", "Set-Cookie"} else "other headers"
        witness.say(place, f"{name}: {value}", belongs(place, value))
    if answer.headers.get("Referrer-Policy") != "no-referrer":
        witness.say("Referer", answer.request.url)


def belongs(place: str, text: str) -> frozenset[str]:
    """Return the kinds of secrets that belong there."""
    kinds = [kinds for name, looks, kinds in BELONGS if name == place and re.search(looks, text)]
    return frozenset().union(*kinds)
