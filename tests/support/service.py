"""Starts the real coupon-api in a folder of its own, talks to it, kills it and starts it again."""

import json
import os
import pathlib
import random
import signal
import socket
import subprocess

import aiohttp
import requests

from support.metrics import sum_of
from support.wait import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 20
STOP_SECONDS = 20
REQUEST_SECONDS = 10
LOG_TAIL_CHARACTERS = 4000


def build_dir():
    """The folder of the programs under test: COUPON_BUILD_DIR, or build/dev."""
    return ROOT / os.environ.get("COUPON_BUILD_DIR", "build/dev")


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


def coupon_body(**changes):
    """What creates a coupon whose window is open now; `changes` are members by their names in the API."""
    return {
        "name": "Test coupon",
        "totalQuantity": 100,
        "discountPrice": 1000,
        "minimumPrice": 5000,
        "issueStartDate": "2020-01-01T00:00:00Z",
        "issueEndDate": "2099-01-01T00:00:00Z",
        **changes,
    }


def outside_environment():
    """This process's environment without the tests' own COUPON_ variables: the service refuses unknown ones."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COUPON_")}


class Service:
    """One coupon-api process at a time over one data folder and one port.

    Not started by the constructor. `settings` are --set pairs that override the ones given here, `arguments` further
    command-line words, `wrapper` words before the program (strace and its options, for example; with a wrapper,
    signals go to the wrapper's process).
    """

    def __init__(self, folder, settings=None, arguments=(), environment=None, wrapper=(), program=None, port=None,
                 profile="local"):
        self.folder = pathlib.Path(folder)
        self.data_dir = self.folder / "data"
        self.program = pathlib.Path(program) if program else build_dir() / "coupon-api"
        self.port = port or free_port()
        self.settings = {
            "server.address": "127.0.0.1",
            "server.port": self.port,
            "data.dir": self.data_dir,
            **(settings or {}),
        }
        self.arguments = list(arguments)
        self.environment = dict(environment or {})
        self.profile = profile
        self.wrapper = list(wrapper)
        self.session = requests.Session()
        self.session.trust_env = False
        self._process = None
        self._starts = 0
        self.log_file = None

    # --- The process

    def command(self):
        words = [*self.wrapper, str(self.program), "--profile", self.profile]
        for key, value in self.settings.items():
            words += ["--set", f"{key}={value}"]
        return words + self.arguments

    def start(self, wait=True):
        """Starts the process; with `wait`, returns once /readyz answers 200. Raises with the log if it ends first."""
        assert not self.running(), "already running"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._starts += 1
        self.log_file = self.folder / f"coupon-api.{self._starts}.log"
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
            wait_until(self._ready_or_ended, timeout_seconds, "coupon-api is ready")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.log_tail()}") from None

    def _ready_or_ended(self):
        code = self._process.poll()
        if code is not None:
            raise RuntimeError(f"coupon-api ended with {code} before it was ready\n{self.log_tail()}")
        return self.is_ready()

    def is_ready(self):
        """Whether /readyz answers 200 now; False also while nobody listens."""
        try:
            return self.session.get(self.url("/readyz"), timeout=REQUEST_SECONDS).status_code == 200
        except requests.RequestException:
            return False

    def running(self):
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self):
        return self._process.pid

    def kill9(self):
        """SIGKILL: no chance to flush anything. Returns when the process is gone."""
        self._drop_connections()
        if self.running():
            self._process.kill()
        return self._process.wait(STOP_SECONDS)

    def signal(self, number=signal.SIGTERM):
        self._process.send_signal(number)

    def wait_exit(self, timeout_seconds=STOP_SECONDS):
        """The exit code (negative: the signal that ended it), or TimeoutError with the log."""
        try:
            return self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"coupon-api still runs after {timeout_seconds} s\n{self.log_tail()}") from None

    def terminate(self, timeout_seconds=STOP_SECONDS):
        """SIGTERM, then the exit code."""
        self._drop_connections()
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

    def _drop_connections(self):
        self.session.close()

    # --- Its log

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file else ""

    def log_tail(self):
        return self.log()[-LOG_TAIL_CHARACTERS:]

    # --- HTTP

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}"

    def url(self, path):
        return self.base_url + path

    def request(self, method, path, **options):
        options.setdefault("timeout", REQUEST_SECONDS)
        return self.session.request(method, self.url(path), **options)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, json=body, **options)

    def patch(self, path, body=None, **options):
        return self.request("PATCH", path, json=body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def async_session(self, connections=100, **options):
        """An aiohttp session for many requests at once: `async with service.async_session() as http: ...`."""
        return aiohttp.ClientSession(
            base_url=self.base_url,
            connector=aiohttp.TCPConnector(limit=connections),
            timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
            **options,
        )

    # --- Coupons

    def create_coupon(self, total_quantity=100, **fields):
        """Creates a coupon whose window is open now and returns it as the service describes it."""
        answer = self.post("/v1/coupons", coupon_body(totalQuantity=total_quantity, **fields))
        assert answer.status_code == 201, f"{answer.status_code} {answer.text}"
        return answer.json()

    def coupon(self, coupon_id):
        answer = self.get(f"/v1/coupons/{coupon_id}")
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()

    def claim(self, coupon_id, user_id):
        """The answer to one claim, whatever it is."""
        return self.post(f"/v1/coupons/{coupon_id}/claims", {"userId": user_id})

    def issuances(self, coupon_id):
        """The winners' list, one dictionary a row, in the order of the sequence."""
        answer = self.get(f"/v1/coupons/{coupon_id}/issuances?format=ndjson", timeout=60)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return [json.loads(line) for line in answer.text.splitlines() if line]

    def metric(self, name, **labels):
        """The sum of the series of `name` that carry `labels`, or None if there is none."""
        return sum_of(self.get("/metrics").text, name, **labels)

    # --- couponctl

    def ctl(self, *words, timeout_seconds=60):
        """Runs couponctl against this service; the finished process with its texts."""
        return subprocess.run(
            [str(self.program.parent / "couponctl"), "--url", self.base_url, *map(str, words)],
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
