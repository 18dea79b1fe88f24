"""Who can act, and what happened.

A class names the party that can act. A code, stable and dotted, names the event: it is the same
on the error page, in the log and as a heading in ``docs/reference/errors.md``.

May know: concealing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from admit.concealing import Concealer

LONGEST_SHOWN = 120
SHORTEST_SECRET = 6


class SignInError(Exception):
    """A sign-in, or the preparation of one, failed.

    Attributes:
        code: Stable and dotted, such as ``id_token.nonce_mismatch``.
        detail: What was expected and what came, safe to log: never a secret.
        hint: What to do about it.
        spec: The section that asks for the check.
        cause: What the evidence at hand says went wrong; empty when nothing is known.
        status: The HTTP status to answer with.
        retry_after: Seconds after which trying again makes sense, where that is known.
        said: The provider's own error code and description: from outside, shown only in the detail.
        request_id: The provider's name for the exchange that failed, for its support and its log.
    """

    status = 400

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        hint: str = "",
        spec: str = "",
        cause: str = "",
        status: int | None = None,
        retry_after: int | None = None,
        said: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self._detail = detail
        self.hint = hint
        self.spec = spec
        self.cause = cause
        self.status = status or type(self).status
        self.retry_after = retry_after
        self.said = said
        self.request_id = ""

    @property
    def detail(self) -> str:
        """What was expected and what came; the provider's words are quoted and cut short."""
        if self.said is None:
            return self._detail
        words = ": ".join(shown(word) for word in self.said if word)
        return f"{self._detail} {words}".strip()

    def conceal(self, secrets: Iterable[str]) -> None:
        """Take *secrets* out of what a provider may have repeated of what it was sent."""
        sent = list(secrets)
        if self.said is not None:
            out = Concealer(sent)
            self.said = out(self.said[0]), out(self.said[1])
        # In our own sentence, a short one would be part of many a word.
        out = Concealer(secret for secret in sent if len(secret) >= SHORTEST_SECRET)
        self._detail, self.cause = out(self._detail), out(self.cause)
        self.request_id = out(self.request_id)
        self.args = (self.code, self._detail)

    def __str__(self) -> str:
        """Return one line: the code, then what is known."""
        line = f"{self.code}: {self.detail}" if self.detail else self.code
        line += f" [{self.spec}]" if self.spec else ""
        line += f" -- {self.cause}" if self.cause else ""
        return f"{line} -- {self.hint}" if self.hint else line


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the configuration."""

    setting: str
    wrong: str
    fix: str

    def __str__(self) -> str:
        """Return one line: the setting, what is wrong, the fix."""
        return f"{self.setting}: {self.wrong}. {self.fix}"


class ConfigurationError(SignInError):
    """The developer can fix it. Raised at start, with all problems at once."""

    status = 500

    def __init__(self, code: str, problems: tuple[Problem, ...]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        self._count = f"{count} in the configuration of sign-in"
        super().__init__(code, " - ".join([self._count, *map(str, problems)]))
        self.problems = problems

    def __str__(self) -> str:
        """Return the count, then a line for each problem."""
        return "\n  - ".join([f"{self.code}: {self._count}", *map(str, self.problems)])


class ProviderError(SignInError):
    """The provider is away, broke the protocol, or refuses this client.

    Attributes:
        was_asked: Whether the provider was; else this repeats what became of asking it before.
    """

    status = 502
    was_asked = True

    def again(self, *, ago: int, wait: int) -> ProviderError:
        """Return the error for somebody else, who was not the one to ask.

        Args:
            ago: Seconds since the provider was asked.
            wait: Seconds until it is asked again.
        """
        error = ProviderError(
            self.code,
            f"{self.detail} ({ago} s ago; the provider is asked again in {wait} s)",
            hint=self.hint,
            spec=self.spec,
            cause=self.cause,
            status=self.status,
            retry_after=max(self.retry_after or 0, wait),
        )
        error.was_asked = False
        return error


class StoreUnavailable(SignInError):  # noqa: N818 - it says what is the matter
    """The session store is away or slow. Nobody is signed out by it."""

    status = 503

    def __init__(self, detail: str) -> None:
        super().__init__(
            "store.unavailable",
            detail,
            hint="look at the store named by ADMIT_SESSIONS, and at the network between",
            retry_after=5,
        )


class ResponseRejected(SignInError):  # noqa: N818 - it is no error of ours
    """A security check failed. Only a new sign-in helps."""

    status = 400


class SignInAgain(SignInError):  # noqa: N818 - it says what to do
    """The session cannot give what was asked of it; a new sign-in can.

    Raised in a page, it becomes a redirect to sign-in for a person, and a 401 for a script.

    Attributes:
        scope: What the new sign-in asks for; empty for what is configured.
    """

    status = 401

    def __init__(self, code: str, detail: str, *, scope: tuple[str, ...] = ()) -> None:
        super().__init__(code, detail, hint="sign in again")
        self.scope = scope


class AuthorizationDenied(SignInError):  # noqa: N818 - as above
    """The provider said no (RFC 6749 4.1.2.1)."""

    status = 403


def shown(value: object) -> str:
    """Return *value* for a detail: quoted, without control characters, cut at 120 characters.

    Only for values that are no secret: never a code, a state, a token or a cookie.
    """
    text = ascii(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
