"""What all answers of the back channel have in common."""

from __future__ import annotations

import pytest

from admit.errors import ProviderError
from admit.ports import HttpResponse
from admit.protocol.answers import (
    check_available,
    json_object,
    max_age,
    redirected,
    request_id,
    retry_after,
)
from material import answer, refused


@pytest.mark.parametrize("status", [200, 204, 302, 400, 404, 428])
def test_what_does_not_say_not_now_passes(status: int) -> None:
    check_available(answer({}, status), "it")


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "rate_limited"), (500, "unavailable"), (503, "unavailable"), (999, "unavailable")],
)
def test_not_now_is_told_with_the_time_to_wait(status: int, code: str) -> None:
    with refused(f"provider.{code}", ProviderError) as caught:
        check_available(answer({}, status, retry_after="7"), "it")
    error = caught.value
    assert (error.status, error.retry_after, error.detail) == (503, 7, f"it answered {status}")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("90", 90),
        (" 90 ", 90),
        ("0", 0),
        ("999999", 3600),
        ("9" * 30, None),
        ("-1", None),
        ("1.5", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("\u0663", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_of_seconds_up_to_an_hour(value: str, seconds: int | None) -> None:
    assert retry_after(answer({}, retry_after=value)) == seconds


def test_no_retry_after_is_none() -> None:
    assert retry_after(answer({})) is None


#: The provider's clock, and the same in seconds since the epoch.
DATE, THERE = "Wed, 25 Nov 2026 12:00:00 GMT", 1_795_608_000


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"retry_after": "Wed, 25 Nov 2026 12:00:30 GMT"}, 30, id="a date"),
        pytest.param({"retry_after": "Wed, 25 Nov 2026 11:59:59 GMT"}, 0, id="a date in the past"),
        pytest.param({"x_rate_limit_reset": f"{THERE + 45}"}, 45, id="a reset"),
        pytest.param({"x_rate_limit_reset": f"{THERE}"}, 0, id="a reset now"),
        pytest.param({"x_rate_limit_reset": f"{THERE - 5}"}, 0, id="a reset in the past"),
        pytest.param({"x_rate_limit_reset": f"{THERE + 3601}"}, 3600, id="a reset beyond an hour"),
        pytest.param({"x_rate_limit_reset": "9" * 12}, 3600, id="a reset beyond all times"),
        pytest.param({"x_rate_limit_reset": "9" * 13}, None, id="a reset that is no time"),
        pytest.param({"x_rate_limit_reset": "soon"}, None, id="a reset in words"),
        pytest.param({"x_rate_limit_reset": f"{THERE + 45}", "date": ""}, None, id="no clock"),
        pytest.param(
            {"x_rate_limit_reset": f"{THERE + 45}", "retry_after": "7"}, 7, id="seconds win"
        ),
        pytest.param(
            {"x_rate_limit_reset": "soon", "retry_after": "Wed, 25 Nov 2026 12:00:30 GMT"},
            30,
            id="a date beside words",
        ),
        pytest.param({}, None, id="the clock alone"),
    ],
)
def test_a_point_in_time_is_compared_with_the_providers_own_clock(
    headers: dict[str, str], seconds: int | None
) -> None:
    assert retry_after(answer({}, 200, **{"date": DATE, **headers})) == seconds


def test_a_reset_without_any_clock_says_nothing() -> None:
    assert retry_after(answer({}, x_rate_limit_reset=f"{THERE + 45}")) is None


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        pytest.param({"x_okta_request_id": "a1-B_2~!"}, "a1-B_2~!", id="Okta's"),
        pytest.param({"x_request_id": "other"}, "other", id="another's"),
        pytest.param({"x_okta_request_id": "a", "x_request_id": "b"}, "a", id="Okta's goes first"),
        pytest.param({"x_okta_request_id": "", "x_request_id": "b"}, "b", id="Okta's is empty"),
        pytest.param({"x_request_id": "x" * 64}, "x" * 64, id="the longest"),
        pytest.param({"x_request_id": "x" * 65}, "", id="a character too long"),
        pytest.param({"x_request_id": "a b"}, "", id="a blank"),
        pytest.param({"x_request_id": "a\x7f"}, "", id="a control character"),
        pytest.param({"x_request_id": "\u00e9"}, "", id="not ASCII"),
        pytest.param({}, "", id="none"),
    ],
)
def test_the_providers_name_for_an_exchange_is_shown_where_it_is_plain(
    headers: dict[str, str], shown: str
) -> None:
    assert request_id(answer({}, 200, **headers)) == shown


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("max-age=600", 600),
        ("public, Max-Age=600, must-revalidate", 600),
        ('max-age="600"', 600),
        ("no-store", 0),
        ("max-age=600, no-cache", 0),
        ("s-maxage=600", None),
        ("max-age=", None),
        ("max-age=-5", None),
        ("max-age=soon", None),
        ("", None),
    ],
)
def test_cache_control_tells_how_long(value: str, seconds: int | None) -> None:
    assert max_age(answer({}, cache_control=value)) == seconds


def test_silence_about_caching_is_none() -> None:
    assert max_age(answer({})) is None


def test_an_object_is_returned() -> None:
    assert json_object(answer({"a": 1}), "it", "token.malformed") == {"a": 1}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[]", "not list"),
        (b"\xff", "not a JSON object"),
        (b'{"a":"\\ud800"}', "not a JSON object"),
        (b'{"a":1,"a":1}', "twice"),
        (b"<html>", "line 1"),
    ],
)
def test_anything_else_is_told_without_its_content(body: bytes, why: str) -> None:
    with refused("token.malformed", ProviderError) as caught:
        json_object(answer(body, 418, content_type="text/x\r\ny"), "it", "token.malformed")
    detail = caught.value.detail
    assert detail.startswith("it answered 418 with an odd content type: ")
    assert why in detail
    assert "\n" not in detail
    assert "html" not in detail


def test_a_missing_content_type_is_told() -> None:
    with refused("token.malformed", ProviderError) as caught:
        json_object(HttpResponse(status=200), "it", "token.malformed")
    assert caught.value.detail.startswith("it answered 200 with 'no content type': ")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "where"),
    [
        ("https://evil.test/path?code=secret#x", "'evil.test'"),
        ("https://user:password@evil.test:8443/", "'evil.test'"),
        ("//evil.test/path", "'evil.test'"),
        ("https://evil.test\r\nx/", "'evil.testx'"),
        ("/elsewhere?code=secret", "another path"),
        ("https://[evil/", "another path"),
        ("", "another path"),
        (None, "another path"),
    ],
)
def test_a_redirect_is_told_with_the_host_that_it_leads_to_and_nothing_else(
    status: int, location: str | None, where: str
) -> None:
    headers = {} if location is None else {"location": location}
    told = redirected(HttpResponse(status=status, headers=headers))
    assert told == f"the endpoint answers with a redirect to {where}, which is not followed"


@pytest.mark.parametrize("status", [200, 201, 300, 304, 305, 400, 500])
def test_another_answer_is_no_redirect(status: int) -> None:
    assert not redirected(HttpResponse(status=status, headers={"location": "https://evil.test"}))
