"""The log, and what pages give away."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from admit.testing import Answer as Reply
from hostile.invariants import told_by
from hostile.registry import case
from hostile.wire import CALLBACK, parameters_of, state_of
from hostile.world import CLIENT_SECRET, SECRET_KEYS, World

ALICE = {"sub": "00u-of-alice", "name": "Alice Example", "email": "alice@example.com"}
FORGED = {"iss": "https://evil.example"}


def our_records(world: World) -> list[logging.LogRecord]:
    return [record for record in world.watch.records if record.name.startswith("admit")]


def a_whole_visit(world: World) -> None:
    """Sign in, be refused in several ways, and sign out."""
    browser = world.browser()
    browser.sign_in("/signin?next=/profile&login_hint=alice@example.com")
    world.provider.bend(claims=FORGED)
    assert world.browser().sign_in().status == 400
    other = world.browser()
    own = parameters_of(other.to_callback())
    other.get(f"{CALLBACK}?state={'x' * 43}&code={own['code']}")
    other.get(f"{CALLBACK}?state={own['state']}&error=access_denied")
    browser.get("/session")
    browser.post("/signout")


@case("LOG-01", "secrets in the log, at every level of every logger")
def secrets(world: World) -> str:
    for store in (None, "sqlite"):
        scope = "openid profile email offline_access" if store else None
        world.serve(store=store, ADMIT_SCOPE=scope)
        a_whole_visit(world)
    records = our_records(world)
    names = {event.name for event in world.watch.events()}
    assert {"signin.ok", "signin.refused", "signin.denied", "logout.local"} <= names
    # The harness looks for all of these in every record, page and header of every row.
    known = world.watch.all_secrets()
    assert {CLIENT_SECRET, SECRET_KEYS} <= known
    return f"none of {len(known)} secrets in {len(records)} records"


@case("LOG-03", "personal data in the log")
def personal_data(world: World) -> str:
    world.provider.user = ALICE
    for store in (None, "sqlite"):
        world.serve(store=store)
        a_whole_visit(world)
    for record in our_records(world):
        for value in (*ALICE.values(), "Alice"):
            assert value not in told_by(record)
    users = {str(e.fields["user"]) for e in world.watch.events("signin.ok", "logout.local")}
    assert len(users) == 1, "one user is one name in the log"
    return "no name, no address; the user is a hash"


@case("LOG-04", "a forged ID Token goes unseen")
def forgery_is_seen(world: World) -> str:
    browser = world.browser()
    world.provider.bend(claims=FORGED)
    outcome = world.refused(browser.sign_in(), "id_token.iss_mismatch")
    warnings = [r for r in world.watch.records if r.levelno >= logging.WARNING]
    (warning,) = warnings
    assert (warning.name, warning.levelname) == ("admit", "WARNING")
    assert "signin.refused" in warning.getMessage()
    assert "id_token.iss_mismatch" in warning.getMessage()
    return f"{outcome}: one warning, with the reason"


@case("LOG-06", "newlines in error, description, state, iss and Host")
def forged_lines(world: World) -> str:
    line = "%0d%0aWARNING%20admit%20signin.ok%20user=mallory%e2%80%a8%c2%85%1b[2J%0b"
    browser = world.browser()
    state = state_of(browser.begin())
    browser.get(f"{CALLBACK}?state={state}&error=a{line}&error_description=b{line}")
    browser.get(f"{CALLBACK}?state={line}&code=c0de")
    state = state_of(browser.begin())
    browser.get(f"{CALLBACK}?state={state}&code=c0de&iss=https://evil.example/{line}")
    browser.get(f"/signin?next=/{line}&login_hint={line}&iss={line}")
    browser.get("/signin", {"Host": b"evil.example\x0b\x1c\x85WARNING"})
    records = our_records(world)
    assert len(records) > 5
    for record in records:
        told = record.getMessage()
        assert len(told.splitlines()) == 1
        assert told.isprintable()
    return f"each of {len(records)} records is one line of printable characters"


@case("LOG-07", "does an error page show a trace?")
def page_without_trace(world: World) -> str:
    world.provider.bend(claims=FORGED)
    answer = world.browser().sign_in()
    world.refused(answer, "id_token.iss_mismatch")
    traces = ("Traceback", 'File "', "admit/", ".py", "Error", "iss_mismatch", "evil.example")
    assert not [text for text in traces if text in answer.text]
    assert answer.page.text.count("Reference") == 1
    (record,) = [r for r in our_records(world) if r.levelno == logging.WARNING]
    assert str(world.watch.event_of(answer).fields["reference"]) in record.getMessage()
    assert record.exc_info is None
    return "a generic text and a reference, which the log has with the reason"


#: What a provider knows that it may repeat in its error: names of the form, or of the request.
KNOWN = ("code", "code_verifier", "redirect_uri", "authorization", "secret", "state", "nonce")


@case("LOG-08", "does an error page show code, state or token, though the provider repeats them?")
def page_without_secrets(world: World) -> str:
    asked: dict[str, str] = {}

    def repeated(what: str) -> object:
        came = world.provider.received[-1]
        told = {**asked, **came.form, **came.headers, "secret": world.provider.client_secret}
        return {"error": "invalid_grant", "error_description": f"No, because of {told[what]}."}

    for debug in (False, True):
        world.site.app.debug = debug
        for what in KNOWN:
            browser = world.browser()
            world.provider.bend(
                token=Reply(status=400, change=lambda _, what=what: repeated(what))  # type: ignore[misc]
            )
            asked = parameters_of(request := browser.begin())
            answer = browser.get(browser.authorize(request))
            outcome = world.refused(answer, "token.invalid_grant")
            assert ("No, because of" in answer.text) == debug
            # The same at the callback, which the provider's page leads to.
            asked = parameters_of(browser.begin())
            told = asked.get(what, "nothing")
            said = {"error": "server_error", "error_description": f"No, because of {told}."}
            answer = browser.get(f"{CALLBACK}?{urlencode({**said, 'state': asked['state']})}")
            world.failed(answer, "authorization.server_error", 502)
    return f"{outcome}: none, nor to a developer"
