"""The values of a sign-in. Frozen: what holds one holds something that was checked.

Times are seconds since the epoch. Names that a specification defines are spelled as on the wire.

May know: base64url, client_auth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from admit.base64url import to_base64url
from admit.client_auth import ClientAuthentication


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """This application as the provider knows it (RFC 6749 2, OIDC Registration 2).

    Attributes:
        issuer: Exactly as the provider publishes it, slashes included.
        scope: Contains ``openid``.
        id_token_signed_response_alg: The one algorithm that ID Tokens may be signed with.
        leeway: Seconds by which the clocks of both sides may differ.
        userinfo: When UserInfo is called; ``auto`` is when the ID Token lacks one of *claims*.
        authorization_parameters: Sent with each authorization request.
    """

    issuer: str
    client_id: str
    authentication: ClientAuthentication
    redirect_uri: str
    post_logout_redirect_uri: str
    scope: tuple[str, ...] = ("openid", "profile", "email")
    response_mode: Literal["query", "form_post"] = "query"
    id_token_signed_response_alg: str = "RS256"  # noqa: S105 - no password
    leeway: int = 60
    userinfo: Literal["auto", "always", "never"] = "auto"
    claims: tuple[str, ...] = ()
    authorization_parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMetadata:
    """What the provider says of itself (OIDC Discovery 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    revocation_endpoint: str | None = None
    authorization_response_iss_parameter_supported: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """One attempt to sign in: what was sent, to compare with what comes back.

    Spec: RFC 6749 4.1.1, RFC 7636 4, OIDC Core 3.1.2.1.

    Attributes:
        return_to: Where the browser goes afterwards: a path of this application.
        started_at: When the attempt began.
        rounds: Sign-ins this browser completed just before, without the session having stuck.
        scope: What was asked for where that is more than is configured; else empty.
        began: When the attempt began, in milliseconds: to tell how long it took.
        silent: Whether nobody was to be asked anything (``prompt=none``).
        former: The cookie of the session that this browser had; empty unless the response comes by
            a form, which does not bring it.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    issuer: str
    redirect_uri: str
    return_to: str
    started_at: int
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    rounds: int = 0
    scope: tuple[str, ...] = ()
    began: int = 0
    silent: bool = False
    former: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """A checked success response (RFC 6749 4.1.2).

    Only `parse_authorization_response` makes one: holding one is the proof that the duplicates,
    ``state`` and ``iss`` were checked.
    """

    code: str = field(repr=False)
    request: AuthorizationRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenResponse:
    """What the token endpoint gave (RFC 6749 5.1, OIDC Core 3.1.3.3 and 12.2).

    Attributes:
        id_token: Not verified yet; None is for the answer to a refresh alone.
        refresh_token: None where the provider gave none, or at a refresh keeps the former one.
        expires_in: Seconds for which the access token lives, or None where that is not known.
        scope: What was granted, or None where it is what was asked.
    """

    access_token: str = field(repr=False)
    id_token: str | None = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_in: int | None = None
    scope: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class IDToken:
    """A verified ID Token (OIDC Core 2). Only `verify_id_token` makes one.

    Attributes:
        raw: The token itself, kept as the hint for sign-out.
    """

    raw: str = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)

    @property
    def sub(self) -> str:
        """The user, as this issuer knows them."""
        sub: str = self.claims["sub"]
        return sub


@dataclass(frozen=True, slots=True)
class UserInfo:
    """Claims of the UserInfo endpoint whose ``sub`` is the ID Token's (OIDC Core 5.3.2)."""

    claims: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a session can call an API with (RFC 6749 1.4, 1.5).

    Attributes:
        issued_at: When the access token came.
        expires_at: When the access token ends; None where the provider did not say.
        scope: What it is good for, as granted.
        asked: What was asked for: asking for it again would bring nothing new.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    issued_at: int
    expires_at: int | None
    scope: tuple[str, ...]
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutToken:
    """A verified logout token (Back-Channel Logout 2.4). Only `verify_logout_token` makes one.

    Attributes:
        jti: Its own name: whoever brings it twice is refused.
        sub: The user all of whose sessions end, where *sid* names none.
        sid: The one session of the provider that ends. At least one of the two is there.
        expires_at: From when on the token is refused even if *jti* is forgotten.
    """

    jti: str
    sub: str | None
    sid: str | None
    expires_at: int


@dataclass(frozen=True, slots=True)
class EmailSubject:
    """The users with this e-mail address, perhaps several (RFC 9493 3.2.2)."""

    email: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IssSubSubject:
    """The user that an issuer knows by this ``sub`` (RFC 9493 3.2.3).

    Attributes:
        iss: The configured issuer, even where the provider called it by its origin.
    """

    iss: str
    sub: str


@dataclass(frozen=True, slots=True)
class ThirdPartyLogin:
    """What the provider wishes where it starts the sign-in (OIDC Core 4).

    Attributes:
        login_hint: To be passed on in the authorization request.
        target: A path of this application, with its query.
    """

    login_hint: str | None = field(repr=False)
    target: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser.

    The ID Token is kept in its three parts, decoded: a page reads claims from its payload, and
    sign-out alone needs the token again. Nothing is kept twice.

    Attributes:
        id: New at every sign-in: 16 random bytes in a cookie; its key, 44 bytes, in a store.
        attempt: The attempt that began this session, to recognise its callback seen twice.
        started_at: When the user signed in here: the absolute limit counts from it.
        seen_at: About when the session was last used: the idle limit counts from it. In a store,
            when it began, by the store's clock: the absolute limit counts from it.
        header: Of the ID Token.
        payload: Of the ID Token: a JSON object, verified.
        signature: Of the ID Token.
        userinfo: A JSON object with the claims that only UserInfo gave; empty if there are none.
        since: When its sign-in was begun, in milliseconds by the store's clock: what was ended
            before then does not end it. 0 in a cookie.
        lived: Seconds from `seen_at` until it was loaded, by the store's clock. 0 in a cookie.
        due: The store should hear that it is in use. False in a cookie.
        tokens: A JSON object with its `Tokens`; empty if it keeps none.
    """

    id: bytes = field(repr=False)
    attempt: str = field(repr=False)
    started_at: int
    seen_at: int
    header: bytes = field(repr=False)
    payload: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    userinfo: bytes = field(default=b"", repr=False)
    since: int = 0
    lived: int = 0
    due: bool = False
    tokens: bytes = field(default=b"", repr=False)

    @property
    def id_token(self) -> str:
        """The ID Token as it came (RFC 7515 3.1)."""
        parts = (self.header, self.payload, self.signature)
        return ".".join(map(to_base64url, parts))
