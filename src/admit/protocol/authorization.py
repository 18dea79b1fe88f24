"""The authorization request and its response.

Spec: RFC 6749 4.1.1 and 4.1.2, RFC 7636, RFC 9207, OAuth 2.0 Form Post Response Mode.

May know: base64url, errors, model, protocol.answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from urllib.parse import urlencode

from admit.base64url import to_base64url
from admit.errors import AuthorizationDenied, ResponseRejected, shown
from admit.model import AuthorizationRequest, AuthorizationResponse, Client, ProviderMetadata
from admit.protocol.answers import with_query

#: Parameters that carry the security of the request: set here, and by nobody else.
RESERVED = frozenset(
    {
        "client_assertion",
        "client_assertion_type",
        "client_id",
        "client_secret",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "nonce",
        "redirect_uri",
        "request",
        "request_uri",
        "response_mode",
        "response_type",
        "scope",
        "state",
    }
)
#: Enough for three times 43 characters of base64url, each with 258 bits.
RANDOM_BYTES, VALUE_LENGTH = 97, 43
LONGEST_CODE = 4096
#: Characters of any other parameter of the response; ``state`` is ours, and has 43.
LONGEST_OTHER = 2048
CODE_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
RESPONSE_PARAMETERS = ("state", "iss", "error", "error_description", "error_uri", "code")


def code_challenge(code_verifier: str) -> str:
    """Return the S256 challenge of *code_verifier*.

    Args:
        code_verifier: 43 to 128 characters of ``[A-Za-z0-9-._~]``.

    Returns:
        43 characters of base64url, without padding.

    Raises:
        ValueError: The verifier has another shape, which is a bug of the caller.

    Spec: RFC 7636 4.2; its appendix B is the test vector:

    >>> code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    if not CODE_VERIFIER.fullmatch(code_verifier):
        message = "code_verifier must be 43 to 128 unreserved characters"
        raise ValueError(message)
    return to_base64url(sha256(code_verifier.encode("ascii")).digest())


def check_parameters(parameters: Mapping[str, str]) -> None:
    """Refuse extra authorization parameters that are not the caller's to set.

    Raises:
        ValueError: Names those of *parameters* that are reserved, or whose value is no string.
    """
    if taken := sorted(RESERVED & parameters.keys()):
        message = f"set by Admit alone: {', '.join(taken)}"
        raise ValueError(message)
    for name, value in parameters.items():
        if not isinstance(value, str):
            message = f"{name} must be a string"
            raise TypeError(message)
    if not re.fullmatch(r"[0-9]{1,10}", parameters.get("max_age", "0")):
        message = "max_age must be a number of seconds"
        raise ValueError(message)


def new_authorization_request(
    client: Client,
    *,
    random: bytes,
    now: int,
    return_to: str,
    parameters: Mapping[str, str],
    rounds: int = 0,
    scope: tuple[str, ...] = (),
) -> AuthorizationRequest:
    """Begin an attempt.

    Args:
        client: Names the issuer and the redirect URI.
        random: 97 fresh bytes: 258 bits each for ``state``, ``nonce`` and ``code_verifier``.
        now: Seconds since the epoch.
        return_to: A path of this application that was found safe.
        parameters: Extra parameters that `check_parameters` has passed; ``max_age``,
            ``acr_values`` and ``prompt=none`` are remembered, to judge what comes back.
        rounds: See `AuthorizationRequest`.
        scope: See `AuthorizationRequest`.
    """
    if len(random) != RANDOM_BYTES:
        message = f"{RANDOM_BYTES} random bytes are needed"
        raise ValueError(message)
    max_age = parameters.get("max_age")
    values = to_base64url(random)
    return AuthorizationRequest(
        state=values[:VALUE_LENGTH],
        nonce=values[VALUE_LENGTH : 2 * VALUE_LENGTH],
        code_verifier=values[2 * VALUE_LENGTH : 3 * VALUE_LENGTH],
        issuer=client.issuer,
        redirect_uri=client.redirect_uri,
        return_to=return_to,
        started_at=now,
        max_age=None if max_age is None else int(max_age),
        acr_values=tuple(parameters.get("acr_values", "").split()),
        rounds=rounds,
        scope=scope,
        silent=parameters.get("prompt") == "none",
    )


def authorization_url_start(
    client: Client, metadata: ProviderMetadata, parameters: Mapping[str, str]
) -> str:
    """Return the part of the URL that all attempts with the same *parameters* share.

    Args:
        client: Its id, redirect URI, scope and response mode are in it.
        metadata: Names the endpoint.
        parameters: Extra parameters that `check_parameters` has passed.
    """
    query = urlencode(
        {
            **parameters,
            "response_type": "code",
            "response_mode": client.response_mode,
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uri,
            "scope": " ".join(client.scope),
        }
    )
    return with_query(metadata.authorization_endpoint, query)


def authorization_url(start: str, request: AuthorizationRequest) -> str:
    """Return the URL to send the browser to: *start*, and what is this attempt's alone.

    Spec: OIDC Core 3.1.2.1, RFC 7636 4.3.
    """
    return (
        f"{start}&state={request.state}&nonce={request.nonce}"
        f"&code_challenge={code_challenge(request.code_verifier)}&code_challenge_method=S256"
    )


def response_state(parameters: Mapping[str, Sequence[str]]) -> str:
    """Return the ``state`` of a response, with which its attempt is looked up.

    Raises:
        ResponseRejected: ``response.duplicate_parameter``, ``response.parameter_too_long``,
            ``response.empty`` (nothing that a provider would send),
            ``response.third_party_initiated`` or ``response.state_missing``.

    Spec: RFC 6749 3.1 and 4.1.2.
    """
    for name in RESPONSE_PARAMETERS:
        values = parameters.get(name, ())
        if len(values) > 1:
            raise ResponseRejected(
                "response.duplicate_parameter", f"{name} came more than once", spec="RFC 6749 3.1"
            )
        if values and len(values[0]) > LONGEST_OTHER and name != "code":
            raise ResponseRejected(
                "response.parameter_too_long", f"{name} has {len(values[0])} characters"
            )
    state = _single(parameters, "state")
    if state:
        return state
    if not any(name in parameters for name in RESPONSE_PARAMETERS):
        raise ResponseRejected(
            "response.empty",
            "the callback was opened without an authorization response",
            hint="open the application's own pages; the provider alone opens this address",
        )
    if "iss" in parameters and "code" not in parameters and "error" not in parameters:
        raise ResponseRejected(
            "response.third_party_initiated",
            "the callback was opened with an issuer and nothing else",
            hint="the initiate login URI at the provider is the callback; set it to the"
            " application's sign-in page",
            spec="OIDC Core 4",
        )
    raise ResponseRejected("response.state_missing", "no state came back", spec="RFC 6749 4.1.2")


def parse_authorization_response(
    parameters: Mapping[str, Sequence[str]],
    *,
    request: AuthorizationRequest,
    metadata: ProviderMetadata,
) -> AuthorizationResponse:
    """Return the response after its checks, in this order: state, ``iss``, error, code.

    Args:
        parameters: Of the query or the form; each at most once, as `response_state` saw to it.
        request: The attempt that this browser holds for the response's ``state``.
        metadata: Of the issuer that the attempt was sent to.

    Raises:
        ResponseRejected: ``response.state_mismatch``, ``response.iss_mismatch``,
            ``response.iss_missing``, ``response.code_missing`` or ``response.code_too_long``.
        AuthorizationDenied: ``authorization.error``; the provider's own words are in its detail.

    Spec: RFC 6749 4.1.2, RFC 9207 2.4.
    """
    if _single(parameters, "state") != request.state:
        raise ResponseRejected("response.state_mismatch", "state is another attempt's")
    _check_issuer(_single(parameters, "iss"), metadata)
    if error := _single(parameters, "error"):
        raise _refusal(error, _single(parameters, "error_description") or "")
    code = _single(parameters, "code")
    if not code:
        raise ResponseRejected("response.code_missing", "neither a code nor an error came back")
    if len(code) > LONGEST_CODE:
        raise ResponseRejected("response.code_too_long", f"the code has {len(code)} characters")
    if not (code.isascii() and code.isprintable()):
        raise ResponseRejected(
            "response.code_missing", "the code is not of visible ASCII", spec="RFC 6749 A.11"
        )
    return AuthorizationResponse(code, request)


def _refusal(error: str, description: str) -> AuthorizationDenied:
    """Return the error that an error response stands for (OIDC Core 3.1.2.6)."""
    return AuthorizationDenied(
        "authorization.error", spec="RFC 6749 4.1.2.1", said=(error, description)
    )


def _check_issuer(iss: str | None, metadata: ProviderMetadata) -> None:
    if iss is None:
        if metadata.authorization_response_iss_parameter_supported:
            raise ResponseRejected(
                "response.iss_missing",
                "the provider promises iss in its metadata and did not send it",
                spec="RFC 9207 2.4",
            )
    elif iss != metadata.issuer:
        raise ResponseRejected(
            "response.iss_mismatch",
            f"expected {shown(metadata.issuer)}, got {shown(iss)}",
            hint="an answer of another provider was brought here: a mix-up attack looks like this",
            spec="RFC 9207 2.4",
        )


def _single(parameters: Mapping[str, Sequence[str]], name: str) -> str | None:
    values = parameters.get(name)
    return values[0] if values else None
