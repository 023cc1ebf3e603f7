"""How throughput and latency grow with threads, connections, coupons and holders: a table and a plot each.

Closed loops of claims that are all admitted. A point is the median of its runs; `bare` is bench/bare_http_server.
"""

import dataclasses
import pathlib
import statistics
import subprocess
import tempfile

from generator import Load, check_issuances, run, users_of_run
from servers import THREADS, BareServer, CouponApi, program

CONNECTIONS = 512
THREAD_COUNTS = [1, 2]
CONNECTION_COUNTS = [1, 8, 64, 512, 2_000, 10_000]
COUPON_COUNTS = [1, 10, 100, 1_000, 10_000]
HOLDER_COUNTS = [0, 10_000, 100_000, 1_000_000, 10_000_000]


@dataclasses.dataclass(frozen=True)
class Run:
    """One measurement: answers a second, milliseconds, and cores kept busy by the server and by the generator."""

    rate: float
    p50: float
    p99: float
    cores: float
    generator_cores: float


@dataclasses.dataclass(frozen=True)
class Point:
    """A place on the x axis. `bare` is empty where the bare server has nothing to do with it."""

    x: int
    service: list
    bare: list = ()
    start_seconds: float = None

    def median(self, name, runs=None):
        return statistics.median(getattr(run, name) for run in runs or self.service)


@dataclasses.dataclass(frozen=True)
class Sweep:
    name: str
    title: str
    x_label: str
    points: list


def measured(server, load, seconds):
    """One run as a Report and as a Run."""
    before = server.cpu_seconds()
    report = run(server.port, load, seconds).require("winners")
    return report, Run(report.per_second(), report.percentile("p50"), report.percentile("p99"),
                       (server.cpu_seconds() - before) / report.seconds, report.cpu_seconds / report.seconds)


def fresh_pair(load, seconds, threads=THREADS):
    """(bare, service), one run each, the service fresh."""
    with BareServer(threads) as bare:
        _, bare_run = measured(bare, load, seconds)
    with CouponApi(threads) as api:
        api.create_coupon()
        report, service_run = measured(api, load, seconds)
        check_issuances(api, report)
    return bare_run, service_run


def alternating(x, load, measuring, what, threads=THREADS):
    pairs = measuring.repeat(f"{what} {x:,}", lambda: fresh_pair(load, measuring.seconds, threads))
    return Point(x, [service for _, service in pairs], [bare for bare, _ in pairs])


def threads(measuring, counts=THREAD_COUNTS):
    return Sweep("threads", "Service threads", "event loops", [
        alternating(count, Load(connections=CONNECTIONS), measuring, "threads", count) for count in counts])


def connections(measuring, counts=CONNECTION_COUNTS):
    return Sweep("connections", "Connections", "connections", [
        alternating(count, Load(connections=count), measuring, "connections") for count in counts])


def running_point(x, api, coupon, measuring, what, held=0):
    """The runs of a service that stays: each with users of its own. `held` claims are there already."""
    reports = []

    def measure():
        load = Load(coupon, CONNECTIONS, users=users_of_run(len(reports)))
        report, result = measured(api, load, measuring.seconds)
        reports.append(report)
        return result

    runs = measuring.repeat(f"{what} {x:,}", measure)
    check_issuances(api, *reports, before=held)
    return Point(x, runs, start_seconds=api.start_seconds)


def coupons(measuring, counts=COUPON_COUNTS):
    def point(count):
        with CouponApi() as api:
            first = api.create_coupons(count)
            return running_point(count, api, f"{first}..{first + count - 1}", measuring, "coupons")

    return Sweep("coupons", "Coupons", "coupons the claims are spread over", [point(count) for count in counts])


def holders(measuring, counts=HOLDER_COUNTS):
    def point(count):
        with tempfile.TemporaryDirectory(prefix="coupon_bench_") as folder:
            if count:
                fill_store(folder, count)
            with CouponApi(data_dir=folder) as api:
                coupon = 1 if count else api.create_coupon()
                return running_point(count, api, coupon, measuring, "holders", held=count)

    return Sweep("holders", "Holders", "users who hold the coupon already", [point(count) for count in counts])


def fill_store(folder, count):
    done = subprocess.run([program("bench/state-size"), str(count), "--keep", folder],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"state-size {count}: {done.stderr.strip()}")
    print(f"  {done.stdout.strip()}", flush=True)


SWEEPS = {"threads": threads, "connections": connections, "coupons": coupons, "holders": holders}


def plot_path(docs, sweep):
    return pathlib.Path(docs) / "plots" / f"{sweep.name}.svg"
