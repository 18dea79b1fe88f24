"""The sample app: a user signs in, sees the profile and signs out.

Everything about sign-in is one line, `SignIn(app)`, and four settings of the environment:
ADMIT_ISSUER, ADMIT_CLIENT_ID, ADMIT_CLIENT_SECRET and ADMIT_BASE_URL. Beside them stands
ADMIT_SECRET_KEYS, which seals the sessions. `make demo` sets all five.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from flask import Flask, Response, render_template
from flask_login import current_user, login_required

from admit.flask import SignIn

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


def shown(name: str, value: object) -> str:
    """Return a claim for people: times as times, structures as JSON."""
    if name in {"iat", "exp", "auth_time", "updated_at"} and isinstance(value, int):
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC ({value})"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@app.after_request
def add_security_headers(response: Response) -> Response:
    """Let pages load nothing but our own files, and nobody frame them."""
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
        " frame-ancestors 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response
