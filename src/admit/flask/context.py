"""What a request knows of its session, and what its answer tells caches."""

from __future__ import annotations

import flask
from werkzeug.exceptions import HTTPException

#: What a request knows: its session, once somebody has asked, and that it was ended.
SESSION, ENDED = "_admit_session", "_admit_ended"
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


def context_of_request() -> object:
    """Return what ``flask.g`` stands for, looked up once for several uses."""
    return flask.g._get_current_object()  # noqa: SLF001
