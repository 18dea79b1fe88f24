"""The browser's side: its request, our answer, our cookies.

May know: settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from admit.settings import Settings

NOT_STORED = (("Cache-Control", "no-store"),)
NO_STORE = (*NOT_STORED, ("Referrer-Policy", "no-referrer"))
#: What is more than a redirect is taken for what it says it is, and for nothing else.
WITH_BODY = (*NO_STORE, ("X-Content-Type-Options", "nosniff"))
SEE_OTHER = 303


class Headers(Protocol):
    """Looks a header up, whatever the case of its name."""

    def get(self, name: str, /) -> str | None:
        """Return the value, or None."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserRequest:
    """What a browser asks, as an adapter hands it in.

    Attributes:
        path: Of the application, percent-encoded, without the prefix of the deployment.
        query: As it came, without its question mark.
        host: Host and port as the browser sent them; proves nothing.
        parameters: Of the query, or of the form of a POST.
    """

    method: str
    path: str
    query: str = field(default="", repr=False)
    host: str
    headers: Headers = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)
    parameters: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)

    def parameter(self, name: str) -> str | None:
        """Return the first value of a parameter, or None."""
        values = self.parameters.get(name)
        return values[0] if values else None

    @property
    def is_prefetch(self) -> bool:
        """Whether the browser only looks ahead (Fetch, ``Sec-Purpose``)."""
        get = self.headers.get
        purposes = (get("Sec-Purpose") or "") + (get("Purpose") or "") + (get("X-Moz") or "")
        return "prefetch" in purposes.lower()

    @property
    def is_navigation(self) -> bool:
        """Whether a person will see the answer as a page of its own: no frame, no script.

        Spec: Fetch Metadata Request Headers 2.1 and 2.2; by ``Accept`` where they are missing.
        """
        headers = self.headers
        if self.is_prefetch or headers.get("X-Requested-With"):
            return False
        if mode := headers.get("Sec-Fetch-Mode"):
            return mode == "navigate" and headers.get("Sec-Fetch-Dest") in {None, "document"}
        return "text/html" in (headers.get("Accept") or "")

    @property
    def is_script_or_frame(self) -> bool:
        """Whether the browser itself says that this is no navigation."""
        headers = self.headers
        if headers.get("Sec-Fetch-Mode") or headers.get("X-Requested-With"):
            return not self.is_navigation
        return self.is_prefetch


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserResponse:
    """What a browser gets.

    Attributes:
        location: An absolute URL, for a redirect.
        cookies: Values of ``Set-Cookie``.
    """

    status: int
    location: str | None = field(default=None, repr=False)
    body: str = field(default="", repr=False)
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = WITH_BODY
    cookies: tuple[str, ...] = field(default=(), repr=False)


class Cookies:
    """Names and attributes of our cookies in one deployment.

    Spec: RFC 6265bis 4.1.2 and 4.1.3.
    """

    def __init__(self, settings: Settings) -> None:
        name = settings.cookie_prefix + settings.cookie_name
        self.session = name
        self.attempts = f"{name}-attempt-"
        self.rounds = f"{name}-rounds"
        self.signed_out = f"{name}-signed-out"
        secure = "; Secure" if settings.secure else ""
        self._attributes = f"; Path={settings.cookie_path}; HttpOnly{secure}; SameSite=Lax"
        # A form that the provider's page posts brings only cookies that may cross sites.
        crosses = settings.client.response_mode == "form_post"
        self._attempt_attributes = (
            f"; Path={settings.cookie_path}; HttpOnly; Secure; SameSite=None"
            if crosses
            else self._attributes
        )

    def set(self, name: str, value: str, max_age: int | None = None) -> str:
        """Return the ``Set-Cookie`` value; without *max_age* the cookie ends with the browser."""
        age = "" if max_age is None else f"; Max-Age={max_age}"
        attempt = name.startswith(self.attempts)
        return f"{name}={value}{age}{self._attempt_attributes if attempt else self._attributes}"

    def delete(self, name: str) -> str:
        """Return the ``Set-Cookie`` value that removes a cookie."""
        return self.set(name, "", 0)


def redirect(
    location: str,
    cookies: Sequence[str] = (),
    headers: tuple[tuple[str, str], ...] = NO_STORE,
) -> BrowserResponse:
    """Return a redirect that nobody stores and, by its headers, that gives no referrer."""
    return BrowserResponse(
        status=SEE_OTHER, location=location, headers=headers, cookies=tuple(cookies)
    )
