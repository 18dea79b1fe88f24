"""What exchanges with the provider have in common: a limit, what is hidden, what is kept.

May know: errors, model, ports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import quote_plus

from admit.errors import ProviderError
from admit.model import AuthorizationRequest, Client, IDToken, TokenResponse, Tokens, UserInfo
from admit.ports import HttpResponse

#: Seconds after which one sign-in asks the provider nothing more; one exchange may follow.
LONGEST = 12
#: Seconds after which a token is renewed where the provider does not say how long it lives.
SHORT_LIFETIME = 300
#: Differences of clocks, in seconds, that are worth telling.
NOTEWORTHY_SKEW = 10
#: What says of an ID Token that newer keys may fit it.
ID_TOKEN_MISSES = frozenset({"id_token.unknown_key", "id_token.signature"})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a completed sign-in gave."""

    id_token: IDToken
    userinfo: UserInfo | None
    tokens: Tokens


def secrets_sent(client: Client, secrets: Sequence[str]) -> list[str]:
    """Return *secrets* and the client's own, in each form that a provider may repeat them in."""
    headers, _ = client.authentication.sign(client.client_id, {})
    own = getattr(client.authentication, "client_secret", "")
    sent = [*secrets, own, *(value.removeprefix("Basic ") for value in headers.values())]
    return [*sent, *map(quote_plus, sent)]


def secrets_of(request: AuthorizationRequest) -> tuple[str, ...]:
    """Return what of an attempt is secret. Keep it in no variable: crash reports show those."""
    return request.state, request.nonce, request.code_verifier


def check_time(clock: Callable[[], int], began: int) -> None:
    """Stop before one more exchange where the whole has taken too long already."""
    if clock() - began > LONGEST:
        raise ProviderError(
            "provider.timeout",
            f"the provider took more than {LONGEST} s for its answers",
            status=504,
            hint="look at the provider's status, and at the network between",
        )


def tokens_of(
    response: TokenResponse, *, asked: tuple[str, ...], now: int, former: Tokens | None = None
) -> Tokens:
    """Return the tokens that a session keeps.

    Args:
        response: What the provider gave.
        asked: The scope that was asked for.
        now: Seconds since the epoch.
        former: What they replace: a refresh token that is not rotated goes on.
    """
    refresh_token = response.refresh_token or (former.refresh_token if former else None)
    # Where nobody says how long the token lives, what can be renewed is, before long.
    lifetime = response.expires_in or (SHORT_LIFETIME if refresh_token else None)
    granted = former.scope if former else asked
    return Tokens(
        access_token=response.access_token,
        refresh_token=refresh_token,
        issued_at=now,
        expires_at=None if lifetime is None else now + lifetime,
        scope=granted if response.scope is None else response.scope,
        asked=asked,
    )


def clock_evidence(answer: HttpResponse, now: int) -> str:
    """Return what the provider's Date header says of this host's clock."""
    try:
        theirs = int(parsedate_to_datetime(answer.headers["date"]).timestamp())
    except (KeyError, TypeError, ValueError, OverflowError):
        return ""
    skew = now - theirs
    if abs(skew) < NOTEWORTHY_SKEW:
        return "this host's clock and the provider's agree: the provider made the token so"
    way = "ahead of" if skew > 0 else "behind"
    return f"this host's clock is {abs(skew)} s {way} the provider's: set it by NTP"
