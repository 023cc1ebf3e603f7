"""/metrics: well-formed, the names of the golden list, and counts that equal what was done."""

import pathlib
import re
import shutil
import subprocess

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden/metric_names.txt"
# Names that existing dashboards expect, whatever promtool thinks of them.
MICROMETER_NAMES = {"system_cpu_count"}


def families(text):
    """"name type label,label" of every family, sorted; `le` is left out, which belongs to every histogram."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    labels = {name: set() for name in kinds}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        series = re.match(r"[^{\s]+", line)[0]
        name = series if series in kinds else re.sub(r"_(bucket|sum|count)$", "", series)
        labels[name] |= set(re.findall(r'[{,]([a-z_]+)="', line)) - {"le"}
    return sorted(f"{name} {kind} {','.join(sorted(labels[name]))}" for name, kind in kinds.items())


def exercised(service):
    coupon = service.create_coupon(1)["id"]
    service.claim(coupon, 1)
    service.claim(coupon, 2)
    return service.get("/metrics").text


def test_names_types_and_labels_are_the_golden_ones(service):
    found = families(exercised(service))
    wanted = GOLDEN.read_text().splitlines()
    assert found == wanted, "a changed name breaks dashboards: change tests/golden/metric_names.txt on purpose only"


def test_promtool_finds_nothing_to_complain_about(service):
    text = exercised(service)
    if shutil.which("promtool") is None:
        print("promtool is not installed: the format is checked by its line pattern only")
        for line in text.splitlines():
            assert re.match(r"# (HELP|TYPE) |[a-zA-Z_:][\w:]*(\{.*\})? (\S+)$", line), line
        return
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60,
                          check=False)
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    assert [line for line in complaints if line.split()[0] not in MICROMETER_NAMES] == []
    assert done.returncode == (3 if complaints else 0)


def test_every_series_carries_the_application(make_service):
    service = make_service(settings={"application.name": "shop-a"}).start()
    for line in exercised(service).splitlines():
        assert line.startswith("#") or 'application="shop-a"' in line


def outcomes(service):
    return {outcome: service.metric("coupon_claims_total", outcome=outcome)
            for outcome in ("admitted", "duplicate", "sold_out", "not_open", "ended", "paused", "closed",
                            "unknown_coupon", "unavailable", "storage_full", "unknown", "overloaded")}


def test_outcomes_equal_what_was_done(service):
    assert set(outcomes(service).values()) == {0}
    limited = service.create_coupon(3)["id"]
    future = service.create_coupon(issueStartDate="2098-01-01T00:00:00Z")["id"]
    past = service.create_coupon(issueEndDate="2021-01-01T00:00:00Z")["id"]
    held = service.create_coupon()["id"]
    for user in range(1, 6):
        service.claim(limited, user)  # 3 admitted, 2 sold out
    for user in (1, 2):
        service.claim(limited, user)
    service.claim(future, 1)
    service.claim(past, 1)
    service.claim(999, 1)
    service.patch(f"/v1/coupons/{held}", {"state": "paused"})
    service.claim(held, 1)
    service.patch(f"/v1/coupons/{held}", {"state": "closed"})
    service.claim(held, 1)
    service.post("/coupons/issue/async", {"userId": 1, "couponId": limited})
    service.post("/v1/coupons/1/claims", {"userId": 0})  # no claim at all
    assert outcomes(service) == {
        "admitted": 3, "duplicate": 3, "sold_out": 2, "not_open": 1, "ended": 1, "paused": 1, "closed": 1,
        "unknown_coupon": 1, "unavailable": 0, "storage_full": 0, "unknown": 0, "overloaded": 0}
    assert service.metric("coupon_claim_seconds_count") == 13
    claims = {"uri": "/v1/coupons/{id}/claims", "method": "POST"}
    requests = "http_server_requests_seconds_count"
    assert service.metric(requests, status="201", outcome="SUCCESS", **claims) == 3
    assert service.metric(requests, status="410", outcome="CLIENT_ERROR", **claims) == 4
    assert service.metric(requests, status="400", **claims) == 1
    assert service.metric(requests, uri="/coupons/issue/async", status="409") == 1


def test_stock_is_what_is_left(service):
    limited = service.create_coupon(3)["id"]
    unlimited = service.create_coupon(None)["id"]
    service.claim(limited, 1)
    service.post(f"/v1/coupons/{limited}/stock", {"delta": 5})
    assert service.metric("coupon_stock_remaining", coupon=limited) == 7
    assert service.metric("coupon_stock_remaining", coupon=unlimited) is None


def test_a_user_is_in_no_label(service):
    coupon = service.create_coupon()["id"]
    service.claim(coupon, 987654321)
    service.get(f"/v1/coupons/{coupon}/claims/987654321")
    service.get("/v1/users/987654321/coupons")
    service.get("/987654321")
    assert "987654321" not in service.get("/metrics").text


def test_both_paths_give_the_same_families(service):
    exercised(service)
    answers = [service.get(path) for path in ("/metrics", "/actuator/prometheus")]
    assert {answer.headers["Content-Type"] for answer in answers} == {answers[0].headers["Content-Type"]}
    assert answers[0].headers["Content-Type"].startswith("text/plain; version=0.0.4")
    names = [re.findall(r"^# TYPE \S+", answer.text, re.MULTILINE) for answer in answers]
    assert names[0] == names[1]
