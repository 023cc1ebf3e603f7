"""A real redis-server in a folder of its own, and just enough of its protocol to give it commands."""

import os
import shutil
import socket

from support.process import ManagedProcess, debians, dying_with_parent

REPLY_SECONDS = 10
# Everything that may persist is said here: no snapshot, and an append-only file that is synced before each reply.
SETTINGS = {
    "bind": "127.0.0.1",
    "daemonize": "no",
    "save": "",
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory-policy": "noeviction",
    "enable-debug-command": "yes",
}


class RedisError(Exception):
    """An error that the server replied with."""


class RedisConnection:
    """One connection; replies are str, int, None, lists of these, or a RedisError that is raised."""

    def __init__(self, port, timeout_seconds=REPLY_SECONDS):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout_seconds)
        self._replies = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._replies.close()
        self._socket.close()

    def command(self, *words):
        encoded = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self._socket.sendall(b"*%d\r\n" % len(encoded) +
                             b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded))
        reply = self._read()
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def _read(self):
        line = self._replies.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("redis closed the connection")
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"+":
            return rest
        if kind == b"-":
            return RedisError(rest)
        if kind == b":":
            return int(rest)
        if int(rest) < 0:
            return None
        if kind == b"*":
            return [self._read() for _ in range(int(rest))]
        data = self._replies.read(int(rest) + 2)
        if len(data) != int(rest) + 2:
            raise ConnectionError("redis closed the connection")
        return data[:-2].decode()


class RedisServer(ManagedProcess):
    """`settings` are words of redis.conf that override SETTINGS; appendfsync always, everysec or no, for example."""

    def __init__(self, folder, settings=None, port=None):
        super().__init__(folder, "redis", port)
        self.settings = {**SETTINGS, **(settings or {})}
        self.data_dir = self.folder / "data"

    def command(self):
        self.data_dir.mkdir(parents=True, exist_ok=True)
        words = [debians("redis-server"), "--port", str(self.port), "--dir", str(self.data_dir)]
        for key, value in self.settings.items():
            words += [f"--{key}", str(value)]
        return dying_with_parent(words)

    def is_ready(self):
        try:
            return self.call("PING") == "PONG"
        except (OSError, RedisError):  # nobody listens, or it still loads its file
            return False

    def call(self, *words):
        """One command on a connection of its own."""
        return self.call_within(REPLY_SECONDS, *words)

    def call_within(self, timeout_seconds, *words):
        """The same; TimeoutError when there is no reply in that time."""
        with RedisConnection(self.port, timeout_seconds) as connection:
            return connection.command(*words)

    def hash(self, key):
        """The hash at `key` as a dictionary of texts."""
        flat = self.call("HGETALL", key)
        return dict(zip(flat[::2], flat[1::2]))

    def run_id(self):
        return next(line.partition(":")[2] for line in self.call("INFO", "server").splitlines()
                    if line.startswith("run_id:"))

    def forget_everything(self):
        """Removes the data of a server that does not run."""
        assert not self.running()
        shutil.rmtree(self.data_dir)

    def aof(self):
        """The append-only file that is written to; there is one from the first start on."""
        files = (self.data_dir / "appendonlydir").glob("*.incr.aof")
        return max(files, key=lambda file: int(file.name.split(".")[-3]))

    def cut_aof(self, size_bytes):
        """A server that does not run has only the first `size_bytes` of the file that it wrote to."""
        assert not self.running() and size_bytes <= self.aof().stat().st_size
        os.truncate(self.aof(), size_bytes)

    def copy_data(self, target):
        """A copy of the append-only file as it is now: what a backup of this moment would hold."""
        shutil.copytree(self.data_dir, target)

    def restore_data(self, source):
        """Puts an older copy in the place of the data of a server that does not run."""
        self.forget_everything()
        shutil.copytree(source, self.data_dir)
