"""Takes secrets out of texts that come from outside.

May know: nothing else of this package.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

CONCEALED = "[...]"
#: Characters of a secret that say too much where a text was cut.
TELLING = 16


class Concealer:
    """Takes some secrets out of texts, in each form in which one may be repeated.

    Args:
        secrets: Empty ones are none.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        # One form may hold another.
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return *text* without the secrets, and without all that follows the half of one."""
        if not text:
            return text
        for form in self._forms:
            text = text.replace(form, CONCEALED)
        for form in self._forms:
            if len(form) > TELLING and (begins := text.find(form[:TELLING])) >= 0:
                text = text[:begins] + CONCEALED
        return text


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    percent = quote(raw, safe="")
    plain = (secret, percent, quote(raw), quote_plus(raw), quote(percent, safe=""))
    yield from plain
    yield from map(_small, plain[1:])
    yield secret.lower()
    yield html.escape(secret)
    yield json.dumps(secret)[1:-1]
    yield ascii(secret)[1:-1]
    yield raw.hex()
    yield raw.hex().upper()
    for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        yield encoded.decode("ascii").rstrip("=")


def _small(percent: str) -> str:
    """Return a percent-encoded text with small letters in its escapes."""
    first, *rest = percent.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in rest)])
