"""Runs build/release/bench/coupon-load and reads its report. What must not happen in a run ends the benchmark."""

import dataclasses
import json
import subprocess

from suite.servers import check_files, program

# limits::kFilesBesideConnections: the service, which inherits this process's limit, keeps so many for other uses.
FILES_BESIDE_CONNECTIONS = 128
PEAK_CONNECTIONS = 512
GENERATOR_THREADS = 2
USERS_OF_A_RUN_MAX = 1_000_000_000


def users_of_run(number):
    """Users that no other run against the same service has.

    A closed loop's threads take every second number, so ids may exceed the count of requests; runs are 1,000,000,000
    apart.
    """
    return f"{number * USERS_OF_A_RUN_MAX + 1}.."


def coupon_range(first, count):
    """The `coupon` of a Load that is spread over `count` coupons."""
    return f"{first}..{first + count - 1}"


@dataclasses.dataclass(frozen=True)
class Load:
    """One class of requests: a closed loop, or with a rate (a second) an open one. `coupon` may be a range, 1..10."""

    coupon: object = 1
    connections: int = PEAK_CONNECTIONS
    rate: float = None
    users: str = "1.."

    def text(self):
        rate = f",rate={self.rate:.0f}" if self.rate else ""
        return f"all:coupon={self.coupon},connections={self.connections},users={self.users}{rate}"


class Report:
    """What one coupon-load counted; times in milliseconds."""

    def __init__(self, load, text):
        self.load = load
        whole = json.loads(text)
        self.seconds, self.generator_limits, self.cpu_seconds = (
            whole["seconds"], whole["generator_limits"], whole["generator"]["cpu_seconds"])
        self.idle_lost = whole["idle_lost"]
        one = whole["classes"][0]
        self.requests, self.winners, self.refused, self.errors = (
            one[name] for name in ("requests", "winners", "refused", "errors"))
        self.by_status, self.latency, self.not_sent = one["by_status"], one["latency_ms"], one["not_sent"]

    def per_second(self):
        """Decided answers: admitted or refused."""
        return (self.winners + self.refused) / self.seconds

    def percentile(self, name):
        """p50, p90, p99, p999 or max of the kind of answers that was asked for, from the intended time."""
        return self.latency["winners" if self.winners else "refused"][name]

    def require(self, kind):
        """Every answer of this `kind` (winners or refused), no error: else nothing was measured."""
        counted = {"winners": self.winners, "refused": self.refused}
        if self.errors or self.idle_lost or counted[kind] != self.requests:
            raise SystemExit(f"{self.load.text()}: {self.winners} admitted, {self.refused} refused, {self.errors} "
                             f"errors, {self.idle_lost} idle connections lost of {self.requests} requests, where all "
                             f"should be {kind}: not a result")
        return self


class Running:
    """A generator at work: with `threads` threads whatever the machine has, but none without a connection.

    Left as a with-block it is ended.
    """

    def __init__(self, port, load, seconds, threads=GENERATOR_THREADS, idle=0, timeout="10s"):
        check_files(load.connections + idle + FILES_BESIDE_CONNECTIONS)
        self.load = load
        self.limit_seconds = seconds + 90
        self.process = subprocess.Popen(
            [program("bench/coupon-load"), "--json", "--target", f"127.0.0.1:{port}",
             "--class", load.text(), "--duration", f"{round(seconds * 1000)}ms", "--timeout", timeout,
             "--threads", str(min(threads, load.connections)), "--idle", str(idle)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def report(self):
        try:
            output, errors = self.process.communicate(timeout=self.limit_seconds)
        except subprocess.TimeoutExpired:
            raise SystemExit(f"{self.load.text()}: coupon-load hangs: not a result") from None
        if not output:
            raise SystemExit(f"{self.load.text()}: {errors.strip() or 'coupon-load ended without a report'}")
        return Report(self.load, output)


def run_load(port, load, seconds, **options):
    """One run, from its start to its last answer. Options are those of Running."""
    with Running(port, load, seconds, **options) as running:
        return running.report()


def check_issuances(api, *reports, before=0):
    """The service counts as many issuances as the generator winners, beside the `before` that were there already."""
    winners = before + sum(report.winners for report in reports)
    issued = api.issued()
    if issued != winners:
        raise SystemExit(f"{winners} issuances are answered for and {issued} are there: not a result")
