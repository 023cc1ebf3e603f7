"""Kill points of the distributed mode, each at its instant: a proxy cuts or holds what would come next.

K7 the script ran, its reply is lost           K12 the row is there, the node was not told
K8 a batch is delivered twice                  K13 a consumer stands still while another takes over
K9 read, not written                           K14 stopped while batches wait
K10 written, not committed                     K15, K16: test_distributed_servers.py
K11 committed, not acknowledged
"""

import concurrent.futures
import signal

import pytest

from support.distributed import FIRST_USER, keys
from support.fault_proxy import FROM_CLIENT, FROM_SERVER
from support.problems import assert_problem
from support.wait import wait_until

SECONDS = 10
LINKS = ["api0-redis", "api0-mariadb", "consumer0-redis", "consumer0-mariadb", "consumer1-redis", "consumer1-mariadb"]
# Which of a coupon's keys a script names first tells it apart on the wire.
CLAIM_KEYS = b":users"
INSERT = b"INSERT INTO coupon_issuance"
COMMIT = b"COMMIT"
NEWS = b"message\r\n$16\r\ncoupon:committed"  # and not the answer to SUBSCRIBE


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


def acknowledgement_of(coupon):
    """What only the script that acknowledges has on the wire: these two keys, one behind the other."""
    policy, accepted = keys(coupon)["policy"], keys(coupon)["accepted"]
    return f"{policy}\r\n${len(accepted)}\r\n{accepted}\r\n".encode()


# --- Between a node and Redis

def test_k7_claim_whose_reply_is_lost_is_told_the_same_sequence_again(cluster):
    coupon = cluster.loaded_coupon()
    cluster.proxies["api0-redis"].cut_at(FROM_CLIENT, CLAIM_KEYS, forward=True)
    assert_problem(cluster.api.claim(coupon, 7), 503, "unknown")
    cluster.proxies["api0-redis"].wait_hit()
    again = cluster.settle(coupon, 7)
    assert_problem(again, 409, "already_claimed")
    assert again.json()["claim"]["sequence"] == 2
    cluster.assert_written_once(coupon, 7)


def test_k7_last_winner_whose_reply_is_lost_is_not_told_sold_out(cluster):
    coupon = cluster.loaded_coupon(2)
    cluster.proxies["api0-redis"].cut_at(FROM_CLIENT, CLAIM_KEYS, forward=True)
    assert_problem(cluster.api.claim(coupon, 7), 503, "unknown")
    cluster.proxies["api0-redis"].wait_hit()
    assert_problem(cluster.settle(coupon, 8), 410, "sold_out")
    assert_problem(cluster.settle(coupon, 7), 409, "already_claimed")
    cluster.assert_written_once(coupon, 7)


def test_claim_that_never_reached_redis_is_not_admitted_unless_asked_again(cluster):
    coupon = cluster.loaded_coupon()
    cluster.proxies["api0-redis"].cut_at(FROM_CLIENT, CLAIM_KEYS, forward=False)
    assert_problem(cluster.api.claim(coupon, 7), 503, "unknown")  # the node cannot know how far it came
    cluster.proxies["api0-redis"].wait_hit()
    assert cluster.users(coupon) == {FIRST_USER: 1}
    assert cluster.settle(coupon, 7).status_code == 201
    cluster.assert_written_once(coupon, 7)


def test_claims_behind_a_black_hole_are_answered_unknown_in_time_and_stand(cluster):
    """The requests reach Redis, the replies do not come: nothing hangs, and the truth is told afterwards.

    Whose claim is in Redis is told "unknown"; who is told anything else has nothing, and so it turns out.
    """
    coupon = cluster.loaded_coupon()
    cluster.proxies["api0-redis"].black_hole(FROM_SERVER)
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda user: cluster.api.claim(coupon, user), range(1, 6)))
    assert {answer.status_code for answer in answers} == {503}
    told = {user: answer.json()["code"] for user, answer in enumerate(answers, 1)}
    holders = cluster.users(coupon).keys() - {FIRST_USER}
    assert holders and all(told[user] == "unknown" for user in holders), told
    cluster.proxies["api0-redis"].heal()
    cluster.api.wait_ready()
    for user in range(1, 6):
        assert cluster.settle(coupon, user).status_code == (409 if user in holders else 201), told
    cluster.wait_drained(coupon)
    assert sorted(user for _, user in cluster.rows(coupon)) == [1, 2, 3, 4, 5, FIRST_USER]


def test_requests_held_by_a_black_hole_that_arrive_late_do_no_harm(cluster):
    coupon = cluster.loaded_coupon(2)
    cluster.proxies["api0-redis"].black_hole(FROM_CLIENT)
    assert cluster.api.claim(coupon, 7).status_code == 503
    cluster.proxies["api0-redis"].heal()
    cluster.settle(coupon, 7)
    assert_problem(cluster.settle(coupon, 8), 410, "sold_out")
    cluster.assert_written_once(coupon, 7)


def test_half_open_connection_to_redis_is_given_up(cluster):
    coupon = cluster.loaded_coupon()
    cluster.proxies["api0-redis"].half_open()
    assert cluster.api.claim(coupon, 7).status_code == 503
    wait_until(lambda: not cluster.api.is_ready(), SECONDS, "the node is not ready")
    cluster.proxies["api0-redis"].heal()
    cluster.api.wait_ready()
    assert cluster.users(coupon) == {FIRST_USER: 1}, "it never arrived"
    assert cluster.settle(coupon, 7).status_code == 201
    cluster.assert_written_once(coupon, 7)


# --- Between a consumer and its two servers

def test_k8_batch_that_is_delivered_twice_is_written_once(cluster, only_first_consumer):
    """The same entry a second time, as after a failover to a replica that had not heard of the acknowledgement."""
    coupon = cluster.loaded_coupon()
    only_first_consumer.pause()
    assert cluster.api.claim(coupon, 7).status_code == 201
    (_, fields), = cluster.redis.call("XRANGE", keys(coupon)["accepted"], "-", "+")
    cluster.redis.call("XADD", keys(coupon)["accepted"], "*", *fields)
    only_first_consumer.resume()
    cluster.assert_written_once(coupon, 7)


@pytest.mark.parametrize("point, pattern, forward", [
    ("K9 read, not written", INSERT, False),
    ("K10 written, not committed", COMMIT, False),
    ("K11 committed, not acknowledged", COMMIT, True),
])
@pytest.mark.parametrize("successor", ["itself", "another"])
def test_consumer_killed_between_reading_and_acknowledging(cluster, only_first_consumer, point, pattern, forward,
                                                           successor):
    coupon = cluster.loaded_coupon()
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
    assert cluster.queued(coupon) > 0 and cluster.pending(coupon) > 0, "nothing is acknowledged"
    for proxy in cluster.proxies.values():
        proxy.heal()
    cluster.consumers[0 if successor == "itself" else 1].start()
    cluster.assert_written_once(coupon, 7, 8)
    assert cluster.pending(coupon) == 0


def test_commit_whose_reply_is_lost_is_done_again_by_the_same_consumer(cluster, only_first_consumer):
    coupon = cluster.loaded_coupon()
    only_first_consumer.pause()
    assert cluster.api.claim(coupon, 7).status_code == 201
    cluster.proxies["consumer0-mariadb"].cut_at(FROM_CLIENT, COMMIT, forward=True, times=1)
    only_first_consumer.resume()
    cluster.proxies["consumer0-mariadb"].wait_hit()
    cluster.assert_written_once(coupon, 7)


def test_acknowledgement_whose_reply_is_lost_is_no_second_row(cluster, only_first_consumer):
    """Nor is it counted twice: what waits for the ledger would be below zero, and the backlog without a bound."""
    coupon = cluster.loaded_coupon()
    cluster.proxies["consumer0-redis"].cut_at(FROM_CLIENT, acknowledgement_of(coupon), forward=True)
    assert cluster.api.claim(coupon, 7).status_code == 201
    cluster.proxies["consumer0-redis"].wait_hit()
    cluster.assert_written_once(coupon, 7)
    assert cluster.api.claim(coupon, 8).status_code == 201
    cluster.assert_written_once(coupon, 7, 8)
    assert cluster.redis.hash(keys(coupon)["policy"])["queued"] == "0"


def test_k12_node_that_missed_the_news_of_the_commit_tells_the_truth(cluster):
    """reply_after: ledger; what the consumer publishes never arrives, so the node reads the ledger itself."""
    coupon = cluster.loaded_coupon()
    port = cluster.proxies["api0-redis"].port
    with cluster.another_api({"redis.url": f"redis://127.0.0.1:{port}", "admission.reply_after": "ledger",
                              "admission.reply_timeout": "2s"}) as node:
        cluster.proxies["api0-redis"].cut_at(FROM_SERVER, NEWS, times=None)
        told = node.claim(coupon, 7)
        cluster.proxies["api0-redis"].wait_hit()
        cluster.proxies["api0-redis"].heal()
        assert (told.status_code, told.json().get("status")) == (201, "issued"), told.text
    cluster.assert_written_once(coupon, 7)


def test_k13_slow_consumer_that_wakes_after_another_took_over_writes_nothing_twice(cluster):
    """consumer0 has read the batch and hangs before its COMMIT; consumer1 takes it over; then consumer0 goes on."""
    coupon = cluster.loaded_coupon()
    first, second = cluster.consumers
    assert second.terminate() == 0
    cluster.wait_ledger_idle()
    cluster.proxies["consumer0-mariadb"].black_hole()
    for user in (7, 8):
        assert cluster.api.claim(coupon, user).status_code == 201
    wait_until(lambda: cluster.pending(coupon) > 0, SECONDS, "consumer0 has read the batch")
    first.pause()
    cluster.proxies["consumer0-mariadb"].heal()
    second.start()
    cluster.wait_drained(coupon)
    first.resume()
    assert cluster.api.claim(coupon, 9).status_code == 201
    cluster.assert_written_once(coupon, 7, 8, 9)


def test_k13_consumer_that_vanished_within_its_transaction_keeps_nobody_from_the_coupon(cluster,
                                                                                         only_first_consumer):
    """Its machine is gone without a word to the database, which still holds the locks of that transaction."""
    coupon = cluster.loaded_coupon()
    cluster.proxies["consumer0-mariadb"].black_hole_at(FROM_CLIENT, COMMIT)
    assert cluster.api.claim(coupon, 7).status_code == 201
    cluster.proxies["consumer0-mariadb"].wait_hit()
    assert only_first_consumer.kill9() == -signal.SIGKILL
    cluster.consumers[1].start()
    cluster.assert_written_once(coupon, 7)


def test_k14_consumer_stopped_with_a_batch_that_it_could_not_write_leaves_it_to_the_other(cluster,
                                                                                          only_first_consumer):
    coupon = cluster.loaded_coupon(None)
    cluster.proxies["consumer0-mariadb"].cut_at(FROM_CLIENT, INSERT, times=None)
    for user in range(1, 101):
        assert cluster.api.claim(coupon, user).status_code == 201
    cluster.proxies["consumer0-mariadb"].wait_hit()
    assert only_first_consumer.terminate() == 0
    assert cluster.pending(coupon) > 0 and not cluster.has_row(coupon, 1), "read, and neither written nor acknowledged"
    cluster.consumers[1].start()
    cluster.assert_written_once(coupon, *range(1, 101))
