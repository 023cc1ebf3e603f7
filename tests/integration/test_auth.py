"""Profile prod: who may call what. The table is Routes() in src/http/api/routes.cc."""

import pytest

from support.service import coupon_body
from support.tokens import OPERATOR, SERVICE, token_file, token_settings

JSON = coupon_body(totalQuantity=5, minimumPrice=0)

OPERATOR_CALLS = [
    ("POST", "/v1/coupons", JSON, 201),
    ("PATCH", "/v1/coupons/1", {"name": "B"}, 200),
    ("POST", "/v1/coupons/1/stock", {"delta": 1}, 200),
    ("GET", "/v1/coupons/1/issuances", None, 200),
    ("POST", "/v1/backup", None, 201),
    ("GET", "/v1/audit", None, 200),
    # These the embedded store does not have.
    ("POST", "/v1/coupons/1/rebuild", None, 409),
    ("GET", "/v1/dead-letters", None, 409),
    ("GET", "/v1/dead-letters/1", None, 409),
    ("POST", "/v1/dead-letters/1/retry", None, 409),
    ("DELETE", "/v1/dead-letters/1", None, 409),
]
SERVICE_CALLS = [
    ("GET", "/v1/users/1/coupons", None, 200),
    ("POST", "/v1/coupons/1/claims/1/redemption", {"orderAmount": 9}, 200),
    ("DELETE", "/v1/coupons/1/claims/1/redemption", None, 200),
]
PUBLIC_CALLS = [
    ("POST", "/v1/coupons/1/claims", {"userId": 2}, 201),
    ("GET", "/v1/coupons/1/claims/1", None, 200),
    ("POST", "/coupons/issue/async", {"userId": 3, "couponId": 1}, 200),
    ("GET", "/v1/coupons", None, 200),
    ("GET", "/v1/coupons/1", None, 200),
    ("GET", "/v1/time", None, 200),
    ("GET", "/readyz", None, 200),
    ("GET", "/metrics", None, 200),
    ("GET", "/actuator/info", None, 200),
]


@pytest.fixture
def make_prod(make_service, tmp_path):
    """Makes a service of profile prod (not started); `files` replaces token files by key."""

    def make(**files):
        settings = {"admission.store": "embedded", **token_settings(tmp_path), **files}
        return make_service("prod", profile="prod", settings=settings)

    return make


@pytest.fixture
def prod(make_prod):
    """Running, with coupon 1, which user 1 holds."""
    service = make_prod().start()
    assert call(service, *OPERATOR_CALLS[0][:3], OPERATOR).status_code == 201
    assert service.claim(1, 1).status_code == 201
    return service


def call(service, method, path, body, token=None, scheme="Bearer"):
    headers = {"Authorization": f"{scheme} {token}"} if token else {}
    return service.request(method, path, json=body, headers=headers)


def assert_refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_operator_calls_need_the_operator(prod):
    before = prod.coupon(1)
    for method, path, body, _ in OPERATOR_CALLS:
        assert_refused(call(prod, method, path, body), 401, "unauthorized")
        assert_refused(call(prod, method, path, body, OPERATOR[:-1] + "X"), 401, "unauthorized")
        assert_refused(call(prod, method, path, body, OPERATOR + "x"), 401, "unauthorized")
        assert_refused(call(prod, method, path, body, OPERATOR, scheme="Basic"), 401, "unauthorized")
        assert_refused(call(prod, method, path, body, SERVICE), 403, "forbidden")
    assert prod.coupon(1) == before and len(prod.get("/v1/coupons").json()["coupons"]) == 1
    for method, path, body, status in OPERATOR_CALLS:
        answer = call(prod, method, path, body, OPERATOR)
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize("token", [SERVICE, OPERATOR])
def test_service_calls_need_the_shops_back_end(prod, token):
    for method, path, body, _ in SERVICE_CALLS:
        assert_refused(call(prod, method, path, body), 401, "unauthorized")
        assert_refused(call(prod, method, path, body, "x" * 36), 401, "unauthorized")
    assert prod.get("/v1/coupons/1/claims/1").json()["status"] == "issued"
    for method, path, body, status in SERVICE_CALLS:
        answer = call(prod, method, path, body, token)
        assert answer.status_code == status, answer.text


def test_public_calls_need_nothing(prod):
    for method, path, body, status in PUBLIC_CALLS:
        answer = call(prod, method, path, body)
        assert answer.status_code == status, f"{method} {path}: {answer.text}"


def test_who_may_not_ask_learns_nothing(prod):
    assert_refused(call(prod, "GET", "/v1/coupons/0/issuances", None), 401, "unauthorized")
    assert_refused(call(prod, "GET", "/v1/coupons/999/issuances", None), 401, "unauthorized")
    assert_refused(call(prod, "POST", "/v1/coupons", {"name": 1}), 401, "unauthorized")


def test_scheme_is_read_without_case(prod):
    assert call(prod, "GET", "/v1/audit", None, OPERATOR, scheme="bearer").status_code == 200


def test_tokens_are_in_no_log(prod):
    call(prod, "GET", "/v1/audit", None, SERVICE)
    call(prod, "GET", "/v1/audit", None, OPERATOR)
    assert prod.terminate() == 0
    assert OPERATOR not in prod.log() and SERVICE not in prod.log()


@pytest.mark.parametrize("key", ["operator.token_file", "service.token_file"])
@pytest.mark.parametrize("token, mode", [("short", 0o600), (OPERATOR, 0o644), ("", 0o600), ("x" * 300, 0o600)])
def test_bad_token_file_is_refused_at_the_start(make_prod, tmp_path, key, token, mode):
    service = make_prod(**{key: token_file(tmp_path, "bad", token, mode)}).start(wait=False)
    assert service.wait_exit() == 78, service.log_tail()
    assert "bad" in service.log()
