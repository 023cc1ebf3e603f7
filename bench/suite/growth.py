"""How throughput and latency grow with event loops, connections, coupons and holders: a table and a plot each.

Closed loops of claims that are all admitted. A point is the median of its samples; `bare` is bench/bare_http_server.
"""

import dataclasses
import statistics
import subprocess
import tempfile

from suite.generator import PEAK_CONNECTIONS, Load, check_issuances, coupon_range, run_load, users_of_run
from suite.servers import EVENT_LOOPS, BareServer, CouponApi, program

THREAD_COUNTS = [1, 2]
CONNECTION_COUNTS = [1, 8, 64, 512, 2_000, 10_000]
COUPON_COUNTS = [1, 10, 100, 1_000, 10_000]
HOLDER_COUNTS = [0, 10_000, 100_000, 1_000_000, 10_000_000]
STATE_SIZE_COUPON = 1  # kCoupon of bench/state_size.cc


@dataclasses.dataclass(frozen=True)
class Sample:
    """One measurement: answers a second, milliseconds, and cores kept busy by the server and by the generator."""

    rate: float
    p50: float
    p99: float
    cores: float
    generator_cores: float


@dataclasses.dataclass(frozen=True)
class Point:
    """The samples at a position on the axis. `bare` is empty where the bare server has nothing to do with it."""

    position: int
    service: list
    bare: list = ()
    start_seconds: float = None


@dataclasses.dataclass(frozen=True)
class Sweep:
    """One table and plot. `connections` is None where they are the axis; `with_start`: the start's time is a column."""

    name: str
    title: str
    axis: str
    points: list
    connections: int = PEAK_CONNECTIONS
    with_start: bool = False

    @property
    def with_bare(self):
        return any(point.bare for point in self.points)


def median(samples, name):
    return statistics.median(getattr(sample, name) for sample in samples)


def measured(server, load, seconds):
    """One run as a Report and as a Sample."""
    before = server.cpu_seconds()
    report = run_load(server.port, load, seconds).require("winners")
    return report, Sample(report.per_second(), report.percentile("p50"), report.percentile("p99"),
                          (server.cpu_seconds() - before) / report.seconds, report.cpu_seconds / report.seconds)


def fresh_pair(load, seconds, threads):
    """(bare, service), one sample each, the service fresh."""
    with BareServer(threads) as bare:
        _, bare_sample = measured(bare, load, seconds)
    with CouponApi(threads) as api:
        api.create_coupon()
        report, service_sample = measured(api, load, seconds)
        check_issuances(api, report)
    return bare_sample, service_sample


def point_of_pairs(position, load, session, what, threads=EVENT_LOOPS):
    pairs = session.repeat(f"{what} {position:,}", lambda: fresh_pair(load, session.seconds, threads))
    return Point(position, [service for _, service in pairs], [bare for bare, _ in pairs])


def sweep_threads(session, counts=THREAD_COUNTS):
    return Sweep("threads", "Event loops", "event loops", [
        point_of_pairs(count, Load(), session, "threads", threads=count) for count in counts])


def sweep_connections(session, counts=CONNECTION_COUNTS):
    return Sweep("connections", "Connections", "connections", [
        point_of_pairs(count, Load(connections=count), session, "connections") for count in counts], connections=None)


def point_of_one_service(position, api, coupon, session, what, held=0):
    """The samples of a service that stays: each with users of its own. `held` claims are there already."""
    reports = []

    def measure():
        report, sample = measured(api, Load(coupon, users=users_of_run(len(reports))), session.seconds)
        reports.append(report)
        return sample

    samples = session.repeat(f"{what} {position:,}", measure)
    check_issuances(api, *reports, before=held)
    return Point(position, samples, start_seconds=api.start_seconds)


def sweep_coupons(session, counts=COUPON_COUNTS):
    def point(count):
        with CouponApi() as api:
            return point_of_one_service(count, api, coupon_range(api.create_coupons(count), count), session, "coupons")

    return Sweep("coupons", "Coupons", "coupons the claims are spread over", [point(count) for count in counts])


def sweep_holders(session, counts=HOLDER_COUNTS):
    """The users of the runs (1 and up) miss the stored ones, whom state_size's UserOf spreads over 2^63."""

    def point(count):
        with tempfile.TemporaryDirectory(prefix="coupon_bench_") as folder:
            if count:
                fill_store(folder, count)
            with CouponApi(data_dir=folder) as api:
                coupon = STATE_SIZE_COUPON if count else api.create_coupon()
                return point_of_one_service(count, api, coupon, session, "holders", held=count)

    return Sweep("holders", "Holders", "users who hold the coupon already", [point(count) for count in counts],
                 with_start=True)


def fill_store(folder, count):
    done = subprocess.run([program("bench/state-size"), str(count), "--keep", folder],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"state-size {count}: {done.stderr.strip()}")
    print(f"  {done.stdout.strip()}", flush=True)


SWEEPS = {"threads": sweep_threads, "connections": sweep_connections, "coupons": sweep_coupons,
          "holders": sweep_holders}
