"""The fault proxy hurts connections as it says, and nothing else."""

import contextlib
import socket
import threading
import time

import pytest

from support.fault_proxy import FROM_CLIENT, FROM_SERVER, FaultProxy
from support.wait import wait_until

SECONDS = 10
SHORT_SECONDS = 0.2  # how long a test looks for something that must not come


class EchoServer:
    """Sends back what it gets; counts what it got and which connections ended."""

    def __init__(self):
        self.received = b""
        self.ended = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._echo, args=(connection,), daemon=True).start()

    def _echo(self, connection):
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(65536):
                self.received += data
                connection.sendall(data)
        self.ended += 1

    def close(self):
        self._listener.close()


@pytest.fixture
def server():
    server = EchoServer()
    yield server
    server.close()


@pytest.fixture
def proxy(server):
    proxy = FaultProxy(server.port).start()
    yield proxy
    proxy.stop()


def connect(proxy):
    connection = socket.create_connection(("127.0.0.1", proxy.port), SECONDS)
    connection.settimeout(SECONDS)
    return connection


def exchange(connection, data):
    connection.sendall(data)
    return read(connection, len(data))


def read(connection, count):
    received = b""
    while len(received) < count and (piece := connection.recv(count - len(received))):
        received += piece
    return received


def read_to_end(connection):
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return received


def assert_silent(connection):
    connection.settimeout(SHORT_SECONDS)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.settimeout(SECONDS)


def test_bytes_pass_unchanged_and_an_end_is_passed_on(server, proxy):
    data = bytes(range(256)) * 4096
    with connect(proxy) as connection:
        threading.Thread(target=connection.sendall, args=(data,), daemon=True).start()
        assert read(connection, len(data)) == data
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    wait_until(lambda: server.ended == 1 and proxy.connections() == 0, SECONDS, "both ends are closed")


@pytest.mark.parametrize("count", [0, 1, 5, 100_000])
def test_client_gets_exactly_so_many_bytes_before_the_cut(server, proxy, count):
    with connect(proxy) as connection:
        assert exchange(connection, b"before") == b"before"
        proxy.cut(FROM_SERVER, count)
        connection.sendall(b"x" * (count + 1))
        assert read_to_end(connection) == b"x" * count
    proxy.wait_hit()
    wait_until(lambda: server.ended == 1, SECONDS, "the server's end is closed, too")


@pytest.mark.parametrize("count", [0, 1, 5, 100_000])
def test_server_gets_exactly_so_many_bytes_before_the_cut(server, proxy, count):
    with connect(proxy) as connection:
        proxy.cut(FROM_CLIENT, count)
        connection.sendall(b"x" * (count + 1))
        read_to_end(connection)
    proxy.wait_hit()
    wait_until(lambda: server.ended == 1, SECONDS, "the server's end is closed")
    assert server.received == b"x" * count


def test_cut_ends_when_it_has_taken_its_connections_or_is_healed(proxy):
    proxy.cut(FROM_SERVER, 0, times=1)
    with connect(proxy) as first, connect(proxy) as second:
        first.sendall(b"a")
        assert read_to_end(first) == b""
        assert exchange(second, b"b") == b"b"
    proxy.cut(FROM_SERVER, 0)
    for _ in range(3):
        with connect(proxy) as connection:
            connection.sendall(b"c")
            assert read_to_end(connection) == b""
    proxy.heal()
    with connect(proxy) as connection:
        assert exchange(connection, b"d") == b"d"


@pytest.mark.parametrize("forward", [False, True])
def test_cut_at_a_pattern_that_comes_in_two_pieces(server, proxy, forward):
    with connect(proxy) as connection:
        proxy.cut_at(FROM_CLIENT, b"COMMIT", forward=forward)
        assert exchange(connection, b"BEGIN COM") == b"BEGIN COM"
        connection.sendall(b"MIT")
        read_to_end(connection)
    proxy.wait_hit()
    wait_until(lambda: server.ended == 1, SECONDS, "the server's end is closed")
    assert server.received == (b"BEGIN COMMIT" if forward else b"BEGIN COM")


def test_hit_is_told_only_of_the_fault_that_was_set_last(proxy):
    proxy.cut(FROM_SERVER, 0, times=1)
    with connect(proxy) as connection:
        connection.sendall(b"a")
        read_to_end(connection)
    proxy.wait_hit()
    proxy.cut(FROM_SERVER, 0)
    with pytest.raises(TimeoutError):
        proxy.wait_hit(SHORT_SECONDS)


def test_black_hole_passes_nothing_ends_nothing_and_loses_nothing(server, proxy):
    with connect(proxy) as connection:
        assert exchange(connection, b"a") == b"a"
        proxy.black_hole()
        connection.sendall(b"late")
        assert_silent(connection)
        assert server.received == b"a" and server.ended == 0
        proxy.heal()
        assert read(connection, 4) == b"late"


def test_black_hole_of_replies_lets_requests_through(server, proxy):
    with connect(proxy) as connection:
        proxy.black_hole(FROM_SERVER)
        connection.sendall(b"request")
        wait_until(lambda: server.received == b"request", SECONDS, "the request is there")
        assert_silent(connection)


def test_black_hole_at_a_pattern_holds_that_piece_and_everything_after_it(server, proxy):
    with connect(proxy) as connection, connect(proxy) as other:
        proxy.black_hole_at(FROM_CLIENT, b"COMMIT")
        assert exchange(connection, b"BEGIN") == b"BEGIN"
        connection.sendall(b"COMMIT")
        proxy.wait_hit()
        other.sendall(b"x")
        assert_silent(other)
        assert server.received == b"BEGIN" and server.ended == 0
        proxy.heal()
        assert read(connection, 6) == b"COMMIT" and read(other, 1) == b"x"


def test_half_open_ends_the_server_and_tells_the_client_nothing_until_it_heals(server, proxy):
    with connect(proxy) as connection:
        assert exchange(connection, b"a") == b"a"
        proxy.half_open()
        wait_until(lambda: server.ended == 1, SECONDS, "the server's end is closed")
        connection.sendall(b"lost")
        assert_silent(connection)
        with connect(proxy) as second:
            second.sendall(b"not served")
            assert_silent(second)
            proxy.heal()
            assert read_to_end(connection) == b"" and read_to_end(second) == b""
    assert server.received == b"a"
    with connect(proxy) as third:
        assert exchange(third, b"c") == b"c"


def test_delay_holds_every_piece_back_both_ways(proxy):
    with connect(proxy) as connection:
        proxy.delay(SHORT_SECONDS)
        started = time.monotonic()
        assert exchange(connection, b"a") == b"a"
        assert time.monotonic() - started >= 2 * SHORT_SECONDS
        proxy.heal()
        assert exchange(connection, b"b") == b"b"


def test_closes_every_connection_when_told(server, proxy):
    with connect(proxy) as first, connect(proxy) as second:
        assert exchange(first, b"a") + exchange(second, b"b") == b"ab"
        proxy.close_connections()
        assert read_to_end(first) == b"" and read_to_end(second) == b""
    wait_until(lambda: server.ended == 2, SECONDS, "the server's ends are closed")


def test_connection_to_nobody_is_closed(server):
    dead = FaultProxy(server.port).start()
    server.close()
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", server.port), SECONDS).close()  # wakes the last accept
    try:
        with connect(dead) as connection:
            assert read_to_end(connection) == b""
    finally:
        dead.stop()
