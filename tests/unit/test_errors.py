"""Errors: who can act, and what happened, in one line."""

from __future__ import annotations

import pytest

from admit.codes import CODES, text_of
from admit.errors import (
    LONGEST_SHOWN,
    AuthorizationDenied,
    ConfigurationError,
    Problem,
    ProviderError,
    ResponseRejected,
    SignInError,
    shown,
)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (SignInError, 400),
        (ProviderError, 502),
        (ResponseRejected, 400),
        (AuthorizationDenied, 403),
    ],
)
def test_a_class_has_a_status_that_an_error_may_change(
    kind: type[SignInError], status: int
) -> None:
    assert issubclass(kind, SignInError)
    assert kind("a.b").status == status
    assert kind("a.b", status=503).status == 503


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (SignInError("a.b"), "a.b"),
        (SignInError("a.b", "detail"), "a.b: detail"),
        (SignInError("a.b", hint="fix"), "a.b -- fix"),
        (
            SignInError("a.b", "detail", spec="RFC 1", cause="why", hint="fix"),
            "a.b: detail [RFC 1] -- why -- fix",
        ),
    ],
)
def test_an_error_is_one_line_of_what_is_known(error: SignInError, line: str) -> None:
    assert str(error) == line


def test_the_providers_own_words_are_quoted_cut_and_on_one_line() -> None:
    error = SignInError("a.b", "400", said=("denied", "one\ntwo\x1b[31m" + "x" * 500))
    assert error.detail.startswith("400 'denied': 'one\\ntwo\\x1b[31mxxx")
    assert len(error.detail) < 160
    assert "one" not in repr(error)


def test_what_was_sent_is_taken_out_before_words_are_cut() -> None:
    secret = "s3cret" * 20
    error = SignInError("a.b", said=(secret, "x" * 100 + secret))
    error.conceal(["", secret])
    assert error.detail == f"'[...]': '{'x' * 100}[...]'"
    assert error.said == ("[...]", "x" * 100 + "[...]")


@pytest.mark.parametrize(
    "form",
    [
        "a+b/c='d'&e\"=",
        "a%2Bb%2Fc%3D%27d%27%26e%22%3D",
        "a%2bb%2fc%3d%27d%27%26e%22%3d",
        "a%252Bb%252Fc%253D%2527d%2527%2526e%2522%253D",
        "a+b/c=&#x27;d&#x27;&amp;e&quot;=",
        "a+b/c='d'&e\\\"=",
        "YStiL2M9J2QnJmUiPQ",
        "612b622f633d276427266522",
        "A+B/C='D'&E\"=".lower(),
    ],
)
def test_what_was_sent_is_taken_out_of_every_text_in_every_form(form: str) -> None:
    error = SignInError("a.b", f"got {form}.", said=("e", form), cause=f"why {form}")
    error.request_id = form
    error.conceal(["a+b/c='d'&e\"="])
    assert error.detail.startswith("got [...]")
    assert error.cause.startswith("why [...]")
    for text in (*error.args, str(error), error.request_id, str(error.said)):
        assert form[:16] not in text


def test_the_half_of_a_secret_is_none_of_anybodys_business() -> None:
    error = SignInError("a.b", f"got {'s3cret' * 4}...")
    error.conceal(["s3cret" * 20])
    assert error.detail == "got [...]"


def test_what_is_shorter_than_a_secret_spoils_no_sentence_of_ours() -> None:
    error = SignInError("a.b", "an answer", said=("a", "b"))
    error.conceal(["a"])
    assert error.detail == "an answer '[...]': 'b'"


def test_problems_of_the_configuration_come_together() -> None:
    one = ConfigurationError("config.invalid", (Problem("a", "wrong", "Fix."),))
    two = ConfigurationError("config.invalid", (Problem("a", "w", "F."), Problem("b", "v", "G.")))
    assert "1 problem in" in str(one)
    assert str(two).splitlines()[1:] == ["  - a: w. F.", "  - b: v. G."]
    assert "2 problems" in two.detail
    assert one.status == 500


def test_an_error_raised_by_somebody_else_is_equal_and_has_no_history() -> None:
    error = ProviderError(
        "provider.unavailable", "d", hint="h", spec="s", cause="c", status=503, retry_after=9
    )
    try:
        raise error
    except ProviderError:
        again = error.again(ago=2, wait=3)
    assert again is not error
    assert again.__traceback__ is None
    assert again.detail == "d (2 s ago; the provider is asked again in 3 s)"
    assert error.again(ago=0, wait=20).retry_after == 20
    names = ("code", "hint", "spec", "cause", "status", "retry_after")
    assert [getattr(again, name) for name in names] == [getattr(error, name) for name in names]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "'plain'"),
        ("a\r\nb\x00\x1b[31m", r"'a\r\nb\x00\x1b[31m'"),
        ("\u00fc\u202e\udcff", r"'\xfc\u202e\udcff'"),
        (None, "None"),
        ([1, {"a": "b"}], "[1, {'a': 'b'}]"),
        (7, "7"),
    ],
)
def test_what_is_shown_is_quoted_and_printable(value: object, text: str) -> None:
    assert shown(value) == text
    assert shown(value).isprintable()


def test_what_just_fits_is_not_cut() -> None:
    assert shown("x" * (LONGEST_SHOWN - 2)) == repr("x" * (LONGEST_SHOWN - 2))


@pytest.mark.parametrize("value", ["x" * 100_000, ["x"] * 10_000, "\U0001f600" * 500])
def test_what_is_shown_is_cut(value: object) -> None:
    assert len(shown(value)) == LONGEST_SHOWN + 3
    assert shown(value).endswith("...")


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_text_for_users_without_markup(code: str) -> None:
    text = text_of(code)
    assert text.title
    assert text.message.endswith((".", "below."))
    assert "<" not in text.title + text.message


@pytest.mark.parametrize(("code", "same_as"), [("app.no_licence", "user_not_assigned"),
                                               ("never.heard_of", "denied")])  # fmt: skip
def test_a_code_of_somebody_else_gets_the_plainest_words(code: str, same_as: str) -> None:
    assert text_of(code) == text_of(f"authorization.{same_as}")
