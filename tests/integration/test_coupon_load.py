"""bench/coupon-load against the real service: what it counts is what the service counts."""

import json
import signal
import subprocess

from support.service import build_dir

CLAIMS = 1500
STOCK = 1000


def run_load(target, *words):
    """The finished program; --json is given."""
    return subprocess.run([build_dir() / "bench" / "coupon-load", "--target", target, "--json", *words],
                          capture_output=True, text=True, timeout=60, check=False)


def test_counts_by_status_equal_the_service_s_own(service):
    coupon = service.create_coupon(STOCK)["id"]
    done = run_load(f"127.0.0.1:{service.port}", "--duration", "1s", "--idle", "50",
                    "--class", f"all:coupon={coupon},rate={CLAIMS},connections=16")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["requests"] == CLAIMS
    assert report["idle_lost"] == 0
    claims = report["classes"][0]
    assert claims["by_status"] == {"201": STOCK, "410": CLAIMS - STOCK}
    assert (claims["winners"], claims["refused"], claims["errors"]) == (STOCK, CLAIMS - STOCK, 0)
    for status, count in claims["by_status"].items():
        assert service.metric("http_server_requests_seconds_count", method="POST", status=status,
                              uri="/v1/coupons/{id}/claims") == count
    assert len(service.issuances(coupon)) == STOCK


def test_errors_beyond_the_allowed_ones_are_exit_code_1(service):
    words = ("--duration", "1s", "--class", "all:users=1..10,connections=2")
    service.signal(signal.SIGSTOP)  # connections are taken by the kernel, nobody answers
    try:
        target = f"127.0.0.1:{service.port}"
        assert run_load(target, *words, "--timeout", "100ms").returncode == 1
        assert run_load(target, *words, "--timeout", "100ms", "--max-errors", "1000").returncode == 0
    finally:
        service.signal(signal.SIGCONT)


def test_nobody_there_is_69_and_nonsense_is_64(service):
    assert service.terminate() == 0
    assert run_load(f"127.0.0.1:{service.port}").returncode == 69
    for words in (["--class", "a:speed=1"], ["--duration", "1"], ["--nonsense"], ["--threads", "0"]):
        assert run_load("127.0.0.1:1", *words).returncode == 64, words
    assert run_load("localhost:8080").returncode == 64
