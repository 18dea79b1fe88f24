"""A browser of a few lines: cookies, redirects and forms, and every step open to the test."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import cast
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import (
    BaseHandler,
    HTTPCookieProcessor,
    HTTPErrorProcessor,
    HTTPSHandler,
    ProxyHandler,
    Request,
    build_opener,
)

from bs4 import BeautifulSoup, Tag

MOST_REDIRECTS = 10
NAVIGATION = {
    "Accept": "text/html,*/*;q=0.8",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
REDIRECTS = (301, 302, 303, 307, 308)


class _AsItIs(HTTPErrorProcessor):
    """Every answer is an answer: redirects and errors come back like others."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:  # noqa: ARG002
        return response

    https_response = http_response


@dataclass(frozen=True)
class Page:
    """Where the browser is, and what it sees there; without a status it has not gone there."""

    url: str
    status: int = 0
    html: str = ""

    @property
    def text(self) -> str:
        return BeautifulSoup(self.html, "html.parser").get_text(" ", strip=True)

    def has_button(self, label: str) -> bool:
        return self._button(label) is not None

    def form(self, label: str, **filled: str) -> tuple[str, dict[str, str]]:
        """Return where the form of the button *label* goes, and its fields."""
        button = self._button(label)
        assert button is not None, f"no button {label!r} on {self.url}: {self.status} {self.text}"
        form = self._form_of(button)
        fields = {
            str(field["name"]): str(field.get("value", ""))
            for field in form.find_all("input")
            if field.get("name") and field.get("type") != "submit"
        }
        assert filled.keys() <= fields.keys()
        if button.get("name"):
            fields[str(button["name"])] = str(button.get("value", ""))
        return urljoin(self.url, str(form.get("action", ""))), fields | filled

    def _button(self, label: str) -> Tag | None:
        for tag in BeautifulSoup(self.html, "html.parser").select("button, input[type=submit]"):
            if label in {tag.get_text(strip=True), tag.get("value")}:
                return tag
        return None

    def _form_of(self, button: Tag) -> Tag:
        """Return the form around *button*, or the one that it names."""
        name = button.get("form")
        page = BeautifulSoup(self.html, "html.parser")
        form = page.find("form", id=str(name)) if name else button.find_parent("form")
        assert form is not None
        return form


class Browser:
    """One browser profile.

    Args:
        context: The authorities that it trusts.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._cookies = CookieJar()
        handlers: list[BaseHandler] = [
            ProxyHandler({}),
            HTTPCookieProcessor(self._cookies),
            HTTPSHandler(context=context),
            _AsItIs(),
        ]
        self._opener = build_opener(*handlers)
        self.visited: list[str] = []
        self.page = Page("about:blank")

    def open(
        self, url: str, form: dict[str, str] | None = None, *, until: str | None = None
    ) -> Page:
        """Go to *url* and follow redirects, but do not go where a URL begins with *until*."""
        for _ in range(MOST_REDIRECTS):
            if until is not None and url.startswith(until):
                self.page = Page(url)
                return self.page
            status, html, location = self._send(url, form)
            self.page = Page(url, status, html)
            if status not in REDIRECTS:
                return self.page
            url, form = urljoin(url, location), form if status in {307, 308} else None
        raise AssertionError(f"redirected in circles: {self.visited[-4:]}")

    def press(self, label: str, *, until: str | None = None, **filled: str) -> Page:
        """Fill the form of the button *label* and send it."""
        url, fields = self.page.form(label, **filled)
        return self.open(url, fields, until=until)

    def cookie_header(self, url: str) -> str:
        """Return what the browser sends as ``Cookie`` to *url*."""
        request = Request(url)
        self._cookies.add_cookie_header(request)
        return request.get_header("Cookie", "")

    def _send(self, url: str, form: dict[str, str] | None) -> tuple[int, str, str]:
        self.visited.append(url)
        body = None if form is None else urlencode(form).encode()
        request = Request(url, body, {**NAVIGATION, **self._origin(url, form)})
        with cast("HTTPResponse", self._opener.open(request, timeout=10)) as answer:
            html = answer.read().decode()
            return answer.status, html, answer.headers.get("Location", "")

    def _origin(self, url: str, form: dict[str, str] | None) -> dict[str, str]:
        """Return what a browser says of the page that a form was sent from."""
        if form is None:
            return {}
        here, there = urlsplit(self.page.url), urlsplit(url)
        same = (here.scheme, here.netloc) == (there.scheme, there.netloc)
        return {
            "Origin": f"{here.scheme}://{here.netloc}",
            "Referer": self.page.url,
            "Sec-Fetch-Site": "same-origin" if same else "cross-site",
        }


def authenticate(browser: Browser, user: str = "alice", *, until: str | None = None) -> Page:
    """Do what the provider asks of the user who is on its page."""
    page = fill_in(browser, user, until=until)
    return browser.press("Allow", until=until) if page.has_button("Allow") else page


def fill_in(browser: Browser, user: str = "alice", *, until: str | None = None) -> Page:
    """Fill in the provider's form."""
    if not browser.page.has_button("Sign in"):
        return browser.page
    _, fields = browser.page.form("Sign in")
    name = "user" if "user" in fields else "username"
    return browser.press("Sign in", until=until, **{name: user, "password": f"{user}-pw"})
