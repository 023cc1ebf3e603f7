"""The real Prometheus over the real programs: every query of every panel and every recording rule has an answer."""

import pytest

from support.history import History
from support.load import LastingLoad
from support.monitoring import Prometheus, awaited, dashboards, exporters, meters, rules
from support.process import START_SECONDS
from support.wait import wait_until

pytestmark = pytest.mark.slow

ANSWER_SECONDS = 45
SEED = 7
# What Grafana puts in.
VARIABLES = {"$__rate_interval": "15s", "$application": ".+", "$instance": ".+"}


@pytest.fixture(scope="module")
def cluster(make_cluster):
    return make_cluster(apis=1, consumers=1, api={"application.name": "shop-api"})


@pytest.fixture
def prometheus(tmp_path, cluster, make_service):
    """Watches a loaded embedded node, a loaded distributed set, and the exporters."""
    embedded = make_service(settings={"application.name": "shop-embedded"}).start()
    watched = exporters(tmp_path, cluster.mariadb, cluster.redis)
    targets = {job: [exporter.port] for job, exporter in watched.items()}
    targets["coupon-api"] = [embedded.port, cluster.api.port]
    targets["coupon-consumer"] = [cluster.consumers[0].port]
    watched["prometheus"] = Prometheus(tmp_path / "prometheus", targets)
    try:
        for process in watched.values():
            process.start(wait=False)
        for process in watched.values():
            process.wait_ready(START_SECONDS)
        with claims(embedded), claims(cluster.api):
            yield watched["prometheus"]
    finally:
        for process in watched.values():
            process.close()


def claims(node):
    """Winners and refused all the time: one coupon is sold out soon, of the other there is enough."""
    coupons = {node.create_coupon(5)["id"]: 1_000, node.create_coupon(10_000_000)["id"]: 5_000_000}
    return LastingLoad([node], History(), coupons, SEED, clients=2)


def queries():
    """(what it is of, the query) of every panel and every recording rule."""
    for made in dashboards().values():
        for panel in made["panels"]:
            for target in panel["targets"]:
                expression = target["expr"]
                for variable, value in VARIABLES.items():
                    expression = expression.replace(variable, value)
                yield f"{made['title']}, {panel['title']}", expression
    for rule in rules("record"):
        labels = ",".join(f'{name}="{value}"' for name, value in rule.get("labels", {}).items())
        yield "recording rule", f"{rule['record']}{{{labels}}}"


def missing_meters(prometheus):
    """Those that a consumer tells from its second sweep on among them."""
    missing = prometheus.query("coupon:meter_missing > 0")
    return [labels for labels in missing if not any(name in labels for name in awaited())]


def test_every_query_has_an_answer(prometheus, cluster):
    open_queries = [(place, query) for place, query in queries() if not meters(query) & awaited()]

    def all_answered():
        open_queries[:] = [(place, query) for place, query in open_queries if not prometheus.query(query)]
        return not open_queries

    try:
        wait_until(all_answered, ANSWER_SECONDS, "every query has an answer")
    except TimeoutError:
        down = prometheus.query("up == 0")
        raise AssertionError("\n".join(map(str, [*open_queries, down, cluster.log_tails()]))) from None
    assert set(prometheus.query("group by (application) (coupon_build_info)")) == {
        '{"application": "coupon-consumer"}', '{"application": "shop-api"}', '{"application": "shop-embedded"}'}
    assert prometheus.query('count({exported_application!=""})') == {}
    wait_until(lambda: not missing_meters(prometheus), ANSWER_SECONDS, "no meter is missing")
    fires = prometheus.query('ALERTS{alertname!~"CouponDisk.+|Coupon.+Budget.+|CouponCommitSlow"}')
    assert [labels for labels in fires if "CouponMeterAbsent" not in labels] == []
