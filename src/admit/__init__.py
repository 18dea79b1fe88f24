"""Admit signs users in to Python web apps by redirect: OpenID Connect, Authorization Code + PKCE.

The public names of the core; an adapter such as `admit.flask` is what applications import.
"""

from __future__ import annotations

from admit.errors import (
    AuthorizationDenied,
    ConfigurationError,
    Problem,
    ProviderError,
    ResponseRejected,
    SignInAgain,
    SignInError,
    StoreUnavailable,
)
from admit.providers import okta_issuer
from admit.user import User, user_id

__all__ = [
    "AuthorizationDenied",
    "ConfigurationError",
    "Problem",
    "ProviderError",
    "ResponseRejected",
    "SignInAgain",
    "SignInError",
    "StoreUnavailable",
    "User",
    "okta_issuer",
    "user_id",
]
__version__ = "0.1.0"
