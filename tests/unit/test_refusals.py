"""What a provider means when it refuses."""

from __future__ import annotations

import pytest

from admit.codes import CODES
from admit.errors import AuthorizationDenied, ProviderError, ResponseRejected, SignInError
from admit.refusals import ROWS, Row, refined


def error_of(door: str, error: str, description: str) -> SignInError:
    return SignInError(
        f"{door}.error", "as it was", spec="RFC", retry_after=7, said=(error, description)
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.door}-{row.error}-{row.begins}")
def test_every_row_is_reached_and_tells_code_cause_and_fix(row: Row) -> None:
    error = error_of(row.door, row.error, f"{row.begins} and more.")
    told = refined(error)
    assert (told.code, told.cause, told.hint, told.status) == (
        row.code,
        row.cause,
        row.fix,
        row.status,
    )
    assert (told.detail, told.spec, told.retry_after) == (error.detail, "RFC", 7)
    assert told.code in CODES
    assert row.status in {400, 403, 502, 503}
    assert row.cause
    assert row.fix


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.door}-{row.error}-{row.begins}")
def test_no_row_speaks_at_the_other_door(row: Row) -> None:
    other = "token" if row.door == "authorization" else "authorization"
    told = refined(error_of(other, row.error, f"{row.begins} and more."))
    same = [r for r in ROWS if (r.door, r.error) == (other, row.error)]
    assert (told.code == f"{other}.error") or same


@pytest.mark.parametrize(
    ("error", "description", "code"),
    [
        ("access_denied", "User is not assigned to the client application.", "user_not_assigned"),
        (
            "access_denied",
            "Policy evaluation failed for this request, please check the policy configurations.",
            "no_access_policy",
        ),
        ("access_denied", "", "denied"),
        ("access_denied", "The resource owner said no: User is not assigned", "denied"),
        ("login_required", "The client specified not to prompt, but ...", "login_required"),
        ("login_required", "Request expired.", "request_expired"),
        ("consent_required", "", "interaction_required"),
        ("temporarily_unavailable", "", "temporarily_unavailable"),
        ("server_error", "", "server_error"),
        ("invalid_scope", "One or more scopes are not configured", "invalid_scope"),
    ],
)
def test_the_beginning_of_the_description_decides(error: str, description: str, code: str) -> None:
    assert refined(error_of("authorization", error, description)).code == f"authorization.{code}"


@pytest.mark.parametrize(
    "error",
    [
        AuthorizationDenied("authorization.error", "'new_code'", said=("new_code", "Words.")),
        AuthorizationDenied("authorization.error", "", said=("<script>", "<b>")),
        ProviderError("token.refused", "400", said=("access_what", "User is not assigned")),
        ResponseRejected("token.invalid_grant", "400", said=("invalid_grant", "Expired.")),
        ResponseRejected("id_token.expired", "an hour ago"),
    ],
)
def test_what_no_row_knows_is_left_as_it_was(error: SignInError) -> None:
    assert refined(error) is error
