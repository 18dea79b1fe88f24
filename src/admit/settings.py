"""The settings as values, once they were read and found right.

May know: model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from admit.model import Client

#: How the secret keys begin that `admit.testing.SETTINGS` shows to everybody.
KEY_OF_TESTS = "for-tests-alone-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that a deployment decides.

    Attributes:
        client: This application as the provider knows it.
        base_url: Where browsers find the application: scheme, host, port and any path before it;
            no slash at its end.
        secret_keys: Newest first: the first seals, all open.
        keys_found_in: Where they were found, such as ``ADMIT_SECRET_KEYS`` or ``SECRET_KEY``.
        protect_all: Every page needs a sign-in but those that are made public.
        idle_timeout: Seconds without use after which a session ends.
        absolute_timeout: Seconds after which a session ends in any case.
        cookie_name: What the names of our cookies begin with, after any ``__Host-``.
        groups_claim: The claim that lists the user's groups.
        http_timeout: Seconds for a whole exchange with the provider.
        ca_file: A PEM file of the only authorities to trust; None is the system's.
        stale_limit: Seconds for which the provider's metadata and keys serve while it is away.
        breaker_failures: So many in a row, and an endpoint is left alone for a while; 0 is never.
        breaker_seconds: For which it is left alone.
        health_path: Where probes ask for the state of the sign-in; None is nowhere.
        sessions: Where sessions are kept: ``cookie``, the URL of a store, or ``own`` for one that
            the application hands in.
        access_tokens: Sessions keep the tokens that came with the sign-in.
        end_session_method: How browsers are sent to end the provider's session.
        backchannel_logout_path: Where the provider posts logout tokens.
        frontchannel_logout_path: What the provider shows in a frame when its session ends.
        universal_logout_path: Where Okta asks for the end of a user's sessions; None is nowhere.
    """

    client: Client = field(repr=False)
    base_url: str
    secret_keys: tuple[str, ...] = field(repr=False)
    keys_found_in: str = field(default="ADMIT_SECRET_KEYS", repr=False)
    protect_all: bool = False
    public: tuple[str, ...] = ()
    sign_in_path: str = "/signin"
    sign_out_path: str = "/signout"
    callback_path: str = "/authorization-code/callback"
    signed_out_path: str = "/"
    after_sign_in: str = "/"
    idle_timeout: int = 3600
    absolute_timeout: int = 43_200
    cookie_name: str = "admit"
    groups_claim: str = "groups"
    http_timeout: float = 7.0
    ca_file: str | None = None
    stale_limit: int = 86_400
    breaker_failures: int = 5
    breaker_seconds: int = 10
    sessions: str = field(default="cookie", repr=False)
    access_tokens: bool = False
    end_session_method: Literal["post", "get"] = "post"
    backchannel_logout_path: str = "/backchannel-logout"
    frontchannel_logout_path: str = "/frontchannel-logout"
    universal_logout_path: str | None = None
    health_path: str | None = None

    @property
    def are_stored(self) -> bool:
        """Whether sessions are kept in a store, and not in cookies."""
        return self.sessions != "cookie"

    @property
    def has_key_of_tests(self) -> bool:
        """Whether a secret key is one that everybody knows: whoever reads it can make sessions."""
        return any(key.startswith(KEY_OF_TESTS) for key in self.secret_keys)

    @property
    def audience(self) -> tuple[str, str]:
        """Whose sessions these are: applications may share a store and a secret."""
        return self.client.issuer, self.client.client_id

    @property
    def origin(self) -> str:
        """Scheme, host and port of the application."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """Host and port as a browser sends them in ``Host``."""
        return urlsplit(self.base_url).netloc

    @property
    def prefix(self) -> str:
        """The path before the application's own paths; empty at the root of a host."""
        return urlsplit(self.base_url).path

    @property
    def secure(self) -> bool:
        """Whether browsers reach the application over https."""
        return self.base_url.startswith("https://")

    @property
    def cookie_path(self) -> str:
        """Where our cookies go."""
        return self.prefix or "/"

    @property
    def cookie_prefix(self) -> str:
        """``__Host-`` where browsers accept it, ``__Secure-`` under a prefix, else nothing.

        Spec: RFC 6265bis 4.1.3.
        """
        if not self.secure:
            return ""
        return "__Secure-" if self.prefix else "__Host-"
