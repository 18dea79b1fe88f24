"""What a browser sends is measured before it is read."""

from __future__ import annotations

import io
from typing import Any

import pytest

from adapters.site import OWN, Browser, Clock, Site
from admit.sealing import Sealer
from admit.testing import MemoryStore

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
KIND = {
    "urlencoded": FORM,
    "multipart": MULTIPART,
    "json": "application/json",
    "none": "",
    "nonsense": "a/b; c=\x7f",
}


@pytest.fixture
def site() -> Site:
    clock = Clock()
    return Site(
        clock=clock,
        store=MemoryStore(clock),
        base_url="https://site.test",
        response_mode="form_post",
    )


class Endless(io.RawIOBase):
    """A body that has no end, and counts what was read of it."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.taken += len(buffer)
        buffer[:] = b"a" * len(buffer)
        return len(buffer)


@pytest.mark.parametrize(("size", "status"), [(65_536, 400), (65_537, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_be_as_long_as_the_limit_and_no_longer(
    site: Site, size: int, status: int, chunked: bool
) -> None:
    body = b"a=" + b"x" * (size - 2)
    answer = site.browser().post(
        "/authorization-code/callback",
        environ_overrides={
            "wsgi.input": io.BytesIO(body),
            "wsgi.input_terminated": chunked,
            "CONTENT_TYPE": FORM,
            **({} if chunked else {"CONTENT_LENGTH": str(size)}),
        },
    )
    assert answer.status_code == status


class Broken(io.RawIOBase):
    """A body in chunks whose framing is no good, as Werkzeug's and other servers tell it."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise OSError("Invalid chunk header")


@pytest.mark.parametrize("path", ["/signin", "/backchannel-logout", "/universal-logout"])
def test_a_body_whose_chunks_are_broken_is_no_fault_of_ours(path: str) -> None:
    clock = Clock()
    site = Site(clock=clock, store=MemoryStore(clock), universal_logout_path="/universal-logout")
    answer = site.browser().post(
        path,
        OWN,
        environ_overrides={
            "wsgi.input": Broken(),
            "wsgi.input_terminated": True,
            "CONTENT_TYPE": FORM,
        },
    )
    assert 400 <= answer.status_code < 500


def part(size: int) -> bytes:
    head = b'--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n'
    return head + b"x" * size + b"\r\n--b--\r\n"


@pytest.mark.parametrize(
    "path", ["/authorization-code/callback", "/signout", "/signin", "/backchannel-logout"]
)
@pytest.mark.parametrize("kind", KIND)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_refused_before_it_is_parsed(
    site: Site, path: str, kind: str, chunked: bool
) -> None:
    body = Endless()
    length = {} if chunked else {"CONTENT_LENGTH": str(10**9)}
    answer = site.browser().post(
        path,
        OWN,
        environ_overrides={
            "wsgi.input": io.BufferedReader(body),
            "wsgi.input_terminated": chunked,
            "CONTENT_TYPE": KIND[kind],
            **length,
        },
    )
    parsed = kind in {"urlencoded", "multipart"}
    if parsed or not chunked:
        assert answer.status_code == 413
        assert site.events[-1].fields["code"] == "input.too_large"
    else:
        assert answer.status_code < 500  # nobody reads it
    assert body.taken < 1 << 18
    if path == "/backchannel-logout":
        assert answer.is_json


@pytest.mark.parametrize(("size", "status"), [(60_000, 400), (66_000, 413)])
@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_the_limit_is_sixty_four_kilobytes(site: Site, kind: str, size: int, status: int) -> None:
    data = b"a=" + b"x" * size if kind == "urlencoded" else part(size)
    answer = site.browser().post(
        "/authorization-code/callback", OWN, data=data, content_type=KIND[kind]
    )
    assert answer.status_code == status


def test_the_applications_own_pages_keep_its_own_limits(site: Site) -> None:
    answer = site.browser().post("/token", OWN, data={"a": "x" * 200_000})
    assert answer.status_code == 401


def test_a_smaller_limit_of_the_application_holds(site: Site) -> None:
    site.app.config["MAX_CONTENT_LENGTH"] = 1000
    answer = site.browser().post("/signout", OWN, data={"a": "x" * 2000})
    assert answer.status_code == 413
    assert site.events[-1].fields["code"] == "input.too_large"


@pytest.mark.parametrize("path", ["/signin", "/signout", "/frontchannel-logout"])
@pytest.mark.parametrize(
    "query", ["next=" + "x" * 65_536, "&".join(f"a{n}=b" for n in range(65)), "&" * 64]
)
def test_a_query_that_is_too_large_is_refused(site: Site, path: str, query: str) -> None:
    answer = site.browser().get(f"{path}?{query}")
    assert answer.status_code == 414
    assert site.events[-1].fields["code"] == "input.too_large"


def test_a_form_of_too_many_parameters_is_refused(site: Site) -> None:
    data = {f"a{number}": "b" for number in range(65)}
    answer = site.browser().post("/authorization-code/callback", OWN, data=data)
    assert answer.status_code == 413


@pytest.mark.parametrize("name", ["state", "iss", "error", "error_description", "code"])
def test_each_parameter_of_the_callback_has_a_limit(name: str) -> None:
    site = Site()
    browser = site.browser()
    url = site.provider.callback(browser.begin(), **{name: "x" * 5000})
    answer = browser.get(url)
    assert answer.status_code == 400
    assert "too_long" in str(site.events[-1].fields["code"])


@pytest.mark.parametrize(
    ("name", "value"), [("next", "/" + "x" * 5000), ("login_hint", "x" * 256), ("prompt", "x" * 99)]
)
def test_what_a_visitor_adds_to_a_sign_in_is_dropped_where_it_is_too_long(
    name: str, value: str
) -> None:
    browser = Site().browser()
    assert value not in browser.begin(f"/signin?{name}={value}")


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize(
    "cookies",
    [
        {"admit": "x" * 60_000},
        {f"admit-attempt-{number:016}": "x" * 100 for number in range(500)},
        {f"foreign-{number}": "x" * 100 for number in range(500)},
    ],
    ids=["60 KB", "500 attempts", "500 foreign"],
)
def test_cookies_without_end_cost_next_to_nothing(
    monkeypatch: pytest.MonkeyPatch, cookies: dict[str, str], stored: bool
) -> None:
    clock = Clock()
    site = Site(clock=clock, store=MemoryStore(clock) if stored else None)
    opened: list[int] = []
    former = Sealer.open_octets

    def counting(sealer: Sealer, purpose: bytes, octets: bytes) -> Any:
        opened.append(len(octets))
        return former(sealer, purpose, octets)

    monkeypatch.setattr(Sealer, "open_octets", counting)
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    browser = Browser(site)
    for path in ("/signin", "/profile"):
        answer = browser.get(path, environ_overrides={"HTTP_COOKIE": header})
        assert answer.status_code == 303
        assert len(answer.headers.getlist("Set-Cookie")) <= 66
    assert len(opened) <= 64
    assert max(opened, default=0) < 4096
