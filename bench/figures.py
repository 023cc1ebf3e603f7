"""What the latency figures share: the rows they make, and the capacity they are taken at."""

import dataclasses
import functools
import statistics

import pages
from generator import Load, check_issuances, run
from servers import CouponApi

PEAK_CONNECTIONS = 512


@dataclasses.dataclass(frozen=True)
class Figure:
    """One row: what was measured in each run, in `unit`, and whether its median is what is asked (None: nothing is).

    `decimals` are those of the measured values. `beside` says what else was seen.
    """

    what: str
    unit: str
    values: list
    asked: str = "-"
    holds: bool = None
    decimals: int = 2
    beside: str = ""

    @property
    def median(self):
        return statistics.median(self.values)

    def row(self):
        number = f",.{self.decimals}f"
        measured = (f"**{self.median:{number}}** {self.unit} "
                    f"({min(self.values):{number}}-{max(self.values):{number}})")
        return [self.what, self.asked, measured, {True: "yes", False: "**no**", None: "-"}[self.holds], self.beside]


class Measuring:
    """How long and how often is measured, and what the service can at most, measured once in this call."""

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
    def capacity(self):
        """Admitted claims a second in a closed loop: the median of the runs."""
        reports = self.repeat("capacity", lambda: claim_all(None, self.connections, self.seconds))
        return statistics.median(report.per_second() for report in reports)

    def knows_capacity(self):
        return "capacity" in vars(self)


def claim_all(rate, connections, seconds, threads=2):
    """One run of claims that are all admitted, against a fresh service."""
    with CouponApi() as api:
        report = run(api.port, Load(api.create_coupon(), connections, rate), seconds, threads=threads)
        check_issuances(api, report.require("winners"))
    return report


def median_of(reports, name):
    return statistics.median(report.percentile(name) for report in reports)


def limited(reports):
    """Says so if the generator was the limit of a run; latencies then are upper bounds."""
    count = sum(bool(report.limits) for report in reports)
    return f"; the generator was the limit in {count} of {len(reports)} runs" if count else ""


def table(figures, measuring, command):
    """The section of bench/RESULTS.md."""
    capacity = (f"Capacity: {measuring.capacity:,.0f} claims/s, all admitted, closed loop of {measuring.connections} "
                "connections, measured in the same call. " if measuring.knows_capacity() else "")
    return pages.section("Latency, overload, connections and coupons", [
        f"{pages.written_by(command)} Median and range of {measuring.runs} runs. Latency counts from the instant a "
        f"request was due (open loop), the generator's own lateness included. {capacity}Acknowledgement level of every "
        "row: `durable`."
    ], ["what", "asked", "measured (range)", "holds", "beside it"], [figure.row() for figure in figures])
