"""The form_post response mode: the provider's page posts to an app that is served over TLS."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from playwright.sync_api import Browser, expect

from browser.conftest import Demo
from support import free_port, process


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    pem = tmp_path_factory.mktemp("tls") / "localhost.pem"
    trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(pem))
    port, provider_port = free_port(), free_port()
    url, provider = f"https://localhost:{port}", f"http://127.0.0.1:{provider_port}"
    admit = str(Path(sys.executable).with_name("admit"))
    with (
        process(
            *(admit, "provider", "--port", str(provider_port)),
            *("--redirect-uri", f"{url}/authorization-code/callback"),
            *("--post-logout-redirect-uri", url),
            ready="stop",
        ),
        process(
            *(sys.executable, "-m", "flask", "--app", "examples/flask_app/app.py", "run"),
            *("--host", "localhost", "--port", str(port), "--cert", str(pem), "--key", str(pem)),
            ready="CTRL+C",
            ADMIT_ISSUER=f"{provider}/oauth2/default",
            ADMIT_CLIENT_ID="0oa1webbasic0Local5d7",
            ADMIT_CLIENT_SECRET="not-a-secret-for-development-only-0123456789",
            ADMIT_BASE_URL=url,
            ADMIT_RESPONSE_MODE="form_post",
            ADMIT_SECRET_KEYS="a-key-of-the-test-with-enough-characters",
        ),
    ):
        yield Demo(url, provider)


def test_a_form_brings_the_response_across_sites(chromium: Browser, over_tls: Demo) -> None:
    context = chromium.new_context(base_url=over_tls.url, ignore_https_errors=True)
    page = context.new_page()
    methods: list[str] = []
    page.on(
        "request",
        lambda request: (
            methods.append(request.method)
            if request.url.endswith("/authorization-code/callback")
            else None
        ),
    )
    page.goto("/profile")
    page.get_by_role("button", name=re.compile("^alice")).click()
    expect(page).to_have_url(f"{over_tls.url}/profile")
    expect(page.get_by_role("heading", name="Alice Anderson")).to_be_visible()
    assert methods == ["POST"]

    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    session = cookies["__Host-admit"]
    assert (session["secure"], session["httpOnly"], session["sameSite"]) == (True, True, "Lax")
    assert not [name for name in cookies if "attempt" in name]

    # Sessions are in cookies here, and the page says what they do not have.
    page.goto("/session/userinfo")
    expect(page).to_have_url(f"{over_tls.url}/session")
    expect(page.get_by_role("row", name="Kept in a cookie")).to_be_visible()
    expect(page.get_by_text("This session has no access token")).to_be_visible()
    for button in ("Use the access token", "Sign out everywhere"):
        expect(page.get_by_role("button", name=button)).not_to_be_attached()

    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(re.compile(f"{over_tls.url}/$"))
    expect(page.get_by_text("Not signed in")).to_be_visible()
    context.close()
