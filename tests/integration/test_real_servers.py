"""The servers of the distributed tests: they start, die and come back with what they had promised to keep."""

import signal

import pymysql
import pytest

from support.mariadb import USER, MariaDb
from support.redis_server import RedisError, RedisServer


@pytest.fixture
def make_redis(tmp_path):
    made = []

    def make(**settings):
        server = RedisServer(tmp_path / f"redis{len(made)}", settings)
        made.append(server)
        return server.start()

    yield make
    for server in made:
        server.close()


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory):
    server = MariaDb(tmp_path_factory.mktemp("mariadb")).start()
    yield server
    server.close()


@pytest.fixture
def table(mariadb):
    mariadb.query("CREATE OR REPLACE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(50))")
    return mariadb


def test_redis_speaks_every_kind_of_reply(make_redis):
    redis = make_redis()
    assert redis.call("PING") == "PONG"
    assert redis.call("SET", "a", "ü\r\n") == "OK"
    assert redis.call("GET", "a") == "ü\r\n"
    assert redis.call("GET", "b") is None
    assert redis.call("INCR", "n") == 1
    assert redis.call("XADD", "s", "1-1", "k", "v") == "1-1"
    assert redis.call("XRANGE", "s", "-", "+") == [["1-1", ["k", "v"]]]
    redis.call("HSET", "h", "7", "1:0")
    assert redis.hash("h") == {"7": "1:0"}
    with pytest.raises(RedisError, match="WRONGTYPE"):
        redis.call("GET", "h")


def test_redis_comes_back_with_everything_it_acknowledged_and_another_run_id(make_redis):
    redis = make_redis(appendfsync="always")
    before = redis.run_id()
    for number in range(100):
        redis.call("SADD", "numbers", number)
    assert redis.kill9() == -signal.SIGKILL
    redis.start()
    assert redis.call("SCARD", "numbers") == 100
    assert redis.run_id() != before


def test_redis_without_a_file_comes_back_empty(make_redis):
    redis = make_redis(appendonly="no")
    redis.call("SET", "a", "1")
    redis.kill9()
    redis.start()
    assert redis.call("GET", "a") is None


def test_redis_can_be_put_back_to_an_older_moment(make_redis, tmp_path):
    redis = make_redis()
    redis.call("SET", "a", "old")
    redis.copy_data(tmp_path / "copy")
    redis.call("SET", "a", "new")
    redis.kill9()
    redis.restore_data(tmp_path / "copy")
    redis.start()
    assert redis.call("GET", "a") == "old"


def test_redis_that_is_paused_answers_when_it_goes_on(make_redis):
    redis = make_redis()
    redis.pause()
    try:
        with pytest.raises(TimeoutError):
            redis.call_within(0.2, "PING")
    finally:
        redis.resume()
    assert redis.call("PING") == "PONG"


def test_mariadb_comes_back_with_what_was_committed_and_nothing_else(table):
    table.query("INSERT INTO t VALUES (1, 'kept')")
    with table.connection(autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (2, 'not committed')")
        assert table.kill9() == -signal.SIGKILL
        table.start()
    assert table.query("SELECT id, name FROM t") == [{"id": 1, "name": "kept"}]


def test_mariadb_is_durable_at_every_commit(mariadb):
    assert mariadb.value("SELECT @@innodb_flush_log_at_trx_commit") == 1


def test_mariadb_stops_cleanly_and_starts_over_the_same_data(table):
    table.query("INSERT INTO t VALUES (%s, %s)", 3, "ü")
    table.restart()
    assert table.value("SELECT name FROM t WHERE id = %s", 3) == "ü"


def test_mariadb_transaction_that_is_left_open_is_rolled_back(table):
    with table.connection(autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (4, 'x')")
    assert table.query("SELECT id FROM t") == []


def test_mariadb_tells_its_errors(table):
    with pytest.raises(pymysql.err.ProgrammingError):
        table.query("SELECT * FROM absent")


def test_mariadb_that_is_read_only_is_so_for_the_programs_user(table):
    table.query("SET GLOBAL read_only = 1")
    try:
        with table.connection(user=USER) as connection, connection.cursor() as cursor:
            with pytest.raises(pymysql.err.OperationalError, match="read-only"):
                cursor.execute("INSERT INTO t VALUES (5, 'x')")
    finally:
        table.query("SET GLOBAL read_only = 0")
    with table.connection(user=USER) as connection, connection.cursor() as cursor:
        assert cursor.execute("INSERT INTO t VALUES (5, 'x')") == 1
