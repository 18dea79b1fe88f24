#!/usr/bin/env python3
"""A storm of sign-ins: whole ones, over HTTP, at a steady rate, each of a user of its own. See README.md."""
import argparse
import json
import sys
import time
from pathlib import Path

import servers
from flow import Browser, Http
from load import Load, cpu_of
from run import HERE, Lab, Server, setup


def storm(lab, server, rate, seconds, threads=64):
    """One minute of the street: what came of each sign-in, how long it took, and whose CPU it was."""
    def sign_in(number, own):
        site, provider = own
        one = Browser(site, server.peer, server.op)
        one.provider = provider
        user = f"u{number}x{rate}"
        reply = one.sign_in(user)
        if reply.status not in (302, 303):
            return f"callback {reply.status}"
        return "ok" if one.shows(user) else "not signed in"

    parts = {"app": server.process.pid, "provider": lab.stub.pid, "redis": lab.redis.pid}
    before = {name: cpu_of(pid) for name, pid in parts.items()}
    own, began = time.process_time(), time.monotonic()
    load = Load(sign_in, lambda: (Http(server.port), Http(server.op.control_port)), rate=rate, seconds=seconds, threads=threads)
    load.start(began + 0.2).join()
    took = time.monotonic() - began - 0.2
    cpu = {name: round((cpu_of(pid) - before[name]) / load.total * 1e3, 2) for name, pid in parts.items()}
    cpu["load"] = round((time.process_time() - own) / load.total * 1e3, 2)
    outcomes = load.outcomes()
    return {"asked_per_s": rate, "held_per_s": round(outcomes.get("ok", 0) / took, 1), "outcomes": outcomes,
            "ms_half": load.milliseconds(0.5), "ms_99": load.milliseconds(0.99), "ms_most": load.milliseconds(1),
            "cpu_ms_each": cpu}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venvs", type=Path, default=HERE.parent / ".venv-bench")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rates", type=int, nargs="*", default=[200], help="sign-ins a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scheme", default="http", help="of the provider")
    parser.add_argument("--out", type=Path, default=HERE / "results-storm.json")
    args, results = parser.parse_args(), []
    args.venvs = args.venvs.absolute()
    setup(args, ["limit", "admit_redis"])
    lab = Lab(args)
    try:
        lab.store("admit_redis")
        server = Server(lab, "admit_redis", args.scheme, args.workers)
        storm(lab, server, 20, 2)
        for rate in args.rates:
            results.append(storm(lab, server, rate, args.seconds))
            print(json.dumps(results[-1]), flush=True)
            args.out.write_text(json.dumps(results, indent=1))
        server.stop()
    finally:
        lab.close()


if __name__ == "__main__":
    try:
        main()
    except servers.Missing as missing:
        sys.exit(str(missing))
