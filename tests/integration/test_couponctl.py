"""couponctl against the real coupon-api: every command, its exit codes, and data and messages kept apart."""

import json
import shutil
import socket
import subprocess
import time

import pytest

from support.service import build_dir
from support.tokens import token_settings

OK, NO, USAGE, DAMAGED, UNAVAILABLE, CANNOT_CREATE, CONFIGURATION = 0, 1, 64, 65, 69, 73, 78
UNKNOWN_ID = 1_000_000
USUAL_SECONDS = 10  # limits::kCallTimeoutDefault


def document(run):
    """The one JSON document of a --json run that succeeded."""
    assert run.returncode == OK, run.stderr
    return json.loads(run.stdout)


def test_create_show_and_list_tell_the_same(service):
    made = document(
        service.ctl("--json", "create", "--name", "Öffnung", "--total", 10, "--discount", 3000,
                    "--minimum", 5000, "--end", "+1h")
    )
    assert made["totalQuantity"] == 10
    assert made["issueStartDate"] < made["issueEndDate"]
    assert document(service.ctl("--json", "show", made["id"])) == made
    assert document(service.ctl("--json", "list"))["coupons"] == [made]

    table = service.ctl("list")
    assert table.returncode == OK
    assert table.stdout.splitlines()[0].split()[:3] == ["ID", "NAME", "STATE"]
    assert "Öffnung" in table.stdout


def test_a_coupon_that_starts_now_can_be_claimed_at_once(service):
    made = document(
        service.ctl("--json", "create", "--name", "Now", "--total", "unlimited", "--discount", 1, "--end", "+1h")
    )
    assert made["totalQuantity"] is None
    assert service.ctl("claim", made["id"], 42).returncode == OK


def test_list_follows_pages_and_stops_at_its_limit(service):
    ids = [service.create_coupon(name=f"Coupon {i}")["id"] for i in range(5)]
    listed = document(service.ctl("--json", "list", "--limit", 2))
    assert [coupon["id"] for coupon in listed["coupons"]] == ids[:2]
    rest = document(service.ctl("--json", "list", "--after", listed["next"]))
    assert [coupon["id"] for coupon in rest["coupons"]] == ids[2:]
    assert rest["next"] is None


def test_claim_says_yes_and_which_no(service):
    coupon = service.create_coupon(1)["id"]
    first = document(service.ctl("--json", "claim", coupon, 42))
    assert (first["userId"], first["sequence"], first["status"]) == (42, 1, "issued")

    again = service.ctl("--json", "claim", coupon, 42)
    assert again.returncode == NO
    problem = json.loads(again.stdout)
    assert problem["code"] == "already_claimed"
    assert problem["claim"]["sequence"] == 1

    late = service.ctl("claim", coupon, 43)
    assert late.returncode == NO
    assert late.stdout == ""
    assert "sold_out" in late.stderr
    assert service.ctl("claim", UNKNOWN_ID, 42).returncode == USAGE


def test_claims_shows_what_a_user_holds(service):
    coupons = [service.create_coupon(name=name)["id"] for name in ("A", "B")]
    for coupon in coupons:
        assert service.claim(coupon, 42).status_code == 201
    held = document(service.ctl("--json", "claims", 42))
    assert [claim["couponId"] for claim in held["coupons"]] == coupons
    nothing = service.ctl("claims", 43)
    assert nothing.returncode == OK
    assert "no coupon" in nothing.stderr


def test_pause_resume_and_close(service):
    coupon = service.create_coupon()["id"]
    assert service.ctl("pause", coupon).returncode == OK
    paused = service.ctl("claim", coupon, 1)
    assert paused.returncode == NO
    assert "coupon_paused" in paused.stderr
    assert service.ctl("resume", coupon).returncode == OK
    assert service.ctl("claim", coupon, 1).returncode == OK
    closed = service.ctl("close", coupon)
    assert closed.returncode == OK
    assert "for good" in closed.stderr
    assert service.ctl("claim", coupon, 2).returncode == NO
    assert service.ctl("resume", coupon).returncode == USAGE


def test_stock_goes_up_and_down_but_not_below_what_is_given_out(service):
    coupon = service.create_coupon(10)["id"]
    assert document(service.ctl("--json", "stock", coupon, "+50"))["totalQuantity"] == 60
    assert document(service.ctl("--json", "stock", coupon, "-58"))["totalQuantity"] == 2
    for user in (1, 2):
        assert service.claim(coupon, user).status_code == 201
    cut = service.ctl("stock", coupon, "-1")
    assert cut.returncode == USAGE
    assert "conflict" in cut.stderr


def test_redeem_and_undo(service):
    coupon = service.create_coupon(minimumPrice=5000)["id"]
    service.claim(coupon, 42)
    small = service.ctl("redeem", coupon, 42, "--amount", 4999)
    assert small.returncode == NO
    assert "below_minimum_price" in small.stderr
    assert service.ctl("redeem", coupon, 42, "--amount", 5000).returncode == OK
    assert service.ctl("redeem", coupon, 42, "--amount", 5000).returncode == NO
    assert service.ctl("redeem", coupon, 42, "--undo").returncode == OK
    assert service.ctl("redeem", coupon, 42, "--undo").returncode == NO
    assert service.ctl("redeem", coupon, 43, "--amount", 5000).returncode == NO


def test_export_writes_the_winners_in_order(service, tmp_path):
    coupon = service.create_coupon()["id"]
    for user in (7, 3, 5):
        service.claim(coupon, user)
    target = tmp_path / "export" / "winners.ndjson"
    target.parent.mkdir()
    run = service.ctl("export", coupon, "--format", "ndjson", "--output", target)
    assert run.returncode == OK, run.stderr
    assert run.stdout == ""
    assert [json.loads(line)["userId"] for line in target.read_text().splitlines()] == [7, 3, 5]
    assert list(target.parent.iterdir()) == [target]

    csv = service.ctl("export", coupon)
    assert csv.returncode == OK
    assert len(csv.stdout.splitlines()) == 4


def test_export_that_fails_leaves_no_file(service, tmp_path):
    target = tmp_path / "winners.csv"
    assert service.ctl("export", UNKNOWN_ID, "--output", target).returncode == USAGE
    assert service.ctl("export", 1, "--output", tmp_path / "none" / "a.csv").returncode == CANNOT_CREATE
    assert not target.exists()


def test_backup_can_be_audited_while_the_service_runs(service):
    coupon = service.create_coupon()["id"]
    service.claim(coupon, 42)
    backup = document(service.ctl("--json", "backup"))
    assert (backup["coupons"], backup["issuances"]) == (1, 1)
    file = service.folder / backup["file"]
    report = document(service.ctl("--json", "audit", "--data", file))
    assert report["passed"] is True
    assert report["issuances"] == 1


def test_audit_goes_through_the_service_while_it_runs_and_to_the_files_when_it_does_not(service):
    coupon = service.create_coupon()["id"]
    service.claim(coupon, 42)
    live = document(service.ctl("--json", "audit"))
    assert (live["passed"], live["issuances"]) == (True, 1)

    in_use = service.ctl("audit", "--data", service.data_dir)
    assert in_use.returncode == UNAVAILABLE
    assert "leave --data out" in in_use.stderr

    service.kill9()
    stopped = document(service.ctl("--json", "audit", "--data", service.data_dir))
    assert stopped == live
    service.start()
    assert service.coupon(coupon)["issuedQuantity"] == 1


def test_audit_of_a_damaged_file_is_exit_code_65(service, tmp_path):
    service.create_coupon()
    assert service.terminate() == OK
    copy = tmp_path / "damaged.db"
    shutil.copyfile(service.data_dir / "coupon.db", copy)
    content = bytearray(copy.read_bytes())
    content[:16] = b"no database here"
    copy.write_bytes(content)
    assert service.ctl("audit", "--data", copy).returncode == DAMAGED


def test_a_service_that_is_gone_is_unavailable_and_said_to_be(service):
    service.terminate()
    run = service.ctl("claim", 1, 42)
    assert run.returncode == UNAVAILABLE
    assert "cannot connect" in run.stderr
    assert run.stdout == ""


@pytest.mark.slow
def test_a_silent_service_is_given_up_after_ten_seconds_but_an_audit_is_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        couponctl = [str(build_dir() / "couponctl"), "--url", url]
        audit = subprocess.Popen([*couponctl, "audit"])
        began = time.monotonic()
        run = subprocess.run([*couponctl, "list"], capture_output=True, text=True, timeout=60, check=False)
        assert time.monotonic() - began >= USUAL_SECONDS
        assert run.returncode == UNAVAILABLE and f"within {USUAL_SECONDS}s" in run.stderr
        assert audit.poll() is None
        audit.kill()
        audit.wait()


def test_operator_calls_need_the_token(make_service, tmp_path):
    tokens = token_settings(tmp_path)
    guarded = make_service(settings=tokens).start()
    words = ("create", "--name", "x", "--total", 5, "--discount", 1, "--end", "+1h")
    assert guarded.ctl(*words).returncode == CONFIGURATION
    assert guarded.ctl("--token-file", tokens["service.token_file"], *words).returncode == CONFIGURATION
    assert guarded.ctl("--token-file", tokens["operator.token_file"], *words).returncode == OK
    assert guarded.ctl("--token-file", tmp_path / "none", *words).returncode == CONFIGURATION
