"""Faults of the authorization response: what the browser brings to the callback.

May know: testing.faults.
"""

from __future__ import annotations

from collections.abc import Iterator

from admit.testing.faults.fault import ELSEWHERE, MARKUP, Fault, Row, faults, members

#: Errors of RFC 6749 4.1.2.1 and OIDC Core 3.1.2.6, with what Okta says, and the code for each.
ERRORS = (
    ("access_denied", "The resource owner or authorization server denied the request.",
     "authorization.denied"),
    ("access_denied", "User is not assigned to the client application.",
     "authorization.user_not_assigned"),
    ("access_denied",
     ("Policy evaluation failed for this request, please check the policy"
      " configurations."), "authorization.no_access_policy"),
    ("access_denied", "Policy evaluation succeeded, but all the requested scopes were rejected.",
     "authorization.scopes_denied"),
    ("login_required", "The client specified not to prompt, but the user is not logged in.",
     "authorization.login_required"),
    ("interaction_required", "", "authorization.interaction_required"),
    ("invalid_scope", "", "authorization.invalid_scope"),
    ("invalid_request", "", "authorization.invalid_request"),
    ("unauthorized_client", "", "authorization.unauthorized_client"),
    ("unsupported_response_type", "", "authorization.unsupported_response"),
    ("server_error", "", "authorization.server_error"),
    ("temporarily_unavailable", "", "authorization.temporarily_unavailable"),
    ("unmet_authentication_requirements", "",
     "authorization.unmet_authentication_requirements"),
)  # fmt: skip

ROWS: tuple[Row, ...] = (
    ("state_missing", "There is no state", "response.state_missing",
     {"response": {"state": None}}),
    ("state_other", "state is that of another sign-in", "attempt.missing",
     {"response": {"state": "af0ifjsldkj"}}),
    ("state_twice", "There are two states", "response.duplicate_parameter",
     {"response": {"state": ["af0ifjsldkj", "af0ifjsldkj"]}}),
    ("code_missing", "There is neither a code nor an error", "response.code_missing",
     {"response": {"code": None}}),
    ("code_twice", "There are two codes", "response.duplicate_parameter",
     {"response": {"code": ["one", "two"]}}),
    ("code_long", "The code has 30,000 characters", "response.code_too_long",
     {"response": {"code": "x" * 30_000}}),
    ("code_unknown", "The code is one that nobody gave", "token.invalid_grant",
     {"response": {"code": "unknown"}}),
    ("nothing", "There are no parameters", "response.empty",
     {"response": {"code": None, "state": None}}),
    ("iss_other", "iss is another provider", "response.iss_mismatch",
     {"response": {"iss": ELSEWHERE}}),
    ("iss_missing", "There is no iss, though the metadata promise one", "response.iss_missing",
     {"discovery": members(authorization_response_iss_parameter_supported=True)}),
    ("tokens", "There are tokens beside the code", None,
     {"response": {"id_token": "a.b.c", "access_token": "another"}}),
    ("markup", "The error brings markup along", "authorization.error",
     {"response": {"code": None, "error": MARKUP, "error_description": MARKUP}}),
)  # fmt: skip


def response() -> Iterator[Fault]:
    """Return the faults of the authorization response."""
    yield from faults("response", *ROWS)
    for error, description, code in ERRORS:
        said = {"code": None, "error": error, "error_description": description}
        text = f"The error {error}" + (f": {description.rstrip('.')}" if description else "")
        name = code.partition(".")[2]
        yield from faults("response", (name, text, code, {"response": said}))
