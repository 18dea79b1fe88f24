"""What rows do with the provider: bend a sign-in and check what became of it; hosts, keys, memory.

May be used by every module of rows.
"""

from __future__ import annotations

import hmac
import re
import resource
import select
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from admit.base64url import to_base64url
from admit.testing import Answer, MemoryProvider
from admit.testing.signing import encoded, signing_key
from hostile.browser import Browser
from hostile.wire import Answer as Shown
from hostile.world import World
from support import Authority

DISCOVERY, AUTHORIZE = "/.well-known/openid-configuration", "/v1/authorize"
KEYS, TOKEN = "/v1/keys", "/v1/token"
USERINFO = "/v1/userinfo"
AGAIN = "/signin?prompt=login"
#: Far longer than anybody waits: silence.
SILENCE = 60
HTML = Answer(body="<html><h1>Maintenance</h1>", headers={"content-type": "text/html"})


# --- a sign-in that is bent


def user_of(world: World, browser: Browser) -> str:
    """Sign in, and return whom the application takes the user for."""
    before = len(world.watch.events("signin.ok"))
    world.signed_in(browser, browser.sign_in(AGAIN))
    (event,) = world.watch.events("signin.ok")[before:]
    return str(event.fields["user"])


def refused(world: World, code: str, **bend: Any) -> str:
    """Check that a bent sign-in is refused with *code*, and return that as the outcome.

    It is tried where somebody is signed in already and another sign-in is under way: the harness
    looks whether either is touched.
    """
    browser = world.browser()
    world.signed_in(browser, browser.sign_in())
    pending = browser.begin(AGAIN)
    answer = bent(world, browser, **bend)
    outcome = world.refused(answer, code)
    assert world.watch.event_of(answer).name == "signin.refused"
    world.provider.bend()
    assert browser.get(browser.authorize(pending)).status == 303, "it hurt another sign-in"
    return outcome


def bent(world: World, browser: Browser, **bend: Any) -> Shown:
    """Return what the callback answers to a sign-in that is bent."""
    world.provider.bend(**bend)
    return browser.sign_in(AGAIN)


def failed(world: World, code: str, status: int = 502, **bend: Any) -> str:
    """Check that a bent sign-in fails with *code* as the provider's fault, and nothing else does.

    Args:
        bend: Of the metadata or the keys too: nothing of the provider is known before.
    """
    browser = world.browser()
    world.provider.bend(**bend)
    answer = browser.get(AGAIN)
    if answer.status == 303:
        answer = browser.get(browser.authorize(answer.location))
    outcome = world.failed(answer, code, status)
    assert not browser.is_signed_in()
    assert "Start again" in answer.text
    assert "try again" in answer.text or "tell the people who run" in answer.text
    return outcome


# --- tokens


def joined(header: object, claims: object, signature: bytes) -> str:
    """Return a compact JWS with any signature."""
    return ".".join(map(to_base64url, (encoded(header), encoded(claims), signature)))


def with_hmac(key: bytes) -> Callable[..., str]:
    """Return what forges a token whose HMAC is made with *key*."""

    def forge(header: Mapping[str, Any], claims: object, _provider: object) -> str:
        unsigned = joined({**header, "alg": "HS256"}, claims, b"").rstrip(".")
        return f"{unsigned}.{to_base64url(hmac.digest(key, unsigned.encode(), 'sha256'))}"

    return forge


def public_pem(number: int = 0) -> bytes:
    """Return the provider's public key, as anybody can make it of the JWKS."""
    key = signing_key(number).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


# --- other hosts


@contextmanager
def trap() -> Iterator[str]:
    """Yield the URL of a host that must not be spoken to; check it at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert not select.select([listener], [], [], 0)[0], "it was spoken to"


@contextmanager
def speaking(parts: Callable[[], Iterable[bytes]], each: float = 0) -> Iterator[str]:
    """Yield a URL that answers every request with *parts*, octet by octet as they are.

    Args:
        each: Seconds before each part.
    """
    ending = threading.Event()

    def talk(connected: socket.socket) -> None:
        with closing(connected), suppress(OSError):
            connected.recv(1 << 16)
            for part in parts():
                if ending.wait(each) if each else ending.is_set():
                    return
                connected.sendall(part)

    def accept() -> None:
        while not ending.is_set():
            connected = listener.accept()[0]
            connected.settimeout(5)
            thread = threading.Thread(target=talk, args=(connected,))
            threads.append(thread)
            thread.start()

    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        door = threading.Thread(target=accept)
        door.start()
        address = listener.getsockname()
        try:
            yield f"http://127.0.0.1:{address[1]}/token"
        finally:
            ending.set()
            socket.create_connection(address).close()
            for thread in [door, *threads]:
                thread.join()


def secure_provider(world: World) -> MemoryProvider:
    """Let the provider of *world* be one at an https URL, whose authority the application trusts.

    Browsers do not: use `visited`.
    """
    authority = Authority(world.folder / "ca.pem")
    world.provider = world.new_provider(tls=authority.server())
    world.serve(ADMIT_CA_FILE=authority.file)
    return world.provider


def visited(world: World, browser: Browser) -> Shown:
    """Sign in at the provider without speaking to it, and return what the callback answers."""
    return browser.get(world.provider.callback(browser.begin(AGAIN)))


# --- memory


@contextmanager
def growing_less_than(megabytes: int) -> Iterator[None]:
    """Check that the process never holds so much more memory than at the start of the block."""
    before = _reset_peak()
    yield
    grown = _peak() - before
    assert grown < megabytes << 20, f"{grown >> 20} MB more"


def _reset_peak() -> int:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak begins anew.
    return _peak()


def _peak() -> int:
    with suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        return int(found[1]) << 10 if found else 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
