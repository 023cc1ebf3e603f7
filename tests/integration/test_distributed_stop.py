"""Promise P9 of the distributed mode on a bad day: Redis does not answer; the stop answers, and ends in time."""

import concurrent.futures
import signal

import pytest

from support.problems import assert_problem
from support.wait import wait_until

SECONDS = 10
IN_FLIGHT = "http_server_exchanges_in_flight"


@pytest.fixture(scope="module")
def cluster(make_cluster):
    return make_cluster(apis=1, consumers=1)


def test_a_hung_redis_ends_the_stop_with_answers_and_0(cluster):
    coupon = cluster.new_coupon()
    # Nothing but the stop answers the claim.
    with cluster.another_api({"admission.wait_max": "60s", "shutdown.grace": "3s"}) as node:
        assert node.claim(coupon, 1).status_code == 201
        cluster.redis.pause()
        try:
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                claim = pool.submit(node.claim, coupon, 2)
                wait_until(lambda: node.metric(IN_FLIGHT) > 1, SECONDS, "the claim and the reader's own call are out")
                node.signal(signal.SIGTERM)
                assert_problem(claim.result(SECONDS), 503, "unknown")
                assert node.wait_exit() == 0, node.log_tail()
        finally:
            cluster.redis.resume()
    # It was sent, and what became of it is told to whoever asks again.
    assert cluster.settle(coupon, 2).status_code in (201, 409)
