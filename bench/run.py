#!/usr/bin/env python3
"""Runs the peers against the stub, prints one table with ratios to the limit, writes JSON. See README.md."""
import argparse
import ast
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import servers
from flow import Browser, Http

HERE = Path(__file__).resolve().parent
PEERS = sorted(file.stem for file in HERE.glob("peers/*.py") if file.stem not in ("__init__", "limit"))
BASE = "http://127.0.0.1:5000"  # in process nothing listens there


def meta(name):
    """The constants of an adapter (LOGIN, ..., SCHEMES, NEEDS), read without importing it: only its own environment can."""
    found = {"SCHEMES": ("http", "https"), "NEEDS": (), "STORE": ""}
    for node in ast.parse((HERE / "peers" / f"{name}.py").read_text()).body:
        if isinstance(node, ast.Assign):
            try:
                value = ast.literal_eval(node.value)
            except ValueError:
                continue
            targets = node.targets[0]
            found.update(zip((t.id for t in targets.elts), value) if isinstance(targets, ast.Tuple) else {targets.id: value})
    return SimpleNamespace(**found)


def setup(args, names):
    """One virtual environment per peer, from its pinned requirements."""
    for name in names:
        python = args.venvs / name / "bin/python"
        if not python.exists():
            subprocess.run([args.python, "-m", "venv", args.venvs / name], check=True)
            for file in (f"{name}.txt", "harness.txt"):
                subprocess.run([python, "-m", "pip", "install", "-qq", "-r", HERE / "requirements" / file], check=True)
        if name.startswith("admit"):  # as users get it, and as it is now
            subprocess.run([python, "-m", "pip", "install", "-qq", "--no-deps", "--force-reinstall", HERE.parent], check=True)


class Lab:
    """The stub, and the processes that talk to it. Everything started here is stopped here, by its own handle."""
    def __init__(self, args):
        self.args, self.folder, self.started = args, Path(tempfile.mkdtemp(prefix="bench-")), []
        self.stores, self.running = {"": "cookie"}, ExitStack()
        self.stub = self.spawn([self.python("limit"), HERE / "stub.py", self.folder], {}, subprocess.PIPE)
        self.ports = json.loads(self.stub.stdout.readline())
        self.control = Http(self.ports["http"])

    def python(self, name):
        return self.args.venvs / name / "bin/python"

    def spawn(self, command, env, pipe=None):
        needs = {v for name in PEERS for v in meta(name).NEEDS}
        clean = {k: os.environ[k] for k in ("PATH", "HOME", "LANG", *needs) if k in os.environ}
        log = open(self.folder / "log.txt", "a")
        process = subprocess.Popen(list(map(str, command)), env={**clean, "PYTHONPATH": str(HERE), **env}, cwd=self.folder,
                                   stdin=pipe, stdout=pipe or log, stderr=log, text=True)
        self.started.append(process)
        return process

    def store(self, name):
        """Start the store that a peer keeps its sessions in; without its program the peer cannot run."""
        kind = meta(name).STORE
        if kind == "redis":
            port, self.redis = self.running.enter_context(servers.redis(self.folder / kind))
            self.stores[kind] = f"redis://127.0.0.1:{port}/0"
        elif kind == "postgresql":
            self.stores[kind] = self.running.enter_context(servers.postgresql(self.folder / kind))
        elif kind == "sqlite":
            self.stores[kind] = f"sqlite:///{self.folder}/sessions.db"
        if kind in ("postgresql", "sqlite"):
            subprocess.run([self.python(name).with_name("admit"), "store", "create", self.stores[kind]],
                           check=True, stdout=subprocess.DEVNULL)

    def environment(self, name, scheme, base):
        op = {"issuer": f"{scheme}://127.0.0.1:{self.ports[scheme]}/oauth2/default", "base": base, "client_id": "bench-client",
              "client_secret": "bench-secret-0123456789abcdef", "ca": str(self.folder / "ca.pem"),
              "control_port": self.ports["http"], "store": self.stores[meta(name).STORE]}
        return SimpleNamespace(**op), {"BENCH_PEER": name, "BENCH_OP": json.dumps(op)}

    def stats(self, verb="stats"):
        return json.loads(self.control("/_ctl/" + verb).body)["counts"]

    def close(self):
        for process in self.started:
            process.terminate()
        for process in self.started:
            process.wait(10)
        self.running.close()
        shutil.rmtree(self.folder)


class Worker:
    def __init__(self, lab, name, scheme):
        lab.stats("reset")
        self.name, self.scheme = name, scheme
        self.process = lab.spawn([lab.python(name), HERE / "worker.py"], lab.environment(name, scheme, BASE)[1], subprocess.PIPE)

    def ask(self, command, **arguments):
        self.process.stdin.write(json.dumps([command, arguments]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": "the process ended", "trace": ""}
        if "error" in answer:
            raise RuntimeError(f"{self.name}/{self.scheme} {command}: {answer['error']}\n{answer['trace']}")
        return answer["ok"]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


def median_of(samples):
    return {k: statistics.median(s[k] for s in samples) for k in samples[0]}


def paired(limit, peers, command, count, rounds, into):
    """A B A B: each peer's block runs right after one of the limit's; the ratio is the median of the pairs'."""
    for worker in [limit, *peers]:
        worker.ask("time", what=command, count=count)
    pairs = {w.name: [] for w in peers}
    for _ in range(rounds):
        for worker in peers:
            pairs[worker.name].append(tuple(w.ask("time", what=command, count=count) for w in (limit, worker)))
    floor = median_of([a for pair in pairs.values() for a, _ in pair])
    into.setdefault("limit", {})[command] = {**floor, "ratio": 1.0}
    for name, done in pairs.items():
        into.setdefault(name, {})[command] = {
            **median_of([b for _, b in done]),
            **{("ratio" if k == "cpu_us" else "wall_ratio"): statistics.median(b[k] / a[k] for a, b in done)
               for k in done[0][0]}}


def in_process(lab, names, scheme, args):
    """CPU per request, calls to the provider, memory: each app called directly, no web server."""
    result, starts = {}, {name: [] for name in names}
    for _ in range(args.starts):
        for name in names:
            worker = Worker(lab, name, scheme)
            starts[name].append(worker.ask("start"))
            worker.stop()
    workers = {}
    for name in names:
        workers[name] = Worker(lab, name, scheme)
        result[name] = {"start": median_of(starts[name]), "calls": workers[name].ask("calls")}
    limit = workers["limit"]
    peers = [workers[n] for n in names if n != "limit"] or [limit]  # alone: A A, the noise of the machine
    for command, count in (("redirects", args.count), ("pages", args.count), ("callbacks", max(args.count // 10, 5))):
        paired(limit, peers, command, count, args.rounds, result)
    for name, worker in workers.items():
        result[name]["soak_mb_per_1000"] = worker.ask("soak", count=args.soak)
        if args.profile:
            result[name]["profile"] = {what: worker.ask("profile", what=what) for what in ("redirects", "pages", "callbacks")}
        if name != "limit" and args.facts and scheme == args.schemes[-1]:
            result[name]["facts"] = worker.ask("facts")
        worker.stop()
    return result


class Server:
    """gunicorn with worker processes of eight threads."""
    def __init__(self, lab, name, scheme, workers=1):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.op, env = lab.environment(name, scheme, self.base)
        lab.stats("reset")
        self.process = lab.spawn([lab.python(name), "-m", "gunicorn", "-k", "gthread", "-w", workers, "--threads", 8, "-b",
                                  f"127.0.0.1:{self.port}", "--log-level", "warning", "worker:app"], env)
        self.peer = meta(name)
        for _ in range(100):
            try:
                self.browser().get("/nothing")
                break
            except OSError:
                time.sleep(0.1)
        self.pid = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0]

    def browser(self):
        return Browser(Http(self.port), self.peer, self.op)

    def cpu(self):
        """Seconds of CPU the gunicorn worker has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wrk(self, target, seconds, cookie=""):
        command = ["wrk", "-t1", "-c8", f"-d{seconds}s", self.base + target] + (["-H", "Cookie: " + cookie] if cookie else [])
        before = self.cpu()
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        done, bad = int(re.search(r"(\d+) requests in", out)[1]), re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        return {"per_s": float(re.search(r"Requests/sec: +([\d.]+)", out)[1]),
                "cpu_us": (self.cpu() - before) / done * 1e6, "bad": int(bad[1]) if bad else 0}

    def sign_ins(self, seconds, threads=8):
        """Whole flows: redirect, provider, callback, protected page that must show the name."""
        counts, end, before = [[0, 0] for _ in range(threads)], time.monotonic() + seconds, self.cpu()

        def loop(mine):
            site, provider = Http(self.port), Http(self.op.control_port)
            while not sum(mine) or time.monotonic() < end:
                one = Browser(site, self.peer, self.op)
                one.provider = provider
                try:
                    one.sign_in()
                    mine[0 if one.shows() else 1] += 1
                except Exception:
                    mine[1] += 1
        began = time.monotonic()
        running = [threading.Thread(target=loop, args=(mine,)) for mine in counts]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        good, bad = (sum(c[i] for c in counts) for i in (0, 1))
        return {"per_s": good / (time.monotonic() - began), "cpu_us": (self.cpu() - before) / max(good, 1) * 1e6, "bad": bad}

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def served(lab, names, scheme, args):
    """Throughput under gunicorn; limit and peer alternate, both warm."""
    result, limit = {}, Server(lab, "limit", scheme)
    try:
        for name in [n for n in names if n != "limit"]:
            server = Server(lab, name, scheme)
            herd = server.sign_ins(0)  # eight first sign-ins at once
            stats = lab.stats()
            samples = {key: [] for key in ("page", "redirect", "sign_in")}
            for _ in range(args.load_rounds):
                for key, pairs in samples.items():
                    pair = []
                    for one in (limit, server):
                        browser = one.browser()
                        browser.sign_in()
                        assert browser.shows(), f"{name}: the page does not show the user"
                        pair.append(one.sign_ins(args.seconds) if key == "sign_in" else one.wrk(
                            one.peer.ME if key == "page" else one.peer.LOGIN, args.seconds,
                            browser.cookie if key == "page" else ""))
                    pairs.append(pair)
            server.stop()
            for who, i in (("limit", 0), (name, 1)):
                for key, pairs in samples.items():
                    result.setdefault(who, {})[key] = {
                        **median_of([p[i] for p in pairs]), "bad": sum(p[i]["bad"] for p in pairs),
                        "ratio": statistics.median(p[i]["per_s"] / p[0]["per_s"] for p in pairs),
                        "cpu_ratio": statistics.median(p[i]["cpu_us"] / p[0]["cpu_us"] for p in pairs)}
            result[name]["first_eight_at_once"] = {**{k: v for k, v in stats.items() if k != "authorize"}, "failed": herd["bad"]}
    finally:
        limit.stop()
    return result


def measure_parts(lab, scheme, args):
    setup(args, ["parts"])
    process = lab.spawn([lab.python("parts"), HERE / "parts.py", args.rounds],
                        lab.environment("parts", scheme, BASE)[1], subprocess.PIPE)
    return json.loads(process.stdout.read())


ROWS = [  # title, path into the results, scale, format, path of the ratio ("own": just divide by the limit's)
    ("redirect, CPU us", "redirects.cpu_us", 1, ".0f", "redirects.ratio"),
    ("protected page, CPU us", "pages.cpu_us", 1, ".0f", "pages.ratio"),
    ("callback, CPU ms", "callbacks.cpu_us", 1e-3, ".2f", "callbacks.ratio"),
    ("callback, wall ms", "callbacks.wall_us", 1e-3, ".2f", "callbacks.wall_ratio"),
    ("calls per sign-in, warm", "calls.warm", 1, "calls", None),
    ("round trips per sign-in, warm", "calls.round_trips", 1, "d", "own"),
    ("calls at start", "calls.start", 1, "calls", None),
    ("calls by the first sign-in", "calls.cold", 1, "calls", None),
    ("cookie while pending, bytes", "calls.pending_cookie_bytes", 1, "d", None),
    ("Set-Cookie at callback, bytes", "calls.set_cookie_bytes", 1, "d", None),
    ("cookie when signed in, bytes", "calls.cookie_bytes", 1, "d", None),
    ("Set-Cookie on each page, bytes", "calls.page_set_cookie_bytes", 1, "d", None),
    ("import and make the app, CPU ms", "start.cpu_ms", 1, ".0f", "own"),
    ("RSS after start, MB", "start.rss_mb", 1, ".1f", "own"),
    ("distributions", "start.distributions", 1, ".0f", "own"),
    ("RSS growth, MB per 1,000 sign-ins", "soak_mb_per_1000", 1, ".2f", None),
    ("gunicorn page, requests/s", "served.page.per_s", 1, ".0f", "served.page.ratio"),
    ("gunicorn page, CPU us", "served.page.cpu_us", 1, ".0f", "served.page.cpu_ratio"),
    ("gunicorn redirect, requests/s", "served.redirect.per_s", 1, ".0f", "served.redirect.ratio"),
    ("gunicorn redirect, CPU us", "served.redirect.cpu_us", 1, ".0f", "served.redirect.cpu_ratio"),
    ("gunicorn sign-ins/s", "served.sign_in.per_s", 1, ".0f", "served.sign_in.ratio"),
    ("gunicorn sign-in, CPU ms", "served.sign_in.cpu_us", 1e-3, ".2f", "served.sign_in.cpu_ratio"),
    ("gunicorn failed sign-ins", "served.sign_in.bad", 1, "d", None),
    ("first eight at once", "served.first_eight_at_once", 1, "calls", None),
]
SHORT = {"openid-configuration": "disc", "keys": "jwks", "token": "tok", "userinfo": "info", "connections": "conn"}


def dig(data, path):
    for key in path.split("."):
        data = data.get(key) if isinstance(data, dict) else None
    return data


def cell(data, limit, row):
    _, path, scale, form, ratio = row
    value = dig(data, path)
    if value is None:
        return "-"
    if form == "calls":
        return " ".join(f"{SHORT.get(k, k)}:{v}" for k, v in sorted(value.items()) if v) or "none"
    text = format(value * scale, form)
    of = (value / dig(limit, path) if ratio == "own" else dig(data, ratio)) if ratio else None
    return f"{text} (x{of:.2f})" if of is not None else text


def table(results):
    lines = []
    for scheme, peers in results.items():
        names = list(peers)
        lines += ["", f"### provider over {scheme} (in brackets: peer / limit, median of paired runs)", "",
                  "| |" + "|".join(names) + "|", "|---" * (len(names) + 1) + "|"]
        for row in ROWS:
            cells = [cell(peers[n], peers["limit"], row) for n in names]
            if set(cells) != {"-"}:
                lines.append(f"| {row[0]} |" + "|".join(cells) + "|")
        checked = [n for n in names if "facts" in peers[n]]
        if checked:
            lines += ["", f"#### facts, provider over {scheme}", "",
                      "| |" + "|".join(checked) + "|", "|---" * (len(checked) + 1) + "|"]
            lines += [f"| {fact} |" + "|".join(str(peers[n]["facts"].get(fact)) for n in checked) + "|"
                      for fact in peers[checked[0]]["facts"]]
    steps = {scheme: peers["limit"]["parts"] for scheme, peers in results.items() if "parts" in peers["limit"]}
    if steps:
        lines += ["", "### single steps, CPU us", "", "| |" + "|".join(steps) + "|", "|---" * (len(steps) + 1) + "|"]
        lines += [f"| {name} |" + "|".join(format(s[name], ".1f") if name in s else "-" for s in steps.values()) + "|"
                  for name in dict.fromkeys(n for s in steps.values() for n in s)]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", nargs="*", default=["admit"], help=f"any of: {' '.join(PEERS)}")
    parser.add_argument("--schemes", nargs="*", default=["http", "https"], help="load and facts run with the last one only")
    parser.add_argument("--venvs", type=Path, default=HERE.parent / ".venv-bench")
    parser.add_argument("--python", default=sys.executable, help="interpreter the virtual environments are made with")
    parser.add_argument("--out", type=Path, default=HERE / "results.json")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--count", type=int, default=200, help="requests per block (a tenth of it for callbacks)")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--soak", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=2, help="length of one load run")
    parser.add_argument("--load-rounds", type=int, default=5)
    parser.add_argument("--cpu", type=int, help="run all on this one: waking a store on another costs more or less, by the machine")
    defaults = {"load": shutil.which("wrk") is not None, "facts": True, "parts": False, "profile": False}
    for name, default in defaults.items():
        parser.add_argument("--" + name, action=argparse.BooleanOptionalAction, default=default)
    args = parser.parse_args()
    args.venvs = args.venvs.absolute()
    if args.cpu is not None:
        os.sched_setaffinity(0, {args.cpu})
    for name in (skipped := [n for n in args.peers if any(v not in os.environ for v in meta(n).NEEDS)]):
        print(f"skipped {name}: it needs {' '.join(meta(name).NEEDS)} in the environment", file=sys.stderr)
    names = ["limit", *(n for n in args.peers if n not in skipped)]
    setup(args, names)
    results, lab = {}, Lab(args)
    try:
        for name in list(names):
            try:
                lab.store(name)
            except servers.Missing as missing:
                print(f"skipped {name}: {missing}", file=sys.stderr)
                names.remove(name)
        for scheme in args.schemes:
            fit = [n for n in names if scheme in meta(n).SCHEMES]
            results[scheme] = in_process(lab, fit, scheme, args)
            if args.load and scheme == args.schemes[-1]:
                for name, data in served(lab, fit, scheme, args).items():
                    results[scheme][name]["served"] = data
            if args.parts:
                results[scheme]["limit"]["parts"] = measure_parts(lab, scheme, args)
            args.out.write_text(json.dumps(results, indent=1))
    finally:
        if lab.stub.poll() is not None or sys.exc_info()[0]:
            print((lab.folder / "log.txt").read_text()[-3000:], file=sys.stderr)
        lab.close()
    print(table(results))


if __name__ == "__main__":
    main()
