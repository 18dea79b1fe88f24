"""The two URLs of a configuration: what people paste, and what they meant.

May know: config_reader, protocol.discovery, providers.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from admit.config_reader import PLACEHOLDERS, Reader, quoted_url
from admit.protocol.discovery import is_loopback
from admit.providers import is_okta, is_okta_server, okta_admin_fix

#: Without dot segments, which browsers resolve.
PLAIN_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*/?")
#: Of a host, with or without a port, that somebody may have meant.
MEANT = re.compile(r"(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|localhost)(?::[0-9]+)?")
ONE_URL = "Use one URL, such as https://acme.okta.com/oauth2/default."
PASTED_TAIL = re.compile(r"/(?:\.well-known/.*|v1(?:/.*)?)$")


def read_issuer(reader: Reader, name: str, issuer: str) -> str:
    """Return *issuer*, with what is wrong with it noted.

    Args:
        reader: Takes the problems.
        name: The setting that it came from.
        issuer: What was configured.
    """
    if not issuer or PLACEHOLDERS.search(issuer):
        if issuer and reader.shown(name) not in {problem.setting for problem in reader.problems}:
            reader.problem(
                reader.shown(name), f"{quoted_url(issuer)} is a placeholder", "Use your own."
            )
        return issuer
    if found := _issuer_problem(issuer):
        reader.problem(reader.shown(name), *found)
    return issuer


def _issuer_problem(issuer: str) -> tuple[str, str] | None:  # noqa: PLR0911 - a list of rules
    if "://" not in issuer:
        host, slash, rest = issuer.rstrip("/").partition("/")
        if not MEANT.fullmatch(host):
            return f"{quoted_url(issuer)} is no URL", ONE_URL
        url = f"https://{okta_admin_fix(host) or host}{slash}{rest}"
        own = f"Use {url}." if rest else ""
        return (
            f"{quoted_url(issuer)} is no URL",
            own
            or f"Use {url}/oauth2/default for Okta's default authorization server, or {url} for the"
            " org's own.",
        )
    parts = _split(issuer)
    if parts is None or issuer.count("://") > 1 or not issuer.isprintable() or " " in issuer:
        return f"{quoted_url(issuer)} is no URL", ONE_URL
    if not issuer.isascii():
        return f"{quoted_url(issuer)} is not ASCII", "Use the host's form that begins with xn--."
    host = parts.hostname or ""
    if doubled := re.search(r"((?:\.[a-z-]+)+)\1$", host, re.IGNORECASE):
        return f"{host!r} ends in {doubled[0]}", f"Use {host.removesuffix(doubled[1])}."
    if fixed := okta_admin_fix(host):
        return f"{host!r} is the Admin Console's host", f"Use {fixed}."
    if "?" in issuer or "#" in issuer or "@" in parts.netloc:
        return "an issuer has no query, fragment or user", "Remove it."
    if tail := PASTED_TAIL.search(issuer):
        # The org's own server has its endpoints below /oauth2, which is not in its issuer.
        fixed = issuer[: tail.start()].removesuffix("/oauth2" if is_okta(host) else "\0")
        return f"it goes on after the issuer: {issuer.removeprefix(fixed)}", f"Use {fixed}."
    return _scheme_problem(parts) or _okta_problem(issuer, host)


def _scheme_problem(parts: SplitResult) -> tuple[str, str] | None:
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        return None
    return (
        f"{parts.scheme}:// is not safe for {parts.hostname}",
        "Use https. Plain http is for localhost and 127.0.0.1 alone.",
    )


def _okta_problem(issuer: str, host: str) -> tuple[str, str] | None:
    if is_okta(host) and not is_okta_server(issuer):
        return (
            f"{urlsplit(issuer).path!r} is not the path of an Okta server",
            (
                f"Use https://{host}/oauth2/default, with your server's id in place of default, or"
                f" https://{host}; no slash at the end."
            ),
        )
    return None


def read_base_url(reader: Reader) -> str:
    """Return the base URL in its plain form, with what is wrong with it noted."""
    where = "Where browsers open the application, such as http://localhost:5000."
    text = reader.text("base_url", where=where)
    if not text or PLACEHOLDERS.search(text):
        return ""
    name, parts = reader.shown("base_url"), _split(text)
    if parts is None or text.count("://") != 1:
        reader.problem(name, f"{quoted_url(text)} is no URL", where)
        return ""
    if found := _scheme_problem(parts):
        reader.problem(name, *found)
    if parts.query or parts.fragment or "@" in parts.netloc:
        reader.problem(name, "a base URL has no query, fragment or user", "Remove it.")
    if not PLAIN_PATH.fullmatch(parts.path):
        reader.problem(name, f"{parts.path!r} is no plain path", "Use letters, digits, . _ ~ -.")
    if not (parts.hostname or "").isascii():
        reader.problem(name, "its host is not ASCII", "Use the form that begins with xn--.")
    return _plain(parts)


def _plain(parts: SplitResult) -> str:
    """Return a URL with its host in lower case, no default port and no slash at the end."""
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def _split(url: str) -> SplitResult | None:
    """Return the parts of an absolute URL, or None."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme and parts.hostname and not re.search(r"[\s\\]", url) else None
