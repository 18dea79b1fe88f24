"""The order of the steps.

Written once: async frameworks await it, sync ones step it with `run_sync`.

May know: circuits, errors, exchanges, jose, model, ports, protocol, provider_knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from admit.circuits import FAILURES, SECONDS, Circuits
from admit.errors import SignInError
from admit.exchanges import (
    ID_TOKEN_MISSES,
    SignedIn,
    check_time,
    clock_evidence,
    secrets_of,
    secrets_sent,
    tokens_of,
)
from admit.jose import KeySet
from admit.model import (
    AuthorizationRequest,
    AuthorizationResponse,
    Client,
    IDToken,
    ProviderMetadata,
    TokenResponse,
    UserInfo,
)
from admit.ports import Http, Lock
from admit.protocol.answers import request_id
from admit.protocol.authorization import (
    RANDOM_BYTES,
    authorization_url,
    authorization_url_start,
    new_authorization_request,
    parse_authorization_response,
)
from admit.protocol.id_token import CLOCK_CODES, verify_id_token
from admit.protocol.logout import end_session_request, end_session_url
from admit.protocol.token import parse_token_response, token_request
from admit.protocol.userinfo import is_signed, parse_userinfo_response, userinfo_request
from admit.provider_knowledge import STALE_LIMIT, ProviderKnowledge


class RelyingParty:
    """One client at one issuer.

    Args:
        client: Who we are to the provider.
        http: The transport.
        lock: A new lock at each call: eight first sign-ins at once ask the provider once.
        clock: Returns the seconds since the epoch.
        random: Returns that many fresh random bytes.
        stale_limit: Seconds for which what is known of the provider serves while it is away.
        failures: In a row, after which an endpoint is left alone; 0 is never.
        seconds: For which it is.
    """

    def __init__(
        self,
        client: Client,
        *,
        http: Http,
        lock: Callable[[], Lock],
        clock: Callable[[], int],
        random: Callable[[int], bytes],
        stale_limit: int = STALE_LIMIT,
        failures: int = FAILURES,
        seconds: int = SECONDS,
    ) -> None:
        self.client = client
        self.http = Circuits(http, clock, failures=failures, seconds=seconds)
        self.check = self.http.check
        self.clock = clock
        self._random = random
        self.provider = ProviderKnowledge(
            client.issuer, http=self.http, lock=lock, clock=clock, stale_limit=stale_limit
        )
        self.metadata = self.provider.metadata
        self._starts: dict[tuple[object, ...], str] = {}

    def talk_to(self, http: Http) -> Http:
        """Use another transport from now on, and return the former one. For tests.

        What was known of the provider is forgotten: it may be another one there.
        """
        former = self.http.use(http)
        self.provider.forget()
        self._starts.clear()
        return former

    async def begin(
        self,
        *,
        return_to: str,
        parameters: Mapping[str, str],
        rounds: int = 0,
        scope: tuple[str, ...] = (),
    ) -> tuple[AuthorizationRequest, str]:
        """Begin an attempt.

        Args:
            return_to: A path of this application that was found safe.
            parameters: Extra authorization parameters that `check_parameters` has passed.
            rounds: See `AuthorizationRequest`.
            scope: Asked for in the place of the configured one, unless empty.

        Returns:
            The attempt, to be kept for this browser alone, and the URL to send it to.

        Raises:
            ProviderError: The provider is away: it was never reached, or its token endpoint is
                down, so that the attempt could not be finished.
        """
        metadata = self.provider.fresh_metadata() or await self.metadata()
        self.check(metadata.token_endpoint)
        request = new_authorization_request(
            self.client,
            random=self._random(RANDOM_BYTES),
            now=self.clock(),
            return_to=return_to,
            parameters=parameters,
            rounds=rounds,
            scope=scope,
        )
        return request, authorization_url(self._start(metadata, parameters, scope), request)

    async def complete(
        self, parameters: Mapping[str, Sequence[str]], request: AuthorizationRequest
    ) -> SignedIn:
        """Check the response, redeem its code once, verify what comes back.

        Raises:
            SignInError: Any but ConfigurationError; the code says which check failed.
        """
        began = self.clock()
        metadata = await self.metadata()
        try:
            response = parse_authorization_response(parameters, request=request, metadata=metadata)
            return await self._redeem(metadata, response, began)
        except SignInError as error:
            error.conceal(
                secrets_sent(self.client, [*secrets_of(request), *parameters.get("code", ())])
            )
            raise

    async def _redeem(
        self, metadata: ProviderMetadata, response: AuthorizationResponse, began: int
    ) -> SignedIn:
        answer = await self.http.send(token_request(self.client, metadata, response))
        try:
            tokens = parse_token_response(answer)
            id_token = await self._verified(tokens, response.request, began)
        except SignInError as error:
            error.request_id = request_id(answer)
            if error.code in CLOCK_CODES:
                error.cause = clock_evidence(answer, self.clock())
            raise
        userinfo = await self._userinfo(metadata, tokens, id_token, began)
        asked = response.request.scope or self.client.scope
        return SignedIn(id_token, userinfo, tokens_of(tokens, asked=asked, now=self.clock()))

    async def end_session_url(self, *, id_token_hint: str, state: str) -> str | None:
        """Return the URL that ends the provider's session, or None if it offers none.

        Raises:
            ProviderError: The provider is away and was never reached.
        """
        metadata = await self.metadata()
        return end_session_url(metadata, self.client, id_token_hint=id_token_hint, state=state)

    async def end_session_request(
        self, *, id_token_hint: str, state: str
    ) -> tuple[str, dict[str, str]] | None:
        """Return what the browser posts to end the provider's session, or None if it offers none.

        Raises:
            ProviderError: The provider is away and was never reached.
        """
        metadata = await self.metadata()
        return end_session_request(metadata, self.client, id_token_hint=id_token_hint, state=state)

    def _start(
        self, metadata: ProviderMetadata, parameters: Mapping[str, str], scope: tuple[str, ...]
    ) -> str:
        """Return the part of the URL that attempts share, made once for each set of parameters."""
        name: tuple[object, ...] = (metadata.authorization_endpoint, scope, *parameters.items())
        start = self._starts.get(name)
        if start is None:
            client = replace(self.client, scope=scope) if scope else self.client
            start = authorization_url_start(client, metadata, parameters)
            if len(self._starts) >= 64:  # noqa: PLR2004 - login_hint would let it grow for ever
                self._starts.clear()
            self._starts[name] = start
        return start

    async def _verified(
        self, tokens: TokenResponse, request: AuthorizationRequest, began: int
    ) -> IDToken:
        """Verify the ID Token; fetch the keys once more where they do not fit."""

        def verify(keys: KeySet) -> IDToken:
            return verify_id_token(
                tokens.id_token,
                keys=keys,
                client=self.client,
                request=request,
                access_token=tokens.access_token,
                now=self.clock(),
            )

        return await self.provider.verified(
            verify, ID_TOKEN_MISSES, partial(check_time, self.clock, began)
        )

    async def _userinfo(
        self, metadata: ProviderMetadata, tokens: TokenResponse, id_token: IDToken, began: int
    ) -> UserInfo | None:
        """Call UserInfo where the configuration wants it."""
        wanted = self.client.userinfo
        endpoint = metadata.userinfo_endpoint
        if wanted == "auto" and all(name in id_token.claims for name in self.client.claims):
            return None
        if wanted == "never" or endpoint is None:
            return None
        check_time(self.clock, began)
        answer = await self.http.send(userinfo_request(endpoint, tokens.access_token))

        def parse(keys: KeySet) -> UserInfo:
            return parse_userinfo_response(answer, id_token=id_token, client=self.client, keys=keys)

        try:
            if not is_signed(answer):
                return parse(())
            missed = {"userinfo.unknown_key", "userinfo.signature"}
            return await self.provider.verified(
                parse, missed, partial(check_time, self.clock, began)
            )
        except SignInError as error:
            error.request_id = request_id(answer)
            error.conceal([tokens.access_token])
            raise
