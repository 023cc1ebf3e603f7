"""The ratios of the service over bench/bare_http_server: medians of alternating pairs, both in a closed loop.

coupon-load is the generator. Why not wrk: decision 0006.
"""

import dataclasses
import statistics

from suite import pages
from suite.generator import PEAK_CONNECTIONS, Load, check_issuances, run_load
from suite.servers import BareServer, CouponApi
from suite.session import generator_limited_note, median_of, rate_of

WARM_UP_SECONDS = 1
REPEATED_USERS = "repeat:1..1000"


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One row of the table, and the least ratio the service is to reach in it."""

    name: str
    title: str
    connections: int
    target: float


SCENARIOS = [
    Scenario("durable", "all claims admitted", 64, 0.60),
    Scenario("durable", "all claims admitted", PEAK_CONNECTIONS, 0.80),
    Scenario("sold_out", "sold out", 64, 0.95),
    Scenario("sold_out", "sold out", PEAK_CONNECTIONS, 0.95),
    Scenario("duplicates", "duplicates", 64, 0.90),
    Scenario("duplicates", "duplicates", PEAK_CONNECTIONS, 0.90),
]
NAMES = list(dict.fromkeys(scenario.name for scenario in SCENARIOS))


@dataclasses.dataclass(frozen=True)
class Ratio:
    """What was measured: service over bare in each pair, and medians: answers a second, the service's milliseconds."""

    scenario: Scenario
    values: list
    service_rate: float
    bare_rate: float
    p50: float
    p99: float
    notes: str = ""

    @property
    def median(self):
        return statistics.median(self.values)

    def row(self):
        return [self.scenario.title, f"{self.scenario.connections}", f"{self.scenario.target:.2f}",
                pages.median_and_range(self.values, ".2f"), f"{self.service_rate:,.0f}", f"{self.bare_rate:,.0f}",
                f"{self.p50:.2f}", f"{self.p99:.2f}", self.notes]


def measure_service(scenario, seconds):
    """One run against a fresh service and a fresh folder; each answer must be of the kind that is measured."""
    with CouponApi() as api:
        coupon = api.create_coupon(total=0 if scenario.name == "sold_out" else None)
        if scenario.name == "duplicates":
            load = Load(coupon, scenario.connections, users=REPEATED_USERS)
            first = run_load(api.port, load, WARM_UP_SECONDS)
            report = run_load(api.port, load, seconds).require("refused")
            check_issuances(api, first)
        else:
            report = run_load(api.port, Load(coupon, scenario.connections), seconds)
            report.require("winners" if scenario.name == "durable" else "refused")
            check_issuances(api, report)
    return report


def measure_bare(scenario, seconds):
    with BareServer() as bare:
        return run_load(bare.port, Load(connections=scenario.connections), seconds).require("winners")


def measure(scenario, session):
    def pair():
        bare, service = measure_bare(scenario, session.seconds), measure_service(scenario, session.seconds)
        ratio = service.per_second() / bare.per_second()
        print(f"    {service.per_second():,.0f}/s over {bare.per_second():,.0f}/s = {ratio:.2f}", flush=True)
        return ratio, service, bare

    ratios, services, bares = zip(*session.repeat(f"{scenario.title}, {scenario.connections} connections", pair))
    return Ratio(scenario, list(ratios), rate_of(services), rate_of(bares),
                 median_of(services, "p50"), median_of(services, "p99"), notes_on(services, bares))


def notes_on(services, bares):
    """Says where the generator was the limit: a ratio whose bare run it limits is too high."""
    named = (("service", generator_limited_note(services)), ("bare", generator_limited_note(bares)))
    return "; ".join(f"{kind}: {note.removeprefix('; ')}" for kind, note in named if note)


def table(ratios, session, command):
    """The section of bench/RESULTS.md."""
    return pages.section("Throughput: the service over the bare HTTP server", [
        f"{pages.written_by(command)} Closed loop; median of {session.runs} alternating pairs, each against a fresh "
        "process and folder; the range is that of the ratios. `bare` is `bench/bare_http_server`: the same HTTP layer "
        "answering a constant, 2 event loops as the service. Acknowledgement level of every row: `durable` (fsynced "
        "before the reply); sold out and duplicates rest on durable state and write nothing."
    ], ["what", "connections", "target", "measured (range)", "claims/s", "bare/s", "p50 ms", "p99 ms", "notes"],
        [ratio.row() for ratio in ratios])
