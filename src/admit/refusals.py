"""What a provider means when it refuses: its words, taken apart into codes, causes and fixes.

Providers reuse few error codes for many causes, so the description decides, by its beginning. What
no row knows keeps the general code. The words of the rows are Okta's; the codes fit everybody.

May know: errors.
"""

from __future__ import annotations

from dataclasses import dataclass

from admit.errors import SignInError


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of refusal.

    Attributes:
        door: Where it arrives: ``authorization`` or ``token``.
        error: The provider's error code.
        begins: How its description begins; empty fits any.
    """

    door: str
    error: str
    begins: str
    code: str
    status: int
    cause: str
    fix: str


POLICY_FIX = (
    "at Okta: Security > API > Authorization Servers > your server > Access Policies: add a policy"
    " for this client with a rule for these users, grant and scopes; or use the org server's issuer"
)
WEB_APP_FIX = (
    "at Okta the application must be of type Web Application with the grant Authorization Code;"
    " a service or single-page application cannot be changed: create a new one"
)
SCOPE_FIX = "remove the scope, or create it at the authorization server"
SIGN_IN_AGAIN = "nothing to fix: sign in again"

ROWS = (
    Row("authorization", "access_denied", "User is not assigned", "authorization.user_not_assigned",
        403, "the user is not assigned to this application",
        "at Okta: Applications > this application > Assignments > Assign"),
    Row("authorization", "access_denied", "Policy evaluation failed",
        "authorization.no_access_policy", 403,
        "no access policy of the authorization server lets this client and user in; a new Okta"
        " org's default server has none", POLICY_FIX),
    Row("authorization", "access_denied", "Policy evaluation succeeded",
        "authorization.scopes_denied", 403, "the access policy's rule allows none of the scopes",
        POLICY_FIX),
    Row("authorization", "access_denied", "Some of the requested scopes",
        "authorization.scopes_denied", 403, "the access policy's rule does not allow all scopes",
        POLICY_FIX),
    Row("authorization", "access_denied", "The request is made from outside",
        "authorization.network_zone", 403, "the browser is outside the client's network zones",
        "at Okta: the application's and the policy's network zones"),
    Row("authorization", "access_denied", "The requested feature is not enabled",
        "authorization.feature_not_enabled", 502, "the org has no licence for what was asked",
        "a custom authorization server needs API Access Management; else use the org's issuer"),
    Row("authorization", "access_denied", "The authorize request required an MFA",
        "authorization.unmet_authentication_requirements", 403, "no second factor is set up",
        "set up authenticators at the provider"),
    Row("authorization", "access_denied", "User creation was disabled",
        "authorization.external_idp", 403, "the external identity provider may not create users",
        "at Okta: Security > Identity Providers: just-in-time provisioning"),
    Row("authorization", "access_denied", "User linking was denied",
        "authorization.external_idp", 403, "the external account may not be linked",
        "at Okta: Security > Identity Providers: account linking"),
    Row("authorization", "access_denied", "Could not match social profile",
        "authorization.external_idp", 403, "the external account matches no user",
        "at Okta: Security > Identity Providers: account matching"),
    Row("authorization", "access_denied", "'acr_values' not supported",
        "authorization.invalid_request", 502, "the server does not support acr_values",
        "drop acr_values, or set up authenticators and their policies at the provider"),
    Row("authorization", "access_denied", "Requests for ID tokens", "authorization.invalid_scope",
        502, "openid is not among the scopes that the client may ask for",
        "at Okta: the authorization server's Scopes, and the application's Okta API Scopes"),
    Row("authorization", "access_denied", "Social transaction expired",
        "authorization.request_expired", 400, "the external provider's page was left open",
        SIGN_IN_AGAIN),
    Row("authorization", "access_denied", "User status is invalid", "authorization.external_idp",
        403, "the user is suspended, locked or not active", "at Okta: Directory > People"),
    Row("authorization", "access_denied", "The user's password is expired",
        "authorization.external_idp", 403, "the user's password has expired",
        "let the user set a new password at the provider"),
    Row("authorization", "access_denied", "User canceled", "authorization.denied", 403,
        "the user went back at the external provider", SIGN_IN_AGAIN),
    Row("authorization", "access_denied", "", "authorization.denied", 403,
        "the user or the provider said no", SIGN_IN_AGAIN),
    Row("authorization", "login_required", "Request expired", "authorization.request_expired", 400,
        "the provider's page was left open for too long, or was bookmarked",
        "bookmark the application, not the provider's page"),
    Row("authorization", "login_required", "The client specified not to prompt, but the client app",
        "authorization.interaction_required", 400,
        "prompt=none was asked and a policy wants the user to sign in anew, or a second factor",
        "start a sign-in without prompt=none"),
    Row("authorization", "login_required", "", "authorization.login_required", 400,
        "nobody is signed in at the provider, and it did not let the user sign in",
        "start a sign-in without prompt=none"),
    Row("authorization", "interaction_required", "Your client is configured to use the interaction",
        "authorization.unauthorized_client", 502,
        "the client is set to the interaction code flow alone", WEB_APP_FIX),
    Row("authorization", "interaction_required", "", "authorization.interaction_required", 400,
        "the provider must ask the user something, and did not",
        "start a sign-in without prompt=none"),
    Row("authorization", "consent_required", "", "authorization.interaction_required", 400,
        "the user has not consented yet, and was not asked",
        "start a sign-in without prompt=none"),
    Row("authorization", "account_selection_required", "", "authorization.interaction_required",
        400, "the user must choose an account, and was not asked",
        "start a sign-in without prompt=none"),
    Row("authorization", "unmet_authentication_requirements", "",
        "authorization.unmet_authentication_requirements", 403,
        "the user cannot meet what acr_values asks", "enrol the user in the factor that is asked"),
    Row("authorization", "invalid_scope", "", "authorization.invalid_scope", 502,
        "the authorization server does not know a scope; groups is the usual one", SCOPE_FIX),
    Row("authorization", "invalid_request", "Clients with 'application_type'",
        "authorization.unauthorized_client", 502,
        "the application was created as an API service, which no user can sign in to", WEB_APP_FIX),
    Row("authorization", "invalid_request", "Identity provider is not valid",
        "authorization.invalid_request", 502, "idp names no identity provider of this org",
        "correct idp: at Okta, Security > Identity Providers shows the ids"),
    Row("authorization", "invalid_request", "", "authorization.invalid_request", 502,
        "the provider does not accept a parameter of the request",
        "check ADMIT_AUTHORIZATION_PARAMETERS and what the application passes on"),
    Row("authorization", "unauthorized_client", "This client cannot use a custom",
        "authorization.unauthorized_client", 502,
        "the application may use the org's own authorization server only",
        "set the issuer to the org's own, https:// and the org's host; or create an application of"
        " your own"),
    Row("authorization", "unauthorized_client", "", "authorization.unauthorized_client", 502,
        "the client may not use this grant or this server", WEB_APP_FIX),
    Row("authorization", "unsupported_response_type", "", "authorization.unsupported_response", 502,
        "the client may not use response_type=code", WEB_APP_FIX),
    Row("authorization", "unsupported_response_mode", "", "authorization.unsupported_response", 502,
        "the client may not use this response_mode", "set ADMIT_RESPONSE_MODE to query"),
    Row("authorization", "idp_initated_flow_disabled", "", "authorization.invalid_request", 502,
        "sign-in started by the provider is not allowed for this client",
        "at Okta: Applications > this application > General > Login initiated by"),
    Row("authorization", "request_not_supported", "", "authorization.invalid_request", 502,
        "the provider does not take request objects", "remove request from what is passed on"),
    Row("authorization", "request_uri_not_supported", "", "authorization.invalid_request", 502,
        "the provider does not take request_uri", "remove request_uri from what is passed on"),
    Row("authorization", "invalid_request_object", "", "authorization.invalid_request", 502,
        "the client must sign its requests, or a request object is broken",
        "at Okta: Applications > this application: switch signed requests off"),
    Row("authorization", "invalid_request_uri", "", "authorization.invalid_request", 502,
        "a request_uri is unknown or expired", "remove request_uri from what is passed on"),
    Row("authorization", "server_error", "The groups claim", "authorization.server_error", 502,
        "the groups claim matches more than 100 groups",
        "narrow the claim's filter at the provider"),
    Row("authorization", "server_error", "", "authorization.server_error", 502,
        "the provider failed", "try again; the provider's log says more"),
    Row("authorization", "temporarily_unavailable", "", "authorization.temporarily_unavailable",
        503, "the provider is overloaded or in maintenance", "try again in a moment"),
    Row("token", "invalid_grant", "PKCE verification failed", "token.pkce_failed", 400,
        "the code belongs to another attempt: two were mixed up, or a code was injected",
        SIGN_IN_AGAIN),
    Row("token", "invalid_grant", "The 'redirect_uri'", "token.redirect_uri_mismatch", 502,
        "the provider sees another redirect URI here than in the authorization request",
        "ADMIT_BASE_URL and ADMIT_CALLBACK_PATH must be the same on all workers"),
    Row("token", "invalid_grant", "The grant was issued to another", "token.other_client", 502,
        "the code was issued to another client", "compare ADMIT_CLIENT_ID on all workers"),
    Row("token", "invalid_request", "The grant was issued for another", "token.other_client", 502,
        "the code was issued by another authorization server",
        "compare the issuer on all workers"),
    Row("token", "invalid_request", "Cannot supply multiple client credentials",
        "token.invalid_client", 502, "the client's credentials arrived twice",
        "look for a proxy that adds an Authorization header"),
    Row("token", "unsupported_grant_type", "", "token.wrong_app_type", 502,
        "the provider does not know the authorization code grant for this client", WEB_APP_FIX),
    Row("token", "invalid_client", "No client credentials found", "token.invalid_client", 502,
        "the provider got no credentials: it expects another way, or a proxy dropped them",
        "compare ADMIT_TOKEN_ENDPOINT_AUTH_METHOD with the application's setting"),
    Row("token", "invalid_client", "The client secret supplied", "token.invalid_client", 502,
        "the client secret is wrong: rotated, cut off, or another application's",
        "copy the client secret anew into ADMIT_CLIENT_SECRET; at Okta: Applications > this"
        " application > General > Client Credentials"),
    Row("token", "invalid_client", "Client authentication failed", "token.invalid_client", 502,
        "the provider expects another way of authentication, or other credentials",
        "compare ADMIT_TOKEN_ENDPOINT_AUTH_METHOD with the application's setting; a single-page or"
        " native application has no secret: create a Web Application"),
    Row("token", "unauthorized_client", "", "token.wrong_app_type", 502,
        "the client may not use the authorization code grant", WEB_APP_FIX),
    Row("token", "access_denied", "Policy evaluation succeeded", "authorization.scopes_denied", 403,
        "the access policy's rule allows none of the scopes", POLICY_FIX),
    Row("token", "access_denied", "", "authorization.no_access_policy", 403,
        "no access policy of the authorization server lets this client and user in", POLICY_FIX),
)  # fmt: skip


def refined(error: SignInError) -> SignInError:
    """Return *error*, told apart by the provider's own words where a row knows them."""
    if error.said is None:
        return error
    door = error.code.partition(".")[0]
    said, description = error.said
    for row in ROWS:
        if (row.door, row.error) == (door, said) and description.startswith(row.begins):
            told_apart = SignInError(
                row.code,
                error.detail,
                hint=row.fix,
                cause=row.cause,
                spec=error.spec,
                status=row.status,
                retry_after=error.retry_after,
            )
            told_apart.request_id = error.request_id
            return told_apart
    return error
