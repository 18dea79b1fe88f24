"""The sample app: a user signs in, sees the profile and signs out.

Everything about sign-in is one line, `SignIn(app)`, and four settings of the environment:
ADMIT_ISSUER, ADMIT_CLIENT_ID, ADMIT_CLIENT_SECRET and ADMIT_BASE_URL. Beside them stands
ADMIT_SECRET_KEYS, which seals the sessions. `make demo` sets all five, and ADMIT_SESSIONS: where
sessions are kept in a store, they have access tokens, and can be ended from outside.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin
from urllib.request import Request, urlopen

from flask import Flask, Response, redirect, render_template, request, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from admit.flask import SignIn, current_session

app = Flask(__name__)
signin = SignIn(app, protect_all=True)


@app.get("/")
@signin.public
def home() -> str:
    """Show the sign-in button, or the sign-out button: anybody may come here."""
    return render_template("signin.html")


@app.get("/about")
@signin.public
def about() -> str:
    """Show a page for everybody, signed in or not."""
    return render_template("about.html")


@app.get("/members")
def members() -> str:
    """Show a page that nobody has marked: `protect_all` protects it."""
    return render_template("members.html")


@app.get("/profile")
@login_required
def profile() -> str:
    """Show what the provider says of the user. `login_required` protects just this page."""
    rows = [(name, shown(name, value)) for name, value in sorted(current_user.claims.items())]
    return render_template("profile.html", rows=rows)


@app.get("/session")
@login_required
def session() -> str:
    """Show how long the session and its access token live, and the ways to sign out."""
    started = current_session.started_at or 0
    return render_template(
        "session.html",
        started=time_of(started),
        ends=time_of(started + signin.settings.absolute_timeout),
        idle_minutes=signin.settings.idle_timeout // 60,
        # Of a store's URL only its kind: the rest may hold a password.
        store=signin.settings.sessions.partition(":")[0] if signin.settings.are_stored else None,
        has_token=signin.settings.access_tokens,
        token_ends=time_of(current_session.expires_at),
        scope=current_session.scope,
        provider=urljoin(signin.settings.client.issuer, "/"),
    )


@app.get("/session/userinfo")
@login_required
def userinfo() -> AnyResponse | str:
    """Call an API as the user, here the provider's UserInfo endpoint, and show its answer."""
    if not signin.settings.access_tokens:
        return redirect(url_for("session"))
    before = current_session.expires_at
    # Renewed if it is about to end. What is raised has an answer for the browser: let it pass.
    token = current_session.access_token()
    return render_template(
        "userinfo.html",
        renewed=current_session.expires_at != before,
        token_ends=time_of(current_session.expires_at),
        answer=ask_userinfo(token),
    )


def ask_userinfo(token: str) -> str:
    """Return what UserInfo says to a bearer of *token*, for people to read."""
    issuer = signin.settings.client.issuer.rstrip("/")
    try:
        endpoint = fetch(f"{issuer}/.well-known/openid-configuration")["userinfo_endpoint"]
        claims = fetch(endpoint, f"Bearer {token}")
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        return f"There was no answer that can be shown: {type(error).__name__}."
    return json.dumps(claims, indent=2, ensure_ascii=False)


def fetch(url: str, authorization: str | None = None) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON at *url*. A redirect does not get the token: it is sent to *url* alone."""
    request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 - our provider's
    if authorization is not None:
        request.add_unredirected_header("Authorization", authorization)
    with urlopen(request, timeout=5) as answer:  # noqa: S310 - likewise
        return json.load(answer)


def time_of(seconds: int | None) -> str:
    """Return a time for people. A claim may be any number: not each is a time."""
    if seconds is None:
        return "unknown"
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, OSError, ValueError):
        return "no time"


def shown(name: str, value: object) -> str:
    """Return a claim for people: times as times, structures as JSON."""
    if name in {"iat", "exp", "auth_time", "updated_at"} and isinstance(value, int):
        return f"{time_of(value)} ({value})"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@app.after_request
def add_security_headers(response: Response) -> Response:
    """Let pages load nothing but our own files, and nobody frame them or hold their window."""
    policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
    # No form-action: Chromium would stop the forms that lead on to the provider.
    response.headers.setdefault("Content-Security-Policy", f"{policy} frame-ancestors 'none'")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if response.mimetype == "text/html" and response.location is None:
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
