"""What is peculiar to a provider."""

from __future__ import annotations

import pytest

from admit.providers import (
    OKTA_SUFFIXES,
    is_okta,
    is_okta_server,
    issuer_variant,
    okta_admin_fix,
    okta_issuer,
)


@pytest.mark.parametrize("domain", ["acme.okta.com", "https://acme.okta.com", "acme.okta.com/"])
@pytest.mark.parametrize(
    ("server", "issuer"),
    [
        ("default", "https://acme.okta.com/oauth2/default"),
        ("aus1", "https://acme.okta.com/oauth2/aus1"),
        ("", "https://acme.okta.com"),
    ],
)
def test_the_issuer_of_an_okta_server_is_built(domain: str, server: str, issuer: str) -> None:
    assert okta_issuer(domain, server) == issuer


def test_the_server_is_the_default_one_where_none_is_named() -> None:
    assert okta_issuer("acme.okta.com") == "https://acme.okta.com/oauth2/default"


@pytest.mark.parametrize("suffix", OKTA_SUFFIXES)
def test_oktas_domains_are_known(suffix: str) -> None:
    assert is_okta(f"acme.{suffix}")
    assert is_okta(f"ACME.{suffix.upper()}")
    assert okta_admin_fix(f"Acme-Admin.{suffix}") == f"acme.{suffix}"
    assert okta_admin_fix(f"acme.{suffix}") is None


@pytest.mark.parametrize("host", ["okta.com", "evilokta.com", "acme.okta.com.evil.example", ""])
def test_other_domains_are_not_oktas(host: str) -> None:
    assert not is_okta(host)
    assert okta_admin_fix(host) is None


@pytest.mark.parametrize(
    ("issuer", "server"),
    [
        ("https://acme.okta.com", True),
        ("https://acme.okta.com/oauth2/default", True),
        ("https://acme.okta.com/", False),
        ("https://acme.okta.com/oauth2", False),
        ("https://acme.okta.com/oauth2/default/", False),
        ("https://acme.okta.com/app", False),
    ],
)
def test_an_okta_server_has_one_of_two_paths(issuer: str, server: bool) -> None:
    assert is_okta_server(issuer) is server


@pytest.mark.parametrize(
    ("got", "words"),
    [
        ("https://acme.okta.com/oauth2/default/", "slash"),
        ("https://login.acme.com/oauth2/default", "custom domain"),
        ("https://acme.okta.com", 'got "the org\'s own"'),
        ("https://acme.okta.com/oauth2/aus1", "got 'aus1'"),
        ("https://other.example/path", ""),
        ("http://[", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
        (None, ""),
        (["https://acme.okta.com"], ""),
    ],
)
def test_how_another_issuer_differs_is_told_where_it_is_recognised(got: object, words: str) -> None:
    told = issuer_variant("https://acme.okta.com/oauth2/default", got)
    assert words in told
    assert bool(words) == bool(told)
