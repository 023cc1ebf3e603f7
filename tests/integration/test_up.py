"""./dev up: the distributed set on one machine, for a person and as a smoke test."""

import itertools
import os
import re
import signal
import socket
import subprocess

import pytest
import requests

from support.process import ROOT, debians, free_port, outside_environment
from support.service import build_dir
from support.wait import wait_until

START_SECONDS = 60
STOP_SECONDS = 40
PARTS = ["api-1", "api-2", "consumer-1", "consumer-2", "redis", "mariadb"]
STOP_STAGES = [{"api-1", "api-2"}, {"consumer-1", "consumer-2"}, {"redis", "mariadb"}]
# In the place of a program: runs it, and writes down when it is told to stop and when it has ended.
WITNESS = """part=$(basename "$PWD")
setpriv --pdeathsig KILL {program} "$@" &
child=$!
trap 'echo "told $part" >>{events}; kill -TERM $child' TERM
wait $child
code=$?
[ $code -lt 128 ] || {{ wait $child; code=$?; }}
echo "ended $part" >>{events}
exit $code"""


def free_base():
    """The first of six ports in a row that nobody listens on."""
    while True:
        base = free_port()
        if all(port_is_free(base + offset) for offset in range(len(PARTS))):
            return base


def port_is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


class Up:
    """One ./dev up over `folder`; its output is read from a file, so that it never waits for us."""

    def __init__(self, folder, base, programs, path=None):
        """`path`: a folder whose programs are found before all others."""
        self.base = base
        environment = outside_environment()
        if path:
            environment["PATH"] = f"{path}:{environment['PATH']}"
        self.output_file = folder.parent / f"up.{base}.txt"
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                [ROOT / "dev", "up", "--base-port", str(base), "--data", folder, "--programs", programs],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment,
                start_new_session=True)

    def output(self):
        return self.output_file.read_text(errors="replace")

    def wait_welcome(self):
        wait_until(lambda: "begin anew" in self.output() or self.process.poll() is not None, START_SECONDS,
                   "./dev up says what to try")
        assert self.process.poll() is None, self.output()
        return self

    def url(self, node, path):
        return f"http://127.0.0.1:{self.base + node}{path}"

    def coupon(self):
        return int(re.search(r"Coupon (\d+) is open", self.output()).group(1))

    def press_ctrl_c(self):
        """As a terminal does it: to the whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def wait_exit(self):
        code = self.process.wait(STOP_SECONDS)
        assert all(port_is_free(self.base + offset) for offset in range(len(PARTS))), self.output()
        return code


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One data folder for all runs: MariaDB's is prepared once."""
    return tmp_path_factory.mktemp("up") / "data"


@pytest.fixture
def up(folder):
    started = []

    def start(programs=build_dir(), base=None, path=None):
        started.append(Up(folder, base or free_base(), programs, path))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
            one.process.wait(STOP_SECONDS)


def program(folder, name, text):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_port_that_is_taken_is_named_and_nothing_starts(up):
    base = free_base()
    with socket.create_server(("127.0.0.1", base + PARTS.index("redis"))) as foreign:
        run = up(base=base)
        assert run.process.wait(STOP_SECONDS) == 1
        foreign.setblocking(False)
        assert f"port {base + 4}, which redis would use, is taken by somebody else" in run.output()
        assert "starts on port" not in run.output()


def test_part_that_does_not_come_up_shows_its_log_and_everything_else_stops(up, tmp_path):
    program(tmp_path / "programs", "coupon-api", "echo no room for a store; exit 73")
    program(tmp_path / "programs", "coupon-consumer", "exec tail -f /dev/null")
    run = up(tmp_path / "programs")
    assert run.wait_exit() == 1
    assert re.search(r"up: api-1 ended before it was ready; the end of its log \(.*/api-1/log\):\n"
                     r" +no room for a store", run.output())
    for server in ("redis", "mariadb"):
        assert f"up: {server} stopped" in run.output()


@pytest.fixture
def witnesses(tmp_path):
    """A folder with a witness of every program of the set; its `events` tell what happened, in order."""
    folder = tmp_path / "witnesses"
    for name in ("coupon-api", "coupon-consumer", "redis-server", "mariadbd"):
        original = build_dir() / name if name.startswith("coupon-") else debians(name)
        program(folder, name, WITNESS.format(program=original, events=folder / "events"))
    return folder


def assert_stopped_stage_by_stage(events):
    """Nobody is told to stop before everyone of the stage before has ended."""
    assert sorted(events) == sorted(f"{what} {part}" for part in PARTS for what in ("told", "ended")), events
    for stage, following in itertools.pairwise(STOP_STAGES):
        ended = max(events.index(f"ended {part}") for part in stage)
        assert ended < min(events.index(f"told {part}") for part in following), events


@pytest.mark.slow
def test_both_nodes_decide_alike_ctrl_c_stops_in_order_and_data_is_kept(up, witnesses):
    first = up(programs=witnesses, path=witnesses).wait_welcome()
    path = f"/v1/coupons/{first.coupon()}/claims"
    admitted = requests.post(first.url(0, path), json={"userId": 42}, timeout=10)
    again = requests.post(first.url(1, path), json={"userId": 42}, timeout=10)
    assert (admitted.status_code, again.status_code) == (201, 409), first.output()
    assert again.json()["claim"]["sequence"] == admitted.json()["sequence"]
    first.press_ctrl_c()
    assert first.wait_exit() == 0, first.output()
    assert re.findall(r"^up: (\S+) stopped$", first.output(), re.M) == PARTS, first.output()
    assert_stopped_stage_by_stage((witnesses / "events").read_text().splitlines())

    second = up().wait_welcome()
    assert second.coupon() == first.coupon()
    kept = requests.get(second.url(1, f"{path}/42"), timeout=10)
    assert kept.json()["sequence"] == admitted.json()["sequence"], kept.text
    second.process.terminate()
    assert second.wait_exit() == 0, second.output()


@pytest.mark.slow
def test_part_that_dies_later_is_named_and_everything_else_stops(up):
    run = up().wait_welcome()
    (pid,) = subprocess.run(["pgrep", "-f", f"coupon-consumer .*server.port={run.base + 3}"], text=True,
                            capture_output=True, check=True).stdout.split()
    os.kill(int(pid), signal.SIGKILL)
    assert run.wait_exit() == 1
    assert "up: consumer-2 ended by itself; the end of its log" in run.output()


@pytest.mark.slow
def test_second_run_over_the_same_folder_is_kept_out(up):
    first = up().wait_welcome()
    second = up()
    assert second.process.wait(STOP_SECONDS) == 1
    assert "another ./dev up holds" in second.output()
    assert first.process.poll() is None


@pytest.mark.slow
def test_smoke_run_claims_at_both_nodes_and_finds_the_row():
    run = subprocess.run([ROOT / "dev", "up", "--smoke", "--programs", build_dir()], capture_output=True, text=True,
                         timeout=120, check=False, env=outside_environment())
    assert run.returncode == 0, run.stdout + run.stderr
    assert "claimed at one node, refused at the other, found the row, stopped in order: ok" in run.stderr
