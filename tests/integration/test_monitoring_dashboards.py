"""Grafana's dashboards: fresh, well-formed, of meters that exist. That queries have answers: test_monitoring_live."""

import itertools
import re

import pytest
import yaml

from support.monitoring import FOLDER, awaited, dashboards, exported, generated_dashboards, meters

UNITS = {"short", "s", "bytes", "Bps", "ops", "reqps", "percentunit"}
ALL = dashboards()


def test_dashboards_are_what_the_generator_writes():
    texts = {file.name: file.read_text() for file in (FOLDER / "grafana/dashboards").glob("*.json")}
    assert texts == generated_dashboards(), "run monitoring/grafana/generate.py"


def test_dashboards_have_names_of_their_own():
    assert len(ALL) == 6
    for key in ("uid", "title"):
        assert len({made[key] for made in ALL.values()}) == len(ALL), key


@pytest.fixture(params=ALL)
def dashboard(request):
    return ALL[request.param]


def test_panels_have_ids_titles_and_descriptions(dashboard):
    for key in ("id", "title"):
        values = [panel[key] for panel in dashboard["panels"]]
        assert len(set(values)) == len(values), key
    assert all(panel["description"].endswith(".") for panel in dashboard["panels"])


def test_panels_have_units(dashboard):
    assert {panel["fieldConfig"]["defaults"]["unit"] for panel in dashboard["panels"]} <= UNITS


def test_everything_takes_the_data_source_that_is_chosen(dashboard):
    assert dashboard["templating"]["list"][0]["type"] == "datasource"
    users = [*dashboard["annotations"]["list"], *dashboard["templating"]["list"][1:], *dashboard["panels"],
             *(target for panel in dashboard["panels"] for target in panel["targets"])]
    assert {user["datasource"]["uid"] for user in users} == {"${datasource}"}


def test_panels_do_not_overlap(dashboard):
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in itertools.combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_queries_read_only_meters_that_the_programs_export(dashboard):
    read = set().union(*(meters(target["expr"]) for panel in dashboard["panels"] for target in panel["targets"]))
    assert read - exported() <= awaited()


def test_variables_that_are_used_are_declared(dashboard):
    declared = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = {name for panel in dashboard["panels"] for target in panel["targets"]
            for name in re.findall(r"\$(\w+)", target["expr"])}
    assert used - {"__rate_interval"} <= declared


def test_provisioned_data_source_is_the_one_by_default():
    provisioned = yaml.safe_load((FOLDER / "grafana/provisioning/datasources/prometheus.yml").read_text())
    (source,) = provisioned["datasources"]
    assert (source["type"], source["uid"], source["isDefault"]) == ("prometheus", "prometheus", True)
    (provider,) = yaml.safe_load((FOLDER / "grafana/provisioning/dashboards/coupon.yml").read_text())["providers"]
    assert provider["type"] == "file"
