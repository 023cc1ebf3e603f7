"""What every measurement is given: how long and how often, and the capacity that others are taken at."""

import functools
import statistics

from suite.generator import PEAK_CONNECTIONS, Load, check_issuances, run_load
from suite.servers import CouponApi


class Session:
    """How long and how often to measure, and the capacity, measured on first use and kept."""

    def __init__(self, seconds, runs, connections=PEAK_CONNECTIONS):
        self.seconds, self.runs, self.connections = seconds, runs, connections

    def repeat(self, what, measure):
        """The results of `measure()`, one a run."""
        results = []
        for number in range(self.runs):
            print(f"  {what}, run {number + 1}/{self.runs}", flush=True)
            results.append(measure())
        return results

    @functools.cached_property
    def capacity_reports(self):
        return self.repeat("capacity", lambda: claim_all(None, self.connections, self.seconds))

    @property
    def capacity(self):
        """Admitted claims a second in a closed loop: the median of the runs."""
        return rate_of(self.capacity_reports)

    def capacity_note(self):
        """What a table says of it; empty if nothing asked for it."""
        if "capacity_reports" not in vars(self):
            return ""
        return (f"Capacity: {self.capacity:,.0f} claims/s, all admitted, closed loop of {self.connections} "
                f"connections, measured in the same call{generator_limited_note(self.capacity_reports)}. ")


def claim_all(rate, connections, seconds, **options):
    """One run of claims that are all admitted, against a fresh service. Options are those of run_load."""
    with CouponApi() as api:
        report = run_load(api.port, Load(api.create_coupon(), connections, rate), seconds, **options)
        check_issuances(api, report.require("winners"))
    return report


def rate_of(reports):
    """Decided answers a second: the median of the runs."""
    return statistics.median(report.per_second() for report in reports)


def median_of(reports, name):
    """The median of a percentile, in milliseconds."""
    return statistics.median(report.percentile(name) for report in reports)


def generator_limited_note(reports):
    """Says so if the generator was the limit of a run; latencies then are upper bounds."""
    count = sum(bool(report.generator_limits) for report in reports)
    return f"; the generator was the limit in {count} of {len(reports)} runs" if count else ""
