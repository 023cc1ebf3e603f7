"""What a user and the shop's back end call: claims, their status, redemptions, and the seed's own routes."""

import re

import pytest

from support.problems import assert_problem

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SEED_ROUTES = ["/coupons/issue/async", "/coupons/issue/async/v1", "/coupons/issue/async/v2", "/coupons/issue/mysql"]


# --- The seed's routes: bodies and codes exactly so

@pytest.mark.parametrize("route", SEED_ROUTES)
def test_seed_route(service, route):
    coupon = service.create_coupon(1)["id"]
    future = service.create_coupon(issueStartDate="2098-01-01T00:00:00Z")["id"]
    past = service.create_coupon(issueEndDate="2021-01-01T00:00:00Z")["id"]
    first = service.post(route, {"userId": 7, "couponId": coupon})
    assert (first.status_code, first.content) == (200, b"")
    for status, body in [
        (409, {"userId": 7, "couponId": coupon}),
        (400, {"userId": 8, "couponId": coupon}),
        (400, {"userId": 8, "couponId": future}),
        (400, {"userId": 8, "couponId": past}),
        (404, {"userId": 8, "couponId": 999}),
        (400, {"userId": 8}),
        (400, {"couponId": coupon}),
        (400, {"userId": "8", "couponId": coupon}),
        (400, {"userId": 0, "couponId": coupon}),
    ]:
        answer = service.post(route, body)
        assert answer.status_code == status, f"{body}: {answer.text}"
        assert list(answer.json()) == ["error"] and answer.json()["error"]
        assert answer.headers["Content-Type"] == "application/json"
    assert [row["userId"] for row in service.issuances(coupon)] == [7]


def test_seed_route_and_v1_share_the_claims(service):
    coupon = service.create_coupon(2)["id"]
    assert service.post(SEED_ROUTES[0], {"userId": 7, "couponId": coupon}).status_code == 200
    assert service.claim(coupon, 7).json()["claim"]["sequence"] == 1
    assert service.claim(coupon, 8).json()["sequence"] == 2
    assert service.post(SEED_ROUTES[3], {"userId": 8, "couponId": coupon}).status_code == 409


# --- Claims

def test_claim_is_answered_whole(service):
    coupon = service.create_coupon(2)["id"]
    answer = service.claim(coupon, 2**63 - 1)
    assert answer.status_code == 201 and answer.headers["Content-Type"] == "application/json"
    claim = answer.json()
    assert RFC_3339.fullmatch(claim.pop("issuedAt"))
    assert claim == {"couponId": coupon, "userId": 2**63 - 1, "sequence": 1, "status": "issued"}


def test_sequences_count_a_coupons_winners(service):
    coupons = [service.create_coupon(10)["id"] for _ in range(2)]
    for sequence, user in enumerate([30, 10, 20], 1):
        for coupon in coupons:
            assert service.claim(coupon, user).json()["sequence"] == sequence


def test_second_claim_carries_the_first(service):
    coupon = service.create_coupon(5)["id"]
    first = service.claim(coupon, 7).json()
    body = assert_problem(service.claim(coupon, 7), 409, "already_claimed")
    assert body["claim"] == first


def test_winner_is_recognised_whatever_became_of_the_coupon(service):
    coupon = service.create_coupon(1)["id"]
    first = service.claim(coupon, 7).json()
    assert_problem(service.claim(coupon, 8), 410, "sold_out")
    for change in [{"state": "paused"}, {"state": "open", "issueEndDate": "2021-01-01T00:00:00Z"}, {"state": "closed"}]:
        assert service.patch(f"/v1/coupons/{coupon}", change).status_code == 200
        assert assert_problem(service.claim(coupon, 7), 409, "already_claimed")["claim"] == first


def test_sold_out_ends_with_a_top_up(service):
    coupon = service.create_coupon(1)["id"]
    assert service.claim(coupon, 1).status_code == 201
    assert_problem(service.claim(coupon, 2), 410, "sold_out")
    service.post(f"/v1/coupons/{coupon}/stock", {"delta": 1})
    assert service.claim(coupon, 2).json()["sequence"] == 2
    assert_problem(service.claim(coupon, 3), 410, "sold_out")
    assert_problem(service.claim(service.create_coupon(0)["id"], 1), 410, "sold_out")


def test_claim_before_the_window(service):
    coupon = service.create_coupon(issueStartDate="2098-01-01T00:00:00Z")["id"]
    answer = service.claim(coupon, 1)
    body = assert_problem(answer, 403, "not_open")
    assert body["opensAt"] == service.coupon(coupon)["issueStartDate"]
    assert body["opensAt"].startswith("2098-01-01T00:00:00")
    assert int(answer.headers["Retry-After"]) > 365 * 86400


def test_claim_after_the_window_or_of_no_coupon(service):
    past = service.create_coupon(issueEndDate="2021-01-01T00:00:00Z")["id"]
    assert_problem(service.claim(past, 1), 410, "ended")
    assert_problem(service.claim(999, 1), 404, "unknown_coupon")
    assert_problem(service.claim(2**63 - 1, 1), 404, "unknown_coupon")


def test_claim_follows_the_state(service):
    coupon = service.create_coupon()["id"]
    service.patch(f"/v1/coupons/{coupon}", {"state": "paused"})
    assert_problem(service.claim(coupon, 1), 403, "coupon_paused")
    service.patch(f"/v1/coupons/{coupon}", {"state": "open"})
    assert service.claim(coupon, 1).status_code == 201
    service.patch(f"/v1/coupons/{coupon}", {"state": "closed"})
    assert_problem(service.claim(coupon, 2), 410, "closed")


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON",
                                          None])
def test_content_types_of_a_claim(service, content_type):
    path = f"/v1/coupons/{service.create_coupon()['id']}/claims"
    headers = {"Content-Type": content_type} if content_type else {}
    assert service.request("POST", path, data=b'{"userId":1}', headers=headers).status_code == 201


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx",
                                          "application/json; charset=latin1"])
def test_foreign_content_types_of_a_claim(service, content_type):
    coupon = service.create_coupon()["id"]
    headers = {"Content-Type": content_type}
    answer = service.request("POST", f"/v1/coupons/{coupon}/claims", data=b'{"userId":1}', headers=headers)
    assert_problem(answer, 415, "unsupported_media_type")
    assert service.coupon(coupon)["issuedQuantity"] == 0


# --- Status and the user's coupons

def test_status_of_a_claim(service):
    coupon = service.create_coupon(minimumPrice=0)["id"]
    path = f"/v1/coupons/{coupon}/claims/7"
    assert_problem(service.get(path), 404, "not_claimed")
    assert_problem(service.get("/v1/coupons/999/claims/7"), 404, "unknown_coupon")
    claim = service.claim(coupon, 7).json()
    assert service.get(path).json() == claim
    redeemed = service.post(f"{path}/redemption", {"orderAmount": 12}).json()
    assert service.get(path).json() == redeemed
    assert redeemed["status"] == "redeemed" and redeemed["orderAmount"] == 12


def test_coupons_of_a_user(service):
    coupons = [service.create_coupon(minimumPrice=0)["id"] for _ in range(5)]
    claims = [service.claim(coupon, 7).json() for coupon in coupons]
    service.claim(coupons[0], 8)
    assert service.get("/v1/users/7/coupons").json() == {"userId": 7, "coupons": claims, "next": None}
    assert service.get("/v1/users/9/coupons").json() == {"userId": 9, "coupons": [], "next": None}
    first = service.get("/v1/users/7/coupons?limit=3").json()
    rest = service.get(f"/v1/users/7/coupons?limit=3&after={first['next']}").json()
    assert first["coupons"] + rest["coupons"] == claims and rest["next"] is None
    service.post(f"/v1/coupons/{coupons[0]}/claims/7/redemption", {"orderAmount": 1})
    assert [one["status"] for one in service.get("/v1/users/7/coupons").json()["coupons"]] == ["redeemed"] + (
        ["issued"] * 4)


# --- Redemption

def redemption(coupon, user):
    return f"/v1/coupons/{coupon}/claims/{user}/redemption"


def test_redemption_and_its_undoing(service):
    coupon = service.create_coupon(minimumPrice=5000)["id"]
    claim = service.claim(coupon, 7).json()
    used = service.post(redemption(coupon, 7), {"orderAmount": 5000})
    assert used.status_code == 200
    body = used.json()
    assert RFC_3339.fullmatch(body["redeemedAt"])
    assert body == {**claim, "status": "redeemed", "redeemedAt": body["redeemedAt"], "orderAmount": 5000}
    again = assert_problem(service.post(redemption(coupon, 7), {"orderAmount": 9000}), 409, "already_redeemed")
    assert again["claim"] == body
    assert service.delete(redemption(coupon, 7)).json() == claim
    assert_problem(service.delete(redemption(coupon, 7)), 409, "not_redeemed")
    assert service.post(redemption(coupon, 7), {"orderAmount": 6000}).json()["orderAmount"] == 6000


def test_redemptions_that_are_refused(service):
    coupon = service.create_coupon(minimumPrice=5000)["id"]
    assert_problem(service.post(redemption(coupon, 7), {"orderAmount": 9000}), 404, "not_claimed")
    assert_problem(service.delete(redemption(coupon, 7)), 404, "not_claimed")
    assert_problem(service.post(redemption(999, 7), {"orderAmount": 9000}), 404, "unknown_coupon")
    service.claim(coupon, 7)
    assert_problem(service.post(redemption(coupon, 7), {"orderAmount": 4999}), 409, "below_minimum_price")
    expired = service.create_coupon(minimumPrice=0, expiresAt="2021-01-01T00:00:00Z")["id"]
    service.claim(expired, 7)
    assert_problem(service.post(redemption(expired, 7), {"orderAmount": 9000}), 410, "expired")
    assert service.get(f"/v1/coupons/{expired}/claims/7").json()["status"] == "issued"


def test_redemption_works_after_the_coupon_is_closed(service):
    coupon = service.create_coupon(minimumPrice=0)["id"]
    service.claim(coupon, 7)
    service.patch(f"/v1/coupons/{coupon}", {"state": "closed"})
    assert service.post(redemption(coupon, 7), {"orderAmount": 1}).status_code == 200
