"""Promises P1 to P6 while processes of the distributed mode are killed at random under load."""

import os
import time

import pytest

from support.chance import seeded
from support.distributed_history import check_stores
from support.history import History
from support.load import LastingLoad
from support.wait import wait_until

ROUNDS = 60 if os.environ.get("TEST_LONG_SWEEP") else 10
STOCK = 20
VICTIMS = {
    "a node": lambda cluster, chance: chance.choice(cluster.apis),
    "a consumer": lambda cluster, chance: chance.choice(cluster.consumers),
    "redis": lambda cluster, chance: cluster.redis,
    "mariadb": lambda cluster, chance: cluster.mariadb,
}
ANSWERS_BETWEEN = (20, 400)  # before each kill, and after the last
SECONDS = 60
QUIET_SECONDS = 0.3  # nobody answers: time to go on


def wait_answers(history, count):
    """Until `count` more answers have come, or none has come for a while."""
    seen = [len(history.answers), time.monotonic()]
    wanted = seen[0] + count

    def enough():
        if len(history.answers) != seen[0]:
            seen[:] = [len(history.answers), time.monotonic()]
        return seen[0] >= wanted or time.monotonic() - seen[1] > QUIET_SECONDS

    wait_until(enough, SECONDS, "the load goes on")


def kill_some(cluster, chance, history, order):
    """Kills two or three, one after the other; each comes back before the next goes, or only after it."""
    for victim in order:
        wait_answers(history, chance.randint(*ANSWERS_BETWEEN))
        part = VICTIMS[victim](cluster, chance)
        if part.running():
            part.kill9()
        if chance.random() < 0.5:
            part.start(wait=False)
    cluster.heal()
    wait_answers(history, ANSWERS_BETWEEN[1])


@pytest.mark.slow
def test_nothing_answered_is_lost_or_changed_whoever_is_killed(make_cluster):
    seed, chance = seeded()
    cluster = make_cluster(apis=2, consumers=2)
    history = History()
    lasting = cluster.new_coupon(None)
    coupons = [lasting]
    for turn in range(ROUNDS):
        # One coupon lives through every round, two with a stock are new: one of them is soon sold out.
        scarce, ample = cluster.new_coupon(STOCK), cluster.new_coupon(STOCK * 100)
        coupons += [scarce, ample]
        users = {lasting: 100_000, scarce: STOCK * 4, ample: STOCK * 200}
        # Every victim has its turn in four rounds, however the dice fall.
        order = [list(VICTIMS)[turn % len(VICTIMS)], *chance.choices(list(VICTIMS), k=chance.randint(1, 2))]
        print(f"round {turn}: {order}, coupons {sorted(users)}")
        with LastingLoad(cluster.apis, history, users, f"{seed}/{turn}"):
            kill_some(cluster, chance, history, order)
        cluster.wait_drained(lasting, scarce, ample)
        faults = check_stores(history, cluster.stores(*coupons))
        assert faults == [], f"seed {seed}, round {turn}, killed {order}\n{cluster.log_tails()}"
    told = {status: sum(answer.status == status for answer in history.answers) for status in (201, 409, 410, 503)}
    print(f"{told} answers, {history.unanswered} without one")
    assert told[201] and told[409] and told[410], f"seed {seed}: the load did not meet every answer: {told}"
    audit = cluster.api.get("/v1/audit", timeout=SECONDS).json()
    assert audit["passed"], audit
