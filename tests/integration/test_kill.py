"""Promises P1 to P6 under kill -9: whatever was answered is true after the restart."""

import asyncio
import signal

import pytest

from support.chance import seeded
from support.history import History, survivors_of
from support.load import ClaimLoad

ROUNDS = 30
LOAD_SECONDS = (0.02, 0.2)
STOCK = 20
CLIENTS = 16


def check_statuses(service, history, coupons):
    """Every acknowledged claim of `coupons`, asked for one by one."""
    faults = []
    for coupon in coupons:
        for answer in history.told(coupon, 201):
            status = service.get(f"/v1/coupons/{coupon}/claims/{answer.user}")
            if status.status_code != 200 or status.json()["sequence"] != answer.sequence:
                faults.append(f"coupon {coupon}, user {answer.user}: told {answer.sequence}, now {status.text}")
    return faults


@pytest.mark.slow
def test_nothing_answered_is_lost_or_changed_by_kill_9(make_service):
    seed, chance = seeded()
    service = make_service().start()
    lasting = service.create_coupon(None)["id"]
    history = History()
    stocks = []
    for turn in range(ROUNDS):
        # One coupon lives through every round, two with a stock are new: one of them is soon sold out.
        scarce = service.create_coupon(STOCK)["id"]
        ample = service.create_coupon(STOCK * 100)["id"]
        users = {lasting: 100_000, scarce: STOCK * 4, ample: STOCK * 200}
        load = ClaimLoad(service, history, users, f"{seed}/{turn}", CLIENTS)
        asyncio.run(load.run(chance.uniform(*LOAD_SECONDS), lambda: service.signal(signal.SIGKILL)))
        assert service.kill9() == -signal.SIGKILL, service.log_tail()
        service.start()
        stocks += [scarce, ample]
        faults = history.check(survivors_of(service, [lasting, *stocks]))
        faults += check_statuses(service, history, [scarce, ample])
        assert faults == [], f"seed {seed}, round {turn}"
    assert check_statuses(service, history, [lasting]) == [], f"seed {seed}"
    assert service.get("/v1/audit").json()["passed"]
    told = {status: sum(answer.status == status for answer in history.answers) for status in (201, 409, 410)}
    print(f"{told} answers, {history.unanswered} without one")
    assert all(told.values()), f"seed {seed}: the load did not meet every answer: {told}"


def test_winner_is_recognised_after_kill_9_of_a_sold_out_coupon(make_service):
    service = make_service().start()
    coupon = service.create_coupon(1)["id"]
    first = service.claim(coupon, 7)
    assert first.status_code == 201 and service.claim(coupon, 8).status_code == 410
    service.kill9()
    service.start()
    again = service.claim(coupon, 7)
    assert (again.status_code, again.json()["claim"]) == (409, first.json())
    assert service.claim(coupon, 8).json()["code"] == "sold_out"


def test_operator_changes_and_redemptions_survive_kill_9(make_service):
    service = make_service().start()
    coupon = service.create_coupon(2, minimumPrice=0)["id"]
    assert [service.claim(coupon, user).status_code for user in (1, 2)] == [201, 201]
    redeemed = service.post(f"/v1/coupons/{coupon}/claims/1/redemption", {"orderAmount": 10}).json()
    given_back = f"/v1/coupons/{coupon}/claims/2/redemption"
    assert service.post(given_back, {"orderAmount": 5}).status_code == 200
    assert service.delete(given_back).status_code == 200
    topped = service.post(f"/v1/coupons/{coupon}/stock", {"delta": 3}).json()
    paused = service.patch(f"/v1/coupons/{coupon}", {"state": "paused", "name": "Renamed"}).json()
    assert topped["totalQuantity"] == 5 and paused["state"] == "paused"
    service.kill9()
    service.start()
    assert service.coupon(coupon) == paused
    assert service.get(f"/v1/coupons/{coupon}/claims/1").json() == redeemed
    assert service.get(f"/v1/coupons/{coupon}/claims/2").json()["status"] == "issued"
