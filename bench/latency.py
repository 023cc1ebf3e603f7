"""Latency figures at a given load, open loop: half the capacity, and a cold coupon beside a hot one."""

import statistics

from figures import Figure, claim_all, limited, median_of
from generator import Load, Running, check_issuances, run, users_of_run
from servers import CouponApi

HALF_CONNECTIONS = 256
COLD_PER_SECOND = 100
COLD_CONNECTIONS = 16
P99_ASKED_MS = 3.0


def percentiles(reports):
    return (f"p50 {median_of(reports, 'p50'):.2f}, p90 {median_of(reports, 'p90'):.2f}, "
            f"p99.9 {median_of(reports, 'p999'):.2f} ms{limited(reports)}")


def half_capacity(measuring):
    """p99 of winners and of refused at half the rate that is the most."""
    rate = measuring.capacity / 2

    def sold_out():
        with CouponApi() as api:
            return run(api.port, Load(api.create_coupon(total=0), HALF_CONNECTIONS, rate), measuring.seconds,
                       threads=1).require("refused")

    def admitted():
        return claim_all(rate, HALF_CONNECTIONS, measuring.seconds, threads=1)

    for kind, measure in (("winners", admitted), ("refused, sold out", sold_out)):
        reports = measuring.repeat(f"half the capacity, {kind}", measure)
        values = [report.percentile("p99") for report in reports]
        yield Figure(f"p99 at half the capacity ({rate:,.0f}/s), {kind}", "ms", values, f"<= {P99_ASKED_MS:g} ms",
                     statistics.median(values) <= P99_ASKED_MS, beside=percentiles(reports))


def cold_beside(hot, seconds):
    """The reports of a cold coupon and of a hot one (None: alone), each by a generator of its own, at the same time."""
    with CouponApi() as api:
        first = api.create_coupons(2)
        cold = Load(first, COLD_CONNECTIONS, COLD_PER_SECOND, users=users_of_run(1))
        busy = hot and Running(api.port, Load(first + 1, hot["connections"], hot["rate"]), seconds + 1)
        reports = [Running(api.port, cold, seconds, threads=1).report().require("winners")]
        if busy:
            reports.append(busy.report().require("winners"))
        check_issuances(api, *reports)
    return reports


def cold_coupon(measuring):
    """100 claims a second of one coupon, alone and beside another at half the capacity and beyond it.

    Twice as long as other runs: 1 % of so few claims must be a number of them.
    """
    seconds = 2 * measuring.seconds
    rate = measuring.capacity / 2

    def measure(what, hot):
        runs = measuring.repeat(f"cold coupon {what}", lambda: cold_beside(hot, seconds))
        return [reports[0] for reports in runs], [reports[-1] for reports in runs]

    def figure(what, colds, asked="-", bound=None):
        values = [report.percentile("p99") for report in colds]
        return Figure(f"cold coupon's p99 ({COLD_PER_SECOND}/s), {what}", "ms", values, asked,
                      None if bound is None else statistics.median(values) <= bound, beside=percentiles(colds))

    alone, _ = measure("alone", None)
    bound = max(2 * median_of(alone, "p99"), P99_ASKED_MS)
    yield figure("alone", alone)
    colds, _ = measure("beside half the capacity", {"connections": HALF_CONNECTIONS, "rate": rate})
    yield figure(f"beside a hot one at half the capacity ({rate:,.0f}/s)", colds,
                 f"<= {bound:.2f} ms (2 x alone or {P99_ASKED_MS:g})", bound)
    colds, hots = measure("beside saturation", {"connections": measuring.connections, "rate": None})
    bound = median_of(hots, "p99")
    yield figure(f"beside a hot one that saturates ({measuring.connections} connections, closed loop)", colds,
                 f"<= {bound:.2f} ms (the hot one's)", bound)
