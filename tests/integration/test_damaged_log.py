"""Promises P1 and P7 on the log of a killed service: a torn end goes, damage in front of it is refused."""

import json

import pytest

LOG_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
FRAME_BYTES = FRAME_HEADER_BYTES + 4096
CLAIMS = 12


@pytest.fixture
def killed(make_service):
    """A killed service with CLAIMS claims of coupon 1 in its log, and the log's size after each."""
    service = make_service().start()
    assert service.create_coupon(None)["id"] == 1
    log = service.data_dir / "coupon.db-wal"
    ends = []
    for user in range(1, CLAIMS + 1):
        assert service.claim(1, user).json()["sequence"] == user
        ends.append(log.stat().st_size)
    service.kill9()
    yield service, log, ends


def rows(service):
    return [(row["sequence"], row["userId"]) for row in service.issuances(1)]


@pytest.mark.parametrize("more", [0, 1, FRAME_HEADER_BYTES - 1, FRAME_HEADER_BYTES, 2000, FRAME_BYTES - 1])
def test_log_cut_off_in_its_last_commit_keeps_all_before_it(killed, more):
    service, log, ends = killed
    with log.open("r+b") as file:
        file.truncate(ends[-2] + more)
    service.start()
    assert rows(service) == [(user, user) for user in range(1, CLAIMS)]
    assert service.claim(1, CLAIMS).json()["sequence"] == CLAIMS


@pytest.mark.slow
def test_log_cut_off_at_each_byte_of_a_frame_header_is_audited_as_what_is_whole(killed):
    service, log, ends = killed
    content = log.read_bytes()
    for length in range(ends[-2], ends[-1] + 1):
        in_frame = (length - LOG_HEADER_BYTES) % FRAME_BYTES
        if in_frame > FRAME_HEADER_BYTES and in_frame % 128 != 0:
            continue
        log.write_bytes(content[:length])
        audit = service.ctl("--json", "audit", "--data", service.data_dir)
        assert audit.returncode == 0, f"{length}: {audit.stderr}"
        whole = sum(end <= length for end in ends)
        assert json.loads(audit.stdout)["issuances"] == whole, length


@pytest.mark.parametrize("where", ["header of the log", "first page", "header of a frame", "last commit"])
def test_flipped_bit_in_the_log_is_refused_and_the_log_kept(killed, where):
    service, log, ends = killed
    at = {
        "header of the log": 17,
        "first page": LOG_HEADER_BYTES + FRAME_HEADER_BYTES + 1000,
        "header of a frame": ends[5] + 9,
        "last commit": ends[-2] + FRAME_HEADER_BYTES + 4000,
    }[where]
    content = bytearray(log.read_bytes())
    content[at] ^= 0x10
    log.write_bytes(content)
    audit = service.ctl("audit", "--data", service.data_dir)
    assert audit.returncode == 65 and "-wal" in audit.stderr, audit.stderr
    service.start(wait=False)
    assert service.wait_exit() == 65, service.log_tail()
    assert "coupon.db" in service.log() and "backup" in service.log()
    assert log.read_bytes() == content, "a damaged log is evidence"


def test_overwritten_page_in_front_of_a_later_commit_is_refused(killed):
    service, log, ends = killed
    with log.open("r+b") as file:
        file.seek(ends[3] + FRAME_HEADER_BYTES)
        file.write(b"x" * 4096)
    service.start(wait=False)
    assert service.wait_exit() == 65, service.log_tail()
    assert "a later commit follows" in service.log()
