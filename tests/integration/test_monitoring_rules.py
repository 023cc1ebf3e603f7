"""Prometheus' rules: promtool likes and proves them, and nothing they read can go away in silence."""

import re
import subprocess

import pytest
import yaml

from support.monitoring import PROMETHEUS, awaited, exported, installed, meters, rules
from support.process import ROOT

RUNBOOK = ROOT / "docs/runbook.md"
PROMTOOL_SECONDS = 300
TESTS = sorted(file.name for file in (PROMETHEUS / "tests").glob("*.yml"))
# Tells the mode, and stands for the distributed one where coupon_admission_closed is asked for.
TELLS_MODE = "coupon_admission_unknown_total"
SHOWN_ONLY = "coupon_queue_backlog"  # by dashboards
NAME = re.compile(r"\b(?:coupon|http_server|mysql|redis|node)_\w+")


def promtool(*words):
    done = subprocess.run([installed("promtool"), *words], capture_output=True, text=True, cwd=PROMETHEUS,
                          timeout=PROMTOOL_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_the_configuration():
    promtool("check", "config", "prometheus.yml")


def test_promtool_takes_the_rules():
    promtool("check", "rules", "--lint-fatal", *(f"rules/{file.name}" for file in (PROMETHEUS / "rules").glob("*.yml")))


@pytest.mark.slow
@pytest.mark.parametrize("name", TESTS)
def test_promtool_proves_the_rules(name):
    promtool("test", "rules", f"tests/{name}")


def cases():
    """(alert, whether it fires) of every expectation."""
    for name in TESTS:
        for test in yaml.safe_load((PROMETHEUS / "tests" / name).read_text())["tests"]:
            for case in test.get("alert_rule_test", []):
                yield case["alertname"], bool(case.get("exp_alerts"))


def test_every_alert_is_proved_to_fire_and_to_be_silent():
    names = {rule["alert"] for rule in rules("alert")}
    assert {alert for alert, fires in cases() if fires} == names
    assert {alert for alert, fires in cases() if not fires} == names


def test_every_alert_tells_how_grave_it_is_and_what_it_means():
    for rule in rules("alert"):
        assert rule["labels"]["severity"] in ("page", "ticket"), rule
        assert rule["annotations"]["summary"] and rule["annotations"]["description"], rule


def test_every_alert_has_a_paragraph_of_the_runbook_and_every_paragraph_an_alert():
    headings = re.findall(r"^### (\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    assert sorted(headings) == sorted(rule["alert"] for rule in rules("alert"))
    for rule in rules("alert"):
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"


def test_rules_read_only_meters_that_the_programs_export():
    read = set().union(*(meters(rule["expr"]) for kind in ("alert", "record") for rule in rules(kind)))
    assert read - exported() <= awaited()
    assert len(read) > 10, read


def read_by_alerts():
    """The series that alerts read, those behind the recording rules too."""
    recorded = {rule["record"]: rule["expr"] for rule in rules("record") if rule["record"] != "coupon:meter_missing"}
    for rule in rules("alert"):
        text = rule["expr"] + "".join(expression for name, expression in recorded.items() if name in rule["expr"])
        text = re.sub(r'"[^"]*"|\{[^}]*\}|[\w:]*:[\w:]*', "", text)
        yield from NAME.findall(text)


def test_no_meter_of_an_alert_can_go_away_in_silence():
    watched = {rule["labels"]["meter"] for rule in rules("record") if rule["record"] == "coupon:meter_missing"}
    assert set(read_by_alerts()) - {TELLS_MODE} == watched - {SHOWN_ONLY}
