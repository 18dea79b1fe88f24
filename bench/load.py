"""An open load: each thing is due at its own time, whether those before it are done or not."""
import os
import threading
import time
from collections import Counter
from pathlib import Path


def cpu_of(pid):
    """Seconds of CPU of a process and its children."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(map(cpu_of, children))


class Load:
    """Does *act(number)* at a rate; what it returns is counted by when it was due.

    Args:
        act: Is given its number and what `own` made for the thread; returns a word for its outcome.
        own: Makes what each thread has of its own, such as connections.
    """
    def __init__(self, act, own, *, rate, seconds, threads=32):
        self.act, self.own, self.rate, self.total = act, own, rate, int(rate * seconds)
        self.next, self.lock, self.done = 0, threading.Lock(), []
        self.threads = [threading.Thread(target=self._loop) for _ in range(threads)]

    def start(self, at):
        self.began = at
        for thread in self.threads:
            thread.start()
        return self

    def _loop(self):
        mine = self.own()
        while True:
            with self.lock:
                number, self.next = self.next, self.next + 1
            if number >= self.total:
                return
            due = self.began + number / self.rate
            time.sleep(max(0, due - time.monotonic()))
            began = time.monotonic()
            try:
                outcome = self.act(number, mine)
            except Exception as error:
                outcome = type(error).__name__
                mine = self.own()
            end = time.monotonic()
            self.done.append((due - self.began, outcome, end - due, began - due))

    def join(self):
        for thread in self.threads:
            thread.join()
        return self

    def outcomes(self):
        return dict(Counter(outcome for _, outcome, _, _ in self.done))

    def span(self, *outcomes):
        """When the first and the last of some outcomes were due, in seconds from the beginning."""
        times = [due for due, outcome, _, _ in self.done if outcome in outcomes]
        return (round(min(times), 2), round(max(times), 2)) if times else None

    def milliseconds(self, part):
        """A quantile of the time from when a thing was due until it was done."""
        took = sorted(took for _, _, took, _ in self.done)
        return round(took[min(int(len(took) * part), len(took) - 1)] * 1000, 1)
