"""Our own pages: small, readable in light and dark; one of them loads a line of script.

May know: browser, failures.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape

from admit.browser import WITH_BODY, BrowserResponse
from admit.failures import Failure

STYLE = """
:root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--text:#1c2430;--soft:#566072;
--line:#dcdfe5;--accent:#1f4fd8;--on-accent:#fff;--code:#f0f2f5}
@media (prefers-color-scheme:dark){:root{--page:#11151b;--card:#1a2029;--text:#e9edf3;
--soft:#a5b0c0;--line:#303947;--accent:#8fb0ff;--on-accent:#0d1630;--code:#222a35}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;
background:var(--page);color:var(--text);
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:34rem;background:var(--card);border:1px solid var(--line);
border-radius:.9rem;padding:2rem}
h1{margin:0 0 .6rem;font-size:1.45rem;line-height:1.25}
p{margin:0 0 1rem}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.5rem 0 0}
.button{display:inline-block;font:inherit;font-weight:600;padding:.6rem 1.15rem;
border-radius:.55rem;border:1px solid var(--accent);background:var(--accent);color:var(--on-accent);
text-decoration:none;cursor:pointer}
.button.second{background:transparent;color:var(--accent)}
.button:focus-visible,a:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
.small{color:var(--soft);font-size:.9rem;margin:1.5rem 0 0}
code{background:var(--code);padding:.1em .35em;border-radius:.3em;overflow-wrap:anywhere}
section{border-top:1px solid var(--line);margin-top:1.75rem;padding-top:1.25rem}
h2{font-size:1rem;margin:0 0 .75rem}
dl{margin:0;display:grid;grid-template-columns:max-content 1fr;gap:.45rem 1rem;font-size:.92rem}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
"""


#: The one script there is: it presses the button of a form that only has to be passed on.
SUBMIT = "document.forms[0].submit();\n"
#: A window that opened one of our pages keeps no hold of it, and sees it as closed.
ALONE = ("Cross-Origin-Opener-Policy", "same-origin")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}"


@cache
def script_path(sign_out_path: str) -> str:
    """Return the path of the script: below the sign-out address, and new with its content."""
    name = sha256(SUBMIT.encode()).hexdigest()[:16]
    return f"{sign_out_path.rstrip('/')}/{name}.js"


@cache
def content_security_policy(
    *, script: str | None = None, form_action: str | None = "'none'"
) -> str:
    """Return the policy of our pages: their own style, nothing else, in nobody's frame.

    Args:
        script: The URL of the one script of the page.
        form_action: Where the page's form may go; None is anywhere, for a form that leads to the
            provider: Chromium would hold a limit against each redirect that follows, too.
    """
    scripts = f"script-src {script}; " if script else ""
    forms = f"form-action {form_action}; " if form_action else ""
    return (
        f"default-src 'none'; {scripts}style-src '{_digest(STYLE)}'; base-uri 'none'; {forms}"
        "frame-ancestors 'none'"
    )


def page_response(
    body: str,
    *,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (),
    cookies: tuple[str, ...] = (),
    policy: str | None = None,
) -> BrowserResponse:
    """Return one of our pages as an answer that nobody stores."""
    told = ("Content-Security-Policy", policy or content_security_policy())
    return BrowserResponse(
        status=status, body=body, headers=(*WITH_BODY, told, ALONE, *headers), cookies=cookies
    )


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(title)}</h1>\n{content}</main>\n</body>\n</html>\n"
    )


def failure_page(failure: Failure, *, home: str, debug: bool) -> str:
    """Return the page of a failed sign-in.

    Args:
        failure: What is told; its detail, cause and fix only to a developer.
        home: A link out of here.
        debug: The reader is the developer.
    """
    first, again = "Start again", failure.start_again
    if failure.try_again:
        first, again = "Try again", failure.try_again
    elif failure.other_account:
        first = "Use another account"
        again += ("&" if "?" in again else "?") + "prompt=login"
    content = (
        f"<p>{escape(failure.text.message)}</p>\n"
        f'<p class="actions"><a class="button" href="{escape(again)}">{first}</a>'
        f'<a class="button second" href="{escape(home)}">Home page</a></p>\n'
        f'<p class="small">Reference <code>{escape(failure.reference)}</code></p>\n'
    )
    return _page(failure.text.title, content + (_for_developers(failure) if debug else ""))


def _for_developers(failure: Failure) -> str:
    rows = {
        "Code": failure.code,
        "What": failure.detail,
        "Cause": failure.cause,
        "Fix": failure.fix,
        "Rule": failure.spec,
        "Provider's request": failure.request_id,
    }
    shown = "".join(
        f"<dt>{name}</dt><dd>{escape(text)}</dd>\n" for name, text in rows.items() if text
    )
    return (
        "<section>\n<h2>For the developer (shown in debug mode only)</h2>\n"
        f"<dl>\n{shown}</dl>\n</section>\n"
    )


def passing_on_page(action: str, fields: Mapping[str, str], *, script: str) -> str:
    """Return the page that takes the browser to the provider, to sign out there.

    Args:
        action: The provider's endpoint.
        fields: What the form carries: in a form, as it does not belong into an address.
        script: The URL of the script that goes on by itself.
    """
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">\n'
        for name, value in fields.items()
    )
    content = (
        "<p>You are signed out of this application. Your sign-in service is told next.</p>\n"
        f'<form method="post" action="{escape(action)}">\n{hidden}'
        '<p class="actions"><button class="button" type="submit">Continue</button></p>\n</form>\n'
        f'<script src="{escape(script)}" integrity="{_digest(SUBMIT)}"></script>\n'
    )
    return _page("Signing out", content)


def sign_out_page(
    *, action: str, token: str, home: str, refused: bool, everywhere: bool = False
) -> str:
    """Return the page that asks before signing out.

    Args:
        action: Where its form goes.
        token: Proves that the form is ours.
        home: A link out of here.
        refused: Somebody else's page asked for the sign-out.
        everywhere: The user can be signed out of this application in all browsers.
    """
    button = (
        '<button class="button second" type="submit" name="everywhere" value="yes">'
        "Sign out everywhere</button>"
        if everywhere
        else ""
    )
    lead = (
        "<p>A page of another site asked to sign you out, so we did not. You are still signed in."
        " Do you want to sign out?</p>\n"
        if refused
        else "<p>You will be signed out of this application and of your sign-in service.</p>\n"
    )
    content = (
        f"{lead}"
        f'<form method="post" action="{escape(action)}">\n'
        f'<input type="hidden" name="token" value="{escape(token)}">\n'
        '<p class="actions"><button class="button" type="submit">Sign out</button>'
        '<button class="button second" type="submit" name="only" value="app">'
        f"Sign out of this application only</button>{button}"
        f'<a class="button second" href="{escape(home)}">Stay signed in</a></p>\n'
        '<p class="small">If you sign out of this application only, your sign-in service still'
        " knows you: the next sign-in may not ask for a password."
        + (
            " Everywhere means out of this application in all your browsers and on all your"
            " devices; the sign-in service may still know you there."
            if everywhere
            else ""
        )
        + "</p>\n</form>\n"
    )
    return _page("Sign out?", content)


def signed_out_page(*, sign_in: str, home: str) -> str:
    """Return the page after sign-out."""
    content = (
        "<p>You are signed out.</p>\n"
        f'<p class="actions"><a class="button" href="{escape(sign_in)}">Sign in again</a>'
        f'<a class="button second" href="{escape(home)}">Home page</a></p>\n'
    )
    return _page("Signed out", content)
