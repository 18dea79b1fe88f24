"""An application as a developer writes it."""

from __future__ import annotations

from typing import Any

import flask
from flask_login import current_user, login_required

from admit import AuthorizationDenied, User
from admit.flask import SignIn, current_session

sign_in = SignIn()


def create_app(**config: Any) -> flask.Flask:
    app = flask.Flask("shop")
    app.config.from_mapping(config)
    sign_in.init_app(app)

    @app.get("/")
    def home() -> str:
        return f"hello {current_user.is_authenticated}"

    @app.get("/profile")
    @login_required
    def profile() -> str:
        user: Any = current_user
        return f"{user.sub}|{user.name}|{user.email}|{','.join(user.groups)}"

    @app.get("/token")
    @login_required
    def token() -> str:
        return current_session.access_token()

    return app


@sign_in.on_sign_in
def only_the_known(user: User) -> None:
    flask.session["seen"] = user.sub
    if "banned" in user.groups:
        raise AuthorizationDenied("app.banned", "this user may not come in", hint="call us")


@sign_in.failure_page
def sorry(failure: Any) -> str:
    return f"<h1>Sorry</h1><p>{failure.code}"
