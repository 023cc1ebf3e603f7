"""A real mariadbd in a folder of its own: durable at every commit, reached over TCP as root without a password."""

import contextlib
import functools
import pathlib
import shutil
import subprocess
import tempfile

import pymysql
import pymysql.cursors

from support.process import ManagedProcess, debians, dying_with_parent

INSTALL_SECONDS = 120
STATEMENT_SECONDS = 20
DATABASE = "coupon"
USER = "coupon"  # the programs' own, with no right beyond its database: read_only, for example, holds for it
# Run at every start.
INIT = f"""CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1';
GRANT ALL ON {DATABASE}.* TO '{USER}'@'127.0.0.1';
"""
# Small, so that a server starts within a second; what decides what survives is as in production.
SETTINGS = {
    "bind-address": "127.0.0.1",
    "skip-name-resolve": None,
    "innodb-buffer-pool-size": "64M",
    "innodb-log-file-size": "32M",
    "innodb-flush-log-at-trx-commit": 1,
    "innodb-fast-shutdown": 1,
    "performance-schema": "OFF",
    "max-connections": 200,
}


@functools.lru_cache(maxsize=1)
def _prepared():
    """A data folder nobody has used yet. Made once a session (six seconds), copied by every server."""
    folder = tempfile.TemporaryDirectory(prefix="mariadb-prepared-")
    data = pathlib.Path(folder.name) / "data"
    done = subprocess.run(
        [debians("mariadb-install-db"), "--no-defaults", f"--datadir={data}", "--user=root",
         "--auth-root-authentication-method=normal", "--skip-test-db",
         f"--innodb-log-file-size={SETTINGS['innodb-log-file-size']}"],
        capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, data  # the folder goes with the session


class MariaDb(ManagedProcess):
    """`settings` are options of mariadbd that override SETTINGS; None stands for an option without a value."""

    def __init__(self, folder, settings=None, port=None):
        super().__init__(folder, "mariadb", port)
        self.settings = {**SETTINGS, **(settings or {})}
        self.data_dir = self.folder / "data"

    def command(self):
        if not self.data_dir.exists():
            shutil.copytree(_prepared()[1], self.data_dir)
        (self.folder / "init.sql").write_text(INIT)
        words = [debians("mariadbd"), "--no-defaults", "--user=root", f"--datadir={self.data_dir}",
                 f"--port={self.port}", "--socket=mariadb.sock", f"--pid-file={self.folder / 'mariadb.pid'}",
                 f"--tmpdir={self.folder}", f"--init-file={self.folder / 'init.sql'}"]
        words += [f"--{key}" if value is None else f"--{key}={value}" for key, value in self.settings.items()]
        return dying_with_parent(words)

    def is_ready(self):
        try:
            with self.connection(database=None) as connection:
                connection.ping()
            return True
        except pymysql.err.OperationalError:
            return False

    @contextlib.contextmanager
    def connection(self, database=DATABASE, autocommit=True, user="root"):
        """With autocommit=False, whoever leaves the block without commit() rolls back."""
        connection = pymysql.connect(
            host="127.0.0.1", port=self.port, user=user, database=database, autocommit=autocommit,
            cursorclass=pymysql.cursors.DictCursor, connect_timeout=STATEMENT_SECONDS,
            read_timeout=STATEMENT_SECONDS, write_timeout=STATEMENT_SECONDS, init_command="SET time_zone='+00:00'")
        try:
            yield connection
        finally:
            connection.close()

    def query(self, statement, *arguments):
        """The rows of one statement, a dictionary each; for one that changes something, an empty list."""
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(statement, arguments or None)
            return list(cursor.fetchall())

    def value(self, statement, *arguments):
        """The only value of the only row."""
        (row,) = self.query(statement, *arguments)
        (value,) = row.values()
        return value
