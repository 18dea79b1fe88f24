"""What every refusal has: headers, and a page that says what to do and names the log's line."""

from __future__ import annotations

import re
from typing import Any

from hostile.wire import Answer

REFERENCE = re.compile(r"Reference <code>([A-Z2-7]{8})</code>")
HEADERS = (("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"))


def reference_of(answer: Answer) -> str:
    """Return the reference that an answer shows; nothing if it shows none."""
    if _is_json(answer):
        told: Any = answer.json()
        return str(told.get("reference", "")) if isinstance(told, dict) else ""
    found = REFERENCE.search(answer.text)
    return found[1] if found else ""


def _is_json(answer: Answer) -> bool:
    return answer.header("Content-Type").startswith("application/json") and bool(answer.body)


def wrong_with_refusal(answer: Answer) -> list[str]:
    """Return what a refusal lacks."""
    if answer.method == "HEAD" or "Sec-Purpose" in answer.asked:
        return []
    wrong = [
        f"{name} is {answer.header(name)!r}, not {value!r}"
        for name, value in HEADERS
        if answer.header(name) != value
    ]
    if _is_json(answer):
        return wrong if answer.json().get("error") else [*wrong, "JSON without an error"]
    asks = 'action="' in answer.text and "Stay signed in" in answer.text
    if not re.search(r"<title>[^<]{5,}</title>", answer.text):
        wrong.append("no title")
    if not re.search(r"<p>[^<]{20,}\.</p>", answer.text) and not asks:
        wrong.append("no sentence that says what to do")
    if not reference_of(answer) and not asks:
        wrong.append("no reference")
    return wrong
