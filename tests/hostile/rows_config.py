"""Mistakes in the configuration."""

from __future__ import annotations

import pytest

from admit.errors import ConfigurationError
from hostile.registry import case, table
from hostile.sites import load_sample_app
from hostile.wire import CALLBACK, parameters_of
from hostile.world import SECRET_KEYS, World

HERE = "http://127.0.0.1:5000"


def does_not_start(world: World, **environ: str) -> str:
    """Check that the app does not start and says which setting is to blame; return the outcome."""
    world.set_environment(HERE, **environ)
    (name,) = environ
    with pytest.raises(ConfigurationError) as caught:
        load_sample_app()
    assert caught.value.code == "config.invalid"
    told = str(caught.value)
    assert name in told
    # What is wrong, and what to do about it.
    assert len(told) > len(name) + 20
    assert SECRET_KEYS not in told
    return f"does not start: {caught.value.problems[0].wrong}"


NO_URLS = (
    "not a url", "acme.okta.com", "//acme.okta.com", "https://", "https:///x", "https://[::1",
    "https://a b", "https://acme.okta.com:x", "https://acme.okta.com\\@evil.example",
    "https://acme.okta.com\n.evil.example", "https://user:password@acme.okta.com",
    "https://acme.okta.com?x=1", "https://acme.okta.com#x", "https://\u00e9.example", "None",
    "{yourOktaDomain}", '"https://acme.okta.com"',
)  # fmt: skip
NOT_SAFE = (
    "http://acme.okta.com/oauth2/default", "http://10.0.0.1", "http://0.0.0.0",
    "http://localhost.evil.example", "http://127.0.0.1.evil.example",
    "http://localhost@evil.example", "http://2130706433", "ftp://localhost",
)  # fmt: skip
WEAK = ("dev", "secret", "x" * 64, "change-me-" * 4, "abcd" * 10, f"{SECRET_KEYS} dev")


@table(
    {
        "CFG-01": ("the issuer is empty", ("ADMIT_ISSUER", ("", "  "))),
        "CFG-02": ("the issuer is no URL", ("ADMIT_ISSUER", NO_URLS)),
        "CFG-03": ("the client id is empty", ("ADMIT_CLIENT_ID", ("", "\t"))),
        "CFG-05": ("the sealing key is empty", ("ADMIT_SECRET_KEYS", ("", "  "))),
        "CFG-08": ("an http issuer", ("ADMIT_ISSUER", NOT_SAFE)),
        "CFG-10": ("the sealing key is dev, or as weak", ("ADMIT_SECRET_KEYS", WEAK)),
    }
)
def mistake(world: World, way: tuple[str, tuple[str, ...]]) -> str:
    name, values = way
    outcomes = [does_not_start(world, **{name: value}) for value in values]
    return f"{outcomes[0]} ({len(values)} ways)"


@case("CFG-04", "the issuer is the address of the metadata")
def issuer_is_the_metadata(world: World) -> str:
    issuer = f"{world.provider.issuer}/.well-known/openid-configuration"
    return does_not_start(world, ADMIT_ISSUER=issuer)


@case("CFG-06", "the issuer with one slash more")
def issuer_with_a_slash(world: World) -> str:
    world.serve(ADMIT_ISSUER=f"{world.provider.issuer}/")
    outcome = world.failed(world.browser().get("/signin"), "discovery.issuer_mismatch", 502)
    (event,) = world.watch.events("provider.unavailable")
    assert world.provider.issuer in str(event.fields["detail"])
    return f"{outcome}, and the log has both"


@case("CFG-07", "blanks round the issuer")
def issuer_with_blanks(world: World) -> str:
    world.serve(ADMIT_ISSUER=f"  {world.provider.issuer}\t")
    browser = world.browser()
    return f"works: {world.signed_in(browser, browser.sign_in())}"


@case("CFG-u1", "headers of a proxy where there is none")
def proxy_headers(world: World) -> str:
    browser = world.browser()
    evil = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-For": "127.0.0.1",
        "X-Original-URL": "/about",
        "X-Rewrite-URL": "/about",
        "Forwarded": "host=evil.example;proto=https",
    }
    answer = browser.get("/profile", evil)
    assert answer.location == f"{browser.url}/signin?next=/profile"
    answer = browser.get("/signin", evil)
    assert parameters_of(answer.location)["redirect_uri"] == browser.url + CALLBACK
    assert all("evil" not in value for _, value in answer.headers)
    answer = browser.get(browser.authorize(answer.location), evil)
    assert answer.location == f"{browser.url}/"
    assert browser.is_signed_in()
    return "never looked at: the address is ADMIT_BASE_URL's alone"
