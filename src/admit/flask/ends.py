"""Ends of sessions that the application's own code brings about."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from admit.config_sessions import TO_A_STORE
from admit.errors import ConfigurationError, Problem
from admit.flask.state import AppState
from admit.ports import run_sync

if TYPE_CHECKING:
    from admit.session_ends import SessionEnds

#: Whoever ends sessions here, as the event `session.ended` says it.
APPLICATION = "application"


def end_sessions(
    state: AppState,
    sub: str | None,
    email: str | None,
    before: datetime | float | None,
    *,
    now: int,
) -> int:
    """End sessions as `SignIn.end_sessions` says, and return how many there were."""
    ends, until = _ends(state), _until(before, now)
    if sub is not None and email is None:
        return run_sync(ends.of_user(sub, by=APPLICATION, before=until))
    if email is None or sub is not None:
        raise ValueError("give one of sub and email")
    if state.parts.settings.universal_logout_path is None:
        raise _refused(
            "ADMIT_UNIVERSAL_LOGOUT_PATH",
            "sessions are found by e-mail addresses only where it is set",
            "Set it, or end sessions by sub.",
        )
    return run_sync(ends.of_email(email, by=APPLICATION, before=until)) or 0


def end_all_sessions(state: AppState, before: datetime | float | None, *, now: int) -> None:
    """End sessions as `SignIn.end_all_sessions` says."""
    run_sync(_ends(state).of_everybody(by=APPLICATION, before=_until(before, now)))


def _until(before: datetime | float | None, now: int) -> int | None:
    from admit.session_ends import milliseconds  # noqa: PLC0415 - see `assembly`

    return milliseconds(before, now)


def _ends(state: AppState) -> SessionEnds:
    if state.parts.stored is None:
        wrong = "sessions in cookies cannot be ended from outside"
        raise _refused("ADMIT_SESSIONS", wrong, f"{TO_A_STORE}.")
    return state.parts.stored.ends


def _refused(setting: str, wrong: str, fix: str) -> ConfigurationError:
    return ConfigurationError("config.invalid", (Problem(setting, wrong, fix),))
