"""Starts the real programs in folders of their own, talks to them, kills them and starts them again."""

import json
import os
import subprocess

import aiohttp
import requests

from support.metrics import sum_of
from support.process import ROOT, ManagedProcess, free_port, outside_environment

__all__ = ["ROOT", "Service", "build_dir", "coupon_body", "free_port", "outside_environment"]

REQUEST_SECONDS = 10


def build_dir():
    """The folder of the programs under test: COUPON_BUILD_DIR, or build/dev."""
    return ROOT / os.environ.get("COUPON_BUILD_DIR", "build/dev")


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


class Service(ManagedProcess):
    """One process at a time of one of our programs with HTTP, over one folder and one port.

    Not started by the constructor. `program` is a name in the build folder or a path. `settings` are --set pairs that
    override the ones given here, `arguments` further command-line words, `wrapper` words before the program (strace
    and its options, for example; with a wrapper, signals go to the wrapper's process).
    """

    def __init__(self, folder, settings=None, arguments=(), environment=None, wrapper=(), program="coupon-api",
                 port=None, profile="local"):
        self.program = build_dir() / program
        super().__init__(folder, self.program.name, port, environment)
        self.data_dir = self.folder / "data"
        self.settings = {
            "server.address": "127.0.0.1",
            "server.port": self.port,
            **({} if self.name == "coupon-consumer" else {"data.dir": self.data_dir}),
            **(settings or {}),
        }
        self.arguments = list(arguments)
        self.profile = profile
        self.wrapper = list(wrapper)
        self.session = requests.Session()
        self.session.trust_env = False

    def command(self):
        words = [*self.wrapper, str(self.program), "--profile", self.profile]
        for key, value in self.settings.items():
            words += ["--set", f"{key}={value}"]
        return words + self.arguments

    def is_ready(self):
        """Whether /readyz answers 200 now; False also while nobody listens."""
        try:
            return self.session.get(self.url("/readyz"), timeout=REQUEST_SECONDS).status_code == 200
        except requests.RequestException:
            return False

    def drop_connections(self):
        self.session.close()

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
