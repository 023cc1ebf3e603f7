"""Fixtures of the process-level tests: the real programs, a folder of their own, no fixed port."""

import pytest

from support.distributed import Cluster
from support.service import Service, build_dir


@pytest.fixture
def make_service(tmp_path):
    """Makes Service objects (not started) and ends whatever they started when the test is over.

    `make_service(settings={...}, name="a")`: services of one test that differ in `name` share nothing.
    """
    made = []

    def make(name="service", **options):
        if not (build_dir() / "coupon-api").exists() and "program" not in options:
            pytest.fail(f"{build_dir() / 'coupon-api'} is missing: run ./dev build dev")
        service = Service(tmp_path / name, **options)
        made.append(service)
        return service

    yield make
    for service in made:
        service.close()


@pytest.fixture
def service(make_service):
    """A running service with an empty data folder."""
    return make_service().start()


@pytest.fixture
def demo_service(make_service):
    """A running service with the demo coupon: id 1, 10,000 in stock."""
    return make_service(settings={"demo.coupon": "true"}).start()


@pytest.fixture(scope="module")
def make_cluster(tmp_path_factory):
    """Makes started Clusters (support/distributed.py) for the tests of one file, and ends them after its last."""
    made = []

    def make(**options):
        for program in ("coupon-api", "coupon-consumer"):
            if not (build_dir() / program).exists():
                pytest.fail(f"{build_dir() / program} is missing: run ./dev build dev")
        cluster = Cluster(tmp_path_factory.mktemp("cluster"), **options)
        made.append(cluster)
        return cluster.start()

    yield make
    for cluster in made:
        cluster.close()
