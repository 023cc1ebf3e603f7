"""Promise P8 at the edge: requests with two readings, held against nginx, and clients that take their time."""

import concurrent.futures
import contextlib
import select
import socket
import time

import pytest

from support.edge_corpus import DOUBTFUL, FOLLOWER, PLAIN, SMUGGLING
from support.nginx import Nginx
from support.raw import exchange, statuses
from support.service import Service

SLOW_CLIENTS = 300
FAST_CLAIMS = 100
DRIBBLE_SECONDS = 0.4
LIMIT_SECONDS = 5  # limits::kHeaderTimeout, kBodyTimeout
LATE_SECONDS = 15
# A head, and what follows it again and again.
DRIBBLES = {
    "header byte by byte": (b"POST /v1/coupons/1/claims HTTP/1.1\r\nHost: a\r\nX: ", b"a"),
    "header line by line": (b"POST /v1/coupons/1/claims HTTP/1.1\r\nHost: a\r\n", b"X: a\r\n"),
    "body": (b"POST /v1/coupons/1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n{", b" "),
}
CLOSING = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """Coupon 1 for the corpus, coupon 2 for claims that must go through."""
    service = Service(tmp_path_factory.mktemp("edge")).start()
    for _ in range(2):
        service.create_coupon(None)
    yield service
    service.close()


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    server = Nginx(tmp_path_factory.mktemp("nginx"))
    yield server.start()
    server.close()


def taken(received):
    """Whether the first answer is one that a route gave to a request it understood."""
    status = statuses(received)[:1]
    return status != [] and (status[0] < 400 or status[0] in (403, 409, 410) or b"unknown_coupon" in received)


@pytest.mark.parametrize("name", SMUGGLING)
def test_request_with_two_readings_is_refused_and_its_connection_closed(api, name):
    before = api.coupon(1)["issuedQuantity"]
    received = exchange(api.port, SMUGGLING[name] + FOLLOWER)  # returns when the service closes
    told = statuses(received)
    assert len(told) == 1, f"{told}: the bytes behind the refusal were answered"
    assert 400 <= told[0] < 500 or told[0] in (501, 505)
    assert api.coupon(1)["issuedQuantity"] == before


@pytest.mark.parametrize("name", {**SMUGGLING, **DOUBTFUL})
def test_what_nginx_refuses_is_not_taken(api, nginx, name):
    request = {**SMUGGLING, **DOUBTFUL}[name] + CLOSING
    if not taken(exchange(nginx.port, request)):
        received = exchange(api.port, request)
        assert not taken(received), received


def test_nginx_is_a_judge_worth_asking(nginx):
    corpus = {**SMUGGLING, **DOUBTFUL}
    refused = [name for name, request in corpus.items() if not taken(exchange(nginx.port, request + CLOSING))]
    assert len(refused) >= len(corpus) // 3, refused


@pytest.mark.parametrize("name", PLAIN)
def test_plain_request_is_taken_by_both_and_ends_where_it_says(api, nginx, name):
    for port in (nginx.port, api.port):
        received = exchange(port, PLAIN[name] + CLOSING)
        assert taken(received), received
        assert len(statuses(received)) == 2, received


# --- Slow clients

def dribble(port, head, piece):
    """Sends `head`, then `piece` again and again, until an answer comes; (the answer, seconds until then)."""
    with socket.create_connection(("127.0.0.1", port), LATE_SECONDS) as client:
        started = time.monotonic()
        client.sendall(head)
        while not select.select([client], [], [], DRIBBLE_SECONDS)[0]:
            assert time.monotonic() - started < LATE_SECONDS, "it is let go on for ever"
            client.sendall(piece)
        took = time.monotonic() - started
        received = client.recv(65536)
        with contextlib.suppress(ConnectionResetError):
            while piece := client.recv(65536):
                received += piece
        return received, took


@contextlib.contextmanager
def half_sent(port, count):
    """`count` connections that sent half a header and wait."""
    with contextlib.ExitStack() as opened:
        clients = [opened.enter_context(socket.create_connection(("127.0.0.1", port), LATE_SECONDS))
                   for _ in range(count)]
        for client in clients:
            client.sendall(DRIBBLES["header byte by byte"][0])
        yield clients


@pytest.mark.slow
def test_slow_clients_are_cut_on_the_whole_time_and_stop_nobody_else(api):
    with concurrent.futures.ThreadPoolExecutor(len(DRIBBLES)) as pool, half_sent(api.port, SLOW_CLIENTS) as slow:
        dribbles = {name: pool.submit(dribble, api.port, *what) for name, what in DRIBBLES.items()}
        claims = [api.claim(2, user).status_code for user in range(1, FAST_CLAIMS + 1)]
        assert claims == [201] * FAST_CLAIMS
        assert select.select(slow, [], [], 0)[0] == [], "they were cut before the claims came"
        for name, told in dribbles.items():
            received, took = told.result()
            assert statuses(received) == [408], name
            assert took >= LIMIT_SECONDS, f"{name}: cut before its time"
        for client in slow:
            assert statuses(client.recv(65536)) == [408]
    assert api.is_ready()
