"""Promise P9: SIGTERM under load loses nothing and ends with 0; readiness turns off first."""

import asyncio
import signal

import pytest
import requests

from support.chance import seeded
from support.history import History, survivors_of
from support.load import ClaimLoad
from support.wait import wait_until

ROUNDS = 20
LOAD_SECONDS = (0.02, 0.15)


@pytest.mark.slow
def test_sigterm_under_load_loses_nothing(make_service):
    seed, chance = seeded()
    service = make_service().start()
    unlimited = service.create_coupon(None)["id"]
    limited = service.create_coupon(2000)["id"]
    history = History()
    for turn in range(ROUNDS):
        load = ClaimLoad(service, history, {unlimited: 100_000, limited: 4000}, f"{seed}/{turn}")
        asyncio.run(load.run(chance.uniform(*LOAD_SECONDS), lambda: service.signal(signal.SIGTERM)))
        assert service.wait_exit() == 0, f"seed {seed}, round {turn}\n{service.log_tail()}"
        service.start()
        survivors = survivors_of(service, [unlimited, limited])
        assert history.check(survivors) == [], f"seed {seed}, round {turn}"
        assert history.rows_nobody_knows_of(survivors) == [], f"seed {seed}, round {turn}"
    for answer in history.told(limited, 201):
        status = service.get(f"/v1/coupons/{limited}/claims/{answer.user}")
        assert status.status_code == 200 and status.json()["sequence"] == answer.sequence, f"seed {seed}"


def test_readiness_turns_off_before_the_door_closes(make_service):
    service = make_service(settings={"shutdown.readiness_delay": "60s"}).start()
    coupon = service.create_coupon()["id"]
    service.signal(signal.SIGTERM)
    wait_until(lambda: service.get("/readyz").status_code == 503, 20, "readyz answers 503 after SIGTERM")
    assert service.get("/livez").status_code == 200
    assert service.get("/actuator/health").json()["status"] != "UP"
    # A balancer has not noticed yet: the claim is answered, truly either way.
    answered = service.claim(coupon, 1).status_code
    assert answered in (201, 503)
    service.signal(signal.SIGTERM)  # a second one: the delay need not be over
    assert service.wait_exit() == 0, service.log_tail()
    service.start()
    assert len(service.issuances(coupon)) == (answered == 201)


def test_sigint_ends_as_sigterm_does(make_service):
    service = make_service().start()
    service.signal(signal.SIGINT)
    assert service.wait_exit() == 0, service.log_tail()


def test_idle_connections_do_not_delay_the_stop(make_service):
    service = make_service().start()
    with requests.Session() as idle:
        idle.get(service.url("/livez"), timeout=10)
        service.signal(signal.SIGTERM)
        assert service.wait_exit(timeout_seconds=5) == 0, service.log_tail()


def test_port_is_free_for_the_next_process_at_once(make_service):
    service = make_service().start()
    for _ in range(3):
        service.restart()
    assert service.is_ready()
