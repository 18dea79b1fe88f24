"""Where each event of an application goes: to the log, to its hook, to the signals."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

import flask

from admit.events import LOGGER, Emit, Event, log_event

if TYPE_CHECKING:
    from blinker import NamedSignal

#: By the names of the events; filled by `admit.flask.signals`, which most applications never load.
SIGNALS: dict[str, NamedSignal] = {}


class Telling:
    """Tells of events. Whoever listens and raises changes nothing of the sign-in.

    Args:
        app: The sender of the signals.
        hook: Of the application's; None where it has none.
    """

    def __init__(self, app: flask.Flask, hook: Emit | None) -> None:
        self._app = app
        self._hook = hook

    def __call__(self, event: Event) -> None:
        """Tell of *event*."""
        try:
            log_event(event)
        except Exception:  # noqa: BLE001 - of a handler of the application's; as `logging` does
            if logging.raiseExceptions:
                traceback.print_exc()
        if self._hook is not None:
            try:
                self._hook(event)
            except Exception:  # noqa: BLE001 - whatever the application does
                LOGGER.exception("on_event raised at %s", event.name)
        if SIGNALS and (signal := SIGNALS.get(event.name)) is not None and signal.receivers:
            self._send(signal, event)

    def _send(self, signal: NamedSignal, event: Event) -> None:
        """Call each receiver, whatever those before it have raised."""
        if signal.is_muted:
            return
        for receiver in signal.receivers_for(self._app):
            try:
                receiver(self._app, event=event)
            except Exception:  # noqa: BLE001 - whatever the application does
                LOGGER.exception("a receiver raised at %s", event.name)
