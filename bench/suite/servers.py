"""Starts what the benchmark measures, and asks the kernel what it uses."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import tempfile
import time

from support.metrics import sum_of
from support.service import ROOT, coupon_body, free_port, outside_environment
from support.wait import wait_until

BUILD = ROOT / "build" / "release"
EVENT_LOOPS = 2
START_SECONDS_MAX, STOP_SECONDS_MAX = 120, 60
COUPONS_A_PAGE = 1000
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def program(name):
    """The path of what was built, as a word of a command line."""
    return str(BUILD / name)


def raise_file_limit():
    """Lets this process and those it starts from now on open as many files as the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def check_files(wanted):
    """Ends the benchmark if a process may not open `wanted` files."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        raise SystemExit(f"{wanted:,} open files are needed and {allowed:,} allowed: raise the hard limit (ulimit -Hn)")


def cpu_seconds_of(pid):
    """User and system time of a process since its start."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def cpu_seconds_of_machine():
    """User and system time of all processes and of the kernel since the machine's start."""
    words = pathlib.Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, irq, softirq = (int(word) for word in words[:7])
    return (user + nice + system + irq + softirq) / TICKS_PER_SECOND


class Server:
    """A program that serves a port, for the length of a with-block."""

    def __init__(self, name, settings, ready_path):
        self.port = free_port()
        self.ready_path = ready_path
        self.words = [program(name)]
        for key, value in {"server.port": self.port, **settings}.items():
            self.words += ["--set", f"{key}={value}"]
        self.process = None
        self.start_seconds = None

    def __enter__(self):
        began = time.monotonic()
        self.process = subprocess.Popen(self.words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=outside_environment())
        try:
            wait_until(lambda: self.process.poll() is not None or self.ready(), START_SECONDS_MAX, "the server answers")
        except BaseException:
            self.end()
            raise
        if self.process.poll() is not None:
            raise SystemExit(f"{self.words[0]} ended with {self.process.returncode} before it was ready")
        self.start_seconds = time.monotonic() - began
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=STOP_SECONDS_MAX)
        finally:
            self.end()
        if code != 0:
            raise SystemExit(f"{self.words[0]} ended with {code}: not a result")

    def end(self):
        """Kills it if it is still there."""
        self.process.kill()
        self.process.wait()

    def ready(self):
        """Whether it says 200 at its ready path, or, without one, whether somebody listens."""
        try:
            if self.ready_path:
                return self.get(self.ready_path)[0] == 200
            socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
            return True
        except OSError:
            return False

    def get(self, path):
        """Status and body."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def cpu_seconds(self):
        return cpu_seconds_of(self.process.pid)

    def resident_bytes(self):
        return int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text(encoding="utf-8").split()[1]) * PAGE_BYTES


class BareServer(Server):
    """The same HTTP layer answering a constant."""

    def __init__(self, threads=EVENT_LOOPS, **settings):
        super().__init__("bench/bare_http_server", {"server.threads": threads, **settings}, None)


class CouponApi(Server):
    """The service over `data_dir`, or over a folder of its own that goes with it."""

    def __init__(self, threads=EVENT_LOOPS, data_dir=None, **settings):
        self.folder = None if data_dir else tempfile.TemporaryDirectory(prefix="coupon_bench_")
        super().__init__("coupon-api", {
            "server.threads": threads, "data.dir": data_dir or f"{self.folder.name}/data", **settings}, "/readyz")
        self.words += ["--profile", "local"]

    def __exit__(self, *error):
        try:
            super().__exit__(*error)
        finally:
            if self.folder:
                self.folder.cleanup()

    def create_coupons(self, count, total=None):
        """Creates `count` coupons, eight at a time; returns the first id. Ids follow each other in a fresh store."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            made = [pool.submit(self._create, share, total) for share in shares(count, 8)]
            ids = sorted(coupon for part in made for coupon in part.result())
        if ids != list(range(ids[0], ids[0] + count)):
            raise SystemExit("the new coupons' ids do not follow each other: not a result")
        return ids[0]

    def create_coupon(self, total=None):
        return self.create_coupons(1, total)

    def _create(self, count, total):
        body = json.dumps(coupon_body(name="bench", totalQuantity=total, minimumPrice=0))
        ids = []
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            for _ in range(count):
                connection.request("POST", "/v1/coupons", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
                if answer.status != 201:
                    raise SystemExit(f"a coupon was refused with {answer.status}: {text.decode()}")
                ids.append(json.loads(text)["id"])
        return ids

    def issued(self):
        """Issuances of all coupons."""
        count, after = 0, 0
        while after is not None:
            page = json.loads(self.get(f"/v1/coupons?limit={COUPONS_A_PAGE}&after={after}")[1])
            count += sum(coupon["issuedQuantity"] for coupon in page["coupons"])
            after = page["next"]
        return count

    def metric(self, name, **labels):
        """The sum of the series of `name` that carry `labels`, or None if there is none."""
        return sum_of(self.get("/metrics")[1], name, **labels)


def shares(count, parts):
    return [count // parts + (part < count % parts) for part in range(min(count, parts))]
