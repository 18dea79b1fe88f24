"""How a command fails: one clear text, and an exit code that scripts can tell apart.

====  ============================================
0     Done.
1     Refused, or not found.
2     The command is not written as it should be.
3     The store is away.
====  ============================================

May know: errors, imported when a command fails.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

P = ParamSpec("P")
T = TypeVar("T")


class StoreAway(click.ClickException):
    """The store could not be asked."""

    exit_code = 3


def refusals(command: Callable[P, T]) -> Callable[P, T]:
    """Let *command* tell what stops it, without a traceback. A decorator."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        from admit.errors import SignInError, StoreUnavailable

        try:
            return command(*args, **kwargs)
        except StoreUnavailable as error:
            raise StoreAway(str(error)) from None
        except SignInError as error:
            raise click.ClickException(str(error)) from None

    return told
