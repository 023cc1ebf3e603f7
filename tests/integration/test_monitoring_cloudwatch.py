"""The CloudFormation template and the agent's configuration: well-formed, of metrics that exist."""

import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from support.monitoring import FOLDER, awaited, exported, rules
from support.process import ROOT

CLOUDWATCH = FOLDER / "cloudwatch"
TEMPLATE = CLOUDWATCH / "template.yml"
NAMESPACE = "CouponService"
LINT_SECONDS = 120


class Loader(yaml.SafeLoader):
    """Knows CloudFormation's tags: !Ref x becomes {"Ref": x}."""


def tagged(loader, suffix, node):
    construct = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: loader.construct_sequence}[type(node)]
    return {suffix: construct(node)}


Loader.add_multi_constructor("!", tagged)
RESOURCES = yaml.load(TEMPLATE.read_text(), Loader)["Resources"]
ALARMS = {name: made["Properties"] for name, made in RESOURCES.items() if made["Type"] == "AWS::CloudWatch::Alarm"}
AGENT = json.loads((CLOUDWATCH / "agent.json").read_text())["logs"]["metrics_collected"]["prometheus"]


def widgets():
    return json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Sub"])["widgets"]


def alarmed():
    """(namespace, metric, names of its dimensions) of every alarm."""
    for alarm in ALARMS.values():
        parts = [part["MetricStat"]["Metric"] for part in alarm.get("Metrics", []) if "MetricStat" in part]
        for metric in parts or [alarm]:
            yield metric["Namespace"], metric["MetricName"], {each["Name"] for each in metric["Dimensions"]}


def shown():
    """The same of every widget."""
    for widget in widgets():
        for metric in widget["properties"]["metrics"]:
            if isinstance(metric[0], dict):
                namespace, dimensions, name = re.match(
                    r"SEARCH\('\{(\w+),([\w,]+)\} MetricName=\"(\w+)\"'", metric[0]["expression"]).groups()
                yield namespace, name, set(dimensions.split(","))
            else:
                yield metric[0], metric[1], {metric[2]}


def sent():
    """(metric, names of its dimensions) that the agent sends."""
    return {(selector.strip("^$"), frozenset(dimensions)) for declared in AGENT["emf_processor"]["metric_declaration"]
            for selector in declared["metric_selectors"] for dimensions in declared["dimensions"]}


def test_agent_sends_only_what_the_programs_export_and_no_histogram():
    names = {name for name, _ in sent()}
    assert names <= exported() | awaited()
    histograms = {line.split()[0] for line in (FOLDER.parent / "tests/golden/metric_names.txt").read_text().splitlines()
                  if " histogram " in line}
    assert not names & histograms  # the agent drops them
    assert set(AGENT["emf_processor"]["metric_unit"]) <= names


def test_alarms_and_widgets_read_only_what_the_agent_sends():
    ours = {(name, frozenset(dimensions)) for namespace, name, dimensions in [*alarmed(), *shown()]
            if namespace == NAMESPACE}
    assert AGENT["emf_processor"]["metric_namespace"] == NAMESPACE
    assert len(ours) > 10
    assert ours - sent() == set()


def test_agent_scrapes_both_programs_where_they_tell_their_metrics():
    jobs = yaml.safe_load((CLOUDWATCH / "prometheus.yml").read_text())["scrape_configs"]
    assert {job["job_name"]: job["metrics_path"] for job in jobs} == {
        "coupon-api": "/actuator/prometheus", "coupon-consumer": "/actuator/prometheus"}


def test_template_looks_at_database_redis_and_both_services():
    names = {(namespace, name) for namespace, name, _ in alarmed()}
    assert names >= {("AWS/RDS", "CPUUtilization"), ("AWS/RDS", "DatabaseConnections"),
                     ("AWS/ElastiCache", "CPUUtilization"), ("AWS/ElastiCache", "EngineCPUUtilization")}
    names |= {(namespace, name) for namespace, name, _ in shown()}
    assert names >= {("AWS/ElastiCache", "EvalBasedCmds"), ("AWS/ElastiCache", "NetworkBytesIn")}


def test_every_alarm_names_a_paragraph_of_the_runbook_and_tells_somebody():
    names = {rule["alert"] for rule in rules("alert")}
    for alarm in ALARMS.values():
        assert re.search(r"\(docs/runbook\.md, (\w+)\)$", alarm["AlarmDescription"])[1] in names
        assert alarm["AlarmActions"] == [{"Ref": "Topic"}]


def test_a_metric_that_is_missing_does_not_read_as_fine():
    silent = {name for name, alarm in ALARMS.items() if alarm["TreatMissingData"] != "breaching"}
    # No coupon, no claim, no traffic: nothing is told then, and that is no failure.
    assert silent == {"AuditGapAlarm", "OversellAlarm", "LatencyAlarm", "CacheNetworkAlarm"}


def test_widgets_do_not_overlap():
    places = [(widget["x"], widget["y"]) for widget in widgets()]
    assert len(set(places)) == len(places)
    assert all((widget["width"], widget["height"]) == (8, 6) and widget["x"] % 8 == widget["y"] % 6 == 0
               for widget in widgets())


@pytest.mark.slow
def test_cfn_lint_finds_nothing():
    """The linter is no Debian package: it is asked where somebody has installed it (monitoring/README.md)."""
    linter = shutil.which("cfn-lint", path=f"{ROOT / '.venv/bin'}:{os.environ['PATH']}")
    if linter is None:
        print("cfn-lint is not installed: the template is checked by the tests above only")
        assert ALARMS and widgets()
        return
    done = subprocess.run([linter, str(TEMPLATE)], capture_output=True, text=True, timeout=LINT_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
