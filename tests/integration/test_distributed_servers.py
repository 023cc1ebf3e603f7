"""The servers of the distributed mode fail: they are killed, at the worst instant too, or are not there yet."""

import os
import signal
import time

import pytest

from support.chance import seeded
from support.distributed_history import check_stores
from support.fault_proxy import FROM_CLIENT
from support.history import Answer, History
from support.injection import killed_at
from support.problems import assert_problem
from support.wait import wait_until

SECONDS = 10
COMMITS = 50 if os.environ.get("TEST_LONG_SWEEP") else 6
CLAIMS_MAX = 5  # of one transaction
COMMIT = b"COMMIT"


@pytest.fixture(scope="module")
def cluster(make_cluster):
    return make_cluster(apis=1, consumers=2, proxied=["api0-redis", "consumer0-mariadb", "consumer1-mariadb"])


@pytest.fixture(autouse=True)
def whole_again(cluster):
    yield
    cluster.heal()


def test_k15_claims_are_accepted_while_the_database_is_down_and_written_when_it_is_back(cluster):
    coupon = cluster.loaded_coupon(None)
    cluster.mariadb.kill9()
    for user in range(1, 51):
        assert cluster.api.claim(coupon, user).status_code == 201
    again = cluster.api.claim(coupon, 7)
    assert (again.status_code, again.json()["claim"]["sequence"]) == (409, 8)
    assert cluster.api.get(f"/v1/coupons/{coupon}/claims/7").json()["status"] == "accepted"
    assert cluster.api.get(f"/v1/coupons/{coupon}/claims/99").status_code == 503, "no = both stores say no"
    cluster.mariadb.start()
    cluster.assert_written_once(coupon, *range(1, 51))


def test_k16_redis_that_died_is_loaded_again_and_no_yes_is_lost(cluster):
    coupon = cluster.loaded_coupon(10)
    for consumer in cluster.consumers:
        consumer.pause()
    for user in (7, 8):
        assert cluster.api.claim(coupon, user).status_code == 201
    epoch = cluster.coupon_row(coupon)["epoch"]
    cluster.redis.kill9()
    assert cluster.api.claim(coupon, 9).status_code == 503
    wait_until(lambda: not cluster.api.is_ready(), SECONDS, "the node is not ready without Redis")
    cluster.redis.start()
    cluster.api.wait_ready()
    assert_problem(cluster.settle(coupon, 7), 409, "already_claimed")
    assert cluster.coupon_row(coupon)["epoch"] > epoch, "what another process left is not believed"
    assert cluster.settle(coupon, 9).status_code == 201
    for consumer in cluster.consumers:
        consumer.resume()
    cluster.assert_written_once(coupon, 7, 8, 9)


def test_programs_that_start_before_their_servers_are_ready_once_these_are_there(cluster):
    for part in (*cluster.apis, *cluster.consumers):
        assert part.terminate() == 0
    cluster.redis.terminate()
    cluster.mariadb.terminate()
    for part in (*cluster.apis, *cluster.consumers):
        part.start(wait=False)
    assert not any(part.is_ready() for part in (*cluster.apis, *cluster.consumers))
    cluster.heal()
    assert cluster.api.claim(cluster.new_coupon(), 7).status_code == 201


# --- The database is killed in the middle of a COMMIT

def kill_before(call):
    def kill(cluster):
        with killed_at(cluster.mariadb, call, cluster.mariadb.data_dir / "ib_logfile0"):
            for consumer in cluster.consumers:
                consumer.resume()
            assert cluster.mariadb.wait_exit() == -signal.SIGKILL
    return kill


def kill_before_the_reply(cluster):
    proxies = [cluster.proxies[f"{consumer.folder.name}-mariadb"] for consumer in cluster.consumers]
    for proxy in proxies:
        proxy.cut_at(FROM_CLIENT, COMMIT, forward=True, times=None)
    for consumer in cluster.consumers:
        consumer.resume()
    wait_until(lambda: any(proxy.was_hit() for proxy in proxies), SECONDS, "a COMMIT has gone to the database")
    assert cluster.mariadb.kill9() == -signal.SIGKILL
    for proxy in proxies:
        proxy.heal()


# What a COMMIT does to the database's log, and how far it has come.
INSTANTS = {
    "before its log is written": kill_before("pwrite64"),
    "written, before it is synced": kill_before("fdatasync"),
    "before the consumer is told": kill_before_the_reply,
}


@pytest.mark.slow
def test_database_that_dies_in_the_middle_of_a_commit_has_each_claim_once(cluster):
    """As many rows as entries that were acknowledged, whether the transaction was lost with the server or not."""
    seed, chance = seeded()
    history = History()
    coupon = cluster.new_coupon(None)
    claim_some(cluster, history, coupon, 1)
    cluster.wait_drained(coupon)
    for turn in range(COMMITS):
        instant = list(INSTANTS)[turn % len(INSTANTS)]
        for consumer in cluster.consumers:
            consumer.pause()
        claim_some(cluster, history, coupon, chance.randint(1, CLAIMS_MAX))
        INSTANTS[instant](cluster)
        cluster.mariadb.start()
        cluster.wait_drained(coupon)
        faults = check_stores(history, cluster.stores(coupon))
        assert faults == [], f"seed {seed}, round {turn}, {instant}\n{cluster.log_tails()}"
        assert len(cluster.rows(coupon)) == len(history.answers) and cluster.pending(coupon) == 0


def claim_some(cluster, history, coupon, count):
    for user in range(len(history.answers) + 1, len(history.answers) + 1 + count):
        sent = time.monotonic()
        answer = cluster.api.claim(coupon, user)
        assert answer.status_code == 201, answer.text
        history.add(Answer(coupon, user, 201, None, answer.json()["sequence"], sent, time.monotonic()))
