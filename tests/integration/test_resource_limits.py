"""Promise P7 when the process may open no further file or get no further memory (rlimits)."""

import asyncio
import contextlib
import os
import resource
import socket
import subprocess
import threading

import pytest

from support.chance import seeded
from support.history import History, survivors_of
from support.load import ClaimLoad
from support.service import build_dir
from support.wait import wait_until

SPARE_FILES = 8
CONNECTIONS = 40
SPARE_MEMORY_BYTES = 2 * 1024 * 1024
CLAIM_SECONDS = 0.2
EXHAUST_SECONDS_MAX = 10
FIRST_HUNGRY_USER = 10_000_000


def limit(service, which, value):
    _, hard = resource.prlimit(service.pid, which)
    resource.prlimit(service.pid, which, (value, hard))


def data_bytes(service):
    """What RLIMIT_DATA counts: private memory that can be written."""
    with open(f"/proc/{service.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData:"))


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


def exhaust_memory(service, coupon, verdict):
    """Claims one unlimited coupon as fast as it goes (each holder takes memory), then ends the service if it lives.
    Appends what was seen: "ended", "closed" (SQLite was the first to get none) or "served"."""
    subprocess.run([build_dir() / "bench" / "coupon-load", "--target", f"127.0.0.1:{service.port}",
                    "--class", f"hungry:coupon={coupon},connections=32,users={FIRST_HUNGRY_USER}..",
                    "--duration", f"{EXHAUST_SECONDS_MAX}s"], capture_output=True, check=False)
    if not service.running():
        verdict.append("ended")
        return
    verdict.append("served" if service.is_ready() else "closed")
    service.kill9()


def test_out_of_memory_ends_or_closes_the_service_and_is_never_a_false_yes(make_service):
    seed, _ = seeded()
    service = make_service().start()
    coupons = {service.create_coupon(None)["id"]: 1_000_000, service.create_coupon(50)["id"]: 1000}
    hungry = service.create_coupon(None)["id"]
    history = History()
    limit(service, resource.RLIMIT_DATA, data_bytes(service) + SPARE_MEMORY_BYTES)
    verdict = []
    exhaust = threading.Thread(target=exhaust_memory, args=[service, hungry, verdict])
    asyncio.run(ClaimLoad(service, history, coupons, seed).run(CLAIM_SECONDS, exhaust.start))
    exhaust.join()
    assert verdict in (["ended"], ["closed"]), "memory was never short"
    assert history.told(1, 201)
    service.start()
    assert history.check(survivors_of(service, coupons)) == [], f"seed {seed}"
