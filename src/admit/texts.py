"""What a user reads of a failure: what happened, and what they can do.

May know: nothing else of this package.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """What a user reads: what happened, and what they can do."""

    title: str
    message: str


START_AGAIN = Text(
    "Let's start that again",
    "This sign-in was begun in another browser or window, was finished already, or was left open"
    " for too long. You can start again now.",
)
UNAVAILABLE = Text(
    "Sign-in is not available right now",
    "The sign-in service did not answer as it should. Please wait a moment and try again.",
)
UNVERIFIED = Text(
    "You could not be signed in",
    "The answer of the sign-in service did not pass a security check, so nobody was signed in."
    " Please try again; if it happens again, tell the people who run this application.",
)
NOT_SET_UP = Text(
    "Sign-in is not set up correctly",
    "This is no fault of yours. Please tell the people who run this application, and give them the"
    " reference below.",
)
NO_ACCESS = Text(
    "You do not have access to this application",
    "Your account is not allowed to use it. Ask your administrator, or use another account.",
)
DECLINED = Text(
    "You are not signed in",
    "The sign-in was cancelled, or the sign-in service refused it. You can try again.",
)
STRONGER = Text(
    "A stronger sign-in is needed",
    "This page needs a way of signing in that your account has not set up. Set it up with your"
    " administrator's help, then try again.",
)
LOOP = Text(
    "Sign-in goes round in circles",
    "You were signed in several times in a row, and each time it was forgotten at once. We stopped"
    " here. Check that your browser accepts cookies for this site, then try again.",
)
SIGN_IN_NEEDED = Text(
    "Please sign in first",
    "You are not signed in, or your session has ended. What you just sent was not saved.",
)
NOT_SIGNED_OUT = Text(
    "You are still signed in",
    "A page of another site asked to sign you out. We did not do it.",
)
TOO_LARGE = Text(
    "You could not be signed in",
    "Your account carries more information than this application can keep. Please tell the people"
    " who run it, and give them the reference below.",
)
TOO_MUCH = Text(
    "This request was not accepted",
    "What was sent to this address is larger than anything that belongs here. Nothing was done.",
)

NOT_NOW = Text(
    "This page is not available right now",
    "The application cannot look up who is signed in. You stay signed in. Please try again in a"
    " moment.",
)
