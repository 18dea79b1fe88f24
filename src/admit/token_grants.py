"""What a session's tokens are renewed and revoked with.

May know: errors, exchanges, jose, model, ports, protocol, provider_knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from admit.errors import SignInError
from admit.exchanges import ID_TOKEN_MISSES, check_time, secrets_sent, tokens_of
from admit.jose import KeySet
from admit.model import Client, IDToken, ProviderMetadata, TokenResponse, Tokens
from admit.ports import Http
from admit.protocol.answers import request_id
from admit.protocol.id_token import verify_refreshed_id_token
from admit.protocol.revocation import check_revocation_response, revocation_request
from admit.protocol.token import parse_refresh_response, refresh_request
from admit.provider_knowledge import ProviderKnowledge


class TokenGrants:
    """Asks the provider for what a refresh token grants, and gives grants up."""

    def __init__(
        self, client: Client, provider: ProviderKnowledge, http: Http, clock: Callable[[], int]
    ) -> None:
        self._client = client
        self._provider = provider
        self._http = http
        self._clock = clock

    async def refresh(
        self, tokens: Tokens, refresh_token: str, former: Mapping[str, Any]
    ) -> tuple[IDToken | None, Tokens]:
        """Return what a refresh brings, once all of it was checked.

        Args:
            tokens: What is to be replaced.
            refresh_token: Its refresh token.
            former: The claims of the session's ID Token.

        Raises:
            ProviderError: Not now: the refresh token may live on.
            ResponseRejected: ``refresh.invalid_grant``: the refresh token is dead. Another code:
                what came is not to be trusted.

        Spec: RFC 6749 6, OIDC Core 12.
        """
        began = self._clock()
        metadata = await self._provider.metadata()
        try:
            answer = await self._http.send(
                refresh_request(
                    self._client, metadata, refresh_token=refresh_token, scope=tokens.scope
                )
            )
            response = parse_refresh_response(answer)
            try:
                id_token = await self._verified(response, former, began)
            except SignInError as error:
                error.request_id = request_id(answer)
                raise
        except SignInError as error:
            error.conceal(secrets_sent(self._client, [refresh_token]))
            raise
        now = self._clock()
        return id_token, tokens_of(response, asked=tokens.asked, now=now, former=tokens)

    async def _verified(
        self, response: TokenResponse, former: Mapping[str, Any], began: int
    ) -> IDToken | None:
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

        return await self._provider.verified(
            verify, ID_TOKEN_MISSES, partial(check_time, clock, began)
        )

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
