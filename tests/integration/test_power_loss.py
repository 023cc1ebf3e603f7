"""What a power loss would take away, read from a trace as strace writes it."""

import pathlib

from support.power_loss import SyncedBytes

FILE = "/data/appendonlydir/appendonly.aof.1.incr.aof"


def known(*lines):
    told = SyncedBytes(pathlib.Path(FILE), 100)
    for line in lines:
        told.read(line)
    return told.written, told.synced


def write(count, thread=1):
    return f'{thread}  write(8<{FILE}>, ""..., {count}) = {count}'


def test_bytes_written_before_an_fsync_are_synced_and_those_after_it_are_not():
    assert known() == (100, 100)
    assert known(write(20)) == (120, 100)
    assert known(write(20), f"2 fdatasync(8<{FILE}>) = 0", write(3)) == (123, 120)


def test_bytes_written_while_an_fsync_is_under_way_wait_for_the_next():
    begun = f"2  fdatasync(8<{FILE}> <unfinished ...>"
    assert known(write(20), begun, write(5)) == (125, 100)
    ended = "2  <... fdatasync resumed>)            = 0 (DELAYED)"
    assert known(write(20), begun, write(5), ended) == (125, 120)


def test_write_that_is_told_in_two_lines_counts_once_and_what_failed_does_not():
    assert known(f'1 write(8<{FILE}>, ""..., 7 <unfinished ...>', "1 <... write resumed>) = 7") == (107, 100)
    assert known(f'1 write(8<{FILE}>, ""..., 7) = -1 ENOSPC (No space left on device)') == (100, 100)
    assert known(write(20), f"2 fdatasync(8<{FILE}>) = -1 EIO (Input/output error)") == (120, 100)


def test_other_files_and_threads_do_not_count():
    assert known('1 write(9</data/redis.log>, ""..., 7) = 7', "3 fdatasync(9</data/x>) = 0",
                 "4 <... write resumed>) = 9") == (100, 100)


def test_torn_end_that_is_cut_off_at_a_start_is_gone():
    assert known(write(20), '1 truncate("appendonlydir/appendonly.aof.1.incr.aof", 90) = 0', write(4)) == (94, 90)
