"""The distributed mode under load: a fresh Redis, MariaDB, coupon-api and coupon-consumer for each run."""

import contextlib
import dataclasses
import pathlib
import tempfile
import time

from suite import servers
from suite.backlog import BacklogWatch, sample_of
from suite.generator import GENERATOR_THREADS, Load, Running, users_of_run
from support.distributed import Cluster
from support.wait import wait_until

DRAIN_SECONDS_MAX = 180
FIRST_USER = 9_000_000_000_000_000_000  # the first claims at each node, which make it load the coupon; nobody else's
# By the word of redis.conf, or "no" for no append-only file: what is set, and the acknowledgement level of a yes.
REDIS = {
    "no": ({"appendonly": "no"}, "process"),
    "everysec": ({"appendonly": "yes", "appendfsync": "everysec"}, "os"),
    "always": ({"appendonly": "yes", "appendfsync": "always"}, "durable"),
}
# As large as the data; what decides what survives stays as it is: flushed at every commit.
MARIADB = {"innodb-buffer-pool-size": "256M", "innodb-log-file-size": "256M"}
SURVEY_SECONDS_MAX = 30  # a consumer has seen all coupons by then
BACKLOG_CLAIMS_MAX = 100_000_000  # more than a run admits: a refusal for the backlog is no result


@dataclasses.dataclass(frozen=True)
class Setup:
    """What is started: coupon-api `nodes`, Redis' append-only file (a key of REDIS), what a yes waits for."""

    nodes: int = 1
    aof: str = "everysec"
    reply_after: str = "admission"

    @property
    def level(self):
        """The acknowledgement level of a yes."""
        return "durable" if self.reply_after == "ledger" else REDIS[self.aof][1]


@dataclasses.dataclass(frozen=True)
class Run:
    """What one run told: a report of each node's generator, the backlog, CPU seconds by process, seconds to drain."""

    reports: list
    backlog: list
    cpu: dict
    drain_seconds: float

    def per_second(self):
        """Admitted claims a second at all nodes."""
        return sum(report.per_second() for report in self.reports)

    def percentile(self, name):
        """Of the slowest node, in milliseconds."""
        return max(report.percentile(name) for report in self.reports)

    @property
    def generator_limits(self):
        return [limit for report in self.reports for limit in report.generator_limits]

    @property
    def not_sent(self):
        return sum(report.not_sent for report in self.reports)


@contextlib.contextmanager
def fresh_cluster(setup):
    with tempfile.TemporaryDirectory(prefix="coupon_bench_") as folder:
        cluster = Cluster(folder, apis=setup.nodes, programs=pathlib.Path(servers.BUILD), mariadb=MARIADB,
                          redis=REDIS[setup.aof][0], api={
                              "server.threads": servers.EVENT_LOOPS, "queue.backlog_max": BACKLOG_CLAIMS_MAX,
                              "admission.reply_after": setup.reply_after})
        try:
            yield cluster.start()
        finally:
            cluster.close()


def run_claims(setup, seconds, connections, rate=None):
    """One run of new users against a fresh cluster, all admitted, until the last claim is a row of the ledger.

    A closed loop, or an open one at `rate` claims a second. Connections, rate and generator threads are shared among
    the nodes.
    """
    with fresh_cluster(setup) as cluster:
        coupon = cluster.new_coupon(stock=None)
        for node in range(setup.nodes):
            if cluster.settle(coupon, FIRST_USER + node, node).status_code not in (201, 202):
                raise SystemExit(f"node {node} refuses the first claim: not a result")
        cluster.wait_drained(coupon)
        consumer = cluster.consumers[0]
        wait_until(lambda: sample_of(consumer.get("/metrics").text, 0), SURVEY_SECONDS_MAX, "the backlog is known")
        before = cpu_seconds(cluster)
        with BacklogWatch(consumer) as watch, contextlib.ExitStack() as stack:
            generators = [stack.enter_context(Running(
                api.port, Load(coupon, connections // setup.nodes, rate and rate / setup.nodes, users_of_run(node)),
                seconds, threads=GENERATOR_THREADS // setup.nodes)) for node, api in enumerate(cluster.apis)]
            reports = [generator.report() for generator in generators]
        used = used_between(before, cpu_seconds(cluster), sum(report.cpu_seconds for report in reports))
        return Run(reports, watch.samples, used, wait_for_rows(cluster, coupon, reports))


def cpu_seconds(cluster):
    """Of each process since its start, by its name and number; of the machine as "others"."""
    return {**{part.folder.name: servers.cpu_seconds_of(part.pid) for part in cluster.parts()},
            "others": servers.cpu_seconds_of_machine()}


def used_between(before, after, generator_seconds):
    """CPU seconds from one cpu_seconds() to another; of the machine only what nobody named has used."""
    used = {name: after[name] - before[name] for name in before}
    used["generator"] = generator_seconds
    others = used.pop("others")
    return {**used, "others": max(0.0, others - sum(used.values()))}


def wait_for_rows(cluster, coupon, reports):
    """Seconds until the queue is empty. Each yes must be a row then, and no row without a yes."""
    began = time.monotonic()
    wait_until(lambda: cluster.queued(coupon) == 0, DRAIN_SECONDS_MAX, "the queue is empty")
    seconds = time.monotonic() - began
    winners = sum(report.winners for report in reports) + len(reports)  # with the first claim at each node
    rows = cluster.mariadb.value("SELECT COUNT(*) FROM coupon_issuance WHERE coupon_id = %s", coupon)
    if rows != winners or cluster.dead_letters(coupon):
        raise SystemExit(f"{winners} claims were admitted, {rows} are in the ledger and "
                         f"{len(cluster.dead_letters(coupon))} are dead letters: not a result")
    return seconds
