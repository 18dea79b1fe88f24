"""The order of the steps.

Written once: async frameworks await it, sync ones step it with `run_sync`.

May know: errors, jose, model, ports, protocol, provider_knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote_plus

from admit.errors import ProviderError, ResponseRejected, SignInError
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
from admit.ports import Http, HttpResponse, Lock
from admit.protocol.answers import request_id
from admit.protocol.authorization import (
    RANDOM_BYTES,
    authorization_url,
    authorization_url_start,
    new_authorization_request,
    parse_authorization_response,
)
from admit.protocol.id_token import CLOCK_CODES, verify_id_token
from admit.protocol.logout import end_session_url
from admit.protocol.token import parse_token_response, token_request
from admit.protocol.userinfo import is_signed, parse_userinfo_response, userinfo_request
from admit.provider_knowledge import ProviderKnowledge

V = TypeVar("V")

#: Seconds after which one sign-in asks the provider nothing more; one exchange may follow.
LONGEST = 12
#: Differences of clocks, in seconds, that are worth telling.
NOTEWORTHY_SKEW = 10


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a completed sign-in gave."""

    id_token: IDToken
    userinfo: UserInfo | None


class RelyingParty:
    """One client at one issuer.

    Args:
        client: Who we are to the provider.
        http: The transport.
        lock: A new lock at each call: eight first sign-ins at once ask the provider once.
        clock: Returns the seconds since the epoch.
        random: Returns that many fresh random bytes.
    """

    def __init__(
        self,
        client: Client,
        *,
        http: Http,
        lock: Callable[[], Lock],
        clock: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        self.client = client
        self._http = http
        self._clock = clock
        self._random = random
        self._provider = ProviderKnowledge(client.issuer, http=http, lock=lock, clock=clock)
        self.metadata = self._provider.metadata
        self._starts: dict[tuple[object, ...], str] = {}

    async def begin(
        self, *, return_to: str, parameters: Mapping[str, str], rounds: int = 0
    ) -> tuple[AuthorizationRequest, str]:
        """Begin an attempt.

        Args:
            return_to: A path of this application that was found safe.
            parameters: Extra authorization parameters that `check_parameters` has passed.
            rounds: See `AuthorizationRequest`.

        Returns:
            The attempt, to be kept for this browser alone, and the URL to send it to.

        Raises:
            ProviderError: The provider is away and was never reached.
        """
        metadata = self._provider.fresh_metadata() or await self.metadata()
        request = new_authorization_request(
            self.client,
            random=self._random(RANDOM_BYTES),
            now=self._clock(),
            return_to=return_to,
            parameters=parameters,
            rounds=rounds,
        )
        return request, authorization_url(self._start(metadata, parameters), request)

    async def complete(
        self, parameters: Mapping[str, Sequence[str]], request: AuthorizationRequest
    ) -> SignedIn:
        """Check the response, redeem its code once, verify what comes back.

        Raises:
            SignInError: Any but ConfigurationError; the code says which check failed.
        """
        began = self._clock()
        metadata = await self.metadata()
        try:
            response = parse_authorization_response(parameters, request=request, metadata=metadata)
            return await self._redeem(metadata, response, began)
        except SignInError as error:
            error.conceal(self._sent(parameters, request))
            raise

    def _sent(
        self, parameters: Mapping[str, Sequence[str]], request: AuthorizationRequest
    ) -> list[str]:
        """Return the secrets that the provider was sent, in each form that it may repeat."""
        secrets = [request.state, request.nonce, request.code_verifier, *parameters.get("code", ())]
        secrets.append(getattr(self.client.authentication, "client_secret", ""))
        headers, _ = self.client.authentication.sign(self.client.client_id, {})
        secrets += [value.removeprefix("Basic ") for value in headers.values()]
        return [*secrets, *map(quote_plus, secrets)]

    async def _redeem(
        self, metadata: ProviderMetadata, response: AuthorizationResponse, began: int
    ) -> SignedIn:
        answer = await self._http.send(token_request(self.client, metadata, response))
        try:
            tokens = parse_token_response(answer)
            id_token = await self._verified(tokens, response.request, began)
        except SignInError as error:
            error.request_id = request_id(answer)
            if error.code in CLOCK_CODES:
                error.cause = _clock_evidence(answer, self._clock())
            raise
        return SignedIn(id_token, await self._userinfo(metadata, tokens, id_token, began))

    def _check_time(self, began: int) -> None:
        """Stop before one more exchange where the sign-in has taken too long already."""
        if self._clock() - began > LONGEST:
            raise ProviderError(
                "provider.timeout",
                f"the provider took more than {LONGEST} s for the answers to one sign-in",
                status=504,
                hint="look at the provider's status, and at the network between",
            )

    async def end_session_url(self, *, id_token_hint: str, state: str) -> str | None:
        """Return the URL that ends the provider's session, or None if it offers none.

        Raises:
            ProviderError: The provider is away and was never reached.
        """
        metadata = await self.metadata()
        return end_session_url(metadata, self.client, id_token_hint=id_token_hint, state=state)

    def _start(self, metadata: ProviderMetadata, parameters: Mapping[str, str]) -> str:
        """Return the part of the URL that attempts share, made once for each set of parameters."""
        name: tuple[object, ...] = (metadata.authorization_endpoint, *parameters.items())
        start = self._starts.get(name)
        if start is None:
            start = authorization_url_start(self.client, metadata, parameters)
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
                now=self._clock(),
            )

        return await self._with_keys(verify, {"id_token.unknown_key", "id_token.signature"}, began)

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
        self._check_time(began)
        answer = await self._http.send(userinfo_request(endpoint, tokens.access_token))

        def parse(keys: KeySet) -> UserInfo:
            return parse_userinfo_response(answer, id_token=id_token, client=self.client, keys=keys)

        try:
            if not is_signed(answer):
                return parse(())
            missed = {"userinfo.unknown_key", "userinfo.signature"}
            return await self._with_keys(parse, missed, began)
        except SignInError as error:
            error.request_id = request_id(answer)
            error.conceal([tokens.access_token])
            raise

    async def _with_keys(self, verify: Callable[[KeySet], V], missed: set[str], began: int) -> V:
        """Return what *verify* makes of the keys; of newer ones where it says they do not fit."""
        self._check_time(began)
        keys = await self._provider.keys()
        try:
            return verify(keys)
        except ResponseRejected as error:
            if error.code not in missed:
                raise
            self._check_time(began)
            newer = await self._provider.keys_after_a_miss(keys, error.code)
            if newer is keys:
                raise
        return verify(newer)


def _clock_evidence(answer: HttpResponse, now: int) -> str:
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
