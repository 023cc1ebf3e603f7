"""Twelve defects of the service whose API this one keeps, found in its code: none of them is here.

R1 a poisoned head blocks the queue for every coupon       R7 a Redis that lost its memory admits the stock again
R2 winners are lost when the consumer is slow              R8 other nodes learn of "sold out" ten seconds late
R3 two consumers take one entry and drop the next          R9 a lock that has expired does not stop its holder
R4 an unlimited coupon issues and answers 500              R10 load tests call routes that do not exist
R5 no unique key on coupon and user                        R11 "sold out" looks like a failure of the service
R6 a failed write leaves the user "already requested"      R12 node-local clocks and time zones decide
"""

import concurrent.futures
import datetime
import json
import pathlib
import time

import pymysql
import pytest

from support.distributed import keys
from support.distributed_history import check_stores
from support.history import Answer, History
from support.problems import assert_problem
from support.wait import wait_until

SECONDS = 10
CACHE_SECONDS = 10  # how long the original's nodes kept what they knew
FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), "libfaketime is missing")
EAST, WEST = "Asia/Seoul", "America/Los_Angeles"


@pytest.fixture(scope="module")
def cluster(make_cluster):
    """Small batches: two consumers that are at one queue are so for many rounds."""
    return make_cluster(apis=2, consumers=2, consumer={"consumer.batch_max": 7},
                        environments={"api0": {"TZ": EAST}, "api1": {"TZ": WEST},
                                      "consumer0": {"TZ": EAST}, "consumer1": {"TZ": WEST}})


@pytest.fixture
def nodes(cluster):
    return cluster.apis


@pytest.fixture(autouse=True)
def whole_again(cluster):
    yield
    cluster.heal()


def pause_consumers(cluster):
    for consumer in cluster.consumers:
        consumer.pause()


def resume_consumers(cluster):
    for consumer in cluster.consumers:
        consumer.resume()


def insert_row_by_hand(cluster, coupon, user, sequence):
    cluster.mariadb.query(
        "INSERT INTO coupon_issuance (coupon_id, user_id, sequence, date_issued, created_at, updated_at)"
        " VALUES (%s, %s, %s, NOW(6), NOW(6), NOW(6))", coupon, user, sequence)


def test_r1_poisoned_entry_blocks_neither_its_coupon_nor_others(cluster, nodes):
    """User 1 holds the coupon in the ledger, which Redis does not know: this claim can never be written."""
    poisoned, healthy = cluster.new_coupon(), cluster.new_coupon()
    assert nodes[0].claim(poisoned, 100).status_code == 201
    cluster.wait_drained(poisoned)
    insert_row_by_hand(cluster, poisoned, 1, 900)
    pause_consumers(cluster)
    for user in (1, 2, 3):
        assert nodes[0].claim(poisoned, user).status_code == 201
        assert nodes[1].claim(healthy, user).status_code == 201
    resume_consumers(cluster)
    cluster.wait_drained(healthy)
    wait_until(lambda: cluster.queued(poisoned) == 0, 60, "the poisoned coupon's queue is empty")
    assert [user for _, user in cluster.rows(poisoned)] == [100, 2, 3, 1]  # the last by hand
    assert cluster.dead_letters(poisoned) == [(1, 2, "conflict")]
    told = sum(consumer.metric("coupon_dead_letters_total", reason="conflict") or 0 for consumer in cluster.consumers)
    assert told >= 1
    assert nodes[0].get("/v1/dead-letters").json()["deadLetters"][-1]["userId"] == 1


def test_r2_winner_is_issued_however_late_the_consumer_is(cluster, nodes):
    coupon = cluster.new_coupon()
    pause_consumers(cluster)
    assert nodes[0].claim(coupon, 7).status_code == 201
    ended = nodes[0].patch(f"/v1/coupons/{coupon}", {"issueEndDate": "2021-01-01T00:00:00Z"})
    assert ended.status_code == 200, ended.text
    assert_problem(nodes[0].claim(coupon, 8), 410, "ended")
    resume_consumers(cluster)
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == [(1, 7)] and cluster.dead_letters(coupon) == []


def test_r3_two_consumers_write_each_claim_once_and_drop_none(cluster, nodes):
    coupons = [cluster.new_coupon(None) for _ in range(4)]
    pause_consumers(cluster)
    history = History()
    for user in range(1, 101):
        for coupon in coupons:
            sent = time.monotonic()
            answer = nodes[user % 2].claim(coupon, user)
            history.add(Answer(coupon, user, answer.status_code, None, answer.json()["sequence"], sent,
                               time.monotonic()))
    resume_consumers(cluster)
    cluster.wait_drained(*coupons)
    assert check_stores(history, cluster.stores(*coupons)) == []
    assert all(len(cluster.rows(coupon)) == 100 for coupon in coupons)


def test_r4_unlimited_coupon_issues_once_and_never_fails(cluster, nodes):
    coupon = cluster.new_coupon(None)
    answers = [nodes[user % 2].claim(coupon, user).status_code for user in (1, 2, 3, 1, 2, 3)]
    assert answers == [201, 201, 201, 409, 409, 409]
    shown = nodes[1].coupon(coupon)
    assert shown["totalQuantity"] is None and shown["remaining"] is None
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == [(1, 1), (2, 2), (3, 3)]


def test_r5_ledger_itself_refuses_a_second_row_of_one_user(cluster, nodes):
    coupon = cluster.new_coupon()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: cluster.apis[number % 2].claim(coupon, 7), range(32)))
    told = [answer.json() if answer.status_code == 201 else answer.json()["claim"] for answer in answers]
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 31
    assert {claim["sequence"] for claim in told} == {1}
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == [(1, 7)]
    for user, sequence in ((7, 2), (8, 1)):
        with pytest.raises(pymysql.err.IntegrityError):
            insert_row_by_hand(cluster, coupon, user, sequence)


def test_r6_claim_whose_write_failed_is_written_later_and_its_user_is_told_so(cluster, nodes):
    coupon = cluster.new_coupon()
    assert nodes[0].claim(coupon, 1).status_code == 201
    cluster.wait_drained(coupon)
    cluster.mariadb.kill9()
    assert nodes[0].claim(coupon, 7).status_code == 201
    again = nodes[1].claim(coupon, 7)
    assert (again.status_code, again.json()["claim"]["sequence"]) == (409, 2)
    cluster.mariadb.start()
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == [(1, 1), (2, 7)]
    assert nodes[1].get(f"/v1/coupons/{coupon}/claims/7").json()["status"] == "issued"


def test_r7_redis_that_lost_its_memory_admits_nobody_again(cluster, nodes):
    coupon = cluster.new_coupon(5)
    claims = {user: nodes[0].claim(coupon, user).json()["sequence"] for user in range(1, 6)}
    cluster.wait_drained(coupon)
    cluster.redis.kill9()
    cluster.redis.forget_everything()
    cluster.redis.start()
    for number in range(len(nodes)):
        assert_problem(cluster.settle(coupon, 9, number), 410, "sold_out")
    for user, sequence in claims.items():
        again = nodes[1].claim(coupon, user)
        assert (again.status_code, again.json()["claim"]["sequence"]) == (409, sequence)
    assert len(cluster.users(coupon)) == 5


def test_r8_sold_out_and_its_end_reach_the_other_node_at_once(cluster, nodes):
    coupon = cluster.new_coupon(2)
    assert nodes[1].claim(coupon, 1).status_code == 201  # the other node knows the coupon, and that there is stock
    assert nodes[0].claim(coupon, 2).status_code == 201
    assert_problem(nodes[1].claim(coupon, 3), 410, "sold_out")
    assert_problem(nodes[0].claim(coupon, 3), 410, "sold_out")
    assert_problem(nodes[1].claim(coupon, 2), 409, "already_claimed")
    started = time.monotonic()
    assert nodes[0].post(f"/v1/coupons/{coupon}/stock", {"delta": 1}).status_code == 200
    wait_until(lambda: nodes[1].claim(coupon, 3).status_code == 201, SECONDS, "the other node gives what was added")
    assert time.monotonic() - started < CACHE_SECONDS / 2


def test_r9_consumer_that_stood_still_beyond_its_lease_does_no_harm(cluster, nodes):
    """It has read a batch and asks whether its connection lives; what it writes then, another has written."""
    coupon = cluster.new_coupon(None)
    assert nodes[0].claim(coupon, 1).status_code == 201
    cluster.wait_drained(coupon)
    cluster.wait_ledger_idle()
    cluster.mariadb.pause()
    for user in range(2, 51):
        assert nodes[0].claim(coupon, user).status_code == 201
    wait_until(lambda: cluster.pending(coupon) > 0, SECONDS, "a consumer has read a batch")
    name = cluster.redis.call("GET", keys(coupon)["lease"]).partition(":")[0]
    holder, other = sorted(cluster.consumers, key=lambda consumer: consumer.folder.name != name)
    assert holder.folder.name == name
    repeats = holder.metric("coupon_ledger_rows_total", result="repeat")
    holder.pause()
    cluster.mariadb.resume()
    cluster.wait_drained(coupon)  # by the other, once the lease is over
    other.pause()
    holder.resume()
    wait_until(lambda: (holder.metric("coupon_ledger_rows_total", result="repeat") or 0) > repeats, SECONDS,
               "it writes what the other has written")
    for user in range(51, 101):
        assert nodes[0].claim(coupon, user).status_code == 201
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == [(user, user) for user in range(1, 101)]
    assert cluster.coupon_row(coupon)["issued_quantity"] == 100


def test_r10_route_that_bypasses_redis_says_so_and_admits_nobody(cluster, nodes):
    """A coupon has one admission path, and here it is Redis: two would sell its stock twice."""
    coupon = cluster.new_coupon(1)
    for node in nodes:
        refused = node.post("/coupons/issue/mysql", {"userId": 7, "couponId": coupon})
        assert refused.status_code == 400
        assert refused.json() == {"error": "coupons are admitted by redis here: ask on /coupons/issue/async"}
        assert node.get(f"/v1/coupons/{coupon}/claims/7").status_code == 404
    assert cluster.rows(coupon) == [] and cluster.users(coupon) == {}
    assert nodes[0].claim(coupon, 8).json()["sequence"] == 1


@pytest.mark.parametrize("route", ["/coupons/issue/async", "/coupons/issue/async/v1", "/coupons/issue/async/v2"])
def test_r10_every_route_the_load_tests_call_is_there(cluster, nodes, route):
    coupon = cluster.new_coupon(1)
    body = {"userId": 7, "couponId": coupon}
    first = nodes[0].post(route, body)
    assert (first.status_code, first.text) == (200, "")
    assert nodes[1].post(route, body).status_code == 409
    sold_out = nodes[1].post(route, {**body, "userId": 8})
    assert sold_out.status_code == 400 and "error" in sold_out.json()
    assert nodes[1].post(route, {**body, "couponId": 2**62}).status_code == 404
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == [(1, 7)]


def test_r11_sold_out_is_an_outcome_of_its_own_and_no_failure(cluster, nodes):
    coupon = cluster.new_coupon(1)
    node = nodes[0]
    before = node.metric("coupon_claims_total", outcome="sold_out") or 0
    failures = node.metric("http_server_requests_seconds_count", outcome="SERVER_ERROR") or 0
    assert node.claim(coupon, 1).status_code == 201
    for user in range(2, 12):
        assert_problem(node.claim(coupon, user), 410, "sold_out")
    assert node.metric("coupon_claims_total", outcome="sold_out") == before + 10
    assert (node.metric("http_server_requests_seconds_count", outcome="SERVER_ERROR") or 0) == failures


def test_r12_one_clock_decides_and_every_time_is_utc(cluster, nodes):
    """The nodes' and consumers' zones differ by 16 hours."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def moment(**offset):
        return (now + datetime.timedelta(**offset)).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    open_now = cluster.new_coupon(issueStartDate=moment(minutes=-5), issueEndDate=moment(minutes=5))
    opens_soon = cluster.new_coupon(issueStartDate=moment(minutes=5), issueEndDate=moment(hours=1))
    just_over = cluster.new_coupon(issueStartDate=moment(hours=-1), issueEndDate=moment(minutes=-5))
    for user, node in enumerate(nodes, 1):
        claim = node.claim(open_now, user)
        assert claim.status_code == 201, claim.text
        issued = datetime.datetime.fromisoformat(claim.json()["issuedAt"])
        assert abs(issued - now) < datetime.timedelta(minutes=1)
        assert claim.json()["issuedAt"].endswith("Z")
        assert_problem(node.claim(opens_soon, user), 403, "not_open")
        assert_problem(node.claim(just_over, user), 410, "ended")
    cluster.wait_drained(open_now)
    for row in cluster.mariadb.query("SELECT date_issued FROM coupon_issuance WHERE coupon_id = %s", open_now):
        assert abs(row["date_issued"] - now.replace(tzinfo=None)) < datetime.timedelta(minutes=1)


def test_r12_node_whose_clock_is_wrong_decides_like_the_others(cluster, nodes):
    """Redis' clock is the clock: a node two hours ahead admits nobody early and refuses nobody late."""
    now = datetime.datetime.now(datetime.timezone.utc)
    clock = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "+2h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    with cluster.another_api(environment=clock) as ahead:
        logged = json.loads(ahead.log().splitlines()[0])["time"]
        assert datetime.datetime.fromisoformat(logged) - now > datetime.timedelta(hours=1), "its clock is not wrong"
        early = cluster.new_coupon(issueStartDate=(now + datetime.timedelta(hours=1)).isoformat())
        closing = cluster.new_coupon(issueEndDate=(now + datetime.timedelta(hours=1)).isoformat())
        assert_problem(ahead.claim(early, 1), 403, "not_open")
        claim = ahead.claim(closing, 1)
        assert claim.status_code == 201, claim.text
        assert abs(datetime.datetime.fromisoformat(claim.json()["issuedAt"]) - now) < datetime.timedelta(minutes=1)


def test_keys_of_the_queue_are_one_set_per_coupon(cluster, nodes):
    """R1 again: the original has one list for all coupons."""
    first, second = cluster.new_coupon(), cluster.new_coupon()
    pause_consumers(cluster)
    nodes[0].claim(first, 1)
    nodes[0].claim(second, 1)
    assert cluster.redis.call("XLEN", keys(first)["accepted"]) == 1
    assert cluster.redis.call("XLEN", keys(second)["accepted"]) == 1
