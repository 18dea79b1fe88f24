"""What went wrong between us and the provider: what, and what to do.

May know: errors.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, RemoteDisconnected
from urllib.parse import SplitResult

from admit.errors import ProviderError

TIMEOUT, UNAVAILABLE = 504, 503
#: OpenSSL's verification results (``man x509_verify``) that have a fix of their own.
UNKNOWN_AUTHORITY, OTHER_HOST = frozenset({18, 19, 20, 21}), frozenset({62, 64})
NOT_YET_VALID, EXPIRED = 9, 10


@contextmanager
def explained(url: SplitResult) -> Iterator[None]:
    """Turn whatever goes wrong into a ProviderError that says what, and what to do."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise _certificate(url, error) from None
    except TimeoutError:
        raise ProviderError(
            "provider.timeout",
            f"{url.hostname} did not answer in time",
            status=TIMEOUT,
            hint="look at the provider's status, and at the network between",
        ) from None
    except ssl.SSLError as error:
        raise ProviderError(
            "provider.tls",
            f"no secure connection to {url.hostname}: {error.reason or 'it broke off'}",
            hint="the port may not speak TLS: look at the issuer's scheme and port",
        ) from None
    except socket.gaierror:
        raise ProviderError(
            "provider.unreachable",
            f"the name {url.hostname} was not found",
            status=UNAVAILABLE,
            hint="look for a slip in the issuer, and at this host's DNS",
        ) from None
    except OSError as error:
        raise ProviderError(
            "provider.unreachable",
            f"no connection to {url.hostname}: {_reason(error)}",
            status=UNAVAILABLE,
            hint="look at the provider, and at firewalls and proxies between",
        ) from None
    except (HTTPException, ValueError) as error:
        # They quote what came or was sent, and stay at hand behind what is raised.
        error.args, error.__context__ = (), None
        raise ProviderError(
            "provider.broken_answer",
            f"{url.hostname} did not answer in HTTP: {type(error).__name__}",
        ) from None


def _reason(error: OSError) -> str:
    if isinstance(error, RemoteDisconnected):
        return "it was closed without an answer"
    return os.strerror(error.errno) if error.errno else type(error).__name__


def _certificate(url: SplitResult, error: ssl.SSLCertVerificationError) -> ProviderError:
    code = error.verify_code
    if code in UNKNOWN_AUTHORITY:
        fix = "name the authority's PEM file in ADMIT_CA_FILE, or install it on this host"
    elif code in OTHER_HOST:
        fix = "look for a slip in the issuer: the certificate is for another host"
    elif code == EXPIRED:
        fix = "the provider must renew it; or this host's clock is ahead"
    elif code == NOT_YET_VALID:
        fix = "set this host's clock by NTP"
    else:
        fix = "the provider's certificate must be put right"
    return ProviderError(
        "provider.tls",
        f"the certificate of {url.hostname} was refused: {error.verify_message}",
        hint=fix,
    )
