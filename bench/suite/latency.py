"""Latency figures at a given load, open loop: half the capacity, and a cold coupon beside a hot one."""

import contextlib
import statistics

from suite.figures import Figure
from suite.generator import Load, Running, check_issuances, run_load
from suite.servers import CouponApi
from suite.session import claim_all, generator_limited_note, median_of, rate_of

HALF_CONNECTIONS = 256
COLD_PER_SECOND = 100
COLD_CONNECTIONS = 16
P99_TARGET_MS = 3.0
# What one generator thread can send (decision 0006) is more than these rates, and each core it leaves is the service's.
OPEN_LOOP_THREADS = 1


def percentiles(reports):
    return (f"p50 {median_of(reports, 'p50'):.2f}, p90 {median_of(reports, 'p90'):.2f}, "
            f"p99.9 {median_of(reports, 'p999'):.2f} ms{generator_limited_note(reports)}")


def half_capacity(session):
    """p99 of winners and of refused at half the capacity."""
    rate = session.capacity / 2

    def sold_out():
        with CouponApi() as api:
            return run_load(api.port, Load(api.create_coupon(total=0), HALF_CONNECTIONS, rate), session.seconds,
                            threads=OPEN_LOOP_THREADS).require("refused")

    def admitted():
        return claim_all(rate, HALF_CONNECTIONS, session.seconds, threads=OPEN_LOOP_THREADS)

    for kind, measure in (("winners", admitted), ("refused, sold out", sold_out)):
        reports = session.repeat(f"half the capacity, {kind}", measure)
        values = [report.percentile("p99") for report in reports]
        yield Figure(f"p99 at half the capacity ({rate:,.0f}/s), {kind}", "ms", values, f"<= {P99_TARGET_MS:g} ms",
                     statistics.median(values) <= P99_TARGET_MS, notes=percentiles(reports))


def cold_beside(hot, seconds):
    """The reports of a cold coupon and of a hot one (None: alone), each by a generator of its own, at the same time."""
    with CouponApi() as api:
        first = api.create_coupons(2)
        cold = Load(first, COLD_CONNECTIONS, COLD_PER_SECOND)
        with contextlib.ExitStack() as ended:
            if hot:
                # A second longer: the cold one's generator starts after it, and is to have it beside it to the end.
                load = Load(first + 1, hot["connections"], hot["rate"])
                busy = ended.enter_context(Running(api.port, load, seconds + 1))
            reports = [run_load(api.port, cold, seconds, threads=OPEN_LOOP_THREADS).require("winners")]
            if hot:
                reports.append(busy.report().require("winners"))
        check_issuances(api, *reports)
    return reports


def cold_coupon(session):
    """100 claims a second of one coupon, alone and beside another at half the capacity and beyond it.

    Twice as long as other runs: 1 % of so few claims must be a number of them.
    """
    seconds = 2 * session.seconds
    rate = session.capacity / 2

    def measure(what, hot):
        runs = session.repeat(f"cold coupon {what}", lambda: cold_beside(hot, seconds))
        return [reports[0] for reports in runs], [reports[-1] for reports in runs]

    def figure(what, colds, target="-", bound=None, hots=()):
        values = [report.percentile("p99") for report in colds]
        beside = f"; the hot one: {rate_of(hots):,.0f} claims/s" if hots else ""
        return Figure(f"cold coupon's p99 ({COLD_PER_SECOND}/s), {what}", "ms", values, target,
                      None if bound is None else statistics.median(values) <= bound, notes=percentiles(colds) + beside)

    alone, _ = measure("alone", None)
    bound = max(2 * median_of(alone, "p99"), P99_TARGET_MS)
    yield figure("alone", alone)
    colds, hots = measure("beside half the capacity", {"connections": HALF_CONNECTIONS, "rate": rate})
    yield figure(f"beside a hot one at half the capacity ({rate:,.0f}/s)", colds,
                 f"<= {bound:.2f} ms (2 x alone or {P99_TARGET_MS:g})", bound, hots)
    colds, hots = measure("beside saturation", {"connections": session.connections, "rate": None})
    bound = median_of(hots, "p99")
    yield figure(f"beside a hot one that saturates ({session.connections} connections, closed loop)", colds,
                 f"<= {bound:.2f} ms (the hot one's, of its closed loop)", bound, hots)
