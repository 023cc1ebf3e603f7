"""Figures at the edge: 10,000 idle connections, ten times the capacity, an idle process, 10,000 coupons."""

import statistics
import threading
import time

from suite.figures import Figure
from suite.generator import Load, Running, check_issuances, coupon_range, run_load, users_of_run
from suite.servers import CouponApi
from suite.session import generator_limited_note, median_of, rate_of
from support.wait import wait_until

MEGABYTE = 1e6
SAMPLE_SECONDS = 0.05

IDLE_CONNECTIONS = 10_000
IDLE_PROCESS_MB_TARGET = 20.0

OVERLOAD_FACTOR = 10
OVERLOAD_CONNECTIONS = 8_000
# With the default of 2 s nothing is shed: clients who each wait for an answer keep less work than that waiting.
OVERLOAD_WAIT_MAX = "10ms"
OVERLOAD_PATIENCE = "3s"
GOODPUT_TARGET = 0.9
MEMORY_GROWTH_MAX = 1.1

COUPONS = 10_000
STOCK_OF_EACH = 1_000_000


class ResidentMemory:
    """Samples a server's resident memory while a with-block runs: `megabytes`, in order of time."""

    def __init__(self, server):
        self.server, self.megabytes = server, []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _sample(self):
        self.megabytes.append(self.server.resident_bytes() / MEGABYTE)
        while not self._over.wait(SAMPLE_SECONDS):
            self.megabytes.append(self.server.resident_bytes() / MEGABYTE)

    def thirds(self):
        """The means of the first and of the last third."""
        third = max(1, len(self.megabytes) // 3)
        return statistics.mean(self.megabytes[:third]), statistics.mean(self.megabytes[-third:])


def idle_connections(session, idle=IDLE_CONNECTIONS):
    """Full load beside connections that send nothing, against the capacity; and what such a connection occupies."""

    def measure():
        with CouponApi() as api:
            coupon = api.create_coupon()
            before = api.resident_bytes() / MEGABYTE
            with ResidentMemory(api) as memory:  # a few claims only: what is added are the connections
                quiet = run_load(api.port, Load(coupon, 1, rate=2), session.seconds, idle=idle).require("winners")
            occupied = (max(memory.megabytes) - before) * MEGABYTE / idle
            load = Load(coupon, session.connections, users=users_of_run(1))
            full = run_load(api.port, load, session.seconds, idle=idle).require("winners")
            check_issuances(api, quiet, full)
        return full, occupied

    runs = session.repeat(f"{idle:,} idle connections", measure)
    reports = [full for full, _ in runs]
    yield Figure(f"goodput beside {idle:,} idle connections over goodput without", "x",
                 [report.per_second() / session.capacity for report in reports],
                 notes=f"{rate_of(reports):,.0f} claims/s, no error, none "
                       f"of the idle ones lost, p99 {median_of(reports, 'p99'):.1f} ms (closed loop)"
                       f"{generator_limited_note(reports)}")
    yield Figure("resident memory an idle connection", "bytes", [occupied for _, occupied in runs], decimals=0)


def overload(session, connections=OVERLOAD_CONNECTIONS):
    """Ten times the capacity; too old claims are shed by the service.

    A client has one claim under way, so at the service 8,000 wait at most and the rest wait at the clients: for a
    connection as long as OVERLOAD_PATIENCE, then for the answer as long again.
    """
    rate = OVERLOAD_FACTOR * session.capacity
    stock = round(4 * session.seconds * session.capacity)  # twice what the capacity admits: never sold out

    def measure():
        with CouponApi(**{"admission.wait_max": OVERLOAD_WAIT_MAX}) as api:
            load = Load(api.create_coupon(total=stock), connections, rate)
            with Running(api.port, load, 2 * session.seconds, timeout=OVERLOAD_PATIENCE) as running:
                # Beyond them: the connection of the one who looks counts, too.
                wait_until(lambda: api.metric("http_server_connections_current") > connections, 60, "all are connected")
                with ResidentMemory(api) as memory:
                    report = running.report()
            shed = api.metric("coupon_admission_overloaded_total")
            answered_shed = report.by_status.get("503", 0)
            others = report.errors - report.not_sent - answered_shed
            if others or report.refused or shed != answered_shed:
                raise SystemExit(f"{load.text()}: {report.refused} refused, {others} lost or failed, {answered_shed} "
                                 f"answered 503 where the service counts {shed}: not a result")
            check_issuances(api, report)
        return report, memory.thirds(), shed

    runs = session.repeat("overload", measure)
    reports = [report for report, _, _ in runs]
    goodputs = [report.winners / report.seconds / session.capacity for report in reports]
    sheds = statistics.median(shed for _, _, shed in runs)
    given_up = statistics.median(report.not_sent for report in reports)
    yield Figure(f"goodput at {OVERLOAD_FACTOR} x the capacity ({rate:,.0f}/s, {connections:,} connections) over "
                 "the capacity", "x", goodputs, f">= {GOODPUT_TARGET}", statistics.median(goodputs) >= GOODPUT_TARGET,
                 notes=f"shed with 503: {sheds:,.0f} (`admission.wait_max` {OVERLOAD_WAIT_MAX}); not sent, as no "
                       f"connection was free for {OVERLOAD_PATIENCE}: {given_up:,.0f}; no answer lost; admitted: p50 "
                       f"{median_of(reports, 'p50'):,.0f}, p99 {median_of(reports, 'p99'):,.0f} ms from the instant "
                       f"they were due{generator_limited_note(reports)}")
    growths = [last / first for _, (first, last), _ in runs]
    first, last = (statistics.median(part) for part in zip(*(thirds for _, thirds, _ in runs)))
    admitted = statistics.median(report.winners for report in reports)
    yield Figure("resident memory in overload, last third over first", "x", growths, f"<= {MEMORY_GROWTH_MAX}",
                 statistics.median(growths) <= MEMORY_GROWTH_MAX,
                 notes=f"{first:.1f} to {last:.1f} MB while {admitted:,.0f} claims were admitted and are held")


def idle_process(session):
    """A process just started, with the demo coupon."""

    def measure():
        with CouponApi(**{"demo.coupon": "true"}) as api:
            return api.resident_bytes() / MEGABYTE, api.start_seconds

    runs = session.repeat("idle process", measure)
    values = [megabytes for megabytes, _ in runs]
    yield Figure("resident memory of an idle process with the demo coupon", "MB", values,
                 f"<= {IDLE_PROCESS_MB_TARGET:g} MB", statistics.median(values) <= IDLE_PROCESS_MB_TARGET, decimals=1,
                 notes=f"ready {statistics.median(seconds for _, seconds in runs) * 1e3:.0f} ms after its start")


def many_coupons(session, count=COUPONS):
    """Claims spread over many coupons of one service, and what a scrape of its metrics costs."""
    with CouponApi() as api:
        began = time.monotonic()
        first = api.create_coupons(count, total=STOCK_OF_EACH)  # unlimited ones have no series of their own
        created = count / (time.monotonic() - began)
        reports, scrapes = [], []

        def measure():
            load = Load(coupon_range(first, count), session.connections, users=users_of_run(len(reports)))
            reports.append(run_load(api.port, load, session.seconds).require("winners"))
            began = time.monotonic()
            size = len(api.get("/metrics")[1])
            scrapes.append((1e3 * (time.monotonic() - began), size))

        session.repeat(f"{count:,} coupons", measure)
        check_issuances(api, *reports)
    yield Figure(f"claims spread over {count:,} coupons over those of one", "x",
                 [report.per_second() / session.capacity for report in reports],
                 notes=f"{rate_of(reports):,.0f} claims/s, "
                       f"p99 {median_of(reports, 'p99'):.1f} ms (closed loop); {created:,.0f} coupons/s created by 8 "
                       f"callers{generator_limited_note(reports)}")
    yield Figure(f"a scrape of /metrics with {count:,} coupons", "ms", [took for took, _ in scrapes], decimals=1,
                 notes=f"{scrapes[-1][1]:,} bytes, the stock of 1,000 coupons among them")
