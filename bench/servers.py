"""Starts what the benchmark measures, and the generator."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.service import coupon_body, free_port  # noqa: E402
from support.wait import wait_until  # noqa: E402

THREADS = 2
# No machine this runs on answers faster; each request of a "unique" run needs a user of its own.
REQUESTS_PER_SECOND_MAX = 250_000


def sustained_rate_bound(seconds):
    """Users a wrk thread must have ready so that none is used twice."""
    return REQUESTS_PER_SECOND_MAX * (seconds + 1) // THREADS


def call(port, method, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method,
                                     data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return json.loads(answer.read())


def answers(port, path):
    """Whether the server says 200 there, or, without a path, whether somebody listens."""
    try:
        if path is None:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            return True
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=2):
            return True
    except OSError:
        return False


class Process:
    """A program for the length of a with-block."""

    def __init__(self, words):
        self.words = words
        self.process = None

    def start(self, port, path):
        self.process = subprocess.Popen(self.words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.process.poll() is not None or answers(port, path), 30, "the server answers")
        if self.process.poll() is not None:
            raise SystemExit(f"{self.words[0]} ended with {self.process.returncode}")
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


class BareServer:
    def __init__(self, build):
        self.port = free_port()
        self.process = Process([str(build / "bench" / "bare_http_server"), "--set", f"server.port={self.port}",
                                "--set", f"server.threads={THREADS}"])

    def __enter__(self):
        self.process.start(self.port, None)
        return self

    def __exit__(self, *_):
        self.process.stop()


class CouponApi:
    def __init__(self, build, folder):
        self.port = free_port()
        self.process = Process([
            str(build / "coupon-api"), "--profile", "local", "--set", f"server.port={self.port}",
            "--set", f"server.threads={THREADS}", "--set", f"data.dir={folder}/data"])

    def __enter__(self):
        self.process.start(self.port, "/readyz")
        return self

    def __exit__(self, *_):
        self.process.stop()

    def create_coupon(self, total):
        return call(self.port, "POST", "/v1/coupons",
                    coupon_body(name="bench", totalQuantity=total, minimumPrice=0))["id"]

    def issued(self, coupon):
        return call(self.port, "GET", f"/v1/coupons/{coupon}")["issuedQuantity"]


def drive(port, coupon, first_user, users_per_thread, connections, seconds):
    """One wrk run; what claims.lua prints at its end, as a dict."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: ./dev setup bench")
    script = ROOT / "bench" / "claims.lua"
    output = subprocess.run(
        ["wrk", "-t", str(THREADS), "-c", str(connections), "-d", f"{seconds}s", "--latency", "-s", str(script),
         f"http://127.0.0.1:{port}", "--", str(coupon), str(first_user), str(users_per_thread)],
        check=True, capture_output=True, text=True, timeout=seconds + 60, env={**os.environ}).stdout
    return json.loads(output.strip().splitlines()[-1])
