"""What a request knows of its session, and what its answer tells caches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import flask
from werkzeug.exceptions import HTTPException

from admit.browser import WITH_BODY
from admit.errors import SignInError
from admit.model import Session

#: What a request knows: its session, once somebody has asked, and that it was ended.
SESSION, ENDED = "_admit_session", "_admit_ended"
#: The content of its cookie, where the browser has yet to get it; why the session is not known.
COOKIE, UNKNOWN = "_admit_cookie", "_admit_unknown"
#: The user, as Flask-Login keeps them.
LOADED = "_login_user"
NOBODYS_CACHE = "private, no-store"


def keep_private(response: flask.Response, cache_control: str) -> bool:
    """Keep the page out of shared caches; tell whether it is, as the application may want it there.

    What shared caches may keep must bring nobody a session's cookie.
    """
    if "no-store" in cache_control:
        return True
    response.vary.add("Cookie")
    if "private" in cache_control:
        return True
    if "public" in cache_control or "s-maxage" in cache_control:
        return False
    lasting = "max-age" in cache_control
    response.headers["Cache-Control"] = f"private, {cache_control}" if lasting else NOBODYS_CACHE
    return True


def endpoint_of_home() -> str | None:
    """Return the endpoint that answers ``/``; None where that is not found."""
    try:
        endpoint: str = flask.current_app.url_map.bind("localhost").match("/")[0]
    except HTTPException:
        return None
    return endpoint


def keep_unstored(response: flask.Response) -> flask.Response:
    """Let nobody keep an answer at one of our paths that is Flask's or the application's own."""
    for name, value in WITH_BODY:
        response.headers[name] = value
    return response


@contextmanager
def new_session(session: Session, text: str) -> Iterator[None]:
    """Let the request be that of a session that has just begun, unless the block raises."""
    names, context = (SESSION, COOKIE, UNKNOWN, ENDED, LOADED), context_of_request()
    former = {name: getattr(context, name) for name in names if hasattr(context, name)}

    def put(known: Mapping[str, Any]) -> None:
        for name in names:
            context.pop(name, None)
        for name, value in known.items():
            setattr(context, name, value)

    put({SESSION: session, COOKIE: text})
    try:
        yield
    except Exception:
        put(former)
        raise


def check_known(context: object) -> None:
    """Raise what kept the session of the request from being known, if anything did."""
    error: SignInError | None = getattr(context, UNKNOWN, None)
    if error is not None:
        raise error


def context_of_request() -> Any:  # noqa: ANN401 - Flask's, of any attributes
    """Return what ``flask.g`` stands for, looked up once for several uses."""
    return flask.g._get_current_object()  # noqa: SLF001
