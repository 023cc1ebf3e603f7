"""What can be in the way of a row, and that it stops nobody else: locks, a read-only database, entries nobody knows."""

import contextlib

import pytest

from support.distributed import keys
from support.wait import wait_until

SECONDS = 30


@pytest.fixture(scope="module")
def cluster(make_cluster):
    return make_cluster(apis=1, consumers=2)


@pytest.fixture(autouse=True)
def whole_again(cluster):
    yield
    cluster.heal()


def consumer_metric(cluster, name, **labels):
    return sum(consumer.metric(name, **labels) or 0 for consumer in cluster.consumers)


@contextlib.contextmanager
def paused(cluster):
    for consumer in cluster.consumers:
        consumer.pause()
    try:
        yield
    finally:
        for consumer in cluster.consumers:
            consumer.resume()


def test_foreign_lock_on_the_coupons_row_delays_only_that_coupon(cluster):
    locked, free = cluster.new_coupon(), cluster.new_coupon()
    for coupon in (locked, free):
        assert cluster.api.claim(coupon, 1).status_code == 201
    cluster.wait_drained(locked, free)
    with cluster.mariadb.connection(autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM coupon WHERE id = %s FOR UPDATE", (locked,))
        for user in (2, 3):
            assert cluster.api.claim(locked, user).status_code == 201
            assert cluster.api.claim(free, user).status_code == 201
        cluster.wait_drained(free)
        assert cluster.queued(locked) > 0
    cluster.wait_drained(locked)
    assert cluster.rows(locked) == [(1, 1), (2, 2), (3, 3)]


def test_read_only_database_keeps_the_queue_and_is_written_when_it_is_over(cluster):
    coupon = cluster.new_coupon()
    assert cluster.api.claim(coupon, 1).status_code == 201
    cluster.wait_drained(coupon)
    cluster.mariadb.query("SET GLOBAL read_only = 1")
    try:
        for user in (2, 3):
            assert cluster.api.claim(coupon, user).status_code == 201
        wait_until(lambda: any("read-only" in consumer.log() or "read_only" in consumer.log()
                               for consumer in cluster.consumers), SECONDS, "a consumer says why it does not write")
        assert cluster.queued(coupon) > 0 and cluster.dead_letters(coupon) == []
    finally:
        cluster.mariadb.query("SET GLOBAL read_only = 0")
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == [(1, 1), (2, 2), (3, 3)]


def test_sessions_killed_by_the_database_are_opened_again(cluster):
    coupon = cluster.new_coupon(None)
    for user in range(1, 41):
        assert cluster.api.claim(coupon, user).status_code == 201
        if user % 10 == 0:
            for row in cluster.mariadb.query("SELECT id FROM information_schema.processlist WHERE user = 'coupon'"):
                with contextlib.suppress(Exception):  # it may have left by itself
                    cluster.mariadb.query(f"KILL CONNECTION {row['id']}")
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == [(user, user) for user in range(1, 41)]


def test_entry_of_an_unknown_version_stays_is_an_alarm_and_stops_no_other_coupon(cluster):
    strange, healthy = cluster.new_coupon(), cluster.new_coupon()
    stream = keys(strange)["accepted"]
    for coupon in (strange, healthy):
        assert cluster.api.claim(coupon, 1).status_code == 201
    cluster.wait_drained(strange, healthy)
    entry = cluster.redis.call("XADD", stream, "*", "v", "99", "x", "y")
    assert cluster.api.claim(strange, 2).status_code == 201
    assert cluster.api.claim(healthy, 2).status_code == 201
    cluster.wait_drained(healthy)
    wait_until(lambda: any("version" in consumer.log() for consumer in cluster.consumers), SECONDS, "the alarm")
    assert cluster.redis.call("XRANGE", stream, entry, entry) != [], "what is not understood is not thrown away"
    cluster.redis.call("XACK", stream, "ledger", entry)
    cluster.redis.call("XDEL", stream, entry)
    cluster.wait_drained(strange)
    assert cluster.rows(strange) == [(1, 1), (2, 2)]


def test_claim_beyond_the_stock_of_the_ledger_is_a_dead_letter_and_no_row(cluster):
    """The ledger's own guard, whatever Redis says: somebody cut the stock in the database by hand."""
    coupon = cluster.new_coupon(3)
    assert cluster.api.claim(coupon, 1).status_code == 201
    cluster.wait_drained(coupon)
    with paused(cluster):
        for user in (2, 3):
            assert cluster.api.claim(coupon, user).status_code == 201
        cluster.mariadb.query("UPDATE coupon SET total_quantity = 2 WHERE id = %s", coupon)
    wait_until(lambda: cluster.queued(coupon) == 0, SECONDS, "the queue is empty")
    row = cluster.coupon_row(coupon)
    assert row["issued_quantity"] == len(cluster.rows(coupon)) <= 2
    assert cluster.dead_letters(coupon) != []
    assert {reason for _, _, reason in cluster.dead_letters(coupon)} == {"no_stock"}


def test_row_that_somebody_inserted_is_left_alone_and_the_rest_goes_through(cluster):
    coupon = cluster.new_coupon(None)
    assert cluster.api.claim(coupon, 100).status_code == 201
    cluster.wait_drained(coupon)
    cluster.mariadb.query(
        "INSERT INTO coupon_issuance (coupon_id, user_id, sequence, date_issued, created_at, updated_at)"
        " VALUES (%s, 1, 900, NOW(6), NOW(6), NOW(6))", coupon)
    with paused(cluster):
        for user in (1, 2, 3):
            assert cluster.api.claim(coupon, user).status_code == 201
    wait_until(lambda: cluster.queued(coupon) == 0, SECONDS, "the queue is empty")
    assert cluster.rows(coupon) == [(1, 100), (3, 2), (4, 3), (900, 1)]
    assert cluster.dead_letters(coupon) == [(1, 2, "conflict")]
    assert consumer_metric(cluster, "coupon_dead_letters_total", reason="conflict") >= 1


def test_dead_letter_is_dropped_or_tried_again_by_an_operator(cluster):
    coupon = cluster.new_coupon(None)
    assert cluster.api.claim(coupon, 100).status_code == 201
    cluster.wait_drained(coupon)
    cluster.mariadb.query(
        "INSERT INTO coupon_issuance (coupon_id, user_id, sequence, date_issued, created_at, updated_at)"
        " VALUES (%s, 1, 900, NOW(6), NOW(6), NOW(6))", coupon)
    assert cluster.api.claim(coupon, 1).status_code == 201
    wait_until(lambda: cluster.dead_letters(coupon), SECONDS, "the dead letter")
    letters = cluster.api.get("/v1/dead-letters?status=open&limit=1000").json()["deadLetters"]
    (letter,) = [one for one in letters if one["couponId"] == coupon]
    assert (letter["userId"], letter["reason"]) == (1, "conflict")
    assert cluster.api.get(f"/v1/dead-letters/{letter['id']}").json() == letter
    cluster.mariadb.query("DELETE FROM coupon_issuance WHERE coupon_id = %s AND sequence = 900", coupon)
    assert cluster.api.post(f"/v1/dead-letters/{letter['id']}/retry").status_code == 200
    wait_until(lambda: cluster.has_row(coupon, 1), SECONDS, "its row")
    assert cluster.dead_letters(coupon) == []
    assert cluster.api.delete(f"/v1/dead-letters/{letter['id']}").status_code == 409, "it is settled"


def test_rebuild_loads_the_coupon_again_from_both_stores(cluster):
    coupon = cluster.new_coupon(3)
    assert cluster.api.claim(coupon, 1).status_code == 201
    cluster.wait_drained(coupon)
    with paused(cluster):
        assert cluster.api.claim(coupon, 2).status_code == 201
        before = cluster.coupon_row(coupon)["epoch"]
        assert cluster.api.post(f"/v1/coupons/{coupon}/rebuild").status_code == 200
        assert cluster.coupon_row(coupon)["epoch"] == before + 1
        assert cluster.users(coupon) == {1: 1, 2: 2}
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == [(1, 1), (2, 2)] and cluster.dead_letters(coupon) == []
    assert cluster.api.claim(coupon, 3).json()["sequence"] == 3


def test_coupons_page_by_page_are_the_ledgers(cluster):
    created = [cluster.new_coupon() for _ in range(3)]
    listed, after = [], 0
    while True:
        page = cluster.api.get(f"/v1/coupons?after={after}&limit=2").json()
        listed += [coupon["id"] for coupon in page["coupons"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert listed[-3:] == created
    assert listed == [row["id"] for row in cluster.mariadb.query("SELECT id FROM coupon ORDER BY id")]
