"""A Redis whose append-only file ends early: torn off, killed, or without power. What is lost, and what holds.

What a yes survives depends on the file (docs/distributed.md); that nobody is given it twice and never more than the
stock does not.
"""

import os
import time

import pytest

from support.chance import seeded
from support.distributed import FIRST_USER
from support.distributed_history import check_stores, losses
from support.history import ADMITTED, History
from support.load import LastingLoad
from support.power_loss import PoweredRedis
from support.problems import assert_problem
from support.wait import wait_until

LONG = bool(os.environ.get("TEST_LONG_SWEEP"))
CUTS = 20 if LONG else 4
KILLS = 10 if LONG else 2
SECONDS = 30
STOCK = 30
ANSWERS_BETWEEN = (100, 1500)
TORN_BYTES_MAX = 60_000
FRESH_USER = 10**9  # the first of those who claim what is left in the end
# appendfsync everysec: a second between two fsyncs, and a write waits two more for one that is under way.
EVERYSEC_SECONDS = 3.0


@pytest.fixture(scope="module")
def cluster(make_cluster):
    return make_cluster(apis=2, consumers=2)


@pytest.fixture(scope="module")
def everysec(make_cluster):
    return make_cluster(apis=2, consumers=2, redis={"appendfsync": "everysec"}, redis_form=PoweredRedis)


@pytest.fixture(autouse=True)
def whole_again(request):
    yield
    for name in ("cluster", "everysec"):
        if name in request.fixturenames:
            request.getfixturevalue(name).heal()


def wait_answers(history, count):
    wanted = len(history.answers) + count
    wait_until(lambda: len(history.answers) >= wanted, SECONDS, "the load goes on")


def claim_what_is_left(cluster, history, coupon, stock):
    """By new users, until it is sold out: then there are as many rows as the stock, neither more nor less."""
    for user in range(FRESH_USER, FRESH_USER + stock + 1):
        history.add_unanswered(coupon, user, 0.0)
        if cluster.settle(coupon, user).status_code == 410:
            break
    cluster.wait_drained(coupon)
    assert len(cluster.rows(coupon)) == stock


# --- A torn end

def test_torn_end_of_the_file_takes_no_row_from_anybody_and_gives_nothing_twice(cluster):
    """3 and 4 are in the ledger, 5 and 6 wait; the file ends in front of all of them, in the middle of a record."""
    coupon = cluster.loaded_coupon(6)
    assert cluster.api.claim(coupon, 2).status_code == 201
    cluster.wait_drained(coupon)
    end = cluster.redis.aof().stat().st_size
    told = {user: cluster.api.claim(coupon, user).json()["sequence"] for user in (3, 4)}
    cluster.wait_drained(coupon)
    for consumer in cluster.consumers:
        consumer.pause()
    for user in (5, 6):
        assert cluster.api.claim(coupon, user).status_code == 201
    cluster.redis.kill9()
    cluster.redis.cut_aof(end + 10)
    cluster.redis.start()
    assert "Truncating the AOF" in cluster.redis.log()
    for consumer in cluster.consumers:
        consumer.resume()
    for user, sequence in told.items():
        for node in (0, 1):
            again = cluster.settle(coupon, user, node)
            assert (again.status_code, again.json()["claim"]["sequence"]) == (409, sequence)
    assert [cluster.settle(coupon, user).status_code for user in (7, 8, 9)] == [201, 201, 410]
    cluster.assert_written_once(coupon, 2, 3, 4, 7, 8)
    assert_problem(cluster.api.claim(coupon, FIRST_USER), 409, "already_claimed")


@pytest.mark.slow
def test_end_of_the_file_torn_off_again_and_again_under_load_neither_oversells_nor_gives_twice(cluster):
    seed, chance = seeded()
    history = History()
    scarce, ample, unlimited = coupons = [cluster.new_coupon(stock) for stock in (STOCK, STOCK * 100, None)]
    with LastingLoad(cluster.apis, history, {scarce: STOCK * 10, ample: STOCK * 300, unlimited: 100_000}, seed):
        for _ in range(CUTS):
            wait_answers(history, chance.randint(*ANSWERS_BETWEEN))
            cluster.redis.kill9()
            size = cluster.redis.aof().stat().st_size
            cluster.redis.cut_aof(size - chance.randint(1, min(TORN_BYTES_MAX, size // 2)))
            cluster.redis.start()
        wait_answers(history, ANSWERS_BETWEEN[0])
    claim_what_is_left(cluster, history, scarce, STOCK)
    cluster.wait_drained(*coupons)
    stores = cluster.stores(*coupons)
    assert check_stores(history, stores, lossless=False) == [], f"seed {seed}\n{cluster.log_tails()}"
    print(f"of {len(history.answers)} answers {len(losses(history, stores))} were lost with the ends of the file")


# --- appendfsync everysec

def lost_in_redis(cluster, history, known, died):
    """Of the answers from the `known`-th on: every yes that a Redis which has just started does not know of."""
    users = {coupon: cluster.users(coupon) for coupon in history.coupons()}
    return [answer for answer in history.answers[known:]
            if answer.status == ADMITTED and answer.answered < died
            and users[answer.coupon].get(answer.user) != answer.sequence]


@pytest.mark.slow
@pytest.mark.parametrize("slow_sync_ms", [0, 1500], ids=["quick disk", "slow disk"])
@pytest.mark.parametrize("end", [PoweredRedis.kill9, PoweredRedis.lose_power], ids=["killed", "no power"])
def test_everysec_loses_no_more_than_its_last_seconds_and_breaks_no_other_promise(everysec, end, slow_sync_ms):
    """Prints what was lost: by Redis, and altogether, which is what no consumer had written yet."""
    seed, chance = seeded()
    cluster = everysec
    assert cluster.redis.terminate() == 0
    cluster.redis.slow_sync_ms = slow_sync_ms
    cluster.heal()
    history = History()
    scarce, ample = cluster.new_coupon(STOCK), cluster.new_coupon(None)
    for turn in range(KILLS):
        known = len(history.answers)
        with LastingLoad(cluster.apis, history, {scarce: STOCK * 10, ample: 10**6}, f"{seed}/{turn}"):
            syncs = cluster.redis.syncs()
            wait_until(lambda: cluster.redis.syncs() >= syncs + 2, SECONDS, "two fsyncs")
            wait_answers(history, chance.randint(*ANSWERS_BETWEEN))
            died = time.monotonic()
            end(cluster.redis)
            for part in (*cluster.apis, *cluster.consumers):  # nobody loads it again before it is looked at
                part.pause()
            cluster.redis.start()
            lost = lost_in_redis(cluster, history, known, died)
            for part in (*cluster.apis, *cluster.consumers):
                part.resume()
            wait_answers(history, ANSWERS_BETWEEN[0])
        oldest = max((died - answer.answered for answer in lost), default=0.0)
        print(f"round {turn}: Redis lost {len(lost)} of {len(history.answers) - known} answers, "
              f"the oldest {oldest:.2f} s old")
        assert oldest < EVERYSEC_SECONDS + slow_sync_ms / 1000, f"seed {seed}"
    claim_what_is_left(cluster, history, scarce, STOCK)
    cluster.wait_drained(scarce, ample)
    stores = cluster.stores(scarce, ample)
    assert check_stores(history, stores, lossless=False) == [], f"seed {seed}\n{cluster.log_tails()}"
    print(f"lost altogether in {KILLS} rounds: {len(losses(history, stores))}")
