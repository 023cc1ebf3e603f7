"""The demo coupon is there to be claimed, on the second day as well."""

import datetime


def patch_end(service, **moved):
    start = datetime.datetime.fromisoformat(service.coupon(1)["issueStartDate"])
    end = start + datetime.timedelta(**moved)
    answer = service.patch("/v1/coupons/1", {"issueEndDate": end.isoformat(timespec="milliseconds")})
    assert answer.status_code == 200, answer.text


def test_demo_coupon_that_has_ended_is_open_again_after_a_start(demo_service):
    assert demo_service.claim(1, 41).status_code == 201
    patch_end(demo_service, milliseconds=1)
    assert demo_service.claim(1, 42).json()["code"] == "ended"
    demo_service.restart()
    assert demo_service.claim(1, 42).status_code == 201
    assert demo_service.claim(1, 41).status_code == 409, "what was given stays given"


def test_demo_coupon_that_is_open_keeps_its_window(demo_service):
    patch_end(demo_service, hours=1)
    before = demo_service.coupon(1)
    demo_service.restart()
    assert demo_service.coupon(1) == before


def test_a_coupon_of_somebody_elses_is_left_alone(make_service):
    service = make_service().start()
    mine = service.create_coupon(issueEndDate="2021-01-01T00:00:00Z")
    service.settings["demo.coupon"] = "true"
    service.restart()
    assert service.coupon(1) == mine
