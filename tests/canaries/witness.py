"""Looks at each place where a secret could turn up, while a flow goes on."""

from __future__ import annotations

import gc
import logging
import pickle
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from canaries.marks import Secrets

#: What the standard library sets on each record by itself.
PLAIN = frozenset(vars(logging.makeLogRecord({})))
#: What was found out of classes: there are few, of very many objects.
_OURS: dict[type, bool] = {}


class Witness(logging.Handler):
    """Collects what was said where, and says what of it is secret.

    Attributes:
        looks_at_objects: Whether the repr of what is alive counts.
        looked: How much was looked at, by the place.
        leaks: The place, and what was found there.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.secrets = Secrets()
        self.looks_at_objects = True
        self.looked: Counter[str] = Counter()
        self._said: dict[tuple[str, frozenset[str]], dict[str, None]] = {}
        self._errors: dict[int, BaseException] = {}

    def say(self, place: str, text: str, allowed: frozenset[str] = frozenset()) -> None:
        """Note what stands in a place; it is searched at the end, when all secrets are known."""
        self.looked[place] += 1
        self._said.setdefault((place, allowed), {})[text] = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line of the log, the exception that is handled meanwhile, and what is alive."""
        self.say("log message", f"{record.name} {record.getMessage()}")
        self.say("log arguments", f"{record.args!r} {record.args}")
        if record.exc_info:
            self.say("log traceback", logging.Formatter().formatException(record.exc_info))
        more = {name: value for name, value in vars(record).items() if name not in PLAIN}
        if more:
            self.say("log attributes", repr(more))
        if (error := sys.exception()) is not None:
            self.raised(error)
            self.objects()

    def raised(self, error: BaseException) -> None:
        """Take an exception, with all that led to it."""
        if id(error) in self._errors:
            return
        self._errors[id(error)] = error
        self.say("traceback", "".join(traceback.format_exception(error)))
        for one in chain(error):
            texts = [str(one), repr(one), repr(one.args), *getattr(one, "__notes__", ())]
            self.say("exception", "\n".join(texts))
            if type(one).__module__.startswith("admit"):
                self.say("attributes of a SignInError", repr(vars(one)))
                self.say("pickle", pickle.dumps(one).decode("latin-1"))

    def objects(self) -> None:
        """Take the repr of every object of the library that is alive, since `frozen` began."""
        for found in gc.get_objects() if self.looks_at_objects else ():
            kind = type(found)
            if (ours := _OURS.get(kind)) is None:
                ours = _OURS[kind] = _is_ours(kind)
            if ours:
                self.say("repr", f"{kind.__qualname__} {found!r} {found}")
                if isinstance(found, BaseException):
                    self.raised(found)

    def leaks(self) -> list[str]:
        """Return each place with the kinds of secrets that stand there, and one text of it."""
        found = []
        for (place, allowed), texts in self._said.items():
            for leak, form in self.secrets.found("\n".join(texts), allowed):
                text = next(text for text in texts if form in text)
                found.append(f"{place}: {leak}: {text[:400]}")
        return found


def _is_ours(kind: type) -> bool:
    """Tell whether it is a class of the library's, or one that a test made of one."""
    return not issubclass(kind, type) and any(
        base.__module__.partition(".")[0] == "admit" for base in kind.__mro__
    )


def chain(error: BaseException) -> Iterator[BaseException]:
    """Return *error*, and each exception that led to it, those that are not shown as well."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [cause for cause in (one.__cause__, one.__context__) if cause is not None]


@contextmanager
def watched(capsys: pytest.CaptureFixture[str]) -> Iterator[Witness]:
    """Watch until the block ends; what is left to look at is looked at then.

    Raises:
        AssertionError: Something leaked.
    """
    witness, root = Witness(), logging.getLogger()
    former = {name: logging.getLogger(name).level for name in root.manager.loggerDict}
    level = root.level
    gc.freeze()
    try:
        for name in former:
            logging.getLogger(name).setLevel(logging.DEBUG)
        root.setLevel(logging.DEBUG)
        root.addHandler(witness)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield witness
        witness.objects()
        for warning in warned:
            witness.say("warnings", str(warning.message))
        said: Any = capsys.readouterr()
        witness.say("stdout", said.out)
        witness.say("stderr", said.err)
    finally:
        root.removeHandler(witness)
        root.setLevel(level)
        for name, old in former.items():
            logging.getLogger(name).setLevel(old)
        gc.unfreeze()
