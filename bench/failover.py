#!/usr/bin/env python3
"""Kills a primary of Redis under load, and counts what users saw and what was lost. See README.md."""
import argparse
import json
import sys
import time
from pathlib import Path

import servers
from flow import Browser, Http
from load import Load
from run import HERE, Lab, Server, setup

REDIRECTS = 302, 303


class Street:
    """Users of one site: those who sign in, those who read, those who sign out."""
    def __init__(self, server):
        self.server, self.signed_in, self.signed_out = server, [], []

    def own(self):
        return Http(self.server.port), Http(self.server.op.control_port)

    def browser(self, own):
        one = Browser(own[0], self.server.peer, self.server.op)
        one.provider = own[1]
        return one

    def sign_in(self, number, own, prefix="u"):
        """Acknowledged is a callback that leads to the page, with a cookie of a session."""
        one, user = self.browser(own), f"{prefix}{number}x"
        reply = one.get(one.peer.LOGIN)
        if reply.status not in REDIRECTS:
            return f"start {reply.status}"
        reply = one.finish(one.authorize(reply.location, user))
        if reply.status not in REDIRECTS or "admit" not in one.jar:
            return f"callback {reply.status}"
        self.signed_in.append((user, dict(one.jar)))
        return "ok"

    def look(self, user, jar, own):
        one = self.browser(own)
        one.jar = dict(jar)
        reply = one.get(one.peer.ME)
        if reply.status in REDIRECTS:
            return "signed out"
        return str(reply.status) if reply.status != 200 else "ok" if user.title() in reply.body else "WRONG USER"

    def sign_out(self, user, jar, own):
        one = self.browser(own)
        one.jar = dict(jar)
        reply = one.sign_out()
        if reply.status in (200, *REDIRECTS) and "admit" not in one.jar:
            self.signed_out.append((user, jar))
            return "ok"
        return str(reply.status)


def failover(lab, name, url, kill, args):
    lab.stores["redis"] = url
    server = Server(lab, "admit_redis", "http", 2)
    street = Street(server)
    own = street.own()
    for prefix in ("reader", "leaver"):
        for number in range(args.users):
            assert street.sign_in(number, own, prefix) == "ok"
    known, street.signed_in = street.signed_in, []
    readers, leavers = known[:args.users], known[args.users:]
    time.sleep(1)  # the replicas have them
    at = time.monotonic() + 0.5
    span = {"seconds": args.seconds, "threads": 16}
    sign_ins = Load(street.sign_in, street.own, rate=args.sign_ins, **span)
    pages = Load(lambda n, mine: street.look(*readers[n % len(readers)], mine), street.own, rate=args.pages, **span)
    outs = Load(lambda n, mine: street.sign_out(*leavers[n], mine), street.own, rate=len(leavers) / args.seconds, **span)
    loads = [load.start(at) for load in (sign_ins, pages, outs)]
    time.sleep(max(0, at + args.kill_at - time.monotonic()))
    kill()
    for load in loads:
        load.join()
    time.sleep(3)
    own = street.own()
    after = [street.look(user, jar, own) for user, jar in street.signed_in]
    back = [street.look(user, jar, own) for user, jar in street.signed_out]
    alive = [street.look(user, jar, own) for user, jar in readers]
    server.stop()

    def away(load):
        """From the first answer after the kill that was none to the last, in seconds after the kill."""
        times = [due - args.kill_at for due, outcome, _, _ in load.done if outcome != "ok"]
        return [round(min(times), 2), round(max(times), 2)] if times else None
    return {"store": name, "pages": pages.outcomes(), "pages_away_s": away(pages), "page_ms_most": pages.milliseconds(1),
            "sign_ins": sign_ins.outcomes(), "sign_ins_away_s": away(sign_ins), "sign_outs": outs.outcomes(),
            "sessions_acknowledged": len(after), "sessions_lost": after.count("signed out"),
            "readers_lost": alive.count("signed out"), "readers": len(alive),
            "sign_outs_acknowledged": len(back), "sessions_back_after_sign_out": back.count("ok")}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venvs", type=Path, default=HERE.parent / ".venv-bench")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--stores", nargs="*", default=["sentinel", "cluster"])
    parser.add_argument("--users", type=int, default=100, help="who read, and who sign out")
    parser.add_argument("--pages", type=int, default=100, help="a second")
    parser.add_argument("--sign-ins", type=int, default=20, help="a second")
    parser.add_argument("--seconds", type=int, default=25)
    parser.add_argument("--kill-at", type=int, default=8)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--out", type=Path, default=HERE / "results-failover.json")
    args, results = parser.parse_args(), []
    args.venvs = args.venvs.absolute()
    setup(args, ["limit", "admit_redis"])
    lab = Lab(args)
    try:
        for turn in range(args.times):
            for name in args.stores:
                with getattr(servers, name)(lab.folder / f"{name}{turn}") as (url, kill):
                    results.append(failover(lab, name, url, kill, args))
                print(json.dumps(results[-1], indent=1), flush=True)
                args.out.write_text(json.dumps(results, indent=1))
    finally:
        lab.close()


if __name__ == "__main__":
    try:
        main()
    except servers.Missing as missing:
        sys.exit(str(missing))
