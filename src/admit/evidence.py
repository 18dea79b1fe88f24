"""Why an attempt's cookie is not there, as far as the request shows it.

May know: browser, errors, settings.
"""

from __future__ import annotations

import re

from admit.browser import BrowserRequest
from admit.errors import ResponseRejected
from admit.settings import Settings

HOST = re.compile(r"[a-z0-9.:\[\]-]{1,100}")


def missing_attempt(request: BrowserRequest, settings: Settings, pending: int) -> ResponseRejected:
    """Return the refusal of a response that no attempt of this browser asked for.

    Args:
        request: Of the callback.
        settings: Name the host where sign-in begins.
        pending: How many other attempts the browser holds.
    """
    host = request.host.lower()
    if host != settings.host:
        safe = host if HOST.fullmatch(host) else "another host"
        cause = (
            f"the browser came back to {safe}, but sign-in begins on {settings.host}, and cookies"
            " belong to one host"
        )
        fix = f"open the application at {settings.base_url}, or correct base_url"
    elif pending:
        cause = (
            f"the browser holds {pending} other attempts: this one was dropped for newer ones, or"
            " the response was made in another browser"
        )
        fix = "start again; nothing to fix unless it happens to many"
    else:
        cause = (
            "the browser sent no attempt's cookie: it blocks cookies, the address was opened in"
            " another browser, or a proxy drops or changes cookies"
        )
        fix = "finish in the browser where the sign-in began; look at Set-Cookie behind the proxy"
    return ResponseRejected("attempt.missing", "no attempt for this state", cause=cause, hint=fix)
