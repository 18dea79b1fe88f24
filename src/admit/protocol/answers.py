"""What the messages have in common: how they are asked, an answer's status, JSON, lifetime.

May know: errors, model, ports, strict_json.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from admit.errors import ProviderError, ResponseRejected, shown
from admit.model import Client
from admit.ports import HttpRequest, HttpResponse
from admit.strict_json import parse_object

OK = 200
REDIRECTS = frozenset({301, 302, 303, 307, 308})
TOO_MANY_REQUESTS = 429
SERVER_ERRORS = 500
LONGEST_WAIT = 3600
MEDIA_TYPE = r"no content type|[\w.+-]{1,40}/[\w.+-]{1,60}(; ?charset=[\w\"-]{1,20})?"


def singles(
    parameters: Mapping[str, Sequence[str]], names: Iterable[str], code: str
) -> dict[str, str]:
    """Return the values of those of *names* that came.

    Raises:
        ResponseRejected: *code* when one came more than once.

    Spec: RFC 6749 3.1.
    """
    found = {}
    for name in names:
        values = parameters.get(name, ())
        if len(values) > 1:
            raise ResponseRejected(code, f"{name} came more than once", spec="RFC 6749 3.1")
        if values:
            found[name] = values[0]
    return found


def is_issuer_or_origin(iss: object, issuer: str) -> bool:
    """Tell whether *iss* names *issuer*, or its origin, by which Okta calls all servers of an org.

    Only where the issuer is compared and nothing is fetched from it.
    """
    parts = urlsplit(issuer)
    return iss in (issuer, f"{parts.scheme}://{parts.netloc}")


def client_request(client: Client, endpoint: str, form: Mapping[str, str]) -> HttpRequest:
    """Return a request of *client* with *form*, with which it proves who it is (RFC 6749 2.3)."""
    headers, signed = client.authentication.sign(client.client_id, form)
    return HttpRequest(
        method="POST",
        url=endpoint,
        headers={
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            **headers,
        },
        body=urlencode(signed).encode("ascii"),
    )


def check_available(response: HttpResponse, what: str) -> None:
    """Pass any answer but those that only say "not now".

    Raises:
        ProviderError: ``provider.rate_limited`` or ``provider.unavailable``, status 503, with
            ``retry_after`` where the provider gave it.
    """
    if response.status == TOO_MANY_REQUESTS:
        raise ProviderError(
            "provider.rate_limited",
            f"{what} answered 429",
            hint="the provider limits how often it may be asked; wait, and look for a loop",
            spec="RFC 6585 4",
            status=503,
            retry_after=retry_after(response),
        )
    if response.status >= SERVER_ERRORS:
        raise ProviderError(
            "provider.unavailable",
            f"{what} answered {response.status}",
            hint="the provider is in trouble; its status page may say more",
            status=503,
            retry_after=retry_after(response),
        )


def json_object(response: HttpResponse, what: str, code: str) -> dict[str, Any]:
    """Return the JSON object that *response* holds.

    Raises:
        ProviderError: *code* when the body is anything else.
    """
    try:
        return parse_object(response.body)
    except ValueError as error:
        wrong = str(error)
    kind = response.headers.get("content-type", "no content type")
    # What is no media type may be anything: something secret that is repeated, too.
    named = shown(kind) if re.fullmatch(MEDIA_TYPE, kind, re.ASCII) else "an odd content type"
    raise ProviderError(
        code,
        f"{what} answered {response.status} with {named}: {wrong}",
        cause=redirected(response),
    )


def redirected(response: HttpResponse) -> str:
    """Return that *response* leads elsewhere, and to which host; empty where it does not.

    Nobody goes there: what we send holds secrets, and what we ask for must come from the provider.

    Spec: RFC 9700 4.12, RFC 9110 15.4.
    """
    if response.status not in REDIRECTS:
        return ""
    try:
        host = urlsplit(response.headers.get("location", "")).hostname
    except ValueError:
        host = None
    where = shown(host) if host else "another path"
    return f"the endpoint answers with a redirect to {where}, which is not followed"


def max_age(response: HttpResponse) -> int | None:
    """Return for how many seconds Cache-Control lets *response* be used, or None if it is silent.

    Spec: RFC 9111 5.2.2.
    """
    directives = response.headers.get("cache-control", "").lower()
    if "no-store" in directives or "no-cache" in directives:
        return 0
    found = re.search(r'(?:^|[,\s])max-age="?(\d{1,10})', directives)
    return int(found[1]) if found else None


def with_query(endpoint: str, query: str) -> str:
    """Return *endpoint* with *query*; one that it already has is kept (RFC 6749 3.1)."""
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"


def request_id(response: HttpResponse) -> str:
    """Return the provider's name for the exchange, empty where it gave none that can be shown."""
    value = response.headers.get("x-okta-request-id") or response.headers.get("x-request-id", "")
    return value if re.fullmatch(r"[!-~]{1,64}", value) else ""


def retry_after(response: HttpResponse) -> int | None:
    """Return for how many seconds to wait, at most an hour, or None where nothing was said.

    What is a point in time is compared with the provider's own clock, never with ours.

    Spec: RFC 9110 10.2.3; ``X-Rate-Limit-Reset`` is Okta's, in seconds since the epoch.
    """
    headers = response.headers
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(int(value), LONGEST_WAIT)
    now, reset = _time(headers.get("date")), headers.get("x-rate-limit-reset", "")
    then = int(reset) if re.fullmatch(r"[0-9]{1,12}", reset) else _time(value)
    return None if now is None or then is None else min(max(then - now, 0), LONGEST_WAIT)


def _time(value: str | None) -> int | None:
    try:
        return int(parsedate_to_datetime(value or "").timestamp())
    except (TypeError, ValueError, OverflowError):
        return None
