"""The ratios of the service over bench/bare_http_server: medians of alternating pairs, both in a closed loop.

coupon-load is the generator. Against the bare server it loaded at least as hard as wrk with a script, at less CPU a
request (2 noisy shared cores, 4 alternating runs of 3 s, medians; both with 2 threads):
    64 connections:  49,200/s at 11.9 us a request, wrk 38,700/s at 15.9 us
    512 connections: 26,700/s at 17.0 us a request, wrk 24,900/s at 21.0 us
"""

import dataclasses
import statistics

import pages
from generator import Load, check_issuances, run
from servers import BareServer, CouponApi

WARM_UP_SECONDS = 1
REPEATED_USERS = "repeat:1..1000"


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One row of the table: what is asked of the service."""

    name: str
    title: str
    connections: int
    asked: float


SCENARIOS = [
    Scenario("durable", "all claims admitted", 64, 0.60),
    Scenario("durable", "all claims admitted", 512, 0.80),
    Scenario("sold_out", "sold out", 64, 0.95),
    Scenario("sold_out", "sold out", 512, 0.95),
    Scenario("duplicates", "duplicates", 64, 0.90),
    Scenario("duplicates", "duplicates", 512, 0.90),
]
NAMES = list(dict.fromkeys(scenario.name for scenario in SCENARIOS))


def measure_service(scenario, seconds):
    """One run against a fresh service and a fresh folder; each answer must be of the kind that is measured."""
    with CouponApi() as api:
        coupon = api.create_coupon(total=0 if scenario.name == "sold_out" else None)
        if scenario.name == "duplicates":
            load = Load(coupon, scenario.connections, users=REPEATED_USERS)
            first = run(api.port, load, WARM_UP_SECONDS)
            report = run(api.port, load, seconds).require("refused")
            check_issuances(api, first)
        else:
            report = run(api.port, Load(coupon, scenario.connections), seconds)
            report.require("winners" if scenario.name == "durable" else "refused")
            check_issuances(api, report)
    return report


def measure_bare(scenario, seconds):
    with BareServer() as bare:
        return run(bare.port, Load(connections=scenario.connections), seconds).require("winners")


def measure(scenario, pairs, seconds):
    rows = []
    for number in range(pairs):
        bare, service = measure_bare(scenario, seconds), measure_service(scenario, seconds)
        rows.append((service.per_second() / bare.per_second(), bare, service))
        print(f"  {scenario.title}, {scenario.connections} connections, pair {number + 1}/{pairs}: "
              f"{service.per_second():,.0f}/s over {bare.per_second():,.0f}/s = {rows[-1][0]:.2f}", flush=True)
    median = statistics.median
    return {
        "name": scenario.name,
        "title": scenario.title,
        "connections": scenario.connections,
        "asked": scenario.asked,
        "ratio": median(row[0] for row in rows),
        "low": min(row[0] for row in rows),
        "high": max(row[0] for row in rows),
        "bare": median(row[1].per_second() for row in rows),
        "rate": median(row[2].per_second() for row in rows),
        "p50": median(row[2].percentile("p50") for row in rows),
        "p99": median(row[2].percentile("p99") for row in rows),
    }


def table(results, command):
    """The section of bench/RESULTS.md."""
    return pages.section("Throughput: the service over the bare HTTP server", [
        f"{pages.written_by(command)} Closed loop; median of the alternating pairs, each against a fresh process and "
        "folder; the range is that of the ratios. `bare` is `bench/bare_http_server`: the same HTTP layer answering a "
        "constant, 2 event loops as the service. Acknowledgement level of every row: `durable` (fsynced before the "
        "reply); sold out and duplicates rest on durable state and write nothing."
    ], ["what", "connections", "asked", "measured (range)", "claims/s", "bare/s", "p50 ms", "p99 ms"], [
        [row["title"], f"{row['connections']}", f"{row['asked']:.2f}",
         f"**{row['ratio']:.2f}** ({row['low']:.2f}-{row['high']:.2f})", f"{row['rate']:,.0f}", f"{row['bare']:,.0f}",
         f"{row['p50']:.2f}", f"{row['p99']:.2f}"] for row in results])
