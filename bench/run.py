#!/usr/bin/env python3
"""The ratios of the embedded service over bench/bare_http_server, measured in one run.

Each figure is the median of five alternating pairs: bare, service, bare, service, ... with wrk as the generator on
the same machine. Usage: ./dev bench [--seconds 5] [--pairs 5] [--only durable,sold_out,duplicates] [--no-write]
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bench"))

from servers import BareServer, CouponApi, drive, sustained_rate_bound  # noqa: E402

BUILD = ROOT / "build" / "release"
RESULTS = ROOT / "bench" / "RESULTS.md"


class Scenario:
    """One row of the table: what is asked of the service, and what it must answer to count."""

    def __init__(self, name, title, connections, asked, mode):
        self.name, self.title, self.connections, self.asked, self.mode = name, title, connections, asked, mode


SCENARIOS = [
    Scenario("durable", "all claims admitted", 64, 0.60, "unique"),
    Scenario("durable", "all claims admitted", 512, 0.80, "unique"),
    Scenario("sold_out", "sold out", 64, 0.95, "sold_out"),
    Scenario("sold_out", "sold out", 512, 0.95, "sold_out"),
    Scenario("duplicates", "duplicates", 64, 0.90, "repeat"),
    Scenario("duplicates", "duplicates", 512, 0.90, "repeat"),
]


def measure_service(scenario, seconds):
    """One run against a fresh service and a fresh folder. Raises if an answer was not of the kind that is measured."""
    with tempfile.TemporaryDirectory(prefix="coupon_bench_") as folder, CouponApi(BUILD, folder) as api:
        users = sustained_rate_bound(seconds)
        if scenario.mode == "unique":
            coupon = api.create_coupon(total=None)
            run = drive(api.port, coupon, 1, users, scenario.connections, seconds)
            expected_refused = 0
        elif scenario.mode == "sold_out":
            coupon = api.create_coupon(total=0)
            run = drive(api.port, coupon, 1, 10_000, scenario.connections, seconds)
            expected_refused = run["requests"]
        else:
            coupon = api.create_coupon(total=None)
            drive(api.port, coupon, 1, 1_000, scenario.connections, 1)
            run = drive(api.port, coupon, 1, 1_000, scenario.connections, seconds)
            expected_refused = run["requests"]
        if run["refused"] != expected_refused or run["socket_errors"]:
            raise SystemExit(f"{scenario.title}: {run['refused']} of {run['requests']} refused "
                             f"(expected {expected_refused}), {run['socket_errors']} socket errors: not a result")
        if scenario.mode == "unique":
            issued = api.issued(coupon)
            if issued < run["requests"]:
                raise SystemExit(f"{run['requests']} claims were answered, {issued} issuances are there")
    return run


def measure_bare(scenario, seconds):
    with BareServer(BUILD) as bare:
        users = sustained_rate_bound(seconds) if scenario.mode == "unique" else 10_000
        return drive(bare.port, 1, 1, users, scenario.connections, seconds)


def rate(run):
    return run["requests"] / run["seconds"]


def measure(scenario, pairs, seconds):
    rows = []
    for number in range(pairs):
        bare, service = measure_bare(scenario, seconds), measure_service(scenario, seconds)
        rows.append((rate(service) / rate(bare), bare, service))
        print(f"  {scenario.title}, {scenario.connections} connections, pair {number + 1}/{pairs}: "
              f"{rate(service):,.0f}/s over {rate(bare):,.0f}/s = {rows[-1][0]:.2f}", flush=True)
    median = statistics.median
    return {
        "scenario": scenario,
        "ratio": median(row[0] for row in rows),
        "low": min(row[0] for row in rows),
        "high": max(row[0] for row in rows),
        "bare": median(rate(row[1]) for row in rows),
        "rate": median(rate(row[2]) for row in rows),
        "p50": median(row[2]["p50_ms"] for row in rows),
        "p99": median(row[2]["p99_ms"] for row in rows),
    }


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release().split('-')[0]}"


def table(results, arguments):
    lines = [
        "# Results",
        "",
        f"Written by `./dev bench --seconds {arguments.seconds} --pairs {arguments.pairs}` on "
        f"{datetime.date.today().isoformat()}. Machine: {machine()}, shared; generator (wrk) on the same cores.",
        "Release build; median of the alternating pairs, each against a fresh process and folder; the range is that of",
        "the ratios. `bare` is `bench/bare_http_server`: the same HTTP layer answering a constant, 2 event loops as"
        " the",
        "service. Acknowledgement level of every row: `durable` (fsynced before the reply); sold out and duplicates"
        " rest",
        "on durable state and write nothing.",
        "",
        "| what | connections | asked | measured (range) | claims/s | bare/s | p50 ms | p99 ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        scenario = result["scenario"]
        lines.append(
            f"| {scenario.title} | {scenario.connections} | {scenario.asked:.2f} | "
            f"**{result['ratio']:.2f}** ({result['low']:.2f}-{result['high']:.2f}) | {result['rate']:,.0f} | "
            f"{result['bare']:,.0f} | {result['p50']:.2f} | {result['p99']:.2f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5, help="length of one run")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", default="", help="comma-separated: durable, sold_out, duplicates")
    parser.add_argument("--no-write", action="store_true", help="do not touch bench/RESULTS.md")
    parser.add_argument("--json", action="store_true", help="print the results as JSON, too")
    arguments = parser.parse_args()
    wanted = set(arguments.only.split(",")) - {""}
    unknown = wanted - {scenario.name for scenario in SCENARIOS}
    if unknown:
        parser.error(f"--only: unknown {', '.join(sorted(unknown))}")
    results = [measure(scenario, arguments.pairs, arguments.seconds)
               for scenario in SCENARIOS if not wanted or scenario.name in wanted]
    text = table(results, arguments)
    print(text)
    if arguments.json:
        print(json.dumps([{**result, "scenario": result["scenario"].title} for result in results]))
    if not arguments.no_write and not wanted:
        RESULTS.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
