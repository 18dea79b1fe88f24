"""Fuzzes each target for some seconds, and prints a table: ``run.py SECONDS [TARGET ...]``."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CORPUS, CRASHES, FOUND = HERE / "corpus", HERE / "crashes", HERE / "found"
#: An input takes a second at most, and all of them together this much memory.
LIMITS = ("-timeout=5", "-rss_limit_mb=1024", "-max_len=16384", "-print_final_stats=1")
ROW = "{:26} {:>11} {:>8} {:>7} {:>8}"


def main() -> int:
    """Return 1 where a crash was found."""
    seconds, *names = sys.argv[1:]
    print(ROW.format("target", "executions", "a second", "corpus", "crashes"), flush=True)
    crashes = 0
    for name in names or sorted(folder.name for folder in CORPUS.iterdir()):
        crashes += fuzz(name, seconds)
    return min(crashes, 1)


def fuzz(name: str, seconds: str) -> int:
    """Fuzz one target, print its row, and return how many crashes were found."""
    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    CRASHES.mkdir(exist_ok=True)
    before = set(CRASHES.iterdir())
    folders = (str(found), str(CORPUS / name))
    limits = (*LIMITS, f"-max_total_time={seconds}", f"-artifact_prefix={CRASHES}/{name}-")
    done = subprocess.run(
        [sys.executable, str(HERE / "one.py"), name, *folders, *limits],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    new = sorted(set(CRASHES.iterdir()) - before)
    said = done.stdout + done.stderr
    stats = dict(re.findall(r"stat::(\w+):\s+(\d+)", said))
    corpus = re.findall(r"corp: (\d+)", said)
    print(
        ROW.format(
            name,
            stats.get("number_of_executed_units", "?"),
            stats.get("average_exec_per_sec", "?"),
            corpus[-1] if corpus else "?",
            len(new),
        ),
        flush=True,
    )
    if done.returncode or new:
        print(said[-3000:], *new, sep="\n", flush=True)
    return max(len(new), min(abs(done.returncode), 1))


if __name__ == "__main__":
    sys.exit(main())
