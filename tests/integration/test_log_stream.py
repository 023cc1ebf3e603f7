"""Promise P10: who reads the log, or does not, has no say in what is answered."""

import fcntl
import os

import pytest

LINES = 100  # a pipe of one page holds fewer
PIPE_BYTES = 4096


@pytest.fixture
def service_with_unread_log(make_service, tmp_path):
    """Its standard output is a pipe that somebody holds open and does not read."""
    pipe = tmp_path / "log.pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    yield make_service(wrapper=["sh", "-c", 'exec "$@" > "$0"', str(pipe)], settings={"log.format": "json"}).start()
    os.close(reader)


def test_a_log_that_nobody_reads_holds_nothing_up(service_with_unread_log):
    service = service_with_unread_log
    coupons = [service.create_coupon()["id"] for _ in range(LINES)]
    assert coupons == list(range(1, LINES + 1))
    assert service.get("/livez").status_code == 200
    assert service.terminate() == 0
