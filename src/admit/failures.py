"""A failed sign-in, explained: to the user in plain words, to the developer from the evidence.

May know: codes, errors, refusals, texts.
"""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass, field

from admit.codes import text_of
from admit.errors import ProviderError, SignInError
from admit.refusals import refined
from admit.texts import UNAVAILABLE, Text

REFERENCE_BYTES = 5
#: Seconds after which to try again where the provider is away and did not say for how long: what
#: failed is left alone for as long.
COOL_DOWN = 5
CLOSED = frozenset(
    {"authorization.user_not_assigned", "authorization.no_access_policy", "sign_in.no_user"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a page, a log line or an application's own page needs to tell of a failure.

    Attributes:
        code: Stable; a heading in ``docs/reference/errors.md``.
        reference: Eight characters that stand on the page and in the log.
        text: For the user.
        detail: What was expected and what came.
        cause: What the evidence says.
        fix: What the developer or operator does about it.
        request_id: The provider's name for the exchange that failed.
        start_again: Where a new sign-in begins.
        try_again: The page itself, where a new sign-in is not needed; else empty.
        other_account: Whether another account is what helps.
    """

    code: str
    status: int
    reference: str
    text: Text
    detail: str
    cause: str
    fix: str
    spec: str
    retry_after: int | None
    request_id: str
    start_again: str = field(repr=False)
    try_again: str = field(repr=False)
    other_account: bool


def retry_after(error: SignInError) -> int | None:
    """Return the seconds after which trying again makes sense; None where it makes none."""
    if error.retry_after is not None or not isinstance(error, ProviderError):
        return error.retry_after
    # What is not set up is mended by people, and by no other try.
    return COOL_DOWN if text_of(error.code) is UNAVAILABLE else None


def explain(error: SignInError, *, random: bytes, start_again: str, again: str) -> Failure:
    """Return *error* explained.

    Args:
        error: As it was raised.
        random: Five fresh bytes, for the reference.
        start_again: Where a new sign-in begins.
        again: The page itself; empty where opening it again can do nothing.
    """
    error = refined(error)
    no_access = error.code in CLOSED or error.code.startswith("app.")
    return Failure(
        code=error.code,
        status=error.status,
        reference=b32encode(random).decode("ascii"),
        text=text_of(error.code),
        detail=error.detail,
        cause=error.cause,
        fix=error.hint,
        spec=error.spec,
        retry_after=retry_after(error),
        request_id=error.request_id,
        start_again=start_again,
        try_again=again if error.code.startswith("store.") else "",
        other_account=no_access,
    )
