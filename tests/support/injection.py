"""System calls of the real service that fail, wait or kill it at the n-th time (strace's fault injection)."""

import contextlib
import pathlib
import subprocess

from support.wait import wait_until

STALL_SECONDS = 60  # longer than any test waits


def injecting(calls, fault, when=""):
    """Words to put before a program: at the `when`-th of `calls` (counted a thread), `fault` happens.

    `calls` "fdatasync" or "pwrite64,write"; `fault` as in strace(1): "error=EIO", "signal=SIGKILL" (instead of the
    call), "delay_enter=200000" (microseconds); `when` "3" (only the third), "3+" (and all later ones) or "" (all).
    With -D the program is a direct child of who starts it, so that signals reach it and not strace.
    """
    # The filter leaves all other calls at full speed, but strace 6.1 loses injected signals with it.
    filtered = [] if fault.startswith("signal") else ["--seccomp-bpf"]
    rule = f"inject={calls}:{fault}" + (f":when={when}" if when else "")
    return ["strace", "-D", "-f", "-qq", *filtered, "-o", "/dev/null", "-e", f"trace={calls}", "-e", rule]


@contextlib.contextmanager
def _attached(pid, *words):
    """strace with `words` over every thread of a running process, until the end of the block; yields its process."""
    tracer = subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(pid), *words])
    threads = pathlib.Path(f"/proc/{pid}/task")
    try:
        wait_until(lambda: all("TracerPid:\t0\n" not in (thread / "status").read_text()
                               for thread in threads.iterdir()), 10, "strace holds every thread")
        yield tracer
    finally:
        tracer.kill()
        tracer.wait(10)


@contextlib.contextmanager
def stalled_disk(service):
    """No fsync of the running service ends from here on. Yields a function that lets the process go."""
    with _attached(service.pid, "-e", "trace=fsync,fdatasync",
                   "-e", f"inject=fsync,fdatasync:delay_enter={STALL_SECONDS}s") as tracer:
        def let_go():
            tracer.kill()
            tracer.wait(10)

        try:
            yield let_go
        finally:
            let_go()
            service.kill9()


@contextlib.contextmanager
def killed_at(server, call, path):
    """The running server is killed where it is about to make its first `call` on the file at `path`."""
    with _attached(server.pid, "-P", str(path), "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when=1"):
        yield
