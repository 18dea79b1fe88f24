"""The routes that a sign-in adds to an application."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import flask

from admit.assembly import Assembly
from admit.browser import BrowserRequest, BrowserResponse
from admit.errors import SignInError
from admit.flask.context import keep_unstored
from admit.flask.translate import from_flask, own_request, to_flask
from admit.pages import script_path
from admit.ports import run_sync
from admit.settings import Settings

if TYPE_CHECKING:
    from admit.stored_assembly import Stored

PUBLIC = "_admit_public"


class _Adding:
    """Adds rules, and notes their paths. A preflight is none of ours: OPTIONS is refused."""

    def __init__(self, app: flask.Flask) -> None:
        self._app = app
        self.paths: list[str] = []

    def __call__(
        self, path: str, endpoint: str, view: Callable[[], flask.Response], *methods: str
    ) -> None:
        self._app.add_url_rule(
            path, endpoint, view, methods=methods or ("GET",), provide_automatic_options=False
        )
        self.paths.append(path)


def add_routes(app: flask.Flask, parts: Assembly) -> list[str]:
    """Add to *app* what browsers and the provider come to; return the paths."""
    settings, endpoints, add = parts.settings, parts.endpoints, _Adding(app)
    form_post = settings.client.response_mode == "form_post"
    add(settings.sign_in_path, "signin", _view(endpoints.starts.answer), "GET", "POST")
    add(settings.sign_out_path, "signout", _view(parts.sign_out.answer), "GET", "POST")
    more = ("POST",) if form_post else ()
    add(settings.callback_path, "signin_callback", _view(endpoints.callback), "GET", *more)
    if settings.end_session_method == "post":
        path = script_path(settings.sign_out_path)
        add(path, "signout_script", _view(parts.sign_out.script))
    if settings.signed_out_path != "/":
        add(settings.signed_out_path, "signed_out", _view(parts.sign_out.returned))
    if parts.stored is not None:
        _add_calls(add, settings, parts.stored)
    if settings.health_path is not None:
        # What most deployments do not need is not loaded by them.
        from admit.flask.probes import probes_of  # noqa: PLC0415

        for path, endpoint, view in probes_of(settings.health_path, parts):
            add(path, endpoint, _public(view))
    return add.paths


def _add_calls(add: _Adding, settings: Settings, stored: Stored) -> None:
    """Add what the provider calls by itself."""
    calls = stored.calls
    back, front = settings.backchannel_logout_path, settings.frontchannel_logout_path
    add(back, "signin_backchannel_logout", _view(calls.backchannel, calls.too_large), "POST")
    add(front, "signin_frontchannel_logout", _view(calls.frontchannel), "GET", "POST")
    if settings.universal_logout_path is not None:
        view = _universal(calls.universal, calls.longest_body)
        add(settings.universal_logout_path, "signin_universal_logout", view, "POST")


def _view(
    answer: Callable[[BrowserRequest], Any],
    refuse: Callable[[SignInError], BrowserResponse] | None = None,
) -> Callable[[], flask.Response]:
    """Return the view of *answer*; *refuse* answers what is too large to be read at all."""

    def view() -> flask.Response:
        try:
            return to_flask(run_sync(answer(own_request())))
        except Exception as error:
            # Too large a request, a form that Flask does not read, or a hook that raises.
            flask.after_this_request(keep_unstored)
            if refuse is None or not isinstance(error, SignInError):
                raise
            return to_flask(refuse(error))

    return _public(view)


def _public(view: Callable[[], flask.Response]) -> Callable[[], flask.Response]:
    setattr(view, PUBLIC, True)
    return view


def _universal(
    answer: Callable[[BrowserRequest, bytes], Coroutine[Any, Any, BrowserResponse]], most: int
) -> Callable[[], flask.Response]:
    def view() -> flask.Response:
        try:
            return to_flask(run_sync(answer(from_flask(form=False), _body(most + 1))))
        except Exception:
            flask.after_this_request(keep_unstored)
            raise

    return _public(view)


def _body(most: int) -> bytes:
    """Return the first bytes of the body: one more than may be is enough to be refused.

    Where the application has read it already, nothing is left of the stream, and Flask has kept
    what there was. Where its chunks are broken, nothing of it is a request.
    """
    try:
        return flask.request.stream.read(most) or flask.request.get_data()
    except OSError:
        return b""
