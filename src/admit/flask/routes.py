"""The routes that a sign-in adds to an application."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import flask

from admit.assembly import Assembly
from admit.browser import BrowserRequest, BrowserResponse
from admit.errors import SignInError
from admit.flask.translate import from_flask, own_request, to_flask
from admit.ports import run_sync
from admit.settings import Settings

if TYPE_CHECKING:
    from admit.stored_assembly import Stored

PUBLIC = "_admit_public"


def add_routes(app: flask.Flask, parts: Assembly) -> None:
    """Add to *app* what browsers and the provider come to."""
    settings, endpoints, add = parts.settings, parts.endpoints, app.add_url_rule
    form_post = settings.client.response_mode == "form_post"
    add(settings.sign_in_path, "signin", _view(endpoints.starts.answer),
        methods=["GET", "POST"])  # fmt: skip
    add(settings.sign_out_path, "signout", _view(parts.sign_out.answer),
        methods=["GET", "POST"])  # fmt: skip
    add(settings.callback_path, "signin_callback", _view(endpoints.callback),
        methods=["GET", "POST"] if form_post else ["GET"])  # fmt: skip
    if settings.signed_out_path != "/":
        add(settings.signed_out_path, "signed_out", _view(parts.sign_out.returned))
    if parts.stored is not None:
        _add_calls(app, settings, parts.stored)
    if settings.health_path is not None:
        # What most deployments do not need is not loaded by them.
        from admit.flask.probes import add_probes  # noqa: PLC0415

        add_probes(
            settings.health_path, parts, lambda *rule: add(rule[0], rule[1], _public(rule[2]))
        )


def _add_calls(app: flask.Flask, settings: Settings, stored: Stored) -> None:
    """Add what the provider calls by itself."""
    calls, add = stored.calls, app.add_url_rule
    add(settings.backchannel_logout_path, "signin_backchannel_logout",
        _view(calls.backchannel, calls.too_large), methods=["POST"])  # fmt: skip
    add(settings.frontchannel_logout_path, "signin_frontchannel_logout",
        _view(calls.frontchannel), methods=["GET", "POST"])  # fmt: skip
    if settings.universal_logout_path is not None:
        add(settings.universal_logout_path, "signin_universal_logout",
            _universal(calls.universal, calls.longest_body), methods=["POST"])  # fmt: skip


def _view(
    answer: Callable[[BrowserRequest], Any],
    refuse: Callable[[SignInError], BrowserResponse] | None = None,
) -> Callable[[], flask.Response]:
    """Return the view of *answer*; *refuse* answers what is too large to be read at all."""

    def view() -> flask.Response:
        try:
            request = own_request()
        except SignInError as error:
            if refuse is None:
                raise
            return to_flask(refuse(error))
        return to_flask(run_sync(answer(request)))

    return _public(view)


def _public(view: Callable[[], flask.Response]) -> Callable[[], flask.Response]:
    setattr(view, PUBLIC, True)
    return view


def _universal(
    answer: Callable[[BrowserRequest, bytes], Coroutine[Any, Any, BrowserResponse]], most: int
) -> Callable[[], flask.Response]:
    def view() -> flask.Response:
        # One byte more than may be: enough to be refused. Where the application has read the body
        # already, nothing is left of the stream, and Flask has kept what there was.
        body = flask.request.stream.read(most + 1) or flask.request.get_data()
        return to_flask(run_sync(answer(from_flask(form=False), body)))

    return _public(view)
