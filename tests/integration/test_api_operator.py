"""What the operator and the machinery around call: coupons, stock, lists, export, backup, audit, service routes."""

import concurrent.futures
import csv
import datetime
import json
import shutil

import pytest

from support.problems import assert_problem
from support.raw import exchange, statuses
from support.service import coupon_body
from support.wait import wait_until

NEW = coupon_body(name="Spring", totalQuantity=10)
GET_PATHS = ["/", "/v1/time", "/v1/coupons", "/v1/coupons/1", "/v1/coupons/1/claims/1", "/v1/users/1/coupons",
             "/v1/coupons/1/issuances?format=csv", "/v1/audit", "/actuator/health", "/actuator/health/liveness",
             "/actuator/health/readiness", "/livez", "/readyz", "/actuator/info", "/actuator/prometheus", "/metrics",
             "/openapi.yaml"]


# --- Coupons

def test_create_and_read(service):
    answer = service.post("/v1/coupons", NEW)
    assert answer.status_code == 201
    coupon = answer.json()
    assert answer.headers["Location"] == f"/v1/coupons/{coupon['id']}"
    assert service.coupon(coupon["id"]) == coupon
    stamps = {key: coupon.pop(key) for key in ("createdAt", "updatedAt", "issueStartDate", "issueEndDate")}
    assert all(datetime.datetime.fromisoformat(stamp).utcoffset() == datetime.timedelta(0) for stamp in stamps.values())
    assert coupon == {"id": 1, "name": "Spring", "type": "FIRST_COME_FIRST_SERVED", "totalQuantity": 10,
                      "issuedQuantity": 0, "remaining": 10, "discountPrice": 1000, "minimumPrice": 5000,
                      "expiresAt": None, "state": "open", "admission": "ledger", "shadow": False}


def test_counts_are_live(service):
    coupon = service.create_coupon(3)["id"]
    for user in (1, 2):
        service.claim(coupon, user)
    found = service.coupon(coupon)
    assert (found["issuedQuantity"], found["remaining"], found["totalQuantity"]) == (2, 1, 3)
    unlimited = service.create_coupon(None)["id"]
    service.claim(unlimited, 1)
    found = service.coupon(unlimited)
    assert (found["issuedQuantity"], found["remaining"], found["totalQuantity"]) == (1, None, None)


def test_names_of_every_alphabet(service):
    for name in ["쿠폰" * 25, "🎟" * 50, 'a"b\\c/d', "x"]:
        assert service.coupon(service.create_coupon(name=name)["id"])["name"] == name


def test_offsets_become_utc(service):
    coupon = service.create_coupon(issueStartDate="2026-01-01T09:00:00+09:00")
    assert coupon["issueStartDate"].startswith("2026-01-01T00:00:00")


def test_states(service):
    coupon = service.create_coupon(state="paused")["id"]
    path = f"/v1/coupons/{coupon}"
    assert service.coupon(coupon)["state"] == "paused"
    for state in ("open", "paused", "paused", "closed", "closed"):
        answer = service.patch(path, {"state": state})
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert_problem(service.patch(path, {"state": "open"}), 409, "conflict")
    assert_problem(service.patch(path, {"state": "paused"}), 409, "conflict")
    assert service.coupon(coupon)["state"] == "closed"


def test_patch_changes_what_it_names(service):
    before = service.create_coupon()
    answer = service.patch(f"/v1/coupons/{before['id']}", {"name": "New", "issueEndDate": "2097-01-01T00:00:00Z"})
    after = answer.json()
    assert after["updatedAt"] >= before["updatedAt"] and after["issueEndDate"].startswith("2097-01-01T00:00:00")
    changed = ("name", "issueEndDate", "updatedAt")
    assert {**after, **{key: before[key] for key in changed}} == before and after["name"] == "New"
    assert_problem(service.patch("/v1/coupons/999", {"name": "New"}), 404, "unknown_coupon")


def test_stock_goes_by_deltas(service):
    coupon = service.create_coupon(5)["id"]
    path = f"/v1/coupons/{coupon}/stock"
    for user in (1, 2):
        service.claim(coupon, user)
    assert service.post(path, {"delta": 10}).json()["remaining"] == 13
    assert service.post(path, {"delta": -13}).json()["remaining"] == 0
    assert_problem(service.post(path, {"delta": -1}), 409, "conflict")
    assert service.coupon(coupon)["totalQuantity"] == 2
    assert_problem(service.claim(coupon, 3), 410, "sold_out")
    assert_problem(service.post("/v1/coupons/999/stock", {"delta": 1}), 404, "unknown_coupon")
    unlimited = service.create_coupon(None)["id"]
    assert_problem(service.post(f"/v1/coupons/{unlimited}/stock", {"delta": 1}), 409, "conflict")


def test_list_goes_page_by_page(service):
    assert service.get("/v1/coupons").json() == {"coupons": [], "next": None}
    made = [service.create_coupon(number) for number in range(5)]
    assert service.get("/v1/coupons").json() == {"coupons": made, "next": None}
    found, after = [], 0
    while after is not None:
        page = service.get(f"/v1/coupons?limit=2&after={after}").json()
        assert 1 <= len(page["coupons"]) <= 2
        found, after = found + page["coupons"], page["next"]
    assert found == made
    largest = service.get("/v1/coupons?after=9223372036854775807").json()
    assert largest == {"coupons": [], "next": None}
    for query in ("limit=0", "limit=1001", "limit=x", "after=-1", "limit=1&limit=2", "after=9223372036854775808"):
        body = assert_problem(service.get(f"/v1/coupons?{query}"), 400, "invalid_request")
        assert body["field"] == query.split("=")[0]


def test_shadow_coupon_is_a_rehearsal(service):
    coupon = service.create_coupon(shadow=True)["id"]
    assert service.claim(coupon, 7).status_code == 201
    assert service.coupon(coupon)["shadow"] is True
    assert service.get("/v1/coupons").json()["coupons"] == []
    assert service.get("/v1/users/7/coupons").json()["coupons"] == []


# --- Winners, backup, audit

@pytest.mark.parametrize("winners", [0, 3, 5001])
def test_export(service, winners):
    coupon = service.create_coupon(None, minimumPrice=0)["id"]
    if winners > 3:
        fill(service, coupon, winners)
    else:
        for user in range(winners, 0, -1):
            service.claim(coupon, user)
    if winners:
        user = service.issuances(coupon)[1]["userId"]
        service.post(f"/v1/coupons/{coupon}/claims/{user}/redemption", {"orderAmount": 77})
    rows = service.issuances(coupon)
    assert [row["sequence"] for row in rows] == list(range(1, winners + 1))
    assert {row["userId"] for row in rows} == set(range(1, winners + 1))
    assert [row["sequence"] for row in rows if row["redeemedAt"]] == ([2] if winners else [])
    answer = service.get(f"/v1/coupons/{coupon}/issuances?format=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.text.startswith("sequence,userId,issuedAt,redeemedAt,orderAmount\n")
    as_text = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
    assert list(csv.DictReader(answer.text.splitlines())) == as_text


def fill(service, coupon, users):
    """Claims of the users 1 to `users`, pipelined over 64 connections: fast enough for thousands."""

    def claim(some):
        bodies = [json.dumps({"userId": user}) for user in some]
        requests = [f"POST /v1/coupons/{coupon}/claims HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
                    f"Connection: {'close' if body is bodies[-1] else 'keep-alive'}\r\n\r\n{body}" for body in bodies]
        return statuses(exchange(service.port, "".join(requests).encode()))

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = pool.map(claim, [range(first, users + 1, 64) for first in range(1, 65)])
    assert sum(answers, []) == [201] * users


def test_export_refuses(service):
    coupon = service.create_coupon()["id"]
    assert_problem(service.get("/v1/coupons/999/issuances?format=csv"), 404, "unknown_coupon")
    body = assert_problem(service.get(f"/v1/coupons/{coupon}/issuances?format=xml"), 400, "invalid_request")
    assert body["field"] == "format"


def test_backup_is_a_whole_store(service, make_service):
    coupon = service.create_coupon(minimumPrice=0)["id"]
    for user in range(1, 20):
        service.claim(coupon, user)
    service.post(f"/v1/coupons/{coupon}/claims/3/redemption", {"orderAmount": 5})
    answer = service.post("/v1/backup")
    assert answer.status_code == 201, answer.text
    backup = answer.json()
    assert (backup["coupons"], backup["issuances"]) == (1, 19) and backup["bytes"] > 0
    audit = service.ctl("audit", "--data", backup["file"])
    assert audit.returncode == 0, audit.stdout + audit.stderr
    before = service.issuances(coupon)
    service.claim(coupon, 20)
    # Restored: a new service over the copy knows what the backup knew.
    restored = make_service(name="restored")
    restored.data_dir.mkdir(parents=True)
    shutil.copyfile(backup["file"], restored.data_dir / "coupon.db")
    restored.start()
    assert restored.issuances(coupon) == before
    assert restored.claim(coupon, 21).json()["sequence"] == 20


def test_audit_counts_what_it_read(service):
    coupon = service.create_coupon(minimumPrice=0)["id"]
    for user in (1, 2):
        service.claim(coupon, user)
    service.post(f"/v1/coupons/{coupon}/claims/1/redemption", {"orderAmount": 5})
    audit = service.get("/v1/audit").json()
    assert (audit["passed"], audit["coupons"], audit["issuances"], audit["redemptions"]) == (True, 1, 2, 1)
    assert audit["checks"] and all(check["violations"] == 0 for check in audit["checks"])
    done = service.ctl("audit")
    assert done.returncode == 0, done.stdout + done.stderr


# --- Service routes

def test_time_moves_on(service):
    now = datetime.datetime.now(datetime.timezone.utc)
    first = service.get("/v1/time").json()
    told = datetime.datetime.fromisoformat(first["time"])
    assert abs(told - now) < datetime.timedelta(seconds=5)
    assert abs(told.timestamp() * 1000 - first["epochMilliseconds"]) < 1000
    before = first["epochMilliseconds"]
    wait_until(lambda: service.get("/v1/time").json()["epochMilliseconds"] > before, 5, "time moves")


def test_health_and_info(service):
    for path in ("/actuator/health", "/actuator/health/liveness", "/actuator/health/readiness", "/livez", "/readyz"):
        answer = service.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "UP"})
    info = service.get("/actuator/info").json()
    assert (info["ackLevel"], info["mode"], info["application"]) == ("durable", "embedded", "coupon-api")
    assert (info["store"], info["replyAfter"]) == ("sqlite", "ledger")
    assert info["version"] and service.get("/openapi.yaml").text.startswith("openapi:")


def test_head_is_get_without_the_body(service):
    coupon = service.create_coupon()["id"]
    service.claim(coupon, 1)
    for path in GET_PATHS:
        got, head = service.get(path), service.request("HEAD", path)
        assert (got.status_code, head.status_code, head.content) == (200, 200, b""), path
        assert head.headers.get("Content-Type") == got.headers.get("Content-Type"), path
    assert service.request("HEAD", "/v1/coupons/999").status_code == 404


@pytest.mark.parametrize("method, path, allow", [
    ("PUT", "/v1/coupons/1", "GET HEAD PATCH OPTIONS"),
    ("DELETE", "/v1/coupons", "GET HEAD POST OPTIONS"),
    ("GET", "/v1/coupons/1/claims", "POST OPTIONS"),
    ("PATCH", "/v1/coupons/1/claims/1/redemption", "POST DELETE OPTIONS"),
    ("GET", "/coupons/issue/async", "POST OPTIONS"),
    ("POST", "/metrics", "GET HEAD OPTIONS"),
    ("BREW", "/v1/time", "GET HEAD OPTIONS"),
])
def test_method_that_a_path_does_not_have(service, method, path, allow):
    answer = service.request(method, path)
    assert_problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == set(allow.split())
    options = service.request("OPTIONS", path)
    assert options.status_code == 204 and options.headers["Allow"] == answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/", "//v1/coupons", "/V1/coupons", "/v1/coupons/1/claims/1/x",
                                  "/v1/coupons/1/claims/1/redemption/x", "/coupons/issue", "/metrics/"])
def test_path_that_is_not_there(service, path):
    assert_problem(service.get(path), 404, "not_found")


@pytest.mark.parametrize("number", ["", "0", "-1", "+1", "01", "1.0", "1e3", "abc", "9223372036854775808", "%20"])
def test_number_in_the_path(service, number):
    assert assert_problem(service.get(f"/v1/coupons/{number}"), 400, "invalid_request")["field"] == "id"
    assert assert_problem(service.get(f"/v1/users/{number}/coupons"), 400, "invalid_request")["field"] == "userId"
    assert assert_problem(service.claim(number, 1), 400, "invalid_request")["field"] == "id"


@pytest.mark.parametrize("path, method", [("/v1/coupons", "POST"), ("/v1/coupons/1", "PATCH"),
                                          ("/v1/coupons/1/stock", "POST"),
                                          ("/v1/coupons/1/claims/1/redemption", "POST"), ("/v1/backup", "POST")])
def test_operator_bodies_must_say_json(service, path, method):
    service.create_coupon()
    for headers in ({}, {"Content-Type": "text/plain"}):
        answer = service.request(method, path, data=json.dumps(NEW), headers=headers)
        assert_problem(answer, 415, "unsupported_media_type")
    assert len(service.get("/v1/coupons").json()["coupons"]) == 1
