#!/usr/bin/env python3
"""The benchmark's command line: ./dev bench [options].

Without options: the ratios of the service over the bare HTTP server, then the latency figures; each table goes into
bench/RESULTS.md when all of its rows were measured. With --growth: how cost grows, with tables and plots in
docs/performance.md and docs/plots/. A failure (an error, a wrong number of issuances, a refusal where none is
expected) is never a result: it ends the run.
"""

import argparse
import dataclasses
import json
import shlex
import sys

import extremes
import figures
import growth
import latency
import pages
import ratios
from servers import ROOT, raise_file_limit

RESULTS = ROOT / "bench" / "RESULTS.md"
DOCS = ROOT / "docs"
PERFORMANCE = DOCS / "performance.md"

LATENCY = {
    "half": latency.half_capacity,
    "cold": latency.cold_coupon,
    "idle_connections": extremes.idle_connections,
    "overload": extremes.overload,
    "idle_process": extremes.idle_process,
    "many_coupons": extremes.many_coupons,
}
SECONDS, GROWTH_SECONDS = 5, 3


def chosen(only, names, group):
    """Which of `names` are asked for: all without --only or if the group's own name is there."""
    return [name for name in names if not only or name in only or group in only]


def run_ratios(names, arguments, command):
    results = [ratios.measure(scenario, arguments.pairs, arguments.seconds)
               for scenario in ratios.SCENARIOS if scenario.name in names]
    text = ratios.table(results, command)
    print(f"\n{text}")
    if not arguments.no_write and names == ratios.NAMES:
        pages.replace_result(RESULTS, "ratios", text)
    return results


def run_latency(names, arguments, measuring, command):
    rows = [figure for name in names for figure in LATENCY[name](measuring)]
    text = figures.table(rows, measuring, command)
    print(f"\n{text}")
    if not arguments.no_write and names == list(LATENCY):
        pages.replace_result(RESULTS, "latency", text)
    return [dataclasses.asdict(row) for row in rows]


def run_growth(names, arguments, measuring, command):
    import growth_pages  # matplotlib takes its time

    sweeps = []
    for name in names:
        sweep = growth.SWEEPS[name](measuring)
        text = growth_pages.table(sweep, measuring, command)
        print(f"\n{text}", flush=True)
        if not arguments.no_write:
            pages.replace(PERFORMANCE, f"growth of {name}", text)
            growth_pages.plot(sweep, growth.plot_path(DOCS, sweep))
        sweeps.append(dataclasses.asdict(sweep))
    return sweeps


def parse(words):
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--growth", action="store_true", help="the growth tables and plots instead")
    parser.add_argument("--seconds", type=int, help=f"length of one run ({SECONDS}; with --growth {GROWTH_SECONDS})")
    parser.add_argument("--pairs", type=int, default=5,
                        help="alternating pairs of a ratio (5); other figures take half as many runs, rounded up")
    parser.add_argument("--only", default="", help=(
        f"comma-separated: ratios ({', '.join(ratios.NAMES)}), latency ({', '.join(LATENCY)}); "
        f"with --growth: {', '.join(growth.SWEEPS)}"))
    parser.add_argument("--no-write", action="store_true", help="touch no page")
    parser.add_argument("--json", action="store_true", help="print the results as JSON, too")
    arguments = parser.parse_args(words)
    arguments.only = set(arguments.only.split(",")) - {""}
    known = set(growth.SWEEPS) if arguments.growth else {"ratios", "latency", *ratios.NAMES, *LATENCY}
    if unknown := arguments.only - known:
        parser.error(f"--only: unknown {', '.join(sorted(unknown))}")
    arguments.seconds = arguments.seconds or (GROWTH_SECONDS if arguments.growth else SECONDS)
    return arguments


def main(words):
    arguments = parse(words)
    raise_file_limit()
    command = shlex.join(["./dev", "bench", *words])
    measuring = figures.Measuring(arguments.seconds, (arguments.pairs + 1) // 2)
    results = []
    if arguments.growth:
        results += run_growth(chosen(arguments.only, growth.SWEEPS, "growth"), arguments, measuring, command)
    else:
        if names := chosen(arguments.only, ratios.NAMES, "ratios"):
            results += run_ratios(names, arguments, command)
        if names := chosen(arguments.only, LATENCY, "latency"):
            results += run_latency(names, arguments, measuring, command)
    if arguments.json:
        print(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
