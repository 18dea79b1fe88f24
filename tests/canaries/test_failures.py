"""No failure lets a secret out: of the provider's, of the network's, of the store's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from adapters.site import OWN
from admit.errors import SignInError
from admit.pytest_plugin.visitor import Visits
from admit.stores import Store, open_store
from admit.testing import FAULTS
from canaries.echoes import CODINGS
from canaries.flows import CALLBACK, maker, signed_in
from canaries.marks import mark
from canaries.witness import Witness
from canaries.world import World

LATER = ("refresh", "logout_token")


def groups() -> Iterator[list[str]]:
    """Return the faults of a sign-in; some of one place share a site, which takes long to make."""
    at_sign_in = [fault for fault in FAULTS.values() if fault.place not in LATER]
    for _, alike in groupby(at_sign_in, lambda fault: (fault.place, dict(fault.asks))):
        names = [fault.name for fault in alike]
        yield from (names[first : first + 6] for first in range(0, len(names), 6))


@pytest.mark.parametrize("names", list(groups()), ids=lambda names: f"{names[0]} and so on")
def test_no_fault_of_a_provider_lets_a_secret_out(witness: Witness, names: list[str]) -> None:
    site = World(witness, debug=True, authorization_parameters=dict(FAULTS[names[0]].asks))
    site.provider.looks = False
    for name in names:
        site.provider.commit(name)
        browser = site.browser()
        start = browser.get("/signin")
        if start.status_code == 303:
            browser.get(site.provider.callback(start.location))
        browser.get("/profile")
        # Whatever was known of the provider, or learned of its state, is forgotten.
        site.clock.now += 90_000
    told = {event.fields["code"] for event in site.events if "code" in event.fields}
    assert {FAULTS[name].code for name in names} - {None} <= told


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("refresh.")])
def test_no_fault_of_a_refresh_lets_a_secret_out(witness: Witness, name: str) -> None:
    site = World(witness, debug=True, stored=True)
    site.provider.looks = False
    site.provider.commit(name)
    browser = signed_in(site)
    site.clock.now += 3590
    browser.get("/token", {"Accept": "application/json"})
    browser.get("/token")


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("logout_token.")])
def test_no_fault_of_a_logout_token_lets_a_secret_out(witness: Witness, name: str) -> None:
    site = World(witness, debug=True, stored=True)
    signed_in(site)
    site.provider.commit(name)
    token = site.provider.logout_token(sub="00u1")
    site.browser().post("/backchannel-logout", {}, data={"logout_token": token})


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize(
    "name", ["error", "error_description", "error_uri", "iss", "session_state"]
)
def test_no_response_of_a_provider_lets_out_what_it_repeats(
    witness: Witness, name: str, coding: str
) -> None:
    site = maker(witness, debug=True)()
    for kind in ("state", "nonce", "client_secret", "code"):
        browser = site.browser()
        url = browser.begin()
        asked = site.provider.authorize(url)
        sent = {
            "state": asked["state"][0],
            "nonce": url.partition("nonce=")[2].partition("&")[0],
            "client_secret": site.provider.client_secret,
            "code": asked["code"][0],
        }
        said = {"error": "server_error"} if name.startswith("error_") else {}
        response = {**asked, **said, name: f"about {CODINGS[coding](sent[kind])}"}
        browser.get(CALLBACK, query_string=response)


# --- the plugin of pytest ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["id_token.alg_none", "id_token.nonce_other", "token.invalid_grant", "token.status_500"]
)
def test_what_a_failed_test_of_an_application_shows_is_no_secret(
    witness: Witness, name: str
) -> None:
    if name not in FAULTS:
        pytest.fail(f"there is no fault {name}")
    site = World(witness, stored=True)
    visits = Visits(site.provider)
    for act in (visits.sign_in, visits.signed_in):
        site.provider.commit(name)
        with pytest.raises(AssertionError) as caught:
            act(site.app.test_client())
        witness.raised(caught.value)
    witness.say("assertion", repr(site.provider) + repr(site.provider.received))
    visits.end()


# --- stores --------------------------------------------------------------------------------------


def sqlite(folder: Path) -> Store:
    store = open_store(f"sqlite:///{folder}/sessions.db")
    store.create()
    return store


def without_tables(folder: Path) -> None:
    with sqlite3.connect(folder / "sessions.db") as connection:
        names = [
            name
            for (name,) in connection.execute("select name from sqlite_master where type='table'")
            if not name.startswith("sqlite_")
        ]
        for name in names:
            connection.execute(f'drop table "{name}"')
    connection.close()


def test_what_a_driver_says_of_statements_goes_no_further(witness: Witness, tmp_path: Path) -> None:
    store = sqlite(tmp_path)
    site = World(witness, debug=True, stored=True, store=store)
    browser = signed_in(site)
    callback = site.provider.callback(browser.begin("/signin?prompt=login"))
    without_tables(tmp_path)
    for url in ("/profile", "/token", callback, "/signin", "/signout"):
        browser.get(url)
    browser.post("/signout", OWN)
    assert "store.unavailable" in site.names()
    with site.app.app_context(), pytest.raises(SignInError) as caught:
        site.sign_in.end_sessions(sub="00u1")
    witness.raised(caught.value)
    store.close()


@pytest.mark.parametrize(
    "url", ["redis://name:{}@127.0.0.1:1/0", "postgresql://name:{}@127.0.0.1:1/name"]
)
def test_the_password_of_a_store_that_is_away_is_in_no_text(witness: Witness, url: str) -> None:
    password = mark("password").replace("/", "-").replace("+", "-").replace("&", "-")
    witness.secrets.add("store_password", password)
    whole = url.format(password.replace("=", "%3D").replace("'", "%27"))
    witness.secrets.add("store_url", whole)
    store = open_store(whole)
    site = World(witness, debug=True, stored=True, store=store)
    browser = site.browser()
    browser.client.set_cookie("admit", "A" * 59, domain="localhost")
    for where in ("/profile", "/signin", "/signout"):
        browser.get(where)
    browser = site.browser()
    browser.get(site.provider.callback(browser.begin()))
    with site.app.app_context(), pytest.raises(SignInError) as caught:
        site.sign_in.end_sessions(sub="00u1")
    witness.raised(caught.value)
    store.close()
