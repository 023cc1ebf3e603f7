"""What Redis can lose, and what holds all the same: never more than the stock, never two for one user."""

import pytest

from support.chance import seeded
from support.distributed import keys
from support.distributed_history import check_stores, losses
from support.history import History
from support.load import LastingLoad
from support.problems import assert_problem
from support.redis_server import RedisConnection
from support.wait import wait_until

SECONDS = 30
STOCK = 30
FLUSHES = 5
ANSWERS_BETWEEN = 300
PROBE = 10**9  # a user whose claims only make a node load the coupon


@pytest.fixture(scope="module")
def cluster(make_cluster):
    return make_cluster(apis=2, consumers=2)


@pytest.fixture(autouse=True)
def whole_again(cluster):
    yield
    cluster.heal()


def wait_answers(history, count):
    wanted = len(history.answers) + count
    wait_until(lambda: len(history.answers) >= wanted, SECONDS, "the load goes on")


def load_again(cluster, *coupons):
    """Reading a coupon makes a node load its state into Redis when it is not there."""
    for coupon in coupons:
        cluster.settle(coupon, PROBE)


@pytest.mark.slow
def test_flushall_in_the_middle_neither_oversells_nor_gives_twice(cluster):
    seed, _ = seeded()
    history = History()
    scarce, ample, unlimited = (cluster.new_coupon(stock) for stock in (STOCK, STOCK * 100, None))
    for coupon in (scarce, ample, unlimited):
        history.add_unanswered(coupon, PROBE, 0.0)
    with LastingLoad(cluster.apis, history, {scarce: STOCK * 10, ample: STOCK * 300, unlimited: 100_000}, seed):
        for _ in range(FLUSHES):
            wait_answers(history, ANSWERS_BETWEEN)
            cluster.redis.call("FLUSHALL")
        wait_answers(history, ANSWERS_BETWEEN)
    load_again(cluster, scarce, ample, unlimited)
    cluster.wait_drained(scarce, ample, unlimited)
    stores = cluster.stores(scarce, ample, unlimited)
    assert check_stores(history, stores, lossless=False) == [], f"seed {seed}\n{cluster.log_tails()}"
    print(f"{len(losses(history, stores))} claims were lost with Redis' memory, of {len(history.answers)} answers")
    assert len(stores[scarce].rows) <= STOCK


def test_claims_that_are_in_the_ledger_survive_flushall(cluster):
    coupon = cluster.new_coupon(5)
    sequences = {user: cluster.api.claim(coupon, user).json()["sequence"] for user in range(1, 5)}
    cluster.wait_drained(coupon)
    cluster.redis.call("FLUSHALL")
    for user, sequence in sequences.items():
        again = cluster.settle(coupon, user, node=1)
        assert (again.status_code, again.json()["claim"]["sequence"]) == (409, sequence)
    assert cluster.settle(coupon, 9).json()["sequence"] == 5
    assert_problem(cluster.settle(coupon, 10), 410, "sold_out")
    cluster.wait_drained(coupon)
    assert len(cluster.rows(coupon)) == 5


@pytest.mark.slow
def test_script_flush_in_the_middle_is_not_even_noticed(cluster):
    seed, _ = seeded()
    history = History()
    coupon = cluster.new_coupon(None)
    with LastingLoad(cluster.apis, history, {coupon: 100_000}, seed):
        for _ in range(FLUSHES):
            wait_answers(history, ANSWERS_BETWEEN)
            cluster.redis.call("SCRIPT", "FLUSH")
        wait_answers(history, ANSWERS_BETWEEN)
    cluster.wait_drained(coupon)
    assert check_stores(history, cluster.stores(coupon)) == [], f"seed {seed}"
    assert history.unanswered == 0 and history.told(coupon, 503) == []


def test_redis_put_back_to_an_older_moment_forgets_nothing_the_ledger_has(cluster, tmp_path):
    """The copy has claims that still wait; the ledger has them and newer ones."""
    coupon = cluster.new_coupon(6)
    for consumer in cluster.consumers:
        consumer.pause()
    sequences = {user: cluster.api.claim(coupon, user).json()["sequence"] for user in (1, 2)}
    cluster.redis.copy_data(tmp_path / "copy")
    for consumer in cluster.consumers:
        consumer.resume()
    sequences |= {user: cluster.api.claim(coupon, user).json()["sequence"] for user in (3, 4)}
    cluster.wait_drained(coupon)
    cluster.redis.kill9()
    cluster.redis.restore_data(tmp_path / "copy")
    cluster.redis.start()
    for user, sequence in sequences.items():
        again = cluster.settle(coupon, user, node=user % 2)
        assert (again.status_code, again.json()["claim"]["sequence"]) == (409, sequence)
    assert cluster.settle(coupon, 5).json()["sequence"] == 5
    assert cluster.settle(coupon, 6).json()["sequence"] == 6
    assert_problem(cluster.settle(coupon, 7), 410, "sold_out")
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == [(user, user) for user in range(1, 7)]
    assert cluster.dead_letters(coupon) == []


def test_claims_lost_with_redis_leave_their_stock_to_others(cluster, tmp_path):
    """Accepted, never written, and the copy of Redis is older: lost, as with any back-up. The stock is not."""
    coupon = cluster.new_coupon(3)
    assert cluster.api.claim(coupon, 1).status_code == 201
    cluster.wait_drained(coupon)
    cluster.redis.copy_data(tmp_path / "copy")
    for consumer in cluster.consumers:
        consumer.pause()
    assert cluster.api.claim(coupon, 2).status_code == 201
    cluster.redis.kill9()
    cluster.redis.restore_data(tmp_path / "copy")
    cluster.redis.start()
    for consumer in cluster.consumers:
        consumer.resume()
    assert [cluster.settle(coupon, user).status_code for user in (3, 4, 5)] == [201, 201, 410]
    cluster.wait_drained(coupon)
    assert [user for _, user in cluster.rows(coupon)] == [1, 3, 4]


def test_redis_out_of_memory_admits_nobody_and_half_of_nothing(cluster):
    coupon = cluster.new_coupon(100)
    assert cluster.api.claim(coupon, 1).status_code == 201
    for consumer in cluster.consumers:
        consumer.pause()
    assert cluster.api.claim(coupon, 2).status_code == 201
    cluster.redis.call("CONFIG", "SET", "maxmemory", "100kb")
    try:
        for user in (3, 4, 5):
            assert cluster.apis[user % 2].claim(coupon, user).status_code == 503
        assert_problem(cluster.api.claim(coupon, 2), 409, "already_claimed")
        assert sorted(cluster.users(coupon)) == [1, 2]
        for consumer in cluster.consumers:  # what makes room is not refused for want of room
            consumer.resume()
        wait_until(lambda: cluster.has_row(coupon, 2) and cluster.queued(coupon) == 0, SECONDS, "the queue is empty")
    finally:
        cluster.redis.call("CONFIG", "SET", "maxmemory", "0")
    assert cluster.settle(coupon, 3).json()["sequence"] == 3
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == [(1, 1), (2, 2), (3, 3)]


def test_state_that_somebody_else_wrote_is_not_taken_for_loaded(cluster):
    """A policy without this Redis' run id is as good as none."""
    coupon = cluster.new_coupon(2)
    assert cluster.api.claim(coupon, 1).status_code == 201
    cluster.wait_drained(coupon)
    with RedisConnection(cluster.redis.port) as redis:
        redis.command("DEL", keys(coupon)["users"])
        redis.command("HSET", keys(coupon)["policy"], "run", "f" * 40, "admitted", 0, "next", 1)
    assert_problem(cluster.settle(coupon, 1), 409, "already_claimed")
    assert cluster.settle(coupon, 2).json()["sequence"] == 2
    assert_problem(cluster.settle(coupon, 3), 410, "sold_out")


def test_pending_entry_that_was_deleted_by_hand_is_an_alarm(cluster):
    coupon = cluster.new_coupon()
    assert cluster.api.claim(coupon, 1).status_code == 201
    cluster.wait_drained(coupon)
    for consumer in cluster.consumers:
        consumer.kill9()
    assert cluster.api.claim(coupon, 2).status_code == 201
    stream = keys(coupon)["accepted"]
    # Somebody reads it as a consumer that is gone, then the entry disappears: nobody can write this claim any more.
    ((_, ((entry, _),)),) = cluster.redis.call("XREADGROUP", "GROUP", "ledger", "gone", "STREAMS", stream, ">")
    cluster.redis.call("XDEL", stream, entry)
    for consumer in cluster.consumers:
        consumer.start()
    assert cluster.api.claim(coupon, 3).status_code == 201
    wait_until(lambda: sum(consumer.metric("coupon_pending_deleted_total") or 0 for consumer in cluster.consumers) >= 1,
               SECONDS, "the alarm is raised")
    wait_until(lambda: cluster.has_row(coupon, 3), SECONDS, "the others go on")
