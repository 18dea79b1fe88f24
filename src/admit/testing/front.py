"""The pages of the provider of tests: it asks nobody, and sends the browser straight back.

May know: ports, testing.bends, testing.provider.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from admit.ports import HttpRequest, HttpResponse
from admit.testing.bends import received
from admit.testing.provider import MemoryProvider

FOUND, BAD_REQUEST = 302, 400
AUTHORIZE, LOGOUT = "/v1/authorize", "/v1/logout"
PAGE = {"content-type": "text/html; charset=utf-8"}
FORM = """<!doctype html><title>Signed in</title>
<body onload="document.forms[0].submit()"><form method="post" action="{}">
{}<button>Continue</button></form></body>"""
FIELD = '<input type="hidden" name="{}" value="{}">'


def page(provider: MemoryProvider, request: HttpRequest) -> HttpResponse | None:
    """Return what a browser gets, or None where *request* is none of a browser.

    Spec: OIDC Core 3.1.2; OAuth 2.0 Form Post Response Mode; RP-Initiated Logout 2, 3.
    """
    came = received(request, provider.issuer)
    if came.path not in {AUTHORIZE, LOGOUT} or came.path in provider.answers:
        return None
    provider.record(came)
    return _signed_in(provider, came.form) if came.path == AUTHORIZE else _signed_out(came.form)


def _signed_in(provider: MemoryProvider, asked: Mapping[str, str]) -> HttpResponse:
    if asked.get("client_id") != provider.client_id or not asked.get("redirect_uri"):
        return _text(BAD_REQUEST, "No client of this provider asks so.")
    request = {"state": "", **asked}
    response = provider.authorize(f"{AUTHORIZE}?{urlencode(request)}")
    if asked.get("response_mode") == "form_post":
        return _form(asked["redirect_uri"], response)
    return _redirect(asked["redirect_uri"], urlencode(response, doseq=True))


def _signed_out(asked: Mapping[str, str]) -> HttpResponse:
    if not asked.get("post_logout_redirect_uri"):
        return _text(200, "Signed out.")
    state = urlencode({"state": asked["state"]}) if asked.get("state") else ""
    return _redirect(asked["post_logout_redirect_uri"], state)


def _form(action: str, response: Mapping[str, Sequence[str]]) -> HttpResponse:
    fields = "".join(
        FIELD.format(html.escape(name), html.escape(value))
        for name, values in response.items()
        for value in values
    )
    text = FORM.format(html.escape(action), fields)
    return HttpResponse(status=200, headers=PAGE, body=text.encode())


def _redirect(url: str, query: str) -> HttpResponse:
    mark = "&" if "?" in url else "?"
    location = f"{url}{mark}{query}" if query else url
    return HttpResponse(status=FOUND, headers={"location": location})


def _text(status: int, text: str) -> HttpResponse:
    return HttpResponse(status=status, headers={"content-type": "text/plain"}, body=text.encode())
