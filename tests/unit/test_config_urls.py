"""The two URLs of a configuration: what people paste, and what they meant."""

from __future__ import annotations

import pytest

from admit.config_reader import Reader, Source
from admit.config_urls import read_base_url, read_issuer


def issuer_problems(issuer: str) -> list[str]:
    reader = Reader([Source("argument", {"ADMIT_ISSUER": issuer})], {})
    assert read_issuer(reader, "issuer", issuer) == issuer
    assert all(problem.setting == "issuer" for problem in reader.problems)
    return [f"{problem.wrong} {problem.fix}" for problem in reader.problems]


def base_url(value: str) -> tuple[str, list[str]]:
    reader = Reader([Source("argument", {"ADMIT_BASE_URL": value})], {})
    return read_base_url(reader), [f"{p.wrong} {p.fix}" for p in reader.problems]


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "https://acme.okta.com",
        "https://acme.okta.com/oauth2/default",
        "https://acme.oktapreview.com/oauth2/aus1",
        "https://login.example.com/oauth2/default",
        "https://id.example.com/realms/one/",
        "https://id.example.com:8443/test/a/alias/",
        "https://login.microsoftonline.com/tenant/v2.0",
        "http://localhost:8080",
        "http://127.0.0.1:8080/dev",
        "http://[::1]:8080",
        "https://my-admin.example.com",
        "https://example.com.co",
    ],
)
def test_an_issuer_that_may_be_right_is_left_alone(issuer: str) -> None:
    assert issuer_problems(issuer) == []


@pytest.mark.parametrize(
    ("issuer", "word"),
    [
        ("one.okta.com", "https://one.okta.com/oauth2/default"),
        ("ftp://localhost", "https"),
        ("not a url", "no URL Use one URL, such as https://acme.okta.com/oauth2/default."),
        ("None", "Use one URL"),
        ("//acme.okta.com", "Use one URL"),
        ("/oauth2/default", "Use one URL"),
        ("localhost:8080/dev", "Use https://localhost:8080/dev."),
        ("https://", "no URL"),
        ("https://münchen.example", "not ASCII"),
        ("https://id.example.com/münchen", "not ASCII"),
        ("https://[", "no URL"),
        ("https://acme.okta.com:port", "no URL"),
        ("https://https://acme.okta.com", "no URL"),
        ("https://ac me.okta.com", "no URL"),
        ("https://acme.okta.com\\oauth2", "no URL"),
        ("https://acme.okta.com.com", "Use acme.okta.com."),
        ("https://acme-admin.okta.com", "Use acme.okta.com."),
        ("https://acme-admin.oktapreview.com/oauth2/default", "Use acme.oktapreview.com."),
        ("https://acme.okta.com?x=1", "query"),
        ("https://acme.okta.com#x", "fragment"),
        ("https://user@acme.okta.com", "user"),
        (
            "https://acme.okta.com/oauth2/default/.well-known/openid-configuration",
            "Use https://acme.okta.com/oauth2/default.",
        ),
        (
            "https://acme.okta.com/oauth2/default/.well-known/oauth-authorization-server",
            "Use https://acme.okta.com/oauth2/default.",
        ),
        ("https://acme.okta.com/oauth2/default/v1/authorize", "/oauth2/default."),
        ("https://acme.okta.com/oauth2/default/v1", "/oauth2/default."),
        ("http://acme.okta.com", "https"),
        ("ftp://acme.okta.com", "https"),
        ("http://localhost.example.com", "https"),
        ("https://acme.okta.com/", "no slash at the end"),
        ("https://acme.okta.com/oauth2", "/oauth2/default"),
        ("https://acme.okta.com/oauth2/default/", "no slash at the end"),
        ("https://acme.okta.com/app/UserHome", "/oauth2/default"),
        ("https://{yourOktaDomain}/oauth2/default", "placeholder"),
        ("https://dev-133337.okta.com", "placeholder"),
    ],
)
def test_what_people_paste_is_told_with_what_they_meant(issuer: str, word: str) -> None:
    (problem,) = issuer_problems(issuer)
    assert word in problem


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("https://app.example.com/", "https://app.example.com"),
        ("HTTPS://App.Example.COM:443/", "https://app.example.com"),
        ("https://app.example.com:8443/Prefix/", "https://app.example.com:8443/Prefix"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("http://LOCALHOST:80", "http://localhost"),
        ("http://[::1]:5000/", "http://[::1]:5000"),
        (" https://app.example.com ", "https://app.example.com"),
    ],
)
def test_a_base_url_is_brought_into_its_plain_form(value: str, plain: str) -> None:
    assert base_url(value) == (plain, [])


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("", "missing"),
        ("{yourDomain}", "placeholder"),
        ("app.example.com", "no URL"),
        ("localhost:5000", "no URL"),
        ("https://", "no URL"),
        ("https://a b", "no URL"),
        ("https://app.example.com:99999", "no URL"),
        ("https://https://app.example.com", "no URL"),
        ("http://app.example.com", "https"),
        ("http://10.0.0.1:5000", "https"),
        ("ftp://app.example.com", "https"),
        ("https://app.example.com/../b", "plain path"),
        ("https://app.example.com/a/./b", "plain path"),
        ("https://app.example.com/..", "plain path"),
        ("https://app.example.com?x=1", "query"),
        ("https://app.example.com#x", "fragment"),
        ("https://user:pass@app.example.com", "user"),
    ],
)
def test_a_base_url_that_is_none_is_told(value: str, word: str) -> None:
    _, problems = base_url(value)
    assert len(problems) == 1
    assert word in problems[0]
