"""The witness sees a leak in each place and form; else the rest of this folder says nothing."""

from __future__ import annotations

import base64
import html
import json
import logging
import sys
import warnings
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import flask
import pytest

from admit.errors import Problem, ProviderError
from canaries.marks import Secrets, mark
from canaries.witness import Witness, watched
from canaries.world import BELONGS, World

LOGGER = logging.getLogger("admit")
OTHER = logging.getLogger("somebody.else")
KEPT: list[object] = []


def in_a_message(secret: str) -> None:
    OTHER.debug("a code: %s", secret)


def in_arguments(secret: str) -> None:
    OTHER.debug("%.3s", secret)


def in_attributes(secret: str) -> None:
    OTHER.debug("nothing", extra={"admit_event": {"detail": secret}})


def fail(error: Exception) -> None:
    raise error


def in_a_logged_traceback(secret: str) -> None:
    try:
        fail(ValueError(secret))
    except ValueError:
        OTHER.debug("it failed", exc_info=True)


def in_the_cause_of_an_error(secret: str) -> None:
    try:
        try:
            fail(KeyError(secret))
        except KeyError as error:
            raise ProviderError("provider.timeout") from error
    except ProviderError:
        LOGGER.debug("handled")


def in_the_hidden_context_of_an_error(secret: str) -> None:
    try:
        try:
            fail(KeyError(secret))
        except KeyError:
            raise ProviderError("provider.timeout") from None
    except ProviderError:
        LOGGER.debug("handled")


def in_a_note(secret: str) -> None:
    try:
        error = ProviderError("provider.timeout")
        error.add_note(secret)
        fail(error)
    except ProviderError:
        LOGGER.debug("handled")


def in_an_attribute_of_an_error(secret: str) -> None:
    try:
        fail(ProviderError("provider.timeout", said=("", secret)))
    except ProviderError:
        LOGGER.debug("handled")


def in_a_repr(secret: str) -> None:
    KEPT.append(Problem("a setting", secret, "a fix"))


def in_a_warning(secret: str) -> None:
    warnings.warn(secret, UserWarning, stacklevel=1)


def in_stdout(secret: str) -> None:
    print(secret)  # noqa: T201 - a leak


def in_stderr(secret: str) -> None:
    sys.stderr.write(secret)


LEAKS: dict[Callable[[str], None], str] = {
    in_a_message: "log message",
    in_arguments: "log arguments",
    in_attributes: "log attributes",
    in_a_logged_traceback: "log traceback",
    in_the_cause_of_an_error: "traceback",
    in_the_hidden_context_of_an_error: "exception",
    in_a_note: "exception",
    in_an_attribute_of_an_error: "pickle",
    in_a_repr: "repr",
    in_a_warning: "warnings",
    in_stdout: "stdout",
    in_stderr: "stderr",
}


def places(witness: Witness) -> set[str]:
    return {leak.partition(":")[0] for leak in witness.leaks()}


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_a_leak_is_seen_where_it_is(
    capsys: pytest.CaptureFixture[str], leak: Callable[[str], None]
) -> None:
    with watched(capsys) as witness:
        secret = mark("planted")
        witness.secrets.add("code", secret)
        leak(secret)
    KEPT.clear()
    assert LEAKS[leak] in places(witness)


@pytest.mark.parametrize("place", ["page", "JSON answer", "other headers", "Location", "Referer"])
def test_a_leak_in_an_answer_is_seen_where_it_is(
    capsys: pytest.CaptureFixture[str], place: str
) -> None:
    with watched(capsys) as witness:
        secret = mark("planted")
        witness.secrets.add("access_token", secret)
        site = World(witness)

        def leaking() -> flask.Response:
            answer = flask.Response(secret if place == "page" else "", headers={"X-Odd": "1"})
            if place == "JSON answer":
                answer = flask.jsonify({"token": secret})
            elif place == "other headers":
                answer.headers["X-Odd"] = secret
            elif place == "Location":
                answer.headers["Location"] = f"/?code={quote(secret)}"
            return answer

        site.app.add_url_rule("/leaking", view_func=site.sign_in.public(leaking))
        query = f"?code={quote(secret)}" if place == "Referer" else ""
        site.browser().get(f"/leaking{query}")
    assert places(witness) == {place}


@pytest.mark.parametrize(
    "form",
    [
        str,
        quote,
        quote_plus,
        html.escape,
        repr,
        json.dumps,
        lambda secret: quote(secret, safe="").replace("%2F", "%2f").replace("%3D", "%3d"),
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
        lambda secret: secret.encode().hex(),
        lambda secret: secret[:24],
        lambda secret: secret[-24:],
    ],
)
def test_a_secret_is_found_in_each_form(form: Callable[[str], str]) -> None:
    secrets, secret = Secrets(), mark("planted")
    secrets.add("code", secret)
    assert list(secrets.found(f"it is {form(secret)}."))
    assert not list(secrets.found(form(mark("planted"))))


@pytest.mark.parametrize("part", [1, 2])
def test_a_part_of_a_token_is_found(part: int) -> None:
    secrets, token = Secrets(), f"{'h' * 20}.{mark('payload')}.{mark('signature')}"
    secrets.add("id_token", token)
    assert list(secrets.found(token.split(".")[part]))
    assert not list(secrets.found("h" * 20)), "what a header says is known to everybody"


def test_what_belongs_in_one_place_is_a_leak_in_another(witness: Witness) -> None:
    site = World(witness)
    browser = site.browser()
    state = browser.begin().partition("state=")[2].partition("&")[0]
    witness.secrets.add("state", state)
    assert witness.leaks() == []
    assert list(witness.secrets.found(state))
    assert {place for place, _, _ in BELONGS} == {
        "Set-Cookie",
        "Location",
        "page",
        "page of /token",
    }


def test_the_values_that_hold_secrets_are_looked_at(witness: Witness) -> None:
    """Each of them is alive in a flow, and its repr was taken."""
    site = World(witness, stored=True)
    site.browser().sign_in()
    said = "\n".join(text for (place, _), texts in witness._said.items() for text in texts)
    for name in ("Settings", "Client", "ClientSecretBasic", "AuthorizationRequest", "HttpRequest",
                 "BrowserRequest", "Sealer", "AppState", "SignIn", "Event", "MemoryStore",
                 "Provider"):  # fmt: skip
        assert f"{name} " in said, name
