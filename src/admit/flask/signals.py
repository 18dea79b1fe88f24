"""A blinker signal for each event, with the Flask app as its sender and the event as ``event``.

Only what imports this module can have receivers; others pay nothing for it.
"""

from __future__ import annotations

from blinker import NamedSignal

from admit.events import EVENTS
from admit.flask.telling import SIGNALS


def _signal(name: str) -> NamedSignal:
    return SIGNALS.setdefault(name, NamedSignal(name, f"{EVENTS[name].when}."))


signin_elsewhere = _signal("signin.elsewhere")
signin_started = _signal("signin.started")
signin_ok = _signal("signin.ok")
signin_denied = _signal("signin.denied")
signin_refused = _signal("signin.refused")
provider_unavailable = _signal("provider.unavailable")
store_unavailable = _signal("store.unavailable")
config_invalid = _signal("config.invalid")
session_expired = _signal("session.expired")
session_ended = _signal("session.ended")
refresh_ok = _signal("refresh.ok")
refresh_failed = _signal("refresh.failed")
refresh_refused = _signal("refresh.refused")
revocation_failed = _signal("revocation.failed")
logout_local = _signal("logout.local")
logout_returned = _signal("logout.returned")
logout_backchannel = _signal("logout.backchannel")
logout_frontchannel = _signal("logout.frontchannel")
logout_universal = _signal("logout.universal")
logout_refused = _signal("logout.refused")
