"""Targets: what browsers send, and where they are sent."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import parse_qs, parse_qsl, unquote, urljoin, urlsplit

from werkzeug.test import EnvironBuilder, run_wsgi_app

from adapters.site import Site
from admit.codes import CODES
from admit.errors import SignInError
from admit.protocol.authorization import parse_authorization_response, response_state
from admit.protocol.logout import parse_frontchannel_logout
from admit.protocol.third_party_login import parse_third_party_login
from admit.protocol.token import token_request
from admit.return_to import safe_return_to
from fuzz.registry import target
from material import CLIENT, ISSUER, METADATA, REQUEST

ORIGIN = "https://app.test"
OWN = ("/signin", "/signout", "/authorization-code/callback")
DEFAULT = "/home"
#: What a browser strips from a URL, and what it takes out of it (WHATWG URL 4.4).
STRIPPED, DROPPED = "".join(map(chr, range(33))), str.maketrans("", "", "\t\r\n")


def whatwg_origin(url: str, base: str = ORIGIN) -> str:
    """Return the origin of *url* as browsers read it: backslashes are slashes, any number of them.

    Spec: WHATWG URL 4.4, for the special schemes.
    """
    url = url.strip(STRIPPED).translate(DROPPED)
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url)
    if scheme is None:
        if not re.match(r"[/\\]{2}", url):
            return base
        scheme_name, rest = "https:", url
    else:
        scheme_name, rest = scheme[0].lower(), url[scheme.end() :]
        if scheme_name not in {"http:", "https:"}:
            return "null"
    authority = re.split(r"[/\\?#]", rest.lstrip("/\\"), maxsplit=1)[0]
    return f"{scheme_name}//{authority.rpartition('@')[2].lower()}"


@target
def return_to(data: bytes) -> None:
    """Python and browsers agree that it is ours: joined, absolute, or decoded once more."""
    value = data.decode("utf-8", "surrogateescape")
    path = safe_return_to(value, own=OWN, default=DEFAULT)
    assert path in {value, DEFAULT}
    assert path.isascii()
    assert path.isprintable()
    for reference in (path, unquote(path.partition("?")[0])):
        # Not of what is joined: that loses an empty parameter, and browsers do not.
        assert urlsplit(ORIGIN + reference).path.rstrip("/") not in OWN
        for url in (reference, ORIGIN + reference):
            assert whatwg_origin(url) == ORIGIN
            parts = urlsplit(urljoin(f"{ORIGIN}/signin", url))
            assert f"{parts.scheme}://{parts.netloc}" == ORIGIN
            assert not parts.path.startswith("//")


def _parameters(data: bytes) -> dict[str, list[str]]:
    query = data.decode("latin-1")
    return parse_qs(query, keep_blank_values=True, errors="surrogateescape")


@target
def authorization_response(data: bytes) -> None:
    parameters = _parameters(data)
    with suppress(SignInError):
        assert response_state(parameters) == parameters["state"][0]
    with suppress(SignInError):
        response = parse_authorization_response(parameters, request=REQUEST, metadata=METADATA)
        assert parameters["state"][0] == REQUEST.state
        body = token_request(CLIENT, METADATA, response).body or b""
        assert parse_qs(body.decode("ascii"))["code"] == [parameters["code"][0]]


@target
def started_by_the_provider(data: bytes) -> None:
    parameters = _parameters(data)
    with suppress(SignInError):
        wish = parse_third_party_login(parameters, client=CLIENT, origin=ORIGIN)
        assert wish.login_hint is None or wish.login_hint.isprintable()
        if wish.target is not None:
            path = safe_return_to(wish.target, own=OWN, default=DEFAULT)
            assert whatwg_origin(path) == whatwg_origin(ORIGIN + path) == ORIGIN
    with suppress(SignInError):
        sid = parse_frontchannel_logout(parameters, client=CLIENT)
        assert parameters == {**parameters, "sid": [sid], "iss": [ISSUER]}


SITE = Site()


@target
def callback(data: bytes) -> None:
    """The whole callback, of a browser that has begun an attempt.

    In the query, ``STATE`` and ``CODE`` stand for what the provider would send.
    """
    provider = SITE.provider
    provider._codes.clear()
    provider._grants.clear()
    SITE.events.clear()
    browser = SITE.browser()
    url = browser.begin()
    sent = provider.authorize(url)
    [state], [code] = sent["state"], sent["code"]
    query = data.replace(b"STATE", state.encode()).replace(b"CODE", code.encode()).decode("latin-1")
    cookie = "; ".join(f"{name}={text}" for name, text in browser.cookies().items())
    environ = EnvironBuilder("/authorization-code/callback", base_url=SITE.base_url).get_environ()
    environ |= {"HTTP_COOKIE": cookie, "QUERY_STRING": query}
    _, status, headers = run_wsgi_app(SITE.app, environ, buffered=True)
    cookies = headers.getlist("Set-Cookie")
    if any(text.startswith("admit=") and not text.startswith("admit=;") for text in cookies):
        assert status.startswith("303")
        given = dict(parse_qsl(query))
        assert (given["state"], given["code"]) == (state, code)
    elif status.startswith("303"):
        assert SITE.names()[-1] == "signin.denied"
    else:
        assert status[:3] in {"400", "403", "414", "502", "503"}, status
        assert SITE.events[-1].fields["code"] in CODES
    assert "Location" not in headers or headers["Location"].startswith(SITE.base_url + "/")


SITE.app.testing = True  # what is raised comes out here
