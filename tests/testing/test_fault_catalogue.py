"""Each fault of the catalogue, committed in a whole sign-in, has the outcome that it names."""

from __future__ import annotations

from contextlib import closing

import pytest
from werkzeug.test import TestResponse

from adapters.site import Browser, Clock, Site
from admit.codes import CODES
from admit.http_client import BlockingHttp
from admit.testing import FAULTS, Fault, MemoryProvider, MemoryStore, serving
from admit.testing.faults.fault import TRANSPORT
from testing.conftest import PATIENT

LATER = ("refresh", "logout_token")
AT_SIGN_IN = [name for name, fault in FAULTS.items() if fault.place not in LATER]
#: What only a socket shows: bytes and connections.
ON_THE_WAY = [
    name
    for name, fault in FAULTS.items()
    if fault.place in {"discovery", "token", "keys", "userinfo"}
    and name.partition(".")[2] in {row[0] for row in TRANSPORT}
]
#: No error page: the browser goes on, and the log says why.
SILENT = {"authorization.login_required", "authorization.interaction_required"}


def outcome(site: Site) -> str | None:
    """Return the code of what was refused last, if anything was."""
    told = [event.fields["code"] for event in site.events if "code" in event.fields]
    return str(told[-1]) if told else None


def signed_in(site: Site, browser: Browser | None = None) -> TestResponse:
    """Sign in as far as it goes, and return the last answer."""
    browser = browser or site.browser()
    start = browser.get("/signin")
    started = start.status_code == 303
    return browser.get(site.provider.callback(start.location)) if started else start


def check(site: Site, fault: Fault, answer: TestResponse) -> None:
    assert outcome(site) == fault.code, site.events
    if fault.code is None:
        assert answer.status_code == 303
    elif fault.code not in SILENT:
        assert answer.status_code in {400, 403, 502, 503, 504}
        assert answer.headers["Cache-Control"] == "no-store"
    assert {request.path for request in site.provider.received} <= {
        "/.well-known/openid-configuration",
        "/v1/token",
        "/v1/keys",
        "/v1/userinfo",
    }
    shown = answer.text + str(site.events)
    assert not [secret for secret in site.provider.secrets if secret in shown]
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("name", AT_SIGN_IN)
def test_a_fault_has_its_outcome(name: str) -> None:
    site = Site(authorization_parameters=dict(FAULTS[name].asks))
    fault = site.provider.commit(name)
    browser = site.browser()
    check(site, fault, signed_in(site, browser))
    assert browser.is_signed_in() is (fault.code is None)


def test_the_outcome_tells_a_fault_from_none() -> None:
    site = Site()
    signed_in(site)
    assert outcome(site) is None
    site.provider.commit("id_token.alg_none")
    signed_in(site)
    assert outcome(site) == "id_token.alg"


@pytest.mark.parametrize("name", AT_SIGN_IN)
def test_the_sign_in_after_a_fault_is_honest(name: str) -> None:
    """Five minutes later, for whoever was told to wait; nothing is mended by hand."""
    clock = Clock()
    site = Site(clock=clock, authorization_parameters=dict(FAULTS[name].asks))
    site.provider.commit(name)
    signed_in(site)
    site.provider.bend(claims={"acr": "phr"})
    site.events.clear()
    # Metadata that were taken for good are believed for an hour.
    clock.now += 3601 if name == "response.iss_missing" else 300
    assert signed_in(site).status_code == 303, site.events
    assert outcome(site) is None


@pytest.fixture
def stored() -> Site:
    """A site that keeps sessions in a store, and may refresh."""
    clock = Clock()
    ticks = iter(range(10**9))
    store = MemoryStore(lambda: clock() + next(ticks) / 1000)
    return Site(
        store=store, clock=clock, scope="openid profile email offline_access", idle_timeout=40_000
    )


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("refresh.")])
def test_a_fault_of_a_refresh_has_its_outcome(stored: Site, name: str) -> None:
    fault = stored.provider.commit(name)
    browser = stored.browser()
    assert browser.sign_in().status_code == 303
    stored.clock.now += 3700
    answer = browser.get("/token")
    assert outcome(stored) == fault.code, stored.events
    assert stored.provider.requests["/v1/token"] == 2
    assert answer.status_code in (
        {200} if fault.code is None else {302, 303, 400, 401, 502, 503, 504}
    )
    secrets = [text for text in stored.provider.secrets if not text.startswith("access-")]
    assert not [secret for secret in secrets if secret in answer.text + str(stored.events)]


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("logout_token.")])
def test_a_fault_of_a_logout_token_has_its_outcome(stored: Site, name: str) -> None:
    fault = FAULTS[name]
    browser = stored.browser()
    browser.sign_in()
    stored.provider.commit(name)
    token = stored.provider.logout_token(sub="00u1")
    answer = stored.browser().post("/backchannel-logout", {}, data={"logout_token": token})
    assert outcome(stored) == fault.code, stored.events
    assert answer.status_code == (200 if fault.code is None else 400)
    assert browser.is_signed_in() is (fault.code is not None)
    honest = stored.provider.logout_token(sub="00u1")
    again = stored.browser().post("/backchannel-logout", {}, data={"logout_token": honest})
    assert again.status_code == 200, "one token alone was bent"


@pytest.mark.parametrize("name", ON_THE_WAY)
def test_a_fault_on_the_way_has_its_outcome_on_a_socket(name: str) -> None:
    late = FAULTS[name].code == "provider.timeout"
    # What is late is late for ever; nothing else may be, however busy the machine is.
    with (
        closing(BlockingHttp(timeout=0.5 if late else PATIENT)) as http,
        serving(MemoryProvider()) as provider,
    ):
        site = Site(provider=provider, http=http)
        # Made here, where nobody waits for it.
        provider.jwk(0)
        fault = provider.commit(name)
        check(site, fault, signed_in(site))


@pytest.mark.parametrize(
    ("name", "alike"),
    [("id_token.alg_nome", "id_token.alg_none"), ("nothing like it", "admit.testing.FAULTS")],
)
def test_a_fault_that_nobody_knows_is_a_mistake_of_the_test(name: str, alike: str) -> None:
    with pytest.raises(ValueError, match=alike):
        MemoryProvider().commit(name)


def test_faults_are_named_by_their_places() -> None:
    assert {fault.place for fault in FAULTS.values()} == {
        "discovery",
        "response",
        "token",
        "id_token",
        "keys",
        "userinfo",
        "refresh",
        "logout_token",
    }
    assert all(name == fault.name for name, fault in FAULTS.items())
    assert all(fault.code is None or fault.code in CODES for fault in FAULTS.values())
