"""What the token endpoint says: errors, broken answers; how operators read it."""

from __future__ import annotations

import json
from collections.abc import Callable

from admit.testing import Answer
from hostile.invariants import told_by
from hostile.provider_side import AGAIN, HTML, bent, failed, refused, trap
from hostile.registry import case, table
from hostile.world import World

#: Of one answer, however it is broken.
AT_ONCE = 3


def rewritten(change: Callable[[str], str | bytes]) -> Answer:
    """Return an answer whose text is changed: it is sent in place of the honest one.

    The code stays unspent, so that nothing honest stands in it.
    """
    honest = {"access_token": "a", "token_type": "Bearer", "id_token": "a.b.c", "expires_in": 60}
    return Answer(body=change(json.dumps(honest)))


@table(
    {
        "TOK-01": ("status 500", Answer(status=500)),
        "TOK-02": ("status 503", Answer(status=503)),
        "TOK-x1": (
            "status 500 with what looks like an answer",
            Answer(status=500, body={"error": "invalid_grant", "id_token": "a.b.c"}),
        ),
    }
)
def sick(world: World, answer: Answer) -> str:
    outcome = failed(world, "provider.unavailable", 503, token=answer)
    assert world.redeemed() == 1, "a code is sent once"
    return outcome


@case("TOK-03", "invalid_grant")
def invalid_grant(world: World) -> str:
    answer = Answer(status=400, body={"error": "invalid_grant"})
    return refused(world, "token.invalid_grant", token=answer)


@case("TOK-04", "invalid_client")
def invalid_client(world: World) -> str:
    for status in (400, 401):
        answer = Answer(status=status, body={"error": "invalid_client"})
        outcome = failed(world, "token.invalid_client", token=answer)
        (record,) = [r for r in world.watch.records if "invalid_client" in r.getMessage()][-1:]
        assert record.levelname in {"WARNING", "ERROR"}
        assert "secret" in record.getMessage(), "it says what to compare"
    return f"{outcome}; the operator reads invalid_client"


@table(
    {
        "TOK-05": ("a page with 200", [HTML]),
        "TOK-06": ("a list with 200", [Answer(body=["access_token"])]),
        "TOK-07": ("a word with 200", [Answer(body='"word"'), Answer(body="word")]),
        "TOK-08": ("null with 200", [Answer(body="null")]),
        "TOK-09": ("nothing with 200", [Answer(body="")]),
        "TOK-x2": (
            "the ID Token twice, and other members",
            [
                rewritten(lambda text: text[:-1] + ', "id_token": "d.e.f"}'),
                rewritten(lambda text: text[:-1] + ', "access_token": "b"}'),
                rewritten(lambda text: text[:-1] + ', "x": 1, "x": 1}'),
            ],
        ),
        "TOK-x3": (
            "another encoding, a mark of order, data behind, nesting, endless digits, NaN",
            [
                rewritten(lambda text: text.encode("utf-16")),
                rewritten(lambda text: text.encode("utf-32-be")),
                rewritten(lambda text: text.encode("utf-8-sig")),
                rewritten(lambda text: text + text),
                rewritten(lambda text: text + "\0"),
                rewritten(lambda text: text[:-1] + ', "x": ' + "[" * 50_000),
                rewritten(lambda text: text[:-1] + ', "x": ' + "[" * 40 + "]" * 40 + "}"),
                rewritten(lambda text: text[:-1] + ', "x": ' + "9" * 100_000 + "}"),
                rewritten(lambda text: text[:-1] + ', "expires_in": NaN}'),
                rewritten(lambda text: text[:-1] + ', "x": "\\ud800"}'),
                rewritten(lambda text: text.replace('"', "'")),
                rewritten(lambda text: f"callback({text})"),
                rewritten(lambda _: "access_token=a&id_token=a.b.c&token_type=bearer"),
                rewritten(lambda text: text.encode().replace(b"Bearer", b"\xff\xfe")),
            ],
        ),
    }
)
def malformed(world: World, ways: list[Answer]) -> str:
    for answer in ways:
        world.serve()
        outcome = failed(world, "token.malformed", token=answer)
        assert world.watch.answers[-2].seconds < AT_ONCE
    return f"{outcome}" + (f", each of {len(ways)}" if len(ways) > 1 else "")


@table(
    {
        "TOK-37": ("302 to another host", 302),
        "TOK-38": ("303 to another host", 303),
        "TOK-x7": ("307 to another host, which would take the code along", 307),
    }
)
def redirected(world: World, status: int) -> str:
    with trap() as url:
        away = Answer(status=status, redirect=f"{url}/token")
        outcome = failed(world, "token.malformed", token=away)
    return f"{outcome}; not followed"


@case("TOK-44", "429 with Retry-After: 90")
def limited(world: World) -> str:
    answer = Answer(status=429, headers={"Retry-After": "90"}, body={"error": "invalid_grant"})
    browser = world.browser()
    shown = bent(world, browser, token=answer)
    outcome = world.failed(shown, "provider.rate_limited")
    assert shown.header("Retry-After") == "90"
    assert shown.seconds < AT_ONCE
    assert world.redeemed() == 1
    return f"{outcome}, at once"


@case("TOK-50", "markup in error and error_description")
def markup(world: World) -> str:
    for debug in (False, True):
        for error in ("invalid_request", "invalid_grant", "<script>alert(1)</script>"):
            world.serve().app.debug = debug
            said = {"error": error, "error_description": "<script>alert(1)</script><img src=x>"}
            answer = bent(world, world.browser(), token=Answer(status=400, body=said))
            assert answer.status in {400, 502}
            for text in ("<script>alert", "<img"):
                assert text not in answer.text
            assert ("&lt;script" in answer.text) == debug, "only developers read it"
    return f"{answer.status}, escaped or not shown"


@case("TOK-52", "the client secret is wrong, and the provider repeats it")
def wrong_secret(world: World) -> str:
    wrong = "a-client-secret-that-is/wrong+and long"
    world.watch.secrets.add(wrong)
    for method in ("client_secret_basic", "client_secret_post"):
        for debug in (False, True):
            site = world.serve(ADMIT_CLIENT_SECRET=wrong, ADMIT_TOKEN_ENDPOINT_AUTH_METHOD=method)
            site.app.debug = debug
            said = {"error": "invalid_client", "error_description": f"no client has {wrong}"}
            answer = bent(world, world.browser(), token=Answer(status=401, body=said))
            outcome = world.failed(answer, "token.invalid_client", 502)
            assert wrong not in answer.text
    assert not [r for r in world.watch.records if wrong in told_by(r)]
    return f"{outcome}; the secret stands nowhere"


@case("TOK-55", "a good sign-in after a bad one, in one browser")
def good_after_bad(world: World) -> str:
    browser = world.browser()
    answer = bent(world, browser, token=Answer(body="null"))
    world.failed(answer, "token.malformed", 502)
    return world.signed_in(browser, browser.sign_in(AGAIN))


@case("TOK-x8", "an honest answer of another content type, in another case")
def other_content_type(world: World) -> str:
    for kind in ("text/html", "", "application/json; charset=utf-16", "application/jwt"):
        browser = world.browser()
        answer = bent(world, browser, token=Answer(headers={"content-type": kind}))
        outcome = world.signed_in(browser, answer)
    return f"{outcome}: strict JSON is what counts"


@case("TOK-x9", "an answer with both tokens and an error, or with an odd error")
def mixed(world: World) -> str:
    browser = world.browser()
    for error in ("invalid_request", None, "", ["invalid_grant"], {"a": 1}, 7):
        change = lambda document, error=error: {**document, "error": error}  # noqa: E731
        answer = bent(world, browser, token=Answer(change=change))
        outcome = world.failed(answer, "token.refused", 502)
        assert not browser.is_signed_in()
    return f"{outcome}, each"
