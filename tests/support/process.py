"""A real program in a folder of its own: started, paused, killed, started again, its log kept."""

import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess

from support.wait import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 20
STOP_SECONDS = 20
LOG_TAIL_CHARACTERS = 4000


def free_port():
    """A port nobody listens on, below the range from which the kernel takes those of outgoing connections."""
    for _ in range(200):
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 20000 and 32000")


def outside_environment():
    """This process's environment without the tests' own COUPON_ variables: the programs refuse unknown ones."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COUPON_")}


class ManagedProcess:
    """One process at a time of one program, over one folder and one port. Not started by the constructor.

    A subclass says how it is started (`command`) and when it is ready (`is_ready`).
    """

    def __init__(self, folder, name, port=None, environment=None):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.port = port or free_port()
        self.environment = dict(environment or {})
        self.log_file = None
        self._process = None
        self._starts = 0

    def command(self):
        """The words that start the program."""
        raise NotImplementedError

    def is_ready(self):
        """Whether it serves now; False also while nobody listens."""
        raise NotImplementedError

    def drop_connections(self):
        """Closes what this object holds open to the process."""

    def start(self, wait=True):
        """Starts the process; with `wait`, returns once it is ready. Raises with the log if it ends first."""
        assert not self.running(), "already running"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._starts += 1
        self.log_file = self.folder / f"{self.name}.{self._starts}.log"
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**outside_environment(), **self.environment},
            )
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, timeout_seconds=START_SECONDS):
        try:
            wait_until(self._ready_or_ended, timeout_seconds, f"{self.name} is ready")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.log_tail()}") from None

    def _ready_or_ended(self):
        code = self._process.poll()
        if code is not None:
            raise RuntimeError(f"{self.name} ended with {code} before it was ready\n{self.log_tail()}")
        return self.is_ready()

    def running(self):
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self):
        """Of the last process (negative: the signal that ended it); None while it runs."""
        return self._process.poll()

    @property
    def pid(self):
        return self._process.pid

    def kill9(self):
        """SIGKILL: no chance to flush anything. Returns when the process is gone."""
        self.drop_connections()
        if self.running():
            self._process.kill()
        return self._process.wait(STOP_SECONDS)

    def signal(self, number=signal.SIGTERM):
        self._process.send_signal(number)

    def pause(self):
        """SIGSTOP; returns when every thread stands still."""
        self.signal(signal.SIGSTOP)
        wait_until(self._stopped, STOP_SECONDS, f"{self.name} stands still")

    def _stopped(self):
        status = pathlib.Path(f"/proc/{self.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "T"

    def resume(self):
        self.signal(signal.SIGCONT)

    def wait_exit(self, timeout_seconds=STOP_SECONDS):
        """The exit code (negative: the signal that ended it), or TimeoutError with the log."""
        try:
            return self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.name} still runs after {timeout_seconds} s\n{self.log_tail()}") from None

    def terminate(self, timeout_seconds=STOP_SECONDS):
        """SIGTERM, then the exit code."""
        self.drop_connections()
        self.signal(signal.SIGTERM)
        return self.wait_exit(timeout_seconds)

    def restart(self):
        """A clean stop (which must succeed) and a new start over the same data and port."""
        if self.running():
            code = self.terminate()
            assert code == 0, f"exit code {code}\n{self.log_tail()}"
        return self.start()

    def close(self):
        """Ends what this object started, whatever state it is in."""
        if self._process is not None:
            self.kill9()

    def log(self):
        """What the last start wrote so far."""
        return self.log_file.read_text(errors="replace") if self.log_file else ""

    def log_tail(self):
        return self.log()[-LOG_TAIL_CHARACTERS:]


def dying_with_parent(command):
    """`command`, killed by the kernel should the thread that started it end: no server outlives its tests."""
    return ["setpriv", "--pdeathsig", "KILL", *command]


def debians(program):
    """The path of a program that a package brings (tools/packages.txt)."""
    path = shutil.which(program, path="/usr/sbin:/usr/bin")
    assert path, f"{program} is missing: ./dev setup test"
    return path
