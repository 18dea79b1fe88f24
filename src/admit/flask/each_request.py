"""What is looked at before each page: it costs next to nothing, and mostly finds nothing."""

from __future__ import annotations

import flask

from admit.assembly import Assembly
from admit.flask.bridge import Bridge
from admit.flask.context import endpoint_of_home, keep_unstored
from admit.flask.translate import from_flask, to_flask
from admit.ports import run_sync

NOT_ASKED = object()
NOT_HERE = object()


class EachRequest:
    """A preprocessor of the application's.

    A function of `before_request` would cost ten times as much.

    Args:
        parts: The core's, for this application.
        manager: Flask-Login's, which is ours.
        own: The paths of our routes.
    """

    def __init__(self, parts: Assembly, manager: Bridge, own: list[str]) -> None:
        self._sign_out = parts.sign_out
        self._manager = manager
        self._own = frozenset(map(_plain, own))
        self._home: object = NOT_ASKED
        self._lands_at_home = parts.settings.signed_out_path == "/"

    def __call__(self, endpoint: str | None, _values: object) -> None:
        """Answer the provider's redirect after sign-out, where it leads to the home page.

        The home page is the application's own. What Flask answers at our paths by itself, such as
        405, is not to be stored either: a code may stand in the address.
        """
        if self._home is NOT_ASKED:
            # An application may have made a manager of its own since.
            self._manager.take_over(flask.current_app)
            self._home = endpoint_of_home() if self._lands_at_home else NOT_HERE
        if endpoint is None:
            if _plain(flask.request.path) in self._own:
                flask.after_this_request(keep_unstored)
            return
        environ = flask.request.environ if endpoint == self._home else {}
        if "state=" not in environ.get("QUERY_STRING", ""):
            return
        request = from_flask()
        if request.path == "/" and self._sign_out.is_return(request):
            flask.abort(to_flask(run_sync(self._sign_out.returned(request))))


def _plain(path: str) -> str:
    """Return *path* as Flask would have it: it redirects from one with slashes too many."""
    return "/".join(filter(None, path.split("/")))
