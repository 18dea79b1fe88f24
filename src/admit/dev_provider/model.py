"""The values of the development provider: clients, users, sessions, grants, refusals.

May know: nothing else of this package.
"""

from __future__ import annotations

from dataclasses import dataclass, field


class Refused(Exception):  # noqa: N818 - the word of the specification is "error", in the field
    """A request is answered with an OAuth error.

    Attributes:
        error: The error code, such as ``invalid_grant``.
        description: Okta's wording.
        status: The HTTP status where the answer is not a redirect.
    """

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True)
class Client:
    """A registered app.

    Attributes:
        token_endpoint_auth_method: ``client_secret_basic``, ``client_secret_post`` or ``none``.
        redirect_uris: Compared with a request's by string equality.
        pkce_required: Whether a request without ``code_challenge`` is refused.
        refresh_token: Whether the client has the grant of that name, and so ``offline_access``.
        rotation: ``ROTATE``: each refresh gives a new refresh token; ``STATIC``: none does.
        leeway: How many seconds a refresh token that was replaced may still be used.
        backchannel_logout_uri: Gets logout tokens. Spec: OIDC Back-Channel Logout 1.0 2.2.
        frontchannel_logout_uri: Is loaded in a frame. Spec: OIDC Front-Channel Logout 1.0 2.
        initiate_login_uri: Starts a sign-in at the app. Spec: OIDC Core 4.
        universal_logout_uri: Gets Okta's Universal Logout.
    """

    client_id: str
    client_secret: str = field(repr=False)
    token_endpoint_auth_method: str = "client_secret_basic"  # noqa: S105 - a method's name
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    name: str = "Your app"
    pkce_required: bool = True
    refresh_token: bool = True
    rotation: str = "ROTATE"
    leeway: int = 30
    backchannel_logout_uri: str | None = None
    frontchannel_logout_uri: str | None = None
    initiate_login_uri: str | None = None
    universal_logout_uri: str | None = None

    @property
    def grant_types(self) -> tuple[str, ...]:
        """Return the grants that the client may use."""
        return ("authorization_code", *(("refresh_token",) if self.refresh_token else ()))


def unauthorized_grant(client: Client) -> Refused:
    """Return the refusal of a grant that the client does not have. Spec: RFC 6749 5.2."""
    message = (
        "The client is not authorized to use the provided grant type. Configured grant types:"
        f" [{', '.join(client.grant_types)}]."
    )
    return Refused("unauthorized_client", message)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in.

    Attributes:
        sub: The stable identifier, ``00u`` and 17 characters.
        login: What is typed in; the part before the ``@`` is accepted too.
        assigned: Whether the app is assigned to the user.
    """

    sub: str
    login: str
    password: str = field(repr=False)
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    groups: tuple[str, ...] = ("Everyone",)
    assigned: bool = True

    @property
    def short_name(self) -> str:
        """Return the login's part before the ``@``."""
        return self.login.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in at the provider.

    Attributes:
        session_id: The cookie's value.
        auth_time: When the user typed the password, in seconds since the epoch.
        sid: What apps know the session by, in the claim of that name.
        form_token: Proves that a form was on a page of this session.
        clients: Who signed in during the session: the client's id, and the server's name.
    """

    session_id: str = field(repr=False)
    user: User
    auth_time: int
    sid: str
    form_token: str = field(repr=False)
    clients: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the authorization response goes: a redirect URI that was found to be registered."""

    redirect_uri: str
    response_mode: str = "query"
    state: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An authorization request that passed every check.

    Spec: RFC 6749 4.1.1, OIDC Core 3.1.2.1.
    """

    server: str
    client_id: str
    destination: Destination
    scopes: tuple[str, ...]
    nonce: str | None = field(repr=False)
    code_challenge: str | None
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """A sign-in page that is open in the browser holding the cookie *browser*."""

    request: AuthorizationRequest
    browser: str = field(repr=False)
    started_at: int


@dataclass(slots=True)
class Grant:
    """What a user allowed a client; a code and all tokens that come from it share one.

    Attributes:
        sid: The session in which it was allowed.
        revoked: Set when a code or a refresh token of the grant is used twice.
    """

    request: AuthorizationRequest
    user: User
    sid: str
    auth_time: int
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Issued:
    """An access token or a refresh token that was issued.

    Attributes:
        expires_at: Seconds since the epoch.
    """

    grant: Grant
    scopes: tuple[str, ...]
    jti: str
    issued_at: int
    expires_at: int
