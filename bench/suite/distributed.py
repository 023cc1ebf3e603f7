"""The distributed mode over the bare HTTP server: alternating pairs, each against a fresh set of real servers.

Closed loops say what is admitted while a backlog may grow; the open loop, which rate the consumer keeps up with.
"""

import dataclasses
import statistics

from suite import pages
from suite.backlog import AGE_SECONDS_MAX, keeps_up
from suite.cluster import Setup, run_claims
from suite.generator import PEAK_CONNECTIONS
from suite.ratios import measure_bare, notes_on
from suite.session import median_of, rate_of

# Seconds of the sustained rate, and from when on the backlog is judged, in those of a closed loop (10: after 30 s).
SUSTAINED_FACTOR, JUDGED_FACTOR = 3.5, 3
SHARES = (0.45, 0.35, 0.25, 0.15, 0.10)  # of bare, tried in this order
ANSWERED_SHARE_MIN = 0.98  # of the rate that is offered


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One row of the table, and the least ratio it is to reach, if any."""

    name: str
    title: str
    connections: int = PEAK_CONNECTIONS
    setup: Setup = Setup()
    target: float = None

    @property
    def sustained(self):
        return self.name == "sustained"


SCENARIOS = [
    Scenario("closed", "closed loop, a backlog may grow", target=0.55),
    Scenario("closed_64", "closed loop, a backlog may grow", connections=64),
    Scenario("two_nodes", "closed loop, a backlog may grow", setup=Setup(nodes=2)),
    Scenario("no_aof", "closed loop, a backlog may grow", setup=Setup(aof="no")),
    Scenario("aof_always", "closed loop, a backlog may grow", setup=Setup(aof="always")),
    Scenario("reply_ledger", "closed loop, a yes is a row", setup=Setup(reply_after="ledger")),
    Scenario("sustained", "sustained, the consumer keeps up", target=0.45),
]
NAMES = [scenario.name for scenario in SCENARIOS]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What was measured: distributed over bare in each pair; medians of the rates, milliseconds, the backlog and CPU.

    `kept_up` says whether the consumer did (None: not asked).
    """

    scenario: Scenario
    values: list
    rate: float
    bare_rate: float
    p50: float
    p99: float
    backlog: str
    cpu: str
    notes: str = ""
    kept_up: bool = None

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def met(self):
        """Whether the target is; None where there is none."""
        return None if self.scenario.target is None else self.kept_up is not False and (
            round(self.median, 2) >= self.scenario.target)

    def row(self):
        setup, target = self.scenario.setup, self.scenario.target
        return [self.scenario.title, f"{self.scenario.connections}", f"{setup.nodes}", setup.aof, setup.reply_after,
                f"`{setup.level}`", f"{target:.2f}" if target else "-", pages.median_and_range(self.values, ".2f"),
                {True: "yes", False: "**no**", None: "-"}[self.met], f"{self.rate:,.0f}", f"{self.bare_rate:,.0f}",
                f"{self.p50:.2f}", f"{self.p99:.2f}", self.backlog, self.cpu, self.notes]


def compare(scenario, pairs, notes="", kept_up=None):
    """The row of (bare report, run) pairs."""
    bares, runs = zip(*pairs)
    told = "; ".join(text for text in (notes, notes_on(runs, bares)) if text)
    return Comparison(scenario, [run.per_second() / bare.per_second() for bare, run in pairs], rate_of(runs),
                      rate_of(bares), median_of(runs, "p50"), median_of(runs, "p99"), backlog_text(runs),
                      cpu_text(runs), told, kept_up)


def backlog_text(runs):
    """Medians: the last backlog that the consumer told of under load, its age, and how long it took to drain."""
    ends = [run.backlog[-1] for run in runs if run.backlog]
    if not ends:
        return "-"
    claims, age, drained = (statistics.median(values) for values in (
        [end.claims for end in ends], [end.oldest_seconds for end in ends], [run.drain_seconds for run in runs]))
    return f"{claims:,.0f}, {age:.1f} s old; gone after {drained:.1f} s"


def cpu_text(runs):
    """Medians of the CPU seconds of each process while the load lasted."""
    medians = {name: statistics.median(run.cpu[name] for run in runs) for name in runs[0].cpu}
    return ", ".join(f"{name} {seconds:.1f}" for name, seconds in medians.items())


def measure(scenario, session):
    return measure_sustained(scenario, session) if scenario.sustained else measure_closed(scenario, session)


def measure_closed(scenario, session):
    def pair():
        bare = measure_bare(scenario, session.seconds)
        run = run_claims(scenario.setup, session.seconds, scenario.connections)
        return shown(bare, required(run, give_up=False))

    return compare(scenario, session.repeat(f"{scenario.name}, {scenario.connections} connections", pair))


def required(run, give_up):
    """Every answer is a yes, else nothing was measured; with `give_up`, requests may find no free connection."""
    for report in run.reports:
        if report.errors and give_up and report.errors == report.not_sent and not report.refused:
            continue
        report.require("winners")
    return run


def shown(bare, run):
    print(f"    {run.per_second():,.0f}/s over {bare.per_second():,.0f}/s = "
          f"{run.per_second() / bare.per_second():.2f}; backlog {backlog_text([run])}", flush=True)
    return bare, run


def is_sustained(run, rate, after_seconds):
    """Whether what was offered was answered, and the consumer kept up from `after_seconds` on."""
    return run.per_second() >= ANSWERED_SHARE_MIN * rate and keeps_up(run.backlog, after_seconds)


def measure_sustained(scenario, session):
    """The largest share of bare, of those in SHARES, that was sustained in each pair."""
    notes = []
    for share in SHARES:
        pairs, kept_up = sustained_pairs(scenario, session, share)
        if kept_up:
            break
        notes.append(f"not sustained: {share:.2f} ({pairs[-1][1].per_second():,.0f}/s, "
                     f"backlog {backlog_text([pairs[-1][1]])})")
    return compare(scenario, pairs, "; ".join(notes), kept_up)


def sustained_pairs(scenario, session, share):
    """Pairs at this share of bare, up to the first that is not sustained; and whether all were."""
    pairs = []
    for number in range(session.runs):
        print(f"  sustained at {share:.2f} of bare, run {number + 1}/{session.runs}", flush=True)
        bare = measure_bare(scenario, session.seconds)
        rate = share * bare.per_second()
        run = run_claims(scenario.setup, SUSTAINED_FACTOR * session.seconds, scenario.connections, rate)
        pairs.append(shown(bare, required(run, give_up=True)))
        if not is_sustained(run, rate, JUDGED_FACTOR * session.seconds):
            return pairs, False
    return pairs, True


def table(comparisons, session, command):
    """The section of bench/RESULTS.md."""
    return pages.section("Distributed mode: Redis, consumer and MariaDB over the bare HTTP server", [
        f"{pages.written_by(command)} New users, all admitted; median of {session.runs} alternating pairs, each "
        "against fresh servers on the same cores: redis-server, mariadbd, `coupon-api` (2 event loops a node), one "
        "`coupon-consumer`, `coupon-load`. `bare` is one `bench/bare_http_server` at as many connections. MariaDB "
        "flushes at every commit in each row. Each run ends when the ledger has a row for every yes, or it is no "
        "result. Two nodes share the connections.",
        f"A closed loop lasts {session.seconds} s. The sustained rate is an open loop of "
        f"{SUSTAINED_FACTOR * session.seconds:g} s at the largest of {', '.join(f'{share:.2f}' for share in SHARES)} "
        f"of bare at which {100 * ANSWERED_SHARE_MIN:.0f} % of what was offered was answered and, from second "
        f"{JUDGED_FACTOR * session.seconds:g} on, no claim waited longer than {AGE_SECONDS_MAX:g} s for the ledger, in "
        "each pair. "
        "The backlog is what the consumer's /metrics said last under load; `others` among the CPU seconds are the "
        "kernel and whoever else was on the machine: where they used much, neither side of the ratio had it.",
    ], ["what", "connections", "nodes", "Redis' AOF", "reply after", "level", "target", "measured (range)", "met",
        "claims/s", "bare/s", "p50 ms", "p99 ms", "backlog at the end", "CPU seconds under load", "notes"],
        [comparison.row() for comparison in comparisons])
