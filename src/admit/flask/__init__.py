"""Sign-in for Flask: an extension, over Flask-Login's `current_user` and `login_required`.

It translates and decides nothing: what a browser gets is decided in `endpoints`, `sign_out` and
`guard`.
"""

from __future__ import annotations

from admit.flask.current import current_session
from admit.flask.extension import SignIn
from admit.flask.lookup import settings_of

__all__ = ["SignIn", "current_session", "settings_of"]
