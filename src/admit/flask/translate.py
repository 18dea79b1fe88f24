"""Between Flask's request and response and the core's."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

import flask
from werkzeug.exceptions import RequestEntityTooLarge

from admit.browser import BrowserRequest, BrowserResponse
from admit.errors import ResponseRejected

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.datastructures import Headers

#: Bytes of a query, and of a form, that is sent to our own pages; parameters in either.
LARGEST, MOST_PARAMETERS = 1 << 16, 64
CONTENT_TOO_LARGE, URI_TOO_LONG = 413, 414
PLAIN = re.compile(r"[A-Za-z0-9/_.-]*")


@cache
def _wsgi_name(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")


class _Headers:
    """A request's headers, read from the WSGI environ: we look at nine, mostly absent."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def get(self, name: str, /) -> str | None:
        return self._environ.get(_wsgi_name(name))


def own_request() -> BrowserRequest:
    """Return the current request to one of our own pages, unless it is larger than any that fits.

    The application's own limits for uploads are for its own pages.

    Raises:
        ResponseRejected: ``input.too_large``; nothing was parsed, and no more was read than may
            be.
    """
    request = flask.request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    query = request.environ.get("QUERY_STRING", "")
    if len(query) > LARGEST or query.count("&") >= MOST_PARAMETERS:
        raise _too_large("the query", URI_TOO_LONG)
    if request.method != "POST":
        return from_flask()
    if (request.content_length or 0) > LARGEST:
        raise _too_large("the body", CONTENT_TOO_LARGE)
    # A body of no stated length is counted while it is read.
    most = min(request.max_content_length or LARGEST, LARGEST)
    # Werkzeug refuses at the limit, not beyond it, where it counts.
    request.max_content_length = most + (request.content_length is None)
    request.max_form_parts = MOST_PARAMETERS
    try:
        read = from_flask()
        if request.content_length is None and read.parameters:
            # A form that is cut off at the limit is parsed like another; this notices.
            request.stream.read(1)
    except RequestEntityTooLarge:
        raise _too_large("the body", CONTENT_TOO_LARGE) from None
    if len(read.parameters) > MOST_PARAMETERS:
        raise _too_large("the body", CONTENT_TOO_LARGE)
    return read


def _too_large(what: str, status: int) -> ResponseRejected:
    return ResponseRejected(
        "input.too_large",
        f"{what} is longer, or has more parameters, than anything that comes here",
        status=status,
    )


def from_flask(*, form: bool = True) -> BrowserRequest:
    """Return the current request; a form that was posted is read only where it is wanted."""
    # The proxy is looked through once: each use of it costs as much as what it leads to.
    request = flask.request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    environ = request.environ
    query, path = environ.get("QUERY_STRING", ""), request.path
    if request.method == "POST":
        parameters = request.form.to_dict(flat=False) if form else {}
    else:
        parameters = _arguments(request, query) if query else {}
    return BrowserRequest(
        method=request.method,
        path=path if PLAIN.fullmatch(path) else quote(path, safe="/:@!$&'()*+,;=~"),
        query=query,
        host=environ.get("HTTP_HOST", ""),
        headers=_Headers(environ),
        cookies=request.cookies,
        parameters=parameters,
    )


def _arguments(request: flask.Request, query: str) -> dict[str, list[str]]:
    """Return the parameters of a query; octets that are no UTF-8 become U+FFFD."""
    try:
        return request.args.to_dict(flat=False)
    except UnicodeDecodeError:
        # Browsers encode such octets; Werkzeug replaces them then, and fails where they are bare.
        encoded = quote(query, safe=string.printable, encoding="latin-1")
        return parse_qs(encoded, keep_blank_values=True)


class _Redirect(flask.Response):
    """A redirect whose location is an absolute URL in ASCII: there is nothing to put right."""

    default_mimetype = None

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        del environ
        return self.headers


def to_flask(answer: BrowserResponse) -> flask.Response:
    """Return *answer* as Flask's."""
    headers = list(answer.headers)
    for cookie in answer.cookies:
        headers.append(("Set-Cookie", cookie))  # noqa: PERF401 - a generator costs more than one item
    if answer.location is not None:
        headers += (("Location", answer.location), ("Content-Length", "0"))
        return _Redirect((), answer.status, headers)
    return flask.Response(answer.body, answer.status, headers, content_type=answer.content_type)
