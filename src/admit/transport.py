"""The transport in use: tests put another in its place while an application runs.

May know: ports.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from admit.ports import Http, HttpRequest, HttpResponse


class Transport:
    """Hands each request to the transport in use."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def send(self, request: HttpRequest) -> Coroutine[Any, Any, HttpResponse]:
        """Return what the transport in use does; see the port `Http`."""
        return self.http.send(request)
