"""Promise P7 when the process may open no further file or get no further memory (rlimits)."""

import asyncio
import contextlib
import os
import resource
import signal
import socket
import threading

import pytest
import requests

from support.chance import seeded
from support.history import History, survivors_of
from support.load import ClaimLoad
from support.wait import wait_until

SPARE_FILES = 8
CONNECTIONS = 40
SPARE_MEMORY_BYTES = 64 * 1024 * 1024
COUPONS_MAX = 100
CLAIM_SECONDS = 0.2
LARGE_COUPON = {"name": "Large", "totalQuantity": 1_000_000, "discountPrice": 1, "minimumPrice": 1,
                "issueStartDate": "2020-01-01T00:00:00Z", "issueEndDate": "2099-01-01T00:00:00Z"}


def limit(service, which, value):
    _, hard = resource.prlimit(service.pid, which)
    resource.prlimit(service.pid, which, (value, hard))


def address_space_bytes(service):
    with open(f"/proc/{service.pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def cpu_seconds(service):
    with open(f"/proc/{service.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_no_further_file_leaves_open_connections_served_and_ends_with_the_shortage(make_service):
    service = make_service().start()
    coupon = service.create_coupon(None)["id"]
    files = len(os.listdir(f"/proc/{service.pid}/fd"))
    limit(service, resource.RLIMIT_NOFILE, files + SPARE_FILES)
    with contextlib.ExitStack() as opened:
        for _ in range(CONNECTIONS):
            opened.enter_context(socket.create_connection(("127.0.0.1", service.port), 10))
        wait_until(lambda: len(os.listdir(f"/proc/{service.pid}/fd")) >= files + SPARE_FILES, 10, "no file is left")
        before = cpu_seconds(service)
        for user in range(1, 201):
            assert service.claim(coupon, user).json()["sequence"] == user  # over the connection it has
        assert cpu_seconds(service) - before < 5, "it spins on what it cannot accept"
    with socket.create_connection(("127.0.0.1", service.port), 10) as client:
        client.sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200 "), "it does not accept again"
    assert len(service.issuances(coupon)) == 200


@pytest.mark.parametrize("files", range(8, 17))
def test_start_without_files_ends_with_a_code_and_a_reason(make_service, files):
    service = make_service(wrapper=["prlimit", f"--nofile={files}:{files}"]).start(wait=False)
    assert service.wait_exit() == 73, service.log_tail()
    assert "cannot start" in service.log()


def make_coupons_until_gone(service):
    """Each takes room for its holders; after COUPONS_MAX, which fit into no such limit, the service is killed."""
    with contextlib.suppress(requests.RequestException):
        for _ in range(COUPONS_MAX):
            requests.post(service.url("/v1/coupons"), json=LARGE_COUPON, timeout=10)
        service.signal(signal.SIGKILL)


def test_out_of_memory_ends_the_service_and_is_never_a_false_yes(make_service):
    seed, _ = seeded()
    service = make_service().start()
    coupons = {service.create_coupon(None)["id"]: 1_000_000, service.create_coupon(50)["id"]: 1000}
    history = History()
    limit(service, resource.RLIMIT_AS, address_space_bytes(service) + SPARE_MEMORY_BYTES)
    exhaust = threading.Thread(target=make_coupons_until_gone, args=[service])
    asyncio.run(ClaimLoad(service, history, coupons, seed).run(CLAIM_SECONDS, exhaust.start))
    exhaust.join()
    assert service.wait_exit() == -signal.SIGABRT, service.log_tail()
    assert history.told(1, 201)
    service.start()
    assert history.check(survivors_of(service, coupons)) == [], f"seed {seed}"
