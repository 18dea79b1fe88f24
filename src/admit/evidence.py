"""What the log is told of a request or of settings that are no good: enough, and no secret.

May know: browser, errors, events, settings.
"""

from __future__ import annotations

import re

from admit.browser import BrowserRequest
from admit.errors import ConfigurationError, Problem, ResponseRejected
from admit.events import Event
from admit.settings import Settings

HOST = re.compile(r"[a-z0-9.:\[\]-]{1,100}")
#: Words that quote no value. A value in the wrong place may be a secret.
QUOTES_NOTHING = re.compile(r"[^'\":]*|it is missing: [^'\":]*")


def elsewhere(request: BrowserRequest, settings: Settings) -> Event:
    """Return the event of a sign-in that is sent to the canonical host before it begins."""
    hint = (
        f"open the application at {settings.base_url}; if browsers reach it by another address,"
        " correct ADMIT_BASE_URL, and let the proxy hand on Host"
    )
    return Event("signin.elsewhere", {"host": _host(request), "hint": hint})


def misconfigured(error: ConfigurationError) -> Event:
    """Return the event of settings that are no good: their names and what is wrong, no values."""
    names = ", ".join(dict.fromkeys(problem.setting for problem in error.problems))
    detail = "; ".join(dict.fromkeys(map(_without_value, error.problems)))
    return Event("config.invalid", {"code": error.code, "settings": names, "detail": detail})


def _without_value(problem: Problem) -> str:
    fits = QUOTES_NOTHING.fullmatch(problem.wrong)
    return f"{problem.setting}: {problem.wrong if fits else 'its value is no good'}"


def _host(request: BrowserRequest) -> str:
    host = request.host.lower()
    return host if HOST.fullmatch(host) else "another host"


def missing_attempt(request: BrowserRequest, settings: Settings, pending: int) -> ResponseRejected:
    """Return the refusal of a response that no attempt of this browser asked for.

    Args:
        request: Of the callback.
        settings: Name the host where sign-in begins.
        pending: How many other attempts the browser holds.
    """
    if request.host.lower() != settings.host:
        safe = _host(request)
        cause = (
            f"the browser came back to {safe}, but sign-in begins on {settings.host}, and cookies"
            " belong to one host"
        )
        fix = f"open the application at {settings.base_url}, or correct ADMIT_BASE_URL"
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
