"""The parts of the distributed mode alone: claim.lua in Redis, and the consumer into MariaDB."""

import re
import statistics
import subprocess

from suite import pages
from suite.figures import Figure
from suite.servers import program

CLAIMS = 1_000_000
SCRIPT_BATCH, WRITE_BATCH = 128, 5_000
SCRIPT_TARGET, DRAIN_TARGET = 450_000, 150_000
SECONDS_MAX = 900


def output_of(name, *words):
    """What the program of bench/ printed. One that fails is no result."""
    done = subprocess.run([program(f"bench/{name}"), *map(str, words)], capture_output=True, text=True,
                          timeout=SECONDS_MAX, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{name} ended with {done.returncode}: {done.stderr.strip()}: not a result")
    return done.stdout


def numbers_of(text, pattern):
    """The groups of every place where `pattern` matches, as numbers: a list a group. None is no result."""
    found = [match.groups() for match in re.finditer(pattern, text)]
    if not found:
        raise SystemExit(f"nothing like '{pattern}' in: {text.strip()}: not a result")
    return [[float(value) for value in values] for values in zip(*found)]


def script(session):
    """claim.lua alone: claims a second of one Redis core, and what a held user occupies."""
    print(f"  the script alone, {session.runs} runs", flush=True)
    return script_figures(output_of("redis-script", CLAIMS, SCRIPT_BATCH, session.runs))


def script_figures(text):
    of_core, by_clock, user_bytes, stream_bytes = numbers_of(
        text, r"run \d+: (\d+) claims a second of Redis' core, (\d+) by the clock; ([\d.]+) bytes a user, "
              r"([\d.]+) in the stream")
    yield Figure(f"Redis script alone, batches of {SCRIPT_BATCH}, {CLAIMS:,} users, no AOF", "claims/s a Redis core",
                 of_core, f">= {SCRIPT_TARGET:,}", statistics.median(of_core) >= SCRIPT_TARGET, decimals=0,
                 notes=f"level `process`; {statistics.median(by_clock):,.0f} claims/s by the clock")
    yield Figure("a held user in Redis", "bytes", user_bytes, decimals=1,
                 notes=f"56 in a plain hash; and {statistics.median(stream_bytes):.1f} in the stream until the row is "
                       "there")


def drain(session):
    """The consumer alone, from its start until the stream is empty."""
    texts = session.repeat("the consumer alone", lambda: output_of(
        "consumer-drain", program("coupon-consumer"), CLAIMS, WRITE_BATCH))
    return drain_figures("\n".join(texts))


def drain_figures(text):
    (rates,), (rows,) = numbers_of(text, r"s: (\d+) rows/s"), numbers_of(text, r"rows in the table: \D*(\d+)")
    if set(rows) != {CLAIMS}:
        raise SystemExit(f"{rows} rows in the table where {CLAIMS} are right: not a result")
    consumer, mariadb, redis = (statistics.median(seconds) for seconds in numbers_of(
        text, r"CPU seconds: consumer ([\d.]+), mariadbd ([\d.]+), redis-server ([\d.]+)"))
    yield Figure(f"consumer into MariaDB, {CLAIMS:,} queued claims, empty table, batches of {WRITE_BATCH:,}", "rows/s",
                 rates, f">= {DRAIN_TARGET:,}", statistics.median(rates) >= DRAIN_TARGET, decimals=0,
                 notes="level `durable`: flushed at every commit; the start of the program included; CPU seconds: "
                       f"consumer {consumer:.2f}, mariadbd {mariadb:.2f}, redis-server {redis:.2f}")


FIGURES = {"script": script, "drain": drain}


def table(figures, session, command):
    """The section of bench/RESULTS.md."""
    return pages.section("Distributed mode: its parts alone", [
        f"{pages.written_by(command)} Median and range of {session.runs} runs of `bench/redis-script` and "
        "`bench/consumer-drain`, each against fresh servers on the same cores."
    ], ["what", "target", "measured (range)", "met", "notes"], [figure.row() for figure in figures])
