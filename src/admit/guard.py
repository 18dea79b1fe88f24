"""What a visitor who is not signed in gets, by what they asked for.

May know: browser, return_to, settings.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from admit.browser import WITH_BODY, BrowserRequest, BrowserResponse, redirect
from admit.return_to import safe_return_to
from admit.settings import Settings

UNAUTHORIZED = 401
VISIBLE = re.compile(r"[!-~]*")


class Guard:
    """Decides between a redirect to sign-in, a page and a plain 401."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.sign_in_url = settings.base_url + settings.sign_in_path
        paths = [settings.sign_in_path, settings.sign_out_path, settings.callback_path]
        if settings.signed_out_path != "/":
            paths.append(settings.signed_out_path)
        if settings.are_stored:
            paths += (settings.backchannel_logout_path, settings.frontchannel_logout_path)
        self._own = frozenset(settings.prefix + path.rstrip("/") for path in paths)
        self.default = settings.prefix + settings.after_sign_in
        self._origin, self._host = settings.origin, settings.host

    def return_to(self, value: str | None, *, own: frozenset[str] | None = None) -> str:
        """Return *value* if a browser may be sent there after sign-in, else the default page."""
        own = self._own if own is None else own
        return safe_return_to(value, own=own, default=self.default)

    def absolute(self, path: str) -> str:
        """Return the URL of a path that was found safe. The host is ours, whatever it holds."""
        return self._origin + path

    def wanted(self, request: BrowserRequest) -> str:
        """Return the page that *request* is for, as a path to come back to."""
        query = f"?{request.query}" if request.query else ""
        return self.return_to(f"{self._settings.prefix}{request.path}{query}")

    def again_at(self, request: BrowserRequest) -> str:
        """Return the URL of the page itself; empty where opening it again can do nothing.

        What was sent to it is lost, and a callback's code may be spent.
        """
        callback = self._settings.callback_path.rstrip("/")
        if request.method not in {"GET", "HEAD"} or request.path.rstrip("/") == callback:
            return ""
        query = f"?{request.query}" if request.query else ""
        path = f"{self._settings.prefix}{request.path}{query}"
        return self.absolute(self.return_to(path, own=frozenset()))

    def sign_in_at(self, return_to: str) -> str:
        """Return the URL that signs in and comes back."""
        if return_to == self.default:
            return self.sign_in_url
        return f"{self.sign_in_url}?next={quote(return_to, safe='/')}"

    def challenge(self, request: BrowserRequest) -> BrowserResponse | None:
        """Answer a request that needs a sign-in.

        Returns:
            A redirect for a page that a person opens; a 401 in JSON for scripts, prefetches and
            frames, which start nothing; None where a page must say that what was sent is lost.
        """
        if not request.is_navigation:
            return self.refuse()
        if request.method in {"GET", "HEAD"}:
            return redirect(self.sign_in_at(self.wanted(request)))
        return None

    def refuse(self) -> BrowserResponse:
        """Return the 401 that names the sign-in URL."""
        body = {"error": "sign_in_required", "sign_in_url": self.sign_in_url}
        return BrowserResponse(
            status=UNAUTHORIZED,
            body=json.dumps(body) + "\n",
            content_type="application/json",
            headers=(*WITH_BODY, ("Vary", "Cookie, Accept, Sec-Fetch-Mode, Sec-Fetch-Dest")),
        )

    def canonical(self, request: BrowserRequest) -> str | None:
        """Return where a sign-in must begin instead, if the browser is on another host.

        Cookies belong to one host: an attempt that begins on 127.0.0.1 cannot end on localhost. A
        proxy may hide the browser's host from us, so nobody is sent twice.
        """
        if request.host.lower() == self._host or request.parameter("canonical"):
            return None
        kept = request.query if VISIBLE.fullmatch(request.query) else ""
        query = f"{kept}&canonical=1" if kept else "canonical=1"
        path = self.return_to(f"{self._settings.prefix}{request.path}", own=frozenset())
        return f"{self._origin}{path}?{query}"
