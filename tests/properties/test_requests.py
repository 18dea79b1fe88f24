"""Whatever a browser sends to our addresses, the answer is one of ours and nobody is signed in."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from adapters.site import Site

PATHS = ["/signin", "/signout", "/authorization-code/callback", "/", "/profile", "/unmarked"]
NAMES = ["state", "code", "iss", "error", "error_description", "next", "prompt", "login_hint"]
NAMES += ["token", "only", "canonical", "id_token", "x"]
HEADERS = ["Accept", "Host", "Origin", "Referer", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Purpose"]
HEADERS += ["Sec-Fetch-Site", "Sec-Purpose", "X-Requested-With", "X-Forwarded-Host"]
KNOWN = ["", "text/html", "*/*", "navigate", "document", "same-origin", "null", "evil.example"]
COOKIES = ["admit", "admit-rounds", "admit-signed-out", "admit-attempt-AAAAAAAAAAAAAAAA", "session"]

latin1 = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters=";,"))
text = st.one_of(st.sampled_from(["", "/", "//x", "3.1800000000", "A" * 90]), st.text(), latin1)


@pytest.fixture(scope="module", params=[False, True], ids=["open", "protected"])
def site(request: pytest.FixtureRequest) -> Site:
    return Site(protect_all=request.param)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.sampled_from(PATHS),
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE"]),
    parameters=st.lists(st.tuples(st.sampled_from(NAMES), text), max_size=6),
    headers=st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(KNOWN) | latin1),
    cookies=st.dictionaries(st.sampled_from(COOKIES), text),
)
def test_no_request_gives_a_500(
    site: Site,
    path: str,
    method: str,
    parameters: list[tuple[str, str]],
    headers: dict[str, str],
    cookies: dict[str, str],
) -> None:
    surrogates = [(name, value.encode("utf-8", "replace").decode()) for name, value in parameters]
    data = dict(surrogates) if method == "POST" else None
    builder = EnvironBuilder(path, site.base_url, method=method, data=data)
    if method != "POST":
        for name, value in surrogates:
            builder.args.add(name, value)
    environ = builder.get_environ()
    for name, value in headers.items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    crumbs = "; ".join(f"{name}={value}" for name, value in cookies.items())
    environ["HTTP_COOKIE"] = crumbs.encode("utf-8", "replace").decode("latin-1")

    body, status, answer = run_wsgi_app(site.app.wsgi_app, environ)

    b"".join(body)
    assert status[:1] in "234", f"{status} to {method} {path}"
    location = answer.get("Location", "")
    assert location == "" or location.startswith(
        ("http://localhost:5000/", f"{site.provider.issuer}/v1/authorize?")
    )
    assert "admit=" not in "".join(answer.getlist("Set-Cookie")).replace("admit=;", "")
