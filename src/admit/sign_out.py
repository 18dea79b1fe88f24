"""Signing out: the local session first, then the provider's.

May know: access_tokens, base64url, browser, endpoints, errors, events, model, pages, sealing,
session_ends, session_reference, user.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from admit.base64url import to_base64url
from admit.browser import BrowserRequest, BrowserResponse, redirect
from admit.endpoints import Endpoints
from admit.errors import ResponseRejected, SignInError
from admit.events import Emit, Event
from admit.model import Session
from admit.pages import (
    SUBMIT,
    content_security_policy,
    page_response,
    passing_on_page,
    script_path,
    sign_out_page,
    signed_out_page,
)
from admit.sealing import Sealer
from admit.session_reference import told_of
from admit.user import User

if TYPE_CHECKING:
    # Loaded only where a store is used.
    from admit.access_tokens import AccessTokens
    from admit.session_ends import SessionEnds

PURPOSE = b"sign-out form 1"
STATE_BYTES = 32
STATE_LIFETIME = 600
FORBIDDEN, NOT_IMPLEMENTED = 403, 501
SCRIPT_HEADERS = (
    ("Cache-Control", "private, max-age=31536000, immutable"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


class SignOut:
    """The sign-out address, and where the provider sends the browser back to.

    Args:
        endpoints: Know the session of a request.
        sealer: Seals the tokens of our forms.
        clock: Returns the seconds since the epoch.
        random: Returns that many fresh random bytes.
        emit: Takes events.
        ends: Ends a user's other sessions, where a store keeps them.
        tokens: Gives up the tokens of a session, where it keeps any.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        *,
        sealer: Sealer,
        clock: Callable[[], int],
        random: Callable[[int], bytes],
        emit: Emit,
        ends: SessionEnds | None = None,
        tokens: AccessTokens | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._ends = ends
        self._tokens = tokens
        self._settings = endpoints.settings
        self._cookies = endpoints.cookies
        self._sealer = sealer
        self._clock = clock
        self._random = random
        self._emit = emit
        self._landing = self._settings.base_url + self._settings.signed_out_path

    async def answer(self, request: BrowserRequest) -> BrowserResponse:
        """Answer the sign-out address: GET asks, POST from our own pages signs out."""
        try:
            return await self._answer(request)
        except SignInError as error:
            return self._endpoints.fail(error, request)

    async def _answer(self, request: BrowserRequest) -> BrowserResponse:
        session = await self._endpoints.session(request)
        if request.method == "POST":
            own = self._is_own(request, session)
            if own:
                return await self._sign_out(request, session)
            if session is not None:
                return self._ask(session, refused=own is False)
        elif session is not None:
            return self._ask(session, refused=False)
        return redirect(self._landing, [self._cookies.delete(self._cookies.rounds)])

    async def returned(self, request: BrowserRequest) -> BrowserResponse:
        """Answer the browser that comes back from the provider.

        The session is gone by now, whatever ``state`` says: an odd one is only told to the log.
        """
        expected = request.cookies.get(self._cookies.signed_out)
        as_sent = expected is not None and request.parameter("state") == expected
        self._emit(Event("logout.returned", {"state": "ok" if as_sent else "unexpected"}))
        gone = (self._cookies.delete(self._cookies.signed_out),)
        if self._settings.signed_out_path == "/":
            return redirect(self._landing, gone)
        guard = self._endpoints.guard
        home = guard.absolute(self._settings.prefix + "/")
        return page_response(signed_out_page(sign_in=guard.sign_in_url, home=home), cookies=gone)

    async def script(self, _request: BrowserRequest) -> BrowserResponse:
        """Return the script of the page that takes the browser to the provider.

        Its name changes with its content. No shared cache is to have it: an application's own
        cookie may go with any answer.
        """
        return BrowserResponse(
            status=200,
            body=SUBMIT,
            content_type="text/javascript; charset=utf-8",
            headers=SCRIPT_HEADERS,
        )

    def token(self, session: Session) -> str:
        """Return what proves a sign-out form ours, where a browser sends no headers for it."""
        return self._sealer.seal(PURPOSE, session.id)

    def is_return(self, request: BrowserRequest) -> bool:
        """Tell whether a visit of the landing page is the provider's redirect."""
        return self._cookies.signed_out in request.cookies

    def _is_own(self, request: BrowserRequest, session: Session | None) -> bool | None:
        """Tell whether a POST comes from our own pages; None where nothing shows it.

        Spec: Fetch Metadata 2.3; the Origin header of RFC 6454 7; a token where both are missing.
        """
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site == "same-origin"
        origin = request.headers.get("Origin")
        if origin is not None and origin != "null":
            return origin == self._settings.origin
        if session is None:
            return None
        token = self._sealer.open(PURPOSE, request.parameter("token") or "")
        return token == session.id or None

    async def _sign_out(self, request: BrowserRequest, session: Session | None) -> BrowserResponse:
        cookies = [
            self._cookies.delete(name)
            for name in (self._cookies.session, self._cookies.rounds)
            if name in request.cookies
        ]
        form = None
        location = self._landing
        if session is not None:
            only_here = await self._end(request, session)
            if not only_here and (request_to := await self._provider(session)) is not None:
                location, form, state = request_to
                cookies.append(self._cookies.set(self._cookies.signed_out, state, STATE_LIFETIME))
        self._endpoints.on_sign_out()
        if form is None:
            return redirect(location, cookies)
        script = self._settings.base_url + script_path(self._settings.sign_out_path)
        page = passing_on_page(location, form, script=script)
        policy = content_security_policy(script=script, form_action=None)
        return page_response(page, cookies=tuple(cookies), policy=policy)

    async def _end(self, request: BrowserRequest, session: Session) -> bool:
        """End the session, or all of the user's; tell whether the provider's stays.

        Raises:
            StoreUnavailable: They may still be alive.
            ResponseRejected: ``sign_out.everywhere``: nobody knows the others.
        """
        only_here = request.parameter("only") == "app"
        everywhere = request.parameter("everywhere") == "yes"
        told = told_of(session)
        if only_here:
            told["only"] = "app"
        if everywhere:
            if self._ends is None:
                raise ResponseRejected(
                    "sign_out.everywhere",
                    "sessions in cookies cannot be ended from elsewhere",
                    hint="set ADMIT_SESSIONS to a store",
                    status=NOT_IMPLEMENTED,
                )
            count = await self._ends.of_user(User.of(session).sub, by="user", told=False)
            # This one is over as well, whatever becomes of the next step.
            self._emit(Event("logout.local", {**told, "everywhere": "yes", "count": count}))
        await self._endpoints.sessions.end(session, self._clock())
        if not everywhere:
            self._emit(Event("logout.local", told))
        if self._tokens is not None:
            self._tokens.revoke_later(session)
        return only_here

    async def _provider(self, session: Session) -> tuple[str, dict[str, str] | None, str] | None:
        """Return where the provider's session ends, the form to post there, and the ``state``.

        None where it cannot be ended.
        """
        state = to_base64url(self._random(STATE_BYTES))
        party, hint = self._endpoints.relying_party, session.id_token
        try:
            if self._settings.end_session_method == "post":
                asked = await party.end_session_request(id_token_hint=hint, state=state)
                return None if asked is None else (*asked, state)
            url = await party.end_session_url(id_token_hint=hint, state=state)
        except SignInError as error:
            # The local session is over; nothing may keep the user from that.
            told = {**told_of(session), "code": error.code, "at": "sign-out"}
            self._emit(Event("provider.unavailable", told))
            return None
        return None if url is None else (url, None, state)

    def _ask(self, session: Session, *, refused: bool) -> BrowserResponse:
        if refused:
            self._emit(Event("logout.refused", {**told_of(session), "code": "sign_out.cross_site"}))
        guard = self._endpoints.guard
        body = sign_out_page(
            action=self._settings.base_url + self._settings.sign_out_path,
            token=self.token(session),
            home=guard.absolute(self._settings.prefix + "/"),
            refused=refused,
            everywhere=self._ends is not None,
        )
        policy = content_security_policy(form_action=self._form_action())
        return page_response(body, status=FORBIDDEN if refused else 200, policy=policy)

    def _form_action(self) -> str | None:
        """Return where the form of the page that asks leads to, if nowhere but to ourselves.

        The provider may be told by an address; and a home page that is protected sends on to it.
        """
        settings = self._settings
        own = settings.end_session_method == "post" and settings.signed_out_path != "/"
        return settings.origin if own else None
