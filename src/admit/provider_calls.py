"""What the provider calls by itself: a session or a user is signed out there.

May know: browser, codes, errors, events, failure_answers, failures, jose, model, ports, protocol,
provider_knowledge, session_ends, settings.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from hashlib import sha256
from urllib.parse import urlsplit

from admit.browser import WITH_BODY, BrowserRequest, BrowserResponse
from admit.codes import text_of
from admit.errors import ResponseRejected, SignInError
from admit.events import Emit, Event
from admit.failure_answers import code_and_detail, event_name
from admit.failures import retry_after
from admit.jose import KeySet
from admit.model import EmailSubject, LogoutToken
from admit.ports import SessionStore
from admit.protocol.global_token_revocation import (
    LONGEST_BODY,
    parse_revocation_subject,
    verify_revocation_authorization,
)
from admit.protocol.logout import parse_frontchannel_logout, verify_logout_token
from admit.provider_knowledge import ProviderKnowledge
from admit.session_ends import SessionEnds
from admit.settings import Settings

OK, NO_CONTENT, BAD_REQUEST, UNAUTHORIZED, NOT_FOUND = 200, 204, 400, 401, 404
SERVER_ERRORS = 500
FRAME = "<!doctype html>\n<html lang=en><title>{}</title>\n"


class ProviderCalls:
    """Answers the provider's calls. A cookie proves nothing here, and is not looked at.

    Args:
        settings: Of this deployment.
        provider: Its keys.
        ends: Ends sessions.
        store: Remembers which tokens were brought before.
        clock: Returns the seconds since the epoch.
        emit: Takes events.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        provider: ProviderKnowledge,
        ends: SessionEnds,
        store: SessionStore,
        clock: Callable[[], int],
        emit: Emit,
    ) -> None:
        self._settings = settings
        self._client = settings.client
        self._provider = provider
        self._ends = ends
        self._store = store
        self._clock = clock
        self._emit = emit

    #: Bytes of a request for Universal Logout that are looked at.
    longest_body = LONGEST_BODY

    async def backchannel(self, request: BrowserRequest) -> BrowserResponse:
        """Answer a logout token that the provider posts.

        Spec: Back-Channel Logout 1.0, 2.5 to 2.8: 200 where all is done, also where there was
        nothing to do; 400 where the token is not to be trusted.
        """
        try:
            await self._signed_out(request)
        except SignInError as error:
            return self._refuse(error, "backchannel")
        return BrowserResponse(status=OK, content_type="text/plain")

    def too_large(self, error: SignInError) -> BrowserResponse:
        """Answer a post that nobody reads: it is longer than a logout token can be."""
        return self._refuse(error, "backchannel")

    async def _signed_out(self, request: BrowserRequest) -> None:
        tokens = request.parameters.get("logout_token", ())
        if len(tokens) != 1:
            raise ResponseRejected(
                "logout_token.malformed",
                f"one logout_token was expected in the form, {len(tokens)} came",
                spec="Back-Channel Logout 2.5",
            )

        def verify(keys: KeySet) -> LogoutToken:
            return verify_logout_token(tokens[0], keys=keys, client=self._client, now=self._clock())

        missed = {"logout_token.unknown_key", "logout_token.signature"}
        token = await self._provider.verified(verify, missed, _nothing)

        async def act() -> None:
            if token.sid is not None:
                await self._ends.of_provider_session(
                    token.sid, sub=token.sub, by="backchannel", vouched=True
                )
            elif token.sub is not None:
                await self._ends.of_user(token.sub, by="backchannel")

        await self._once(token.jti, token.expires_at, act, "logout_token.replayed")

    async def _once(
        self,
        jti: str,
        expires_at: int,
        act: Callable[[], Awaitable[None]],
        code: str,
        status: int = BAD_REQUEST,
    ) -> None:
        """Do what a token says, unless it was done before.

        The token is spent last: where the store fails in between, the provider tries again.
        """
        # Applications may share a store, and a provider may tell each of them in the same words.
        told = "\n".join((*self._settings.audience, jti))
        name = b"jti " + sha256(told.encode()).digest()[:24]
        if await self._store.is_used(name):
            raise ResponseRejected(
                code, "the token was brought before", spec="RFC 7519 4.1.7", status=status
            )
        lasting = max(expires_at - self._clock(), 1)
        try:
            await act()
        except ResponseRejected:
            await self._store.use(name, lasting)
            raise
        await self._store.use(name, lasting)

    async def universal(self, request: BrowserRequest, body: bytes) -> BrowserResponse:
        """Answer Okta's request to end all sessions of a user.

        Args:
            request: Its headers authorize it.
            body: As it was posted; of a long one, `LONGEST_BODY` and more.

        Spec: Global Token Revocation: 204 where all is done, 404 where nobody knows the user.
        """
        try:
            await self._revoked(request, body)
        except SignInError as error:
            return self._refuse(error, "universal")
        return BrowserResponse(status=NO_CONTENT, content_type="text/plain")

    async def _revoked(self, request: BrowserRequest, body: bytes) -> None:
        endpoint = f"{self._settings.base_url}{self._settings.universal_logout_path}"

        def verify(keys: KeySet) -> tuple[str, int]:
            return verify_revocation_authorization(
                request.headers.get("Authorization"),
                keys=keys,
                client=self._client,
                endpoint=endpoint,
                now=self._clock(),
            )

        missed = {"universal_logout.unknown_key", "universal_logout.signature"}
        jti, expires_at = await self._provider.verified(verify, missed, _nothing)
        subject = parse_revocation_subject(body, client=self._client)

        async def act() -> None:
            if isinstance(subject, EmailSubject):
                known = await self._ends.of_email(subject.email, by="universal") is not None
            else:
                known = await self._ends.has_signed_in(subject.sub)
                await self._ends.of_user(subject.sub, by="universal", told=known)
            if not known:
                raise ResponseRejected(
                    "universal_logout.unknown_user",
                    "nobody of that name has signed in lately",
                    status=NOT_FOUND,
                )

        await self._once(jti, expires_at, act, "universal_logout.replayed", UNAUTHORIZED)

    async def frontchannel(self, request: BrowserRequest) -> BrowserResponse:
        """Answer the page that the provider shows in a frame when its session ends.

        The session is found by ``iss`` and ``sid``: a frame of another site brings no cookie.

        Spec: Front-Channel Logout 1.0, section 3.
        """
        status, title = OK, "Signed out"
        try:
            sid = parse_frontchannel_logout(request.parameters, client=self._client)
            await self._ends.of_provider_session(sid, by="frontchannel")
        except SignInError as error:
            self._tell(error, "frontchannel")
            status, title = error.status, "Not signed out"
        policy = (
            "default-src 'none'; base-uri 'none'; form-action 'none';"
            f" frame-ancestors {await self._framers()}"
        )
        return BrowserResponse(
            status=status,
            body=FRAME.format(title),
            headers=(*WITH_BODY, ("Content-Security-Policy", policy)),
        )

    async def _framers(self) -> str:
        """Return the origins that may show the page: the provider's alone."""
        urls = [self._client.issuer]
        if metadata := self._provider.fresh_metadata():
            urls += filter(None, [metadata.authorization_endpoint, metadata.end_session_endpoint])
        return " ".join(dict.fromkeys(map(_origin, urls)))

    def _refuse(self, error: SignInError, channel: str) -> BrowserResponse:
        """Return the error in JSON, with the code in place of anything that was sent."""
        word = "invalid_request" if error.status < SERVER_ERRORS else "temporarily_unavailable"
        self._tell(error, channel)
        seconds = retry_after(error)
        wait = () if seconds is None else (("Retry-After", str(seconds)),)
        return BrowserResponse(
            status=error.status,
            body=json.dumps({"error": word, "error_description": error.code}) + "\n",
            content_type="application/json",
            headers=(*WITH_BODY, *wait),
        )

    def _tell(self, error: SignInError, channel: str) -> None:
        told = {**code_and_detail(error), "channel": channel}
        name = event_name(error.code, text_of(error.code))
        away = name in {"store.unavailable", "provider.unavailable"}
        self._emit(Event(name if away else "logout.refused", told))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _nothing() -> None:
    """Let every request be made: the provider that calls waits for the answer."""
