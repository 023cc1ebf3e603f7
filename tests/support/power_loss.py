"""A redis-server whose machine loses power: what had not reached the disk is gone.

Every write to its append-only file, and every fsync of it, stands in a trace (strace). What a power loss would leave is
what was written before the last fsync that ended had begun: the least that the disk must have.
"""

import re

from support.redis_server import RedisServer
from support.wait import wait_until

CALL = re.compile(r'(?P<thread>\d+) +(?P<call>write|fdatasync)\(\d+<(?P<file>[^>]*)>'
                  r'(?:.* = (?P<result>-?\d+)|.*<unfinished \.\.\.>)')
RESUMED = re.compile(r"(?P<thread>\d+) +<\.\.\. (?:write|fdatasync) resumed>.* = (?P<result>-?\d+)")
TRUNCATED = re.compile(r'\d+ +truncate\("(?P<file>[^"]*)", (?P<size>\d+)\) += 0')
END = "+++ killed by SIGKILL +++"
TRACE_SECONDS = 10


class SyncedBytes:
    """How many bytes of one file are written and how many are synced, told line by line."""

    def __init__(self, file, size_bytes):
        self._file = file
        self.written = self.synced = size_bytes
        self.under_way = {}  # by thread: its call, and what was written when that began

    def read(self, line):
        if (call := CALL.match(line)) and call["file"] == str(self._file):
            self.under_way[call["thread"]] = (call["call"], self.written)
            if call["result"]:
                self._end(call["thread"], int(call["result"]))
        elif (call := RESUMED.match(line)) and call["thread"] in self.under_way:
            self._end(call["thread"], int(call["result"]))
        elif (call := TRUNCATED.match(line)) and call["file"].endswith(self._file.name):  # a torn end, at a start
            self.written = self.synced = int(call["size"])

    def _end(self, thread, result):
        call, written = self.under_way.pop(thread)
        if call == "write":
            self.written += max(0, result)
        elif result == 0:
            self.synced = written


class PoweredRedis(RedisServer):
    """`slow_sync_ms`: from the next start on every fsync takes that much longer, as on a disk that others use, too."""

    def __init__(self, folder, settings=None, port=None):
        super().__init__(folder, settings, port)
        self.slow_sync_ms = 0
        self._trace = self.folder / "trace.txt"
        self._size_at_start = 0

    def command(self):
        # With -D the server is our child, not strace's; --seccomp-bpf leaves all other calls at full speed.
        words = ["strace", "-D", "-f", "--seccomp-bpf", "-qq", "-y", "-s", "0", "-o", str(self._trace),
                 "-e", "trace=write,fdatasync,truncate"]
        if self.slow_sync_ms:
            words += ["-e", f"inject=fdatasync:delay_enter={self.slow_sync_ms}ms"]
        return [*words, *super().command()]

    def start(self, wait=True):
        self._size_at_start = self.aof().stat().st_size if self.data_dir.exists() else 0
        return super().start(wait)

    def syncs(self):
        """How many fsyncs of this start have ended."""
        return len(re.findall(r"fdatasync.* = 0", self._trace.read_text(errors="replace")))

    def lose_power(self):
        """Kills it and takes away what a power loss would have taken."""
        self.kill9()
        wait_until(lambda: END in self._trace.read_text(errors="replace"), TRACE_SECONDS, "the trace is complete")
        file = self.aof().resolve()
        known = SyncedBytes(file, self._size_at_start)
        for line in self._trace.read_text(errors="replace").splitlines():
            known.read(line)
        broken_off = any(call == "write" for call, _ in known.under_way.values())
        assert known.written == file.stat().st_size or broken_off, "the trace misses something"
        self.cut_aof(known.synced)
