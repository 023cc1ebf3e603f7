"""Promise P7: what cannot be stored or read is refused, with the exit code and the words that name it."""

import os
import resource
import socket
import sqlite3
import subprocess

import pytest

from support.service import Service

CLAIMS_MAX = 5000
ROOM_BYTES = 64 * 1024
READY_BYTES, PAGE_BYTES = 1024 * 1024, 4096  # limits::kFreeBytesToBeReady
RECOGNISABLE_USER = 0x1122334455667788


def claim_until_refused(service, coupon):
    """{user: sequence} of those told 201, and the first other answer."""
    told = {}
    for user in range(1, CLAIMS_MAX):
        answer = service.claim(coupon, user)
        if answer.status_code != 201:
            return told, answer
        told[user] = answer.json()["sequence"]
    raise AssertionError(f"{CLAIMS_MAX} claims were taken: the store never filled up")


def assert_all_there(service, coupon, told):
    rows = {row["userId"]: row["sequence"] for row in service.issuances(coupon)}
    assert {user: rows.get(user) for user in told} == told
    assert sorted(rows.values()) == list(range(1, len(rows) + 1))
    assert service.get("/v1/audit").json()["passed"]


# --- No room

def test_file_size_limit_closes_the_writer_until_restart(make_service):
    service = make_service().start()
    coupon = service.create_coupon(None)["id"]
    assert service.claim(coupon, CLAIMS_MAX).status_code == 201
    largest = max(file.stat().st_size for file in service.data_dir.iterdir())
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (largest + ROOM_BYTES, hard))

    told, refused = claim_until_refused(service, coupon)
    assert (refused.status_code, refused.json()["code"]) == (503, "unknown"), refused.text
    again = service.claim(coupon, len(told) + 1)
    assert (again.status_code, again.json()["code"]) == (503, "unknown"), "the file may hold this claim (P6)"
    assert service.get("/livez").status_code == 200
    assert service.get("/readyz").status_code == 503
    answers = {service.claim(coupon, user).status_code for user in range(CLAIMS_MAX * 2, CLAIMS_MAX * 2 + 20)}
    assert answers == {503}
    # It stays closed although there would be room again: after a failed write nothing is believed.
    resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert service.claim(coupon, CLAIMS_MAX * 3).status_code == 503
    assert service.get("/readyz").status_code == 503

    service.kill9()
    service.start()
    assert_all_there(service, coupon, {CLAIMS_MAX: 1, **told})
    assert service.claim(coupon, CLAIMS_MAX * 3).status_code == 201


@pytest.fixture
def small_disk(tmp_path):
    """A folder with 2 MB of room."""
    folder = tmp_path / "service" / "data"
    folder.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)],
                             capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("a small disk needs the right to mount a tmpfs, since 2026-11-23: " + mounted.stderr)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_full_disk_is_never_a_false_yes(small_disk, make_service):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(512 * 1024))
    service = make_service().start()
    coupon = service.create_coupon(None)["id"]
    told, refused = claim_until_refused(service, coupon)
    assert (refused.status_code, refused.json()["code"]) == (503, "storage_full"), refused.text
    assert {service.claim(coupon, user).status_code for user in range(CLAIMS_MAX, CLAIMS_MAX + 20)} == {503}
    assert service.claim(coupon, 1).json()["claim"]["sequence"] == 1
    assert_all_there(service, coupon, told)

    # A disk that was only full closes nothing: with room again, claims are taken again.
    ballast.unlink()
    later = service.claim(coupon, CLAIMS_MAX * 2)
    assert later.status_code == 201, later.text
    assert service.get("/readyz").status_code == 200
    told[CLAIMS_MAX * 2] = later.json()["sequence"]
    assert_all_there(service, coupon, told)
    service.kill9()
    service.start()
    assert_all_there(service, coupon, told)


def test_full_disk_is_not_ready(small_disk, make_service):
    service = make_service().start()
    _, refused = claim_until_refused(service, service.create_coupon(None)["id"])
    assert refused.status_code == 503, refused.text
    assert service.get("/livez").status_code == 200
    assert service.get("/readyz").status_code == 503, "P7: disk full is 503 and not ready"


def test_full_disk_is_ready_again_with_a_mebibyte_of_room(small_disk, make_service):
    (small_disk / "ballast").write_bytes(bytes(READY_BYTES + 8 * PAGE_BYTES))
    service = make_service().start()
    claim_until_refused(service, service.create_coupon(None)["id"])
    (small_disk / "ballast").unlink()
    room = os.statvfs(small_disk).f_bavail * PAGE_BYTES
    (small_disk / "ballast").write_bytes(bytes(room - READY_BYTES + PAGE_BYTES))
    assert service.get("/readyz").status_code == 503
    os.truncate(small_disk / "ballast", room - READY_BYTES)
    assert service.get("/readyz").status_code == 200, "without a write that would find out"


# --- Another process

def test_second_process_on_the_folder_is_kept_out(make_service):
    first = make_service(name="first").start()
    second = make_service(name="second", settings={"data.dir": first.data_dir}).start(wait=False)
    assert second.wait_exit() == 69
    assert str(first.data_dir) in second.log()
    assert first.claim(first.create_coupon()["id"], 1).status_code == 201


def test_folder_is_free_again_after_kill_9(make_service):
    first = make_service(name="first").start()
    first.kill9()
    make_service(name="second", settings={"data.dir": first.data_dir}).start()


def test_port_of_another_program(make_service):
    with socket.create_server(("127.0.0.1", 0)) as other:
        service = make_service(port=other.getsockname()[1]).start(wait=False)
        assert service.wait_exit() == 73
        assert str(service.port) in service.log()


def test_port_of_another_service(make_service):
    first = make_service(name="first").start()
    second = make_service(name="second", port=first.port).start(wait=False)
    assert second.wait_exit() == 73, "two services share a port: each would answer half of the claims"
    assert str(first.port) in second.log()


# --- Damaged data

def stopped_store(make_service):
    """A service with some rows, stopped, everything in the one database file; with the path of that file."""
    service = make_service().start()
    coupon = service.create_coupon(None)["id"]
    for user in [*range(1, 50), RECOGNISABLE_USER]:
        assert service.claim(coupon, user).status_code == 201
    assert service.post(f"/v1/coupons/{coupon}/claims/1/redemption", {"orderAmount": 9000}).status_code == 200
    assert service.terminate() == 0
    database, = service.data_dir.glob("*.db")
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return service, database


def assert_refused_as_damaged(service, database):
    before = database.read_bytes()
    service.start(wait=False)
    assert service.wait_exit() == 65, service.log_tail()
    assert database.name in service.log()
    assert database.read_bytes() == before, "a damaged file is evidence"


@pytest.mark.parametrize("start", [bytes(100), bytes(range(100))])
def test_overwritten_start_of_the_file(make_service, start):
    service, database = stopped_store(make_service)
    with database.open("r+b") as file:
        file.write(start)
    assert_refused_as_damaged(service, database)


@pytest.mark.parametrize("byte", range(8))
def test_flipped_bit_in_a_row(make_service, byte):
    service, database = stopped_store(make_service)
    content = bytearray(database.read_bytes())
    at = content.index(RECOGNISABLE_USER.to_bytes(8, "big")) + byte
    content[at] ^= 0x04
    database.write_bytes(content)
    assert_refused_as_damaged(service, database)


def plant(database, statement):
    with sqlite3.connect(database) as connection:
        assert connection.execute(statement).rowcount > 0
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@pytest.mark.parametrize("statement, says", [
    ("DELETE FROM coupon_issuance WHERE sequence = 7", "sequence 7 is missing"),
    ("DELETE FROM coupon_issuance WHERE sequence = 50", "50 issued, but 49 rows"),
    ("UPDATE coupon SET issued_quantity = issued_quantity + 1", "51 issued, but 50 rows"),
    ("INSERT INTO coupon_redemption (key, order_amount, date_redeemed) VALUES (1 << 40 | 999, 1, 1)",
     "sequence 999 is redeemed but not issued"),
    ("DELETE FROM coupon", "there is no such coupon"),
])
def test_rows_that_do_not_fit_together(make_service, statement, says):
    service, database = stopped_store(make_service)
    plant(database, statement)
    assert_refused_as_damaged(service, database)
    assert says in service.log()


@pytest.mark.parametrize("statement, says", [
    ("UPDATE coupon SET total_quantity = 50", "coupon 1: the row's checksum does not fit"),
    ("UPDATE coupon SET date_issue_end = date_issue_end + 1", "coupon 1: the row's checksum does not fit"),
    ("UPDATE coupon_redemption SET order_amount = 9001", "coupon 1 sequence 1 is redeemed, but that row's checksum"),
])
def test_possible_value_that_was_never_written(make_service, statement, says):
    service, database = stopped_store(make_service)
    plant(database, statement)
    assert_refused_as_damaged(service, database)
    assert says in service.log()


def test_half_a_file(make_service):
    service, database = stopped_store(make_service)
    os.truncate(database, database.stat().st_size // 2 // 4096 * 4096)
    assert_refused_as_damaged(service, database)


# --- Words and configuration

class Program(Service):
    """Started with the given words only."""

    def command(self):
        return [str(self.program), *map(str, self.arguments)]


@pytest.mark.parametrize("code, words, says", [
    (64, ["--no-such-flag"], "--no-such-flag"),
    (64, ["stray"], "stray"),
    (64, ["--set"], "--set"),
    (78, ["--set", "server.port=abc"], "server.port"),
    (78, ["--set", "server.port=65536"], "server.port"),
    (78, ["--set", "server.prot=8080"], "server.port"),
    (78, ["--set", "shutdown.grace=5"], "shutdown.grace"),
    (78, ["--profile", "production"], "production"),
    (78, ["--profile", "prod"], "operator.token_file"),
    (78, ["--set", "server.address=0.0.0.0"], "server.address"),
    (78, ["--config", "none.yaml"], "none.yaml"),
    (78, ["--set", "operator.token_file=none"], "operator.token_file"),
    (0, ["--help"], "--set"),
    (0, ["--version"], "coupon-api"),
    (0, ["--check-config"], "server.port"),
])
def test_words_of_the_command_line(tmp_path, code, words, says):
    done = Program(tmp_path, arguments=words).start(wait=False)
    try:
        assert done.wait_exit() == code, done.log_tail()
        assert says in done.log()
    finally:
        done.close()


@pytest.mark.parametrize("text, says", [
    ("server:\n  port: [1, 2\n", "bad.yaml"),
    ("server:\n  port: many\n", "server.port"),
    ("sever:\n  port: 8080\n", "sever.port"),
    ("server.port: 8080\n---\nprofile: prod\nserver.port: never\n", "server.port"),
])
def test_bad_configuration_file(tmp_path, text, says):
    (tmp_path / "bad.yaml").write_text(text)
    done = Program(tmp_path, arguments=["--config", tmp_path / "bad.yaml"]).start(wait=False)
    try:
        assert done.wait_exit() == 78, done.log_tail()
        assert says in done.log()
    finally:
        done.close()


def test_unknown_variable_of_the_environment(tmp_path):
    done = Program(tmp_path, arguments=["--check-config"], environment={"COUPON_SERVER_PROT": "1"}).start(wait=False)
    try:
        assert done.wait_exit() == 78, done.log_tail()
        assert "COUPON_SERVER_PROT" in done.log()
    finally:
        done.close()


def test_folder_that_cannot_be_made(make_service, tmp_path):
    (tmp_path / "file").write_text("in the way")
    service = make_service(settings={"data.dir": tmp_path / "file" / "data"}).start(wait=False)
    assert service.wait_exit() == 73, service.log_tail()
    assert str(tmp_path / "file") in service.log()
