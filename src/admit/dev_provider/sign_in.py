"""The sign-in page and its form.

May know: model, provider, pages, answers.
"""

from __future__ import annotations

import secrets
from hmac import compare_digest
from typing import Final

from flask import Response, request

from admit.dev_provider import pages
from admit.dev_provider.answers import finish, refuse
from admit.dev_provider.model import AuthorizationRequest, Refused, Transaction, User
from admit.dev_provider.provider import PAGE_SECONDS, SESSION_COOKIE, Provider

BROWSER_COOKIE: Final = "DT"
FAILED: Final = "Unable to sign in"


def sign_in_page(provider: Provider, asked: AuthorizationRequest) -> Response:
    """Start a transaction of this browser, and return the page."""
    browser = request.cookies.get(BROWSER_COOKIE, "") or secrets.token_urlsafe(32)
    transaction_id = secrets.token_urlsafe(32)
    transaction = Transaction(asked, browser, provider.now())
    provider.transactions.put(transaction_id, transaction)
    response = _page(provider, transaction_id, transaction, asked.login_hint)
    return _remember(response, BROWSER_COOKIE, browser)


def sign_in(provider: Provider) -> Response:
    """Answer the form: back to the app, or the page again with an error.

    The transaction belongs to the browser that was given the page: a form on another site knows
    no transaction of it, and a stranger's transaction does not fit its cookie.
    """
    transaction_id = request.form.get("transaction", "")
    transaction = provider.transactions.get(transaction_id)
    browser = request.cookies.get(BROWSER_COOKIE, "")
    if transaction is None or not compare_digest(transaction.browser.encode(), browser.encode()):
        return pages.error_page(
            "invalid_request",
            "This sign-in page is not open in this browser, or was used already.",
            "Go back to the app and sign in again. Cookies must be allowed for this address.",
        )
    asked = transaction.request
    if provider.now() - transaction.started_at > PAGE_SECONDS:
        provider.transactions.take(transaction_id)
        expired = Refused("login_required", "Request expired, please start over and try again.")
        return refuse(provider, asked.destination, expired)
    user = _user(provider)
    if user is None:
        typed = request.form.get("username", "")[:200]
        return _page(provider, transaction_id, transaction, typed, error=FAILED)
    provider.transactions.take(transaction_id)
    return _signed_in(provider, asked, user)


def _user(provider: Provider) -> User | None:
    demo = request.form.get("demo")
    if demo:
        return provider.user(demo)
    return provider.checked_user(request.form.get("username", ""), request.form.get("password", ""))


def _signed_in(provider: Provider, asked: AuthorizationRequest, user: User) -> Response:
    session = provider.sign_in(user, replacing=request.cookies.get(SESSION_COOKIE, ""))
    try:
        response = finish(provider, asked, session)
    except Refused as refused:
        response = refuse(provider, asked.destination, refused)
    return _remember(response, SESSION_COOKIE, session.session_id)


def _page(
    provider: Provider,
    transaction_id: str,
    transaction: Transaction,
    username: str,
    error: str = "",
) -> Response:
    client = provider.clients.get(transaction.request.client_id)
    return pages.page(
        "sign_in.html",
        400 if error else 200,
        app=client.name if client else "the app",
        transaction=transaction_id,
        username=username,
        error=error,
        users=provider.users,
    )


def _remember(response: Response, name: str, value: str) -> Response:
    response.set_cookie(name, value, httponly=True, samesite="Lax", path="/")
    return response
