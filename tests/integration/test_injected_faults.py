"""Promises P1 to P7 when a system call of the real service fails or kills it at the n-th time."""

import asyncio
import os
import signal

import pytest

from support.chance import seeded
from support.history import Answer, History, survivors_of
from support.injection import injecting
from support.load import ClaimLoad

STOCK = 20
CLIENTS = 16
LOAD_SECONDS = 0.4
LONG = bool(os.environ.get("TEST_LONG_SWEEP"))
STEPS = range(1, 61) if LONG else (1, 2, 3, 4, 6, 11, 20, 45)
DELAY_SECONDS = 0.25

# What happens at the n-th time: the calls, the fault, and whether it stays ("+": from then on).
KILLS = {
    "before a sync": ("fdatasync", "signal=SIGKILL", ""),
    "before a write": ("pwrite64", "signal=SIGKILL", ""),
    "before an answer": ("sendto", "signal=SIGKILL", ""),
}
FAILURES = {
    "sync fails once": ("fdatasync", "error=EIO", ""),
    "sync fails for good": ("fdatasync", "error=EIO", "+"),
    "write fails once": ("pwrite64", "error=EIO", ""),
    "disk full for good": ("pwrite64", "error=ENOSPC", "+"),
}


def start_with(service, words):
    """Whether it came up: a fault may hit the start itself, which must then end and not pretend."""
    service.wrapper = words
    service.start(wait=False)
    try:
        service.wait_ready()
    except RuntimeError:
        return False
    finally:
        service.wrapper = []
    return True


def assert_closed(service, history, lasting, told_unknown):
    """Nothing is admitted any more; winners are still recognised; after a failed write it is not ready."""
    assert {service.claim(lasting, user).status_code for user in range(200_000, 200_010)} == {503}
    won = history.told(lasting, 201)[-1]
    again = service.claim(lasting, won.user)
    assert (again.status_code, again.json()["claim"]["sequence"]) == (409, won.sequence)
    assert service.get("/livez").status_code == 200
    if told_unknown:
        assert service.get("/readyz").status_code == 503


class Rounds:
    """Rounds over one data folder: one coupon lives through all of them, two are new in each."""

    def __init__(self, service):
        self.service = service.start()
        self.seed, _ = seeded()
        self.history = History()
        self.lasting = service.create_coupon(None)["id"]
        assert service.claim(self.lasting, 300_000).status_code == 201
        self.history.add(Answer(self.lasting, 300_000, 201, sequence=1))
        self.failed_starts = self.hits = self.misses = 0

    def run(self, name, calls, fault, when, killed):
        """One round: a start with the fault, claims until nobody is answered any more, a kill, a sound start.

        `killed`: the start has a log to settle, which is where the first steps then fall.
        """
        what = f"{name}: {calls} {fault} when={when}, killed before: {killed}, seed {self.seed}"
        scarce, ample = (self.service.create_coupon(stock)["id"] for stock in (STOCK, STOCK * 100))
        if killed:
            self.service.kill9()
        else:
            assert self.service.terminate() == 0
        if start_with(self.service, injecting(calls, fault, when)):
            self._claim({self.lasting: 100_000, scarce: STOCK * 4, ample: STOCK * 200}, what)
        else:
            self.failed_starts += 1
        self.service.kill9()
        self.service.start()
        assert self.history.check(survivors_of(self.service, self.history.coupons())) == [], what

    def _claim(self, users, what):
        """Ends when every client was told 503 or cut off; without a fault, with a kill after LOAD_SECONDS."""
        known = len(self.history.answers)
        late = []
        load = ClaimLoad(self.service, self.history, users, what, CLIENTS)
        asyncio.run(load.run(LOAD_SECONDS, lambda: late.append(self.service.signal(signal.SIGKILL))))
        if late:
            self.misses += 1
            return
        self.hits += 1
        refused = {answer.code for answer in self.history.answers[known:] if answer.status == 503}
        if refused:
            assert_closed(self.service, self.history, self.lasting, "unknown" in refused)


def sweep(rounds, table):
    for name, (calls, fault, stays) in table.items():
        for step in STEPS:
            rounds.run(name, calls, fault, f"{step}{stays}", killed=step % 2 == 0)


@pytest.mark.slow
@pytest.mark.parametrize("table", [KILLS, FAILURES], ids=["kills", "failures"])
def test_nothing_answered_is_lost_whichever_system_call_kills_or_fails(make_service, table):
    rounds = Rounds(make_service())
    sweep(rounds, table)
    print(f"{rounds.failed_starts} starts and {rounds.hits} runs were hit, {rounds.misses} were not")
    assert rounds.failed_starts, "no fault hit a start"
    assert rounds.hits > rounds.misses, "most faults hit nothing"


def test_no_answer_leaves_before_its_sync(make_service, tmp_path):
    service = make_service().start()
    coupon = service.create_coupon(1)["id"]
    service.kill9()
    delay = injecting("fdatasync", f"delay_enter={int(DELAY_SECONDS * 1_000_000)}")
    assert start_with(service, delay), service.log_tail()
    won = service.claim(coupon, 1)
    assert won.status_code == 201 and won.elapsed.total_seconds() >= DELAY_SECONDS
    # What rests on a durable claim waits for nothing; the yes before it did.
    assert service.claim(coupon, 2).json()["code"] == "sold_out"
