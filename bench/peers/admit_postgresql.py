"""Admit, with sessions in PostgreSQL."""
from peers.admit import make_app

__all__ = ["CALLBACK", "LOGIN", "LOGOUT", "ME", "make_app"]
LOGIN, CALLBACK, ME, LOGOUT = "/signin", "/authorization-code/callback", "/me", "/signout"
LOGOUT_IS_FORM = True
STORE = "postgresql"
