"""Providers that repeat, in each place of an answer, what they were sent."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, quote, quote_plus

from admit.ports import HttpRequest, HttpResponse
from admit.testing import Answer
from canaries.flows import Made, later, signed_in
from canaries.world import Provider

JSON = {"content-type": "application/json"}
Coding = Callable[[str], str]


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def base64url_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def lower_percent(text: str) -> str:
    return quote(text, safe="").replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d")


def twice_percent(text: str) -> str:
    return quote(quote(text, safe=""), safe="")


#: How a value may be written.
CODINGS: dict[str, Coding] = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "percent, slashes": quote,
    "plus": quote_plus,
    "percent, small letters": lower_percent,
    "percent, twice": twice_percent,
    "base64": base64_of,
    "base64url": base64url_of,
    "HTML": html.escape,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "repr": lambda text: repr(text)[1:-1],
    "hexadecimal": lambda text: text.encode().hex(),
}


def _json(status: int, **members: object) -> HttpResponse:
    return HttpResponse(status=status, headers=JSON, body=json.dumps(members).encode())


def _headed(status: int, body: bytes = b"", **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return HttpResponse(status=status, headers={**JSON, **named}, body=body)


#: What the answer is made of, by the place where it repeats a value.
PLACES: dict[str, Callable[[str], HttpResponse]] = {
    "error": lambda text: _json(400, error=text),
    "error_description": lambda text: _json(
        400, error="invalid_grant", error_description=f"no: {text}"
    ),
    "a long error_description": lambda text: _json(
        400, error="invalid_grant", error_description="." * 100 + text
    ),
    "error_uri": lambda text: _json(400, error="invalid_grant", error_uri=text),
    "the refusal of the client": lambda text: _json(
        401, error="invalid_client", error_description=text
    ),
    "odd members": lambda text: _json(400, errorCode=text, errorSummary=text, errorId=text),
    "a member's name": lambda text: _json(200, **{text: text}),
    "members twice": lambda text: HttpResponse(
        status=200,
        headers=JSON,
        body=f"{{{json.dumps(text)}: 1, {json.dumps(text)}: 2}}".encode(),
    ),
    "a word of JSON": lambda text: HttpResponse(
        status=200, headers=JSON, body=json.dumps(text).encode()
    ),
    "broken JSON": lambda text: HttpResponse(
        status=200, headers=JSON, body=f'{{"said": "{text}'.encode()
    ),
    "bytes that are no text": lambda text: HttpResponse(
        status=200, headers=JSON, body=b"\xff" + text.encode()
    ),
    "a page": lambda text: HttpResponse(
        status=400, headers={"content-type": "text/html"}, body=f"<p>{text}".encode()
    ),
    "Content-Type": lambda text: _headed(200, b"<p>", content_type=f"text/{text}"),
    "the end of Content-Type": lambda text: _headed(200, content_type=f"text/html; of={text}"),
    "Location": lambda text: _headed(302, location=f"https://elsewhere.test/?code={text}"),
    "the host of Location": lambda text: _headed(302, location=f"https://{text[:33]}.test/"),
    "Retry-After": lambda text: _headed(429, retry_after=text),
    "x-request-id": lambda text: _headed(400, x_request_id=text),
    "x-okta-request-id": lambda text: _headed(400, x_okta_request_id=text[:64]),
    "WWW-Authenticate": lambda text: _headed(401, www_authenticate=f'Bearer error="{text}"'),
    "Date": lambda text: _headed(429, date=text, retry_after=text),
    "token_type": lambda text: _json(
        200, access_token=text, token_type=text, id_token=text, scope=text
    ),
    "expires_in": lambda text: _json(
        200, access_token=text, token_type="Bearer", id_token=text, expires_in=text
    ),
    "id_token": lambda text: _json(
        200, access_token=text, token_type="Bearer", id_token=f"{text}.{text}.{text}"
    ),
    "access_token": lambda text: _json(200, access_token=[text], token_type="Bearer"),
    "scope": lambda text: _json(200, access_token=text, token_type="Bearer", scope=[text]),
}


class Echo(Provider):
    """Repeats each secret that it is sent at some of its endpoints, in one place and coding."""

    looks = False
    paths: frozenset[str] = frozenset()
    place: Callable[[str], HttpResponse] = staticmethod(PLACES["error"])
    coding: Coding = str
    #: Which of what was sent is repeated.
    turn = 0

    def answer(self, request: HttpRequest) -> tuple[HttpResponse, Answer]:
        response, answer = super().answer(request)
        path = request.url.removeprefix(self.issuer)
        if path not in self.paths:
            return response, answer
        sent = list(_sent(request))
        return self.place(self.coding(sent[self.turn % len(sent)])), Answer()


def _sent(request: HttpRequest) -> Iterator[str]:
    """Return each secret of a request."""
    form = dict(parse_qsl((request.body or b"").decode()))
    for name in ("code", "code_verifier", "client_secret", "refresh_token", "token"):
        if name in form:
            yield form[name]
    headers = {name.lower(): text for name, text in request.headers.items()}
    if "authorization" in headers:
        yield headers["authorization"].partition(" ")[2]
        yield headers["authorization"]


def at_sign_in(make: Made, place: str, coding: str, path: str) -> None:
    """Sign in at a provider that repeats at *path* what it is sent, each secret in its turn."""
    # Code, verifier and header; and what else is in a form that has the client's secret.
    turns = {"client_secret_basic": (0, 1, 2, 3), "client_secret_post": (2,)}
    for method, chosen in turns.items():
        site = make(kind=Echo, userinfo="always", token_endpoint_auth_method=method)
        echo = site.provider
        assert isinstance(echo, Echo)
        echo.paths = frozenset({path})
        echo.place, echo.coding = PLACES[place], CODINGS[coding]
        for echo.turn in chosen if path == "/v1/token" else chosen[:2]:
            site.browser().sign_in()
            # Whatever the provider said of waiting is over.
            site.clock.now += 4000


def later_on(make: Made, place: str, coding: str) -> None:
    """Renew and give back tokens at a provider that repeats what it is sent."""
    site = make(kind=Echo, stored=True)
    echo = site.provider
    assert isinstance(echo, Echo)
    echo.place, echo.coding = PLACES[place], CODINGS[coding]
    for echo.turn in range(2):
        echo.paths = frozenset()
        browser = signed_in(site)
        echo.paths = frozenset({"/v1/token", "/v1/revoke"})
        site.clock.now += 3590
        browser.get("/token", {"Accept": "application/json"})
        browser.sign_out()
        later()
        site.clock.now += 4000
