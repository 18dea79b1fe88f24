"""What a browser gets when a sign-in fails, and what the log gets, under the same reference.

May know: browser, codes, errors, events, evidence, failures, guard, pages, settings, texts.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from admit.browser import WITH_BODY, BrowserRequest, BrowserResponse
from admit.codes import text_of
from admit.errors import ConfigurationError, SignInError
from admit.events import Emit, Event
from admit.evidence import misconfigured
from admit.failures import REFERENCE_BYTES, Failure, explain
from admit.guard import Guard
from admit.pages import failure_page, page_response
from admit.settings import Settings
from admit.texts import NOT_SET_UP, UNAVAILABLE, Text


class FailureAnswers:
    """Answers failures.

    Args:
        settings: Of this deployment.
        guard: Knows where a new sign-in begins.
        random: Returns that many fresh random bytes.
        emit: Takes events.
        debug: Pages tell the developer's side.
    """

    def __init__(
        self,
        settings: Settings,
        guard: Guard,
        *,
        random: Callable[[int], bytes],
        emit: Emit,
        debug: Callable[[], bool],
    ) -> None:
        self.body: Callable[[Failure], str | None] = lambda _failure: None
        self._settings = settings
        self._guard = guard
        self._random = random
        self._emit = emit
        self._debug = debug

    def answer(
        self,
        error: SignInError,
        request: BrowserRequest,
        return_to: str | None = None,
        cookies: list[str] | None = None,
    ) -> BrowserResponse:
        """Answer with what went wrong, and log it under the same reference.

        Args:
            error: As it was raised.
            request: Whose browser it is.
            return_to: Where a new sign-in comes back to; a path that was found safe.
            cookies: Values of ``Set-Cookie``.
        """
        failure = explain(
            error,
            random=self._random(REFERENCE_BYTES),
            start_again=self._guard.sign_in_at(return_to or self._guard.default),
            again=self._guard.again_at(request),
        )
        self._emit(Event(event_name(failure.code, failure.text), _told(failure, error)))
        wait = failure.retry_after
        headers = () if wait is None else (("Retry-After", str(wait)),)
        status, gone = failure.status, tuple(cookies or ())
        if request.is_script_or_frame:
            told = {"error": failure.code, "reference": failure.reference}
            return BrowserResponse(
                status=status,
                body=json.dumps({**told, "message": failure.text.message}) + "\n",
                content_type="application/json",
                headers=(*WITH_BODY, *headers),
                cookies=gone,
            )
        own = self._own_body(failure)
        if own is None:
            page = self._page(failure)
            return page_response(page, status=status, headers=headers, cookies=gone)
        return BrowserResponse(
            status=status, body=own, headers=(*WITH_BODY, *headers), cookies=gone
        )

    def note(self, error: SignInError) -> None:
        """Tell the log alone, where the browser gets what it asked for all the same."""
        name = event_name(error.code, text_of(error.code))
        self._emit(Event(name, code_and_detail(error)))

    def _own_body(self, failure: Failure) -> str | None:
        """Return the application's page; none where it needs what is not to be had just now."""
        try:
            return self.body(failure)
        except SignInError as error:
            self.note(error)
            return None

    def _page(self, failure: Failure) -> str:
        home = self._guard.absolute(self._settings.prefix + "/")
        return failure_page(failure, home=home, debug=self._debug())


def event_name(code: str, text: Text) -> str:
    """Return the name of the event for an error of that code, of which users read *text*."""
    if code.startswith("store."):
        return "store.unavailable"
    if code == "config.invalid":
        return code
    if code.startswith("sign_out."):
        return "logout.refused"
    if text is UNAVAILABLE or code.startswith(("provider.", "discovery.")):
        return "provider.unavailable"
    # The provider refuses the client, whoever the user is: nobody attacks, and it is no user's.
    if text is NOT_SET_UP and code.startswith("token."):
        return "provider.unavailable"
    return "signin.denied" if code.startswith("authorization.") else "signin.refused"


def code_and_detail(error: SignInError) -> dict[str, str | int]:
    """Return what is told of an error that no page tells of."""
    detail = error.detail
    return {"code": error.code, "detail": detail} if detail else {"code": error.code}


def _told(failure: Failure, error: SignInError) -> dict[str, str | int]:
    fields: dict[str, str | int] = {"reference": failure.reference, "code": failure.code}
    fields["status"] = failure.status
    if isinstance(error, ConfigurationError):
        return {**fields, **misconfigured(error).fields}
    told = {"detail": failure.detail, "cause": failure.cause, "fix": failure.fix}
    told["provider_request"] = failure.request_id
    return fields | {name: text for name, text in told.items() if text}
