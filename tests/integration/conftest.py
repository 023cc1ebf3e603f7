"""Fixtures of the process-level tests: the real programs, a folder of their own, no fixed port."""

import pytest

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
