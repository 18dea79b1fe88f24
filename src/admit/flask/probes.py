"""The routes that probes ask."""

from __future__ import annotations

from collections.abc import Callable

import flask

from admit.assembly import Assembly
from admit.flask.translate import to_flask
from admit.health import Health, examine, health_response
from admit.ports import run_sync


def health_of(parts: Assembly, *, ask: bool) -> Health:
    """Return how the application's sign-in is. See `examine`."""
    return run_sync(examine(parts.endpoints.relying_party, parts.store, ask=ask))


def probes_of(
    path: str, parts: Assembly
) -> tuple[tuple[str, str, Callable[[], flask.Response]], ...]:
    """Return the two probes, each with its path and its endpoint's name.

    That of the sessions is at *path*, that of the sign-in below it. The first never asks the
    provider and never waits for it: a machine that serves signed-in users well must not be taken
    out of service for an outage at the provider.
    """

    def sessions() -> flask.Response:
        health = health_of(parts, ask=False)
        return to_flask(health_response(health, ok=health.sessions.ok))

    def sign_in() -> flask.Response:
        health = health_of(parts, ask=True)
        return to_flask(health_response(health, ok=health.sessions.ok and health.sign_in.ok))

    below = f"{path.rstrip('/')}/sign-in"
    return (path, "signin_health", sessions), (below, "signin_health_sign_in", sign_in)
