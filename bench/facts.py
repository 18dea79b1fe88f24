"""Correctness facts of one peer, each a yes/no or a short string, found by driving the app against the stub's faults."""
import time
from urllib.parse import parse_qs, urlsplit

FAULTS = ("signature", "alg_none", "nonce", "no_nonce", "aud", "iss", "exp", "at_hash", "userinfo_sub")


def collect(browser, peer, op):
    found, control = {}, browser().control

    def outcome(act):
        """What a step answered: a status, or the exception that left the app."""
        try:
            return act().status
        except Exception as error:
            return type(error).__name__

    one = browser()
    query = {k: v[0] for k, v in parse_qs(urlsplit(one.start()).query).items()}
    found["sends_state"] = "state" in query
    found["sends_nonce"] = "nonce" in query
    found["pkce"] = query.get("code_challenge_method", "no")
    reply = one.sign_in()
    found["works"] = one.shows()
    found["client_auth"] = control("stats")["client_auth"]
    cookies = [v.lower() for v in reply.all("set-cookie")]
    found["cookie_httponly"] = all("httponly" in c for c in cookies)
    found["cookie_samesite"] = all("samesite" in c for c in cookies)
    found["cookie_over_4093"] = any(len(c) > 4093 for c in cookies)

    for fault in FAULTS:
        control("fault?name=" + fault)
        control("reset")
        one = browser()
        status = outcome(one.sign_in)
        found["rejects_" + fault] = f"{'NO' if one.shows() else 'yes'} ({status})"
    if not control("fault?name=")["counts"].get("userinfo"):  # the last fault's
        found["rejects_userinfo_sub"] = "n/a: does not call userinfo"

    one = browser()
    callback = one.authorize(one.start())
    status = outcome(lambda: one.finish(callback.replace("state=", "state=x")))
    found["rejects_bad_state"] = f"{'NO' if one.shows() else 'yes'} ({status})"
    victim = browser()  # login CSRF: a callback another browser began
    callback = browser()
    callback = callback.authorize(callback.start())
    status = outcome(lambda: victim.finish(callback))
    found["rejects_foreign_callback"] = f"{'NO' if victim.shows() else 'yes'} ({status})"
    one = browser()
    state = parse_qs(urlsplit(one.start()).query)["state"][0]
    found["access_denied_status"] = outcome(lambda: one.get(f"{peer.CALLBACK}?error=access_denied&state={state}"))

    for tab, user in (("first", "alice"), ("second", "bob")):  # looking at the page can start a sign-in: look only once
        one = browser()
        a, b = one.start(), one.start()
        a, b = one.authorize(a, "alice"), one.authorize(b, "bob")
        status = outcome(lambda: one.finish(a))
        if tab == "second":
            status = outcome(lambda: one.finish(b))
        found["two_tabs_" + tab] = f"{'yes' if one.shows(user) else 'NO'} ({status})"

    one = browser()
    callback = one.authorize(one.start())
    one.finish(callback)
    status = outcome(lambda: one.finish(callback))
    found["callback_reloaded"] = f"{'still signed in' if one.shows() else 'signed out'} ({status})"

    control("rotate")
    for attempt in ("yes", "at the second try"):
        one = browser()
        status = outcome(one.sign_in)
        found["survives_key_rotation"] = attempt if one.shows() else f"NO ({status})"
        if one.shows():
            break
    if found["rejects_signature"].startswith("NO"):
        found["survives_key_rotation"] = "n/a: does not check signatures"

    one = browser()
    target = peer.ME + "?page=7"
    try:
        reply = one.finish(one.authorize(one.start(target)))
        found["returns_to_page"] = "yes" if one.local(reply.location) == target else "no"
    except Exception as error:
        found["returns_to_page"] = f"no ({type(error).__name__})"

    one = browser()
    one.sign_in()
    old = dict(one.jar)
    reply = one.sign_out()
    found["sign_out_clears"] = "yes" if not one.shows() else "NO"
    found["sign_out_at_provider"] = ("with id_token_hint" if "id_token_hint=" in reply.location else
                                     "yes" if reply.location.startswith(op.issuer) else "no")
    one.jar = old
    found["old_cookie_works_after_sign_out"] = "YES" if one.shows() else "no"

    control("fault?name=hang")
    one = browser()
    callback = one.authorize(one.start())
    began = time.monotonic()
    status = outcome(lambda: one.finish(callback))
    took = time.monotonic() - began
    found["http_timeout"] = f"{took:.0f} s ({status})" if took < 7.5 else f"none within 8 s ({status})"
    control("fault?name=")
    time.sleep(max(0, 8.5 - took))  # let the stub's thread end
    return found
