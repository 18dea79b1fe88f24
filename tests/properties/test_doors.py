"""Whatever comes in at a door, only a SignInError comes out, and nobody is sent elsewhere."""

from __future__ import annotations

import json
import secrets
import string
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from admit.attempts import Attempts, attempt_key
from admit.blocking import BlockingLock
from admit.config import NAMES, read_settings
from admit.errors import ConfigurationError, ProviderError, SignInError
from admit.exchanges import clock_evidence
from admit.model import AuthorizationRequest, AuthorizationResponse, IDToken
from admit.ports import HttpResponse, run_sync
from admit.protocol.answers import max_age, retry_after
from admit.protocol.authorization import parse_authorization_response, response_state
from admit.protocol.discovery import parse_discovery_response
from admit.protocol.id_token import verify_id_token
from admit.protocol.jwks import parse_jwks_response
from admit.protocol.token import parse_token_response, token_request
from admit.protocol.userinfo import parse_userinfo_response
from admit.relying_party import RelyingParty
from admit.return_to import safe_return_to
from admit.sealing import Sealer, Unsealable
from admit.sessions import CookieSessions
from admit.strict_json import parse_object
from admit.testing import MemoryProvider
from material import ACCESS_TOKEN, CLIENT, ISSUER, METADATA, NOW, PROVIDER, REQUEST, answer, keys

settings.register_profile(
    "doors",
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("doors")

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
HEADER_TEXT = st.text(st.characters(max_codepoint=255), max_size=60)
WORDS = st.sampled_from(
    ["RSA", "EC", "OKP", "oct", "sig", "enc", "verify", "RS256", "ES256", "none", "HS256", "JWT",
     "P-256", "Ed25519", "AQAB", "key-0", "client", ISSUER, "Bearer", REQUEST.nonce, "00u1",
     "invalid_grant", "invalid_client", METADATA.token_endpoint, "http://127.0.0.1", "https://["]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -(10**30), 10**400, -(10**400), NOW, NOW + 600, 0])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | WORDS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def objects(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects that have some of *names*, with any values."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, VALUES))


def answers(*names: str) -> st.SearchStrategy[HttpResponse]:
    """Return answers of a provider: any status, headers and body; mostly objects with *names*."""
    body = objects(*names).map(lambda document: json.dumps(document).encode())
    headers = st.dictionaries(
        st.sampled_from(["content-type", "cache-control", "retry-after", "date"]),
        HEADER_TEXT | st.sampled_from(["application/jwt", "application/json", "max-age=99999999"]),
    )
    statuses = st.sampled_from([200, 200, 200, 302, 400, 401, 429, 500]) | st.integers(100, 999)
    return st.builds(
        lambda status, headers, body: HttpResponse(status=status, headers=headers, body=body),
        statuses,
        headers,
        body | body | body | st.binary(max_size=80) | VALUES.map(lambda v: json.dumps(v).encode()),
    )


def base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
def test_json_from_outside_is_an_object_or_a_value_error(text: bytes) -> None:
    with suppress(ValueError):
        value = parse_object(text)
        assert type(value) is dict
        assert json.loads(json.dumps(value, ensure_ascii=False).encode()) == value


PARAMETERS = st.dictionaries(
    st.sampled_from(["state", "iss", "error", "error_description", "error_uri", "code", "x"]),
    st.lists(ANY_TEXT | st.sampled_from([REQUEST.state, ISSUER, ""]), max_size=2),
)


@given(PARAMETERS)
def test_the_callback_gives_a_code_or_a_refusal(parameters: dict[str, list[str]]) -> None:
    with suppress(SignInError):
        assert len(attempt_key(response_state(parameters))) == 16
    with suppress(SignInError):
        response = parse_authorization_response(parameters, request=REQUEST, metadata=METADATA)
        assert parameters["state"][0] == REQUEST.state
        assert token_request(CLIENT, METADATA, response).body


@given(ANY_TEXT)
@example("\udcff")
@example("\x00")
def test_any_code_of_our_attempt_is_sent_on_or_refused(code: str) -> None:
    parameters = {"state": [REQUEST.state], "code": [code]}
    with suppress(SignInError):
        response = parse_authorization_response(parameters, request=REQUEST, metadata=METADATA)
        body = token_request(CLIENT, METADATA, response).body or b""
        assert parse_qs(body.decode("ascii"))["code"] == [code]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=4096))
def test_every_code_that_the_specification_allows_is_sent_on(code: str) -> None:
    parameters = {"state": [REQUEST.state], "code": [code]}
    response = parse_authorization_response(parameters, request=REQUEST, metadata=METADATA)
    assert response == AuthorizationResponse(code, REQUEST)


@given(answers("access_token", "id_token", "token_type", "expires_in", "error", "errorCode",
               "error_description"))  # fmt: skip
def test_the_token_endpoint_gives_tokens_or_a_refusal(response: HttpResponse) -> None:
    with suppress(SignInError):
        tokens = parse_token_response(response)
        assert isinstance(tokens.id_token, str)
        assert isinstance(tokens.access_token, str)
        assert tokens.access_token


@given(answers("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri",
               "userinfo_endpoint", "end_session_endpoint"))  # fmt: skip
def test_discovery_gives_metadata_of_our_issuer_or_a_fault(response: HttpResponse) -> None:
    with suppress(ProviderError):
        metadata = parse_discovery_response(response, ISSUER)
        assert metadata.issuer == ISSUER


URLS = st.text(st.sampled_from("htps:/.?#@[]%\\ abc0189\t\r\n\u00fc"), max_size=30) | ANY_TEXT


@given(st.sampled_from(["issuer", "token_endpoint", "userinfo_endpoint"]), URLS)
def test_one_bent_value_of_discovery_gives_a_usable_url_or_a_fault(name: str, url: str) -> None:
    document = {
        "issuer": ISSUER,
        "authorization_endpoint": METADATA.authorization_endpoint,
        "token_endpoint": METADATA.token_endpoint,
        "jwks_uri": METADATA.jwks_uri,
        name: url,
    }
    with suppress(ProviderError):
        metadata = parse_discovery_response(answer(document), ISSUER)
        endpoint = metadata.userinfo_endpoint or metadata.token_endpoint
        assert urlsplit(endpoint).scheme == "https"
        assert urlsplit(endpoint).hostname


JWKS = st.lists(
    objects("kty", "use", "key_ops", "alg", "kid", "n", "e", "crv", "x", "y", "d", "k") | VALUES,
    max_size=3,
)


@given(answers("keys") | JWKS.map(lambda entries: answer({"keys": entries})))
def test_a_key_set_gives_keys_or_a_fault(response: HttpResponse) -> None:
    with suppress(ProviderError):
        found = parse_jwks_response(response)
        assert len(found) <= len(json.loads(response.body)["keys"]) > 0


@given(objects("kty", "use", "key_ops", "alg", "kid", "n", "e", "crv"))
def test_a_bent_key_never_spoils_the_good_one_beside_it(change: dict[str, Any]) -> None:
    good = PROVIDER.jwk(0)
    found = parse_jwks_response(answer({"keys": [{**good, **change}, good]}))
    assert found[-1].kid == "key-0"


def verify(raw: Any) -> IDToken:
    return verify_id_token(
        raw, keys=keys(), client=CLIENT, request=REQUEST, access_token=ACCESS_TOKEN, now=NOW
    )


SEGMENTS = st.binary(max_size=40).map(base64url) | st.text(max_size=20)
TOKENS = (
    ANY_TEXT
    | st.lists(SEGMENTS, max_size=6).map(".".join)
    | objects("alg", "kid", "typ", "crit", "jwk", "jku", "x5c", "b64").map(
        lambda header: f"{base64url(json.dumps(header).encode())}.e30.AAAA"
    )
)


@given(TOKENS | VALUES)
def test_no_text_without_our_signature_is_an_id_token(raw: object) -> None:
    with pytest.raises(SignInError):
        verify(raw)


@given(objects("kid", "typ", "crit", "jwk", "jku", "x5u", "x5c", "x5t", "cty", "b64", "zip"))
def test_a_signed_token_with_any_header_is_verified_or_refused(header: dict[str, Any]) -> None:
    assume(header.get("kid", "") is not None)
    signer = MemoryProvider(issuer=ISSUER, header={"kid": "key-0", **header})
    with suppress(SignInError):
        raw = signer.id_token({"nonce": REQUEST.nonce}, ACCESS_TOKEN)
        assert verify(raw).sub == "00u1"


CLAIMS = ("iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash", "acr", "auth_time")


@given(objects(*CLAIMS) | st.dictionaries(st.sampled_from(CLAIMS), VALUES, max_size=1))
@example({"exp": 10**400})
def test_a_signed_token_with_any_claims_is_verified_or_refused(claims: dict[str, Any]) -> None:
    signer = MemoryProvider(issuer=ISSUER, claims=claims)
    with suppress(SignInError):
        verified = verify(signer.id_token({"nonce": REQUEST.nonce}, ACCESS_TOKEN))
        assert verified.claims["iss"] == ISSUER
        assert verified.claims["aud"] in ("client", ["client"])
        assert verified.claims["nonce"] == REQUEST.nonce


@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_a_signed_token_with_any_payload_is_refused(payload: bytes) -> None:
    with pytest.raises(SignInError):
        verify(PROVIDER.sign(payload))


@given(answers("sub", "iss", "aud", "email"))
def test_userinfo_gives_claims_of_our_user_or_a_refusal(response: HttpResponse) -> None:
    with suppress(SignInError):
        info = parse_userinfo_response(
            response, id_token=IDToken("raw", {"sub": "00u1"}), client=CLIENT, keys=keys()
        )
        assert json.loads(response.body)["sub"] == "00u1"
        assert "sub" not in info.claims


@given(HEADER_TEXT | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{0,6} [0-9:]* \S*"))
def test_no_header_of_an_answer_does_harm(text: str) -> None:
    response = answer({}, cache_control=text, retry_after=text, date=text)
    assert (max_age(response) or 0) >= 0
    assert 0 <= (retry_after(response) or 0) <= 3600
    assert isinstance(clock_evidence(response, NOW), str)


BROKEN = answers("issuer", "keys", "access_token", "id_token", "token_type", "error", "sub")


@given(st.dictionaries(
    st.sampled_from(["/.well-known/openid-configuration", "/v1/keys", "/v1/token", "/v1/userinfo"]),
    BROKEN, min_size=1,
))  # fmt: skip
def test_a_provider_that_answers_anything_gives_a_sign_in_or_a_sign_in_error(
    instead: dict[str, HttpResponse],
) -> None:
    provider = MemoryProvider(issuer=ISSUER, answers=dict(instead))
    rp = RelyingParty(
        CLIENT, http=provider, lock=BlockingLock, clock=lambda: NOW, random=secrets.token_bytes
    )
    with suppress(SignInError):
        request, url = run_sync(rp.begin(return_to="/", parameters={}))
        signed_in = run_sync(rp.complete(provider.authorize(url), request))
        assert signed_in.id_token.claims["iss"] == ISSUER


SEALER = Sealer(["secret-" * 6], secrets.token_bytes)
ATTEMPTS = Attempts(SEALER, "__Host-admit-", milliseconds=lambda: NOW * 1000)
SESSIONS = CookieSessions(
    SEALER, secrets.token_bytes, name="s", audience=(ISSUER, "client"), idle=60, absolute=600
)
SEALED = SEALER.seal(b"attempt 1", b"[]")
COOKIES = (
    ANY_TEXT
    | st.binary(max_size=120).map(base64url)
    | st.binary(max_size=120).map(lambda tail: SEALED[:44] + base64url(tail))
    | st.text(st.sampled_from(string.ascii_letters + string.digits + "-_=."), max_size=200)
)


@given(COOKIES)
def test_no_cookie_but_ours_opens(text: str) -> None:
    assert isinstance(SEALER.open(b"attempt 1", text), Unsealable)
    assert isinstance(ATTEMPTS.open(text), Unsealable)
    assert run_sync(SESSIONS.load(text, NOW)) is None
    assert ATTEMPTS.surplus({"__Host-admit-x": text}) == []


@given(st.integers(0, 88), st.sampled_from("!=. \n-") | st.characters(codec=None))
def test_a_sealed_value_has_one_spelling(position: int, more: str) -> None:
    longer = SEALED[:position] + more + SEALED[position:]
    changed = SEALED[:position] + more + SEALED[position + 1 :]
    for text in {longer, changed} - {SEALED}:
        assert isinstance(SEALER.open(b"attempt 1", text), Unsealable)


@given(st.binary(max_size=300))
def test_what_was_sealed_opens(message: bytes) -> None:
    assert SEALER.open(b"any", SEALER.seal(b"any", message)) == message


# None of them has a blank or a line break: random values, configured URLs, a safe path.
VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E))


@given(
    st.builds(
        AuthorizationRequest,
        state=VISIBLE,
        nonce=VISIBLE,
        code_verifier=VISIBLE,
        issuer=VISIBLE,
        redirect_uri=VISIBLE,
        return_to=VISIBLE,
        started_at=st.integers(),
        max_age=st.none() | st.integers(),
        acr_values=st.lists(VISIBLE.filter(bool)).map(tuple),
        rounds=st.integers(),
    )
)
def test_an_attempt_comes_back_whole(request: AuthorizationRequest) -> None:
    assert ATTEMPTS.open(ATTEMPTS.seal(request)) == replace(request, began=NOW * 1000)


OWN = ("/signin", "/signout", "/authorization-code/callback")
PIECES = st.sampled_from(
    ["/", "//", "\\", ".", "..", "%2f", "%2F", "%5c", "%2e", "%09", "%0d%0a", "\t", "\r", "\n", " ",
     "\x00", "@", ":", "?", "#", "%", "%25", "https:", "javascript:", "evil.example", "signin",
     "profile", "a", ";", "&", "=", "\u00fc", "\u2028", "\uff0f", "[", "]"]
)  # fmt: skip
RETURNS = st.lists(PIECES, max_size=8).map("".join) | ANY_TEXT
ORIGIN = "https://app.test"


def as_browsers_read(reference: str) -> str:
    """Return *reference* as a browser reads it: stripped, without line breaks, slashes forward."""
    stripped = reference.strip("".join(map(chr, range(33))))
    kept = stripped.translate(dict.fromkeys(map(ord, "\t\r\n")))
    path, mark, rest = kept.partition("?")
    return path.replace("\\", "/") + mark + rest


@settings(max_examples=2000)
@given(RETURNS | RETURNS.map(lambda rest: "/" + rest))
@example("/a/..//evil.example")
@example("/%2e%2e//evil.example")
@example("/\\evil.example")
def test_nobody_is_ever_sent_to_another_origin(value: str) -> None:
    path = safe_return_to(value, own=OWN, default="/home")
    assert path in {value, "/home"}
    for reference in (path, unquote(path.partition("?")[0])):
        read = as_browsers_read(reference)
        target = urlsplit(urljoin(f"{ORIGIN}/signin", read))
        assert f"{target.scheme}://{target.netloc}" == ORIGIN
        assert not target.path.startswith("//")
        assert target.path.rstrip("/") not in OWN
    assert path.isascii()
    assert path.isprintable()


@given(st.text(st.sampled_from(string.ascii_letters + string.digits + "/_-"), max_size=80))
def test_every_plain_path_of_ours_is_kept(rest: str) -> None:
    assume(not rest.startswith("/"))
    value = "/" + rest
    assume(value.rstrip("/") not in OWN)
    assert safe_return_to(value, own=OWN, default="/home") == value


SETTING = SCALARS | URLS | st.binary(max_size=5) | st.lists(SCALARS, max_size=3) | VALUES
KEY = "rY3x-TkW0uV9qZsLb2NfHcJ7mPdEgA5oXiC8yQ4w"
GOOD = {
    "issuer": ISSUER,
    "client_id": "client",
    "client_secret": "a secret of ours",
    "base_url": ORIGIN,
    "secret_keys": KEY,
}


@given(
    st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), SETTING),
    st.dictionaries(
        st.sampled_from(["SECRET_KEY", "SECRET_KEY_FALLBACKS", "ADMIT_ISSUER", "ADMIT_SCOPE", 7]),
        SETTING,
    ),
    st.dictionaries(
        st.sampled_from(["ADMIT_BASE_URL", "OKTA_DOMAIN", "ADMIT_PUBLIC"]), st.text(max_size=40)
    ),
)
def test_any_configuration_gives_settings_or_all_its_problems(
    arguments: dict[str, Any], config: dict[Any, Any], environ: dict[str, str]
) -> None:
    with suppress(ConfigurationError):
        read_settings(arguments, config, environ)


@given(st.sampled_from(NAMES), SETTING)
def test_one_bent_setting_gives_settings_or_its_problem(name: str, value: object) -> None:
    with suppress(ConfigurationError):
        found = read_settings({**GOOD, name: value}, {}, {})
        assert found.client.redirect_uri.startswith(("https://", "http://"))
        assert "openid" in found.client.scope


@given(st.text(min_size=1, max_size=31))
def test_no_problem_repeats_a_key_or_a_secret(key: str) -> None:
    marked = f"{key[:8]}-marked"
    bent = {**GOOD, "secret_keys": [marked], "client_secret": f"{{{marked}}}"}
    with pytest.raises(ConfigurationError) as caught:
        read_settings(bent, {}, {})
    assert len(caught.value.problems) == 2
    assert "marked" not in str(caught.value)
