"""Where TLS is asked for, nothing is said before it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import pytest

from admit.errors import ConfigurationError, StoreUnavailable
from admit.ports import run_sync
from admit.stores import open_store
from admit.testing.store import KEY

HANDSHAKE = b"\x16\x03"


@pytest.mark.parametrize(
    "url",
    [
        "rediss://:password@127.0.0.1:{port}/0",
        "rediss+sentinel://:password@127.0.0.1:{port}/main?sentinel_password=other",
        "rediss+cluster://:password@127.0.0.1:{port}",
    ],
)
def test_with_tls_no_server_hears_a_password_in_the_clear(url: str) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        heard.append(connection.recv(512))

        thread = threading.Thread(target=listen)
        thread.start()
        store = open_store(url.format(port=listener.getsockname()[1]))
        with pytest.raises(StoreUnavailable):
            run_sync(store.load(KEY))
        store.close()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert heard
    assert {message[:2] for message in heard} == {HANDSHAKE}


@pytest.mark.parametrize("query", ["nonsense=1", "protocol=9", "socket_timeout=soon"])
def test_a_query_that_no_client_takes_is_a_mistake_in_the_settings(query: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(f"redis://:password@127.0.0.1:1/0?{query}")
    [problem] = caught.value.problems
    assert problem.setting == "ADMIT_SESSIONS"
    assert "password" not in problem.wrong
    assert "1/0" not in str(caught.value)


def test_a_query_that_the_client_knows_is_taken() -> None:
    open_store("redis://127.0.0.1:1/0?socket_timeout=1&client_name=app").close()
