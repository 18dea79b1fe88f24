"""What a session's tokens are renewed and revoked with.

May know: errors, exchanges, jose, model, ports, protocol, provider_knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from admit.errors import SignInError
from admit.exchanges import ID_TOKEN_MISSES, check_time, secrets_sent
from admit.jose import KeySet
from admit.model import Client, IDToken, ProviderMetadata, TokenResponse, Tokens
from admit.ports import Http
from admit.protocol.id_token import CLOCK_CODES, verify_refreshed_id_token
from admit.protocol.revocation import check_revocation_response, revocation_request
from admit.protocol.token import parse_refresh_response, refresh_request
from admit.provider_knowledge import ProviderKnowledge

#: What says of an answer that it may well be right: a key that is not known yet, a wrong clock.
NOT_YET = CLOCK_CODES | {"id_token.unknown_key"}


class TokenGrants:
    """Asks the provider for what a refresh token grants, and gives grants up."""

    def __init__(
        self, client: Client, provider: ProviderKnowledge, http: Http, clock: Callable[[], int]
    ) -> None:
        self._client = client
        self._provider = provider
        self._http = http
        self._clock = clock

    async def refresh(self, tokens: Tokens, refresh_token: str) -> TokenResponse:
        """Return what the provider gives for a refresh token. Nothing of it is verified yet.

        Args:
            tokens: What is to be replaced.
            refresh_token: Its refresh token.

        Raises:
            ProviderError: Not now: the refresh token lives on.
            ResponseRejected: ``refresh.invalid_grant``: the refresh token is dead. Another code:
                the answer is of no use.

        Spec: RFC 6749 6, OIDC Core 12.1.
        """
        metadata = await self._provider.metadata()
        # A refresh token is spent by the request: what verifies the answer is better at hand.
        await self._provider.keys()
        request = refresh_request(
            self._client, metadata, refresh_token=refresh_token, scope=tokens.scope
        )
        try:
            return parse_refresh_response(await self._http.send(request))
        except SignInError as error:
            error.conceal(secrets_sent(self._client, [refresh_token]))
            raise

    async def verified(self, response: TokenResponse, former: Mapping[str, Any]) -> IDToken | None:
        """Return the ID Token that came with a refresh, after its checks; None if none came.

        Args:
            response: What came.
            former: The claims of the session's ID Token.

        Raises:
            ResponseRejected: What came is not to be trusted, or not yet: see `NOT_YET`.
            ProviderError: It cannot be told now.

        Spec: OIDC Core 12.2.
        """
        raw, clock = response.id_token, self._clock
        if raw is None:
            return None

        def verify(keys: KeySet) -> IDToken:
            return verify_refreshed_id_token(
                raw,
                keys=keys,
                client=self._client,
                former=former,
                access_token=response.access_token,
                now=clock(),
            )

        before = partial(check_time, clock, clock())
        return await self._provider.verified(verify, ID_TOKEN_MISSES, before)

    async def revoke(self, tokens: Tokens) -> None:
        """Give the tokens up at the provider, if it takes them back.

        Raises:
            SignInError: It did not.

        Spec: RFC 7009 2.
        """
        metadata = await self._provider.metadata()
        if tokens.refresh_token is not None:
            await self._revoke(metadata, tokens.refresh_token, "refresh_token")
        await self._revoke(metadata, tokens.access_token, "access_token")

    async def _revoke(self, metadata: ProviderMetadata, token: str, hint: str) -> None:
        request = revocation_request(self._client, metadata, token=token, token_type_hint=hint)
        if request is None:
            return
        try:
            check_revocation_response(await self._http.send(request))
        except SignInError as error:
            error.conceal(secrets_sent(self._client, [token]))
            raise
