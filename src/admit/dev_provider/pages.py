"""What a browser gets: pages, redirects, the headers of both.

May know: model.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from flask import Response, make_response, render_template

from admit.dev_provider.faults import Pairs
from admit.dev_provider.model import Destination

SUBMIT: Final = "document.forms[0].submit()"
SUBMIT_HASH: Final = b64encode(sha256(SUBMIT.encode()).digest()).decode("ascii")
# No form-action: browsers apply it to the redirect that follows a form, which leads to the app.
POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def page(template: str, status: int = 200, *, allowed: str = "", **values: object) -> Response:
    """Return a page that nothing may be injected into and nobody may frame.

    Args:
        template: The template's name.
        status: The HTTP status.
        allowed: More directives of the content security policy.
        **values: What the template shows.
    """
    response = make_response(render_template(template, **values), status)
    policy = f"{POLICY}; {allowed}" if allowed else POLICY
    response.headers["Content-Security-Policy"] = policy
    return private(response)


def private(response: Response) -> Response:
    """Return the response with the headers that keep it out of caches and referrers."""
    response.headers["Cache-Control"] = "no-cache, no-store"
    response.headers["Pragma"] = "no-cache"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Okta-Request-Id"] = secrets.token_urlsafe(16)
    return response


def error_page(
    error: str, description: str, hint: str = "", shown: Pairs | None = None
) -> Response:
    """Return Okta's page for a request that must not be answered with a redirect.

    Args:
        error: The OAuth error code.
        description: Okta's wording.
        hint: What the developer can do about it.
        shown: Labels and values that help to find the cause.
    """
    return page(
        "error.html",
        400,
        error=error,
        description=description,
        hint=hint,
        shown=shown or [],
    )


def redirect(uri: str, pairs: Pairs, *, separator: str = "?") -> Response:
    """Return a redirect to *uri* with parameters added."""
    response = Response(status=302)
    response.headers["Location"] = with_pairs(uri, pairs, separator=separator)
    response.autocorrect_location_header = False
    return private(response)


def with_pairs(uri: str, pairs: Pairs, *, separator: str = "?") -> str:
    """Return *uri* with parameters added."""
    glue = "&" if separator == "?" and "?" in uri else separator
    return f"{uri}{glue}{urlencode(pairs)}" if pairs else uri


def respond(destination: Destination, pairs: Pairs) -> Response:
    """Return the authorization response in the mode that was asked for.

    Spec: RFC 6749 4.1.2, OAuth 2.0 Multiple Response Types 2.1, OAuth 2.0 Form Post 2.
    """
    uri = destination.redirect_uri
    if destination.response_mode == "form_post":
        allowed = f"script-src 'sha256-{SUBMIT_HASH}'"
        return page("form_post.html", allowed=allowed, uri=uri, pairs=pairs, submit=SUBMIT)
    separator = "#" if destination.response_mode == "fragment" else "?"
    return redirect(uri, pairs, separator=separator)
