"""Where a browser may be sent back to: a path of this application, and nothing else.

May know: nothing else of this package.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

LONGEST = 1024
#: Printable ASCII without the backslash, which browsers read as a slash. Not two slashes at the
#: start.
SAFE = re.compile(r"/(?!/)[!-\[\]-~]*")


def safe_return_to(value: str | None, *, own: Iterable[str], default: str) -> str:
    """Return *value* if a browser may be sent there, else *default*.

    Args:
        value: A path with its query, as a browser would send it: percent-encoded.
        own: Paths of the sign-in's own pages, which must not be returned to.
        default: A path.
    """
    if not value or len(value) > LONGEST or not SAFE.fullmatch(value):
        return default
    path = re.split(r"[?#]", value, maxsplit=1)[0]
    # What a browser or a proxy may decode once more must be as harmless then.
    decoded = unquote(path)
    if "\\" in decoded or decoded.startswith("//") or not decoded.isprintable():
        return default
    # Browsers send no dot segments; resolved, they could lead anywhere, our own pages included.
    if not {".", ".."}.isdisjoint(decoded.split("/")):
        return default
    # Flask leads from a path with slashes too many to the one without.
    once = re.sub("//+", "/", decoded)
    return value if {path.rstrip("/"), once.rstrip("/")}.isdisjoint(own) else default
