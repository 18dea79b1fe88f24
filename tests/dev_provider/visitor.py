"""A browser and a relying party over real HTTP, as small as the tests of the provider need."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from admit.dev_provider import Running

REDIRECT_URI = "http://localhost:5000/authorization-code/callback"
VERIFIER = "verifier-of-the-tests-0123456789-0123456789"
DEFAULT = "/oauth2/default"


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


CHALLENGE = base64url(hashlib.sha256(VERIFIER.encode()).digest())


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    @property
    def callback(self) -> dict[str, str]:
        """The parameters of a redirect to the app."""
        assert self.location.startswith(REDIRECT_URI), (self.status, self.location)
        return dict(parse_qsl(urlsplit(self.location).query))

    @property
    def inputs(self) -> dict[str, str]:
        """The fields of the page's first form, and where it goes as ``action``."""
        fields = _Fields()
        fields.feed(self.text)
        return fields.found


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.setdefault("action", values["action"])
        if tag == "input":
            self.found.setdefault(values["name"], values.get("value", ""))


@dataclass
class Browser:
    """Keeps cookies, and follows no redirect."""

    provider: Running
    cookies: dict[str, str] = field(default_factory=dict)

    def send(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 10,
    ) -> Answer:
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        body = None if form is None else urlencode(form)
        connection = HTTPConnection(urlsplit(self.provider.url).netloc, timeout=timeout)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            answer = Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                response.read(),
            )
            for cookie in response.headers.get_all("Set-Cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
                if not value:
                    del self.cookies[name]
        finally:
            connection.close()
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, headers=headers)

    def authorize(self, server: str = DEFAULT, **changes: str | None) -> Answer:
        """Send an authorization request; a change of None leaves a parameter out."""
        return self.get(f"{server}/v1/authorize?{urlencode(asked(**changes))}")

    def sign_in(self, page: Answer, username: str = "alice", password: str = "") -> Answer:
        assert page.status == 200, page.text
        form = {
            "transaction": page.inputs["transaction"],
            "username": username,
            "password": password or f"{username}-password",
        }
        return self.send("POST", "/signin", form)

    def code(self, username: str = "alice", server: str = DEFAULT, **changes: str | None) -> str:
        answer = self.sign_in(self.authorize(server, **changes), username)
        return answer.callback["code"]

    def token(
        self, server: str = DEFAULT, *, secret: str | None = None, timeout: float = 10, **form: str
    ) -> Answer:
        """Send a token request with ``client_secret_basic``."""
        known = self.provider.client_secret if secret is None else secret
        given = f"{self.provider.client_id}:{known}".encode()
        header = {"Authorization": "Basic " + base64.b64encode(given).decode()}
        return self.send("POST", f"{server}/v1/token", form, header, timeout)

    def refresh(self, refresh_token: str, timeout: float = 10, **changes: str) -> Answer:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **changes}
        return self.token(timeout=timeout, **form)

    def at_client(self, path: str, token: str) -> Answer:
        """Send a token to the endpoint named introspect or revoke."""
        given = f"{self.provider.client_id}:{self.provider.client_secret}".encode()
        header = {"Authorization": "Basic " + base64.b64encode(given).decode()}
        return self.send("POST", f"{DEFAULT}/v1/{path}", {"token": token}, header)

    def is_active(self, token: str) -> bool:
        active: bool = self.at_client("introspect", token).json()["active"]
        return active

    def redeem(self, code: str, server: str = DEFAULT, **changes: str) -> Answer:
        form: dict[str, Any] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.token(server, **form)

    def tokens(self, username: str = "alice", **changes: Any) -> dict[str, Any]:
        """Sign in and redeem the code."""
        answer = self.redeem(self.code(username, **changes))
        assert answer.status == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def userinfo(self, access_token: str, timeout: float = 10) -> Answer:
        header = {"Authorization": f"Bearer {access_token}"}
        return self.send("GET", f"{DEFAULT}/v1/userinfo", headers=header, timeout=timeout)


def asked(**changes: str | None) -> dict[str, str]:
    """Return the parameters of an authorization request."""
    parameters: dict[str, str | None] = {
        "client_id": "0oa1webbasic0Local5d7",
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": "openid profile email",
        "state": secrets.token_urlsafe(8),
        "nonce": "nonce-of-the-tests",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def part(token: str, number: int) -> dict[str, Any]:
    """Return a part of a JWT: 0 is the header, 1 the claims."""
    text = token.split(".")[number]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def is_signed(browser: Browser, text: str) -> bool:
    """Return whether a published key of the server named default signed a token."""
    keys = KeySet.import_key_set(browser.get(f"{DEFAULT}/v1/keys").json())
    try:
        jws.deserialize_compact(text, keys, ["RS256"])
    except (JoseError, ValueError):
        return False
    return True
