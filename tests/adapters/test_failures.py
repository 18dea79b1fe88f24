"""What a failure tells, to whom, and what it does not."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from adapters.site import NOW, Browser, Site
from admit.ports import HttpRequest, HttpResponse
from admit.testing import MemoryProvider, MemoryStore

JSON = {"content-type": "application/json", "x-okta-request-id": "Ygx7-request"}


class Echo(MemoryProvider):
    """A provider that repeats in its refusal whatever it was sent."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        if not request.url.endswith("/token"):
            return await super().send(request)
        form = (request.body or b"").decode().replace('"', "").replace("&", " ")
        form = request.headers.get("Authorization", "no header") + " " + form
        said = f'{{"error": "invalid_grant", "error_description": "{form}"}}'
        return HttpResponse(status=400, headers=JSON, body=said.encode())


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_what_we_sent_is_taken_out_of_what_the_provider_says(
    method: str, caplog: pytest.LogCaptureFixture
) -> None:
    provider = Echo(now=lambda: NOW)
    site = Site(token_endpoint_auth_method=method, provider=provider)
    site.app.debug = True
    browser = site.browser()
    answer = browser.get(provider.callback(browser.begin()))

    told = str(site.events[-1]) + caplog.text + answer.text
    assert "code=[...]" in told
    if method == "client_secret_basic":
        assert "Basic [...] grant_type" in told
    assert "code-0" not in told
    assert provider.client_secret not in told


def test_the_providers_name_for_the_exchange_is_told_to_those_who_can_use_it(
    site: Site, browser: Browser
) -> None:
    site.app.debug = True
    url = browser.begin()
    site.provider.answers["/v1/token"] = HttpResponse(
        status=401, headers=JSON, body=b'{"error": "invalid_client"}'
    )
    answer = browser.get(site.provider.callback(url))
    assert site.events[-1].fields["provider_request"] == "Ygx7-request"
    assert "Ygx7-request" in answer.text


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, "7"),
        ({"retry-after": formatdate(NOW + 9, usegmt=True), "date": formatdate(NOW)}, "9"),
        ({"x-rate-limit-reset": str(NOW + 11), "date": formatdate(NOW)}, "11"),
        ({"x-rate-limit-reset": str(NOW - 5), "date": formatdate(NOW)}, "0"),
        ({"x-rate-limit-reset": str(NOW + 11)}, "5"),
        ({"retry-after": "soon", "date": formatdate(NOW)}, "5"),
        ({}, "5"),
        ({"retry-after": "99999999"}, "3600"),
    ],
)
def test_a_busy_provider_says_when_to_come_back(
    site: Site, browser: Browser, headers: dict[str, str], seconds: str
) -> None:
    url = browser.begin()
    site.provider.answers["/v1/token"] = HttpResponse(status=429, headers=headers, body=b"")
    answer = browser.get(site.provider.callback(url))
    assert answer.status_code == 503
    assert answer.headers.get("Retry-After") == seconds
    assert site.events[-1].name == "provider.unavailable"


class Slow(MemoryProvider):
    """A provider each of whose answers takes seven seconds by the clock of the test."""

    site: Site

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.site.clock.now += 7
        return await super().send(request)


def test_a_slow_provider_ends_a_sign_in_within_twenty_seconds() -> None:
    provider = Slow()
    site = Site(provider=provider, userinfo="always")
    provider.site, provider.now = site, site.clock
    browser = site.browser()
    url = browser.begin()
    began = site.clock.now
    answer = browser.get(provider.callback(url))
    assert answer.status_code == 504
    assert site.clock.now - began <= 20


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (200, b"<html>", "provider.unavailable"),
        (200, b"[]", "provider.unavailable"),
        (200, b"", "provider.unavailable"),
        (401, b'{"error": "invalid_client"}', "provider.unavailable"),
        (400, b'{"error": "unauthorized_client"}', "provider.unavailable"),
        (400, b'{"error": "invalid_scope"}', "provider.unavailable"),
        (400, b'{"error": "invalid_grant"}', "signin.refused"),
    ],
)
def test_the_event_names_whose_fault_it_is(
    site: Site, browser: Browser, status: int, body: bytes, name: str
) -> None:
    url = browser.begin()
    site.provider.answers["/v1/token"] = HttpResponse(status=status, headers=JSON, body=body)
    browser.get(site.provider.callback(url))
    assert site.events[-1].name == name


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/authorization-code/callback", "", 400),
        ("/signin", "", 303),
        ("/signout", "", 303),
        ("/profile", "", 303),
        ("/unmarked", "", 200),
        ("/", "state=", 200),
        ("/frontchannel-logout", "", 400),
    ],
)
def test_octets_in_a_query_that_are_no_utf_8_are_no_500(path: str, query: str, status: int) -> None:
    site = Site(store=MemoryStore(lambda: NOW))
    raw = {"QUERY_STRING": f"{query}&x=\xff\xfe&\x87=1"}
    answer = site.browser().get(path, environ_overrides=raw)
    assert answer.status_code == status


def test_they_spoil_nothing_that_stands_beside_them(site: Site, browser: Browser) -> None:
    url = browser.begin()
    path, _, query = site.provider.callback(url).partition("?")
    raw = {"QUERY_STRING": f"{query}&x=\xff"}
    assert browser.get(path, environ_overrides=raw).status_code == 303
    assert browser.is_signed_in()
