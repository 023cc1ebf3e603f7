"""What stands in monitoring/, and the programs that read it: Debian's Prometheus and its exporters."""

import json
import pathlib
import re
import shutil

import requests
import yaml

from support.modules import load_program
from support.process import ROOT, ManagedProcess, dying_with_parent

FOLDER = ROOT / "monitoring"
PROMETHEUS = FOLDER / "prometheus"
GOLDEN = ROOT / "tests/golden"
REQUEST_SECONDS = 10
# Of the distributed coupon-api, which has no golden file of its own.
DISTRIBUTED_SOURCES = ROOT / "src/apps/distributed"
OURS = re.compile(r"\b(?:coupon_|http_server_|process_|system_)\w+")
HISTOGRAM_PARTS = re.compile(r"_(?:bucket|sum|count)$")


def rules(kind):
    """The rules of every group that are an "alert" or a "record"."""
    return [rule for file in sorted((PROMETHEUS / "rules").glob("*.yml"))
            for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"] if kind in rule]


def exported():
    """The names of the meters that our programs have; of a histogram without _bucket, _sum, _count."""
    names = {line.split()[0] for line in (GOLDEN / "metric_names.txt").read_text().splitlines()}
    names |= {line.partition("{")[0] for line in (GOLDEN / "consumer_metrics.txt").read_text().splitlines()}
    for source in DISTRIBUTED_SOURCES.glob("*_metrics.cc"):
        names |= set(re.findall(r'"(coupon_[a-z_]+)"', source.read_text()))
    return {HISTOGRAM_PARTS.sub("", name) for name in names}


def awaited():
    """Names that rules and dashboards have ahead of the programs: of the next version of coupon-consumer."""
    return {"coupon_reconcile_gap"} - exported()


def meters(text):
    """The names of ours in an expression, as `exported` has them. A recording rule's (with colons) is none."""
    plain = re.sub(r'"[^"]*"|\b(?:by|on|without)\s*\([^)]*\)|[\w:]*:[\w:]*', "", text)
    return {HISTOGRAM_PARTS.sub("", name) for name in OURS.findall(plain)}


def dashboards():
    """{name of a file: the dashboard}."""
    return {file.name: json.loads(file.read_text()) for file in sorted((FOLDER / "grafana/dashboards").glob("*.json"))}


def generated_dashboards():
    """{name of a file: the text it should have}."""
    return load_program("monitoring/grafana/generate.py").texts()


def installed(program):
    found = shutil.which(program, path="/usr/bin")
    assert found, f"{program} is missing: ./dev setup test"
    return found


class HttpProcess(ManagedProcess):
    """Ready once `path` is answered 200."""

    def __init__(self, folder, name, words, path="/metrics", environment=None):
        super().__init__(folder, name, environment=environment)
        self.words, self.path = words, path

    def command(self):
        return dying_with_parent([installed(self.name), *self.words, self.listen(f"127.0.0.1:{self.port}")])

    def listen(self, address):
        return f"--web.listen-address={address}"

    def get(self, path, **parameters):
        return requests.get(f"http://127.0.0.1:{self.port}{path}", params=parameters, timeout=REQUEST_SECONDS)

    def is_ready(self):
        try:
            return self.get(self.path).status_code == 200
        except requests.RequestException:
            return False


def exporters(folder, mariadb, redis):
    """{job: exporter}, not started."""
    return {
        "mysqld": HttpProcess(folder / "mysqld", "prometheus-mysqld-exporter", [],
                              environment={"DATA_SOURCE_NAME": f"root@(127.0.0.1:{mariadb.port})/"}),
        "redis": HttpProcess(folder / "redis", "prometheus-redis-exporter",
                             [f"-redis.addr=redis://127.0.0.1:{redis.port}"]),
        "node": HttpProcess(folder / "node", "prometheus-node-exporter", ["--no-collector.systemd"]),
    }


class Prometheus(HttpProcess):
    """The project's own configuration but for its targets ({job: [ports]}) and a second between scrapes."""

    def __init__(self, folder, targets):
        folder = pathlib.Path(folder)
        self._configure(folder, targets)
        super().__init__(folder, "prometheus", [f"--config.file={folder / 'prometheus.yml'}",
                                                f"--storage.tsdb.path={folder / 'data'}"], path="/-/ready")

    @staticmethod
    def _configure(folder, targets):
        shutil.copytree(PROMETHEUS, folder)
        configuration = yaml.safe_load((folder / "prometheus.yml").read_text())
        configuration["global"] = dict.fromkeys(configuration["global"], "1s")
        (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
        for job, ports in targets.items():
            (folder / f"targets/{job}.yml").write_text(
                yaml.safe_dump([{"targets": [f"127.0.0.1:{port}" for port in ports]}]))

    def query(self, expression):
        """The values of the answer, by their labels as a text; what is not a number is left out."""
        answer = self.get("/api/v1/query", query=expression).json()
        assert answer["status"] == "success", f"{expression}: {answer}"
        return {json.dumps(sample["metric"], sort_keys=True): float(sample["value"][1])
                for sample in answer["data"]["result"] if sample["value"][1] != "NaN"}
