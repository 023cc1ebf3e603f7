"""Promise P9 on a bad day: the disk does not answer, the operator is in a hurry; the stop ends all the same."""

import concurrent.futures
import contextlib
import signal

import requests

from support.injection import STALL_SECONDS, stalled_disk
from support.wait import wait_until

IN_FLIGHT = "http_server_exchanges_in_flight"


@contextlib.contextmanager
def in_flight(service, calls):
    """Calls that wait for the disk; their outcome is nobody's concern here."""

    def ask(call):
        with contextlib.suppress(requests.RequestException):
            requests.request(**call, timeout=STALL_SECONDS)

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        for call in calls:
            pool.submit(ask, call)
        wait_until(lambda: service.metric(IN_FLIGHT) > len(calls), 10, "the calls, and the reader's own, are in flight")
        yield


def claim_and_top_up(service, coupon):
    return [{"method": "POST", "url": service.url(f"/v1/coupons/{coupon}/claims"), "json": {"userId": 1}},
            {"method": "POST", "url": service.url(f"/v1/coupons/{coupon}/stock"), "json": {"delta": 5}}]


def assert_leaves(service, let_go, why):
    """It gives up by itself; strace would hold even a process that has ended for as long as it delays."""
    wait_until(lambda: why in service.log(), 20, f"the log says: {why}")
    let_go()
    assert service.wait_exit() == 69, service.log_tail()


def test_a_stalled_disk_ends_the_stop_after_the_grace_with_69(make_service):
    service = make_service(settings={"shutdown.grace": "1s"}).start()
    coupon = service.create_coupon()["id"]
    with stalled_disk(service) as let_go, in_flight(service, claim_and_top_up(service, coupon)):
        service.signal(signal.SIGTERM)
        assert_leaves(service, let_go, "took too long")
    # What was under way is neither yes nor no; what comes after it is true.
    service.start()
    assert service.claim(coupon, 1).status_code in (201, 409)
    assert service.get("/v1/audit").json()["passed"]


def test_a_stalled_last_checkpoint_ends_with_the_deadline_too(make_service):
    service = make_service(settings={"shutdown.grace": "1s"}).start()
    coupon = service.create_coupon()["id"]
    assert service.claim(coupon, 1).status_code == 201
    with stalled_disk(service) as let_go:
        service.signal(signal.SIGTERM)
        assert_leaves(service, let_go, "took too long")
    service.start()
    assert service.claim(coupon, 1).status_code == 409


def test_a_stop_that_sends_two_signals_at_once_is_no_hurry(make_service):
    """As timeout(1) does: one to the process, one to its group."""
    service = make_service().start()
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
        service.signal(number)
    assert service.wait_exit() == 0, service.log_tail()


def test_a_second_signal_cuts_the_grace_short(make_service):
    service = make_service(settings={"shutdown.grace": "120s"}).start()
    coupon = service.create_coupon()["id"]
    with stalled_disk(service) as let_go, in_flight(service, claim_and_top_up(service, coupon)):
        service.signal(signal.SIGTERM)
        wait_until(lambda: "SIGTERM" in service.log(), 10, "the first signal has been seen")
        service.signal(signal.SIGTERM)
        assert_leaves(service, let_go, "second signal")
