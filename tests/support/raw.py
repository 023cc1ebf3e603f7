"""Bytes over a socket, for what no HTTP client would send."""

import re
import socket

SECONDS = 10
STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


def exchange(port, data, half_close=False):
    """Sends `data` and returns everything that comes back until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connection.settimeout(SECONDS)
        received = b""
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass  # closed with our bytes unread: what came before counts
        return received


def statuses(received):
    """The status of every response in `received`."""
    return [int(status) for status in STATUS_LINE.findall(received)]
