"""The distributed mode from end to end: two API nodes, two consumers, one Redis, one MariaDB."""

import datetime
import subprocess

import pytest

from support.chance import seeded
from support.distributed import keys
from support.distributed_history import check_stores
from support.history import History
from support.load import LastingLoad
from support.problems import assert_problem
from support.process import outside_environment
from support.service import build_dir
from support.wait import wait_until

SECONDS = 10
LOAD_ANSWERS = 500
CONFIGURATION = 78  # an exit code


@pytest.fixture(scope="module")
def cluster(make_cluster):
    return make_cluster(apis=2, consumers=2)


@pytest.fixture
def nodes(cluster):
    return cluster.apis


@pytest.fixture
def consumers_paused(cluster):
    """What is accepted stays accepted until the test lets the consumers go on."""
    for consumer in cluster.consumers:
        consumer.pause()

    def go_on():
        for consumer in cluster.consumers:
            consumer.resume()

    yield go_on
    go_on()


def at(**offset):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**offset)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_claim_becomes_a_row_of_the_ledger(cluster, nodes):
    coupon = cluster.new_coupon()
    claim = nodes[0].claim(coupon, 7)
    assert claim.status_code == 201, claim.text
    told = claim.json()
    assert (told["couponId"], told["userId"], told["sequence"], told["status"]) == (coupon, 7, 1, "accepted")
    cluster.wait_drained(coupon)
    assert cluster.rows(coupon) == [(1, 7)]
    (row,) = cluster.mariadb.query("SELECT date_issued FROM coupon_issuance WHERE coupon_id = %s", coupon)
    issued_at = datetime.datetime.fromisoformat(told["issuedAt"]).replace(tzinfo=None)
    assert abs(row["date_issued"] - issued_at) < datetime.timedelta(milliseconds=1)
    for node in nodes:
        status = node.get(f"/v1/coupons/{coupon}/claims/7").json()
        assert (status["sequence"], status["status"]) == (1, "issued")
        assert [held["couponId"] for held in node.get("/v1/users/7/coupons").json()["coupons"]][-1:] == [coupon]


def test_claim_that_waits_for_the_ledger_is_accepted_everywhere(cluster, nodes, consumers_paused):
    coupon = cluster.new_coupon(minimumPrice=0)
    assert nodes[0].claim(coupon, 7).json()["status"] == "accepted"
    for node in nodes:
        assert node.get(f"/v1/coupons/{coupon}/claims/7").json()["status"] == "accepted"
    redemption = f"/v1/coupons/{coupon}/claims/7/redemption"
    assert_problem(nodes[1].post(redemption, {"orderAmount": 5}), 409, "not_issued_yet")
    consumers_paused()
    cluster.wait_drained(coupon)
    redeemed = nodes[1].post(redemption, {"orderAmount": 5})
    assert redeemed.status_code == 200, redeemed.text
    assert nodes[0].get(f"/v1/coupons/{coupon}/claims/7").json()["status"] == "redeemed"


def test_second_claim_at_another_node_is_told_the_first(cluster, nodes):
    coupon = cluster.new_coupon()
    first = nodes[0].claim(coupon, 7).json()
    for node in reversed(nodes):
        again = node.claim(coupon, 7)
        assert_problem(again, 409, "already_claimed")
        assert (again.json()["claim"]["sequence"], again.json()["claim"]["issuedAt"]) == (
            first["sequence"], first["issuedAt"])


def test_stock_is_one_over_all_nodes(cluster, nodes):
    coupon = cluster.new_coupon(3)
    answers = [nodes[user % 2].claim(coupon, user) for user in range(1, 6)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 410, 410]
    assert answers[4].json()["code"] == "sold_out"
    assert [answer.json()["sequence"] for answer in answers[:3]] == [1, 2, 3]
    cluster.wait_drained(coupon)
    for node in nodes:
        shown = node.coupon(coupon)
        assert (shown["issuedQuantity"], shown["remaining"]) == (3, 0)


def test_user_who_did_not_claim_is_unknown(cluster, nodes):
    coupon = cluster.new_coupon()
    for node in nodes:
        assert node.get(f"/v1/coupons/{coupon}/claims/7").status_code == 404
        assert node.claim(2**62, 7).status_code == 404


def test_window_is_kept_by_every_node(cluster, nodes):
    early = cluster.new_coupon(issueStartDate=at(hours=1))
    late = cluster.new_coupon(issueStartDate=at(hours=-2), issueEndDate=at(hours=-1))
    for node in nodes:
        assert_problem(node.claim(early, 7), 403, "not_open")
        assert_problem(node.claim(late, 7), 410, "ended")


def test_operator_changes_at_one_node_hold_at_the_other(cluster, nodes):
    coupon = cluster.new_coupon(1)
    assert nodes[0].claim(coupon, 1).status_code == 201
    assert nodes[1].claim(coupon, 2).status_code == 410
    added = nodes[0].post(f"/v1/coupons/{coupon}/stock", {"delta": 2})
    assert added.status_code == 200 and added.json()["totalQuantity"] == 3, added.text
    wait_until(lambda: nodes[1].claim(coupon, 2).status_code == 201, SECONDS, "the other node gives what was added")
    refused = nodes[0].post(f"/v1/coupons/{coupon}/stock", {"delta": -2})
    assert refused.status_code == 409, refused.text
    assert nodes[0].post(f"/v1/coupons/{coupon}/stock", {"delta": -1}).json()["totalQuantity"] == 2
    assert nodes[1].claim(coupon, 3).status_code == 410
    cluster.wait_drained(coupon)
    assert cluster.coupon_row(coupon)["total_quantity"] == 2


def test_pause_and_close_hold_at_once_at_the_other_node(cluster, nodes):
    """What takes away is applied in Redis before it is answered: no node may admit a single one after that."""
    coupon = cluster.new_coupon()
    assert nodes[1].claim(coupon, 1).status_code == 201
    assert nodes[0].patch(f"/v1/coupons/{coupon}", {"state": "paused"}).status_code == 200
    assert_problem(nodes[1].claim(coupon, 2), 403, "coupon_paused")
    assert_problem(nodes[1].claim(coupon, 1), 409, "already_claimed")
    assert nodes[0].patch(f"/v1/coupons/{coupon}", {"state": "open"}).status_code == 200
    wait_until(lambda: nodes[1].claim(coupon, 2).status_code == 201, SECONDS, "the other node admits again")
    assert nodes[0].patch(f"/v1/coupons/{coupon}", {"state": "closed"}).status_code == 200
    assert_problem(nodes[1].claim(coupon, 3), 410, "closed")


def test_node_that_answers_after_the_ledger_says_issued(cluster):
    coupon = cluster.new_coupon()
    with cluster.another_api({"admission.reply_after": "ledger"}) as node:
        told = node.claim(coupon, 7)
        assert (told.status_code, told.json()["status"]) == (201, "issued"), told.text
        assert cluster.has_row(coupon, 7)
        assert node.claim(coupon, 7).json()["claim"]["status"] == "issued"


def test_node_that_answers_after_the_ledger_says_unknown_while_nobody_writes(cluster, consumers_paused):
    coupon = cluster.new_coupon()
    with cluster.another_api({"admission.reply_after": "ledger", "admission.reply_timeout": "300ms"}) as node:
        assert_problem(node.claim(coupon, 7), 503, "unknown")
        consumers_paused()
        cluster.wait_drained(coupon)
        assert_problem(node.claim(coupon, 7), 409, "already_claimed")
    assert cluster.rows(coupon) == [(1, 7)]


def test_winners_list_and_audit_agree_with_the_ledger(cluster, nodes):
    coupon = cluster.new_coupon(50)
    for user in range(1, 21):
        assert nodes[user % 2].claim(coupon, user).status_code == 201
    cluster.wait_drained(coupon)
    listed = [(row["sequence"], row["userId"]) for row in nodes[1].issuances(coupon)]
    assert listed == cluster.rows(coupon) == [(user, user) for user in range(1, 21)]
    audit = nodes[0].get("/v1/audit").json()
    assert audit["passed"], audit


def sum_over(parts, name, **labels):
    return sum(part.metric(name, **labels) or 0 for part in parts)


def test_metrics_tell_the_backlog_and_that_it_is_gone(cluster, nodes):
    """A foreign lock keeps five claims from the ledger; every consumer tells them, whoever has the lease."""
    coupon = cluster.new_coupon()
    assert nodes[0].claim(coupon, 100).status_code == 201
    cluster.wait_drained(coupon)
    wait_backlog(cluster, 0)
    rows = sum_over(cluster.consumers, "coupon_ledger_batch_size_sum")
    admitted = sum_over(nodes, "coupon_claims_total", outcome="admitted")
    with cluster.mariadb.connection(autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM coupon WHERE id = %s FOR UPDATE", (coupon,))
        for user in range(1, 6):
            assert nodes[user % 2].claim(coupon, user).status_code == 201
        wait_backlog(cluster, 5)
        assert all(consumer.metric("coupon_queue_oldest_seconds") > 0 for consumer in cluster.consumers)
    cluster.wait_drained(coupon)
    wait_backlog(cluster, 0)
    assert all(consumer.metric("coupon_queue_oldest_seconds") == 0 for consumer in cluster.consumers)
    assert sum_over(cluster.consumers, "coupon_ledger_batch_size_sum") == rows + 5
    assert sum_over(nodes, "coupon_claims_total", outcome="admitted") == admitted + 5


def wait_backlog(cluster, claims):
    """Of all coupons together; they are looked at once a second."""
    for consumer in cluster.consumers:
        wait_until(lambda: consumer.metric("coupon_queue_backlog") == claims, SECONDS, f"the backlog is {claims}")


def test_consumer_answers_its_probes(cluster):
    for consumer in cluster.consumers:
        for path in ("/livez", "/readyz", "/actuator/health", "/actuator/info", "/actuator/prometheus"):
            assert consumer.get(path).status_code == 200, path


def test_what_only_the_embedded_mode_has_is_refused(cluster, nodes):
    assert_problem(nodes[0].post("/v1/backup"), 409, "not_supported")


@pytest.mark.slow
def test_clean_stop_of_every_program_under_load_loses_nothing(cluster):
    seed, _ = seeded()
    history = History()
    scarce, ample = cluster.new_coupon(50), cluster.new_coupon(None)
    with LastingLoad(cluster.apis[:2], history, {scarce: 200, ample: 100_000}, seed):
        for part in [cluster.apis[0], cluster.consumers[0], cluster.apis[1], cluster.consumers[1]]:
            before = len(history.answers)
            wait_until(lambda: len(history.answers) > before + LOAD_ANSWERS, 60, "the load goes on")
            part.restart()
    cluster.wait_drained(scarce, ample)
    assert check_stores(history, cluster.stores(scarce, ample)) == [], f"seed {seed}"


def test_redis_that_may_evict_is_refused_at_the_start(cluster):
    cluster.redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    node = cluster.apis[1]
    try:
        node.terminate()
        node.start(wait=False)
        assert node.wait_exit() == CONFIGURATION, "waiting would not help"
        assert "maxmemory-policy" in node.log()
    finally:
        cluster.redis.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
        if not node.running():
            node.start()


def test_programs_tell_their_version_and_refuse_unknown_keys():
    for program in ("coupon-api", "coupon-consumer"):
        version = subprocess.run([build_dir() / program, "--version"], capture_output=True, text=True, check=True,
                                 env=outside_environment())
        assert program in version.stdout
        wrong = subprocess.run([build_dir() / program, "--set", "no.such=1"], capture_output=True, text=True,
                               check=False, env=outside_environment())
        assert wrong.returncode == CONFIGURATION


def test_keys_of_a_coupon_share_one_hash_tag(cluster, nodes):
    before = set(cluster.redis.call("KEYS", "*"))
    coupon = cluster.new_coupon()
    nodes[0].claim(coupon, 1)
    names = set(cluster.redis.call("KEYS", "*")) - before
    assert keys(coupon)["users"] in names
    assert all(f"{{{coupon}}}" in name for name in names), names
