"""A browser that may send anything: any octets, any cookies, and follows nothing by itself."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from hostile.wire import CALLBACK, Answer, Headers, exchange
from interop.scripted import NAVIGATION


@dataclass
class Browser:
    """One profile of a browser at one site.

    Attributes:
        url: Of the site: scheme, host and port.
        told: Called with this browser and each answer of the site.
        before: Called with this browser and the target of each request to the site.
        trust: Whom it trusts.
        cookies: What it holds: change them at will.
    """

    url: str
    told: Callable[[Browser, Answer], None]
    before: Callable[[Browser, str], None]
    trust: ssl.SSLContext | None = None
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str = "/", headers: Headers | None = None, **more: Any) -> Answer:
        """Get *path* of the site, or a URL of it."""
        return self.send("GET", path, headers, **more)

    def post(
        self, path: str, form: Mapping[str, str] | None = None, headers: Headers | None = None
    ) -> Answer:
        """Post a form from a page of the site itself; headers say so unless they are given."""
        from_here = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.url,
            "Sec-Fetch-Site": "same-origin",
        }
        given = from_here if headers is None else {**from_here, **headers}
        given = {name: value for name, value in given.items() if value}
        return self.send("POST", path, given, body=urlencode(form or {}).encode())

    def send(
        self,
        method: str,
        path: str,
        headers: Headers | None = None,
        *,
        body: bytes = b"",
        target: bytes | None = None,
    ) -> Answer:
        """Send a request to the site, keep the cookies of the answer, and return it.

        Args:
            headers: Laid over those of a person who opens a page; empty ones are left out. A
                ``Cookie`` takes the place of what the browser holds.
            target: Octets in place of *path*.
        """
        url = path if path.startswith(self.url) else self.url + path
        sent = dict(self.cookies)
        given: dict[str, str | bytes] = dict(NAVIGATION)
        if sent:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in sent.items())
        given |= headers or {}
        given = {name: value for name, value in given.items() if value}
        self.before(self, url)
        answer = exchange(
            url, method, headers=given, body=body, target=target, cookies=sent, trust=self.trust
        )
        for name, value in answer.cookies.items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        self.told(self, answer)
        return answer

    def begin(self, path: str = "/signin") -> str:
        """Begin a sign-in, and return the authorization request: a URL of the provider."""
        answer = self.get(path)
        if answer.location.startswith(f"{self.url}/signin"):
            answer = self.get(answer.location)
        assert answer.status == 303, f"no sign-in began: {answer.status} {answer.page.text}"
        return answer.location

    def authorize(self, url: str) -> str:
        """Let the provider sign its user in, and return the callback: a URL of the site."""
        answer = exchange(url, headers=NAVIGATION)
        assert answer.location.startswith(self.url + CALLBACK), (answer.status, answer.text)
        return answer.location

    def to_callback(self, path: str = "/signin") -> str:
        """Sign in at the provider, and return the callback, not visited yet."""
        return self.authorize(self.begin(path))

    def sign_in(self, path: str = "/signin") -> Answer:
        """Sign in, and return what the callback answered."""
        return self.get(self.to_callback(path))

    def is_signed_in(self) -> bool:
        """Tell whether the profile is shown."""
        return self.get("/profile").status == 200

    @property
    def session(self) -> str:
        """The session's cookie, or nothing."""
        return self.cookies.get("__Host-admit", self.cookies.get("admit", ""))
