"""The sockets of the short way to Redis."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from admit.stores.redis_quick import wait_in_the_kernel

PATIENCE = 0.05


class Other(socket.socket):
    """What waits in a way of its own: for TLS, or beside other greenlets."""


@pytest.fixture(params=[socket.socket, Other])
def waiting(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """A connection to a server that is silent."""
    with socket.create_server(("127.0.0.1", 0)) as server, closing(request.param()) as sock:
        sock.settimeout(PATIENCE)
        sock.connect(server.getsockname())
        yield sock


def test_whoever_keeps_the_time_a_silent_server_is_given_up(waiting: socket.socket) -> None:
    wait_in_the_kernel(waiting)
    with pytest.raises(OSError, match=r"timed out|temporarily unavailable"):
        waiting.recv(1)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Python keeps the time")
def test_the_kernel_keeps_the_time_of_a_plain_socket_alone(waiting: socket.socket) -> None:
    wait_in_the_kernel(waiting)
    assert waiting.gettimeout() == (None if type(waiting) is socket.socket else PATIENCE)


@pytest.mark.parametrize("seconds", [None, 0.0])
def test_a_socket_without_a_time_stays_as_it_is(seconds: float | None) -> None:
    with socket.socket() as sock:
        sock.settimeout(seconds)
        wait_in_the_kernel(sock)
        assert sock.gettimeout() == seconds
