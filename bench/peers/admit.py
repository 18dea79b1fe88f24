"""Admit, with sessions in the cookie: the default. Its neighbours have theirs in a store."""
from flask import Flask
from flask_login import current_user, login_required
from markupsafe import escape

from admit.flask import SignIn

LOGIN, CALLBACK, ME, LOGOUT = "/signin", "/authorization-code/callback", "/me", "/signout"
LOGOUT_IS_FORM = True


def make_app(op):
    app = Flask("admit-bench")
    app.config["SECRET_KEY"] = "a-key-for-this-benchmark-of-enough-length"
    SignIn(app, issuer=op.issuer, client_id=op.client_id, client_secret=op.client_secret, base_url=op.base,
           ca_file=op.ca, after_sign_in=ME, sessions=op.store)

    @app.get(ME)
    @login_required
    def me():
        return f"Hello {escape(current_user.name)}"

    return app
