"""What is peculiar to a provider and needs a name here.

The list is closed: no hook loosens a check.

May know: nothing else of this package.
"""

from __future__ import annotations

from urllib.parse import urlsplit

#: Hosts of Okta orgs end in one of these; ``-admin`` before it is the Admin Console.
OKTA_SUFFIXES = (
    "okta.com",
    "oktapreview.com",
    "okta-emea.com",
    "okta-gov.com",
    "okta.mil",
    "okta-miltest.com",
    "trex-govcloud.com",
    "trex-gov.com",
)


def okta_issuer(domain: str, authorization_server: str = "default") -> str:
    """Return the issuer of an Okta authorization server.

    Args:
        domain: The org's host, or its URL: ``acme.okta.com``, ``https://acme.okta.com/``.
        authorization_server: The id of a custom server; empty is the org's own.

    >>> okta_issuer("https://acme.okta.com/")
    'https://acme.okta.com/oauth2/default'
    >>> okta_issuer("acme.okta.com", "")
    'https://acme.okta.com'
    """
    url = domain if "://" in domain else f"https://{domain}"
    org = url.rstrip("/")
    return f"{org}/oauth2/{authorization_server}" if authorization_server else org


def is_okta(host: str) -> bool:
    """Tell whether *host* is under a domain of Okta's (a custom domain is not)."""
    return host.lower().endswith(tuple("." + suffix for suffix in OKTA_SUFFIXES))


def okta_admin_fix(host: str) -> str | None:
    """Return the org's host where *host* is its Admin Console's, else None.

    >>> okta_admin_fix("acme-admin.okta.com")
    'acme.okta.com'
    >>> okta_admin_fix("my-admin.example.com")
    """
    for suffix in OKTA_SUFFIXES:
        admin = f"-admin.{suffix}"
        if host.lower().endswith(admin):
            return host.lower().removesuffix(admin) + "." + suffix
    return None


def is_okta_server(issuer: str) -> bool:
    """Tell whether *issuer* has a path as Okta's servers have: none, or ``/oauth2/{id}``."""
    path = urlsplit(issuer).path
    return path == "" or (path.startswith("/oauth2/") and path.count("/") == 2)  # noqa: PLR2004
