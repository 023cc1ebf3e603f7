"""Kill points of the distributed mode, each at its instant: a proxy cuts or holds what would come next.

K7 the script ran, its reply is lost           K12 the row is there, the node was not told
K8 a batch is delivered twice                  K13 a consumer stands still while another takes over
K9 read, not written                           K14 stopped while batches wait
K10 written, not committed                     K15 mariadbd, K16 redis-server killed
K11 committed, not acknowledged
"""

import concurrent.futures
import signal

import pytest

from support.distributed import keys
from support.fault_proxy import FROM_CLIENT, FROM_SERVER
from support.problems import assert_problem
from support.wait import wait_until

SECONDS = 10
LINKS = ["api0-redis", "api0-mariadb", "consumer0-redis", "consumer0-mariadb", "consumer1-redis", "consumer1-mariadb"]
# Which of a coupon's keys a script names first tells it apart on the wire.
CLAIM_KEYS = b":users"
INSERT = b"INSERT INTO coupon_issuance"
COMMIT = b"COMMIT"


@pytest.fixture(scope="module")
def cluster(make_cluster):
    return make_cluster(apis=1, consumers=2, proxied=LINKS)


@pytest.fixture(autouse=True)
def whole_again(cluster):
    yield
    cluster.heal()


@pytest.fixture
def only_first_consumer(cluster):
    """consumer0 writes; consumer1 has stopped, so that nobody takes over before the test says so."""
    assert cluster.consumers[1].terminate() == 0
    return cluster.consumers[0]


def loaded_coupon(cluster, stock=100):
    """A coupon with one claim, which is in the ledger: its state is loaded, its consumer has its lease."""
    coupon = cluster.new_coupon(stock)
    assert cluster.api.claim(coupon, 1000).status_code == 201
    cluster.wait_drained(coupon)
    return coupon


def assert_written_once(cluster, coupon, *users):
    """In the order of their claims, behind the one that loaded the coupon."""
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == list(enumerate((1000, *users), 1))
    assert cluster.users(coupon) == {user: sequence for sequence, user in cluster.rows(coupon)}
    assert cluster.dead_letters(coupon) == []
    assert cluster.coupon_row(coupon)["issued_quantity"] == 1 + len(users)


def pending(cluster, coupon):
    """Entries that a consumer has read and not acknowledged."""
    return cluster.redis.call("XPENDING", keys(coupon)["accepted"], "ledger")[0]


# --- Between a node and Redis

def test_k7_claim_whose_reply_is_lost_is_told_the_same_sequence_again(cluster):
    coupon = loaded_coupon(cluster)
    cluster.proxies["api0-redis"].cut_at(FROM_CLIENT, CLAIM_KEYS, forward=True)
    first = cluster.api.claim(coupon, 7)
    cluster.proxies["api0-redis"].wait_hit()
    if first.status_code == 503:
        assert_problem(first, 503, "unknown")
    again = cluster.settle(coupon, 7)
    assert_problem(again, 409, "already_claimed")
    assert again.json()["claim"]["sequence"] == 2
    assert_written_once(cluster, coupon, 7)


def test_k7_last_winner_whose_reply_is_lost_is_not_told_sold_out(cluster):
    coupon = loaded_coupon(cluster, 2)
    cluster.proxies["api0-redis"].cut_at(FROM_CLIENT, CLAIM_KEYS, forward=True)
    cluster.api.claim(coupon, 7)
    assert_problem(cluster.settle(coupon, 8), 410, "sold_out")
    assert_problem(cluster.settle(coupon, 7), 409, "already_claimed")
    assert_written_once(cluster, coupon, 7)


def test_claim_that_never_reached_redis_is_not_admitted_unless_asked_again(cluster):
    coupon = loaded_coupon(cluster)
    cluster.proxies["api0-redis"].cut_at(FROM_CLIENT, CLAIM_KEYS, forward=False)
    first = cluster.api.claim(coupon, 7)
    cluster.proxies["api0-redis"].wait_hit()
    assert first.status_code in (201, 503)
    assert cluster.settle(coupon, 7).status_code == (409 if first.status_code == 201 else 201)
    assert_written_once(cluster, coupon, 7)


def test_claims_behind_a_black_hole_are_answered_unknown_in_time_and_stand(cluster):
    """The requests reach Redis, the replies do not come: nothing hangs, and the truth is told afterwards."""
    coupon = loaded_coupon(cluster)
    cluster.proxies["api0-redis"].black_hole(FROM_SERVER)
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda user: cluster.api.claim(coupon, user), range(1, 6)))
    assert {answer.status_code for answer in answers} == {503}
    cluster.proxies["api0-redis"].heal()
    for user in range(1, 6):
        assert cluster.settle(coupon, user).status_code in (201, 409)
    cluster.wait_drained(coupon)
    assert sorted(user for _, user in cluster.rows(coupon)) == [1, 2, 3, 4, 5, 1000]


def test_requests_held_by_a_black_hole_that_arrive_late_do_no_harm(cluster):
    coupon = loaded_coupon(cluster, 2)
    cluster.proxies["api0-redis"].black_hole(FROM_CLIENT)
    assert cluster.api.claim(coupon, 7).status_code == 503
    cluster.proxies["api0-redis"].heal()
    cluster.settle(coupon, 7)
    assert_problem(cluster.settle(coupon, 8), 410, "sold_out")
    assert_written_once(cluster, coupon, 7)


def test_half_open_connection_to_redis_is_given_up(cluster):
    coupon = loaded_coupon(cluster)
    cluster.proxies["api0-redis"].half_open()
    assert cluster.api.claim(coupon, 7).status_code == 503
    wait_until(lambda: not cluster.api.is_ready(), SECONDS, "the node is not ready")
    cluster.proxies["api0-redis"].heal()
    cluster.api.wait_ready()
    assert cluster.settle(coupon, 7).status_code in (201, 409)
    assert_written_once(cluster, coupon, 7)


# --- Between a consumer and its two servers

def test_k8_batch_that_is_delivered_twice_is_written_once(cluster, only_first_consumer):
    """The same entry a second time, as after a failover to a replica that had not heard of the acknowledgement."""
    coupon = loaded_coupon(cluster)
    only_first_consumer.pause()
    assert cluster.api.claim(coupon, 7).status_code == 201
    (_, fields), = cluster.redis.call("XRANGE", keys(coupon)["accepted"], "-", "+")
    cluster.redis.call("XADD", keys(coupon)["accepted"], "*", *fields)
    only_first_consumer.resume()
    assert_written_once(cluster, coupon, 7)


@pytest.mark.parametrize("point, pattern, forward", [
    ("K9 read, not written", INSERT, False),
    ("K10 written, not committed", COMMIT, False),
    ("K11 committed, not acknowledged", COMMIT, True),
])
@pytest.mark.parametrize("successor", ["itself", "another"])
def test_consumer_killed_between_reading_and_acknowledging(cluster, only_first_consumer, point, pattern, forward,
                                                           successor):
    coupon = loaded_coupon(cluster)
    only_first_consumer.pause()
    for user in (7, 8):
        assert cluster.api.claim(coupon, user).status_code == 201
    # Nothing it might send on to Redis arrives: the kill below is at the instant of the cut.
    cluster.proxies["consumer0-mariadb"].cut_at(FROM_CLIENT, pattern, forward=forward, times=None)
    only_first_consumer.resume()
    cluster.proxies["consumer0-mariadb"].wait_hit()
    cluster.proxies["consumer0-redis"].black_hole(FROM_CLIENT)
    assert only_first_consumer.kill9() == -signal.SIGKILL
    if forward:
        wait_until(lambda: cluster.has_row(coupon, 7), SECONDS, "the server has done the COMMIT it got")
    else:
        assert not cluster.has_row(coupon, 7), point
    assert cluster.queued(coupon) > 0 and pending(cluster, coupon) > 0, "nothing is acknowledged"
    for proxy in cluster.proxies.values():
        proxy.heal()
    cluster.consumers[0 if successor == "itself" else 1].start()
    assert_written_once(cluster, coupon, 7, 8)
    assert pending(cluster, coupon) == 0


def test_commit_whose_reply_is_lost_is_done_again_by_the_same_consumer(cluster, only_first_consumer):
    coupon = loaded_coupon(cluster)
    only_first_consumer.pause()
    assert cluster.api.claim(coupon, 7).status_code == 201
    cluster.proxies["consumer0-mariadb"].cut_at(FROM_CLIENT, COMMIT, forward=True, times=1)
    only_first_consumer.resume()
    cluster.proxies["consumer0-mariadb"].wait_hit()
    assert_written_once(cluster, coupon, 7)


def test_acknowledgement_whose_reply_is_lost_is_no_second_row(cluster, only_first_consumer):
    coupon = loaded_coupon(cluster)
    only_first_consumer.pause()
    assert cluster.api.claim(coupon, 7).status_code == 201
    only_first_consumer.resume()
    wait_until(lambda: cluster.has_row(coupon, 7) or pending(cluster, coupon), SECONDS, "it is at work")
    cluster.proxies["consumer0-redis"].close_connections()
    assert_written_once(cluster, coupon, 7)


def test_k12_node_that_missed_the_news_of_the_commit_tells_the_truth(cluster):
    """reply_after: ledger; what the consumer publishes never arrives, so the node reads the ledger itself."""
    coupon = loaded_coupon(cluster)
    port = cluster.proxies["api0-redis"].port
    with cluster.another_api({"redis.url": f"redis://127.0.0.1:{port}", "admission.reply_after": "ledger",
                              "admission.reply_timeout": "500ms"}) as node:
        cluster.proxies["api0-redis"].cut_at(FROM_SERVER, b"coupon:committed", times=None)
        told = node.claim(coupon, 7)
        cluster.proxies["api0-redis"].heal()
        if told.status_code == 201:
            assert told.json()["status"] == "issued"
        else:
            assert_problem(told, 503, "unknown")
    cluster.wait_drained(coupon)
    assert cluster.api.get(f"/v1/coupons/{coupon}/claims/7").json()["status"] == "issued"
    assert_written_once(cluster, coupon, 7)


def test_k13_slow_consumer_that_wakes_after_another_took_over_writes_nothing_twice(cluster):
    """consumer0 has read the batch and hangs before its COMMIT; consumer1 takes it over; then consumer0 goes on."""
    coupon = loaded_coupon(cluster)
    first, second = cluster.consumers
    assert second.terminate() == 0
    cluster.proxies["consumer0-mariadb"].black_hole()
    for user in (7, 8):
        assert cluster.api.claim(coupon, user).status_code == 201
    wait_until(lambda: pending(cluster, coupon) > 0, SECONDS, "consumer0 has read the batch")
    first.pause()
    cluster.proxies["consumer0-mariadb"].heal()
    second.start()
    cluster.wait_drained(coupon)
    first.resume()
    assert cluster.api.claim(coupon, 9).status_code == 201
    assert_written_once(cluster, coupon, 7, 8, 9)


def test_k14_consumer_stopped_while_batches_wait_leaves_them_to_the_other(cluster, only_first_consumer):
    coupon = loaded_coupon(cluster, None)
    for user in range(1, 101):
        assert cluster.api.claim(coupon, user).status_code == 201
    assert only_first_consumer.terminate() == 0
    cluster.consumers[1].start()
    assert_written_once(cluster, coupon, *range(1, 101))


# --- The servers

def test_k15_claims_are_accepted_while_the_database_is_down_and_written_when_it_is_back(cluster):
    coupon = loaded_coupon(cluster, None)
    cluster.mariadb.kill9()
    for user in range(1, 51):
        assert cluster.api.claim(coupon, user).status_code == 201
    again = cluster.api.claim(coupon, 7)
    assert (again.status_code, again.json()["claim"]["sequence"]) == (409, 8)
    assert cluster.api.get(f"/v1/coupons/{coupon}/claims/7").json()["status"] == "accepted"
    assert cluster.api.get(f"/v1/coupons/{coupon}/claims/99").status_code == 503, "no = both stores say no"
    cluster.mariadb.start()
    assert_written_once(cluster, coupon, *range(1, 51))


def test_k16_redis_that_died_is_loaded_again_and_no_yes_is_lost(cluster):
    coupon = loaded_coupon(cluster, 10)
    for consumer in cluster.consumers:
        consumer.pause()
    for user in (7, 8):
        assert cluster.api.claim(coupon, user).status_code == 201
    cluster.redis.kill9()
    refused = cluster.api.claim(coupon, 9)
    assert refused.status_code == 503
    wait_until(lambda: not cluster.api.is_ready(), SECONDS, "the node is not ready without Redis")
    cluster.redis.start()
    cluster.api.wait_ready()
    assert_problem(cluster.settle(coupon, 7), 409, "already_claimed")
    assert cluster.settle(coupon, 9).status_code in (201, 409)
    for consumer in cluster.consumers:
        consumer.resume()
    assert_written_once(cluster, coupon, 7, 8, 9)


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
