#!/usr/bin/env python3
"""The benchmark's command line: ./dev bench [options].

Without options: the ratios of the service over the bare HTTP server, then the figures (latency, memory, overload,
connections, coupons); each table goes into bench/RESULTS.md when all of its rows were measured. With --distributed:
the same for several processes over Redis, a consumer and MariaDB, and for these parts alone. With --growth: how cost
grows, with tables and plots in docs/performance.md and docs/plots/. A failure (an error, a wrong number of
issuances, a refusal where none is expected) is never a result: it ends the run.
"""

import argparse
import dataclasses
import json
import pathlib
import shlex
import sys

from suite import distributed, extremes, figures, growth, latency, pages, parts, ratios, servers
from suite.servers import ROOT, raise_file_limit
from suite.session import Session

RESULTS = ROOT / "bench" / "RESULTS.md"
DOCS = ROOT / "docs"
PERFORMANCE = DOCS / "performance.md"

FIGURES = {
    "half": latency.half_capacity,
    "cold": latency.cold_coupon,
    "idle_connections": extremes.idle_connections,
    "overload": extremes.overload,
    "idle_process": extremes.idle_process,
    "many_coupons": extremes.many_coupons,
}
SECONDS, GROWTH_SECONDS, DISTRIBUTED_SECONDS = 5, 3, 10
PAIRS, RUNS = 5, 3
GROUPS = {"growth": growth.SWEEPS, "ratios": ratios.NAMES, "figures": FIGURES, "distributed": distributed.NAMES,
          "parts": parts.FIGURES}


def chosen(only, names, group):
    """Which of `names` are asked for: all without --only or if the group's own name is there."""
    return [name for name in names if not only or name in only or group in only]


def run_ratios(names, session, command, write):
    rows = [ratios.measure(scenario, session) for scenario in ratios.SCENARIOS if scenario.name in names]
    text = ratios.table(rows, session, command)
    print(f"\n{text}")
    if write and names == ratios.NAMES:
        pages.replace(RESULTS, "ratios", text)
    return rows


def run_figures(names, session, command, write):
    rows = [figure for name in names for figure in FIGURES[name](session)]
    text = figures.table(rows, session, command)
    print(f"\n{text}")
    if write and names == list(FIGURES):
        pages.replace(RESULTS, "figures", text)
    return rows


def run_distributed(names, session, command, write):
    rows = [distributed.measure(scenario, session) for scenario in distributed.SCENARIOS if scenario.name in names]
    text = distributed.table(rows, session, command)
    print(f"\n{text}")
    if write and names == distributed.NAMES and session.seconds >= DISTRIBUTED_SECONDS:  # less is a trial
        pages.replace(RESULTS, "distributed", text)
    return rows


def run_parts(names, session, command, write):
    rows = [figure for name in names for figure in parts.FIGURES[name](session)]
    text = parts.table(rows, session, command)
    print(f"\n{text}")
    if write and names == list(parts.FIGURES):
        pages.replace(RESULTS, "distributed parts", text)
    return rows


def run_growth(names, session, command, write):
    from suite import growth_pages  # matplotlib takes its time

    sweeps = []
    for name in names:
        sweep = growth.SWEEPS[name](session)
        text = growth_pages.table(sweep, session, command)
        print(f"\n{text}", flush=True)
        if write:
            pages.replace(PERFORMANCE, f"growth of {name}", text)
            growth_pages.plot(sweep, DOCS / growth_pages.plot_path(sweep))
        sweeps.append(sweep)
    return sweeps


def parse(words):
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--growth", action="store_true", help="the growth tables and plots instead")
    kind.add_argument("--distributed", action="store_true", help="the distributed mode instead")
    parser.add_argument("--seconds", type=int, help=(
        f"length of one run ({SECONDS}; with --growth {GROWTH_SECONDS}; with --distributed {DISTRIBUTED_SECONDS}, "
        "less is a trial that is not written to a page)"))
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"alternating pairs of a ratio ({PAIRS})")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"runs of everything that is no ratio ({RUNS})")
    parser.add_argument("--only", default="", help=(
        f"comma-separated: ratios ({', '.join(ratios.NAMES)}), figures ({', '.join(FIGURES)}); "
        f"with --growth: {', '.join(growth.SWEEPS)}; "
        f"with --distributed: distributed ({', '.join(distributed.NAMES)}), parts ({', '.join(parts.FIGURES)})"))
    parser.add_argument("--programs", type=pathlib.Path, default=servers.BUILD,
                        help="a folder of other programs than the release's (build/release)")
    parser.add_argument("--no-write", action="store_true", help="touch no page")
    parser.add_argument("--json", action="store_true", help="print the results as JSON, too")
    arguments = parser.parse_args(words)
    arguments.only = set(arguments.only.split(",")) - {""}
    arguments.groups, seconds = (
        (["growth"], GROWTH_SECONDS) if arguments.growth else
        (["distributed", "parts"], DISTRIBUTED_SECONDS) if arguments.distributed else (["ratios", "figures"], SECONDS))
    known = {name for group in arguments.groups for name in (group, *GROUPS[group])}
    if unknown := arguments.only - known:
        parser.error(f"--only: unknown {', '.join(sorted(unknown))}")
    arguments.seconds = arguments.seconds or seconds
    return arguments


def main(words):
    arguments = parse(words)
    raise_file_limit()
    pairs, runs = Session(arguments.seconds, arguments.pairs), Session(arguments.seconds, arguments.runs)
    servers.BUILD = arguments.programs.resolve()
    measured = {"growth": (run_growth, runs), "ratios": (run_ratios, pairs), "figures": (run_figures, runs),
                "distributed": (run_distributed, pairs), "parts": (run_parts, runs)}
    command = shlex.join(["./dev", "bench", *words])
    results = []
    for group in arguments.groups:
        run_part, session = measured[group]
        if names := chosen(arguments.only, GROUPS[group], group):
            results += run_part(names, session, command, write=not arguments.no_write)
    if arguments.json:
        print(json.dumps([dataclasses.asdict(result) for result in results]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
